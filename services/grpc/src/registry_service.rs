//! `creditbank.v1.RegistryService`.

use crate::asked::{answer, asked, of, submit, under};
use crate::convert::{at, optional, optional_date, text};
use crate::proto::registry_service_server::RegistryService;
use crate::status::status;
use crate::{names, proto};
use creditbank_ledger::{Bank, Ledger, PageRequest};
use ledger_core::command::Action;
use ledger_core::date::OccurredOn;
use ledger_core::entry::Form;
use ledger_core::id::{CourseId, HouseholdId, LedgerId, OrganizationId, ResidentId, TeamId, VersionId};
use ledger_core::name::Name;
use ledger_core::projection::{Key, State};
use ledger_core::quantity::{Minutes, Position};
use ledger_core::registry::{
    CodeRecord, Course, CourseRecord, CourseVersion, DefinedCode, Household, InstitutionType, Names,
    Organization, OrganizationRecord, OrganizationStatus, OrganizationStatusChange, Resident, Team,
};
use ledger_core::{Reason, Refusal};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct RegistryDoor {
    pub(crate) bank: Arc<Bank>,
}

fn required<T>(field: Option<T>, name: &str) -> Result<T, Refusal> {
    field.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refusal {
    Refusal::field(Reason::FieldRequired, name, format!("{name} 不可空白。Fill in {name}."))
}

fn not_found(reason: Reason, what: &str) -> Refusal {
    Refusal::field(
        reason,
        "name",
        format!("找不到「{what}」，請查對代碼。There is no \"{what}\": check the id."),
    )
}

fn wire_organization(ledger: &LedgerId, record: &OrganizationRecord) -> proto::Organization {
    let name = |id: &OrganizationId| format!("{}/organizations/{id}", names::ledger_name(ledger));
    let organization = &record.organization;
    let (state, last_day, successor) = match &record.status {
        OrganizationStatus::Active => (proto::OrganizationState::Active, None, None),
        OrganizationStatus::Closed { last_day } => (proto::OrganizationState::Closed, Some(last_day), None),
        OrganizationStatus::Merged { successor, last_day } => {
            (proto::OrganizationState::Merged, Some(last_day), Some(successor))
        }
    };
    proto::Organization {
        name: name(&organization.organization),
        parent: organization.parent.as_ref().map(name).unwrap_or_default(),
        institution_type: organization.institution_type.as_str().to_owned(),
        display_name: organization.display_name.to_string(),
        licensed_from: text(organization.licensed_from),
        state: state.into(),
        last_day: text(last_day),
        successor: successor.map(name).unwrap_or_default(),
    }
}

fn wire_course(ledger: &LedgerId, record: &CourseRecord) -> proto::Course {
    let base = names::ledger_name(ledger);
    let name = format!("{base}/courses/{}", record.course.course);
    let versions = record
        .versions
        .iter()
        .map(|held| proto::CourseVersion {
            name: format!("{name}/versions/{}", held.version.version),
            nominal_minutes: held.version.nominal_minutes.map_or(0, |minutes| minutes.0),
            valid_from: text(held.approval.as_ref().map(|(approval, _)| approval.valid_from)),
            valid_to: text(held.approval.as_ref().map(|(approval, _)| approval.valid_to)),
        })
        .collect();
    proto::Course {
        organization: format!("{base}/organizations/{}", record.course.organization),
        display_name: record.course.display_name.to_string(),
        name,
        versions,
    }
}

fn wire_team(ledger: &LedgerId, team: &Team) -> proto::Team {
    let base = names::ledger_name(ledger);
    proto::Team {
        name: format!("{base}/teams/{}", team.team),
        organization: format!("{base}/organizations/{}", team.organization),
        display_name: team.display_name.to_string(),
    }
}

fn wire_code(ledger: &LedgerId, record: &CodeRecord) -> proto::Code {
    let code = &record.code;
    proto::Code {
        name: format!("{}/codeLists/{}/codes/{}", names::ledger_name(ledger), code.list, code.code),
        names: Some(proto::LocalizedText {
            hant: code.names.hant.to_string(),
            hans: code.names.hans.to_string(),
            en: code.names.en.to_string(),
        }),
        form: code.form.map(|form| form.as_str().to_owned()).unwrap_or_default(),
    }
}

async fn organization(
    ledger: &Ledger,
    id: &OrganizationId,
    at: Position,
) -> Result<(proto::Organization, u64), Refusal> {
    match ledger.record(Key::organization(id), at).await? {
        (Some(State::Organization(record)), position) => {
            Ok((wire_organization(ledger.id(), &record), position.0))
        }
        _ => Err(not_found(Reason::OrganizationNotFound, id.as_str())),
    }
}

async fn course(ledger: &Ledger, id: &CourseId, at: Position) -> Result<(proto::Course, u64), Refusal> {
    match ledger.record(Key::course(id), at).await? {
        (Some(State::Course(record)), position) => Ok((wire_course(ledger.id(), &record), position.0)),
        _ => Err(not_found(Reason::CourseNotFound, id.as_str())),
    }
}

fn page(size: u32, token: &str) -> PageRequest {
    PageRequest { size, token: token.to_owned() }
}

#[tonic::async_trait]
impl RegistryService for RegistryDoor {
    async fn get_ledger(
        &self,
        request: Request<proto::GetLedgerRequest>,
    ) -> Result<Response<proto::GetLedgerResponse>, Status> {
        answer!(self, request, {
            let id = names::parse_ledger(&request.name, "name")?;
            let (opened, policy, policy_version, census, position) =
                self.bank.ledger(&id).await?.overview().await?;
            Ok(proto::GetLedgerResponse {
                ledger: Some(proto::Ledger {
                    name: names::ledger_name(&id),
                    time_zone: opened.time_zone.name().to_owned(),
                    begins_on: opened.begins_on.to_string(),
                    policy,
                    policy_version,
                    census: Some(proto::Census {
                        organizations: census.organizations,
                        courses: census.courses,
                        residents: census.residents,
                        households: census.households,
                        teams: census.teams,
                        entries: census.entries,
                        reversals: census.reversals,
                    }),
                    position: position.0,
                }),
            })
        })
    }

    async fn create_organization(
        &self,
        request: Request<proto::CreateOrganizationRequest>,
    ) -> Result<Response<proto::CreateOrganizationResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let asked = asked!(caller, "CreateOrganization", request, None);
            let wire = required(request.organization, "organization")?;
            let parent = optional(&wire.parent, |raw| names::organization(&id, raw, "organization.parent"))?;
            let kind = InstitutionType::parse(&wire.institution_type).ok_or_else(|| {
                Refusal::field(
                    Reason::FieldInvalid,
                    "organization.institution_type",
                    "沒有這種機構類型，請用 ListInstitutionTypes 查看。\
                     There is no such institution type: see ListInstitutionTypes.",
                )
            })?;
            let new = Organization {
                organization: OrganizationId::parse(&request.organization_id)
                    .map_err(|refusal| at(refusal, "organization_id"))?,
                parent,
                institution_type: kind,
                display_name: Name::parse(&wire.display_name, "organization.display_name")?,
                licensed_from: optional_date(&wire.licensed_from, "organization.licensed_from")?,
            };
            let org = new.organization.clone();
            let fields = &[("id", "organization_id"), ("parent", "organization.parent")];
            let receipt = submit(&ledger, asked, Action::RegisterOrganization(new), fields).await?;
            let (organization, position) = organization(&ledger, &org, receipt.head).await?;
            Ok(proto::CreateOrganizationResponse { organization: Some(organization), position })
        })
    }

    async fn change_organization_state(
        &self,
        request: Request<proto::ChangeOrganizationStateRequest>,
    ) -> Result<Response<proto::ChangeOrganizationStateResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let org = names::organization(&id, &request.name, "name")?;
            let asked = asked!(caller, "ChangeOrganizationState", request, None);
            let last_day = |request: &proto::ChangeOrganizationStateRequest| {
                OccurredOn::parse(&request.last_day, "last_day")
            };
            let new_status = match request.state() {
                proto::OrganizationState::Active => OrganizationStatus::Active,
                proto::OrganizationState::Closed => {
                    OrganizationStatus::Closed { last_day: last_day(&request)? }
                }
                proto::OrganizationState::Merged => OrganizationStatus::Merged {
                    successor: names::organization(&id, &request.successor, "successor")?,
                    last_day: last_day(&request)?,
                },
                proto::OrganizationState::Unspecified => {
                    return Err(missing("state"));
                }
            };
            let change = OrganizationStatusChange { organization: org.clone(), status: new_status };
            let receipt =
                submit(&ledger, asked, Action::ChangeOrganization(change), &[("organization", "name")])
                    .await?;
            let (organization, position) = organization(&ledger, &org, receipt.head).await?;
            Ok(proto::ChangeOrganizationStateResponse { organization: Some(organization), position })
        })
    }

    async fn get_organization(
        &self,
        request: Request<proto::GetOrganizationRequest>,
    ) -> Result<Response<proto::GetOrganizationResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let org = names::organization(&id, &request.name, "name")?;
            let (organization, position) =
                organization(&ledger, &org, Position(request.min_position)).await?;
            Ok(proto::GetOrganizationResponse { organization: Some(organization), position })
        })
    }

    async fn list_organizations(
        &self,
        request: Request<proto::ListOrganizationsRequest>,
    ) -> Result<Response<proto::ListOrganizationsResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let listed =
                ledger.records("organizations/", &page(request.page_size, &request.page_token)).await?;
            let organizations = listed.items.iter().filter_map(|state| match state {
                State::Organization(record) => Some(wire_organization(&id, record)),
                _ => None,
            });
            Ok(proto::ListOrganizationsResponse {
                organizations: organizations.collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn list_institution_types(
        &self,
        _: Request<proto::ListInstitutionTypesRequest>,
    ) -> Result<Response<proto::ListInstitutionTypesResponse>, Status> {
        let types = InstitutionType::ALL.iter().map(|(_, code, hant, en)| proto::InstitutionType {
            code: (*code).to_owned(),
            hant: (*hant).to_owned(),
            en: (*en).to_owned(),
        });
        Ok(Response::new(proto::ListInstitutionTypesResponse { types: types.collect() }))
    }

    async fn create_course(
        &self,
        request: Request<proto::CreateCourseRequest>,
    ) -> Result<Response<proto::CreateCourseResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let wire = required(request.course.clone(), "course")?;
            let poster = names::organization(&id, &wire.organization, "course.organization")?;
            let asked = asked!(caller, "CreateCourse", request, Some(poster.clone()));
            let new = Course {
                course: CourseId::parse(&request.course_id).map_err(|refusal| at(refusal, "course_id"))?,
                organization: poster,
                display_name: Name::parse(&wire.display_name, "course.display_name")?,
            };
            let key = new.course.clone();
            let fields = &[("id", "course_id"), ("organization", "course.organization")];
            let receipt = submit(&ledger, asked, Action::RegisterCourse(new), fields).await?;
            let (course, position) = course(&ledger, &key, receipt.head).await?;
            Ok(proto::CreateCourseResponse { course: Some(course), position })
        })
    }

    async fn create_course_version(
        &self,
        request: Request<proto::CreateCourseVersionRequest>,
    ) -> Result<Response<proto::CreateCourseVersionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.parent, "parent").await?;
            let key = names::course(&id, &request.parent, "parent")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "CreateCourseVersion", request, Some(poster.clone()));
            let version = CourseVersion {
                course: key.clone(),
                version: VersionId::parse(&request.version_id)
                    .map_err(|refusal| at(refusal, "version_id"))?,
                organization: poster,
                nominal_minutes: (request.nominal_minutes > 0).then_some(Minutes(request.nominal_minutes)),
            };
            let fields = &[("id", "version_id"), ("course", "parent")];
            let receipt = submit(&ledger, asked, Action::SubmitVersion(version), fields).await?;
            let (course, position) = course(&ledger, &key, receipt.head).await?;
            Ok(proto::CreateCourseVersionResponse { course: Some(course), position })
        })
    }

    async fn approve_course_version(
        &self,
        request: Request<proto::ApproveCourseVersionRequest>,
    ) -> Result<Response<proto::ApproveCourseVersionResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let (key, version) = names::course_version(&id, &request.name, "name")?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "ApproveCourseVersion", request, Some(poster));
            let action = Action::ApproveVersion {
                course: key.clone(),
                version,
                valid_from: optional_date(&request.valid_from, "valid_from")?,
                valid_to: optional_date(&request.valid_to, "valid_to")?,
            };
            let receipt = submit(&ledger, asked, action, &[("course", "name"), ("version", "name")]).await?;
            let (course, position) = course(&ledger, &key, receipt.head).await?;
            Ok(proto::ApproveCourseVersionResponse { course: Some(course), position })
        })
    }

    async fn get_course(
        &self,
        request: Request<proto::GetCourseRequest>,
    ) -> Result<Response<proto::GetCourseResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let key = names::course(&id, &request.name, "name")?;
            let (course, position) = course(&ledger, &key, Position(request.min_position)).await?;
            Ok(proto::GetCourseResponse { course: Some(course), position })
        })
    }

    async fn list_courses(
        &self,
        request: Request<proto::ListCoursesRequest>,
    ) -> Result<Response<proto::ListCoursesResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let listed = ledger.records("courses/", &page(request.page_size, &request.page_token)).await?;
            let courses = listed.items.iter().filter_map(|state| match state {
                State::Course(record) => Some(wire_course(&id, record)),
                _ => None,
            });
            Ok(proto::ListCoursesResponse {
                courses: courses.collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn batch_create_residents(
        &self,
        request: Request<proto::BatchCreateResidentsRequest>,
    ) -> Result<Response<proto::BatchCreateResidentsResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "BatchCreateResidents", request, Some(poster.clone()));
            let residents = request
                .resident_ids
                .iter()
                .enumerate()
                .map(|(index, raw)| {
                    let resident = ResidentId::parse(raw)
                        .map_err(|refusal| at(refusal, &format!("resident_ids[{index}]")))?;
                    Ok(Resident { resident, organization: poster.clone() })
                })
                .collect::<Result<Vec<_>, Refusal>>()?;
            let fields = &[("residents", "resident_ids")];
            let receipt = submit(&ledger, asked, Action::RegisterResidents(residents), fields).await?;
            Ok(proto::BatchCreateResidentsResponse {
                created: receipt.events,
                replayed: receipt.replayed,
                position: receipt.head.0,
            })
        })
    }

    async fn get_resident(
        &self,
        request: Request<proto::GetResidentRequest>,
    ) -> Result<Response<proto::GetResidentResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.name, "name").await?;
            let resident = names::resident(&id, &request.name, "name")?;
            match ledger.record(Key::resident(&resident), Position(request.min_position)).await? {
                (Some(State::Resident(record)), position) => Ok(proto::GetResidentResponse {
                    resident: Some(proto::Resident {
                        name: format!("{}/residents/{resident}", names::ledger_name(&id)),
                        organization: format!(
                            "{}/organizations/{}",
                            names::ledger_name(&id),
                            record.resident.organization
                        ),
                    }),
                    position: position.0,
                }),
                _ => Err(not_found(Reason::ResidentNotFound, resident.as_str())),
            }
        })
    }

    async fn create_household(
        &self,
        request: Request<proto::CreateHouseholdRequest>,
    ) -> Result<Response<proto::CreateHouseholdResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let poster = names::organization(&id, &request.organization, "organization")?;
            let asked = asked!(caller, "CreateHousehold", request, Some(poster.clone()));
            let household =
                HouseholdId::parse(&request.household_id).map_err(|refusal| at(refusal, "household_id"))?;
            let new = Household { household: household.clone(), organization: poster };
            let receipt =
                submit(&ledger, asked, Action::RegisterHousehold(new), &[("id", "household_id")]).await?;
            Ok(proto::CreateHouseholdResponse {
                household: Some(proto::Household {
                    name: format!("{}/households/{household}", names::ledger_name(&id)),
                    organization: request.organization.clone(),
                }),
                position: receipt.head.0,
            })
        })
    }

    async fn create_team(
        &self,
        request: Request<proto::CreateTeamRequest>,
    ) -> Result<Response<proto::CreateTeamResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let wire = required(request.team.clone(), "team")?;
            let poster = names::organization(&id, &wire.organization, "team.organization")?;
            let asked = asked!(caller, "CreateTeam", request, Some(poster.clone()));
            let team = Team {
                team: TeamId::parse(&request.team_id).map_err(|refusal| at(refusal, "team_id"))?,
                organization: poster,
                display_name: Name::parse(&wire.display_name, "team.display_name")?,
            };
            let answer = wire_team(&id, &team);
            let fields = &[("id", "team_id"), ("organization", "team.organization")];
            let receipt = submit(&ledger, asked, Action::RegisterTeam(team), fields).await?;
            Ok(proto::CreateTeamResponse { team: Some(answer), position: receipt.head.0 })
        })
    }

    async fn list_teams(
        &self,
        request: Request<proto::ListTeamsRequest>,
    ) -> Result<Response<proto::ListTeamsResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let listed = ledger.records("teams/", &page(request.page_size, &request.page_token)).await?;
            let teams = listed.items.iter().filter_map(|state| match state {
                State::Team(record) => Some(wire_team(&id, &record.team)),
                _ => None,
            });
            Ok(proto::ListTeamsResponse {
                teams: teams.collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }

    async fn define_code(
        &self,
        request: Request<proto::DefineCodeRequest>,
    ) -> Result<Response<proto::DefineCodeResponse>, Status> {
        answer!(self, caller, request, {
            let (id, ledger) = under(&self.bank, &request.parent).await?;
            let asked = asked!(caller, "DefineCode", request, None);
            let wire = required(request.code.clone(), "code")?;
            let (list, code) = names::code(&id, &wire.name, "code.name")?;
            let texts = required(wire.names, "code.names")?;
            let form = optional(&wire.form, |raw| {
                Form::parse(raw).ok_or_else(|| {
                    let forms: Vec<_> = Form::ALL.iter().map(|form| form.as_str()).collect();
                    Refusal::field(
                        Reason::FieldInvalid,
                        "code.form",
                        format!("form 須為：{}。form is one of these.", forms.join("、")),
                    )
                })
            })?;
            let defined = DefinedCode {
                list,
                code,
                names: Names {
                    hant: Name::parse(&texts.hant, "code.names.hant")?,
                    hans: Name::parse(&texts.hans, "code.names.hans")?,
                    en: Name::parse(&texts.en, "code.names.en")?,
                },
                form,
            };
            let record = CodeRecord { code: defined.clone(), defined_at: Position(0) };
            let receipt = submit(&ledger, asked, Action::DefineCode(defined), &[]).await?;
            Ok(proto::DefineCodeResponse { code: Some(wire_code(&id, &record)), position: receipt.head.0 })
        })
    }

    async fn list_codes(
        &self,
        request: Request<proto::ListCodesRequest>,
    ) -> Result<Response<proto::ListCodesResponse>, Status> {
        answer!(self, request, {
            let (id, ledger) = of(&self.bank, &request.parent, "parent").await?;
            let list = names::code_list(&id, &request.parent, "parent")?;
            let size = if request.page_size == 0 { 1_000 } else { request.page_size };
            let listed = ledger.records(&format!("codes/{list}/"), &page(size, &request.page_token)).await?;
            let codes = listed.items.iter().filter_map(|state| match state {
                State::Code(record) => Some(wire_code(&id, record)),
                _ => None,
            });
            Ok(proto::ListCodesResponse {
                codes: codes.collect(),
                next_page_token: listed.next_token,
                position: listed.position.0,
            })
        })
    }
}
