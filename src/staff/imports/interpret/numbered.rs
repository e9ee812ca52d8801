//! Numbered lists in one cell: on lines of their own, or one after the other on one line, as exports leave them that lose line breaks.

use serde_json::Value;

use super::normalise_cell::lines;

/// A way to number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// `1.` `1．` `1、` `1。`
    Figure,
    /// `（1）` `(1)` `1）`
    FigureInBrackets,
    /// `一、` `一．`
    Word,
    /// `（一）`
    WordInBrackets,
    /// `①`
    Circled,
}

/// The elements of a cell that lists several things.
#[derive(Debug, PartialEq, Eq)]
pub struct Elements {
    /// The elements, without their numbers.
    pub texts: Vec<String>,
    /// What was made of the numbers within lines.
    pub within_lines: WithinLines,
}

/// What was made of numbers that stand within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithinLines {
    /// There are none.
    Nothing,
    /// They run from the first on without a gap: an element begins at each.
    Split,
    /// They do not: the line is one element.
    Whole,
}

/// Takes a cell apart. Where numbers run from the first on without a gap, an element begins at each; else at each line with a
/// number, and lines without one go on with the one before.
pub fn elements(text: &str) -> Elements {
    let text = lines(text);
    let marks = marks(&text);
    let inside =
        marks.iter().any(|mark| mark.at > 0 && !text[..mark.at].trim_end_matches([' ', '\u{3000}']).ends_with('\n'));
    if marks.len() > 1 && marks.iter().zip(1..).all(|(mark, number)| mark.number == number) {
        let ends = marks.iter().skip(1).map(|mark| mark.at).chain([text.len()]);
        let texts = marks.iter().zip(ends).map(|(mark, end)| text[mark.end..end].trim().to_owned());
        let within_lines = if inside { WithinLines::Split } else { WithinLines::Nothing };
        return Elements { texts: texts.collect(), within_lines };
    }
    Elements { texts: of_lines(&text), within_lines: if inside { WithinLines::Whole } else { WithinLines::Nothing } }
}

/// Takes a cell apart beside the elements that the register has, texts or objects with one. Where one of these has numbers within it
/// itself, an element begins only at a line: nobody can tell the numbers of the list from its own.
pub fn elements_beside(text: &str, now: &[Value]) -> Elements {
    let own =
        |element: &Value| element.as_str().or_else(|| element.get("text")?.as_str()).is_some_and(is_numbered_within);
    let elements = elements(text);
    match elements.within_lines == WithinLines::Split && now.iter().any(own) {
        true => Elements { texts: of_lines(&lines(text)), within_lines: WithinLines::Whole },
        false => elements,
    }
}

/// Whether a text has numbers in it where a sentence may begin, as lists have.
fn is_numbered_within(text: &str) -> bool {
    let mut before = None;
    text.char_indices().any(|(at, c)| {
        let begins = before.replace(c).is_some_and(begins_sentence);
        let mark = text.get(at..).filter(|_| begins || ('①'..='⑳').contains(&c)).and_then(read_mark);
        mark.is_some()
    })
}

/// Whether a sentence may begin behind a character.
fn begins_sentence(c: char) -> bool {
    c.is_whitespace() || "。；;，,、：:！!？?）)".contains(c)
}

/// A number that may begin an element.
struct Mark {
    at: usize,
    end: usize,
    number: u32,
}

/// Finds the numbers in the style with which a text begins, where a sentence may begin.
fn marks(text: &str) -> Vec<Mark> {
    let Some((first, style)) = mark_at(text, 0, None) else { return Vec::new() };
    let mut marks = vec![first];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let begins = before.is_some_and(begins_sentence);
        let is_free = marks.last().is_none_or(|last| at >= last.end);
        if is_free
            && (begins || style == Style::Circled)
            && let Some((mark, _)) = mark_at(text, at, Some(style))
        {
            marks.push(mark);
        }
        before = Some(c);
    }
    marks
}

fn mark_at(text: &str, at: usize, wanted: Option<Style>) -> Option<(Mark, Style)> {
    let rest = text.get(at..)?;
    let (style, number, length) = read_mark(rest)?;
    wanted.is_none_or(|wanted| wanted == style).then_some((Mark { at, end: at + length, number }, style))
}

