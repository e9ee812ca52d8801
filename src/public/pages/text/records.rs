//! Text of records: their names with links, dates, hours, ways to reach an office, citations, names of lists.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{hours::openings, values};
use crate::{
    model::{instruments::Basis, places::Place},
    problem::Language,
    public::pages::view::{BothLanguages, View, path},
    register::{
        catalog::{Entry, instant},
        changes::{Document, Seq},
    },
    values::{Hours, Phone, local_time},
    web::one::title_then,
};

impl View {
    /// Returns the address of the page of a record.
    pub fn page_of(&self, kind: &str, key: &str) -> Option<String> {
        let shelf = self.snapshot.shelf(kind)?;
        Some(self.at(&path(shelf.kind, key)))
    }

    /// Returns the name of a record; its key when the register knows no name.
    pub fn name_of<'a>(&'a self, kind: &str, key: &'a str) -> &'a str {
        let title = self.snapshot.get(kind, key).map(|entry| entry.indexed.title.as_str());
        title.filter(|title| !title.is_empty()).unwrap_or(key)
    }

    /// Links the name of a record to its page; writes its key when the register does not have it.
    pub fn link(&self, kind: &str, key: &str) -> Markup {
        match self.snapshot.get(kind, key) {
            Some(entry) => self.link_to(kind, entry),
            None => html! { code { (key) } },
        }
    }

    /// Links the name that a record had after change `seq` to its page, as [`View::link`] does with the name of now.
    pub fn link_as_of(&self, kind: &str, key: &str, seq: Seq) -> Markup {
        let named = self.snapshot.shelf(kind).and_then(|shelf| Some((shelf.kind, shelf.get(key)?)));
        let Some((kind, entry)) = named else { return html! { code { (key) } } };
        let name = title_then(kind, entry, seq).map_or_else(|| html! { code { (key) } }, |title| self.data(&title));
        html! { a href=[self.page_of(kind.name, &entry.key)] { (name) } }
    }

    /// Links the name of a record at hand to its page.
    pub fn link_to(&self, kind: &str, entry: &Entry) -> Markup {
        let name = match entry.indexed.title.as_str() {
            "" => html! { code { (entry.key) } },
            title => self.data(title),
        };
        html! { a href=[self.page_of(kind, &entry.key)] { (name) } }
    }

    /// Returns the kind of record to which the payee of a fee belongs: organisation or intermediary.
    pub fn payee_kind(&self, key: &str) -> &'static str {
        if self.snapshot.get("organisation", key).is_some() { "organisation" } else { "intermediary" }
    }
}

/// Writes a moment to the minute, in the time of China.
pub fn moment(at: DateTime<Utc>) -> Markup {
    html! { time datetime=(instant(at)) { (local_time(at).format("%Y-%m-%d %H:%M")) } }
}

/// Writes the document of a decision, with a link where it has an address.
pub fn decision(view: &View, document: &Document) -> Markup {
    html! {
        @match document.url.as_deref().and_then(values::link) {
            Some(url) => a href=(url) rel="external" { (view.data(&document.title)) },
            None => (view.data(&document.title)),
        }
        @if let Some(number) = &document.number { " " (view.data(number)) }
        @if let Some(date) = document.date { (view.say("，", ", ")) (iso_date(date)) }
    }
}

/// Writes a date.
pub fn iso_date(day: NaiveDate) -> Markup {
    html! { time datetime=(day) { (day) } }
}

/// Writes a span of days whose end may be open.
pub fn span(view: &View, from: Option<NaiveDate>, until: Option<NaiveDate>) -> Markup {
    html! {
        @match (from, until) {
            (Some(from), Some(until)) => { (iso_date(from)) (view.say(" 至 ", " to ")) (iso_date(until)) }
            (Some(from), None) => { (view.say("自 ", "from ")) (iso_date(from)) (view.say(" 起", "")) }
            (None, Some(until)) => { (view.say("至 ", "until ")) (iso_date(until)) }
            (None, None) => {}
        }
    }
}

