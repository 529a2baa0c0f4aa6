//! Resource names (AIP-122): `ledgers/{ledger}/…`.

use crate::convert::at;
use ledger_core::id::{
    AccountId, BatchId, Code, CourseId, CredentialId, HouseholdId, IndicatorId, LedgerId, OrganizationId,
    PolicyId, ResidentId, SelectionId, StandardId, TeamId, VersionId,
};
use ledger_core::quantity::Position;
use ledger_core::registry::CodeList;
use ledger_core::{Reason, Refusal};

fn wrong(field: &str, pattern: &str) -> Refusal {
    Refusal::field(
        Reason::ResourceNameInvalid,
        field,
        format!("{field} 須寫成 {pattern}。Write {field} as {pattern}."),
    )
}

/// `ledgers/{ledger}`.
#[must_use]
pub fn ledger_name(ledger: &LedgerId) -> String {
    format!("ledgers/{ledger}")
}

/// Parses `ledgers/{ledger}`.
pub(crate) fn parse_ledger(raw: &str, field: &str) -> Result<LedgerId, Refusal> {
    match raw.strip_prefix("ledgers/") {
        Some(id) if !id.contains('/') => LedgerId::parse(id).map_err(|refusal| at(refusal, field)),
        _ => Err(wrong(field, "ledgers/{ledger}")),
    }
}

/// The ledger of any resource name.
pub(crate) fn ledger_of(raw: &str, field: &str) -> Result<LedgerId, Refusal> {
    let mut parts = raw.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("ledgers"), Some(id), Some(_)) => LedgerId::parse(id).map_err(|refusal| at(refusal, field)),
        _ => Err(wrong(field, "ledgers/{ledger}/…")),
    }
}

/// The part of a name behind its ledger, which must be `ledger`.
pub(crate) fn below<'a>(ledger: &LedgerId, raw: &'a str, field: &str) -> Result<&'a str, Refusal> {
    raw.strip_prefix("ledgers/")
        .and_then(|rest| rest.strip_prefix(ledger.as_str()))
        .and_then(|rest| rest.strip_prefix('/'))
        .ok_or_else(|| wrong(field, &format!("ledgers/{ledger}/…")))
}

fn in_collection<'a>(
    ledger: &LedgerId,
    raw: &'a str,
    collection: &str,
    field: &str,
) -> Result<&'a str, Refusal> {
    below(ledger, raw, field)?
        .strip_prefix(collection)
        .and_then(|rest| rest.strip_prefix('/'))
        .filter(|id| !id.contains('/'))
        .ok_or_else(|| wrong(field, &format!("ledgers/{ledger}/{collection}/…")))
}

pub(crate) fn organization(ledger: &LedgerId, raw: &str, field: &str) -> Result<OrganizationId, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::field(
            Reason::FieldRequired,
            field,
            format!("{field} 不可空白，請填機構。Fill in {field}: an organisation."),
        ));
    }
    OrganizationId::parse(in_collection(ledger, raw, "organizations", field)?)
        .map_err(|refusal| at(refusal, field))
}

