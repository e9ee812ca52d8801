//! The endpoints.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use actix_web::{HttpResponse, http::header, web::Data};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    apply::{self, Applying, Removals},
    check::{ImportScope, Sent, check, kind_named},
    coloured,
    read::{MOST_COLUMNS, MOST_ROWS, MOST_ROWS_TOGETHER},
    report::{RowOutcome, RowReport},
    saved, template,
};
use crate::{
    base::blocking,
    problem::{Code, FieldError, Language, Problem, Wrong},
    staff::{
        drafts,
        files::{AROUND, FORM, from_form},
        identity::Permission,
        kept_imports::{self, Summary},
        requests::{ActionResult, Endpoint, Need, Request, Verb},
    },
    web::answer::language,
};

const EDIT: Need = Need::OneOf(&[Permission::ItemsEdit]);
/// The media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// The media type of lines of JSON.
pub const NDJSON: &str = "application/x-ndjson";
/// The media types that are taken.
const TAKEN: [&str; 7] =
    [FORM, XLSX, "application/vnd.ms-excel", "text/csv", "application/json", NDJSON, "application/octet-stream"];
/// Imports that are looked at, shown or applied at once.
const AT_ONCE: u32 = 2;
/// Bytes of a file from which on it is looked at alone: it may hold much.
const LARGE: usize = 4 << 20;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Seconds after which who waited in vain may come again.
const COME_AGAIN: u64 = 10;
/// Rows of one answer, and bytes of what they were kept as, at most.
const MOST_SHOWN: usize = 10_000;
const MOST_SHOWN_BYTES: usize = 8 << 20;
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

/// How much is imported at once.
#[derive(Clone, Debug)]
pub struct ImportLimit {
    /// Bytes of a file at most.
    bytes: usize,
    turns: Arc<Semaphore>,
}

impl ImportLimit {
    /// Files of so many bytes.
    pub fn new(bytes: u32) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE as usize));
        Self { bytes: usize::try_from(bytes).unwrap_or(usize::MAX), turns }
    }

    /// A turn for a file of so many bytes: 503 when there is none in time.
    async fn turn(&self, bytes: usize, patience: Duration) -> Result<OwnedSemaphorePermit, Problem> {
        let taken = if bytes >= LARGE { AT_ONCE } else { 1 };
        let turn = tokio::time::timeout(patience, Arc::clone(&self.turns).acquire_many_owned(taken)).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            Problem::with_detail(
                Code::Unavailable,
                "正在处理其他导入；请按 Retry-After 稍后重试。",
                "Other imports are being looked at; try again after Retry-After.",
            )
            .after(COME_AGAIN)
        })
    }
}

/// The endpoints of the staff part, of which sending takes files as large as they may be.
pub fn with_limit(mut endpoints: Vec<Endpoint>, limit: &ImportLimit) -> Vec<Endpoint> {
    for endpoint in endpoints.iter_mut().filter(|endpoint| endpoint.terms.action == SEND.terms.action) {
        *endpoint = endpoint.taking(limit.bytes.saturating_add(AROUND));
    }
    endpoints
}

async fn send(request: Request) -> Result<HttpResponse, Problem> {
    let limit = limit(&request)?;
    let most = limit.bytes;
    let sent = sent(&request).await?;
    if sent.bytes.len() > most {
        return Err(Problem::with_detail(
            Code::BodyTooLarge,
            format!("导入的文件不得超过 {most} 字节。"),
            format!("A file to be imported has at most {most} bytes."),
        ));
    }
    let turn = limit.turn(sent.bytes.len(), PATIENCE).await?;
    let (summary, kept, _turn) = request
        .fetch(move |conn, context| {
            let (summary, kept) = check(conn, context, &sent, ImportScope::OfCaller, &mut |_, _| {})?;
            // The work goes on when the client is gone, and so does its turn.
            Ok((summary, kept, turn))
        })
        .await?;
    let language = language(&request.http);
    let insert = Arc::clone(&kept);
    request
        .write(move |conn, context| {
            saved::save_import(conn, context, &summary, &insert)?;
            let mut shown = Shown::new(language, Vec::new());
            for (place, row) in insert.rows.iter().enumerate() {
                if !shown.takes(place, row)? {
                    break;
                }
            }
            let body = shown.of(&summary);
            let location = format!("/v1/imports/{}", summary.id);
            let mut result = ActionResult::created(summary.subject(), drafts::home(&context.caller), body, location);
            result.detail = Some(json!({ "file": summary.file_name, "counts": summary.counts }));
            Ok(result)
        })
        .await
}

