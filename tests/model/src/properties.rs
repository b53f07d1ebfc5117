//! What must always hold, and what must happen in some run so that the others say something.

use stateright::Property;

use crate::board::{HoldState, Seat};
use crate::faults::{FAIL_OVER, STALE_REPLICA};
use crate::postgres::Outcome;
use crate::state::{Attempt, Buyer, Load, Settle, State, Why};
use crate::step::Step;
use crate::{BUYERS, Protocol, SEATS};

pub const SOLD_ONCE: &str = "I1: a seat is booked once";
pub const ACKNOWLEDGED: &str = "I2: an acknowledged confirm is there";
pub const ONE_OUTCOME: &str = "I3: a hold has one outcome";
pub const ENDS: &str = "I3: a hold ends";
pub const IN_STEP: &str = "I5: board and PostgreSQL agree in the end";
pub const FORWARD: &str = "I6: no observer goes back";
pub const EPOCH: &str = "I6: Redis is never ahead of PostgreSQL's epoch";
pub const NOT_OFFERED: &str = "a booked seat is not offered";
pub const TRUE_REFUSAL: &str = "who is refused has no booking";

pub fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(SOLD_ONCE, |_, state: &State| {
            let databases = [&state.primary, &state.standby];
            let mut owners = databases.iter().flat_map(|one| one.owners);
            owners.all(|owners| owners.count_ones() <= 1)
        }),
        Property::always(ACKNOWLEDGED, |_, state: &State| {
            let mut told = (0..BUYERS).filter(|at| state.buyers[*at] == Buyer::ToldBooked);
            told.all(|buyer| {
                let is_recorded = state.primary.outcomes[buyer] == Outcome::Confirmed;
                is_recorded && state.primary.seats_of(buyer) != 0
            })
        }),
        Property::always(ONE_OUTCOME, has_one_outcome),
        Property::always(ENDS, |model, state: &State| {
            let is_ended = !state.board.holds.iter().any(|record| record.is_live());
            is_ended || !is_quiet(model, state)
        }),
        Property::always(IN_STEP, |model, state: &State| {
            agrees(state) || !is_quiet(model, state)
        }),
        Property::always(FORWARD, |_, state: &State| !state.went_back),
        Property::always(EPOCH, |_, state: &State| {
            state.board.epoch.max(state.board.loading) <= state.primary.epoch
        }),
        Property::always(NOT_OFFERED, is_not_offered),
        Property::always(TRUE_REFUSAL, |_, state: &State| {
            // Until somebody has seen that the board went back, its word is not to be relied on.
            let is_told = |at: &usize| state.buyers[*at] == Buyer::ToldNo;
            let mut told = (0..BUYERS).filter(is_told);
            state.faults & STALE_REPLICA != 0
                || told.all(|buyer| state.primary.seats_of(buyer) == 0)
        }),
    ]
    .into_iter()
    .chain(reached_by_confirms())
    .chain(reached_in_trouble())
    .collect()
}

/// What is confirmed has seats, and what has expired has none.
fn has_one_outcome(_: &Protocol, state: &State) -> bool {
    (0..BUYERS).all(|hold| {
        let has_seats = state.primary.seats_of(hold) != 0;
        has_seats == (state.primary.outcomes[hold] == Outcome::Confirmed)
    })
}

/// A board of PostgreSQL's epoch gives nobody a seat that another has booked. One that has silently
/// gone back may, until somebody notices: then the unique constraint alone stands.
fn is_not_offered(_: &Protocol, state: &State) -> bool {
    if state.board.epoch != state.primary.epoch || state.faults & STALE_REPLICA != 0 {
        return true;
    }
    (0..SEATS).all(|seat| {
        let owners = state.primary.owners[seat];
        let holds = state.board.holds.iter().enumerate();
        let mut others = holds.filter(|(hold, _)| owners & (1 << hold) == 0);
        let is_free = state.board.seats[seat] == Seat::Free;
        let has_it = |state: HoldState| matches!(state, HoldState::Held | HoldState::Confirming);
        let is_others = others.any(|(_, one)| has_it(one.state) && one.seats & (1 << seat) != 0);
        owners == 0 || !is_free && !is_others
    })
}

