//! A class list as it was typed.

use crate::desk::Desk;
use crate::form::Form;
use crate::language::{Text, texts};
use crate::stop::Refused;
use crate::visitor::Visitor;
use creditbank_grpc::proto;
use proto::entry::Detail;

/// The fields of the form, named as those of the API.
pub(super) const FIELDS: [&str; 8] = [
    "course_version",
    "organization",
    "occurred_on",
    "minutes",
    "start_time",
    "end_time",
    "session",
    "accounts",
];

/// The longest list (`PostClassListRequest.accounts`).
pub(crate) const MOST: usize = 1_000;

texts! {
    NOT_MINUTES = "分鐘數請填整數，例如 90。", "分钟数请填整数，例如 90。", "Write the minutes as a whole number, such as 90.";
    NOBODY = "請填至少一個居民帳戶，每行一個。", "请填至少一个居民账户，每行一个。", "Write at least one resident's account, one a line.";
    pub(crate) TOO_MANY = "一份名單至多 1,000 人，請分次記。", "一份名单至多 1,000 人，请分次记。", "A list has at most 1,000 people: record it in parts.";
}

/// A class list as it was typed; what the ledger would refuse is left to it.
#[derive(Debug)]
pub(super) struct Draft {
    /// What all share.
    pub(super) entry: proto::Entry,
    /// The ids of residents, in the order of the lines.
    pub(super) accounts: Vec<String>,
}

impl Draft {
    /// Parses the form.
    ///
    /// # Errors
    /// Where a number is none, or the list empty or too long.
    pub(super) fn parse(visitor: &Visitor, form: &Form) -> Result<Draft, Refused> {
        let desk = visitor.desk();
        let wrong = |field: &str, text: Text| Refused::here(field, visitor.say(text));
        let minutes = form.get("minutes").parse().map_err(|_| wrong("minutes", NOT_MINUTES))?;
        let accounts = accounts(form.get("accounts"));
        if accounts.is_empty() {
            return Err(wrong("accounts", NOBODY));
        }
        if accounts.len() > MOST {
            return Err(wrong("accounts", TOO_MANY));
        }
        let detail = match form.get("course_version").split_once('/') {
            Some((course, version)) => Detail::OfflineCourse(proto::OfflineCourse {
                course_version: desk.name(&format!("courses/{course}/versions/{version}")),
                ..Default::default()
            }),
            None => Detail::Lecture(proto::Lecture::default()),
        };
        let entry = proto::Entry {
            organization: desk.name(&format!("organizations/{}", form.get("organization"))),
            occurred_on: form.get("occurred_on").to_owned(),
            start_time: form.get("start_time").to_owned(),
            end_time: form.get("end_time").to_owned(),
            minutes,
            session: form.get("session").to_owned(),
            detail: Some(detail),
            ..Default::default()
        };
        Ok(Draft { entry, accounts })
    }

    /// The accounts as resource names.
    pub(super) fn names(&self, desk: &Desk) -> Vec<String> {
        self.accounts.iter().map(|id| desk.name(&format!("residents/{id}"))).collect()
    }
}

/// Ids, however they are told apart: lines, spaces, commas; copied with `residents/` in front or in capitals.
pub(crate) fn accounts(typed: &str) -> Vec<String> {
    let apart = |c: char| c.is_whitespace() || [',', '，', '、', ';', '；'].contains(&c);
    let ids = typed.split(apart).filter(|part| !part.is_empty()).map(str::to_lowercase);
    ids.map(|id| id.strip_prefix("residents/").map(str::to_owned).unwrap_or(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::accounts;

    #[test]
    fn ids_are_told_apart_however_they_were_pasted() {
        assert_eq!(
            accounts("r0001\r\n R0002\n\nresidents/r0003，r0004、r0005\t"),
            ["r0001", "r0002", "r0003", "r0004", "r0005"]
        );
        assert!(accounts(" \r\n ").is_empty());
    }
}
