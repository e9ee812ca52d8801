//! Earlier states of the register, kept for those who will ask again: bounded by bytes and by age. One more is made at a time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::snapshot::Snapshot;
use crate::{
    problem::{Code, Problem},
    register::changes::Seq,
};

/// Bytes that the kept states may hold beside the present one.
const ROOM: usize = 32 << 20;
/// Bytes that states may hold that are not kept any more, but that somebody still reads: a long file to a slow client. Beyond that no
/// other one is made.
const LENT: usize = 4 * ROOM;
/// Bytes that a state takes by itself, about.
const EACH: usize = 64 << 10;
/// How long a state is kept that nobody asks for. A client that asks later has it made again, which costs what was published since.
const AGE: Duration = Duration::from_secs(30);

/// The earlier states that are kept.
pub(super) struct Past {
    held: Mutex<Held>,
    place: Arc<Semaphore>,
    /// How many times something was erased since the start.
    erasures: AtomicI64,
}

#[derive(Default)]
struct Held {
    /// First those that were asked for, the last one first; then those that were the present until a moment ago.
    kept: Vec<KeptState>,
    /// Those that are not kept any more, with their bytes.
    lent: Vec<(Weak<Snapshot>, usize)>,
}

/// A state that is kept.
pub(super) struct KeptState {
    state: Arc<Snapshot>,
    /// Bytes that it holds beside the present one, at most: those that it shares with another one are counted for both.
    bytes: usize,
    since: Instant,
    is_asked_for: bool,
}

impl Past {
    pub(super) fn new() -> Self {
        Self { held: Mutex::default(), place: Arc::new(Semaphore::new(1)), erasures: AtomicI64::new(0) }
    }

    /// How many times something was erased since the start.
    pub(super) fn erasures(&self) -> i64 {
        self.erasures.load(Ordering::SeqCst)
    }

    /// Returns a kept state, which is the last to go from now on.
    pub(super) fn get(&self, seq: Seq, now: Instant) -> Option<Arc<Snapshot>> {
        let kept = &mut self.held().kept;
        let place = kept.iter().position(|kept| kept.state.seq() == seq)?;
        kept[..=place].rotate_right(1);
        let first = kept.first_mut()?;
        (first.since, first.is_asked_for) = (now, true);
        Some(first.state.clone())
    }

    /// Whether a state is kept.
    pub(super) fn has(&self, seq: Seq) -> bool {
        self.held().kept.iter().any(|kept| kept.state.seq() == seq)
    }

    /// The one place where a state may be made: held until it is given up, whoever waits for it. 503 where somebody has it.
    pub(super) fn place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.place.clone().try_acquire_owned().map_err(|_| {
            Problem::with_detail(
                Code::Unavailable,
                "正在生成另一个历史时点的内容，请稍后再试",
                "another earlier state of the register is being made; ask again in a moment",
            )
        })
    }

    /// The register after the publication that ended at `seq`: made from the nearest state at hand, and kept. Blocks. `erasures` were
    /// counted before `present` was taken: 503 where something has been erased meanwhile, or where too much of the past is still read.
    pub(super) fn make(&self, present: &Arc<Snapshot>, seq: Seq, erasures: i64) -> Result<Arc<Snapshot>, Problem> {
        if self.held().lent() > LENT {
            return Err(Problem::with_detail(
                Code::Unavailable,
                "正在读取的历史时点过多，请稍后再试",
                "too many earlier states of the register are still being read; ask again in a moment",
            ));
        }
        let near = self.nearest(present, seq);
        // States that are larger than the room make way before there is another one.
        drop(self.trim(0));
        let state = match near.seq() > seq {
            true => near.rolled_back(seq)?,
            false => present.rewound(&near, seq)?,
        };
        drop(near);
        let state = Arc::new(state);
        let bytes = EACH + state.bytes_beside(present);
        let mut held = self.held();
        if self.erasures() != erasures {
            // Made of what still held what has been erased meanwhile.
            return Err(Code::Unavailable.into());
        }
        held.kept.insert(0, KeptState { state: state.clone(), bytes, since: Instant::now(), is_asked_for: true });
        drop(held);
        drop(self.trim(1));
        Ok(state)
    }

    /// Keeps what was the present, which holds so many `bytes` that the new one does not.
    pub(super) fn push(&self, state: Arc<Snapshot>, bytes: usize, now: Instant) {
        let kept = &mut self.held().kept;
        // The others may have shared them with the present.
        kept.iter_mut().for_each(|kept| kept.bytes = kept.bytes.saturating_add(bytes));
        let place = kept.iter().take_while(|kept| kept.is_asked_for).count();
        kept.insert(place, KeptState { state, bytes: bytes.saturating_add(EACH), since: now, is_asked_for: false });
    }

    /// Forgets every earlier state, since something was erased that they still hold. After the new present stands, so that whoever makes
    /// one of the old one sees it counted.
    pub(super) fn erase(&self) {
        self.erasures.fetch_add(1, Ordering::SeqCst);
        let gone = self.held().let_go(|_| true);
        drop(gone);
    }

    /// Lets go of what nobody has asked for so long, and of what there is no room for. To be dropped where it may take its time.
    pub(super) fn let_go(&self, now: Instant) -> Vec<KeptState> {
        let is_old = |kept: &mut KeptState| now.saturating_duration_since(kept.since) > AGE;
        let mut gone = self.held().let_go(is_old);
        gone.extend(self.trim(1));
        gone
    }

    /// Lets go of what there is no room for, those at the end first, but for so many that were asked for last.
    fn trim(&self, always: usize) -> Vec<KeptState> {
        let (mut bytes, mut left) = (0_usize, always);
        let has_no_room = |kept: &mut KeptState| {
            let is_first = kept.is_asked_for && std::mem::replace(&mut left, 0) > 0;
            let stays = is_first || bytes.saturating_add(kept.bytes) <= ROOM;
            bytes = bytes.saturating_add(if stays { kept.bytes } else { 0 });
            !stays
        };
        self.held().let_go(has_no_room)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state at hand from which the fewest lines lead to `seq`.
    fn nearest(&self, present: &Arc<Snapshot>, seq: Seq) -> Arc<Snapshot> {
        let held = self.held();
        let at_hand = held.kept.iter().map(|kept| &kept.state).chain([present]);
        let nearest = at_hand.min_by_key(|state| state.seq().abs_diff(seq)).unwrap_or(present);
        match nearest.seq().abs_diff(seq) <= seq.unsigned_abs() {
            true => nearest.clone(),
            false => Arc::new(present.emptied()),
        }
    }
}

