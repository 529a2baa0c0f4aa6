//! What is measured of a candidate's record, and how what is missing is said to people.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a measure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Minutes; people read hours.
    Minutes,
    /// Counted one by one: the counter word in 繁體中文 and 简体中文.
    Count(&'static str, &'static str),
}

macro_rules! measures {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $per_member:literal, $unit:expr, [$hant:literal, $hans:literal, $en:literal];)*) => {
        /// What is measured of a candidate's record.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Measure { $($(#[$doc])* #[serde(rename = $code)] $variant,)* }

        impl Measure {
            /// All measures.
            pub const ALL: &'static [Measure] = &[$(Measure::$variant,)*];

            /// Its code in standards.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Measure::$variant => $code,)* }
            }

            /// Whether the sum of the members is divided by their number.
            #[must_use]
            pub fn is_per_member(self) -> bool {
                match self { $(Measure::$variant => $per_member,)* }
            }

            /// What it is counted in.
            #[must_use]
            pub fn unit(self) -> Unit {
                match self { $(Measure::$variant => $unit,)* }
            }

            /// What people call it: 繁體中文, 简体中文, English.
            #[must_use]
            pub fn names(self) -> [&'static str; 3] {
                match self { $(Measure::$variant => [$hant, $hans, $en],)* }
            }
        }
    };
}

measures! {
    /// Members with an effective record; where there are fewer members than are asked for, all of them.
    MembersTakingPart = "members_taking_part", false, Unit::Count("位", "位"),
        ["有學習記錄的成員", "有学习记录的成员", "members with a learning record"];
    /// Minutes of effective learning, divided by the members.
    LearningMinutesPerMember = "learning_minutes_per_member", true, Unit::Minutes,
        ["學習", "学习", "learning"];
    /// Sessions that two members or more attended.
    SessionsTogether = "sessions_together", false, Unit::Count("場", "场"),
        ["家庭共學", "家庭共学", "sessions attended together"];
    /// Books read, divided by the members.
    BooksPerMember = "books_per_member", true, Unit::Count("本", "本"), ["閱讀", "阅读", "books read"];
    /// Occasions of volunteer service.
    VolunteerOccasions = "volunteer_occasions", false, Unit::Count("次", "次"),
        ["志願服務", "志愿服务", "occasions of volunteer service"];
    /// Minutes of volunteer service, divided by the members.
    VolunteerMinutesPerMember = "volunteer_minutes_per_member", true, Unit::Minutes,
        ["志願服務", "志愿服务", "volunteer service"];
    /// Certificates, degrees, prizes, and levels that a member reached.
    Results = "results", false, Unit::Count("項", "项"),
        ["學習成果（證書、學歷、獲獎或升級）", "学习成果（证书、学历、获奖或升级）", "results (certificate, degree, prize or level)"];
    /// Occasions on which a member taught.
    Taught = "taught", false, Unit::Count("次", "次"), ["授課", "授课", "occasions of teaching"];
    /// Minutes of the longest youth practice that the community of residence attested (`DOMAIN.md` §7.1, plans 12 and 18).
    PracticeMinutes = "practice_minutes", false, Unit::Minutes,
        ["由居住地社區蓋章的一次社會實踐", "由居住地社区盖章的一次社会实践", "one practice attested by the community of residence"];
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A measure beside what a step needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The measure.
    pub measure: Measure,
    /// What the candidate has; per member, all members together.
    pub has: u64,
    /// What the step needs, in the same unit.
    pub needs: u64,
}

impl Need {
    /// Whether it is reached.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.has >= self.needs
    }

    /// How much is missing.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.needs.saturating_sub(self.has)
    }

    /// What is missing, as a clerk reads it out: 繁體中文, 简体中文, English; none where nothing is.
    #[must_use]
    pub fn sentences(&self) -> Option<[String; 3]> {
        let missing = self.missing();
        if missing == 0 {
            return None;
        }
        let [hant, hans, en] = self.measure.names();
        Some(match self.measure.unit() {
            Unit::Minutes => {
                let [traditional, simplified, english] = duration(missing);
                [
                    format!("還差 {traditional}{hant}"),
                    format!("还差 {simplified}{hans}"),
                    format!("{english} of {en} missing"),
                ]
            }
            Unit::Count(traditional, simplified) => [
                format!("還差 {missing} {traditional}{hant}"),
                format!("还差 {missing} {simplified}{hans}"),
                format!("{missing} {en} missing"),
            ],
        })
    }
}

/// Minutes in words; nothing is rounded away.
fn duration(minutes: u64) -> [String; 3] {
    match (minutes / 60, minutes % 60) {
        (0, rest) => [format!("{rest} 分鐘"), format!("{rest} 分钟"), format!("{rest} min")],
        (hours, 0) => [format!("{hours} 小時"), format!("{hours} 小时"), format!("{hours} h")],
        (hours, rest) => [
            format!("{hours} 小時 {rest} 分鐘"),
            format!("{hours} 小时 {rest} 分钟"),
            format!("{hours} h {rest} min"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_words() {
        let need = |measure, has, needs| Need { measure, has, needs }.sentences();
        let [hant, hans, en] = need(Measure::VolunteerMinutesPerMember, 0, 240).unwrap();
        assert_eq!(hant, "還差 4 小時志願服務");
        assert_eq!(hans, "还差 4 小时志愿服务");
        assert_eq!(en, "4 h of volunteer service missing");
        assert_eq!(need(Measure::LearningMinutesPerMember, 10, 85).unwrap()[0], "還差 1 小時 15 分鐘學習");
        assert_eq!(need(Measure::SessionsTogether, 1, 2).unwrap()[0], "還差 1 場家庭共學");
        assert_eq!(need(Measure::Results, 1, 1), None);
    }
}
