//! Characters that come along when a text is copied from web pages, chats, Word or PDF, and that nobody sees or tells from
//! others: one folding for cells, bodies of records and search.
//!
//! [`visible`] takes away what nobody sees and puts ideographs for radicals that look like them; [`text`] makes one form of
//! spaces and ends of lines, too; [`code`] makes one width of what codes, figures and dates are made of, too. What was garbled when
//! it was read in a wrong encoding cannot be mended: [`garbled`] finds it.

mod garbled;
mod radicals;

pub use garbled::{garbled, private};
pub use radicals::ideograph;

use std::borrow::Cow;

/// Whether nobody sees the character: zero-width spaces, joiners and byte order marks, soft hyphens, marks, embeddings and overrides of
/// the direction of writing, fillers, variation selectors, tags.
pub fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether the character turns the direction of writing of what stands after it: without it, the text would read otherwise.
fn turns(c: char) -> bool {
    matches!(c, '\u{202b}' | '\u{202e}' | '\u{2067}')
}

/// Whether the character means something beside letters that it joins or turns: marks of direction, joiners, the look of a sign.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200c}'..='\u{200f}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Whether such marks mean something beside this character: scripts that are joined or written from the right, and pictures.
fn takes_marks(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{900}'..='\u{109f}' | '\u{1780}'..='\u{18af}' | '\u{2600}'..='\u{27bf}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{1f000}'..='\u{1faff}')
        && !is_unseen(c)
}

/// The text as it is seen: without the characters that nobody sees, and with ideographs for radicals that look like them. What turns the
/// direction of writing stays, to be refused; marks stay beside letters that need them.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| is_unseen(c) || ideograph(c) != c) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    let mut before = None;
    // Where the run of unseen characters ends, and whether marks mean something to what comes behind it: each run is looked through once.
    let mut behind = (0, false);
    for (at, c) in text.char_indices() {
        if turns(c) {
            seen.push(c);
        } else if !is_unseen(c) {
            seen.push(ideograph(c));
            before = Some(c);
        } else if is_mark(c) {
            if at >= behind.0 {
                let next = text[at..].char_indices().find(|(_, next)| !is_unseen(*next));
                behind = next.map_or((text.len(), false), |(far, next)| (at + far, takes_marks(next)));
            }
            if before.is_some_and(takes_marks) || behind.1 {
                seen.push(c);
            }
        }
    }
    Cow::Owned(seen)
}

/// The text with spaces and ends of lines of one form, none of them around it. Ideographic spaces inside it stay: they set paragraphs
/// apart.
pub fn text(text: &str) -> String {
    let seen = visible(text);
    let mut one = String::with_capacity(seen.len());
    let mut characters = seen.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => one.push('\n'),
            '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => one.push(' '),
            c => one.push(c),
        }
    }
    one.trim().to_owned()
}

/// A code, figure, date or word of a list in the form in which keyboards write it: letters, digits and signs of full
/// width, digits of formulas, hyphens and minus signs; without space around.
pub fn code(text: &str) -> String {
    let seen = visible(text);
    seen.trim().chars().map(narrow).collect()
}

