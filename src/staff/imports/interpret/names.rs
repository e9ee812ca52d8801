//! Names to codes: offices write the title of a law and the name of an organisation where the register has codes.

use std::collections::HashMap;

use serde_json::Value;

pub use super::spelled::bare;
use super::{
    left_digits::{Fit, LeftDigits},
    spelled::Spelled,
};
use crate::{
    model::kinds::Kind,
    register::catalog::{Entry, Snapshot},
};

/// The kind of laws.
pub const INSTRUMENT: &str = "legal_instrument";
/// Laws are called without these words, too.
const OF_CHINA: &str = "中华人民共和国";
/// Characters of a name at least that may be the end of a longer one.
const LEAST: usize = 4;
/// Records that are told at most where one of several may be meant.
const MOST_TOLD: usize = 5;

/// A record with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its code.
    pub code: String,
    /// Its name or title.
    pub name: String,
    bare: String,
    /// The number of a document.
    number: Option<String>,
    is_listed: bool,
}

/// The records that a name may mean.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// This one.
    One(&'a Named),
    /// One of these.
    Several(Vec<&'a Named>),
    /// None.
    Nothing,
}

/// The codes of records by their titles and names, as reading rows needs them. Made once for an import.
#[derive(Default)]
pub struct Names {
    kinds: HashMap<&'static str, OfKind>,
}

#[derive(Default)]
struct OfKind {
    records: Vec<Named>,
    by_name: HashMap<String, Vec<usize>>,
    by_code: HashMap<String, usize>,
    /// Those whose codes are nothing but digits.
    of_digits: Vec<usize>,
}

impl Names {
    /// Those of a register.
    pub fn of(register: &Snapshot) -> Self {
        let mut names = Self::default();
        for kind in register.kinds() {
            for entry in register.shelf(kind.name).into_iter().flat_map(|shelf| shelf.entries()) {
                let number = if kind.name == INSTRUMENT { number_of(entry) } else { None };
                names.put(kind, &entry.indexed.title, &entry.key, (number, entry.is_listed()));
            }
        }
        names
    }

    /// Adds one that is not in the register yet.
    pub fn add(&mut self, kind: &Kind, title: &str, code: &str) {
        self.put(kind, title, code, (None, true));
    }

    fn put(&mut self, kind: &Kind, title: &str, code: &str, (number, is_listed): (Option<String>, bool)) {
        let of_kind = self.kinds.entry(kind.name).or_default();
        if of_kind.by_code.contains_key(code) {
            return;
        }
        let place = of_kind.records.len();
        let spelled = Spelled::of(title);
        let own = bare(title);
        if kind.name == INSTRUMENT && spelled.title != own {
            of_kind.by_name.entry(spelled.title).or_default().push(place);
        }
        of_kind.by_name.entry(own.clone()).or_default().push(place);
        of_kind.by_code.insert(code.to_owned(), place);
        if code.bytes().all(|byte| byte.is_ascii_digit()) {
            of_kind.of_digits.push(place);
        }
        of_kind.records.push(Named { code: code.into(), name: title.into(), bare: own, number, is_listed });
    }

    /// Whether a record has this code.
    pub fn has(&self, kind: &str, code: &str) -> bool {
        self.kinds.get(kind).is_some_and(|of_kind| of_kind.by_code.contains_key(code))
    }

    /// Finds the records that have just this name and may be meant: of these those in force, where there are any.
    pub fn exact(&self, kind: &str, name: &str, may_be: impl Fn(&Named) -> bool) -> Vec<&Named> {
        let named = self.kinds.get(kind).map(|of_kind| of_kind.named(&bare(name))).unwrap_or_default();
        in_force(named.into_iter().filter(|named| may_be(named)).collect())
    }

    /// Finds the record with a name: exactly this one, else the only one that it can be short for.
    pub fn find(&self, kind: &str, name: &str) -> Found<'_> {
        let Some(of_kind) = self.kinds.get(kind).filter(|_| !bare(name).is_empty()) else { return Found::Nothing };
        match kind == INSTRUMENT {
            true => Found::of(of_kind.titled(&Spelled::of(name), &bare(name))),
            false => {
                let exact = of_kind.called(&bare(name));
                Found::of(if exact.is_empty() { of_kind.ending(&bare(name)) } else { exact })
            }
        }
    }

    /// Finds the records whose codes fit the digits that a spreadsheet left.
    pub fn fitting(&self, kind: &str, left: &LeftDigits) -> Vec<(&Named, Fit)> {
        let Some(of_kind) = self.kinds.get(kind) else { return Vec::new() };
        let records = of_kind.of_digits.iter().filter_map(|place| of_kind.records.get(*place));
        records.filter_map(|named| Some((named, left.fit(&named.code)?))).collect()
    }

    /// Whether the legal instrument with this code has this title; of one that nobody knows the code stands for that.
    pub fn is_titled(&self, code: &str, title: &str) -> bool {
        let known = self.kinds.get(INSTRUMENT).and_then(|of_kind| of_kind.records.get(*of_kind.by_code.get(code)?));
        let spelled = Spelled::of(title);
        known
            .map_or(code == title, |known| known.bare == bare(title) || Spelled::of(&known.name).title == spelled.title)
    }

    /// The fee with this name: the first of those that an item has, else the only one.
    pub fn fee(&self, name: &str, of_item: &[Value]) -> Option<&str> {
        match self.find("fee", name) {
            Found::One(fee) => Some(&fee.code),
            Found::Several(fees) => {
                let own = of_item.iter().find_map(|code| fees.iter().find(|fee| *code == fee.code.as_str()));
                own.map(|fee| fee.code.as_str())
            }
            Found::Nothing => None,
        }
    }

    /// The only legal instrument with this title.
    pub fn instrument(&self, title: &str) -> Option<&str> {
        self.find(INSTRUMENT, title).one()
    }
}

