//! The current snapshot, the recent ones, and the one way to move forward: reading the log.

use std::{
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use imbl::OrdMap;
use tokio::sync::{Mutex, watch};

use super::{entry::Entry, snapshot::Snapshot};
use crate::{
    changes::{self, Change, Seq},
    db::{Conn, Db, DbError},
    kinds::Kind,
    problem::{Code, Problem},
    transparency::Edge,
    values::code_lists::Action,
};

/// Changes read from the log at a time, so that catching up needs bounded memory.
const BATCH: i64 = 1000;
/// Recent snapshots that are kept: they share almost everything with the current one.
const RECENT: usize = 64;
/// Older snapshots that were rebuilt for pinned walks and are kept for the next page.
const REWOUND: usize = 8;

/// How long a reader waits for a state of the register that is not at hand.
const PATIENCE: Duration = Duration::from_secs(5);

/// The register of this process.
pub struct Catalog {
    state: ArcSwap<State>,
    rewound: Lock<Vec<Arc<Snapshot>>>,
    rewinding: Mutex<()>,
    following: Mutex<()>,
    moved: watch::Sender<Seq>,
    head: AtomicI64,
    /// How many times something was erased since the start.
    erasures: AtomicI64,
    followed: Lock<Option<Instant>>,
}

/// What a reader sees.
pub struct State {
    current: Arc<Snapshot>,
    recent: OrdMap<Seq, Arc<Snapshot>>,
}

/// How far a replica is behind the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// The last change that is read here.
    pub seq: Seq,
    /// The last change of the log, as far as is known.
    pub head: Seq,
    /// How long ago the log was last read; `None` before the first time.
    pub since: Option<Duration>,
}

impl std::ops::Deref for State {
    type Target = Arc<Snapshot>;

    fn deref(&self) -> &Arc<Snapshot> {
        &self.current
    }
}

impl Catalog {
    /// An empty register of these kinds that has not read the log yet.
    pub fn new(kinds: &[&'static Kind]) -> Self {
        Self::starting_at(Arc::new(Snapshot::empty(kinds)))
    }

    fn starting_at(current: Arc<Snapshot>) -> Self {
        Self {
            moved: watch::Sender::new(current.seq()),
            head: AtomicI64::new(current.seq()),
            state: ArcSwap::from_pointee(State { current, recent: OrdMap::new() }),
            rewound: Lock::default(),
            rewinding: Mutex::default(),
            following: Mutex::default(),
            erasures: AtomicI64::new(0),
            followed: Lock::default(),
        }
    }

    /// Builds the snapshot from the whole log. Where an earlier version of the software wrote it, it gets its tree first.
    pub async fn load(kinds: &[&'static Kind], db: &Db) -> Result<Self, DbError> {
        Self::load_after(Arc::new(Snapshot::empty(kinds)), db).await
    }

    /// Builds the snapshot from the lines of the log after those that `known` holds. Refused where the log does not begin with
    /// those.
    pub async fn load_after(known: Arc<Snapshot>, db: &Db) -> Result<Self, DbError> {
        if db.read(changes::kept_edge).await?.is_none() {
            db.write(changes::keep_edge).await?;
        }
        let catalog = Self::starting_at(known);
        catalog.follow(db).await?;
        Ok(catalog)
    }

    /// The register as it stands. Keep it for the whole request, and the request sees one state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.state.load().current.clone()
    }

    /// The same without counting a reference: for reads that end at once.
    pub fn peek(&self) -> Guard<Arc<State>> {
        self.state.load()
    }

    /// How many times something was erased since the start: who keeps anything of a snapshot for longer than a request
    /// forgets it when this has grown.
    pub fn erasures(&self) -> i64 {
        self.erasures.load(Ordering::SeqCst)
    }

    /// The register as it was after the publication that ended at `seq`: kept when recent, else folded again, one at a
    /// time. 503 when others wait for so long that this one would.
    pub async fn at(&self, seq: Seq) -> Result<Arc<Snapshot>, Problem> {
        let erasures = self.erasures.load(Ordering::SeqCst);
        let state = self.state.load_full();
        if state.current.seq() == seq {
            return Ok(state.current.clone());
        }
        if let Some(kept) = state.recent.get(&seq).cloned().or_else(|| self.kept(seq)) {
            return Ok(kept);
        }
        let waited = tokio::time::timeout(PATIENCE, self.rewinding.lock()).await;
        let _one_at_a_time = waited.map_err(|_| Problem::from(Code::Unavailable))?;
        if let Some(kept) = self.kept(seq) {
            return Ok(kept);
        }
        let (current, earlier) = (state.current.clone(), self.nearest(&state, seq));
        let rewound =
            tokio::task::spawn_blocking(move || current.rewound(&earlier, seq)).await.map_err(DbError::from)??;
        let rewound = Arc::new(rewound);
        let mut kept = self.rewound.lock().unwrap_or_else(PoisonError::into_inner);
        if self.erasures.load(Ordering::SeqCst) != erasures {
            // Folded on a state that still held what has been erased meanwhile.
            return Err(Code::Unavailable.into());
        }
        kept.insert(0, rewound.clone());
        kept.truncate(REWOUND);
        Ok(rewound)
    }

    /// The register after the publication that ended at `seq`, of which only one record is asked about: at hand,
    /// or of nothing but that record and what it showed, or the whole one, where nothing less will do.
    pub async fn at_for(&self, kind: &'static Kind, entry: &Entry, seq: Seq) -> Result<Arc<Snapshot>, Problem> {
        let state = self.state.load_full();
        let at_hand = || state.recent.get(&seq).cloned().or_else(|| self.kept(seq));
        if state.current.seq() == seq || at_hand().is_some() {
            return self.at(seq).await;
        }
        let erasures = self.erasures();
        match state.current.alone(kind, entry, seq)? {
            Some(alone) if self.erasures() == erasures => Ok(Arc::new(alone)),
            Some(_) | None => self.at(seq).await,
        }
    }

    /// A rewound snapshot that is kept; it is the last to go from now on.
    fn kept(&self, seq: Seq) -> Option<Arc<Snapshot>> {
        let mut kept = self.rewound.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|snapshot| snapshot.seq() == seq)?;
        kept[..=place].rotate_right(1);
        kept.first().cloned()
    }

