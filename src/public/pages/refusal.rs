//! A refusal as a page, for people whose browser asked for one: what is wrong in plain words, and ways on.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use maud::{Markup, html};

use super::{
    components::hidden_language,
    layout::{Frame, HTML, POLICY, in_language},
    view::language,
};
use crate::{
    preference::weighted,
    problem::{Code, Language, Problem, ProblemDocument},
    web::{answer, owner::Owner},
};

/// The last parts of paths below `/v1` that are pages.
const PAGES_OF_RECORDS: [&str; 4] = ["/guide", "/poster", "/check", "/fee-quote"];

/// The answer to a request that was refused: a page where a browser asked for one, else the problem document.
pub fn refuse(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    let path = request.path();
    if !is_page(path) {
        return problem.answer(answer::language(request), path);
    }
    let language = match (request.query_string().contains("lang="), language(request.query_string())) {
        (true, asked) => asked,
        (false, _) => answer::language(request),
    };
    let mut answer = problem.answer(language, path);
    if wants_page(request) {
        let page = page(language, &Owner::of(request), &problem.document(language, path)).into_string();
        answer = answer.set_body(page).map_into_boxed_body();
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
        answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    }
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept, Accept-Language"));
    answer
}

/// Whether people meet this address, rather than programs.
fn is_page(path: &str) -> bool {
    let is_of_the_api = ["/v1", "/health", "/metrics", "/.well-known", "/openapi.json"]
        .iter()
        .any(|base| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    !is_of_the_api || path.starts_with("/v1/items/") && PAGES_OF_RECORDS.iter().any(|end| path.ends_with(end))
}

/// Browsers like HTML best; `*/*` alone is a program, and so is who takes JSON as gladly: a generated client, which names everything
/// that an operation answers.
fn wants_page(request: &HttpRequest) -> bool {
    let lines = request.headers().get_all(header::ACCEPT).filter_map(|line| line.to_str().ok());
    let ranges: Vec<_> = lines.flat_map(weighted).collect();
    let quality = |names: &[&str]| {
        let named = ranges.iter().filter(|(range, _)| names.contains(&range.as_str()));
        named.map(|(_, quality)| *quality).fold(0.0, f32::max)
    };
    let html = quality(&["text/html", "application/xhtml+xml"]);
    html > quality(&["application/json", "application/problem+json"])
}

/// It tells no state of the register: what was asked may be of another moment than the present (`as_of`).
fn page(language: Language, owner: &Owner, document: &ProblemDocument) -> Markup {
    let say = |chinese, english| language.choose(chinese, english);
    let (title, words) = in_words(language, document);
    let spec = Code::NotFound.spec();
    let general = language.choose(spec.remedy_chinese, spec.remedy_english);
    let content = html! {
        h1 { (title) }
        p { (words) }
        @match document.status {
            404 => @if !document.errors.is_empty() || document.detail != general { p.soft { (document.detail) } },
            _ => (mistakes(language, document)),
        }
        form.find role="search" method="get" action="/search" {
            input type="search" name="q" maxlength="200" aria-label=(say("搜索事项", "Search items"));
            (hidden_language(language))
            button type="submit" { (say("搜索", "Search")) }
        }
        p.links {
            a href=(in_language(language, "/")) { (say("首页", "Start")) }
            a href=(in_language(language, "/lists/power")) { (say("权力清单", "Power list")) }
            a href=(in_language(language, "/lists/service")) { (say("公共服务事项清单", "Public service list")) }
            a href=(in_language(language, &document.r#type)) { (say("错误代码 ", "Error ")) (document.status) }
        }
    };
    let frame = Frame { language, owner, title, description: title, address: "/", ..Frame::default() };
    frame.page_without_state(&Markup::default(), &content)
}

/// What happened, and what to do, as one says it to a person who followed a link.
fn in_words<'a>(language: Language, document: &'a ProblemDocument) -> (&'a str, &'a str) {
    let say = |chinese, english| language.choose(chinese, english);
    match (document.status, document.code) {
        (404, _) => (
            say("没有找到这个页面", "There is no such page"),
            say(
                "网址可能抄错了或者不完整，也可能这里从来没有内容。请在下面搜索，或者从清单开始找。",
                "The address may be misspelt or cut off, or nothing was ever here. Search below, or begin with a list.",
            ),
        ),
        (410, _) => (
            say("这里的内容已经删除", "What stood here was erased"),
            say(
                "这条记录的内容已经从登记簿删除，不再公布。要办事请在下面搜索现行的事项，或者向承办机构咨询。",
                "The text of this record was erased from the register and is no longer published. Search below for what is in force, \
                 or ask the office.",
            ),
        ),
        (400, "invalid-query" | "invalid-cursor") => (
            say("网址里的条件不对", "Something in the address is not right"),
            say(
                "网址里有登记簿不认识的条件，链接可能不完整。请从下面重新查找。",
                "The address has a condition that the register does not know; the link may be cut off. Search again below.",
            ),
        ),
        _ => (document.title, &document.detail),
    }
}

/// What is wrong, one by one; a list of values that programs write is no help to people.
fn mistakes(language: Language, document: &ProblemDocument) -> Markup {
    html! { @if !document.errors.is_empty() {
        ul.plain { @for error in &document.errors {
            li {
                @if let Some(label) = &error.label { b lang="zh-CN" { (label) } " " }
                @if let Some(name) = error.parameter.as_deref().or(error.header).or(error.pointer.as_deref()) { code { (name) } " " }
                @if let Some(value) = &error.value { "“" (value) "” " }
                @if error.code == "not-in-code-list" { (language.choose("没有这个选项", "is none of the choices")) } @else { (error.detail) }
            }
        } }
    } }
}
