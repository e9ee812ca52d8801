//! Drafts and approvals as rows of their tables.

use chrono::NaiveDateTime;
use diesel::{AsChangeset, Insertable, Queryable};

use super::{
    model::{Approval, Draft, DraftContent, Person},
    sought::sought,
};
use crate::{
    register::db::{
        DbError,
        schema::{approvals, drafts},
    },
    staff::identity::Belongs,
    values::code_lists::{Action, DraftState, Review},
};

/// A row of the table of drafts.
#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = drafts, treat_none_as_null = true)]
pub struct Row {
    /// Id of the draft.
    pub id: String,
    kind: String,
    action: String,
    record_key: Option<String>,
    open_record: Option<String>,
    state: String,
    version: i64,
    base_revision: Option<i64>,
    body: Option<String>,
    successor: Option<String>,
    revision: Option<i64>,
    reason: Option<String>,
    document: Option<String>,
    channels: String,
    organisation: Option<String>,
    division: Option<String>,
    author: String,
    author_name: String,
    submitter: Option<String>,
    submitter_name: Option<String>,
    comments: String,
    effective_at: Option<NaiveDateTime>,
    batch: Option<String>,
    scheduled_by: Option<String>,
    alert: Option<String>,
    publication: Option<i64>,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
    writers: String,
    import: Option<String>,
    name: Option<String>,
    sought: String,
}

/// A row of the table of approvals.
#[derive(Queryable, Insertable)]
#[diesel(table_name = approvals)]
pub struct ApprovalRow {
    /// Id of the draft that is approved.
    pub draft: String,
    review: String,
    approver: String,
    approver_name: String,
    at: NaiveDateTime,
    digest: String,
}

impl Row {
    /// Makes the draft of its row and its approvals.
    pub fn draft(self, approvals: Vec<Approval>) -> Result<Draft, DbError> {
        let damaged = |what: &str| DbError::Damaged(format!("draft {} has {what}", self.id));
        let person = |id: Option<String>, name: Option<String>| id.zip(name).map(|(id, name)| Person { id, name });
        Ok(Draft {
            action: Action::of(&self.action).ok_or_else(|| damaged("an unknown action"))?,
            state: DraftState::of(&self.state).ok_or_else(|| damaged("an unknown state"))?,
            content: DraftContent {
                body: self.body.as_deref().map(serde_json::from_str).transpose()?,
                successor: self.successor,
                revision: self.revision,
                reason: self.reason,
                document: self.document.as_deref().map(serde_json::from_str).transpose()?,
                channels: serde_json::from_str(&self.channels)?,
            },
            id: self.id,
            kind: self.kind,
            key: self.record_key,
            version: self.version,
            base_revision: self.base_revision,
            belongs: Belongs { organisation: self.organisation, division: self.division },
            author: Person { id: self.author, name: self.author_name },
            submitter: person(self.submitter, self.submitter_name),
            approvals,
            comments: serde_json::from_str(&self.comments)?,
            effective_at: self.effective_at.map(|at| at.and_utc()),
            batch: self.batch,
            scheduled_by: self.scheduled_by.as_deref().map(serde_json::from_str).transpose()?,
            alert: self.alert.as_deref().map(serde_json::from_str).transpose()?,
            publication: self.publication,
            created_at: self.created_at.and_utc(),
            updated_at: self.updated_at.and_utc(),
            writers: serde_json::from_str(&self.writers)?,
            import: self.import,
            name: self.name,
        })
    }
}

impl TryFrom<&Draft> for Row {
    type Error = DbError;

    fn try_from(draft: &Draft) -> Result<Self, DbError> {
        let draft = draft.clone();
        let (open_record, sought) = (draft.open_record(), sought(&draft));
        let (submitter, submitter_name) = draft.submitter.map(|person| (person.id, person.name)).unzip();
        Ok(Self {
            open_record,
            sought,
            import: draft.import,
            name: draft.name,
            id: draft.id,
            kind: draft.kind,
            action: draft.action.value().into(),
            record_key: draft.key,
            state: draft.state.value().into(),
            version: draft.version,
            base_revision: draft.base_revision,
            body: draft.content.body.as_ref().map(serde_json::to_string).transpose()?,
            successor: draft.content.successor,
            revision: draft.content.revision,
            reason: draft.content.reason,
            document: draft.content.document.as_ref().map(serde_json::to_string).transpose()?,
            channels: serde_json::to_string(&draft.content.channels)?,
            organisation: draft.belongs.organisation,
            division: draft.belongs.division,
            author: draft.author.id,
            author_name: draft.author.name,
            submitter,
            submitter_name,
            comments: serde_json::to_string(&draft.comments)?,
            effective_at: draft.effective_at.map(|at| at.naive_utc()),
            batch: draft.batch,
            scheduled_by: draft.scheduled_by.as_ref().map(serde_json::to_string).transpose()?,
            alert: draft.alert.as_ref().map(serde_json::to_string).transpose()?,
            publication: draft.publication,
            created_at: draft.created_at.naive_utc(),
            updated_at: draft.updated_at.naive_utc(),
            writers: serde_json::to_string(&draft.writers)?,
        })
    }
}

impl ApprovalRow {
    /// Makes the row of an approval of the draft with this id.
    pub fn of(draft: &str, approval: &Approval) -> Self {
        Self {
            draft: draft.to_owned(),
            review: approval.review.value().into(),
            approver: approval.by.id.clone(),
            approver_name: approval.by.name.clone(),
            at: approval.at.naive_utc(),
            digest: approval.digest.clone(),
        }
    }
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = DbError;

    fn try_from(row: ApprovalRow) -> Result<Self, DbError> {
        let unknown = || DbError::Damaged(format!("draft {} has review {}", row.draft, row.review));
        Ok(Self {
            review: Review::of(&row.review).ok_or_else(unknown)?,
            by: Person { id: row.approver, name: row.approver_name },
            at: row.at.and_utc(),
            digest: row.digest,
        })
    }
}
