//! 首次导入: the organisations and legal instruments that the items of a file name, while no item was ever published, as records of
//! their own. Later a name that nobody knows is a mistake of the file.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, value::to_raw_value};

use super::{
    citations::citations,
    column_cell::{self, normal_code},
    derived::{SaidOfOffice, instrument, organisation},
    json_records::body,
    names::bare,
    normalise_cell,
    office_headers::{ITEM, Meaning},
    tables::{Expected, ImportSource, Table},
};
use crate::{
    model::{
        checks,
        kinds::{Kind, Owner},
    },
    problem::Problem,
    register::catalog::Snapshot,
    staff::imports::{
        notice::Notice,
        read::{Cell, Row, json::Record},
    },
};

/// The lists under which what was named is told.
const LISTS: [&str; 2] = ["实施主体（据事项表）", "设定依据（据事项表）"];
/// The kind of laws.
const INSTRUMENT: &str = "legal_instrument";

/// Adds to a file the records that its items name and nobody has: neither the register, nor the file itself. Those of which a
/// draft is open are `drafted`.
pub fn add_named(
    source: &mut ImportSource,
    register: &Snapshot,
    drafted: &HashMap<String, Option<String>>,
) -> Result<(), Problem> {
    let was_published = register.shelf(ITEM).is_some_and(|shelf| shelf.entries().len() > 0);
    if was_published {
        return Ok(());
    }
    let kinds: Vec<_> = register.kinds().collect();
    let found =
        [kinds.iter().find(|kind| kind.owner == Owner::Itself), kinds.iter().find(|kind| kind.name == INSTRUMENT)];
    let [Some(office), Some(law)] = found else { return Ok(()) };
    let known = Known::of(source, register);
    let named = NamedInTables::of(source, office);
    let offices = named.offices.into_iter().filter(|(code, _)| !known.has(office, code, ""));
    let offices: Vec<_> = offices.map(|(code, said)| (organisation(&code, &said), Notice::Named)).collect();
    let titles = named.titles.into_iter().filter(|title| !known.has(law, "", title));
    let laws: Vec<_> = titles.map(|title| instrument(&title)).collect();
    for ((kind, list), bodies) in [*office, *law].into_iter().zip(LISTS).zip([offices, laws]) {
        let mut number = 0;
        for (body, notice) in bodies {
            let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (key, title) = (text("code"), text(if kind.name == INSTRUMENT { "title" } else { "name" }));
            if drafted.contains_key(&format!("{}/{key}", kind.name)) {
                source.expected.push(Expected { kind, title, key });
                continue;
            }
            number += 1;
            let text = to_raw_value(&body)?;
            source.records.push(Record { kind, list: list.into(), number, text, revision: None, notice: Some(notice) });
        }
    }
    Ok(())
}

