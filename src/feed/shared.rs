//! What all readers of the feed share: pages that were written, the seats of those who stay, and the end of the process.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use quick_cache::{Weighter, sync::Cache};
use tokio::sync::watch;

use super::page::{Asked, Page};
use crate::{
    catalog::{Catalog, Snapshot},
    changes::Seq,
    config::LimitSettings,
    db::DbError,
    limits::Seats,
    problem::Problem,
};

/// Streams and long polls that one client may have open.
const MOST_STREAMS: u32 = 64;
/// What is kept of pages, in bytes: enough for what was published last in the forms in which it is followed.
const ROOM: u64 = 32 << 20;
/// How many pages are usually kept.
const USUAL_PAGES: usize = 64;

/// Tells those who stay that the process ends.
#[derive(Clone)]
pub struct Stopping(watch::Sender<bool>);

/// What readers of the feed share.
pub struct Feed {
    pages: Cache<Name, Page, Weight>,
    /// The erasures of the register of which nothing is left here.
    erasures: AtomicI64,
    /// The streams and long polls of each client.
    pub seats: Arc<Seats>,
    /// Whether the process ends.
    pub stopping: Stopping,
}

/// A page as a pure function of a state of the log.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    since: Seq,
    seq: Seq,
    asked: Asked,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Name, Page> for Weight {
    fn weight(&self, name: &Name, page: &Page) -> u64 {
        let held = page.json.len().saturating_add(name.asked.interest.weight());
        u64::try_from(held).unwrap_or(u64::MAX).saturating_add(512)
    }
}

impl Stopping {
    /// Of a process that goes on.
    pub fn not_yet() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Sends those who stay away.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Hears of it.
    pub fn listen(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

impl Feed {
    /// Nothing kept and nobody there.
    pub fn new(limits: &LimitSettings) -> Self {
        Self {
            pages: Cache::with_weighter(USUAL_PAGES, ROOM, Weight),
            erasures: AtomicI64::new(0),
            seats: Arc::new(Seats::new(limits.unless_off(MOST_STREAMS))),
            stopping: Stopping::not_yet(),
        }
    }

    /// The page of what follows `since` in this state of the log: written once for all who ask for it.
    pub(super) async fn page(
        &self,
        catalog: &Catalog,
        snapshot: &Arc<Snapshot>,
        asked: &Asked,
        since: Seq,
    ) -> Result<Page, Problem> {
        let erasures = catalog.erasures();
        let name = Name { since, seq: snapshot.seq(), asked: asked.clone() };
        let write = async {
            let (snapshot, asked) = (snapshot.clone(), asked.clone());
            let written = tokio::task::spawn_blocking(move || Page::write(&snapshot, &asked, since));
            written.await.map_err(DbError::from)?
        };
        let page = self.pages.get_or_insert_async(&name, write).await.map_err(Problem::from);
        if catalog.erasures() != erasures {
            self.pages.clear();
        }
        page
    }

    /// Forgets every page when something was erased since: what was written before may show it. Called often, so that
    /// nothing waits for somebody to ask.
    pub fn keep_up(&self, erasures: i64) {
        if self.erasures.fetch_max(erasures, Ordering::SeqCst) < erasures {
            self.pages.clear();
        }
    }
}
