//! The two languages of problems and pages, and a sentence in both.

use std::fmt;

use crate::preference::weighted;

/// The language of titles and details: Chinese unless the client asks for English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// zh-CN
    #[default]
    Chinese,
    /// en
    English,
}

impl Language {
    /// The language that an `Accept-Language` header prefers (RFC 9110 §12.5.4); Chinese when it names neither.
    pub fn of(accept_language: Option<&str>) -> Self {
        let Some(header) = accept_language else { return Self::Chinese };
        let mut best = (0.0_f32, Self::Chinese);
        for (tag, quality) in weighted(header) {
            let language = match tag.split('-').next() {
                Some("en") => Self::English,
                Some("zh") => Self::Chinese,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The one of two texts that is in this language.
    pub fn choose<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Chinese.
    pub chinese: String,
    /// English.
    pub english: String,
}

impl Detail {
    /// A text that reads the same in both languages: a code, a figure, a date.
    pub fn same(text: impl fmt::Display) -> Self {
        Self { chinese: text.to_string(), english: text.to_string() }
    }

    /// A text that reads differently in each language.
    pub fn new(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { chinese: chinese.into(), english: english.into() }
    }

    /// The sentence in this language.
    pub fn text(&self, language: Language) -> &str {
        language.choose(&self.chinese, &self.english)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_liked_of_our_languages_is_chosen() {
        assert_eq!(Language::of(None), Language::Chinese);
        assert_eq!(Language::of(Some("fr, en;q=0.5")), Language::English);
        assert_eq!(Language::of(Some("en;q=0.3, zh-TW;q=0.8")), Language::Chinese);
        assert_eq!(Language::of(Some("en-GB")), Language::English);
    }
}
