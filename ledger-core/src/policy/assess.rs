//! From lines to credit. For every line of a bucket: what it earns, which limit cut it, and why; the credit of the
//! bucket is the sum of its lines, by construction.
//!
//! Lines are taken in an order of their content (date, time, kind …) and of their position only where they are equal
//! in everything policy looks at. So the total does not depend on the order in which entries were posted.

use super::document::{Earn, KindRule, Policy};
use super::rulebook::Rulebook;
use crate::account::{Bucket, Line};
use crate::date::OccurredOn;
use crate::quantity::{CentiCredits, Position};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// Why a line earned what it earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// Reversed at that position: earns nothing.
    Reversed(Position),
    /// The policy has no rule for the kind.
    NoRule,
    /// The kind is counted, not credited.
    NotCredited,
    /// By minutes: so many units after rounding.
    ByMinutes {
        /// Minutes.
        minutes: u32,
        /// Minutes of a unit.
        minutes_per_unit: u32,
        /// Units after rounding.
        units: u32,
    },
    /// By days: so many of them, full or half.
    ByDays {
        /// Days.
        days: u32,
        /// Whether they are full ones.
        full: bool,
    },
    /// One occasion.
    ByOccasion,
    /// So many books.
    ByUnits(u32),
    /// By result.
    ByGrade(&'static str),
    /// Attended less than the least share of the plan: minutes attended, planned.
    BelowAttendance(u32, u32),
    /// Mark below the least mark: mark, least.
    BelowMark(u8, u8),
    /// Fewer minutes than the least: minutes, least.
    BelowMinutes(u32, u32),
    /// The result has no credit under this policy.
    GradeWithoutCredit(&'static str),
    /// The same course version, contest, certificate or diploma counts by the entry at that position.
    CountedBy(Position),
    /// Cut to the most one session earns.
    SessionCap(CentiCredits),
    /// Cut to what the kind's daily limit left.
    DayCap(CentiCredits),
    /// Cut to what the daily limit over several kinds left.
    SharedDayCap(CentiCredits),
    /// Cut to what the kind's yearly limit left.
    YearCap(CentiCredits),
    /// Cut to what the yearly limit over several kinds left.
    SharedYearCap(CentiCredits),
    /// Cut to what the half-yearly limit over several kinds left.
    SharedHalfYearCap(CentiCredits),
    /// Cut to what the kind's limit of a lifetime left.
    LifetimeCap(CentiCredits),
    /// Needs so many entries of another kind in the year.
    Requires {
        /// The other kind.
        kind: String,
        /// Entries that must stand.
        least: u32,
        /// Entries that do.
        held: u32,
    },
    /// Spread over so many years.
    Spread(u32),
}

/// Credit of a line in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// The year it counts in.
    pub year: i32,
    /// Earned before limits.
    pub earned: CentiCredits,
    /// What counts.
    pub credit: CentiCredits,
}

/// The years of a line: nearly always one.
pub type Allocations = SmallVec<[Allocation; 1]>;

/// A line with its credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment<'a> {
    /// The line.
    pub line: &'a Line,
    /// The policy it falls under; none where no policy applies to its day.
    pub policy: Option<&'a Policy>,
    /// Whether it earns credit by itself, before what counts once and before limits.
    pub has_merit: bool,
    /// Its credit, by year.
    pub allocations: Allocations,
    /// Why.
    pub notes: Vec<Note>,
}

impl Assessment<'_> {
    /// What counts, over all years.
    #[must_use]
    pub fn credit(&self) -> CentiCredits {
        self.allocations.iter().map(|a| a.credit).sum()
    }
}

/// Where reasons are written; nowhere, where only the sums are wanted.
struct Notes<'n>(Option<&'n mut Vec<Note>>);

impl Notes<'_> {
    fn push(&mut self, note: Note) {
        if let Some(notes) = &mut self.0 {
            notes.push(note);
        }
    }
}

