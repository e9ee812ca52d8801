//! What a guide shows: an item and the records around it, in one language, on one day, from one snapshot.

use std::sync::LazyLock;

use chrono::NaiveDate;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    fields::Shape,
    model::items::{self, Item},
    problem::{Code, Language, Problem},
    public::pages::text,
    register::{
        catalog::{Entry, Snapshot},
        changes::{Change, Seq},
    },
    values::code_lists::{self, Status},
    web::picture::Picture,
};

static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Item>);

/// An item as a guide shows it.
pub struct View<'a> {
    /// The language of everything but the data.
    pub language: Language,
    /// The day on which it is read, in China.
    pub today: NaiveDate,
    /// The register around the item.
    pub snapshot: &'a Snapshot,
    /// Of which moment it is a picture.
    pub picture: &'a Picture,
    /// The item.
    pub item: Item,
    /// What it is, or will be.
    pub status: Status,
    /// What took its place.
    pub successor: Option<String>,
    /// The revision that is shown; none for a draft.
    pub edition: Option<Edition<'a>>,
    /// Its number, or what it will be.
    pub revision: i64,
    /// Put before every id: several guides may stand on one page.
    pub prefix: String,
    /// The rank of the heading above the sections.
    pub rank: u8,
    /// Where in a draft something lacks or is wrong.
    unread: Vec<String>,
}

/// A published revision.
#[derive(Clone, Copy)]
pub struct Edition<'a> {
    /// The record.
    pub entry: &'a Entry,
    /// The line of the log.
    pub change: &'a Change,
    /// The last change to anything that the guide shows: what a paper carries to be checked by.
    pub seq: Seq,
}

/// Another record that the guide shows.
pub struct ShownRecord<'a, T> {
    /// Its place in the register.
    pub entry: &'a Entry,
    /// What it says.
    pub body: T,
}

impl<'a> View<'a> {
    /// The published item; 410 when its text was erased.
    pub fn published(
        picture: &'a Picture,
        entry: &'a Entry,
        language: Language,
        today: NaiveDate,
    ) -> Result<Self, Problem> {
        let snapshot = &*picture.snapshot;
        let revision = entry.current().ok_or(Code::NotFound)?;
        let body = revision.text()?.ok_or(Code::Gone)?;
        let edition =
            Edition { entry, change: &revision.change, seq: crate::public::items::last_change_shown(snapshot, entry) };
        Ok(Self {
            language,
            today,
            snapshot,
            picture,
            item: serde_json::from_str(&body)?,
            status: entry.status,
            successor: entry.successor.clone(),
            edition: Some(edition),
            revision: revision.change.revision,
            prefix: String::new(),
            rank: 1,
            unread: Vec::new(),
        })
    }

    /// What a draft proposes, with whatever it lacks.
    pub fn draft(
        picture: &'a Picture,
        body: &Value,
        revision: i64,
        language: Language,
        today: NaiveDate,
    ) -> Result<Self, Problem> {
        let (item, mistakes) = SHAPE.read_leniently::<Item>(body);
        Ok(Self {
            language,
            today,
            snapshot: &picture.snapshot,
            picture,
            item: item.ok_or(Code::InvalidBody)?,
            status: Status::InForce,
            successor: None,
            edition: None,
            revision,
            prefix: String::new(),
            rank: 1,
            unread: mistakes.iter().map(|mistake| mistake.pointer().to_owned()).collect(),
        })
    }

    /// One of two texts, by the language.
    pub fn say<'t>(&self, chinese: &'t str, english: &'t str) -> &'t str {
        self.language.choose(chinese, english)
    }

