//! The decision to record entries.

use super::dissolution::still_there;
use super::registry::{scope, version_not_found};
use super::{Desk, open};
use crate::account::{Bucket, BucketScope, Line, MAX_LINES, PosterTag};
use crate::command::MAX_GROUP;
use crate::date::OccurredOn;
use crate::entry::{Detail, Entry, Form};
use crate::event::Fact;
use crate::id::{AccountId, Code, OrganizationId, ResidentId};
use crate::projection::{Key, State, States};
use crate::quantity::{MINUTES_PER_DAY, Minutes, Position};
use crate::registry::{CodeList, OrganizationRecord};
use crate::{Reason, Refusal};
use std::collections::BTreeSet;

/// The most minutes of one entry: 10,000 hours (our own default).
pub const MAX_MINUTES: u32 = 600_000;
/// The most books of one reading (our own default).
pub const MAX_BOOKS: u32 = 100;
/// The most heads of one head-count (our own default).
pub const MAX_PERSONS: u32 = 1_000_000;
/// The best mark.
const MAX_MARK: u32 = 100;
/// The longest span of one entry, five years (our own default).
pub const MAX_SPAN_DAYS: i64 = 1_827;
/// The most heads or minutes a yearly tally holds (our own default): far above any district, far below `u64`.
const MAX_TALLY: u64 = 1_000_000_000_000_000;

/// The codes an entry names: list, code and field.
pub(super) fn codes(entry: &Entry) -> Vec<(CodeList, &Code, &'static str)> {
    let of_detail = match &entry.detail {
        Detail::Lecture { series } => series.as_ref().map(|code| (CodeList::Series, code, "lecture.series")),
        Detail::Visit { venue } => venue.as_ref().map(|code| (CodeList::Venues, code, "visit.venue")),
        Detail::Contest { contest, .. } => Some((CodeList::Contests, contest, "contest.contest")),
        Detail::YouthPractice { practice } => {
            practice.as_ref().map(|code| (CodeList::Practices, code, "youth_practice.practice"))
        }
        Detail::HouseholdAward { title } => Some((CodeList::Titles, title, "household_award.title")),
        _ => None,
    };
    let common = [
        (CodeList::Subjects, &entry.subject, "subject"),
        (CodeList::Audiences, &entry.audience, "audience"),
        (CodeList::Campaigns, &entry.campaign, "campaign"),
        (CodeList::Programmes, &entry.programme, "programme"),
    ];
    let common = common.into_iter().filter_map(|(list, code, field)| Some((list, code.as_ref()?, field)));
    of_detail.into_iter().chain(common).collect()
}

