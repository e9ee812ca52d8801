//! Whether a text names a person by the number of an identity card or of a mobile telephone, however it is written: in groups, with
//! +86, in full width, over two lines.

use chrono::{Datelike, NaiveDate};

use crate::values::{division, has_resident_check};

/// Digits of the longest number of a person, with what stands before it.
const LONGEST: usize = 18;
/// Signs between two groups at most.
const LONGEST_GAP: usize = 3;
/// How people group the 11 digits of a mobile number.
const GROUPINGS: [&[usize]; 7] = [&[11], &[3, 4, 4], &[3, 8], &[7, 4], &[4, 3, 4], &[3, 3, 5], &[1; 11]];
/// The digits that may stand before a mobile number: the code of the country, and the 0 of long-distance calls.
const PREFIXES: [&str; 4] = ["0086", "86", "0", ""];

/// Whether a text contains a resident number (GB 11643: 18 characters with a date and a check character, or 15 of before 1999), not
/// inside a longer run of letters and digits, or a mobile number, not inside a longer run of digits. Both may be in groups.
pub fn names_a_person(text: &str) -> bool {
    let mut run = Run::default();
    let mut characters = text.chars().filter(|c| !crate::values::is_unseen(*c)).map(folded).peekable();
    let mut after_letter = false;
    while let Some(c) = characters.next() {
        let next_is_letter = characters.peek().is_some_and(char::is_ascii_alphanumeric);
        if c.is_ascii_digit() || c == 'X' && run.is_in_group() && !next_is_letter {
            run.push(c, after_letter);
        } else if run.takes_gap(c) {
        } else {
            run.is_before_letter = c.is_ascii_alphabetic();
            if run.names_a_person() {
                return true;
            }
            run.clear();
        }
        after_letter = c.is_ascii_alphabetic();
    }
    run.names_a_person()
}

fn folded(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c).to_ascii_uppercase(),
        other => other.to_ascii_uppercase(),
    }
}

/// The signs between two groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    /// Nothing: the text, or the number, begins here.
    #[default]
    None,
    Space,
    Line,
    /// A hyphen or the like: what it joins is one number.
    Joined,
}

impl Gap {
    fn of(c: char) -> Self {
        match c {
            '\n' | '\r' => Self::Line,
            '-' | '.' | '_' | '·' | '•' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => Self::Joined,
            c if c.is_whitespace() => Self::Space,
            _ => Self::None,
        }
    }

    /// Both of them, one after the other.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Line, _) | (_, Self::Line) => Self::Line,
            (Self::Joined, _) | (_, Self::Joined) => Self::Joined,
            (Self::Space, _) | (_, Self::Space) => Self::Space,
            (Self::None, Self::None) => Self::None,
        }
    }
}

/// Some digits without anything between them.
#[derive(Clone, Copy, Debug)]
struct Group {
    /// The place of its first digit in the run.
    from: usize,
    length: usize,
    /// The characters between it and the run of digits before it.
    gap: Gap,
}

/// Groups of digits with nothing but short gaps between them.
#[derive(Default)]
struct Run {
    digits: String,
    groups: Vec<Group>,
    gap: Gap,
    gap_length: usize,
    is_after_letter: bool,
    is_before_letter: bool,
}

impl Run {
    fn is_in_group(&self) -> bool {
        !self.groups.is_empty() && self.gap == Gap::None
    }

    fn push(&mut self, c: char, after_letter: bool) {
        if self.groups.is_empty() {
            self.is_after_letter = after_letter;
        }
        if !self.is_in_group() {
            self.groups.push(Group { from: self.digits.len(), length: 0, gap: self.gap });
        }
        (self.gap, self.gap_length) = (Gap::None, 0);
        self.digits.push(c);
        if let Some(group) = self.groups.last_mut() {
            group.length += 1;
        }
    }

    /// Whether the character may stand between two groups of this run.
    fn takes_gap(&mut self, c: char) -> bool {
        let gap = Gap::of(c);
        self.gap_length += 1;
        let takes = !self.groups.is_empty() && gap != Gap::None && self.gap_length <= LONGEST_GAP;
        if takes {
            self.gap = self.gap.and(gap);
        }
        takes
    }

    fn clear(&mut self) {
        self.digits.clear();
        self.groups.clear();
        (self.gap, self.gap_length) = (Gap::None, 0);
        (self.is_after_letter, self.is_before_letter) = (false, false);
    }

