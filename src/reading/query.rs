//! Reads a query string: every parameter known, every value typed, every mistake named.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, Utc};
use percent_encoding::percent_decode_str;

use crate::problem::{Code, FieldError, Problem, Wrong};

/// The parameters of a request, taken one by one; what is left at the end is unknown.
pub struct Parameters {
    values: BTreeMap<String, Vec<String>>,
    mistakes: Vec<FieldError>,
}

impl Parameters {
    /// Reads a query string (`application/x-www-form-urlencoded`).
    pub fn read(query: &str) -> Self {
        let mut parameters = Self { values: BTreeMap::new(), mistakes: Vec::new() };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (decoded(name), decoded(value)) {
                (Some(name), Some(value)) => parameters.values.entry(name).or_default().push(value),
                _ => parameters.wrong(name, Wrong::BadFormat("UTF-8, %XX".into())),
            }
        }
        parameters
    }

    /// Notes a mistake.
    pub fn wrong(&mut self, name: &str, wrong: Wrong) {
        self.mistakes.push(FieldError::parameter(name, wrong));
    }

    /// Every value of a parameter that may be repeated; empty ones are mistakes.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let values = self.values.remove(name).unwrap_or_default();
        let (given, empty): (Vec<_>, Vec<_>) =
            values.into_iter().map(|value| value.trim().to_owned()).partition(|value| !value.is_empty());
        if !empty.is_empty() {
            self.wrong(name, Wrong::Required);
        }
        given
    }

    /// Every value of a parameter that is a list: repeated, or separated by commas.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let values = self.all(name);
        values.iter().flat_map(|value| value.split(',')).map(|value| value.trim().to_owned()).collect()
    }

    /// The value of a parameter that stands once.
    pub fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.wrong(name, Wrong::Duplicate(values.join(", ")));
        }
        values.drain(..).next()
    }

    /// A parameter read by `read`.
    pub fn parsed<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let value = self.one(name)?;
        read(&value).map_err(|wrong| self.wrong(name, wrong)).ok()
    }

    /// A whole number within a range.
    pub fn number(&mut self, name: &str, least: usize, most: usize) -> Option<usize> {
        self.parsed(name, |text| {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.ok_or_else(|| Wrong::OutOfRange(format!("{least}–{most}")))
        })
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> bool {
        self.parsed(name, boolean).unwrap_or(false)
    }

    /// Nothing if everything was known and right, otherwise every mistake.
    pub fn finish(mut self) -> Result<(), Problem> {
        let unknown = std::mem::take(&mut self.values);
        self.mistakes.extend(unknown.into_keys().map(|name| FieldError::parameter(name, Wrong::UnknownField)));
        match self.mistakes.is_empty() {
            true => Ok(()),
            false => Err(Problem { errors: self.mistakes, ..Code::InvalidQuery.into() }),
        }
    }
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Result<bool, Wrong> {
    text.parse().map_err(|_| Wrong::NotInCodeList("true, false".into()))
}

/// An instant, RFC 3339; a `+` that became a space in the query string is understood, and a date means its beginning in
/// China.
pub fn instant(text: &str) -> Result<DateTime<Utc>, Wrong> {
    let text = text.replace(' ', "+");
    if let Ok(date) = text.parse::<chrono::NaiveDate>() {
        let midnight = date.and_hms_opt(0, 0, 0).zip(FixedOffset::east_opt(8 * 3600));
        if let Some(local) = midnight.and_then(|(time, china)| time.and_local_timezone(china).single()) {
            return Ok(local.to_utc());
        }
    }
    DateTime::parse_from_rfc3339(&text)
        .map(|at| at.to_utc())
        .map_err(|_| Wrong::BadFormat("2026-11-23T09:00:00+08:00".into()))
}

/// A longitude and a latitude in degrees, such as `119.03,26.25`.
pub fn point(text: &str) -> Result<(f64, f64), Wrong> {
    let read = |part: &str, most: f64| part.trim().parse().ok().filter(|degrees: &f64| degrees.abs() <= most);
    let (longitude, latitude) = text.split_once(',').unwrap_or((text, ""));
    read(longitude, 180.0).zip(read(latitude, 90.0)).ok_or_else(|| Wrong::BadFormat("119.0312,26.2561".into()))
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let bytes = spaced.as_bytes();
    let escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at);
    let mut whole =
        escapes.map(|at| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)));
    match whole.all(|whole| whole) {
        true => percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned()),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_mistake_of_a_query_is_named() {
        let mut parameters = Parameters::read("limit=0&q=a&q=b&x=%zz&nonsense=1&flag=yes&empty=");
        parameters.number("limit", 1, 200);
        parameters.one("q");
        parameters.boolean("flag");
        parameters.all("empty");
        let problem = parameters.finish().expect_err("it is wrong");
        let named: Vec<_> = problem.errors.iter().map(|error| (error.place.to_string(), error.wrong.code())).collect();
        let expected = [
            ("x", "bad-format"),
            ("limit", "out-of-range"),
            ("q", "duplicate"),
            ("flag", "not-in-code-list"),
            ("empty", "required"),
            ("nonsense", "unknown-field"),
        ];
        assert_eq!(named, expected.map(|(name, code)| (name.to_owned(), code)));
    }

    #[test]
    fn instants_and_points_are_read_as_people_write_them() {
        assert_eq!(instant("2026-11-23T09:00:00 08:00"), instant("2026-11-23T01:00:00Z"));
        assert_eq!(instant("2026-11-23"), instant("2026-11-22T16:00:00Z"));
        assert!(instant("yesterday").is_err());
        assert_eq!(point("119.03, 26.25"), Ok((119.03, 26.25)));
        for wrong in ["", "1", "1,2,3", "200,1", "1,91", "NaN,1", "a,b"] {
            assert!(point(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics(query in ".{0,80}") {
            let mut parameters = Parameters::read(&query);
            parameters.list("a");
            let _ = parameters.finish();
        }
    }
}
