//! The bytes of the lines of a bucket. Lines of one account are much alike: each says what sets it apart from the one
//! before it, and names kinds and organisations that were met before by their number. Lines that are added later go on
//! from where the earlier ones ended.

use super::line::{Grade, Line, PosterTag};
use crate::date::{LocalTime, OccurredOn};
use crate::entry::Form;
use crate::id::Code;
use crate::quantity::{Minutes, Position};
use postcard::{Error, take_from_bytes, to_extend};
use serde::{Deserialize, Serialize};
use smallvec::{Array, SmallVec};

/// Kinds, and organisations, that are named by number (our own default); a line with a further one spells it out.
const MOST_NAMED: usize = 16;

/// What every line has.
#[derive(Serialize, Deserialize)]
struct Core {
    /// What it has beside: a bit for each, the first the lowest, in the order in which they follow.
    has: u16,
    /// Places behind the line before it.
    position: u64,
    /// Days behind the line before it, or ahead of it.
    days: i32,
    form: Form,
    kind: u8,
    poster: u8,
    minutes: Minutes,
}

/// No line takes less: seven fields of a byte.
pub(crate) const LEAST_BYTES: usize = 7;

/// What the lines so far have in common with the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Packing {
    position: u64,
    day: i32,
    kinds: SmallVec<[Code; 2]>,
    organizations: SmallVec<[PosterTag; 4]>,
}

impl Packing {
    /// Adds a line to the bytes of those before it.
    pub(crate) fn pack(&mut self, line: &Line, mut bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
        // Each by name: a line that is given a further field is packed with it, or not at all.
        let Line {
            position,
            kind,
            form,
            occurred_on,
            span_days,
            start_time,
            end_time,
            minutes,
            planned_minutes,
            mark,
            units,
            grade,
            claim,
            session,
            poster,
            attester,
            restores,
            reversed_at,
        } = line;
        let hash = |hash: u64| (hash != 0).then(|| hash.to_le_bytes());
        let (session, claim) = (hash(*session), hash(*claim));
        let span_days = (*span_days != 1).then_some(*span_days);
        let units = (*units != 0).then_some(*units);
        let grade = (*grade != Grade::None).then_some(*grade);
        let day = occurred_on.epoch_days();
        let (kind_number, new_kind) = number_of(&mut self.kinds, kind);
        let (poster_number, new_poster) = number_of(&mut self.organizations, poster);
        let attester = attester.as_ref().map(|attester| {
            let (number, new) = number_of(&mut self.organizations, attester);
            (number, new.then_some(attester))
        });
        let core = Core {
            // Those that come up most are lowest.
            has: bits([
                start_time.is_some(),
                end_time.is_some(),
                session.is_some(),
                claim.is_some(),
                planned_minutes.is_some(),
                mark.is_some(),
                reversed_at.is_some(),
                attester.is_some(),
                restores.is_some(),
                span_days.is_some(),
                units.is_some(),
                grade.is_some(),
            ]),
            position: position.0.wrapping_sub(self.position),
            days: day.wrapping_sub(self.day),
            form: *form,
            kind: kind_number,
            poster: poster_number,
            minutes: *minutes,
        };
        (self.position, self.day) = (position.0, day);
        bytes = to_extend(&core, bytes)?;
        bytes = some(new_kind.then_some(kind), bytes)?;
        bytes = some(new_poster.then_some(poster), bytes)?;
        bytes = some(*start_time, bytes)?;
        bytes = some(*end_time, bytes)?;
        bytes = some(session, bytes)?;
        bytes = some(claim, bytes)?;
        bytes = some(*planned_minutes, bytes)?;
        bytes = some(*mark, bytes)?;
        bytes = some(*reversed_at, bytes)?;
        bytes = some(attester.map(|(number, _)| number), bytes)?;
        bytes = some(attester.and_then(|(_, new)| new), bytes)?;
        bytes = some(*restores, bytes)?;
        bytes = some(span_days, bytes)?;
        bytes = some(units, bytes)?;
        some(grade, bytes)
    }

