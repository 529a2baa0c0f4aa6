//! Every method × role and scope × whose things it names × state of ledger and credential, by the table the program itself
//! goes by.

use crate::raw;
use crate::world::{Town, World};
use creditbank_grpc::proto::Method;
use creditbank_grpc::{Check, Effect, proto, rule};
use creditbank_tests::{LEDGER, name, reason};
use ledger_core::access::Role;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, ReflectMessage, Value};
use tonic::{Code, Status};

/// A credential of the matrix.
struct Holder {
    role: Role,
    /// Whether it reaches all of the ledger.
    whole: bool,
    token: String,
}

fn pool() -> DescriptorPool {
    DescriptorPool::decode(proto::DESCRIPTORS).unwrap()
}

fn input(pool: &DescriptorPool, method: Method) -> MessageDescriptor {
    let (service, name) = method.path().trim_start_matches('/').split_once('/').unwrap();
    let service = pool.get_service_by_name(service).unwrap();
    service.methods().find(|held| held.name() == name).unwrap().input()
}

/// What a method's `name` or `parent` names in a town.
fn named(method: Method, field: &str, town: &Town) -> String {
    use Method as M;
    match (method, field) {
        (
            M::LedgerReverseEntry | M::LedgerGetEntry | M::ProofGetInclusionProof | M::BadgeGetEntryBadge,
            "name",
        ) => town.entry.clone(),
        (
            M::AccountGetBalance
            | M::AccountGetStatement
            | M::AccountExplainBalance
            | M::RegistryGetResident
            | M::IdentityProposeUnmerge
            | M::IdentityApproveMerge
            | M::IdentityChangeIdentifier
            | M::IdentityGetIdentity
            | M::HouseholdNameGuardian
            | M::HouseholdReleaseGuardian
            | M::HouseholdGiveConsent
            | M::HouseholdWithdrawConsent
            | M::DirectoryPutPerson
            | M::DirectoryGetPerson
            | M::DirectoryProposeErasure
            | M::DirectoryApproveErasure
            | M::ProofGetProvenStatement
            | M::BadgeGetStatementBadge
            | M::BadgeGetTranscript
            | M::RedemptionRedeemCredits
            | M::RedemptionGetRedeemableBalance,
            "name",
        )
        | (M::RedemptionListRedemptions | M::SelectionListTitles | M::DirectoryListPersonReads, "parent") => {
            town.resident.clone()
        }
        (
            M::IdentityJoinHousehold
            | M::IdentityLeaveHousehold
            | M::HouseholdMoveHousehold
            | M::HouseholdDissolveHousehold
            | M::HouseholdSplitHousehold
            | M::HouseholdGetHousehold
            | M::EvaluationEvaluateHousehold
            | M::SelectionRecheckTitle
            | M::BadgeGetTitleBadge
            | M::SelectionProposeTitleWithdrawal
            | M::SelectionApproveTitleWithdrawal,
            "name",
        )
        | (M::IdentityListMembers, "parent") => town.household.clone(),
        (
            M::RegistryChangeOrganizationState
            | M::RegistryGetOrganization
            | M::DirectoryPutOrganizationCard
            | M::DirectoryGetOrganizationCard,
            "name",
        )
        | (M::CorrectionListBatches, "parent") => town.school.clone(),
        (M::CorrectionGetBatch | M::CorrectionReverseBatch, "name") => town.batch.clone(),
        (
            M::CorrectionApproveCorrection | M::CorrectionRejectCorrection | M::CorrectionGetCorrection,
            "name",
        ) => town.correction.clone(),
        (
            M::SelectionMakeApplication
            | M::SelectionWithdrawApplication
            | M::SelectionVerifyApplication
            | M::SelectionReviewApplication
            | M::SelectionJudgeItem
            | M::SelectionRecordGround
            | M::SelectionLiftGround
            | M::SelectionGetApplication,
            "name",
        ) => town.household.replace(LEDGER, &name("selections/families-2026/applications")),
        (_, "parent") => LEDGER.to_owned(),
        (M::RegistryGetLedger | M::DeploymentSetQuota | M::DeploymentSealLedger, "name") => LEDGER.to_owned(),
        (M::ProofGetCheckpoint | M::ProofGetConsistencyProof | M::BadgeGetIssuer, "name") => {
            LEDGER.to_owned()
        }
        (M::DeploymentUnsealLedger, "name") => LEDGER.to_owned(),
        _ => name("courses/tea"),
    }
}

/// A text for a field, from a town.
fn text(method: Method, path: &str, town: &Town) -> Option<String> {
    let last = path.rsplit('.').next().unwrap();
    Some(match last {
        "name" | "parent" if !path.contains('.') => named(method, last, town),
        "parent" => town.school.clone(),
        "organization" | "successor" => town.school.clone(),
        "names" | "merged" | "survivor" | "resident" | "other" | "account" | "guardian" | "given_by" => {
            town.resident.clone()
        }
        "entry" => town.entry.clone(),
        _ => return None,
    })
}

