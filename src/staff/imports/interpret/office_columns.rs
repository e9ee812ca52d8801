//! The columns of items that offices write their own way: what is charged, what is promised, on what law it rests, whom to
//! call, who answers for what.

use serde_json::{Value, json};

use super::{
    as_printed::{Known, of_contacts},
    citations::{Citation, citations},
    column_cell, duty_bases,
    edited::{Edited, bases, contacts, renumbered},
    names::{Found, told},
    normalise_cell,
    numbered::{self, WithinLines},
    office_headers::Meaning,
    reading::{CellNotice, Edit, RowReading},
    sub_items,
    tables::Table,
};
use crate::{
    problem::Wrong,
    register::tables::Shows,
    staff::imports::{
        notice::Notice,
        read::{Cell, Row},
    },
    values::code_lists::{Charge, HandlingType, Stage, TextKind},
};

/// Reads the columns of a row that offices write their own way.
pub fn read(table: &Table, row: &Row, register: Known<'_>, reading: &mut RowReading) {
    for known in &table.columns {
        let Some(field) = known.meaning.field() else { continue };
        let cell = row.cell(known.at);
        let repeats = register.has_printed(table, known, cell);
        let raw = cell.map(Cell::text).unwrap_or_default();
        if let Some(said) = as_exported(table, known.meaning, &raw) {
            reading.edits.push(Edit::new(vec![field.into()], Some(said), known.at));
            continue;
        }
        if let Some(wrong) = cell.and_then(column_cell::unreadable) {
            reading.refuse(row.number, known.at, wrong);
            continue;
        }
        if !repeats && normalise_cell::points_elsewhere(&raw) {
            reading.refuse(row.number, known.at, Wrong::CellElsewhere);
            continue;
        }
        let mut own = RowReading::default();
        let is_printed = table.is_printed;
        let mut one = One { field, at: known.at, row: row.number, raw: &raw, register, is_printed, reading: &mut own };
        if !repeats || known.meaning != Meaning::OrganisationName {
            one.read(known.meaning, || code_of_organisation(table, row));
        }
        if !repeats || !table.is_ours() {
            reading.notices.append(&mut own.notices);
        }
        // What repeats the register says nothing new, however little of it the cell shows.
        if !repeats {
            reading.edits.append(&mut own.edits);
            own.wrong.drain(..).for_each(|(row, at, wrong)| reading.refuse(row, at, wrong));
        }
    }
    duty_bases::read(table, row, register.current, reading);
    sub_items::read(table, row, register.current, reading);
}

/// Reads what our own exports write into such a column, where an office would write something else.
fn as_exported(table: &Table, meaning: Meaning, raw: &str) -> Option<Value> {
    let is_json = raw.starts_with(['[', '{']);
    let column = table.column(meaning).filter(|_| is_json && meaning.is_whole_field())?;
    column.form.read(raw).ok().flatten()
}

/// The code of its organisation that a row has, so that the name is for people only.
fn code_of_organisation(table: &Table, row: &Row) -> Option<String> {
    let columns = &table.book.sheets[table.part].columns;
    let is_code = |meaning| matches!(meaning, Meaning::Own(place) if columns[place].path == ["organisation"]);
    let cell = table.columns.iter().find(|known| is_code(known.meaning)).and_then(|known| row.cell(known.at))?;
    Some(normalise_cell::code(&cell.text()).to_ascii_uppercase())
}

/// One cell.
struct One<'a, 'b> {
    field: &'static str,
    at: u16,
    row: u32,
    raw: &'a str,
    register: Known<'a>,
    /// Whether it stands on a list that we printed, and not on one that an office wrote.
    is_printed: bool,
    reading: &'b mut RowReading,
}

impl One<'_, '_> {
    /// Reads the cell in a column of this meaning.
    fn read(&mut self, meaning: Meaning, code_of_organisation: impl Fn() -> Option<String>) {
        match meaning {
            // What these say goes with another column.
            Meaning::Own(_) | Meaning::DutyBases(_) | Meaning::SubItem => {}
            Meaning::Level => self.level(),
            Meaning::OrganisationName => self.organisation_name(code_of_organisation()),
            Meaning::Charge => self.charge(),
            Meaning::Promise => self.promise(),
            Meaning::Bases => self.bases(),
            Meaning::Phones(_) => self.phones(),
            Meaning::Responsibilities => self.responsibilities(),
            Meaning::Accountability => self.accountability(),
        }
    }

