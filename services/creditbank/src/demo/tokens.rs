//! A token of each role for the demo, in files that `--token-file` takes.

use crate::access::private_file;
use crate::connect::door;
use crate::failure::Failure;
use creditbank_grpc::proto;
use creditbank_grpc::proto::access_service_client::AccessServiceClient;
use creditbank_ledger::Bank;
use ledger_core::access::Role;
use ledger_core::id::LedgerId;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// Where the demo puts them.
pub(super) const FOLDER: &str = "creditbank-demo-tokens";

/// How many days they hold: those of an earlier start end by themselves.
const DAYS: u32 = 1;

/// Issues a token of each role, and tells which file holds whose.
pub(super) async fn issue(bank: &Arc<Bank>, ledger: &LedgerId) -> Result<String, Failure> {
    bank.own_ledger().await?;
    let mut access = AccessServiceClient::new(door(Arc::clone(bank)).await?);
    let folder = Path::new(FOLDER);
    std::fs::create_dir_all(folder).map_err(Failure::unavailable)?;
    let district = creditbank_grpc::ledger_name(ledger);
    let mut told = String::new();
    for role in Role::ALL {
        let (parent, organization, resident) = match role {
            Role::Clerk => (&district, "lanyuan", ""),
            Role::Platform => (&district, "lianhe-enterprise", ""),
            Role::Resident => (&district, "", "r0001"),
            Role::Administrator => (&creditbank_grpc::ledger_name(&LedgerId::deployment()), "", ""),
            Role::Officer | Role::Approver | Role::Auditor => (&district, "", ""),
        };
        let below = |collection: &str, id: &str| match id {
            "" => String::new(),
            id => format!("{parent}/{collection}/{id}"),
        };
        let request = proto::CreateTokenRequest {
            request_id: uuid::Uuid::now_v7().to_string(),
            person: format!("{role}-01"),
            role: role.to_string(),
            organization: below("organizations", organization),
            resident: below("residents", resident),
            days: DAYS,
            parent: parent.clone(),
        };
        let issued = access.create_token(request).await?.into_inner();
        let file = folder.join(format!("{role}.token"));
        // The token of an earlier start.
        if let Err(error) = std::fs::remove_file(&file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(Failure::unavailable(format!("{}: {error}", file.display())));
        }
        writeln!(private_file(&file)?, "{}", issued.token).map_err(Failure::unavailable)?;
        let reach = [organization, resident].into_iter().find(|reach| !reach.is_empty()).unwrap_or("—");
        // Writing to a string does not fail.
        let _ = writeln!(told, "  {:<4}{:<14} {:<13} {}", role.hant(), role.as_str(), reach, issued.token);
    }
    Ok(told)
}
