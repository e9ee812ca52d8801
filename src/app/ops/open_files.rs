//! How many files and connections this process may have open.

/// More than anybody needs.
#[cfg(unix)]
const ENOUGH: u64 = 65_536;
/// Fewer are soon used up by readers.
pub const FEW: u64 = 4096;
/// Files that are not connections of readers: databases, logs, what is asked elsewhere.
const OTHERS: u64 = 256;

/// Raises the limit as far as this process may, and says how many there may be.
#[cfg(unix)]
pub fn raise() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    let Some(current) = current.filter(|current| *current < wanted) else { return current.unwrap_or(u64::MAX) };
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(error) => {
            log::warn!("the limit of open files stays at {current}: {error}");
            current
        }
    }
}

/// Raises the limit as far as this process may, and says how many there may be.
#[cfg(not(unix))]
pub fn raise() -> u64 {
    u64::MAX
}

/// Connections that one of so many workers may have: what is left of the files, so that none is lacking for the database.
pub fn connections(files: u64, workers: usize) -> usize {
    let left = usize::try_from(files.saturating_sub(OTHERS)).unwrap_or(usize::MAX);
    (left / workers.max(1)).clamp(64, 25_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_and_shared_by_the_workers() {
        assert_eq!(raise(), raise(), "as far as it goes at once");
        assert_eq!(connections(65_536, 4), 16_320);
        assert_eq!((connections(100, 4), connections(u64::MAX, 1)), (64, 25_000));
    }
}
