//! Compiles the API with protox, so that no system `protoc` is needed, and keeps the descriptors for reflection.

mod methods;

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    let files = [
        "access_service",
        "ledger_service",
        "account_service",
        "registry_service",
        "policy_service",
        "badge_service",
        "proof_service",
        "identity_service",
        "household_service",
        "redemption_service",
        "report_service",
        "retention_service",
        "correction_service",
        "deployment_service",
        "directory_service",
        "evaluation_service",
        "selection_service",
    ]
    .map(|name| root.join(format!("creditbank/v1/{name}.proto")));
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(files, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), prost::Message::encode_to_vec(&descriptors))?;
    std::fs::write(out.join("methods.rs"), methods::source(&descriptors)?)?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        // `--json` prints messages as they are: field names of the API, times and bytes as text.
        .type_attribute(".creditbank.v1", "#[derive(serde::Serialize)] #[serde(rename_all = \"snake_case\")]")
        .field_attribute("creditbank.v1.Entry.detail", "#[serde(flatten)]")
        .field_attribute("as_of_time", "#[serde(serialize_with = \"crate::json::timestamp\")]")
        .field_attribute("expires_at", "#[serde(serialize_with = \"crate::json::timestamp\")]")
        .field_attribute("approve_until", "#[serde(serialize_with = \"crate::json::timestamp\")]")
        .field_attribute("recorded_at", "#[serde(serialize_with = \"crate::json::timestamp\")]")
        .field_attribute("creditbank.v1.Act.json", "#[serde(serialize_with = \"crate::json::text\")]")
        .field_attribute("creditbank.v1.Event.json", "#[serde(serialize_with = \"crate::json::text\")]")
        .field_attribute(
            "creditbank.v1.EntryVerdict.error",
            "#[serde(serialize_with = \"crate::json::error\")]",
        )
        .field_attribute(
            "creditbank.v1.Organization.state",
            "#[serde(serialize_with = \"crate::json::state\")]",
        )
        .field_attribute(
            "creditbank.v1.ChangeOrganizationStateRequest.state",
            "#[serde(serialize_with = \"crate::json::state\")]",
        )
        .field_attribute(
            "creditbank.v1.Tenant.state",
            "#[serde(serialize_with = \"crate::json::ledger_state\")]",
        )
        .field_attribute("creditbank.v1.Identity.kind", "#[serde(serialize_with = \"crate::json::tie\")]")
        .field_attribute("creditbank.v1.TiedAccount.kind", "#[serde(serialize_with = \"crate::json::tie\")]")
        .field_attribute("creditbank.v1.Identity.role", "#[serde(serialize_with = \"crate::json::role\")]")
        .field_attribute("creditbank.v1.Member.role", "#[serde(serialize_with = \"crate::json::role\")]")
        .field_attribute(
            "creditbank.v1.JoinHouseholdRequest.role",
            "#[serde(serialize_with = \"crate::json::role\")]",
        )
        .field_attribute(
            "creditbank.v1.Consent.purpose",
            "#[serde(serialize_with = \"crate::json::purpose\")]",
        )
        .field_attribute(
            "creditbank.v1.GiveConsentRequest.purpose",
            "#[serde(serialize_with = \"crate::json::purpose\")]",
        )
        .field_attribute(
            "creditbank.v1.WithdrawConsentRequest.purpose",
            "#[serde(serialize_with = \"crate::json::purpose\")]",
        )
        .field_attribute(
            "creditbank.v1.Correction.state",
            "#[serde(serialize_with = \"crate::json::correction_state\")]",
        )
        .field_attribute(
            "creditbank.v1.ListCorrectionsRequest.state",
            "#[serde(serialize_with = \"crate::json::correction_state\")]",
        )
        // They hold personal data, and show nothing of it (`directory_service.rs`).
        .skip_debug([
            ".creditbank.v1.Person",
            ".creditbank.v1.PutPersonRequest",
            ".creditbank.v1.GetPersonResponse",
            ".creditbank.v1.FindPersonRequest",
            ".creditbank.v1.OrganizationCard",
        ])
        .compile_fds(descriptors)?;
    Ok(())
}
