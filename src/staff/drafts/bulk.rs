//! Use cases: one step is taken of many drafts, in one transaction, with a result for each. Who may take it, and of which draft, is asked
//! by the step itself: it is the same function that takes it of one draft.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::{
    bulk_choice::{Choice, Chosen},
    model::{Draft, below},
    open::response,
    publish::{Batch, PublicationRequest, name_of, named, open_to_publish, publish_opened},
    store,
};
use crate::{
    problem::{Code, FieldError, Language, Problem, Wrong},
    register::{
        db::{Conn, attempt},
        publication,
    },
    staff::{
        identity::Belongs,
        requests::{ActionPart, ActionResult, Preconditions, RequestContext},
    },
};

/// What a request asks of many drafts, beside the step.
#[derive(Clone, Debug)]
pub struct Many {
    /// Which drafts.
    pub choice: Choice,
    /// Whether nothing is done when one of them is refused.
    pub is_atomic: bool,
    /// The language in which refusals are told.
    pub language: Language,
    /// What the step is called in the trail: `draft.submit`.
    pub action: &'static str,
}

/// What became of one draft.
struct Taken {
    id: String,
    /// The name of its record, where it was refused and may be seen.
    name: Option<String>,
    /// Whose it is and what it is now, or why it was refused.
    outcome: Result<(Belongs, Value), Problem>,
}

/// Takes a step of every draft: each by itself, or with `is_atomic` all of them or none.
pub fn take(
    conn: &mut Conn,
    context: &RequestContext,
    many: &Many,
    step: impl Fn(&mut Conn, &RequestContext, &str, &Preconditions) -> Result<ActionResult, Problem>,
) -> Result<ActionResult, Problem> {
    let chosen = many.choice.find(conn, context)?;
    lock(conn, &chosen)?;
    let mut taken = Vec::with_capacity(chosen.len());
    for (id, seen) in chosen {
        let outcome = match attempt(conn, |conn| step(conn, context, &id, &seen)) {
            Ok(result) => Ok((result.belongs, result.detail.unwrap_or_default())),
            Err(problem) if is_ours(&problem) => return Err(problem),
            Err(problem) => Err(problem),
        };
        taken.push(Taken::of(conn, id, outcome));
    }
    match many.is_atomic && taken.iter().any(Taken::is_refused) {
        true => Err(many.nothing_done(&taken)),
        false => Ok(many.told(&taken)),
    }
}

/// Publishes drafts as one, all of them or none, or schedules them. Where some may not be published by the caller or as they stand, each
/// of these is named.
pub fn publish_many(
    conn: &mut Conn,
    context: &RequestContext,
    many: &Many,
    effective_at: Option<String>,
) -> Result<ActionResult, Problem> {
    let chosen = many.choice.find(conn, context)?;
    lock(conn, &chosen)?;
    let register = publication::current(conn, &context.register)?;
    let (mut taken, mut opened) = (Vec::with_capacity(chosen.len()), Vec::with_capacity(chosen.len()));
    for (id, seen) in &chosen {
        let outcome = match open_to_publish(conn, context, &register, id, seen) {
            Ok(draft) => {
                let belongs = draft.belongs.clone();
                opened.push(draft);
                Ok((belongs, Value::Null))
            }
            Err(problem) if is_ours(&problem) => return Err(problem),
            Err(problem) => Err(problem),
        };
        taken.push(Taken::of(conn, id.clone(), outcome));
    }
    if taken.iter().any(Taken::is_refused) {
        return Err(many.nothing_done(&taken));
    }
    let ids: Vec<String> = chosen.into_iter().map(|(id, _)| id).collect();
    let request = PublicationRequest { drafts: ids.clone(), effective_at };
    opened.sort_by(|one, other| one.id.cmp(&other.id));
    let mut result = publish_opened(conn, context, &register, opened, &Batch { request: &request, seen: None })?;
    let mut drafts = store::of_ids(conn, &ids)?;
    drafts.sort_by_key(|draft| ids.iter().position(|id| *id == draft.id));
    let taken: Vec<_> = drafts.iter().map(Taken::done).collect();
    if let Some(body) = result.body.as_mut() {
        body["results"] = many.rows(&taken, result.status).into();
    }
    result.parts = many.parts(&taken);
    Ok(result)
}

/// Locks them all first, in the order in which everybody does.
fn lock(conn: &mut Conn, chosen: &[Chosen]) -> Result<(), Problem> {
    Ok(store::lock_all(conn, chosen.iter().map(|(id, _)| id.as_str()))?)
}

/// Whether the draft is not what stands in the way: then nothing of the request is done, and it may come again.
fn is_ours(problem: &Problem) -> bool {
    matches!(problem.code, Code::Internal | Code::Unavailable)
}

impl Taken {
    fn of(conn: &mut Conn, id: String, outcome: Result<(Belongs, Value), Problem>) -> Self {
        let name = outcome.as_ref().err().and_then(|problem| name_of(conn, problem, &id));
        Self { id, name, outcome }
    }

