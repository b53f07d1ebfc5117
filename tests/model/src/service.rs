//! What each step does.

use crate::board::{Begun, Board, HoldState, Placed};
use crate::postgres::{Answer, Outcome};
use crate::state::{After, Attempt, Buyer, Load, Reply, Settle, State, Why};
use crate::step::{Step, served_by};
use crate::{INSTANCES, Mutant, Protocol, WANTS};

/// Where a confirm goes from a step: to another, or back to its buyer.
#[derive(Clone, Copy)]
pub enum Next {
    Step(Attempt),
    Reply(Reply),
}

impl Protocol {
    /// None where the step came to nothing; what a script has changed until then stays changed.
    pub fn apply(&self, state: &mut State, step: Step) -> Option<()> {
        match step {
            Step::PlaceHold(buyer) => self.place_hold(state, buyer)?,
            Step::ReleaseHold(buyer) => {
                let is_late = state.is_late(buyer);
                let script = |board: &mut Board| board.release_hold(buyer, is_late);
                self.call(state, buyer % INSTANCES, script)?;
                state.buyers[buyer] = Buyer::Released;
            }
            Step::BeginConfirm(buyer, nth)
            | Step::Commit(buyer, nth)
            | Step::FinishConfirm(buyer, nth)
            | Step::AbortConfirm(buyer, nth)
            | Step::ExpireConfirming(buyer, nth)
            | Step::Repeat(buyer, nth)
            | Step::Restore(buyer, nth)
            | Step::Acknowledge(buyer, nth) => {
                let next = self.go_on(state, buyer, nth)?;
                go_to(state, (buyer, nth), next);
            }
            Step::ExpireHolds(at) => self.expire_holds(state, at)?,
            Step::Expire(at, hold) => self.expire(state, at, hold),
            Step::AcknowledgeSettle(at) => acknowledge_settle(state, at)?,
            Step::Settle(at) => self.settle(state, at)?,
            Step::LoadAbove(at) => self.load_above(state, at)?,
            Step::LoadBoard(at) => self.load_board(state, at)?,
            Step::FollowEpoch(at) => {
                let seen = &mut state.instances[at].seen;
                *seen = (*seen).max((state.primary.epoch, 0));
            }
            Step::Reconcile(at) => self.reconcile(state, at)?,
            Step::RepairBoard(at) => self.repair_board(state, at),
            Step::DeadlinePasses(hold) => state.late |= 1 << hold,
            Step::LeasePasses(hold) => state.unleased |= 1 << hold,
            Step::Replicate => state.standby = state.primary,
            Step::Fault(fault) => self.suffer(state, fault)?,
        }
        Some(())
    }

    /// Runs a script. The instance has no answer, and has to load the board first, when there is
    /// none, and when it has gone back behind what the instance has seen.
    fn call<R>(
        &self,
        state: &mut State,
        at: usize,
        script: impl FnOnce(&mut Board) -> R,
    ) -> Option<R> {
        if state.board.epoch == 0 {
            (self.mutant == Mutant::MissingBoardIsEmpty).then_some(())?;
            state.board = Board {
                epoch: state.primary.epoch,
                ..Board::MISSING
            };
        }
        let answer = script(&mut state.board);
        let (seen, position) = (&mut state.instances[at].seen, state.board.position());
        if position < *seen {
            (self.mutant == Mutant::NoFloor).then_some(())?;
            state.went_back = true;
        }
        *seen = position.max(*seen);
        Some(answer)
    }

    /// A call that belongs to one epoch: nothing to do when that is not the board's.
    fn call_in(
        &self,
        state: &mut State,
        (at, epoch): (usize, u8),
        script: impl FnOnce(&mut Board),
    ) -> Option<()> {
        if state.board.epoch == epoch {
            self.call(state, at, script)
        } else {
            Some(())
        }
    }

    fn place_hold(&self, state: &mut State, buyer: usize) -> Option<()> {
        let script = |board: &mut Board| board.place_hold(buyer, WANTS[buyer]);
        if self.call(state, buyer % INSTANCES, script)? == Placed::Placed {
            state.buyers[buyer] = Buyer::Holding;
        }
        Some(())
    }

