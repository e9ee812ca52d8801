//! Reason and document that are given once for many drafts: they go into those that have none, as long as these may be changed.

use serde_json::{Value, json};

use super::{model::Draft, propose, review::BEFORE_REVIEW, sent::Save, store};
use crate::{
    problem::Problem,
    register::db::Conn,
    staff::requests::{Preconditions, RequestContext},
};

/// Reason and document for those drafts that have none.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Reason of the change.
    pub reason: Option<String>,
    /// Decision that it rests on.
    pub document: Option<Value>,
}

impl Words {
    /// What a draft lacks of them, as a merge patch, as long as it may be changed.
    pub fn lacked_by(&self, draft: &Draft) -> Option<Value> {
        let reason = self.reason.as_ref().filter(|_| draft.content.reason.is_none());
        let document = self.document.as_ref().filter(|_| draft.content.document.is_none());
        if !BEFORE_REVIEW.contains(&draft.state) || reason.is_none() && document.is_none() {
            return None;
        }
        let mut patch = json!({});
        if let Some(reason) = reason {
            patch["reason"] = json!(reason);
        }
        if let Some(document) = document {
            patch["document"] = document.clone();
        }
        Some(patch)
    }

    /// Writes them into a draft that has none, as its next version; says whether it did.
    pub fn write_into(
        &self,
        conn: &mut Conn,
        context: &RequestContext,
        id: &str,
        seen: &Preconditions,
    ) -> Result<bool, Problem> {
        if self.reason.is_none() && self.document.is_none() {
            return Ok(false);
        }
        let Some(patch) = store::load(conn, id)?.and_then(|draft| self.lacked_by(&draft)) else { return Ok(false) };
        propose::save(conn, context, id, seen, &Save::Merge(patch))?;
        Ok(true)
    }

    /// A draft as it will be once they stand in it.
    pub fn in_draft(&self, mut draft: Draft, writer: &str) -> Draft {
        if let Some(patch) = self.lacked_by(&draft) {
            draft.content.reason = draft.content.reason.or_else(|| self.reason.clone());
            draft.content.document = draft.content.document.or_else(|| patch.get("document").cloned());
            draft.writers.insert(writer.to_owned());
            draft.version += 1;
        }
        draft
    }
}
