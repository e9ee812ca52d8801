//! Following the sources, for ever.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use actix_web::web::Data;
use futures_util::future::join_all;

use super::{
    address::Address,
    files::{self, Lacking},
    pace::Pace,
    source::{Source, Trouble, WAIT},
    store,
    take::{OpenError, Taking, prepare, take},
    turns::Turns,
    verify::{Cursor, Erasures, Refusal},
};
use crate::{
    catalog::Catalog,
    changes::{Change, Seq},
    db::{Db, DbError},
    kinds::Kind,
    upstream::{self, LogKind, Upstream},
    values::code_lists::Action,
};

/// How often a source that does not hold its answers back is asked.
const POLL: Duration = Duration::from_secs(2);
/// How long lines wait for the files that they name.
const FILES_FIRST: Duration = Duration::from_secs(5);
/// How long after it was found whole the history of a source is looked through again.
const LOOK_THROUGH: Duration = Duration::from_secs(6 * 3600);

/// A mirror: it takes what its sources publish into its own store.
pub struct Mirror {
    db: Db,
    catalog: Data<Catalog>,
    upstream: Data<Upstream>,
    sources: Vec<Source>,
    turns: Turns,
    lacking: Lacking,
    /// Of each source, whether its history was found to be rewritten when it was last looked through.
    rewritten: Vec<AtomicBool>,
}

/// Where the following of a source stands.
#[derive(Default)]
struct Following {
    /// How far it was taken; to be read from the store where unknown.
    cursor: Option<Cursor>,
    /// Whether, since it was last lost, the source has shown the last publication that was taken from it.
    agreed: bool,
    /// The end of its log, as it last said.
    head: Seq,
    /// Erasures further on in its log.
    erasures: Erasures,
}

/// What one question brought.
enum Brought {
    /// Lines, or an answer that was held back as long as was asked.
    Enough,
    /// Nothing, and at once.
    Nothing,
}

