//! The endpoints.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, http::header, web::Data};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    apply::{self, Applying, Scope, Sent},
    cells::{MOST_COLUMNS, MOST_ROWS, MOST_ROWS_TOGETHER},
    coloured,
    model::{Outcome, RowReport},
    template,
};
use crate::{
    answer::language,
    drafts,
    files::{AROUND, FORM, from_form},
    identity::Permission,
    imports::{self, Summary},
    problem::{Code, FieldError, Language, Problem, Wrong},
    staff::{Done, Endpoint, Need, Request, Verb},
};

const EDIT: Need = Need::OneOf(&[Permission::ItemsEdit]);
/// What a file may be said to be.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The same of lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";
/// Everything that is taken.
const TAKEN: [&str; 6] = [FORM, XLSX, "text/csv", "application/json", NDJSON, "application/octet-stream"];
/// Imports that are looked at at once: each may hold much.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of a file's name that are kept.
const LONGEST_NAME: usize = 150;

const SEND: Endpoint =
    Endpoint::new(Verb::Post, "/v1/imports", "import.check", EDIT, |request| Box::pin(send(request)));

/// The endpoints.
pub const ENDPOINTS: &[Endpoint] = &[
    SEND,
    Endpoint::new(Verb::Get, "/v1/imports", "import.list", EDIT, |request| Box::pin(list(request))),
    Endpoint::new(Verb::Get, "/v1/imports/template.xlsx", "import.template", EDIT, |request| {
        Box::pin(get_template(request))
    }),
    Endpoint::new(Verb::Get, "/v1/imports/{id}", "import.read", EDIT, |request| Box::pin(read(request))),
    Endpoint::new(Verb::Delete, "/v1/imports/{id}", "import.discard", EDIT, |request| Box::pin(discard(request))),
    Endpoint::new(Verb::Get, "/v1/imports/{id}/report.xlsx", "import.report", EDIT, |request| {
        Box::pin(report(request))
    }),
    Endpoint::new(Verb::Post, "/v1/imports/{id}/apply", "import.apply", EDIT, |request| Box::pin(apply(request))),
];

/// Bytes of an imported file at most.
#[derive(Clone, Copy, Debug)]
pub struct ImportLimit(pub usize);

/// The endpoints of the staff part, of which sending takes files as large as they may be.
pub fn with_limit(mut endpoints: Vec<Endpoint>, limit: ImportLimit) -> Vec<Endpoint> {
    for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.terms.action == SEND.terms.action) {
        *endpoint = endpoint.taking(limit.0.saturating_add(AROUND));
    }
    endpoints
}

async fn send(request: Request) -> Result<HttpResponse, Problem> {
    let most = limit(&request);
    let sent = sent(&request).await?;
    if sent.bytes.len() > most {
        return Err(Problem::with_detail(
            Code::BodyTooLarge,
            format!("导入的文件不得超过 {most} 字节。"),
            format!("A file to be imported has at most {most} bytes."),
        ));
    }
    let room = room().await?;
    let (summary, kept) = request
        .fetch(move |conn, act| {
            // Whoever asked may be gone by now: the work goes on, and so does its share.
            let _room = room;
            apply::check(conn, act, &sent, Scope::OfCaller, &mut |_, _| {})
        })
        .await?;
    let language = language(&request.http);
    let insert = Arc::clone(&kept);
    request
        .write(move |conn, act| {
            imports::insert(conn, &summary, &insert)?;
            let rows = insert.rows.iter().map(|row| serde_json::from_str(row));
            let body = whole(&summary, rows, language, &[])?;
            let location = format!("/v1/imports/{}", summary.id);
            let mut done = Done::created(summary.subject(), drafts::home(&act.caller), body, location);
            done.detail = Some(json!({ "file": summary.file_name, "counts": summary.counts }));
            Ok(done)
        })
        .await
}

/// A share of the room for files that are looked at: 503 when there is none in time.
async fn room() -> Result<SemaphorePermit<'static>, Problem> {
    let acquired = tokio::time::timeout(PATIENCE, AT_ONCE.acquire()).await;
    acquired.ok().and_then(Result::ok).ok_or_else(|| Code::Unavailable.into())
}

fn limit(request: &Request) -> usize {
    request.http.app_data::<Data<ImportLimit>>().map_or(usize::MAX, |limit| limit.0)
}

