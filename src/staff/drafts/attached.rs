//! The readers of a draft's files: a file that is not public is read by the account that sent it, and by those who may see a draft that
//! names it.
//!
//! **Invariant:** by naming a file nobody comes to read it. A draft brings a file along only if one of its writers held it: had sent
//! it, or might read it when they wrote.

use super::{model::Draft, store};
use crate::{
    problem::Problem,
    register::{
        catalog::Snapshot,
        db::{Conn, DbError},
        files,
    },
    staff::{identity::Permission, requests::RequestContext},
};

/// Whether somebody may read a file that is not public.
pub fn may_read_file(conn: &mut Conn, context: &RequestContext, hash: &str) -> Result<bool, Problem> {
    if !context.caller.ever_may(Permission::ItemsRead) || !files::absent(conn, &[hash])?.is_empty() {
        return Ok(false);
    }
    let holders = files::holders(conn, hash)?;
    let naming = store::naming_file(conn, hash)?;
    let by_draft = naming.iter().any(|draft| context.sees(&draft.belongs) && brings(draft, &holders));
    Ok(by_draft || holders.contains(&context.caller.id))
}

/// Lists the files that a draft names and does not bring: its readers are not told whether they are stored for others or not at all.
pub fn absent(conn: &mut Conn, register: &Snapshot, draft: &Draft) -> Result<Vec<String>, DbError> {
    let named = named(draft);
    let mut absent = files::absent(conn, &named)?;
    for hash in named.into_iter().filter(|hash| !register.names_file(hash)) {
        if !absent.contains(&hash) && !brings(draft, &files::holders(conn, &hash)?) {
            absent.push(hash);
        }
    }
    Ok(absent)
}

/// Notes that the caller, who writes a draft, holds the files that it names, as far as the caller may read them.
pub fn hold(conn: &mut Conn, context: &RequestContext, register: &Snapshot, draft: &Draft) -> Result<(), Problem> {
    for hash in named(draft).iter().filter(|hash| !register.names_file(hash)) {
        if may_read_file(conn, context, hash)? {
            files::hold(conn, hash, &context.caller.id)?;
        }
    }
    Ok(())
}

fn named(draft: &Draft) -> Vec<String> {
    draft.content.body.as_ref().map(|body| files::named_in(&body.to_string())).unwrap_or_default()
}

/// Files that nobody sent come along with every draft, and so do those from before their holders were noted, whoever holds them since.
fn brings(draft: &Draft, holders: &[String]) -> bool {
    holders.is_empty()
        || holders.iter().any(String::is_empty)
        || draft.writers.iter().any(|writer| holders.contains(writer))
}