/// Reads a number with its mark: style, number, bytes.
fn read_mark(text: &str) -> Option<(Style, u32, usize)> {
    let first = text.chars().next()?;
    if ('①'..='⑳').contains(&first) {
        return Some((Style::Circled, u32::from(first) - u32::from('①') + 1, first.len_utf8()));
    }
    let inner = text.strip_prefix(['（', '(']).unwrap_or(text);
    let opened = inner.len() < text.len();
    let (number, is_figure, rest) = number(inner)?;
    let mark = rest.chars().next()?;
    let closed = matches!(mark, '）' | ')');
    let style = match (is_figure, opened, closed) {
        (true, _, true) => Style::FigureInBrackets,
        (false, true, true) => Style::WordInBrackets,
        (true, false, false) if ".．、。".contains(mark) => Style::Figure,
        (false, false, false) if ".．、".contains(mark) => Style::Word,
        _ => return None,
    };
    let after = &rest[mark.len_utf8()..];
    // An amount, such as 2.5, is none.
    let is_amount = style == Style::Figure && after.starts_with(|c: char| c.is_ascii_digit());
    (!is_amount).then_some((style, number, text.len() - after.len()))
}

/// Reads a number below a hundred, in figures or in Chinese: the number, whether in figures, the rest.
fn number(text: &str) -> Option<(u32, bool, &str)> {
    let figure =
        |c: char| c.to_digit(10).or_else(|| ('０'..='９').contains(&c).then(|| u32::from(c) - u32::from('０')));
    let digits: Vec<u32> = text.chars().map_while(figure).collect();
    if !digits.is_empty() {
        let rest = text.trim_start_matches(|c| figure(c).is_some());
        let number = || digits.iter().fold(0, |sum, digit| sum * 10 + digit);
        return (digits.len() <= 2).then(|| (number(), true, rest));
    }
    const WORDS: &str = "一二三四五六七八九十";
    let word: Vec<u32> =
        text.chars().map_while(|c| WORDS.chars().zip(1..).find(|(word, _)| *word == c)).map(|(_, n)| n).collect();
    let number = match word[..] {
        [digit] => digit,
        [10, digit] if digit < 10 => 10 + digit,
        [tens, 10] if tens < 10 => tens * 10,
        [tens, 10, digit] if tens < 10 && digit < 10 => tens * 10 + digit,
        _ => return None,
    };
    Some((number, false, text.trim_start_matches(|c| WORDS.contains(c))))
}

/// Takes a text apart at the lines that begin with a number, in whatever style and order.
fn of_lines(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let numbered = read_mark(line).map(|(_, _, length)| line[length..].trim());
        match (numbered, found.last_mut()) {
            (Some(rest), _) => found.push(rest.to_owned()),
            (None, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            (None, None) => found.push(line.to_owned()),
        }
    }
    found
}

