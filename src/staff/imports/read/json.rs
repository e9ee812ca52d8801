//! Records as JSON: what our own exports write, lists of bodies, and whole registers such as the demonstration's.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::{
    limits::{MOST_ROWS, too_large, too_many_rows},
    text::{decode, first_byte},
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, Wrong},
    staff::imports::notice::Notice,
};

/// Bytes of a record at most: it is read whole, and takes many times as much then.
const LONGEST_RECORD: usize = 2 << 20;
/// The member of a list.
const ITEMS: &str = "items";

/// A record as it was sent.
pub struct Record {
    /// Its kind.
    pub kind: &'static Kind,
    /// The list in which it stands.
    pub list: String,
    /// Its place there, from 1.
    pub number: u32,
    /// It, as it stands there.
    pub text: Box<RawValue>,
    /// The revision of which it is an export, where it says it.
    pub revision: Option<i64>,
    /// How it was made, where the file names it and does not describe it.
    pub notice: Option<Notice>,
}

/// The members that are looked at before a record is read whole.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    meta: Option<MetaHead>,
    #[serde(default)]
    end: Option<bool>,
    #[serde(default)]
    count: Option<u64>,
}

#[derive(Deserialize)]
struct MetaHead {
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    revision: Value,
}

/// Whether these bytes are meant as JSON.
pub fn is_json(bytes: &[u8]) -> bool {
    matches!(first_byte(bytes), Some(b'{' | b'['))
}

/// Every record of a file. `given` is the kind of records that do not say theirs.
pub fn read(bytes: &[u8], kinds: &[&'static Kind], given: Option<&'static Kind>) -> Result<Vec<Record>, Wrong> {
    let mut text = decode(bytes)?;
    // Lines that were joined from several files: no text in JSON has a line break of its own.
    if text.contains("\n\u{feff}") {
        text = text.replace("\n\u{feff}", "\n").into();
    }
    let mut reading = Reader { kinds, given, records: Vec::new() };
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<&RawValue>();
    let first = values.next().ok_or(Wrong::FileEmpty)?.map_err(|error| not_json(&error))?;
    match values.next() {
        None => reading.whole(first)?,
        Some(second) => {
            reading.line(first)?;
            reading.line(second.map_err(|error| not_json(&error))?)?;
            for value in values {
                reading.line(value.map_err(|error| not_json(&error))?)?;
            }
        }
    }
    Ok(reading.records)
}

struct Reader<'a> {
    kinds: &'a [&'static Kind],
    given: Option<&'static Kind>,
    records: Vec<Record>,
}

