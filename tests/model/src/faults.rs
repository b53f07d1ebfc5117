//! What can go wrong, each once in a run.

use crate::board::{Bits, Board};
use crate::service::give_up_keeping;
use crate::state::{Attempt, Instance, Load, Settle, State, Why};
use crate::step::{Step, served_by};
use crate::{ATTEMPTS, BUYERS, INSTANCES, Protocol};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An instance ends with all that it does, and starts again.
    Crash(usize),
    /// Redis is empty.
    LoseBoard,
    /// A replica is as far as the board is now.
    Copy,
    /// The replica, however old, becomes the board.
    PromoteReplica,
    /// The standby becomes the primary, with what it has.
    FailOver,
    /// A step has happened and its caller does not know: the caller repeats it.
    LoseAnswer(usize, usize),
    /// The caller gives up instead. Of a commit nobody knows when it happens.
    LoseConnection(usize, usize),
    /// A commit has certainly not happened.
    FailCommit(usize, usize),
    /// The hold is placed, and its buyer is not told.
    LosePlaced(usize),
    /// The lock of the one who loads or repairs is gone, and it goes on.
    LoseLock,
}

/// Kinds of faults, as bits.
pub const CRASH: Bits = 1;
pub const LOSE_BOARD: Bits = 2;
pub const STALE_REPLICA: Bits = 4;
pub const FAIL_OVER: Bits = 8;
pub const LOSE_MESSAGE: Bits = 16;
pub const FAIL_COMMIT: Bits = 32;
pub const LOSE_LOCK: Bits = 64;
pub const ALL: [(&str, Bits); 7] = [
    ("an instance crashes", CRASH),
    ("Redis loses everything", LOSE_BOARD),
    ("a stale replica is promoted", STALE_REPLICA),
    ("PostgreSQL fails over", FAIL_OVER),
    ("a message is lost", LOSE_MESSAGE),
    ("a commit fails", FAIL_COMMIT),
    ("the keeper's lock is lost", LOSE_LOCK),
];

impl Fault {
    fn kind(self) -> Bits {
        match self {
            Self::Crash(_) => CRASH,
            Self::LoseBoard => LOSE_BOARD,
            Self::Copy | Self::PromoteReplica => STALE_REPLICA,
            Self::FailOver => FAIL_OVER,
            Self::LoseAnswer(..) | Self::LoseConnection(..) | Self::LosePlaced(_) => LOSE_MESSAGE,
            Self::FailCommit(..) => FAIL_COMMIT,
            Self::LoseLock => LOSE_LOCK,
        }
    }
}

impl Protocol {
    pub fn has_slow_standby(&self) -> bool {
        self.faults & FAIL_OVER != 0
    }

    pub fn fault_steps(&self, state: &State, steps: &mut Vec<Step>) {
        if state.faults.count_ones() >= self.faults_max {
            return;
        }
        let allowed = self.faults & !state.faults;
        if allowed == 0 {
            return;
        }
        let mut faults = vec![Fault::LoseBoard, Fault::FailOver, Fault::LoseLock];
        faults.push(match state.replica {
            None => Fault::Copy,
            Some(_) => Fault::PromoteReplica,
        });
        faults.extend((0..INSTANCES).map(Fault::Crash));
        for buyer in 0..BUYERS {
            faults.push(Fault::LosePlaced(buyer));
            for nth in 0..ATTEMPTS {
                faults.push(Fault::LoseAnswer(buyer, nth));
                faults.push(Fault::LoseConnection(buyer, nth));
                faults.push(Fault::FailCommit(buyer, nth));
            }
        }
        let may_happen = faults
            .into_iter()
            .filter(|fault| allowed & fault.kind() != 0);
        steps.extend(may_happen.map(Step::Fault));
    }

    /// None where the fault would hit nothing.
    pub fn suffer(&self, state: &mut State, fault: Fault) -> Option<()> {
        let before = *state;
        match fault {
            Fault::Crash(at) => crash(state, at),
            Fault::LoseBoard => state.board = Board::MISSING,
            Fault::Copy => {
                // Only what is there can be copied; the fault is the promotion.
                state.replica = Some(state.board);
                return Some(());
            }
            Fault::PromoteReplica => state.board = state.replica.take()?,
            Fault::FailOver => fail_over(state),
            Fault::LoseAnswer(buyer, nth) => {
                self.go_on(state, buyer, nth)?;
            }
            Fault::LoseConnection(buyer, nth) => {
                let next = match state.attempts[buyer][nth] {
                    Attempt::Commit { epoch, seats } => Attempt::Late { epoch, seats },
                    Attempt::Unused | Attempt::Begin | Attempt::Restore => {
                        self.go_on(state, buyer, nth)?;
                        Attempt::Done
                    }
                    Attempt::Late { .. } | Attempt::Done => return None,
                    _ => Attempt::Done,
                };
                state.attempts[buyer][nth] = next;
            }
            Fault::FailCommit(buyer, nth) => match state.attempts[buyer][nth] {
                Attempt::Commit { epoch, .. } => {
                    let why = Why::Failed;
                    state.attempts[buyer][nth] = Attempt::Abort { epoch, why };
                }
                _ => return None,
            },
            Fault::LosePlaced(buyer) => {
                let told = state.buyers[buyer];
                self.apply(state, Step::PlaceHold(buyer))?;
                state.buyers[buyer] = told;
            }
            Fault::LoseLock => state.keeper = None,
        }
        if *state == before {
            return None;
        }
        state.faults |= fault.kind();
        Some(())
    }
}

fn crash(state: &mut State, at: usize) {
    state.instances[at] = Instance::NEW;
    give_up_keeping(state, at);
    for buyer in 0..BUYERS {
        for nth in (0..ATTEMPTS).filter(|nth| served_by(buyer, *nth) == at) {
            let attempt = &mut state.attempts[buyer][nth];
            if attempt.will_answer() {
                *attempt = Attempt::Done;
            }
        }
    }
}

/// Every connection to PostgreSQL breaks.
fn fail_over(state: &mut State) {
    state.primary = state.standby;
    state.keeper = None;
    for attempt in state.attempts.iter_mut().flatten() {
        match attempt {
            Attempt::Await(_) | Attempt::Late { .. } => *attempt = Attempt::Done,
            _ => {}
        }
    }
    for instance in &mut state.instances {
        instance.repair = None;
        if matches!(instance.load, Load::Read { .. }) {
            instance.load = Load::None;
        }
        if matches!(instance.settle, Settle::Await(_)) {
            instance.settle = Settle::None;
        }
    }
}