/// What was sent: a form with `file` and perhaps `kind`, or the bytes as they are.
async fn sent(request: &Request) -> Result<Sent, Problem> {
    let mut parameters = request.parameters();
    let (name, kind) = (parameters.one("name"), parameters.one("kind"));
    parameters.finish()?;
    let (bytes, own_name, own_kind) = match request.must_be(&TAKEN)? {
        FORM => {
            let (offered, mut fields) = from_form(request, &["kind"]).await?;
            (offered.bytes, offered.name, fields.remove("kind"))
        }
        _ => (request.body.clone(), None, None),
    };
    let kind = kind.or(own_kind).filter(|kind| !kind.is_empty());
    let name = name.or(own_name).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Ok(Sent { bytes, name, kind })
}

/// An import with its rows, or those of some outcomes.
fn whole(
    summary: &Summary,
    rows: impl Iterator<Item = serde_json::Result<RowReport>>,
    language: Language,
    outcomes: &[Outcome],
) -> Result<Value, Problem> {
    let mut view = summary.view();
    let mut shown = Vec::new();
    for report in rows {
        let report = report?;
        if outcomes.is_empty() || outcomes.contains(&report.outcome) {
            shown.push(report.view(language));
        }
    }
    view["rows"] = shown.into();
    Ok(view)
}

async fn list(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let most = limit(&request);
    let own = request.fetch(|conn, act| Ok(imports::of_account(conn, &act.caller.id)?)).await?;
    let items: Vec<_> = own.iter().map(Summary::view).collect();
    let limits = json!({
        "bytes": most, "rows": MOST_ROWS, "rows_together": MOST_ROWS_TOGETHER, "columns": MOST_COLUMNS,
        "formats": ["xlsx", "csv", "json", "ndjson"],
    });
    request.answer(&json!({ "items": items, "total": items.len(), "limits": limits }), None)
}

async fn read(request: Request) -> Result<HttpResponse, Problem> {
    let mut parameters = request.parameters();
    let mut outcomes = Vec::new();
    for value in parameters.all("outcome") {
        match Outcome::ALL.into_iter().find(|outcome| outcome.value() == value) {
            Some(outcome) => outcomes.push(outcome),
            None => {
                let known = Outcome::ALL.map(Outcome::value).join(", ");
                parameters.wrong("outcome", &value, Wrong::NotInCodeList(known));
            }
        }
    }
    parameters.finish()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    let found = request
        .fetch(move |conn, act| {
            let summary = apply::own(conn, act, &id)?;
            let rows = imports::parts(conn, &id, "rows")?;
            whole(&summary, rows.into_iter().map(serde_json::from_value), language, &outcomes)
        })
        .await?;
    request.answer(&found, None)
}

async fn report(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    let room = room().await?;
    let (name, file, rows) = request
        .fetch(move |conn, act| {
            let summary = apply::own(conn, act, &id)?;
            // An erasure has taken it.
            let file = imports::file(conn, &summary)?.ok_or(Code::Gone)?;
            let rows = imports::parts(conn, &id, "rows")?;
            let rows: Vec<RowReport> = rows.into_iter().map(serde_json::from_value).collect::<Result<_, _>>()?;
            Ok((format!("import-{}.xlsx", summary.id), file, rows))
        })
        .await?;
    let draw = move || {
        let _room = room;
        coloured::workbook(&file, &rows, language)
    };
    Ok(as_workbook(&name, tokio::task::spawn_blocking(draw).await.map_err(std::io::Error::other)??))
}

async fn apply(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let applying: Applying = request.read(&apply::SHAPE)?;
    request.write(move |conn, act| apply::apply(conn, act, &id, &applying)).await
}

async fn discard(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    request.write(move |conn, act| apply::discard(conn, act, &id)).await
}

async fn get_template(request: Request) -> Result<HttpResponse, Problem> {
    let mut parameters = request.parameters();
    let name = parameters.one("kind");
    parameters.finish()?;
    let register = request.catalog.snapshot();
    let kind = apply::kind_named(&register, Some(name.as_deref().unwrap_or("item")));
    let kind = kind.map_err(|error| {
        let mistake = FieldError::parameter("kind", error.wrong).with_value(name.as_deref().unwrap_or_default());
        Problem::from(Code::InvalidQuery).naming(mistake)
    })?;
    let Some(kind) = kind else { return Err(Code::NotFound.into()) };
    let bytes = request.fetch(move |_, act| template::workbook(kind, &act.register)).await?;
    Ok(as_workbook(&format!("{}-template.xlsx", kind.path), bytes))
}

fn as_workbook(name: &str, bytes: Vec<u8>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, XLSX))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    answer.body(bytes)
}
