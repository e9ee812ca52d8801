//! Use case: everything that one body holds becomes drafts for another (reorganisation), after a dry run.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    content::NewDraft,
    owner,
    propose::{propose_on, within_quota},
};
use crate::{
    fields::Shape,
    model::kinds::{Kind, Owner, Slot},
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        changes::Document,
        db::Conn,
        publication,
    },
    staff::{
        identity::{Belongs, Permission},
        requests::{ActionResult, RequestContext},
    },
    values::code_lists::Action,
};

/// 划转: what a body holds goes to another one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// 划出机构
    #[schema(format = "uscc", example = "12350121488101808K")]
    pub from: String,
    /// 划入机构
    #[schema(format = "uscc", example = "11350121003619116B")]
    pub to: String,
    /// 试运行: tells what would be drafted, and drafts nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// 调整原因
    #[serde(default)]
    #[schema(max_length = 500, example = "机构改革，职责划转")]
    pub reason: Option<String>,
    /// 调整依据文件
    #[serde(default)]
    pub document: Option<Document>,
}

/// The schema of [`TransferRequest`].
pub static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<TransferRequest>);

/// One record that names the body that gives.
struct Move {
    kind: &'static Kind,
    key: String,
    name: String,
    action: Action,
    new_key: Option<String>,
    body: Value,
    pointers: Vec<String>,
    problem: Option<Problem>,
}

/// Drafts the transfer, all of it or nothing: 409 names every record that stands in the way. A dry run writes nothing.
pub fn transfer(conn: &mut Conn, context: &RequestContext, request: &TransferRequest) -> Result<ActionResult, Problem> {
    let register = publication::current(conn, &context.register)?;
    let organisations = register.kinds().find(|kind| kind.owner == Owner::Itself).ok_or(Code::Internal)?;
    let (from, to) = ends(&register, organisations, request)?;
    for entry in [from, to] {
        let belongs = owner::of_record(conn, context, &register, organisations, entry)?;
        context.require(Permission::ItemsEdit, &belongs)?;
    }
    let mut moves = Vec::new();
    for (kind, entry) in register.referrers_of(organisations.name, from) {
        if entry.is_listed() {
            moves.push(moved(conn, context, &register, (kind, entry), organisations, (from, to))?);
        }
    }
    let rows = match request.dry_run {
        true => moves.iter().map(|one| one.row(None)).collect(),
        false => draft_all(conn, context, &register, request, &moves)?,
    };
    Ok(transferred(request, &moves, rows))
}

/// Drafts these moves, if none is blocked, and asks for the quotas of their offices at the end.
fn draft_all(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    request: &TransferRequest,
    moves: &[Move],
) -> Result<Vec<Value>, Problem> {
    let blocked: Vec<_> = moves.iter().filter(|one| one.problem.is_some()).map(|one| one.row(None)).collect();
    if !blocked.is_empty() {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "有记录不能划转，conflict 逐条列出；请先处理或者试运行查看。",
            "Some records cannot be transferred; `conflict` names each. Settle them first, or look at a dry run.",
        )
        .because_of(json!({ "records": blocked })));
    }
    let (mut rows, mut offices) = (Vec::with_capacity(moves.len()), Vec::new());
    for one in moves {
        let draft = propose_on(conn, context, register, &one.draft(request)?, None)?;
        rows.push(one.row(Some(&draft.id)));
        if !offices.contains(&draft.belongs) {
            offices.push(draft.belongs);
        }
    }
    offices.iter().try_for_each(|office| within_quota(conn, context, office))?;
    Ok(rows)
}

/// The result of a transfer or of its dry run, with a row for each move.
fn transferred(request: &TransferRequest, moves: &[Move], rows: Vec<Value>) -> ActionResult {
    let subject = format!("organisation/{}", request.from);
    let belongs = Belongs { organisation: Some(request.from.clone()), division: None };
    let body = json!({
        "from": request.from, "to": request.to, "dry_run": request.dry_run, "total": rows.len(),
        "blocked": moves.iter().filter(|one| one.problem.is_some()).count(), "records": rows,
    });
    let result = match request.dry_run {
        true => ActionResult::ok(subject, belongs, body),
        false => ActionResult::created(subject, belongs, body, "/v1/drafts?state=draft"),
    };
    let detail = json!({ "to": request.to, "dry_run": request.dry_run, "records": moves.len() });
    ActionResult { detail: Some(detail), ..result }
}

