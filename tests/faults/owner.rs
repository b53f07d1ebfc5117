//! The event's owner, with a seed of its own: takes seats off sale and puts them back, pauses the
//! sale and opens it again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::caller::{Answer, Asked, Caller};
use super::history::{Seat, Verb};
use super::sale::SEATS_PER_ROW;

/// How long it goes on asking for the sale to be as it was, once all is well again.
const SETTLING_MAX: Duration = Duration::from_secs(60);

pub struct Owner {
    caller: Caller,
    rng: StdRng,
    /// What may be blocked.
    blocked: BTreeSet<Seat>,
    may_be_paused: bool,
}

impl Owner {
    pub fn new(caller: Caller, seed: u64) -> Self {
        Self {
            caller,
            rng: StdRng::seed_from_u64(seed ^ 0x6f77_6e65_7200),
            blocked: BTreeSet::new(),
            may_be_paused: false,
        }
    }

    /// What everybody wants is not on sale at first: so people join the waitlist.
    pub async fn prepare(&mut self) {
        let n_seats = self.caller.sale.n_seats();
        self.block((n_seats - SEATS_PER_ROW..n_seats).collect())
            .await;
    }

    pub async fn run(&mut self, stop: &CancellationToken) {
        let n_seats = self.caller.sale.n_seats();
        while !stop.is_cancelled() {
            let pause = self.rng.random_range(20..250);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            match self.rng.random_range(0..100) {
                _ if self.may_be_paused => self.open().await,
                0..8 => self.pause().await,
                8..45 if !self.blocked.is_empty() => self.unblock().await,
                _ => {
                    let first = self.rng.random_range(0..n_seats);
                    let n_wanted = self.rng.random_range(1..=2);
                    self.block((first..(first + n_wanted).min(n_seats)).collect())
                        .await;
                }
            }
        }
    }

    async fn ask(&mut self, verb: Verb, wanted: Vec<Seat>, removed: Vec<Seat>) -> Answer {
        let asked = Asked {
            instance: self.rng.random_range(0..2),
            patience: Duration::from_millis([700, 2_000, 6_000][self.rng.random_range(0..3)]),
            wanted,
            removed,
            ..Asked::default()
        };
        self.caller.call(verb, &asked).await
    }

    async fn block(&mut self, seats: Vec<Seat>) {
        let answer = self.ask(Verb::Block, seats.clone(), Vec::new()).await;
        if answer.is_done() || answer.is_unknown() {
            self.blocked.extend(seats);
        }
    }

    async fn unblock(&mut self) {
        let first = self.rng.random_range(0..self.blocked.len());
        let seats = self.blocked.iter().copied().skip(first);
        let seats: Vec<_> = seats.take(3).collect();
        let answer = self.ask(Verb::Unblock, Vec::new(), seats.clone()).await;
        if answer.is_done() {
            self.blocked.retain(|seat| !seats.contains(seat));
        }
    }

    async fn pause(&mut self) {
        self.may_be_paused = true;
        self.ask(Verb::Pause, Vec::new(), Vec::new()).await;
    }

    async fn open(&mut self) {
        let answer = self.ask(Verb::Open, Vec::new(), Vec::new()).await;
        self.may_be_paused = !answer.is_done();
    }

    /// Once all is well again: everything is on sale. Answers what is left to do.
    pub async fn settle(&mut self) -> usize {
        let begun = Instant::now();
        while begun.elapsed() < SETTLING_MAX {
            if self.may_be_paused {
                self.open().await;
            } else if !self.blocked.is_empty() {
                self.unblock().await;
            } else {
                break;
            }
        }
        self.blocked.len() + usize::from(self.may_be_paused)
    }
}