/// Every booked seat is booked on the board; and every other free, unless a failing over has lost
/// its booking: that is an alarm, and for people to settle.
fn agrees(state: &State) -> bool {
    let booked = state.primary.booked();
    let may_be_lost = state.faults & FAIL_OVER != 0;
    let is_right = |seat: usize| match state.board.seats[seat] {
        Seat::Booked => booked & (1 << seat) != 0 || may_be_lost,
        Seat::Free => booked & (1 << seat) == 0,
        Seat::Held | Seat::Confirming => false,
    };
    state.board.epoch == state.primary.epoch && (0..SEATS).all(is_right)
}

/// Nothing can happen any more by itself: no step but a fault or a new request changes anything.
fn is_quiet(model: &Protocol, state: &State) -> bool {
    use stateright::Model;

    let mut steps = Vec::new();
    model.steps(state, &mut steps);
    let asks = |step: &Step| match *step {
        Step::PlaceHold(_) => true,
        Step::BeginConfirm(buyer, nth) => state.attempts[buyer][nth] == Attempt::Unused,
        _ => false,
    };
    let mut own = steps.into_iter().filter(|step| !asks(step));
    own.all(|step| model.next_state(state, step).is_none())
}

fn is_at(state: &State, is_it: impl Fn(Attempt) -> bool) -> bool {
    state
        .attempts
        .iter()
        .flatten()
        .any(|attempt| is_it(*attempt))
}

fn reached_by_confirms() -> [Property<Protocol>; 6] {
    [
        Property::sometimes("sold out", |_, state: &State| {
            state.buyers[1..] == [Buyer::ToldBooked; 2]
        }),
        Property::sometimes("a hold comes back by its token", |_, state: &State| {
            is_at(state, |at| matches!(at, Attempt::Begin))
        }),
        Property::sometimes(
            "a repeated confirm answers the booking",
            |_, state: &State| {
                is_at(state, |at| {
                    matches!(
                        at,
                        Attempt::Finish {
                            is_repeated: true,
                            ..
                        }
                    )
                })
            },
        ),
        Property::sometimes("a commit meets the epoch check", |_, state: &State| {
            let is_it = |why| matches!(why, Why::OtherEpoch);
            is_at(
                state,
                |at| matches!(at, Attempt::Abort { why, .. } if is_it(why)),
            )
        }),
        Property::sometimes(
            "a commit meets the unique constraint",
            |_, state: &State| {
                let is_it = |why| matches!(why, Why::SeatsBooked(_));
                is_at(
                    state,
                    |at| matches!(at, Attempt::Abort { why, .. } if is_it(why)),
                )
            },
        ),
        Property::sometimes(
            "a slow commit meets the outcome expired",
            |_, state: &State| {
                is_at(state, |at| {
                    at == Attempt::ExpireConfirming { is_booked: false }
                })
            },
        ),
    ]
}

fn reached_in_trouble() -> [Property<Protocol>; 6] {
    [
        Property::sometimes("the reconciler ends a confirm", |_, state: &State| {
            let is_it = |settle| matches!(settle, Settle::Decided(_, Outcome::Expired));
            state.instances.iter().any(|one| is_it(one.settle))
        }),
        Property::sometimes("the reconciler finishes a booking", |_, state: &State| {
            let is_it = |settle| matches!(settle, Settle::Decided(_, Outcome::Confirmed));
            state.instances.iter().any(|one| is_it(one.settle))
        }),
        Property::sometimes("the reconciler mends a seat", |_, state: &State| {
            state.instances.iter().any(|one| one.repair.is_some())
        }),
        Property::sometimes("a load is overtaken by a newer one", |_, state: &State| {
            state.instances.iter().any(|one| match one.load {
                Load::Begun { epoch } => epoch < state.board.epoch.max(state.board.loading),
                Load::None | Load::Read { .. } => false,
            })
        }),
        Property::sometimes("a board that went back is noticed", |_, state: &State| {
            let is_there = state.board.epoch > 0 && state.faults & STALE_REPLICA != 0;
            let mut seen = state.instances.iter().map(|one| one.seen);
            is_there && seen.any(|seen| state.board.position() < seen)
        }),
        Property::sometimes("a booking outlives a failing over", |_, state: &State| {
            let is_told = state.buyers.contains(&Buyer::ToldBooked);
            state.faults & FAIL_OVER != 0 && is_told
        }),
    ]
}
