//! The parts that all pages share: the frame, the style, the headers.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::owner;
use crate::{
    problem::Language,
    register::catalog::{Snapshot, instant},
    values::local_time,
    web::{
        answer::Written,
        owner::Owner,
        picture::{Picture, Then},
        query::instant as instant_of,
    },
};

/// The media type of pages, as requests ask for it.
pub const MEDIA_TYPE: &str = "text/html";
pub(crate) const HTML: &str = "text/html; charset=utf-8";
/// Nothing from elsewhere, no script, no frame.
pub const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
const STYLE: &str = concat!(include_str!("style.css"), include_str!("fee_quote.css"));

/// A part of the site, as the navigation names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// The start page, and what no part of the navigation leads to.
    #[default]
    None,
    /// 找事项
    Search,
    /// 清单
    Lists,
    /// 去哪办
    Places,
    /// 收费
    Fees,
    /// 部门
    Organisations,
    /// 变化
    Changes,
    /// 中介服务
    Intermediaries,
    /// 法律依据
    Instruments,
    /// 清理结果
    CleanUps,
    /// 核验真伪
    Verify,
    /// 开放数据和接口
    Developers,
}

/// Parts of the site: each with its address, Chinese and English name.
type Parts = [(Section, &'static str, &'static str, &'static str)];

/// What people come for, at the head of every page: one row on a telephone.
const NAVIGATION: &Parts = &[
    (Section::Search, "/search", "找事项", "Find"),
    (Section::Lists, "/lists/power", "清单", "Lists"),
    (Section::Places, "/places", "去哪办", "Where"),
    (Section::Fees, "/fees", "收费", "Fees"),
    (Section::Organisations, "/organisations", "部门", "Offices"),
    (Section::Changes, "/changes", "变化", "Changes"),
];
/// The rest, at the foot.
const MORE: &Parts = &[
    (Section::Intermediaries, "/intermediaries", "中介服务", "Intermediaries"),
    (Section::Instruments, "/legal-instruments", "法律依据", "Legal basis"),
    (Section::CleanUps, "/clean-ups", "清理结果", "Clean-up rounds"),
    (Section::Verify, "/verify", "核验真伪", "Verify"),
    (Section::Developers, "/developers", "开放数据和接口", "Open data and API"),
];

/// The frame of a page of the site: head, navigation, footer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame<'a> {
    /// The language of everything but the data; a view sets its own.
    pub language: Language,
    /// Who runs the site; a view sets its own.
    pub owner: &'a Owner,
    /// The subject of the page, without the name of the site; empty where that is all.
    pub title: &'a str,
    /// One sentence about it, for search engines.
    pub description: &'a str,
    /// Path and query of the page without its language.
    pub address: &'a str,
    /// The address of the same content as JSON.
    pub json: Option<&'a str>,
    /// The part of the site that it belongs to.
    pub section: Section,
}

impl Frame<'_> {
    /// The page with this content, a heading of the first rank among it.
    pub fn page(&self, snapshot: &Snapshot, content: &Markup) -> Markup {
        self.whole(Some(snapshot), &Markup::default(), content)
    }

    /// A page of one record or of none, with a style of its own after that of the site. It says nothing of the register as a
    /// whole, so that it is the same until the record changes.
    pub fn page_without_state(&self, style: &Markup, content: &Markup) -> Markup {
        self.whole(None, style, content)
    }

    fn whole(&self, snapshot: Option<&Snapshot>, style: &Markup, content: &Markup) -> Markup {
        let name = self.owner.name();
        let title = if self.title.is_empty() { name.to_owned() } else { format!("{} · {name}", self.title) };
        let head = html! {
            meta name="description" content=(self.description);
            link rel="canonical" href=(in_language(self.language, self.address));
            link rel="alternate" hreflang="zh-CN" href=(in_language(Language::Chinese, self.address));
            link rel="alternate" hreflang="en" href=(in_language(Language::English, self.address));
            @if let Some(json) = self.json { link rel="alternate" type="application/json" href=(json); }
        };
        let body = html! {
            a.skip href="#main" { (self.language.choose("跳到正文", "Skip to the content")) }
            (self.header())
            main id="main" { (content) }
            (self.footer(snapshot))
        };
        document(self.language, self.owner, &title, [&head, style], &body)
    }

    fn header(&self) -> Markup {
        let (other, name) = match self.language {
            Language::Chinese => (Language::English, "English"),
            Language::English => (Language::Chinese, "中文"),
        };
        html! {
            header.site {
                div.bar {
                    a.name href=(in_language(self.language, "/")) lang="zh-CN" { (owner::logo(self.owner)) (self.owner.name()) }
                    a.language href=(in_language(other, self.address)) lang=(other.tag()) hreflang=(other.tag()) { (name) }
                }
                nav aria-label=(self.language.choose("主导航", "Main")) {
                    ul { (self.parts(NAVIGATION)) }
                }
            }
        }
    }

    /// Links to parts of the site, the one marked in which the page is.
    fn parts(&self, parts: &Parts) -> Markup {
        let path = self.address.split('?').next().unwrap_or_default();
        html! { @for (section, address, chinese, english) in parts {
            @let current = (*section == self.section).then(|| if *address == path { "page" } else { "true" });
            li { a href=(in_language(self.language, address)) aria-current=[current] { (self.language.choose(chinese, english)) } }
        } }
    }

    fn footer(&self, snapshot: Option<&Snapshot>) -> Markup {
        let say = |chinese, english| self.language.choose(chinese, english);
        html! {
            footer.site {
                (owner::imprint(self.language, self.owner))
                p {
                    @if let Some(snapshot) = snapshot {
                        (say("变更序号", "Change")) " " (snapshot.seq())
                        @if snapshot.seq() > 0 {
                            " · " (say("最近发布", "last published")) " " time datetime=(instant(snapshot.at())) { (minute(snapshot)) }
                        }
                        " · "
                    }
                    "qingdan " (env!("CARGO_PKG_VERSION")) " · " (say("软件许可", "software licence")) " "
                    (env!("CARGO_PKG_LICENSE"))
                }
                nav.more aria-label=(say("更多", "More")) { ul { (self.parts(MORE)) } }
            }
        }
    }
}