impl<S: States> Desk<'_, S> {
    pub(super) fn post(&self, entries: &[Entry]) -> Result<Vec<Fact>, Refusal> {
        if entries.is_empty() || entries.len() > MAX_GROUP {
            return Err(Refusal::field(
                Reason::BatchSize,
                "accounts",
                format!("一張名單須有 1–{MAX_GROUP} 人。A list has 1 to {MAX_GROUP} people."),
            ));
        }
        let mut seen = BTreeSet::new();
        let mut facts = Vec::with_capacity(entries.len());
        for (index, entry) in entries.iter().enumerate() {
            if entries.len() > 1 && !seen.insert(&entry.account) {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    format!("accounts[{index}]"),
                    "名單裡同一個帳戶出現兩次，請刪去一個。The list names the same account twice: remove one.",
                )
                .with("account_index", index));
            }
            let place = |refusal: Refusal| {
                let refusal = refusal.under("entry");
                if entries.len() == 1 { refusal } else { refusal.with("account_index", index) }
            };
            facts.push(self.entry(entry).map(|entry| Fact::EntryRecorded(Box::new(entry))).map_err(place)?);
        }
        Ok(facts)
    }

    pub(super) fn entry(&self, entry: &Entry) -> Result<Entry, Refusal> {
        let ledger = self.ledger()?;
        check_form(entry)?;
        for (time, field) in [(entry.start_time, "start_time"), (entry.end_time, "end_time")] {
            if time.is_some_and(|time| !time.exists_on(entry.occurred_on, ledger.time_zone)) {
                return Err(Refusal::field(
                    Reason::LocalTimeNonexistent,
                    field,
                    "當天時鐘撥快，沒有這個時刻，請查對。The clocks skipped this time that day: check it.",
                ));
            }
        }
        if entry.occurred_on > self.today()? {
            return Err(Refusal::field(
                Reason::OccurredInFuture,
                "occurred_on",
                "日期在今天以後，請查對，或到當天再記。The date lies in the future: check it, or post on that day.",
            ));
        }
        let first_day = entry.started_on.unwrap_or(entry.occurred_on);
        if first_day < ledger.begins_on {
            return Err(Refusal::field(
                Reason::OccurredTooOld,
                first_day_field(entry),
                format!(
                    "帳本自 {} 起收錄，這筆更早，請查對日期。The ledger takes learning from {} on: check the date.",
                    ledger.begins_on, ledger.begins_on
                ),
            ));
        }
        let (minutes, poster, tied) = self.references(entry)?;
        let mut entry = entry.clone();
        entry.minutes = minutes;
        licensed(poster, first_day, first_day_field(&entry))?;
        self.state(&entry, tied)?;
        Ok(entry)
    }

    /// What the entry names must exist. Gives the minutes that count (an online course's nominal length), the poster,
    /// and whether other accounts answer in the entry's.
    fn references(&self, entry: &Entry) -> Result<(Minutes, &OrganizationRecord, bool), Refusal> {
        let poster = self.organization(&entry.organization, "organization")?;
        open(poster, "organization")?;
        let tied = self.account_exists(&entry.account, entry.occurred_on)?;
        if let AccountId::Organization(id) = &entry.account
            && !self.organization(id, "account")?.answers_to(&entry.organization)
        {
            return Err(scope(
                "只能記在本機構或下屬機構的帳上。An organisation posts to its own account or to one below it.",
            ));
        }
        if let Some(attestor) = &entry.attested_by {
            self.organization(attestor, "attested_by")?;
        }
        match self.states.get(&Key::code(CodeList::Kinds, &entry.kind)) {
            Some(State::Code(record)) if record.code.form == Some(entry.detail.form()) => {}
            Some(State::Code(_)) => {
                return Err(Refusal::field(
                    Reason::FieldInvalid,
                    "kind",
                    format!(
                        "類別「{}」不是這種形式的記錄，請換類別或改填內容。\
                         Kind \"{}\" is of another form than this entry: choose another kind or form.",
                        entry.kind, entry.kind
                    ),
                ));
            }
            _ => self.code(CodeList::Kinds, &entry.kind, "kind")?,
        }
        for (list, code, field) in codes(entry) {
            self.code(list, code, field)?;
        }
        if let Some(team) = entry.detail.team()
            && self.states.get(&Key::team(team)).is_none()
        {
            return Err(Refusal::field(
                Reason::TeamNotFound,
                "volunteer_service.team",
                format!(
                    "找不到志願隊「{team}」，請查對代碼或先登記。\
                     There is no team \"{team}\": check the id, or register it first."
                ),
            ));
        }
        if let Detail::Teaching { course: Some(course) } = &entry.detail {
            self.course(course, "teaching.course")?;
        }
        Ok((self.course_minutes(entry)?, poster, tied))
    }

    /// The account must exist on the day and answer for itself. Gives whether others answer in it.
    fn account_exists(&self, account: &AccountId, day: OccurredOn) -> Result<bool, Refusal> {
        match self.states.get(&Key::account(account)) {
            Some(State::Resident(record)) => {
                self.answers_for_itself(record, "account")?;
                Ok(record.identity.is_tied())
            }
            Some(State::Household(record)) => still_there(record, day, "account").map(|()| false),
            Some(_) => Ok(false),
            None => Err(no_account(account, "account")),
        }
    }

    /// The course version must exist, be approved, and have been so on the day. Gives the minutes that count.
    fn course_minutes(&self, entry: &Entry) -> Result<Minutes, Refusal> {
        let Some((course, version)) = entry.detail.course_version() else { return Ok(entry.minutes) };
        let field = match entry.detail.form() {
            Form::OnlineCourse => "online_course.course_version",
            _ => "offline_course.course_version",
        };
        let record = self.course(course, field)?;
        let Some(version) = record.version(version) else {
            return Err(version_not_found(course, version, field));
        };
        let Some((approval, _)) = &version.approval else {
            return Err(Refusal::field(
                Reason::CourseNotApproved,
                field,
                "課程版本尚未核准，請先請區社區學院核准。\
                 The course version is not approved yet: ask the district to approve it.",
            ));
        };
        if entry.occurred_on < approval.valid_from || entry.occurred_on > approval.valid_to {
            return Err(Refusal::field(
                Reason::CourseNotRunning,
                "occurred_on",
                format!(
                    "課程版本的核准期是 {} 至 {}，請查對日期或申請展延。\
                     The version is approved from {} to {}: check the date, or have it approved again.",
                    approval.valid_from, approval.valid_to, approval.valid_from, approval.valid_to
                ),
            ));
        }
        if entry.detail.form() != Form::OnlineCourse {
            return Ok(entry.minutes);
        }
        match version.version.nominal_minutes {
            Some(nominal) if entry.minutes.0 == 0 || entry.minutes == nominal => Ok(nominal),
            Some(nominal) => Err(Refusal::field(
                Reason::FieldInvalid,
                "minutes",
                format!(
                    "這個課程版本的標準時長是 {} 分鐘，請照填或留空。\
                     This course version has a nominal length of {} minutes: write that, or leave it empty.",
                    nominal.0, nominal.0
                ),
            )),
            None if entry.minutes.0 == 0 => Err(not_positive("minutes")),
            None => Ok(entry.minutes),
        }
    }

    /// What has happened already.
    fn state(&self, entry: &Entry, tied: bool) -> Result<(), Refusal> {
        self.period_open(entry.occurred_on)?;
        let scope = BucketScope::of(entry.detail.form(), entry.occurred_on);
        let bucket = self.met_by(&entry.account, scope, tied)?;
        let bucket = bucket.as_ref();
        if let Some(restored) = entry.restores {
            restorable(bucket, restored)?;
        }
        let line = Line::of(Position(0), entry);
        duplicate_session(bucket, &line, &entry.organization)?;
        if entry.detail.form() == Form::VolunteerService
            && let Some(other) = bucket.live().find(|held| held.form == line.form && held.overlaps(&line))
        {
            return Err(Refusal::field(
                Reason::TimeOverlap,
                "start_time",
                format!(
                    "和第 {} 號志願服務的時間重疊，請查對起訖時間。\
                     The time overlaps volunteer service {}: check start and end.",
                    other.position, other.position
                ),
            )
            .with("entry", other.position));
        }
        self.limits(entry, bucket)
    }

    fn limits(&self, entry: &Entry, bucket: &Bucket) -> Result<(), Refusal> {
        let poster = PosterTag::of(&entry.organization);
        let policy = self.rulebook()?.policy_on(entry.occurred_on, poster);
        let most = policy.map_or(MINUTES_PER_DAY, |policy| policy.max_minutes_per_day);
        if entry.detail.form().is_attended() && entry.span_days() == 1 {
            let booked = bucket.attended_minutes_on(entry.occurred_on);
            if booked + u64::from(entry.minutes.0) > u64::from(most) {
                return Err(Refusal::field(
                    Reason::DailyCapExceeded,
                    "minutes",
                    format!(
                        "這一天已記 {booked} 分鐘，加上這筆超過每日 {most} 分鐘，請查對。\
                         The day has {booked} minutes booked; with this it passes {most}: check the minutes."
                    ),
                )
                .with("booked_minutes", booked)
                .with("limit_minutes", most));
            }
        }
        if bucket.lines().len() >= MAX_LINES {
            return Err(Refusal::field(
                Reason::AccountFull,
                "account",
                format!(
                    "這個帳戶一年最多 {MAX_LINES} 筆，已經滿了，請查明是否重複記帳。\
                     An account takes {MAX_LINES} entries a year and is full: look for double postings."
                ),
            ));
        }
        let key = Key::organization_year(&entry.organization, entry.occurred_on.year());
        if let Some(State::Tally(tally)) = self.states.get(&key) {
            let total = tally.total();
            let heads = total.heads.saturating_add(u64::from(entry.detail.persons()));
            if heads > MAX_TALLY || total.minutes.saturating_add(u64::from(entry.minutes.0)) > MAX_TALLY {
                return Err(Refusal::new(
                    Reason::BalanceOverflow,
                    "機構全年的合計超出帳本的刻度。The organisation's yearly sum would pass the ledger's scale.",
                ));
            }
        }
        Ok(())
    }
}