impl OfKind {
    /// Those with a name.
    fn named(&self, bare: &str) -> Vec<&Named> {
        let places = self.by_name.get(bare).into_iter().flatten();
        places.filter_map(|place| self.records.get(*place)).collect()
    }

    /// Those with a name, of which those in force are meant.
    fn called(&self, bare: &str) -> Vec<&Named> {
        in_force(self.named(bare))
    }

    /// Those whose names end with one: `洋里乡人民政府` is short for `闽侯县洋里乡人民政府`.
    fn ending(&self, bare: &str) -> Vec<&Named> {
        match bare.chars().count() < LEAST {
            true => Vec::new(),
            false => in_force(self.records.iter().filter(|named| named.bare.ends_with(bare)).collect()),
        }
    }

    /// The legal instruments with a title, and with its number where both say one.
    fn titled(&self, spelled: &Spelled, whole: &str) -> Vec<&Named> {
        let long = format!("{OF_CHINA}{}", spelled.title);
        let spellings = [whole, spelled.title.as_str(), long.as_str()];
        let called = spellings.into_iter().map(|title| self.called(title)).find(|called| !called.is_empty());
        let mut called = called.unwrap_or_default();
        if let Some(number) = &spelled.number {
            let is_it = |named: &&Named| named.number.as_deref().is_some_and(|own| same_number(own, number));
            let numbered = called.iter().copied().any(|named| is_it(&named));
            called.retain(|named| if numbered { is_it(named) } else { named.number.is_none() });
        }
        called
    }
}

/// The number of a document.
fn number_of(entry: &Entry) -> Option<String> {
    let body: Value = serde_json::from_str(&entry.body().ok()??).ok()?;
    body["document_number"].as_str().map(bare)
}

fn in_force(found: Vec<&Named>) -> Vec<&Named> {
    let any = found.iter().any(|named| named.is_listed);
    found.into_iter().filter(|named| named.is_listed || !any).collect()
}

/// Whether two numbers of documents are one, whatever their brackets.
fn same_number(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    plain(one) == plain(other)
}

impl<'a> Found<'a> {
    fn of(found: Vec<&'a Named>) -> Self {
        match found.as_slice() {
            [] => Self::Nothing,
            [only] => Self::One(only),
            _ => Self::Several(found),
        }
    }

    /// The code of the only one.
    pub fn one(self) -> Option<&'a str> {
        match self {
            Self::One(named) => Some(&named.code),
            Self::Several(_) | Self::Nothing => None,
        }
    }
}

