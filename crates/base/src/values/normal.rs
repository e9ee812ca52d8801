//! The normal form of every text, by the `format` of its schema.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::{
    CatalogueCode, DecimalText, Division, HandlingCode, ImplementationCode, ItemCode, Key, Uscc, code::fold,
    digest::is_sha256, hours, latitude, longitude,
};
use crate::problem::Wrong;

/// Plain text as the register stores it: NFC, surrounding space trimmed, without what nobody sees, no control characters but line
/// breaks.
fn text(text: &str) -> Result<String, Wrong> {
    let text: String = qingdan_characters::text(text).nfc().collect();
    match text.chars().any(is_hidden) {
        true => Err(Wrong::ControlCharacter),
        false => Ok(text),
    }
}

/// Nobody sees it, and what stands around it is no longer read as it is written: controls, embeddings and overrides of the
/// direction of writing (UAX 9), what XML cannot say. Marks of direction turn nothing and are left alone.
pub fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    }
}

/// A text of others as one line of a terminal or of a log: what nobody sees, and what ends lines or turns the direction of writing, is
/// written as in a string of JSON.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_escaped) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_escaped(c) {
            true => line.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => line.push(c),
        }
    }
    line.into()
}

fn is_escaped(c: char) -> bool {
    is_hidden(c) || matches!(c, '\n' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// The normal form of a string whose schema has this `format`, or what is wrong with it.
pub fn normalise(format: Option<&str>, value: &str) -> Result<String, Wrong> {
    match format {
        Some("uscc") => Uscc::parse(value).map(String::from),
        Some("division") => Division::parse(value).map(String::from),
        Some("catalogue-code") => CatalogueCode::parse(value).map(String::from),
        Some("implementation-code") => ImplementationCode::parse(value).map(String::from),
        Some("handling-code") => HandlingCode::parse(value).map(String::from),
        Some("item-code") => ItemCode::parse(value).map(String::from),
        Some("key") => Key::parse(value).map(String::from),
        Some("decimal") => DecimalText::parse(value).map(String::from),
        Some("longitude") => longitude(value),
        Some("latitude") => latitude(value),
        Some("date") => date(value),
        Some("time-of-day") => hours::time_of_day(value),
        Some("month-day") => hours::month_day(value),
        Some("uri-reference") => uri_reference(value),
        Some("identifier") => formed(value, Wrong::IdentifierForm, |c| c.is_ascii_lowercase() || c == '_', 1..=32),
        Some("username") => username(value),
        // Spaces around a password are part of it.
        Some("password") => Ok(value.nfkc().collect()),
        Some("postcode") => formed(value, Wrong::PostcodeForm, |c| c.is_ascii_digit(), 6..=6),
        _ => text(value),
    }
}

fn formed(
    value: &str,
    form: Wrong,
    allowed: impl Fn(char) -> bool,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<String, Wrong> {
    let value = fold(value);
    match lengths.contains(&value.len()) && value.chars().all(allowed) {
        true => Ok(value),
        false => Err(form),
    }
}

fn date(value: &str) -> Result<String, Wrong> {
    let value = fold(value);
    let form = || Wrong::DateForm;
    let date: chrono::NaiveDate = value.parse().map_err(|_| form())?;
    match value.len() == 10 && (1900..=2200).contains(&chrono::Datelike::year(&date)) {
        true => Ok(value),
        false => Err(form()),
    }
}

/// A username: Latin letters without case, digits, Han characters, and marks inside. Other scripts are left out, because
/// some of their letters cannot be told from Latin ones.
fn username(value: &str) -> Result<String, Wrong> {
    let value: String = value.trim().nfkc().flat_map(char::to_lowercase).collect();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || ('\u{4e00}'..='\u{9fff}').contains(&c);
    let begins = value.chars().next().is_some_and(is_letter);
    let allowed = value.chars().all(|c| is_letter(c) || matches!(c, '.' | '_' | '-' | '@'));
    match begins && allowed && (2..=64).contains(&value.chars().count()) {
        true => Ok(value),
        false => Err(Wrong::UsernameForm),
    }
}

/// A web address, or a file of the register. An address without a host is none (RFC 9110, 4.2.1).
fn uri_reference(value: &str) -> Result<String, Wrong> {
    let value = qingdan_characters::visible(value);
    let value = value.trim();
    let clean = !value.chars().any(|c| c.is_whitespace() || is_hidden(c)) && value.len() <= 2000;
    match clean && (value.strip_prefix("https://").is_some_and(is_of_a_host) || is_file(value)) {
        true => Ok(value.into()),
        false => Err(Wrong::UrlForm),
    }
}

fn is_of_a_host(rest: &str) -> bool {
    rest.contains('.') && !rest.starts_with(['/', '\\', '?', '#'])
}

fn is_file(value: &str) -> bool {
    value.strip_prefix("/v1/files/").is_some_and(is_sha256)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Language;

    #[test]
    fn a_text_of_others_is_one_line_that_moves_no_cursor_and_turns_no_text() {
        let painted = "x\u{1b}[2K\rproven: \u{202e}北京市\u{9b}8m\u{7f}\nqingdan: \u{200f}ok\t";
        let shown = "x\\u001b[2K\\u000dproven: \\u202e北京市\\u009b8m\\u007f\\u000aqingdan: \\u200fok\t";
        assert_eq!(escaped(painted), shown);
        assert!(matches!(escaped("办事指南 a b\tc"), Cow::Borrowed(_)));
    }

    #[test]
    fn text_is_composed_trimmed_and_free_of_control_characters() {
        assert_eq!(text(" a\u{0301}\r\nb ").expect("text"), "á\nb");
        assert_eq!(text("\u{feff}少\u{200b}年⼉\u{202a}童\u{202c}\u{a0}a\r").expect("text"), "少年儿童 a");
        assert_eq!(text("\u{f9e4}⽥").expect("text"), "理田", "ideographs for compatibility and for radicals");
        for hidden in ["a\u{0}b", "a\u{202e}b", "\u{2067}a", "a\u{ffff}b"] {
            assert_eq!(text(hidden), Err(Wrong::ControlCharacter), "{hidden:?}");
        }
        assert_eq!(text("שלום\u{200f}, ٤").expect("text"), "שלום\u{200f}, ٤");
    }

    #[test]
    fn the_example_in_the_words_about_a_form_is_of_that_form() {
        for (format, wrong) in [
            ("uscc", Wrong::UsccForm),
            ("division", Wrong::DivisionForm),
            ("catalogue-code", Wrong::CatalogueCodeForm),
            ("implementation-code", Wrong::ImplementationCodeForm),
            ("item-code", Wrong::ImplementationCodeForm),
            ("handling-code", Wrong::HandlingCodeForm),
            ("key", Wrong::KeyForm),
            ("date", Wrong::DateForm),
            ("time-of-day", Wrong::TimeForm),
            ("month-day", Wrong::MonthDayForm),
            ("uri-reference", Wrong::UrlForm),
            ("identifier", Wrong::IdentifierForm),
            ("username", Wrong::UsernameForm),
            ("postcode", Wrong::PostcodeForm),
        ] {
            let (chinese, english) = (wrong.text(Language::Chinese), wrong.text(Language::English));
            let (_, example) = chinese.rsplit_once("例如 ").expect("it shows an example");
            assert_eq!(english.rsplit_once("such as ").map(|(_, example)| example), Some(example), "{format}");
            assert_eq!(normalise(Some(format), example), Ok(example.to_owned()), "{format}");
            assert_eq!(normalise(Some(format), "?").map_err(|wrong| wrong.code()), Err("bad-format"), "{format}");
        }
    }

    #[test]
    fn a_username_has_no_case_and_only_letters_that_nobody_confuses() {
        assert_eq!(normalise(Some("username"), " Ｌi.Ming@Town-1 "), Ok("li.ming@town-1".into()));
        assert_eq!(normalise(Some("username"), "李明"), Ok("李明".into()));
        for wrong in ["", "a", ".li", "li ming", "аdmin", "li/../x", "li\nx", "a#b"] {
            assert!(normalise(Some("username"), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_keeps_its_spaces_and_is_the_same_however_it_is_typed() {
        assert_eq!(normalise(Some("password"), " Ａe\u{301} "), Ok(" A\u{e9} ".into()));
    }

    #[test]
    fn only_web_addresses_and_files_of_the_register_are_links() {
        assert!(uri_reference("https://qingdan.example/a.pdf").is_ok());
        assert!(uri_reference(&format!("/v1/files/{}", "0".repeat(64))).is_ok());
        for wrong in
            ["http://a.example", "javascript:alert(1)", "https://", "https:///a.b", "/v1/files/../x", "https://a b.c"]
        {
            assert!(uri_reference(wrong).is_err(), "{wrong}");
        }
    }
}
