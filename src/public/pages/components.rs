//! Small parts that several pages share.

use std::sync::Arc;

use maud::{Markup, html};
use serde_json::Value;

use super::{
    text::{citation, iso_date},
    view::{View, body},
};
use crate::{
    model::{items::Item, kinds::Kind},
    problem::Problem,
    register::catalog::Entry,
    values::{
        code_lists::{BasisPurpose, Charge, Status},
        local_time,
    },
};

/// Items that a record's page shows of those that belong to it; the list has the others.
const SOME: usize = 30;

/// A fact: what it is, and what is so.
pub fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The same where there may be none.
pub fn fact_of<T>(name: &str, value: Option<T>, write: impl FnOnce(T) -> Markup) -> Markup {
    html! { @if let Some(value) = value { (fact(name, &write(value))) } }
}

/// What a reader must know of a record that is not simply in force.
pub fn notice(view: &View, kind: &Kind, entry: &Entry) -> Markup {
    let change = entry.current().map(|revision| &revision.change);
    let undone = change.and_then(|change| entry.undone_by(change));
    let (class, told) = match entry.status {
        Status::InForce if undone.is_some() => ("notice", view.say("已恢复", "Reinstated")),
        Status::InForce | Status::Erased => return Markup::default(),
        Status::Suspended => ("notice warn", view.say("已暂停", "Suspended")),
        Status::Cancelled => ("notice bad", view.say("已取消", "Cancelled")),
        Status::Merged => ("notice bad", view.say("已合并", "Merged")),
    };
    html! {
        div class=(class) {
            b { (told) }
            @if let Some(change) = change {
                " " (iso_date(local_time(change.published_at).date())) " · " (view.data(&change.by.name))
                @if let Some(reason) = &change.reason { " · " (view.data(reason)) }
                @if let Some(document) = &change.document { " · " (view.data(&document.title)) }
            }
            @if let Some(successor) = &entry.successor {
                br; (view.say("现由以下记录承接：", "Its place was taken by ")) (view.link(kind.name, successor))
            }
            @if let Some(former) = undone.and_then(|undone| undone.successor.as_ref()) {
                br; (view.say("恢复前由以下记录承接：", "Until then its place was taken by ")) (view.link(kind.name, former))
            }
        }
    }
}

/// Code, revision and publication of a record: the last facts of its page.
pub fn imprint(view: &View, kind: &Kind, entry: &Entry) -> Markup {
    html! {
        @if let Some(revision) = entry.current() {
            p.soft.small {
                (view.say("编码", "Code")) " " code { (entry.key) } " · " (view.say("第 ", "revision ")) (revision.change.revision)
                (view.say(" 版", "")) " · " (iso_date(local_time(revision.change.published_at).date())) " "
                (view.say("公布", "published")) " · " (view.data(&revision.change.by.name)) " · "
                a href=(view.at(&format!("/{}/{}/history", kind.path, entry.key))) { (view.say("历次修订", "Revisions")) }
            }
        }
    }
}

/// A text with what was found marked, or the text as it is.
pub fn marked(segments: &Value, text: &str) -> Markup {
    html! {
        @match segments.as_array() {
            Some(segments) => @for segment in segments {
                @let text = segment["text"].as_str().unwrap_or_default();
                @if segment["match"] == true { mark { (text) } } @else { (text) }
            },
            None => (text),
        }
    }
}

/// The name of an item, in English first where it has one.
pub fn item_name(view: &View, item: &Item) -> Markup {
    let english = item.translations.get("en").map(|translation| translation.name.as_str());
    html! { @match english.filter(|_| view.language == crate::problem::Language::English) {
        Some(english) => { (english) " " span.small lang="zh-CN" { (item.name) } },
        None => (view.data(&item.name)),
    } }
}

/// The time that an item takes: promised, else by law.
pub fn limit(view: &View, item: &Item) -> Markup {
    html! { @match (item.promised_limit, item.legal_limit) {
        (Some(promised), _) => (view.period(promised)),
        (None, Some(legal)) => { (view.period(legal)) (view.say("（法定）", " (by law)")) },
        (None, None) => (item.limit_note.as_deref().map(|note| view.data(note)).unwrap_or_else(|| html! { "—" })),
    } }
}

/// Whether an item costs something.
pub fn charge(view: &View, item: &Item) -> Markup {
    html! { @match item.charge {
        Charge::Free => span.good { (view.term(item.charge.code())) },
        Charge::Charged => (view.term(item.charge.code())),
    } }
}

