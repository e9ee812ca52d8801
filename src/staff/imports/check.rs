//! Use case: somebody has a file looked at.

use std::sync::Arc;

use actix_web::web::Bytes;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    findings::{MOST_TOLD, Rehearsal},
    interpret::{Defaults, ImportSource, Mapped, add_named},
    judge::Importer,
    read::read,
    rehearse::{Rehearsing, rehearse},
    report::RowOutcome,
};
use crate::{
    model::kinds::Kind,
    problem::{FieldError, Problem},
    register::{catalog::Snapshot, db::Conn, publication},
    staff::{
        drafts,
        kept_imports::{ImportParts, State, Summary},
        requests::{RequestContext, office, owner},
    },
    values::local_time,
};

/// The count of values that leave the register, beside the counts of rows.
pub const REMOVED: &str = "removed";
/// The count of rows of which the drafts cannot be submitted as they are.
const INCOMPLETE: &str = "incomplete";

/// A file that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its content.
    pub bytes: Bytes,
    /// Its name.
    pub name: String,
    /// The kind of record that was said with it.
    pub kind: Option<String>,
    /// The fields of its headers that were said with it: an object in JSON.
    pub columns: Option<String>,
    /// The values of new records that were said with it, where it says none: a list in JSON.
    pub defaults: Option<String>,
}

/// Finds the kind with this name.
pub fn kind_named(register: &Snapshot, name: Option<&str>) -> Result<Option<&'static Kind>, FieldError> {
    let Some(name) = name else { return Ok(None) };
    register.kind(name).map(Some).ok_or_else(|| publication::unknown_kind(register))
}

/// The records that an import may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportScope {
    /// Those that the caller edits.
    OfCaller,
    /// All: the first publication, by who has the server's shell.
    Everything,
}

/// Looks at a file: what it would do, without doing it.
pub fn check(
    conn: &mut Conn,
    context: &RequestContext,
    sent: &Sent,
    scope: ImportScope,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Summary, Arc<ImportParts>), Problem> {
    let register = publication::current(conn, &context.register)?;
    let mut source = source_of(&register, sent)?;
    let everything = scope == ImportScope::Everything;
    let mut importer = Importer {
        drafted: drafts::drafted(conn, |belongs| everything || context.sees(belongs))?,
        outside: &mut |kind, entry, body| match scope {
            ImportScope::Everything => Ok(None),
            ImportScope::OfCaller => {
                let whose = drafts::outside(conn, context, &register, kind, entry, body)?;
                Ok(whose.map(|belongs| owner(&belongs, &register)))
            }
        },
        today: local_time(context.now).date(),
    };
    add_named(&mut source, &register, &importer.drafted)?;
    // Operators with the shell of the server know what it has room for.
    let most_told = if everything { usize::MAX } else { MOST_TOLD };
    let rehearsal = rehearse(&source, &register, &mut importer, &mut Rehearsing { most_told, progress })?;
    drop(source);
    let summary = summary(context, sent, register.seq(), &rehearsal);
    let Rehearsal { rows, proposals, .. } = rehearsal;
    Ok((summary, Arc::new(ImportParts { rows, records: proposals, file: sent.bytes.clone() })))
}

/// Reads a file and finds what its tables are about.
fn source_of(register: &Snapshot, sent: &Sent) -> Result<ImportSource, Problem> {
    let refused = |error| Problem::invalid_body(vec![error]);
    let given = kind_named(register, sent.kind.as_deref()).map_err(refused)?;
    let kinds: Vec<_> = register.kinds().collect();
    let mapped = match &sent.columns {
        Some(columns) => Mapped::read(columns, given.as_ref().map_or(&kinds[..], std::slice::from_ref)),
        None => Ok(Mapped::default()),
    };
    let mapped = mapped.map_err(Problem::invalid_body)?;
    let content = read(&sent.bytes, &kinds, given).map_err(|wrong| refused(FieldError::at("/file", wrong)))?;
    let defaults = sent.defaults.as_deref().map(|text| Defaults::read(text, &kinds)).transpose();
    let defaults = defaults.map_err(Problem::invalid_body)?.unwrap_or_default();
    let source = ImportSource::of(content, &kinds, given, &mapped).map_err(refused)?;
    Ok(ImportSource { defaults, ..source })
}

fn summary(context: &RequestContext, sent: &Sent, seq: i64, rehearsal: &Rehearsal) -> Summary {
    Summary {
        id: Uuid::now_v7().to_string(),
        account: context.caller.id.clone(),
        account_name: context.caller.name.clone(),
        state: State::Checked,
        file_name: sent.name.clone(),
        file_size: i64::try_from(sent.bytes.len()).unwrap_or(i64::MAX),
        kind: sent.kind.clone(),
        seq,
        counts: counts(rehearsal),
        drafts: None,
        created_at: context.now,
        applied_at: None,
        office: office(&context.caller),
    }
}

fn counts(rehearsal: &Rehearsal) -> Value {
    let count = |outcome: &RowOutcome| rehearsal.counts.get(outcome).copied().unwrap_or(0);
    let mut counts: Map<String, Value> =
        RowOutcome::ALL.iter().map(|outcome| (outcome.value().to_owned(), count(outcome).into())).collect();
    counts.insert(REMOVED.into(), rehearsal.removed.into());
    counts.insert(INCOMPLETE.into(), rehearsal.incomplete.into());
    Value::Object(counts)
}
