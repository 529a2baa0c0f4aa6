//! The names of states.

use crate::account::BucketScope;
use crate::id::{
    AccountId, BatchId, Code, CourseId, CredentialId, HouseholdId, IndicatorId, OrganizationId, ResidentId,
    SelectionId, StandardId, TeamId, skeleton,
};
use crate::month::Month;
use crate::quantity::Position;
use crate::registry::CodeList;
use crate::report::indicator::Population;
use smallstr::SmallString;
use std::fmt::{self, Write};

/// The name of a state. Names sort so that what is listed together stands together. Nearly all are short enough to need
/// no allocation: a posting makes and copies some twenty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(SmallString<[u8; 64]>);

/// The last part of a signpost's name: behind all buckets of its account.
const SIGNPOST: &str = "ties";

/// What the names of all credentials begin with.
const CREDENTIALS: &str = "credentials/";
/// What the names of all acts begin with.
const ACTS: &str = "acts/";

/// What the numbers of windows are taken from where the newest stands first: as long as a window's number is written.
const LAST_WINDOW: u64 = 999_999_999_999;

/// The names of the states that postings change begin with these.
const CHANGED_BY_POSTINGS: [&str; 8] =
    ["accounts/", "tallies/", "rolls/", "months/", "census", "batches/", "batch-rolls/", "reversed/"];

/// A name that is being written, one part behind the other: a posting names some twenty states.
struct Name(SmallString<[u8; 64]>);

impl Name {
    fn of(text: &str) -> Name {
        Name(SmallString::from(text))
    }

    fn text(mut self, text: &str) -> Name {
        self.0.push_str(text);
        self
    }

    /// A number in so many digits at least.
    fn number(mut self, mut number: u64, width: usize) -> Name {
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        while number > 0 {
            first -= 1;
            digits[first] += u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
        let shown = &digits[first.min(digits.len() - width)..];
        self.0.push_str(std::str::from_utf8(shown).unwrap_or_default());
        self
    }

    fn year(mut self, year: i32) -> Name {
        match u64::try_from(year) {
            Ok(year) => self.number(year, 4),
            Err(_) => {
                // Writing to a string does not fail.
                let _ = write!(self.0, "{year:04}");
                self
            }
        }
    }

    fn scope(self, scope: BucketScope) -> Name {
        match scope {
            BucketScope::Year(year) => self.year(year),
            BucketScope::Lifetime => self.text("life"),
        }
    }

    fn key(self) -> Key {
        Key(self.0)
    }
}

impl Key {
    /// Whether a posting may change the state, or only reads it.
    #[must_use]
    pub fn is_changed_by_postings(&self) -> bool {
        CHANGED_BY_POSTINGS.iter().any(|family| self.0.starts_with(family))
    }

    fn of(name: fmt::Arguments<'_>) -> Key {
        let mut key = SmallString::new();
        // Writing to a string does not fail.
        let _ = key.write_fmt(name);
        Key(key)
    }

    /// The ledger's own settings.
    #[must_use]
    pub fn ledger() -> Key {
        Key::from_stored("ledger")
    }

    /// The policies published so far.
    #[must_use]
    pub fn policies() -> Key {
        Key::from_stored("policies")
    }

    /// The policies that wait for approval.
    #[must_use]
    pub fn proposals() -> Key {
        Key::from_stored("proposals")
    }

    /// Where the newest policy was published: tells a reader whether it knows them all.
    #[must_use]
    pub fn newest_policy() -> Key {
        Key::from_stored("newest-policy")
    }

    /// The months that are closed.
    #[must_use]
    pub fn closings() -> Key {
        Key::from_stored("closings")
    }

    /// A correction, by the position it was proposed at. Numbers are padded, so that corrections stand in order.
    #[must_use]
    pub fn correction(proposed_at: Position) -> Key {
        Key::of(format_args!("corrections/{:019}", proposed_at.0))
    }

    /// The corrections that wait for approval.
    #[must_use]
    pub fn open_corrections() -> Key {
        Key::from_stored("open-corrections")
    }

    /// Counts of everything in the ledger.
    #[must_use]
    pub fn census() -> Key {
        Key::from_stored("census")
    }

    /// An organisation.
    #[must_use]
    pub fn organization(id: &OrganizationId) -> Key {
        Name::of("organizations/").text(id.as_str()).key()
    }

