//! The bytes of an event: one JSON object, written once, hashed and kept as written. Reading goes through the
//! version, so that an upcaster can stand between old bytes and today's types; bytes are never rewritten.

use super::{Event, FORMAT_VERSION};
use serde::Deserialize;
use thiserror::Error;

/// Why bytes are no event of this program.
#[derive(Debug, Error)]
pub enum CodecError {
    /// Not the JSON of an event.
    #[error("the bytes are not an event: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Written by a later version of the program.
    #[error("event format {0} is newer than this program's {FORMAT_VERSION}: use the newer program")]
    NewerFormat(u32),
}

/// The bytes of an event.
///
/// # Errors
/// If a value cannot be written as JSON, which no value of these types does.
pub fn encode(event: &Event) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::with_capacity(512);
    serde_json::to_writer(&mut bytes, event)?;
    Ok(bytes)
}

/// The event of some bytes.
///
/// # Errors
/// If the bytes are not an event, or of a newer format.
pub fn decode(bytes: &[u8]) -> Result<Event, CodecError> {
    match serde_json::from_slice(bytes) {
        Ok(event) => Ok(event),
        Err(error) => {
            #[derive(Deserialize)]
            struct Version {
                v: u32,
            }
            match serde_json::from_slice::<Version>(bytes) {
                Ok(Version { v }) if v > FORMAT_VERSION => Err(CodecError::NewerFormat(v)),
                _ => Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::date::OccurredOn;
    use crate::entry::{Detail, Entry};
    use crate::event::Fact;
    use crate::id::{AccountId, Code, LedgerId, OrganizationId, RequestId, ResidentId};
    use crate::quantity::{Minutes, Position};

    #[test]
    fn the_bytes_of_an_event_are_as_they_ever_were() {
        let event = Event {
            v: FORMAT_VERSION,
            ledger: LedgerId::parse("wenjiang").unwrap(),
            position: Position(42),
            recorded_at: chrono::DateTime::from_timestamp_micros(1_780_000_000_123_456).unwrap(),
            poster: Some(OrganizationId::parse("chengbei-school").unwrap()),
            by: None,
            request_id: RequestId::parse("01890000-0000-7000-8000-000000000001").unwrap(),
            fact: Fact::EntryRecorded(Box::new(Entry {
                account: AccountId::Resident(ResidentId::parse("r0001").unwrap()),
                organization: OrganizationId::parse("chengbei-school").unwrap(),
                kind: Code::constant("LEC"),
                detail: Detail::Lecture { series: None },
                occurred_on: OccurredOn::parse("2026-05-28", "d").unwrap(),
                started_on: None,
                start_time: None,
                end_time: None,
                minutes: Minutes(90),
                session: None,
                attested_by: None,
                evidence: None,
                subject: Some(Code::constant("health")),
                audience: None,
                campaign: None,
                programme: None,
                restores: None,
                batch: None,
                corrects: None,
            })),
        };
        let bytes = encode(&event).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes.clone()).unwrap());
        assert_eq!(decode(&bytes).unwrap(), event);
    }

    #[test]
    fn a_newer_format_is_named_as_such() {
        assert!(matches!(decode(br#"{"v":2,"new":"thing"}"#), Err(CodecError::NewerFormat(2))));
        assert!(matches!(decode(b"{}"), Err(CodecError::Malformed(_))));
    }
}
