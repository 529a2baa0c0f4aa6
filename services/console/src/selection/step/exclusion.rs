//! Why a candidate that was chosen is not named, in words.

use crate::language::{Language, texts};
use ledger_core::selection::fact::Exclusion;

texts! {
    OBJECTION = "異議成立，第", "异议成立，第", "An objection was upheld: event";
    VETOED = "一票否決：", "一票否决：", "Vetoed on the ground";
    HELD = "尚未釐清：", "尚未厘清：", "Not settled yet:";
    WITHDRAWN = "已撤回申報", "已撤回申报", "The application was taken back";
    DISSOLVED = "家庭已結束，最後一日", "家庭已结束，最后一日", "The household has ended; its last day was";
    MERGED = "帳戶已併入", "账户已并入", "Another account answers for it:";
    CLOSED = "機構已停辦，最後一日", "机构已停办，最后一日", "The organisation is closed; its last day was";
    CONSENT = "缺少命名同意：", "缺少命名同意：", "Consent to be named is missing of";
    HOLDS = "已有這個稱號，有效至", "已有这个称号，有效至", "It holds the title already, until";
    BARRED = "稱號曾被撤銷，不得命名至", "称号曾被撤销，不得命名至", "A title of it was withdrawn; it cannot be named until";
}

/// Of the particulars as the ledger writes them; those that are not known to this console as they stand.
pub(super) fn told(language: Language, particulars: &str) -> String {
    let Ok(why) = serde_json::from_str(particulars) else { return particulars.to_owned() };
    let (text, of) = match why {
        Exclusion::Objection { objection } => (OBJECTION, objection.to_string()),
        Exclusion::Vetoed { ground } => (VETOED, ground.to_string()),
        Exclusion::Held { ground } => (HELD, ground.to_string()),
        Exclusion::Withdrawn => (WITHDRAWN, String::new()),
        Exclusion::Dissolved { last_day } => (DISSOLVED, last_day.to_string()),
        Exclusion::Merged { survivor } => (MERGED, survivor.to_string()),
        Exclusion::Closed { last_day } => (CLOSED, last_day.to_string()),
        Exclusion::ConsentMissing { members } => {
            (CONSENT, members.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        }
        Exclusion::HoldsTitle { until } => (HOLDS, until.to_string()),
        Exclusion::Barred { until } => (BARRED, until.to_string()),
    };
    format!("{} {of}", language.say(text)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::date::OccurredOn;
    use ledger_core::quantity::Position;

    #[test]
    fn particulars_are_told_in_words() {
        let last_day = OccurredOn::parse("2026-10-01", "last_day").unwrap();
        for (why, hant) in [
            (Exclusion::Objection { objection: Position(7) }, "異議成立，第 7"),
            (Exclusion::Withdrawn, "已撤回申報"),
            (Exclusion::Dissolved { last_day }, "家庭已結束，最後一日 2026-10-01"),
            (Exclusion::HoldsTitle { until: last_day }, "已有這個稱號，有效至 2026-10-01"),
        ] {
            assert_eq!(told(Language::Hant, &why.to_json()), hant);
        }
        assert_eq!(
            told(Language::En, r#"{"because":"of another version"}"#),
            r#"{"because":"of another version"}"#
        );
    }
}
