//! What the callers asked for, when, and what they were told.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use holdfast::clock::Clock;
use serde::Serialize;

use super::excuses::{Epoch, Excuses, Shown, Stale};
use super::watch::Watch;

/// Microseconds since the round began, by its [`Watch`].
pub type Moment = u64;

/// A seat, by its index in the layout.
pub type Seat = usize;

/// A hold as its caller knows it, before the service has given it an id.
pub type HoldName = u32;

/// Holds that the service placed, for people on the waitlist, have names from here on.
pub const OFFERS_FROM: HoldName = 1_000_000;

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
    /// The waitlist: its call is of a hold where the answer shows an offer.
    Join,
    Mine,
    Quit,
    /// What the event's owner does.
    Block,
    Unblock,
    Pause,
    Open,
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
    /// The seats that could not be had, and why.
    pub conflicts: Vec<(Seat, String)>,
    /// Epoch and revision.
    pub position: Option<(i64, i64)>,
    /// A character for each seat.
    pub states: Option<String>,
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

/// A map as somebody had it at a position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sight {
    pub who: String,
    pub instance: usize,
    pub at: Moment,
    pub position: (i64, i64),
    pub states: String,
    /// What must not have been told, if anything.
    pub complaint: Option<(&'static str, String)>,
}

pub struct History {
    watch: Watch,
    calls: Mutex<Vec<Call>>,
    excuses: Mutex<Excuses>,
    /// The names of holds that nobody has asked for, by their ids.
    offers: Mutex<HashMap<String, HoldName>>,
    sights: Mutex<Vec<Sight>>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            watch: Watch::by(Clock::System),
            calls: Mutex::default(),
            excuses: Mutex::default(),
            offers: Mutex::default(),
            sights: Mutex::default(),
        }
    }
}

pub fn micros(duration: Duration) -> Moment {
    u64::try_from(duration.as_micros()).unwrap_or(Moment::MAX)
}

impl History {
    pub fn now(&self) -> Moment {
        self.watch.now()
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
        if let (Verb::Join | Verb::Mine, Some(hold_id)) = (call.verb, &told.hold_id) {
            call.hold = Some(self.name_of_offer(hold_id));
        }
        (call.outcome, call.told, call.returned) = (outcome, told, Some(returned));
    }

    /// The name of a hold that the service has placed by itself.
    pub fn name_of_offer(&self, hold_id: &str) -> HoldName {
        let mut offers = self.offers.lock().expect("nobody panics here");
        let next = OFFERS_FROM + HoldName::try_from(offers.len()).unwrap_or_default();
        *offers.entry(hold_id.to_owned()).or_insert(next)
    }

    pub fn see(&self, sight: Sight) {
        self.sights.lock().expect("nobody panics here").push(sight);
    }

    pub fn sights(&self) -> Vec<Sight> {
        self.sights.lock().expect("nobody panics here").clone()
    }

    pub fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().expect("nobody panics here")
    }

    pub fn excuses(&self) -> MutexGuard<'_, Excuses> {
        self.excuses.lock().expect("nobody panics here")
    }

    /// The board has gone to PostgreSQL: holds stay behind that nobody could take along, or that
    /// were placed in the second until everybody had heard (decision 0027).
    pub fn fell_back(&self, at: Moment, is_durable: bool) {
        let mut excuses = self.excuses();
        let second = micros(Duration::from_secs(1));
        excuses
            .losses
            .push((at.saturating_sub(second), at + 2 * second));
        if !is_durable {
            excuses.stale.push(Stale::since(at, at));
        }
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
        let from = self.now();
        let nth = {
            let mut excuses = self.excuses();
            excuses.stale.push(Stale::since(from, Moment::MAX));
            excuses.stale.len() - 1
        };
        let done = self.losing(work).await;
        self.excuses().stale[nth].there = self.now();
        done
    }

    /// Older boards are excused no longer than until these epochs of the board ended them.
    pub fn end_stale(&self, epochs: &[Epoch]) {
        let mut shown: Vec<_> = self
            .calls()
            .iter()
            .filter_map(|call| {
                let (epoch, _) = call.told.position?;
                Some(Shown {
                    instance: call.instance,
                    at: call.returned?,
                    epoch,
                })
            })
            .collect();
        shown.extend(self.sights().iter().map(|sight| Shown {
            instance: sight.instance,
            at: sight.at,
            epoch: sight.position.0,
        }));
        self.excuses().end_stale(epochs, &shown);
    }
}
