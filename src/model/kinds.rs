//! A kind of record: a name and a struct of functions. The machinery (catalog, reading, publication) knows
//! records only through this; each folder of a kind exports one [`Kind`], and [`KINDS`](super::KINDS) is the list of them.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    fields::Shape,
    problem::{FieldError, Wrong},
    search::Document,
    values::{
        Closure, DecimalText, Hours,
        code_lists::{CodeList, Status},
        is_open, local_time,
    },
};

/// A kind of record.
pub struct Kind {
    /// `item`, as in `meta.kind` and the log.
    pub name: &'static str,
    /// Its name as a list of one, for references between records of the kind.
    pub itself: &'static [&'static str],
    /// `items`, as in paths and file names.
    pub path: &'static str,
    /// Its name, in Chinese.
    pub chinese: &'static str,
    /// The name of a list of it, in English.
    pub english: &'static str,
    /// A key of the demonstration register, for examples.
    pub example: &'static str,
    /// The schema of its body.
    pub shape: fn() -> &'static Shape,
    /// Reads a body into its normal JSON, or says everything that is wrong with its form.
    pub read: fn(&Value) -> Result<String, Vec<FieldError>>,
    /// Reads from a normal body what the machinery needs to know of it.
    pub index: fn(&str) -> Result<Indexed, serde_json::Error>,
    /// Everything that is wrong with a body, and every rule of quality that it breaks on this day, in the register around
    /// it (docs/DOMAIN.md §8).
    pub check: fn(Body<'_>, &dyn Register, NaiveDate) -> Vec<FieldError>,
    /// Fields of the body that stand in a row of a list, in order; `organisation` becomes code and name.
    pub row: &'static [&'static str],
    /// Fields of the body that other records show when they embed this one, beside its status.
    pub short: &'static [&'static str],
    /// Fields whose text is shown with highlights.
    pub highlighted: &'static [&'static str],
    /// The filters of its lists, beside those that all kinds share.
    pub filters: &'static [Filter],
    /// The path of its records.
    pub sites: Sites,
    /// Whether it shows who uses it: [`Reference::shown_back`].
    pub shows_users: bool,
    /// Whose it is, for permissions.
    pub owner: Owner,
    /// Brings the codes of a body in order after its organisation has changed to one of this level, where it has such codes.
    pub recode: Option<fn(&mut Value, Option<&str>)>,
    /// Links of a record: name, and path in which `{key}` stands for the key and `{revision}` for the newest revision.
    pub links: &'static [(&'static str, &'static str)],
}

/// Whose a record is: who may propose, review and publish what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The organisation that its body names.
    Organisation,
    /// It is an organisation, in the division that its body names.
    Itself,
    /// The division that its body names.
    Division,
    /// The whole register.
    Register,
}

