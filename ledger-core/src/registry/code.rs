//! Code lists: kinds, subjects, audiences, campaigns, programmes and more. The ledger opens with the lists of
//! `codes.toml`; a district defines more codes as events.

use crate::entry::Form;
use crate::id::Code;
use crate::name::Name;
use crate::quantity::Position;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! code_lists {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// The lists.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum CodeList { $($(#[$doc])* $variant,)* }

        impl CodeList {
            /// All lists.
            pub const ALL: &'static [CodeList] = &[$(CodeList::$variant,)*];

            /// The list's name in resource names.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(CodeList::$variant => $text,)* }
            }

            /// Finds a list by name.
            #[must_use]
            pub fn parse(text: &str) -> Option<CodeList> {
                Self::ALL.iter().copied().find(|list| list.as_str() == text)
            }
        }
    };
}

code_lists! {
    /// Kinds of entries; each is of one form.
    Kinds = "kinds";
    /// Subjects (健康教育, 科普教育 …).
    Subjects = "subjects";
    /// Audiences (老年人, 青少年 …).
    Audiences = "audiences";
    /// Campaigns (全民終身學習活動周 …).
    Campaigns = "campaigns";
    /// Programmes (六大工程 …).
    Programmes = "programmes";
    /// Lecture series.
    Series = "series";
    /// Venues.
    Venues = "venues";
    /// Contests.
    Contests = "contests";
    /// Kinds of youth practice.
    Practices = "practices";
    /// Household titles.
    Titles = "titles";
    /// What credit is redeemed for.
    Rewards = "rewards";
}

impl fmt::Display for CodeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name in the three languages of the users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// 繁體中文.
    pub hant: Name,
    /// 简体中文.
    pub hans: Name,
    /// English.
    pub en: Name,
}

/// A code was defined, or its names or form changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedCode {
    /// The list.
    pub list: CodeList,
    /// The code.
    pub code: Code,
    /// Its names.
    pub names: Names,
    /// The form of entries of this kind; in the list `kinds` only.
    #[serde(default)]
    pub form: Option<Form>,
}

/// The state of a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeRecord {
    /// As last defined.
    pub code: DefinedCode,
    /// Where it was last defined.
    pub defined_at: Position,
}

#[derive(Deserialize)]
struct CodeFile {
    codes: Vec<DefinedCode>,
}

/// The codes every ledger opens with.
///
/// # Errors
/// If the shipped file is malformed; a test holds that it is not.
pub fn default_codes() -> Result<Vec<DefinedCode>, toml::de::Error> {
    toml::from_str::<CodeFile>(include_str!("codes.toml")).map(|file| file.codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_codes_parse_and_every_form_has_its_kind() {
        let codes = default_codes().unwrap();
        for form in Form::ALL {
            let kind = codes.iter().find(|c| c.list == CodeList::Kinds && c.form == Some(*form));
            assert_eq!(kind.map(|k| &k.code), Some(&form.default_kind()), "{form:?}");
        }
    }
}
