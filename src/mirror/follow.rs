//! Following the sources, for ever.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use super::{
    address::Address,
    files::{self, Lacking},
    gather,
    pace::Pace,
    source::{Source, SourceTrouble, WAIT},
    store,
    store_lines::{OpenError, Taking, named_by, prepare, store_lines},
    turns::{PATIENCE, Turns},
    verify::{Cursor, Erasures, Refusal},
};
use crate::{
    base::threads,
    model::kinds::Kind,
    register::{
        catalog::{Catalog, Snapshot},
        changes::{self, Broken, Change, Seq},
        db::{Db, DbError},
        notary::{self, Notary},
        upstream::{self, LogKind, Upstream},
    },
    transparency::{Checkpoint, Hash, Note, Quorum, VerifierKey, is_consistent},
};

/// How often a source that does not hold its answers back is asked.
const POLL: Duration = Duration::from_secs(2);
/// How long after new lines the source is asked who else has signed them.
const WITNESSES: Duration = Duration::from_secs(5);
/// Erasures that are looked for at a time.
const MOST_ERASURES: usize = 1 << 20;
/// How far the clock of a source may be ahead of ours, where its times become those of others.
const AHEAD: TimeDelta = TimeDelta::hours(1);
/// How often it is asked whether enough of them have.
const AGAIN: Duration = Duration::from_millis(500);
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
    /// What gives out checkpoints here: of a copied log, those of the source.
    notary: Data<Notary>,
    /// The keys of logs that are trusted; without any, those that a source names when it is first asked.
    trusted: Vec<VerifierKey>,
    /// Who has to have cosigned what is taken.
    quorum: Quorum,
    /// Of each source, the keys of its log, once they are known.
    known: Mutex<Vec<Vec<VerifierKey>>>,
    turns: Turns,
    /// Of each source, the files that its lines name and that are still to be fetched.
    lacking: Vec<Lacking>,
    /// Of each source, whether its history was found to be rewritten when it was last looked through.
    rewritten: Vec<AtomicBool>,
}

/// What a mirror is of.
#[derive(Clone, Debug, Default)]
pub struct Of {
    /// The registers.
    pub sources: Vec<Address>,
    /// The division to which it is limited.
    pub division: Option<String>,
    /// The public keys of their logs that are trusted; without any, those that a source names when it is first asked.
    pub trusted: Vec<VerifierKey>,
    /// Who has to have cosigned what is taken.
    pub quorum: Quorum,
    /// How long what other sources publish waits for a slow one altogether, if not as usual.
    pub patience: Option<Duration>,
}

/// Where the following of a source stands.
#[derive(Default)]
struct Following {
    /// How far it was taken; to be read from the store where unknown.
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

/// What the log of a source signed.
struct Signature {
    checkpoint: Checkpoint,
    /// The same, as it was signed.
    note: String,
    /// The keys of this log among those that are trusted.
    keys: Vec<VerifierKey>,
    /// The lines that were asked about, which it begins with.
    end: Cursor,
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
    pub async fn open(db: &Db, catalog: Data<Catalog>, notary: Data<Notary>, of: Of) -> Result<Self, OpenError> {
        let Of { sources: addresses, division, trusted, quorum, patience } = of;
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
        if let ([cursor], LogKind::Copied) = (cursors.as_slice(), log) {
            catalog.catch_up(db).await;
            must_be_shown(&catalog.snapshot(), cursor)?;
            repeat(&notary, &catalog, cursor);
        }
        let known = cursors.iter().map(|cursor| cursor.keys.clone()).collect();
        upstream.sources().iter().zip(&cursors).for_each(|(source, cursor)| source.begins_at(cursor.seq));
        let sources = addresses.into_iter().map(Source::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            db: db.clone(),
            catalog,
            upstream: Data::new(upstream),
            turns: Turns::of(sources.len(), patience.unwrap_or(PATIENCE)),
            rewritten: sources.iter().map(|_| AtomicBool::new(false)).collect(),
            known: Mutex::new(known),
            lacking: sources.iter().map(|_| Lacking::default()).collect(),
            notary,
            trusted,
            quorum,
            sources,
        })
    }

    /// What it is of, and how the following goes.
    pub fn upstream(&self) -> Data<Upstream> {
        self.upstream.clone()
    }

