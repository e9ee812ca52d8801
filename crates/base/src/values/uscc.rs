//! 统一社会信用代码 (GB 32100-2015).

use super::code::{fold, text_value};
use crate::problem::Wrong;

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

text_value! {
    /// 统一社会信用代码: unified social credit code, 18 characters, the last one a check character (GB 32100).
    Uscc, format "uscc", pattern "^[0-9A-HJ-NPQRTUWXY]{18}$", example "11350121003619116B"
}

impl Uscc {
    /// Reads a code; lower case and full-width characters are folded first.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text).to_ascii_uppercase();
        let form = || Wrong::UsccForm;
        let (body, check) = text.split_at_checked(17).ok_or_else(form)?;
        let right = check_character(body).ok_or_else(form)?;
        match check.chars().collect::<Vec<_>>().as_slice() {
            [given] if *given == right => Ok(Self(text)),
            [given] if value(*given).is_some() => Err(Wrong::UsccCheckDigit(right)),
            _ => Err(form()),
        }
    }
}

/// The check character of the first 17, or `None` when one of them is not in the alphabet.
pub fn check_character(body: &str) -> Option<char> {
    let values: Vec<u32> = body.chars().map(value).collect::<Option<_>>()?;
    let sum: u32 = (values.len() == WEIGHTS.len()).then(|| values.iter().zip(WEIGHTS).map(|(v, w)| v * w).sum())?;
    ALPHABET.get(((31 - sum % 31) % 31) as usize).map(|byte| char::from(*byte))
}

fn value(c: char) -> Option<u32> {
    ALPHABET.iter().position(|byte| char::from(*byte) == c).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_worked_examples_hold() {
        assert_eq!(check_character("11350121003619116"), Some('B'));
        assert_eq!(check_character("91350100M000100Y4"), Some('3'));
        assert_eq!(Uscc::parse("11350121003619116B").expect("valid").as_str(), "11350121003619116B");
        assert_eq!(Uscc::parse("113501210036191168"), Err(Wrong::UsccCheckDigit('B')));
        assert!(Uscc::parse("123501210036191168").is_ok(), "the same sum fits another prefix");
        assert_eq!(Uscc::parse("９１350100m000100y43").expect("folded").as_str(), "91350100M000100Y43");
    }

    #[test]
    fn letters_outside_the_alphabet_and_other_lengths_are_not_codes() {
        for text in [
            "",
            "1135012100361911",
            "11350121003619116I",
            "I1350121003619116B",
            "11350121003619116BB",
            "统一社会信用代码",
        ] {
            assert_eq!(Uscc::parse(text), Err(Wrong::UsccForm), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_single_wrong_character_is_noticed(body in "[0-9A-HJ-NPQRTUWXY]{17}", at in 0usize..17, other in "[0-9A-HJ-NPQRTUWXY]") {
            let check = check_character(&body).expect("all are in the alphabet");
            let code = format!("{body}{check}");
            prop_assert!(Uscc::parse(&code).is_ok());
            let mut wrong = code.clone();
            wrong.replace_range(at..=at, &other);
            prop_assert_eq!(Uscc::parse(&wrong).is_ok(), wrong == code);
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = Uscc::parse(&text);
        }
    }
}
