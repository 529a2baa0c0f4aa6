//! The two languages that journeys are made in.

/// A word in 繁體中文 and in English.
pub(crate) type Word = [&'static str; 2];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Hant,
    English,
}

impl Language {
    pub(crate) const BOTH: [Language; 2] = [Language::Hant, Language::English];

    pub(crate) fn tag(self) -> &'static str {
        self.say(["zh-Hant", "en"])
    }

    pub(crate) fn say(self, [hant, english]: Word) -> &'static str {
        match self {
            Language::Hant => hant,
            Language::English => english,
        }
    }
}