impl Held {
    fn let_go(&mut self, goes: impl FnMut(&mut KeptState) -> bool) -> Vec<KeptState> {
        let gone: Vec<KeptState> = self.kept.extract_if(.., goes).collect();
        self.lent.retain(|(state, _)| state.strong_count() > 0);
        let is_read = |kept: &&KeptState| Arc::strong_count(&kept.state) > 1;
        self.lent.extend(gone.iter().filter(is_read).map(|kept| (Arc::downgrade(&kept.state), kept.bytes)));
        gone
    }

    /// The bytes of states that are not kept and still read by somebody.
    fn lent(&self) -> usize {
        let read = self.lent.iter().filter(|(state, _)| state.strong_count() > 0);
        read.fold(0, |bytes, (_, more)| bytes.saturating_add(*more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(seq: Seq) -> Arc<Snapshot> {
        Arc::new(Snapshot { seq, ..Snapshot::empty(&[]) })
    }

    fn kept(past: &Past) -> Vec<Seq> {
        past.held().kept.iter().map(|kept| kept.state.seq()).collect()
    }

    #[test]
    fn what_is_kept_has_room_for_so_many_bytes_and_what_was_asked_for_last_goes_last() {
        let (past, now) = (Past::new(), Instant::now());
        (1..=4).for_each(|seq| past.push(state(seq), ROOM / 16, now));
        assert_eq!(kept(&past), [4, 3, 2, 1]);
        assert_eq!(past.get(1, now).map(|state| state.seq()), Some(1));
        assert_eq!(past.get(7, now).map(|state| state.seq()), None);
        assert!(past.has(2) && !past.has(7));
        // Each of the others may have shared what this one holds.
        past.push(state(5), ROOM / 4, now);
        past.let_go(now);
        assert_eq!(kept(&past), [1, 5]);
        past.push(state(6), ROOM, now);
        past.let_go(now);
        assert_eq!(kept(&past), [1], "asked for last, it stays whatever it holds; what nobody asked for does not");
        assert!(past.trim(0).len() == 1 && kept(&past).is_empty(), "until it makes way for another one");
    }

    #[test]
    fn however_little_they_hold_they_are_not_kept_for_ever_nor_without_number() {
        let (past, now) = (Past::new(), Instant::now());
        (1..=3000).for_each(|seq| past.push(state(seq), 0, now));
        past.let_go(now);
        assert!(kept(&past).len() <= ROOM / EACH, "{}", kept(&past).len());
        assert!(past.get(3000, now + AGE).is_some());
        assert!(!past.let_go(now + AGE + Duration::from_secs(1)).is_empty());
        assert_eq!(kept(&past), [3000]);
        past.erase();
        assert_eq!((kept(&past).len(), past.erasures()), (0, 1));
    }

    #[test]
    fn the_nearest_state_is_begun_with() {
        let (past, now, present) = (Past::new(), Instant::now(), state(100));
        let nearest = |seq| past.nearest(&present, seq).seq();
        assert_eq!([0, 49, 50, 51, 99].map(nearest), [0, 0, 100, 100, 100]);
        past.push(state(40), 0, now);
        past.push(state(60), 0, now);
        assert_eq!([10, 19, 21, 45, 55, 79, 81].map(nearest), [0, 0, 40, 40, 60, 60, 100]);
    }

    #[test]
    fn no_other_one_is_made_while_too_much_is_still_read() {
        let (past, now, present) = (Past::new(), Instant::now(), state(100));
        let reader = state(7);
        past.push(reader.clone(), LENT, now);
        assert!(past.let_go(now).len() == 1 && kept(&past).is_empty(), "there is no room for it");
        assert_eq!(past.make(&present, 0, 0).err().map(|problem| problem.code), Some(Code::Unavailable));
        drop(reader);
        assert_eq!(past.make(&present, 0, 0).expect("nobody reads it any more").seq(), 0);
    }

    #[test]
    fn there_is_one_place_until_it_is_given_up() {
        let past = Past::new();
        let place = past.place().expect("it is free");
        assert_eq!(past.place().expect_err("it is taken").code, Code::Unavailable);
        drop(place);
        assert!(past.place().is_ok());
    }
}
