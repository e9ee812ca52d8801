//! A rule of quality: a function over a typed record, and the fields that it looks at.
//!
//! A body is read leniently, so that everything that is wrong with it is told at once: a rule is asked unless something
//! that it looks at could not be read.

use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    fields::Shape,
    model::{
        kinds::{Body, KnownRecord, Reference, Register},
        persons::names_a_person,
    },
    problem::{Detail, FieldError, Rule, Wrong},
    values::{
        Hours, Phone, Season,
        code_lists::{Contact, Status},
        garbled, private,
    },
};

/// The record that a rule looks at, and the register around it.
pub struct Case<'a, T> {
    /// The record.
    pub record: &'a T,
    /// Its kind.
    pub kind: &'static str,
    /// Its key.
    pub key: &'a str,
    /// The register around it.
    pub register: &'a dyn Register,
    /// The day of the check, in China.
    pub today: NaiveDate,
}

impl<T> Case<'_, T> {
    /// The record itself as the register has it: none before its first publication.
    pub fn published(&self) -> Option<KnownRecord<'_>> {
        self.register.record(&[self.kind], self.key)
    }
}

/// A rule, or several that look at the same.
pub struct Check<T: 'static> {
    /// The fields that it looks at, as paths from the root: `materials/*/name`. `*` is every element of a list: the rule
    /// is asked of the others when one cannot be read.
    pub looks_at: &'static [&'static str],
    /// Finds the faults.
    pub find: fn(&Case<'_, T>) -> Vec<FieldError>,
}

/// The functions and rules by which a kind's records are checked.
pub struct Checked<T: 'static> {
    /// Its name.
    pub kind: &'static str,
    /// The schema of its body.
    pub shape: &'static LazyLock<Shape>,
    /// Its rules.
    pub checks: &'static [Check<T>],
    /// The key of a record.
    pub key: fn(&T) -> &str,
    /// Lists the records that a record names.
    pub references: fn(&T) -> Vec<Reference>,
}

impl<T: DeserializeOwned> Checked<T> {
    /// Everything that is wrong with `body`, and every rule that it breaks, each with the term of its field.
    pub fn check(&self, body: Body<'_>, register: &dyn Register, today: NaiveDate) -> Vec<FieldError> {
        let found = match body {
            Body::Any(value) => self.check_any(value, register, today),
            Body::Normal(text) => self.check_normal(text, register, today),
        };
        found.into_iter().map(|mistake| self.shape.called(mistake)).collect()
    }

    /// A published body: it was read along its schema once, so it is only read along it again when its type refuses it.
    fn check_normal(&self, text: &str, register: &dyn Register, today: NaiveDate) -> Vec<FieldError> {
        let Ok(record) = serde_json::from_str(text) else {
            let value = serde_json::from_str(text).unwrap_or_default();
            return self.check_any(&value, register, today);
        };
        let mut found = self.ask(&record, &[], register, today);
        // Line breaks are written as letters in JSON.
        let is_faulty = garbled(text).is_some() || private(text).is_some();
        if is_faulty || names_a_person(&text.replace("\\n", "\n").replace("\\t", " ")) {
            let value = serde_json::from_str(text).unwrap_or_default();
            found.extend(faults_of_texts(self.shape, &value));
        }
        found
    }

    fn check_any(&self, value: &Value, register: &dyn Register, today: NaiveDate) -> Vec<FieldError> {
        let (record, mut found) = self.shape.read_leniently::<T>(value);
        let asked = record.map(|record| self.ask(&record, &found, register, today)).unwrap_or_default();
        found.extend(asked);
        found.extend(faults_of_texts(self.shape, value));
        found
    }

    fn ask(&self, record: &T, mistakes: &[FieldError], register: &dyn Register, today: NaiveDate) -> Vec<FieldError> {
        // A draft without a code is nobody's, whatever stands in the place of its code.
        let has_key = mistakes.iter().all(|mistake| mistake.pointer() != "/code");
        let key = if has_key { (self.key)(record) } else { "" };
        let case = Case { record, kind: self.kind, key, register, today };
        let mut found = Vec::new();
        for check in self.checks {
            let Some(unread) = unread(check.looks_at, mistakes) else { continue };
            found.extend((check.find)(&case).into_iter().filter(|found| !lies_in(found.pointer(), &unread)));
        }
        let places: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer().to_owned()).collect();
        let unknown = unresolved((self.references)(record), register);
        found.extend(unknown.into_iter().filter(|found| !lies_in(found.pointer(), &places)));
        found
    }
}

