//! Queries: drafts, their approvals and their versions. No rules.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl,
    TextExpressionMethods,
};

use super::model::{Approval, Comment, Draft, DraftContent, Person, forget_texts};
use crate::{
    register::{
        catalog::FILES,
        db::{
            Conn, DbError,
            schema::{approvals, draft_versions, drafts},
        },
    },
    staff::identity::Belongs,
    values::code_lists::{Action, DraftState, Review},
};

/// Versions of an open draft that are kept, and bytes of their texts; the newest text is kept whatever it takes.
const VERSIONS: usize = 200;
const BYTES: i64 = 4 << 20;
/// Texts of an office that are looked through at a time for those that are dropped.
const BATCH: i64 = 1000;
/// Drafts that are asked for at a time by their ids.
const IDS: usize = 500;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = drafts, treat_none_as_null = true)]
struct Row {
    id: String,
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
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = approvals)]
struct ApprovalRow {
    draft: String,
    review: String,
    approver: String,
    approver_name: String,
    at: NaiveDateTime,
    digest: String,
}

/// What was done to a draft.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = draft_versions)]
pub struct DraftVersion {
    /// The draft.
    pub draft: String,
    /// The version that it made.
    pub version: i64,
    /// When.
    pub at: NaiveDateTime,
    /// Who.
    pub by_name: String,
    /// What: `save`, `submit`, …
    pub step: String,
    /// The text since then, where the step changed it.
    pub content: Option<String>,
    /// Whose the draft was: its organisation, else its division.
    pub office: String,
    /// What the text takes.
    pub bytes: i64,
}

/// Locks a draft and loads it: from here on nobody else changes it until the transaction ends.
pub fn lock(conn: &mut Conn, id: &str) -> Result<Option<Draft>, DbError> {
    // Loading first would load a version older than the lock.
    diesel::update(drafts::table.find(id)).set(drafts::version.eq(drafts::version + 0)).execute(conn)?;
    load(conn, id)
}

/// Loads a draft.
pub fn load(conn: &mut Conn, id: &str) -> Result<Option<Draft>, DbError> {
    let row: Option<Row> = drafts::table.find(id).first(conn).optional()?;
    row.map(|row| whole(conn, row)).transpose()
}

/// The ids of the drafts in one of these states, by the keys of their records.
pub fn in_states_by_key(conn: &mut Conn, states: &[DraftState]) -> Result<BTreeMap<String, Vec<String>>, DbError> {
    let in_states = drafts::table.filter(drafts::state.eq_any(values(states)));
    let rows: Vec<(Option<String>, String)> = in_states.select((drafts::record_key, drafts::id)).load(conn)?;
    let mut by_key: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, id) in rows {
        by_key.entry(key.unwrap_or_default()).or_default().push(id);
    }
    Ok(by_key)
}

/// The drafts in one of these states whose text names the record with this key, and perhaps others, without their approvals.
pub fn in_states_naming(conn: &mut Conn, states: &[DraftState], key: &str) -> Result<Vec<Draft>, DbError> {
    let naming = drafts::table.filter(drafts::state.eq_any(values(states)));
    let rows: Vec<Row> = naming.filter(drafts::body.like(format!("%\"{key}\"%"))).load(conn)?;
    rows.into_iter().map(|row| draft(row, Vec::new())).collect()
}

/// The drafts in one of these states that give records another key, without their approvals.
pub fn in_states_renumbering(conn: &mut Conn, states: &[DraftState]) -> Result<Vec<Draft>, DbError> {
    let renumbering = drafts::table.filter(drafts::state.eq_any(values(states)));
    let rows: Vec<Row> = renumbering.filter(drafts::action.eq(Action::Renumber.value())).load(conn)?;
    rows.into_iter().map(|row| draft(row, Vec::new())).collect()
}

fn values(states: &[DraftState]) -> Vec<&'static str> {
    states.iter().map(|state| state.value()).collect()
}

