//! Following one source, for ever.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    files::{self, Lacking},
    gather,
    own_log::OwnLog,
    pace::Pace,
    references::{look_ahead, must_be_unchanged},
    source::{Source, SourceTrouble, WAIT},
    store,
    store_lines::named_by,
    trust::{History, Signature, Trust, WITNESSES},
    turns::Turns,
    verify::{Cursor, Erasures, Refusal},
};
use crate::register::{
    changes::{Change, Seq},
    upstream::{self, Trouble},
};

/// How often a source that does not hold its answers back is asked.
const POLL: Duration = Duration::from_secs(2);
/// How far the clock of a source may be ahead of ours, where its times become those of others.
const AHEAD: TimeDelta = TimeDelta::hours(1);
/// How long lines wait for the files that they name.
const FILES_FIRST: Duration = Duration::from_secs(5);
/// How long after it was found whole the history of a source is looked through again.
const LOOK_THROUGH: Duration = Duration::from_secs(6 * 3600);

/// A source that is followed, and what it shares with the followers of the others.
pub struct Follower {
    /// Its place among the sources.
    at: usize,
    source: Source,
    /// How the following goes, for those who ask.
    standing: Arc<upstream::Source>,
    /// Files that its lines name and that are still to be fetched.
    lacking: Lacking,
    /// Whether its history was found to be rewritten when it was last looked through.
    is_rewritten: AtomicBool,
    log: Arc<OwnLog>,
    trust: Arc<Trust>,
    turns: Arc<Turns>,
}

/// The state of the following since it last began.
#[derive(Default)]
struct Following {
    /// How far the source was taken; to be read from the store where unknown.
    cursor: Option<Cursor>,
    /// Whether, since it was last lost, the source has shown the last publication that was taken from it.
    agreed: bool,
    /// Whether the last lines have just come, so that others may be signing them now.
    fresh: bool,
    /// The end of its log, as it last said.
    head: Seq,
    /// Erasures further on in its log.
    erasures: Erasures,
}

/// The worth of an answer.
enum Brought {
    /// Lines, or an answer that was held back as long as was asked.
    Enough,
    /// Nothing, and at once.
    Nothing,
}

impl Following {
    /// Whether the source has nothing to give, as far as is known, so that it may hold its answer back.
    fn has_all(&self, cursor: &Cursor) -> bool {
        self.agreed && cursor.seq >= self.head
    }

    /// How long it may hold its answer back.
    fn wait(&self, cursor: &Cursor) -> Duration {
        match (self.has_all(cursor), self.fresh) {
            (false, _) => Duration::ZERO,
            (true, true) => WITNESSES,
            (true, false) => WAIT,
        }
    }
}

impl Follower {
    /// The follower of the source at place `at`; nothing is asked of it yet.
    pub fn new(
        at: usize,
        (source, standing): (Source, Arc<upstream::Source>),
        (log, trust, turns): (Arc<OwnLog>, Arc<Trust>, Arc<Turns>),
    ) -> Self {
        let (lacking, is_rewritten) = (Lacking::default(), AtomicBool::new(false));
        Self { at, source, standing, lacking, is_rewritten, log, trust, turns }
    }

    /// The address of the source.
    pub fn address(&self) -> &str {
        self.source.address().as_str()
    }

    /// Notes files that its lines name, and that are not stored yet.
    pub fn need(&self, hashes: impl IntoIterator<Item = String>) {
        self.lacking.need(hashes);
    }

    /// Takes what the source publishes, looks through its history, and fetches files, for ever.
    pub async fn follow_for_ever(&self) {
        let fetching = self.lacking.fetch_for_ever(&self.log.db, &self.log.catalog, &self.source);
        tokio::join!(self.take_for_ever(), self.look_through_for_ever(), fetching);
    }

    /// Takes what the source publishes. Whatever happens, it goes on from what is stored, after the source has shown that it still
    /// has the last publication that was taken.
    async fn take_for_ever(&self) {
        let mut following = Following::default();
        let mut pace = Pace::default();
        loop {
            match self.advance(&mut following).await {
                Ok(Brought::Enough) => pace = Pace::default(),
                Ok(Brought::Nothing) => {
                    pace = Pace::default();
                    pace.pause(POLL).await;
                }
                Err(trouble) => {
                    self.turns.pass(self.at);
                    self.report_trouble(&trouble);
                    following = Following::default();
                    pace.after(&trouble).await;
                }
            }
        }
    }

