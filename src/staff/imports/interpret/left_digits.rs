//! What a spreadsheet leaves of a long code: without its leading zeros, or its first digits alone (`1.23501E+17`).

use crate::staff::imports::read::{Cell, Unreadable};

/// Digits that spreadsheets show of a long number, and digits that they keep of it.
const SHOWN: usize = 6;
const KEPT: usize = 15;
/// From here on a number is kept without its last digits.
const LONG: f64 = 1e15;

/// The digits of a code that are left in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftDigits {
    /// All but zeros at the beginning.
    Whole(String),
    /// The first ones, without zeros at their end, of so many in all.
    First(String, usize),
}

/// How well a code fits the digits that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Nothing but zeros at its beginning is missing.
    Zeros,
    /// Every digit of it that is no zero is there.
    Exact,
    /// It begins like that.
    Beginning,
}

impl LeftDigits {
    /// Reads the digits that are left in a cell; none where something else stands in it.
    pub fn of(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Number(number) if *number < 1.0 || number.fract() != 0.0 => None,
            Cell::Number(number) if *number < LONG => Some(Self::Whole(format!("{number:.0}"))),
            Cell::Number(number) => Self::scientific(&format!("{number:.14e}")),
            Cell::Text(text) => {
                let text = text.trim();
                let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                is_whole.then(|| Self::Whole(text.to_owned()))
            }
            Cell::Unreadable(Unreadable::DigitsLost(text)) => Self::scientific(text.trim()),
            _ => None,
        }
    }

    /// Reads `1.23501E+17`.
    fn scientific(text: &str) -> Option<Self> {
        let (figure, power) = text.split_once(['e', 'E'])?;
        let power: usize = power.trim_start_matches('+').parse().ok().filter(|power| *power < 100)?;
        let digits: String = figure.chars().filter(|c| *c != '.').collect();
        let is_figure = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_figure.then(|| Self::First(without_end(&digits).to_owned(), power + 1))
    }

    /// Compares a code of digits with what is left.
    pub fn fit(&self, code: &str) -> Option<Fit> {
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let significant = code.trim_start_matches('0');
        match self {
            Self::Whole(left) => (significant == left && significant != code).then_some(Fit::Zeros),
            Self::First(left, length) if significant.len() == *length => {
                if without_end(significant) == left {
                    return Some(Fit::Exact);
                }
                let begins = |shown: usize| shown >= left.len() && is_shown(significant, shown, left);
                [left.len(), SHOWN, KEPT].into_iter().any(begins).then_some(Fit::Beginning)
            }
            Self::First(..) => None,
        }
    }
}

fn without_end(digits: &str) -> &str {
    digits.trim_end_matches('0')
}

/// Whether so many digits of a number, cut or rounded, are these.
fn is_shown(digits: &str, shown: usize, left: &str) -> bool {
    let Some((first, rest)) = digits.split_at_checked(shown) else { return false };
    let rounded = match first.parse::<u64>() {
        Ok(number) if rest.starts_with(|c: char| c >= '5') => number.saturating_add(1).to_string(),
        _ => first.to_owned(),
    };
    without_end(first) == left || rounded.len() == shown && without_end(&rounded) == left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Cell {
        Cell::Number(text.parse().expect("a number"))
    }

    #[test]
    fn codes_fit_what_a_spreadsheet_leaves_of_them() {
        for (cell, code, fit) in [
            (Cell::Text("105001000".into()), "000105001000", Some(Fit::Zeros)),
            (Cell::Number(105_001_000.0), "000105001000", Some(Fit::Zeros)),
            (Cell::Text("105001000".into()), "105001000", None),
            (Cell::Text("12".into()), "0012", Some(Fit::Zeros)),
            (Cell::Text("12".into()), "12a", None),
            (Cell::written("1.23501E+17"), "123501214881019987", Some(Fit::Beginning)),
            (Cell::written("1.23E+17"), "123501214881019987", Some(Fit::Beginning)),
            (Cell::written("1.2E+17"), "123501214881019987", Some(Fit::Beginning)),
            (Cell::written("1.24E+17"), "123501214881019987", Some(Fit::Beginning)),
            (Cell::written("1.25E+17"), "123501214881019987", None),
            (Cell::written("1.23501E+17"), "12350121488101998", None),
            (Cell::written("3.5E+16"), "35000000000000000", Some(Fit::Exact)),
            (Cell::written("3.52014E+11"), "352014000000", Some(Fit::Exact)),
            (Cell::written("1.23501E+30"), "1235012148810199875000105001000", Some(Fit::Beginning)),
            (number("123501214881019987"), "123501214881019987", Some(Fit::Beginning)),
            (number("123501214881019000"), "123501214881019000", Some(Fit::Exact)),
            (Cell::Number(1.5), "15", None),
            (Cell::Number(f64::NAN), "1", None),
            (Cell::Text("甲".into()), "1", None),
        ] {
            assert_eq!(LeftDigits::of(&cell).and_then(|left| left.fit(code)), fit, "{cell:?} {code}");
        }
    }

    proptest! {
        #[test]
        fn every_code_fits_what_is_shown_of_it(code in "0{0,3}[1-9][0-9]{11,30}") {
            let number: f64 = code.parse().expect("digits");
            let shown = format!("{number:.5E}").replace('E', "E+");
            let left = LeftDigits::of(&Cell::written(&shown)).expect("digits");
            // What is rounded up to the next power has one digit more.
            prop_assume!(!code.trim_start_matches('0').starts_with("999999"));
            prop_assert!(left.fit(&code).is_some(), "{} {}", shown, code);
        }

        #[test]
        fn no_cell_panics(text in "[0-9.Ee+-]{0,24}", number in any::<f64>(), code in "[0-9a]{0,24}") {
            for cell in [Cell::written(&text), Cell::Text(text.as_str().into()), Cell::Number(number)] {
                LeftDigits::of(&cell).and_then(|left| left.fit(&code));
            }
        }
    }
}
