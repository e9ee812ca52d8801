//! The files that a mirror still has to fetch, each from the source whose lines name it: no other has a say in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::Utc;
use tokio::sync::Notify;

use super::source::{Source, SourceTrouble};
use crate::register::{
    catalog::{Catalog, Snapshot},
    db::{Db, DbError},
    files,
};

/// How long it is before what could not be fetched is asked for again.
const AGAIN: Duration = Duration::from_secs(30);

/// Hashes of public files that lines of one source name, and that are not stored yet.
#[derive(Default)]
pub struct Lacking {
    hashes: Mutex<BTreeSet<String>>,
    more: Notify,
}

impl Lacking {
    /// Notes files that have to be there.
    pub fn need(&self, hashes: impl IntoIterator<Item = String>) {
        self.hashes().extend(hashes);
        self.more.notify_one();
    }

    /// Fetches what is lacking, for ever. A file that the source does not give keeps nothing else waiting.
    pub async fn fetch_for_ever(&self, db: &Db, catalog: &Catalog, source: &Source) {
        loop {
            let wanted: Vec<_> = self.hashes().iter().cloned().collect();
            for hash in &wanted {
                // Meanwhile erased, perhaps.
                if !catalog.peek().names_file(hash) || fetch(db, source, hash).await {
                    self.hashes().remove(hash);
                }
            }
            let left = !self.hashes().is_empty();
            let more = self.more.notified();
            if left {
                let _ = tokio::time::timeout(AGAIN, more).await;
            } else {
                more.await;
            }
        }
    }

    fn hashes(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Finds those of these files that published texts in a gathered log name, by the source of the line that does.
pub fn named_by_each(
    register: &Snapshot,
    hashes: &BTreeSet<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, DbError> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for revision in register.shelves().flat_map(|shelf| shelf.entries()).flat_map(|entry| &entry.revisions) {
        let (Some(origin), Some(text)) = (&revision.change.origin, revision.text()?) else { continue };
        let named: Vec<_> = files::named_in(&text).into_iter().filter(|hash| hashes.contains(hash)).collect();
        if !named.is_empty() {
            found.entry(origin.source.clone()).or_default().extend(named);
        }
    }
    Ok(found)
}

/// Finds those of these files that are not stored.
pub async fn absent(db: &Db, hashes: BTreeSet<String>) -> Result<Vec<String>, DbError> {
    let hashes: Vec<_> = hashes.into_iter().collect();
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    db.read(move |conn| files::absent(conn, &hashes)).await
}

/// Fetches files, one after the other.
pub async fn fetch_all(db: &Db, source: &Source, hashes: &[String]) {
    for hash in hashes {
        fetch(db, source, hash).await;
    }
}

/// Fetches a file and stores it; whether it is stored now.
async fn fetch(db: &Db, source: &Source, hash: &str) -> bool {
    fetch_from(db, source, hash).await.unwrap_or_else(|trouble| {
        log::warn!("mirror: {}: {trouble}", source.address());
        false
    })
}

async fn fetch_from(db: &Db, source: &Source, hash: &str) -> Result<bool, SourceTrouble> {
    let asked = hash.to_owned();
    let known = db.read(move |conn| files::absent(conn, &[asked])).await?.is_empty();
    if known {
        return Ok(true);
    }
    let Some(file) = source.file(hash).await? else { return Ok(false) };
    db.write(move |conn| files::store(conn, &file, None, Utc::now())).await?;
    Ok(true)
}
