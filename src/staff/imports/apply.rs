//! Use cases: somebody has a file looked at, and has drafts made of it.

use std::sync::{Arc, LazyLock};

use actix_web::web::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    edits::with_fields,
    model::RowOutcome,
    rehearse::{MOST_TOLD, Rehearsal, RehearsalInput, rehearse},
    source,
};
use crate::{
    fields::Shape,
    model::kinds::Kind,
    problem::{Code, FieldError, Problem},
    register::{
        catalog::Snapshot,
        changes::Document,
        db::{Conn, DbError},
        publication,
    },
    staff::{
        drafts::{self, NewDraft},
        kept_imports::{self, ImportParts, State, Summary},
        requests::{ActionResult, RequestContext, lock_quotas, office, within},
    },
    values::{code_lists::Action, local_time},
};

/// Records that a refusal names at most.
const MOST_NAMED: usize = 100;

/// A file that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its content.
    pub bytes: Bytes,
    /// Its name.
    pub name: String,
    /// The kind of record that was said with it.
    pub kind: Option<String>,
}

/// 导入的说明: why, and on what decision, for every draft that changes a record.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ImportApplication)]
pub struct Applying {
    /// 调整原因
    #[serde(default)]
    #[schema(max_length = 500, example = "年度清单核对")]
    pub reason: Option<String>,
    /// 调整依据文件
    #[serde(default)]
    #[schema(value_type = Option<Document>)]
    pub document: Option<Value>,
}

/// The schema of it.
pub static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Applying>);

/// The kind with this name.
pub fn kind_named(register: &Snapshot, name: Option<&str>) -> Result<Option<&'static Kind>, FieldError> {
    let Some(name) = name else { return Ok(None) };
    register.kind(name).map(Some).ok_or_else(|| publication::unknown_kind(register))
}

/// Which records an import may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportScope {
    /// Those that the caller edits.
    OfCaller,
    /// All: the first publication, by who has the server's shell.
    Everything,
}

/// Looks at a file: what it would do, without doing it.
pub fn check(
    conn: &mut Conn,
    context: &RequestContext,
    sent: &Sent,
    scope: ImportScope,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Summary, Arc<ImportParts>), Problem> {
    let register = publication::current(conn, &context.register)?;
    let refused = |error| Problem::invalid_body(vec![error]);
    let given = kind_named(&register, sent.kind.as_deref()).map_err(refused)?;
    let kinds: Vec<_> = register.kinds().collect();
    let source = source::read(&sent.bytes, &kinds, given).map_err(refused)?;
    let drafted = drafts::drafted(conn, |belongs| scope == ImportScope::Everything || context.sees(belongs))?;
    let rehearsal = rehearse(
        &source,
        &mut RehearsalInput {
            register: &register,
            today: local_time(context.now).date(),
            drafted,
            may: &mut |kind, entry, body| match scope {
                ImportScope::Everything => Ok(true),
                ImportScope::OfCaller => drafts::may_propose(conn, context, &register, kind, entry, body),
            },
            most_told: match scope {
                // Operators with the shell of the server know what it has room for.
                ImportScope::Everything => usize::MAX,
                ImportScope::OfCaller => MOST_TOLD,
            },
            progress,
        },
    )?;
    drop(source);
    let summary = Summary {
        id: Uuid::now_v7().to_string(),
        account: context.caller.id.clone(),
        account_name: context.caller.name.clone(),
        state: State::Checked,
        file_name: sent.name.clone(),
        file_size: i64::try_from(sent.bytes.len()).unwrap_or(i64::MAX),
        kind: sent.kind.clone(),
        seq: register.seq(),
        counts: counts(&rehearsal),
        drafts: None,
        created_at: context.now,
        applied_at: None,
        office: office(&context.caller),
    };
    let Rehearsal { rows, proposals, .. } = rehearsal;
    Ok((summary, Arc::new(ImportParts { rows, records: proposals, file: sent.bytes.clone() })))
}

fn counts(rehearsal: &Rehearsal) -> Value {
    let count = |outcome: &RowOutcome| rehearsal.counts.get(outcome).copied().unwrap_or(0);
    let counts: Map<String, Value> =
        RowOutcome::ALL.iter().map(|outcome| (outcome.value().to_owned(), count(outcome).into())).collect();
    Value::Object(counts)
}

