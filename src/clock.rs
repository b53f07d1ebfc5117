//! What time it is: an input, so that tests move it by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, TimeDelta, Utc};

/// Instants are UTC, to the millisecond: Redis scripts and receipts count in milliseconds.
pub type Instant = DateTime<Utc>;

#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Milliseconds since 1970; stands still until somebody moves it.
    Manual(Arc<AtomicI64>),
    /// A machine whose clock is wrong by so much; the stores keep their own (F24).
    Skewed(TimeDelta),
}

impl Clock {
    pub fn manual(at: Instant) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    pub fn now(&self) -> Instant {
        from_ms(self.now_ms())
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Self::System => {
                let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
                i64::try_from(since_1970.unwrap_or_default().as_millis()).unwrap_or_default()
            }
            Self::Manual(ms) => ms.load(Ordering::SeqCst),
            Self::Skewed(by) => Self::System.now_ms() + by.num_milliseconds(),
        }
    }

    /// The time to impose on a store, in milliseconds; `None` lets the store use its own clock.
    ///
    /// Invariant: in production no application clock decides a deadline (decision 0001).
    pub fn imposed_ms(&self) -> Option<i64> {
        match self {
            Self::System | Self::Skewed(_) => None,
            Self::Manual(ms) => Some(ms.load(Ordering::SeqCst)),
        }
    }

    /// As [`Clock::imposed_ms`], for PostgreSQL: `COALESCE($n, clock_timestamp())`.
    pub fn imposed(&self) -> Option<Instant> {
        self.imposed_ms().map(from_ms)
    }

    /// Moves a manual clock; any other goes on as it pleases.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Manual(ms) = self {
            ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}

/// The instant that many milliseconds after 1970; what lies outside chrono's range becomes 1970.
pub fn from_ms(ms: i64) -> Instant {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}