    /// Follows every source, for ever.
    pub async fn follow_for_ever(&self) {
        if let Err(error) = self.need_what_lacks().await {
            log::error!("mirror: which files lack is not known: {error}");
        }
        let following = (0..self.sources.len()).map(|at| self.follow(at));
        let looking = (0..self.sources.len()).map(|at| self.look_through_for_ever(at));
        let lacking = self.lacking.iter().zip(&self.sources);
        let fetching = lacking.map(|(lacking, source)| lacking.fetch_for_ever(&self.db, &self.catalog, source));
        tokio::join!(join_all(following), join_all(looking), join_all(fetching));
    }

    /// Notes the files that lines which were taken before name, and that are not stored yet.
    async fn need_what_lacks(&self) -> Result<(), DbError> {
        let register = self.catalog.snapshot();
        let named = register.named_files().map(|hash| hash.to_string()).collect();
        let absent: BTreeSet<_> = files::absent(&self.db, named).await?.into_iter().collect();
        if self.upstream.log() == LogKind::Copied {
            self.need(0, absent);
        } else if !absent.is_empty() {
            let found = threads::spawn(move || files::named_by_each(&register, &absent));
            for (named, hashes) in found.await.map_err(DbError::from)?? {
                if let Some(at) = self.sources.iter().position(|source| source.address().as_str() == named) {
                    self.need(at, hashes);
                }
            }
        }
        Ok(())
    }

