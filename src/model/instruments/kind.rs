//! The kind: what the machinery knows of a legal instrument.

use std::collections::BTreeSet;

use super::{
    model::{Basis, LegalInstrument},
    rules::{CHECKED, SHAPE, references},
};
use crate::{
    model::kinds::{Facet, Filter, Indexed, Kind, Owner, Reference, Sites, Slot, Values, read_as},
    search::Document,
    values::code_lists::{BasisPurpose, InstrumentLevel},
};

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
    check: |body, register, today| CHECKED.check(body, register, today),
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
    Ok(Indexed {
        title: record.title.clone(),
        document: Document {
            names: vec![record.title.clone()],
            body: record.issuer.clone().unwrap_or_default(),
            codes: std::iter::once(record.code.to_string()).chain(record.document_number.clone()).collect(),
        },
        postings: [
            Some(("level", record.level.value().to_owned())),
            record.issuer.clone().map(|issuer| ("issuer", issuer)),
            Some(("repealed", record.repealed.is_some().to_string())),
        ]
        .into_iter()
        .flatten()
        .collect(),
        references: references(&record),
        ..Indexed::default()
    })
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