    /// The next step of a confirm. An instance takes several at once for others, too.
    pub fn go_on(&self, state: &mut State, buyer: usize, nth: usize) -> Option<Next> {
        let (at, bit) = (served_by(buyer, nth), 1 << nth);
        Some(match state.attempts[buyer][nth] {
            Attempt::Unused if !self.may_ask(state, buyer, nth) => return None,
            Attempt::Unused | Attempt::Begin => self.begin_confirm(state, buyer, nth)?,
            Attempt::Commit { epoch, seats } => self.commit(state, buyer, (epoch, seats)),
            Attempt::Late { epoch, seats } => {
                self.commit(state, buyer, (epoch, seats));
                Next::Step(Attempt::Done)
            }
            Attempt::Await(after) => {
                let is_there = state.standby.outcomes[buyer] != Outcome::None;
                is_there.then_some(after_commit(after))?
            }
            Attempt::Finish { epoch, .. } => {
                self.call_in(state, (at, epoch), |board| board.finish_confirm(buyer))?;
                Next::Reply(Reply::Booked)
            }
            Attempt::Abort { epoch, why } => {
                let booked = match why {
                    Why::SeatsBooked(seats) => seats,
                    Why::Failed | Why::OtherEpoch => 0,
                };
                self.call_in(state, (at, epoch), |board| {
                    board.abort_confirm(buyer, bit, booked, self.mutant);
                })?;
                match why {
                    Why::Failed => Next::Reply(Reply::Unknown),
                    Why::OtherEpoch => Next::Step(Attempt::Restore),
                    Why::SeatsBooked(_) => Next::Reply(Reply::No),
                }
            }
            Attempt::ExpireConfirming { is_booked } => {
                self.call(state, at, |board| board.expire_confirming(buyer))?;
                Next::Reply(if is_booked { Reply::Booked } else { Reply::No })
            }
            Attempt::Repeat { is_unknown } => self.repeat(state, buyer, is_unknown),
            Attempt::Restore => self.restore(state, buyer, at)?,
            Attempt::Done => return None,
        })
    }

    fn begin_confirm(&self, state: &mut State, buyer: usize, nth: usize) -> Option<Next> {
        let is_late = state.is_late(buyer);
        let begun = self.call(state, served_by(buyer, nth), |board| {
            board.begin_confirm(buyer, 1 << nth, is_late)
        })?;
        Some(match begun {
            Begun::Confirming { seats } => {
                state.unleased &= !(1 << buyer);
                let epoch = state.board.epoch;
                Next::Step(Attempt::Commit { epoch, seats })
            }
            Begun::Ended(HoldState::Released) => Next::Reply(Reply::No),
            Begun::Ended(_) => Next::Step(Attempt::Repeat { is_unknown: false }),
            Begun::UnknownHold => Next::Step(Attempt::Repeat { is_unknown: true }),
        })
    }

    fn commit(&self, state: &mut State, buyer: usize, (epoch, seats): (u8, u8)) -> Next {
        let answer = state.primary.commit(buyer, epoch, seats, self.mutant);
        self.write(state);
        let is_covered = seats & !state.primary.seats_of(buyer) == 0;
        match answer {
            Answer::Confirmed => self.wait(After::Finish {
                epoch,
                is_repeated: false,
            }),
            Answer::Repeated if is_covered => self.wait_for_repeat(After::Finish {
                epoch,
                is_repeated: true,
            }),
            Answer::Repeated => self.wait_for_repeat(After::ExpireConfirming { is_booked: true }),
            Answer::Expired => {
                let after = After::ExpireConfirming { is_booked: false };
                match self.mutant {
                    Mutant::ExpiredByRead => after_commit(after),
                    _ => self.wait(after),
                }
            }
            Answer::OtherEpoch => abort(epoch, Why::OtherEpoch),
            Answer::SeatsBooked(seats) => abort(epoch, Why::SeatsBooked(seats)),
        }
    }

    /// The standby has what is written at once, unless the failing over is to be looked at.
    fn write(&self, state: &mut State) {
        if !self.has_slow_standby() {
            state.standby = state.primary;
        }
    }

    fn wait(&self, after: After) -> Next {
        if self.mutant == Mutant::AsynchronousStandby || !self.has_slow_standby() {
            after_commit(after)
        } else {
            Next::Step(Attempt::Await(after))
        }
    }

    fn wait_for_repeat(&self, after: After) -> Next {
        if self.mutant == Mutant::RepeatByRead {
            after_commit(after)
        } else {
            self.wait(after)
        }
    }

    /// What an earlier confirm has made of the hold, told by a write.
    fn repeat(&self, state: &State, buyer: usize, is_unknown: bool) -> Next {
        match state.primary.outcomes[buyer] {
            Outcome::Confirmed => self.wait_for_repeat(After::Reply),
            Outcome::Expired | Outcome::None if is_unknown => Next::Step(Attempt::Restore),
            Outcome::Expired | Outcome::None => Next::Reply(Reply::No),
        }
    }

    /// Places the hold again that the board has lost, as its token says.
    fn restore(&self, state: &mut State, buyer: usize, at: usize) -> Option<Next> {
        if state.is_late(buyer) {
            return Some(Next::Reply(Reply::No));
        }
        let placed = self.call(state, at, |board| board.place_hold(buyer, WANTS[buyer]))?;
        Some(match placed {
            Placed::Placed => Next::Step(Attempt::Begin),
            Placed::Conflicts => Next::Reply(Reply::No),
        })
    }

    fn expire_holds(&self, state: &mut State, at: usize) -> Option<()> {
        let (late, unleased) = (state.late, state.unleased);
        let overdue = self.call(state, at, |board| {
            board.expire_holds(late, unleased, self.mutant)
        })?;
        state.instances[at].overdue |= overdue;
        Some(())
    }

