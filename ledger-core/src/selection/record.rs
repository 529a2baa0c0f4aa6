//! What a candidate's record amounts to: the effective entries of its members within a window of days, counted.

use super::measure::{Measure, Need};
use crate::account::{Grade, Line, PosterTag};
use crate::date::OccurredOn;
use crate::entry::{Award, Form};
use crate::policy::{Assessment, Policy};
use crate::quantity::Position;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The days that are looked at, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Window {
    /// First day.
    pub from: OccurredOn,
    /// Last day.
    pub to: OccurredOn,
}

impl Window {
    /// A civil year.
    #[must_use]
    pub fn of_year(year: i32) -> Window {
        Window { from: OccurredOn::first_of(year), to: OccurredOn::last_of(year) }
    }

    /// Whether a day lies within.
    #[must_use]
    pub fn has(&self, day: OccurredOn) -> bool {
        self.from <= day && day <= self.to
    }

    /// The days of this window and of another; none where they share none.
    #[must_use]
    pub fn within(&self, from: OccurredOn, to: Option<OccurredOn>) -> Option<Window> {
        let shared = Window { from: self.from.max(from), to: to.map_or(self.to, |to| self.to.min(to)) };
        (shared.from <= shared.to).then_some(shared)
    }
}

/// A member's part of the record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemberYear {
    /// Effective entries: live ones that earn credit before limits; of those that count once, one.
    pub effective: u64,
    /// Minutes of effective learning.
    pub learning_minutes: u64,
    /// Books of effective readings.
    pub books: u64,
    /// Occasions of volunteer service, of whatever length.
    pub volunteer_occasions: u64,
    /// Minutes of volunteer service.
    pub volunteer_minutes: u64,
    /// Certificates, degrees and prizes that count, and levels reached within the window.
    pub results: u64,
    /// Occasions of teaching.
    pub taught: u64,
    /// Minutes of the longest youth practice that the community of residence attested or posted.
    pub practice_minutes: u64,
    /// Sessions attended with an entry that earns credit by itself, each once, in order.
    pub sessions: Vec<u64>,
}

/// The entries behind each measure, in order of position.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Entries behind each measure but [`Measure::SessionsTogether`].
    pub entries: BTreeMap<Measure, Vec<Position>>,
    sessions: BTreeMap<u64, Vec<(u32, Position)>>,
    members: u32,
}

impl Evidence {
    fn note(&mut self, measure: Measure, position: Position) {
        self.entries.entry(measure).or_default().push(position);
    }

    /// Brings all into order; entries of sessions with less than two members are let go.
    #[must_use]
    pub fn settled(mut self) -> BTreeMap<Measure, Vec<Position>> {
        for attended in self.sessions.into_values() {
            let mut members: Vec<u32> = attended.iter().map(|(member, _)| *member).collect();
            members.sort_unstable();
            members.dedup();
            if members.len() >= 2 {
                let together = self.entries.entry(Measure::SessionsTogether).or_default();
                together.extend(attended.into_iter().map(|(_, position)| position));
            }
        }
        for positions in self.entries.values_mut() {
            positions.sort_unstable();
            positions.dedup();
        }
        self.entries
    }
}

fn is_result(line: &Line) -> bool {
    match line.form {
        Form::Certificate | Form::Degree => true,
        Form::Contest => !matches!(line.grade, Grade::Award(Award::Participation)),
        _ => false,
    }
}

/// Whether an entry counts: it earns credit before limits.
fn is_effective(assessment: &Assessment<'_>) -> bool {
    assessment.allocations.iter().any(|allocation| allocation.earned.0 > 0)
}

/// Whether its rule lets one of all entries of its claim count.
fn counts_once(assessment: &Assessment<'_>) -> bool {
    let line = assessment.line;
    let rule = assessment.policy.and_then(|policy| policy.rule(line.kind.as_str()));
    line.claim != 0 && rule.is_some_and(|rule| rule.once)
}

/// Credit that counts by a day, of the entries up to it.
fn credit_by(assessed: &[Assessment<'_>], day: OccurredOn) -> i64 {
    let before = assessed.iter().filter(|assessment| assessment.line.occurred_on <= day);
    let allocations = before.flat_map(|assessment| &assessment.allocations);
    let counts = allocations.filter(|allocation| allocation.year <= day.year());
    counts.fold(0, |sum, allocation| sum.saturating_add(allocation.credit.0))
}

/// How a member's record is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The days that count: within them the member belonged to the candidate.
    pub windows: &'a [Window],
    /// Has the levels of the district.
    pub policy: Option<&'a Policy>,
    /// The community of residence.
    pub community: Option<PosterTag>,
}

impl Reading<'_> {
    /// Whether an entry stands and is of a day that counts.
    fn has(&self, line: &Line) -> bool {
        line.is_live() && self.windows.iter().any(|window| window.has(line.occurred_on))
    }
}