/// A body that is checked.
#[derive(Clone, Copy)]
pub enum Body<'a> {
    /// Any JSON: a draft, complete or not.
    Any(&'a Value),
    /// A published body in its normal form.
    Normal(&'a str),
}

/// The register around a record: what a rule may ask of other records.
pub trait Register {
    /// The record of one of these kinds with this key, whatever its status.
    fn record(&self, kinds: &[&'static str], key: &str) -> Option<KnownRecord<'_>>;

    /// The records in force or suspended that name the record of this kind and key.
    fn users(&self, kind: &'static str, key: &str) -> Vec<KnownRecord<'_>>;

    /// The key of another record in force or suspended with this name, kind and organisation.
    fn namesake(&self, kind: &'static str, organisation: &str, name: &str, own: &str) -> Option<String>;

    /// Whether it is known that the record with this key leads back to itself by no references, from record to record of its kind, whose
    /// pointers begin so. Who looks at all records knows it of all at once: to walk from each would meet most of them each time.
    fn is_in_no_circle(&self, _kind: &'static str, _beginning: &'static str, _key: &str) -> bool {
        false
    }

    /// When the record of this kind and key was last brought back after a cancellation or merger, as far as that is known.
    fn returned_at(&self, _kind: &'static str, _key: &str) -> Option<DateTime<Utc>> {
        None
    }
}

/// A record of the register, as rules about another one see it.
pub struct KnownRecord<'a> {
    /// Its kind.
    pub kind: &'static str,
    /// Its key.
    pub key: &'a str,
    /// Its state now.
    pub status: Status,
    /// The record that took its place.
    pub successor: Option<&'a str>,
    /// When its newest revision was published.
    pub published_at: DateTime<Utc>,
    /// The facts that the machinery knows of it.
    pub indexed: &'a Indexed,
    /// The body of its newest revision; empty when it was erased.
    pub body: Cow<'a, str>,
}

impl KnownRecord<'_> {
    /// Its body; none when it was erased or cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether it is in force or suspended.
    pub fn is_listed(&self) -> bool {
        matches!(self.status, Status::InForce | Status::Suspended)
    }

    /// Its value of a filter that has one.
    pub fn posting(&self, name: &str) -> Option<&str> {
        self.indexed.postings.iter().find(|(posting, _)| *posting == name).map(|(_, value)| value.as_str())
    }
}

/// The facts that the machinery knows of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Indexed {
    /// Its name or title.
    pub title: String,
    /// The texts by which it is found.
    pub document: Document,
    /// Filter values: name and value.
    pub postings: Vec<(&'static str, String)>,
    /// The records at which it points.
    pub references: Vec<Reference>,
    /// Its division; where it names none, that of its organisation counts.
    pub division: Option<String>,
    /// Its position and its hours, when it is a place itself.
    pub site: Option<Site>,
    /// Whether it has a workflow chart.
    pub has_chart: bool,
}

/// A record that another one names.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Its place in the body, a pointer (RFC 6901).
    pub pointer: String,
    /// The kinds that it may be of.
    pub kinds: &'static [&'static str],
    /// Its key.
    pub key: String,
    /// The member of `embedded` in which it is shown.
    pub slot: Slot,
    /// Whether the other one shows this record, too.
    pub shown_back: bool,
    /// Whether the other one may not be cancelled while this stands.
    pub holds: bool,
    /// Whether what holds must also be in force; a rule of its own looks at the others.
    pub must_be_in_force: bool,
}

/// A member of `embedded`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The organisation that a record belongs to.
    Organisation,
    /// The organisation above.
    Parent,
    /// Other organisations.
    Organisations,
    /// Places.
    Places,
    /// Fees.
    Fees,
    /// Legal instruments.
    Instruments,
    /// Intermediaries.
    Providers,
    /// Items.
    Items,
    /// The record that took its place.
    Successor,
}

/// A position and hours at which a record can be visited.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Longitude and latitude in degrees, CGCS2000.
    pub point: Option<(f64, f64)>,
    /// Opening hours.
    pub hours: Vec<Hours>,
    /// Days on which it is closed.
    pub closures: Vec<Closure>,
    /// The first day of its use.
    pub valid_from: Option<NaiveDate>,
    /// The last day of its use.
    pub valid_until: Option<NaiveDate>,
}

/// How the place of a record is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sites {
    /// It has none.
    None,
    /// It is one.
    Own,
    /// The records of this kind that it names under the filter of the same name.
    Through(&'static str),
}

/// Something that a list can be filtered by.
pub struct Filter {
    /// The query parameter.
    pub name: &'static str,
    /// The Chinese term.
    pub chinese: &'static str,
    /// A description, in English, of the records that it selects.
    pub english: &'static str,
    /// An example value from the demonstration register.
    pub example: &'static str,
    /// The values that it takes.
    pub values: Values,
    /// Postings under another name that it also selects by.
    pub also: Option<&'static str>,
    /// Whether its values are counted as a facet.
    pub facet: Facet,
}

/// The values that a filter takes.
#[derive(Clone, Copy)]
pub enum Values {
    /// Values of a code list.
    Listed(&'static CodeList),
    /// One of these words.
    Words(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
    /// The key of a record of one of these kinds.
    Key(&'static [&'static str]),
    /// The code of a division, or the beginning of one.
    Division,
    /// A year.
    Year,
    /// A code of another system: `scheme:value`.
    Identifier,
    /// Any text.
    Text,
}

/// Whether a filter's values can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    /// No.
    None,
    /// Each record has one: the counts sum to the total.
    Single,
    /// A record may have several or none.
    Multiple,
}

impl Filter {
    /// A filter with this name, terms and example.
    pub const fn new(
        name: &'static str,
        [chinese, english, example]: [&'static str; 3],
        values: Values,
        facet: Facet,
    ) -> Self {
        Self { name, chinese, english, example, values, also: None, facet }
    }

    /// Makes the filter select also by the postings under `name`.
    pub const fn also(mut self, name: &'static str) -> Self {
        self.also = Some(name);
        self
    }
}

impl Kind {
    /// The filter with this name.
    pub fn filter(&self, name: &str) -> Option<&'static Filter> {
        self.filters.iter().find(|filter| filter.name == name)
    }
}

