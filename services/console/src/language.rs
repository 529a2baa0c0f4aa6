//! The three languages of the pages, and texts that exist in all of them.

use creditbank_grpc::proto::LocalizedText;

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// 繁體中文.
    #[default]
    Hant,
    /// 简体中文.
    Hans,
    /// English.
    En,
}

impl Language {
    /// All of them, in the order of the switch.
    pub(crate) const ALL: [Language; 3] = [Language::Hant, Language::Hans, Language::En];

    /// The tag of BCP 47, as in `lang`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Language::Hant => "zh-Hant",
            Language::Hans => "zh-Hans",
            Language::En => "en",
        }
    }

    /// What the language calls itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Language::Hant => "繁體中文",
            Language::Hans => "简体中文",
            Language::En => "English",
        }
    }

    /// The language of a tag; none of others.
    pub(crate) fn parse(tag: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.tag() == tag)
    }

    /// Of 繁體中文, 简体中文 and English the one in this language.
    pub(crate) fn of<T>(self, [hant, hans, en]: [T; 3]) -> T {
        match self {
            Language::Hant => hant,
            Language::Hans => hans,
            Language::En => en,
        }
    }

    /// A text of the console.
    pub(crate) fn say(self, text: Text) -> &'static str {
        self.of([text.hant, text.hans, text.en])
    }

    /// A text of the ledger; 繁體中文 where it lacks this language.
    pub(crate) fn said(self, text: Option<&LocalizedText>) -> &str {
        let Some(text) = text else { return "" };
        let own = self.of([&text.hant, &text.hans, &text.en]);
        if own.is_empty() { &text.hant } else { own }
    }
}

/// A text of the console, in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) hant: &'static str,
    pub(crate) hans: &'static str,
    pub(crate) en: &'static str,
}

/// The texts of a page, a row each: 繁體中文, 简体中文, English. A test of the page holds that no cell is empty, and that
/// the two scripts were not taken for each other.
macro_rules! texts {
    ($($visible:vis $name:ident = $hant:literal, $hans:literal, $en:literal;)+) => {
        $($visible const $name: $crate::language::Text =
            $crate::language::Text { hant: $hant, hans: $hans, en: $en };)+

        #[cfg(test)]
        mod complete {
            #[test]
            fn no_text_lacks_a_language() {
                for text in [$(super::$name),+] {
                    text.check();
                }
            }
        }
    };
}
pub(crate) use texts;

#[cfg(test)]
impl Text {
    /// Fails where a language is missing or in the other script.
    pub(crate) fn check(self) {
        const TRADITIONAL: &str = "學這個區員會錄號總數說請為無應開關間題標時與從後憑證權據該認讀寫選擇週頁檢查審稱對課講師業產類別級統計報書戶歷內單";
        const SIMPLIFIED: &str = "学这个区员会录号总数说请为无应开关间题标时与从后凭证权据该认读写选择周页检查审称对课讲师业产类别级统计报书户历内单";
        // Characters that both scripts write alike tell nothing.
        let told = |one: char, (a, b): (char, char)| a != b && one == a;
        let wrong = |text: &str, foreign: &str, own: &str| {
            text.chars().find(|c| foreign.chars().zip(own.chars()).any(|pair| told(*c, pair)))
        };
        assert!(![self.hant, self.hans, self.en].iter().any(|text| text.trim().is_empty()), "{self:?}");
        assert_eq!(wrong(self.hans, TRADITIONAL, SIMPLIFIED), None, "{self:?}");
        assert_eq!(wrong(self.hant, SIMPLIFIED, TRADITIONAL), None, "{self:?}");
    }
}
