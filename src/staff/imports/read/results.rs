//! Formulas without a result: as report tools write them, which do not work out what a formula says.

use std::io::Read;

use calamine::{DataRef, XlsxFormulaMetadata};
use memchr::memmem;

use super::cells::{Cell, Unreadable};
use crate::register::files::parts;

/// What stands for the result of a formula that nobody worked out.
#[derive(Clone, Copy)]
pub struct Results {
    /// Whether 0 does: the program that made the file has no results, and says that all are to be worked out when it is opened
    /// (`fullCalcOnLoad`). Excel and WPS take the word away when they save.
    zero_is_none: bool,
}

impl Results {
    /// Looks into a workbook that may be opened.
    pub fn of(bytes: &[u8]) -> Self {
        const MOST: u64 = 4 << 20;
        let books = parts(bytes).into_iter().filter(|part| part.name == "xl/workbook.xml");
        let zero_is_none = books.into_iter().any(|book| {
            let mut text = Vec::new();
            let whole = book.content.take(MOST).read_to_end(&mut text).is_ok();
            let says = |word: &str| memmem::find(&text, word.as_bytes()).is_some();
            whole && (says("fullCalcOnLoad=\"1\"") || says("fullCalcOnLoad=\"true\""))
        });
        Self { zero_is_none }
    }

    /// Whether a formula with this value has no result. An empty text is one: `t="str"`.
    pub fn lack(self, value: &DataRef<'_>) -> bool {
        match value {
            DataRef::Empty => true,
            DataRef::Int(number) => self.zero_is_none && *number == 0,
            DataRef::Float(number) => self.zero_is_none && *number == 0.0,
            DataRef::DateTime(date) => self.zero_is_none && date.as_f64() == 0.0,
            _ => false,
        }
    }
}

/// The cell of a formula without a result.
pub fn without_result(formula: XlsxFormulaMetadata) -> Cell {
    /// Characters of a formula that are told of.
    const TOLD: usize = 200;
    let text: String = match formula {
        XlsxFormulaMetadata::Normal { formula } | XlsxFormulaMetadata::Shared { formula, .. } => {
            formula.chars().take(TOLD).collect()
        }
        _ => String::new(),
    };
    Cell::Unreadable(Unreadable::NoResult(text.into()))
}

#[cfg(test)]
mod tests {
    use rust_xlsxwriter::{Formula, Workbook as Written};

    use super::*;
    use crate::staff::imports::read::workbook::read;

    fn cells_of(formulas: &[Formula]) -> Vec<(u16, Cell)> {
        let mut book = Written::new();
        let page = book.add_worksheet();
        for (column, formula) in (0..).zip(formulas) {
            page.write_formula(0, column, formula.clone()).expect("a formula");
        }
        let bytes = book.save_to_buffer().expect("a workbook");
        let sheets = read(&bytes).expect("it is read");
        sheets.into_iter().flat_map(|sheet| sheet.rows).flat_map(|row| row.cells).collect()
    }

    #[test]
    fn a_formula_is_its_result_and_without_one_unreadable() {
        let result = |text: &str| Formula::new("=A9").set_result(text);
        // This program writes 0 where it knows no result, and says that everything is to be worked out.
        let cells = cells_of(&[Formula::new("=DATE(2016,12,20)"), result("12"), result("电话")]);
        let lacking = Cell::Unreadable(Unreadable::NoResult("DATE(2016,12,20)".into()));
        assert_eq!(cells, [(0, lacking), (1, Cell::Number(12.0)), (2, Cell::Text("电话".into()))]);
    }

    #[test]
    fn nothing_is_no_result_and_an_empty_text_is_one() {
        let (kept, new) = (Results { zero_is_none: false }, Results { zero_is_none: true });
        for results in [kept, new] {
            assert!(results.lack(&DataRef::Empty));
            assert!(!results.lack(&DataRef::String(String::new())) && !results.lack(&DataRef::Bool(false)));
            assert!(!results.lack(&DataRef::Float(5.0)));
        }
        assert!(new.lack(&DataRef::Float(0.0)) && !kept.lack(&DataRef::Float(0.0)));
    }
}
