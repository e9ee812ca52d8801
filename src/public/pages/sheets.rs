//! Pages that are printed of an item: the guide, the poster for the counter, the code that leads back here.

use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::{
    guide::{self, ItemView},
    layout::{self, Frame, MEDIA_TYPE},
    poster::{self, Size},
    qr, structured,
    view::{View, named, path, read_language},
};
use crate::{
    base::{
        blocking,
        public_address::{Base, public_base},
    },
    model::items::KIND,
    problem::{Code, Language, Problem},
    public::items,
    register::catalog::{Catalog, Entry},
    web::{
        answer::{Version, Written, negotiate},
        contract::{Operation, path_parameter, query_parameter},
        parameters::as_of_parameter,
        picture::Picture,
        query::Parameters,
        rendered,
        routes::ReadError,
    },
};

const SVG: &str = "image/svg+xml";
const SVG_UTF8: &str = "image/svg+xml; charset=utf-8";

/// A page that is printed of an item.
#[derive(Clone, Copy)]
enum Sheet {
    Guide,
    Poster(Size),
}

impl Sheet {
    /// The name under which its pages are kept.
    fn name(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Poster(_) => "poster",
        }
    }

    /// The version of the page, which depends on the records in it, the language, the address and the day.
    fn version(self, view: &View, entry: &Entry, base: &Base) -> Version {
        let seq = items::last_change_shown(&view.snapshot, entry);
        let of_variant = |variant| {
            let version = view.picture.version_that_says_so(Version::shown(entry)).variant(variant);
            version.depending_on((seq, view.language.tag(), view.today)).naming(base)
        };
        view.of_owner(match self {
            Self::Guide => of_variant("-guide"),
            Self::Poster(size) => of_variant("-poster").depending_on(size),
        })
    }

    fn written(self, view: &View, entry: &Entry, base: &Base) -> Result<Written, Problem> {
        let item = ItemView::published(view, entry)?;
        let page = match self {
            Self::Guide => guide_page(&item, base),
            Self::Poster(size) => poster::page(&item, base, size),
        };
        Ok(layout::written(&view.snapshot, page))
    }
}

/// `GET /v1/items/{key}/guide`
pub async fn guide(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let mut parameters = Parameters::read(request.query_string());
    let language = parameters.parsed("lang", read_language).unwrap_or_default();
    printed(request, catalog, parameters, language, Sheet::Guide).await
}

/// `GET /v1/items/{key}/poster`
pub async fn poster(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let mut parameters = Parameters::read(request.query_string());
    let language = parameters.parsed("lang", read_language).unwrap_or_default();
    let size = parameters.parsed("size", Size::read).unwrap_or(Size::A3);
    printed(request, catalog, parameters, language, Sheet::Poster(size)).await
}

async fn printed(
    request: &HttpRequest,
    catalog: &Catalog,
    parameters: Parameters,
    language: Language,
    sheet: Sheet,
) -> Result<HttpResponse, ReadError> {
    negotiate(request, &[MEDIA_TYPE])?;
    let view = View::new(request, language, Picture::asked(catalog, parameters.of_a_page()).await?, Utc::now());
    let entry = named(&KIND, request, &view.snapshot)?.clone();
    let base = public_base(request);
    let version = sheet.version(&view, &entry, &base);
    if let Some(unchanged) = view.known(request, version) {
        return Ok(unchanged);
    }
    let write = async {
        let (view, entry, base) = (view.clone(), entry.clone(), base.clone());
        blocking::run(move || sheet.written(&view, &entry, &base)).await?
    };
    let page = rendered::kept(request, sheet.name(), &entry.key, version, write).await?;
    Ok(layout::send(request, &view.snapshot, page.cached(view.picture.caching())))
}

/// `GET /items/{key}`: leads to the guide, for those who look for items where the records of all other kinds are.
pub async fn moved(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let snapshot = catalog.snapshot();
    let guide = path(&KIND, &named(&KIND, request, &snapshot)?.key);
    Err(ReadError::Moved(match request.query_string() {
        "" => guide.into(),
        query => format!("{guide}?{query}").into(),
    }))
}

/// The guide in the frame of the site.
pub fn guide_page(view: &ItemView<'_>, base: &str) -> Markup {
    let own = view.own();
    let title = format!("{}{}", view.name(), view.say(" 办事指南", " · service guide"));
    let guide = format!("{own}/guide");
    let (address, json) = (view.picture.at(&guide), view.picture.at(&own));
    let frame = Frame {
        language: view.language,
        owner: &view.owner,
        title: &title,
        description: view.item.summary.as_deref().unwrap_or(&title),
        address: &address,
        json: view.edition.map(|_| json.as_str()),
        ..Frame::default()
    };
    let style = html! { style { (PreEscaped(guide::STYLE)) } (guide::running_head(view)) (structured::government_service(view, base)) };
    let content = html! { (layout::then(view.language, &view.picture, &guide)) (guide::article(view, base)) };
    frame.page_without_state(&style, &content)
}

