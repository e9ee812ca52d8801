//! Use case: somebody has drafts made of an import.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    check::REMOVED,
    judge::{Proposal, with_fields},
    report::{RowOutcome, RowReport},
};
use crate::{
    fields::Shape,
    problem::{Code, FieldError, Problem, Wrong},
    register::{catalog::Snapshot, changes::Document, db::Conn, publication},
    staff::{
        drafts::{self, NewDraft},
        identity::Belongs,
        kept_imports::{self, State, Summary},
        requests::{ActionResult, RequestContext},
    },
    values::code_lists::Action,
};

/// Examples for what an import that changes records has to say.
const REASON: &str = "年度清单核对";
const DOCUMENT: &str =
    "{\"title\": \"关于公布权责清单的通知\", \"number\": \"侯政〔2026〕8号\", \"date\": \"2026-12-01\"}";
/// Records that a refusal names at most.
const MOST_NAMED: usize = 100;

/// 导入的说明: why, and on what decision, for every draft of the import. Both are required where it changes a record that the register has.
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

/// The schema of [`Applying`].
pub static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<Applying>);

/// Whether an import may take values out of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removals {
    /// It is refused with their number.
    Refused,
    /// It may: whoever applies it has seen their number.
    Allowed,
}

/// Makes the drafts of an import, all of them or none. 422 when it changes records and does not say why; 409 when one cannot be made any more, naming each, or when values would go
/// and nobody said that they may.
pub fn apply(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    applying: &Applying,
    removals: Removals,
) -> Result<ActionResult, Problem> {
    let import = lock(conn, context, id)?;
    must_say_why(conn, id, applying)?;
    if removals == Removals::Refused {
        nothing_goes(conn, &import)?;
    }
    let Drafted { made, offices } = make_drafts(conn, context, id, applying)?;
    if made.is_empty() {
        return Err(nothing_is_left(&import));
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
    let mut result = ActionResult::created(applied.subject(), belongs, body, applied.drafts_url());
    result.detail = Some(json!({ "file": applied.file_name, "drafts": applied.drafts }));
    Ok(result)
}

/// Locks an import of the caller's own whose drafts were not made yet.
fn lock(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<Summary, Problem> {
    let import =
        kept_imports::lock(conn, id)?.filter(|import| import.account == context.caller.id).ok_or(Code::NotFound)?;
    match import.state {
        State::Checked => Ok(import),
        State::Applied => Err(Problem::with_detail(
            Code::StateConflict,
            "该导入已经生成草稿。",
            "The drafts of this import were made already.",
        )),
    }
}

/// Refuses an import that changes records and does not say why and on what decision: its drafts could not be submitted.
fn must_say_why(conn: &mut Conn, id: &str, applying: &Applying) -> Result<(), Problem> {
    let mut mistakes = drafts::mistakes_of_words(applying.reason.as_deref(), applying.document.as_ref());
    let said = [("/reason", applying.reason.is_some(), REASON), ("/document", applying.document.is_some(), DOCUMENT)];
    let missing: Vec<_> = said.into_iter().filter(|(_, is_said, _)| !is_said).collect();
    if !missing.is_empty() && changes_records(conn, id)? {
        let mistake = |(pointer, _, example): (&str, bool, &str)| {
            FieldError::at(pointer, Wrong::RequiredLike(example.to_owned()))
        };
        mistakes.extend(missing.into_iter().map(mistake));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes.into_iter().map(|mistake| SHAPE.called(mistake)).collect())),
    }
}

/// Whether an import changes a record that the register has.
fn changes_records(conn: &mut Conn, id: &str) -> Result<bool, Problem> {
    /// The revision on which a proposal stands; none of a new record.
    #[derive(Deserialize)]
    struct Standing {
        base_revision: Option<i64>,
    }
    let mut changes = false;
    kept_imports::each(conn, id, "records", 0, |_, _, record| {
        changes = serde_json::from_str::<Standing>(record)?.base_revision.is_some();
        Ok::<_, Problem>(!changes)
    })?;
    Ok(changes)
}

