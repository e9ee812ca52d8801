//! Reads a query string: every parameter known, every value typed, every mistake named.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::percent_decode_str;

use crate::{
    problem::{Code, FieldError, Place, Problem, Wrong},
    search::{LONGEST_QUERY, MOST_WORDS, Query, QueryError},
};

/// Mistakes that one answer names at most: more say nothing new.
const MOST_MISTAKES: usize = 100;

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
                (Some(name), Some(value)) if is_text(&name) && is_text(&value) => {
                    parameters.values.entry(name).or_default().push(value);
                }
                (Some(_), Some(_)) => parameters.wrong(name, value, Wrong::ControlCharacter),
                _ => parameters.wrong(name, value, Wrong::PercentEncoding),
            }
        }
        parameters
    }

    /// Every name and value as it was meant, sorted.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().flat_map(|(name, values)| {
            let mut values: Vec<_> = values.iter().map(String::as_str).collect();
            values.sort_unstable();
            values.into_iter().map(move |value| (name.as_str(), value))
        })
    }

    /// The first value of a parameter that is not empty, which stays where it is.
    pub fn peek(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.iter().map(|value| value.trim()).find(|value| !value.is_empty())
    }

    /// Notes a mistake; the same one is noted once.
    pub fn wrong(&mut self, name: &str, value: &str, wrong: Wrong) {
        let mistake = FieldError::parameter(name, wrong).with_value(value);
        if !self.mistakes.contains(&mistake) && self.mistakes.len() < MOST_MISTAKES {
            self.mistakes.push(mistake);
        }
    }

    /// Every value of a parameter that may be repeated; empty ones are mistakes.
    pub fn all(&mut self, name: &str) -> Vec<String> {
        let values = self.values.remove(name).unwrap_or_default();
        let (given, empty): (Vec<_>, Vec<_>) =
            values.into_iter().map(|value| value.trim().to_owned()).partition(|value| !value.is_empty());
        if !empty.is_empty() {
            self.wrong(name, "", Wrong::Empty);
        }
        given
    }

    /// Every value of a parameter that is a list, once: repeated, or separated by commas.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let values = self.all(name);
        let parts = values.iter().flat_map(|value| value.split(',')).map(|value| value.trim().to_owned());
        parts.filter(|part| seen.insert(part.clone())).collect()
    }

    /// The value of a parameter that stands once.
    pub fn one(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.wrong(name, &values.join(", "), Wrong::GivenTwice);
        }
        values.drain(..).next()
    }

    /// A parameter read by `read`.
    pub fn parsed<T>(&mut self, name: &str, read: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let value = self.one(name)?;
        read(&value).map_err(|wrong| self.wrong(name, &value, wrong)).ok()
    }

    /// A whole number within a range.
    pub fn number(&mut self, name: &str, least: usize, most: usize) -> Option<usize> {
        self.parsed(name, |text| {
            let number: usize = text.parse().map_err(|_| Wrong::WrongType("integer".into()))?;
            let fits = (least..=most).contains(&number).then_some(number);
            fits.ok_or_else(|| Wrong::OutOfRange(format!("{least}–{most}")))
        })
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &str) -> bool {
        self.parsed(name, boolean).unwrap_or(false)
    }

    /// Nothing if what was taken is right, whatever else there is.
    pub fn only_what_is_wrong(mut self) -> Result<(), Problem> {
        self.values.clear();
        self.finish()
    }

    /// Leaves out all but `as_of` of what was not taken: to the address of a page that somebody shares, chats and newsletters add
    /// parameters of their own.
    pub fn of_a_page(mut self) -> Self {
        self.values.retain(|name, _| name == "as_of");
        self
    }

    /// Nothing if everything was known and right, otherwise every mistake.
    pub fn finish(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.values).into_keys() {
            self.wrong(&name, "", Wrong::UnknownParameter);
        }
        let only_the_cursor = self.mistakes.iter().all(|mistake| mistake.place == Place::Parameter("cursor".into()));
        let code = if only_the_cursor { Code::InvalidCursor } else { Code::InvalidQuery };
        match self.mistakes.is_empty() {
            true => Ok(()),
            false => Err(Problem::with_errors(code, self.mistakes)),
        }
    }
}

