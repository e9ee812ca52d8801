//! The endpoints: a file is stored, and read.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, Route, guard,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{self, Bytes, Data, Payload, ServiceConfig},
};
use serde_json::json;

use super::upload::{self, AROUND, FORM, UNKNOWN_TYPE};
use crate::{
    problem::{Code, Problem},
    register::{
        catalog::Catalog,
        db::{Conn, Db},
        files::{
            self, Copies, FileContent, MediaType, StoredFile,
            range::{RequestedRange, asked},
            store::{self, Sender},
        },
    },
    staff::{
        identity::{Belongs, Permission},
        requests::{ActionResult, Answering, Endpoint, Need, Request, RequestContext, Terms, Verb, office, within},
    },
    values::is_sha256,
    web::{
        answer::{RouteName, body, has_tag_of_what_is_ready, language},
        contract::{Operation, Schemas, path_parameter, query_parameter, schema},
        routes::{no_parameters, part, refuse_method, shared},
    },
};

const FILE: &str = "/v1/files/{sha256}";
/// Cacheable indefinitely: a file that is known by its hash never changes.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Not to be stored by caches: the file is not public yet.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
const BYTES: HeaderValue = HeaderValue::from_static("bytes");
/// Without a name: a page says `download`, with the words of the record that names the file.
const ATTACHMENT: HeaderValue = HeaderValue::from_static("attachment");
const ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
/// Should a browser show it after all, then as a page that may do nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// Stores a file.
const STORE: Endpoint =
    Endpoint::new(Verb::Post, "/v1/files", "file.store", Need::OneOf(&[Permission::ItemsEdit]), store_file);

/// The endpoints of the staff part.
pub const ENDPOINTS: &[Endpoint] = &[STORE];

/// Terms of reading before publication, which has no address of its own.
const UNPUBLISHED: Terms = Terms {
    action: "file.read",
    // Who may read no drafts finds no file, as whoever may not read this one.
    need: Need::Account,
    body_limit: None,
    repeatable: false,
    hidden: &[],
    compressed: false,
};

/// Bytes of a file at most.
#[derive(Clone, Copy, Debug)]
pub struct FileLimit(usize);

