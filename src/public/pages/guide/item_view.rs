//! The item that a guide shows and the records around it, in one language, on one day, from one snapshot.

use std::{ops::Deref, sync::LazyLock};

use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    fields::Shape,
    model::items::{self, Item},
    problem::{Code, Language, Problem},
    public::pages::view::View,
    register::{
        catalog::Entry,
        changes::{Change, Seq},
    },
    values::code_lists::{Initiation, Status},
};

static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Item>);

/// An item as a guide shows it, in a view of the register.
pub struct ItemView<'a> {
    view: &'a View,
    /// The item.
    pub item: Item,
    /// Its status, or the one that it will have.
    pub status: Status,
    /// The record that took its place.
    pub successor: Option<String>,
    /// The revision that is shown; none for a draft.
    pub edition: Option<Edition<'a>>,
    /// Its number, or what it will be.
    pub revision: i64,
    /// Put before every id: several guides may stand on one page.
    pub prefix: String,
    /// The rank of the heading above the sections.
    pub rank: u8,
    /// The places in a draft at which something lacks or is wrong.
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
    /// Its text.
    pub body: T,
}

impl Deref for ItemView<'_> {
    type Target = View;

    fn deref(&self) -> &View {
        self.view
    }
}

impl<'a> ItemView<'a> {
    /// The published item; 410 when its text was erased.
    pub fn published(view: &'a View, entry: &'a Entry) -> Result<Self, Problem> {
        let revision = entry.current().ok_or(Code::NotFound)?;
        let body = revision.text()?.ok_or(Code::Gone)?;
        let seq = crate::public::items::last_change_shown(&view.snapshot, entry);
        Ok(Self {
            status: entry.status,
            successor: entry.successor.clone(),
            edition: Some(Edition { entry, change: &revision.change, seq }),
            ..Self::of(view, serde_json::from_str(&body)?, revision.change.revision)
        })
    }

    /// The item that a draft proposes, with whatever it lacks.
    pub fn draft(view: &'a View, body: &Value, revision: i64) -> Result<Self, Problem> {
        let (item, mistakes) = SHAPE.read_leniently::<Item>(body);
        let unread = mistakes.iter().map(|mistake| mistake.pointer().to_owned()).collect();
        Ok(Self { unread, ..Self::of(view, item.ok_or(Code::InvalidBody)?, revision) })
    }

    fn of(view: &'a View, item: Item, revision: i64) -> Self {
        Self {
            view,
            item,
            status: Status::InForce,
            successor: None,
            edition: None,
            revision,
            prefix: String::new(),
            rank: 1,
            unread: Vec::new(),
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
        self.item.initiation == Initiation::Application
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

    /// A note that something was not filled in.
    pub fn unfilled(&self) -> Markup {
        html! { mark.unfilled { (self.say("未填写", "not filled in")) } }
    }

    /// A record that the item names.
    pub fn record<T: DeserializeOwned>(&self, kind: &str, key: &str) -> Option<ShownRecord<'a, T>> {
        let entry = self.view.snapshot.get(kind, key)?;
        let body = serde_json::from_str(&entry.body().ok()??).ok()?;
        Some(ShownRecord { entry, body })
    }

    /// The name of the organisation.
    pub fn organisation(&self) -> &str {
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

    /// A fact in the words of the register, which are Chinese; nothing where it is absent.
    pub fn fact_in_chinese(&self, name: &str, text: Option<&str>) -> Markup {
        html! { @if let Some(text) = text { div { dt { (name) } dd lang=[self.zh()] { (text) } } } }
    }

    /// A mark on a record beside the item that is not in force.
    pub fn status_tag(&self, status: Status) -> Markup {
        html! { @if status != Status::InForce { " " span.tag { (self.term(status.code())) } } }
    }

    /// The basis of a sentence, in small print behind it.
    pub fn small_basis(&self, basis: Option<&str>) -> Markup {
        html! { @if let Some(basis) = basis { small { "（依据：" (basis) "）" } } }
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
