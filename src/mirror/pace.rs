//! How long to wait before a source is asked again.

use std::time::Duration;

use super::source::SourceTrouble;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

/// The waiting after one failure after another: longer each time, and never the same for all mirrors of a source.
#[derive(Debug)]
pub struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Pace {
    /// Waits after a failure. What was refused is looked at again, too, though not often: the source may only have been
    /// asked at a replica that was behind, or may be set right.
    pub async fn after(&mut self, trouble: &SourceTrouble) {
        let pause = match trouble {
            SourceTrouble::Refused(_) => LONGEST,
            SourceTrouble::Unreachable(_) | SourceTrouble::Database(_) => self.0,
        };
        self.0 = (self.0 * 2).min(LONGEST);
        self.pause(pause).await;
    }

    /// Waits about so long.
    pub async fn pause(&self, about: Duration) {
        let mut byte = [128];
        // Without randomness all wait alike, which does no harm here.
        let _ = getrandom::fill(&mut byte);
        let [byte] = byte;
        tokio::time::sleep(about.mul_f64(0.75 + f64::from(byte) / 512.0)).await;
    }
}
