//! What a credential says, in the words of Open Badges 3.0 (`AchievementCredential`) and CLR 2.0 (`ClrCredential`).

use crate::error::{Fault, malformed};
use crate::issuer::Issuer;
use crate::seal::{Says, Seal, Sums};
use crate::status::{BITS, time};
use crate::token::{self, Form, Signed};
use chrono::{DateTime, Utc};
use ledger_core::date::OccurredOn;
use ledger_core::entry::{self, Digest32};
use ledger_core::id::{AccountId, Code, CourseId, OrganizationId, VersionId};
use ledger_core::quantity::{CentiCredits, Minutes, Position};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The contexts of an Open Badge.
const BADGE: [&str; 2] =
    ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"];
/// The context that a transcript adds.
const TRANSCRIPT: &str = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json";

/// Credentials of a transcript (our own default).
pub const MOST: usize = 500;

/// An entry of a learner, as a badge tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where it stands.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whose.
    pub account: AccountId,
    /// Who posted it.
    pub organization: OrganizationId,
    /// Its name.
    pub organization_name: String,
    /// Its kind: a code of the list `kinds`.
    pub kind: Code,
    /// What that is called in 繁體中文, and in English.
    pub kind_name: [String; 2],
    /// What was done.
    pub form: entry::Form,
    /// The course, its version and its title; none of what is no course.
    pub course: Option<(CourseId, VersionId, String)>,
    /// Its first day, where it spans several.
    pub started_on: Option<OccurredOn>,
    /// Its day.
    pub occurred_on: OccurredOn,
    /// Its minutes.
    pub minutes: Minutes,
    /// Its mark, of 100.
    pub mark: Option<u8>,
    /// What it counts, in all years.
    pub credit: CentiCredits,
    /// Why, in 繁體中文, and in English.
    pub why: [String; 2],
    /// SHA-256 of its leaf in the Merkle tree of the log.
    pub leaf: Digest32,
}

/// A title of a household, as a badge tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TitleHeld {
    /// What is sealed of it.
    pub seal: Seal,
    /// Its name in 繁體中文, and in English.
    pub name: [String; 2],
    /// When it was given.
    pub named_at: DateTime<Utc>,
    /// Its first day.
    pub from: OccurredOn,
    /// Its last day.
    pub until: OccurredOn,
    /// The instant behind its last day in the ledger's time zone.
    pub ends: DateTime<Utc>,
}

fn suffix(form: Form) -> &'static str {
    match form {
        Form::Json => "",
        Form::Jwt => ".jwt",
    }
}

/// Where a list of revocations is served.
#[must_use]
pub fn status_url(issuer: &Issuer, list: u64, form: Form) -> String {
    format!("{}/badges/status/{list}{}", issuer.home(), suffix(form))
}

/// Where the list of one sealed thing is served.
#[must_use]
pub fn handle_url(issuer: &Issuer, handle: &str, form: Form) -> String {
    format!("{}/badges/status/of/{handle}{}", issuer.home(), suffix(form))
}

/// Which list an address is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed<'a> {
    /// That of the entries at some positions.
    Entries(u64),
    /// That of one sealed thing, by its handle.
    Handle(&'a str),
}

impl Listed<'_> {
    /// Of an address of an issuer's ledger, wherever that was served when it was written; none of any other.
    #[must_use]
    pub fn at<'a>(issuer: &Issuer, url: &'a str) -> Option<Listed<'a>> {
        let (_, path) = url.split_once("/ledgers/")?;
        let path = path.strip_prefix(issuer.ledger().as_str())?.strip_prefix("/badges/status/")?;
        let path = path.strip_suffix(suffix(Form::Jwt)).unwrap_or(path);
        match path.strip_prefix("of/") {
            Some(handle) => Some(Listed::Handle(handle)),
            None => path.parse().ok().map(Listed::Entries),
        }
    }
}

/// A number of hundredths as JSON writes it.
fn credits(credit: CentiCredits) -> Value {
    serde_json::from_str(&credit.to_string()).unwrap_or_default()
}