/// The elements that a rule must not judge, because something that it looks at in them could not be read; none when it
/// cannot judge at all.
fn unread(looks_at: &[&str], mistakes: &[FieldError]) -> Option<Vec<String>> {
    let mut elements = Vec::new();
    for mistake in mistakes {
        let steps: Vec<_> = mistake.pointer().split('/').skip(1).collect();
        for path in looks_at {
            match meeting(path, &steps) {
                Meeting::Apart => {}
                Meeting::Element(element) => elements.push(element),
                Meeting::Whole => return None,
            }
        }
    }
    Some(elements)
}

/// How a path that a rule looks at and a mistake meet.
enum Meeting {
    Apart,
    Element(String),
    Whole,
}

fn meeting(path: &str, mistake: &[&str]) -> Meeting {
    let mut element = None;
    for (at, (step, wrong)) in path.split('/').zip(mistake).enumerate() {
        if step == "*" && element.is_none() {
            element = Some(format!("/{}", mistake[..=at].join("/")));
        } else if step != "*" && step != *wrong {
            return Meeting::Apart;
        }
    }
    element.map_or(Meeting::Whole, Meeting::Element)
}

fn lies_in(pointer: &str, places: &[String]) -> bool {
    places
        .iter()
        .any(|place| pointer.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// References that lead nowhere, or, where the record cannot do without them, to something that is no longer in force.
fn unresolved(references: Vec<Reference>, register: &dyn Register) -> Vec<FieldError> {
    let leads = |reference: &Reference| {
        let found = register.record(reference.kinds, &reference.key);
        found.is_some_and(|target| {
            target.is_listed() || !(reference.holds && reference.must_be_in_force) && target.status != Status::Erased
        })
    };
    let nowhere = references.into_iter().filter(|reference| !leads(reference));
    let mistake = |reference: Reference| {
        let wrong = match reference.kinds {
            ["organisation", ..] => Wrong::OrganisationUnknown(reference.key),
            [kind, ..] => Wrong::ReferenceUnknown { kind, key: reference.key },
            [] => Wrong::Required,
        };
        FieldError::at(reference.pointer, wrong)
    };
    nowhere.map(mistake).collect()
}

/// The last day of a record that is still in force.
pub fn date_passed<T>(case: &Case<'_, T>, pointer: &str, until: Option<NaiveDate>) -> Vec<FieldError> {
    let Some(until) = until.filter(|until| *until < case.today) else { return Vec::new() };
    let in_force = case.published().is_none_or(|own| own.status == Status::InForce);
    let found = in_force.then(|| FieldError::broken(pointer, Rule::DatePassed, [Detail::same(until)]));
    found.into_iter().collect()
}

/// What nobody has said yet of a record that was named before it was described: pointer, Chinese term, whether it is not said.
pub fn not_said<const N: usize>(places: [(&'static str, &'static str, bool); N]) -> Vec<FieldError> {
    let missing = places.into_iter().filter(|(.., is_missing)| *is_missing);
    let told = |(pointer, term, _): (&'static str, &'static str, bool)| {
        let what = Detail::new(term, pointer.trim_start_matches('/'));
        FieldError::broken(pointer, Rule::RecordIncomplete, [what])
    };
    missing.map(told).collect()
}

/// Telephone numbers of a list of contacts that are no numbers of an office.
pub fn phones(pointer: &str, contacts: &[Phone]) -> Vec<FieldError> {
    let phones = contacts.iter().enumerate().filter(|(_, contact)| contact.kind == Contact::Phone);
    phones.filter_map(|(index, contact)| phone(format!("{pointer}/{index}/value"), &contact.value)).collect()
}

/// A telephone number that is none of an office.
pub fn phone(pointer: impl Into<String>, number: &str) -> Option<FieldError> {
    (!is_office_number(number)).then(|| FieldError::broken(pointer, Rule::PhoneFormat, []))
}

/// `12345` and its like, `0591-26000001` with an extension or without, 400 and 800 numbers.
fn is_office_number(number: &str) -> bool {
    let digits = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let parts: Vec<_> = number.split('-').collect();
    match parts.as_slice() {
        [short] if digits(short, 5, 5) => matches!(short.as_bytes().first(), Some(b'1' | b'9')),
        [free] if digits(free, 10, 10) => free.starts_with("400") || free.starts_with("800"),
        ["400" | "800", rest] => digits(rest, 7, 7),
        ["400" | "800", three, four] => digits(three, 3, 3) && digits(four, 4, 4),
        [area, local] => area.starts_with('0') && digits(area, 3, 4) && digits(local, 7, 8),
        [area, local, extension] => {
            area.starts_with('0') && digits(area, 3, 4) && digits(local, 7, 8) && digits(extension, 1, 6)
        }
        _ => false,
    }
}

/// Spans that end before they begin, or overlap another one of the same day and season. Spans that touch do not overlap.
pub fn hours(spans: &[Hours]) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (index, span) in spans.iter().enumerate() {
        if span.until <= span.from {
            found.push(FieldError::broken(format!("/hours/{index}/until"), Rule::HoursInvalid, []));
        } else if spans[..index].iter().any(|other| overlap(span, other)) {
            found.push(FieldError::broken(format!("/hours/{index}"), Rule::HoursInvalid, []));
        }
    }
    found
}

fn overlap(a: &Hours, b: &Hours) -> bool {
    let same_day = a.days.iter().any(|day| b.days.contains(day));
    let same_season = match (&a.season, &b.season) {
        (Some(a), Some(b)) => {
            let covers = |season: &Season, day: &str| season.contains_day(day);
            covers(a, &b.from) || covers(a, &b.until) || covers(b, &a.from)
        }
        (None, _) | (_, None) => true,
    };
    same_day && same_season && a.from < b.until && b.from < a.until
}

/// Finds the mistakes in the free texts of a body: numbers of persons but in codes of other systems, garbled parts, characters that others
/// do not see.
fn faults_of_texts(shape: &Shape, value: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    for (pointer, text) in shape.free_texts(value) {
        if !is_code(&pointer) && names_a_person(text) {
            found.push(FieldError::broken(pointer.clone(), Rule::PersonalData, []));
        }
        if let Some(part) = garbled(text) {
            found.push(FieldError::broken(pointer.clone(), Rule::TextGarbled, [Detail::same(part)]));
        }
        if let Some(c) = private(text) {
            let name = format!("U+{:04X}", u32::from(c));
            found.push(FieldError::broken(pointer, Rule::TextPrivateCharacter, [Detail::same(name)]));
        }
    }
    found
}

/// Codes of other systems, whatever their shape.
fn is_code(pointer: &str) -> bool {
    pointer.starts_with("/identifiers/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_offices() {
        for right in [
            "12345",
            "96196",
            "0591-26000001",
            "010-12345678-8001",
            "0591-2600000",
            "400-123-4567",
            "4001234567",
            "800-1234567",
        ] {
            assert!(is_office_number(right), "{right}");
        }
        for wrong in [
            "",
            "13800000001",
            "26000001",
            "059126000001",
            "0591-260000011",
            "0591 26000001",
            "1234",
            "500-1234567",
            "0591-26000001-",
            "abc",
        ] {
            assert!(!is_office_number(wrong), "{wrong}");
        }
    }

    #[test]
    fn hours_that_touch_do_not_overlap_and_seasons_wrap() {
        let span = |from: &str, until: &str, season: Option<(&str, &str)>| Hours {
            days: vec![1, 2],
            from: from.into(),
            until: until.into(),
            season: season.map(|(from, until)| Season { from: from.into(), until: until.into() }),
        };
        let found = |spans: &[Hours]| hours(spans).iter().map(|found| found.place.to_string()).collect::<Vec<_>>();
        assert_eq!(found(&[span("08:30", "12:00", None), span("12:00", "17:00", None)]), [""; 0]);
        assert_eq!(found(&[span("08:30", "12:00", None), span("11:59", "17:00", None)]), ["/hours/1"]);
        assert_eq!(found(&[span("12:00", "12:00", None)]), ["/hours/0/until"]);
        let (winter, summer) = (Some(("10-01", "05-31")), Some(("06-01", "09-30")));
        assert_eq!(found(&[span("14:30", "17:30", winter), span("15:00", "18:00", summer)]), [""; 0]);
        assert_eq!(
            found(&[span("14:30", "17:30", winter), span("15:00", "18:00", Some(("01-01", "02-01")))]),
            ["/hours/1"]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            is_office_number(&text);
        }
    }
}