fn earned(rule: &KindRule, line: &Line, notes: &mut Notes<'_>) -> i64 {
    if let (Some(ratio), Some(planned)) = (rule.attendance_at_least, line.planned_minutes) {
        let attended = u64::from(line.minutes.0) * u64::from(ratio.denominator);
        if attended < u64::from(planned.0) * u64::from(ratio.numerator) {
            notes.push(Note::BelowAttendance(line.minutes.0, planned.0));
            return 0;
        }
    }
    if let (Some(least), Some(mark)) = (rule.mark_at_least, line.mark)
        && mark < least
    {
        notes.push(Note::BelowMark(mark, least));
        return 0;
    }
    if let Some(least) = rule.minutes_at_least
        && line.minutes.0 < least
    {
        notes.push(Note::BelowMinutes(line.minutes.0, least));
        return 0;
    }
    let earned = match &rule.earn {
        Earn::Nothing => {
            notes.push(Note::NotCredited);
            0
        }
        Earn::Minutes { minutes_per_unit, centi_per_unit, round_up_from_minutes } => {
            let (whole, rest) = (line.minutes.0 / minutes_per_unit, line.minutes.0 % minutes_per_unit);
            let units = whole + u32::from(rest >= *round_up_from_minutes);
            notes.push(Note::ByMinutes {
                minutes: line.minutes.0,
                minutes_per_unit: *minutes_per_unit,
                units,
            });
            i64::from(units).saturating_mul(*centi_per_unit)
        }
        Earn::Days { full_day_centi, half_day_centi, half_day_up_to_minutes } => {
            let days = line.span_days.max(1);
            let full = line.minutes.0 / days > *half_day_up_to_minutes;
            notes.push(Note::ByDays { days, full });
            i64::from(days).saturating_mul(if full { *full_day_centi } else { *half_day_centi })
        }
        Earn::Occasion { centi } => {
            notes.push(Note::ByOccasion);
            *centi
        }
        Earn::Unit { centi } => {
            notes.push(Note::ByUnits(line.units));
            i64::from(line.units).saturating_mul(*centi)
        }
        Earn::Grade { centi } => {
            let grade = line.grade.as_str();
            if let Some(centi) = centi.get(grade).or_else(|| centi.get("any")) {
                notes.push(Note::ByGrade(grade));
                *centi
            } else {
                notes.push(Note::GradeWithoutCredit(grade));
                0
            }
        }
    };
    let cap =
        rule.session_caps.iter().find(|cap| line.minutes.0 <= cap.up_to_minutes).or(rule.session_caps.last());
    match cap {
        Some(cap) if earned > cap.centi => {
            notes.push(Note::SessionCap(CentiCredits(cap.centi)));
            cap.centi
        }
        _ => earned,
    }
}

/// Takes as much of `want` as a limit leaves beside what is taken already.
fn draw(taken: &mut i64, limit: i64, want: i64) -> i64 {
    let share = want.min(limit.saturating_sub(*taken)).max(0);
    *taken = taken.saturating_add(share);
    share
}

/// Assesses every line of a bucket by the rules that look at one year, in the order of the lines.
#[must_use]
pub fn assess<'a>(rulebook: &'a Rulebook, bucket: &'a Bucket) -> Vec<Assessment<'a>> {
    by_the_year(rulebook, bucket, None, true)
}

/// As [`assess`], without the reasons: where only the sums are wanted.
pub(super) fn assess_briefly<'a>(rulebook: &'a Rulebook, bucket: &'a Bucket) -> Vec<Assessment<'a>> {
    by_the_year(rulebook, bucket, None, false)
}

/// What a line earns before what counts once and before limits.
pub(super) fn earned_alone(rule: &KindRule, line: &Line) -> i64 {
    earned(rule, line, &mut Notes(None))
}

/// Entries that stand, by kind and year.
type Held<'a> = FxHashMap<(&'a str, i32), u32>;