    /// An organisation's tallies of one year.
    #[must_use]
    pub fn organization_year(id: &OrganizationId, year: i32) -> Key {
        Name::of("tallies/organizations/").text(id.as_str()).text("/").year(year).key()
    }

    /// An organisation's roll of one window.
    #[must_use]
    pub fn roll(id: &OrganizationId, window: u64) -> Key {
        Name::of("rolls/").text(id.as_str()).text("/").number(window, 12).key()
    }

    /// The entries of one window that were reversed, wherever that stands.
    #[must_use]
    pub fn reversed(window: u64) -> Key {
        Key::of(format_args!("reversed/{window:012}"))
    }

    /// A batch of an organisation.
    #[must_use]
    pub fn batch(organization: &OrganizationId, batch: &BatchId) -> Key {
        Key::of(format_args!("batches/{organization}/{batch}"))
    }

    /// A batch's roll of one window.
    #[must_use]
    pub fn batch_roll(organization: &OrganizationId, batch: &BatchId, window: u64) -> Key {
        Key::of(format_args!("batch-rolls/{organization}/{batch}/{window:012}"))
    }

    /// A month's roll of one window. Up to four thousand million million events such a name needs no allocation.
    #[must_use]
    pub fn month_roll(month: Month, window: u64) -> Key {
        let day = month.first_day();
        Name::of("months/")
            .year(day.year())
            .text("-")
            .number(u64::from(day.month()), 2)
            .text("/")
            .number(window, 9)
            .key()
    }

    /// What the names of all of a month's rolls begin with.
    #[must_use]
    pub fn month_prefix(month: Month) -> String {
        format!("months/{month}/")
    }

    /// The documents of an indicator.
    #[must_use]
    pub fn indicator(id: &IndicatorId) -> Key {
        Key::of(format_args!("indicators/{id}"))
    }

    /// An organisation's target of a year.
    #[must_use]
    pub fn target(indicator: &IndicatorId, year: i32, organization: &OrganizationId) -> Key {
        Key::of(format_args!("targets/{indicator}/{year:04}/{organization}"))
    }

    /// What the names of all targets of an indicator and year begin with.
    #[must_use]
    pub fn target_prefix(indicator: &IndicatorId, year: i32) -> String {
        format!("targets/{indicator}/{year:04}/")
    }

    /// An organisation's population of a year.
    #[must_use]
    pub fn population(population: Population, year: i32, organization: &OrganizationId) -> Key {
        Key::of(format_args!("populations/{population}/{year:04}/{organization}"))
    }

    /// What the names of all populations of a sort and year begin with.
    #[must_use]
    pub fn population_prefix(population: Population, year: i32) -> String {
        format!("populations/{population}/{year:04}/")
    }

    /// A resident.
    #[must_use]
    pub fn resident(id: &ResidentId) -> Key {
        Name::of("residents/").text(id.as_str()).key()
    }

    /// A household.
    #[must_use]
    pub fn household(id: &HouseholdId) -> Key {
        Name::of("households/").text(id.as_str()).key()
    }

    /// A bucket of an account.
    #[must_use]
    pub fn bucket(account: &AccountId, scope: BucketScope) -> Key {
        match account {
            AccountId::Resident(id) => {
                Name::of("accounts/residents/").text(id.as_str()).text("/").scope(scope).key()
            }
            AccountId::Household(id) => {
                Name::of("accounts/households/").text(id.as_str()).text("/").scope(scope).key()
            }
            AccountId::Organization(id) => {
                Name::of("accounts/organizations/").text(id.as_str()).text("/").scope(scope).key()
            }
        }
    }

    /// What the names of all of an account's buckets begin with.
    #[must_use]
    pub fn bucket_prefix(account: &AccountId) -> String {
        format!("accounts/{account}/")
    }

    /// A signpost among an account's buckets: its figures are told together with those of other accounts.
    #[must_use]
    pub fn signpost(id: &ResidentId) -> Key {
        Key::of(format_args!("accounts/residents/{id}/{SIGNPOST}"))
    }

    /// Whether it is a signpost.
    #[must_use]
    pub fn is_signpost(&self) -> bool {
        self.0.starts_with("accounts/") && self.last_segment() == SIGNPOST
    }

    /// Who got a certificate or diploma, by the identity of its number.
    #[must_use]
    pub fn number(claim: u64) -> Key {
        Key::of(format_args!("numbers/{claim:016x}"))
    }

