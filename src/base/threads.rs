//! The threads for work that blocks, on databases and files, or keeps a processor busy. They give way to those that answer
//! requests, which find a processor whatever else is done.

use std::{sync::LazyLock, time::Duration};

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
    match &*THREADS {
        Some(threads) => threads.spawn_blocking(work),
        None => spawn_blocking(work),
    }
}

/// Lowers the priority of this thread. Elsewhere than on Linux that would be the priority of the whole process.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        log::warn!("a thread does not give way: {error}");
    }
}