/// Puts texts at every path that a check looks at: from the own town, but at one path from the other.
fn fill(message: &mut DynamicMessage, prefix: &str, of: &dyn Fn(&str) -> Option<String>, checked: &[&str]) {
    let descriptor = message.descriptor();
    for field in descriptor.fields().filter(|field| field.containing_oneof().is_none()) {
        let path =
            if prefix.is_empty() { field.name().to_owned() } else { format!("{prefix}.{}", field.name()) };
        match field.kind() {
            Kind::String => {
                if let Some(text) = of(&path) {
                    let value = Value::String(text);
                    let value = if field.is_list() { Value::List(vec![value]) } else { value };
                    message.set_field(&field, value);
                }
            }
            Kind::Message(inner) if checked.iter().any(|at| at.starts_with(&format!("{path}."))) => {
                let mut nested = DynamicMessage::new(inner);
                fill(&mut nested, &path, of, checked);
                let value = Value::Message(nested);
                let value = if field.is_list() { Value::List(vec![value]) } else { value };
                message.set_field(&field, value);
            }
            _ => {}
        }
    }
}

/// A message of a method. `other` is the path that names the other town's.
fn message(pool: &DescriptorPool, method: Method, towns: &[Town; 2], other: Option<&str>) -> Vec<u8> {
    let checked: Vec<&str> = rule(method).checks.iter().filter_map(|check| path(*check)).collect();
    let mut message = DynamicMessage::new(input(pool, method));
    let of = |path: &str| {
        let scoped = checked.contains(&path) || matches!(path, "parent" | "name");
        let town = if other == Some(path) { &towns[1] } else { &towns[0] };
        if scoped { text(method, path, town) } else { None }
    };
    fill(&mut message, "", &of, &checked);
    message.encode_to_vec()
}

/// The path of a check that looks at something of a town.
fn path(check: Check) -> Option<&'static str> {
    match check {
        Check::Acts(path) | Check::ActsIfNamed(path) | Check::Sees(path) | Check::Within(path) => Some(path),
        Check::Is(_) | Check::Whole => None,
    }
}

/// Reasons that only access gives.
const DENIALS: [&str; 5] =
    ["ROLE_DENIED", "CREDENTIAL_MISSING", "CREDENTIAL_INVALID", "PERSON_MISMATCH", "LEDGER_NOT_FOUND"];

/// What access says to a holder; none where it lets the call through.
fn expected(
    method: Method,
    holder: &Holder,
    town: &Town,
    other: Option<&str>,
) -> Option<(Code, &'static str)> {
    let rule = rule(method);
    if !rule.roles.contains(&holder.role) {
        return Some((Code::PermissionDenied, "ROLE_DENIED"));
    }
    // Their own ledger is that of the deployment.
    if holder.role == Role::Administrator && method == Method::AccessListActs {
        return Some((Code::NotFound, "LEDGER_NOT_FOUND"));
    }
    if holder.whole {
        return None;
    }
    for check in rule.checks {
        let is_other = path(*check).is_some() && path(*check) == other;
        let text = path(*check).and_then(|path| text(method, path, town)).unwrap_or_default();
        // A resident sees the own account, and nothing else of the town.
        let hidden = is_other
            || holder.role == Role::Resident && !text.contains("/residents/") && !text.contains("/entries/");
        match check {
            Check::Acts(_) | Check::ActsIfNamed(_) if is_other => {
                return Some((Code::PermissionDenied, "SCHOOL_SCOPE"));
            }
            Check::Sees(_) if hidden => return Some((Code::NotFound, missing(&text))),
            Check::Within(_) if hidden => return Some((Code::NotFound, "ORGANIZATION_NOT_FOUND")),
            Check::Whole => return Some((Code::PermissionDenied, "ROLE_DENIED")),
            _ => {}
        }
    }
    None
}

/// The reason of what is not to be seen.
fn missing(text: &str) -> &'static str {
    match () {
        () if text.contains("/entries/") || text.contains("/corrections/") => "EVENT_NOT_FOUND",
        () if text.contains("/residents/") => "RESIDENT_NOT_FOUND",
        () if text.contains("/households/") => "HOUSEHOLD_NOT_FOUND",
        () => "ORGANIZATION_NOT_FOUND",
    }
}

