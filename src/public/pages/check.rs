//! The page that the QR code on a printed guide, chart or poster opens: is this paper still in force, and if not, what has changed
//! since.

use std::cell::RefCell;

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::json;

use super::{
    components::more_differences,
    differences::{self, DisplayOptions},
    layout::{self, Frame, MEDIA_TYPE},
    verify,
    view::{View, comparison_of, history_of, read_language},
};
use crate::{
    base::blocking,
    model::{items, kinds::Kind},
    problem::{Code, Language, Problem, Wrong},
    public::items::{PrintedCheck, RevisedOther, Verdict, check_printed},
    register::catalog::{Catalog, Entry},
    values::local_time,
    web::{
        answer::{self, Version, Written, negotiate},
        contract::{Operation, path_parameter, query_parameter, schema},
        parameters::as_of_parameter,
        picture::Picture,
        query::Parameters,
        routes::{ReadError, named},
    },
};

/// Characters of a long text that a page shows of what was and what is: the comparison has the rest.
const LONGEST: usize = 160;

/// The paper that is to be checked.
#[derive(Clone, Copy)]
struct CheckRequest {
    revision: i64,
    seq: Option<i64>,
}

impl CheckRequest {
    /// The address of the check, without its language.
    fn address(&self, entry: &Entry) -> String {
        let seq = self.seq.map(|seq| format!("&seq={seq}")).unwrap_or_default();
        format!("/v1/items/{}/check?revision={}{seq}", entry.key, self.revision)
    }

    async fn read(request: &HttpRequest, catalog: &Catalog, as_page: bool) -> Result<(Self, View), Problem> {
        let query = request.query_string();
        let mut parameters = Parameters::read(query);
        let revision = parameters.number("revision", 1, 1_000_000);
        let seq = parameters.number("seq", 1, i64::MAX as usize).and_then(|seq| i64::try_from(seq).ok());
        let language = parameters.parsed("lang", read_language);
        let is_named = query.split('&').any(|pair| pair.split('=').next() == Some("revision"));
        if !is_named {
            parameters.wrong("revision", "", Wrong::Required);
        }
        let parameters = if as_page { parameters.of_a_page() } else { parameters };
        let picture = Picture::asked(catalog, parameters).await?;
        let revision = revision.and_then(|revision| i64::try_from(revision).ok()).ok_or(Code::InvalidQuery)?;
        Ok((Self { revision, seq }, View::new(request, language.unwrap_or_default(), picture, Utc::now())))
    }
}

/// `GET /v1/items/{key}/check`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let as_page = negotiate(request, &[answer::JSON, MEDIA_TYPE])? == 1;
    let (asked, view) = CheckRequest::read(request, catalog, as_page).await?;
    let (snapshot, picture) = (&view.snapshot, &view.picture);
    let entry = named(&items::KIND, request, snapshot)?;
    let variant = if as_page { "-html" } else { "" };
    let version = Version::of(snapshot).variant(variant);
    let version = version.depending_on((asked.revision, asked.seq, view.language.tag()));
    let version = if as_page { view.of_owner(picture.version_that_says_so(version)) } else { picture.version(version) };
    if let Some(unchanged) = view.known(request, version) {
        return Ok(unchanged);
    }
    let check = {
        let (view, entry) = (view.clone(), entry.clone());
        move || written(&view, &entry, asked, as_page)
    };
    match blocking::run(check).await? {
        Ok(written) => {
            let written = written.version(version).cached(picture.caching());
            Ok(match as_page {
                true => layout::send(request, snapshot, written),
                false => written.varying("Accept").answer(request, snapshot),
            })
        }
        Err(problem) if as_page && problem.code == Code::NotFound => {
            let address = asked.address(entry);
            let page = frame(&view, &address, None).page(snapshot, &not_from_here(&view, entry, &problem));
            let mut answer = HttpResponse::NotFound();
            answer.content_type(layout::HTML).insert_header((header::CONTENT_SECURITY_POLICY, layout::POLICY));
            Ok(answer.body(page.into_string()))
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Compares the paper with the register, and writes the result: a page, or JSON.
fn written(view: &View, entry: &Entry, asked: CheckRequest, as_page: bool) -> Result<Written, Problem> {
    let checked = check_printed(&items::KIND, &view.snapshot, entry, asked.revision, asked.seq)?;
    if !as_page {
        return Written::json(&view.snapshot, &checked);
    }
    let address = asked.address(entry);
    Ok(view.page(&frame(view, &address, Some(&address)), &result(view, entry, &checked)))
}

fn heading(view: &View) -> &'static str {
    view.say("纸质件核对", "Is this paper still valid?")
}

fn frame<'a>(view: &'a View, address: &'a str, json: Option<&'a str>) -> Frame<'a> {
    Frame {
        language: view.language,
        owner: &view.owner,
        title: heading(view),
        description: view.say(
            "打印的办事指南、流程图是否现行有效，之后有哪些变化。",
            "Whether a printed guide or chart is still in force, and what has changed since.",
        ),
        address,
        json,
        ..Frame::default()
    }
}

