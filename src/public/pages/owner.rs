//! Who runs the site, as pages and paper say it; its logo.

use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use crate::{
    problem::{Code, Language, Problem},
    register::catalog::Catalog,
    web::{
        answer::{Version, Written},
        owner::{LOGO, Logo, Owner},
    },
};

/// `GET /logo.svg`
pub async fn get_logo(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let owner = Owner::of(request);
    let Some(Logo(drawing)) = &owner.logo else { return Err(Code::NotFound.into()) };
    let (snapshot, version) = (catalog.snapshot(), Version::software().depending_on(drawing));
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let written = Written::text(&snapshot, "image/svg+xml; charset=utf-8", drawing.clone());
    Ok(written.version(version).answer(request, &snapshot))
}

/// The logo of the site, beside its name; nothing where it has none.
pub fn logo(owner: &Owner) -> Markup {
    html! { @if owner.logo.is_some() { img.logo src=(LOGO) alt="" height="32"; } }
}

/// Who runs the site, with the numbers under which it is registered; nothing where nothing is known.
pub fn imprint(language: Language, owner: &Owner) -> Markup {
    let is_chinese = language == Language::Chinese;
    let known = |name: &'static str, value: &Option<String>, write: fn(&str) -> Markup| {
        let value = value.as_deref()?;
        Some(
            html! { @if !name.is_empty() { (name) (language.choose("：", ": ")) } span lang=[(!is_chinese).then_some("zh-CN")] { (write(value)) } },
        )
    };
    let say = |chinese, english| language.choose(chinese, english);
    let plain: fn(&str) -> Markup = |value| html! { (value) };
    let parts = [
        known(say("主办单位", "Run by"), &owner.office, plain),
        known(say("地址", "Address"), &owner.address, plain),
        known(say("电话", "Telephone"), &owner.phone, phone),
        known(say("网站标识码", "Site code"), &owner.site_code, plain),
        known("", &owner.icp, |number| html! { a href="https://beian.miit.gov.cn/" rel="external" { (number) } }),
        known("", &owner.police, |number| html! { a href="https://beian.mps.gov.cn/" rel="external" { (number) } }),
    ];
    html! { @if owner.is_known() {
        p.owner { @for (place, part) in parts.into_iter().flatten().enumerate() { @if place > 0 { " · " } span { (part) } } }
    } }
}

/// A telephone number, as a link where it is nothing else.
fn phone(number: &str) -> Markup {
    let dialled: String = number.chars().filter(|c| *c != '-').collect();
    html! { @match dialled.bytes().all(|byte| byte.is_ascii_digit()) {
        true => a href=(format!("tel:{dialled}")) { (number) },
        false => (number),
    } }
}

/// The sign of the site in the browser; an empty one keeps browsers from asking for one.
pub fn icon(owner: &Owner) -> Markup {
    html! { link rel="icon" href=(if owner.logo.is_some() { LOGO } else { "data:," }); }
}
