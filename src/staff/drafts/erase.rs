//! Erasing beside the log: no draft, no name of one, no earlier text of one, no comment on one, no stored answer and no file that only the
//! erased text named among what is public keeps what was erased, and no import.

use super::{model::Draft, open::name_of, store};
use crate::{
    problem::Problem,
    register::{catalog::Snapshot, db::Conn, files},
    staff::{kept_imports, requests},
};

/// Takes the texts of every closed draft of the record away and what was said of them, the stored answers and imports that tell of it,
/// and its files. For the transaction of the erasure, after the log. The erasure's own draft is still open: its comments go when it is
/// closed.
pub fn forget(conn: &mut Conn, before: &Snapshot, after: &Snapshot, draft: &Draft) -> Result<(), Problem> {
    let Some(key) = &draft.key else { return Ok(()) };
    let Some(entry) = after.get(&draft.kind, key) else { return Ok(()) };
    let name = name_of(entry);
    for key in entry.keys() {
        // The answer to a first save may be kept under the draft alone: the record had no key yet.
        for id in store::forget_closed(conn, &draft.kind, key, name.as_deref())? {
            requests::forget_record(conn, &format!("draft/{id}"))?;
        }
        requests::forget_record(conn, &format!("{}/{key}", draft.kind))?;
        kept_imports::forget_record(conn, &draft.kind, key)?;
    }
    requests::forget_record(conn, &draft.subject())?;
    forget_files(conn, after, &files_of(before, draft)?)
}

/// The files that the text names which a draft erases.
pub fn files_of(register: &Snapshot, draft: &Draft) -> Result<Vec<String>, Problem> {
    let entry = draft.key.as_deref().and_then(|key| register.get(&draft.kind, key));
    let erased = draft.content.revision.and_then(|number| entry?.revision(number));
    let text = erased.map(|revision| revision.text()).transpose()?.flatten();
    Ok(text.map(|text| files::named_in(&text)).unwrap_or_default())
}

/// Forgets those files of the erased text that no other public one names. A draft that names one keeps nothing: whoever checks it is told
/// that the file is not stored.
fn forget_files(conn: &mut Conn, after: &Snapshot, files: &[String]) -> Result<(), Problem> {
    for hash in files.iter().filter(|hash| !after.names_file(hash)) {
        files::forget(conn, hash)?;
    }
    Ok(())
}
