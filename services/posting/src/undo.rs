//! The reversal of a whole batch.

use crate::persist::Patience;
use creditbank_grpc::Credentialed;
use creditbank_grpc::proto;
use creditbank_grpc::proto::correction_service_client::CorrectionServiceClient;
use tonic::Status;

/// Entries that need a correction of which the names are kept (our own default); all are counted.
const NAMED: usize = 1_000;

/// Why it is not known whether all was reversed.
const BROKEN_OFF: &str = "沖正中斷；再做一次就會接著做。The reversal was cut off: do it again to go on.";

/// How far a reversal has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Undone {
    /// The last message.
    pub told: proto::ReverseBatchResponse,
    /// Entries of closed months, as resource names; at most 1,000.
    pub closed: Vec<String>,
    /// Entries whose credit was redeemed, as resource names; at most 1,000.
    pub uncovered: Vec<String>,
}

/// Reverses what still stands of a batch; where it breaks off it goes on, under the same request id.
///
/// # Errors
/// The refusal, or the last answer where it breaks off again and again.
pub async fn reverse_batch(
    corrections: &CorrectionServiceClient<Credentialed>,
    request: &proto::ReverseBatchRequest,
    mut hear: impl FnMut(&Undone),
) -> Result<Undone, Status> {
    let mut patience = Patience::default();
    loop {
        match once(corrections.clone(), request.clone(), &mut hear).await {
            Err(status) => patience.after(status).await?,
            undone => return undone,
        }
    }
}

async fn once(
    mut corrections: CorrectionServiceClient<Credentialed>,
    request: proto::ReverseBatchRequest,
    hear: &mut impl FnMut(&Undone),
) -> Result<Undone, Status> {
    let mut undone = Undone::default();
    let mut messages = corrections.reverse_batch(request).await?.into_inner();
    while let Some(message) = messages.message().await? {
        let keep = |names: &mut Vec<String>, more: &[String]| {
            let room = NAMED.saturating_sub(names.len());
            names.extend(more.iter().take(room).cloned());
        };
        keep(&mut undone.closed, &message.closed_entries);
        keep(&mut undone.uncovered, &message.uncovered_entries);
        undone.told = message;
        hear(&undone);
    }
    if undone.told.done { Ok(undone) } else { Err(Status::unavailable(BROKEN_OFF)) }
}