fn achievement_type(form: entry::Form) -> &'static str {
    use entry::Form;
    match form {
        Form::OfflineCourse | Form::OnlineCourse | Form::Lecture => "Course",
        Form::VolunteerService => "CommunityService",
        Form::Certificate => "Certificate",
        Form::Degree => "Degree",
        Form::Contest | Form::HouseholdAward => "Award",
        Form::Drill
        | Form::Reading
        | Form::Visit
        | Form::Teaching
        | Form::EarlyEducation
        | Form::YouthPractice
        | Form::HeadCount => "CoCurricular",
    }
}

/// A credential that is being written.
struct Draft<'a> {
    issuer: &'a Issuer,
    district: &'a str,
    /// What it is about, among all of the ledger.
    about: String,
    name: String,
    description: String,
    from: DateTime<Utc>,
    status: Value,
}

impl Draft<'_> {
    fn id(&self) -> String {
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, self.issuer.did().as_bytes());
        Uuid::new_v5(&namespace, self.about.as_bytes()).urn().to_string()
    }

    /// A learner's identity, salted: whoever is told the number of the account can compare. Who tries out all numbers finds it, as
    /// its standard has it.
    fn identity(&self, account: &AccountId) -> Value {
        let salt = hex::encode(&self.issuer.secret_of(&format!("salt {}", self.about))[..16]);
        let hash = Digest32::of(format!("{}{salt}", account.path()).as_bytes());
        json!([{
            "type": "IdentityObject", "hashed": true, "identityHash": format!("sha256${hash}"),
            "identityType": "accountId", "salt": salt,
        }])
    }

    /// A name of the learner that is the same in all of a ledger's badges, and from which nobody can tell the account.
    fn learner(&self, account: &AccountId) -> String {
        let secret = self.issuer.secret_of(&format!("learner {}", account.path()));
        let (bytes, _) = secret.split_first_chunk::<16>().unwrap_or((&[0; 16], &[]));
        uuid::Builder::from_custom_bytes(*bytes).into_uuid().urn().to_string()
    }

    fn profile(&self) -> Value {
        json!({ "id": self.issuer.did(), "type": ["Profile"], "name": self.district, "url": self.issuer.home() })
    }

    fn finish(self, kind: &str, contexts: Vec<&str>, subject: Value) -> Map<String, Value> {
        let mut credential = Map::new();
        let mut put = |name: &str, value: Value| credential.insert(name.to_owned(), value);
        put("@context", json!(contexts));
        put("id", self.id().into());
        put("type", json!(["VerifiableCredential", kind]));
        put("issuer", self.profile());
        put("validFrom", time(self.from).into());
        put("credentialSubject", subject);
        put("credentialStatus", self.status);
        put("name", self.name.into());
        put("description", self.description.into());
        credential
    }
}

fn listed(url: &str, index: u64) -> Value {
    json!({
        "id": format!("{url}#{index}"), "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": index.to_string(), "statusListCredential": url,
    })
}

/// The badge of an entry, signed. Its bit on the list of its positions turns when the entry is reversed.
///
/// # Errors
/// Where it cannot be signed.
pub fn completion(issuer: &Issuer, district: &str, done: &Completion) -> Result<Signed, Fault> {
    token::both(issuer, |form| completion_in(form, issuer, district, done))
}

