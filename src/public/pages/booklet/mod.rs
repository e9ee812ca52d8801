//! The booklet of an organisation: all items it holds, short, to be printed and bound, with the pages in its contents.

mod paper;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use self::paper::Paper;
use super::{
    components::{charge, fact, fact_of, item_name, limit, selected, status},
    layout::{Frame, Section},
    owner,
    text::{self, citation, hours_if_any, iso_date, phones},
    view::{Length, View, body, named},
};
use crate::{
    model::{
        items::Item,
        organisations::{KIND, Organisation},
        places::Place,
    },
    problem::Problem,
    register::catalog::{Catalog, Entry},
    values::code_lists::{Category, List, Necessity},
    web::{answer::Written, routes::ReadError},
};

/// Items of one booklet: a larger one comes in volumes.
const VOLUME: usize = 200;

/// The items of a booklet.
struct Booklet<'a> {
    view: &'a View,
    entries: Vec<(&'a Arc<Entry>, Item)>,
    /// Items of all volumes.
    total: usize,
    volume: usize,
}

/// An item as it stands in a booklet.
struct Chapter {
    heading: Markup,
    facts: Vec<(&'static str, Markup)>,
    /// The page on which it begins in print.
    page: usize,
    /// Whether its heading, or which of its facts, begin a page.
    begins: (bool, Vec<bool>),
}

/// `GET /organisations/{key}/booklet`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let view = View::asked(request, catalog, Utc::now()).await?;
    let entry = named(&KIND, request, &view.snapshot)?.clone();
    let volume = crate::web::query::Parameters::read(request.query_string()).one("volume");
    let volume = volume.and_then(|text| text.parse().ok()).filter(|volume| *volume > 0).unwrap_or(1);
    let version = view.version();
    Ok(view.answer(request, version, Length::Long, move |view| page(view, &entry, volume)).await?)
}

fn page(view: &View, entry: &Entry, volume: usize) -> Result<Written, Problem> {
    let record: Organisation = body(entry)?;
    let booklet = Booklet::of(view, &entry.key, volume)?;
    let own = format!("/organisations/{}", entry.key);
    let title = format!("{} {}", record.name, view.say("办事手册", "booklet of items"));
    let (contents, last) = booklet.contents_in_print();
    let chapters = booklet.chapters(last + 1)?;
    let content = html! {
        (booklet.cover(&own, &record))
        (booklet.contents(&contents, &chapters))
        @for (at, chapter) in chapters.iter().enumerate() { (booklet.chapter(at, chapter)) }
        (booklet.volumes(&own))
    };
    let json = format!("/v1/items?organisation={}", entry.key);
    let address = match volume {
        1 => format!("{own}/booklet"),
        volume => format!("{own}/booklet?volume={volume}"),
    };
    let frame = Frame {
        title: &title,
        description: &title,
        address: &address,
        json: Some(&json),
        section: Section::Organisations,
        ..Frame::default()
    };
    Ok(view.page(&frame, &content))
}

impl<'a> Booklet<'a> {
    /// By list, then by category, then by code.
    fn of(view: &'a View, organisation: &str, volume: usize) -> Result<Self, Problem> {
        let order = |entry: &&Arc<Entry>| {
            let of = |name: &str| {
                let posting = entry.indexed.postings.iter().find(|(known, _)| *known == name);
                posting.map(|(_, value)| value.as_str()).unwrap_or_default()
            };
            (List::of(of("list")), Category::of(of("category")), entry.key.clone())
        };
        let mut entries: Vec<_> = selected(view, "item", "organisation", organisation).collect();
        entries.sort_by_cached_key(order);
        let shown = entries.iter().skip((volume - 1).saturating_mul(VOLUME)).take(VOLUME);
        let shown = shown.map(|entry| Ok((*entry, body::<Item>(entry)?))).collect::<Result<_, Problem>>()?;
        Ok(Self { view, entries: shown, total: entries.len(), volume })
    }

