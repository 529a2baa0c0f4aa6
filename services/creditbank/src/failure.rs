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
        let told = if exit == FINDINGS { ALTERED } else { CHECK };
        not_proven(exit, told, fault.reason(), &fault.to_string())
    }
}

impl From<creditbank_badge::Fault> for Failure {
    fn from(fault: creditbank_badge::Fault) -> Failure {
        use creditbank_badge::Fault as Of;
        let (exit, told) = match fault {
            Of::KeyMalformed(_) => (REFUSED, CHECK),
            Of::IssuerMismatch { .. } => (
                FINDINGS,
                "是別的開立者的；did:web 開立的請給 DID 文件。It is another issuer's: of a did:web, give the DID document.",
            ),
            Of::Revoked(_) => (FINDINGS, "已被撤回，不可採信。It was taken back: do not rely on it."),
            Of::Expired(_) | Of::NotYetValid(_) => (FINDINGS, "不在有效期間。It does not hold now."),
            Of::StatusUnknown(_) => {
                (FINDINGS, "還不知道有沒有被撤回。Whether it was taken back is not known yet.")
            }
            _ => (FINDINGS, ALTERED),
        };
        not_proven(exit, told, fault.reason(), &fault.to_string())
    }
}

const ALTERED: &str = "與簽署時不符，不可採信。It is not as it was signed: do not rely on it.";
const CHECK: &str = "請查對檔案與金鑰。Check the file and the key.";

/// What is said where something is not proven, or where what it is proven with is of no use.
fn not_proven(exit: u8, told: &str, reason: &str, said: &str) -> Failure {
    let said = said.strip_prefix(reason).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(said);
    Failure { exit, reason: reason.to_owned(), message: format!("{told} ({said})") }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Failure {
        let message =
            format!("金鑰檔或刪除登記簿不能用，請查對。The key file or its register is of no use: {error}");
        Failure::refused("KEY_FILE", message)
    }
}