/// `true` or `false`.
pub fn boolean(text: &str) -> Result<bool, Wrong> {
    text.parse().map_err(|_| Wrong::NotInCodeList("true, false".into()))
}

/// The words of a search.
pub fn words(text: &str) -> Result<Query, Wrong> {
    Query::parse(text).map_err(|error| match error {
        QueryError::Empty => Wrong::Required,
        QueryError::TooLong => Wrong::TooLong(LONGEST_QUERY as u64),
        QueryError::TooManyWords => Wrong::TooMany(MOST_WORDS as u64),
    })
}

/// An instant, RFC 3339; a `+` that became a space in the query string is understood.
pub fn instant(text: &str) -> Result<DateTime<Utc>, Wrong> {
    DateTime::parse_from_rfc3339(&text.replace(' ', "+")).map(|at| at.to_utc()).map_err(|_| Wrong::Instant)
}

/// A date: its beginning in China.
pub fn date(text: &str) -> Result<DateTime<Utc>, Wrong> {
    // Years of other lengths are dates, too, at whose ends nothing can be reckoned.
    let date = Some(text).filter(|text| text.len() == 10).and_then(|text| text.parse::<chrono::NaiveDate>().ok());
    let date = date.ok_or(Wrong::DateForm)?;
    Ok(date.and_time(chrono::NaiveTime::MIN).and_utc() - TimeDelta::hours(8))
}

/// A longitude and a latitude in degrees, such as `119.03,26.25`.
pub fn point(text: &str) -> Result<(f64, f64), Wrong> {
    let read = |part: &str, most: f64| {
        let plain = part.trim().bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
        part.trim().parse().ok().filter(|degrees: &f64| plain && degrees.abs() <= most)
    };
    let (longitude, latitude) = text.split_once(',').unwrap_or((text, ""));
    read(longitude, 180.0).zip(read(latitude, 90.0)).ok_or(Wrong::Point)
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    match escapes_are_whole(&spaced) {
        true => percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned()),
        false => None,
    }
}

/// Whether it has no control characters but those of lines and tables: nothing that is asked for has any, and a database may refuse
/// U+0000.
pub fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// Whether every `%` is followed by two hexadecimal digits.
pub fn escapes_are_whole(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut escapes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').map(|(at, _)| at);
    escapes.all(|at| bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_mistake_of_a_query_is_named() {
        let mut parameters =
            Parameters::read("limit=0&q=a&q=b&x=%zz&y=a%00&z%1b=1&lines=a%0D%0Ab&nonsense=1&flag=yes&empty=");
        parameters.number("limit", 1, 200);
        parameters.one("q");
        parameters.boolean("flag");
        parameters.all("empty");
        assert_eq!(parameters.one("lines").as_deref(), Some("a\r\nb"));
        let problem = parameters.finish().expect_err("it is wrong");
        let named: Vec<_> = problem.errors.iter().map(|error| (error.place.to_string(), error.wrong.code())).collect();
        let expected = [
            ("x", "percent-encoding"),
            ("y", "control-character"),
            ("z%1b", "control-character"),
            ("limit", "out-of-range"),
            ("q", "given-twice"),
            ("flag", "not-in-code-list"),
            ("empty", "empty"),
            ("nonsense", "unknown-parameter"),
        ];
        assert_eq!(named, expected.map(|(name, code)| (name.to_owned(), code)));
    }

    #[test]
    fn instants_and_points_are_read_as_people_write_them() {
        assert_eq!(instant("2026-11-23T09:00:00 08:00"), instant("2026-11-23T01:00:00Z"));
        assert_eq!(date("2026-11-23"), instant("2026-11-22T16:00:00Z"));
        assert!(instant("2026-11-23").is_err());
        assert!(instant("yesterday").is_err());
        assert_eq!(point("119.03, 26.25"), Ok((119.03, 26.25)));
        for wrong in ["", "1", "1,2,3", "200,1", "1,91", "NaN,1", "1e2,26", "a,b"] {
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

        #[test]
        fn no_date_or_instant_panics(year in "[+-]?[0-9]{1,7}", text in "[0-9TZ:+. -]{0,30}") {
            for text in [format!("{year}-01-01"), format!("{year}-12-31T23:59:59Z"), text] {
                let _ = (date(&text), instant(&text));
            }
        }
    }
}