/// Writes elements as a numbered list with a line for each.
pub fn written(texts: &[String]) -> String {
    let lines: Vec<_> = texts.iter().zip(1..).map(|(text, number)| format!("{number}.{text}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lists_in_a_cell_are_taken_apart() {
        for (text, expected, within) in [
            ("1.受理责任：甲\n2.审查责任：乙；\n丙", vec!["受理责任：甲", "审查责任：乙；\n丙"], WithinLines::Nothing),
            ("１．甲\r\n（2）乙", vec!["甲", "乙"], WithinLines::Nothing),
            ("2016年以来的规定", vec!["2016年以来的规定"], WithinLines::Nothing),
            ("", vec![], WithinLines::Nothing),
            ("1、甲。2、乙。3、丙。", vec!["甲。", "乙。", "丙。"], WithinLines::Split),
            ("1.甲的；2.乙的；3.丙", vec!["甲的；", "乙的；", "丙"], WithinLines::Split),
            ("（一）甲；（二）乙", vec!["甲；", "乙"], WithinLines::Split),
            ("一、甲。二、乙", vec!["甲。", "乙"], WithinLines::Split),
            ("①甲②乙③丙", vec!["甲", "乙", "丙"], WithinLines::Split),
            ("1)甲；2)乙", vec!["甲；", "乙"], WithinLines::Split),
            ("1.甲 2.乙\n3.丙", vec!["甲", "乙", "丙"], WithinLines::Split),
            ("1.收费；2.5元的\n2.乙", vec!["收费；2.5元的", "乙"], WithinLines::Nothing),
            ("1.甲\n（1）子\n2.乙", vec!["甲\n（1）子", "乙"], WithinLines::Nothing),
            ("1.甲；3.丙", vec!["甲；3.丙"], WithinLines::Whole),
            ("1.甲：1.子；2.子", vec!["甲：1.子；2.子"], WithinLines::Whole),
            ("依照第1.2条；2.乙", vec!["依照第1.2条；2.乙"], WithinLines::Nothing),
        ] {
            let found = elements(text);
            assert_eq!(
                (found.texts, found.within_lines),
                (expected.iter().map(|text| (*text).to_owned()).collect(), within),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_register_has_as_one_does_not_fall_apart() {
        let clause = |text: &str| serde_json::json!({ "seq": 1, "text": text });
        let now = [clause("依照下列规定：办理甲。2.办理乙"), clause("丙")];
        for (text, expected) in [
            ("1.依照下列规定：办理甲（改）。2.办理乙\n2.丙", vec!["依照下列规定：办理甲（改）。2.办理乙", "丙"]),
            ("1.依照新的规定。2.办理乙", vec!["依照新的规定。2.办理乙"]),
            ("1.甲\n2.乙", vec!["甲", "乙"]),
        ] {
            assert_eq!(elements_beside(text, &now).texts, expected, "{text}");
        }
        assert_eq!(elements_beside("1.甲；2.乙", &[clause("甲")]).texts, ["甲；", "乙"]);
        assert_eq!(elements_beside("1.甲；2.乙", &[Value::from("甲；2.乙")]).within_lines, WithinLines::Whole);
    }

    proptest! {
        #[test]
        fn an_element_of_the_register_is_one_however_it_is_edited(
            parts in proptest::collection::vec("[甲乙丙丁]{1,4}", 2..5), edit in "[甲乙丙丁]{1,3}", style in 0_usize..3,
        ) {
            let mark = |number: usize| ["2.", "（2）", "②"][style].replace('2', &number.to_string());
            let inside: Vec<_> = parts.iter().zip(2..).map(|(part, number)| format!("{part}；{}", mark(number))).collect();
            let own = inside.concat();
            let edited = format!("1.{own}{edit}\n2.{edit}");
            let now = [Value::from(own), Value::from("戊")];
            let found = elements_beside(&edited, &now);
            prop_assert_eq!(found.texts.len(), 2, "{}", edited);
        }

        #[test]
        fn a_list_is_read_back_however_its_elements_are_parted(
            texts in proptest::collection::vec("[甲乙丙丁]{1,6}", 2..12), style in 0_usize..5, end in "[。；\n]",
        ) {
            let word = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"];
            let mark = |at: usize| match style {
                0 => format!("{}.", at + 1),
                1 => format!("（{}）", at + 1),
                2 => format!("{}、", word[at]),
                3 => format!("（{}）", word[at]),
                _ => char::from_u32(0x2460 + u32::try_from(at).expect("small")).expect("a figure").to_string(),
            };
            let text: String = texts.iter().enumerate().map(|(at, text)| format!("{}{text}{end}", mark(at))).collect();
            let found: Vec<_> = elements(&text).texts.iter().map(|text| text.trim_end_matches(['。', '；']).to_owned()).collect();
            prop_assert_eq!(found, texts);
        }

        #[test]
        fn no_text_panics_and_no_word_is_lost(text in "[1-9一二十（）().、。；甲乙① \n]{0,40}") {
            let kept: String = elements(&text).texts.concat();
            let words = |text: &str| text.chars().filter(|c| "甲乙".contains(*c)).count();
            prop_assert_eq!(words(&kept), words(&text));
        }
    }
}
