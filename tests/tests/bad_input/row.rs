//! A row of a table of bad input, and what is asked of every refusal.

use crate::request::Request;
use creditbank_grpc::DOMAIN;
use creditbank_tests::canary;
use ledger_core::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, RpcStatusExt, StatusExt};

/// One bad input and the refusal it deserves.
#[derive(Debug, Clone)]
pub struct Row {
    /// What is wrong with it.
    pub what: &'static str,
    /// The request.
    pub request: Request,
    /// How it is refused.
    pub refusal: Expected,
}

/// A bad input.
pub fn row(what: &'static str, request: impl Into<Request>, code: Code, reason: Reason) -> Row {
    Row { what, request: request.into(), refusal: Expected::new(code, reason) }
}

impl Row {
    /// The field at fault.
    pub fn at(mut self, field: impl Into<String>) -> Row {
        self.refusal.field = Some(field.into());
        self
    }

    /// A fact that the refusal carries for programs.
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Row {
        self.refusal.metadata.push((key, value.to_string()));
        self
    }

    /// What the refusal must not tell.
    pub fn silent_about(mut self, secret: &'static str) -> Row {
        self.refusal.secrets.push(secret);
        self
    }
}

/// A refusal as it came: of a call, or of an item in a batch.
#[derive(Debug, Clone)]
pub struct Refused {
    pub code: Code,
    pub message: String,
    pub details: ErrorDetails,
}

impl From<&Status> for Refused {
    fn from(status: &Status) -> Refused {
        let (code, message) = (status.code(), status.message().to_owned());
        Refused { code, message, details: status.get_error_details() }
    }
}

impl From<&tonic_types::Status> for Refused {
    fn from(status: &tonic_types::Status) -> Refused {
        let (code, message) = (Code::from_i32(status.code), status.message.clone());
        Refused { code, message, details: status.get_error_details() }
    }
}

/// A refusal as it ought to be.
#[derive(Debug, Clone)]
pub struct Expected {
    pub code: Code,
    pub reason: Reason,
    pub field: Option<String>,
    pub metadata: Vec<(&'static str, String)>,
    pub secrets: Vec<&'static str>,
}

impl Expected {
    pub fn new(code: Code, reason: Reason) -> Expected {
        Expected { code, reason, field: None, metadata: Vec::new(), secrets: Vec::new() }
    }

    /// All that differs between a refusal and what it ought to be; empty where nothing does.
    pub fn differences(&self, refused: impl Into<Refused>) -> Vec<String> {
        let Refused { code, message, details } = refused.into();
        let mut found = Vec::new();
        let mut expect = |what: &str, ok: bool, got: String| {
            if !ok {
                found.push(format!("{what}: {got}"));
            }
        };
        let (reason, domain, metadata) = details
            .error_info()
            .map(|info| (info.reason.as_str(), info.domain.as_str(), info.metadata.clone()))
            .unwrap_or_default();
        expect(&format!("the code is {:?}", self.code), code == self.code, format!("{code:?}"));
        expect(
            &format!("the reason is {}", self.reason),
            reason == self.reason.as_str(),
            format!("{reason:?}"),
        );
        let told = format!("{message} {details:?}");
        expect("it tells of nobody", !canary::is_in(&told), told);
        expect("the domain is ours", domain == DOMAIN, format!("{domain:?}"));
        let fields: Vec<&str> = details.bad_request().map_or_else(Vec::new, |bad| {
            bad.field_violations.iter().map(|violation| violation.field.as_str()).collect()
        });
        let wanted: Vec<&str> = self.field.as_deref().into_iter().collect();
        expect(&format!("the fields at fault are {wanted:?}"), fields == wanted, format!("{fields:?}"));
        for (key, value) in &self.metadata {
            let got = metadata.get(*key);
            expect(&format!("{key} is {value:?}"), got == Some(value), format!("{got:?}"));
        }
        expect("the message is in Chinese", speaks_chinese(&message), format!("{message:?}"));
        expect("the message is in English", speaks_english(&message), format!("{message:?}"));
        for secret in &self.secrets {
            let told = format!("{message} {metadata:?}");
            expect(&format!("it does not tell {secret:?}"), !told.contains(secret), told.clone());
        }
        let retry = details.retry_info().is_some();
        expect(
            "it says when to retry only where that helps",
            retry == retry_helps(self.reason),
            format!("{retry}"),
        );
        found
    }
}

/// Reasons that pass by themselves or once the operator has acted.
fn retry_helps(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Overloaded
            | Reason::NotYetApplied
            | Reason::StorageReadOnly
            | Reason::StorageUnavailable
            | Reason::OutcomeUnknown
            | Reason::ShuttingDown
            | Reason::ClockUntrusted
            | Reason::LedgerArriving
    )
}

fn is_chinese(c: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&c)
}

fn speaks_chinese(text: &str) -> bool {
    text.chars().filter(|c| is_chinese(*c)).count() >= 2
}

/// English follows the Chinese: two words of it, as a field's name alone is none.
fn speaks_english(text: &str) -> bool {
    let is_word = |word: &&str| word.len() >= 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let english = text.rsplit(is_chinese).next().unwrap_or_default();
    english.split([' ', '。', ',', ':', '.']).filter(is_word).count() >= 2
}
