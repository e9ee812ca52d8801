//! Imports that are saved: their quota, whose they are, and forgetting them.

use crate::{
    problem::{Code, Problem},
    register::db::Conn,
    staff::{
        drafts,
        kept_imports::{self, ImportParts, Summary},
        requests::{ActionResult, RequestContext, lock_quotas, within},
    },
};

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

/// Finds an import of the caller's own; 404 for every other.
pub fn own(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<Summary, Problem> {
    let found = kept_imports::load(conn, id)?;
    found.filter(|import| import.account == context.caller.id).ok_or_else(|| Code::NotFound.into())
}

/// Forgets an import; its drafts stay.
pub fn discard(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<ActionResult, Problem> {
    let import = own(conn, context, id)?;
    kept_imports::forget(conn, id)?;
    Ok(ActionResult::nothing(import.subject(), drafts::home(&context.caller)))
}
