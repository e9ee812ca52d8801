//! The booklet of an organisation: all items it holds, short, to be printed and bound.

use std::{collections::BTreeMap, sync::Arc};

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::{
    components::{charge, fact, fact_of, item_name, limit, selected, status},
    layout::{Frame, Section, logo, owner},
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
    let content = html! {
        (booklet.cover(&own, &record))
        (booklet.contents())
        @for (at, (entry, item)) in booklet.entries.iter().enumerate() { (booklet.entry(at, entry, item)?) }
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
                (logo(&view.owner))
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
                (owner(view.language, &view.owner))
            }
        }
    }

    fn contents(&self) -> Markup {
        let view = self.view;
        let mut by_category: BTreeMap<(List, Category), Vec<(usize, &Item)>> = BTreeMap::new();
        for (at, (_, item)) in self.entries.iter().enumerate() {
            by_category.entry((item.list, item.category)).or_default().push((at, item));
        }
        html! {
            nav.contents aria-label=(view.say("目录", "Contents")) {
                h2 { (view.say("目录", "Contents")) }
                @for ((list, category), items) in by_category {
                    h3 { (view.term(list.code())) " · " (view.term(category.code())) }
                    ol { @for (at, item) in items { li value=(self.number(at)) { a href=(format!("#item-{at}")) { (item_name(view, item)) } } } }
                }
            }
        }
    }

    fn number(&self, at: usize) -> usize {
        (self.volume - 1) * VOLUME + at + 1
    }

    fn entry(&self, at: usize, entry: &Entry, item: &Item) -> Result<Markup, Problem> {
        let view = self.view;
        Ok(html! {
            section.entry-long id=(format!("item-{at}")) {
                h2 { (self.number(at)) ". " a href=[view.page_of("item", &entry.key)] { (item_name(view, item)) } (status(view, entry)) }
                dl.facts {
                    (fact(view.say("编码", "Code"), &html! { code { (entry.key) } }))
                    (fact(view.say("事项类型", "Category"), &html! { (view.term(item.category.code())) }))
                    (fact(view.say("服务对象", "For whom"), &html! { (view.terms(item.audience.iter().map(|audience| audience.code()))) }))
                    @if !item.legal_bases.is_empty() {
                        (fact(view.say("设定依据", "Legal basis"), &html! { @for basis in &item.legal_bases { p { (citation(view, basis)) } } }))
                    }
                    @if !item.conditions.is_empty() {
                        (fact(view.say("受理条件", "Conditions"), &html! { @for clause in &item.conditions { p { (view.data(&clause.text)) } } }))
                    }
                    @if !item.materials.is_empty() { (fact(view.say("申请材料", "What to bring"), &self.materials(item))) }
                    (fact(view.say("办结时限", "Time limit"), &limit(view, item)))
                    (fact(view.say("收费", "Charge"), &html! {
                        (charge(view, item)) @for (at, fee) in item.fees.iter().enumerate() {
                            (if at == 0 { view.say("：", ": ") } else { view.comma() }) (view.link("fee", fee.as_str()))
                        }
                    }))
                    (fact(view.say("承办机构", "Handled by"), &view.data(&item.handling_office)))
                    @if !item.places.is_empty() { (fact(view.say("办理地点", "Where"), &self.places(item)?)) }
                    @if !item.consultation.is_empty() { (fact(view.say("咨询", "Questions"), &phones(view, &item.consultation))) }
                    @if !item.supervision.is_empty() { (fact(view.say("监督投诉", "Complaints"), &phones(view, &item.supervision))) }
                }
            }
        })
    }

    fn materials(&self, item: &Item) -> Markup {
        let view = self.view;
        html! { @for material in &item.materials {
            p { (material.seq) ". " (view.data(&material.name)) " " span.soft {
                (view.term(material.kind.code()))
                @if material.paper_copies > 0 { " × " (material.paper_copies) }
                @if material.necessity != Necessity::Required { " · " (view.term(material.necessity.code())) }
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