fn completion_in(
    form: Form,
    issuer: &Issuer,
    district: &str,
    done: &Completion,
) -> Result<Map<String, Value>, Fault> {
    let home = issuer.home();
    let (list, index) = (done.position.0 / BITS, done.position.0 % BITS);
    let [hant, en] = &done.kind_name;
    let (id, name) = match &done.course {
        Some((course, version, title)) => (format!("courses/{course}/versions/{version}"), title.clone()),
        None => (format!("kinds/{}", done.kind), format!("{hant} {en}")),
    };
    let draft = Draft {
        issuer,
        district,
        about: format!("entries/{}/{}", done.position, done.leaf),
        name: name.clone(),
        description: format!(
            "{hant}，{0}，{1} 分鐘。{en}, {0}, {1} minutes.",
            done.occurred_on, done.minutes.0
        ),
        from: done.recorded_at,
        status: listed(&status_url(issuer, list, form), index),
    };
    let source = json!({
        "id": format!("{home}#organizations/{}", done.organization), "type": ["Profile"],
        "name": done.organization_name,
    });
    // The same of everybody who achieved it.
    let mut achievement = json!({
        "id": format!("{home}#{id}"), "type": ["Achievement"], "achievementType": achievement_type(done.form),
        "name": name, "description": format!("{hant}。{en}."),
        "criteria": { "narrative": "依帳本的學分規則認定。Recognised by the credit policy of the ledger." },
        "creator": draft.profile(),
    });
    let mut subject = json!({
        "id": draft.learner(&done.account),
        "type": ["AchievementSubject"],
        "identifier": draft.identity(&done.account),
        "activityEndDate": midnight(done.occurred_on),
        "creditsEarned": credits(done.credit),
        "narrative": done.why.join(" "),
        "source": source,
    });
    if let Some(started) = done.started_on {
        subject["activityStartDate"] = midnight(started).into();
    }
    if let Some(mark) = done.mark {
        let result = format!("{home}#{id}/mark");
        achievement["resultDescription"] = json!([{
            "id": result, "type": ["ResultDescription"], "name": "成績 Mark", "resultType": "Percent",
            "valueMin": "0", "valueMax": "100",
        }]);
        subject["result"] =
            json!([{ "type": ["Result"], "resultDescription": result, "value": mark.to_string() }]);
    }
    subject["achievement"] = achievement;
    let mut credential = draft.finish("OpenBadgeCredential", BADGE.to_vec(), subject);
    credential.insert("awardedDate".to_owned(), time(done.recorded_at).into());
    let evidence = json!([{
        "id": format!("{home}#entries/{}", done.position), "type": ["Evidence"],
        "name": format!("ledgers/{}/entries/{}", issuer.ledger(), done.position),
        "narrative": format!(
            "帳本第 {0} 筆，Merkle 葉雜湊 {1}。Event {0} of the ledger, Merkle leaf {1}.",
            done.position, done.leaf
        ),
    }]);
    credential.insert("evidence".to_owned(), evidence);
    Ok(credential)
}

/// The badge of a household's title, signed. It ends with the title; its list, of one, turns when the title is withdrawn.
///
/// # Errors
/// Where it cannot be signed, or the seal is of something else.
pub fn title(issuer: &Issuer, district: &str, held: &TitleHeld) -> Result<Signed, Fault> {
    token::both(issuer, |form| title_in(form, issuer, district, held))
}

fn title_in(
    form: Form,
    issuer: &Issuer,
    district: &str,
    held: &TitleHeld,
) -> Result<Map<String, Value>, Fault> {
    let Says::Title { title, selection, .. } = &held.seal.says else { return Err(malformed("no title")) };
    let [hant, en] = &held.name;
    let draft = Draft {
        issuer,
        district,
        about: format!("{}/titles/{title}/{selection}", held.seal.account.path()),
        name: format!("{hant} {en}"),
        description: format!("{hant}，{0} 至 {1}。{en}, {0} to {1}.", held.from, held.until),
        from: held.named_at,
        status: listed(&handle_url(issuer, &held.seal.handle(issuer), form), held.seal.index()),
    };
    let narrative = format!(
        "經 {selection} 評選、公示、命名（帳本第 {0} 筆）。Chosen, shown to the public and named in {selection} (event {0} of the ledger).",
        held.seal.position
    );
    let subject = json!({
        "id": draft.learner(&held.seal.account),
        "type": ["AchievementSubject"],
        "identifier": draft.identity(&held.seal.account),
        "activityStartDate": midnight(held.from),
        "narrative": narrative,
        "achievement": {
            "id": format!("{}#titles/{title}", issuer.home()), "type": ["Achievement"], "achievementType": "Award",
            "name": draft.name, "description": draft.name, "criteria": {
                "narrative": "依公布的標準評選、公示、命名。Chosen by the published standard, shown to the public and named."
            },
            "creator": draft.profile(),
        },
    });
    let (awarded, until) = (time(held.named_at), time(held.ends));
    let mut credential = draft.finish("OpenBadgeCredential", BADGE.to_vec(), subject);
    credential.insert("awardedDate".to_owned(), awarded.into());
    credential.insert("validUntil".to_owned(), until.into());
    Ok(credential)
}

