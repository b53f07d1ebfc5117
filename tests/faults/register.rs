//! Whether what was seen of one seat can be explained: by a register that passes from free to one
//! holder to booked, each call taking effect at one moment between its beginning and its end.
//!
//! The search is that of Wing and Gong (Testing and Verifying Concurrent Objects, 1993) with the
//! memory of Lowe (Testing for Linearizability, 2017): calls are put in an order one after another,
//! and what has been tried, as a set of calls and the state after them, is not tried again.

use std::collections::HashSet;

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
    /// Somebody other than the hold was seen to have the seat.
    TakenBesides(HoldName),
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

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Explained,
    /// How far an explanation got, and what it could not explain.
    Inexplicable(String),
    /// The search was given up, and how far it had got.
    Undecided(String),
}

/// Limit: sets of calls and states that are tried.
const TRIED_MAX: usize = 2_000_000;

pub fn judge(record: &Record) -> Verdict {
    let mut steps = record.steps.clone();
    steps.sort_by_key(|step| step.from);
    let mut search = Search {
        record,
        is_done: vec![0; steps.len().div_ceil(64)],
        tried: HashSet::new(),
        furthest: (0, vec![0; steps.len().div_ceil(64)], State::Free),
        is_given_up: false,
        steps,
    };
    if search.explore() {
        Verdict::Explained
    } else if search.is_given_up {
        Verdict::Undecided(search.complaint())
    } else {
        Verdict::Inexplicable(search.complaint())
    }
}

type Set = Vec<u64>;

struct Search<'a> {
    record: &'a Record,
    steps: Vec<Step>,
    is_done: Set,
    tried: HashSet<(Set, State)>,
    /// How many calls were in order at best, which, and the state after them.
    furthest: (usize, Set, State),
    is_given_up: bool,
}

impl Search<'_> {
    /// Depth first, without recursion: a history may be long.
    fn explore(&mut self) -> bool {
        let mut path = vec![(None, State::Free, self.next_of(State::Free))];
        loop {
            let Some((_, _, next)) = path.last_mut() else {
                return false;
            };
            let Some((nth, state)) = next.pop() else {
                if let Some((Some(nth), ..)) = path.pop() {
                    self.set(nth, false);
                }
                continue;
            };
            if let Some(nth) = nth {
                self.set(nth, true);
            }
            if !self.tried.insert((self.is_done.clone(), state)) {
                if let Some(nth) = nth {
                    self.set(nth, false);
                }
                continue;
            }
            if self.tried.len() > TRIED_MAX {
                self.is_given_up = true;
                return false;
            }
            self.note(state);
            if self.is_explained() {
                return true;
            }
            let next = self.next_of(state);
            path.push((nth, state, next));
        }
    }

    fn set(&mut self, nth: usize, is_done: bool) {
        let bit = 1 << (nth % 64);
        if is_done {
            self.is_done[nth / 64] |= bit;
        } else {
            self.is_done[nth / 64] &= !bit;
        }
    }

    fn has(&self, nth: usize) -> bool {
        self.is_done[nth / 64] & (1 << (nth % 64)) != 0
    }

    fn is_explained(&self) -> bool {
        let mut steps = self.steps.iter().enumerate();
        steps.all(|(nth, step)| step.until == Moment::MAX || self.has(nth))
    }

    fn note(&mut self, state: State) {
        let steps = self.steps.iter().enumerate();
        let n_certain = steps.filter(|(nth, step)| step.until != Moment::MAX && self.has(*nth));
        let n_certain = n_certain.count();
        if n_certain > self.furthest.0 {
            self.furthest = (n_certain, self.is_done.clone(), state);
        }
    }

    /// What may come next, best last: a call that began before the first end of any that is left,
    /// or the end or return of a hold.
    fn next_of(&self, state: State) -> Vec<(Option<usize>, State)> {
        let mut first_end = Moment::MAX;
        let (mut certain, mut uncertain) = (Vec::new(), Vec::new());
        for (nth, step) in self.steps.iter().enumerate() {
            if self.has(nth) {
                continue;
            }
            if step.from > first_end {
                break;
            }
            first_end = first_end.min(step.until);
            if let Some(after) = self.after(step, state) {
                let next = if step.until == Moment::MAX {
                    &mut uncertain
                } else {
                    &mut certain
                };
                next.push((Some(nth), after, step.until));
            }
        }
        certain.sort_by_key(|(.., until)| std::cmp::Reverse(*until));
        uncertain.extend(self.by_itself(state, first_end));
        let next = uncertain.into_iter().chain(certain);
        next.map(|(nth, state, _)| (nth, state)).collect()
    }

    fn by_itself(
        &self,
        state: State,
        first_end: Moment,
    ) -> impl Iterator<Item = (Option<usize>, State, Moment)> {
        let fates = self.record.fates.iter().filter_map(move |fate| {
            let returns = fate.returns_from.is_some_and(|from| from <= first_end);
            if state == State::Held(fate.hold) && fate.ends_from <= first_end {
                Some(State::Free)
            } else if state == State::Free && returns {
                Some(State::Held(fate.hold))
            } else {
                None
            }
        });
        let next: Vec<_> = fates.chain(self.by_others(state, first_end)).collect();
        next.into_iter().map(|state| (None, state, 0))
    }

    /// What the reconciler, the waitlist and an unsure block may do.
    fn by_others(&self, state: State, first_end: Moment) -> Vec<State> {
        let waits = self.record.waits_from.is_some_and(|from| from <= first_end);
        let last = self.last_begin();
        let mut unsure = self.record.unsure_blocks.iter();
        let is_unsure = unsure.any(|(from, until)| *from <= first_end && last <= *until);
        match state {
            State::Freeing | State::Kept => vec![State::Free],
            State::Blocked if is_unsure => vec![State::Free],
            State::Free => {
                let kept = waits.then_some(State::Kept);
                let blocked = is_unsure.then_some(State::Blocked);
                kept.into_iter().chain(blocked).collect()
            }
            _ => Vec::new(),
        }
    }

    /// No moment before the latest beginning of what is done is left.
    fn last_begin(&self) -> Moment {
        let steps = self.steps.iter().enumerate();
        let done = steps.filter(|(nth, _)| self.has(*nth));
        done.map(|(_, step)| step.from).max().unwrap_or_default()
    }

    /// The state after a call, if the call was possible in this one.
    fn after(&self, step: &Step, state: State) -> Option<State> {
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
                let freed = if self.record.lags {
                    State::Freeing
                } else {
                    State::Free
                };
                Some(freed)
            }
            (Effect::TakenBesides(_), State::Freeing) => Some(state),
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

    /// What was in order last, and what could not follow.
    fn complaint(&self) -> String {
        let (_, done, state) = &self.furthest;
        let has = |nth: usize| done[nth / 64] & (1 << (nth % 64)) != 0;
        let certain = |step: &Step| step.until != Moment::MAX;
        let steps = || self.steps.iter().enumerate();
        let before: Vec<_> = steps()
            .filter(|(nth, step)| has(*nth) && certain(step))
            .map(|(_, step)| step.said.clone())
            .collect();
        let after = steps().filter(|(nth, step)| !has(*nth) && certain(step));
        let after: Vec<_> = after.take(3).map(|(_, step)| step.said.clone()).collect();
        let before = &before[before.len().saturating_sub(6)..];
        format!(
            "after\n    {}\n  it is {state:?}, and nothing explains\n    {}",
            before.join("\n    "),
            after.join("\n    ")
        )
    }
}