impl Slot {
    /// As in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::Parent => "parent",
            Self::Organisations => "organisations",
            Self::Places => "places",
            Self::Fees => "fees",
            Self::Instruments => "instruments",
            Self::Providers => "providers",
            Self::Items => "items",
            Self::Successor => "successor",
        }
    }

    /// Whether it holds one record and not a list of them.
    pub const fn is_single(self) -> bool {
        matches!(self, Self::Organisation | Self::Parent | Self::Successor)
    }
}

impl Reference {
    /// A reference whose target may not be cancelled while it stands.
    pub fn new(pointer: impl Into<String>, kinds: &'static [&'static str], key: impl ToString, slot: Slot) -> Self {
        Self {
            pointer: pointer.into(),
            kinds,
            key: key.to_string(),
            slot,
            shown_back: false,
            holds: true,
            must_be_in_force: true,
        }
    }

    /// Lets the target be cancelled.
    pub fn loose(mut self) -> Self {
        self.holds = false;
        self
    }

    /// Lets the target be one that was cancelled before, too.
    pub fn even_cancelled(mut self) -> Self {
        self.must_be_in_force = false;
        self
    }

    /// Lets the target show this record.
    pub fn shown_back(mut self) -> Self {
        self.shown_back = true;
        self
    }
}

impl Site {
    /// A site from the fields that organisations and places have.
    pub fn new(
        longitude: Option<&DecimalText>,
        latitude: Option<&DecimalText>,
        hours: &[Hours],
        closures: &[Closure],
        (valid_from, valid_until): (Option<NaiveDate>, Option<NaiveDate>),
    ) -> Self {
        let degrees = |text: &DecimalText| text.as_str().parse().ok();
        let point = longitude.and_then(degrees).zip(latitude.and_then(degrees));
        Self { point, hours: hours.to_vec(), closures: closures.to_vec(), valid_from, valid_until }
    }

    /// Whether it is open at `instant`.
    pub fn is_open(&self, instant: DateTime<Utc>) -> bool {
        let day = local_time(instant).date();
        let in_use =
            self.valid_from.is_none_or(|from| from <= day) && self.valid_until.is_none_or(|until| day <= until);
        in_use && is_open(&self.hours, &self.closures, instant)
    }

    /// Its distance from a point, in metres along the great circle of a sphere of 6,371,008 m.
    pub fn distance(&self, (longitude, latitude): (f64, f64)) -> Option<f64> {
        let (own_longitude, own_latitude) = self.point?;
        let half = |a: f64, b: f64| ((a - b).to_radians() / 2.0).sin().powi(2);
        let across = latitude.to_radians().cos() * own_latitude.to_radians().cos();
        let chord = half(latitude, own_latitude) + across * half(longitude, own_longitude);
        Some(2.0 * 6_371_008.0 * chord.sqrt().min(1.0).asin())
    }
}

/// Reads a body as `T` and writes it in its normal form; for [`Kind::read`].
pub fn read_as<T: DeserializeOwned + Serialize>(shape: &Shape, value: &Value) -> Result<String, Vec<FieldError>> {
    let record: T = shape.read(value)?;
    serde_json::to_string(&record).map_err(|error| {
        log::error!("a record cannot be written: {error}");
        vec![FieldError::at("", Wrong::WrongType("object".into()))]
    })
}

/// The mistake in a span of time whose end is not after its beginning.
pub fn date_order(
    from: &str,
    from_date: Option<NaiveDate>,
    until: &str,
    until_date: Option<NaiveDate>,
) -> Option<FieldError> {
    let (from_date, until_date) = from_date.zip(until_date)?;
    (until_date <= from_date).then(|| FieldError::at(until, Wrong::DateOrder(from.into(), until.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let decimal = |text| DecimalText::parse(text).expect("valid");
        let hall = Site::new(Some(&decimal("119.0312")), Some(&decimal("26.2561")), &[], &[], (None, None));
        let metres = hall.distance((119.0312, 27.2561)).expect("it has a point");
        assert!((metres - 111_195.0).abs() < 10.0, "a degree of latitude, not {metres}");
        assert!(hall.distance((119.0312, 26.2561)).is_some_and(|metres| metres < 0.001));
        assert_eq!(Site::new(None, None, &[], &[], (None, None)).distance((1.0, 1.0)), None);
    }
}