impl FileLimit {
    /// So many bytes.
    pub fn new(bytes: u32) -> Self {
        Self(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

/// Lets the endpoint that stores files take bodies of this size.
pub fn with_limit(mut endpoints: Vec<Endpoint>, limit: FileLimit) -> Vec<Endpoint> {
    for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.path == STORE.path) {
        *endpoint = endpoint.taking(limit.0.saturating_add(AROUND));
    }
    endpoints
}

/// Whether somebody may read a file that is not public.
pub type MayRead = fn(&mut Conn, &RequestContext, &str) -> Result<bool, Problem>;

/// Adds reading: what is public to everybody, anything else to whom `may_read` lets.
pub fn configure(config: &mut ServiceConfig, may_read: MayRead) {
    let route = Route::new().guard(guard::Any(guard::Get()).or(guard::Head())).to(get_file);
    let resource = web::resource(FILE).app_data(RouteName(FILE)).app_data(Data::new(may_read)).route(route);
    config.service(resource.default_service(web::to(refuse_method)));
}

fn store_file(request: Request) -> Answering {
    Box::pin(async move {
        let FileLimit(most) = ***shared::<FileLimit>(&request.http)?;
        let offered = upload::read(&request).await?;
        // Hashing and examining some megabytes takes too long for a thread that answers.
        let (file, name) = request.work(move || offered.examine(most)).await??;
        request
            .write(move |conn, context| {
                let office = office(&context.caller);
                files::store(conn, &file, Some(Sender { account: &context.caller.id, office: &office }), context.now)?;
                within_quota(conn, context, &office)?;
                stored(file.called(name.clone()), context.caller.organisation.clone())
            })
            .await
    })
}

/// Refuses what an office sends beyond its quota, whether or not anybody has sent the same before.
fn within_quota(conn: &mut Conn, context: &RequestContext, office: &str) -> Result<(), Problem> {
    within(
        store::stored_by(conn, office, context.now)?,
        context.quotas.files,
        ["一天内存储的附件字节数", "The bytes of files that were stored within a day"],
        ["请改日再存，或者压缩文件。", "Store more another day, or smaller files."],
    )
}

fn stored(file: StoredFile, organisation: Option<String>) -> Result<ActionResult, Problem> {
    let belongs = Belongs { organisation, division: None };
    let detail = json!({ "name": file.name, "size": file.size, "media_type": file.media_type });
    let body = serde_json::to_value(&file)?;
    Ok(ActionResult {
        detail: Some(detail),
        ..ActionResult::created(format!("file/{}", file.sha256), belongs, body, file.url)
    })
}

async fn get_file(
    request: HttpRequest,
    payload: Payload,
    catalog: Data<Catalog>,
    copies: Data<Copies>,
    db: Data<Db>,
) -> Result<HttpResponse, Problem> {
    let hash = part(&request, "sha256")?;
    if is_sha256(&hash) && catalog.peek().names_file(&hash) {
        return get_public(&request, &catalog, &copies, &db, &hash).await;
    }
    match request.headers().contains_key(header::AUTHORIZATION) {
        true => Request::serve(UNPUBLISHED, read_unpublished, request, payload).await,
        false => Err(Code::NotFound.into()),
    }
}

async fn get_public(
    request: &HttpRequest,
    catalog: &Catalog,
    copies: &Copies,
    db: &Db,
    hash: &str,
) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    let tag = tag(hash);
    if has_tag_of_what_is_ready(request, &tag) {
        return Ok(with_common(HttpResponse::new(StatusCode::NOT_MODIFIED), tag, IMMUTABLE));
    }
    let file = copies.get(db, catalog, hash).await?.ok_or(Code::NotFound)?;
    Ok(answer(request, file, IMMUTABLE))
}

fn read_unpublished(request: Request) -> Answering {
    Box::pin(async move {
        request.no_parameters()?;
        let hash = request.part("sha256")?;
        let may_read = ***shared::<MayRead>(&request.http)?;
        let fetched = request.fetch(move |conn, context| match may_read(conn, context, &hash)? {
            true => Ok(store::load_for(conn, &hash, &context.caller.id)?),
            false => Ok(None),
        });
        let file = fetched.await?.ok_or(Code::NotFound)?;
        Ok(answer(&request.http, Arc::new(file), PRIVATE))
    })
}

/// The bytes of a file that others read, too.
struct Shared(Arc<FileContent>);

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// Answers with all of a file, or with the part that is asked for.
fn answer(request: &HttpRequest, file: Arc<FileContent>, caching: HeaderValue) -> HttpResponse {
    let (tag, length) = (tag(&file.hash), file.bytes.len());
    let (status, range, from_to) = match asked(request, length, &tag) {
        RequestedRange::Whole => (StatusCode::OK, None, 0..length),
        RequestedRange::Bytes(part) => {
            let range = format!("bytes {}-{}/{length}", part.start, part.end.saturating_sub(1));
            (StatusCode::PARTIAL_CONTENT, Some(range), part)
        }
        RequestedRange::Nowhere => return beyond(request, length),
    };
    let kind = file.kind;
    let bytes = Bytes::from_owner(Shared(file)).slice(from_to);
    let mut answer = with_common(HttpResponse::with_body(status, body(bytes)), tag, caching);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind.content_type()));
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::ACCEPT_RANGES, BYTES);
    headers.insert(header::CONTENT_DISPOSITION, ATTACHMENT);
    if let Some(range) = range.and_then(|range| HeaderValue::try_from(range).ok()) {
        headers.insert(header::CONTENT_RANGE, range);
    }
    answer
}

fn beyond(request: &HttpRequest, length: usize) -> HttpResponse {
    let mut answer = Problem::from(Code::RangeNotSatisfiable).answer(language(request), request.path());
    if let Ok(range) = HeaderValue::try_from(format!("bytes */{length}")) {
        answer.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    answer
}

fn with_common(mut answer: HttpResponse, tag: HeaderValue, caching: HeaderValue) -> HttpResponse {
    let headers = answer.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::VARY, ORIGIN);
    answer
}