/// Writes opening hours, a paragraph for the days that keep the same hours.
pub fn hours(view: &View, hours: &[Hours]) -> Markup {
    html! { @for opening in openings(view.language, hours) { p { (opening.line(view.language)) } } }
}

/// Writes opening hours as [`hours`] does; `None` where none are known.
pub fn hours_if_any(view: &View, spans: &[Hours]) -> Option<Markup> {
    Some(hours(view, spans)).filter(|hours| !hours.0.is_empty())
}

/// Links the position of a place to the map of the device (RFC 5870); nothing where it is not known.
pub fn on_a_map(view: &View, place: &Place) -> Markup {
    let point = place.latitude.as_ref().zip(place.longitude.as_ref());
    html! { @if let Some((latitude, longitude)) = point {
        @let name = utf8_percent_encode(&place.name, NON_ALPHANUMERIC);
        a.screen href=(format!("geo:{latitude},{longitude}?q={latitude},{longitude}({name})")) { (view.say("在地图中打开", "Open in a map")) }
    } }
}

/// Writes ways to reach an office, each a link where a device can follow it.
pub fn phones(view: &View, phones: &[Phone]) -> Markup {
    html! {
        @for (at, phone) in phones.iter().enumerate() {
            @if at > 0 { br; }
            span.soft { (view.term(phone.kind.code())) } " " (view.contact(phone))
        }
    }
}

/// Cites a basis: 《title》第…条, with a link to the instrument.
pub fn citation(view: &View, basis: &Basis) -> Markup {
    let title = view.snapshot.get("legal_instrument", basis.instrument.as_str()).map(|entry| &entry.indexed.title);
    html! {
        @match title {
            Some(title) => a href=[view.page_of("legal_instrument", basis.instrument.as_str())] {
                (view.data(&format!("《{title}》")))
            },
            None => code { (basis.instrument) },
        }
        @if let Some(place) = &basis.article { (view.say("", " ")) (values::article(view.language, place)) }
    }
}

/// The three lists: value, name and description of each.
pub const LISTS: [(&str, BothLanguages, BothLanguages); 3] = [
    (
        "power",
        ["权力清单", "Power list"],
        ["行政机关依法行使的行政权力，一项一行。", "The powers that authorities exercise by law, one to a row."],
    ),
    (
        "responsibility",
        ["责任清单", "Responsibility list"],
        [
            "与权力相对应的责任事项和追责情形。",
            "The powers together with the duties and the accountability that belong to them.",
        ],
    ),
    (
        "service",
        ["公共服务事项清单", "Public service list"],
        ["向公众提供的公共服务事项。", "The services that are offered to the public."],
    ),
];

/// Names a list.
pub fn list_name(language: Language, value: &str) -> &'static str {
    let list = LISTS.iter().find(|(known, ..)| *known == value);
    list.map_or("", |(_, [chinese, english], _)| language.choose(chinese, english))
}

/// Puts those of equal rank into an order that turns by one each day, so that none is always first.
pub fn in_turn<T>(mut equals: Vec<T>, today: NaiveDate) -> Vec<T> {
    let turns = usize::try_from(today.num_days_from_ce()).unwrap_or_default();
    let by = turns.checked_rem(equals.len()).unwrap_or_default();
    equals.rotate_left(by);
    equals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_as_many_days_each_is_first_once() {
        let monday = NaiveDate::from_ymd_opt(2026, 11, 23).expect("a day");
        let mut first: Vec<_> = monday.iter_days().take(3).map(|day| in_turn(vec!["a", "b", "c"], day)[0]).collect();
        first.sort_unstable();
        assert_eq!(first, ["a", "b", "c"]);
        assert!(in_turn(Vec::<u8>::new(), monday).is_empty());
    }
}