/// As [`assess`]; what a rule requires is looked at where `held` says what the account has, and the reasons are written
/// where they are wanted.
fn by_the_year<'a>(
    rulebook: &'a Rulebook,
    bucket: &'a Bucket,
    held: Option<&Held<'_>>,
    reasons: bool,
) -> Vec<Assessment<'a>> {
    let mut order: Vec<usize> = (0..bucket.lines().len()).collect();
    order
        .sort_unstable_by(|&a, &b| content_order(&bucket.lines()[a]).cmp(&content_order(&bucket.lines()[b])));

    let mut out: Vec<Assessment<'a>> = Vec::with_capacity(bucket.lines().len());
    let mut raw = vec![0_i64; bucket.lines().len()];
    for (index, line) in bucket.lines().iter().enumerate() {
        let mut list = Vec::new();
        let mut notes = Notes(reasons.then_some(&mut list));
        let policy = rulebook.policy_of(line);
        if let Some(reversed_at) = line.reversed_at {
            notes.push(Note::Reversed(reversed_at));
        } else if let Some(rule) = policy.and_then(|policy| policy.rule(line.kind.as_str())) {
            raw[index] = earned(rule, line, &mut notes);
            if let (Some(required), Some(held)) = (&rule.requires, held)
                && raw[index] > 0
            {
                let has = (required.kind.as_str(), line.occurred_on.year());
                let held = held.get(&has).copied().unwrap_or(0);
                if held < required.entries_at_least {
                    raw[index] = 0;
                    let (kind, least) = (required.kind.clone(), required.entries_at_least);
                    notes.push(Note::Requires { kind, least, held });
                }
            }
        } else {
            notes.push(Note::NoRule);
        }
        let has_merit = raw[index] > 0;
        out.push(Assessment { line, policy, has_merit, allocations: Allocations::new(), notes: list });
    }
    keep_one_per_claim(&order, &mut raw, &mut out, reasons);

    let mut limits = Limits::default();
    for index in order {
        let line = &bucket.lines()[index];
        let Some(policy) = out[index].policy else { continue };
        let Some(rule) = policy.rule(line.kind.as_str()) else { continue };
        let parts = rule.spread_years.get(line.grade.as_str()).copied().unwrap_or(1).max(1);
        let Assessment { allocations, notes, .. } = &mut out[index];
        let mut notes = Notes(reasons.then_some(notes));
        if parts > 1 && raw[index] > 0 {
            notes.push(Note::Spread(parts));
        }
        let share = raw[index] / i64::from(parts);
        for part in 0..parts {
            let last = part + 1 == parts;
            let want = if last { raw[index] - share * i64::from(parts - 1) } else { share };
            let year = line.occurred_on.year() + i32::try_from(part).unwrap_or(0);
            let credit = limits.apply(policy, rule, line, year, want, &mut notes);
            allocations.push(Allocation { year, earned: CentiCredits(want), credit: CentiCredits(credit) });
        }
    }
    out
}

/// Assesses every line of an account: as [`assess`] does for each of its buckets, then by the rules that look at more
/// than a year. In order of position.
#[must_use]
pub fn assess_account<'a>(rulebook: &'a Rulebook, buckets: &'a [Bucket]) -> Vec<Assessment<'a>> {
    over_all_years(rulebook, buckets, true)
}

/// As [`assess_account`], without the reasons: for passes over all accounts.
#[must_use]
pub fn assess_account_briefly<'a>(rulebook: &'a Rulebook, buckets: &'a [Bucket]) -> Vec<Assessment<'a>> {
    over_all_years(rulebook, buckets, false)
}

