//! What an erasure does beside the log: no draft, no earlier text of one and no stored answer keeps what was erased.

use super::{model::Draft, store};
use crate::{catalog::Snapshot, db::Conn, problem::Problem, staff};

/// Takes the texts of every closed draft of the record away, and the stored answers that tell of it.
pub fn forget(conn: &mut Conn, register: &Snapshot, draft: &Draft) -> Result<(), Problem> {
    let Some(key) = &draft.key else { return Ok(()) };
    let entry = register.get(&draft.kind, key);
    let keys: Vec<String> = match entry {
        Some(entry) => entry.keys().map(|key| key.to_string()).collect(),
        None => vec![key.clone()],
    };
    for key in keys {
        store::forget_closed(conn, &draft.kind, &key)?;
        staff::forget_record(conn, &format!("{}/{key}", draft.kind))?;
    }
    Ok(())
}
