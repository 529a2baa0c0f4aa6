//! Headings: which columns of a sheet are what, guessed by their names, chosen by a clerk, and made a mapping.

mod compose;
mod outline;
mod words;

pub use compose::{Choice, EXAMPLE, NAME, with_repairs};
pub use outline::Outline;

use crate::expression::width::clean;
use std::collections::BTreeMap;

/// What a column of a sheet may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// The resident's account: an id.
    Account,
    /// What was done: one of the forms of `[entry]`, or what people call it.
    Form,
    /// A course's id, or `course/version`.
    Course,
    /// A version's id.
    Version,
    /// The day.
    Day,
    /// Minutes attended.
    Minutes,
    /// Hours attended, decimals among them.
    Hours,
    /// Which of several on the day.
    Session,
    /// HH:MM.
    StartTime,
    /// HH:MM.
    EndTime,
    /// A code of the list `kinds`.
    Kind,
    /// A code of the list `subjects`.
    Subject,
    /// A code of the list `campaigns`.
    Campaign,
    /// A code of the list `programmes`.
    Programme,
    /// SHA-256 of the evidence.
    Evidence,
    /// The organisation that attests it: an id.
    Attestor,
}

impl Meaning {
    /// All of them, in the order in which they are asked for.
    pub const ALL: [Meaning; 16] = [
        Meaning::Account,
        Meaning::Form,
        Meaning::Course,
        Meaning::Version,
        Meaning::Day,
        Meaning::Minutes,
        Meaning::Hours,
        Meaning::Session,
        Meaning::StartTime,
        Meaning::EndTime,
        Meaning::Kind,
        Meaning::Subject,
        Meaning::Campaign,
        Meaning::Programme,
        Meaning::Evidence,
        Meaning::Attestor,
    ];

    /// Its name, as in `[columns]` of the mapping that is made.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Meaning::Account => "account",
            Meaning::Form => "form",
            Meaning::Course => "course",
            Meaning::Version => "version",
            Meaning::Day => "day",
            Meaning::Minutes => "minutes",
            Meaning::Hours => "hours",
            Meaning::Session => "session",
            Meaning::StartTime => "start_time",
            Meaning::EndTime => "end_time",
            Meaning::Kind => "kind",
            Meaning::Subject => "subject",
            Meaning::Campaign => "campaign",
            Meaning::Programme => "programme",
            Meaning::Evidence => "evidence",
            Meaning::Attestor => "attestor",
        }
    }

    /// The heading of a template: 繁體中文, 简体中文, English. Each is guessed right.
    #[must_use]
    pub fn headings(self) -> [&'static str; 3] {
        words::HEADINGS[self as usize]
    }
}

/// What a form of `[entry]` is called: its code, 繁體中文, 简体中文, English. Only those that a sheet of a school has.
#[must_use]
pub fn forms() -> &'static [(&'static str, [&'static str; 3])] {
    &words::FORMS
}

/// Which column most likely is what, by its heading. A column has one meaning at most; names and numbers of persons have none.
#[must_use]
pub fn guess(headings: &[String]) -> BTreeMap<Meaning, usize> {
    let bare: Vec<String> = headings.iter().map(|heading| bare(heading)).collect();
    let mut found = BTreeMap::new();
    let mut taken = vec![false; headings.len()];
    // A heading that is the word itself goes before one that holds it.
    for whole in [true, false] {
        for meaning in Meaning::ALL {
            if found.contains_key(&meaning) {
                continue;
            }
            let fits = |heading: &str| {
                let mut words = words::of(meaning);
                !words::is_personal(heading)
                    && if whole {
                        words.any(|word| word == heading)
                    } else {
                        words.any(|word| heading.contains(word))
                    }
            };
            if let Some(place) = (0..bare.len()).find(|place| !taken[*place] && fits(&bare[*place])) {
                taken[place] = true;
                found.insert(meaning, place);
            }
        }
    }
    found
}

/// A heading without what stands in brackets, spaces and signs, in small letters.
fn bare(heading: &str) -> String {
    let heading = clean(heading).to_lowercase();
    let named = heading.split(['(', '（', '[', '【']).next().unwrap_or_default();
    named.chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_three_languages_are_guessed_and_names_are_not() {
        let guessed = |headings: &[&str]| -> Vec<(Meaning, usize)> {
            let headings: Vec<String> = headings.iter().map(|h| (*h).to_owned()).collect();
            guess(&headings).into_iter().collect()
        };
        assert_eq!(
            guessed(&["姓名", "居民碼", "上課日期", "時數", "備註", "身分證號碼"]),
            [(Meaning::Account, 1), (Meaning::Day, 2), (Meaning::Hours, 3)]
        );
        assert_eq!(
            guessed(&["Account", "Date", "Minutes (min)", "Course version", "Start time"]),
            [
                (Meaning::Account, 0),
                (Meaning::Course, 3),
                (Meaning::Day, 1),
                (Meaning::Minutes, 2),
                (Meaning::StartTime, 4)
            ]
        );
        for language in 0..3 {
            let headings: Vec<String> =
                Meaning::ALL.iter().map(|meaning| meaning.headings()[language].to_owned()).collect();
            let right: BTreeMap<Meaning, usize> = Meaning::ALL.into_iter().zip(0..).collect();
            assert_eq!(guess(&headings), right, "{headings:?}");
        }
    }
}
