//! Work that keeps a processor busy: compressing, and writing what is long. It is done in few places, on threads that give way, and
//! in turn between those who ask for it.

use std::{sync::LazyLock, thread, time::Duration};

use crate::{
    base::{threads, turns::Places},
    problem::{Code, Problem},
};

/// For work about one record: milliseconds. Each processor has one.
static PLACES: LazyLock<Places> = LazyLock::new(|| Places::new(processors()));
/// For work that may take longer: half of the processors have one.
static LONG_PLACES: LazyLock<Places> = LazyLock::new(|| Places::new(half_of_processors()));

/// How long a request waits for a place.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a piece of work takes a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// A few milliseconds: it is about one record.
    Short,
    /// Longer: it grows with the register or with what was sent.
    Long,
}

/// Runs `work` of a few milliseconds on a thread that may block, as soon as a place is free; 503 when that takes too long. A client
/// that went away while it waited has nothing done; what has begun is finished, and keeps its place until it is.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    run_as(Length::Short, work).await
}

/// Runs `work` as [`run`] does that grows with the register or with what was sent, so that short work does not wait for it.
pub async fn run_long<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    run_as(Length::Long, work).await
}

/// Runs `work` of this length as [`run`] or [`run_long`] does.
pub async fn run_as<T: Send + 'static>(
    length: Length,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let places = match length {
        Length::Short => &PLACES,
        Length::Long => &LONG_PLACES,
    };
    run_in(places, PATIENCE, work).await
}

/// Runs `work` as [`run`] does, in one of these places, for which it waits so long.
pub async fn run_in<T: Send + 'static>(
    places: &Places,
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let place = places.acquire(patience).await.ok_or(Code::Unavailable)?;
    run_at_once(move || {
        let _place = place;
        work()
    })
    .await
}

/// Runs `work`, which brings a place of its own, on a thread that may block. What has begun is finished, whoever waits for it.
pub async fn run_at_once<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    threads::spawn(work).await.map_err(|error| {
        log::error!("work was not finished: {error}");
        Code::Internal.into()
    })
}

/// In how many places work is done at a time that would keep the whole machine busy: the other half of it answers.
pub fn half_of_processors() -> usize {
    (processors() / 2).max(1)
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_place_when_nobody_waits_for_it_any_more() {
        let one = Places::new(1);
        let place = one.clone();
        let ((began, begins), (end, ends)) = (channel(), channel::<()>());
        let working = tokio::spawn(async move {
            let work = move || {
                began.send(()).expect("the test waits");
                ends.recv().expect("the test ends it");
            };
            run_in(&place, PATIENCE, work).await
        });
        threads::spawn(move || begins.recv()).await.expect("it runs").expect("it begins");
        working.abort();
        assert!(working.await.is_err_and(|error| error.is_cancelled()));

        assert!(one.acquire(Duration::ZERO).await.is_none(), "it goes on");
        end.send(()).expect("it goes on");
        assert_eq!(run_in(&one, PATIENCE, || 7).await.ok(), Some(7), "its place is free again");
    }
}
