//! One round: who is offered which seats, who is passed over and why, what is kept and what let go.

use std::collections::{HashMap, HashSet};

use super::house::House;
use super::pool::Pool;
use super::terms::Policy;
use super::wish::Wanted;
use crate::id::EntryId;

/// Limit: offers of one round; the next one goes on.
pub const OFFERS_PER_ROUND_MAX: usize = 100;

/// Limit: people for whom seats are collected at a time.
pub const COLLECTING_MAX: usize = 3;

/// Somebody who waits, in the order of the queue.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub entry_id: EntryId,
    pub wanted: Wanted,
    /// Passed over often enough, or waiting long enough, that seats are collected.
    pub is_aged: bool,
    /// Not to be offered anything in this round.
    pub is_resting: bool,
}

/// What is on the board, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatNow {
    /// Kept for the waitlist.
    Kept,
    /// On sale to anybody.
    Free,
    /// Somebody has it, and may give it up.
    Taken,
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    TooFewSeats,
    NotTogether,
    /// The last offer would have broken the limit per person.
    LimitReached,
    /// Whoever is first in the queue waits still.
    BehindTheFirst,
}

impl SkipReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooFewSeats => "too_few_seats",
            Self::NotTogether => "not_together",
            Self::LimitReached => "limit_reached",
            Self::BehindTheFirst => "behind_the_first",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    pub entry_id: EntryId,
    /// In index order.
    pub seats: Vec<u32>,
}

#[derive(Debug, Default)]
pub struct Plan {
    pub offers: Vec<Planned>,
    /// Passed over: somebody behind was offered seats.
    pub skipped: Vec<(EntryId, SkipReason)>,
    /// Kept for people who cannot be offered seats yet.
    pub collected: Vec<Planned>,
    /// On sale to anybody, and to be kept from now on.
    pub keep: Vec<u32>,
    /// Kept, and wanted by nobody.
    pub let_go: Vec<u32>,
    /// Nobody is left who could be offered seats.
    pub is_complete: bool,
}

/// Plans a round over the whole queue. `now` has a state for each seat of the house; the seats of
/// live offers count as taken.
pub fn plan(house: &House, now: &[SeatNow], queue: &[Waiting], policy: Policy) -> Plan {
    let state = |seat: u32| now.get(seat as usize).copied().unwrap_or(SeatNow::Blocked);
    let is_there = |seat: &u32| matches!(state(*seat), SeatNow::Kept | SeatNow::Free);
    let mut round = Round {
        pool: Pool::new(house, (0..house.n_seats()).filter(is_there)),
        plan: Plan::default(),
        failed: HashMap::new(),
        uncollected: HashSet::new(),
        passed: Vec::new(),
        is_first_waiting: false,
        policy,
    };
    round.plan.is_complete = true;
    for waiting in queue {
        if round.pool.is_empty() {
            break;
        }
        if round.plan.offers.len() == OFFERS_PER_ROUND_MAX {
            round.plan.is_complete = false;
            break;
        }
        round.serve(waiting, |seat| state(seat) == SeatNow::Taken);
    }
    let mut plan = round.plan;
    if plan.is_complete {
        let all = 0..house.n_seats();
        let is_unwanted = |seat: &u32| state(*seat) == SeatNow::Kept && round.pool.has(*seat);
        plan.let_go = all.filter(is_unwanted).collect();
    }
    let collected = plan.collected.iter().flat_map(|one| &one.seats);
    plan.keep = collected
        .copied()
        .filter(|seat| state(*seat) == SeatNow::Free)
        .collect();
    plan
}

struct Round<'a> {
    pool: Pool<'a>,
    plan: Plan,
    /// The pool only shrinks: what could not be met is not tried again.
    failed: HashMap<Wanted, SkipReason>,
    /// For these there is nothing to collect.
    uncollected: HashSet<Wanted>,
    /// Not served so far; skipped as soon as somebody behind is.
    passed: Vec<(EntryId, SkipReason)>,
    is_first_waiting: bool,
    policy: Policy,
}

impl Round<'_> {
    fn serve(&mut self, waiting: &Waiting, can_come: impl Fn(u32) -> bool) {
        let entry_id = waiting.entry_id;
        if waiting.is_resting {
            self.passed.push((entry_id, SkipReason::LimitReached));
            return;
        }
        let found = match self.failed.contains_key(&waiting.wanted) {
            true => None,
            false => self.pool.find(&waiting.wanted),
        };
        let Some(seats) = found else {
            return self.pass(waiting, can_come);
        };
        self.pool.take(&seats);
        if self.is_first_waiting {
            self.plan.collected.push(Planned { entry_id, seats });
            self.passed.push((entry_id, SkipReason::BehindTheFirst));
        } else {
            self.plan.offers.push(Planned { entry_id, seats });
            self.plan.skipped.append(&mut self.passed);
        }
    }

    fn pass(&mut self, waiting: &Waiting, can_come: impl Fn(u32) -> bool) {
        let wanted = &waiting.wanted;
        let reason = match self.failed.get(wanted) {
            Some(known) => *known,
            None if self.pool.n_fitting(wanted) >= wanted.quantity => SkipReason::NotTogether,
            None => SkipReason::TooFewSeats,
        };
        let is_collecting = match self.policy {
            Policy::Strict => !self.is_first_waiting,
            Policy::FirstThatFits => waiting.is_aged && self.plan.collected.len() < COLLECTING_MAX,
        };
        if is_collecting && !self.uncollected.contains(wanted) {
            self.collect(waiting, can_come);
        }
        self.failed.insert(wanted.clone(), reason);
        self.is_first_waiting |= self.policy == Policy::Strict;
        self.passed.push((waiting.entry_id, reason));
    }

    fn collect(&mut self, waiting: &Waiting, can_come: impl Fn(u32) -> bool) {
        let seats = self.pool.collect(&waiting.wanted, can_come);
        if seats.is_empty() {
            // Whoever cannot be helped now does not stand in the way of the next.
            self.uncollected.insert(waiting.wanted.clone());
            return;
        }
        self.pool.take(&seats);
        let entry_id = waiting.entry_id;
        self.plan.collected.push(Planned { entry_id, seats });
    }
}
