//! A statement that takes another back: the entry is reversed.

use crate::platform::Caller;
use crate::reply::Refused;
use creditbank_grpc::proto;
use uuid::Uuid;

/// Why, as the ledger keeps it: xAPI gives no reason (our own default).
const REASON: &str = "input_error";

/// Reverses the entry of a statement, under the id of the statement that voids it.
///
/// # Errors
/// Where there is no such statement of this platform, or it voids another itself; and what the door refuses.
pub(crate) async fn statement(caller: &Caller, id: Uuid, target: Uuid) -> Result<(), Refused> {
    let found = caller.find(&target.to_string()).await?;
    let entry = found.and_then(|found| found.entries.into_iter().next()).ok_or_else(|| {
        Refused::bad(
            "object.id",
            "XAPI_VOIDED",
            "沒有這則陳述，或它本身是作廢的陳述，無法作廢。\
             There is no such statement of this platform, or it voids another itself: it cannot be voided.",
        )
    })?;
    let request = proto::ReverseEntryRequest {
        name: entry.name,
        request_id: id.to_string(),
        organization: caller.organization(),
        reason: REASON.to_owned(),
    };
    caller.entries().reverse_entry(request).await?;
    Ok(())
}
