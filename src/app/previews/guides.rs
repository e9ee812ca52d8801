//! The guide of a draft, as it will be published.

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::Utc;
use maud::Markup;
use serde_json::{Value, json};

use crate::{
    base::blocking,
    model::items::KIND,
    problem::{Code, FieldError, Language, Problem, Wrong},
    public::pages::{
        guide::ItemView,
        layout::{self, MEDIA_TYPE},
        sheets::{guide_page, language_parameter},
        view::{View, read_language},
    },
    register::catalog::Snapshot,
    staff::{
        drafts,
        identity::Permission,
        requests::{Endpoint, Need, Request, Verb},
    },
    values::code_lists::{Action, Status},
    web::{
        answer::negotiate,
        contract::{Operation, path_parameter},
        picture::Picture,
        query::Parameters,
    },
};

fn asked_language(request: &HttpRequest) -> Result<Language, Problem> {
    let mut parameters = Parameters::read(request.query_string());
    let language = parameters.parsed("lang", read_language).unwrap_or_default();
    parameters.finish().map(|()| language)
}

/// The endpoints of staff that show pages.
pub const ENDPOINTS: &[Endpoint] = &[PREVIEW];

const PREVIEW: Endpoint = Endpoint::new(
    Verb::Get,
    "/v1/drafts/{id}/preview/guide",
    "draft.preview_guide",
    Need::OneOf(&[Permission::ItemsRead]),
    |request| Box::pin(preview_guide(request)),
);

async fn preview_guide(request: Request) -> Result<HttpResponse, Problem> {
    let language = asked_language(&request.http)?;
    negotiate(&request.http, &[MEDIA_TYPE])?;
    let id = request.part("id")?;
    let draft = request.fetch(move |conn, act| drafts::load_visible(conn, act, &id)).await?;
    drafts::must_be_open(&draft)?;
    let view = View::new(&request.http, language, Picture::of_today(request.catalog.snapshot()), Utc::now());
    let page = blocking::run(move || write_draft(&view, &draft)).await??;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_TYPE, layout::HTML))
        .insert_header((header::CONTENT_SECURITY_POLICY, layout::POLICY))
        .body(page.into_string()))
}

/// The guide of what a draft proposes.
fn write_draft(view: &View, draft: &drafts::Draft) -> Result<Markup, Problem> {
    let body = proposed(&view.snapshot, draft)?;
    let revision = draft.base_revision.unwrap_or(0) + 1;
    let mut item = ItemView::draft(view, &body, revision).map_err(|problem| match problem.code {
        Code::InvalidBody => Problem::invalid_body(vec![FieldError::at("/body", Wrong::WrongType("object".into()))]),
        _ => problem,
    })?;
    item.status = status_after(draft.action);
    item.successor = draft.content.successor.clone();
    Ok(guide_page(&item, ""))
}

/// The body that a draft proposes; of a step that changes only the state, the one that is public.
fn proposed(snapshot: &Snapshot, draft: &drafts::Draft) -> Result<Value, Problem> {
    let no_guide = || Problem::with_detail(Code::NotFound, "只有事项有办事指南。", "Only items have a guide.");
    if draft.kind != KIND.name {
        return Err(no_guide());
    }
    if let Some(body) = &draft.content.body {
        return Ok(body.clone());
    }
    let entry = draft.key.as_deref().and_then(|key| snapshot.get(KIND.name, key));
    let text = entry.map(|entry| entry.body()).transpose()?.flatten();
    Ok(serde_json::from_str(&text.ok_or_else(no_guide)?)?)
}

fn status_after(action: Action) -> Status {
    match action {
        Action::Suspend => Status::Suspended,
        Action::Cancel => Status::Cancelled,
        Action::Merge => Status::Merged,
        Action::Erase => Status::Erased,
        Action::Create | Action::Amend | Action::Reinstate | Action::Delegate | Action::Renumber => Status::InForce,
    }
}

fn preview_operation() -> Operation {
    Operation {
        answers: vec![(MEDIA_TYPE, json!({ "type": "string" }))],
        ..PREVIEW.operation(drafts::describe::TAG.0, json!({}))
    }
    .says(
        "预览办事指南 · Preview the guide",
        "The service guide as it will be when the draft is published, marked as a draft and without a QR code. What lacks is shown \
         as 未填写. Never stored by caches.",
    )
    .takes([
        path_parameter("id", "草稿标识 · Id of the draft.", "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d"),
        language_parameter(),
    ])
    .refuses(&[Code::NotFound, Code::StateConflict, Code::Gone, Code::InvalidBody])
}

/// Describes this endpoint for OpenAPI.
pub fn describe() -> Operation {
    preview_operation()
}
