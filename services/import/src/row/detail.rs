//! What was done: the fields of an entry's form.

use super::cells::Failed;
use super::draft::Drafting;
use super::parse;
use crate::mapping::field::Field;
use creditbank_grpc::proto;
use ledger_core::decide::{MAX_BOOKS, MAX_MINUTES, MAX_PERSONS};
use ledger_core::entry::{Award, Degree, Form};
use ledger_core::id::{Code, CourseId, TeamId, VersionId};
use proto::entry::Detail;

impl Drafting<'_, '_> {
    fn course_version(&mut self) -> Result<(CourseId, VersionId), Failed> {
        let course = self.required(Field::Course, CourseId::parse);
        let version = self.required(Field::Version, VersionId::parse);
        Ok((course?, version?))
    }

    /// What was done, and of a completion its course and version.
    pub(super) fn detail(&mut self, form: Form) -> Result<(Detail, Option<(CourseId, VersionId)>), Failed> {
        if matches!(form, Form::OfflineCourse | Form::OnlineCourse) {
            return self.completion(form);
        }
        let detail = match form {
            Form::OfflineCourse | Form::OnlineCourse => return Err(Failed),
            Form::Lecture => Detail::Lecture(proto::Lecture { series: self.code(Field::Series)? }),
            Form::Drill => Detail::Drill(proto::Drill {}),
            Form::VolunteerService => {
                let team = self.optional(Field::Team, TeamId::parse)?;
                let team = team.map(|id| format!("teams/{id}")).unwrap_or_default();
                Detail::VolunteerService(proto::VolunteerService { team })
            }
            Form::Reading => {
                let books = self.required(Field::Books, |raw| parse::amount(raw, MAX_BOOKS))?;
                Detail::Reading(proto::Reading { books })
            }
            Form::Visit => Detail::Visit(proto::Visit { venue: self.code(Field::Venue)? }),
            Form::Contest => {
                let contest = self.required(Field::Contest, |raw| Code::parse(raw, "contest"));
                let awards: Vec<&str> = Award::ALL.iter().map(|award| award.as_str()).collect();
                let award = self.required(Field::Award, |raw| parse::one_of(Award::parse(raw), raw, &awards));
                Detail::Contest(proto::Contest {
                    contest: contest?.to_string(),
                    award: award?.as_str().to_owned(),
                })
            }
            Form::Certificate => {
                let number_sha256 = self.required(Field::NumberSha256, parse::digest)?.to_string();
                Detail::Certificate(proto::Certificate { number_sha256 })
            }
            Form::Degree => {
                let degrees: Vec<&str> = Degree::ALL.iter().map(|degree| degree.as_str()).collect();
                let degree =
                    self.required(Field::Degree, |raw| parse::one_of(Degree::parse(raw), raw, &degrees));
                let number = self.required(Field::NumberSha256, parse::digest);
                Detail::Degree(proto::Degree {
                    degree: degree?.as_str().to_owned(),
                    number_sha256: number?.to_string(),
                })
            }
            Form::Teaching => {
                let course = self.optional(Field::Course, CourseId::parse)?;
                Detail::Teaching(proto::Teaching {
                    course: course.map(|id| format!("courses/{id}")).unwrap_or_default(),
                })
            }
            Form::EarlyEducation => Detail::EarlyEducation(proto::EarlyEducation {}),
            Form::YouthPractice => {
                Detail::YouthPractice(proto::YouthPractice { practice: self.code(Field::Practice)? })
            }
            Form::HouseholdAward => {
                let title = self.required(Field::Title, |raw| Code::parse(raw, "title"))?;
                Detail::HouseholdAward(proto::HouseholdAward { title: title.to_string() })
            }
            Form::HeadCount => {
                let persons = self.required(Field::Persons, |raw| parse::amount(raw, MAX_PERSONS))?;
                Detail::HeadCount(proto::HeadCount { persons })
            }
        };
        Ok((detail, None))
    }

    fn completion(&mut self, form: Form) -> Result<(Detail, Option<(CourseId, VersionId)>), Failed> {
        let course_version = self.course_version();
        let mark = self.optional(Field::Mark, parse::mark);
        let planned = match form {
            Form::OfflineCourse => {
                self.optional(Field::PlannedMinutes, |raw| parse::amount(raw, MAX_MINUTES))
            }
            _ => Ok(None),
        };
        let (course, version) = course_version?;
        let (mark, planned_minutes) = (mark?, planned?.unwrap_or(0));
        let name = format!("courses/{course}/versions/{version}");
        let detail = match form {
            Form::OfflineCourse => {
                Detail::OfflineCourse(proto::OfflineCourse { course_version: name, planned_minutes, mark })
            }
            _ => Detail::OnlineCourse(proto::OnlineCourse { course_version: name, mark }),
        };
        Ok((detail, Some((course, version))))
    }
}
