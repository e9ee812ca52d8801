//! Codes of items (GB/T 39554.1, docs/DOMAIN.md §4.3–4.5).

use super::{
    Uscc,
    code::{fold, text_value},
    code_lists::{Category, ExerciseLevel},
};
use crate::problem::Wrong;

text_value! {
    /// 基本编码: catalogue code, 12 digits: scope 2, category 2, line of business 2, main item 3, sub-item 3.
    CatalogueCode, format "catalogue-code", pattern "^[0-9]{12}$", example "000511001000"
}

text_value! {
    /// 实施编码: implementation code, 31 characters: credit code 18, exercise level 1, catalogue code 12.
    ImplementationCode, format "implementation-code", pattern "^[0-9A-HJ-NPQRTUWXY]{18}[1-6][0-9]{12}$",
    example "11350121003619116B5000511001000"
}

text_value! {
    /// 业务办理项编码: handling code, the implementation code and a serial 01–99.
    HandlingCode, format "handling-code", pattern "^[0-9A-HJ-NPQRTUWXY]{18}[1-6][0-9]{14}$",
    example "12350121488101998J535201400100101"
}

text_value! {
    /// 事项编码: the handling code where there is one, else the implementation code; the key of an item.
    ItemCode, format "item-code", pattern "^[0-9A-HJ-NPQRTUWXY]{18}[1-6][0-9]{12}([0-9]{2})?$",
    example "11350121003619116B5000511001000"
}

impl CatalogueCode {
    /// Reads 12 digits.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text);
        match text.len() == 12 && all_digits(&text) {
            true => Ok(Self(text)),
            false => Err(Wrong::CatalogueCodeForm),
        }
    }

    /// The category that digits 3–4 say.
    pub fn category(&self) -> Option<Category> {
        Category::ALL.iter().copied().find(|category| category.code().national == Some(&self.0[2..4]))
    }

    /// Whether `main` may be the main item of this one: the same first nine digits, and `000` at its end.
    pub fn has_main_item(&self, main: &Self) -> bool {
        main.0.ends_with("000") && main.0[..9] == self.0[..9]
    }
}

impl ImplementationCode {
    /// Reads 31 characters.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text).to_ascii_uppercase();
        check(&text, 31)?;
        Ok(Self(text))
    }

    /// The code that belongs to these three.
    pub fn compose(organisation: &Uscc, level: ExerciseLevel, catalogue: &CatalogueCode) -> Self {
        Self(format!("{organisation}{}{catalogue}", level.code().national.unwrap_or_default()))
    }
}

impl HandlingCode {
    /// Reads 33 characters.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text).to_ascii_uppercase();
        check(&text, 33)?;
        Ok(Self(text))
    }

    /// Whether this is a handling item of `implementation`: it begins with it and ends with 01–99.
    pub fn belongs_to(&self, implementation: &ImplementationCode) -> bool {
        self.0.strip_prefix(implementation.as_str()).is_some_and(|serial| serial != "00")
    }
}

impl ItemCode {
    /// Reads 31 or 33 characters.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = fold(text).to_ascii_uppercase();
        check(&text, if text.len() == 33 { 33 } else { 31 })?;
        Ok(Self(text))
    }
}

fn check(code: &str, length: usize) -> Result<(), Wrong> {
    let form = || if length == 33 { Wrong::HandlingCodeForm } else { Wrong::ImplementationCodeForm };
    let (organisation, rest) = code.split_at_checked(18).ok_or_else(form)?;
    // A credit code of another form is a mistake of the whole code, which is told with its own example.
    Uscc::parse(organisation).map_err(|wrong| if wrong == Wrong::UsccForm { form() } else { wrong })?;
    let level = rest.as_bytes().first().is_some_and(|digit| (b'1'..=b'6').contains(digit));
    match code.len() == length && level && all_digits(rest) {
        true => Ok(()),
        false => Err(form()),
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_examples_of_composition_hold() {
        let organisation = Uscc::parse("11350121003619116B").expect("valid");
        let catalogue = CatalogueCode::parse("000511003000").expect("valid");
        let code = ImplementationCode::compose(&organisation, ExerciseLevel::Township, &catalogue);
        assert_eq!(code.as_str(), "11350121003619116B5000511003000");
        let organisation = Uscc::parse("123501210036191168").expect("valid");
        let service = CatalogueCode::parse("352011007002").expect("valid");
        let composed = ImplementationCode::compose(&organisation, ExerciseLevel::Township, &service);
        assert_eq!(composed.as_str(), "1235012100361911685352011007002");
        let handling = HandlingCode::parse("11350121003619116B500051100300001").expect("valid");
        assert!(handling.belongs_to(&code));
        assert!(!handling.belongs_to(&composed));
        let zero = HandlingCode::parse("11350121003619116B500051100300000").expect("its form is right");
        assert!(!zero.belongs_to(&code));
    }

    #[test]
    fn the_parts_of_a_catalogue_code_are_read() {
        let code = |text| CatalogueCode::parse(text).expect("valid");
        assert_eq!(code("000511003000").category(), Some(Category::AdministrativeBenefit));
        assert_eq!(code("352011007002").category(), Some(Category::PublicService));
        assert_eq!(code("009911007002").category(), None);
        assert!(code("352011007002").has_main_item(&code("352011007000")));
        assert!(!code("352011007002").has_main_item(&code("352011008000")));
        assert!(!code("352011007002").has_main_item(&code("352011007001")));
    }

    #[test]
    fn a_wrong_check_character_inside_an_item_code_is_named() {
        assert_eq!(ItemCode::parse("1135012100361911685000511003000"), Err(Wrong::UsccCheckDigit('B')));
        for text in ["", "11350121003619116B", "11350121003619116B7000511003000", "11350121003619116B500051100300A"] {
            assert_eq!(ItemCode::parse(text).map_err(|wrong| wrong.code()), Err("bad-format"), "{text}");
        }
    }
}
