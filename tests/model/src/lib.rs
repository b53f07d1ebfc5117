//! A model of how a seat changes hands: two seats, three buyers, two instances, both stores, and
//! whatever can go wrong, explored exhaustively (docs/protocol-model.md).
//!
//! Its steps have the names of the scripts and functions that they stand for.
#![cfg(test)]

mod board;
mod checks;
mod faults;
mod names;
mod postgres;
mod properties;
mod service;
mod state;
mod step;

use stateright::{Model, Property};

use crate::board::Bits;
use crate::state::State;
use crate::step::Step;

const SEATS: usize = 2;
const BUYERS: usize = 3;
const INSTANCES: usize = 2;
/// Requests to confirm, of one buyer.
const ATTEMPTS: usize = 2;

/// What each buyer wants: both seats, the first, the second.
const WANTS: [Bits; BUYERS] = [0b11, 0b01, 0b10];

/// A protocol that is wrong on purpose, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutant {
    None,
    NoUniqueConstraint,
    NoEpochCheck,
    /// A confirming hold is freed when its lease has passed, without an outcome.
    ExpiryByTimer,
    RepeatByRead,
    /// A confirm frees what has expired before the standby knows that it has.
    ExpiredByRead,
    AsynchronousStandby,
    /// Whatever the board answers is used, even when it went backwards.
    NoFloor,
    MissingBoardIsEmpty,
    OutcomesNotUnique,
    AbortEndsOtherAttempts,
    LoadKeepsEpoch,
}

#[derive(Clone, Debug)]
struct Protocol {
    mutant: Mutant,
    /// Faults that may happen, each once.
    faults: Bits,
    /// How many of them in one run.
    faults_max: u32,
    /// The instances that sweep and reconcile.
    jobs_at: Bits,
    /// Requests to confirm, by buyer; a buyer without one stays away.
    attempts_max: [usize; BUYERS],
}

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::first()]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        self.steps(state, steps);
        self.fault_steps(state, steps);
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut next = *last;
        // Even a step that comes to nothing may have run its script.
        let _ = self.apply(&mut next, step);
        next.forget_what_is_over();
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
