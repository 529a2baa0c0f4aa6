//! Whose learning it is: an agent known by an account of the platform, whose name is the id of a resident's account.

use crate::reply::Refused;
use serde::Deserialize;
use serde_json::Value;

/// An agent or a group, as far as the shape goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Actor {
    pub(crate) object_type: Option<String>,
    /// What somebody is called: never kept.
    #[serde(rename = "name")]
    _name: Option<String>,
    mbox: Option<String>,
    #[serde(rename = "mbox_sha1sum")]
    mbox_sha1sum: Option<String>,
    openid: Option<String>,
    account: Option<Account>,
    member: Option<Value>,
}

/// An account of an agent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Account {
    home_page: String,
    name: String,
}

impl Actor {
    /// The id of the resident's account.
    ///
    /// # Errors
    /// A group, an agent known by a mail address or the like, or one of another platform.
    pub(crate) fn resident(&self, field: &str, home_page: &str) -> Result<&str, Refused> {
        let group = self.member.is_some() || !matches!(self.object_type.as_deref(), None | Some("Agent"));
        let personal = self.mbox.is_some() || self.mbox_sha1sum.is_some() || self.openid.is_some();
        match &self.account {
            Some(account) if !group && !personal && account.home_page == home_page => Ok(&account.name),
            _ => Err(Refused::bad(
                field,
                "XAPI_ACTOR",
                format!(
                    "學員請用學習帳戶表示：account 的 homePage 填 {home_page}，name 填學習帳戶號碼；不收電郵、姓名與群組。\
                     Name the learner by account: homePage {home_page}, name the id of the learning account; mail \
                     addresses and groups are not taken."
                ),
            )),
        }
    }
}
