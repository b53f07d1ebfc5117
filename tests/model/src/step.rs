//! The steps of the protocol, and when each can be taken.

use crate::board::HoldState;
use crate::faults::Fault;
use crate::state::{Attempt, Buyer, Load, Settle, State};
use crate::{ATTEMPTS, BUYERS, INSTANCES, Protocol};

/// One step of somebody. Numbers: buyers (a buyer's hold has the same), attempts, instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    PlaceHold(usize),
    ReleaseHold(usize),
    /// The buyer's request arrives, perhaps again, or the instance begins anew.
    BeginConfirm(usize, usize),
    Commit(usize, usize),
    FinishConfirm(usize, usize),
    AbortConfirm(usize, usize),
    ExpireConfirming(usize, usize),
    Repeat(usize, usize),
    Restore(usize, usize),
    ExpireHolds(usize),
    /// An instance records the outcome of a hold past its lease.
    Expire(usize, usize),
    /// An instance brings that outcome to the board.
    Settle(usize),
    LoadAbove(usize),
    LoadBoard(usize),
    FollowEpoch(usize),
    Reconcile(usize),
    RepairBoard(usize),
    /// The standby has it: the instance hears that its transaction is committed.
    Acknowledge(usize, usize),
    AcknowledgeSettle(usize),
    DeadlinePasses(usize),
    LeasePasses(usize),
    Replicate,
    Fault(Fault),
}

impl Step {
    /// What it is called in the code, and where; none for what no code does.
    pub fn name(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::PlaceHold(_) => ("place_hold", "lua"),
            Self::ReleaseHold(_) => ("release_hold", "lua"),
            Self::BeginConfirm(..) => ("begin_confirm", "lua"),
            Self::Commit(..) => ("commit", "src/bookings/actions/commit.rs"),
            Self::FinishConfirm(..) => ("finish_confirm", "lua"),
            Self::AbortConfirm(..) => ("abort_confirm", "lua"),
            Self::ExpireConfirming(..) => ("expire_confirming", "lua"),
            Self::Repeat(..) => ("repeat", "src/bookings/store/outcome.rs"),
            Self::Restore(..) => ("restore", "src/holds/actions.rs"),
            Self::ExpireHolds(_) => ("expire_holds", "lua"),
            Self::Expire(..) => ("expire", "src/bookings/store/outcome.rs"),
            Self::Settle(_) => ("settle_confirming_holds", "src/bookings/jobs.rs"),
            Self::LoadAbove(_) => ("load_above", "src/board/store/load.rs"),
            Self::LoadBoard(_) => ("load_board", "lua"),
            Self::FollowEpoch(_) => ("follow_epoch", "src/board/store/load.rs"),
            Self::Reconcile(_) => ("reconcile", "src/board/actions.rs"),
            Self::RepairBoard(_) => ("repair_board", "lua"),
            Self::Acknowledge(..)
            | Self::AcknowledgeSettle(_)
            | Self::DeadlinePasses(_)
            | Self::LeasePasses(_)
            | Self::Replicate
            | Self::Fault(_) => return None,
        })
    }
}

/// The instance that serves a buyer's attempt: they come to both in turn.
pub fn served_by(buyer: usize, attempt: usize) -> usize {
    (buyer + attempt) % INSTANCES
}

impl Protocol {
    /// The steps that may be taken, faults apart. Some change nothing after all.
    pub fn steps(&self, state: &State, steps: &mut Vec<Step>) {
        for buyer in 0..BUYERS {
            for attempt in 0..ATTEMPTS {
                steps.extend(self.attempt_step(state, buyer, attempt));
            }
            self.buyer_steps(state, buyer, steps);
            time_steps(state, buyer, steps);
        }
        for at in 0..INSTANCES {
            instance_steps(state, at, steps);
            if self.jobs_at & (1 << at) != 0 {
                job_steps(state, at, steps);
            }
        }
        if state.standby != state.primary {
            steps.push(Step::Replicate);
        }
    }