impl MemberYear {
    /// A member's part from all assessed lines of the account. `evidence` notes the entries behind it.
    #[must_use]
    pub fn of(
        assessed: &[Assessment<'_>],
        reading: Reading<'_>,
        mut evidence: Option<&mut Evidence>,
    ) -> MemberYear {
        let mut member = MemberYear::default();
        if let Some(evidence) = &mut evidence {
            evidence.members += 1;
        }
        // Of entries that count once, whichever is the one that counts: the longest that earns credit by itself, and
        // whether one is a result. So another of them never takes anything away.
        let mut once: FxHashMap<(&str, u64), (u64, bool)> = FxHashMap::default();
        for assessment in assessed.iter().filter(|assessment| reading.has(assessment.line)) {
            let line = assessment.line;
            if assessment.has_merit && counts_once(assessment) {
                let (longest, result) = once.entry((line.kind.as_str(), line.claim)).or_default();
                *longest = u64::from(line.minutes.0).max(*longest);
                *result |= is_result(line);
            }
            member.take_up(assessment, reading.community, evidence.as_deref_mut());
        }
        for assessment in assessed.iter().filter(|it| is_effective(it) && reading.has(it.line)) {
            let line = assessment.line;
            let alone = (u64::from(line.minutes.0), is_result(line));
            let of_claim = once.get(&(line.kind.as_str(), line.claim)).filter(|_| counts_once(assessment));
            let (minutes, result) = *of_claim.unwrap_or(&alone);
            member.results += u64::from(result);
            if line.form != Form::VolunteerService {
                member.learning_minutes += minutes;
            }
            if let Some(evidence) = evidence.as_deref_mut().filter(|_| result) {
                evidence.note(Measure::Results, line.position);
            }
        }
        if let Some(policy) = reading.policy {
            let ladder = &policy.ladders.levels_centi;
            let level = |day| {
                let credit = credit_by(assessed, day);
                ladder.iter().filter(|rung| **rung <= credit).count()
            };
            for window in reading.windows {
                let before = window.from.previous_day().map_or(0, level);
                member.results += level(window.to).saturating_sub(before) as u64;
            }
        }
        member.sessions.sort_unstable();
        member.sessions.dedup();
        member
    }

    fn take_up(
        &mut self,
        assessment: &Assessment<'_>,
        community: Option<PosterTag>,
        mut evidence: Option<&mut Evidence>,
    ) {
        let line = assessment.line;
        let minutes = u64::from(line.minutes.0);
        // Who was there was there, also where the entry is not the one of several that counts.
        if assessment.has_merit && line.session != 0 {
            self.sessions.push(line.session);
            if let Some(evidence) = evidence.as_deref_mut() {
                let attended = evidence.sessions.entry(line.session).or_default();
                attended.push((evidence.members, line.position));
            }
        }
        let mut note = |measure: Measure| {
            if let Some(evidence) = evidence.as_deref_mut() {
                evidence.note(measure, line.position);
            }
        };
        if line.form == Form::VolunteerService {
            self.volunteer_occasions += 1;
            self.volunteer_minutes += minutes;
            note(Measure::VolunteerOccasions);
            note(Measure::VolunteerMinutesPerMember);
        }
        if line.form == Form::YouthPractice
            && community.is_some_and(|community| line.attester == Some(community) || line.poster == community)
        {
            self.practice_minutes = self.practice_minutes.max(minutes);
            note(Measure::PracticeMinutes);
        }
        if !is_effective(assessment) {
            return;
        }
        self.effective += 1;
        note(Measure::MembersTakingPart);
        if line.form == Form::Teaching {
            self.taught += 1;
            note(Measure::Taught);
        }
        if line.units > 0 {
            self.books += u64::from(line.units);
            note(Measure::BooksPerMember);
        }
        if line.form != Form::VolunteerService {
            note(Measure::LearningMinutesPerMember);
        }
    }
}

/// A candidate's record: that of the members it has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CandidateYear {
    /// How many members it has; an organisation or a resident is its own only member.
    pub members: u64,
    /// Those with an effective record.
    pub taking_part: u64,
    /// Sessions that two members or more attended.
    together: u64,
    sums: MemberYear,
    /// Sessions in order that one member attended.
    once: Vec<u64>,
    /// Sessions in order that more attended.
    shared: Vec<u64>,
}

impl CandidateYear {
    /// That of a candidate with so many members, of whom nothing is known yet.
    #[must_use]
    pub fn of(members: u64) -> CandidateYear {
        CandidateYear { members, ..CandidateYear::default() }
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
        sums.practice_minutes = sums.practice_minutes.max(member.practice_minutes);
        for session in &member.sessions {
            if self.shared.binary_search(session).is_ok() {
                continue;
            }
            match self.once.binary_search(session) {
                Ok(there) => {
                    self.once.remove(there);
                    let place = self.shared.partition_point(|held| held < session);
                    self.shared.insert(place, *session);
                    self.together += 1;
                }
                Err(place) => self.once.insert(place, *session),
            }
        }
    }

    /// All members were taken up: which sessions they attended is let go.
    pub fn close(&mut self) {
        (self.once, self.shared) = (Vec::new(), Vec::new());
    }

    /// The value of a measure: of one that is divided by the members, the sum before it is.
    #[must_use]
    pub fn value(&self, measure: Measure) -> u64 {
        match measure {
            Measure::MembersTakingPart => self.taking_part,
            Measure::LearningMinutesPerMember => self.sums.learning_minutes,
            Measure::SessionsTogether => self.together,
            Measure::BooksPerMember => self.sums.books,
            Measure::VolunteerOccasions => self.sums.volunteer_occasions,
            Measure::VolunteerMinutesPerMember => self.sums.volunteer_minutes,
            Measure::Results => self.sums.results,
            Measure::Taught => self.sums.taught,
            Measure::PracticeMinutes => self.sums.practice_minutes,
        }
    }

    /// A measure beside the least that a standard asks for; per member, both are those of all members together.
    #[must_use]
    pub fn need(&self, measure: Measure, least: u64) -> Need {
        let needs = match measure {
            Measure::MembersTakingPart => least.min(self.members),
            measure if measure.is_per_member() => least.saturating_mul(self.members),
            _ => least,
        };
        Need { measure, has: self.value(measure), needs }
    }
}
