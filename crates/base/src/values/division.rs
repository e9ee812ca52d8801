//! 行政区划 (GB/T 2260, GB/T 10114): codes, what is below what, and the names down to the township.

use std::sync::LazyLock;

use super::code::{fold, text_value};
use crate::problem::Wrong;

text_value! {
    /// 行政区划代码: 6 digits of GB/T 2260, with a township of GB/T 10114 9, with a village 12. Zeros that fill a code to 9 or 12 digits are
    /// left out: `350121202000` is `350121202`.
    Division, format "division", pattern "^[0-9]{6}([0-9]{3}){0,2}$", example "350121202"
}

const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// Statistical codes and names of 6 and 9 digits, as packaged in `china-division` 2.7.0 (MIT), sorted by code.
const TABLE: &[u8] = include_bytes!("divisions.csv.gz");

/// One row of the table of divisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// 6 or 9 digits.
    pub code: &'static str,
    /// Chinese name.
    pub name: &'static str,
}

static NAMES: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let mut text = String::new();
    if let Err(error) = std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(TABLE), &mut text) {
        log::error!("table of divisions: {error}");
    }
    let text: &'static str = Box::leak(text.into_boxed_str());
    text.lines().filter_map(|line| line.split_once(',')).map(|(code, name)| Named { code, name }).collect()
});

impl Division {
    /// Reads a code of 6, 9 or 12 digits, of which those of statistics and of the national platform are filled with zeros.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = without_filling(&fold(text)).to_owned();
        let form = matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit());
        match form {
            false => Err(Wrong::DivisionForm),
            true if is_known(&text) => Ok(Self(text)),
            true => Err(Wrong::DivisionUnknown),
        }
    }
}

/// docs/DOMAIN.md §4.2: province, no county without a city, and a township number of GB/T 10114.
fn is_known(code: &str) -> bool {
    let county = PROVINCES.contains(&&code[..2]) && (&code[2..4] != "00" || &code[4..6] == "00");
    let township = match code.get(6..9).map(|digits| digits.parse::<u16>().unwrap_or_default()) {
        None => true,
        Some(number) => (1..=599).contains(&number),
    };
    county && township && code.get(9..12).is_none_or(|village| village != "000")
}

/// The code without `000` of a township or village that only fills it to 9 or 12 digits.
fn without_filling(code: &str) -> &str {
    match code.len() {
        9 | 12 => code.strip_suffix("000").map_or(code, without_filling),
        _ => code,
    }
}

/// The significant part of a code: without the zeros that only fill it, `00` pairs of 6 digits and `000` after them.
pub fn significant(code: &str) -> &str {
    match code.len() {
        9 | 12 if code.ends_with("000") => significant(&code[..code.len() - 3]),
        6 => code.strip_suffix("0000").or_else(|| code.strip_suffix("00")).unwrap_or(code),
        _ => code,
    }
}

/// Whether a division may be asked for by this prefix: 2, 4, 6, 9 or 12 digits of a province that exists.
pub fn is_prefix(text: &str) -> bool {
    matches!(text.len(), 2 | 4 | 6 | 9 | 12)
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && PROVINCES.contains(&&text[..2])
}

/// Every division with a name, by code.
pub fn all() -> &'static [Named] {
    &NAMES
}

/// The division with this code, which zeros may fill to 9 or 12 digits.
pub fn named(code: &str) -> Option<Named> {
    let code = without_filling(code);
    NAMES.binary_search_by(|row| row.code.cmp(code)).ok().map(|at| NAMES[at])
}

/// The code of the division that `code` lies in, one level up.
pub fn parent(code: &str) -> Option<String> {
    let code = without_filling(code);
    match (code.len(), significant(code).len()) {
        (12, _) => Some(code[..9].into()),
        (9, _) => Some(code[..6].into()),
        (6, 6) => Some(format!("{}00", &code[..4])),
        (6, 4) => Some(format!("{}0000", &code[..2])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        assert_eq!(Division::parse("350121202").map(String::from), Ok("350121202".into()));
        assert_eq!(named("350121202").map(|row| row.name), Some("洋里乡"));
        assert_eq!(named("350121").map(|row| row.name), Some("闽侯县"));
        for (code, above, is) in
            [("350121202", "350121", true), ("350121202", "350100", true), ("350121202", "350122", false)]
        {
            assert_eq!(code.starts_with(significant(above)), is, "{code} below {above}");
        }
        assert_eq!(significant("350000"), "35");
    }

    #[test]
    fn codes_that_cannot_be_are_refused() {
        for wrong in ["990101", "350021", "350121600", "350121000201", "990101000000", "350121600000"] {
            assert_eq!(Division::parse(wrong), Err(Wrong::DivisionUnknown), "{wrong}");
        }
        for wrong in ["", "35", "35012", "3501212", "35012a", "三五〇一二一"] {
            assert_eq!(Division::parse(wrong), Err(Wrong::DivisionForm), "{wrong}");
        }
        assert!(Division::parse("350121202201").is_ok());
    }

    #[test]
    fn zeros_that_fill_a_code_are_left_out() {
        for (written, code) in [
            ("350121202000", "350121202"),
            ("350121000000", "350121"),
            ("350121000", "350121"),
            ("350100000000", "350100"),
            ("350100000", "350100"),
            ("350000000000", "350000"),
            ("350000000", "350000"),
            ("３５０１２１２０２０００", "350121202"),
            ("350121202\u{200b}000", "350121202"),
            ("\u{feff}350121202000 ", "350121202"),
            ("350121202201", "350121202201"),
            ("350121200", "350121200"),
        ] {
            assert_eq!(Division::parse(written).map(String::from), Ok(code.into()), "{written}");
        }
        assert_eq!(named("350121202000").map(|row| row.code), Some("350121202"));
        assert_eq!(named("350121000000").map(|row| row.name), Some("闽侯县"));
        assert_eq!(parent("350121202000").as_deref(), Some("350121"));
        assert_eq!(significant("350121000000"), "350121");
    }

    #[test]
    fn every_county_and_township_of_the_table_has_a_valid_code() {
        assert!(all().len() > 40_000);
        assert!(all().is_sorted_by(|a, b| a.code < b.code));
        let odd: Vec<_> = all().iter().filter(|row| Division::parse(row.code).is_err()).take(5).collect();
        assert!(odd.is_empty(), "{odd:?}");
    }

    #[test]
    fn a_division_lies_in_the_one_above() {
        let mut code = "350121202201".to_owned();
        let mut chain = Vec::new();
        while let Some(above) = parent(&code) {
            code = above;
            chain.push(code.clone());
        }
        assert_eq!(chain, ["350121202", "350121", "350100", "350000"]);
    }
}
