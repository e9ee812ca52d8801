//! Intermediaries: registered third parties whose paid services some items need. The choice among them is free, so their
//! order turns by the day.

use maud::{Markup, html};

use super::{
    components::{fact, fact_of, items_by, table},
    directory::{Directory, Order, RecordPage, RecordParts},
    layout::Section,
    text::{phones, span},
    view::{View, body},
};
use crate::{
    model::intermediaries::{Intermediary, IntermediaryService, KIND, Qualification},
    problem::Problem,
    register::catalog::Entry,
    values::division,
};

/// `GET /intermediaries`
pub const DIRECTORY: Directory = Directory {
    kind: &KIND,
    section: Section::Intermediaries,
    title: ["中介机构", "Intermediaries"],
    about: [
        "需要中介服务时，申请人自主选择，任何机关不得指定。排列次序每日轮换，不分先后。",
        "Where a service is needed, applicants choose freely and no authority may name one. The order turns every day and means nothing.",
    ],
    filters: &["service", "pricing", "qualification"],
    columns: &[
        ["服务和价格", "Services and prices"],
        ["资质", "Qualifications"],
        ["地址", "Address"],
        ["联系方式", "Contact"],
    ],
    cells: |view, entry| {
        let record: Intermediary = body(entry)?;
        Ok(vec![
            html! { @for service in &record.services {
                p { (view.data(&service.name)) " " span.soft { (view.term(service.pricing.code()))
                    @if let Some(price) = &service.price_text { (view.say("：", ": ")) (view.data(price)) } }
                    @if let Some(fee) = &service.fee { (view.say("：", ": ")) (view.link("fee", fee.as_str())) } }
            } },
            html! {
                @for held in &record.qualifications { p { (view.data(&held.name)) " " (validity(view, held)) } }
                @if record.qualifications.is_empty() { "—" }
            },
            view.data(&record.address),
            phones(view, &record.phones),
        ])
    },
    order: Order::InTurn,
    record: RecordPage { is_of_today: true, parts },
};

/// Whether a qualification holds today.
fn validity(view: &View, held: &Qualification) -> Markup {
    html! {
        @if held.valid_until.is_some_and(|until| until < view.today) { span.tag.bad { (view.say("已过期", "Expired")) } }
        @else if held.valid_from > view.today { span.tag.warn { (view.say("尚未生效", "Not yet valid")) } }
        @else { span.tag.good { (view.say("有效", "Valid")) } }
    }
}

fn parts(view: &View, entry: &Entry) -> Result<RecordParts, Problem> {
    let record: Intermediary = body(entry)?;
    let content = html! {
        p.notice { (view.say(
            "申请人可以自主选择任何一家符合条件的中介机构，任何机关不得指定或者变相指定。",
            "Applicants may choose any qualified intermediary; no authority may name one.",
        )) }
        (facts(view, &record))
        h2 { (view.say("中介服务", "Services")) }
        (services(view, &record))
        h2 { (view.say("资质", "Qualifications")) }
        (qualifications(view, &record))
        h2 { (view.say("可能用到其服务的事项", "Items that need its services")) }
        (items_by(view, "intermediary", &entry.key, None))
    };
    let services: Vec<_> = record.services.iter().map(|service| service.name.as_str()).collect();
    let description = services.join("、");
    Ok(RecordParts { title: record.name, description, content })
}

fn facts(view: &View, record: &Intermediary) -> Markup {
    html! {
        dl.facts {
            (fact(view.say("机构性质", "Nature"), &html! { (view.term(record.nature.code())) }))
            (fact(view.say("地址", "Address"), &view.data(&record.address)))
            (fact_of(view.say("行政区划", "Division"), division::named(record.division.as_str()), |found| view.data(found.name)))
            (fact(view.say("联系方式", "Contact"), &phones(view, &record.phones)))
            (fact_of(view.say("隶属行政机关", "Affiliated with"), record.registered_organisation.as_ref(), |key| {
                view.link("organisation", key.as_str())
            }))
            @if record.valid_from.is_some() || record.valid_until.is_some() {
                (fact(view.say("登记期间", "Registered"), &span(view, record.valid_from, record.valid_until)))
            }
        }
    }
}

fn services(view: &View, record: &Intermediary) -> Markup {
    let row = |service: &IntermediaryService| {
        let name = html! {
            (view.data(&service.name))
            @if service.qualification_required { " " span.soft { (view.say("（须有资质）", "(needs a qualification)")) } }
        };
        let price = html! {
            @if let Some(text) = &service.price_text { (view.data(text)) " " }
            @if let Some(fee) = &service.fee { (view.link("fee", fee.as_str())) }
            @if service.price_text.is_none() && service.fee.is_none() { "—" }
        };
        let [pricing, limit] =
            [view.term(service.pricing.code()), view.period(service.limit)].map(|text| html! { (text) });
        (name, vec![pricing, price, limit, view.data_or_dash(service.basis.as_deref())])
    };
    let columns = [["定价方式", "Pricing"], ["价格", "Price"], ["服务时限", "Time limit"], ["依据", "Basis"]];
    let caption = ["服务、价格和时限", "Services, prices and time limits"];
    table(view, caption, ["服务", "Service"], &columns, record.services.iter().map(row).collect())
}

fn qualifications(view: &View, record: &Intermediary) -> Markup {
    html! {
        @if record.qualifications.is_empty() { p.soft { (view.say("没有登记资质。", "None is registered.")) } }
        ul.plain { @for held in &record.qualifications {
            li {
                (view.data(&held.name))
                @if let Some(grade) = &held.grade { " " (view.data(grade)) }
                " " (validity(view, held)) br;
                span.soft { (view.say("证书编号 ", "certificate ")) (held.number) " · " (view.data(&held.issuer)) " · "
                    (span(view, Some(held.valid_from), held.valid_until)) }
            }
        } }
    }
}