    /// Accounts that may be one person's, by the window of the log in which it showed.
    #[must_use]
    pub fn candidates(window: u64) -> Key {
        Key::of(format_args!("candidates/{window:012}"))
    }

    /// The ties that changed in a window of the log.
    #[must_use]
    pub fn ties(window: u64) -> Key {
        Key::of(format_args!("ties/{window:012}"))
    }

    /// Two accounts that are known to be two persons'.
    #[must_use]
    pub fn distinct(a: &ResidentId, b: &ResidentId) -> Key {
        let (first, second) = if a <= b { (a, b) } else { (b, a) };
        Key::of(format_args!("distinct/{first}/{second}"))
    }

    /// What was redeemed of an account's credit.
    #[must_use]
    pub fn redeemed(id: &ResidentId) -> Key {
        Key::of(format_args!("redeemed/residents/{id}"))
    }

    /// The account's own record.
    #[must_use]
    pub fn account(account: &AccountId) -> Key {
        match account {
            AccountId::Resident(id) => Key::resident(id),
            AccountId::Household(id) => Key::household(id),
            AccountId::Organization(id) => Key::organization(id),
        }
    }

    /// A course.
    #[must_use]
    pub fn course(id: &CourseId) -> Key {
        Name::of("courses/").text(id.as_str()).key()
    }

    /// A volunteer team.
    #[must_use]
    pub fn team(id: &TeamId) -> Key {
        Name::of("teams/").text(id.as_str()).key()
    }

    /// A team's tallies of one year.
    #[must_use]
    pub fn team_year(id: &TeamId, year: i32) -> Key {
        Key::of(format_args!("tallies/teams/{id}/{year:04}"))
    }

    /// A code.
    #[must_use]
    pub fn code(list: CodeList, code: &Code) -> Key {
        Name::of("codes/").text(list.as_str()).text("/").text(code.as_str()).key()
    }

    /// Who holds the look-alike form of an organisation's, course's or resident's id.
    #[must_use]
    pub fn look_alike(collection: &str, id: &str) -> Key {
        Key::of(format_args!("skeletons/{collection}/{}", skeleton(id)))
    }

    /// A standard with its versions.
    #[must_use]
    pub fn standard(id: &StandardId) -> Key {
        Key::of(format_args!("standards/{id}"))
    }

    /// A selection.
    #[must_use]
    pub fn selection(id: &SelectionId) -> Key {
        Key::of(format_args!("selections/{id}"))
    }

    /// An application of a selection.
    #[must_use]
    pub fn application(selection: &SelectionId, candidate: &AccountId) -> Key {
        Key::of(format_args!("applications/{selection}/{candidate}"))
    }

    /// What the names of all applications of a selection begin with.
    #[must_use]
    pub fn application_prefix(selection: &SelectionId) -> String {
        format!("applications/{selection}/")
    }

    /// How many candidates a community recommends in a selection.
    #[must_use]
    pub fn recommended(selection: &SelectionId, community: &OrganizationId) -> Key {
        Key::of(format_args!("recommended/{selection}/{community}"))
    }

    /// The titles of a candidate.
    #[must_use]
    pub fn titles(candidate: &AccountId) -> Key {
        Key::of(format_args!("titles/{candidate}"))
    }

    /// A credential.
    #[must_use]
    pub fn credential(id: &CredentialId) -> Key {
        Key::of(format_args!("{CREDENTIALS}{id}"))
    }

    /// What the names of all credentials begin with.
    #[must_use]
    pub fn credential_prefix() -> &'static str {
        CREDENTIALS
    }

    /// The reads of a resident's personal data in a window of the log. The newest window stands first.
    #[must_use]
    pub fn reads(id: &ResidentId, window: u64) -> Key {
        Key::of(format_args!("reads/{id}/{:012}", LAST_WINDOW.saturating_sub(window)))
    }

    /// What the names of all reads of a resident begin with.
    #[must_use]
    pub fn reads_prefix(id: &ResidentId) -> String {
        format!("reads/{id}/")
    }

    /// The window of some reads or acts.
    #[must_use]
    pub fn window_of_newest(&self) -> Option<u64> {
        self.last_segment().parse().ok().and_then(|n| LAST_WINDOW.checked_sub(n))
    }

    /// The acts in a window of the log. The newest window stands first.
    #[must_use]
    pub fn acts(window: u64) -> Key {
        Key::of(format_args!("{ACTS}{:012}", LAST_WINDOW.saturating_sub(window)))
    }

