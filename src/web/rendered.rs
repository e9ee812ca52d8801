//! Answers that take work to write and change only with the register or the software: charts, guides, sitemaps. They are kept,
//! with their compressed twins, as long as there is room.
//!
//! An answer is kept by its version: after a publication or an erasure the register shows another version, so what is
//! kept of the old one is never found again and makes room in time. After an erasure nothing is kept of what was: not even
//! where nobody would find it.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, web::Data};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter, sync::Cache};

use crate::{
    base::turns::{Together, Turn, Waited},
    problem::{Code, Problem},
    register::catalog::{Catalog, QUIET},
    web::answer::{Version, Written},
};

/// The room for all answers that the process keeps, in bytes.
pub const ROOM: u64 = 32 << 20;
/// The bytes that an answer takes beside its own.
const OVERHEAD: u64 = 512;
/// How long an answer usually is.
const USUAL: u64 = 32 << 10;
/// How long it is remembered that something could not be made. Those who waited for it are told at once.
const REMEMBERED: Duration = Duration::from_secs(60);

/// The name of an answer: its subject and the version of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Name {
    what: &'static str,
    key: Box<str>,
    version: Version,
}

/// Values that are made once for all who ask and kept while there is room, but never past an erasure.
pub struct SharedCache<N, V, W> {
    values: Cache<N, V, W>,
    room: u64,
    /// The erasures of the register of which nothing is left here.
    erasures: AtomicI64,
    /// The values that could not be made a moment ago, since when, and why.
    failures: Mutex<HashMap<N, (Instant, Problem)>>,
    /// The requests that wait for a value that is being made.
    waited: Mutex<HashMap<N, Waited>>,
}

/// The answers that are kept.
pub struct Rendered {
    answers: SharedCache<Name, Written, Bytes>,
    written: AtomicU64,
}

/// The figures of a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheFigures {
    /// How many answers were written since the start.
    pub written: u64,
    /// How many are kept.
    pub answers: usize,
    /// How much they take, in bytes.
    pub bytes: u64,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Name, Written> for Bytes {
    fn weight(&self, name: &Name, answer: &Written) -> u64 {
        let key = u64::try_from(name.key.len()).unwrap_or(u64::MAX);
        answer.weight().saturating_add(key).saturating_add(OVERHEAD)
    }
}

impl<N: Clone + Eq + Hash, V: Clone, W: Clone + Weighter<N, V>> SharedCache<N, V, W> {
    /// Keeps at most `room` bytes, of which a value usually takes so many.
    pub fn new(room: u64, usual: u64, weighter: W) -> Self {
        let items = usize::try_from(room / usual.max(1)).unwrap_or(usize::MAX);
        // Few shards: each has its part of the room, and what is larger than that part is not kept.
        let options = OptionsBuilder::new().shards(4).estimated_items_capacity(items).weight_capacity(room).build();
        let values = match options {
            Ok(options) => Cache::with_options(options, weighter, DefaultHashBuilder::default(), Default::default()),
            Err(_) => Cache::with_weighter(items, room, weighter),
        };
        Self { values, room, erasures: AtomicI64::new(0), failures: Mutex::default(), waited: Mutex::default() }
    }

    /// The kept value of this name, or what `make` makes: once, however many ask for it at the same time. Where that fails, it
    /// has failed for all who waited for it: they do not wait again, one after another. It is made in the turn of whichever of
    /// them comes first: nobody waits for it behind the other work of who happened to ask before.
    ///
    /// Errors: what `make` says; 503 when something was erased from the register meanwhile, which the value may show.
    pub async fn get(
        &self,
        catalog: &Catalog,
        name: &N,
        make: impl Future<Output = Result<V, Problem>>,
    ) -> Result<V, Problem> {
        let (erasures, asked) = (catalog.erasures(), Instant::now());
        self.keep_up(erasures);
        let value = match self.values.get(name) {
            Some(value) => Ok(value),
            None => self.wait_or_make(name, asked, make).await,
        };
        if catalog.erasures() != erasures {
            self.values.clear();
            return Err(value.err().unwrap_or_else(|| Code::Unavailable.into()));
        }
        value
    }