impl Reader<'_> {
    /// A document of its own: a list, a register, or one record.
    fn whole(&mut self, text: &RawValue) -> Result<(), Wrong> {
        if text.get().starts_with('[') {
            return elements(text)?.into_iter().try_for_each(|element| self.record(element, None));
        }
        let lists = self.kinds.iter().map(|kind| list_of(kind));
        let wanted: Vec<_> = ["code", "meta", "count"].map(str::to_owned).into_iter().chain(lists).collect();
        let members = Members(&wanted).deserialize(&mut serde_json::Deserializer::from_str(text.get()));
        let members = members.map_err(|error| not_json(&error))?;
        if ["code", "meta"].iter().any(|name| members.contains_key(*name)) {
            // Members of a record may be called like lists: an item has fees and places.
            return self.record(text, None);
        }
        let lists: Vec<_> = self.kinds.iter().filter_map(|kind| Some((*kind, *members.get(&list_of(kind))?))).collect();
        if lists.is_empty() {
            return self.record(text, None);
        }
        let is_register = lists.len() > 1;
        for (kind, list) in lists {
            let elements = elements(list)?;
            let before = self.records.len();
            // Every export calls its list `items`, whatever is in it.
            let fallback = if is_register || list_of(kind) != ITEMS { Some(kind) } else { self.given.or(Some(kind)) };
            elements.into_iter().try_for_each(|element| self.record(element, fallback))?;
            let count = members.get("count").filter(|_| !is_register).and_then(|count| count.get().parse().ok());
            must_be_whole(count, self.records.len() - before)?;
        }
        Ok(())
    }

    /// One line of a file of lines.
    fn line(&mut self, text: &RawValue) -> Result<(), Wrong> {
        let head: Head = serde_json::from_str(text.get()).map_err(|_| not_a_record())?;
        match head.end {
            Some(true) => must_be_whole(head.count, self.records.len()),
            _ => self.record(text, None),
        }
    }

    fn record(&mut self, text: &RawValue, fallback: Option<&'static Kind>) -> Result<(), Wrong> {
        if self.records.len() == MOST_ROWS {
            return Err(too_many_rows());
        }
        if text.get().len() > LONGEST_RECORD {
            let most = LONGEST_RECORD >> 20;
            return Err(too_large(
                format!("有一条记录超过 {most} MiB"),
                format!("has a record of more than {most} MiB"),
            ));
        }
        let head: Head = serde_json::from_str(text.get()).map_err(|_| not_a_record())?;
        let (named, revision) = head.meta.map_or((None, None), |meta| (meta.kind, meta.revision.as_i64()));
        let known = |name: &str| self.kinds.iter().copied().find(|kind| kind.name == name);
        let kind = match named {
            Some(name) => known(&name),
            None => fallback.or(self.given),
        };
        let kind = kind.ok_or_else(|| {
            let kinds: Vec<_> = self.kinds.iter().map(|kind| kind.name).collect();
            Wrong::TableUnreadable(Detail::new(
                format!("看不出记录类别，请给出 kind：{}", kinds.join("、")),
                format!("does not say of which kind its records are; give `kind`: {}", kinds.join(", ")),
            ))
        })?;
        let last = self.records.last().filter(|last| last.kind.name == kind.name);
        let number = last.map_or(1, |last| last.number + 1);
        let (list, text) = (list_of(kind), text.to_owned());
        self.records.push(Record { kind, list, number, text, revision, notice: None });
        Ok(())
    }
}

/// Members with these names of an object, as they stand there; of two with one name the last. No other is kept.
struct Members<'n>(&'n [String]);

impl<'de> DeserializeSeed<'de> for Members<'_> {
    type Value = HashMap<String, &'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = HashMap<String, &'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut kept = HashMap::new();
        while let Some(name) = members.next_key::<String>()? {
            if self.0.contains(&name) {
                kept.insert(name, members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept)
    }
}

/// Elements of a list as they stand there; one more than are taken is the last that is kept.
struct Elements<'a>(Vec<&'a RawValue>);

fn elements(list: &RawValue) -> Result<Vec<&RawValue>, Wrong> {
    let read: Result<Elements<'_>, _> = serde_json::from_str(list.get());
    read.map(|elements| elements.0).map_err(|error| not_json(&error))
}

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Self(Vec::new()))
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Elements<'a> {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self, A::Error> {
        while self.0.len() <= MOST_ROWS
            && let Some(element) = list.next_element()?
        {
            self.0.push(element);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

/// `legal_instruments`, as lists are called in JSON.
fn list_of(kind: &Kind) -> String {
    kind.path.replace('-', "_")
}

fn must_be_whole(said: Option<u64>, found: usize) -> Result<(), Wrong> {
    match said {
        Some(said) if said != found as u64 => Err(Wrong::TableUnreadable(Detail::new(
            format!("文件不完整：声明 {said} 条，实有 {found} 条"),
            format!("is not whole: it says {said} records and has {found}"),
        ))),
        _ => Ok(()),
    }
}

fn not_json(error: &serde_json::Error) -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        format!("第 {} 行第 {} 列不是合法的 JSON", error.line(), error.column()),
        format!("is not JSON at line {}, column {}", error.line(), error.column()),
    ))
}

fn not_a_record() -> Wrong {
    Wrong::TableUnreadable(Detail::new(
        "其中有不是记录（JSON 对象）的内容",
        "has something that is no record (a JSON object)",
    ))
}
