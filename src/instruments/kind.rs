//! The kind: what the machinery knows of a legal instrument.

use std::{collections::BTreeSet, sync::LazyLock};

use super::model::{Basis, LegalInstrument};
use crate::{
    fields::Shape,
    kinds::{Facet, Filter, Indexed, Kind, Owner, Reference, Sites, Slot, Values, read_as},
    problem::{FieldError, Wrong},
    search::Document,
    values::code_lists::{BasisPurpose, InstrumentLevel},
};

static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<LegalInstrument>);

/// 法律法规文件
pub const KIND: Kind = Kind {
    name: "legal_instrument",
    itself: &["legal_instrument"],
    path: "legal-instruments",
    chinese: "法律法规文件",
    english: "legal instruments",
    example: "lex-xzxk",
    shape: || &SHAPE,
    read: |value| read_as::<LegalInstrument>(&SHAPE, value),
    index,
    rules,
    row: &["code", "title", "document_number", "issuer", "level", "issued", "effective", "repealed", "successor"],
    short: &["code", "title", "document_number", "issuer", "level", "effective", "repealed", "successor"],
    highlighted: &["title", "document_number", "issuer"],
    filters: &[
        Filter::new("level", ["效力级别", "rank", "law"], Values::Listed(&InstrumentLevel::LIST), Facet::Single),
        Filter::new("issuer", ["制定机关", "who issued it", "国务院"], Values::Text, Facet::Single),
        Filter::new(
            "repealed",
            ["是否废止", "whether a date of repeal is known", "false"],
            Values::Boolean,
            Facet::Single,
        ),
    ],
    sites: Sites::None,
    shows_users: false,
    owner: Owner::Register,
    recode: None,
    links: &[("items", "/v1/items?legal_instrument={key}"), ("fees", "/v1/fees?legal_instrument={key}")],
};

fn index(body: &str) -> Result<Indexed, serde_json::Error> {
    let record: LegalInstrument = serde_json::from_str(body)?;
    let successor = record
        .successor
        .iter()
        .map(|key| Reference::new("/successor", &["legal_instrument"], key, Slot::Instruments).loose());
    Ok(Indexed {
        title: record.title.clone(),
        document: Document {
            names: vec![record.title.clone()],
            body: record.issuer.clone(),
            codes: std::iter::once(record.code.to_string()).chain(record.document_number.clone()).collect(),
        },
        postings: vec![
            ("level", record.level.value().to_owned()),
            ("issuer", record.issuer.clone()),
            ("repealed", record.repealed.is_some().to_string()),
        ],
        references: successor.collect(),
        ..Indexed::default()
    })
}

fn rules(body: &str) -> Result<Vec<FieldError>, serde_json::Error> {
    let record: LegalInstrument = serde_json::from_str(body)?;
    let mut mistakes = Vec::new();
    if record.issued.is_some_and(|issued| issued > record.effective) {
        mistakes.push(FieldError::at("/effective", Wrong::InstrumentDateOrder));
    }
    if record.repealed.is_some_and(|repealed| repealed <= record.effective) {
        mistakes.push(FieldError::at("/repealed", Wrong::InstrumentDateOrder));
    }
    Ok(mistakes)
}

/// The instruments that a list of bases cites; one may not be cancelled while it is the only basis that sets the power.
pub fn cited(bases: &[Basis]) -> impl Iterator<Item = Reference> {
    let setting = bases.iter().filter(|basis| basis.purpose == BasisPurpose::Setting).map(|basis| &basis.instrument);
    let setting: BTreeSet<_> = setting.collect();
    let only = if setting.len() == 1 { setting.first().map(|key| (*key).clone()) } else { None };
    bases.iter().enumerate().map(move |(index, basis)| {
        let pointer = format!("/legal_bases/{index}/instrument");
        let reference = Reference::new(pointer, &["legal_instrument"], &basis.instrument, Slot::Instruments);
        if only.as_ref() == Some(&basis.instrument) { reference } else { reference.loose() }
    })
}
