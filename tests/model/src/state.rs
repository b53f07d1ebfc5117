//! Everything there is: stores, instances, buyers, requests under way, and what has gone wrong.

use crate::board::{Bits, Board, HoldState, Position, Repairs, Seat};
use crate::postgres::{Outcome, Postgres};
use crate::{ATTEMPTS, BUYERS, INSTANCES, SEATS};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub primary: Postgres,
    /// The synchronous standby.
    pub standby: Postgres,
    pub board: Board,
    /// A copy of the board that may become the board.
    pub replica: Option<Board>,
    pub instances: [Instance; INSTANCES],
    pub buyers: [Buyer; BUYERS],
    pub attempts: [[Attempt; ATTEMPTS]; BUYERS],
    /// Holds whose deadline has passed.
    pub late: Bits,
    /// Holds whose lease has passed.
    pub unleased: Bits,
    /// The instance that alone may load or repair, by an advisory lock.
    pub keeper: Option<u8>,
    /// Those that have happened.
    pub faults: Bits,
    /// An instance has used an answer of an older board than one that it had seen.
    pub went_back: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// The furthest position that it has met.
    pub seen: Position,
    pub load: Load,
    /// Confirming holds past their lease that a sweep has found.
    pub overdue: Bits,
    pub settle: Settle,
    pub repair: Option<(u8, Repairs)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Load {
    None,
    /// The epoch is raised; these seats are booked.
    Read {
        epoch: u8,
        booked: Bits,
    },
    Begun {
        epoch: u8,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settle {
    None,
    /// Written, and not yet known to be on the standby.
    Await(u8),
    Decided(u8, Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buyer {
    Away,
    /// Has been told of the hold, and has its token.
    Holding,
    Released,
    ToldBooked,
    /// There is no booking, and will be none.
    ToldNo,
}

/// A request to confirm, where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attempt {
    Unused,
    /// The hold has been brought back.
    Begin,
    Commit {
        epoch: u8,
        seats: Bits,
    },
    /// Written, and not yet known to be on the standby.
    Await(After),
    Finish {
        epoch: u8,
        is_repeated: bool,
    },
    Abort {
        epoch: u8,
        why: Why,
    },
    ExpireConfirming {
        is_booked: bool,
    },
    Repeat {
        is_unknown: bool,
    },
    Restore,
    /// Given up by its instance; PostgreSQL may still carry it out.
    Late {
        epoch: u8,
        seats: Bits,
    },
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum After {
    Finish { epoch: u8, is_repeated: bool },
    ExpireConfirming { is_booked: bool },
    Reply,
}

/// Why a confirm certainly did not commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    Failed,
    OtherEpoch,
    SeatsBooked(Bits),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    Booked,
    No,
    /// 503: ask again.
    Unknown,
}

impl Attempt {
    /// Whether the buyer may still hear of it.
    pub fn will_answer(self) -> bool {
        !matches!(self, Self::Unused | Self::Done | Self::Late { .. })
    }
}

impl Instance {
    pub const NEW: Self = Self {
        seen: (0, 0),
        load: Load::None,
        overdue: 0,
        settle: Settle::None,
        repair: None,
    };
}

impl State {
    /// The event is on sale, and its board loaded.
    pub fn first() -> Self {
        let postgres = Postgres {
            epoch: 1,
            outcomes: [Outcome::None; BUYERS],
            owners: [0; SEATS],
        };
        let instance = Instance {
            seen: (1, 0),
            ..Instance::NEW
        };
        Self {
            primary: postgres,
            standby: postgres,
            board: Board {
                epoch: 1,
                seats: [Seat::Free; SEATS],
                ..Board::MISSING
            },
            replica: None,
            instances: [instance; INSTANCES],
            buyers: [Buyer::Away; BUYERS],
            attempts: [[Attempt::Unused; ATTEMPTS]; BUYERS],
            late: 0,
            unleased: 0,
            keeper: None,
            faults: 0,
            went_back: false,
        }
    }

    pub fn is_late(&self, hold: usize) -> bool {
        self.late & (1 << hold) != 0
    }

    /// What makes no difference any more makes no states of its own.
    pub fn forget_what_is_over(&mut self) {
        for hold in 0..BUYERS {
            let (record, bit) = (self.board.holds[hold].state, 1 << hold);
            if record != HoldState::Confirming {
                self.unleased &= !bit;
            }
            let is_told = matches!(self.buyers[hold], Buyer::ToldBooked | Buyer::ToldNo);
            let is_over = is_told && !self.attempts[hold].iter().any(|one| one.will_answer());
            if is_over && matches!(record, HoldState::Confirmed | HoldState::Unknown) {
                self.late |= bit;
            }
        }
        for buyer in 0..BUYERS {
            if matches!(self.buyers[buyer], Buyer::ToldBooked | Buyer::ToldNo) {
                for attempt in &mut self.attempts[buyer] {
                    if *attempt == Attempt::Unused {
                        *attempt = Attempt::Done;
                    }
                }
            }
        }
        self.forget_positions();
    }

    /// Positions are only ever compared with one another. What an instance has seen matters only
    /// where the board may be behind it, now or after it went back to the replica: what is not
    /// further than that counts as just as far, and revisions count from there.
    fn forget_positions(&mut self) {
        let floor = match self.replica {
            Some(replica) => replica.position().min(self.board.position()),
            None => self.board.position(),
        };
        for instance in &mut self.instances {
            instance.seen = instance.seen.max(floor);
        }
        let (epoch, base) = floor;
        let count = |position: Position| match position.0 == epoch {
            true => (epoch, position.1 - base),
            false => position,
        };
        self.board.revision = count(self.board.position()).1;
        if let Some(replica) = &mut self.replica {
            replica.revision = count(replica.position()).1;
        }
        for instance in &mut self.instances {
            instance.seen = count(instance.seen);
            let is_met = [Some(self.board), self.replica].into_iter().flatten();
            // In an epoch of which there is no board, any revision is ahead.
            if is_met
                .into_iter()
                .all(|board| board.epoch != instance.seen.0)
            {
                instance.seen.1 = 0;
            }
        }
    }
}