/// Tells records by code and name, and how many there are beside these.
pub fn told(records: &[&Named]) -> String {
    let shown: Vec<_> = records.iter().take(MOST_TOLD).map(|one| format!("{} {}", one.code, one.name)).collect();
    let more = records.len().saturating_sub(MOST_TOLD);
    let mut told = shown.join("; ");
    if more > 0 {
        told.push_str(&format!("; … (+{more})"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::KINDS;

    fn names() -> Names {
        let mut names = Names::default();
        for (kind, code, name, number, is_listed) in [
            (INSTRUMENT, "lex-slf", "中华人民共和国森林法", None, true),
            (INSTRUMENT, "lex-a", "关于某事的通知", Some("侯政〔2014〕8号"), true),
            (INSTRUMENT, "lex-b", "关于某事的通知", Some("侯政〔2018〕9号"), true),
            (INSTRUMENT, "lex-old", "某某条例", None, false),
            (INSTRUMENT, "lex-new", "某某条例（2020年修订）", None, true),
            ("organisation", "o1", "闽侯县洋里乡人民政府", None, true),
            ("organisation", "o2", "闽侯县大湖乡人民政府", None, true),
            ("fee", "f1", "工本费", None, true),
            ("fee", "f2", "工本费", None, true),
            ("place", "0012", "洋里乡便民服务中心", None, true),
        ] {
            let kind = KINDS.into_iter().find(|own| own.name == kind).expect("a kind");
            names.put(kind, name, code, (number.map(bare), is_listed));
        }
        names
    }

    #[test]
    fn titles_are_found_with_or_without_marks_notes_and_numbers() {
        let names = names();
        for (title, code) in [
            ("中华人民共和国森林法", Some("lex-slf")),
            ("《中华人民共和国森林法》", Some("lex-slf")),
            ("森林法", Some("lex-slf")),
            ("《森林法》", Some("lex-slf")),
            ("《中华人民共和国森林法》（2019年修订）", Some("lex-slf")),
            ("中华人民共和国森林法（2019年修订）", Some("lex-slf")),
            (" 《中华人民共和国 森林法》(2009年8月27日修正) ", Some("lex-slf")),
            ("《关于某事的通知》（侯政〔2014〕8号）", Some("lex-a")),
            ("关于某事的通知（侯政[2018]9号）", Some("lex-b")),
            ("《关于某事的通知》侯政〔2018〕9号", Some("lex-b")),
            ("《关于某事的通知》（侯政〔2019〕1号）", None),
            ("关于某事的通知", None),
            ("某某条例", Some("lex-new")),
            ("森林法实施条例", None),
            ("法", None),
            ("", None),
        ] {
            assert_eq!(names.instrument(title), code, "{title}");
        }
        assert!(matches!(names.find(INSTRUMENT, "关于某事的通知"), Found::Several(both) if both.len() == 2));
        assert!(names.is_titled("lex-slf", "中华人民共和国森林法（2019年修订）") && names.is_titled("x", "x"));
    }

    #[test]
    fn one_that_was_cancelled_is_found_beside_a_namesake_that_is_not_meant() {
        let mut names = Names::default();
        let kind = KINDS.into_iter().find(|own| own.name == "item").expect("a kind");
        names.put(kind, "低保审核", "a1", (None, false));
        names.put(kind, "低保审核", "b1", (None, true));
        let codes = |office: &str| -> Vec<&str> {
            let found = names.exact(kind.name, "低保审核", |named| named.code.starts_with(office));
            found.iter().map(|named| named.code.as_str()).collect()
        };
        assert_eq!((codes("a"), codes("b"), codes("")), (vec!["a1"], vec!["b1"], vec!["b1"]));
    }

    #[test]
    fn a_name_may_be_short_for_the_only_one_that_it_can_be() {
        let names = names();
        let found = |kind: &str, name: &str| names.find(kind, name).one().map(str::to_owned);
        assert_eq!(found("organisation", "闽侯县 洋里乡人民政府"), Some("o1".into()));
        assert_eq!(found("organisation", "洋里乡人民政府"), Some("o1".into()));
        assert_eq!(found("organisation", "人民政府"), None);
        assert_eq!(found("organisation", "政府"), None);
        assert_eq!(names.fee("工本费", &[]), None);
        assert_eq!(names.fee("工本费", &["f2".into()]), Some("f2"));
        let Found::Several(both) = names.find("organisation", "人民政府") else { panic!("one of two") };
        assert_eq!(told(&both), "o1 闽侯县洋里乡人民政府; o2 闽侯县大湖乡人民政府");
        let left = LeftDigits::Whole("12".into());
        assert_eq!(names.fitting("place", &left).len(), 1);
    }
}
