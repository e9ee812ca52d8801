//! Bytes and their compressed twins. A twin is made when first asked for. All that the process keeps of them have so much room
//! together; those make way first that nobody has asked for again.
//!
//! A twin hangs beside the bytes that it is of, so that who asks for it takes no lock, and it is gone when they are.

use std::{
    collections::VecDeque,
    io::Write,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::web::Bytes;
use arc_swap::ArcSwapOption;

/// Bytes of the twins that the process keeps.
const ROOM: usize = 32 << 20;
/// The part of its room that what is kept beside the register has when nobody asks for more: one of so many.
pub const QUIET: usize = 16;
/// Bytes that a twin takes beside its own.
const OVERHEAD: usize = 192;
/// How many twins are passed over at most, because they were asked for again, when one has to make way: nobody waits for long.
const PASSED_OVER: usize = 64;

/// All twins of the process.
static KEPT: Kept = Kept::new(ROOM);

/// How the bytes of an answer are coded (RFC 9110 §8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Identity,
    /// gzip
    Gzip,
    /// Brotli
    Brotli,
    /// Zstandard
    Zstd,
}

/// Bytes and their compressed twins: pure functions of them.
pub struct Twins {
    plain: Bytes,
    /// A place for each encoding, once one of them was asked for.
    places: OnceLock<Box<[Place; 3]>>,
}

/// Holds a twin while it is kept.
type Place = ArcSwapOption<Twin>;

struct Twin {
    bytes: Bytes,
    /// Whether somebody has asked for it since it was made or passed over.
    was_asked_for: AtomicBool,
}

/// Twins that have so much room.
struct Kept {
    room: usize,
    made: Mutex<Made>,
}

/// Those that were made, or passed over, longest ago in front.
struct Made {
    queue: VecDeque<Ticket>,
    /// Bytes that they take.
    bytes: usize,
}

/// A twin that was made. It may be gone by now with the bytes that it is of.
struct Ticket {
    of: Weak<Twins>,
    encoding: Encoding,
    bytes: usize,
}

impl Encoding {
    /// All, in the order of preference among equally liked ones.
    pub const ALL: [Self; 4] = [Self::Zstd, Self::Brotli, Self::Gzip, Self::Identity];

    /// The token of `Content-Encoding`.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Identity => 0,
            Self::Gzip => 1,
            Self::Brotli => 2,
            Self::Zstd => 3,
        }
    }

    /// `bytes` in this encoding; `None` when they could not be encoded.
    pub fn encode(self, bytes: &Bytes) -> Option<Bytes> {
        let encoded = match self {
            Self::Identity => return Some(bytes.clone()),
            Self::Gzip => gzip(bytes),
            Self::Brotli => brotli(bytes),
            Self::Zstd => zstd::bulk::compress(bytes, 3),
        };
        let mut encoded = encoded.map_err(|error| log::error!("{} failed: {error}", self.token())).ok()?;
        // It was written into more room than it needs, and is perhaps kept.
        encoded.shrink_to_fit();
        Some(encoded.into())
    }
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::with_capacity(bytes.len() / 3), flate2::Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 5, lgwin: 20, ..Default::default() };
    let mut encoded = Vec::with_capacity(bytes.len() / 3);
    brotli::BrotliCompress(&mut &bytes[..], &mut encoded, &parameters)?;
    Ok(encoded)
}

/// Lets go of all but a part of the twins, those that nobody has asked for again first. Called from time to time.
pub fn shrink() {
    KEPT.made().make_way(ROOM / QUIET);
}

impl Twins {
    /// Bytes without twins yet.
    pub fn new(plain: impl Into<Bytes>) -> Self {
        Self { plain: plain.into(), places: OnceLock::new() }
    }

    /// The bytes as they are.
    pub fn plain(&self) -> &Bytes {
        &self.plain
    }

    /// The bytes in an encoding, where nothing has to be encoded for that; shared, never copied.
    pub fn at_hand(&self, encoding: Encoding) -> Option<Bytes> {
        let Some(at) = encoding.index().checked_sub(1) else { return Some(self.plain.clone()) };
        let kept = self.places.get()?.get(at)?.load();
        let twin = kept.as_deref()?;
        // Written once only: processors that read it share it otherwise.
        if !twin.was_asked_for.load(Ordering::Relaxed) {
            twin.was_asked_for.store(true, Ordering::Relaxed);
        }
        Some(twin.bytes.clone())
    }

    /// The bytes in an encoding, or as they are where that fails, and which of both; shared, never copied.
    pub fn bytes(self: &Arc<Self>, encoding: Encoding) -> (Encoding, Bytes) {
        self.bytes_kept_in(&KEPT, encoding)
    }

