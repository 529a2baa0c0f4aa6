//! The sentence a clerk reads out: why a line earned what it earned, in three languages.

use super::assess::{Assessment, Note};

/// A language of the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// 繁體中文.
    #[default]
    Hant,
    /// 简体中文.
    Hans,
    /// English.
    En,
}

impl Language {
    /// Finds a language by its BCP 47 tag; 繁體中文 where the tag says nothing.
    #[must_use]
    pub fn parse(tag: &str) -> Language {
        let tag = tag.to_ascii_lowercase();
        if tag.starts_with("en") {
            Language::En
        } else if tag.contains("hans") || tag.ends_with("-cn") || tag.ends_with("-sg") {
            Language::Hans
        } else {
            Language::Hant
        }
    }
}

/// The sentence of one line: what it earned, each limit that cut it, and the rule's name and version.
#[must_use]
pub fn sentence(language: Language, assessment: &Assessment<'_>) -> String {
    let credit = assessment.credit();
    let reasons: Vec<String> = assessment.notes.iter().map(|note| phrase(language, note)).collect();
    let Some(policy) = assessment.policy else {
        return match language {
            Language::Hant => "這一天還沒有學分規則；計 0.00 學分。".to_owned(),
            Language::Hans => "这一天还没有学分规则；计 0.00 学分。".to_owned(),
            Language::En => "no policy applied on this day; counts 0.00 credits.".to_owned(),
        };
    };
    let (name, version) = (&policy.policy, policy.version);
    match language {
        Language::Hant => {
            format!("{}；計 {credit} 學分（規則 {name} 第 {version} 版）。", reasons.join("；"))
        }
        Language::Hans => {
            format!("{}；计 {credit} 学分（规则 {name} 第 {version} 版）。", reasons.join("；"))
        }
        Language::En => {
            format!("{}; counts {credit} credits (policy {name}, version {version}).", reasons.join("; "))
        }
    }
}