/// Refuses an import that takes values out of the register, naming the rows that do.
fn nothing_goes(conn: &mut Conn, import: &Summary) -> Result<(), Problem> {
    // An import that an earlier version checked has no such count: its rows are counted.
    let counted = import.counts.get(REMOVED).and_then(Value::as_u64);
    if counted == Some(0) {
        return Ok(());
    }
    let (mut rows, mut told) = (Vec::new(), 0);
    kept_imports::each(conn, &import.id, "rows", 0, |_, _, row| {
        let report: RowReport = serde_json::from_str(row)?;
        told += report.removed() as u64;
        if report.removed() > 0 && rows.len() < MOST_NAMED {
            rows.push(json!({
                "sheet": report.sheet, "row": report.row, "key": report.key, "removed": report.removals(),
            }));
        }
        Ok::<_, Problem>(counted.is_none() || rows.len() < MOST_NAMED)
    })?;
    let removed = counted.unwrap_or(told);
    if removed == 0 {
        return Ok(());
    }
    Err(Problem::with_detail(
        Code::RemovalsNotAllowed,
        format!("该导入将从登记簿中移除 {removed} 个值。核对无误后加上 ?removals=allow（命令行为 --allow-removals）再生成草稿。"),
        format!(
            "This import takes {removed} values out of the register. Where that is meant, apply it with ?removals=allow (on the command \
             line --allow-removals)."
        ),
    )
    .because_of(json!({ "removed": removed, "rows": rows })))
}

/// Refuses an import of which no draft comes: that it was applied would say that something was taken.
fn nothing_is_left(import: &Summary) -> Problem {
    let refused = import.counts.get(RowOutcome::Refused.value()).and_then(Value::as_u64).unwrap_or_default();
    let (chinese, english) = match refused {
        0 => (
            "这份文件没有可做的修改：所写的内容登记簿中都已有，没有可生成的草稿。不再需要的，可以删除该导入。".to_owned(),
            "There is nothing to change: the register has all that the file says, and no draft comes of it. Delete the import if it is \
             needed no more."
                .to_owned(),
        ),
        _ => (
            format!("该导入没有可生成的草稿：{refused} 行被退回。请按各行的说明改正文件，再重新导入。"),
            format!(
                "No draft can be made of this import: {refused} rows are refused. Correct the file as they say and send it again."
            ),
        ),
    };
    Problem::with_detail(Code::StateConflict, chinese, english)
}

/// The drafts of an import.
struct Drafted {
    /// Each as it is answered.
    made: Vec<Value>,
    /// The offices to which they belong.
    offices: Vec<Belongs>,
}

fn make_drafts(conn: &mut Conn, context: &RequestContext, id: &str, applying: &Applying) -> Result<Drafted, Problem> {
    let register = publication::current(conn, &context.register)?;
    let (mut made, mut blocked, mut offices) = (Vec::new(), Vec::new(), Vec::new());
    kept_imports::each(conn, id, "records", 0, |conn, _, record| {
        let proposal: Proposal = serde_json::from_str(record)?;
        let new = draft_of(&register, &proposal, applying)?;
        match drafts::propose_on(conn, context, &register, &new, Some(id)) {
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
                "kind": proposal.kind, "key": proposal.key, "problem": problem.code.spec().code,
                "errors": problem.errors.iter().map(|error| error.wrong.code()).collect::<Vec<_>>(),
            })),
        }
        Ok(blocked.len() < MOST_NAMED)
    })?;
    match blocked.is_empty() {
        true => Ok(Drafted { made, offices }),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            "试运行之后登记簿有了变化，有记录不能起草；请重新导入该文件。",
            "The register has changed since the dry run, and some records cannot be drafted; send the file again.",
        )
        .because_of(json!({ "records": blocked }))),
    }
}

fn draft_of(register: &Snapshot, proposal: &Proposal, applying: &Applying) -> Result<NewDraft, Problem> {
    let Proposal { kind, key, base_revision, fields } = proposal;
    let Some(fields) = fields else {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "其中有记录的内容已依决定删除；请重新导入该文件。",
            "A text of one of its records was erased since; send the file again.",
        ));
    };
    let current = match base_revision {
        None => None,
        Some(_) => {
            let body = register.get(kind, key).map(|entry| entry.body()).transpose()?.flatten();
            body.map(|body| serde_json::from_str(&body)).transpose()?
        }
    };
    let changes = base_revision.is_some();
    Ok(NewDraft {
        action: Some(if changes { Action::Amend } else { Action::Create }),
        key: changes.then(|| key.clone()),
        body: Some(with_fields(current, fields)),
        successor: None,
        revision: None,
        reason: applying.reason.clone(),
        document: applying.document.clone(),
        channels: None,
        base_revision: *base_revision,
        from: None,
        kind: Some(kind.clone()),
    })
}
