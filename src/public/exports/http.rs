//! `GET /v1/exports/{kind}.{format}`.

use std::{
    collections::BTreeMap,
    fs::File,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{self, BodyStream, BoxBody, MessageBody, SizedStream},
    http::{
        Method,
        header::{self, HeaderValue},
    },
};

use super::{
    cpsv,
    extract::{Extract, Format},
    gbt39554, hsds,
    stream::{Piece, stream_file},
    text,
    workbook::write_workbook,
};
use crate::{
    base::{blocking, public_address::public_base, turns::Places},
    model::kinds::Kind,
    problem::{Code, Problem},
    public::reading::ListRequest,
    register::catalog::Catalog,
    web::{
        answer::{self, Version},
        picture::Picture,
        query::Parameters,
        routes::part,
    },
};

/// The ending of workbooks, the format that is no text.
pub const WORKBOOK: &str = "xlsx";
/// The media type of workbooks.
pub const WORKBOOK_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// For workbooks that are written at the same time: each keeps a processor busy for seconds, and takes a temporary file.
static WORKBOOKS: LazyLock<Places> = LazyLock::new(|| Places::new(blocking::half_of_processors()));

/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);

/// The texts in which every kind is exported.
const FORMATS: &[&Format] = &[&text::OBJECT, &text::LINES, &text::TABLE];

/// More texts in which items are exported.
const ITEM_FORMATS: &[&Format] = &[&cpsv::GRAPH];

/// Exports of items in the form of a standard: path, name of the file, and format.
pub const STANDARDS: &[(&str, &str, &Format)] = &[
    ("/v1/exports/hsds.json", "hsds", &hsds::SERVICES),
    ("/v1/exports/gbt39554.json", "gbt39554", &gbt39554::ELEMENTS),
];

/// The text format of a kind with this ending.
pub fn format(kind: &Kind, ending: &str) -> Option<&'static Format> {
    formats(kind).find(|format| format.name == ending)
}

/// The text formats of a kind.
pub fn formats(kind: &Kind) -> impl Iterator<Item = &'static Format> {
    let more = if kind.name == "item" { ITEM_FORMATS } else { &[] };
    FORMATS.iter().chain(more).copied()
}

/// A request for an export.
pub struct Asking<'a> {
    /// The kind of the records.
    pub kind: &'static Kind,
    /// The filters, and `as_of`.
    pub query: &'a str,
    /// Scheme and host of the register.
    pub base: &'a str,
    /// Whether `bom` is a parameter.
    pub takes_bom: bool,
}

/// The filters of an export, read.
pub struct Filters {
    request: ListRequest,
    bom: bool,
}

impl Asking<'_> {
    /// Reads the filters, and finds the state of the register that is asked about.
    pub async fn read(&self, catalog: &Catalog) -> Result<(Picture, Filters), Problem> {
        let mut parameters = Parameters::read(self.query);
        let current = catalog.snapshot();
        let bom = self.takes_bom && parameters.boolean("bom");
        let request = ListRequest::filters(self.kind, &mut parameters, &current);
        parameters.finish()?;
        let picture = Picture::of(catalog, current, None, request.as_of).await?;
        Ok((picture, Filters { request, bom }))
    }

    /// Selects the records.
    pub fn extract(&self, picture: &Picture, Filters { request, bom }: Filters) -> Result<Extract, Problem> {
        let mut extract = Extract::new(self.kind, picture.snapshot.clone(), &request)?;
        extract.base = self.base.to_owned();
        extract.filters = self.query.to_owned();
        extract.bom = bom;
        Ok(extract)
    }
}

/// The path of the exports of a kind. Made once for the process.
pub fn path(kind: &'static Kind) -> &'static str {
    static PATHS: Mutex<BTreeMap<&'static str, &'static str>> = Mutex::new(BTreeMap::new());
    let mut known = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(kind.path)
        .or_insert_with(|| Box::leak(format!("/v1/exports/{}.{{format}}", kind.path).into_boxed_str()))
}

/// Answers the export of a kind in the format that the path names.
pub async fn get(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let ending = part(request, "format")?;
    match format(kind, &ending) {
        None if ending != WORKBOOK => Err(no_such_format(kind)),
        format => answer_with(kind, request, catalog, (kind.path, &ending), format).await,
    }
}

/// Answers an export; without a text format as a workbook.
pub async fn answer_with(
    kind: &'static Kind,
    request: &HttpRequest,
    catalog: &Catalog,
    (name, ending): (&str, &str),
    format: Option<&'static Format>,
) -> Result<HttpResponse, Problem> {
    let (media_type, variant) = match format {
        Some(format) => (format.media_type, format.variant),
        None => (WORKBOOK_TYPE, "-xlsx"),
    };
    answer::negotiate(request, &[media_type])?;
    let base = public_base(request);
    let takes_bom = format.is_some_and(|format| format.name == "csv");
    let asking = Asking { kind, query: request.query_string(), base: &base, takes_bom };
    let (picture, filters) = asking.read(catalog).await?;
    let snapshot = picture.snapshot.clone();
    let version = picture.version(Version::of(&snapshot).variant(variant).naming(&base));
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let name = format!("attachment; filename=\"{name}-{}.{ending}\"", snapshot.seq());
    let (with_version, is_text) = ((version, picture.caching()), format.is_some());
    let content = match format {
        // Nothing is written, and no length told: it is not known before.
        _ if *request.method() == Method::HEAD => body::None::new().boxed(),
        Some(format) => text_body(request, selected(&asking, &picture, filters).await?, format)?,
        None => workbook_body(selected(&asking, &picture, filters).await?).await?,
    };
    let mut answer = answer::streamed(request, &snapshot, (media_type, is_text), with_version, content)?;
    if let Ok(name) = HeaderValue::try_from(name) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}

/// Selects the records where work may take its time: there may be very many.
async fn selected(asking: &Asking<'_>, picture: &Picture, filters: Filters) -> Result<Extract, Problem> {
    let (kind, takes_bom, picture) = (asking.kind, asking.takes_bom, picture.clone());
    let (query, base) = (asking.query.to_owned(), asking.base.to_owned());
    blocking::run_long(move || Asking { kind, query: &query, base: &base, takes_bom }.extract(&picture, filters))
        .await?
}

/// Written while it is sent, in the encoding that the client likes best.
fn text_body(request: &HttpRequest, extract: Extract, format: &'static Format) -> Result<BoxBody, Problem> {
    let piece = Piece::new(extract, format, answer::wanted_encoding(request))?;
    Ok(BodyStream::new(Box::pin(piece.stream())).boxed())
}

/// Written to a file that is gone when it was sent, as long as somebody waits for it.
async fn workbook_body(extract: Extract) -> Result<BoxBody, Problem> {
    let receiver = Arc::new(());
    let waits = Arc::downgrade(&receiver);
    let write = move || {
        let file = tempfile::NamedTempFile::new()?;
        write_workbook(&extract, file.path(), &move || waits.strong_count() > 0)?;
        let file = File::open(file.path())?;
        let length = file.metadata()?.len();
        Ok::<_, Problem>((length, file))
    };
    let (length, file) = blocking::run_in(&WORKBOOKS, PATIENCE, write).await??;
    drop(receiver);
    Ok(SizedStream::new(length, Box::pin(stream_file(file))).boxed())
}

fn no_such_format(kind: &Kind) -> Problem {
    let known: Vec<_> = formats(kind).map(|format| format.name).chain([WORKBOOK]).collect();
    let known = known.join(", ");
    Problem::with_detail(Code::NotFound, format!("可用的格式：{known}"), format!("The formats are {known}"))
}