    /// Lines of this source name these files, which are not stored yet.
    fn need(&self, at: usize, hashes: impl IntoIterator<Item = String>) {
        if let Some(lacking) = self.lacking.get(at) {
            lacking.need(hashes);
        }
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
                    self.report_trouble(at, &trouble);
                    following = Following::default();
                    pace.after(&trouble).await;
                }
            }
        }
    }

    async fn advance(&self, at: usize, following: &mut Following) -> Result<Brought, SourceTrouble> {
        let Some(source) = self.sources.get(at) else { return Ok(Brought::Nothing) };
        let cursor = match &following.cursor {
            Some(cursor) => cursor.clone(),
            None => self.cursor(source).await?,
        };
        let (asked, waiting) = (Instant::now(), following.agreed && cursor.seq >= following.head);
        let since = if following.agreed { cursor.seq } else { cursor.before };
        let wait = match (waiting, following.fresh) {
            (false, _) => Duration::ZERO,
            (true, true) => WITNESSES,
            (true, false) => WAIT,
        };
        self.turns.asks(at);
        let page = gather::page(source, since, cursor.seq, wait).await?;
        if self.rewritten.get(at).is_some_and(|rewritten| rewritten.load(Ordering::SeqCst)) {
            return Err(Refusal::RewrittenBefore(cursor.seq).into());
        }
        let lines = if following.agreed { page.lines } else { cursor.without_known(page.lines)? };
        let of_the_future = lines.last().is_some_and(|line| line.published_at > Utc::now() + AHEAD);
        if of_the_future && self.upstream.log() == LogKind::Gathered {
            // Whatever came after it here would bear its time.
            return Err(SourceTrouble::Unreachable("its last lines are of the future: is a clock wrong?".into()));
        }
        let (lines, after) = self.checked(&cursor, lines).await?;
        let signature = match (lines.is_empty() && following.agreed, self.upstream.log()) {
            (true, LogKind::Gathered) => None,
            (is_known, _) => match self.signed(at, &cursor, after, page.head).await {
                // It was asked only for those who have signed it meanwhile.
                Err(SourceTrouble::Unreachable(_)) if is_known => None,
                signature => signature?,
            },
        };
        (following.agreed, following.head) = (true, page.head);
        let (brought, end) = (!lines.is_empty(), lines.last().map_or(cursor.seq, |line| line.seq));
        following.erasures.note(&lines);
        following.cursor = None;
        let cursor = match lines.is_empty() || following.erasures.withheld(&lines).is_some() {
            true => self.remember(at, cursor, signature.as_ref()).await?,
            false => Some(cursor),
        };
        let Some(cursor) = cursor else { return Ok(Brought::Enough) };
        if let (Some(_), Some(signature)) = (following.erasures.withheld(&lines), &signature) {
            look_ahead(source, signature, &mut following.erasures).await?;
        }
        if let Some(seq) = following.erasures.withheld(&lines) {
            return Err(Refusal::Withheld(seq).into());
        }
        following.cursor = self.store_page(at, cursor, (lines, page.head), signature).await?;
        let has_all = end >= page.head;
        if has_all {
            self.turns.pass(at);
        }
        let held_back = waiting && asked.elapsed() >= wait / 2;
        following.fresh = brought;
        match brought || held_back || has_all && !waiting {
            true => Ok(Brought::Enough),
            false => Ok(Brought::Nothing),
        }
    }

    /// How far a source was taken, by this process or by another with the same store.
    async fn cursor(&self, source: &Source) -> Result<Cursor, SourceTrouble> {
        let name = source.address().as_str().to_owned();
        let cursor = self.db.read(move |conn| store::cursor(conn, &name)).await?;
        if self.upstream.log() == LogKind::Copied {
            self.catalog.catch_up(&self.db).await;
            repeat(&self.notary, &self.catalog, &cursor);
        }
        Ok(cursor)
    }

    /// Checks that these lines are the next ones, and gives them back with the cursor after them.
    async fn checked(&self, cursor: &Cursor, lines: Vec<Change>) -> Result<(Vec<Change>, Cursor), SourceTrouble> {
        let (begin, kinds) = (cursor.clone(), self.kinds());
        let checked = threads::spawn(move || begin.after(&lines, &kinds).map(|end| (lines, end)));
        Ok(checked.await.map_err(DbError::from)??)
    }

    /// Checks that the log of the source, as it signs it, begins with the lines up to `end`, which come after `cursor`, and with all
    /// that it signed before. It must have the whole of what it `shows`. `None` where there is nothing yet.
    async fn signed(
        &self,
        at: usize,
        cursor: &Cursor,
        end: Cursor,
        shows: Seq,
    ) -> Result<Option<Signature>, SourceTrouble> {
        let Some(source) = self.sources.get(at) else { return Ok(None) };
        if end.seq == 0 {
            return Ok(None);
        }
        let before = cursor.signed().filter(|before| before.size > cursor.edge.size());
        let least = before.as_ref().and_then(|before| Seq::try_from(before.size).ok()).unwrap_or(0).max(shows);
        let keys = self.keys_of(source, cursor).await?;
        let note = self.cosigned(source, least).await?;
        let (checkpoint, _) = Checkpoint::open(&note, &keys).map_err(Refusal::from)?;
        let contradicts = |refusal: Refusal| {
            log::error!("mirror: {}: {refusal}. This is what it signed:\n{note}", source.address());
            refusal
        };
        if Seq::try_from(checkpoint.size).is_ok_and(|size| size < least.max(end.seq)) {
            return Err(SourceTrouble::Unreachable("its checkpoint is behind its log".into()));
        }
        let to_end = proof(source, end.edge.size(), &checkpoint).await?;
        end.must_be_under(&checkpoint, &to_end).map_err(contradicts)?;
        if let Some(before) = before {
            let proof = proof(source, before.size, &checkpoint).await?;
            if !is_consistent((before.size, before.root), (checkpoint.size, checkpoint.root), &proof) {
                return Err(contradicts(Refusal::Contradicted(before.size)).into());
            }
        }
        // Of those that a source names, only what it signs with is known to be its own.
        let keys = match self.trusted.is_empty() && cursor.keys.is_empty() {
            true => keys.into_iter().filter(|key| Checkpoint::open(&note, std::slice::from_ref(key)).is_ok()).collect(),
            false => keys.into_iter().filter(|key| key.name == checkpoint.origin).collect::<Vec<_>>(),
        };
        self.must_be_the_only_one(at, &keys)?;
        Ok(Some(Signature { checkpoint, note, keys, end }))
    }

    /// The newest checkpoint of a source, of at least so many lines. Where witnesses are needed, they get some time.
    async fn cosigned(&self, source: &Source, lines: Seq) -> Result<String, SourceTrouble> {
        let begin = Instant::now();
        loop {
            let note = source.checkpoint(lines).await?;
            match self.quorum.check(&Note::read(&note).unwrap_or_default()) {
                Ok(_) => return Ok(note),
                Err(few) if begin.elapsed() >= WITNESSES => return Err(SourceTrouble::Unreachable(few.to_string())),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// The keys by which the log of a source is known: those that the operator trusts, else those that it named first. A log
    /// does not change its name.
    async fn keys_of(&self, source: &Source, cursor: &Cursor) -> Result<Vec<VerifierKey>, SourceTrouble> {
        let known = if self.trusted.is_empty() { &cursor.keys } else { &self.trusted };
        if !known.is_empty() {
            let is_its = |key: &&VerifierKey| cursor.origin().is_none_or(|origin| key.name == origin);
            return Ok(known.iter().filter(is_its).cloned().collect());
        }
        let keys = source.log_keys().await?;
        let named: Vec<_> = keys.iter().map(ToString::to_string).collect();
        log::info!("mirror: {}: its log is known from now on by {}", source.address(), named.join(" "));
        Ok(keys)
    }

    /// Checks that no other source is the log with one of these keys.
    fn must_be_the_only_one(&self, at: usize, keys: &[VerifierKey]) -> Result<(), Refusal> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let others = known.iter().enumerate().filter(|(other, _)| *other != at);
        if let Some(key) = others.flat_map(|(_, theirs)| theirs).find(|key| keys.contains(key)) {
            return Err(Refusal::SameLog(key.name.clone()));
        }
        if let Some(own) = known.get_mut(at) {
            *own = keys.to_vec();
        }
        Ok(())
    }

    /// Stores what a source signed of more lines than it ever did, where perhaps no lines are taken with it: it is held to that.
    /// `None` where another process was faster.
    async fn remember(
        &self,
        at: usize,
        cursor: Cursor,
        signature: Option<&Signature>,
    ) -> Result<Option<Cursor>, SourceTrouble> {
        let (Some(source), Some(Signature { checkpoint, note, keys, .. })) = (self.sources.get(at), signature) else {
            return Ok(Some(cursor));
        };
        let is_longer = cursor.signed().is_none_or(|before| before.size < checkpoint.size);
        if !is_longer || checkpoint.size <= cursor.edge.size() {
            return Ok(Some(cursor));
        }
        let mut to = cursor.clone();
        to.believe(note, keys);
        let taking = self.taking(source, (cursor, to.clone()), Vec::new());
        Ok(self.store(at, taking).await?.then_some(to))
    }

    fn taking(&self, source: &Source, (from, to): (Cursor, Cursor), lines: Vec<Change>) -> Taking {
        let (log, division) = (self.upstream.log(), self.upstream.division().map(str::to_owned));
        Taking { source: source.address().as_str().to_owned(), log, division, from, to, lines }
    }

    /// Takes lines that were checked, and gives how far the source was taken with them; `None` where another process was faster.
    async fn store_page(
        &self,
        at: usize,
        from: Cursor,
        (lines, head): (Vec<Change>, Seq),
        signature: Option<Signature>,
    ) -> Result<Option<Cursor>, SourceTrouble> {
        let (Some(source), Some(told)) = (self.sources.get(at), self.upstream.sources().get(at)) else {
            return Ok(None);
        };
        let mut cursor = from;
        let believe = |cursor: &mut Cursor| {
            if let Some(Signature { keys, note, .. }) = &signature {
                cursor.believe(note, keys);
            }
        };
        for lines in self.portions(lines) {
            let mut to = cursor.clone();
            lines.iter().try_for_each(|line| to.add(line))?;
            believe(&mut to);
            if self.upstream.log() == LogKind::Copied {
                // So that they are there with the lines that name them; what takes longer comes behind.
                let absent = files::absent(&self.db, named_by(&lines)).await?;
                let fetching = files::fetch_all(&self.db, source, &absent);
                let _ = tokio::time::timeout(FILES_FIRST, fetching).await;
            }
            self.wait_for_turn(at, (to.published_at, lines.len()), head).await;
            let taking = self.taking(source, (cursor, to.clone()), lines);
            if !self.store(at, taking).await? {
                return Ok(None);
            }
            told.answered(to.seq, head);
            cursor = to;
        }
        if self.upstream.log() == LogKind::Copied {
            let mut shown = cursor.clone();
            believe(&mut shown);
            repeat(&self.notary, &self.catalog, &shown);
        }
        told.answered(cursor.seq, head);
        Ok(Some(cursor))
    }

    /// Waits until nothing older may still come soon of another source.
    async fn wait_for_turn(&self, at: usize, (time, lines): (DateTime<Utc>, usize), head: Seq) {
        let told = self.upstream.sources();
        // The only one never waits.
        if let (Some(own), true) = (told.get(at), told.len() > 1) {
            own.waits(head);
        }
        for late in self.turns.wait(at, time, lines).await {
            let Some(slow) = told.get(late).filter(|slow| slow.overtake()) else { continue };
            log::warn!("mirror: {}: it is slow: what others publish waits for it no longer", slow.address());
        }
    }

    /// Stores lines and shows them; whether they were still to be stored.
    async fn store(&self, at: usize, taking: Taking) -> Result<bool, SourceTrouble> {
        let known = self.catalog.snapshot();
        let written = self.db.write(move |conn| store_lines(conn, &known, taking)).await?;
        self.catalog.catch_up(&self.db).await;
        let Some(named) = written else { return Ok(false) };
        self.need(at, files::absent(&self.db, named).await?);
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
            LogKind::Gathered => publications(lines),
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
                    if let SourceTrouble::Refused(Refusal::RewrittenBefore(_)) = &trouble {
                        self.set_rewritten(at, true);
                        self.report_trouble(at, &trouble);
                    }
                    pace.after(&trouble).await;
                }
            }
        }
    }

    async fn look_through(&self, at: usize) -> Result<(), SourceTrouble> {
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
                return Err(SourceTrouble::Unreachable(format!("it gives no lines after {before}")));
            }
        }
        match walked.edge == taken.edge {
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
    fn report_trouble(&self, at: usize, trouble: &SourceTrouble) {
        let (Some(source), Some(told)) = (self.sources.get(at), self.upstream.sources().get(at)) else { return };
        let address = source.address();
        match trouble {
            SourceTrouble::Refused(refusal) => {
                log::error!("mirror: {address} is refused, and nothing more is taken from it: {refusal}");
                told.failed(upstream::Trouble::Refused(refusal.to_string()));
            }
            SourceTrouble::Unreachable(reason) => {
                log::warn!("mirror: {address}: {reason}");
                told.failed(upstream::Trouble::Unreachable(reason.clone()));
            }
            SourceTrouble::Database(error) => {
                log::error!("mirror: what comes from {address} cannot be stored: {error}");
                told.failed(upstream::Trouble::NotStored("what it publishes cannot be stored here".into()));
            }
        }
    }
}

