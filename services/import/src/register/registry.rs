//! The registrations of all rows so far, each once.

use super::Registration;
use super::needs::{ApprovalNeed, CourseNeed, Needs, OrganizationNeed};
use crate::expression::Flaw;
use creditbank_grpc::proto;
use ledger_core::Reason;
use ledger_core::command::MAX_GROUP;
use ledger_core::entry::Digest32;
use ledger_core::id::{CourseId, OrganizationId, ResidentId, VersionId};
use ledger_core::name::Name;
use prost::Message;
use std::collections::{BTreeMap, HashMap};

/// What was asked for, with the row that asked first.
#[derive(Debug)]
struct Held<T> {
    row: u64,
    content: T,
}

#[derive(Debug)]
struct HeldVersion {
    course: CourseId,
    version: VersionId,
    organization: OrganizationId,
    nominal_minutes: u32,
    approval: Option<ApprovalNeed>,
}

/// Everything to be registered.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    organizations: Vec<Held<OrganizationNeed>>,
    courses: Vec<Held<(CourseId, OrganizationId, Name)>>,
    versions: Vec<Held<HeldVersion>>,
    organizations_by_id: HashMap<OrganizationId, usize>,
    courses_by_id: HashMap<CourseId, usize>,
    versions_by_id: HashMap<(CourseId, VersionId), usize>,
    posters: Vec<OrganizationId>,
    /// Residents with the place of their poster.
    residents: HashMap<ResidentId, usize>,
}

fn conflict(what: &str, id: &str, row: u64) -> Flaw {
    Flaw::new(
        Reason::AlreadyRegistered,
        format!(
            "{what}「{id}」和第 {row} 列登記的內容不同，請改成一致，或另取代碼。\
             \"{id}\" differs from what row {row} registers: make them the same, or use another id."
        ),
    )
}

impl Registry {
    /// Takes a row's needs.
    ///
    /// # Errors
    /// `ALREADY_REGISTERED` with the path in the mapping, where an earlier row registers something else by that id.
    pub(crate) fn admit(&mut self, row: u64, needs: Needs) -> Result<(), (&'static str, Flaw)> {
        for need in needs.organizations {
            match self.organizations_by_id.get(&need.id).and_then(|place| self.organizations.get(*place)) {
                Some(held) if held.content == need => {}
                Some(held) => {
                    return Err(("register.organization", conflict("機構", need.id.as_str(), held.row)));
                }
                None => {
                    self.organizations_by_id.insert(need.id.clone(), self.organizations.len());
                    self.organizations.push(Held { row, content: need });
                }
            }
        }
        needs.course.map_or(Ok(()), |course| self.admit_course(row, course))
    }

    fn admit_course(&mut self, row: u64, need: CourseNeed) -> Result<(), (&'static str, Flaw)> {
        let CourseNeed { course, version, organization, display_name, nominal_minutes, approval } = need;
        match self.courses_by_id.get(&course).and_then(|place| self.courses.get(*place)) {
            Some(held) if (&held.content.1, &held.content.2) == (&organization, &display_name) => {}
            Some(held) => return Err(("register.course", conflict("課程", course.as_str(), held.row))),
            None => {
                self.courses_by_id.insert(course.clone(), self.courses.len());
                let content = (course.clone(), organization.clone(), display_name);
                self.courses.push(Held { row, content });
            }
        }
        let key = (course, version);
        let Some(held) = self.versions_by_id.get(&key).and_then(|place| self.versions.get_mut(*place)) else {
            self.versions_by_id.insert(key.clone(), self.versions.len());
            let (course, version) = key;
            let content = HeldVersion { course, version, organization, nominal_minutes, approval };
            self.versions.push(Held { row, content });
            return Ok(());
        };
        let conflict = || ("register.course", conflict("課程版本", key.1.as_str(), held.row));
        if held.content.nominal_minutes != nominal_minutes {
            return Err(conflict());
        }
        match (&mut held.content.approval, approval) {
            (Some(held), Some(new)) if held.organization == new.organization => widen(held, new),
            (None, None) => {}
            _ => return Err(conflict()),
        }
        Ok(())
    }

    /// Opens a resident's account, for the organisation that asked first.
    pub(crate) fn open(&mut self, organization: &OrganizationId, resident: ResidentId) {
        if self.residents.contains_key(&resident) {
            return;
        }
        let known = self.posters.iter().position(|poster| poster == organization);
        let place = known.unwrap_or_else(|| {
            self.posters.push(organization.clone());
            self.posters.len() - 1
        });
        self.residents.insert(resident, place);
    }