    async fn wait_or_make(
        &self,
        name: &N,
        asked: Instant,
        make: impl Future<Output = Result<V, Problem>>,
    ) -> Result<V, Problem> {
        let together = self.waiting_for(name);
        let place = match self.values.get_value_or_guard_async(name).await {
            Ok(value) => return Ok(value),
            Err(place) => place,
        };
        if let Some(problem) = self.failure_since(asked, name) {
            return Err(problem);
        }
        let made = Turn::OfAny(together).scope(make).await;
        match &made {
            Ok(value) => drop(place.insert(value.clone())),
            // Before the place is given up, so that whoever waits for it hears of it.
            Err(problem) => self.note_failure(name, problem),
        }
        made
    }

    /// Joins those who wait for what has this name.
    fn waiting_for(&self, name: &N) -> Together {
        let mut waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        let together = waited.get(name).and_then(Waited::together).unwrap_or_default();
        together.join();
        waited.retain(|_, waited| !waited.is_over());
        waited.insert(name.clone(), together.waited());
        together
    }

    /// Lets go of all but a part of what is kept, that which was asked for most. Called from time to time, so that what many asked for
    /// once does not stay for ever.
    pub fn shrink(&self) {
        self.values.set_capacity(self.room / QUIET as u64);
        self.values.set_capacity(self.room);
    }

    /// Why it could not be made, where that turned out after somebody `asked` for it.
    fn failure_since(&self, asked: Instant, name: &N) -> Option<Problem> {
        self.failures().get(name).filter(|(at, _)| *at > asked).map(|(_, problem)| problem.clone())
    }

    fn note_failure(&self, name: &N, problem: &Problem) {
        let mut failures = self.failures();
        failures.retain(|_, (at, _)| at.elapsed() < REMEMBERED);
        failures.insert(name.clone(), (Instant::now(), problem.clone()));
    }

    fn failures(&self) -> MutexGuard<'_, HashMap<N, (Instant, Problem)>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything when something was erased since: what was made before may show it. Called often, so that
    /// nothing waits for somebody to ask. A smaller count than an earlier one is late, and says nothing new.
    pub fn keep_up(&self, erasures: i64) {
        if self.erasures.load(Ordering::SeqCst) < erasures {
            self.values.clear();
            // Not before: whoever sees the new count finds nothing of the old.
            self.erasures.fetch_max(erasures, Ordering::SeqCst);
        }
    }
}

impl Rendered {
    /// Keeps at most so many bytes.
    pub fn new(room: u64) -> Self {
        Self { answers: SharedCache::new(room, USUAL, Bytes), written: AtomicU64::new(0) }
    }

    /// Returns the figures of what is kept now.
    pub fn held(&self) -> CacheFigures {
        let (written, values) = (self.written.load(Ordering::Relaxed), &self.answers.values);
        CacheFigures { written, answers: values.len(), bytes: values.weight() }
    }

    /// Lets go of what is hardly asked for: see [`SharedCache::shrink`].
    pub fn shrink(&self) {
        self.answers.shrink();
    }

    /// Forgets what may show something that was erased: see [`SharedCache::keep_up`].
    pub fn keep_up(&self, erasures: i64) {
        self.answers.keep_up(erasures);
    }

    async fn get(
        &self,
        catalog: &Catalog,
        what: &'static str,
        key: &str,
        version: Version,
        write: impl Future<Output = Result<Written, Problem>>,
    ) -> Result<Written, Problem> {
        let name = Name { what, key: key.into(), version };
        let write = async {
            let written = write.await?.version(version);
            self.written.fetch_add(1, Ordering::Relaxed);
            Ok(written)
        };
        self.answers.get(catalog, &name, write).await
    }
}

