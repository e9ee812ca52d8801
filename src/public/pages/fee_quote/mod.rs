//! The costs of an item: as data, and as a page on which people enter their case and see how the sum comes about.
//!
//! The page is a form without script. A field that is left empty is ignored; a value that is missing is asked for kindly, a wrong
//! one is marked at its field and stays as it was entered. What others added to the address is passed over.

mod form;
mod result;

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use self::{
    form::{Form, entered},
    result::result,
};
use super::{
    layout::{self, Frame, MEDIA_TYPE, Section},
    view::View,
};
use crate::{
    base::blocking,
    model::items,
    problem::{Language, Problem},
    public::items::fee_quote::{Asking, Charges},
    register::catalog::Catalog,
    values::code_lists::Charge,
    web::{
        answer::{JSON, Written, negotiate},
        picture::Picture,
        routes::{ReadError, named},
    },
};

/// `GET /v1/items/{key}/fee-quote`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let as_page = negotiate(request, &[JSON, MEDIA_TYPE])? == 1;
    let picture = Picture::of_page(catalog, request.query_string()).await?;
    let language = match entered(request.query_string()).get("lang").map(String::as_str) {
        Some("en") => Language::English,
        _ => Language::Chinese,
    };
    let view = View::new(request, language, picture, Utc::now());
    let entry = named(&items::KIND, request, &view.snapshot)?;
    let (register, entry) = (view.snapshot.clone(), entry.clone());
    let charges = blocking::run(move || Charges::of(&register, &entry)).await??;
    Ok(match as_page {
        true => page(request, view, charges).await?,
        false => data(request, view, charges).await?,
    })
}

async fn data(request: &HttpRequest, view: View, charges: Charges) -> Result<HttpResponse, Problem> {
    let query = request.query_string();
    let asking = charges.read(query, view.today)?;
    let version = view.picture.version(charges.version(query, asking.on));
    if let Some(unchanged) = view.known(request, version) {
        return Ok(unchanged);
    }
    let register = view.snapshot.clone();
    let write = move || Written::json(&register, &charges.quote(&register, &asking)?);
    let answer = blocking::run(write).await??.version(version).cached(view.picture.caching());
    Ok(answer.varying("Accept").answer(request, &view.snapshot))
}

async fn page(request: &HttpRequest, view: View, charges: Charges) -> Result<HttpResponse, Problem> {
    let query = without_empty_fields(request.query_string());
    let version =
        view.of_owner(view.picture.version(charges.version(request.query_string(), view.today)).variant("-html"));
    let asking = charges.read_of_page(&query, view.today);
    if let Some(unchanged) = view.known(request, version).filter(|_| asking.is_ok()) {
        return Ok(unchanged);
    }
    let write = {
        let (view, path, query) = (view.clone(), request.path().to_owned(), request.query_string().to_owned());
        move || written(&view, (path.as_str(), query.as_str()), &charges, asking)
    };
    let page = blocking::run(write).await??.version(version).cached(view.picture.caching());
    Ok(layout::send(request, &view.snapshot, page))
}

fn written(
    view: &View,
    (path, query): (&str, &str),
    charges: &Charges,
    asking: Result<Asking, Problem>,
) -> Result<Written, Problem> {
    let outcome = asking.and_then(|asking| charges.quote(&view.snapshot, &asking));
    let form = Form::read(view, (path, query), charges, outcome)?;
    let (title, address) = (format!("{} · {}", heading(view), charges.item.name), form.address());
    let frame = Frame {
        language: view.language,
        owner: &view.owner,
        title: &title,
        description: view.say(
            "按所给情况逐项计算办理事项的费用，说明依据、收费主体和资金去向。",
            "What an item costs in given circumstances, line by line, with its legal basis and where the money goes.",
        ),
        address: &address,
        section: Section::Fees,
        ..Frame::default()
    };
    let old = layout::then(view.language, &view.picture, path);
    let content = html! { (old) div.quote { (content(view, charges, &form)) } };
    Ok(layout::written(&view.snapshot, frame.page(&view.snapshot, &content)))
}

fn heading(view: &View) -> &'static str {
    view.say("收费试算", "What it costs")
}

fn content(view: &View, charges: &Charges, form: &Form<'_>) -> Markup {
    html! {
        h1 { (heading(view)) }
        p { (view.data(&charges.item.name)) " " code { (charges.item.code.as_str()) } }
        @if let Some(notice) = form.quote.as_ref().and_then(|quote| quote.notice.as_ref()) {
            p.notice { (notice.text(view.language)) }
        }
        (form.summary())
        @if let Some(quote) = &form.quote { (result(view, quote)) }
        @if charges.item.charge == Charge::Charged { (form.element()) }
    }
}

/// The query without the fields of the form that were left empty.
fn without_empty_fields(query: &str) -> String {
    let is_filled = |pair: &&str| pair.split_once('=').is_some_and(|(_, value)| !value.trim_matches('+').is_empty());
    query.split('&').filter(is_filled).collect::<Vec<_>>().join("&")
}