/// A paper of a revision that there never was, said to a person.
fn not_from_here(view: &View, entry: &Entry, problem: &Problem) -> Markup {
    let document = problem.document(view.language, "");
    html! {
        h1 { (heading(view)) }
        p.verdict.bad { span aria-hidden="true" { "✗ " } strong { (view.say("无法核实", "Not verified")) } }
        p { (document.detail) }
        p { a.button href=(view.at_present(&format!("/v1/items/{}/guide", entry.key))) {
            (view.say("查看现行办事指南", "Read the current guide")) } }
    }
}

fn result(view: &View, entry: &Entry, checked: &PrintedCheck) -> Markup {
    let own = format!("/v1/items/{}", entry.key);
    let is_good = checked.verdict == Verdict::InForce;
    html! {
        section.paper {
            h1 { (heading(view)) }
            p.verdict.good[is_good].bad[!is_good] {
                span aria-hidden="true" { (if is_good { "✓ " } else { "✗ " }) }
                strong { (headline(view, checked)) }
            }
            @if !checked.name.is_empty() { p.subject lang="zh-CN" { (checked.name) } }
            p { (explanation(view, checked)) }
            @if let Some(successor) = checked.successor.as_deref().and_then(|key| view.snapshot.get("item", key)) {
                p { (view.say("承接事项：", "Carried on by: "))
                    a lang="zh-CN" href=(view.at_present(&format!("/v1/items/{}/guide", successor.key))) { (successor.indexed.title) } }
            }
            @if checked.verdict != Verdict::Erased {
                p { a.button href=(view.at_present(&format!("{own}/guide"))) { (view.say("查看现行办事指南", "Read the current guide")) } }
            }
            (changes(view, entry, checked))
            h2 { (view.say("版本", "Versions")) }
            dl.versions {
                dt { (view.say("这张纸", "This paper")) } dd { (revision_line(view, checked.paper.revision, &checked.paper.published_at)) }
                dt { (view.say("现行", "Now")) } dd { (revision_line(view, checked.current.revision, &checked.current.published_at)) }
                dt { (view.say("编码", "Code")) } dd { code { (checked.code) } }
                dt { (view.say("这张纸所载内容的摘要", "Digest of what the paper shows")) } dd { code { (checked.paper.body_digest) } }
            }
            (proof(view, entry, checked.paper.revision))
            p { a href=(format!("{own}/revisions/{}", checked.paper.revision)) { (view.say("这张纸所载的修订（JSON）", "The paper's revision (JSON)")) }
                " · " a href=(view.at_present(&history_of(&items::KIND, &entry.key))) { (view.say("历次修订", "All revisions")) } }
        }
    }
}

/// The changes since the paper: of the item, and of the records that it shows.
fn changes(view: &View, entry: &Entry, checked: &PrintedCheck) -> Markup {
    let (paper, current) = (checked.paper.revision, checked.current.revision);
    html! {
        @if !checked.differences.is_empty() || !checked.others.is_empty() {
            h2 { (view.say("纸上的内容之后有这些变化", "What has changed since this paper")) }
            @if paper < current {
                p { a href=(view.at_present(&comparison_of(&items::KIND, &entry.key, paper, current))) {
                    (view.say("逐字对比这张纸和现行内容", "Compare this paper with the current text, word by word")) } }
            }
            (differences::list(&shown(view, &items::KIND, checked), &checked.differences))
            @for other in &checked.others { (of_other(view, other, checked)) }
            @if checked.more { (more_differences(view)) }
        }
    }
}

/// How the changes since the paper are shown: with the names that stood on it, and those of now.
fn shown<'a>(view: &'a View, kind: &'a Kind, checked: &PrintedCheck) -> DisplayOptions<'a> {
    let then = view.snapshot.publication_of(checked.paper.seq).unwrap_or(checked.paper.seq);
    let (moments, titles) = ([then, view.snapshot.seq()], RefCell::default());
    let (language, snapshot) = (view.language, &*view.snapshot);
    DisplayOptions { language, snapshot, moments, kind, longest: Some(LONGEST), heading: "", titles }
}

/// The proof that the register published the text of the paper.
fn proof(view: &View, entry: &Entry, revision: i64) -> Markup {
    let line = entry.revision(revision).map(|revision| revision.change.seq);
    html! {
        @if let Some(line) = line {
            h2 { (view.say("存证", "Proof")) }
            p { (view.say("这张纸所载的修订是登记簿日志的第 ", "The revision that this paper shows is line ")) b { (line) }
                (view.say(
                    " 条。登记簿对整个日志签名，所以事后改动能被发现。用存证文件和日志的公钥，不必信任本网站也能核实内容、公布机关和公布时间：",
                    " of the register's log. The register signs the log as a whole, so that later alterations are found out. With the proof \
                     and the public key of the log, what was published, by whom and when can be checked without trusting this site: ",
                ))
                code { "qingdan verify proof" } }
            @let bundle = format!("/v1/items/{}/revisions/{revision}/proof", entry.key);
            p { a.button href=(view.at_present(&verify::address(&bundle))) { (view.say("在浏览器中核验", "Verify in the browser")) } }
            p { a href=(bundle) { (view.say("这张纸所载修订的存证（JSON）", "Proof of the paper's revision (JSON)")) } }
        }
    }
}