/// The name of a resident's bucket.
pub(super) fn bucket_key(id: &ResidentId, scope: BucketScope) -> Key {
    Key::bucket(&AccountId::Resident(id.clone()), scope)
}

/// There is no such account, or none that is to be seen.
#[must_use]
pub fn no_account(account: &AccountId, field: &str) -> Refusal {
    let (reason, what) = match account {
        AccountId::Resident(_) => (Reason::ResidentNotFound, "居民"),
        AccountId::Household(_) => (Reason::HouseholdNotFound, "家庭"),
        AccountId::Organization(_) => (Reason::OrganizationNotFound, "機構"),
    };
    Refusal::field(
        reason,
        field,
        format!(
            "找不到{what}帳戶「{account}」，請查對號碼或先開戶。\
             There is no account \"{account}\": check it, or open it first."
        ),
    )
}

/// The field that gives an entry's first day.
fn first_day_field(entry: &Entry) -> &'static str {
    if entry.started_on.is_some() { "started_on" } else { "occurred_on" }
}

fn licensed(poster: &OrganizationRecord, first_day: OccurredOn, field: &str) -> Result<(), Refusal> {
    match poster.organization.licensed_from {
        Some(from) if first_day < from => Err(Refusal::field(
            Reason::SchoolNotLicensed,
            field,
            format!(
                "機構自 {from} 起才可記帳，請查對日期。The organisation may post learning from {from} on: check the date."
            ),
        )),
        _ => Ok(()),
    }
}

