//! What an erasure does beside the log: no draft, no earlier text of one, no stored answer and no file that only the erased
//! text named keeps what was erased, and no import.

use super::{model::Draft, store};
use crate::{
    catalog::{Entry, Snapshot},
    db::Conn,
    files, imports,
    problem::Problem,
    staff,
};

/// Takes the texts of every closed draft of the record away, the stored answers and imports that tell of it, and its files. For the
/// transaction of the erasure, after the log.
pub fn forget(conn: &mut Conn, before: &Snapshot, after: &Snapshot, draft: &Draft) -> Result<(), Problem> {
    let Some(key) = &draft.key else { return Ok(()) };
    let Some(entry) = after.get(&draft.kind, key) else { return Ok(()) };
    for key in entry.keys() {
        // The answer to a first save may be kept under the draft alone: the record had no key yet.
        for id in store::forget_closed(conn, &draft.kind, key)? {
            staff::forget_record(conn, &format!("draft/{id}"))?;
        }
        staff::forget_record(conn, &format!("{}/{key}", draft.kind))?;
        imports::forget_record(conn, &draft.kind, key)?;
    }
    staff::forget_record(conn, &draft.subject())?;
    let before = before.get(&draft.kind, key);
    forget_files(conn, after, before.map(|entry| &**entry), draft.content.revision)
}

/// The files that the erased text named and nothing else names.
fn forget_files(
    conn: &mut Conn,
    after: &Snapshot,
    before: Option<&Entry>,
    revision: Option<i64>,
) -> Result<(), Problem> {
    let erased = revision.and_then(|number| before?.revision(number));
    let Some(text) = erased.map(|revision| revision.text()).transpose()?.flatten() else { return Ok(()) };
    for hash in files::named_in(&text) {
        if !after.names_file(&hash) && !store::is_file_drafted(conn, &hash)? {
            files::forget(conn, &hash)?;
        }
    }
    Ok(())
}
