//! What the faults of a round excuse, and until when.

use std::time::Duration;

use serde::Serialize;

use super::history::{Moment, micros};

#[derive(Clone, Debug, Default, Serialize)]
pub struct Excuses {
    /// Between when Redis lost what it had acknowledged: holds may end then, and come back by their
    /// tokens.
    pub losses: Vec<(Moment, Moment)>,
    pub stale: Vec<Stale>,
    /// Redis could not write to its disk: killed then, it has lost what it had acknowledged.
    pub is_disk_full: bool,
    /// The board may lag behind what PostgreSQL has freed.
    pub lags: bool,
}

/// A time in which an older board may be answered from: until it is found out, seats are held on it
/// that are not free. Bookings are not excused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    pub from: Moment,
    /// Since when the older board is there: an epoch that began before has not found it out.
    pub there: Moment,
    /// `Moment::MAX` while nobody has found it out.
    pub until: Moment,
    /// The epoch that ended it.
    pub ended_by: Option<i64>,
}

/// An epoch of a board, and since when it is one.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    pub number: i64,
    pub began: Moment,
}

/// Which instance has shown a board of which epoch, and when.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    pub instance: usize,
    pub at: Moment,
    pub epoch: i64,
}

impl Stale {
    pub fn since(from: Moment, there: Moment) -> Self {
        Self {
            from,
            there,
            until: Moment::MAX,
            ended_by: None,
        }
    }

    /// What was under way when it began or ended is in it, too.
    fn has(&self, (from, until): (Moment, Moment)) -> bool {
        from <= self.until && until >= self.from
    }

    /// It ends with the next epoch, for an instance once it has that: what the older board has
    /// answered may take until then to be told, and a second at most on its way.
    fn end(&mut self, epochs: &[Epoch], shown: &[Shown]) -> Option<()> {
        let later = epochs.iter().filter(|epoch| epoch.began > self.there);
        let next = later.min_by_key(|epoch| epoch.number)?;
        let first_by = |instance| {
            let by = shown.iter().filter(|it| it.instance == instance);
            by.filter(|it| it.epoch >= next.number)
                .map(|it| it.at)
                .min()
        };
        let heard = first_by(0)?.max(first_by(1)?);
        self.until = next.began.max(heard) + micros(Duration::from_secs(1));
        self.ended_by = Some(next.number);
        Some(())
    }
}

impl Excuses {
    /// Whether an older board may have been answered from at some moment between.
    pub fn is_stale(&self, when: (Moment, Moment)) -> bool {
        self.stale.iter().any(|stale| stale.has(when))
    }

    pub fn end_stale(&mut self, epochs: &[Epoch], shown: &[Shown]) {
        for stale in &mut self.stale {
            stale.end(epochs, shown);
        }
    }
}