/// A note that a page shows the register of an earlier moment, with the way to `address` as it is today.
pub fn then(language: Language, picture: &Picture, address: &str) -> Markup {
    let say = |chinese, english| language.choose(chinese, english);
    let snapshot = &picture.snapshot;
    html! {
        @if let Some(then) = picture.then() {
            p.notice.warn.then role="note" {
                b { (say("历史版本", "As it was")) } " " (say("本页显示登记簿在", "This page shows the register as of"))
                " " time datetime=(then.day) { (moment(language, then)) } " " (say("时的内容（变更序号", "(change")) " " (snapshot.seq())
                @if snapshot.seq() > 0 { (say("，", ", ")) (minute(snapshot)) " " (say("公布", "published")) }
                (say("），此后公布的变化不在其中。", "); what was published since is not in it."))
                " " a href=(in_language(language, address)) { (say("查看现行内容", "See it as it is today")) }
            }
        }
    }
}

/// The moment that was asked for, in words: a day as it was written, an instant in the time of China, a change by its number.
fn moment(language: Language, then: &Then) -> String {
    if let Ok(seq) = then.text.parse::<u64>() {
        return match language {
            Language::Chinese => format!("第{seq}次变更"),
            Language::English => format!("change {seq}"),
        };
    }
    match instant_of(&then.text) {
        Ok(at) => local_time(at).format("%Y-%m-%d %H:%M").to_string(),
        Err(_) => then.text.clone(),
    }
}

/// The last publication, to the minute, in the time of China.
fn minute(snapshot: &Snapshot) -> String {
    local_time(snapshot.at()).format("%Y-%m-%d %H:%M").to_string()
}

/// The address of a page in a language.
pub fn in_language(language: Language, address: &str) -> String {
    let (page, fragment) = match address.split_once('#') {
        Some((page, fragment)) => (page, format!("#{fragment}")),
        None => (address, String::new()),
    };
    match language {
        Language::Chinese => address.to_owned(),
        Language::English if page.contains('?') => format!("{page}&lang=en{fragment}"),
        Language::English => format!("{page}?lang=en{fragment}"),
    }
}

fn document(language: Language, whose: &Owner, title: &str, [head, style]: [&Markup; 2], body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                (head)
                (owner::icon(whose))
                style { (PreEscaped(STYLE)) }
                (style)
            }
            body { (body) }
        }
    }
}

/// A whole page that is printed as it is, without the frame of the site and its style.
pub fn sheet(language: Language, whose: &Owner, title: &str, style: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                (owner::icon(whose))
                (style)
            }
            body { (body) }
        }
    }
}

/// A page as an answer that can be kept.
pub fn written(snapshot: &Snapshot, page: Markup) -> Written {
    Written::text(snapshot, HTML, page.into_string()).varying("Accept")
}

/// Sends a page that was written before.
pub fn send(request: &HttpRequest, snapshot: &Snapshot, page: Written) -> HttpResponse {
    let mut answer = page.answer(request, snapshot);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_query_and_fragment_in_another_language() {
        let english = |address| in_language(Language::English, address);
        assert_eq!(english("/fees"), "/fees?lang=en");
        assert_eq!(english("/search?q=a"), "/search?q=a&lang=en");
        assert_eq!(english("/fees#rules"), "/fees?lang=en#rules");
        assert_eq!(in_language(Language::Chinese, "/fees?a=b"), "/fees?a=b");
    }
}
