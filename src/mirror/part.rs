//! Which lines of a source's publication belong into a gathered log, and which wait outside.
//!
//! To a division belong the records that name it or a division below it, and those of organisations there. With them comes
//! what they refer to, whatever it is and wherever it lies, and what that refers to: laws, organisations above, places and
//! items elsewhere. A record comes with all of its history, and what once belonged goes on to belong.

use std::collections::{BTreeMap, HashSet};

use super::store::{self, Outside};
use crate::{
    model::kinds::{Indexed, Owner, Reference, Slot},
    register::{
        catalog::{Entry, Snapshot},
        changes::{Change, Seq},
        db::{Conn, DbError},
        upstream::Dispute,
    },
    values::{code_lists::Action, division::significant},
};

/// A publication of a source, sorted.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The lines that belong into the log, oldest first: those of the publication, and those that waited outside until now.
    pub inside: Vec<Change>,
    /// The lines that were left out because their record is another source's: the place of each, and whose it is.
    pub disputed: Vec<(Seq, Dispute)>,
}

/// Sorts the lines of one publication of `source`; `register` is what this log folds to. Lines that do not belong into it
/// are put aside.
pub fn sort(
    conn: &mut Conn,
    register: &Snapshot,
    source: &str,
    division: Option<&str>,
    lines: Vec<Change>,
) -> Result<Sorted, DbError> {
    let (mut own, mut disputed) = (Vec::new(), Vec::new());
    for line in lines {
        match claimed_by_another(register, source, &line) {
            Some(dispute) => disputed.push((line.seq, dispute)),
            None => own.push(line),
        }
    }
    let Some(division) = division else { return Ok(Sorted { inside: own, disputed }) };
    let mut sorting = Sorting { register, source, division, admitted: HashSet::new(), called_in: BTreeMap::new() };
    sorting.admit_all(conn, &own)?;
    let (mut inside, outside): (Vec<_>, Vec<_>) =
        own.into_iter().partition(|line| sorting.is_inside(&line.kind, &line.key));
    for line in outside {
        if line.action == Action::Erase {
            store::erase_aside(conn, source, &line)?;
        }
        let organisation =
            sorting.indexed(&line)?.and_then(|indexed| organisation(&indexed).map(|own| own.key.clone()));
        store::put_aside(conn, source, line, organisation.as_deref())?;
    }
    inside.splice(0..0, sorting.called_in.into_values());
    Ok(Sorted { inside, disputed })
}

/// Returns the dispute about a line whose record, or whose new key, is another source's.
fn claimed_by_another(register: &Snapshot, source: &str, line: &Change) -> Option<Dispute> {
    let new_key = line.successor.as_ref().filter(|_| line.action == Action::Renumber);
    [Some(&line.key), new_key].into_iter().flatten().find_map(|key| {
        let owner = owner_of(register.get(&line.kind, key)?)?;
        let dispute = || Dispute {
            kind: line.kind.clone(),
            key: key.clone(),
            owner: owner.to_owned(),
            claimed_by: source.to_owned(),
        };
        (owner != source).then(dispute)
    })
}

/// The source from which a record comes.
fn owner_of(entry: &Entry) -> Option<&str> {
    let first = entry.revisions.front().map(|revision| &revision.change);
    first.and_then(|change| change.origin.as_ref()).map(|origin| origin.source.as_str())
}

/// The organisation that a record belongs to.
fn organisation(indexed: &Indexed) -> Option<&Reference> {
    indexed.references.iter().find(|reference| reference.slot == Slot::Organisation)
}

struct Sorting<'a> {
    register: &'a Snapshot,
    source: &'a str,
    division: &'a str,
    /// Records that were let in just now: kind and any of their keys.
    admitted: HashSet<(String, String)>,
    /// Lines that waited outside until now.
    called_in: BTreeMap<Seq, Change>,
}

