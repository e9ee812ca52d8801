//! The service guide (办事指南): everything that a person needs, in the order in which people ask.
//!
//! [`ItemView`] is what is shown; each part of the guide is a function of it in a file of its own; [`sections`] puts them in
//! order, for this page and for a booklet of many items.
//!
//! It may know items, what they name, and the parts of a page. It must not know posters, booklets or other pages.

mod item_view;
mod head;
mod who;
mod materials;
mod basis;
mod fees;
mod time;
mod places;
mod steps;
mod result;
mod questions;
mod intermediaries;
mod redress;
mod duties;
mod related;
mod edition;

use maud::{Markup, PreEscaped, html};

use crate::problem::Language;

pub use edition::code;
pub use head::{answers, draft_notice, notice, title};
pub use item_view::ItemView;
pub use steps::svg;

/// The style of guides, for every page that shows one.
pub const STYLE: &str = include_str!("../guide.css");

/// The guide itself, without the frame of the site: for a page of its own, or for one of many in a booklet. `base` is scheme and
/// host of the register, for the code on paper.
pub fn article(view: &ItemView<'_>, base: &str) -> Markup {
    html! {
        article.guide {
            (draft_notice(view))
            div.top { div { (title(view)) } (code(view, base)) }
            (notice(view))
            (answers(view))
            (contents(view))
            (sections(view, base))
        }
    }
}

/// Every part below the answers, in the order in which people ask.
pub fn sections(view: &ItemView<'_>, base: &str) -> Markup {
    html! {
        (who::section(view))
        @if view.is_on_application() { (materials::section(view)) }
        (fees::section(view))
        (time::section(view))
        (places::section(view))
        // On paper what follows the chart flows around it.
        div.way {
            (steps::section(view))
            (result::section(view))
            (questions::section(view))
            (redress::section(view))
        }
        (intermediaries::section(view))
        (basis::section(view))
        (duties::section(view))
        (related::section(view))
        (edition::section(view, base))
    }
}

/// The links to the parts of the page.
fn contents(view: &ItemView<'_>) -> Markup {
    let item = &view.item;
    let has_duties = !(item.responsibilities.is_empty() && item.accountability.is_empty() && item.oversight.is_empty());
    let parts = [
        (true, "who", who::title(view)),
        (view.is_on_application(), "materials", ("带什么材料", "What to bring")),
        (true, "fees", ("要多少钱", "Cost")),
        (true, "time", ("多久办好", "How long")),
        (true, "places", ("到哪里办", "Where and when")),
        (true, "steps", ("怎么办理", "Step by step")),
        (!item.results.is_empty(), "result", ("拿到什么", "Result")),
        (!item.faqs.is_empty(), "questions", ("常见问题", "Questions")),
        (true, "redress", ("投诉", "Complaints")),
        (!item.intermediary_services.is_empty(), "intermediaries", ("中介服务", "Intermediaries")),
        (true, "basis", ("法律依据", "Legal basis")),
        (has_duties, "duties", ("责任和监督", "Duties")),
        (true, "edition", ("版本和核验", "Version")),
    ];
    html! {
        nav.contents aria-label=(view.say("本页内容", "On this page")) {
            ul { @for (_, id, (chinese, english)) in parts.into_iter().filter(|(is_there, ..)| *is_there) {
                li { a href=(format!("#{}{id}", view.prefix)) { (view.say(chinese, english)) } }
            } }
        }
    }
}

/// The top and the foot of each printed page: the item and its organisation, the pages, the edition.
pub fn running_head(view: &ItemView<'_>) -> Markup {
    let edition = view.edition.map_or_else(
        || view.say("草稿，尚未公布", "draft, not published").to_owned(),
        |edition| match view.language {
            Language::Chinese => format!("第{}版", edition.change.revision),
            Language::English => format!("Revision {}", edition.change.revision),
        },
    );
    let (name, organisation) =
        (css_string(&shortened(&view.item.name, 34)), css_string(&shortened(view.organisation(), 20)));
    let office = view.owner.office.as_deref().unwrap_or(view.owner.name());
    let edition = css_string(&format!("{edition} · {}", shortened(office, 24)));
    html! {
        (PreEscaped(format!(
            "<style>@page{{@top-left{{content:{name}}}@top-right{{content:{organisation}}}@bottom-left{{content:{edition}}}}}</style>"
        )))
    }
}

fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// A text as a string of CSS inside HTML: whatever could end either is escaped.
fn css_string(text: &str) -> String {
    let mut string = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '<' | '>' | '&' | '\'' => string.push_str(&format!("\\{:X} ", u32::from(c))),
            c if c.is_control() => string.push(' '),
            c => string.push(c),
        }
    }
    string.push('"');
    string
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_the_style() {
        assert_eq!(css_string("低保\"</style>\n\\"), "\"低保\\22 \\3C /style\\3E  \\5C \"");
        assert_eq!(shortened("一二三四五", 4), "一二三…");
    }
}