impl Mirror {
    /// Opens the store as the mirror of these sources; nothing is asked of them yet.
    pub async fn open(
        db: &Db,
        catalog: Data<Catalog>,
        addresses: Vec<Address>,
        division: Option<String>,
    ) -> Result<Self, OpenError> {
        let names: Vec<_> = addresses.iter().map(|address| address.as_str().to_owned()).collect();
        let upstream = Upstream::new(names.clone(), division.clone());
        let log = upstream.log();
        let (cursors, disputes) = db
            .write(move |conn| {
                let cursors = prepare(conn, &names, log, division.as_deref())?;
                Ok::<_, OpenError>((cursors, store::disputes(conn)?))
            })
            .await?;
        upstream.dispute(disputes);
        upstream.sources().iter().zip(&cursors).for_each(|(source, cursor)| source.begins_at(cursor.seq));
        let sources = addresses.into_iter().map(Source::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            db: db.clone(),
            catalog,
            upstream: Data::new(upstream),
            turns: Turns::of(sources.len()),
            rewritten: sources.iter().map(|_| AtomicBool::new(false)).collect(),
            lacking: Lacking::default(),
            sources,
        })
    }

    /// What it is of, and how the following goes.
    pub fn upstream(&self) -> Data<Upstream> {
        self.upstream.clone()
    }

    /// Follows every source, for ever.
    pub async fn follow_for_ever(&self) {
        let named = self.catalog.snapshot().named_files().map(|hash| hash.to_string()).collect();
        match files::absent(&self.db, named).await {
            Ok(lacking) => self.lacking.need(lacking),
            Err(error) => log::error!("mirror: which files lack is not known: {error}"),
        }
        let following = (0..self.sources.len()).map(|at| self.follow(at));
        let looking = (0..self.sources.len()).map(|at| self.look_through_for_ever(at));
        tokio::join!(
            join_all(following),
            join_all(looking),
            self.lacking.fetch_for_ever(&self.db, &self.catalog, &self.sources),
        );
    }

    /// Follows one source. Whatever happens, it goes on from what is stored, after the source has shown that it still has
    /// the last publication that was taken.
    async fn follow(&self, at: usize) {
        let mut following = Following::default();
        let mut pace = Pace::default();
        loop {
            match self.advance(at, &mut following).await {
                Ok(Brought::Enough) => pace = Pace::default(),
                Ok(Brought::Nothing) => {
                    pace = Pace::default();
                    pace.pause(POLL).await;
                }
                Err(trouble) => {
                    self.turns.pass(at);
                    self.tell(at, &trouble);
                    following = Following::default();
                    pace.after(&trouble).await;
                }
            }
        }
    }

    async fn advance(&self, at: usize, following: &mut Following) -> Result<Brought, Trouble> {
        let Some(source) = self.sources.get(at) else { return Ok(Brought::Nothing) };
        let cursor = match &following.cursor {
            Some(cursor) => cursor.clone(),
            None => {
                let name = source.address().as_str().to_owned();
                self.db.read(move |conn| store::cursor(conn, &name)).await?
            }
        };
        let (asked, waiting) = (Instant::now(), following.agreed && cursor.seq >= following.head);
        let since = if following.agreed { cursor.seq } else { cursor.before };
        let page = source.page(since, cursor.seq, waiting).await?;
        if self.rewritten.get(at).is_some_and(|rewritten| rewritten.load(Ordering::SeqCst)) {
            return Err(Refusal::RewrittenBefore(cursor.seq).into());
        }
        let lines = if following.agreed { page.lines } else { cursor.without_known(page.lines)? };
        (following.agreed, following.head) = (true, page.head);
        let (brought, end) = (!lines.is_empty(), lines.last().map_or(cursor.seq, |line| line.seq));
        following.erasures.note(&lines);
        if following.erasures.withheld(&lines).is_some() {
            self.look_ahead(source, end, &mut following.erasures).await?;
        }
        if let Some(seq) = following.erasures.withheld(&lines) {
            return Err(Refusal::Withheld(seq).into());
        }
        following.erasures.settle(&lines)?;
        following.cursor = self.take(at, cursor, lines, page.head).await?;
        let has_all = end >= page.head;
        if has_all {
            self.turns.pass(at);
        }
        let held_back = waiting && asked.elapsed() >= WAIT / 2;
        match brought || held_back || has_all && !waiting {
            true => Ok(Brought::Enough),
            false => Ok(Brought::Nothing),
        }
    }

    /// Notes the erasures that stand after line `from`. Old lines are without their bodies where one does.
    async fn look_ahead(&self, source: &Source, mut from: Seq, erasures: &mut Erasures) -> Result<(), Trouble> {
        loop {
            let page = source.references(from, from).await?;
            erasures.note(&page.lines);
            match page.lines.last() {
                Some(line) if line.seq < page.head => from = line.seq,
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Takes lines, and gives how far the source was taken with them; `None` where another process was faster.
    async fn take(&self, at: usize, from: Cursor, lines: Vec<Change>, head: Seq) -> Result<Option<Cursor>, Trouble> {
        let (Some(source), Some(told)) = (self.sources.get(at), self.upstream.sources().get(at)) else {
            return Ok(None);
        };
        let mut cursor = from;
        for lines in self.portions(lines) {
            let (kinds, verified) = (self.kinds(), cursor.clone());
            let checked =
                tokio::task::spawn_blocking(move || Ok::<_, Refusal>((verified.after(&lines, &kinds)?, lines)));
            let (to, lines) = checked.await.map_err(DbError::from)??;
            if self.upstream.log() == LogKind::Copied {
                // So that they are there with the lines that name them; what takes longer comes behind.
                let absent = files::absent(&self.db, files::named_by(&lines)).await?;
                let fetching = files::fetch_all(&self.db, std::slice::from_ref(source), &absent);
                let _ = tokio::time::timeout(FILES_FIRST, fetching).await;
            }
            self.turns.wait(at, to.published_at).await;
            let taking = Taking {
                source: source.address().as_str().to_owned(),
                log: self.upstream.log(),
                division: self.upstream.division().map(str::to_owned),
                from: cursor,
                to: to.clone(),
                lines,
            };
            if !self.store(taking).await? {
                return Ok(None);
            }
            told.answered(to.seq, head);
            cursor = to;
        }
        told.answered(cursor.seq, head);
        Ok(Some(cursor))
    }

    /// Stores lines and shows them; whether they were still to be stored.
    async fn store(&self, taking: Taking) -> Result<bool, Trouble> {
        let known = self.catalog.snapshot();
        let erasures: Vec<_> = taking.lines.iter().filter(|line| line.action == Action::Erase).cloned().collect();
        let erased_files = files::erased_with(&known, &erasures)?;
        let register = known.clone();
        let written = self.db.write(move |conn| take(conn, &register, taking)).await?;
        self.catalog.catch_up(&self.db).await;
        let Some(written) = written else { return Ok(false) };
        self.lacking.need(files::absent(&self.db, files::named_by(&written)).await?);
        if !erasures.is_empty() {
            let shown = self.catalog.snapshot();
            let gone: Vec<_> = erased_files.into_iter().filter(|hash| !shown.names_file(hash)).collect();
            self.db.write(move |conn| files::forget(conn, &gone)).await?;
            self.db.scrub().await;
        }
        if self.upstream.log() == LogKind::Gathered {
            self.upstream.dispute(self.db.read(store::disputes).await?);
        }
        Ok(true)
    }

    /// Lines in the portions in which they are stored: a log of its own takes one publication at a time.
    fn portions(&self, lines: Vec<Change>) -> Vec<Vec<Change>> {
        match self.upstream.log() {
            LogKind::Copied if lines.is_empty() => Vec::new(),
            LogKind::Copied => vec![lines],
            LogKind::Gathered => {
                let publications = lines.chunk_by(|one, next| one.publication == next.publication);
                publications.map(<[Change]>::to_vec).collect()
            }
        }
    }

    fn kinds(&self) -> Vec<&'static Kind> {
        self.catalog.peek().kinds().collect()
    }

    /// Looks through the whole history of a source from time to time: what was taken long ago must still be there as it was.
    async fn look_through_for_ever(&self, at: usize) {
        let Some(told) = self.upstream.sources().get(at) else { return };
        let mut pace = Pace::default();
        loop {
            if !told.standing().reached {
                pace.pause(POLL).await;
                continue;
            }
            match self.look_through(at).await {
                Ok(()) => {
                    self.set_rewritten(at, false);
                    pace = Pace::default();
                    pace.pause(LOOK_THROUGH).await;
                }
                Err(trouble) => {
                    if let Trouble::Refused(Refusal::RewrittenBefore(_)) = &trouble {
                        self.set_rewritten(at, true);
                        self.tell(at, &trouble);
                    }
                    pace.after(&trouble).await;
                }
            }
        }
    }

    async fn look_through(&self, at: usize) -> Result<(), Trouble> {
        let Some(source) = self.sources.get(at) else { return Ok(()) };
        let name = source.address().as_str().to_owned();
        let taken = self.db.read(move |conn| store::cursor(conn, &name)).await?;
        let mut walked = Cursor::default();
        while walked.seq < taken.seq {
            let page = source.references(walked.seq, taken.seq).await?;
            let before = walked.seq;
            for line in page.lines.iter().take_while(|line| line.seq <= taken.seq) {
                if line.seq != walked.seq + 1 {
                    return Err(Refusal::RewrittenBefore(taken.seq).into());
                }
                walked.add(line)?;
            }
            if walked.seq == before {
                return Err(Trouble::Unreachable(format!("it gives no lines after {before}")));
            }
        }
        match walked.chain == taken.chain {
            true => Ok(()),
            false => Err(Refusal::RewrittenBefore(taken.seq).into()),
        }
    }

    fn set_rewritten(&self, at: usize, is: bool) {
        if let Some(rewritten) = self.rewritten.get(at) {
            rewritten.store(is, Ordering::SeqCst);
        }
    }

    /// Says what is wrong to those who run the mirror: in the log, and to whoever asks whether it is ready.
    fn tell(&self, at: usize, trouble: &Trouble) {
        let (Some(source), Some(told)) = (self.sources.get(at), self.upstream.sources().get(at)) else { return };
        let address = source.address();
        match trouble {
            Trouble::Refused(refusal) => {
                log::error!("mirror: {address} is refused, and nothing more is taken from it: {refusal}");
                told.failed(upstream::Trouble::Refused(refusal.to_string()));
            }
            Trouble::Unreachable(reason) => {
                log::warn!("mirror: {address}: {reason}");
                told.failed(upstream::Trouble::Unreachable(reason.clone()));
            }
            Trouble::Database(error) => log::error!("mirror: what comes from {address} cannot be stored: {error}"),
        }
    }
}