/// The answer about `key`, a record or `""`, in this version: a kept one, or what `write` makes. `what` tells apart what there
/// is about it, such as `"chart"`. `write` must depend on nothing but these.
pub async fn kept(
    request: &HttpRequest,
    what: &'static str,
    key: &str,
    version: Version,
    write: impl Future<Output = Result<Written, Problem>>,
) -> Result<Written, Problem> {
    match (request.app_data::<Data<Rendered>>(), request.app_data::<Data<Catalog>>()) {
        (Some(rendered), Some(catalog)) => rendered.get(catalog, what, key, version, write).await,
        _ => write.await.map(|written| written.version(version)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use chrono::DateTime;

    use super::*;
    use crate::{problem::Code, register::catalog::Snapshot};

    fn version(seq: i64) -> Version {
        Version::altered(seq, DateTime::UNIX_EPOCH)
    }

    async fn ask(rendered: &Rendered, what: &'static str, version: Version, written: &Cell<u32>, length: usize) {
        let write = async {
            written.set(written.get() + 1);
            Ok(Written::text(&Snapshot::empty(&[]), "text/plain", vec![b'x'; length]))
        };
        rendered.get(&Catalog::new(&[]), what, "a", version, write).await.expect("written");
    }

    #[actix_web::test]
    async fn the_same_version_is_written_once_and_another_anew() {
        let (rendered, written) = (Rendered::new(1 << 20), Cell::new(0));
        for (what, version, times) in [
            ("chart", version(1), 1),
            ("chart", version(1), 1),
            ("guide", version(1), 2),
            ("chart", version(1).variant("-png"), 3),
            ("chart", version(1).variant("-png").depending_on(3), 4),
            ("chart", version(2), 5),
            ("chart", version(1).variant("-png").depending_on(3), 5),
        ] {
            ask(&rendered, what, version, &written, 10).await;
            assert_eq!(written.get(), times, "{what} {version:?}");
        }
    }

    #[actix_web::test]
    async fn there_is_only_so_much_room() {
        let (rendered, written) = (Rendered::new(1 << 20), Cell::new(0));
        for seq in 0..200 {
            ask(&rendered, "chart", version(seq), &written, 20_000).await;
        }
        assert!(rendered.held().bytes <= 1 << 20 && rendered.held().answers > 10);
        ask(&rendered, "chart", version(1000), &written, 4 << 20).await;
        assert!(rendered.held().bytes <= 1 << 20, "what is larger than all the room is not kept");
    }

    #[actix_web::test]
    async fn what_is_hardly_asked_for_does_not_stay_and_there_is_as_much_room_as_before() {
        let (rendered, written) = (Rendered::new(1 << 20), Cell::new(0));
        for _ in 0..2 {
            for seq in 0..40 {
                ask(&rendered, "chart", version(seq), &written, 20_000).await;
                ask(&rendered, "chart", version(0), &written, 20_000).await;
            }
            assert!(rendered.held().bytes > 1 << 19);
            rendered.shrink();
            assert!(rendered.held().bytes <= 1 << 17);
            let before = written.get();
            ask(&rendered, "chart", version(0), &written, 20_000).await;
            assert_eq!(written.get(), before, "it was asked for again and again");
        }
    }

    #[actix_web::test]
    async fn after_an_erasure_nothing_is_left() {
        let (rendered, written) = (Rendered::new(1 << 20), Cell::new(0));
        ask(&rendered, "chart", version(1), &written, 10).await;
        ask(&rendered, "guide", version(1), &written, 10).await;
        rendered.keep_up(0);
        assert_eq!((rendered.held().written, rendered.held().answers), (2, 2));
        rendered.keep_up(1);
        assert_eq!(rendered.held(), CacheFigures { written: 2, ..CacheFigures::default() });
        ask(&rendered, "chart", version(1), &written, 10).await;
        rendered.keep_up(1);
        assert_eq!((written.get(), rendered.held().answers), (3, 1));
    }

    #[actix_web::test]
    async fn who_waits_for_what_fails_is_told_at_once_and_who_comes_later_tries_again() {
        let (rendered, catalog) = (Rendered::new(1 << 20), Catalog::new(&[]));
        let (tries, end) = (Cell::new(0), tokio::sync::Notify::new());
        let asking = async || {
            let write = async {
                tries.set(tries.get() + 1);
                end.notified().await;
                Err(Problem::with_detail(Code::Unavailable, "满", "full"))
            };
            let refused = rendered.get(&catalog, "chart", "a", version(1), write).await;
            refused.map(|_| ()).expect_err("it fails").detail
        };
        let ending = async {
            // All the others have asked by now.
            assert_eq!(tries.get(), 1);
            end.notify_one();
        };
        let (first, second, third, ()) = tokio::join!(asking(), asking(), asking(), ending);
        assert!(first.is_some() && first == second && second == third);
        assert_eq!(tries.get(), 1, "nobody tried again");

        ask(&rendered, "chart", version(1), &tries, 10).await;
        assert_eq!(tries.get(), 2);
    }

    #[actix_web::test]
    async fn a_failure_is_not_kept() {
        let rendered = Rendered::new(1 << 20);
        let refused =
            rendered.get(&Catalog::new(&[]), "chart", "a", version(1), async { Err(Code::NotFound.into()) }).await;
        assert!(refused.is_err());
        let written = Cell::new(0);
        ask(&rendered, "chart", version(1), &written, 10).await;
        assert_eq!(written.get(), 1);
    }
}
