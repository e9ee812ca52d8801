//! The mirror's own log: where sources were taken to, and how lines that were checked get into it and are shown.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::Data;

use super::{
    files,
    source::SourceTrouble,
    store,
    store_lines::{OpenError, Taking, store_lines},
    verify::Cursor,
};
use crate::{
    base::threads,
    register::{
        catalog::Catalog,
        changes::{self, Change},
        db::{Db, DbError},
        notary::{self, Notary},
        upstream::{LogKind, Upstream},
    },
    transparency::Checkpoint,
};

/// The log that a mirror writes, and what is made of it.
pub struct OwnLog {
    /// The store.
    pub db: Db,
    /// The register that the log folds to.
    pub catalog: Data<Catalog>,
    /// The sources, and how each is followed.
    pub upstream: Data<Upstream>,
    /// The notary that gives out checkpoints here: of a copied log, those of the source.
    pub notary: Data<Notary>,
}

impl OwnLog {
    /// Says whether its lines are those of its source.
    pub fn is_copied(&self) -> bool {
        self.upstream.log() == LogKind::Copied
    }

    /// Reads how far a source was taken, by this process or by another with the same store.
    pub async fn cursor(&self, source: &str) -> Result<Cursor, DbError> {
        let name = source.to_owned();
        let cursor = self.db.read(move |conn| store::cursor(conn, &name)).await?;
        if self.is_copied() {
            self.catalog.catch_up(&self.db).await;
            self.repeat(&cursor);
        }
        Ok(cursor)
    }

    /// Checks that the register shows what was taken, and what of it the source signed.
    pub async fn must_show(&self, cursor: &Cursor) -> Result<(), OpenError> {
        self.catalog.catch_up(&self.db).await;
        let register = self.catalog.snapshot();
        changes::must_be_of(&cursor.edge, register.tree())?;
        match cursor.repeats() {
            Some(signed) => Ok(notary::must_extend(&signed, register.tree())?),
            None => Ok(()),
        }
    }

    /// Gives out the checkpoint of the source, where it is one of lines that are shown.
    pub fn repeat(&self, cursor: &Cursor) {
        let opened = cursor.repeated.as_ref().and_then(|note| Checkpoint::open(note, &cursor.keys).ok());
        if let Some((checkpoint, note)) = opened
            && self.catalog.snapshot().tree().root(checkpoint.size) == Some(checkpoint.root)
        {
            self.notary.repeat(checkpoint, note, &cursor.keys);
        }
    }

    /// Checks that these lines are the next ones, and gives them back with the cursor after them.
    pub async fn checked(&self, cursor: &Cursor, lines: Vec<Change>) -> Result<(Vec<Change>, Cursor), SourceTrouble> {
        let (begin, register) = (cursor.clone(), self.catalog.snapshot());
        let check = move || begin.after(&lines, &register.kinds().collect::<Vec<_>>()).map(|end| (lines, end));
        Ok(threads::spawn(check).await.map_err(DbError::from)??)
    }

    /// Divides lines into the portions in which they are stored: a log of its own takes one publication at a time.
    pub fn portions(&self, lines: Vec<Change>) -> Vec<Vec<Change>> {
        match self.upstream.log() {
            LogKind::Copied if lines.is_empty() => Vec::new(),
            LogKind::Copied => vec![lines],
            LogKind::Gathered => publications(lines),
        }
    }

    /// Stores lines of a source, which take it from one cursor to another, and shows them. Returns the files that they name and
    /// that are not stored; `None` where another process was faster.
    pub async fn store(
        &self,
        source: &str,
        (from, to): (Cursor, Cursor),
        lines: Vec<Change>,
    ) -> Result<Option<Vec<String>>, SourceTrouble> {
        let (log, division) = (self.upstream.log(), self.upstream.division().map(str::to_owned));
        let taking = Taking { source: source.to_owned(), log, division, from, to, lines };
        let known = self.catalog.snapshot();
        let written = self.db.write(move |conn| store_lines(conn, &known, taking)).await?;
        self.catalog.catch_up(&self.db).await;
        let Some(named) = written else { return Ok(None) };
        Ok(Some(files::absent(&self.db, named).await?))
    }

    /// Tells those who ask how the mirror stands which records are in dispute.
    pub async fn tell_disputes(&self) -> Result<(), DbError> {
        if !self.is_copied() {
            self.upstream.dispute(self.db.read(store::disputes).await?);
        }
        Ok(())
    }

    /// Finds the files that lines which were taken before name, and that are not stored yet, by the address of their source.
    pub async fn lacking_files(&self) -> Result<BTreeMap<String, BTreeSet<String>>, DbError> {
        let register = self.catalog.snapshot();
        let named = register.named_files().map(|hash| hash.to_string()).collect();
        let absent: BTreeSet<_> = files::absent(&self.db, named).await?.into_iter().collect();
        if let ([only], true) = (self.upstream.sources(), self.is_copied()) {
            return Ok(BTreeMap::from([(only.address().to_owned(), absent)]));
        }
        if absent.is_empty() {
            return Ok(BTreeMap::new());
        }
        threads::spawn(move || files::named_by_each(&register, &absent)).await?
    }
}

/// Divides lines into their publications.
fn publications(lines: Vec<Change>) -> Vec<Vec<Change>> {
    let mut publications: Vec<Vec<Change>> = Vec::new();
    for line in lines {
        let same = publications
            .last_mut()
            .filter(|lines| lines.last().is_some_and(|before| before.publication == line.publication));
        match same {
            Some(lines) => lines.push(line),
            None => publications.push(vec![line]),
        }
    }
    publications
}