    /// Asks for the next lines, checks them and stores them.
    async fn advance(&self, following: &mut Following) -> Result<Brought, SourceTrouble> {
        let cursor = match &following.cursor {
            Some(cursor) => cursor.clone(),
            None => self.log.cursor(self.address()).await?,
        };
        let (asked, waiting, wait) = (Instant::now(), following.has_all(&cursor), following.wait(&cursor));
        let since = if following.agreed { cursor.seq } else { cursor.before };
        self.turns.asks(self.at);
        let page = gather::page(&self.source, since, cursor.seq, wait).await?;
        let lines = self.new_lines(following.agreed, &cursor, page.lines)?;
        let (lines, end) = self.log.checked(&cursor, lines).await?;
        let (brought, has_all) = (!lines.is_empty(), end.seq >= page.head);
        let history = History { from: &cursor, end, head: page.head };
        let signature = self.signature(brought || !following.agreed, history).await?;
        (following.agreed, following.head, following.cursor) = (true, page.head, None);
        following.erasures.note(&lines);
        let withholds = following.erasures.withheld(&lines).is_some();
        let cursor =
            if brought && !withholds { Some(cursor) } else { self.remember(cursor, signature.as_ref()).await? };
        let Some(cursor) = cursor else { return Ok(Brought::Enough) };
        if withholds {
            self.must_have_erased(&lines, signature.as_ref(), &mut following.erasures).await?;
        }
        following.cursor = self.store_page(cursor, lines, page.head, signature).await?;
        if has_all {
            self.turns.pass(self.at);
        }
        following.fresh = brought;
        let held_back = waiting && asked.elapsed() >= wait / 2;
        match brought || held_back || has_all && !waiting {
            true => Ok(Brought::Enough),
            false => Ok(Brought::Nothing),
        }
    }

    /// Leaves the lines out that were taken before, which a source shows until it has `agreed`. Refuses those of a source whose
    /// history was found to be rewritten, and of one whose clock would date what others publish.
    fn new_lines(&self, agreed: bool, cursor: &Cursor, lines: Vec<Change>) -> Result<Vec<Change>, SourceTrouble> {
        if self.is_rewritten.load(Ordering::SeqCst) {
            return Err(Refusal::RewrittenBefore(cursor.seq).into());
        }
        let lines = if agreed { lines } else { cursor.without_known(lines)? };
        let of_the_future = lines.last().is_some_and(|line| line.published_at > Utc::now() + AHEAD);
        match of_the_future && !self.log.is_copied() {
            // Whatever came after it here would bear its time.
            true => Err(SourceTrouble::Unreachable("its last lines are of the future: is a clock wrong?".into())),
            false => Ok(lines),
        }
    }

    /// Asks for the checkpoint that the source signed of its history. One that shows nothing new is asked only for those who have signed it
    /// meanwhile, where they are told here.
    async fn signature(&self, is_new: bool, history: History<'_>) -> Result<Option<Signature>, SourceTrouble> {
        if !is_new && !self.log.is_copied() {
            return Ok(None);
        }
        match self.trust.signature(self.at, &self.source, history).await {
            Err(SourceTrouble::Unreachable(_)) if !is_new => Ok(None),
            signature => signature,
        }
    }

    /// Checks that what these lines lack was erased further on in the log, as the source signed it.
    async fn must_have_erased(
        &self,
        lines: &[Change],
        signature: Option<&Signature>,
        erasures: &mut Erasures,
    ) -> Result<(), SourceTrouble> {
        if let Some(signature) = signature {
            look_ahead(&self.source, signature, erasures).await?;
        }
        match erasures.withheld(lines) {
            Some(seq) => Err(Refusal::Withheld(seq).into()),
            None => Ok(()),
        }
    }

    /// Stores what a source signed of more lines than it ever did, where perhaps no lines are taken with it: it is held to that.
    /// `None` where another process was faster.
    async fn remember(&self, cursor: Cursor, signature: Option<&Signature>) -> Result<Option<Cursor>, SourceTrouble> {
        let Some(signature) = signature.filter(|signature| signature.is_ahead_of(&cursor)) else {
            return Ok(Some(cursor));
        };
        let mut to = cursor.clone();
        signature.note_in(&mut to);
        Ok(self.store(cursor, to.clone(), Vec::new()).await?.then_some(to))
    }