/// The records that need not be made: kind and key, kind and title.
struct Known<'a> {
    register: &'a Snapshot,
    keys: HashSet<(&'static str, String)>,
    titles: HashSet<(&'static str, String)>,
}

impl<'a> Known<'a> {
    fn of(source: &ImportSource, register: &'a Snapshot) -> Self {
        let mut known = Self { register, keys: HashSet::new(), titles: HashSet::new() };
        for kind in register.kinds() {
            let entries = register.shelf(kind.name).into_iter().flat_map(|shelf| shelf.entries());
            known.titles.extend(entries.map(|entry| (kind.name, bare(&entry.indexed.title))));
        }
        for record in &source.records {
            known.add(record.kind, &body(record));
        }
        for table in source.tables.iter().filter(|table| table.part == 0 && table.kind.name != ITEM) {
            for row in &table.sheet.rows {
                known.add(table.kind, &of_row(table, row));
            }
        }
        known
    }

    fn add(&mut self, kind: &'static Kind, body: &Map<String, Value>) {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        self.keys.extend(text("code").and_then(|code| normal_code(kind, code).ok()).map(|key| (kind.name, key)));
        self.titles.extend(["title", "name"].into_iter().filter_map(text).map(|title| (kind.name, bare(title))));
    }

    fn has(&self, kind: &Kind, key: &str, title: &str) -> bool {
        !key.is_empty() && (self.register.get(kind.name, key).is_some() || self.keys.contains(&(kind.name, key.into())))
            || !title.is_empty() && self.titles.contains(&(kind.name, bare(title)))
    }
}

/// Code, title and name of a row of a sheet of records.
fn of_row(table: &Table, row: &Row) -> Map<String, Value> {
    let columns = &table.book.sheets[table.part].columns;
    let code = row.cell(table.code).map(|cell| ("code".to_owned(), column_cell::code(cell).text.into()));
    let named = table.columns.iter().filter_map(|known| match known.meaning {
        Meaning::Own(place) => match columns[place].path.as_slice() {
            [name] if name == "title" || name == "name" => Some((name.clone(), row.cell(known.at)?.text().into())),
            _ => None,
        },
        _ => None,
    });
    code.into_iter().chain(named).collect()
}

/// The organisations by code and the titles of laws that tables of items name, each once, in the order of the file.
#[derive(Default)]
struct NamedInTables {
    offices: Vec<(String, SaidOfOffice)>,
    titles: Vec<String>,
}

impl NamedInTables {
    fn of(source: &ImportSource, office: &'static Kind) -> Self {
        let (mut named, mut places, mut titles) = (Self::default(), HashMap::new(), HashSet::new());
        for table in source.tables.iter().filter(|table| table.part == 0 && table.kind.name == ITEM) {
            for row in &table.sheet.rows {
                if let Some((code, said)) = office_of(table, row, office) {
                    let place = *places.entry(code.clone()).or_insert(named.offices.len());
                    match named.offices.get_mut(place) {
                        Some((_, first)) => first.phone = first.phone.take().or(said.phone),
                        None => named.offices.push((code, said)),
                    }
                }
                let cited = cell(table, row, |meaning| meaning == Meaning::Bases).map(Cell::text).unwrap_or_default();
                let cited = citations(&normalise_cell::lines(&cited)).unwrap_or_default();
                let new = cited.into_iter().map(|cited| normalise_cell::name(&cited.title));
                named.titles.extend(new.filter(|title| titles.insert(bare(title))));
            }
        }
        named
    }
}

/// The organisation of a row: its code begins the code of the item, which was checked when it was given out. A row that says another
/// code is wrong somewhere, and nothing is made of it.
fn office_of(table: &Table, row: &Row, office: &Kind) -> Option<(String, SaidOfOffice)> {
    let item = column_cell::code(row.cell(table.code)?);
    let item = normal_code(table.kind, &item.text).ok().filter(|_| item.wrong.is_none())?;
    let code = normal_code(office, item.get(..18)?).ok()?;
    let columns = &table.book.sheets[table.part].columns;
    let is_code = |meaning| matches!(meaning, Meaning::Own(place) if columns[place].path == ["organisation"]);
    let said = cell(table, row, is_code).map(|cell| column_cell::code(cell).text);
    if said.is_some_and(|said| normal_code(office, &said).as_ref() != Ok(&code)) {
        return None;
    }
    let name = normalise_cell::name(&cell(table, row, |meaning| meaning == Meaning::OrganisationName)?.text());
    let phones = cell(table, row, |meaning| meaning == Meaning::Phones("consultation")).map(Cell::text);
    let phones = phones.unwrap_or_default();
    let mut phones = normalise_cell::parts(&phones).map(normalise_cell::phone);
    let phone = phones.find(|number| checks::phone("", number).is_none());
    (!name.is_empty()).then_some((code, SaidOfOffice { name, item, phone }))
}

fn cell<'a>(table: &Table, row: &'a Row, is_it: impl Fn(Meaning) -> bool) -> Option<&'a Cell> {
    table.columns.iter().filter(|known| is_it(known.meaning)).find_map(|known| row.cell(known.at))
}