/// The basis that sets an item, and how many more there are.
pub fn basis(view: &View, item: &Item) -> Markup {
    let setting = item.legal_bases.iter().find(|basis| basis.purpose == BasisPurpose::Setting);
    html! {
        @match setting.or(item.legal_bases.first()) {
            Some(basis) => {
                (citation(view, basis))
                @if item.legal_bases.len() > 1 { " " span.soft { (view.say("等 ", "of ")) (item.legal_bases.len()) (view.say(" 项", "")) } }
            },
            None => "—",
        }
    }
}

/// Items as an office would publish their list.
pub fn item_table(view: &View, caption: &str, rows: &[(Arc<Entry>, Value)]) -> Result<Markup, Problem> {
    let items = rows.iter().map(|(entry, found)| Ok((entry, found, body::<Item>(entry)?)));
    let items = items.collect::<Result<Vec<_>, Problem>>()?;
    let [category, organisation, basis_name, limit_name, charge_name] = match view.language {
        crate::problem::Language::Chinese => ["事项类型", "实施主体", "设定依据", "办结时限", "收费"],
        crate::problem::Language::English => ["Category", "Organisation", "Legal basis", "Time limit", "Charge"],
    };
    Ok(html! {
        table.cards-on-phone {
            caption { (caption) }
            thead { tr {
                th scope="col" { (view.say("事项", "Item")) }
                @for name in [category, organisation, basis_name, limit_name, charge_name] { th scope="col" { (name) } }
            } }
            tbody { @for (entry, found, item) in &items {
                tr {
                    th scope="row" {
                        a href=[view.page_of("item", &entry.key)] {
                            @match found["name"].is_array() {
                                true => span lang="zh-CN" { (marked(&found["name"], "")) },
                                false => (item_name(view, item)),
                            }
                        }
                        (status(view, entry))
                        br; code.soft { (entry.key) }
                        @if found["aliases"].is_array() { br; small lang="zh-CN" { (marked(&found["aliases"], "")) } }
                        @if found["body"].is_array() { br; small lang="zh-CN" { "…" (marked(&found["body"], "")) "…" } }
                    }
                    td.short data-label=(category) { (view.term(item.category.code())) }
                    td data-label=(organisation) { (view.link("organisation", item.organisation.as_str())) }
                    td data-label=(basis_name) { (basis(view, item)) }
                    td.short data-label=(limit_name) { (limit(view, item)) }
                    td.short data-label=(charge_name) { (charge(view, item)) }
                }
            } }
        }
    })
}

/// A mark on a record that is suspended, cancelled or merged.
pub fn status(view: &View, entry: &Entry) -> Markup {
    html! { @match entry.status {
        Status::InForce => {},
        Status::Suspended => { " " span.tag.warn { (view.term(entry.status.code())) } },
        Status::Cancelled | Status::Merged | Status::Erased => { " " span.tag.bad { (view.term(entry.status.code())) } },
    } }
}

/// The items in force that a filter selects: some of them, and the way to all.
pub fn items_by(view: &View, filter: &'static str, key: &str, list: Option<&'static str>) -> Markup {
    let Some(shelf) = view.snapshot.shelf("item") else { return Markup::default() };
    let mut ids = shelf.posted(filter, key).map(|ids| (**ids).clone()).unwrap_or_default() & shelf.listed();
    if let Some(list) = list {
        let name = if list == "responsibility" { "responsibility_list" } else { "list" };
        ids &= shelf.posted(name, list).map(|ids| (**ids).clone()).unwrap_or_default();
    }
    let mut entries: Vec<_> = ids.iter().take(SOME).filter_map(|id| shelf.by_id(id)).collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let parameter = if filter == "joint_organisation" { "organisation" } else { filter };
    let all = match list {
        Some(list) => format!("/lists/{list}?{parameter}={key}"),
        None => format!("/search?{parameter}={key}"),
    };
    html! {
        @if entries.is_empty() { p.soft { (view.say("没有事项。", "No items.")) } }
        @else {
            (records(view, "item", &entries))
            p { a href=(view.at(&all)) {
                (view.say("查看全部 ", "All ")) (ids.len()) (view.say(" 项", " items"))
            } }
        }
    }
}

/// Names of records with links, one a line.
pub fn records(view: &View, kind: &str, entries: &[&Arc<Entry>]) -> Markup {
    html! { ul.plain { @for entry in entries {
        li { (view.link_to(kind, entry)) (status(view, entry)) }
    } } }
}

/// Where a page stands under another one.
pub fn crumbs(view: &View, address: &str, name: &str) -> Markup {
    html! { p.crumbs { a href=(view.at(address)) { (name) } " ›" } }
}
