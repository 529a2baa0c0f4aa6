//! How a command fails: the sentence for a person, the reason for a program, the exit code for a script.

use creditbank_directory::DirectoryError;
use creditbank_proof::Fault;
use ledger_core::ports::StoreError;
use ledger_core::{Reason, Refusal};
use serde_json::json;
use std::fmt::Display;
use std::process::ExitCode;
use tonic_types::StatusExt;

/// Done, but with findings.
pub(crate) const FINDINGS: u8 = 3;
const REFUSED: u8 = 1;
const UNAVAILABLE: u8 = 4;
/// Asked to stop half-way.
pub(crate) const STOPPED: u8 = UNAVAILABLE;

#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    reason: String,
    message: String,
}

impl Failure {
    pub(crate) fn refused(reason: impl Into<String>, message: impl Display) -> Failure {
        Failure { exit: REFUSED, reason: reason.into(), message: message.to_string() }
    }

    pub(crate) fn unavailable(message: impl Display) -> Failure {
        Failure { exit: UNAVAILABLE, reason: "UNAVAILABLE".to_owned(), message: message.to_string() }
    }

    /// Whether that is the reason.
    pub(crate) fn is(&self, reason: Reason) -> bool {
        self.reason == reason.as_str()
    }

    /// Prints it and gives the exit code.
    pub(crate) fn report(self, json: bool) -> ExitCode {
        if json {
            println!("{}", json!({ "error": { "reason": self.reason, "message": self.message } }));
        } else {
            eprintln!("creditbank: {}: {}", self.reason, self.message);
        }
        ExitCode::from(self.exit)
    }
}

impl From<tonic::Status> for Failure {
    fn from(status: tonic::Status) -> Failure {
        let reason = status.get_details_error_info().map(|info| info.reason);
        let exit = match status.code() {
            tonic::Code::Unavailable
            | tonic::Code::DeadlineExceeded
            | tonic::Code::Unknown
            | tonic::Code::Cancelled
            | tonic::Code::Internal => UNAVAILABLE,
            _ => REFUSED,
        };
        let reason = reason.unwrap_or_else(|| format!("{:?}", status.code()).to_uppercase());
        Failure { exit, reason, message: status.message().to_owned() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::from(creditbank_grpc::status(refusal))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure { exit: UNAVAILABLE, reason: "STORE".to_owned(), message: error.to_string() }
    }
}

impl From<Fault> for Failure {
    /// A file that cannot be read is no finding.
    fn from(fault: Fault) -> Failure {
        let exit = match fault {
            Fault::File { .. } | Fault::NoRandomness(_) => UNAVAILABLE,
            Fault::KeyMalformed(_) | Fault::KeyOpenToOthers { .. } => REFUSED,
            _ => FINDINGS,
        };
        let said = fault.to_string();
        let said =
            said.strip_prefix(fault.reason()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&said);
        let told = match exit {
            FINDINGS => "與簽署時不符，不可採信。It is not as it was signed: do not rely on it.",
            _ => "請查對檔案與金鑰。Check the file and the key.",
        };
        Failure { exit, reason: fault.reason().to_owned(), message: format!("{told} ({said})") }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Failure {
        let message =
            format!("金鑰檔或刪除登記簿不能用，請查對。The key file or its register is of no use: {error}");
        Failure::refused("KEY_FILE", message)
    }
}