    /// `lang` of Chinese data, where the page is not in Chinese.
    pub fn zh(&self) -> Option<&'static str> {
        text::foreign(self.language)
    }

    /// Between the parts of an enumeration.
    pub fn comma(&self) -> &'static str {
        self.say("、", ", ")
    }

    /// The term of a value.
    pub fn term(&self, code: &code_lists::Code) -> String {
        text::term(self.language, code)
    }

    /// The path of a page in the language of this one.
    pub fn page(&self, path: &str) -> String {
        self.page_of_today(&self.picture.at(path))
    }

    /// The same of a page that is always about today.
    pub fn page_of_today(&self, path: &str) -> String {
        match self.language {
            Language::Chinese => path.to_owned(),
            Language::English if path.contains('?') => format!("{path}&lang=en"),
            Language::English => format!("{path}?lang=en"),
        }
    }

    /// The path of the item in the API.
    pub fn own(&self) -> String {
        let key = self.edition.map_or(self.item.code.as_str(), |edition| &edition.entry.key);
        format!("/v1/items/{key}")
    }

    /// Whether it is the guide of a draft.
    pub fn is_draft(&self) -> bool {
        self.edition.is_none()
    }

    /// Whether a person sets it in motion.
    pub fn is_on_application(&self) -> bool {
        self.item.initiation == code_lists::Initiation::Application
    }

    /// Whether a field of a draft, or something in it, lacks or is wrong.
    pub fn is_unread(&self, pointer: &str) -> bool {
        let lies_in =
            |place: &String| place.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.unread.iter().any(lies_in)
    }

    /// A field, or that it was not filled in.
    pub fn filled_or_noted(&self, pointer: &str, field: impl FnOnce() -> Markup) -> Markup {
        if self.is_unread(pointer) { self.unfilled() } else { field() }
    }

    /// That something was not filled in.
    pub fn unfilled(&self) -> Markup {
        html! { mark.unfilled { (self.say("未填写", "not filled in")) } }
    }

    /// A record that the item names.
    pub fn record<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Option<ShownRecord<'a, T>> {
        let entry = self.snapshot.get(kind, key)?;
        let body = serde_json::from_str(&entry.body().ok()??).ok()?;
        Some(ShownRecord { entry, body })
    }

    /// The name of a record; its key when nothing more is known.
    pub fn name_of(&self, kind: &str, key: &str) -> String {
        let entry = self.snapshot.get(kind, key);
        entry
            .map(|entry| entry.indexed.title.clone())
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| key.to_owned())
    }

    /// The name of the organisation.
    pub fn organisation(&self) -> String {
        self.name_of("organisation", self.item.organisation.as_str())
    }

    /// The name in the language of the page, where a translation is there.
    pub fn name(&self) -> &str {
        self.translation().map_or(self.item.name.as_str(), |translation| translation.name.as_str())
    }

    /// The translation into the language of the page.
    pub fn translation(&self) -> Option<&items::Translation> {
        match self.language {
            Language::Chinese => None,
            Language::English => self.item.translations.iter().find(|(tag, _)| is_english(tag)).map(|(_, text)| text),
        }
    }

    /// A part of the guide with its heading.
    pub fn section(&self, id: &str, title: &str, content: &Markup) -> Markup {
        let id = format!("{}{id}", self.prefix);
        let heading = format!("{id}-h");
        html! {
            section id=(id) aria-labelledby=(heading) {
                (self.heading(1, Some(&heading), &html! { (title) }))
                (content)
            }
        }
    }

    /// A heading so many ranks below that of the guide.
    pub fn heading(&self, below: u8, id: Option<&str>, content: &Markup) -> Markup {
        html! {
            @match self.rank + below {
                1 => h1 id=[id] { (content) },
                2 => h2 id=[id] { (content) },
                3 => h3 id=[id] { (content) },
                4 => h4 id=[id] { (content) },
                _ => h5 id=[id] { (content) },
            }
        }
    }
}

fn is_english(tag: &str) -> bool {
    tag.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case("en"))
}

/// Text with its lines as paragraphs.
pub fn paragraphs(language: Option<&'static str>, text: &str) -> Markup {
    html! { @for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) { p lang=[language] { (line) } } }
}
