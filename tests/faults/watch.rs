//! The time of a round, as the stores count it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use holdfast::clock::Clock;

use super::history::{Moment, micros};

/// By so much two clocks of one machine may differ: one is read in milliseconds, and corrected.
const DIFFERENCE_MAX: Duration = Duration::from_millis(50);

/// Counts what a machine slept, too. A virtual machine that is copied or moved stands still for
/// seconds; then the clock by which stores end holds is put forward, and that of `Instant` is not.
pub struct Watch {
    begun: Instant,
    clock: Clock,
    begun_by_clock: DateTime<Utc>,
    slept: AtomicU64,
}

impl Watch {
    pub fn by(clock: Clock) -> Self {
        Self {
            begun: Instant::now(),
            begun_by_clock: clock.now(),
            clock,
            slept: AtomicU64::new(0),
        }
    }

    /// Never less than before, also where the clock is put back.
    pub fn now(&self) -> Moment {
        let elapsed = self.begun.elapsed();
        let by_clock = (self.clock.now() - self.begun_by_clock).to_std();
        let ahead = by_clock.unwrap_or_default().saturating_sub(elapsed);
        let slept = Duration::from_micros(self.slept.load(Ordering::SeqCst));
        if ahead > slept + DIFFERENCE_MAX {
            self.slept.fetch_max(micros(ahead), Ordering::SeqCst);
        }
        micros(elapsed) + self.slept.load(Ordering::SeqCst)
    }
}

/// Whether it counts what was slept, and nothing else.
pub fn counts_sleep() -> bool {
    let clock = Clock::manual(DateTime::UNIX_EPOCH);
    let watch = Watch::by(clock.clone());
    let (awake, second) = (watch.now(), micros(Duration::from_secs(1)));
    clock.advance(TimeDelta::seconds(5));
    let slept = watch.now();
    clock.advance(TimeDelta::seconds(-9));
    let put_back = watch.now();
    awake < second && slept > 4 * second && put_back >= slept && put_back < 6 * second
}
