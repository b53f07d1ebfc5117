//! What the callers asked for, when, and what they were told.

use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use serde::Serialize;

/// Microseconds since the round began.
pub type Moment = u64;

/// A seat, by its index in the layout.
pub type Seat = usize;

/// A hold as its caller knows it, before the service has given it an id.
pub type HoldName = u32;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Verb {
    Place,
    Find,
    Change,
    Extend,
    Release,
    Confirm,
    Cancel,
    Look,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    Done,
    /// Certainly not done, and why.
    Refused(String),
    /// May have been done, may still be done.
    Unknown,
}

/// What an answer says, as far as it has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    pub status: u16,
    pub hold_id: Option<String>,
    /// The state of the hold.
    pub state: Option<String>,
    pub booking_id: Option<String>,
    pub seats: Vec<Seat>,
    /// The seats that could not be had.
    pub conflicts: Vec<Seat>,
    /// Epoch and revision.
    pub position: Option<(i64, i64)>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Call {
    pub client: usize,
    pub instance: usize,
    pub verb: Verb,
    pub hold: Option<HoldName>,
    /// Seats to hold or to add.
    pub wanted: Vec<Seat>,
    pub removed: Vec<Seat>,
    pub invoked: Moment,
    /// Nothing when nobody waited so long.
    pub returned: Option<Moment>,
    pub outcome: Outcome,
    pub told: Told,
}

impl Call {
    pub fn is_done(&self) -> bool {
        self.outcome == Outcome::Done
    }

    pub fn refusal(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused(code) => Some(code),
            Outcome::Done | Outcome::Unknown => None,
        }
    }

    /// A call of unknown outcome may take effect at any later time.
    pub fn ended(&self) -> Moment {
        match self.outcome {
            Outcome::Unknown => Moment::MAX,
            Outcome::Done | Outcome::Refused(_) => self.returned.unwrap_or(Moment::MAX),
        }
    }
}

/// What the faults of a round excuse.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Excuses {
    /// Between when Redis lost what it had acknowledged: holds may end then, and come back by their
    /// tokens.
    pub losses: Vec<(Moment, Moment)>,
    /// From when an older board may have been answered from: until it is found out, seats are held
    /// on it that are not free. Bookings are not excused.
    pub stale_from: Option<Moment>,
    /// Redis could not write to its disk: killed then, it has lost what it had acknowledged.
    pub is_disk_full: bool,
    /// The board may lag behind what PostgreSQL has freed.
    pub lags: bool,
}

pub struct History {
    begun: Instant,
    calls: Mutex<Vec<Call>>,
    excuses: Mutex<Excuses>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            calls: Mutex::default(),
            excuses: Mutex::default(),
        }
    }
}

impl History {
    pub fn now(&self) -> Moment {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(Moment::MAX)
    }

    /// Writes a call down before it is made, as one of unknown outcome.
    pub fn invoke(&self, mut call: Call) -> usize {
        let mut calls = self.calls();
        call.invoked = self.now();
        calls.push(call);
        calls.len() - 1
    }

    pub fn answered(&self, nth: usize, outcome: Outcome, told: Told) {
        let mut calls = self.calls();
        let returned = self.now();
        let call = &mut calls[nth];
        (call.outcome, call.told, call.returned) = (outcome, told, Some(returned));
    }

    pub fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().expect("nobody panics here")
    }

    pub fn excuses(&self) -> MutexGuard<'_, Excuses> {
        self.excuses.lock().expect("nobody panics here")
    }

    /// Does something by which Redis loses what it has acknowledged.
    pub async fn losing<T>(&self, work: impl Future<Output = T>) -> T {
        let from = self.now();
        let nth = {
            let mut excuses = self.excuses();
            excuses.losses.push((from, Moment::MAX));
            excuses.losses.len() - 1
        };
        let done = work.await;
        self.excuses().losses[nth].1 = self.now();
        done
    }

    /// As [`Self::losing`], after which an older board may be answered from.
    pub async fn aging<T>(&self, work: impl Future<Output = T>) -> T {
        let now = self.now();
        {
            let mut excuses = self.excuses();
            let from = excuses.stale_from.map_or(now, |from| from.min(now));
            excuses.stale_from = Some(from);
        }
        self.losing(work).await
    }
}