    fn buyer_steps(&self, state: &State, buyer: usize, steps: &mut Vec<Step>) {
        if state.buyers[buyer] == Buyer::Away && self.attempts_max[buyer] > 0 {
            steps.push(Step::PlaceHold(buyer));
        }
        let has_asked = state.attempts[buyer][0] != Attempt::Unused;
        if state.buyers[buyer] == Buyer::Holding && !has_asked {
            // One of them may think better of it.
            steps.extend((buyer == BUYERS - 1).then_some(Step::ReleaseHold(buyer)));
        }
    }

    fn attempt_step(&self, state: &State, buyer: usize, nth: usize) -> Option<Step> {
        Some(match state.attempts[buyer][nth] {
            Attempt::Unused if !self.may_ask(state, buyer, nth) => return None,
            Attempt::Done => return None,
            Attempt::Unused | Attempt::Begin => Step::BeginConfirm(buyer, nth),
            Attempt::Commit { .. } | Attempt::Late { .. } => Step::Commit(buyer, nth),
            Attempt::Await(_) => Step::Acknowledge(buyer, nth),
            Attempt::Finish { .. } => Step::FinishConfirm(buyer, nth),
            Attempt::Abort { .. } => Step::AbortConfirm(buyer, nth),
            Attempt::ExpireConfirming { .. } => Step::ExpireConfirming(buyer, nth),
            Attempt::Repeat { .. } => Step::Repeat(buyer, nth),
            Attempt::Restore => Step::Restore(buyer, nth),
        })
    }

    /// Whoever has a hold may ask, and ask again before there is an answer.
    pub fn may_ask(&self, state: &State, buyer: usize, nth: usize) -> bool {
        let mut before = state.attempts[buyer][..nth].iter();
        let is_holding = state.buyers[buyer] == Buyer::Holding;
        is_holding && nth < self.attempts_max[buyer] && before.all(|one| *one != Attempt::Unused)
    }
}

fn time_steps(state: &State, hold: usize, steps: &mut Vec<Step>) {
    let record = state.board.holds[hold].state;
    // A confirm stops the clock of its hold.
    let can_lapse = matches!(record, HoldState::Held | HoldState::Unknown);
    if can_lapse && !state.is_late(hold) && state.buyers[hold] != Buyer::Away
        || record == HoldState::Held && !state.is_late(hold)
    {
        steps.push(Step::DeadlinePasses(hold));
    }
    if record == HoldState::Confirming && state.unleased & (1 << hold) == 0 {
        steps.push(Step::LeasePasses(hold));
    }
}

fn instance_steps(state: &State, at: usize, steps: &mut Vec<Step>) {
    let instance = &state.instances[at];
    match instance.load {
        Load::None if state.keeper.is_none() => steps.push(Step::LoadAbove(at)),
        Load::None => {}
        Load::Read { .. } | Load::Begun { .. } => steps.push(Step::LoadBoard(at)),
    }
    // Where there is no board, the next caller loads it in any case.
    let is_old = state.board.epoch > 0 && state.board.epoch < state.primary.epoch;
    if is_old && instance.seen.0 < state.primary.epoch {
        steps.push(Step::FollowEpoch(at));
    }
}

fn job_steps(state: &State, at: usize, steps: &mut Vec<Step>) {
    let instance = &state.instances[at];
    let is_due = (0..BUYERS).any(|hold| {
        let bit = 1 << hold;
        match state.board.holds[hold].state {
            HoldState::Held => state.late & bit != 0,
            HoldState::Confirming => state.unleased & bit & !instance.overdue != 0,
            _ => false,
        }
    });
    steps.extend(is_due.then_some(Step::ExpireHolds(at)));
    match instance.settle {
        Settle::None => {
            let first = (0..BUYERS).find(|hold| instance.overdue & (1 << hold) != 0);
            steps.extend(first.map(|hold| Step::Expire(at, hold)));
        }
        Settle::Await(_) => steps.push(Step::AcknowledgeSettle(at)),
        Settle::Decided(..) => steps.push(Step::Settle(at)),
    }
    if instance.repair.is_some() {
        steps.push(Step::RepairBoard(at));
    } else if state.keeper.is_none() {
        steps.push(Step::Reconcile(at));
    }
}