fn limit(request: &Request) -> Result<ImportLimit, Problem> {
    request.http.app_data::<Data<ImportLimit>>().map(|limit| ImportLimit::clone(limit)).ok_or_else(|| {
        log::error!("the server was started without its limit of imports");
        Code::Internal.into()
    })
}

/// Reads the file that was sent: a form with `file` and perhaps `kind`, or the bytes as they are.
async fn sent(request: &Request) -> Result<Sent, Problem> {
    let mut parameters = request.parameters();
    let (name, kind) = (parameters.one("name"), parameters.one("kind"));
    let (columns, defaults) = (parameters.one("columns"), parameters.one("defaults"));
    parameters.finish()?;
    let (bytes, own_name, mut fields) = match request.must_be(&TAKEN)? {
        FORM => {
            let (offered, fields) = from_form(request, &["kind", "columns", "defaults"]).await?;
            (offered.bytes, offered.name, fields)
        }
        _ => (request.body.clone(), None, BTreeMap::new()),
    };
    let kind = kind.or(fields.remove("kind")).filter(|kind| !kind.is_empty());
    let columns = columns.or(fields.remove("columns")).filter(|columns| !columns.is_empty());
    let defaults = defaults.or(fields.remove("defaults")).filter(|defaults| !defaults.is_empty());
    let name = name.or(own_name).unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
    Ok(Sent { bytes, name, kind, columns, defaults })
}

/// The rows of an import that one answer shows.
struct Shown {
    language: Language,
    /// Only these; all when there are none.
    outcomes: Vec<RowOutcome>,
    rows: Vec<Value>,
    bytes: usize,
    /// The place of the first row that is left to another answer.
    next: Option<usize>,
}

impl Shown {
    fn new(language: Language, outcomes: Vec<RowOutcome>) -> Self {
        Self { language, outcomes, rows: Vec::new(), bytes: 0, next: None }
    }

    /// Takes a row as it is kept; false when there is no room for it.
    fn takes(&mut self, place: usize, row: &str) -> Result<bool, Problem> {
        let report: RowReport = serde_json::from_str(row)?;
        if !self.outcomes.is_empty() && !self.outcomes.contains(&report.outcome) {
            return Ok(true);
        }
        self.bytes += row.len();
        if self.rows.len() == MOST_SHOWN || self.bytes > MOST_SHOWN_BYTES && !self.rows.is_empty() {
            self.next = Some(place);
            return Ok(false);
        }
        self.rows.push(report.view(self.language));
        Ok(true)
    }

    /// The import with these rows.
    fn of(self, summary: &Summary) -> Value {
        let mut view = summary.view();
        if let Some(next) = self.next {
            let outcomes: String =
                self.outcomes.iter().map(|outcome| format!("&outcome={}", outcome.value())).collect();
            view["links"]["next"] = format!("/v1/imports/{}?after={next}{outcomes}", summary.id).into();
        }
        view["rows"] = self.rows.into();
        view
    }
}

async fn list(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let most = limit(&request)?.bytes;
    let own = request.fetch(|conn, context| Ok(kept_imports::of_account(conn, &context.caller.id)?)).await?;
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
        match RowOutcome::ALL.into_iter().find(|outcome| outcome.value() == value) {
            Some(outcome) => outcomes.push(outcome),
            None => {
                let known = RowOutcome::ALL.map(RowOutcome::value).join(", ");
                parameters.wrong("outcome", &value, Wrong::NotInCodeList(known));
            }
        }
    }
    let after = parameters.number("after", 0, MOST_ROWS_TOGETHER).unwrap_or(0);
    parameters.finish()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    let turn = limit(&request)?.turn(0, PATIENCE).await?;
    let (found, _turn) = request
        .fetch(move |conn, context| {
            let summary = saved::own(conn, context, &id)?;
            let mut shown = Shown::new(language, outcomes);
            kept_imports::each(conn, &id, "rows", after, |_, place, row| shown.takes(place, row))?;
            Ok((shown.of(&summary), turn))
        })
        .await?;
    request.answer(&found, None)
}