    fn done(draft: &Draft) -> Self {
        let result = response(draft);
        let outcome = Ok((result.belongs, result.detail.unwrap_or_default()));
        Self { id: draft.id.clone(), name: None, outcome }
    }

    fn is_refused(&self) -> bool {
        self.outcome.is_err()
    }

    fn refusal(&self) -> Option<&Problem> {
        self.outcome.as_ref().err()
    }

    /// The result as it is answered.
    fn row(&self, language: Language, status: StatusCode) -> Value {
        match &self.outcome {
            Ok((_, draft)) => {
                let mut row = draft.clone();
                row["id"] = json!(self.id);
                row["status"] = json!(status.as_u16());
                row
            }
            Err(problem) => {
                let document = problem.document(language, &format!("/v1/drafts/{}", self.id));
                let mut row = json!({ "id": self.id, "status": document.status, "problem": document });
                if let Some(name) = &self.name {
                    row["name"] = name.as_str().into();
                }
                row
            }
        }
    }

    /// The line of the trail.
    fn part(&self, action: &'static str) -> ActionPart {
        let outcome = match &self.outcome {
            Ok((belongs, draft)) => Ok((belongs.clone(), Some(draft.clone()))),
            Err(problem) => Err(problem.code),
        };
        ActionPart { action, subject: format!("draft/{}", self.id), outcome }
    }
}

impl Many {
    fn rows(&self, taken: &[Taken], status: StatusCode) -> Vec<Value> {
        taken.iter().map(|one| one.row(self.language, status)).collect()
    }

    fn parts(&self, taken: &[Taken]) -> Vec<ActionPart> {
        taken.iter().map(|one| one.part(self.action)).collect()
    }

    /// The answer: how many were done, and what became of each.
    fn told(&self, taken: &[Taken]) -> ActionResult {
        let refused = taken.iter().filter(|one| one.is_refused()).count();
        let counts = json!({ "total": taken.len(), "done": taken.len() - refused, "refused": refused });
        let mut body = counts.clone();
        body["results"] = self.rows(taken, StatusCode::OK).into();
        let mut result = ActionResult::ok(self.choice.subject(), common(taken), body);
        result.detail = Some(counts);
        result.parts = self.parts(taken);
        result
    }

    /// The refusal of all because of some: with the code that all of these have, else 409.
    fn nothing_done(&self, taken: &[Taken]) -> Problem {
        let refused: Vec<(usize, &Taken, &Problem)> =
            taken.iter().enumerate().filter_map(|(at, one)| Some((at, one, one.refusal()?))).collect();
        let mut codes = refused.iter().map(|(.., problem)| told_code(problem));
        let first = codes.next().unwrap_or(Code::StateConflict);
        let code = if codes.all(|code| code == first) { first } else { Code::StateConflict };
        let told = match refused.as_slice() {
            [(_, one, problem)] => named(code, problem, &one.id, one.name.as_deref()),
            _ => {
                let (of, all) = (refused.len(), taken.len());
                Problem::with_detail(
                    code,
                    format!("{all} 份草稿中有 {of} 份不能办理，全部未办；conflict.results 逐份说明原因。"),
                    format!(
                        "{of} of {all} drafts are refused, so nothing was done; `conflict.results` says why of each."
                    ),
                )
            }
        };
        // Pointers are into the list of the request, where there is one.
        let is_listed = self.choice.drafts.is_some();
        let errors = refused.iter().filter(|_| is_listed).flat_map(|(at, one, problem)| mistakes(*at, one, problem));
        let errors = errors.collect();
        let rows: Vec<_> = refused.iter().map(|(_, one, _)| one.row(self.language, StatusCode::OK)).collect();
        Problem { errors, ..told }.because_of(json!({ "results": rows }))
    }
}

/// The code under which a refusal of one of many is told: a draft that is not there is a mistake in the list.
fn told_code(problem: &Problem) -> Code {
    match problem.code {
        Code::NotFound => Code::InvalidBody,
        code => code,
    }
}

/// The mistakes of one draft, with pointers into the list of the request.
fn mistakes(at: usize, one: &Taken, problem: &Problem) -> Vec<FieldError> {
    match problem.code {
        Code::NotFound => {
            let wrong = Wrong::ReferenceUnknown { kind: "draft", key: one.id.clone() };
            vec![FieldError::at(format!("/drafts/{at}"), wrong)]
        }
        _ => below(&format!("/drafts/{at}"), problem.errors.clone()),
    }
}

/// The owner that all drafts have of which the step was taken; none where they have several.
fn common(taken: &[Taken]) -> Belongs {
    let mut owners = taken.iter().filter_map(|one| one.outcome.as_ref().ok()).map(|(belongs, _)| belongs);
    match owners.next() {
        Some(first) if owners.all(|belongs| belongs == first) => first.clone(),
        _ => Belongs::default(),
    }
}
