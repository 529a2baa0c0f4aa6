//! The fields of `[entry]`: those of the API's `Entry`, with the fields of its forms beside them, and which form has
//! which. One list, so that a mapping that gives a lecture a mark is told so before the first row is read.

use ledger_core::entry::Form;
use serde::Deserialize;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $key:literal, [$($form:ident),*];)*) => {
        /// A field of `[entry]`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum Field { $($(#[$doc])* $variant,)* }

        impl Field {
            /// All fields, in order of their place.
            pub(crate) const ALL: &'static [Field] = &[$(Field::$variant,)*];

            /// The key in the mapping.
            pub(crate) fn key(self) -> &'static str {
                match self { $(Field::$variant => $key,)* }
            }

            /// The forms that have this field; empty = all.
            pub(crate) fn forms(self) -> &'static [Form] {
                match self { $(Field::$variant => &[$(Form::$form,)*],)* }
            }
        }
    };
}

fields! {
    /// Which of the forms of `Entry.detail`.
    Form = "form", [];
    /// The client's name for the request; by default made from the content.
    RequestId = "request_id", [];
    /// `residents/…`, `households/…` or `organizations/…`.
    Account = "account", [];
    /// Who posts: an id.
    Organization = "organization", [];
    /// A code of the list `kinds`.
    Kind = "kind", [];
    /// The day, or the last day of a span.
    OccurredOn = "occurred_on", [];
    /// The first day of a span.
    StartedOn = "started_on", [];
    /// HH:MM.
    StartTime = "start_time", [];
    /// HH:MM.
    EndTime = "end_time", [];
    /// The zone of the times.
    TimeZone = "time_zone", [];
    /// Minutes attended or served.
    Minutes = "minutes", [];
    /// Which of several sessions on the day.
    Session = "session", [];
    /// Who attests it, where it is not the poster: an id.
    AttestedBy = "attested_by", [];
    /// SHA-256 of the evidence.
    EvidenceSha256 = "evidence_sha256", [];
    /// A code.
    Subject = "subject", [];
    /// A code.
    Audience = "audience", [];
    /// A code.
    Campaign = "campaign", [];
    /// A code.
    Programme = "programme", [];
    /// The course's id.
    Course = "course", [OfflineCourse, OnlineCourse, Teaching];
    /// The version's id.
    Version = "version", [OfflineCourse, OnlineCourse];
    /// Minutes that were taught.
    PlannedMinutes = "planned_minutes", [OfflineCourse];
    /// 0–100.
    Mark = "mark", [OfflineCourse, OnlineCourse];
    /// A code of the list `series`.
    Series = "series", [Lecture];
    /// The team's id.
    Team = "team", [VolunteerService];
    /// How many books.
    Books = "books", [Reading];
    /// A code of the list `venues`.
    Venue = "venue", [Visit];
    /// A code of the list `contests`.
    Contest = "contest", [Contest];
    /// The result.
    Award = "award", [Contest];
    /// Which degree.
    Degree = "degree", [Degree];
    /// SHA-256 of a certificate's or a document's number.
    NumberSha256 = "number_sha256", [Certificate, Degree];
    /// A code of the list `practices`.
    Practice = "practice", [YouthPractice];
    /// A code of the list `titles`.
    Title = "title", [HouseholdAward];
    /// How many heads.
    Persons = "persons", [HeadCount];
}

impl Field {
    /// Fields a mapping must give for a form; whether a row gives them is seen when it is read.
    pub(crate) fn is_required_by(self, form: Form) -> bool {
        match self {
            Field::Form | Field::Account | Field::Organization | Field::OccurredOn => true,
            Field::Minutes => form.is_attended(),
            Field::Course | Field::Version => matches!(form, Form::OfflineCourse | Form::OnlineCourse),
            Field::Books
            | Field::Contest
            | Field::Award
            | Field::Degree
            | Field::NumberSha256
            | Field::Title
            | Field::Persons => self.forms().contains(&form),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_names_serde_reads() {
        for field in Field::ALL {
            let text = format!("{} = 1", field.key());
            let read: std::collections::BTreeMap<Field, i64> = toml::from_str(&text).unwrap();
            assert_eq!(read.into_keys().next(), Some(*field));
        }
    }
}