    fn names_a_person(&self) -> bool {
        self.digits.len() >= 11 && (0..self.groups.len()).any(|first| self.begins_number(first))
    }

    /// Whether a number of a person begins with this group.
    fn begins_number(&self, first: usize) -> bool {
        let Some(begin) = self.groups.get(first) else { return false };
        for last in first..self.groups.len() {
            let Some(end) = self.groups.get(last) else { return false };
            let number = self.digits.get(begin.from..end.from + end.length).unwrap_or_default();
            if number.len() > LONGEST {
                return false;
            }
            if number.len() >= 11 && (self.is_resident(number, first, last) || self.is_mobile(number, first, last)) {
                return true;
            }
        }
        false
    }

    fn is_resident(&self, number: &str, first: usize, last: usize) -> bool {
        let is_in_word = first == 0 && self.is_after_letter
            || last + 1 == self.groups.len() && self.gap == Gap::None && self.is_before_letter;
        !is_in_word
            && (is_resident_number(number)
                || self.sizes(first, last, 0).is_some_and(is_grouped_15) && is_old_resident_number(number))
    }

    fn is_mobile(&self, number: &str, first: usize, last: usize) -> bool {
        PREFIXES.iter().any(|prefix| {
            let own = number.strip_prefix(prefix).filter(|own| is_mobile_number(own));
            let sizes = own.and_then(|_| self.sizes(first, last, prefix.len()));
            sizes.is_some_and(|sizes| match sizes.as_slice() {
                [_] => true,
                sizes => self.is_free(first, last) && self.is_grouping(sizes, first, last),
            })
        })
    }

    /// The sizes of these groups without so many digits of the first; none where these end in a later one.
    fn sizes(&self, first: usize, last: usize, without: usize) -> Option<Vec<usize>> {
        let mut sizes: Vec<usize> = self.groups.get(first..=last)?.iter().map(|group| group.length).collect();
        let begin = sizes.first_mut()?;
        *begin = begin.checked_sub(without)?;
        sizes.retain(|size| *size > 0);
        Some(sizes)
    }

    /// Whether nothing is joined to these groups that would make them part of a longer code: the code of the country and the number of a
    /// clause may stand before them.
    fn is_free(&self, first: usize, last: usize) -> bool {
        let before = first.checked_sub(1).and_then(|before| self.groups.get(before));
        let is_joined = |group: Option<&Group>| group.is_some_and(|group| group.gap == Gap::Joined);
        let begins = !is_joined(self.groups.get(first))
            || before.is_none_or(|group| group.length <= 2 || self.is_country(group));
        begins && !is_joined(self.groups.get(last + 1))
    }

    fn is_country(&self, group: &Group) -> bool {
        self.digits.get(group.from..group.from + group.length).is_some_and(|digits| ["086", "0086"].contains(&digits))
    }

    /// Whether people write a mobile number in groups of these sizes. Numbers below each other are a list, unless two lines are what a
    /// line break made of one number; a date is none of its groups.
    fn is_grouping(&self, sizes: &[usize], first: usize, last: usize) -> bool {
        let mut groups = self.groups.get(first + 1..=last).unwrap_or_default().iter();
        let lines = groups.clone().filter(|group| group.gap == Gap::Line).count();
        let has_date =
            groups.any(|group| group.length == 8 && self.digits.get(group.from..).is_some_and(begins_with_date));
        let is_broken = lines == 1 && matches!(sizes, [a, b] if *a >= 3 && *b >= 3);
        let is_usual = GROUPINGS.contains(&sizes) && (lines == 0 || lines == 1 && sizes.len() > 2);
        !has_date && (is_usual || is_broken)
    }
}

fn is_grouped_15(sizes: Vec<usize>) -> bool {
    matches!(sizes.as_slice(), [15] | [6, 6, 3] | [6, 9] | [12, 3])
}

fn is_mobile_number(digits: &str) -> bool {
    let bytes = digits.as_bytes();
    let is_one = digits.len() == 11 && bytes.iter().all(u8::is_ascii_digit);
    is_one && bytes.starts_with(b"1") && bytes.get(1).is_some_and(|second| (b'3'..=b'9').contains(second))
}

