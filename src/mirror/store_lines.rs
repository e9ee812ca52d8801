//! Use case: lines of a source that were checked are stored, and the cursor with them, in one transaction.

use std::collections::BTreeSet;

use super::{part, store, verify::Cursor};
use crate::{
    register::{
        catalog::Snapshot,
        changes::{self, Change, CopyError, Origin},
        db::{Conn, DbError, scrub},
        files,
        notary::Unfit,
        publication::current,
        upstream::LogKind,
    },
    values::code_lists::Action,
};

/// Lines that are about to be stored.
#[derive(Debug)]
pub struct Taking {
    /// The register that they come from.
    pub source: String,
    /// Whose log they go into.
    pub log: LogKind,
    /// The division to which the log is limited.
    pub division: Option<String>,
    /// How far the source was taken before them.
    pub from: Cursor,
    /// How far it is taken with them.
    pub to: Cursor,
    /// Whole publications; where the log is gathered, one.
    pub lines: Vec<Change>,
}

/// Stores them and says which files they name that were written, or `None` where another process took them first. `known` is any
/// snapshot of this log.
pub fn store_lines(conn: &mut Conn, known: &Snapshot, taking: Taking) -> Result<Option<BTreeSet<String>>, CopyError> {
    // Locked first, so that whoever takes the same lines waits here, and then finds the cursor moved.
    changes::lock_head(conn)?;
    let Taking { source, log, division, from, to, lines } = taking;
    if store::cursor(conn, &source)? != from {
        return Ok(None);
    }
    let erasures: Vec<_> = lines.iter().filter(|line| line.action == Action::Erase).cloned().collect();
    let before = (!erasures.is_empty()).then(|| current(conn, known)).transpose()?;
    let named = match log {
        LogKind::Copied => {
            changes::copy(conn, &lines)?;
            named_by(&lines)
        }
        LogKind::Gathered => gather(conn, known, &source, division.as_deref(), lines)?,
    };
    store::move_cursor(conn, &source, &to)?;
    if let Some(before) = before {
        forget_files(conn, &before, &erasures)?;
        scrub::ask(conn)?;
    }
    Ok(Some(named))
}

/// The files that lines name.
pub fn named_by(lines: &[Change]) -> BTreeSet<String> {
    lines.iter().filter_map(|line| line.body.as_deref()).flat_map(files::named_in).collect()
}

/// Takes the files that the erased texts named, and nothing else names now, out of the store.
fn forget_files(conn: &mut Conn, before: &Snapshot, erasures: &[Change]) -> Result<(), DbError> {
    let after = current(conn, before)?;
    for erasure in erasures {
        let entry = before.get(&erasure.kind, &erasure.key);
        let Some(revision) = entry.and_then(|entry| entry.revision(erasure.revision)) else { continue };
        for hash in revision.text()?.iter().flat_map(|text| files::named_in(text)) {
            if !after.names_file(&hash) {
                files::forget(conn, &hash)?;
            }
        }
    }
    Ok(())
}

fn gather(
    conn: &mut Conn,
    known: &Snapshot,
    source: &str,
    division: Option<&str>,
    lines: Vec<Change>,
) -> Result<BTreeSet<String>, CopyError> {
    let register = current(conn, known)?;
    let sorted = part::sort(conn, &register, source, division, lines)?;
    for (seq, dispute) in &sorted.disputed {
        if store::dispute(conn, dispute, *seq)? {
            let (kind, key, owner) = (&dispute.kind, &dispute.key, &dispute.owner);
            log::error!(
                "mirror: {source} claims {kind} {key} in its line {seq}, which is {owner}'s: its lines are left out"
            );
        }
    }
    let origin = |line: Change| {
        let origin = Some(Origin { source: source.to_owned(), seq: line.seq });
        Change { origin, ..line }
    };
    let inside: Vec<_> = sorted.inside.into_iter().map(origin).collect();
    let named = named_by(&inside);
    if !inside.is_empty() {
        changes::gather(conn, inside)?;
    }
    Ok(named)
}

impl From<CopyError> for super::source::SourceTrouble {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Broken(broken) => Self::Refused(broken.into()),
            CopyError::Database(error) => Self::Database(error),
        }
    }
}

/// Prepares the store to be the mirror of these sources, or says why it cannot be.
pub fn prepare(
    conn: &mut Conn,
    sources: &[String],
    log: LogKind,
    division: Option<&str>,
) -> Result<Vec<Cursor>, OpenError> {
    let (head, _) = changes::lock_head(conn)?;
    let gathers = log == LogKind::Gathered;
    match store::kept_as(conn)? {
        None if head > 0 => return Err(OpenError::OwnRegister),
        None => store::keep_as(conn, gathers, division)?,
        Some(kept) if kept != (gathers, division.map(str::to_owned)) => return Err(OpenError::OtherMirror),
        Some(_) => {}
    }
    let known = store::sources(conn)?;
    if let ([known], [source], LogKind::Copied) = (known.as_slice(), sources, log) {
        // Another address of the log that was copied: whether it is, the first page will tell.
        store::rename_source(conn, known, source)?;
    }
    sources.iter().map(|source| Ok(store::cursor(conn, source)?)).collect()
}

/// Why a store cannot be a mirror's.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Something was published in it.
    #[error("it holds a register of its own; a mirror needs an empty store")]
    OwnRegister,
    /// It is a mirror's, and nothing may be published in it.
    #[error("it is the store of a mirror: run `qingdan mirror`")]
    IsMirror,
    /// It is another mirror's.
    #[error(
        "it is the store of a mirror of another part, or of one source where there are several now; use an empty store"
    )]
    OtherMirror,
    /// It shows something else than its source signed.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// No HTTP client can be made.
    #[error("no HTTP client can be made: {0}")]
    Client(#[from] reqwest::Error),
}
