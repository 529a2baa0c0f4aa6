//! Calls whose outcome may be unknown.

use std::time::Duration;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

/// How often a call with an unknown outcome is made (our own default).
const TRIES: u32 = 6;
/// The first wait, where the answer names none; each further one is twice as long (our own default).
const FIRST_WAIT: Duration = Duration::from_millis(400);

/// Waits between calls that are made again.
pub(crate) struct Patience {
    left: u32,
    wait: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { left: TRIES - 1, wait: FIRST_WAIT }
    }
}

impl Patience {
    /// Waits behind an answer.
    ///
    /// # Errors
    /// The answer, where it is final, or the last that is waited for.
    pub(crate) async fn after(&mut self, status: Status) -> Result<(), Status> {
        if self.left == 0 || !may_pass(&status) {
            return Err(status);
        }
        let told = status.get_details_retry_info().and_then(|info| info.retry_delay);
        tokio::time::sleep(told.unwrap_or(self.wait)).await;
        self.left -= 1;
        self.wait *= 2;
        Ok(())
    }
}

/// Makes a call again while its outcome is unknown: the request's id keeps it from being done twice.
///
/// # Errors
/// The last answer.
pub(crate) async fn persist<T, F, C>(mut call: F) -> Result<T, Status>
where
    F: FnMut() -> C,
    C: Future<Output = Result<Response<T>, Status>>,
{
    let mut patience = Patience::default();
    loop {
        match call().await {
            Err(status) => patience.after(status).await?,
            Ok(answer) => return Ok(answer.into_inner()),
        }
    }
}

fn may_pass(status: &Status) -> bool {
    use Code::{Aborted, Cancelled, DeadlineExceeded, ResourceExhausted, Unavailable, Unknown};
    matches!(status.code(), Unavailable | DeadlineExceeded | Unknown | Cancelled)
        || matches!(status.code(), ResourceExhausted | Aborted) && status.get_details_retry_info().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    /// With a wait that the answer names.
    fn passing(code: Code) -> Status {
        let soon = ErrorDetails::with_retry_info(Some(Duration::from_millis(1)));
        Status::with_error_details(code, "", soon)
    }

    #[tokio::test]
    async fn an_unknown_outcome_is_asked_for_again_and_a_refusal_is_not() {
        for (code, tries) in [(Code::Unavailable, 6), (Code::Unknown, 6), (Code::PermissionDenied, 1)] {
            let mut made = 0;
            let answer: Result<(), Status> = persist(|| {
                made += 1;
                async move { Err(passing(code)) }
            })
            .await;
            assert_eq!((answer.unwrap_err().code(), made), (code, tries));
        }
        let mut made = 0;
        let answer = persist(|| {
            made += 1;
            async move { if made < 3 { Err(passing(Code::Unavailable)) } else { Ok(Response::new(7)) } }
        });
        assert_eq!(answer.await.unwrap(), 7);
    }
}
