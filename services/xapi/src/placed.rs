//! Where a statement belongs in the ledger: the entry that it becomes, or why it becomes none.

use crate::duration;
use crate::mapping::Course;
use crate::platform::Caller;
use crate::reply::Refused;
use crate::statement::{Outcome, Score, Statement};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use creditbank_grpc::proto;
use proto::entry::Detail;

/// A statement that completes a course.
pub(crate) struct Completion<'a> {
    statement: &'a Statement,
    pub(crate) course: &'a Course,
    resident: &'a str,
    mark: Option<u32>,
}

impl<'a> Completion<'a> {
    /// Places a statement.
    ///
    /// # Errors
    /// Of another platform's learner, an activity that is no course, a verb that completes nothing, or what was not passed.
    pub(crate) fn of(caller: &'a Caller, statement: &'a Statement) -> Result<Completion<'a>, Refused> {
        let resident = statement.actor.resident("actor", &caller.platform.home_page)?;
        let course = caller.platform.course(statement.activity()?).ok_or_else(|| {
            Refused::bad(
                "object.id",
                "XAPI_ACTIVITY",
                "這個課程沒有列在平台對照表，請先請主管登記。\
                 This activity is no course of the mapping: ask whoever runs the server to add it.",
            )
        })?;
        if !course.verbs.contains(&statement.verb.id) {
            return Err(Refused::bad(
                "verb.id",
                "XAPI_VERB",
                format!(
                    "只記完成的學習，verb 請用 {}。Only completed learning is recorded: send {}.",
                    course.verbs.join("、"),
                    course.verbs.join(", ")
                ),
            ));
        }
        let mut mark = None;
        if let Some(outcome) = &statement.result {
            completed(outcome)?;
            mark = outcome.score.as_ref().map(self::mark).transpose()?;
        }
        Ok(Completion { statement, course, resident, mark })
    }

    /// The local day of the learning, where the statement says when it was.
    ///
    /// # Errors
    /// Where that is no instant of RFC 3339.
    pub(crate) fn day(&self, zone: Tz) -> Result<Option<NaiveDate>, Refused> {
        let Some(text) = &self.statement.timestamp else { return Ok(None) };
        match DateTime::parse_from_rfc3339(text) {
            // -00:00 says that the offset is not known (xAPI 1.0.3, Data 4.5).
            Ok(instant) if !text.ends_with("-00:00") => Ok(Some(instant.with_timezone(&zone).date_naive())),
            _ => Err(Refused::bad(
                "timestamp",
                "XAPI_STATEMENT",
                "timestamp 請寫成 2026-03-05T09:30:00+08:00。Write timestamp like 2026-03-05T09:30:00+08:00.",
            )),
        }
    }

    /// The entry. A version without a nominal length takes the minutes of the statement.
    ///
    /// # Errors
    /// Where such a statement has no duration.
    pub(crate) fn entry(
        &self,
        caller: &Caller,
        day: NaiveDate,
        nominal_minutes: u32,
    ) -> Result<proto::Entry, Refused> {
        let minutes = match nominal_minutes {
            0 => self.minutes()?,
            nominal => nominal,
        };
        Ok(proto::Entry {
            account: format!("{}/residents/{}", caller.ledger, self.resident),
            organization: caller.organization(),
            occurred_on: day.to_string(),
            minutes,
            detail: Some(Detail::OnlineCourse(proto::OnlineCourse {
                course_version: self.course.version_name(&caller.ledger),
                mark: self.mark,
            })),
            ..Default::default()
        })
    }

    fn minutes(&self) -> Result<u32, Refused> {
        let text = self.statement.result.as_ref().and_then(|outcome| outcome.duration.as_deref());
        text.and_then(duration::minutes).filter(|minutes| *minutes > 0).ok_or_else(|| {
            Refused::bad(
                "result.duration",
                "XAPI_DURATION",
                "這門課沒有固定時數，請在 result.duration 寫學習時間，例如 PT1H30M。\
                 This course has no length of its own: say result.duration, such as PT1H30M.",
            )
        })
    }
}

fn completed(outcome: &Outcome) -> Result<(), Refused> {
    if outcome.duration.as_deref().is_some_and(|text| duration::minutes(text).is_none()) {
        return Err(Refused::bad(
            "result.duration",
            "XAPI_DURATION",
            "result.duration 請寫成 PT1H30M。Write result.duration like PT1H30M.",
        ));
    }
    if outcome.completion == Some(false) || outcome.success == Some(false) {
        return Err(Refused::bad(
            "result",
            "XAPI_NOT_COMPLETED",
            "沒有完成或沒有通過的學習不記學分。Learning that was not completed or not passed is not recorded.",
        ));
    }
    Ok(())
}

/// A mark from 0 to 100: of `scaled`, else of `raw` between `min` and `max`, which are 0 and 100 where they are left out.
#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "xAPI writes marks as decimals; what is left is a whole number from 0 to 100"
)]
fn mark(score: &Score) -> Result<u32, Refused> {
    let (min, max) = (score.min.unwrap_or(0.0), score.max.unwrap_or(100.0));
    let scaled =
        score.scaled.or_else(|| score.raw.filter(|_| max > min).map(|raw| (raw - min) / (max - min)));
    match scaled {
        Some(scaled) if (0.0..=1.0).contains(&scaled) => Ok((scaled * 100.0).round() as u32),
        _ => Err(Refused::bad(
            "result.score",
            "XAPI_SCORE",
            "score 的 scaled 請填 0–1，或 raw 填在 min 與 max 之間。\
             Write score.scaled from 0 to 1, or score.raw between min and max.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::mark;
    use crate::statement::Score;

    fn score(scaled: Option<f64>, raw: Option<f64>, min: Option<f64>, max: Option<f64>) -> Score {
        Score { scaled, raw, min, max }
    }

    #[test]
    fn marks_are_whole_numbers_of_a_hundred() {
        assert_eq!(mark(&score(Some(0.29), None, None, None)).unwrap(), 29);
        assert_eq!(mark(&score(Some(1.0), Some(3.0), None, None)).unwrap(), 100);
        assert_eq!(mark(&score(None, Some(86.0), None, None)).unwrap(), 86);
        assert_eq!(mark(&score(None, Some(3.0), Some(1.0), Some(5.0))).unwrap(), 50);
    }

    #[test]
    fn what_is_no_mark_is_refused() {
        let wrong = [
            score(None, None, None, None),
            score(Some(-0.1), None, None, None),
            score(Some(1.01), None, None, None),
            score(None, Some(101.0), None, None),
            score(None, Some(5.0), Some(5.0), Some(5.0)),
        ];
        for score in wrong {
            assert_eq!(mark(&score).unwrap_err().reason, "XAPI_SCORE");
        }
    }
}