    fn bytes_kept_in(self: &Arc<Self>, kept: &Kept, encoding: Encoding) -> (Encoding, Bytes) {
        if let Some(bytes) = self.at_hand(encoding) {
            return (encoding, bytes);
        }
        // Made here and not inside a lock: who asks meanwhile makes the same bytes and does not wait.
        match encoding.encode(&self.plain) {
            Some(bytes) => {
                kept.keep(self, encoding, &bytes);
                (encoding, bytes)
            }
            None => (Encoding::Identity, self.plain.clone()),
        }
    }

    fn place(&self, encoding: Encoding) -> Option<&Place> {
        let at = encoding.index().checked_sub(1)?;
        self.places.get_or_init(|| Box::new([const { Place::const_empty() }; 3])).get(at)
    }
}

impl Kept {
    const fn new(room: usize) -> Self {
        Self { room, made: Mutex::new(Made { queue: VecDeque::new(), bytes: 0 }) }
    }

    /// Keeps a twin, and lets others make way for it. One that is larger than all the room is not kept.
    fn keep(&self, twins: &Arc<Twins>, encoding: Encoding, bytes: &Bytes) {
        let weight = bytes.len().saturating_add(OVERHEAD);
        let Some(place) = twins.place(encoding).filter(|_| weight <= self.room) else { return };
        let mut made = self.made();
        // Somebody else may have made the same meanwhile.
        if place.load().is_some() {
            return;
        }
        place.store(Some(Arc::new(Twin { bytes: bytes.clone(), was_asked_for: AtomicBool::new(false) })));
        made.queue.push_back(Ticket { of: Arc::downgrade(twins), encoding, bytes: weight });
        made.bytes = made.bytes.saturating_add(weight);
        made.make_way(self.room);
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Made {
    fn make_way(&mut self, room: usize) {
        let mut passed_over = 0;
        while self.bytes > room
            && let Some(first) = self.queue.pop_front()
        {
            if passed_over < PASSED_OVER && first.was_asked_for() {
                passed_over += 1;
                self.queue.push_back(first);
            } else {
                first.let_go();
                self.bytes = self.bytes.saturating_sub(first.bytes);
            }
        }
    }
}

impl Ticket {
    /// Whether somebody has asked for it since it was last passed over.
    fn was_asked_for(&self) -> bool {
        let twins = self.of.upgrade();
        let place = twins.as_ref().and_then(|twins| twins.place(self.encoding));
        place.is_some_and(|place| {
            place.load().as_deref().is_some_and(|twin| twin.was_asked_for.swap(false, Ordering::Relaxed))
        })
    }

    fn let_go(&self) {
        if let Some(twins) = self.of.upgrade()
            && let Some(place) = twins.place(self.encoding)
        {
            place.store(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that nothing makes fewer.
    fn noise(seed: u64) -> Arc<Twins> {
        let mut state = seed.wrapping_mul(2).wrapping_add(1);
        let bytes: Vec<u8> = (0..2000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            })
            .collect();
        Arc::new(Twins::new(bytes))
    }

    #[test]
    fn twins_have_so_much_room_and_those_make_way_that_nobody_has_asked_for_again() {
        let kept = Kept::new(100_000);
        let all: Vec<_> = (0..200).map(noise).collect();
        let (hot, cold) = (&all[0], &all[1]);
        let (_, first) = cold.bytes_kept_in(&kept, Encoding::Gzip);
        for twins in &all {
            for encoding in [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd] {
                assert_eq!(twins.bytes_kept_in(&kept, encoding).0, encoding);
                assert!(hot.at_hand(Encoding::Gzip).is_some(), "it is asked for again and again");
                assert!(kept.made().bytes <= 100_000);
            }
        }
        assert!(cold.at_hand(Encoding::Gzip).is_none());
        assert_eq!(cold.bytes_kept_in(&kept, Encoding::Gzip), (Encoding::Gzip, first), "it is made anew");
        let held = all.iter().flat_map(|twins| Encoding::ALL.map(|encoding| twins.at_hand(encoding)));
        let held = held.flatten().filter(|bytes| !all.iter().any(|twins| twins.plain() == bytes)).count();
        assert!((20..50).contains(&held), "{held}");
    }

    #[test]
    fn a_twin_is_gone_with_its_bytes_and_leaves_its_room_to_others() {
        let kept = Kept::new(10_000);
        for seed in 0..100 {
            let twins = noise(seed);
            let (_, bytes) = twins.bytes_kept_in(&kept, Encoding::Zstd);
            let of = Arc::downgrade(&twins);
            drop(twins);
            assert!(of.upgrade().is_none() && bytes.is_unique(), "nobody else holds it");
        }
        assert!(kept.made().queue.len() < 6);
    }

    #[test]
    fn what_is_larger_than_all_the_room_is_not_kept() {
        let (kept, twins) = (Kept::new(1000), noise(1));
        assert_eq!(twins.bytes_kept_in(&kept, Encoding::Gzip).0, Encoding::Gzip);
        assert!(twins.at_hand(Encoding::Gzip).is_none() && kept.made().queue.is_empty());
    }
}