/// `GET /v1/items/{key}/qr.svg`
pub async fn code(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, ReadError> {
    let mut parameters = Parameters::read(request.query_string());
    let asked = parameters.number("revision", 1, 1_000_000).and_then(|number| i64::try_from(number).ok());
    negotiate(request, &[SVG])?;
    let picture = Picture::asked(catalog, parameters).await?;
    let snapshot = &picture.snapshot;
    let entry = named(&KIND, request, snapshot)?;
    let base = public_base(request);
    let seq = items::last_change_shown(snapshot, entry);
    let version = picture.version(Version::shown(entry)).variant("-qr").depending_on((seq, asked)).naming(&base);
    if let Some(unchanged) = picture.known(request, version) {
        return Ok(unchanged);
    }
    let current = entry.current().map_or(0, |revision| revision.change.revision);
    let revision = asked.unwrap_or(current);
    if entry.revision(revision).is_none() {
        return Err(unknown_revision(revision, current).into());
    }
    let seq = if revision == current { format!("&seq={seq}") } else { String::new() };
    let address = format!("{base}/v1/items/{}/check?revision={revision}{seq}", entry.key);
    let title = format!("二维码：核对“{}”第{revision}版是否有效", entry.indexed.title);
    let svg = qr::svg(&address, &title).ok_or(Code::UriTooLong)?;
    let written = Written::text(snapshot, SVG_UTF8, svg.into_string());
    Ok(written.version(version).cached(picture.caching()).answer(request, snapshot))
}

fn unknown_revision(revision: i64, last: i64) -> Problem {
    Problem::with_detail(
        Code::NotFound,
        format!("没有第 {revision} 次修订，共 {last} 次。"),
        format!("There is no revision {revision}; there are {last}."),
    )
}

/// Describes the guide.
pub fn describe_guide(path: &str) -> Operation {
    page_operation("get_guide", path)
        .says(
            "办事指南 · Service guide",
            "Everything that a person needs, in the order in which people ask: who, what to bring, how much, how long, where \
             and when, the steps with the chart, the result, questions, intermediaries (in an order that changes daily), \
             complaints, legal basis, version and proof. HTML without script and without anything from elsewhere, for \
             phones, screens and A4 paper with running header, page numbers and a QR code to `check`.",
        )
        .takes([key(), language_parameter(), as_of_parameter()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by(format!("/v1/items/{}/guide", KIND.example))
}

/// Describes the poster.
pub fn describe_poster(path: &str) -> Operation {
    let sizes = json!({ "type": "string", "enum": ["a3", "a4"], "default": "a3" });
    page_operation("get_poster", path)
        .says(
            "张贴版 · Counter poster",
            "The item on one sheet for the wall of the counter: the answers, papers, workflow chart and the QR code to `check`.",
        )
        .takes([key(), query_parameter("size", "纸张 · Size of the paper.", sizes, "a4"), language_parameter(), as_of_parameter()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by(format!("/v1/items/{}/poster", KIND.example))
}

/// Describes the QR code.
pub fn describe_code(path: &str) -> Operation {
    let revision = "修订号 · The revision that the paper shows; the current one when absent.";
    let number = json!({ "type": "integer", "format": "int64", "minimum": 1 });
    Operation { answers: vec![(SVG, json!({ "type": "string" }))], ..Operation::json("get_qr", "items", path, json!({})) }
        .says(
            "二维码 · QR code",
            "The code of printed guides and posters, for documents made elsewhere: it opens `check` of the revision, and for the \
             current one carries the change of the log at which it was made. Black on white, with its quiet zone.",
        )
        .takes([key(), query_parameter("revision", revision, number, "1"), as_of_parameter()])
        .refuses(&[Code::NotFound, Code::Gone])
        .shown_by(format!("/v1/items/{}/qr.svg", KIND.example))
}

fn page_operation(id: &str, path: &str) -> Operation {
    Operation {
        answers: vec![(MEDIA_TYPE, json!({ "type": "string" }))],
        ..Operation::json(id, "items", path, json!({}))
    }
}

fn key() -> Value {
    path_parameter("key", "编码 · Code of the item.", KIND.example)
}

pub(crate) fn language_parameter() -> Value {
    query_parameter(
        "lang",
        "页面语言 · Language of the page; the data stay Chinese.",
        json!({ "type": "string", "enum": ["zh", "en"], "default": "zh" }),
        "en",
    )
}