async fn holders(world: &World) -> Vec<Holder> {
    let own = &world.towns[0];
    let mut holders = Vec::new();
    for role in Role::ALL {
        let scopes: Vec<(&str, &str)> = match role {
            Role::Clerk | Role::Platform => vec![(&own.school, "")],
            Role::Officer | Role::Approver | Role::Auditor => vec![("", ""), (&own.town, "")],
            Role::Resident => vec![("", &own.resident)],
            Role::Administrator => vec![("", "")],
        };
        for (organization, resident) in scopes {
            let token = world.token(role.as_str(), organization, resident).await;
            let whole = organization.is_empty() && resident.is_empty();
            holders.push(Holder { role: *role, whole, token });
        }
    }
    holders
}

async fn ask(world: &World, holder: &Holder, method: Method, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let header = format!("Bearer {}", holder.token);
    raw::call(&world.door, Some(&header), method.path(), message).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table_says_what_it_should() {
    let pool = pool();
    let mut cells = 0_usize;
    for sealed in [false, true] {
        // Each method on a world of its own state; what one call changes must not decide another's cell.
        for method in Method::ALL {
            let world = World::build().await;
            let holders = holders(&world).await;
            if sealed {
                let request = proto::SealLedgerRequest { name: LEDGER.to_owned() };
                world.owner.deployment.clone().seal_ledger(request).await.unwrap();
            }
            let mut sides = vec![None];
            sides.extend(rule(*method).checks.iter().filter_map(|check| path(*check)).map(Some));
            sides.dedup();
            for holder in &holders {
                for other in &sides {
                    let before = world.position().await;
                    let message = message(&pool, *method, &world.towns, *other);
                    let town = &world.towns[usize::from(other.is_some())];
                    let expected = expected(*method, holder, town, *other);
                    let answer = ask(&world, holder, *method, message).await;
                    let told = format!(
                        "{method:?} {} whole={} {other:?} sealed={sealed}",
                        holder.role, holder.whole
                    );
                    match expected {
                        Some((code, denied)) => {
                            let status = answer.expect_err(&told);
                            assert_eq!(
                                (status.code(), reason(&status).as_str()),
                                (code, denied),
                                "{told}: {status}"
                            );
                            assert_eq!(world.position().await, before, "{told}");
                        }
                        None => {
                            if let Err(status) = &answer {
                                let denied = DENIALS.contains(&reason(status).as_str());
                                // An officer in a town asks for what only administrators may.
                                let handled = rule(*method).effect == Effect::Runs;
                                assert!(!denied || handled, "{told}: {status}");
                                assert_ne!(status.code(), Code::Unauthenticated, "{told}");
                                let hides = |check: &Check| matches!(check, Check::Sees(_));
                                let seen = rule(*method).checks.iter().filter(|check| hides(check));
                                let text = |at| text(*method, at, town).map(|text| missing(&text));
                                for absent in seen.filter_map(|check| path(*check)).filter_map(text) {
                                    assert_ne!(reason(status), absent, "{told}: it is there to be seen");
                                }
                            }
                            if sealed && rule(*method).effect != Effect::Runs {
                                assert_eq!(world.position().await, before, "{told}: sealed");
                            }
                        }
                    }
                    cells += 1;
                }
            }
        }
    }
    println!("{cells} cells: {} methods", Method::ALL.len());
    assert!(cells > 4_000, "{cells}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ledger_does_not_exist_for_any_role() {
    let world = World::build().await;
    let pool = pool();
    let request = proto::CreateLedgerRequest { ledger_id: "elsewhere".to_owned(), ..Default::default() };
    world.owner.deployment.clone().create_ledger(request).await.unwrap();
    let towns = world.towns.clone().map(|town| {
        let moved = |text: &str| text.replace(LEDGER, "ledgers/elsewhere");
        Town {
            town: moved(&town.town),
            school: moved(&town.school),
            resident: moved(&town.resident),
            household: moved(&town.household),
            entry: moved(&town.entry),
            correction: moved(&town.correction),
            batch: moved(&town.batch),
        }
    });
    let mut cells = 0;
    let of_a_ledger = |method: &&Method| !matches!(rule(**method).effect, Effect::Runs | Effect::Shows);
    for method in Method::ALL.iter().filter(of_a_ledger) {
        let mut message = DynamicMessage::new(input(&pool, *method));
        let mut names = false;
        for field in ["parent", "name"] {
            if message.descriptor().get_field_by_name(field).is_some() {
                let text = named(*method, field, &towns[0]).replace(LEDGER, "ledgers/elsewhere");
                message.set_field_by_name(field, Value::String(text));
                names = true;
            }
        }
        if !names {
            continue;
        }
        for holder in holders(&world).await.iter().filter(|holder| rule(*method).roles.contains(&holder.role))
        {
            let status = ask(&world, holder, *method, message.encode_to_vec()).await.unwrap_err();
            let told = (status.code(), reason(&status));
            assert_eq!(told, (Code::NotFound, "LEDGER_NOT_FOUND".to_owned()), "{method:?} {}", holder.role);
            cells += 1;
        }
    }
    println!("{cells} cells of another ledger");
}
