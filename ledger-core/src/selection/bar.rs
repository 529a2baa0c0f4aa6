//! What keeps a candidate from being named, and how that is said to people.

use super::standard::{Ground, Standard};
use crate::date::OccurredOn;
use crate::id::{Code, ResidentId};
use serde::Serialize;

/// What keeps a candidate from being named, whatever its points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "bar", rename_all = "snake_case")]
pub enum Bar {
    /// It did not apply.
    NotApplied,
    /// Its application was withdrawn.
    Withdrawn,
    /// The community has not verified it.
    NotVerified,
    /// The community does not recommend it.
    NotRecommended,
    /// It has not passed the first review.
    NotReviewed,
    /// It did not pass the first review.
    ReviewFailed,
    /// The household has been dissolved.
    Dissolved,
    /// Fewer adults than the standard asks for.
    TooFewAdults {
        /// How many there are.
        adults: u32,
        /// How many there must be.
        least: u32,
    },
    /// Consent is missing.
    ConsentMissing {
        /// Whose: by account.
        members: Vec<ResidentId>,
    },
    /// It holds the title already.
    HoldsTitle {
        /// Its last day.
        until: OccurredOn,
    },
    /// A title of it was withdrawn.
    Barred {
        /// The last day on which it cannot be named.
        until: OccurredOn,
    },
    /// A veto was recorded.
    Vetoed {
        /// On this ground.
        ground: Code,
    },
    /// Something must be settled first.
    Held {
        /// On this ground.
        ground: Code,
    },
    /// The judges have not given the points of an item.
    NotJudged {
        /// The item.
        item: Code,
    },
    /// Another account answers for the resident by now: only among the differences from a frozen list.
    Merged {
        /// Which.
        #[serde(rename = "into")]
        survivor: ResidentId,
    },
}

impl Bar {
    /// Its code.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Bar::NotApplied => "not_applied",
            Bar::Withdrawn => "withdrawn",
            Bar::NotVerified => "not_verified",
            Bar::NotRecommended => "not_recommended",
            Bar::NotReviewed => "not_reviewed",
            Bar::ReviewFailed => "review_failed",
            Bar::Dissolved => "dissolved",
            Bar::TooFewAdults { .. } => "too_few_adults",
            Bar::ConsentMissing { .. } => "consent_missing",
            Bar::HoldsTitle { .. } => "holds_title",
            Bar::Barred { .. } => "barred",
            Bar::Vetoed { .. } => "vetoed",
            Bar::Held { .. } => "held",
            Bar::NotJudged { .. } => "not_judged",
            Bar::Merged { .. } => "merged",
        }
    }

    /// Its code and particulars as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As a clerk reads it out, by the names of a standard: 繁體中文, 简体中文, English.
    #[must_use]
    pub fn sentences(&self, standard: &Standard) -> [String; 3] {
        let plain = |hant: &str, hans: &str, en: &str| [hant.to_owned(), hans.to_owned(), en.to_owned()];
        match self {
            Bar::NotApplied => plain("尚未申報", "尚未申报", "It has not applied"),
            Bar::Withdrawn => plain("已撤回申報", "已撤回申报", "Its application was withdrawn"),
            Bar::NotVerified => plain("社區尚未核實", "社区尚未核实", "The community has not verified it"),
            Bar::NotRecommended => plain("社區未推薦", "社区未推荐", "The community does not recommend it"),
            Bar::NotReviewed => plain("尚未初審", "尚未初审", "It has not been reviewed"),
            Bar::ReviewFailed => plain("初審未通過", "初审未通过", "It did not pass the first review"),
            Bar::Dissolved => plain("家庭帳戶已註銷", "家庭账户已注销", "The household has been dissolved"),
            Bar::TooFewAdults { adults, least } => [
                format!("成年成員 {adults} 位，須有 {least} 位"),
                format!("成年成员 {adults} 位，须有 {least} 位"),
                format!("It has {adults} adults and needs {least}"),
            ],
            Bar::ConsentMissing { members } => {
                let members: Vec<&str> = members.iter().map(ResidentId::as_str).collect();
                let members = members.join("、");
                [
                    format!("{members} 尚未同意（未成年人由監護人同意）"),
                    format!("{members} 尚未同意（未成年人由监护人同意）"),
                    format!("The consent of {members} is missing (a guardian's for a minor)"),
                ]
            }
            Bar::HoldsTitle { until } => [
                format!("已有這項稱號，至 {until}"),
                format!("已有这项称号，至 {until}"),
                format!("It holds the title until {until}"),
            ],
            Bar::Barred { until } => [
                format!("稱號曾被撤銷，{until} 以前不再評選"),
                format!("称号曾被撤销，{until} 以前不再评选"),
                format!("Its title was withdrawn: it cannot be named up to {until}"),
            ],
            Bar::Vetoed { ground } => named("一票否決", "一票否决", "Vetoed", &standard.vetoes, ground),
            Bar::Held { ground } => named("暫緩", "暂缓", "Held", &standard.holds, ground),
            Bar::Merged { survivor } => [
                format!("帳戶已併入 {survivor}"),
                format!("账户已并入 {survivor}"),
                format!("The account {survivor} answers for it by now"),
            ],
            Bar::NotJudged { item } => {
                let names = standard.item(item.as_str()).map(|item| &item.names);
                let [hant, hans, en] = names.map_or_else(
                    || [item.as_str(); 3],
                    |names| [names.hant.as_str(), names.hans.as_str(), names.en.as_str()],
                );
                [format!("「{hant}」評分未齊"), format!("“{hans}”评分未齐"), format!("Not judged yet: {en}")]
            }
        }
    }
}

fn named(hant: &str, hans: &str, en: &str, grounds: &[Ground], ground: &Code) -> [String; 3] {
    match grounds.iter().find(|held| held.ground == *ground) {
        Some(Ground { names, .. }) => [
            format!("{hant}：{}", names.hant),
            format!("{hans}：{}", names.hans),
            format!("{en}: {}", names.en),
        ],
        None => [format!("{hant}：{ground}"), format!("{hans}：{ground}"), format!("{en}: {ground}")],
    }
}
