//! What tonic itself answers, put into the words of this API: a message that cannot be decoded is the client's
//! mistake, an oversized one is a limit, and a deadline that passed is DEADLINE_EXCEEDED.

use crate::status::status;
use ledger_core::{Reason, Refusal};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tower::{Layer, Service};

/// How long a call may take until it begins to answer, whatever its client allows (our own default): a report over all of
/// ten years takes less.
const LONGEST_CALL: Duration = Duration::from_secs(10 * 60);

/// Wraps every service of the door.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpeakPlainly;

impl<S> Layer<S> for SpeakPlainly {
    type Service = Plain<S>;

    fn layer(&self, inner: S) -> Plain<S> {
        Plain { inner }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Plain<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Plain<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let asked =
            request.headers().get("grpc-timeout").and_then(|value| parse_timeout(value.to_str().ok()?));
        let deadline = asked.map_or(LONGEST_CALL, |asked| asked.min(LONGEST_CALL));
        let answer = self.inner.call(request);
        Box::pin(async move {
            // tonic's own timer stands outside this one and is looked at after it: this answer comes first.
            let response = match tokio::time::timeout(deadline, answer).await {
                Ok(response) => response?,
                Err(_) => return Ok(too_late().into_http()),
            };
            metrics::counter!("creditbank_grpc_calls_total").increment(1);
            Ok(match failure(response.headers()) {
                None => response,
                Some((code, message)) => {
                    let plain = plain_words(code, &message);
                    let code = plain.as_ref().map_or(code, Status::code);
                    metrics::counter!("creditbank_grpc_errors_total", "code" => format!("{code:?}"))
                        .increment(1);
                    plain.map_or(response, Status::into_http)
                }
            })
        })
    }
}

fn too_late() -> Status {
    Status::deadline_exceeded(
        "超過等候時間，不能確定是否已記；請用同一 request_id 重送，不會重複。\
         The deadline passed; whether it was recorded is not known: send the same request again.",
    )
}

/// The status of an answer that failed before its first message.
fn failure(headers: &HeaderMap) -> Option<(Code, String)> {
    let code = headers.get("grpc-status")?;
    let code = Code::from_bytes(code.as_bytes());
    let message = headers.get("grpc-message").and_then(|value| value.to_str().ok()).unwrap_or_default();
    (code != Code::Ok).then(|| (code, message.to_owned()))
}

/// Words of tonic for bytes that are no message: bad protobuf or UTF-8, a frame cut short, no frame at all. What else
/// it calls INTERNAL breaks gRPC itself, which asks for that code.
const NO_MESSAGE: [&str; 4] = ["decode", "protobuf", "decoding%20stream", "Missing%20request%20message"];

/// tonic's own statuses carry no details; ours do, so only tonic's are put into other words.
fn plain_words(code: Code, message: &str) -> Option<Status> {
    let refusal = match code {
        Code::Internal if NO_MESSAGE.iter().any(|words| message.contains(words)) => Refusal::new(
            Reason::MalformedMessage,
            "收到的內容不是這個介面的訊息（protobuf 或文字編碼有誤），請檢查用戶端程式。\
             The bytes are not a message of this API (bad protobuf or UTF-8): check the client program.",
        ),
        Code::OutOfRange | Code::ResourceExhausted
            if message.contains("message%20length") || message.contains("message length") =>
        {
            Refusal::new(
                Reason::MessageTooLarge,
                "訊息太大，請分批傳送（一批至多 1,000 筆）。The message is too large: send it in parts.",
            )
        }
        _ => return None,
    };
    Some(status(refusal))
}

/// The value of `grpc-timeout`: at most eight digits and a unit.
fn parse_timeout(value: &str) -> Option<Duration> {
    let split = value.len().checked_sub(1)?;
    let (digits, unit) = value.split_at_checked(split)?;
    let count: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3_600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_the_protocol_writes_them() {
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse_timeout("3S"), Some(Duration::from_secs(3)));
        for bad in ["", "S", "5", "123456789S", "-1S", "1x"] {
            assert_eq!(parse_timeout(bad), None, "{bad}");
        }
    }
}