/// What the badge and the transcript of a statement begin with.
fn summed<'a>(
    form: Form,
    issuer: &'a Issuer,
    district: &'a str,
    seal: &Seal,
    at: DateTime<Utc>,
) -> Result<(Draft<'a>, Sums), Fault> {
    let Says::Statement(sums) = seal.says else { return Err(malformed("no statement")) };
    let (hant, en) = match sums.year {
        Some(year) => (format!("{year} 年"), format!("{year}")),
        None => ("全部年度".to_owned(), "all years".to_owned()),
    };
    let draft = Draft {
        issuer,
        district,
        about: format!("{}/statements/{}/{}", seal.account.path(), sums.year.unwrap_or(0), seal.position),
        name: "學分證明 Learning statement".to_owned(),
        description: format!(
            "{hant}，帳本位置 {0}：{1} 學分（另 {2} 以後計入），{3} 分鐘，{4} 人次。\
             Of {en}, at ledger position {0}: {1} credits ({2} more later), {3} minutes, {4} entries.",
            seal.position, sums.credit, sums.pending, sums.minutes, sums.entries
        ),
        from: at,
        status: listed(&handle_url(issuer, &seal.handle(issuer), form), seal.index()),
    };
    Ok((draft, sums))
}

/// The badge of a statement's sums, signed. Its list, of one, turns when an entry that it counts is reversed.
///
/// # Errors
/// Where it cannot be signed, or the seal is of something else.
pub fn statement(issuer: &Issuer, district: &str, seal: &Seal, at: DateTime<Utc>) -> Result<Signed, Fault> {
    token::both(issuer, |form| statement_in(form, issuer, district, seal, at))
}

fn statement_in(
    form: Form,
    issuer: &Issuer,
    district: &str,
    seal: &Seal,
    at: DateTime<Utc>,
) -> Result<Map<String, Value>, Fault> {
    let (draft, sums) = summed(form, issuer, district, seal, at)?;
    let subject = json!({
        "id": draft.learner(&seal.account),
        "type": ["AchievementSubject"],
        "identifier": draft.identity(&seal.account),
        "activityEndDate": midnight(sums.today),
        "creditsEarned": credits(sums.credit),
        "narrative": draft.description,
        "achievement": {
            "id": format!("{}#statement", issuer.home()), "type": ["Achievement"],
            "achievementType": "ext:LearningStatement", "name": draft.name,
            "description": "一個帳戶的學分合計。The credits of an account, summed up.",
            "criteria": { "narrative": "依帳本的學分規則計算。Computed by the credit policy of the ledger." },
            "creator": draft.profile(),
        },
    });
    Ok(draft.finish("OpenBadgeCredential", BADGE.to_vec(), subject))
}

/// A transcript, signed: the badge of its sums, and those of its entries, each with a proof of its own.
///
/// # Errors
/// Where it cannot be signed, has too much in it, or the seal is of something else.
pub fn transcript(
    issuer: &Issuer,
    district: &str,
    seal: &Seal,
    at: DateTime<Utc>,
    entries: &[Completion],
) -> Result<Signed, Fault> {
    if entries.len() > MOST {
        return Err(malformed(format!("a transcript has at most {MOST} entries")));
    }
    let proven = |credential| token::prove(issuer, credential).map(Value::Object);
    let mut enclosed = vec![proven(statement_in(Form::Json, issuer, district, seal, at)?)?];
    for entry in entries {
        enclosed.push(proven(completion_in(Form::Json, issuer, district, entry)?)?);
    }
    let enclosed = Value::Array(enclosed);
    token::both(issuer, |form| {
        let (draft, _) = summed(form, issuer, district, seal, at)?;
        let draft = Draft { about: format!("{}/transcript", draft.about), ..draft };
        let subject = json!({
            "id": draft.learner(&seal.account),
            "type": ["ClrSubject"],
            "identifier": draft.identity(&seal.account),
            "verifiableCredential": enclosed,
        });
        Ok(draft.finish("ClrCredential", vec![BADGE[0], TRANSCRIPT, BADGE[1]], subject))
    })
}

/// A day as an instant: its beginning in UTC, since credentials have no days.
fn midnight(day: OccurredOn) -> String {
    format!("{day}T00:00:00Z")
}