pub(crate) fn resident(ledger: &LedgerId, raw: &str, field: &str) -> Result<ResidentId, Refusal> {
    ResidentId::parse(in_collection(ledger, raw, "residents", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn household(ledger: &LedgerId, raw: &str, field: &str) -> Result<HouseholdId, Refusal> {
    HouseholdId::parse(in_collection(ledger, raw, "households", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn credential(ledger: &LedgerId, raw: &str, field: &str) -> Result<CredentialId, Refusal> {
    CredentialId::parse(in_collection(ledger, raw, "credentials", field)?)
        .map_err(|refusal| at(refusal, field))
}

pub(crate) fn team(ledger: &LedgerId, raw: &str, field: &str) -> Result<TeamId, Refusal> {
    TeamId::parse(in_collection(ledger, raw, "teams", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn course(ledger: &LedgerId, raw: &str, field: &str) -> Result<CourseId, Refusal> {
    CourseId::parse(in_collection(ledger, raw, "courses", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn course_version(
    ledger: &LedgerId,
    raw: &str,
    field: &str,
) -> Result<(CourseId, VersionId), Refusal> {
    let parts: Vec<&str> = below(ledger, raw, field)?.split('/').collect();
    match parts.as_slice() {
        ["courses", course, "versions", version] => Ok((
            CourseId::parse(course).map_err(|refusal| at(refusal, field))?,
            VersionId::parse(version).map_err(|refusal| at(refusal, field))?,
        )),
        _ => Err(wrong(field, &format!("ledgers/{ledger}/courses/…/versions/…"))),
    }
}

pub(crate) fn policy_version(ledger: &LedgerId, raw: &str, field: &str) -> Result<(PolicyId, u32), Refusal> {
    let pattern = || wrong(field, &format!("ledgers/{ledger}/policies/…/versions/{{number}}"));
    let parts: Vec<&str> = below(ledger, raw, field)?.split('/').collect();
    let ["policies", policy, "versions", version] = parts.as_slice() else { return Err(pattern()) };
    let number = version.parse::<u32>().ok().filter(|number| number.to_string() == *version);
    let policy = PolicyId::parse(policy).map_err(|refusal| at(refusal, field))?;
    Ok((policy, number.ok_or_else(pattern)?))
}

pub(crate) fn indicator(ledger: &LedgerId, raw: &str, field: &str) -> Result<IndicatorId, Refusal> {
    IndicatorId::parse(in_collection(ledger, raw, "indicators", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn standard(ledger: &LedgerId, raw: &str, field: &str) -> Result<StandardId, Refusal> {
    StandardId::parse(in_collection(ledger, raw, "standards", field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn selection(ledger: &LedgerId, raw: &str, field: &str) -> Result<SelectionId, Refusal> {
    SelectionId::parse(in_collection(ledger, raw, "selections", field)?).map_err(|refusal| at(refusal, field))
}

/// `selections/{selection}/applications/{collection}/{id}`.
pub(crate) fn application(
    ledger: &LedgerId,
    raw: &str,
    field: &str,
) -> Result<(SelectionId, AccountId), Refusal> {
    let pattern = || wrong(field, &format!("ledgers/{ledger}/selections/…/applications/households/…"));
    let (selection, account) = below(ledger, raw, field)?.split_once("/applications/").ok_or_else(pattern)?;
    let selection = selection.strip_prefix("selections/").ok_or_else(pattern)?;
    let selection = SelectionId::parse(selection).map_err(|refusal| at(refusal, field))?;
    Ok((selection, AccountId::parse_path(account).map_err(|refusal| at(refusal, field))?))
}

/// `selections/{selection}/objections/{position}`.
pub(crate) fn objection(
    ledger: &LedgerId,
    raw: &str,
    field: &str,
) -> Result<(SelectionId, Position), Refusal> {
    let pattern = || wrong(field, &format!("ledgers/{ledger}/selections/…/objections/{{number}}"));
    let (selection, number) = raw.rsplit_once("/objections/").ok_or_else(pattern)?;
    let selection = self::selection(ledger, selection, field)?;
    let position = number.parse::<i64>().ok().filter(|position| position.to_string() == number);
    let position = position.and_then(|position| u64::try_from(position).ok()).ok_or_else(pattern)?;
    Ok((selection, Position(position)))
}

pub(crate) fn account(ledger: &LedgerId, raw: &str, field: &str) -> Result<AccountId, Refusal> {
    AccountId::parse_path(below(ledger, raw, field)?).map_err(|refusal| at(refusal, field))
}

pub(crate) fn entry(ledger: &LedgerId, raw: &str, field: &str) -> Result<Position, Refusal> {
    numbered(ledger, raw, "entries", field)
}

pub(crate) fn correction(ledger: &LedgerId, raw: &str, field: &str) -> Result<Position, Refusal> {
    numbered(ledger, raw, "corrections", field)
}

/// `organizations/{organization}/batches/{batch}`.
pub(crate) fn batch(ledger: &LedgerId, raw: &str, field: &str) -> Result<(OrganizationId, BatchId), Refusal> {
    let parts: Vec<&str> = below(ledger, raw, field)?.split('/').collect();
    match parts.as_slice() {
        ["organizations", organization, "batches", batch] => Ok((
            OrganizationId::parse(organization).map_err(|refusal| at(refusal, field))?,
            BatchId::parse(batch).map_err(|refusal| at(refusal, field))?,
        )),
        _ => Err(wrong(field, &format!("ledgers/{ledger}/organizations/…/batches/…"))),
    }
}

fn numbered(ledger: &LedgerId, raw: &str, collection: &str, field: &str) -> Result<Position, Refusal> {
    let digits = in_collection(ledger, raw, collection, field)?;
    // One way to write each number, and none past the scale that stores keep positions in.
    digits
        .parse::<i64>()
        .ok()
        .filter(|number| number.to_string() == digits)
        .and_then(|number| u64::try_from(number).ok())
        .map(Position)
        .ok_or_else(|| wrong(field, &format!("ledgers/{ledger}/{collection}/{{number}}")))
}

pub(crate) fn code_list(ledger: &LedgerId, raw: &str, field: &str) -> Result<CodeList, Refusal> {
    let list = in_collection(ledger, raw, "codeLists", field)?;
    CodeList::parse(list).ok_or_else(|| {
        let lists: Vec<_> = CodeList::ALL.iter().map(|list| list.as_str()).collect();
        Refusal::field(
            Reason::CodeNotFound,
            field,
            format!("沒有代碼表「{list}」；有 {}。There is no such code list.", lists.join("、")),
        )
    })
}

pub(crate) fn code(ledger: &LedgerId, raw: &str, field: &str) -> Result<(CodeList, Code), Refusal> {
    match raw.rsplit_once("/codes/") {
        Some((list, code)) => Ok((code_list(ledger, list, field)?, Code::parse(code, field)?)),
        None => Err(wrong(field, &format!("ledgers/{ledger}/codeLists/…/codes/…"))),
    }
}