/// What of a draft decides whether it is listed, and for whom: everything of it but its text.
pub struct Outline {
    /// UUID, version 7.
    pub id: String,
    /// Kind of the record.
    pub kind: String,
    /// What is to be done.
    pub action: String,
    /// How far it has come.
    pub state: String,
    /// Key of the record.
    pub key: Option<String>,
    /// What the record belongs to.
    pub belongs: Belongs,
    /// Name of who made it.
    pub author: String,
}

/// Id, kind, action, state and key of a draft, then its organisation, division and author.
type OutlineRow = ((String, String, String, String, Option<String>), (Option<String>, Option<String>, String));

/// Every draft, the newest first, without its text.
pub fn outlines(conn: &mut Conn) -> Result<Vec<Outline>, DbError> {
    let columns = (
        (drafts::id, drafts::kind, drafts::action, drafts::state, drafts::record_key),
        (drafts::organisation, drafts::division, drafts::author_name),
    );
    let rows: Vec<OutlineRow> = drafts::table.order(drafts::id.desc()).select(columns).load(conn)?;
    let outline = |((id, kind, action, state, key), (organisation, division, author)): OutlineRow| {
        let belongs = Belongs { organisation, division };
        Outline { id, kind, action, state, key, belongs, author }
    };
    Ok(rows.into_iter().map(outline).collect())
}