    fn expire(&self, state: &mut State, at: usize, hold: usize) {
        let outcome = state.primary.expire(hold);
        self.write(state);
        let instance = &mut state.instances[at];
        instance.overdue &= !(1 << hold);
        let hold = u8::try_from(hold).unwrap_or_default();
        instance.settle = if self.has_slow_standby() {
            Settle::Await(hold)
        } else {
            Settle::Decided(hold, outcome)
        };
    }

    fn settle(&self, state: &mut State, at: usize) -> Option<()> {
        let Settle::Decided(hold, outcome) = state.instances[at].settle else {
            return None;
        };
        self.call(state, at, |board| match outcome {
            Outcome::Confirmed => board.finish_confirm(usize::from(hold)),
            Outcome::Expired | Outcome::None => board.expire_confirming(usize::from(hold)),
        })?;
        state.instances[at].settle = Settle::None;
        Some(())
    }

    fn load_above(&self, state: &mut State, at: usize) -> Option<()> {
        let seen = state.instances[at].seen;
        let is_wanted = state.board.epoch == 0 || state.board.position() < seen;
        if !is_wanted || self.mutant == Mutant::NoFloor && state.board.epoch > 0 {
            return None;
        }
        let above = state.board.epoch.max(seen.0);
        let (epoch, booked) = state.primary.load_above(above, self.mutant);
        self.write(state);
        state.instances[at].load = Load::Read { epoch, booked };
        state.keeper = u8::try_from(at).ok();
        Some(())
    }

    /// Writes the board in two steps: between them there is none.
    fn load_board(&self, state: &mut State, at: usize) -> Option<()> {
        let epoch = match state.instances[at].load {
            Load::None => return None,
            Load::Read { epoch, booked } => {
                (state.standby.epoch >= epoch).then_some(())?;
                if state.board.load_begin(epoch, booked) {
                    state.instances[at].load = Load::Begun { epoch };
                    return Some(());
                }
                epoch
            }
            Load::Begun { epoch } => {
                state.board.load_end(epoch);
                epoch
            }
        };
        let instance = &mut state.instances[at];
        instance.load = Load::None;
        instance.seen = instance.seen.max((epoch, 0));
        give_up_keeping(state, at);
        Some(())
    }

    fn reconcile(&self, state: &mut State, at: usize) -> Option<()> {
        let epoch = state.primary.epoch;
        (state.board.epoch == epoch).then_some(())?;
        let booked = state.primary.booked();
        let repairs = self.call(state, at, |board| board.differences(booked))?;
        repairs.iter().any(Option::is_some).then_some(())?;
        state.instances[at].repair = Some((epoch, repairs));
        state.keeper = u8::try_from(at).ok();
        Some(())
    }

    fn repair_board(&self, state: &mut State, at: usize) {
        if let Some((epoch, repairs)) = state.instances[at].repair.take() {
            let script = |board: &mut Board| board.repair_board(&repairs);
            // When this fails the next reconciler finds the same.
            let _ = self.call_in(state, (at, epoch), script);
        }
        give_up_keeping(state, at);
    }
}

fn after_commit(after: After) -> Next {
    match after {
        After::Finish { epoch, is_repeated } => Next::Step(Attempt::Finish { epoch, is_repeated }),
        After::ExpireConfirming { is_booked } => {
            Next::Step(Attempt::ExpireConfirming { is_booked })
        }
        After::Reply => Next::Reply(Reply::Booked),
    }
}

fn acknowledge_settle(state: &mut State, at: usize) -> Option<()> {
    let Settle::Await(hold) = state.instances[at].settle else {
        return None;
    };
    let outcome = state.standby.outcomes[usize::from(hold)];
    (outcome != Outcome::None).then_some(())?;
    state.instances[at].settle = Settle::Decided(hold, outcome);
    Some(())
}

/// Takes an attempt to its next step, or its buyer to what they are told.
pub fn go_to(state: &mut State, (buyer, nth): (usize, usize), next: Next) {
    let Next::Reply(reply) = next else {
        if let Next::Step(step) = next {
            state.attempts[buyer][nth] = step;
        }
        return;
    };
    state.attempts[buyer][nth] = Attempt::Done;
    let is_last = !state.attempts[buyer].iter().any(|one| one.will_answer());
    match reply {
        Reply::Booked => state.buyers[buyer] = Buyer::ToldBooked,
        Reply::No if is_last && state.buyers[buyer] == Buyer::Holding => {
            state.buyers[buyer] = Buyer::ToldNo;
        }
        Reply::No | Reply::Unknown => {}
    }
}

fn abort(epoch: u8, why: Why) -> Next {
    Next::Step(Attempt::Abort { epoch, why })
}

pub fn give_up_keeping(state: &mut State, at: usize) {
    if state.keeper.map(usize::from) == Some(at) {
        state.keeper = None;
    }
}