    /// The requests, below `ledger` (`ledgers/{ledger}`).
    pub(crate) fn requests(&self, mapping: &str, ledger: &str) -> Registration {
        let under = |organization: &OrganizationId| format!("{ledger}/organizations/{organization}");
        let organizations = self.organizations.iter().map(|held| {
            let need = &held.content;
            let mut request = proto::CreateOrganizationRequest {
                parent: ledger.to_owned(),
                request_id: String::new(),
                organization_id: need.id.to_string(),
                organization: Some(proto::Organization {
                    parent: need.parent.as_ref().map(under).unwrap_or_default(),
                    institution_type: need.institution_type.as_str().to_owned(),
                    display_name: need.display_name.to_string(),
                    licensed_from: need.licensed_from.map(|day| day.to_string()).unwrap_or_default(),
                    ..proto::Organization::default()
                }),
            };
            request.request_id = request_id(mapping, "org", &request);
            request
        });
        let courses = self.courses.iter().map(|held| {
            let (course, organization, display_name) = &held.content;
            let mut request = proto::CreateCourseRequest {
                parent: ledger.to_owned(),
                request_id: String::new(),
                course_id: course.to_string(),
                course: Some(proto::Course {
                    organization: under(organization),
                    display_name: display_name.to_string(),
                    ..proto::Course::default()
                }),
            };
            request.request_id = request_id(mapping, "course", &request);
            request
        });
        let versions = self.versions.iter().map(|held| {
            let mut request = proto::CreateCourseVersionRequest {
                parent: format!("{ledger}/courses/{}", held.content.course),
                request_id: String::new(),
                version_id: held.content.version.to_string(),
                organization: under(&held.content.organization),
                nominal_minutes: held.content.nominal_minutes,
            };
            request.request_id = request_id(mapping, "version", &request);
            request
        });
        let approvals = self.versions.iter().filter_map(|held| {
            let approval = held.content.approval.as_ref()?;
            let HeldVersion { course, version, .. } = &held.content;
            let mut request = proto::ApproveCourseVersionRequest {
                name: format!("{ledger}/courses/{course}/versions/{version}"),
                request_id: String::new(),
                organization: under(&approval.organization),
                valid_from: approval.valid_from.map(|day| day.to_string()).unwrap_or_default(),
                valid_to: approval.valid_to.map(|day| day.to_string()).unwrap_or_default(),
            };
            request.request_id = request_id(mapping, "approve", &request);
            Some(request)
        });
        Registration {
            organizations: organizations.collect(),
            courses: courses.collect(),
            versions: versions.collect(),
            approvals: approvals.collect(),
            residents: self.openings(mapping, ledger),
        }
    }

    fn openings(&self, mapping: &str, ledger: &str) -> Vec<proto::BatchCreateResidentsRequest> {
        let mut by_poster: BTreeMap<&OrganizationId, Vec<&ResidentId>> = BTreeMap::new();
        for (resident, place) in &self.residents {
            if let Some(poster) = self.posters.get(*place) {
                by_poster.entry(poster).or_default().push(resident);
            }
        }
        let mut requests = Vec::new();
        for (poster, mut residents) in by_poster {
            residents.sort_unstable();
            for group in residents.chunks(MAX_GROUP) {
                let mut request = proto::BatchCreateResidentsRequest {
                    parent: ledger.to_owned(),
                    request_id: String::new(),
                    organization: format!("{ledger}/organizations/{poster}"),
                    resident_ids: group.iter().map(|resident| resident.to_string()).collect(),
                };
                request.request_id = request_id(mapping, "open", &request);
                requests.push(request);
            }
        }
        requests
    }
}

/// Makes an approval last from the earlier first day to the later last day.
fn widen(held: &mut ApprovalNeed, new: ApprovalNeed) {
    held.valid_from = held.valid_from.zip(new.valid_from).map(|(a, b)| a.min(b));
    held.valid_to = held.valid_to.zip(new.valid_to).map(|(a, b)| a.max(b));
}

/// At most 20 + 1 + 7 + 1 + 32 characters.
fn request_id(mapping: &str, what: &str, request: &impl Message) -> String {
    let digest = Digest32::of(&request.encode_to_vec()).to_string();
    let digits: String = digest.chars().take(32).collect();
    format!("{mapping}-{what}-{digits}")
}
