//! Decimal figures as text: money, rates and quantities, never floats.

use rust_decimal::Decimal as Exact;

use super::code::{fold, text_value};
use crate::problem::Wrong;

text_value! {
    /// 十进制数: a decimal figure as text, such as an amount in yuan.
    DecimalText, format "decimal", pattern "^-?[0-9]{1,15}(\\.[0-9]{1,6})?$", example "12.50"
}

impl DecimalText {
    /// Reads a figure of at most 15 digits before and 6 after the point.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text);
        let digits = text.strip_prefix('-').unwrap_or(&text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let run = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        match run(whole, 15) && run(fraction, 6) {
            true => Ok(Self(text)),
            false => Err(Wrong::BadMoney),
        }
    }

    /// Whether both texts are the same figure: spreadsheets drop the last zero of `26.2570`.
    pub fn are_equal(one: &str, other: &str) -> bool {
        let figures = Self::parse(one).ok().zip(Self::parse(other).ok());
        figures.is_some_and(|(one, other)| one.value() == other.value())
    }

    /// The figure.
    pub fn value(&self) -> Exact {
        self.0.parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_decimals_are_money() {
        for right in ["0", "12.50", "-1", "1.005", "１２"] {
            assert!(DecimalText::parse(right).is_ok(), "{right}");
        }
        for wrong in ["", "1e3", "1,000", "5元", ".5", "5.", "1.1234567", "NaN", "1234567890123456"] {
            assert_eq!(DecimalText::parse(wrong), Err(Wrong::BadMoney), "{wrong}");
        }
        assert_eq!(DecimalText::parse("12.50").expect("valid").value().to_string(), "12.50");
        for (one, other) in [("26.2570", "26.257"), ("12.50", "12.5"), ("5", "5.00"), ("-1.0", "-1"), ("１２", "12")]
        {
            assert!(DecimalText::are_equal(one, other), "{one} {other}");
        }
        for (one, other) in [("26.2570", "26.2571"), ("1", "-1"), ("", ""), ("x", "x"), ("5", "50")] {
            assert!(!DecimalText::are_equal(one, other), "{one} {other}");
        }
    }
}