fn over_all_years<'a>(rulebook: &'a Rulebook, buckets: &'a [Bucket], reasons: bool) -> Vec<Assessment<'a>> {
    let mut held: Held<'_> = FxHashMap::default();
    for line in buckets.iter().flat_map(Bucket::live) {
        *held.entry((line.kind.as_str(), line.occurred_on.year())).or_default() += 1;
    }
    let mut all: Vec<Assessment<'a>> =
        buckets.iter().flat_map(|bucket| by_the_year(rulebook, bucket, Some(&held), reasons)).collect();
    all.sort_by(|a, b| content_order(a.line).cmp(&content_order(b.line)));
    let mut lifetime: FxHashMap<&str, i64> = FxHashMap::default();
    for assessment in &mut all {
        let line = assessment.line;
        let Some(rule) = assessment.policy.and_then(|policy| policy.rule(line.kind.as_str())) else {
            continue;
        };
        if let Some(limit) = rule.per_lifetime_centi {
            let taken = lifetime.entry(line.kind.as_str()).or_default();
            let before = assessment.credit();
            for part in &mut assessment.allocations {
                part.credit = CentiCredits(draw(taken, limit, part.credit.0));
            }
            if reasons && assessment.credit() < before {
                assessment.notes.push(Note::LifetimeCap(CentiCredits(limit)));
            }
        }
    }
    all.sort_unstable_by_key(|assessment| assessment.line.position);
    all
}

/// Order by content; position last, where nothing else tells two lines apart.
fn content_order(line: &Line) -> impl Ord + '_ {
    (
        (line.occurred_on, line.start_time.is_none(), line.start_time, line.kind.as_str()),
        (line.span_days, line.minutes, line.planned_minutes, line.mark, line.units, line.grade, line.claim),
        (line.poster, line.position),
    )
}

