//! Parts that several pages share: facts, tables, marks of a record's status, lists of records.

use std::sync::Arc;

use maud::{Markup, html};
use roaring::RoaringBitmap;
use serde_json::Value;

use super::{
    text::{citation, decision, in_turn, iso_date},
    view::{BothLanguages, View, body, history_of},
};
use crate::{
    model::{items::Item, kinds::Kind},
    problem::{Language, Problem},
    register::catalog::{Entry, Shelf},
    values::{
        code_lists::{BasisPurpose, Charge, Status},
        local_time,
    },
};

/// Items that a record's page shows of those that belong to it; the list has the others.
const SOME: usize = 30;
/// Records of other kinds that a record's page shows of those that belong to it.
const OTHERS: usize = 100;

/// A fact: its name and its value.
pub fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// A fact that may be absent.
pub fn fact_of<T>(name: &str, value: Option<T>, write: impl FnOnce(T) -> Markup) -> Markup {
    html! { @if let Some(value) = value { (fact(name, &write(value))) } }
}

/// Says what became of a record that is not simply in force.
pub fn notice(view: &View, kind: &Kind, entry: &Entry) -> Markup {
    let change = entry.current().map(|revision| &revision.change);
    let undone = change.and_then(|change| entry.undone_by(change));
    let (class, status) = match entry.status {
        Status::InForce if undone.is_some() => ("notice", view.say("已恢复", "Reinstated")),
        Status::InForce | Status::Erased => return Markup::default(),
        Status::Suspended => ("notice warn", view.say("已暂停", "Suspended")),
        Status::Cancelled => ("notice bad", view.say("已取消", "Cancelled")),
        Status::Merged => ("notice bad", view.say("已合并", "Merged")),
    };
    html! {
        div class=(class) {
            b { (status) }
            @if let Some(change) = change {
                " " (iso_date(local_time(change.published_at).date())) " · " (view.data(&change.by.name))
                @if let Some(reason) = &change.reason { " · " (view.data(reason)) }
                @if let Some(document) = &change.document { " · " (decision(view, document)) }
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
                a href=(view.at(&history_of(kind, &entry.key))) { (view.say("历次修订", "Revisions")) }
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
    html! { @match english.filter(|_| view.language == Language::English) {
        Some(english) => { (english) " " span.small lang="zh-CN" { (item.name) } },
        None => (view.data(&item.name)),
    } }
}

/// The time that an item takes: promised, else by law.
pub fn limit(view: &View, item: &Item) -> Markup {
    html! { @match (item.promised_limit, item.legal_limit) {
        (Some(promised), _) => (view.period(promised)),
        (None, Some(legal)) => { (view.period(legal)) (view.say("（法定）", " (by law)")) },
        (None, None) => (view.data_or_dash(item.limit_note.as_deref())),
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

/// The rows of a table: what each is about, and the cells of the other columns.
pub type Rows = Vec<(Markup, Vec<Markup>)>;

/// A table whose rows are cards on a phone: its caption, the name of its first column, and the other columns.
pub fn table(
    view: &View,
    caption: BothLanguages,
    first: BothLanguages,
    columns: &[BothLanguages],
    rows: Rows,
) -> Markup {
    let columns: Vec<_> = columns.iter().map(|column| view.choose(*column)).collect();
    html! {
        table.cards-on-phone {
            (table_head(view.choose(caption), view.choose(first), &columns))
            tbody { @for (head, cells) in rows {
                tr {
                    th scope="row" { (head) }
                    @for (name, cell) in columns.iter().zip(cells) { td data-label=(name) { (cell) } }
                }
            } }
        }
    }
}

/// Caption and names of the columns.
fn table_head(caption: &str, first: &str, columns: &[&str]) -> Markup {
    html! {
        caption { (caption) }
        thead { tr {
            th scope="col" { (first) }
            @for name in columns { th scope="col" { (name) } }
        } }
    }
}

/// Items as an office would publish their list.
pub fn item_table(view: &View, caption: &str, rows: &[(Arc<Entry>, Value)]) -> Result<Markup, Problem> {
    let items = rows.iter().map(|(entry, found)| Ok((entry, found, body::<Item>(entry)?)));
    let items = items.collect::<Result<Vec<_>, Problem>>()?;
    let [category, organisation, basis_name, limit_name, charge_name] = match view.language {
        Language::Chinese => ["事项类型", "实施主体", "设定依据", "办结时限", "收费"],
        Language::English => ["Category", "Organisation", "Legal basis", "Time limit", "Charge"],
    };
    Ok(html! {
        table.cards-on-phone {
            (table_head(caption, view.say("事项", "Item"), &[category, organisation, basis_name, limit_name, charge_name]))
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
                        span.desk { br; code.soft { (entry.key) } }
                        @if found["aliases"].is_array() { br; small { (view.say("也叫：", "Also called: ")) span lang="zh-CN" { (marked(&found["aliases"], "")) } } }
                        @if found["body"].is_array() { br; small lang="zh-CN" { "…" (marked(&found["body"], "")) "…" } }
                    }
                    td.short.desk data-label=(category) { (view.term(item.category.code())) }
                    td data-label=(organisation) { (view.link("organisation", item.organisation.as_str())) }
                    td.desk data-label=(basis_name) { (basis(view, item)) }
                    td.short data-label=(limit_name) { (limit(view, item)) }
                    td.short data-label=(charge_name) { (charge(view, item)) }
                }
            } }
        }
    })
}

/// A note that a comparison left out some of the differences.
pub fn more_differences(view: &View) -> Markup {
    html! { p.notice { (view.say("差异太多，以上只列出一部分。", "There is more that differs than is told here.")) } }
}

/// A mark on a record that is suspended, cancelled or merged.
pub fn status(view: &View, entry: &Entry) -> Markup {
    html! { @match entry.status {
        Status::InForce => {},
        Status::Suspended => { " " span.tag.warn { (view.term(entry.status.code())) } },
        Status::Cancelled | Status::Merged | Status::Erased => { " " span.tag.bad { (view.term(entry.status.code())) } },
    } }
}

/// The posting that says which items are on a list.
fn posting_of(list: &str) -> &'static str {
    if list == "responsibility" { "responsibility_list" } else { "list" }
}

/// The listed records of a shelf that a filter selects, by their numbers.
fn listed_by(shelf: &Shelf, filter: &'static str, value: &str) -> RoaringBitmap {
    shelf.posted(filter, value).map(|ids| &**ids & shelf.listed()).unwrap_or_default()
}

/// The listed items that a filter selects on a list, or on any, by their numbers.
pub fn items_on(shelf: &Shelf, filter: &'static str, key: &str, list: Option<&'static str>) -> RoaringBitmap {
    let ids = listed_by(shelf, filter, key);
    match list {
        Some(list) => shelf.posted(posting_of(list), list).map(|on_it| ids & &**on_it).unwrap_or_default(),
        None => ids,
    }
}

/// The items in force that a filter selects: some of them, and the way to all.
pub fn items_by(view: &View, filter: &'static str, key: &str, list: Option<&'static str>) -> Markup {
    let Some(shelf) = view.snapshot.shelf("item") else { return Markup::default() };
    let ids = items_on(shelf, filter, key, list);
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

/// The listed records of a kind that a filter selects, in the order of the log.
pub fn selected<'a>(
    view: &'a View,
    kind: &str,
    filter: &'static str,
    value: &str,
) -> impl Iterator<Item = &'a Arc<Entry>> + use<'a> {
    let shelf = view.snapshot.shelf(kind);
    let ids = shelf.map(|shelf| listed_by(shelf, filter, value)).unwrap_or_default();
    ids.into_iter().filter_map(move |id| shelf?.by_id(id))
}

/// The records of another kind that belong to a record, under a heading; nothing where there are none.
pub fn others(view: &View, heading: BothLanguages, kind: &str, filter: &'static str, key: &str) -> Markup {
    let mut found: Vec<_> = selected(view, kind, filter, key).take(OTHERS).collect();
    if kind == "intermediary" {
        found = in_turn(found, view.today);
    }
    html! { @if !found.is_empty() {
        h2 { (view.choose(heading)) }
        (records(view, kind, &found))
    } }
}

/// Names of records with links, one a line.
pub fn records(view: &View, kind: &str, entries: &[&Arc<Entry>]) -> Markup {
    html! { ul.plain { @for entry in entries {
        li { (view.link_to(kind, entry)) (status(view, entry)) }
    } } }
}

/// The way back to the page above.
pub fn crumbs(view: &View, address: &str, name: &str) -> Markup {
    html! { p.crumbs { a href=(view.at(address)) { (name) } " ›" } }
}

/// The hidden field of a form that keeps the language of the page.
pub fn hidden_language(language: Language) -> Markup {
    html! { @if language == Language::English { input type="hidden" name="lang" value="en"; } }
}

/// The hidden fields of a form that keep the language of the page and the moment that it shows.
pub fn hidden_view(view: &View) -> Markup {
    html! {
        (hidden_language(view.language))
        @if let Some(then) = view.picture.then() { input type="hidden" name="as_of" value=(then.text); }
    }
}
