//! The text of a header as offices write it: marks of what must be filled in, notes and units in brackets, colons.

use super::normalise_cell;

/// Marks around a header.
const MARKS: [char; 12] = ['*', '＊', '★', '☆', '※', '●', '#', ':', '：', '.', '。', '\u{feff}'];
const OPENING: [char; 6] = ['（', '(', '【', '[', '〔', '［'];
const CLOSING: [char; 6] = ['）', ')', '】', ']', '〕', '］'];
/// Units that a header may say, as they are written behind a number.
const UNITS: [(&str, &str); 9] = [
    ("个工作日", "个工作日"),
    ("工作日", "个工作日"),
    ("自然日", "自然日"),
    ("天", "天"),
    ("日", "日"),
    ("小时", "小时"),
    ("个月", "个月"),
    ("月", "个月"),
    ("元", "元"),
];

/// A cell that may be a header, in the spellings by which it is looked up. Cells below a header are looked at, too, and some are long.
pub struct HeaderText {
    /// The text of the cell.
    pub text: String,
    /// Without spaces.
    pub spaceless: String,
    /// Without marks.
    pub unmarked: String,
    /// Without marks and notes.
    pub bare: String,
}

impl HeaderText {
    /// Spells the text of a cell.
    pub fn of(text: String) -> Self {
        let unmarked = without_marks(&text);
        Self { spaceless: normalise_cell::without_spaces(&text), bare: without_notes(&unmarked), unmarked, text }
    }
}

/// A header without spaces and without marks around it, of one width.
fn without_marks(text: &str) -> String {
    let is_seen = |c: &char| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let seen: String = text.chars().filter(is_seen).collect();
    normalise_cell::plain(&seen).trim_matches(MARKS).to_owned()
}

/// A header without marks and without what stands in brackets.
pub fn bare(text: &str) -> String {
    without_notes(&without_marks(text))
}

fn without_notes(unmarked: &str) -> String {
    let mut depth = 0_usize;
    let mut bare = String::new();
    for c in unmarked.chars() {
        if OPENING.contains(&c) {
            depth += 1;
        } else if CLOSING.contains(&c) {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            bare.push(c);
        }
    }
    bare.trim_matches(MARKS).to_owned()
}

/// The unit that a header says in brackets.
pub fn unit(text: &str) -> Option<&'static str> {
    let text = without_marks(text);
    let notes = text.split(OPENING).skip(1).filter_map(|rest| rest.split(CLOSING).next());
    let said = |note: &str| note.trim_start_matches("单位").trim_start_matches(MARKS).to_owned();
    notes.map(said).find_map(|note| UNITS.iter().find(|(name, _)| *name == note)).map(|(_, unit)| *unit)
}

/// Bytes of a header at most: a longer text is none.
pub const LONGEST: usize = 300;

/// The three of these headers that are most like one.
pub fn nearest<'a>(header: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    if header.len() > LONGEST {
        return Vec::new();
    }
    let header = bare(header);
    let mut known: Vec<(usize, &str)> = known.map(|other| (likeness(&header, other), other)).collect();
    known.retain(|(likeness, _)| *likeness > 0);
    known.sort_unstable();
    known.reverse();
    known.dedup_by_key(|(_, other)| *other);
    known.into_iter().take(3).map(|(_, other)| other).collect()
}

/// How many characters two texts have in common, in thousandths of both.
fn likeness(one: &str, other: &str) -> usize {
    let mut left: Vec<char> = other.chars().collect();
    let all = one.chars().count() + left.len();
    let common = one.chars().filter(|c| match left.iter().position(|other| other == c) {
        Some(place) => {
            left.swap_remove(place);
            true
        }
        None => false,
    });
    (common.count() * 2000).checked_div(all).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_notes_are_no_part_of_a_header() {
        for written in [
            "*事项编码",
            "事项编码*",
            "事 项\n编码",
            "事项编码（必填）",
            "＊事项编码：",
            "【必填】事项编码",
            "事项编码(31位)",
            "\u{200b}事项编码",
        ] {
            assert_eq!(bare(written), "事项编码", "{written}");
        }
        assert_eq!(bare("（）"), "");
        assert_eq!(bare("时限）"), "时限");
    }

    #[test]
    fn units_serve_the_numbers_below() {
        for (written, expected) in [
            ("承诺时限（工作日）", Some("个工作日")),
            ("承诺时限(单位：天)", Some("天")),
            ("收费（元）", Some("元")),
            ("承诺时限（必填）", None),
            ("承诺时限", None),
            ("承诺时限（必填）（小时）", Some("小时")),
        ] {
            assert_eq!(unit(written), expected, "{written}");
        }
    }

    #[test]
    fn the_nearest_headers_come_first() {
        let known = ["事项名称", "事项编码", "承诺时限", "咨询电话"];
        assert_eq!(nearest("权责事项的名称", known.into_iter()).first(), Some(&"事项名称"));
        assert_eq!(nearest("xyz", known.into_iter()), [""; 0]);
    }
}
