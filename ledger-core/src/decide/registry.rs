//! Decisions on courses, accounts, teams and codes. Registering the same thing again changes nothing and is no error.

use super::Desk;
use super::entry::{MAX_MINUTES, above};
use super::month::keeps_the_ledger;
use super::organization::already_registered;
use crate::command::MAX_GROUP;
use crate::date::OccurredOn;
use crate::event::Fact;
use crate::id::{CourseId, VersionId};
use crate::identity::HouseholdRegistered;
use crate::projection::{Key, State, States};
use crate::registry::{
    CodeList, Course, CourseApproval, CourseRecord, CourseVersion, DefinedCode, Household,
    OrganizationRecord, Resident, Team,
};
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

impl<'a, S: States> Desk<'a, S> {
    pub(super) fn define_code(&self, code: &DefinedCode) -> Result<Vec<Fact>, Refusal> {
        self.ledger()?;
        match (code.list, code.form) {
            (CodeList::Kinds, None) => {
                return Err(Refusal::field(
                    Reason::FieldRequired,
                    "code.form",
                    "類別必須指定記錄形式（例如 lecture）。A kind names the form of its entries, such as lecture.",
                ));
            }
            (list, Some(_)) if list != CodeList::Kinds => {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "code.form",
                    "只有類別（kinds）才有記錄形式。Only codes of the list kinds have a form.",
                ));
            }
            _ => {}
        }
        if let Some(State::Code(record)) = self.states.get(&Key::code(code.list, &code.code)) {
            if record.code == *code {
                return Ok(vec![]);
            }
            if record.code.form != code.form {
                return Err(Refusal::field(
                    Reason::AlreadyRegistered,
                    "code.form",
                    "已有記錄使用這個類別，形式不能再改；請另立代碼。\
                     The form of a kind does not change: define another code.",
                ));
            }
        }
        Ok(vec![Fact::CodeDefined(code.clone())])
    }

    pub(super) fn register_course(&self, course: &Course) -> Result<Vec<Fact>, Refusal> {
        self.poster()?;
        if let Some(State::Course(record)) = self.states.get(&Key::course(&course.course)) {
            return if record.course == *course {
                Ok(vec![])
            } else {
                Err(already_registered("course", &course.course))
            };
        }
        self.refuse_look_alike("courses", course.course.as_str())?;
        Ok(vec![Fact::CourseRegistered(course.clone())])
    }

    pub(super) fn course(&self, id: &CourseId, field: &str) -> Result<&'a CourseRecord, Refusal> {
        match self.states.get(&Key::course(id)) {
            Some(State::Course(record)) => Ok(record),
            _ => Err(Refusal::field(
                Reason::CourseNotFound,
                field,
                format!(
                    "找不到課程「{id}」，請查對代碼或先登記課程。\
                     There is no course \"{id}\": check the id, or register it first."
                ),
            )),
        }
    }

    pub(super) fn submit_version(&self, version: &CourseVersion) -> Result<Vec<Fact>, Refusal> {
        if version.nominal_minutes.is_some_and(|minutes| minutes.0 > MAX_MINUTES) {
            return Err(above("nominal_minutes", MAX_MINUTES));
        }
        let poster = self.poster()?;
        let record = self.course(&version.course, "course")?;
        if !poster.answers_to(&record.course.organization) && !poster.ancestors.is_empty() {
            return Err(scope(
                "只有開課機構（及其下屬）或區可以提出課程版本。\
                 Only the organisation that offers a course, one below it, or the district submits versions.",
            ));
        }
        if let Some(held) = record.version(&version.version) {
            return if held.version == *version {
                Ok(vec![])
            } else {
                Err(already_registered("course version", &version.version))
            };
        }
        Ok(vec![Fact::CourseVersionSubmitted(version.clone())])
    }

    /// The organisation that asks, which must be the district or its college.
    pub(super) fn district(&self, else_say: &str) -> Result<&'a OrganizationRecord, Refusal> {
        let poster = self.poster()?;
        if keeps_the_ledger(poster) { Ok(poster) } else { Err(scope(else_say)) }
    }

    pub(super) fn approve_version(
        &self,
        course: &CourseId,
        version: &VersionId,
        valid_from: Option<OccurredOn>,
        valid_to: Option<OccurredOn>,
    ) -> Result<Vec<Fact>, Refusal> {
        let poster = self.district(
            "課程版本由區或區社區學院核准（準入）。The district or its community college approves course versions.",
        )?;
        let record = self.course(course, "course")?;
        let Some(held) = record.version(version) else {
            return Err(version_not_found(course, version, "version"));
        };
        let valid_from = match valid_from {
            Some(day) => day,
            None => self.today()?,
        };
        let valid_to = valid_to.unwrap_or_else(|| CourseApproval::usual_end(valid_from));
        if valid_to < valid_from {
            return Err(Refusal::field(
                Reason::TimeRange,
                "valid_to",
                "有效期的末日不能早於首日。The last day of an approval is not before its first.",
            ));
        }
        let approval = CourseApproval {
            course: course.clone(),
            version: version.clone(),
            organization: poster.organization.organization.clone(),
            valid_from,
            valid_to,
        };
        if held.approval.as_ref().is_some_and(|(held, _)| *held == approval) {
            return Ok(vec![]);
        }
        Ok(vec![Fact::CourseVersionApproved(approval)])
    }

    pub(super) fn register_residents(&self, residents: &[Resident]) -> Result<Vec<Fact>, Refusal> {
        if residents.is_empty() || residents.len() > MAX_GROUP {
            return Err(Refusal::field(
                Reason::BatchSize,
                "residents",
                format!("一次登記 1–{MAX_GROUP} 個帳戶。Register 1 to {MAX_GROUP} accounts at a time."),
            ));
        }
        self.poster()?;
        let mut seen = BTreeSet::new();
        Ok(residents
            .iter()
            .filter(|new| {
                self.states.get(&Key::resident(&new.resident)).is_none() && seen.insert(&new.resident)
            })
            .map(|new| Fact::ResidentRegistered(new.clone()))
            .collect())
    }

    pub(super) fn register_household(&self, household: &Household) -> Result<Vec<Fact>, Refusal> {
        self.poster()?;
        match self.states.get(&Key::household(&household.household)) {
            Some(State::Household(record)) if record.household == *household => Ok(vec![]),
            Some(_) => Err(already_registered("household", &household.household)),
            None => Ok(vec![Fact::HouseholdRegistered(HouseholdRegistered {
                household: household.household.clone(),
                organization: household.organization.clone(),
                split_from: None,
            })]),
        }
    }

    pub(super) fn register_team(&self, team: &Team) -> Result<Vec<Fact>, Refusal> {
        self.poster()?;
        match self.states.get(&Key::team(&team.team)) {
            Some(State::Team(record)) if record.team == *team => Ok(vec![]),
            Some(_) => Err(already_registered("team", &team.team)),
            None => Ok(vec![Fact::TeamRegistered(team.clone())]),
        }
    }
}

pub(super) fn version_not_found(course: &CourseId, version: &VersionId, field: &str) -> Refusal {
    Refusal::field(
        Reason::CourseVersionNotFound,
        field,
        format!(
            "課程「{course}」沒有版本「{version}」，請查對或先提出版本。\
             Course \"{course}\" has no version \"{version}\": check it, or submit it first."
        ),
    )
}

pub(super) fn scope(message: &str) -> Refusal {
    Refusal::field(Reason::SchoolScope, "organization", message)
}
