//! Intermediaries: registered third parties whose paid services some items need. The choice among them is free, so their
//! order turns by the day.

use actix_web::{HttpRequest, HttpResponse};
use chrono::NaiveDate;
use maud::{Markup, html};

use super::{
    components::{crumbs, fact, fact_of, imprint, items_by, notice},
    directory::Directory,
    layout::{Frame, Section},
    text::{phones, span},
    view::{View, body, record_page},
};
use crate::{
    model::intermediaries::{Intermediary, KIND, Qualification},
    problem::Problem,
    register::catalog::{Catalog, Entry},
    values::division,
    web::{answer::Written, routes::ReadError},
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
    in_turn: true,
};

fn has_run_out(held: &Qualification, today: NaiveDate) -> bool {
    held.valid_until.is_some_and(|until| until < today)
}

/// Whether a qualification holds today.
fn validity(view: &View, held: &Qualification) -> Markup {
    html! {
        @if has_run_out(held, view.today) { span.tag.bad { (view.say("已过期", "Expired")) } }
        @else if held.valid_from > view.today { span.tag.warn { (view.say("尚未生效", "Not yet valid")) } }
        @else { span.tag.good { (view.say("有效", "Valid")) } }
    }
}

/// `GET /intermediaries/{key}`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    record_page(request, catalog, &KIND, View::version_of_today, page).await
}

fn page(view: &View, entry: &Entry) -> Result<Written, Problem> {
    let record: Intermediary = body(entry)?;
    let content = html! {
        (crumbs(view, "/intermediaries", view.say("中介机构", "Intermediaries")))
        h1 { (view.data(&record.name)) }
        (notice(view, &KIND, entry))
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
        (imprint(view, &KIND, entry))
    };
    let (own, json) = (format!("/intermediaries/{}", entry.key), format!("/v1/intermediaries/{}", entry.key));
    let services: Vec<_> = record.services.iter().map(|service| service.name.as_str()).collect();
    let frame = Frame {
        language: view.language,
        title: &record.name,
        description: &services.join("、"),
        address: &own,
        json: Some(&json),
        section: Section::Intermediaries,
    };
    Ok(view.page(&frame, &content))
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
    let [pricing, price, limit, basis] =
        [["定价方式", "Pricing"], ["价格", "Price"], ["服务时限", "Time limit"], ["依据", "Basis"]]
            .map(|told| view.say(told[0], told[1]));
    html! {
        table.cards-on-phone {
            caption { (view.say("服务、价格和时限", "Services, prices and time limits")) }
            thead { tr {
                th scope="col" { (view.say("服务", "Service")) }
                @for name in [pricing, price, limit, basis] { th scope="col" { (name) } }
            } }
            tbody { @for service in &record.services {
                tr {
                    th scope="row" { (view.data(&service.name))
                        @if service.qualification_required { " " span.soft { (view.say("（须有资质）", "(needs a qualification)")) } } }
                    td data-label=(pricing) { (view.term(service.pricing.code())) }
                    td data-label=(price) {
                        @if let Some(text) = &service.price_text { (view.data(text)) " " }
                        @if let Some(fee) = &service.fee { (view.link("fee", fee.as_str())) }
                        @if service.price_text.is_none() && service.fee.is_none() { "—" }
                    }
                    td data-label=(limit) { (view.period(service.limit)) }
                    td data-label=(basis) { (service.basis.as_deref().map_or_else(|| html! { "—" }, |basis| view.data(basis))) }
                }
            } }
        }
    }
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
