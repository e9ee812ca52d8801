//! The differences between two texts of a record, as people read them: inserted and deleted text inside its surroundings.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use maud::{Markup, html};
use serde_json::Value;

use crate::{
    model::kinds::Kind,
    problem::Language,
    register::{
        catalog::{Entry, Id, Snapshot},
        changes::Seq,
        compare::{Difference, Kind as DifferenceKind},
        display_value::display_value,
        spans::{Span, SpanKind},
    },
    values::code_lists::Status,
    web::one::title_then,
};

/// Characters of an equal run that are left on either side of a change.
const AROUND: usize = 30;

/// How differences are shown.
pub struct DisplayOptions<'a> {
    /// The language of the page.
    pub language: Language,
    /// The register in which the names of keys are found.
    pub snapshot: &'a Snapshot,
    /// The changes after which the old and the new text stood: records that they name have the names of then.
    pub moments: [Seq; 2],
    /// Of what kind of record they are.
    pub kind: &'a Kind,
    /// Characters after which values are cut, where they are.
    pub longest: Option<usize>,
    /// The heading above them.
    pub heading: &'a str,
    /// The names that were found already: a text may name one record again and again, and to find an earlier name takes long.
    pub titles: RefCell<Titles>,
}

/// The names that records had after changes, as far as they are known.
pub type Titles = HashMap<(&'static str, Id, Seq), Option<String>>;

impl DisplayOptions<'_> {
    fn title_then(&self, kind: &'static Kind, entry: &Entry, moment: Seq) -> Option<String> {
        let mut titles = self.titles.borrow_mut();
        let title = || title_then(kind, entry, moment).map(Cow::into_owned);
        titles.entry((kind.name, entry.id, moment)).or_insert_with(title).clone()
    }
}

/// Differences one by one.
pub fn list(shown: &DisplayOptions<'_>, differences: &[Difference]) -> Markup {
    html! {
        @if !differences.is_empty() {
            ul.changes { @for difference in differences { li { (one(shown, difference)) } } }
        }
    }
}

fn one(shown: &DisplayOptions<'_>, difference: &Difference) -> Markup {
    let language = shown.language;
    let say = |chinese, english| language.choose(chinese, english);
    let [old, new] = shown.moments.map(|moment| move |value: &Value| said(shown, difference, value, moment));
    let label = if difference.label.is_empty() { &difference.pointer } else { &difference.label };
    html! {
        p.what {
            span.tag { (word(language, difference.change)) } " "
            @if let Some(within) = &difference.within { span.soft lang="zh-CN" { (with_names(shown, within, shown.moments[0])) " › " } }
            @if difference.within.is_some() || label != shown.heading { strong lang="zh-CN" { (label) } }
        }
        @match (difference.change, &difference.spans) {
            (DifferenceKind::Moved, _) => {
                @if let Some(element) = &difference.to { p lang="zh-CN" { (new(element)) } }
                @if let Some([from, to]) = difference.places {
                    p.soft { (say("由第 ", "from place ")) (from) (say(" 位移到第 ", " to place ")) (to) (say(" 位", "")) }
                }
            },
            (_, Some(spans)) => p.text lang="zh-CN" { (text(spans)) },
            (..) => {
                @if let Some(value) = &difference.from { p {
                    @if difference.to.is_some() { (say("原为：", "Was: ")) } @else { (say("删去：", "Removed: ")) }
                    del lang="zh-CN" { (old(value)) }
                } }
                @if let Some(value) = &difference.to { p {
                    (if difference.from.is_none() { say("新增：", "Added: ") } else { say("改为：", "Now: ") })
                    ins lang="zh-CN" { (new(value)) }
                } }
            },
        }
    }
}

fn word(language: Language, change: DifferenceKind) -> &'static str {
    match change {
        DifferenceKind::Added => language.choose("新增", "Added"),
        DifferenceKind::Removed => language.choose("删去", "Removed"),
        DifferenceKind::Changed => language.choose("修改", "Changed"),
        DifferenceKind::Moved => language.choose("移动", "Moved"),
    }
}

/// A text with what was deleted and inserted, and of long equal runs what is near.
fn text(spans: &[Span]) -> Markup {
    let last = spans.len().saturating_sub(1);
    html! { @for (at, span) in spans.iter().enumerate() {
        @match span.change {
            SpanKind::Equal => (near(&span.text, at > 0, at < last)),
            SpanKind::Deleted => del { (span.text) },
            SpanKind::Inserted => ins { (span.text) },
        }
    } }
}

/// An equal run: its end before a change and its beginning after one.
fn near(text: &str, is_after: bool, is_before: bool) -> Cow<'_, str> {
    let wanted = AROUND * (usize::from(is_after) + usize::from(is_before));
    let count = text.chars().count();
    if count <= wanted + AROUND {
        return text.into();
    }
    let cut = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte);
    let begin = if is_after { &text[..cut(AROUND)] } else { "" };
    let end = if is_before { &text[cut(count - AROUND)..] } else { "" };
    format!("{begin}……{end}").into()
}

/// A value in words, with the names that the records which it names had after change `moment`.
fn said(shown: &DisplayOptions<'_>, difference: &Difference, value: &Value, moment: Seq) -> String {
    let text = match (difference.pointer.as_str(), value.as_str().and_then(Status::of)) {
        ("/meta/status", Some(status)) => status.label().to_owned(),
        (pointer, _) => with_names(shown, &display_value((shown.kind.shape)(), pointer, value), moment),
    };
    match shown.longest.and_then(|longest| text.char_indices().nth(longest)) {
        Some((end, _)) => format!("{}……", &text[..end]),
        None => text,
    }
}

/// A text in which the name of a record, as it was after change `moment`, stands for its key.
fn with_names(shown: &DisplayOptions<'_>, text: &str, moment: Seq) -> String {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut named_text = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find(is_of_key) {
        let (before, after) = rest.split_at(begin);
        let (word, after) = after.split_at(after.find(|c| !is_of_key(c)).unwrap_or(after.len()));
        named_text.push_str(before);
        let named = shown.snapshot.kinds().find_map(|kind| Some((kind, shown.snapshot.get(kind.name, word)?)));
        match named.and_then(|(kind, entry)| shown.title_then(kind, entry, moment)) {
            Some(title) => named_text.push_str(&title),
            None => named_text.push_str(word),
        }
        rest = after;
    }
    named_text.push_str(rest);
    named_text
}
