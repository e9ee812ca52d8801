//! The pages that explain each problem code: what `type` of a problem document resolves to.

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, html};

use super::{
    layout::{self, Frame, MEDIA_TYPE, Section},
    view::View,
};
use crate::{
    problem::{Code, Detail, Language, Problem, Rule, Spec, Wrong},
    register::catalog::Catalog,
    web::{
        answer::{self, Version, Written},
        picture::Picture,
        routes::{no_parameters, part},
    },
};

/// `GET /problems`
pub async fn list(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    show(request, catalog, Code::ALL)
}

/// `GET /problems/{code}`
pub async fn one(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let word = part(request, "code")?;
    let code = Code::of(&word).ok_or(Code::NotFound)?;
    show(request, catalog, &[code])
}

fn show(request: &HttpRequest, catalog: &Catalog, codes: &[Code]) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.snapshot();
    if answer::negotiate(request, &[MEDIA_TYPE, answer::JSON])? == 1 {
        no_parameters(request)?;
        let rows: Vec<_> = codes.iter().map(|code| row(&code.spec())).collect();
        let version = Version::software().variant("-json");
        return Ok(Written::json(&snapshot, &rows)?.version(version).varying("Accept").answer(request, &snapshot));
    }
    let view = View::of(request, Picture::of_today(snapshot), Utc::now());
    let version = Version::software().depending_on((view.snapshot.seq(), view.language == Language::English));
    let version = view.of_owner(version);
    if let Some(unchanged) = view.known(request, version) {
        return Ok(unchanged);
    }
    let title = view.say("错误代码", "Problem codes");
    let content = html! {
        h1 { (title) }
        dl { @for code in codes { (entry(&view, &code.spec())) } }
        @if codes.len() > 1 { (field_codes(&view)) }
        @if codes.len() == 1 { p { a href=(view.at("/problems")) { (view.say("全部错误代码", "All problem codes")) } } }
    };
    let frame = Frame {
        title,
        description: view
            .say("接口返回的错误代码和处理办法", "The problem codes of the API, and what to do about each"),
        address: request.path(),
        section: Section::Developers,
        ..Frame::default()
    };
    Ok(layout::send(request, &view.snapshot, view.page(&frame, &content).version(version)))
}

/// The codes of `errors`: what can be wrong with a field or a parameter; and the rules of quality.
fn field_codes(view: &View) -> Markup {
    let says = view.say("说明", "What it says");
    html! {
        h2 { (view.say("字段和参数的错误代码", "Codes of fields and parameters")) " " code { "errors[].code" } }
        table { thead { tr { th scope="col" { (view.say("代码", "Code")) } th scope="col" { (says) } } } tbody { @for wrong in Wrong::samples() {
            tr { td { code { (wrong.code()) } } td { (wrong.text(view.language)) } }
        } } }
        h2 { (view.say("质量规则", "Rules of quality")) " " code { "findings[].rule" } }
        table { thead { tr {
            th scope="col" { (view.say("规则", "Rule")) } th scope="col" { (view.say("级别", "Severity")) }
            th scope="col" { (view.say("适用记录", "Kinds")) } th scope="col" { (says) }
        } } tbody { @for rule in Rule::ALL { (rule_row(view, *rule)) } } }
    }
}

/// A row of a rule: its code, severity, kinds, sentence and remedy; `…` stands for the figures of a case.
fn rule_row(view: &View, rule: Rule) -> Markup {
    let spec = rule.spec();
    let dots = vec![Detail::same("…"); 4];
    let kind = |name| view.snapshot.kind(name).map_or(name, |kind| view.say(kind.chinese, name));
    html! {
        tr {
            td { code { (spec.code) } }
            td { (view.say(spec.severity.label(), spec.severity.value())) }
            td { (spec.kinds().map(kind).collect::<Vec<_>>().join(view.comma())) }
            td { (rule.says(view.language, &dots)) " → " (rule.remedy(view.language)) }
        }
    }
}

fn entry(view: &View, spec: &Spec) -> Markup {
    let (title, remedy) = match view.language {
        Language::Chinese => (spec.chinese, spec.remedy_chinese),
        Language::English => (spec.english, spec.remedy_english),
    };
    html! {
        dt id=(spec.code) { code { (spec.code) } " · " (spec.status.as_u16()) }
        dd { strong { (title) } (view.say("。", ". ")) (remedy) }
    }
}

fn row(spec: &Spec) -> serde_json::Value {
    serde_json::json!({
        "type": format!("/problems/{}", spec.code),
        "code": spec.code,
        "status": spec.status.as_u16(),
        "title": { "zh": spec.chinese, "en": spec.english },
        "remedy": { "zh": spec.remedy_chinese, "en": spec.remedy_english },
    })
}
