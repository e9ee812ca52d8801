//! Queries: the earlier versions of drafts, for clients that come with one of them. No rules.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

use crate::{
    register::db::{Conn, DbError, schema::draft_versions},
    staff::identity::Belongs,
};

/// Versions of an open draft that are kept, and bytes of their texts; the newest text is kept whatever it takes.
const VERSIONS: usize = 200;
const BYTES: i64 = 4 << 20;
/// Texts of an office that are looked through at a time for those that are dropped.
const BATCH: i64 = 1000;

/// A version of a draft: the step that made it.
#[derive(Clone, Debug, Queryable, Insertable)]
#[diesel(table_name = draft_versions)]
pub struct DraftVersion {
    /// The draft.
    pub draft: String,
    /// The version that it made.
    pub version: i64,
    /// Time of the step.
    pub at: NaiveDateTime,
    /// Name of the account that took the step.
    pub by_name: String,
    /// The step: `save`, `submit`, …
    pub step: String,
    /// The text since then, where the step changed it.
    pub content: Option<String>,
    /// The office that the draft belonged to: its organisation, else its division.
    pub office: String,
    /// Bytes of the text.
    pub bytes: i64,
}

/// Inserts a version and drops the oldest ones of the draft. What it says now is no version: it stands with the draft.
pub fn insert(conn: &mut Conn, version: DraftVersion) -> Result<(), DbError> {
    let draft = version.draft.clone();
    diesel::insert_into(draft_versions::table).values(version).execute(conn)?;
    let kept: Vec<(i64, i64)> = draft_versions::table
        .filter(draft_versions::draft.eq(&draft))
        .order(draft_versions::version.desc())
        .select((draft_versions::version, draft_versions::bytes))
        .load(conn)?;
    match newest_beyond(&kept) {
        Some(version) => drop_up_to(conn, &draft, version),
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
fn drop_up_to(conn: &mut Conn, draft: &str, version: i64) -> Result<(), DbError> {
    let old = draft_versions::table.filter(draft_versions::draft.eq(draft));
    diesel::delete(old.filter(draft_versions::version.le(version))).execute(conn)?;
    Ok(())
}

/// Drops the oldest versions of the drafts of an office, until their texts take no more than `most` bytes.
pub fn drop_beyond(conn: &mut Conn, office: &Belongs, most: u64) -> Result<(), DbError> {
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
            drop_up_to(conn, &draft, version)?;
        }
    }
    Ok(())
}

/// The name under which the drafts of an office count: its organisation, else its division.
pub fn office_of(belongs: &Belongs) -> String {
    belongs.organisation.as_ref().or(belongs.division.as_ref()).cloned().unwrap_or_default()
}

/// The text of a draft as of a version, where it is still kept, and what was done to the draft since, oldest first.
pub fn since(conn: &mut Conn, id: &str, since: i64) -> Result<(Option<String>, Vec<DraftVersion>), DbError> {
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
pub fn forget(conn: &mut Conn, id: &str) -> Result<(), DbError> {
    diesel::delete(draft_versions::table.filter(draft_versions::draft.eq(id))).execute(conn)?;
    Ok(())
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