/// Saves an import that was checked, if the quota of the office has room for it.
pub fn save_import(
    conn: &mut Conn,
    context: &RequestContext,
    summary: &Summary,
    kept: &ImportParts,
) -> Result<(), Problem> {
    kept_imports::insert(conn, summary, kept)?;
    lock_quotas(conn)?;
    within(
        kept_imports::taken_by(conn, &summary.office)?,
        context.quotas.imports,
        ["保留的导入字节数", "The bytes of the imports that are kept"],
        [
            "请删除不再需要的导入（DELETE /v1/imports/{id}）；其余的满 30 天后自动删除。",
            "Discard imports that are not needed (DELETE /v1/imports/{id}); the others go after 30 days.",
        ],
    )
}

/// An import of the caller's own; 404 for every other.
pub fn own(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<Summary, Problem> {
    let found = kept_imports::load(conn, id)?;
    found.filter(|import| import.account == context.caller.id).ok_or_else(|| Code::NotFound.into())
}

/// Makes the drafts of an import, all of them or none. 409 when one cannot be made any more, naming each.
pub fn apply(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    applying: &Applying,
) -> Result<ActionResult, Problem> {
    let import =
        kept_imports::lock(conn, id)?.filter(|import| import.account == context.caller.id).ok_or(Code::NotFound)?;
    if import.state == State::Applied {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "该导入已经生成草稿。",
            "The drafts of this import were made already.",
        ));
    }
    let register = publication::current(conn, &context.register)?;
    let (mut made, mut blocked, mut offices) = (Vec::new(), Vec::new(), Vec::new());
    kept_imports::each(conn, id, "records", 0, |conn, _, record| {
        let record: Value = serde_json::from_str(record)?;
        let new = draft_of(&register, &record, applying)?;
        match drafts::propose_on(conn, context, &register, &new) {
            Ok(draft) => {
                made.push(json!({
                    "kind": draft.kind, "key": draft.key, "action": draft.action, "draft": draft.id,
                }));
                if !offices.contains(&draft.belongs) {
                    offices.push(draft.belongs);
                }
            }
            Err(problem) if matches!(problem.code, Code::Internal | Code::Unavailable) => return Err(problem),
            Err(problem) => blocked.push(json!({
                "kind": record["kind"], "key": record["key"], "problem": problem.code.spec().code,
                "errors": problem.errors.iter().map(|error| error.wrong.code()).collect::<Vec<_>>(),
            })),
        }
        Ok(blocked.len() < MOST_NAMED)
    })?;
    if !blocked.is_empty() {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "试运行之后登记簿有了变化，有记录不能起草；请重新导入该文件。",
            "The register has changed since the dry run, and some records cannot be drafted; send the file again.",
        )
        .because_of(json!({ "records": blocked })));
    }
    offices.iter().try_for_each(|office| drafts::within_quota(conn, context, office))?;
    kept_imports::mark_applied(conn, id, made.len(), context.now)?;
    let applied = Summary {
        state: State::Applied,
        drafts: i64::try_from(made.len()).ok(),
        applied_at: Some(context.now),
        ..import
    };
    let mut body = applied.view();
    body["records"] = made.into();
    let belongs = drafts::home(&context.caller);
    let mut result = ActionResult::created(applied.subject(), belongs, body, "/v1/drafts?state=draft");
    result.detail = Some(json!({ "file": applied.file_name, "drafts": applied.drafts }));
    Ok(result)
}

fn draft_of(register: &Snapshot, record: &Value, applying: &Applying) -> Result<NewDraft, Problem> {
    let text = |name: &str| record[name].as_str().map(str::to_owned);
    let (kind, key) = (text("kind").ok_or(Code::Internal)?, text("key").ok_or(Code::Internal)?);
    let Some(fields) = record["fields"].as_object() else {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "其中有记录的内容已依决定删除；请重新导入该文件。",
            "A text of one of its records was erased since; send the file again.",
        ));
    };
    let base_revision = record["base_revision"].as_i64();
    let current = match base_revision {
        None => None,
        Some(_) => {
            let entry = register.get(&kind, &key);
            let body = entry.map(|entry| entry.body()).transpose()?.flatten();
            body.map(|body| serde_json::from_str(&body)).transpose()?
        }
    };
    let changes = base_revision.is_some();
    Ok(NewDraft {
        action: Some(if changes { Action::Amend } else { Action::Create }),
        key: changes.then_some(key),
        body: Some(with_fields(current, fields)),
        successor: None,
        revision: None,
        reason: applying.reason.clone(),
        document: applying.document.clone(),
        channels: None,
        base_revision,
        from: None,
        kind: Some(kind),
    })
}

/// Forgets an import; its drafts stay.
pub fn discard(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<ActionResult, Problem> {
    let import = own(conn, context, id)?;
    kept_imports::forget(conn, id).map_err(|error: DbError| Problem::from(error))?;
    Ok(ActionResult::nothing(import.subject(), drafts::home(&context.caller)))
}
