//! What an erasure does beside the log: no draft, no earlier text of one and no stored answer keeps what was erased.

use super::{model::Draft, store};
use crate::{db::Conn, problem::Problem, publication, staff, staff::Act};

/// Takes the texts of every closed draft of the record away, and the stored answers that tell of it.
pub fn forget(conn: &mut Conn, act: &Act, draft: &Draft) -> Result<(), Problem> {
    let Some(key) = &draft.key else { return Ok(()) };
    // This process may not know yet under which keys the record went.
    let register = publication::current(conn, &act.register)?;
    let entry = register.get(&draft.kind, key);
    let keys: Vec<String> = match entry {
        Some(entry) => entry.keys().map(|key| key.to_string()).collect(),
        None => vec![key.clone()],
    };
    for key in keys {
        for id in store::forget_closed(conn, &draft.kind, &key)? {
            staff::forget_record(conn, &format!("draft/{id}"))?;
        }
    }
    staff::forget_record(conn, &draft.subject())?;
    Ok(())
}