    /// What the names of all acts begin with.
    #[must_use]
    pub fn acts_prefix() -> &'static str {
        ACTS
    }

    /// The erasures in a window of the log.
    #[must_use]
    pub fn erasures(window: u64) -> Key {
        Key::of(format_args!("erasures/{window:012}"))
    }

    /// The rule of retention, and what waits under it.
    #[must_use]
    pub fn retention() -> Key {
        Key::from_stored("retention")
    }

    /// A key as the store keeps it.
    #[must_use]
    pub fn from_stored(text: &str) -> Key {
        Key(SmallString::from(text))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the last slash.
    #[must_use]
    pub fn last_segment(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    pub(super) fn family(&self) -> Family {
        let mut parts = self.0.split('/');
        match (parts.next(), parts.count()) {
            (Some("ledger"), 0) => Family::Ledger,
            (Some("policies"), 0) => Family::Policies,
            (Some("proposals"), 0) => Family::Proposals,
            (Some("newest-policy"), 0) => Family::NewestPolicy,
            (Some("closings"), 0) => Family::Closings,
            (Some("corrections"), 1) => Family::Correction,
            (Some("open-corrections"), 0) => Family::OpenCorrections,
            (Some("census"), 0) => Family::Census,
            (Some("organizations"), 1) => Family::Organization,
            (Some("tallies"), 3) => Family::Tally,
            (Some("rolls" | "reads"), 2)
            | (Some("batch-rolls"), 3)
            | (Some("erasures" | "acts" | "reversed"), 1) => Family::Roll,
            (Some("batches"), 2) => Family::Batch,
            (Some("months"), 2) => Family::MonthRoll,
            (Some("indicators"), 1) => Family::Indicator,
            (Some("targets"), 3) => Family::Target,
            (Some("populations"), 3) => Family::Population,
            (Some("residents"), 1) => Family::Resident,
            (Some("households"), 1) => Family::Household,
            (Some("accounts"), 3) if self.last_segment() == SIGNPOST => Family::Signpost,
            (Some("accounts"), 3) => Family::Bucket,
            (Some("numbers"), 1) => Family::Number,
            (Some("candidates"), 1) => Family::Candidates,
            (Some("distinct"), 2) => Family::Distinct,
            (Some("ties"), 1) => Family::Ties,
            (Some("courses"), 1) => Family::Course,
            (Some("teams"), 1) => Family::Team,
            (Some("codes"), 2) => Family::Code,
            (Some("skeletons"), 2) => Family::LookAlike,
            (Some("redeemed"), 2) => Family::Redeemed,
            (Some("standards"), 1) => Family::Standard,
            (Some("selections"), 1) => Family::Selection,
            (Some("applications"), 3) => Family::Application,
            (Some("recommended"), 2) => Family::Recommended,
            (Some("titles"), 2) => Family::Titles,
            (Some("credentials"), 1) => Family::Credential,
            (Some("retention"), 0) => Family::Retention,
            _ => Family::Unknown,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key names.
pub(super) enum Family {
    Ledger,
    Policies,
    Proposals,
    NewestPolicy,
    Closings,
    Correction,
    OpenCorrections,
    Census,
    Organization,
    Tally,
    Roll,
    Batch,
    MonthRoll,
    Indicator,
    Target,
    Population,
    Resident,
    Household,
    Bucket,
    Signpost,
    Number,
    Candidates,
    Distinct,
    Ties,
    Course,
    Team,
    Code,
    LookAlike,
    Redeemed,
    Standard,
    Selection,
    Application,
    Recommended,
    Titles,
    Credential,
    Retention,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::Name;
    use crate::account::BucketScope;

    #[test]
    fn numbers_are_written_as_they_are_read() {
        for number in [0, 7, 10, 99_999, 1_000_000_000_000, u64::MAX] {
            for width in [1, 2, 9, 12, 19] {
                let written = Name::of("n/").number(number, width).text("/x").key();
                assert_eq!(written.as_str(), format!("n/{number:0width$}/x"));
            }
        }
        for year in [-44, 0, 12, 2026, 12_026] {
            assert_eq!(Name::of("").year(year).key().as_str(), format!("{year:04}"));
            let scope = BucketScope::Year(year);
            assert_eq!(Name::of("").scope(scope).key().as_str(), scope.to_string());
        }
    }
}
