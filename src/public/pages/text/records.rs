//! What pages show of records: dates, hours, ways to reach an office, citations, names of lists.

use chrono::{Datelike, NaiveDate};
use maud::{Markup, html};

use super::values;
use crate::{
    model::instruments::Basis,
    problem::Language,
    public::pages::view::View,
    values::{Hours, Phone},
};

/// A date.
pub fn iso_date(day: NaiveDate) -> Markup {
    html! { time datetime=(day) { (day) } }
}

/// A span of days whose end may be open.
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

/// Opening hours, a line for the days that keep the same hours.
pub fn hours(language: Language, hours: &[Hours]) -> Vec<String> {
    values::openings(language, hours).iter().map(|opening| opening.line(language)).collect()
}

/// Ways to reach an office, each a link where a device can follow it.
pub fn phones(view: &View, phones: &[Phone]) -> Markup {
    html! {
        @for (at, phone) in phones.iter().enumerate() {
            @if at > 0 { br; }
            span.soft { (view.term(phone.kind.code())) } " " (values::contact(view.language, phone))
        }
    }
}

/// A basis as it is cited: 《title》第…条, with a link to the instrument.
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

/// The three lists: value, Chinese and English name, and what each is, in both languages.
pub const LISTS: [(&str, [&str; 2], [&str; 2]); 3] = [
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

/// The name of a list.
pub fn list_name(language: Language, value: &str) -> &'static str {
    let list = LISTS.iter().find(|(known, ..)| *known == value);
    list.map_or("", |(_, [chinese, english], _)| language.choose(chinese, english))
}

/// The ones of equal rank in an order that turns by one each day, so that none is always first.
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