    fn cover(&self, own: &str, record: &Organisation) -> Markup {
        let view = self.view;
        html! {
            section.cover {
                p.crumbs.screen { a href=(view.at(own)) { (view.data(&record.name)) } " ›" }
                (owner::logo(&view.owner))
                h1 { (view.data(&record.name)) br; (view.say("办事手册", "Booklet of items")) }
                p { (view.say("共 ", "")) (self.total) (view.say(" 项", " items")) " · "
                    (view.say("变更序号 ", "change ")) (view.snapshot.seq()) " · " (iso_date(crate::values::local_time(view.snapshot.at()).date())) }
                dl.facts {
                    (fact_of(view.say("地址", "Address"), record.address.as_ref(), |address| view.data(address)))
                    (fact(view.say("联系方式", "Contact"), &phones(view, &record.phones)))
                    (fact_of(view.say("办公时间", "Hours"), hours_if_any(view, &record.hours), |hours| hours))
                }
                p.soft.small { (view.say(
                    "以登记簿最新公布的内容为准；办理前请核对网页或者扫描办事指南上的二维码。",
                    "The register as last published prevails; check the page of an item before relying on this paper.",
                )) }
                (owner::imprint(view.language, &view.owner))
            }
        }
    }

    /// The items by list and category, by their places.
    fn by_category(&self) -> BTreeMap<(List, Category), Vec<usize>> {
        let mut by_category: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (at, (_, item)) in self.entries.iter().enumerate() {
            by_category.entry((item.list, item.category)).or_default().push(at);
        }
        by_category
    }

    /// The lines of the contents that begin a page in print (headings by the place below them), and the last page of the contents; the
    /// cover is the first.
    fn contents_in_print(&self) -> (BTreeSet<usize>, usize) {
        let (mut paper, mut begin) = (Paper::from(2), BTreeSet::new());
        paper.put(paper::title());
        for items in self.by_category().values() {
            for (place, at) in items.iter().enumerate() {
                let line = paper::content(&item_name(self.view, &self.entries[*at].1).0);
                if paper.put(if place == 0 { line + paper::title() } else { line }) {
                    begin.insert(*at);
                }
            }
        }
        (begin, paper.page())
    }

    fn contents(&self, begin: &BTreeSet<usize>, chapters: &[Chapter]) -> Markup {
        let view = self.view;
        let new_page = |at: &usize| begin.contains(at);
        html! {
            nav.contents aria-label=(view.say("目录", "Contents")) {
                h2 { (view.say("目录", "Contents")) }
                @for ((list, category), items) in self.by_category() {
                    h3.new-page[items.first().is_some_and(new_page)] { (view.term(list.code())) " · " (view.term(category.code())) }
                    ol { @for (place, at) in items.iter().enumerate() {
                        li.new-page[place > 0 && new_page(at)] value=(self.number(*at)) {
                            a href=(format!("#item-{at}")) { span { (item_name(view, &self.entries[*at].1)) } span.page aria-hidden="true" { (chapters[*at].page) } }
                        }
                    } }
                }
            }
        }
    }

    fn number(&self, at: usize) -> usize {
        (self.volume - 1) * VOLUME + at + 1
    }

    /// The items from this page on.
    fn chapters(&self, page: usize) -> Result<Vec<Chapter>, Problem> {
        let mut paper = Paper::from(page);
        let entries = self.entries.iter();
        entries.map(|(entry, item)| {
            let heading = html! { a href=[self.view.page_of("item", &entry.key)] { (item_name(self.view, item)) } (status(self.view, entry)) };
            let facts = self.facts(entry, item)?;
            let heights: Vec<_> = facts.iter().map(|(_, value)| paper::fact(&value.0)).collect();
            // A heading does not stand at the foot of a page: what is below it comes along.
            let (head, below) = (paper::heading(&heading.0), heights.iter().take(2).sum::<u32>());
            let begins = paper.put(head + below);
            let page = paper.page();
            let rest = heights.iter().enumerate().map(|(place, height)| place >= 2 && paper.put(*height)).collect();
            Ok(Chapter { heading, facts, page, begins: (begins, rest) })
        })
        .collect()
    }