/// The drafts with these ids, in the order of the ids.
pub fn of_ids(conn: &mut Conn, ids: &[String]) -> Result<Vec<Draft>, DbError> {
    let (mut given, mut rows) = (approvals_of(conn, ids)?, Vec::new());
    for ids in ids.chunks(IDS) {
        rows.extend(drafts::table.filter(drafts::id.eq_any(ids.to_vec())).load::<Row>(conn)?);
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let draft = |row: Row| {
        let approvals = given.remove(&row.id).unwrap_or_default();
        draft(row, approvals)
    };
    rows.into_iter().map(draft).collect()
}

/// The open drafts of a record: one, or of a record that is new, one for each office that proposes it.
pub fn open_of(conn: &mut Conn, kind: &str, key: &str) -> Result<Vec<Draft>, DbError> {
    let of_record = drafts::table.filter(drafts::kind.eq(kind)).filter(drafts::record_key.eq(key));
    let rows: Vec<Row> = of_record.filter(drafts::open_record.is_not_null()).order(drafts::id).load(conn)?;
    rows.into_iter().map(|row| whole(conn, row)).collect()
}

/// The open drafts of all records: what is done to which record (`item/1135…`), and what the draft belongs to.
pub fn drafted(conn: &mut Conn) -> Result<Vec<(String, String, Belongs)>, DbError> {
    let open = drafts::table.filter(drafts::open_record.is_not_null());
    let columns = (drafts::action, drafts::kind, drafts::record_key);
    let rows: Vec<Open> = open.select((columns, (drafts::organisation, drafts::division))).load(conn)?;
    let row = |((action, kind, key), (organisation, division)): Open| {
        (action, format!("{kind}/{}", key.unwrap_or_default()), Belongs { organisation, division })
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Action, kind and key of an open draft, then its organisation and division.
type Open = ((String, String, Option<String>), (Option<String>, Option<String>));

/// How many open drafts belong to an office.
pub fn open_of_office(conn: &mut Conn, office: &Belongs) -> Result<u64, DbError> {
    let closed = [DraftState::Published, DraftState::Discarded].map(|state| state.value());
    let open = drafts::table.filter(drafts::state.ne_all(closed)).into_boxed();
    let of_organisation = match &office.organisation {
        Some(organisation) => open.filter(drafts::organisation.eq(organisation)),
        None => open.filter(drafts::organisation.is_null()),
    };
    let of_office = match (&office.organisation, &office.division) {
        (None, Some(division)) => of_organisation.filter(drafts::division.eq(division)),
        _ => of_organisation,
    };
    let count: i64 = of_office.count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The ids of the drafts whose time has come, by batch.
pub fn due(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<(String, String)>, DbError> {
    let due = drafts::table
        .filter(drafts::state.eq(DraftState::Scheduled.value()))
        .filter(drafts::effective_at.le(now.naive_utc()))
        .order((drafts::effective_at, drafts::batch, drafts::id))
        .select((drafts::batch, drafts::id));
    let rows: Vec<(Option<String>, String)> = due.load(conn)?;
    Ok(rows.into_iter().map(|(batch, id)| (batch.unwrap_or_else(|| id.clone()), id)).collect())
}

/// The ids of a batch.
pub fn of_batch(conn: &mut Conn, batch: &str) -> Result<Vec<String>, DbError> {
    Ok(drafts::table.filter(drafts::batch.eq(batch)).order(drafts::id).select(drafts::id).load(conn)?)
}

/// Writes a new draft.
pub fn insert(conn: &mut Conn, draft: &Draft) -> Result<(), DbError> {
    diesel::insert_into(drafts::table).values(Row::try_from(draft)?).execute(conn)?;
    Ok(())
}

/// Writes a draft that is locked, its approvals too.
pub fn update(conn: &mut Conn, draft: &Draft) -> Result<(), DbError> {
    diesel::update(drafts::table.find(&draft.id)).set(Row::try_from(draft)?).execute(conn)?;
    diesel::delete(approvals::table.filter(approvals::draft.eq(&draft.id))).execute(conn)?;
    for approval in &draft.approvals {
        let row = ApprovalRow {
            draft: draft.id.clone(),
            review: approval.review.value().into(),
            approver: approval.by.id.clone(),
            approver_name: approval.by.name.clone(),
            at: approval.at.naive_utc(),
            digest: approval.digest.clone(),
        };
        diesel::insert_into(approvals::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Inserts a version and drops the oldest ones of the draft. What it says now is no version: it stands with the draft.
pub fn insert_version(conn: &mut Conn, version: DraftVersion) -> Result<(), DbError> {
    let draft = version.draft.clone();
    diesel::insert_into(draft_versions::table).values(version).execute(conn)?;
    let kept: Vec<(i64, i64)> = draft_versions::table
        .filter(draft_versions::draft.eq(&draft))
        .order(draft_versions::version.desc())
        .select((draft_versions::version, draft_versions::bytes))
        .load(conn)?;
    match newest_beyond(&kept) {
        Some(version) => drop_versions(conn, &draft, version),
        None => Ok(()),
    }
}

/// The newest version that there is no room for, of these, each with its bytes, the newest first.
fn newest_beyond(versions: &[(i64, i64)]) -> Option<i64> {
    let (mut taken, mut has_text) = (0_i64, false);
    for (place, (version, bytes)) in versions.iter().enumerate() {
        taken = taken.saturating_add(*bytes);
        if place >= VERSIONS || has_text && taken > BYTES {
            return Some(*version);
        }
        has_text |= *bytes > 0;
    }
    None
}

/// Drops the versions of a draft up to this one.
fn drop_versions(conn: &mut Conn, draft: &str, version: i64) -> Result<(), DbError> {
    let old = draft_versions::table.filter(draft_versions::draft.eq(draft));
    diesel::delete(old.filter(draft_versions::version.le(version))).execute(conn)?;
    Ok(())
}

/// Drops the oldest versions of the drafts of an office, until their texts take no more than `most` bytes.
pub fn drop_versions_beyond(conn: &mut Conn, office: &Belongs, most: u64) -> Result<(), DbError> {
    let office = office_of(office);
    let of_office =
        || draft_versions::table.filter(draft_versions::office.eq(&office)).filter(draft_versions::bytes.gt(0));
    let taken: Vec<i64> = of_office().select(draft_versions::bytes).load(conn)?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut beyond = taken.into_iter().fold(0_i64, i64::saturating_add).saturating_sub(most);
    while beyond > 0 {
        let oldest: Vec<(String, i64, i64)> = of_office()
            .order((draft_versions::at, draft_versions::draft, draft_versions::version))
            .select((draft_versions::draft, draft_versions::version, draft_versions::bytes))
            .limit(BATCH)
            .load(conn)?;
        if oldest.is_empty() {
            break;
        }
        // In the order of the drafts: two offices, or two who save, must not wait for each other.
        let mut dropped: BTreeMap<String, i64> = BTreeMap::new();
        for (draft, version, bytes) in oldest {
            if beyond <= 0 {
                break;
            }
            beyond = beyond.saturating_sub(bytes);
            dropped.insert(draft, version);
        }
        for (draft, version) in dropped {
            drop_versions(conn, &draft, version)?;
        }
    }
    Ok(())
}

/// The name under which the drafts of an office count: its organisation, else its division.
pub fn office_of(belongs: &Belongs) -> String {
    belongs.organisation.as_ref().or(belongs.division.as_ref()).cloned().unwrap_or_default()
}

/// The text of a draft as of a version, where it is still kept, and what was done to the draft since, oldest first.
pub fn versions_since(conn: &mut Conn, id: &str, since: i64) -> Result<(Option<String>, Vec<DraftVersion>), DbError> {
    let before = draft_versions::table
        .filter(draft_versions::draft.eq(id))
        .filter(draft_versions::version.le(since))
        .filter(draft_versions::content.is_not_null())
        .order(draft_versions::version.desc())
        .select(draft_versions::content);
    let before: Option<Option<String>> = before.first(conn).optional()?;
    let after = draft_versions::table
        .filter(draft_versions::draft.eq(id))
        .filter(draft_versions::version.gt(since))
        .order(draft_versions::version);
    Ok((before.flatten(), after.load(conn)?))
}

/// Forgets every earlier text of a draft.
pub fn forget_versions(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(draft_versions::table.filter(draft_versions::draft.eq(id))).execute(conn)?;
    Ok(())
}

/// Takes the texts of the closed drafts of a record away, and what was said of them, which may quote the record; returns their ids.
/// Who said something, when and at which step stays, and so do reason and document of what was published: they stand in the log.
pub fn forget_closed(conn: &mut Conn, kind: &str, key: &str) -> Result<Vec<String>, DbError> {
    let closed = drafts::table
        .filter(drafts::kind.eq(kind))
        .filter(drafts::record_key.eq(key))
        .filter(drafts::open_record.is_null());
    let rows: Vec<(String, String, String)> =
        closed.select((drafts::id, drafts::state, drafts::comments)).load(conn)?;
    let mut ids = Vec::with_capacity(rows.len());
    for (id, state, comments) in rows {
        let mut comments: Vec<Comment> = serde_json::from_str(&comments)?;
        forget_texts(&mut comments);
        let left = (
            drafts::body.eq(None::<String>),
            drafts::alert.eq(None::<String>),
            drafts::comments.eq(serde_json::to_string(&comments)?),
        );
        diesel::update(drafts::table.find(&id)).set(left).execute(conn)?;
        if state == DraftState::Discarded.value() {
            let left = (drafts::reason.eq(None::<String>), drafts::document.eq(None::<String>));
            diesel::update(drafts::table.find(&id)).set(left).execute(conn)?;
        }
        forget_versions(conn, &id)?;
        ids.push(id);
    }
    Ok(ids)
}

/// What a record belonged to when a text of it was last erased by a draft.
pub fn erased_of(conn: &mut Conn, kind: &str, key: &str) -> Result<Option<Belongs>, DbError> {
    let erasures = drafts::table
        .filter(drafts::kind.eq(kind))
        .filter(drafts::record_key.eq(key))
        .filter(drafts::action.eq(Action::Erase.value()))
        .filter(drafts::state.eq(DraftState::Published.value()));
    let last = erasures.order(drafts::publication.desc()).select((drafts::organisation, drafts::division));
    let found: Option<(Option<String>, Option<String>)> = last.first(conn).optional()?;
    Ok(found.map(|(organisation, division)| Belongs { organisation, division }))
}

/// Whether an open draft names a stored file.
pub fn is_file_drafted(conn: &mut Conn, sha256: &str) -> Result<bool, DbError> {
    Ok(!naming_file(conn, sha256)?.is_empty())
}

/// The open drafts that name a stored file.
pub fn naming_file(conn: &mut Conn, sha256: &str) -> Result<Vec<Draft>, DbError> {
    let pattern = format!("%{FILES}{sha256}%");
    let rows: Vec<Row> = drafts::table.filter(drafts::body.like(&pattern)).load(conn)?;
    rows.into_iter().map(|row| whole(conn, row)).collect()
}

fn whole(conn: &mut Conn, row: Row) -> Result<Draft, DbError> {
    let given: Vec<ApprovalRow> =
        approvals::table.filter(approvals::draft.eq(&row.id)).order(approvals::at).load(conn)?;
    let given = given.into_iter().map(Approval::try_from).collect::<Result<_, _>>()?;
    draft(row, given)
}

fn approvals_of(conn: &mut Conn, ids: &[String]) -> Result<BTreeMap<String, Vec<Approval>>, DbError> {
    let mut rows: Vec<ApprovalRow> = Vec::new();
    for ids in ids.chunks(IDS) {
        let of_ids = approvals::table.filter(approvals::draft.eq_any(ids.to_vec()));
        rows.extend(of_ids.order(approvals::at).load::<ApprovalRow>(conn)?);
    }
    let mut given: BTreeMap<String, Vec<Approval>> = BTreeMap::new();
    for row in rows {
        given.entry(row.draft.clone()).or_default().push(Approval::try_from(row)?);
    }
    Ok(given)
}

fn draft(row: Row, approvals: Vec<Approval>) -> Result<Draft, DbError> {
    let damaged = |what: &str| DbError::Damaged(format!("draft {} has {what}", row.id));
    let person = |id: Option<String>, name: Option<String>| id.zip(name).map(|(id, name)| Person { id, name });
    Ok(Draft {
        action: Action::of(&row.action).ok_or_else(|| damaged("an unknown action"))?,
        state: DraftState::of(&row.state).ok_or_else(|| damaged("an unknown state"))?,
        content: DraftContent {
            body: row.body.as_deref().map(serde_json::from_str).transpose()?,
            successor: row.successor,
            revision: row.revision,
            reason: row.reason,
            document: row.document.as_deref().map(serde_json::from_str).transpose()?,
            channels: serde_json::from_str(&row.channels)?,
        },
        id: row.id,
        kind: row.kind,
        key: row.record_key,
        version: row.version,
        base_revision: row.base_revision,
        belongs: Belongs { organisation: row.organisation, division: row.division },
        author: Person { id: row.author, name: row.author_name },
        submitter: person(row.submitter, row.submitter_name),
        approvals,
        comments: serde_json::from_str(&row.comments)?,
        effective_at: row.effective_at.map(|at| at.and_utc()),
        batch: row.batch,
        scheduled_by: row.scheduled_by.as_deref().map(serde_json::from_str).transpose()?,
        alert: row.alert.as_deref().map(serde_json::from_str).transpose()?,
        publication: row.publication,
        created_at: row.created_at.and_utc(),
        updated_at: row.updated_at.and_utc(),
        writers: serde_json::from_str(&row.writers)?,
    })
}

impl TryFrom<&Draft> for Row {
    type Error = DbError;

    fn try_from(draft: &Draft) -> Result<Self, DbError> {
        let draft = draft.clone();
        let open_record = draft.open_record();
        let (submitter, submitter_name) = draft.submitter.map(|person| (person.id, person.name)).unzip();
        Ok(Self {
            open_record,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_versions_go_and_the_newest_text_stays() {
        let mebibytes = |sizes: &[i64]| -> Vec<(i64, i64)> {
            sizes.iter().zip((0..).map(|back: i64| 1000 - back)).map(|(size, version)| (version, size << 20)).collect()
        };
        assert_eq!(newest_beyond(&[]), None);
        assert_eq!(newest_beyond(&mebibytes(&[1, 1, 1, 1])), None);
        assert_eq!(
            newest_beyond(&mebibytes(&[1, 1, 0, 1, 1, 1])),
            Some(995),
            "a step that changed no text takes nothing"
        );
        assert_eq!(newest_beyond(&mebibytes(&[0, 9])), None, "the newest text stays");
        assert_eq!(newest_beyond(&mebibytes(&[0, 9, 0, 1])), Some(998), "what is older does not");
        assert_eq!(newest_beyond(&mebibytes(&[0; 201])), Some(800));
    }
}
