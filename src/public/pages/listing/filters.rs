//! Filters in a form: their names, and their values in the language of the page.

use maud::{Markup, html};

use super::request::Count;
use crate::{
    model::kinds::{Filter, Values},
    problem::Language,
    public::pages::{text::list_name, view::View},
};

/// A filter with its values, and how many records each of them would leave.
pub fn select(view: &View, filter: &Filter, chosen: Option<&str>, counts: &[Count]) -> Markup {
    let id = format!("f-{}", filter.name);
    html! {
        div {
            label for=(id) { (view.say(filter.chinese, filter_name(filter))) }
            select id=(id) name=(filter.name) {
                option value="" { (view.say("全部", "All")) }
                @for counted in counts {
                    option value=(counted.value) selected[chosen == Some(counted.value.as_str())]
                        lang=[is_data(view, filter).then_some("zh-CN")] {
                        (label(view, filter, counted)) " (" (counted.count) ")"
                    }
                }
            }
        }
    }
}

fn filter_name(filter: &Filter) -> &'static str {
    match filter.name {
        "list" => "List",
        "category" => "Category",
        "organisation" => "Organisation",
        "audience" => "For whom",
        "theme" => "Theme",
        "charge" => "Charge",
        "handling" => "Handling",
        "level" => "Level",
        "kind" => "Kind",
        "nature" => "Nature",
        "issuer" => "Issued by",
        "repealed" => "Repealed",
        "pricing" => "Pricing",
        "payer" => "Who pays",
        "fund_management" => "Where the money goes",
        "qualification" => "Qualification",
        "service" => "Service",
        "year" => "Year",
        "action" => "Decision",
        "place" => "Place",
        "fee" => "Fee",
        "legal_instrument" => "Legal basis",
        "intermediary" => "Intermediary",
        _ => filter.english,
    }
}

/// Whether the values of a filter are texts of the register, in Chinese on any page.
fn is_data(view: &View, filter: &Filter) -> bool {
    let has_english = matches!(filter.values, Values::Listed(_) | Values::Words(_) | Values::Boolean | Values::Year);
    view.language == Language::English && !has_english
}

/// The name of a value of a filter.
pub fn label(view: &View, filter: &Filter, counted: &Count) -> String {
    let known = || match view.language {
        Language::Chinese => None,
        Language::English => match (filter.values, counted.value.as_str()) {
            (Values::Listed(list), value) => list.get(value).map(|code| code.english()),
            (Values::Words(_), value) => Some(list_name(view.language, value).to_owned()),
            (Values::Boolean, "true") => Some("Yes".to_owned()),
            (Values::Boolean, _) => Some("No".to_owned()),
            (Values::Key(_) | Values::Division | Values::Year | Values::Identifier | Values::Text, _) => None,
        },
    };
    let title = || match filter.values {
        Values::Key(kinds) => {
            let entry = kinds.iter().find_map(|kind| view.snapshot.get(kind, &counted.value))?;
            Some(entry.indexed.title.clone())
        }
        _ => None,
    };
    known().or_else(title).unwrap_or_else(|| counted.label.clone())
}