fn phrase(language: Language, note: &Note) -> String {
    let pick = |hant: String, hans: String, en: String| match language {
        Language::Hant => hant,
        Language::Hans => hans,
        Language::En => en,
    };
    match note {
        Note::Reversed(at) => pick(
            format!("已由第 {at} 號事件沖正，不計學分"),
            format!("已由第 {at} 号事件冲正，不计学分"),
            format!("reversed by event {at}, earns nothing"),
        ),
        Note::NoRule => pick(
            "現行規則沒有這個類別，不計學分".into(),
            "现行规则没有这个类别，不计学分".into(),
            "the policy has no rule for this kind".into(),
        ),
        Note::NotCredited => pick(
            "這個類別只計次數，不計學分".into(),
            "这个类别只计次数，不计学分".into(),
            "this kind is counted, not credited".into(),
        ),
        Note::ByMinutes { minutes, minutes_per_unit, units } => pick(
            format!("{minutes} 分鐘，每 {minutes_per_unit} 分鐘一單位，進位後 {units} 單位"),
            format!("{minutes} 分钟，每 {minutes_per_unit} 分钟一单位，进位后 {units} 单位"),
            format!("{minutes} minutes at {minutes_per_unit} a unit make {units} units after rounding"),
        ),
        Note::ByDays { days, full: true } => {
            pick(format!("{days} 個全天"), format!("{days} 个全天"), format!("{days} full days"))
        }
        Note::ByDays { days, full: false } => {
            pick(format!("{days} 個半天"), format!("{days} 个半天"), format!("{days} half days"))
        }
        Note::ByOccasion => pick("參加一次".into(), "参加一次".into(), "one occasion".into()),
        Note::ByUnits(units) => {
            pick(format!("閱讀 {units} 本"), format!("阅读 {units} 本"), format!("{units} books read"))
        }
        Note::ByGrade(grade) => pick(
            format!("依結果「{}」計", grade_hant(grade)),
            format!("依结果“{}”计", grade_hans(grade)),
            format!("by result: {}", grade.replace('_', " ")),
        ),
        Note::BelowAttendance(attended, planned) => pick(
            format!("應到 {planned} 分鐘，實到 {attended} 分鐘，未達到課率，時數照記、不計學分"),
            format!("应到 {planned} 分钟，实到 {attended} 分钟，未达到课率，时数照记、不计学分"),
            format!(
                "attended {attended} of {planned} minutes, below the least attendance: hours kept, no credit"
            ),
        ),
        Note::BelowMark(mark, least) => pick(
            format!("成績 {mark} 分，未達 {least} 分，不計學分"),
            format!("成绩 {mark} 分，未达 {least} 分，不计学分"),
            format!("mark {mark} is below {least}: no credit"),
        ),
        Note::BelowMinutes(minutes, least) => pick(
            format!("{minutes} 分鐘，未滿 {least} 分鐘，時數照記、不計學分"),
            format!("{minutes} 分钟，未满 {least} 分钟，时数照记、不计学分"),
            format!("{minutes} minutes are fewer than {least}: hours kept, no credit"),
        ),
        Note::GradeWithoutCredit(grade) => pick(
            format!("結果「{}」不計學分", grade_hant(grade)),
            format!("结果“{}”不计学分", grade_hans(grade)),
            format!("the result {} earns nothing", grade.replace('_', " ")),
        ),
        Note::CountedBy(at) => pick(
            format!("同一課程版本、競賽或證書只計一次，已由第 {at} 號記錄計入"),
            format!("同一课程版本、竞赛或证书只计一次，已由第 {at} 号记录计入"),
            format!("counts once only, and entry {at} counts it"),
        ),
        Note::SessionCap(cap) => pick(
            format!("單場上限 {cap} 學分"),
            format!("单场上限 {cap} 学分"),
            format!("cut to {cap}, the most one session earns"),
        ),
        Note::DayCap(cap) => pick(
            format!("此類別每日上限 {cap} 學分，超出不計"),
            format!("此类别每日上限 {cap} 学分，超出不计"),
            format!("cut by the kind's daily limit of {cap}"),
        ),
        Note::SharedDayCap(cap) => pick(
            format!("全日學習上限 {cap} 學分，超出不計"),
            format!("全日学习上限 {cap} 学分，超出不计"),
            format!("cut by the day's limit of {cap} over all attended learning"),
        ),
        Note::YearCap(cap) => pick(
            format!("此類別每年上限 {cap} 學分，超出不計"),
            format!("此类别每年上限 {cap} 学分，超出不计"),
            format!("cut by the kind's yearly limit of {cap}"),
        ),
        Note::SharedYearCap(cap) => pick(
            format!("各類合計每年上限 {cap} 學分，超出不計"),
            format!("各类合计每年上限 {cap} 学分，超出不计"),
            format!("cut by the yearly limit of {cap} over several kinds"),
        ),
        Note::SharedHalfYearCap(cap) => pick(
            format!("各類合計半年上限 {cap} 學分，超出不計"),
            format!("各类合计半年上限 {cap} 学分，超出不计"),
            format!("cut by the half-yearly limit of {cap} over several kinds"),
        ),
        Note::LifetimeCap(cap) => pick(
            format!("此類別終身上限 {cap} 學分，超出不計"),
            format!("此类别终身上限 {cap} 学分，超出不计"),
            format!("cut by the kind's limit of {cap} in a lifetime"),
        ),
        Note::Requires { kind, least, held } => pick(
            format!("同年須有 {kind} 至少 {least} 次，現有 {held} 次，暫不計學分"),
            format!("同年须有 {kind} 至少 {least} 次，现有 {held} 次，暂不计学分"),
            format!("needs {least} entries of {kind} in the same year, there are {held}: no credit yet"),
        ),
        Note::Spread(years) => pick(
            format!("分 {years} 年平均登記"),
            format!("分 {years} 年平均登记"),
            format!("registered over {years} years in equal parts"),
        ),
    }
}

fn grade_hant(grade: &str) -> &'static str {
    match grade {
        "participation" => "參加",
        "town" => "鎮街獲獎",
        "district" => "區縣獲獎",
        "city" => "市級獲獎",
        "province" => "省級獲獎",
        "nation" => "國家級獲獎",
        "diploma" => "學歷",
        "single_subject" => "單科合格",
        "self_study_exam" => "自考單科",
        _ => "取得",
    }
}

fn grade_hans(grade: &str) -> &'static str {
    match grade {
        "participation" => "参加",
        "town" => "镇街获奖",
        "district" => "区县获奖",
        "city" => "市级获奖",
        "province" => "省级获奖",
        "nation" => "国家级获奖",
        "diploma" => "学历",
        "single_subject" => "单科合格",
        "self_study_exam" => "自考单科",
        _ => "取得",
    }
}
