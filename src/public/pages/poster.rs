//! The poster for the counter: one sheet, to be read from a metre away.

use maud::{Markup, PreEscaped, html};

use super::{
    guide::{self, ItemView},
    layout, owner, text,
};
use crate::{
    model::places::Place,
    problem::{Language, Wrong},
    public::items::Layout,
    values::{code_lists::Necessity, local_time},
};

const STYLE: &str = include_str!("poster.css");
/// Characters of a line beside the chart and lines that have room, where there is little to say.
const ROOMY: (usize, usize) = (13, 28);
/// Characters of a line and lines as they usually are.
const WIDE: (usize, usize) = (15, 26);
/// Characters of a line and lines where there is much to say.
const DENSE: (usize, usize) = (20, 36);

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
pub fn page(view: &ItemView<'_>, base: &str, size: Size) -> Markup {
    let title = format!("{}{}", view.name(), view.say(" 张贴版", " · poster"));
    let style = html! { style { (PreEscaped(size.style())) (PreEscaped(STYLE)) } };
    layout::sheet(view.language, &view.owner, &title, &style, &sheet(view, base))
}

fn sheet(view: &ItemView<'_>, base: &str) -> Markup {
    let long = view.name().chars().count() > 26;
    html! {
        main.sheet {
            header {
                (owner::logo(&view.owner))
                div {
                    p.office lang=[view.zh()] { (view.organisation()) }
                    h1.long[long] { @match view.translation() { Some(translation) => (translation.name), None => span lang=[view.zh()] { (view.item.name) } } }
                }
                (guide::code(view, base))
            }
            (layout::then(view.language, &view.picture, &format!("{}/poster", view.own())))
            (guide::notice(view))
            (guide::answers(view))
            div.body {
                @if let Some(svg) = guide::svg(view, Layout::Wide) { section.picture tabindex="0" aria-label=(view.say("办理流程", "Workflow")) { (PreEscaped(svg)) } }
                (lists(view))
            }
            (imprint(view))
        }
        nav.screen aria-label=(view.say("返回", "Back")) { a href=(view.at(&format!("{}/guide", view.own()))) { (view.say("返回办事指南", "Back to the guide")) } }
    }
}

/// A list beside the chart.
struct List {
    title: String,
    entries: Vec<String>,
    /// How many there are; more than entries where there is no room for all.
    total: usize,
    numbered: bool,
}

impl List {
    /// Lines that it takes where a line has so many characters, its heading included.
    fn lines(&self, width: usize) -> usize {
        let entries = self.entries.iter().map(|entry| entry.chars().count().div_ceil(width).max(1));
        2 + entries.sum::<usize>() + usize::from(self.total > self.entries.len())
    }
}

fn lists(view: &ItemView<'_>) -> Markup {
    let mut lists: Vec<List> = [conditions(view), materials(view), hours(view)].into_iter().flatten().collect();
    let lines = |lists: &[List], width| lists.iter().map(|list| list.lines(width)).sum::<usize>();
    let fits = |(width, most): (usize, usize)| lines(&lists, width) <= most;
    let size = match (fits(ROOMY), fits(WIDE)) {
        (true, _) => "lists roomy",
        (_, true) => "lists",
        _ => "lists dense",
    };
    while lines(&lists, DENSE.0) > DENSE.1 {
        let longest = lists.iter_mut().max_by_key(|list| (list.entries.len() > 1, list.lines(DENSE.0)));
        if longest.and_then(|list| list.entries.pop()).is_none() {
            break;
        }
    }
    html! {
        @if !lists.is_empty() { div class=(size) { @for list in &lists { (one(view, list)) } } }
    }
}

fn one(view: &ItemView<'_>, list: &List) -> Markup {
    html! {
        section {
            h2 { (list.title) }
            @if list.numbered { ol lang=[view.zh()] { @for entry in &list.entries { li { (entry) } } } }
            @else { @for entry in &list.entries { p lang=[view.zh()] { (entry) } } }
            @if list.total > list.entries.len() { p { (view.say("共", "In all ")) (list.total) (view.say("项，其余见办事指南。", "; the others are in the guide.")) } }
        }
    }
}

fn conditions(view: &ItemView<'_>) -> Option<List> {
    let texts = view.item.conditions.iter().map(|clause| clause.text.clone());
    list(view.say("谁可以办", "Who"), texts.collect(), true)
}

fn materials(view: &ItemView<'_>) -> Option<List> {
    let wanted = view.item.materials.iter().filter(|one| !one.obtained_by_sharing);
    let names = wanted.map(|one| match one.necessity {
        Necessity::Required => one.name.clone(),
        Necessity::Conditional | Necessity::Later => {
            let when = view.necessity(one.necessity);
            format!("{}{}{when}{}", one.name, view.say("（", " ("), view.say("）", ")"))
        }
    });
    list(view.say("带什么", "What to bring"), names.collect(), true)
}

fn hours(view: &ItemView<'_>) -> Option<List> {
    let place = view.item.places.first()?;
    let shown = view.record::<Place>("place", place.place.as_str())?;
    let openings = text::openings(view.language, &shown.body.hours);
    let mut lines = vec![shown.body.address.clone()];
    lines.extend(openings.iter().map(|opening| opening.line(view.language)));
    list(view.say("什么时候、到哪里", "When and where"), lines, false)
}

fn list(title: &str, entries: Vec<String>, numbered: bool) -> Option<List> {
    let total = entries.len();
    (total > 0).then(|| List { title: title.to_owned(), entries, total, numbered })
}

fn imprint(view: &ItemView<'_>) -> Markup {
    let Some(edition) = view.edition else { return html! {} };
    let day = local_time(edition.change.published_at).date();
    html! {
        footer {
            p { @match view.language {
                Language::Chinese => { "第" (edition.change.revision) "版，" (view.date(day)) (edition.change.by.name) "公布。扫码核对是否有效，看完整的办事指南。" },
                Language::English => { "Revision " (edition.change.revision) ", published " (view.date(day)) ". Scan to check that it is in force and to read the whole guide." },
            } }
            p { code { (view.item.code) } }
        }
        (owner::imprint(view.language, &view.owner))
    }
}
