//! The threads for work that blocks, on databases and files, or keeps a processor busy. They give way to those that answer
//! requests, which find a processor whatever else is done.

use std::{cell::Cell, sync::LazyLock, time::Duration};

use actix_web::rt::{
    spawn as spawn_here,
    time::{Instant, interval_at},
};
use qingdan_allocator::{LOOK_EVERY, give_back_at_times, give_back_now};
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinHandle, spawn_blocking},
};

/// A thread cannot take back the priority that it gave up: all that blocks runs here, and nothing else does.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let threads =
        Builder::new_current_thread().thread_name("work").thread_keep_alive(IDLE).on_thread_start(give_way).build();
    threads.inspect_err(|error| log::warn!("no threads that give way: {error}")).ok()
});
/// How long a thread waits for more work before it ends. Those that wait are woken in turn, ten times a second at least, so that after a
/// storm with seconds of it all of them would stay, each with memory of its own.
const IDLE: Duration = Duration::from_millis(250);
/// By how much they give way: beside one that does not, each has a tenth of a processor.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Begins `work` on a thread that may block. It is finished whoever waits for it, unless the process ends.
#[expect(clippy::disallowed_methods, reason = "it is called here and nowhere else")]
pub fn spawn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let work = || {
        let done = work();
        give_back_at_times();
        done
    };
    match &*THREADS {
        Some(threads) => threads.spawn_blocking(work),
        None => spawn_blocking(work),
    }
}

thread_local! {
    static GIVES_BACK: Cell<bool> = const { Cell::new(false) };
}

/// Lets this thread, which waits for events, give back from time to time what it holds of free memory. Called once more it does nothing.
pub fn give_back_from_here() {
    if GIVES_BACK.replace(true) {
        return;
    }
    spawn_here(async {
        let mut looks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        loop {
            looks.tick().await;
            give_back_now();
        }
    });
}

/// Lowers the priority of this thread. Elsewhere than on Linux that would be the priority of the whole process.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        log::warn!("a thread does not give way: {error}");
    }
}
