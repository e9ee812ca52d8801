//! The columns of items that offices write their own way: what is charged, what is promised, on what law it rests, whom to
//! call, who answers for what.

use serde_json::{Value, json};

use super::{
    citations::citations,
    column_cell,
    names::Names,
    normalise_cell,
    numbered::{self, WithinLines},
    office_headers::Meaning,
    reading::{Edit, RowReading},
    tables::Table,
};
use crate::{
    problem::Wrong,
    staff::imports::{
        notice::Notice,
        read::{Cell, Row},
    },
    values::code_lists::{Charge, HandlingType, Stage},
};

/// Reads the columns of a row that offices write their own way.
pub fn read(table: &Table, row: &Row, current: Option<&Value>, names: &Names, reading: &mut RowReading) {
    for known in &table.columns {
        let Some(field) = known.meaning.field() else { continue };
        let cell = row.cell(known.at);
        let raw = cell.map(Cell::text).unwrap_or_default();
        if let Some(said) = as_exported(table, known.meaning, &raw) {
            reading.edits.push(Edit::new(vec![field.into()], Some(said), known.at));
            continue;
        }
        if let Some(wrong) = cell.and_then(column_cell::unreadable) {
            reading.refuse(row.number, known.at, wrong);
            continue;
        }
        if normalise_cell::points_elsewhere(&raw) {
            reading.refuse(row.number, known.at, Wrong::CellElsewhere);
            continue;
        }
        let mut one = One { field, at: known.at, row: row.number, raw: &raw, current, names, reading };
        match known.meaning {
            Meaning::Own(_) => {}
            Meaning::OrganisationName => one.organisation_name(is_coded(table, row)),
            Meaning::Charge => one.charge(),
            Meaning::Promise => one.promise(),
            Meaning::Bases => one.bases(),
            Meaning::Phones(_) => one.phones(),
            Meaning::Responsibilities => one.responsibilities(),
            Meaning::Accountability => one.accountability(),
        }
    }
}

/// Reads what our own exports write into such a column, where an office would write something else.
fn as_exported(table: &Table, meaning: Meaning, raw: &str) -> Option<Value> {
    let is_json = raw.starts_with(['[', '{']);
    let column = table.column(meaning).filter(|_| is_json && meaning != Meaning::OrganisationName)?;
    column.form.read(raw).ok().flatten()
}

/// Whether the row has the code of its organisation, so that the name is for people only.
fn is_coded(table: &Table, row: &Row) -> bool {
    let columns = &table.book.sheets[table.part].columns;
    let is_code = |meaning| matches!(meaning, Meaning::Own(place) if columns[place].path == ["organisation"]);
    table.columns.iter().any(|known| is_code(known.meaning) && row.cell(known.at).is_some())
}

/// One cell.
struct One<'a, 'b> {
    field: &'static str,
    at: u16,
    row: u32,
    raw: &'a str,
    current: Option<&'a Value>,
    names: &'a Names,
    reading: &'b mut RowReading,
}

impl One<'_, '_> {
    fn says(&mut self, value: Option<Value>) {
        let edit = Edit::new(vec![self.field.into()], value, self.at);
        self.reading.edits.push(edit);
    }

    fn notice(&mut self, notice: Notice) {
        self.reading.notices.push((self.row, self.at, notice));
    }

    fn wrong(&mut self, wrong: Wrong) {
        self.reading.refuse(self.row, self.at, wrong);
    }

    /// Whether the cell is empty or says that there is nothing.
    fn is_nothing(&mut self) -> bool {
        let nothing = normalise_cell::is_nothing(self.raw);
        if nothing {
            self.notice(Notice::EmptyWord);
        }
        nothing || self.raw.trim().is_empty()
    }

    fn now(&self) -> Option<&Value> {
        self.current.and_then(|body| body.get(self.field))
    }