    /// The latest snapshot at hand that is not after `seq`; what it shares with the new one is not copied.
    fn nearest(&self, state: &State, seq: Seq) -> Arc<Snapshot> {
        let recent = state.recent.range(..=seq).next_back().map(|(_, snapshot)| snapshot.clone());
        let kept = self.rewound.lock().unwrap_or_else(PoisonError::into_inner);
        let rewound = kept.iter().filter(|snapshot| snapshot.seq() <= seq).cloned();
        let nearest = rewound.chain(recent).max_by_key(|snapshot| snapshot.seq());
        nearest.unwrap_or_else(|| Arc::new(Snapshot::empty(&state.current.kinds().collect::<Vec<_>>())))
    }

    /// Hears of every state of the register: the last change that is part of it.
    pub fn listen(&self) -> watch::Receiver<Seq> {
        self.moved.subscribe()
    }

    /// Waits until the register has reached `seq`; 503 when that takes too long.
    pub async fn reach(&self, seq: Seq) -> Result<(), Problem> {
        let mut moved = self.moved.subscribe();
        let reached = moved.wait_for(|now| *now >= seq);
        match tokio::time::timeout(PATIENCE, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Problem::with_detail(
                Code::Unavailable,
                format!("本节点尚未同步到序号 {seq}"),
                format!("this replica has not reached seq {seq} yet"),
            )),
        }
    }

    /// Follows the log, for callers with nobody to tell: what was committed stays committed when this fails, and the next
    /// call catches up.
    pub async fn catch_up(&self, db: &Db) {
        if let Err(error) = self.follow(db).await {
            log::error!("the catalog stays at change {}: {error}", self.peek().seq());
        }
    }

    /// Follows the log for ever: looks every `interval` whether another process has published.
    pub async fn follow_for_ever(&self, db: &Db, interval: Duration) {
        let mut trouble = String::new();
        loop {
            tokio::time::sleep(interval).await;
            let new = self.follow(db).await.err().map_or_else(String::new, |error| error.to_string());
            // Said once, not at every look.
            if !new.is_empty() && new != trouble {
                log::error!("the catalog stays at change {}: {new}", self.peek().seq());
            }
            trouble = new;
        }
    }

    /// How far behind the log this replica is.
    pub fn lag(&self) -> Lag {
        let seq = self.peek().seq();
        let followed = *self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        Lag { seq, head: self.head.load(Ordering::Relaxed).max(seq), since: followed.map(|at| at.elapsed()) }
    }

    /// Catches up with the log. After it returns, everything committed before the call is public on this server.
    ///
    /// Lines are shown when their tree is the one in the head, not before: a row that somebody altered or took away behind the
    /// register's back is shown to nobody, and no checkpoint is signed of it. Its text is not hashed again here: who takes it (a
    /// mirror, a bundle's reader) compares it, and so does `verify log`.
    async fn follow(&self, db: &Db) -> Result<(), DbError> {
        let _only_one_at_a_time = self.following.lock().await;
        let current = self.snapshot();
        let seen = current.seq();
        let (edge, lines) = db.read(move |conn| next_lines(conn, seen)).await?;
        let head = Seq::try_from(edge.size()).unwrap_or(Seq::MAX);
        if head < seen {
            return Err(DbError::Damaged(format!("it went back from change {seen} to {head}")));
        }
        self.head.store(head, Ordering::Relaxed);
        let (next, erased) = fold(db, current, lines, head).await?;
        changes::must_be_of(&edge, next.tree())?;
        if head > seen {
            self.swap(next, erased);
        }
        *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Ok(())
    }

    /// After an erasure no earlier snapshot is kept: each of them still holds what was erased.
    fn swap(&self, current: Arc<Snapshot>, erased: bool) {
        let before = self.state.load_full();
        let mut recent = OrdMap::new();
        if !erased {
            recent.clone_from(&before.recent);
            recent.insert(before.current.seq(), before.current.clone());
        }
        if recent.len() > RECENT
            && let Some(oldest) = recent.get_min().map(|(seq, _)| *seq)
        {
            recent.remove(&oldest);
        }
        let seq = current.seq();
        self.state.store(Arc::new(State { current, recent }));
        if erased {
            // After the new state stands: whoever folds on the old one sees that it is counted.
            self.erasures.fetch_add(1, Ordering::SeqCst);
            self.rewound.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.moved.send_replace(seq);
    }
}