fn narrow(c: char) -> char {
    match c {
        '\u{3000}' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{fe63}' => '-',
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_digit((c as u32 - 0x1d7ce) % 10, 10).unwrap_or(c),
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_away() {
        for unseen in [
            "\u{200b}",
            "\u{feff}",
            "\u{ad}",
            "\u{200c}",
            "\u{200d}",
            "\u{200e}",
            "\u{200f}",
            "\u{61c}",
            "\u{202a}",
            "\u{202c}",
            "\u{202d}",
            "\u{2060}",
            "\u{2063}",
            "\u{2066}",
            "\u{2068}",
            "\u{2069}",
            "\u{fe0f}",
            "\u{fe00}",
            "\u{e0100}",
            "\u{3164}",
            "\u{34f}",
            "\u{fff9}",
            "\u{e0041}",
            "\u{200b}\u{feff}",
        ] {
            assert_eq!(visible(&format!("少{unseen}年")), "少年", "{unseen:?}");
            assert_eq!(text(&format!("{unseen} 少年{unseen}\u{3000}")), "少年", "{unseen:?}");
            assert_eq!(code(&format!("11{unseen}35\u{a0}{unseen}")), "1135", "{unseen:?}");
        }
    }

    #[test]
    fn what_turns_the_text_stays_to_be_refused_and_marks_stay_where_they_mean_something() {
        for kept in [
            "a\u{202e}b",
            "\u{2067}a",
            "a\u{202b}b",
            "שלום\u{200f}, ٤",
            "می\u{200c}روم",
            "👨\u{200d}👩",
            "❤\u{fe0f}",
            "ᠠ\u{180b}",
        ] {
            assert_eq!(visible(kept), kept);
        }
        assert!(matches!(visible("少年\u{3000}abc"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_run_of_marks_is_looked_through_once() {
        let marks = "\u{200d}".repeat(1 << 20);
        assert_eq!(visible(&format!("甲{marks}乙")), "甲乙");
        assert_eq!(
            visible(&format!("甲{marks}ש")).len(),
            "甲ש".len() + marks.len(),
            "they stay before a letter that takes them"
        );
    }

    #[test]
    fn radicals_are_the_ideographs_that_they_look_like() {
        for (radicals, ideographs) in [
            ("⼉童", "儿童"),
            ("⼦⼥", "子女"),
            ("⾃然⼈", "自然人"),
            ("⼯作⽇", "工作日"),
            ("⽤⼾", "用户"),
            ("⾏政", "行政"),
            ("⻔牌", "门牌"),
            ("⻓乐", "长乐"),
            ("⻢尾", "马尾"),
            ("⻅证", "见证"),
            ("⻋辆", "车辆"),
            ("⺠政", "民政"),
            ("⻝品", "食品"),
            ("⻩⽯", "黄石"),
        ] {
            assert_eq!(text(radicals), ideographs);
            assert_eq!(code(radicals), ideographs);
        }
    }

    #[test]
    fn spaces_and_ends_of_lines_have_one_form() {
        for (written, one) in [
            ("a\u{a0}b", "a b"),
            ("a\u{2003}b", "a b"),
            ("a\u{202f}b", "a b"),
            ("\u{3000}a\u{3000}b\u{3000}", "a\u{3000}b"),
            ("a\r\nb", "a\nb"),
            ("a\rb", "a\nb"),
            ("a\u{b}b", "a\nb"),
            ("a\u{2028}b", "a\nb"),
            ("a\u{2029}b", "a\nb"),
            ("a\u{85}b", "a\nb"),
            ("\u{feff} a\u{200b} ", "a"),
        ] {
            assert_eq!(text(written), one, "{written:?}");
        }
    }

    #[test]
    fn codes_have_one_width() {
        for (written, one) in [
            ("１１３５Ｂ", "1135B"),
            ("0591－26000001", "0591-26000001"),
            ("0591–26000001", "0591-26000001"),
            ("−5", "-5"),
            ("𝟏𝟐", "12"),
            ("2016‐12‑20", "2016-12-20"),
            ("２０．５", "20.5"),
            ("\u{a0}12\u{3000}", "12"),
            ("20\u{200b}个⼯作⽇", "20个工作日"),
            ("a\u{a0}b", "a b"),
        ] {
            assert_eq!(code(written), one, "{written:?}");
        }
        // Digits that say something else stay as they are.
        assert_eq!(code("5² ①"), "5² ①");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(written in any::<String>(), odd in "[ \u{200b}-\u{200f}\u{202a}-\u{202e}א٤a⼉\u{fe0f}❤\r\n]{0,12}") {
            for written in [written, odd] {
                let once = text(&written);
                prop_assert_eq!(text(&once), once);
                let once = code(&written);
                prop_assert_eq!(code(&once), once);
                let once = visible(&written).into_owned();
                prop_assert_eq!(visible(&once), once.as_str());
            }
        }
    }
}
