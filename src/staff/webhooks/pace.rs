//! When a delivery that failed is tried again.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Waits that grow, and an end of patience.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The first wait.
    pub first: TimeDelta,
    /// How many times longer each next one is.
    pub growth: f64,
    /// The longest.
    pub longest: TimeDelta,
    /// By how much of itself a wait is made shorter or longer, so that many do not come back at once.
    pub jitter: f64,
    /// How long it is tried at all, from the first failure.
    pub give_up: TimeDelta,
    /// The longest wait that a receiver may ask for.
    pub longest_asked: TimeDelta,
}

impl Default for Pace {
    /// About 5 s, 20 s, 80 s, 5 min, 21 min, 85 min, 5.7 h, then every 8 h, for three days.
    fn default() -> Self {
        Self {
            first: TimeDelta::seconds(5),
            growth: 4.0,
            longest: TimeDelta::hours(8),
            jitter: 0.2,
            give_up: TimeDelta::hours(72),
            longest_asked: TimeDelta::hours(24),
        }
    }
}

/// A series of failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failures {
    /// How many in a row, the last one counted.
    pub count: u32,
    /// When the first was.
    pub since: DateTime<Utc>,
    /// When the last was.
    pub now: DateTime<Utc>,
    /// How long the receiver asked to be left alone (`Retry-After`).
    pub asked: Option<TimeDelta>,
}

impl Pace {
    /// When to try again, or `None` when it was tried long enough. `roll` is a random figure from 0 to 1.
    ///
    /// The last try comes when patience ends, so that a receiver which was away until just before then loses nothing.
    pub fn next(&self, failures: Failures, roll: f64) -> Option<DateTime<Utc>> {
        let Failures { count, since, now, asked } = failures;
        let end = since + self.give_up;
        if now >= end {
            return None;
        }
        let longest = self.longest.as_seconds_f64();
        let steps = i32::try_from(count.saturating_sub(1)).unwrap_or(i32::MAX);
        let plain = (self.first.as_seconds_f64() * self.growth.powi(steps)).min(longest);
        let wait = seconds(plain * (1.0 - self.jitter + 2.0 * self.jitter * roll.clamp(0.0, 1.0)));
        let asked = asked.unwrap_or_default().clamp(TimeDelta::zero(), self.longest_asked);
        Some((now + wait.max(asked)).min(end).trunc_subsecs(3))
    }
}

fn seconds(seconds: f64) -> TimeDelta {
    std::time::Duration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|wait| TimeDelta::from_std(wait).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000, 0).expect("a time")
    }

    #[test]
    fn the_waits_grow_from_five_seconds_to_eight_hours_for_three_days() {
        let (pace, mut now, mut waits) = (Pace::default(), start(), Vec::new());
        for count in 1.. {
            let Some(next) = pace.next(Failures { count, since: start(), now, asked: None }, 0.5) else { break };
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert_eq!(waits[..8], [5, 20, 80, 320, 1280, 5120, 20480, 28800]);
        assert_eq!(waits.iter().sum::<i64>(), 72 * 3600, "the last try is at the end of three days");
        assert!(waits.len() < 20, "{waits:?}");
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_up_to_a_day_but_not_for_a_shorter_one() {
        let wait = |asked| {
            let failures = Failures { count: 2, since: start(), now: start(), asked: Some(asked) };
            Pace::default().next(failures, 0.5).expect("again") - start()
        };
        assert_eq!(wait(TimeDelta::seconds(1)), TimeDelta::seconds(20));
        assert_eq!(wait(TimeDelta::seconds(-9)), TimeDelta::seconds(20));
        assert_eq!(wait(TimeDelta::minutes(10)), TimeDelta::minutes(10));
        assert_eq!(wait(TimeDelta::days(900)), TimeDelta::hours(24));
    }

    proptest! {
        #[test]
        fn it_ends_at_three_days_and_no_try_comes_early_or_late(
            rolls in collection::vec((0.0f64..=1.0, 0i64..20_000), 1..60),
            asked in proptest::option::of(0i64..200_000),
        ) {
            let (pace, mut now, mut longest) = (Pace::default(), start(), TimeDelta::zero());
            for (count, (roll, late)) in (1u32..).zip(rolls) {
                let asked = asked.map(TimeDelta::seconds);
                let Some(next) = pace.next(Failures { count, since: start(), now, asked }, roll) else {
                    prop_assert!(now - start() >= pace.give_up);
                    return Ok(());
                };
                prop_assert!(next > now || now - start() + TimeDelta::milliseconds(1) >= pace.give_up);
                prop_assert!(next - start() <= pace.give_up);
                let at_end = next - start() == pace.give_up;
                let floor = pace.first.as_seconds_f64() * (1.0 - pace.jitter) - 0.002;
                prop_assert!(at_end || (next - now).as_seconds_f64() >= floor);
                let most = pace.longest.as_seconds_f64() * (1.0 + pace.jitter);
                prop_assert!((next - now).as_seconds_f64() <= most.max(pace.longest_asked.as_seconds_f64()));
                longest = longest.max(next - now);
                now = next + TimeDelta::seconds(late);
            }
        }
    }
}
