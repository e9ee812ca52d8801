//! State that all readers of the feed share: pages that were written, the seats of those who stay, and the end of the process.

use std::sync::Arc;

use quick_cache::Weighter;
use tokio::sync::watch;

use super::page::{FeedPage, FeedRequest};
use crate::{
    base::{blocking, client::Client, config::LimitSettings},
    problem::{Code, Problem},
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
    },
    web::{
        limits::{Seat, Seats},
        rendered::SharedCache,
    },
};

/// Streams, long polls and requests that wait for a change that one client may have open.
const MOST_STREAMS: u32 = 64;
/// Bytes of pages that are kept: enough for what was published last in the forms in which it is followed.
const ROOM: u64 = 16 << 20;
/// How long a page usually is, with its compressed twins.
const USUAL: u64 = 256 << 10;

/// Tells those who stay that the process ends.
#[derive(Clone)]
pub struct Stopping(watch::Sender<bool>);

/// The state that readers of the feed share.
pub struct Feed {
    pages: SharedCache<Name, FeedPage, Weight>,
    /// The streams, long polls and other waiting requests of each client.
    pub seats: Arc<Seats>,
    /// Whether the process ends.
    pub stopping: Stopping,
}

/// A page as a pure function of a state of the log.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    since: Seq,
    seq: Seq,
    asked: FeedRequest,
}

#[derive(Clone)]
struct Weight;

impl Weighter<Name, FeedPage> for Weight {
    fn weight(&self, name: &Name, page: &FeedPage) -> u64 {
        let name = u64::try_from(name.asked.interest.weight()).unwrap_or(u64::MAX);
        page.weight().saturating_add(name).saturating_add(512)
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
        let seats = Arc::new(Seats::new(limits.unless_off(MOST_STREAMS)));
        Self { pages: SharedCache::new(ROOM, USUAL, Weight), seats, stopping: Stopping::not_yet() }
    }

    /// A seat for a client that stays; 429 when it has all that it may have.
    pub fn seat(&self, client: Client) -> Result<Seat, Problem> {
        self.seats.acquire(client).ok_or_else(|| {
            Problem::with_detail(
                Code::TooManyRequests,
                "打开的变更流和等待中的请求过多；请先关闭不用的连接",
                "too many streams and waiting requests are open; close those that nobody reads",
            )
        })
    }

    /// The page of what follows `since` in this state of the log: written once for all who ask for it.
    pub(super) async fn page(
        &self,
        catalog: &Catalog,
        snapshot: &Arc<Snapshot>,
        asked: &FeedRequest,
        since: Seq,
    ) -> Result<FeedPage, Problem> {
        let name = Name { since, seq: snapshot.seq(), asked: asked.clone() };
        let write = async {
            let (snapshot, asked) = (snapshot.clone(), asked.clone());
            Ok(blocking::run_long(move || FeedPage::write(&snapshot, &asked, since)).await??)
        };
        self.pages.get(catalog, &name, write).await
    }

    /// Lets go of pages that are hardly asked for: see [`SharedCache::shrink`].
    pub fn shrink(&self) {
        self.pages.shrink();
    }

    /// Forgets what may show something that was erased: see [`SharedCache::keep_up`].
    pub fn keep_up(&self, erasures: i64) {
        self.pages.keep_up(erasures);
    }
}
