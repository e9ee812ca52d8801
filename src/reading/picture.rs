//! Which state of the register an answer shows: the one that is current, the one at which a walk began, or, with `as_of`, the
//! one that was public then.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    cursor::Cursor,
    query::{Parameters, date, instant},
};
use crate::{
    answer::{Caching, Version},
    catalog::{Catalog, Snapshot},
    changes::Seq,
    problem::{Problem, Wrong},
};

/// How long an answer about an earlier state may be used: it never changes, but for an erasure.
const PINNED: Caching = Caching::Seconds(60);

/// The state of the register that one answer shows.
pub struct Picture {
    /// The register.
    pub snapshot: Arc<Snapshot>,
    /// Whether it is one that was asked for.
    is_pinned: bool,
    /// The last erasure that is known.
    erased: Seq,
}

impl Picture {
    /// The register at which a walk began, else as it was at `as_of`, else the `current` one.
    pub async fn of(
        catalog: &Catalog,
        current: Arc<Snapshot>,
        cursor: Option<&Cursor>,
        as_of: Option<Seq>,
    ) -> Result<Self, Problem> {
        let erased = current.erased();
        let is_pinned = cursor.is_some() || as_of.is_some();
        let snapshot = match (cursor, as_of) {
            (None, Some(seq)) => catalog.at(seq).await?,
            _ => pinned(catalog, current, cursor).await?,
        };
        Ok(Self { snapshot, is_pinned, erased })
    }

    /// The picture that these parameters ask for, which know nothing else but what was taken from them before.
    pub async fn asked(catalog: &Catalog, mut parameters: Parameters) -> Result<Self, Problem> {
        let current = catalog.snapshot();
        let as_of = take_as_of(&mut parameters, &current);
        parameters.finish()?;
        Self::of(catalog, current, None, as_of).await
    }

    /// The version of an answer: what was erased since then makes it another one.
    pub fn version(&self, version: Version) -> Version {
        match self.erased > self.snapshot.seq() {
            true => version.depending_on(self.erased),
            false => version,
        }
    }

    /// How long an answer may be used.
    pub fn caching(&self) -> Caching {
        if self.is_pinned { PINNED } else { Caching::Revalidate }
    }
}

/// Takes `as_of`, as the last change of the state that it names.
pub fn take_as_of(parameters: &mut Parameters, register: &Snapshot) -> Option<Seq> {
    parameters.parsed("as_of", |text| as_of(text, register))
}

/// After the publication to which a change belongs, or at an instant, or at the end of a day in China.
pub fn as_of(text: &str, register: &Snapshot) -> Result<Seq, Wrong> {
    let until = |at: DateTime<Utc>| register.seq_before(at);
    match text.parse::<Seq>() {
        Ok(seq) if seq > register.seq() => Err(Wrong::NotYet(register.seq())),
        Ok(0) => Ok(0),
        Ok(seq) if seq > 0 => Ok(register.publication_of(seq).unwrap_or(register.seq())),
        _ => match (date(text), instant(text)) {
            (Ok(day), _) => Ok(until(day + TimeDelta::days(1))),
            (_, Ok(at)) => Ok(until(at.checked_add_signed(TimeDelta::nanoseconds(1)).unwrap_or(at))),
            _ => Err(Wrong::ChangeOrInstant),
        },
    }
}

/// The register at which a walk began; the `current` one when it begins now.
pub async fn pinned(
    catalog: &Catalog,
    current: Arc<Snapshot>,
    cursor: Option<&Cursor>,
) -> Result<Arc<Snapshot>, Problem> {
    let Some(cursor) = cursor else { return Ok(current) };
    if cursor.seq > current.seq() {
        catalog.reach(cursor.seq).await?;
    }
    match catalog.snapshot().is_publication(cursor.seq) {
        true => catalog.at(cursor.seq).await,
        false => Err(Problem::invalid_cursor(Wrong::NotACursor)),
    }
}