fn tag(hash: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Describes these endpoints for OpenAPI.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<StoredFile>();
    let binary = || json!({ "type": "string", "format": "binary" });
    let form = json!({
        "type": "object", "required": ["file"],
        "properties": { "file": { "type": "string", "format": "binary", "description": "文件: with its name." } },
    });
    let all = MediaType::ALL.map(|kind| (kind.value(), binary()));
    let name = query_parameter(
        "name",
        "文件名称 · What the file is called; of a form, in place of the name in it.",
        json!({ "type": "string", "maxLength": 150 }),
        "最低生活保障申请表.pdf",
    );
    let mut storing = STORE
        .operation(TAG.0, schema("StoredFile"))
        .says("存储附件 · Store a form or sample", STORING)
        .takes([name])
        .sent_like(FORM, form, json!({ "file": "最低生活保障申请表.pdf" }))
        .sent_as(UNKNOWN_TYPE, binary())
        .succeeds(&[(201, "已存储 · Stored; see `Location`")])
        .refuses(&[Code::IdempotencyMismatch, Code::QuotaFull]);
    for (kind, bytes) in all.clone() {
        storing = storing.sent_as(kind, bytes);
    }
    let hash = path_parameter("sha256", "文件摘要 · Hex SHA-256 of the file, lower case.", EXAMPLE);
    let range = json!({
        "name": "Range", "in": "header", "required": false, "schema": { "type": "string" },
        "description": "字节范围 · One range of bytes, such as `bytes=0-1023` or `bytes=-500`; several are answered with the whole.",
    });
    let mut reading = Operation::json("get_file", "files", FILE, json!({}))
        .says("附件 · Form, sample or annex", READING)
        .takes([hash, range])
        .succeeds(&[(200, "成功 · Success"), (206, "部分内容 · The range that was asked for")])
        .refuses(&[Code::NotFound, Code::RangeNotSatisfiable, Code::Unauthenticated, Code::PasswordChangeRequired])
        .shown_by(format!("/v1/files/{EXAMPLE}"));
    // The example is a text.
    reading.answers = all.into_iter().rev().collect();
    vec![storing, reading]
}

/// The group of these operations.
pub const TAG: (&str, &str) = ("files", "附件 · Blank forms, samples and annexes");

/// A sample of the demonstration register.
const EXAMPLE: &str = "a4ddae4bc6724714eea27d36d8710bf621a0e00985ef8d4f9eb6a408ab7ddb18";

const STORING: &str = "\
Send `multipart/form-data` with one part `file` that has a file name, or the bytes as they are with their `Content-Type` and \
`?name=`. PDF, OFD, DOCX, XLSX, DOC, XLS, ODT, ODS, PNG, JPEG, and TXT or CSV in UTF-8 are taken, at most 10 MiB unless \
configured. The type is told by the content: one that is declared otherwise is refused (`file-type-mismatch`), so are pages, \
drawings and programs (`file-type`), documents with macros, scripts, \
programs, other files or objects in them, or that lead to a template, a picture or anything but pages and letters \
elsewhere, PDF too (`file-active`), PDF that is encrypted (`file-encrypted`) or packed in such a way that its objects \
cannot be examined (`file-opaque`), files that can be opened as two types (`file-ambiguous`) and damaged ones. \
`application/octet-stream` declares nothing.

The answer's `url` is what `blank_form_url` and `sample_url` of a record hold. A file is known by its content: the same bytes sent \
again, by whomever, are answered in the same way, and `name` is that of this request. It is not kept: what a file is called in public \
is said by the record that names it, which is approved. The file is public once a published revision names it; what neither a \
revision nor a draft names is removed after 24 hours. An erasure takes the files along that no other public text names: a draft that \
names one is told by its check that it is not stored (`file-unknown`).

Example · 示例: `curl -H \"Authorization: Bearer $TOKEN\" -F 'file=@最低生活保障申请表.pdf' …/v1/files`";

const READING: &str = "\
The file with this SHA-256, always as an attachment without a name: call it after the material or result that names it. Public once a published revision names it, for as long as any \
that was not erased does; before, with the token of who sent it or may see a draft that names it. What is known by its hash never changes: keep it for ever. \
`ETag` is the hash; single ranges (`Range`, `If-Range`) are served.";