/// An entry can be restored once, where it was reversed.
fn restorable(bucket: &Bucket, restored: Position) -> Result<(), Refusal> {
    let Some(line) = bucket.line(restored) else {
        return Err(Refusal::field(
            Reason::EntryNotFound,
            "restores",
            "同一帳戶同一年度裡沒有那筆記錄，請查對號碼。\
             The same account and year have no such entry: check its number.",
        ));
    };
    if line.is_live() {
        return Err(Refusal::field(
            Reason::NotReversed,
            "restores",
            "那筆記錄沒有沖正過，不必恢復。That entry was not reversed: there is nothing to restore.",
        ));
    }
    // What restores a restored entry stands for the first of them.
    let first = |mut position: Position| {
        while let Some(earlier) = bucket.line(position).and_then(|line| line.restores) {
            position = earlier;
        }
        position
    };
    let wanted = first(restored);
    match bucket.live().find(|held| held.restores.is_some_and(|at| first(at) == wanted)) {
        None => Ok(()),
        Some(other) => Err(Refusal::field(
            Reason::AlreadyRestored,
            "restores",
            format!(
                "那筆記錄已由第 {} 號恢復，不必再記。\
                 Entry {} restores that one already: nothing is left to do.",
                other.position, other.position
            ),
        )
        .with("entry", other.position)),
    }
}

fn duplicate_session(bucket: &Bucket, line: &Line, organization: &OrganizationId) -> Result<(), Refusal> {
    if line.session == 0 {
        return Ok(());
    }
    let Some(held) = bucket.live().find(|held| held.session == line.session) else { return Ok(()) };
    if held.poster == PosterTag::of(organization) {
        return Err(Refusal::field(
            Reason::SessionAlreadyCredited,
            "session",
            format!(
                "這個人這一場已記在第 {} 號，不必再記；若是另一場，請填場次。\
                 Entry {} credits this person for this session already; if it is another session, give its id.",
                held.position, held.position
            ),
        )
        .with("entry", held.position));
    }
    let case = format!("{:016x}", held.session);
    Err(Refusal::field(
        Reason::SessionCreditedElsewhere,
        "session",
        format!(
            "另一機構已記過這個人這一場，請持案號 {case} 向區社區學院查詢。\
             Another organisation credited this person for this session: ask the district, case {case}."
        ),
    )
    .with("case", case))
}

fn not_positive(field: &str) -> Refusal {
    Refusal::field(
        Reason::AmountNotPositive,
        field,
        format!("{field} 須大於零。{field} must be more than zero."),
    )
}