    fn chapter(&self, at: usize, chapter: &Chapter) -> Markup {
        html! {
            section.entry-long.new-page[chapter.begins.0] id=(format!("item-{at}")) {
                h2 { (self.number(at)) ". " (chapter.heading) }
                dl.facts {
                    @for ((name, value), begins) in chapter.facts.iter().zip(&chapter.begins.1) {
                        div.new-page[*begins] { dt { (name) } dd { (value) } }
                    }
                }
            }
        }
    }

    /// What is said of an item; nothing of what it lacks.
    fn facts(&self, entry: &Entry, item: &Item) -> Result<Vec<(&'static str, Markup)>, Problem> {
        let view = self.view;
        let if_any = |is_there: bool, value: Markup| is_there.then_some(value);
        let facts = [
            (["编码", "Code"], Some(html! { code { (entry.key) } })),
            (["事项类型", "Category"], Some(html! { (view.term(item.category.code())) })),
            (
                ["服务对象", "For whom"],
                Some(html! { (view.terms(item.audience.iter().map(|audience| audience.code()))) }),
            ),
            (
                ["设定依据", "Legal basis"],
                if_any(
                    !item.legal_bases.is_empty(),
                    html! { @for basis in &item.legal_bases { p { (citation(view, basis)) } } },
                ),
            ),
            (
                ["受理条件", "Conditions"],
                if_any(
                    !item.conditions.is_empty(),
                    html! { @for clause in &item.conditions { p { (view.data(&clause.text)) } } },
                ),
            ),
            (["申请材料", "What to bring"], if_any(!item.materials.is_empty(), self.materials(item))),
            (["办结时限", "Time limit"], Some(limit(view, item))),
            (["收费", "Charge"], Some(self.charge(item))),
            (["承办机构", "Handled by"], Some(view.data(&item.handling_office))),
            (["办理地点", "Where"], if_any(!item.places.is_empty(), self.places(item)?)),
            (["咨询", "Questions"], if_any(!item.consultation.is_empty(), phones(view, &item.consultation))),
            (["监督投诉", "Complaints"], if_any(!item.supervision.is_empty(), phones(view, &item.supervision))),
        ];
        Ok(facts.into_iter().filter_map(|(name, value)| Some((view.choose(name), value?))).collect())
    }

    fn charge(&self, item: &Item) -> Markup {
        let view = self.view;
        html! {
            (charge(view, item)) @for (at, fee) in item.fees.iter().enumerate() {
                (if at == 0 { view.say("：", ": ") } else { view.comma() }) (view.link("fee", fee.as_str()))
            }
        }
    }

    fn materials(&self, item: &Item) -> Markup {
        let view = self.view;
        html! { @for material in &item.materials {
            p { (material.seq) ". " (view.data(&material.name)) " " span.soft {
                (view.term(material.kind.code()))
                @if material.paper_copies > 0 { " × " (material.paper_copies) }
                @if material.necessity != Necessity::Required { " · " (view.necessity(material.necessity)) }
                @if let Some(when) = &material.when { " · " (view.data(when)) }
            } }
        } }
    }

    fn places(&self, item: &Item) -> Result<Markup, Problem> {
        let view = self.view;
        let places = item.places.iter().map(|place| {
            let known = view.snapshot.get("place", place.place.as_str()).map(|entry| body::<Place>(entry));
            Ok((place, known.transpose()?))
        });
        let places = places.collect::<Result<Vec<_>, Problem>>()?;
        Ok(html! { @for (place, known) in places {
            p {
                (view.link("place", place.place.as_str()))
                @if let Some(window) = &place.window { " " (view.data(window)) }
                @if let Some(known) = known { " · " (view.data(&known.address)) }
                @if let Some(phone) = &place.phone { " · " (text::phone(phone)) }
            }
        } })
    }

    fn volumes(&self, own: &str) -> Markup {
        let view = self.view;
        let last = self.total.div_ceil(VOLUME);
        html! { @if last > 1 {
            nav.pager aria-label=(view.say("分册", "Volumes")) {
                @for volume in 1..=last {
                    a href=(view.at(&format!("{own}/booklet?volume={volume}"))) aria-current=[(volume == self.volume).then_some("page")] {
                        (view.say("第 ", "Volume ")) (volume) (view.say(" 册", ""))
                    }
                }
            }
        } }
    }
}