    /// Reads the line at the beginning of some bytes; what is behind it comes back.
    pub(crate) fn unpack<'a>(&mut self, bytes: &'a [u8]) -> Result<(Line, &'a [u8]), Error> {
        let (core, mut rest) = take_from_bytes::<Core>(bytes)?;
        self.position = self.position.wrapping_add(core.position);
        self.day = self.day.wrapping_add(core.days);
        let kind = numbered(&mut self.kinds, core.kind, &mut rest)?;
        let poster = numbered(&mut self.organizations, core.poster, &mut rest)?;
        let mut beside = Beside { has: core.has, rest };
        // In the order in which they follow.
        let line = Line {
            position: Position(self.position),
            kind,
            form: core.form,
            occurred_on: OccurredOn::from_epoch_days(self.day).ok_or(Error::DeserializeBadEncoding)?,
            minutes: core.minutes,
            poster,
            start_time: beside.next::<LocalTime>()?,
            end_time: beside.next::<LocalTime>()?,
            session: beside.next()?.map_or(0, u64::from_le_bytes),
            claim: beside.next()?.map_or(0, u64::from_le_bytes),
            planned_minutes: beside.next()?,
            mark: beside.next()?,
            reversed_at: beside.next()?,
            attester: match beside.next()? {
                Some(number) => Some(numbered(&mut self.organizations, number, &mut beside.rest)?),
                None => None,
            },
            restores: beside.next()?,
            span_days: beside.next()?.unwrap_or(1),
            units: beside.next()?.unwrap_or(0),
            grade: beside.next()?.unwrap_or(Grade::None),
        };
        // No line has more.
        if beside.has != 0 {
            return Err(Error::DeserializeBadEncoding);
        }
        Ok((line, beside.rest))
    }
}

/// What a line has beside what every line has, as far as it is not read yet.
struct Beside<'a> {
    has: u16,
    rest: &'a [u8],
}

impl<'a> Beside<'a> {
    fn next<T: Deserialize<'a>>(&mut self) -> Result<Option<T>, Error> {
        let is_there = self.has & 1 != 0;
        self.has >>= 1;
        is_there.then(|| take(&mut self.rest)).transpose()
    }
}

/// The first is the lowest.
fn bits(bits: [bool; 12]) -> u16 {
    bits.into_iter().rev().fold(0, |all, bit| all << 1 | u16::from(bit))
}

/// The number of a name, and whether the name itself must follow: it was not met before, or there was no number left.
fn number_of<A: Array<Item: Clone + PartialEq>>(named: &mut SmallVec<A>, name: &A::Item) -> (u8, bool) {
    let found = named.iter().position(|other| other == name);
    let number = found.unwrap_or(named.len());
    if found.is_none() && number < MOST_NAMED {
        named.push(name.clone());
    }
    // No more than the most that are named.
    (u8::try_from(number).unwrap_or(u8::MAX), found.is_none())
}

/// The name of a number, which may follow.
fn numbered<'a, A: Array<Item: Clone + Deserialize<'a>>>(
    named: &mut SmallVec<A>,
    number: u8,
    rest: &mut &'a [u8],
) -> Result<A::Item, Error> {
    let number = usize::from(number);
    if let Some(name) = named.get(number) {
        return Ok(name.clone());
    }
    if number != named.len() {
        return Err(Error::DeserializeBadEncoding);
    }
    let name: A::Item = take(rest)?;
    if number < MOST_NAMED {
        named.push(name.clone());
    }
    Ok(name)
}

fn some<T: Serialize>(value: Option<T>, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    match value {
        Some(value) => to_extend(&value, bytes),
        None => Ok(bytes),
    }
}

