//! The current snapshot, the earlier ones, and the one way to move forward: reading the log.

use std::{
    sync::{
        Arc, Mutex as Lock, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::{Mutex, watch};

use super::{
    catch_up::{CatchUp, Missing},
    entry::Entry,
    past::Past,
    snapshot::Snapshot,
};
use crate::{
    base::{blocking, threads},
    model::kinds::Kind,
    problem::{Code, Problem},
    register::{
        changes::{self, Change, CursorKey, Seq},
        db::{Conn, Db, DbError},
    },
    transparency::Edge,
};

/// How long a reader waits for a state of the register that is not at hand.
const PATIENCE: Duration = Duration::from_secs(5);

/// The register of this process.
pub struct Catalog {
    current: ArcSwap<Snapshot>,
    past: Arc<Past>,
    following: Mutex<()>,
    moved: watch::Sender<Seq>,
    head: AtomicI64,
    cursor_key: CursorKey,
    is_damaged: AtomicBool,
    followed: Lock<Option<Instant>>,
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
    /// Whether what was last read of it is not what was written: it is not shown.
    pub is_damaged: bool,
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
            current: ArcSwap::new(current),
            past: Arc::new(Past::new()),
            cursor_key: CursorKey::default(),
            is_damaged: AtomicBool::new(false),
            following: Mutex::default(),
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

    /// Gives the catalog the key of its cursors, which is the same wherever the log is read from this database, and is made
    /// where there is none. Without it they can be forged.
    pub async fn with_cursor_key(self, db: &Db) -> Result<Self, DbError> {
        let cursor_key = match db.read(changes::kept_cursor_key).await? {
            Some(key) => key,
            None => db.write(changes::keep_cursor_key).await?,
        };
        Ok(Self { cursor_key, ..self })
    }

    /// Returns the key that authenticates cursors.
    pub fn cursor_key(&self) -> &CursorKey {
        &self.cursor_key
    }

    /// The register as it stands. Keep it for the whole request, and the request sees one state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// The register as it stands, without counting a reference: for reads that end at once.
    pub fn peek(&self) -> Guard<Arc<Snapshot>> {
        self.current.load()
    }

    /// How many times something was erased since the start: who keeps anything of a snapshot for longer than a request
    /// forgets it when this has grown.
    pub fn erasures(&self) -> i64 {
        self.past.erasures()
    }

    /// Whether [`Catalog::at`] would make nothing for this state: it is the present one or kept, or still to come.
    pub fn has_at_hand(&self, seq: Seq) -> bool {
        self.peek().seq() <= seq || self.past.has(seq)
    }

    /// The register as it was after the publication that ended at `seq`: at hand, or made from the nearest state that is, one at a
    /// time. 503 at once where another one is being made: it goes on when its reader has gone, and so does nothing else.
    pub async fn at(&self, seq: Seq) -> Result<Arc<Snapshot>, Problem> {
        let erasures = self.erasures();
        let current = self.snapshot();
        if current.seq() == seq {
            return Ok(current);
        }
        let at_hand = || self.past.get(seq, Instant::now());
        if let Some(kept) = at_hand() {
            return Ok(kept);
        }
        let place = self.past.place()?;
        if let Some(made_meanwhile) = at_hand() {
            return Ok(made_meanwhile);
        }
        let past = self.past.clone();
        let make = move || {
            let _place = place;
            past.make(&current, seq, erasures)
        };
        threads::spawn(make).await.map_err(DbError::from)?
    }

    /// The register after the publication that ended at `seq`, of which only one record is asked about: at hand,
    /// or of nothing but that record and what it showed, or the whole one, where nothing less will do.
    pub async fn at_for(&self, kind: &'static Kind, entry: &Entry, seq: Seq) -> Result<Arc<Snapshot>, Problem> {
        let erasures = self.erasures();
        let current = self.snapshot();
        if current.seq() == seq {
            return Ok(current);
        }
        if let Some(kept) = self.past.get(seq, Instant::now()) {
            return Ok(kept);
        }
        let record = entry.clone();
        match blocking::run(move || current.alone(kind, &record, seq)).await?? {
            Some(alone) if self.erasures() == erasures => Ok(Arc::new(alone)),
            Some(_) | None => self.at(seq).await,
        }
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
            self.let_go();
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
        Lag {
            seq,
            head: self.head.load(Ordering::Relaxed).max(seq),
            since: followed.map(|at| at.elapsed()),
            is_damaged: self.is_damaged.load(Ordering::Relaxed),
        }
    }

    /// Catches up with the log. After it returns, everything committed before the call is public on this server.
    ///
    /// Lines are shown when their tree is the one in the head and their texts have their digests, not before: a row that somebody
    /// altered or took away behind the register's back is shown to nobody, and no checkpoint is signed of it.
    async fn follow(&self, db: &Db) -> Result<(), DbError> {
        let followed = self.follow_log(db).await;
        match &followed {
            Ok(()) => {
                *self.followed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                self.is_damaged.store(false, Ordering::Relaxed);
            }
            Err(DbError::Damaged(_)) => self.is_damaged.store(true, Ordering::Relaxed),
            // Anything else says nothing of the log.
            Err(_) => {}
        }
        followed
    }

    async fn follow_log(&self, db: &Db) -> Result<(), DbError> {
        let _only_one_at_a_time = self.following.lock().await;
        let known = self.snapshot();
        let seen = known.seq();
        let (edge, catching_up, lines) = db.read(move |conn| begin(conn, &known)).await?;
        let head = catching_up.head();
        self.head.store(head, Ordering::Relaxed);
        let (next, erases) = up_to_head(db, catching_up, lines).await?.finish();
        changes::must_be_of(&edge, next.tree())?;
        if head > seen {
            self.swap(Arc::new(next), erases).await?;
        }
        Ok(())
    }

    /// Lets go of what need not be kept of the past, where it may take its time.
    fn let_go(&self) {
        let gone = self.past.let_go(Instant::now());
        if !gone.is_empty() {
            threads::spawn(move || drop(gone));
        }
    }

    async fn swap(&self, next: Arc<Snapshot>, erased: bool) -> Result<(), DbError> {
        let (seq, before) = (next.seq(), self.snapshot());
        let (old, new) = (before.clone(), next.clone());
        let bytes = threads::spawn(move || old.bytes_beside(&new)).await?;
        self.current.store(next);
        match erased {
            true => self.past.erase(),
            false => self.past.push(before, bytes, Instant::now()),
        }
        self.let_go();
        self.moved.send_replace(seq);
        Ok(())
    }
}

/// Reads the tree of the log and the first of the lines after those that `known` holds.
fn begin(conn: &mut Conn, known: &Snapshot) -> Result<(Edge, CatchUp, Vec<Change>), DbError> {
    let edge =
        changes::kept_edge(conn)?.ok_or_else(|| DbError::Damaged("the tree in its head was taken away".into()))?;
    let head = Seq::try_from(edge.size()).unwrap_or(Seq::MAX);
    known.must_not_be_ahead_of(head)?;
    let catching_up = CatchUp::on(known, head);
    let lines = read(conn, catching_up.missing())?;
    Ok((edge, catching_up, lines))
}

fn read(conn: &mut Conn, missing: Option<Missing>) -> Result<Vec<Change>, DbError> {
    missing.map_or(Ok(Vec::new()), |missing| missing.read(conn))
}

/// Takes `lines` and those after them, up to the head. No connection is kept while they are folded.
async fn up_to_head(db: &Db, mut catching_up: CatchUp, mut lines: Vec<Change>) -> Result<CatchUp, DbError> {
    while !lines.is_empty() {
        catching_up = threads::spawn(move || catching_up.take(lines)).await??;
        let missing = catching_up.missing();
        lines = if missing.is_some() { db.read(move |conn| read(conn, missing)).await? } else { Vec::new() };
    }
    Ok(catching_up)
}