fn day(year: &str, month_and_day: &str) -> Option<NaiveDate> {
    let (month, day) = month_and_day.split_at_checked(2)?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

fn begins_with_date(digits: &str) -> bool {
    let date = digits.get(..4).zip(digits.get(4..8)).and_then(|(year, rest)| day(year, rest));
    date.is_some_and(|date| (1900..=2100).contains(&date.year()))
}

fn is_resident_number(number: &str) -> bool {
    has_resident_check(number.as_bytes()) && number.get(6..).is_some_and(begins_with_date)
}

/// Of before 1999: without the century and without a check character. So that no other number of 15 digits is taken for one, it begins
/// with a county that there is.
fn is_old_resident_number(number: &str) -> bool {
    let is_one = number.len() == 15 && number.bytes().all(|byte| byte.is_ascii_digit());
    let county = number.get(..6).filter(|county| is_one && !county.ends_with("00"));
    let born = number.get(6..8).zip(number.get(8..12));
    let born = born.and_then(|(year, rest)| day(&format!("19{year}"), rest));
    county.is_some_and(|county| division::named(county).is_some()) && born.is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mobile_numbers_are_found_however_they_are_written() {
        for text in [
            "联系人张三，13800000001",
            "手机：１３８００００００００",
            "(11350121003619116B) tel13912345678",
            "联系138-0000-1234",
            "联系138 0000 1234",
            "138\u{a0}0000\u{3000}1234",
            "138—0000—1234",
            "138–0000–1234",
            "138.0000.1234",
            "138·0000·1234",
            "+8613800001234",
            "+86 138 0000 1234",
            "86-13800001234",
            "86-138-0000-1234",
            "（+86）138-0000-1234",
            "0086 13800001234",
            "008613800001234",
            "8613800001234",
            "013800001234",
            "138 00001234",
            "1380000 1234",
            "1380-000-1234",
            "138 000 01234",
            "１３８－００００－１２３４",
            "138\u{200b}0000\u{200b}1234",
            "13800\n001234",
            "1380000\r\n1234",
            "138-0000-\n1234",
            "1 3 8 0 0 0 0 1 2 3 4",
            "(138)0000-1234",
            "1.138 0000 1234",
            "139 0000 5678 138 0000 1234",
            "0591-26000001 138 0000 1234",
            "电话0591-13800001234",
        ] {
            assert!(names_a_person(text), "{text:?}");
        }
    }

    #[test]
    fn resident_numbers_are_found_however_they_are_written() {
        for text in [
            "身份证11010519491231002X",
            "11010519491231002x。",
            "证号110101199003071233",
            "证号110101 19900307 1233",
            "110101-19900307-1233",
            "110101 1990 0307 1233",
            "110101199003 071233",
            "110101199003\n071233",
            "110105 19491231 002X",
            "１１０１０１１９９００３０７１２３３",
            "１１０１０５ １９４９１２３１ ００２Ｘ",
            "110101\u{200b}19900307\u{200b}1233",
            "110101—19900307—1233",
            "证号110101900307123",
            "110101 900307 123",
            "110101-900307-123",
            "1101 0119 9003 0712 33",
        ] {
            assert!(names_a_person(text), "{text:?}");
        }
    }

    #[test]
    fn codes_dates_and_figures_are_no_persons() {
        for text in [
            "",
            "0591-26000001",
            "11350121003619116B",
            "123501210036191168",
            "1235012100361911685352011007002",
            "11350121003619116B500051100300001",
            "11010519491231002112",
            "110105194913310021",
            "110105194912310022",
            "138000000011",
            "12800000001",
            "352011007002",
            "12345",
            "400-123-4567",
            "010-12345678-8001",
            "350121 202 000",
            "2016-12-20 2017-01-01",
            "150\n1000\n2000",
            "139 20160101",
            "2019-138-0000-1234",
            "138-0000-1234-5",
            "3501-138-0000-1234",
            "350121202000",
            "闽政〔2016〕138号 0000 1234",
            "9:00-12:00 14:30-17:30",
            "8:30—12:00，14:30—17:30",
            "350121600012345",
            "350121100099123",
            "990101900307123",
            "110101901307123",
            "6222 0213 8000 0123 456",
            "ISBN 978-7-5093-1234-5",
            "119.0301,26.2570",
            "1.1\n2.3\n3.8\n4.0\n5.6",
            "150、1000、2000",
            "11350121003619116B 5000 105001 000",
            "a110101900307123",
            "110101199003071233B",
            "0591 2600 0001",
            "12 月 138 0000",
            "第138条0000款1234",
        ] {
            assert!(!names_a_person(text), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}", digits in "[0-9Xx \n-]{0,60}") {
            names_a_person(&text);
            names_a_person(&digits);
        }
    }
}