fn take<'a, T: Deserialize<'a>>(rest: &mut &'a [u8]) -> Result<T, Error> {
    let (value, behind) = take_from_bytes(rest)?;
    *rest = behind;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Award, Degree};
    use crate::id::OrganizationId;
    use proptest::option::of;
    use proptest::prelude::*;

    fn time() -> impl Strategy<Value = Option<LocalTime>> {
        of((0..24_u32, 0..60_u32)
            .prop_map(|(h, m)| LocalTime::parse(&format!("{h:02}:{m:02}"), "time").unwrap()))
    }

    fn tag() -> impl Strategy<Value = PosterTag> {
        // More organisations than are named by number.
        (0..40_u32).prop_map(|n| PosterTag::of(&OrganizationId::parse(&format!("school-{n}")).unwrap()))
    }

    fn form() -> impl Strategy<Value = Form> {
        proptest::sample::select(vec![Form::OfflineCourse, Form::Lecture, Form::Reading, Form::HeadCount])
    }

    fn grade() -> impl Strategy<Value = Grade> {
        proptest::sample::select(vec![
            Grade::None,
            Grade::Award(Award::Nation),
            Grade::Degree(Degree::SelfStudyExam),
        ])
    }

    fn hash() -> impl Strategy<Value = u64> {
        prop_oneof![Just(0), Just(1), any::<u64>()]
    }

    prop_compose! {
        fn line()(
            (position, kind, form, day) in (1..1_u64 << 40, 0..40_u32, form(), -800_000..800_000_i32),
            (start_time, end_time, minutes, planned) in (time(), time(), any::<u32>(), of(any::<u32>())),
            (mark, span_days, units, grade) in (of(any::<u8>()), any::<u32>(), any::<u32>(), grade()),
            (claim, session, poster, attester) in (hash(), hash(), tag(), of(tag())),
            (restores, reversed_at) in (of(any::<u64>()), of(any::<u64>())),
            plain in any::<bool>(),
        ) -> Line {
            Line {
                position: Position(position),
                kind: Code::parse(&format!("kind-{kind}"), "kind").unwrap(),
                form,
                occurred_on: OccurredOn::from_epoch_days(day).unwrap(),
                span_days: if plain { 1 } else { span_days },
                start_time,
                end_time,
                minutes: Minutes(minutes),
                planned_minutes: planned.map(Minutes),
                mark,
                units: if plain { 0 } else { units },
                grade,
                claim,
                session,
                poster,
                attester,
                restores: restores.map(Position),
                reversed_at: reversed_at.map(Position),
            }
        }
    }

    fn unpack_all(count: usize, mut bytes: &[u8]) -> Result<Vec<Line>, Error> {
        let mut packing = Packing::default();
        let lines = (0..count).map(|_| {
            let (line, rest) = packing.unpack(bytes)?;
            bytes = rest;
            Ok(line)
        });
        let lines: Result<Vec<Line>, Error> = lines.collect();
        assert!(bytes.is_empty() || lines.is_err(), "bytes are left behind the last line");
        lines
    }

    proptest! {
        #[test]
        fn lines_come_back_as_they_were(lines in proptest::collection::vec(line(), 0..60)) {
            let mut packing = Packing::default();
            let packed = lines.iter().try_fold(Vec::new(), |bytes, line| packing.pack(line, bytes)).unwrap();
            prop_assert_eq!(unpack_all(lines.len(), &packed).unwrap(), lines);
        }

        #[test]
        fn lines_go_on_where_those_that_were_read_end(
            lines in proptest::collection::vec(line(), 1..60),
            at in any::<proptest::sample::Index>(),
        ) {
            let at = at.index(lines.len());
            let mut packing = Packing::default();
            let whole = lines.iter().try_fold(Vec::new(), |bytes, line| packing.pack(line, bytes)).unwrap();
            let mut again = Packing::default();
            let mut rest = whole.as_slice();
            for _ in 0..at {
                (_, rest) = again.unpack(rest).unwrap();
            }
            let read = whole.len() - rest.len();
            let onto = lines[at..].iter().try_fold(whole[..read].to_vec(), |bytes, line| again.pack(line, bytes));
            prop_assert_eq!(onto.unwrap(), whole);
        }

        #[test]
        fn other_bytes_are_refused_or_read_and_never_end_the_program(
            lines in proptest::collection::vec(line(), 1..40),
            changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
            cut in any::<proptest::sample::Index>(),
        ) {
            let mut packing = Packing::default();
            let mut packed = lines.iter().try_fold(Vec::new(), |bytes, line| packing.pack(line, bytes)).unwrap();
            let cut = cut.index(packed.len());
            prop_assert!(unpack_all(lines.len(), &packed[..cut]).is_err(), "a part is not the whole");
            for (at, byte) in changes {
                let at = at.index(packed.len());
                packed[at] = byte;
            }
            let mut packing = Packing::default();
            let mut rest = packed.as_slice();
            while let Ok((_, behind)) = packing.unpack(rest) {
                rest = behind;
            }
        }
    }

    #[test]
    fn what_no_line_has_is_refused() {
        let core = Core {
            has: 1 << 12,
            position: 1,
            days: 1,
            form: Form::Lecture,
            kind: 0,
            poster: 0,
            minutes: Minutes(1),
        };
        let bytes = to_extend(&core, Vec::new()).unwrap();
        let named = to_extend(&("LEC", PosterTag::of(&OrganizationId::parse("school").unwrap())), bytes);
        assert_eq!(Packing::default().unpack(&named.unwrap()), Err(Error::DeserializeBadEncoding));
    }

    #[test]
    fn a_lecture_of_a_school_that_was_met_before_takes_nine_bytes() {
        let tag = PosterTag::of(&OrganizationId::parse("school").unwrap());
        let lecture = |position, day| Line {
            position: Position(position),
            kind: Code::parse("LEC", "kind").unwrap(),
            form: Form::Lecture,
            occurred_on: OccurredOn::from_epoch_days(day).unwrap(),
            span_days: 1,
            start_time: None,
            end_time: None,
            minutes: Minutes(90),
            planned_minutes: None,
            mark: None,
            units: 0,
            grade: Grade::None,
            claim: 0,
            session: 0,
            poster: tag,
            attester: None,
            restores: None,
            reversed_at: None,
        };
        let mut packing = Packing::default();
        let first = packing.pack(&lecture(1_000_000, 20_500), Vec::new()).unwrap();
        let both = packing.pack(&lecture(1_010_000, 20_600), first.clone()).unwrap();
        assert_eq!(first.len(), 1 + 3 + 3 + 1 + 1 + 1 + 1 + 4 + 6);
        assert_eq!(both.len() - first.len(), 1 + 2 + 2 + 1 + 1 + 1 + 1);
    }
}