    /// Takes lines that were checked, and gives how far the source was taken with them; `None` where another process was faster.
    async fn store_page(
        &self,
        from: Cursor,
        lines: Vec<Change>,
        head: Seq,
        signature: Option<Signature>,
    ) -> Result<Option<Cursor>, SourceTrouble> {
        let mut cursor = from;
        for lines in self.log.portions(lines) {
            let mut to = cursor.clone();
            lines.iter().try_for_each(|line| to.add(line))?;
            signature.iter().for_each(|signature| signature.note_in(&mut to));
            self.fetch_files_of(&lines).await?;
            self.wait_for_turn(to.published_at, lines.len(), head).await;
            if !self.store(cursor, to.clone(), lines).await? {
                return Ok(None);
            }
            self.standing.answered(to.seq, head);
            cursor = to;
        }
        if self.log.is_copied() {
            let mut shown = cursor.clone();
            signature.iter().for_each(|signature| signature.note_in(&mut shown));
            self.log.repeat(&shown);
        }
        self.standing.answered(cursor.seq, head);
        Ok(Some(cursor))
    }

    /// Fetches the files that lines of a copied log name, so that they are there with the lines; what takes longer comes behind.
    async fn fetch_files_of(&self, lines: &[Change]) -> Result<(), SourceTrouble> {
        if self.log.is_copied() {
            let absent = files::absent(&self.log.db, named_by(lines)).await?;
            let fetching = files::fetch_all(&self.log.db, &self.source, &absent);
            let _ = tokio::time::timeout(FILES_FIRST, fetching).await;
        }
        Ok(())
    }

    /// Waits until nothing older may still come soon of another source.
    async fn wait_for_turn(&self, time: DateTime<Utc>, lines: usize, head: Seq) {
        let all = self.log.upstream.sources();
        // The only one never waits.
        if all.len() > 1 {
            self.standing.waits(head);
        }
        for late in self.turns.wait(self.at, time, lines).await {
            let Some(slow) = all.get(late).filter(|slow| slow.overtake()) else { continue };
            log::warn!("mirror: {}: it is slow: what others publish waits for it no longer", slow.address());
        }
    }

    /// Stores lines and shows them; whether they were still to be stored.
    async fn store(&self, from: Cursor, to: Cursor, lines: Vec<Change>) -> Result<bool, SourceTrouble> {
        let Some(lacking) = self.log.store(self.address(), (from, to), lines).await? else { return Ok(false) };
        self.need(lacking);
        self.log.tell_disputes().await?;
        Ok(true)
    }

    /// Looks through the whole history of the source from time to time: what was taken long ago must still be there as it was.
    async fn look_through_for_ever(&self) {
        let mut pace = Pace::default();
        loop {
            if !self.standing.standing().reached {
                pace.pause(POLL).await;
                continue;
            }
            match self.look_through().await {
                Ok(()) => {
                    self.is_rewritten.store(false, Ordering::SeqCst);
                    pace = Pace::default();
                    pace.pause(LOOK_THROUGH).await;
                }
                Err(trouble) => {
                    if let SourceTrouble::Refused(Refusal::RewrittenBefore(_)) = &trouble {
                        self.is_rewritten.store(true, Ordering::SeqCst);
                        self.report_trouble(&trouble);
                    }
                    pace.after(&trouble).await;
                }
            }
        }
    }

    async fn look_through(&self) -> Result<(), SourceTrouble> {
        let name = self.address().to_owned();
        let taken = self.log.db.read(move |conn| store::cursor(conn, &name)).await?;
        must_be_unchanged(&self.source, &taken).await
    }

    /// Says what is wrong to those who run the mirror: in the log, and to whoever asks whether it is ready.
    fn report_trouble(&self, trouble: &SourceTrouble) {
        let address = self.address();
        self.standing.failed(match trouble {
            SourceTrouble::Refused(refusal) => {
                log::error!("mirror: {address} is refused, and nothing more is taken from it: {refusal}");
                Trouble::Refused(refusal.to_string())
            }
            SourceTrouble::Unreachable(reason) => {
                log::warn!("mirror: {address}: {reason}");
                Trouble::Unreachable(reason.clone())
            }
            SourceTrouble::Database(error) => {
                log::error!("mirror: what comes from {address} cannot be stored: {error}");
                Trouble::NotStored("what it publishes cannot be stored here".into())
            }
        });
    }
}
