//! Titles of legal instruments as they are written: with 《》, with a note on their version, with the number of the document.

use unicode_normalization::UnicodeNormalization;

/// Words of a note on the version of a text.
const VERSION: [&str; 8] = ["修正", "修订", "修改", "公布", "发布", "施行", "试行", "年版"];

/// A title, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Spelled {
    /// The title alone, as titles are compared.
    pub title: String,
    /// The number of the document, where it is said.
    pub number: Option<String>,
}

impl Spelled {
    /// Takes a title apart.
    pub fn of(text: &str) -> Self {
        let mut title = bare(text);
        let mut number = None;
        if let Some((inner, after)) = titled(&title) {
            let after = after.trim_matches(['(', ')']);
            number = Some(after.to_owned()).filter(|after| is_number(after));
            let is_known = number.is_some() || after.is_empty() || VERSION.iter().any(|word| after.contains(word));
            if is_known {
                title = inner.to_owned();
            }
        }
        let mut rest = title.as_str();
        while let Some((before, note)) = rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
            let is_about_number = is_number(note);
            if before.is_empty() || !is_about_number && !VERSION.iter().any(|word| note.contains(word)) {
                break;
            }
            number = number.or(Some(note.to_owned()).filter(|_| is_about_number));
            rest = before;
        }
        let length = rest.len();
        title.truncate(length);
        Self { title, number }
    }
}

/// Whether a text is the number of a document: `国发〔2014〕8号`.
fn is_number(text: &str) -> bool {
    text.ends_with('号') && text.contains(|c: char| c.is_ascii_digit())
}

/// A title as titles are compared: without spaces, of one width.
pub fn bare(title: &str) -> String {
    title.nfkc().filter(|c| !c.is_whitespace()).collect()
}

/// The title between the first 《 of a text that begins with it and its own 》, which may hold others, and what follows.
pub fn titled(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('《') {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '《' => depth += 1,
            '》' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get('《'.len_utf8()..at)?, &text[at + c.len_utf8()..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn notes_and_numbers_are_no_part_of_a_title() {
        for (written, title, number) in [
            ("《森林法》", "森林法", None),
            ("森林法（2019年修订）", "森林法", None),
            ("《森林法》（2019年12月28日修订）", "森林法", None),
            ("《森林法（2019年修订）》", "森林法", None),
            ("《意见》（国发〔2014〕8号）", "意见", Some("国发〔2014〕8号")),
            ("意见（试行）", "意见", None),
            ("意见（一）", "意见(一)", None),
            ("《实施《森林法》办法》", "实施《森林法》办法", None),
            ("实施《森林法》办法", "实施《森林法》办法", None),
            ("（2019年修订）", "(2019年修订)", None),
        ] {
            let expected = Spelled { title: title.into(), number: number.map(str::to_owned) };
            assert_eq!(Spelled::of(written), expected, "{written}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[《》（）()修订0-9号法 ]{0,20}") {
            Spelled::of(&text);
            titled(&text);
        }
    }
}