    fn says(&mut self, value: Option<Value>) {
        let edit = Edit::new(vec![self.field.into()], value, self.at);
        self.reading.edits.push(edit);
    }

    fn notice(&mut self, notice: Notice) {
        self.reading.notices.push(CellNotice::new(self.row, self.at, notice));
    }

    fn wrong(&mut self, wrong: Wrong) {
        self.reading.refuse(self.row, self.at, wrong);
    }

    /// Notes that the register has more than a list that we printed says now.
    fn keeps(&mut self) {
        if self.is_printed {
            self.notice(Notice::Kept);
        }
    }

    /// Whether the cell is empty or says that there is nothing.
    fn is_nothing(&mut self) -> bool {
        let nothing = normalise_cell::is_nothing(self.raw);
        if nothing {
            self.notice(Notice::EmptyWord);
        }
        nothing || self.raw.trim().is_empty()
    }

    fn elements_of(&self, field: &str) -> Vec<Value> {
        let list = self.register.current.and_then(|body| body.get(field)?.as_array());
        list.cloned().unwrap_or_default()
    }

    fn elements(&self) -> Vec<Value> {
        self.elements_of(self.field)
    }

    /// The part of a cell that says something else than is printed of so many elements.
    fn edited<'c>(&self, text: &'c str, shows: Shows, elements: usize) -> Edited<'c> {
        let parts = self.register.printed.map(|printed| printed.parts(shows)).unwrap_or_default();
        match parts.len() == elements {
            true => Edited::of(text, &parts, shows.between()),
            false => Edited::whole(text),
        }
    }

    fn organisation_name(&mut self, code: Option<String>) {
        if self.raw.trim().is_empty() {
            return;
        }
        match (self.register.names.find("organisation", self.raw), code) {
            (known, Some(code)) => {
                if self.is_printed && known.one() != Some(code.as_str()) {
                    self.notice(Notice::NameNotRead);
                }
            }
            (Found::One(named), None) => self.says(Some(named.code.as_str().into())),
            (Found::Several(several), None) => {
                self.wrong(Wrong::NameAmbiguous(self.raw.trim().to_owned(), told(&several)));
            }
            (Found::Nothing, None) => self.wrong(Wrong::OrganisationUnknown(self.raw.trim().to_owned())),
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
        } else if let Some(fees) = self.fees() {
            self.says(Some(Charge::Charged.value().into()));
            self.reading.edits.push(Edit::new(vec!["fees".into()], Some(fees.into()), self.at));
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
                None => match self.register.names.find("fee", self.raw) {
                    Found::Several(fees) => self.wrong(Wrong::NameAmbiguous(plain, told(&fees))),
                    Found::One(_) | Found::Nothing => self.wrong(Wrong::CellMoney),
                },
            }
        }
    }

    /// The fees that a cell names, with those that it names as they are printed; none where it says something else.
    fn fees(&self) -> Option<Vec<Value>> {
        let (text, old) = (normalise_cell::lines(self.raw), self.elements_of("fees"));
        let edited = self.edited(&text, Shows::Charge, old.len());
        let (before, within, after) = edited.split(&old);
        let names = edited.text.split(['；', ';', '\n']).map(str::trim).filter(|name| !name.is_empty());
        let named = names.map(|name| self.register.names.fee(name, within).map(Value::from));
        let named: Vec<Value> = named.collect::<Option<_>>()?;
        Some([before, named.as_slice(), after].concat()).filter(|fees| !fees.is_empty())
    }

    /// A limit; what is done at once is handled immediately, where the item has a way of handling at all.
    fn promise(&mut self) {
        let is_immediate =
            self.register.current.is_some_and(|body| body["handling_type"] == HandlingType::Immediate.value());
        if self.is_nothing() {
            if is_immediate {
                self.keeps();
            }
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
        let value = json!(period);
        let current = self.register.current;
        let is_handled = current.is_none_or(|body| body.get("handling_type").is_some());
        // What was done at once and has a time now is not done at once any more.
        let is_longer = is_immediate && !at_once && current.is_some_and(|body| body["promised_limit"] != value);
        if is_immediate && !at_once && !is_longer {
            self.keeps();
        }
        self.says(Some(value));
        let handling = if at_once { HandlingType::Immediate } else { HandlingType::Promised };
        if at_once && is_handled || is_longer {
            let edit = Edit::new(vec!["handling_type".into()], Some(handling.value().into()), self.at);
            self.reading.edits.push(edit);
        }
    }

    /// `《…》第十一条第一款；《…》`: a basis that the item has stays as it is, and so do those that set nothing, of which such a cell says
    /// nothing; another one is cited without its text.
    fn bases(&mut self) {
        let old = self.elements();
        let text = match self.is_nothing() {
            true => String::new(),
            false => normalise_cell::lines(self.raw),
        };
        if !text.is_empty() && text != self.raw {
            self.notice(Notice::Folded);
        }
        let (setting, others): (Vec<usize>, Vec<usize>) =
            (0..old.len()).partition(|at| old[*at]["purpose"] == "setting");
        let edited = self.edited(&text, Shows::Bases, setting.len());
        let cited = match citations(edited.text) {
            Ok(cited) => cited,
            Err(place) => return self.wrong(Wrong::BasisUnclear(place)),
        };
        let (before, within, after) = edited.split(&setting);
        let mut free = [within, others.as_slice()].concat();
        let mut stated: Vec<(Option<usize>, Value)> = Vec::with_capacity(setting.len() + cited.len());
        stated.extend(before.iter().map(|at| (Some(*at), old[*at].clone())));
        if cited.iter().any(|one| !one.text.is_empty()) {
            self.notice(Notice::BasesSplit);
        }
        for one in cited {
            match free.iter().position(|at| self.is_cited(&old[*at], &one)) {
                Some(place) => {
                    let at = free.remove(place);
                    stated.push((Some(at), with_text(old[at].clone(), &one.text)));
                }
                None => stated.extend(self.cite(one).map(|basis| (None, basis))),
            }
        }
        stated.extend(after.iter().map(|at| (Some(*at), old[*at].clone())));
        self.says(Some(bases(&old, stated).into()));
    }

    fn is_cited(&self, basis: &Value, cited: &Citation) -> bool {
        let instrument = basis["instrument"].as_str().unwrap_or_default();
        let names = self.register.names;
        same_article(&basis["article"], &cited.article)
            && (names.is_titled(instrument, &cited.title) || names.instrument(&cited.name()) == Some(instrument))
    }

    /// A new basis, with the text that the cell has of it.
    fn cite(&mut self, cited: Citation) -> Option<Value> {
        let name = cited.name();
        let instrument = match self.register.names.find("legal_instrument", &name) {
            Found::One(named) => named.code.as_str(),
            Found::Several(several) => {
                self.wrong(Wrong::NameAmbiguous(name, told(&several)));
                return None;
            }
            Found::Nothing => {
                self.wrong(Wrong::ReferenceUnknown { kind: "legal_instrument", key: cited.title });
                return None;
            }
        };
        let mut basis =
            json!({ "seq": 0, "instrument": instrument, "text": "", "text_kind": "summary", "purpose": "setting" });
        if !cited.article.is_null() {
            basis["article"] = cited.article;
        }
        Some(with_text(basis, &cited.text))
    }

    /// `乡镇级`, or which level does what: `县级：审批；乡级：初审`. An empty cell says nothing of it.
    fn level(&mut self) {
        let text = normalise_cell::lines(self.raw);
        if text.is_empty() || normalise_cell::is_nothing(&text) {
            return;
        }
        match sub_items::level(&text) {
            Some(level) => self.says(Some(level.value().into())),
            None => {
                let edit = Edit::new(vec!["exercise_content".into()], Some(text.into()), self.at);
                self.reading.edits.push(edit);
            }
        }
    }

    /// Numbers stand in for numbers, and what else is printed beside them for itself; ways to reach the office that the cell does not
    /// name stay, unless it is empty: then it has no numbers.
    fn phones(&mut self) {
        let old = self.elements();
        if self.is_nothing() {
            let (phones, others): (Vec<Value>, Vec<Value>) =
                old.into_iter().partition(|contact| contact["kind"] == "phone");
            return self.says_of_contacts(others, (phones, Vec::new()));
        }
        let text = normalise_cell::lines(self.raw);
        let edited = match of_contacts(self.field) {
            Some(shows) => self.edited(&text, shows, old.len()),
            None => Edited::whole(&text),
        };
        let stated: Vec<(String, String)> =
            normalise_cell::parts(edited.text).map(|part| (part.to_owned(), normalise_cell::phone(part))).collect();
        let (before, within, after) = edited.split(&old);
        let made = contacts(within, &stated);
        let is_folded = |(part, number): &(String, String)| {
            part != number && made.all.iter().any(|contact| contact["value"] == number.as_str())
        };
        if stated.iter().any(is_folded) {
            self.notice(Notice::Folded);
        }
        if made.is_shorter || stated.is_empty() && !within.is_empty() {
            self.keeps();
        }
        self.says_of_contacts([before, made.all.as_slice(), after].concat(), (made.from, made.to));
    }

    fn says_of_contacts(&mut self, all: Vec<Value>, (from, to): (Vec<Value>, Vec<Value>)) {
        let shown = Some((from.into(), to.into()));
        let edit = Edit { path: vec![self.field.into()], value: Some(all.into()), column: self.at, shown };
        self.reading.edits.push(edit);
    }

    /// `1.受理责任：…`: the word before 责任 is the stage.
    fn responsibilities(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let (text, old) = (normalise_cell::lines(self.raw), self.elements());
        let edited = self.edited(&text, Shows::Responsibilities, old.len());
        let (before, within, after) = edited.split(&old);
        let mut duties = before.to_vec();
        for (number, line) in self.list(edited.text, within).iter().flat_map(|text| at_stages(text)).enumerate() {
            let Some((stage, text)) = duty(line) else {
                let stages: Vec<_> = Stage::ALL.iter().map(|stage| stage.label()).collect();
                return self.wrong(Wrong::NotInCodeList(stages.join("、")));
            };
            let same = within.iter().find(|old| old["stage"] == stage.value() && old["text"] == text);
            let old = same.or_else(|| within.get(number).filter(|old| old["stage"] == stage.value()));
            let mut duty = old.cloned().unwrap_or_else(|| json!({ "seq": 0 }));
            duty["stage"] = stage.value().into();
            duty["text"] = text.into();
            duties.push(duty);
        }
        duties.extend_from_slice(after);
        self.says(Some(renumbered(duties).into()));
    }

    fn accountability(&mut self) {
        if self.is_nothing() {
            return self.says(None);
        }
        let (text, old) = (normalise_cell::lines(self.raw), self.elements());
        let edited = self.edited(&text, Shows::Accountability, old.len());
        let (before, within, after) = edited.split(&old);
        let cases = self.list(edited.text, within).into_iter().enumerate().map(|(number, text)| {
            let same = within.iter().find(|old| old["text"] == text.as_str());
            let mut case = same.or_else(|| within.get(number)).cloned().unwrap_or_else(|| json!({ "seq": 0 }));
            case["text"] = text.into();
            case
        });
        let cases: Vec<Value> = cases.collect();
        self.says(Some(renumbered([before, cases.as_slice(), after].concat()).into()));
    }

    /// Takes a list in one cell apart, beside the entries that the register has. Line breaks say where its entries end, or numbers.
    fn list(&mut self, text: &str, now: &[Value]) -> Vec<String> {
        if self.raw.contains('\n') || normalise_cell::narrow(self.raw) != self.raw {
            self.notice(Notice::Folded);
        }
        let elements = numbered::elements_beside(text, now);
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

/// A basis with the text that a cell has of it. A cell without one leaves what is there, and so does one that differs in spaces alone.
fn with_text(mut basis: Value, text: &str) -> Value {
    let plain = normalise_cell::plain(text);
    let is_new = basis["text"].as_str().is_none_or(|own| normalise_cell::plain(own) != plain);
    if !text.is_empty() && is_new {
        basis["text"] = text.into();
        let kind = if text.contains("……") { TextKind::Summary } else { TextKind::Quotation };
        basis["text_kind"] = kind.value().into();
    }
    basis
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
