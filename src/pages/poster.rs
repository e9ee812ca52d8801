//! The poster for the counter: one sheet, to be read from a metre away.

use maud::{Markup, PreEscaped, html};

use super::{
    guide::{self, View},
    layout, wording,
};
use crate::{
    places::Place,
    problem::{Language, Wrong},
    values::local_time,
};

const STYLE: &str = include_str!("poster.css");
/// Entries of a list on the sheet: more are on the guide.
const ENTRIES: usize = 12;
/// Characters of conditions on the sheet.
const CONDITIONS: usize = 260;

/// The paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Size {
    /// 297 × 420 mm.
    A3,
    /// 210 × 297 mm.
    A4,
}

impl Size {
    /// `a3` or `a4`.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        match text {
            "a3" | "A3" => Ok(Self::A3),
            "a4" | "A4" => Ok(Self::A4),
            _ => Err(Wrong::NotInCodeList("a3, a4".into())),
        }
    }

    /// The paper and the size on which everything else rests: lengths scale as paper does.
    fn style(self) -> &'static str {
        match self {
            Self::A3 => "@page{size:297mm 420mm;margin:0}:root{--mm:1mm}",
            Self::A4 => "@page{size:210mm 297mm;margin:0}:root{--mm:.7071mm}",
        }
    }
}

/// The whole page.
pub fn page(view: &View<'_>, base: &str, size: Size) -> Markup {
    let title = format!("{}{}", view.name(), view.say(" 张贴版", " · poster"));
    let style = html! { style { (PreEscaped(size.style())) (PreEscaped(STYLE)) } };
    layout::sheet(view.language, &title, &style, &sheet(view, base))
}

fn sheet(view: &View<'_>, base: &str) -> Markup {
    let long = view.name().chars().count() > 26;
    html! {
        main.sheet {
            header {
                div {
                    p.office lang=[view.zh()] { (view.organisation()) }
                    h1.long[long] { @match view.translation() { Some(translation) => (translation.name), None => span lang=[view.zh()] { (view.item.name) } } }
                }
                (guide::code(view, base))
            }
            (guide::notice(view))
            (guide::answers(view))
            div.lists { (conditions(view)) (materials(view)) (hours(view)) }
            @if let Some(svg) = guide::svg(view) {
                section.picture aria-label=(view.say("办理流程", "Workflow")) { (PreEscaped(svg)) }
            } @else { div.picture {} }
            (imprint(view))
        }
        p.screen { a href=(view.page(&format!("{}/guide", view.own()))) { (view.say("返回办事指南", "Back to the guide")) } }
    }
}

fn conditions(view: &View<'_>) -> Markup {
    let mut room = CONDITIONS;
    let clauses: Vec<_> = view.item.conditions.iter().map(|clause| clause.text.as_str()).collect();
    let fitting = clauses.iter().take_while(|text| {
        let length = text.chars().count();
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    let fitting = fitting.count().min(ENTRIES / 2);
    list(view, view.say("谁可以办", "Who"), &clauses[..fitting], clauses.len())
}

fn materials(view: &View<'_>) -> Markup {
    let names: Vec<_> =
        view.item.materials.iter().filter(|one| !one.obtained_by_sharing).map(|one| one.name.as_str()).collect();
    list(view, view.say("带什么", "What to bring"), &names[..names.len().min(ENTRIES)], names.len())
}

fn list(view: &View<'_>, title: &str, entries: &[&str], total: usize) -> Markup {
    html! {
        @if total > 0 {
            section {
                h2 { (title) }
                ol lang=[view.zh()] { @for entry in entries { li { (entry) } } }
                @if total > entries.len() { p { (view.say("共", "In all ")) (total) (view.say("项，其余见办事指南。", "; the others are in the guide.")) } }
            }
        }
    }
}

fn hours(view: &View<'_>) -> Markup {
    let Some(place) = view.item.places.first() else { return html! {} };
    let Some(shown) = view.record::<Place>("place", place.place.as_str()) else { return html! {} };
    let openings = wording::openings(view.language, &shown.body.hours);
    html! {
        section {
            h2 { (view.say("什么时候、到哪里", "When and where")) }
            p lang=[view.zh()] { (shown.body.address) }
            @for opening in openings.iter().take(6) { p { (opening.line(view.language)) } }
        }
    }
}

fn imprint(view: &View<'_>) -> Markup {
    let Some(edition) = view.edition else { return html! {} };
    let day = local_time(edition.change.published_at).date();
    html! {
        footer {
            p { @match view.language {
                Language::Chinese => { "第" (edition.change.revision) "次修订，" (wording::date(view.language, day)) (edition.change.by.name) "公布。扫码核对是否有效，看完整的办事指南。" },
                Language::English => { "Revision " (edition.change.revision) ", published " (wording::date(view.language, day)) ". Scan to check that it is in force and to read the whole guide." },
            } }
            p { code { (view.item.code) } }
        }
    }
}
