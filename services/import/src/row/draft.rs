//! From a row's values to the API's `Entry`, with every field parsed by the ledger's own types.

use super::cells::{Cells, Failed};
use super::parse;
use crate::expression::template::Template;
use crate::expression::{Flaw, width};
use crate::mapping::field::Field;
use creditbank_grpc::proto;
use ledger_core::date::LocalTime;
use ledger_core::decide::MAX_MINUTES;
use ledger_core::entry::{Digest32, Form};
use ledger_core::id::{AccountId, Code, CourseId, OrganizationId, RequestId, SessionId, VersionId};
use ledger_core::{Reason, Refusal};
use prost::Message;
use proto::entry::Detail;

/// Hexadecimal digits of the content in a request id: 128 bits.
const REQUEST_DIGITS: usize = 32;

/// An entry to be posted; its resource names lack the ledger, so that its digest is the same in every ledger.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) entry: proto::Entry,
    pub(super) request_id: String,
    pub(super) content: Digest32,
    pub(super) account: AccountId,
    pub(super) organization: OrganizationId,
    pub(super) course_version: Option<(CourseId, VersionId)>,
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Reads the fields of one row.
pub(super) struct Drafting<'c, 's> {
    pub(super) cells: &'c mut Cells<'s>,
}

impl<'s> Drafting<'_, 's> {
    fn template(&self, field: Field) -> Option<&'s Template> {
        self.cells.plan.field(field)
    }

    pub(super) fn optional<T>(
        &mut self,
        field: Field,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Result<Option<T>, Failed> {
        match self.template(field) {
            Some(template) => self.cells.read(template, parse),
            None => Ok(None),
        }
    }

    pub(super) fn required<T>(
        &mut self,
        field: Field,
        parse: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Result<T, Failed> {
        match self.template(field) {
            Some(template) => self.cells.require(template, parse),
            None => {
                let path = format!("entry.{}", field.key());
                let message =
                    format!("這一列的形式需要 {path}，請在對照檔加上。This row's form needs {path}: add it.");
                self.cells.problem(path, Flaw::new(Reason::FieldRequired, message));
                Err(Failed)
            }
        }
    }

    pub(super) fn code(&mut self, field: Field) -> Result<String, Failed> {
        self.optional(field, |raw| Code::parse(raw, field.key())).map(text)
    }

    /// Minutes that must be there for forms that are attended; blank is "not positive", as the ledger has it.
    fn minutes(&mut self, form: Form) -> Result<u32, Failed> {
        let minutes = self.optional(Field::Minutes, |raw| parse::amount(raw, MAX_MINUTES))?;
        match (minutes, self.template(Field::Minutes)) {
            (None, Some(template)) if form.is_attended() => {
                let refusal = Refusal::new(
                    Reason::AmountNotPositive,
                    "沒有時數，請補上。There are no minutes: fill them in.",
                );
                Err(self.cells.fail(template, refusal.into()))
            }
            (None, None) if form.is_attended() => {
                self.required(Field::Minutes, |raw| parse::amount(raw, MAX_MINUTES))
            }
            (minutes, _) => Ok(minutes.unwrap_or(0)),
        }
    }

    /// Reads the whole row. Every field is read, also behind a failure, so that one preview shows all that is wrong.
    pub(super) fn read(mut self) -> Result<Draft, Failed> {
        let zone = |raw: &str| Ok(raw.to_owned());
        let time = |raw: &str| LocalTime::parse(&width::bare(raw), "time");
        let organization_name = |id: &OrganizationId| format!("organizations/{id}");
        let form = self.required(Field::Form, parse::form);
        let account = self.required(Field::Account, parse::account);
        let organization = self.required(Field::Organization, OrganizationId::parse);
        let kind = self.code(Field::Kind);
        let occurred_on = self.required(Field::OccurredOn, parse::date);
        let started_on = self.optional(Field::StartedOn, parse::date);
        let start_time = self.optional(Field::StartTime, time);
        let end_time = self.optional(Field::EndTime, time);
        let time_zone = self.optional(Field::TimeZone, zone);
        let session = self.optional(Field::Session, SessionId::parse);
        let attested_by = self.optional(Field::AttestedBy, OrganizationId::parse);
        let evidence = self.optional(Field::EvidenceSha256, parse::digest);
        let subject = self.code(Field::Subject);
        let audience = self.code(Field::Audience);
        let campaign = self.code(Field::Campaign);
        let programme = self.code(Field::Programme);
        let minutes = form.and_then(|form| self.minutes(form));
        let detail = form.and_then(|form| self.detail(form));
        let (account, organization, (detail, course_version)) = (account?, organization?, detail?);
        let entry = proto::Entry {
            account: account.path(),
            organization: organization_name(&organization),
            kind: kind?,
            occurred_on: occurred_on?.to_string(),
            started_on: text(started_on?),
            start_time: text(start_time?),
            end_time: text(end_time?),
            time_zone: time_zone?.unwrap_or_default(),
            minutes: minutes?,
            session: text(session?),
            attested_by: attested_by?.as_ref().map(organization_name).unwrap_or_default(),
            evidence_sha256: text(evidence?),
            subject: subject?,
            audience: audience?,
            campaign: campaign?,
            programme: programme?,
            detail: Some(detail),
            ..proto::Entry::default()
        };
        let content = self.content(&entry);
        let request_id = self.request_id(&entry, &content)?;
        Ok(Draft { entry, request_id, content, account, organization, course_version })
    }

    /// The digest of what is posted, under the mapping's name. Protobuf writes fields by number and leaves out unset
    /// ones, so the digest stays the same when the API grows.
    fn content(&self, entry: &proto::Entry) -> Digest32 {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(self.cells.plan.id.as_bytes());
        bytes.push(0);
        // A vector grows as needed: this cannot fail.
        let _ = entry.encode(&mut bytes);
        Digest32::of(&bytes)
    }

    /// The mapping's request id, or one of mapping, day and content: the day first, for ids in order are cheaper.
    fn request_id(&mut self, entry: &proto::Entry, content: &Digest32) -> Result<String, Failed> {
        if let Some(template) = self.template(Field::RequestId) {
            return self.cells.require(template, RequestId::parse).map(|id| id.to_string());
        }
        let digits: String = content.to_string().chars().take(REQUEST_DIGITS).collect();
        Ok(format!("{}-{}-{digits}", self.cells.plan.id, entry.occurred_on))
    }
}

/// Puts the ledger before every resource name of an entry.
pub(super) fn place(entry: &mut proto::Entry, ledger: &str) {
    let mut names = vec![&mut entry.account, &mut entry.organization, &mut entry.attested_by];
    match &mut entry.detail {
        Some(Detail::OfflineCourse(detail)) => names.push(&mut detail.course_version),
        Some(Detail::OnlineCourse(detail)) => names.push(&mut detail.course_version),
        Some(Detail::VolunteerService(detail)) => names.push(&mut detail.team),
        Some(Detail::Teaching(detail)) => names.push(&mut detail.course),
        _ => {}
    }
    for name in names {
        if !name.is_empty() {
            name.insert_str(0, ledger);
        }
    }
}
