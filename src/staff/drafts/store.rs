//! Queries: drafts and their approvals. No rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, TextExpressionMethods, dsl::sql, sql_types::Bool,
};

use super::{
    model::{Approval, Draft, forget_texts},
    row::{ApprovalRow, Row},
    sought::sought,
    versions,
};
use crate::{
    register::{
        catalog::FILES,
        db::{
            Conn, DbError,
            schema::{approvals, drafts},
        },
    },
    staff::identity::Belongs,
    values::code_lists::{Action, DraftState},
};

/// Drafts that are asked for at a time by their ids.
const IDS: usize = 500;
/// Drafts that are made findable in one transaction.
const MADE_FINDABLE: i64 = 100;

/// Locks a draft and loads it: from here on nobody else changes it until the transaction ends.
pub fn lock(conn: &mut Conn, id: &str) -> Result<Option<Draft>, DbError> {
    // Loading first would load a version older than the lock.
    diesel::update(drafts::table.find(id)).set(drafts::version.eq(drafts::version + 0)).execute(conn)?;
    load(conn, id)
}

/// Locks drafts in the order of their ids, as everybody does who has many of them.
pub fn lock_all<'a>(conn: &mut Conn, ids: impl IntoIterator<Item = &'a str>) -> Result<(), DbError> {
    let ids: BTreeSet<&str> = ids.into_iter().collect();
    for id in ids {
        diesel::update(drafts::table.find(id)).set(drafts::version.eq(drafts::version + 0)).execute(conn)?;
    }
    Ok(())
}

/// The drafts that an import made: id, state and owner, in the order in which they were made.
pub fn of_import(conn: &mut Conn, import: &str) -> Result<Vec<(String, DraftState, Belongs)>, DbError> {
    let made = drafts::table.filter(drafts::import.eq(import));
    let columns = (drafts::id, drafts::state, drafts::organisation, drafts::division);
    let rows: Vec<(String, String, Option<String>, Option<String>)> =
        made.select(columns).order(drafts::id).load(conn)?;
    let mut found = Vec::with_capacity(rows.len());
    for (id, state, organisation, division) in rows {
        let state =
            DraftState::of(&state).ok_or_else(|| DbError::Damaged(format!("draft {id} has an unknown state")))?;
        found.push((id, state, Belongs { organisation, division }));
    }
    Ok(found)
}

/// Loads a draft.
pub fn load(conn: &mut Conn, id: &str) -> Result<Option<Draft>, DbError> {
    let rows = drafts::table.find(id).load(conn)?;
    Ok(whole(conn, rows)?.pop())
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
    rows.into_iter().map(|row| row.draft(Vec::new())).collect()
}

/// The drafts in one of these states that give records another key, without their approvals.
pub fn in_states_renumbering(conn: &mut Conn, states: &[DraftState]) -> Result<Vec<Draft>, DbError> {
    let renumbering = drafts::table.filter(drafts::state.eq_any(values(states)));
    let rows: Vec<Row> = renumbering.filter(drafts::action.eq(Action::Renumber.value())).load(conn)?;
    rows.into_iter().map(|row| row.draft(Vec::new())).collect()
}

fn values(states: &[DraftState]) -> Vec<&'static str> {
    states.iter().map(|state| state.value()).collect()
}

/// The drafts with these ids, in the order of the ids.
pub fn of_ids(conn: &mut Conn, ids: &[String]) -> Result<Vec<Draft>, DbError> {
    let mut rows = Vec::new();
    for ids in ids.chunks(IDS) {
        rows.extend(drafts::table.filter(drafts::id.eq_any(ids.to_vec())).load::<Row>(conn)?);
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    whole(conn, rows)
}

/// The open drafts of a record: one, or of a record that is new, one for each office that proposes it.
pub fn open_of(conn: &mut Conn, kind: &str, key: &str) -> Result<Vec<Draft>, DbError> {
    let of_record = drafts::table.filter(drafts::kind.eq(kind)).filter(drafts::record_key.eq(key));
    let rows = of_record.filter(drafts::open_record.is_not_null()).order(drafts::id).load(conn)?;
    whole(conn, rows)
}

/// The open drafts of all records: id, what is done to which record (`item/1135…`), and what the draft belongs to.
pub fn drafted(conn: &mut Conn) -> Result<Vec<(String, String, String, Belongs)>, DbError> {
    let open = drafts::table.filter(drafts::open_record.is_not_null());
    let columns = (drafts::id, drafts::action, drafts::kind, drafts::record_key);
    let rows: Vec<Open> = open.select((columns, (drafts::organisation, drafts::division))).load(conn)?;
    let row = |((id, action, kind, key), (organisation, division)): Open| {
        (id, action, format!("{kind}/{}", key.unwrap_or_default()), Belongs { organisation, division })
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Id, action, kind and key of an open draft, then its organisation and division.
type Open = ((String, String, String, Option<String>), (Option<String>, Option<String>));

/// Counts the open drafts of an office.
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
        diesel::insert_into(approvals::table).values(ApprovalRow::of(&draft.id, approval)).execute(conn)?;
    }
    Ok(())
}

/// Makes drafts findable that were written before drafts were searched, some at a time: those with ids after this one. Returns the last
/// of them.
pub fn make_findable(conn: &mut Conn, after: &str) -> Result<Option<String>, DbError> {
    // As the index says it: a bound value would not be answered from it.
    let not_findable = drafts::table.filter(sql::<Bool>("sought = ''")).filter(drafts::id.gt(after));
    let rows: Vec<Row> = not_findable.order(drafts::id).limit(MADE_FINDABLE).load(conn)?;
    let mut last = None;
    for row in rows {
        let draft = row.draft(Vec::new())?;
        let of_version = drafts::table.filter(drafts::id.eq(&draft.id)).filter(drafts::version.eq(draft.version));
        diesel::update(of_version).set(drafts::sought.eq(sought(&draft))).execute(conn)?;
        last = Some(draft.id);
    }
    Ok(last)
}

/// Takes away the texts of the closed drafts of a record, its name in them and their comments, which may quote the record; returns the
/// ids of the drafts. They have the `name` that is left to the record. Author, time and step of a comment stay, and so do reason and
/// document of a published draft: they stand in the log.
pub fn forget_closed(conn: &mut Conn, kind: &str, key: &str, name: Option<&str>) -> Result<Vec<String>, DbError> {
    let closed = drafts::table
        .filter(drafts::kind.eq(kind))
        .filter(drafts::record_key.eq(key))
        .filter(drafts::open_record.is_null());
    let rows: Vec<Row> = closed.load(conn)?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let mut draft = row.draft(Vec::new())?;
        forget_texts(&mut draft.comments);
        draft.content.body = None;
        draft.alert = None;
        draft.name = name.map(str::to_owned);
        if draft.state == DraftState::Discarded {
            draft.content.reason = None;
            draft.content.document = None;
        }
        diesel::update(drafts::table.find(&draft.id)).set(Row::try_from(&draft)?).execute(conn)?;
        versions::forget(conn, &draft.id)?;
        ids.push(draft.id);
    }
    Ok(ids)
}

/// The owner that a record had when a text of it was last erased by a draft.
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
    let rows = drafts::table.filter(drafts::body.like(&pattern)).load(conn)?;
    whole(conn, rows)
}

/// The drafts of these rows, with their approvals.
fn whole(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Draft>, DbError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut given = approvals_of(conn, &ids)?;
    let draft = |row: Row| {
        let approvals = given.remove(&row.id).unwrap_or_default();
        row.draft(approvals)
    };
    rows.into_iter().map(draft).collect()
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
