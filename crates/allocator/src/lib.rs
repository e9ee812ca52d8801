//! The allocator of the program, mimalloc, so set that memory which was needed for a moment is given back to the system.

use std::{
    cell::Cell,
    ffi::c_long,
    time::{Duration, Instant},
};

pub use mimalloc::MiMalloc as Allocator;

/// The place of `purge_delay` among the options of mimalloc 3 (`mimalloc.h`): the binding has no name for it.
const PURGE_DELAY: i32 = 15;
/// Milliseconds after which free pages go back to the system. With mimalloc's own second they stay: where little else happens, nobody
/// looks for them again, and a register of 10,000 items held 120 MB of them a minute after an attack.
const SOON: c_long = 10;

/// Lets free pages go back to the system soon. Called once, before there is much to free.
pub fn give_back_soon() {
    // SAFETY: an option is a number in a table of the allocator, which may be written at any time (`mimalloc.h`).
    #[expect(unsafe_code, reason = "there is no other way to set it from within the program")]
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, SOON);
    }
}

/// How often a thread looks at what it may give back.
pub const LOOK_EVERY: Duration = Duration::from_secs(20);

thread_local! {
    static LOOKED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Gives back what is free by now of the memory that this thread asked for, where it has not looked for [`LOOK_EVERY`]. Each thread has
/// pages of its own and is the only one that can give them back, also what others have freed in them: who never looks keeps them, 35 MB
/// of a register of 10,000 items after an attack.
pub fn give_back_at_times() {
    let now = Instant::now();
    match LOOKED.get() {
        Some(looked) if now.duration_since(looked) < LOOK_EVERY => {}
        looked => {
            LOOKED.set(Some(now));
            if looked.is_some() {
                give_back_now();
            }
        }
    }
}

/// Gives back what is free by now of the memory that this thread asked for. It takes some milliseconds.
pub fn give_back_now() {
    // SAFETY: it may be called by any thread at any time, and looks at memory that is free alone (`mimalloc.h`).
    #[expect(unsafe_code, reason = "there is no other way to ask for it")]
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}

/// Gives back what is free by now of the memory of C libraries, SQLite and libpq, which ask the C library for theirs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back_of_c_libraries() {
    #[expect(unsafe_code, reason = "there is no other way to declare it")]
    unsafe extern "C" {
        fn malloc_trim(kept: usize) -> std::ffi::c_int;
    }
    // SAFETY: it may be called by any thread at any time, and looks at memory that is free alone (`malloc_trim(3)`).
    #[expect(unsafe_code, reason = "there is no other way to ask for it")]
    unsafe {
        malloc_trim(0);
    }
}

/// Gives back nothing: elsewhere the C library does it by itself.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back_of_c_libraries() {}

#[cfg(test)]
mod tests {
    use super::*;

    fn purge_delay() -> c_long {
        // SAFETY: as above.
        #[expect(unsafe_code, reason = "there is no other way to read it")]
        unsafe {
            libmimalloc_sys::mi_option_get(PURGE_DELAY)
        }
    }

    #[test]
    fn it_is_the_purge_delay_that_is_set() {
        assert_eq!(purge_delay(), 1000, "what mimalloc has by itself; nothing else in its table is a second");
        give_back_soon();
        assert_eq!(purge_delay(), SOON);
    }
}