fn headline(view: &View, checked: &PrintedCheck) -> String {
    let current = checked.current.revision;
    let replaced = || match view.language {
        Language::Chinese => format!("已被第{current}版替代"),
        Language::English => format!("Replaced by revision {current}"),
    };
    let fixed = |chinese: &str, english: &str| view.say(chinese, english).to_owned();
    match checked.verdict {
        Verdict::InForce => fixed("现行有效", "In force"),
        Verdict::Outdated => fixed("部分内容已有变化", "Some of it has changed"),
        Verdict::Replaced => replaced(),
        Verdict::Suspended => fixed("事项已暂停办理", "The item is suspended"),
        Verdict::Cancelled => fixed("事项已取消", "The item has been cancelled"),
        Verdict::Merged => fixed("事项已合并到其他事项", "The item has been merged into another"),
        Verdict::Erased => fixed("内容已从登记簿删除", "The content has been erased from the register"),
    }
}

fn explanation(view: &View, checked: &PrintedCheck) -> &'static str {
    match checked.verdict {
        Verdict::InForce => {
            view.say("这张纸所载的内容与登记簿现在公布的一致。", "What this paper says is what the register publishes now.")
        }
        Verdict::Outdated => view.say(
            "事项本身没有变化，但它引用的地点、电话、收费等信息已经更新，请以现行办事指南为准。",
            "The item itself is unchanged, but a place, a telephone number, a fee or the like has; the current guide counts.",
        ),
        Verdict::Replaced => view.say("请以现行办事指南为准。", "The current guide counts."),
        Verdict::Suspended => view.say(
            "该事项目前暂停办理，恢复时间请向承办机构咨询。",
            "The item is not handled at present; ask the office when it will be again.",
        ),
        Verdict::Cancelled | Verdict::Merged => view.say("这张纸不再有效。", "This paper is no longer valid."),
        Verdict::Erased => view.say("请向承办机构咨询。", "Please ask the office."),
    }
}

fn revision_line(view: &View, revision: i64, published_at: &str) -> String {
    let date = DateTime::parse_from_rfc3339(published_at)
        .map_or_else(|_| published_at.to_owned(), |at| local_time(at.to_utc()).date().to_string());
    match view.language {
        Language::Chinese => format!("第{revision}版，{date}发布"),
        Language::English => format!("revision {revision}, published {date}"),
    }
}

fn of_other(view: &View, other: &RevisedOther, checked: &PrintedCheck) -> Markup {
    let kind = view.snapshot.kind(other.kind);
    html! {
        @if let Some(kind) = kind {
            h3 { (view.say(kind.chinese, &kind.name.replace('_', " "))) "：" span lang="zh-CN" { (other.name) } }
            (differences::list(&shown(view, kind, checked), &other.differences))
        }
    }
}

/// Describes this endpoint for OpenAPI.
pub fn describe(path: &str) -> Operation {
    let operation = Operation {
        answers: vec![(answer::JSON, schema("PaperCheck")), (MEDIA_TYPE, json!({ "type": "string" }))],
        ..Operation::json("check_paper", "items", path, json!({}))
    };
    let number = |least: i64| json!({ "type": "integer", "format": "int64", "minimum": least });
    operation
        .says(
            "核对纸质件 · Is this paper still in force",
            "What the QR on a printed guide, chart or poster opens. Tells whether the paper still says what the register \
             publishes, and if not, what has changed since, field by field: in the item, and in the places, fees, \
             organisations and others that the item shows; `more` says where that is too much to tell. By `Accept: text/html` a page for a \
             phone, else JSON. `links.proof` is the bundle that proves what was published. A revision \
             that was never published is 404: the paper is not from this register.",
        )
        .takes([
            path_parameter("key", "编码 · Code of the item.", items::KIND.example),
            json!({ "name": "revision", "in": "query", "required": true, "schema": number(1), "example": 1,
                "description": "修订号 · The revision that the paper shows." }),
            query_parameter(
                "seq",
                "变更序号 · The change of the log at which the paper was made: what the item shows of others is compared \
                 with what it was then. Without it, with what it was when the revision was published.",
                number(1),
                "",
            ),
            query_parameter(
                "lang",
                "页面语言 · Language of the page.",
                json!({ "type": "string", "enum": ["zh", "en"], "default": "zh" }),
                "en",
            ),
            as_of_parameter(),
        ])
        .refuses(&[Code::NotFound])
        .shown_by(format!("/v1/items/{}/check?revision=1", items::KIND.example))
}