async fn report(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    // It is held several times over while it is drawn.
    let turn = limit(&request)?.turn(LARGE, PATIENCE).await?;
    let (name, file, rows, turn) = request
        .fetch(move |conn, context| {
            let summary = saved::own(conn, context, &id)?;
            // An erasure has taken it.
            let file = kept_imports::file(conn, &summary)?.ok_or(Code::Gone)?;
            let mut rows: Vec<RowReport> = Vec::new();
            kept_imports::each(conn, &id, "rows", 0, |_, _, row| {
                rows.push(serde_json::from_str(row)?);
                Ok::<_, Problem>(true)
            })?;
            Ok((format!("import-{}.xlsx", summary.id), file, rows, turn))
        })
        .await?;
    let draw = move || {
        let _turn = turn;
        coloured::workbook(&file, &rows, language)
    };
    Ok(as_workbook(&name, blocking::run_at_once(draw).await??))
}

async fn apply(request: Request) -> Result<HttpResponse, Problem> {
    let removals = removals(&request)?;
    let id = request.part("id")?;
    let applying: Applying = request.read(&apply::SHAPE).await?;
    let turn = Arc::new(limit(&request)?.turn(0, PATIENCE).await?);
    request
        .write(move |conn, context| {
            let _turn = Arc::clone(&turn);
            apply::apply(conn, context, &id, &applying, removals)
        })
        .await
}

/// Reads whether values may go.
fn removals(request: &Request) -> Result<Removals, Problem> {
    let mut parameters = request.parameters();
    let removals = match parameters.one("removals").as_deref() {
        None => Removals::Refused,
        Some("allow") => Removals::Allowed,
        Some(other) => {
            parameters.wrong("removals", other, Wrong::NotInCodeList("allow".into()));
            Removals::Refused
        }
    };
    parameters.finish()?;
    Ok(removals)
}

async fn discard(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    request.write(move |conn, context| saved::discard(conn, context, &id)).await
}

async fn get_template(request: Request) -> Result<HttpResponse, Problem> {
    let mut parameters = request.parameters();
    let (name, organisation) = (parameters.one("kind"), parameters.one("organisation"));
    let register = request.catalog.snapshot();
    let kind = kind_named(&register, Some(name.as_deref().unwrap_or("item")));
    let kind = kind.map_err(|error| {
        let mistake = FieldError::parameter("kind", error.wrong).with_value(name.as_deref().unwrap_or_default());
        Problem::from(Code::InvalidQuery).naming(mistake)
    })?;
    let Some(kind) = kind else { return Err(Code::NotFound.into()) };
    if let Some(code) = organisation.as_deref() {
        if !template::may_be_filled(kind) {
            parameters.wrong("organisation", code, Wrong::OnlyWith("kind=item"));
        } else if register.get("organisation", code).is_none() {
            parameters.wrong("organisation", code, Wrong::OrganisationUnknown(code.to_owned()));
        }
    }
    parameters.finish()?;
    let made = request.fetch(move |_, context| template::workbook(kind, &context.register, organisation.as_deref()));
    Ok(as_workbook(&format!("{}-template.xlsx", kind.path), made.await?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_large_file_is_looked_at_alone_and_others_are_told_when_to_come_again() {
        let limit = ImportLimit::new(1 << 20);
        let small = limit.turn(1, Duration::ZERO).await.expect("there is room");
        let other = limit.turn(1, Duration::ZERO).await.expect("there is room");
        let refused = limit.turn(1, Duration::ZERO).await.expect_err("a third");
        assert_eq!((refused.code, refused.retry_after), (Code::Unavailable, Some(COME_AGAIN)));

        drop(small);
        limit.turn(LARGE, Duration::ZERO).await.expect_err("a large one beside a small one");
        drop(other);
        let large = limit.turn(LARGE, Duration::ZERO).await.expect("alone");
        limit.turn(0, Duration::ZERO).await.expect_err("beside a large one");
        drop(large);
        drop(limit.turn(0, Duration::ZERO).await.expect("there is room again"));
    }
}