/// The tree of the log, and the first lines after `seen`.
fn next_lines(conn: &mut Conn, seen: Seq) -> Result<(Edge, Vec<Change>), DbError> {
    let edge =
        changes::kept_edge(conn)?.ok_or_else(|| DbError::Damaged("the tree in its head was taken away".into()))?;
    let head = Seq::try_from(edge.size()).unwrap_or(Seq::MAX);
    Ok((edge, lines(conn, seen, head)?))
}

fn lines(conn: &mut Conn, seen: Seq, head: Seq) -> Result<Vec<Change>, DbError> {
    // They are without gaps, so that as many as are missing end at the head.
    if head > seen { changes::since(conn, seen, (head - seen).min(BATCH)) } else { Ok(Vec::new()) }
}

/// The register with everything up to `head`, of which `lines` are the first, and whether something is erased on the way.
async fn fold(
    db: &Db,
    mut register: Arc<Snapshot>,
    mut lines: Vec<Change>,
    head: Seq,
) -> Result<(Arc<Snapshot>, bool), DbError> {
    let (mut pending, mut erased): (Vec<Change>, _) = (Vec::new(), false);
    while !lines.is_empty() {
        erased |= lines.iter().any(|line| line.action == Action::Erase);
        pending.append(&mut lines);
        let whole = pending.iter().rposition(|change| change.seq == change.publication).map_or(0, |last| last + 1);
        let rest = pending.split_off(whole);
        let publications = std::mem::replace(&mut pending, rest);
        register = tokio::task::spawn_blocking(move || register.after(&publications).map(Arc::new)).await??;
        let seen = pending.last().map_or(register.seq(), |change| change.seq);
        if seen < head {
            lines = db.read(move |conn| self::lines(conn, seen, head)).await?;
        }
    }
    Ok((register, erased))
}