/// Of lines that claim the same thing under a rule that counts it once, keeps the highest; of equals the earliest.
fn keep_one_per_claim(order: &[usize], raw: &mut [i64], out: &mut [Assessment<'_>], reasons: bool) {
    let mut best: FxHashMap<(&str, u64), usize> = FxHashMap::default();
    let claimed = |index: usize, raw: &[i64], out: &[Assessment<'_>]| {
        let Assessment { line, policy, .. } = &out[index];
        line.is_live()
            && line.claim != 0
            && raw[index] > 0
            && policy.and_then(|policy| policy.rule(line.kind.as_str())).is_some_and(|rule| rule.once)
    };
    for &index in order {
        if claimed(index, raw, out) {
            let line = out[index].line;
            best.entry((line.kind.as_str(), line.claim))
                .and_modify(|held| {
                    if raw[index] > raw[*held] {
                        *held = index;
                    }
                })
                .or_insert(index);
        }
    }
    if best.is_empty() {
        return;
    }
    let lost: Vec<(usize, Position)> = order
        .iter()
        .filter(|index| claimed(**index, raw, out))
        .filter_map(|&index| {
            let line = out[index].line;
            let held = best[&(line.kind.as_str(), line.claim)];
            (held != index).then(|| (index, out[held].line.position))
        })
        .collect();
    for (index, by) in lost {
        raw[index] = 0;
        if reasons {
            out[index].notes.push(Note::CountedBy(by));
        }
    }
}

/// What the lines of a bucket have taken of each limit. Where the limit changes in the middle of a year, what was
/// taken before counts against the new one. Limits over several kinds are each policy's own.
#[derive(Default)]
struct Limits<'a> {
    /// Lines come in order of day, so only one day's limits are looked at.
    day: Option<OccurredOn>,
    kind_day: SmallVec<[(&'a str, i64); 4]>,
    shared_day: SmallVec<[((u64, usize), i64); 4]>,
    kind_year: FxHashMap<(&'a str, i32), i64>,
    shared_year: FxHashMap<(u64, usize, i32), i64>,
    shared_half_year: FxHashMap<(u64, usize, i32, bool), i64>,
}

impl<'a> Limits<'a> {
    fn apply(
        &mut self,
        policy: &Policy,
        rule: &KindRule,
        line: &'a Line,
        year: i32,
        want: i64,
        notes: &mut Notes<'_>,
    ) -> i64 {
        if self.day != Some(line.occurred_on) {
            self.day = Some(line.occurred_on);
            self.kind_day.clear();
            self.shared_day.clear();
        }
        let kind = line.kind.as_str();
        let half = line.occurred_on.month() > 6;
        let names = |kinds: &[String]| kinds.iter().any(|named| named == kind);
        let mut credit = want;
        let mut cut = |taken: i64, cap: i64, note: fn(CentiCredits) -> Note| {
            let left = cap.saturating_sub(taken).max(0);
            if left < credit {
                credit = left;
                notes.push(note(CentiCredits(cap)));
            }
        };
        // A course over several days has its days to itself: its limit is a day's limit for each of them.
        let days = i64::from(line.span_days);
        let of_its_days =
            |taken: &mut i64, cap: i64| if days > 1 { (0, cap.saturating_mul(days)) } else { (*taken, cap) };
        if let Some(cap) = rule.per_day_centi {
            let (taken, cap) = of_its_days(of_day(&mut self.kind_day, kind), cap);
            cut(taken, cap, Note::DayCap);
        }
        for (n, limit) in policy.day_limits.iter().enumerate().filter(|(_, limit)| names(&limit.kinds)) {
            let (taken, cap) =
                of_its_days(of_day(&mut self.shared_day, (policy.tag, n)), limit.per_day_centi);
            cut(taken, cap, Note::SharedDayCap);
        }
        if let Some(cap) = rule.per_year_centi {
            cut(*self.kind_year.entry((kind, year)).or_default(), cap, Note::YearCap);
        }
        for (n, limit) in policy.year_limits.iter().enumerate().filter(|(_, limit)| names(&limit.kinds)) {
            if let Some(cap) = limit.per_half_year_centi {
                let taken = self.shared_half_year.entry((policy.tag, n, year, half)).or_default();
                cut(*taken, cap, Note::SharedHalfYearCap);
            }
            if let Some(cap) = limit.per_year_centi {
                cut(*self.shared_year.entry((policy.tag, n, year)).or_default(), cap, Note::SharedYearCap);
            }
        }
        self.take(policy, rule, line, year, credit);
        credit
    }

    /// What counts is taken of every limit it falls under; what one limit cut off leaves the others as they were.
    fn take(&mut self, policy: &Policy, rule: &KindRule, line: &'a Line, year: i32, credit: i64) {
        let kind = line.kind.as_str();
        let half = line.occurred_on.month() > 6;
        let add = |taken: &mut i64| *taken = taken.saturating_add(credit);
        let names = |kinds: &[String]| kinds.iter().any(|named| named == kind);
        if line.span_days <= 1 {
            if rule.per_day_centi.is_some() {
                add(of_day(&mut self.kind_day, kind));
            }
            for (n, _) in policy.day_limits.iter().enumerate().filter(|(_, limit)| names(&limit.kinds)) {
                add(of_day(&mut self.shared_day, (policy.tag, n)));
            }
        }
        if rule.per_year_centi.is_some() {
            add(self.kind_year.entry((kind, year)).or_default());
        }
        for (n, limit) in policy.year_limits.iter().enumerate().filter(|(_, limit)| names(&limit.kinds)) {
            if limit.per_half_year_centi.is_some() {
                add(self.shared_half_year.entry((policy.tag, n, year, half)).or_default());
            }
            if limit.per_year_centi.is_some() {
                add(self.shared_year.entry((policy.tag, n, year)).or_default());
            }
        }
    }
}

/// What was taken of a limit of the day.
fn of_day<K: PartialEq>(taken: &mut SmallVec<[(K, i64); 4]>, key: K) -> &mut i64 {
    let index = taken.iter().position(|(held, _)| *held == key).unwrap_or_else(|| {
        taken.push((key, 0));
        taken.len() - 1
    });
    &mut taken[index].1
}