    fn elements(&self) -> &[Value] {
        self.now().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn organisation_name(&mut self, is_coded: bool) {
        if is_coded || self.raw.trim().is_empty() {
            return;
        }
        match self.names.organisation(self.raw) {
            Some(code) => self.says(Some(code.into())),
            None => self.wrong(Wrong::OrganisationUnknown(self.raw.trim().to_owned())),
        }
    }

    fn charge(&mut self) {
        let plain = normalise_cell::plain(self.raw);
        let listed = || Charge::ALL.iter().find(|charge| [charge.label(), charge.value()].contains(&plain.as_str()));
        if self.raw.trim().is_empty() {
            self.says(None);
        } else if normalise_cell::is_free(&plain) {
            self.notice(Notice::EmptyWord);
            self.says(Some(Charge::Free.value().into()));
        } else if normalise_cell::is_money(self.raw) {
            self.notice(Notice::MoneyRead);
            if plain != self.raw {
                self.notice(Notice::Folded);
            }
            self.says(Some(Charge::Charged.value().into()));
        } else if plain == "是" {
            self.says(Some(Charge::Charged.value().into()));
        } else {
            match listed() {
                Some(charge) => self.says(Some(charge.value().into())),
                None => self.wrong(Wrong::CellMoney),
            }
        }
    }

    /// A limit; what is done at once is handled immediately, where the item has a way of handling at all.
    fn promise(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let plain = normalise_cell::plain(self.raw);
        if plain != self.raw {
            self.notice(Notice::Folded);
        }
        let Some((period, at_once)) = normalise_cell::period(&plain) else {
            return self.wrong(Wrong::BadFormat("20个工作日 / 当场办结".into()));
        };
        let is_known = if at_once { plain == "当场办结" } else { plain == period.chinese() };
        if plain == self.raw && !is_known {
            self.notice(Notice::Folded);
        }
        self.says(Some(json!(period)));
        let is_handled = self.current.is_none_or(|body| body.get("handling_type").is_some());
        if at_once && is_handled {
            let value = Some(HandlingType::Immediate.value().into());
            let edit = Edit::new(vec!["handling_type".into()], value, self.at);
            self.reading.edits.push(edit);
        }
    }

    /// `《…》第十一条第一款；《…》`: a basis that the item has stays as it is; another one is cited without its text.
    fn bases(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let text = normalise_cell::lines(self.raw);
        if text != self.raw {
            self.notice(Notice::Folded);
        }
        let Some(cited) = citations(&text) else {
            return self.wrong(Wrong::BadFormat("《名称》第×条第×款；《名称》".into()));
        };
        let mut bases: Vec<Value> = Vec::with_capacity(cited.len());
        for (title, article) in cited {
            let Some(instrument) = self.names.instrument(&title) else {
                self.wrong(Wrong::ReferenceUnknown { kind: "legal_instrument", key: title });
                continue;
            };
            let same = |basis: &&Value| basis["instrument"] == instrument && same_article(&basis["article"], &article);
            let mut basis = match self.elements().iter().find(same) {
                Some(basis) => basis.clone(),
                None => {
                    json!({ "seq": 0, "instrument": instrument, "text": "", "text_kind": "summary", "purpose": "setting" })
                }
            };
            basis["seq"] = json!(bases.len() + 1);
            if basis.get("article").is_none() && !article.is_null() {
                basis["article"] = article;
            }
            bases.push(basis);
        }
        self.says(Some(bases.into()));
    }

    /// As many numbers as the cell names stand at the beginning of the telephone numbers; other ways to reach the office stay.
    fn phones(&mut self) {
        let numbers: Vec<String> = match self.is_nothing() {
            true => Vec::new(),
            false => normalise_cell::parts(self.raw).map(normalise_cell::phone).collect(),
        };
        if !numbers.is_empty() && normalise_cell::parts(self.raw).ne(numbers.iter().map(String::as_str)) {
            self.notice(Notice::Folded);
        }
        let is_phone = |contact: &&Value| contact["kind"] == "phone";
        let phone = |number: &String| json!({ "kind": "phone", "value": number });
        let old: Vec<_> = self.elements().iter().filter(is_phone).cloned().collect();
        let covered = if numbers.is_empty() { old.len() } else { numbers.len().min(old.len()) };
        let new: Vec<Value> = numbers.iter().map(phone).collect();
        let shown = (Value::from(old[..covered].to_vec()), Value::from(new.clone()));
        let mut left = new.into_iter();
        let mut contacts = Vec::new();
        let mut met = 0;
        for contact in self.elements() {
            if contact["kind"] == "phone" {
                met += 1;
                if met <= covered {
                    contacts.extend(left.next());
                    continue;
                }
            }
            contacts.push(contact.clone());
        }
        // A further number stands beside those that it came with.
        let after = contacts.iter().take_while(|contact| contact["kind"] == "phone").count();
        contacts.splice(after..after, left);
        let value = Some(contacts.into());
        let edit = Edit { path: vec![self.field.into()], value, column: self.at, shown: Some(shown) };
        self.reading.edits.push(edit);
    }

    /// `1.受理责任：…`: the word before 责任 is the stage.
    fn responsibilities(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let mut duties = Vec::new();
        for (number, line) in self.list().iter().flat_map(|text| at_stages(text)).enumerate() {
            let Some((stage, text)) = duty(line) else {
                let stages: Vec<_> = Stage::ALL.iter().map(|stage| stage.label()).collect();
                return self.wrong(Wrong::NotInCodeList(stages.join("、")));
            };
            let old = self.elements().get(number).filter(|old| old["stage"] == stage.value());
            let mut duty = old.cloned().unwrap_or_else(|| json!({}));
            duty["seq"] = json!(number + 1);
            duty["stage"] = stage.value().into();
            duty["text"] = text.into();
            duties.push(duty);
        }
        self.says(Some(duties.into()));
    }

    fn accountability(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let cases = self.list().into_iter().enumerate().map(|(number, text)| {
            let mut case = self.elements().get(number).cloned().unwrap_or_else(|| json!({}));
            case["seq"] = json!(number + 1);
            case["text"] = text.into();
            case
        });
        let cases: Vec<Value> = cases.collect();
        self.says(Some(cases.into()));
    }

    /// Takes a list in one cell apart. Line breaks say where its entries end, or numbers.
    fn list(&mut self) -> Vec<String> {
        if self.raw.contains('\n') || normalise_cell::narrow(self.raw) != self.raw {
            self.notice(Notice::Folded);
        }
        let elements = numbered::elements(self.raw);
        match elements.within_lines {
            WithinLines::Nothing => {}
            WithinLines::Split => self.notice(Notice::ListSplit),
            WithinLines::Whole => self.notice(Notice::ListWhole),
        }
        elements.texts
    }
}

/// Takes a text apart where the name of a stage begins a sentence: `…。审查责任：…`
fn at_stages(text: &str) -> Vec<&str> {
    let mut begins = vec![0];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let is_begin = before.is_some_and(|c: char| c.is_whitespace() || "。；;".contains(c));
        if is_begin && is_stage(&text[at..]) {
            begins.push(at);
        }
        before = Some(c);
    }
    let ends = begins.iter().skip(1).copied().chain([text.len()]);
    let parts: Vec<_> = begins.iter().zip(ends).map(|(from, to)| text[*from..to].trim()).collect();
    // What stands before the first stage is no duty of its own.
    if is_stage(text) { parts } else { vec![text] }
}

