//! An item with what it names of other records, and the table by which a standard makes an object of it.

use std::{fmt::Display, io::Write};

use serde_json::Value;

use super::extract::Extract;
use crate::{
    model::{items::Item, organisations::Organisation, places::Place},
    problem::Problem,
    register::catalog::Entry,
    web::one::body,
};

/// An item of an export.
pub struct ItemRecord<'a> {
    /// The export.
    pub extract: &'a Extract,
    /// The record.
    pub entry: &'a Entry,
    /// Its body.
    pub item: Item,
    /// The places where it is handled, without those that were erased.
    pub places: Vec<Place>,
    /// The organisation in charge, where the register has its record.
    pub office: Option<Organisation>,
}

/// A member of the object that an item becomes: its name, and the function that gives its value.
pub type Member = (&'static str, fn(&ItemRecord<'_>) -> Value);

impl<'a> ItemRecord<'a> {
    /// Reads a record of items, and the records that it names.
    pub fn read(extract: &'a Extract, entry: &'a Entry) -> Result<Self, Problem> {
        let item: Item = body(entry)?;
        let places = item.places.iter().filter_map(|place| extract.snapshot.get("place", place.place.as_str()));
        let places = places.filter_map(|place| place.body().map_err(Problem::from).transpose());
        let places = places.map(|body| Ok(serde_json::from_str(&body?)?)).collect::<Result<_, Problem>>()?;
        let office = extract.snapshot.get("organisation", item.organisation.as_str());
        let office = office.map(|entry| entry.body()).transpose()?.flatten();
        let office = office.map(|body| serde_json::from_str(&body)).transpose()?;
        Ok(Self { extract, entry, item, places, office })
    }

    /// Makes the object with these members, in their order, less those that are empty.
    pub fn object(&self, members: &[Member]) -> Value {
        let members = members.iter().map(|(name, value)| ((*name).to_owned(), value(self)));
        members.filter(|(_, value)| !is_empty(value)).collect()
    }

    /// Returns the address of the item in the API.
    pub fn address(&self) -> String {
        format!("{}/v1/items/{}", self.extract.base, self.item.code)
    }

    /// Returns the name of the organisation in charge.
    pub fn office_name(&self) -> &str {
        self.extract.name_of("organisation", self.item.organisation.as_str())
    }

    /// Returns the names of its fees.
    pub fn fee_names(&self) -> impl Iterator<Item = &str> {
        self.item.fees.iter().map(|fee| self.extract.name_of("fee", fee.as_str()))
    }

    /// Returns its conditions, one on each line, numbered.
    pub fn conditions(&self) -> Value {
        let conditions = self.item.conditions.iter();
        let lines: Vec<_> = conditions.map(|condition| format!("{}.{}", condition.seq, condition.text)).collect();
        lines.join("\n").into()
    }
}

/// Joins texts to one.
pub fn joined<'a>(parts: impl Iterator<Item = &'a str>, between: &str) -> Value {
    parts.collect::<Vec<_>>().join(between).into()
}

/// Writes an element of an array on a line of its own, after a comma unless it is the first.
pub fn write_element(place: usize, element: impl Display, out: &mut Vec<u8>) -> Result<(), Problem> {
    let comma = if place > 0 { "," } else { "" };
    Ok(write!(out, "{comma}\n{element}")?)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}