impl Sorting<'_> {
    fn is_inside(&self, kind: &str, key: &str) -> bool {
        self.register.get(kind, key).is_some() || self.admitted.contains(&(kind.to_owned(), key.to_owned()))
    }

    /// Lets in whatever belongs inside, until nothing more does: an organisation may come after what is its own.
    fn admit_all(&mut self, conn: &mut Conn, own: &[Change]) -> Result<(), DbError> {
        loop {
            let before = self.admitted.len();
            for line in own {
                if !self.is_inside(&line.kind, &line.key) && self.belongs(own, line)? {
                    self.admit(conn, own, &line.kind, &line.key)?;
                }
                if self.is_inside(&line.kind, &line.key) {
                    self.admit_with(conn, own, line)?;
                }
            }
            if self.admitted.len() == before {
                return Ok(());
            }
        }
    }

    /// Lets a record in, with the lines of it that wait.
    fn admit(&mut self, conn: &mut Conn, own: &[Change], kind: &str, key: &str) -> Result<(), DbError> {
        let mut records = vec![(kind.to_owned(), key.to_owned())];
        while let Some((kind, key)) = records.pop() {
            if self.is_inside(&kind, &key) {
                continue;
            }
            let waiting = store::waiting(conn, Outside { source: self.source, kind: &kind, key: &key })?;
            if waiting.is_empty() && !own.iter().any(|line| (&line.kind, &line.key) == (&kind, &key)) {
                // Nowhere in the register: a reference that leads nowhere there, too.
                continue;
            }
            self.admitted.insert((kind, key));
            store::let_in(conn, self.source, &waiting)?;
            for line in waiting {
                self.admitted.extend(keys_of(&line));
                records.extend(self.needed_by(conn, &line)?);
                self.called_in.insert(line.seq, line);
            }
        }
        Ok(())
    }

    /// Lets in what a line inside needs.
    fn admit_with(&mut self, conn: &mut Conn, own: &[Change], line: &Change) -> Result<(), DbError> {
        self.admitted.extend(keys_of(line));
        for (kind, key) in self.needed_by(conn, line)? {
            self.admit(conn, own, &kind, &key)?;
        }
        Ok(())
    }

    /// The records that have to be inside when this line is: those that it refers to, and those of the organisation that
    /// it is about, if that lies in the division.
    fn needed_by(&self, conn: &mut Conn, line: &Change) -> Result<Vec<(String, String)>, DbError> {
        let Some(indexed) = self.indexed(line)? else { return Ok(Vec::new()) };
        let successor = line.successor.iter().map(|key| (line.kind.clone(), key.clone()));
        let references = indexed.references.iter();
        let named = references
            .flat_map(|reference| reference.kinds.iter().map(|kind| ((*kind).to_owned(), reference.key.clone())));
        let mut needed: Vec<_> = named.chain(successor).collect();
        let is_organisation = self.register.kind(&line.kind).is_some_and(|kind| kind.owner == Owner::Itself);
        if is_organisation && self.covers(indexed.division.as_deref()) {
            for key in [Some(&line.key), line.successor.as_ref()].into_iter().flatten() {
                needed.extend(store::waiting_of(conn, self.source, key)?);
            }
        }
        Ok(needed)
    }

    /// Whether a line says that its record lies in the division.
    fn belongs(&self, own: &[Change], line: &Change) -> Result<bool, DbError> {
        let Some(indexed) = self.indexed(line)? else { return Ok(false) };
        if indexed.division.is_some() {
            return Ok(self.covers(indexed.division.as_deref()));
        }
        let Some(organisation) = organisation(&indexed) else { return Ok(false) };
        let is_it = |line: &&Change| organisation.kinds.contains(&line.kind.as_str()) && line.key == organisation.key;
        let beside = own.iter().rev().filter(is_it).find_map(|line| self.indexed(line).transpose()).transpose()?;
        Ok(match beside {
            Some(organisation) => self.covers(organisation.division.as_deref()),
            None => {
                self.register.resolve(organisation).is_some_and(|(_, entry)| self.covers(entry.division.as_deref()))
            }
        })
    }

    fn covers(&self, division: Option<&str>) -> bool {
        division.is_some_and(|division| significant(division).starts_with(significant(self.division)))
    }

    fn indexed(&self, line: &Change) -> Result<Option<Indexed>, DbError> {
        let kind = self.register.kind(&line.kind);
        Ok(kind.zip(line.body.as_deref()).map(|(kind, body)| (kind.index)(body)).transpose()?)
    }
}

/// The keys that a line gives its record.
fn keys_of(line: &Change) -> impl Iterator<Item = (String, String)> {
    let new = line.successor.iter().filter(|_| line.action == Action::Renumber);
    std::iter::once(&line.key).chain(new).map(|key| (line.kind.clone(), key.clone()))
}
