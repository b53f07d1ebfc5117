//! What a seat is: a register that passes from free to one holder to booked, each call taking
//! effect at one moment between its beginning and its end. And what was seen of one.

use super::history::{HoldName, Moment};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Free,
    Held(HoldName),
    Booked(HoldName),
    /// Booked no more, but not yet to be had.
    Freeing,
    /// Taken off sale by the event's owner.
    Blocked,
    /// Kept for the waitlist.
    Kept,
}

/// What a call did to the seat, or saw of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    Take(HoldName),
    /// Lets the seat go, if the hold has it; a hold that is a booking is not let go.
    Leave(HoldName),
    Book(HoldName),
    Cancel(HoldName),
    /// The hold was seen to have the seat.
    Has(HoldName),
    /// Somebody other than the hold was seen to have the seat, or to have booked it.
    TakenBesides(HoldName),
    BookedBesides(HoldName),
    SeenFree,
    SeenBlocked,
    SeenKept,
    /// By the owner: off sale, and on sale again.
    Block,
    Unblock,
    /// PostgreSQL's last word.
    IsBooked(HoldName),
    IsNotBooked,
}

impl Effect {
    /// Whose it is.
    pub fn hold(self) -> Option<HoldName> {
        match self {
            Self::Take(hold)
            | Self::Leave(hold)
            | Self::Book(hold)
            | Self::Cancel(hold)
            | Self::Has(hold)
            | Self::TakenBesides(hold)
            | Self::BookedBesides(hold)
            | Self::IsBooked(hold) => Some(hold),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Step {
    pub effect: Effect,
    pub from: Moment,
    /// `Moment::MAX`: perhaps never.
    pub until: Moment,
    /// It may have been on a board that was older than the seat's state.
    pub is_excused: bool,
    /// For people.
    pub said: String,
}

/// What may happen to a hold without anybody's call, and from when.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    pub hold: HoldName,
    /// Its time is over, or Redis has lost it.
    pub ends_from: Moment,
    /// Its token, or its repeated request, brings it back.
    pub returns_from: Option<Moment>,
}

/// What is known of one seat.
#[derive(Clone, Debug, Default)]
pub struct Record {
    pub steps: Vec<Step>,
    pub fates: Vec<Fate>,
    /// A cancelled seat may be shown as taken for a while.
    pub lags: bool,
    /// Since when people may have waited, for whom seats are kept.
    pub waits_from: Option<Moment>,
    /// While a block of unknown outcome, or one that is taken back, may come and go.
    pub unsure_blocks: Vec<(Moment, Moment)>,
}

impl Record {
    /// The state after a call, if the call was possible in this one.
    pub fn after(&self, step: &Step, state: State) -> Option<State> {
        match (step.effect, state) {
            (Effect::Take(hold), State::Free) => Some(State::Held(hold)),
            (Effect::Take(hold) | Effect::Has(hold), State::Held(known)) if known == hold => {
                Some(state)
            }
            (Effect::Leave(hold), State::Held(known)) if known == hold => Some(State::Free),
            (Effect::Leave(hold), State::Booked(known)) if known == hold => None,
            (Effect::Leave(_), _) => Some(state),
            (Effect::Book(hold), State::Held(known)) if known == hold => Some(State::Booked(hold)),
            (Effect::Cancel(hold), State::Booked(known)) if known == hold => {
                let freed = if self.lags {
                    State::Freeing
                } else {
                    State::Free
                };
                Some(freed)
            }
            (Effect::TakenBesides(_) | Effect::BookedBesides(_), State::Freeing) => Some(state),
            (Effect::BookedBesides(hold), State::Booked(known)) if known != hold => Some(state),
            (Effect::TakenBesides(hold), State::Held(known) | State::Booked(known))
                if known != hold =>
            {
                Some(state)
            }
            (Effect::SeenFree, State::Free) => Some(state),
            (Effect::Block | Effect::SeenBlocked, State::Blocked)
            | (Effect::SeenKept, State::Kept) => Some(state),
            (Effect::Block, State::Free) => Some(State::Blocked),
            (Effect::Unblock, State::Blocked) => Some(State::Free),
            (Effect::Unblock, _) => Some(state),
            // On an older board there is no block, and nothing is kept.
            (Effect::Take(hold), State::Blocked | State::Kept) if step.is_excused => {
                Some(State::Held(hold))
            }
            (Effect::IsBooked(hold), State::Booked(known)) if known == hold => Some(state),
            (Effect::IsNotBooked, State::Booked(_)) => None,
            (Effect::IsNotBooked, _) => Some(state),
            _ if step.is_excused => Some(state),
            _ => None,
        }
    }
}
