//! The records that a legal instrument names, the rules it keeps, and those of records that cite one.

use std::sync::LazyLock;

use chrono::NaiveDate;

use super::model::{Basis, LegalInstrument};
use crate::{
    fields::Shape,
    model::{
        checks::{Case, Check, Checked, not_said},
        kinds::{Reference, Register, Slot},
    },
    problem::{Detail, FieldError, Rule},
    values::{Key, code_lists::InstrumentLevel},
};

/// The schema of a legal instrument.
pub(super) static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<LegalInstrument>);

/// The checks of legal instruments.
pub(super) const CHECKED: Checked<LegalInstrument> = Checked {
    kind: "legal_instrument",
    shape: &SHAPE,
    checks: &[
        Check { looks_at: &["issuer", "effective"], find: incomplete },
        Check { looks_at: &["document_number"], find: number_form },
        Check { looks_at: &["title", "level"], find: level_and_title },
        Check { looks_at: &["issued", "effective"], find: issued_first },
        Check { looks_at: &["repealed", "effective"], find: repealed_last },
    ],
    key: |record| record.code.as_str(),
    references,
};

/// The fewest characters of a text that says something.
const SHORTEST_TEXT: usize = 8;

/// Every record that a legal instrument names.
pub(super) fn references(record: &LegalInstrument) -> Vec<Reference> {
    let successor = record.successor.iter();
    successor.map(|key| Reference::new("/successor", &["legal_instrument"], key, Slot::Instruments).loose()).collect()
}

/// The instrument of the register that is cited.
pub fn instrument(register: &dyn Register, key: &Key) -> Option<LegalInstrument> {
    register.record(&["legal_instrument"], key.as_str())?.read()
}

/// Bases whose instrument is repealed on the day of the check or before.
pub fn repealed<T>(case: &Case<'_, T>, bases: &[Basis]) -> Vec<FieldError> {
    let gone = |instrument: LegalInstrument| {
        let on = instrument.repealed.filter(|on| *on <= case.today)?;
        Some([Detail::same(instrument.title), Detail::same(on)])
    };
    cited_wrongly(case, bases, Rule::BasisRepealed, gone)
}

/// Bases whose instrument takes effect after the record that rests on it.
pub fn not_yet_effective<T>(case: &Case<'_, T>, bases: &[Basis], from: NaiveDate) -> Vec<FieldError> {
    let later = |instrument: LegalInstrument| {
        let effective = instrument.effective.filter(|effective| *effective > from)?;
        Some([Detail::same(instrument.title), Detail::same(effective)])
    };
    cited_wrongly(case, bases, Rule::BasisNotYetEffective, later)
}

fn cited_wrongly<T>(
    case: &Case<'_, T>,
    bases: &[Basis],
    rule: Rule,
    wrong: impl Fn(LegalInstrument) -> Option<[Detail; 2]>,
) -> Vec<FieldError> {
    let told = bases.iter().enumerate().filter_map(|(at, basis)| {
        let told = wrong(instrument(case.register, &basis.instrument)?)?;
        Some(FieldError::broken(format!("/legal_bases/{at}/instrument"), rule, told))
    });
    told.collect()
}

/// Bases that quote next to nothing.
pub fn short_texts(bases: &[Basis]) -> Vec<FieldError> {
    let short = bases.iter().enumerate().filter(|(_, basis)| basis.text.chars().count() < SHORTEST_TEXT);
    short.map(|(at, _)| FieldError::broken(format!("/legal_bases/{at}/text"), Rule::BasisTextEmpty, [])).collect()
}

/// A document number has hexagonal brackets and a year of four digits.
fn number_form(case: &Case<'_, LegalInstrument>) -> Vec<FieldError> {
    let astray = case.record.document_number.as_deref().filter(|number| !is_well_formed(number));
    astray.map(|_| FieldError::broken("/document_number", Rule::InstrumentNumberForm, [])).into_iter().collect()
}

fn is_well_formed(number: &str) -> bool {
    let other_brackets = number.contains(['[', ']', '(', ')', '（', '）', '【', '】', '［', '］']);
    let year = number.split_once('〔').map(|(_, rest)| rest.split('〕').next().unwrap_or_default());
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    !other_brackets && year.is_none_or(is_year)
}

/// The last word of a title says its rank: 法 a law, 条例 a regulation, 规定 and 办法 what is below a law.
fn level_and_title(case: &Case<'_, LegalInstrument>) -> Vec<FieldError> {
    let record = case.record;
    let told = Detail::new(record.level.label(), record.level.value());
    match fits(&record.title, record.level) {
        true => Vec::new(),
        false => vec![FieldError::broken("/level", Rule::InstrumentLevelTitle, [told])],
    }
}

fn fits(title: &str, level: InstrumentLevel) -> bool {
    use InstrumentLevel::{AdministrativeRegulation, Constitution, Law, LocalRegulation};
    // A title may end with when it was amended: 《…条例》（2018年修正）.
    let plain = title.split(['（', '(']).next().unwrap_or(title).trim();
    if plain.ends_with("条例") {
        // Some laws are called 条例 (户口登记条例, 学位条例).
        return matches!(level, AdministrativeRegulation | LocalRegulation | Law);
    }
    if plain.ends_with("规定") || plain.ends_with("办法") {
        return !matches!(level, Constitution | Law);
    }
    match plain.ends_with('法') {
        true => matches!(level, Constitution | Law),
        false => true,
    }
}

/// An instrument of which only the title is known is published like others, and told.
fn incomplete(case: &Case<'_, LegalInstrument>) -> Vec<FieldError> {
    let LegalInstrument { issuer, effective, .. } = case.record;
    not_said([("/issuer", "制定机关", issuer.is_none()), ("/effective", "施行日期", effective.is_none())])
}

/// Issued before it takes effect.
fn issued_first(case: &Case<'_, LegalInstrument>) -> Vec<FieldError> {
    let late = case.record.issued.zip(case.record.effective).is_some_and(|(issued, effective)| issued > effective);
    late.then(|| FieldError::broken("/effective", Rule::InstrumentDateOrder, [])).into_iter().collect()
}

/// Repealed after it took effect.
fn repealed_last(case: &Case<'_, LegalInstrument>) -> Vec<FieldError> {
    let early =
        case.record.repealed.zip(case.record.effective).is_some_and(|(repealed, effective)| repealed <= effective);
    early.then(|| FieldError::broken("/repealed", Rule::InstrumentDateOrder, [])).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_hexagonal_brackets_and_whole_years() {
        for right in ["国发〔2014〕8号", "国务院令第649号", "洋政〔2018〕12号"] {
            assert!(is_well_formed(right), "{right}");
        }
        for wrong in ["国发[2014]8号", "国发(2014)8号", "国发（2014）8号", "国发〔14〕8号"] {
            assert!(!is_well_formed(wrong), "{wrong}");
        }
    }

    #[test]
    fn titles_say_their_rank() {
        use InstrumentLevel::{AdministrativeRegulation, DepartmentRule, Law, NormativeDocument};
        assert!(fits("中华人民共和国行政许可法", Law) && fits("社会救助暂行办法", AdministrativeRegulation));
        assert!(fits("城市道路管理条例（2019修正）", AdministrativeRegulation));
        assert!(
            !fits("社会救助暂行办法", Law) && !fits("某某条例", DepartmentRule) && !fits("某某法", NormativeDocument)
        );
    }
}