fn is_stage(text: &str) -> bool {
    let label = |stage: &&Stage| text.strip_prefix(stage.label().trim_end_matches("责任"));
    let rest = Stage::ALL.iter().find_map(|stage| label(&stage)?.strip_prefix("责任"));
    rest.is_some_and(|rest| rest.starts_with(['：', ':']))
}

fn duty(line: &str) -> Option<(Stage, &str)> {
    let (head, text) = line.split_once(['：', ':'])?;
    let head = normalise_cell::without_spaces(head);
    let word = head.strip_suffix("责任").unwrap_or(&head);
    let stage = Stage::ALL.iter().find(|stage| stage.label().trim_end_matches("责任") == word)?;
    Some((*stage, text.trim()))
}

fn same_article(own: &Value, cited: &Value) -> bool {
    ["number", "suffix", "paragraph", "item", "subitem"].iter().all(|part| own.get(part) == cited.get(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn duties_begin_with_their_stage() {
        assert_eq!(duty("受理责任：公示"), Some((Stage::Acceptance, "公示")));
        assert_eq!(duty("其他责任：法律"), Some((Stage::Other, "法律")));
        assert_eq!(duty("事后监管责任:加强"), Some((Stage::AfterSupervision, "加强")));
        assert_eq!(duty("公示依据"), None);
        assert_eq!(
            at_stages("受理责任：甲。\n审查责任：乙；决定责任：丙"),
            ["受理责任：甲。", "审查责任：乙；", "决定责任：丙"]
        );
        for whole in ["受理责任：转审查责任：甲", "甲。审查责任：乙", "公示依据", ""] {
            assert_eq!(at_stages(whole), [whole]);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[受理责任：:（）0-9；甲]{0,20}") {
            duty(&text);
            at_stages(&text);
        }
    }
}