pub(super) fn above(field: &str, most: u32) -> Refusal {
    Refusal::field(
        Reason::AmountAboveLimit,
        field,
        format!(
            "{field} 最多 {most}，請查對或分筆記。{field} is at most {most}: check it, or post in parts."
        ),
    )
    .with("limit", most)
}

/// What is wrong whatever the state.
fn check_form(entry: &Entry) -> Result<(), Refusal> {
    let form = entry.detail.form();
    let fits = match &entry.account {
        AccountId::Household(_) => form == Form::HouseholdAward,
        AccountId::Organization(_) => form == Form::HeadCount,
        AccountId::Resident(_) => !matches!(form, Form::HouseholdAward | Form::HeadCount),
    };
    if !fits {
        return Err(Refusal::field(
            Reason::FieldInvalid,
            "account",
            "這種記錄不屬於這類帳戶：家庭榮譽記家庭，無名單人次記機構，其餘記居民。\
             A household award goes to a household, a head-count to an organisation, all else to a resident.",
        ));
    }
    amounts(entry)?;
    span(entry)?;
    if form.is_attended() {
        let days = entry.span_days();
        let per_day = entry.clock_minutes().unwrap_or(MINUTES_PER_DAY);
        if entry.minutes.0 > per_day.saturating_mul(days) {
            return Err(Refusal::field(
                Reason::HoursExceedDuration,
                "minutes",
                "分鐘數超過起訖之間的時間，請查對。There are more minutes than lie between start and end: check them.",
            ));
        }
    }
    Ok(())
}

fn amounts(entry: &Entry) -> Result<(), Refusal> {
    let minutes_needed = entry.detail.form().is_attended();
    if minutes_needed && entry.minutes.0 == 0 {
        return Err(not_positive("minutes"));
    }
    if entry.minutes.0 > MAX_MINUTES {
        return Err(above("minutes", MAX_MINUTES));
    }
    match &entry.detail {
        Detail::Reading { books: 0 } => Err(not_positive("reading.books")),
        Detail::Reading { books } if *books > MAX_BOOKS => Err(above("reading.books", MAX_BOOKS)),
        Detail::HeadCount { persons: 0 } => Err(not_positive("head_count.persons")),
        Detail::HeadCount { persons } if *persons > MAX_PERSONS => {
            Err(above("head_count.persons", MAX_PERSONS))
        }
        Detail::OfflineCourse { planned_minutes: Some(Minutes(0)), .. } => {
            Err(not_positive("offline_course.planned_minutes"))
        }
        Detail::OfflineCourse { planned_minutes: Some(planned), .. } if planned.0 > MAX_MINUTES => {
            Err(above("offline_course.planned_minutes", MAX_MINUTES))
        }
        Detail::OfflineCourse { mark: Some(mark), .. } if u32::from(*mark) > MAX_MARK => {
            Err(above("offline_course.mark", MAX_MARK))
        }
        Detail::OnlineCourse { mark: Some(mark), .. } if u32::from(*mark) > MAX_MARK => {
            Err(above("online_course.mark", MAX_MARK))
        }
        _ => Ok(()),
    }
}

fn span(entry: &Entry) -> Result<(), Refusal> {
    let wrong = |field: &str, message: &str| Err(Refusal::field(Reason::TimeRange, field, message));
    if let Some(start) = entry.started_on {
        let days = entry.occurred_on.days_from(start);
        if days < 1 {
            return wrong(
                "started_on",
                "開始日期晚於結束日期，請對調或查對。The first day lies after the last: check both.",
            );
        }
        if days > MAX_SPAN_DAYS {
            return wrong(
                "started_on",
                "跨度超過五年，請查對日期。The span is longer than five years: check the dates.",
            );
        }
    }
    match (entry.start_time, entry.end_time) {
        (Some(start), Some(end)) if end <= start => {
            wrong("end_time", "結束時間須晚於開始時間。The end time must be after the start time.")
        }
        (None, Some(_)) | (Some(_), None) => {
            wrong("start_time", "開始和結束時間須一起填，或都不填。Give both start and end time, or neither.")
        }
        _ => Ok(()),
    }
}
