//! The allocator of the program, jemalloc, so set that memory which was needed for a moment is given back to the system.

#[cfg(target_env = "msvc")]
pub use std::alloc::System as Allocator;

#[cfg(not(target_env = "msvc"))]
pub use tikv_jemallocator::Jemalloc as Allocator;

/// The settings of jemalloc (`jemalloc(3)`, TUNING), which it looks for under this name. Free pages go back to the system within a fifth of a
/// second, by a thread that does nothing else: also where nothing happens any more. A processor has an arena, however many threads
/// there are: threads that come and go leave no pages that are partly used. Huge pages would hold a fifth more memory, and give little
/// of it back.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the name is the one by which jemalloc finds its settings, and nothing else has it")]
#[unsafe(export_name = "malloc_conf")]
#[used]
pub static SETTINGS: &[u8] =
    b"background_thread:true,dirty_decay_ms:200,muzzy_decay_ms:0,percpu_arena:percpu,thp:never\0";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{fs, thread, time::Duration};

    use super::Allocator;

    #[global_allocator]
    static ALLOCATOR: Allocator = Allocator;

    /// Resident memory of this process in bytes.
    fn resident() -> Option<u64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
    }

    #[test]
    fn what_is_free_goes_back_to_the_system_without_anybody_doing_anything() {
        const TAKEN: u64 = 64 << 20;
        let before = resident().unwrap();
        let pieces: Vec<_> = (0..TAKEN >> 10).map(|_| vec![1_u8; 1 << 10]).collect();
        assert!(resident().unwrap() > before + TAKEN, "it was taken");
        drop(pieces);
        // A minute is more than the slowest machine needs; where all is well it is a second.
        let given_back = (0..600).any(|_| {
            thread::sleep(Duration::from_millis(100));
            resident().unwrap() < before + TAKEN / 8
        });
        assert!(given_back, "of {TAKEN} bytes more than an eighth is still held");
    }
}
