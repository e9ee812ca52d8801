//! Looking at an open draft: its check, its differences from what is public, its preview.

use actix_web::{HttpResponse, http::header};
use serde_json::{Value, json};

use super::{
    check::{CheckContext, CheckFindings},
    content::needs_body,
    model::Draft,
    open::{differing, kind_of, load_visible, must_be_open},
    since,
};
use crate::{
    base::blocking,
    problem::{Code, FieldError, Language, Problem},
    register::{catalog::Snapshot, publication, quality::Finding},
    staff::requests::Request,
    values::code_lists::Action,
    web::{answer::language, one::must_not_be_erased},
};

/// `GET /v1/drafts/{id}/check`
pub async fn check(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let (id, language) = (request.part("id")?, language(&request.http));
    let _turn = since::turn().await?;
    let (draft, surroundings) = fetch_with_surroundings(&request, id).await?;
    let report = blocking::run(move || {
        let mut report = report(&surroundings.check(&draft)?, language);
        report["version"] = json!(draft.version);
        Ok::<_, Problem>(report)
    })
    .await??;
    // A check depends on the register, too: it has no version of its own.
    request.answer(&report, None)
}

/// An open draft, and what it is checked against.
async fn fetch_with_surroundings(request: &Request, id: String) -> Result<(Draft, CheckContext), Problem> {
    let fetched = request.fetch(move |conn, context| {
        let draft = load_visible(conn, context, &id)?;
        must_be_open(&draft)?;
        let surroundings = CheckContext::of(conn, context, &draft)?;
        Ok((draft, surroundings))
    });
    fetched.await
}

fn report(found: &CheckFindings, language: Language) -> Value {
    let findings = |errors: &[FieldError]| errors.iter().map(|error| Finding::of(error, language)).collect::<Vec<_>>();
    let blocking = found.findings.iter().filter(|error| error.blocks()).count();
    let affects: Vec<_> = found
        .affects
        .iter()
        .map(|one| {
            json!({ "kind": one.kind.name, "key": one.key, "name": one.name, "findings": findings(&one.findings) })
        })
        .collect();
    json!({
        "submittable": blocking == 0, "errors": blocking, "findings": findings(&found.findings), "affects": affects,
    })
}

/// `GET /v1/drafts/{id}/compare`
pub async fn compare(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let _turn = since::turn().await?;
    let (register, draft) = request
        .fetch(move |conn, context| {
            let draft = load_visible(conn, context, &id)?;
            must_be_open(&draft)?;
            Ok((publication::current(conn, &context.register)?, draft))
        })
        .await?;
    let comparison = blocking::run(move || difference(&register, &draft)).await??;
    request.answer(&comparison, None)
}

/// Compares a draft with what is public now.
fn difference(register: &Snapshot, draft: &Draft) -> Result<Value, Problem> {
    let kind = kind_of(register, &draft.kind)?;
    let entry = draft.key.as_deref().and_then(|key| register.get(kind.name, key));
    let public = entry.map(|entry| entry.body()).transpose()?.flatten();
    let public: Option<Value> = public.map(|body| serde_json::from_str(&body)).transpose()?;
    let current = entry.and_then(|entry| entry.current()).map(|revision| revision.change.revision);
    let proposed = draft.content.json();
    let brings = needs_body(draft.action) || !proposed["body"].is_null();
    let body = if brings { proposed["body"].clone() } else { public.clone().unwrap_or_default() };
    let text = json!({ "body": body });
    let mut room = since::room();
    let differences = differing(kind, &json!({ "body": public }), &text, &mut room);
    Ok(json!({
        "draft": draft.id, "version": draft.version, "base_revision": draft.base_revision, "current_revision": current,
        "differences": differences, "more": room.more(),
    }))
}

/// `GET /v1/drafts/{id}/preview/record`
pub async fn preview(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let id = request.part("id")?;
    let _turn = since::turn().await?;
    let (draft, surroundings) = fetch_with_surroundings(&request, id).await?;
    let bytes = blocking::run(move || {
        let found = surroundings.check(&draft)?;
        let Some(after) = found.after else { return Err(Problem::invalid_body(found.findings)) };
        let after = after.finish()?;
        let key = match (draft.action, &draft.content.body) {
            (Action::Renumber, Some(body)) => body["code"].as_str().map(str::to_owned),
            _ => draft.key.clone(),
        };
        let entry = key.and_then(|key| after.get(&draft.kind, &key).cloned()).ok_or(Code::NotFound)?;
        must_not_be_erased(&entry)?;
        Ok(entry.answer.plain().clone())
    })
    .await??;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::CONTENT_TYPE, "application/json")).insert_header((header::CACHE_CONTROL, "no-store"));
    Ok(answer.body(bytes))
}
