//! `GET /v1/exports/{kind}.{format}`.

use std::{
    fs::File,
    sync::{Arc, LazyLock},
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
    model::{items, kinds::Kind},
    problem::Problem,
    public::reading::ListRequest,
    register::catalog::Catalog,
    web::{
        answer::{self, Version},
        endpoint::Subject,
        picture::Picture,
        query::Parameters,
        routes::{not_among, part},
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

/// An export of items in the form of a standard.
pub struct Standard {
    /// Names the file, and the operation.
    pub name: &'static str,
    /// Writes it.
    pub format: &'static Format,
    /// Title in the contract.
    pub title: &'static str,
    /// Description in the contract.
    pub about: &'static str,
}

/// Every standard in the form of which items are exported.
pub static STANDARDS: &[Standard] = &[
    Standard {
        name: "hsds",
        format: &hsds::SERVICES,
        title: "导出为 HSDS · Export as HSDS",
        about: "Items as services of the Human Services Data Specification 3, each whole, in `contents`. `seq` tells of which state \
                of the register.",
    },
    Standard {
        name: "gbt39554",
        format: &gbt39554::ELEMENTS,
        title: "导出国家要素 · Export by national elements",
        about: "Items by the element names of GB/T 39554.2 as provinces report them; values of code lists by national code. Ends with \
                `count` and `seq`.",
    },
];

impl Subject for Standard {
    fn part(&self) -> &'static str {
        self.name
    }
}

/// The text format of a kind with this ending.
pub fn format(kind: &Kind, ending: &str) -> Option<&'static Format> {
    formats(kind).find(|format| format.name == ending)
}

/// The text formats of a kind.
pub fn formats(kind: &Kind) -> impl Iterator<Item = &'static Format> {
    let more = if kind.name == "item" { ITEM_FORMATS } else { &[] };
    FORMATS.iter().chain(more).copied()
}

/// The endings of the files in which a kind is exported.
pub fn endings(kind: &Kind) -> impl Iterator<Item = &'static str> {
    formats(kind).map(|format| format.name).chain([WORKBOOK])
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

/// Answers the export of a kind in the format that the path names.
pub async fn get(kind: &'static Kind, request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let ending = part(request, "format")?;
    match format(kind, &ending) {
        None if ending != WORKBOOK => Err(not_among(endings(kind), "可用的格式", "The formats are")),
        format => answer_with(kind, request, catalog, (kind.path, &ending), format).await,
    }
}

/// Answers the export of items in the form of a standard.
pub async fn get_standard(
    standard: &'static Standard,
    request: &HttpRequest,
    catalog: &Catalog,
) -> Result<HttpResponse, Problem> {
    let name = (standard.name, standard.format.name);
    answer_with(&items::KIND, request, catalog, name, Some(standard.format)).await
}

/// Answers an export; without a text format as a workbook.
async fn answer_with(
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