/// Lines, publication by publication.
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

/// Checks that the register shows what was taken, and what of it the source signed.
fn must_be_shown(register: &Snapshot, cursor: &Cursor) -> Result<(), OpenError> {
    changes::must_be_of(&cursor.edge, register.tree())?;
    match cursor.repeats() {
        Some(signed) => Ok(notary::must_extend(&signed, register.tree())?),
        None => Ok(()),
    }
}

/// Gives out the checkpoint of the source, where it is one of lines that are shown.
fn repeat(notary: &Notary, catalog: &Catalog, cursor: &Cursor) {
    let opened = cursor.repeated.as_ref().and_then(|note| Checkpoint::open(note, &cursor.keys).ok());
    if let Some((checkpoint, note)) = opened
        && catalog.snapshot().tree().root(checkpoint.size) == Some(checkpoint.root)
    {
        notary.repeat(checkpoint, note, &cursor.keys);
    }
}

/// The proof that a log with this checkpoint begins with its first `size` lines.
async fn proof(source: &Source, size: u64, checkpoint: &Checkpoint) -> Result<Vec<Hash>, SourceTrouble> {
    match size < checkpoint.size {
        true => source.consistency(size, checkpoint.size).await,
        false => Ok(Vec::new()),
    }
}

/// Notes the erasures that stand after the lines that were asked about, as far as the source signed them. Old lines are without
/// their bodies where one does.
async fn look_ahead(source: &Source, signature: &Signature, erasures: &mut Erasures) -> Result<(), SourceTrouble> {
    let (mut ahead, size) = (signature.end.clone(), signature.checkpoint.size);
    let mut found = Erasures::default();
    while ahead.edge.size() < size {
        let (from, signed) = (ahead.seq, Seq::try_from(size).unwrap_or(Seq::MAX));
        let page = source.references(from, from).await?;
        // What stands behind them, nobody signed.
        let lines: Vec<_> = page.lines.into_iter().take_while(|line| line.seq <= signed).collect();
        for line in &lines {
            if line.seq != ahead.seq + 1 {
                return Err(Refusal::Broken(Broken::Gap { after: ahead.seq, found: line.seq }).into());
            }
            ahead.add(line)?;
        }
        if ahead.seq == from {
            return Err(SourceTrouble::Unreachable(format!("it gives no lines after {from}")));
        }
        found.note(&lines);
        if found.count() > MOST_ERASURES {
            return Err(SourceTrouble::Unreachable(format!(
                "more than {MOST_ERASURES} texts were erased behind line {from}"
            )));
        }
    }
    ahead.must_be_under(&signature.checkpoint, &[])?;
    erasures.merge(found);
    Ok(())
}
