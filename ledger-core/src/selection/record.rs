//! What a household's record of a year amounts to: its members' effective entries, counted.

use super::standard::Measure;
use crate::account::{Grade, Line};
use crate::entry::{Award, Form};
use crate::policy::{Assessment, Policy};
use std::collections::BTreeMap;

/// A member's year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberYear {
    /// Effective entries: live ones that earn credit before limits.
    pub effective: u64,
    /// Minutes of effective learning.
    pub learning_minutes: u64,
    /// Books of effective readings.
    pub books: u64,
    /// Occasions of volunteer service, of whatever length.
    pub volunteer_occasions: u64,
    /// Minutes of volunteer service.
    pub volunteer_minutes: u64,
    /// Certificates, degrees and prizes that count, and levels reached in the year.
    pub results: u64,
    /// Occasions of teaching.
    pub taught: u64,
    /// Sessions attended, each once, in order.
    pub sessions: Vec<u64>,
}

fn is_result(line: &Line) -> bool {
    match line.form {
        Form::Certificate | Form::Degree => true,
        Form::Contest => !matches!(line.grade, Grade::Award(Award::Participation)),
        _ => false,
    }
}

impl MemberYear {
    /// The year of a member from all assessed lines of the account. `policy` has the levels of the district.
    #[must_use]
    pub fn of(assessed: &[Assessment<'_>], year: i32, policy: Option<&Policy>) -> MemberYear {
        let mut member = MemberYear::default();
        let (mut before, mut after) = (0_i64, 0_i64);
        for assessment in assessed {
            for allocation in &assessment.allocations {
                let credit = allocation.credit.0;
                before = before.saturating_add(if allocation.year < year { credit } else { 0 });
                after = after.saturating_add(if allocation.year <= year { credit } else { 0 });
            }
            if assessment.line.is_live() && assessment.line.occurred_on.year() == year {
                member.take_up(assessment);
            }
        }
        if let Some(policy) = policy {
            let levels =
                |credit: i64| policy.ladders.levels_centi.iter().filter(|rung| **rung <= credit).count();
            member.results += levels(after).saturating_sub(levels(before)) as u64;
        }
        member.sessions.sort_unstable();
        member.sessions.dedup();
        member
    }

    fn take_up(&mut self, assessment: &Assessment<'_>) {
        let line = assessment.line;
        let minutes = u64::from(line.minutes.0);
        if line.form == Form::VolunteerService {
            self.volunteer_occasions += 1;
            self.volunteer_minutes += minutes;
        }
        if assessment.allocations.iter().all(|allocation| allocation.earned.0 <= 0) {
            return;
        }
        self.effective += 1;
        self.results += u64::from(is_result(line));
        self.taught += u64::from(line.form == Form::Teaching);
        self.books += u64::from(line.units);
        if line.form != Form::VolunteerService {
            self.learning_minutes += minutes;
        }
        if line.session != 0 {
            self.sessions.push(line.session);
        }
    }
}

/// A household's year: that of the members it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HouseholdYear {
    /// How many members it has.
    pub members: u64,
    /// Those with an effective record.
    pub taking_part: u64,
    sums: MemberYear,
    sessions: BTreeMap<u64, u32>,
}

impl HouseholdYear {
    /// That of a household of so many members, of whom nothing is known yet.
    #[must_use]
    pub fn of(members: u64) -> HouseholdYear {
        HouseholdYear { members, ..HouseholdYear::default() }
    }

    /// Takes up the record of a member.
    pub fn take_up(&mut self, member: &MemberYear) {
        self.taking_part += u64::from(member.effective > 0);
        let sums = &mut self.sums;
        for (sum, part) in [
            (&mut sums.learning_minutes, member.learning_minutes),
            (&mut sums.books, member.books),
            (&mut sums.volunteer_occasions, member.volunteer_occasions),
            (&mut sums.volunteer_minutes, member.volunteer_minutes),
            (&mut sums.results, member.results),
            (&mut sums.taught, member.taught),
        ] {
            *sum = sum.saturating_add(part);
        }
        for session in &member.sessions {
            *self.sessions.entry(*session).or_default() += 1;
        }
    }

    /// The value of a measure: of one that is divided by the members, the household's sum before it is.
    #[must_use]
    pub fn value(&self, measure: Measure) -> u64 {
        match measure {
            Measure::MembersTakingPart => self.taking_part,
            Measure::LearningMinutesPerMember => self.sums.learning_minutes,
            Measure::SessionsTogether => {
                self.sessions.values().filter(|members| **members >= 2).count() as u64
            }
            Measure::BooksPerMember => self.sums.books,
            Measure::VolunteerOccasions => self.sums.volunteer_occasions,
            Measure::VolunteerMinutesPerMember => self.sums.volunteer_minutes,
            Measure::Results => self.sums.results,
            Measure::Taught => self.sums.taught,
        }
    }

    /// What the value must be for a threshold of the standard: per member, it is that of all members together.
    #[must_use]
    pub fn needed(&self, measure: Measure, least: u64) -> u64 {
        match measure {
            Measure::MembersTakingPart => least.min(self.members),
            measure if measure.is_per_member() => least.saturating_mul(self.members),
            _ => least,
        }
    }
}
