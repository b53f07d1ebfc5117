//! Whether what was seen of one seat can be explained as a register's.
//!
//! The search is that of Wing and Gong (Testing and Verifying Concurrent Objects, 1993) with the
//! memory of Lowe (Testing for Linearizability, 2017): calls are put in an order one after another,
//! and what has been tried, as a set of calls and the state after them, is not tried again. Nor is
//! what has only used up more calls of unknown outcome on its way to the same: it can go on with
//! less. Without that, as many as twenty of those are too many to decide.

use std::collections::{HashMap, HashSet};

use super::history::{HoldName, Moment, OFFERS_FROM};
use super::register::{Effect, Record, State, Step};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Explained,
    /// How far an explanation got, and what it could not explain.
    Inexplicable(String),
    /// The search was given up, and how far it had got.
    Undecided(String),
}

/// Limit: sets of calls and states that are tried.
const TRIED_MAX: usize = 1_000_000;

pub fn judge(record: &Record) -> Verdict {
    let mut steps = record.steps.clone();
    steps.sort_by_key(|step| step.from);
    let none: Set = vec![0; steps.len().div_ceil(64)];
    let mut search = Search {
        record,
        alike: alike(&steps),
        uncertain: set_of(&steps, |step| step.until == Moment::MAX),
        is_done: none.clone(),
        tried: HashMap::new(),
        n_tried: 0,
        furthest: (0, none, State::Free),
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

/// A bit for each step.
type Set = Vec<u64>;

fn set_of(steps: &[Step], is_in: impl Fn(&Step) -> bool) -> Set {
    let mut set = vec![0; steps.len().div_ceil(64)];
    for (nth, step) in steps.iter().enumerate() {
        set[nth / 64] |= u64::from(is_in(step)) << (nth % 64);
    }
    set
}

/// What may stand for each other among calls of unknown outcome: owners' calls of one kind, and
/// holds that nobody has heard of again. Of these the search takes the earliest: its time is over
/// first, and a later one can do later whatever it could.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Alike {
    Take,
    Offer,
    Block,
    Unblock,
}

fn alike(steps: &[Step]) -> Vec<Option<Alike>> {
    let mut n_said: HashMap<HoldName, usize> = HashMap::new();
    for hold in steps.iter().filter_map(|step| step.effect.hold()) {
        *n_said.entry(hold).or_default() += 1;
    }
    let of = |step: &Step| match step.effect {
        _ if step.until != Moment::MAX => None,
        Effect::Take(hold) if n_said[&hold] > 1 => None,
        Effect::Take(OFFERS_FROM..) => Some(Alike::Offer),
        Effect::Take(_) => Some(Alike::Take),
        Effect::Block => Some(Alike::Block),
        Effect::Unblock => Some(Alike::Unblock),
        _ => None,
    };
    steps.iter().map(of).collect()
}

struct Search<'a> {
    record: &'a Record,
    /// By their beginnings.
    steps: Vec<Step>,
    alike: Vec<Option<Alike>>,
    uncertain: Set,
    is_done: Set,
    /// By the certain calls that were in order and the state after them: with which uncertain ones.
    tried: HashMap<(Set, State), Vec<Set>>,
    n_tried: usize,
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
            if !self.is_new(state) {
                if let Some(nth) = nth {
                    self.set(nth, false);
                }
                continue;
            }
            if self.n_tried > TRIED_MAX {
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

    /// Whether nothing was tried that could do the same, and more.
    fn is_new(&mut self, state: State) -> bool {
        let pick = |is_wanted: fn(u64, u64) -> u64| {
            let words = self.is_done.iter().zip(&self.uncertain);
            words.map(|(done, mask)| is_wanted(*done, *mask)).collect()
        };
        let (certain, uncertain): (Set, Set) =
            (pick(|it, mask| it & !mask), pick(|it, mask| it & mask));
        let known = self.tried.entry((certain, state)).or_default();
        let is_within = |less: &Set, more: &Set| less.iter().zip(more).all(|(a, b)| a & !b == 0);
        if known.iter().any(|less| is_within(less, &uncertain)) {
            return false;
        }
        known.retain(|more| !is_within(&uncertain, more));
        known.push(uncertain);
        self.n_tried += 1;
        true
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
        let mut represented = HashSet::new();
        for (nth, step) in self.steps.iter().enumerate() {
            if self.has(nth) {
                continue;
            }
            if step.from > first_end {
                break;
            }
            if self.alike[nth].is_some_and(|kind| !represented.insert(kind)) {
                continue;
            }
            first_end = first_end.min(step.until);
            if let Some(after) = self.record.after(step, state) {
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