fn ends<'a>(
    register: &'a Snapshot,
    organisations: &Kind,
    request: &TransferRequest,
) -> Result<(&'a Entry, &'a Entry), Problem> {
    let find = |name: &str, code: &str, usable: fn(&Entry) -> bool| {
        let entry = register.get(organisations.name, code).filter(|entry| usable(entry));
        entry.ok_or_else(|| FieldError::at(name, Wrong::OrganisationUnknown(code.to_owned())))
    };
    let from = find("/from", &request.from, |_| true);
    let to = find("/to", &request.to, Entry::is_listed);
    match (from, to) {
        (Ok(from), Ok(to)) if from.key == to.key => {
            Err(Problem::invalid_body(vec![FieldError::at("/to", Wrong::Duplicate(request.to.clone()))]))
        }
        (Ok(from), Ok(to)) => Ok((from, to)),
        (from, to) => Err(Problem::invalid_body([from.err(), to.err()].into_iter().flatten().collect())),
    }
}

/// Moves one record: the body that takes over stands wherever the other one stood, and codes follow.
fn moved(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    (kind, entry): (&'static Kind, &Entry),
    organisations: &Kind,
    (from, to): (&Entry, &Entry),
) -> Result<Move, Problem> {
    let body = entry.body()?.ok_or(Code::Gone)?;
    let mut body: Value = serde_json::from_str(&body)?;
    let mut pointers = Vec::new();
    let mut is_owner = false;
    for reference in &entry.indexed.references {
        let names = reference.kinds.contains(&organisations.name) && from.keys().any(|key| **key == *reference.key);
        if let Some(value) = body.pointer_mut(&reference.pointer).filter(|_| names && !reference.pointer.is_empty()) {
            *value = to.key.as_ref().into();
            is_owner |= reference.slot == Slot::Organisation;
            pointers.push(reference.pointer.clone());
        }
    }
    if let Some(recode) = kind.recode.filter(|_| is_owner) {
        let level = to.body()?.map(|body| serde_json::from_str::<Value>(&body)).transpose()?;
        recode(&mut body, level.as_ref().and_then(|body| body.get("level")).and_then(Value::as_str));
    }
    let new_key = body.get("code").and_then(Value::as_str).filter(|code| **code != *entry.key).map(str::to_owned);
    let action = if new_key.is_some() { Action::Renumber } else { Action::Amend };
    let belongs = owner::of_record(conn, context, register, kind, entry)?;
    let mut problem = publication::allows(entry, action).err();
    problem = problem.or_else(|| context.require(Permission::ItemsEdit, &belongs).err());
    if problem.is_none() && owner::in_the_way(conn, context, kind.name, &entry.key, "")?.is_some() {
        let (chinese, english) = ("该记录已有一份未办结的草稿。", "The record has an open draft already.");
        problem = Some(Problem::with_detail(Code::StateConflict, chinese, english));
    }
    let name = entry.indexed.title.clone();
    Ok(Move { kind, key: entry.key.to_string(), name, action, new_key, body, pointers, problem })
}

impl Move {
    fn draft(&self, request: &TransferRequest) -> Result<NewDraft, Problem> {
        Ok(NewDraft {
            kind: Some(self.kind.name.into()),
            action: Some(self.action),
            key: Some(self.key.clone()),
            body: Some(self.body.clone()),
            successor: None,
            revision: None,
            reason: request.reason.clone(),
            document: request.document.as_ref().map(serde_json::to_value).transpose()?,
            channels: None,
            base_revision: None,
            from: None,
        })
    }

    fn row(&self, draft: Option<&str>) -> Value {
        json!({
            "kind": self.kind.name, "key": self.key, "name": self.name, "action": self.action, "new_key": self.new_key,
            "pointers": self.pointers, "draft": draft,
            "problem": self.problem.as_ref().map(|problem| problem.code.spec().code),
        })
    }
}
