//! Buyers, each with a seed of its own: what they want, do, give up and repeat.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio_util::sync::CancellationToken;

use super::caller::{Answer, Asked, Caller};
use super::history::{HoldName, OFFERS_FROM, Outcome, Seat, Verb};
use super::sale::SEATS_PER_ROW;

/// How long a buyer goes on asking for what became of a confirm, once all is well again.
const SETTLING_MAX: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
pub(super) struct Held {
    pub(super) name: HoldName,
    pub(super) hold_id: String,
    pub(super) token: Option<String>,
    pub(super) seats: Vec<Seat>,
    pub(super) confirm_key: Option<String>,
    pub(super) is_unsure: bool,
}

#[derive(Clone)]
struct Bought {
    hold: HoldName,
    booking_id: String,
}

pub struct Buyer {
    pub(super) caller: Caller,
    pub(super) rng: StdRng,
    names: Arc<AtomicU32>,
    pub(super) held: Option<Held>,
    /// On the waitlist, as far as it knows, and whether it ever was.
    pub(super) may_wait: bool,
    pub(super) has_waited: bool,
    bought: Vec<Bought>,
    /// Confirms and cancellations of unknown outcome that it means to follow up.
    unsure_confirms: Vec<Held>,
    unsure_cancels: Vec<Bought>,
    /// How many in a hundred unknown confirms are left for the service to settle.
    abandons: u32,
}

impl Buyer {
    pub fn new(caller: Caller, seed: u64, names: &Arc<AtomicU32>, abandons: u32) -> Self {
        let number = caller.number as u64;
        Self {
            caller,
            rng: StdRng::seed_from_u64(seed.wrapping_mul(1_000).wrapping_add(number)),
            names: names.clone(),
            held: None,
            may_wait: false,
            has_waited: false,
            bought: Vec::new(),
            unsure_confirms: Vec::new(),
            unsure_cancels: Vec::new(),
            abandons,
        }
    }

    /// Buys until told to stop.
    pub async fn buy(&mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            self.step().await;
            let pause = self.rng.random_range(0..25);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn step(&mut self) {
        let dice = self.rng.random_range(0..100);
        match self.held.take() {
            None => match dice {
                0..12 => self.look().await,
                12..30 if !self.bought.is_empty() => self.cancel().await,
                30..35 => self.follow_up().await,
                35..80 if self.may_wait => self.wait().await,
                35..60 if self.is_patient() => self.wait().await,
                _ => self.place().await,
            },
            Some(held) => match dice {
                0..45 => self.confirm(held).await,
                45..57 => self.change(held).await,
                57..67 => self.extend(held).await,
                67..82 => self.release(held).await,
                // Left to lapse.
                82..86 => {}
                86..93 => self.find(held).await,
                _ => {
                    self.held = Some(held);
                    self.look().await;
                }
            },
        }
    }

    /// Some join the waitlist when there is nothing left in the section that they like.
    fn is_patient(&self) -> bool {
        self.caller.number.is_multiple_of(2)
    }

    pub(super) fn asked(&mut self) -> Asked {
        let patience = [700, 1_500, 4_000, 9_000][self.rng.random_range(0..4)];
        Asked {
            instance: self.rng.random_range(0..2),
            patience: Duration::from_millis(patience),
            ..Asked::default()
        }
    }

    fn asked_of(&mut self, held: &Held) -> Asked {
        Asked {
            hold: held.name,
            hold_id: held.hold_id.clone(),
            ..self.asked()
        }
    }

    async fn look(&mut self) {
        let asked = self.asked();
        self.caller.call(Verb::Look, &asked).await;
    }

    fn some_seats(&mut self) -> Vec<Seat> {
        let n_seats = self.caller.sale.n_seats();
        let n_wanted = self.rng.random_range(1..=3);
        // The last row is what everybody wants.
        let row = if self.rng.random_bool(0.15) {
            n_seats - SEATS_PER_ROW..n_seats
        } else {
            0..n_seats
        };
        let first = self.rng.random_range(row);
        let mut seats: Vec<_> = (first..first + n_wanted).map(|at| at % n_seats).collect();
        seats.sort_unstable();
        seats
    }

    async fn place(&mut self) {
        let name = self.names.fetch_add(1, Ordering::SeqCst);
        let mut asked = Asked {
            hold: name,
            wanted: self.some_seats(),
            ..self.asked()
        };
        let has_key = self.rng.random_bool(0.5);
        asked.key = has_key.then(|| format!("place-{name}"));
        let mut answer = self.caller.call(Verb::Place, &asked).await;
        for _ in 0..3 {
            if !has_key || !answer.is_unknown() {
                break;
            }
            self.pause().await;
            (asked.instance, asked.patience) = (1 - asked.instance, Duration::from_secs(2));
            answer = self.caller.call(Verb::Place, &asked).await;
        }
        if answer.is_done() && answer.told.state.as_deref() == Some("held") {
            self.held = Some(Held {
                name,
                hold_id: answer.told.hold_id.unwrap_or_default(),
                token: answer.hold_token,
                seats: answer.told.seats,
                ..Held::default()
            });
        }
    }

    pub(super) async fn pause(&mut self) {
        let pause = self.rng.random_range(20..200);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    async fn find(&mut self, held: Held) {
        let asked = self.asked_of(&held);
        let answer = self.caller.call(Verb::Find, &asked).await;
        self.go_on_with(held, &answer, |_, _| {});
    }

    async fn extend(&mut self, held: Held) {
        let asked = self.asked_of(&held);
        let answer = self.caller.call(Verb::Extend, &asked).await;
        self.go_on_with(held, &answer, |_, _| {});
    }

    async fn change(&mut self, held: Held) {
        let mut asked = self.asked_of(&held);
        let more = self.some_seats();
        asked.wanted = more
            .into_iter()
            .filter(|it| !held.seats.contains(it))
            .collect();
        asked
            .wanted
            .truncate(4_usize.saturating_sub(held.seats.len()));
        if held.seats.len() > 1 && self.rng.random_bool(0.5) {
            asked.removed = vec![held.seats[self.rng.random_range(0..held.seats.len())]];
        }
        if asked.wanted.is_empty() && asked.removed.is_empty() {
            self.held = Some(held);
            return;
        }
        let answer = self.caller.call(Verb::Change, &asked).await;
        self.go_on_with(held, &answer, |held, answer| {
            held.seats.clone_from(&answer.told.seats);
        });
    }

    /// Keeps a hold unless it has ended, with what an answer says of it.
    fn go_on_with(
        &mut self,
        mut held: Held,
        answer: &Answer,
        change: impl FnOnce(&mut Held, &Answer),
    ) {
        match &answer.outcome {
            Outcome::Done if answer.told.state.as_deref() != Some("held") => return,
            Outcome::Done => {
                held.token = answer.hold_token.clone().or(held.token);
                change(&mut held, answer);
            }
            Outcome::Refused(code) if is_the_end(code) => return,
            Outcome::Refused(_) => {}
            Outcome::Unknown => held.is_unsure = true,
        }
        self.held = Some(held);
    }

    async fn release(&mut self, held: Held) {
        for _ in 0..3 {
            let asked = self.asked_of(&held);
            if !self.caller.call(Verb::Release, &asked).await.is_unknown() {
                return;
            }
            self.pause().await;
        }
    }

    async fn confirm(&mut self, mut held: Held) {
        if self.rng.random_bool(0.3) {
            held.confirm_key = Some(format!("confirm-{}", held.name));
        }
        let is_double = self.rng.random_bool(0.15);
        let n_tries = if self.rng.random_bool(0.3) { 0 } else { 3 };
        let answer = self.ask_to_confirm(&held, is_double).await;
        let mut is_settled = self.take_note(&held, &answer);
        for _ in 0..n_tries {
            if is_settled {
                return;
            }
            self.pause().await;
            let answer = self.ask_to_confirm(&held, false).await;
            is_settled = self.take_note(&held, &answer);
        }
        let is_followed = self.rng.random_range(0..100) >= self.abandons;
        // Who abandons an offer cannot leave the waitlist before it is settled.
        if !is_settled && (is_followed || held.name >= OFFERS_FROM) {
            self.unsure_confirms.push(held);
        }
    }

    async fn ask_to_confirm(&mut self, held: &Held, is_double: bool) -> Answer {
        let mut asked = self.asked_of(held);
        asked.hold_token.clone_from(&held.token);
        // A key whose first request died with its instance is in progress until its lease ends.
        let keeps_key = self.rng.random_bool(0.6);
        asked.key = held.confirm_key.clone().filter(|_| keeps_key);
        if !is_double {
            return self.caller.call(Verb::Confirm, &asked).await;
        }
        let other = Asked {
            instance: 1 - asked.instance,
            key: None,
            ..asked.clone()
        };
        let (first, second) = tokio::join!(
            self.caller.call(Verb::Confirm, &asked),
            self.caller.call(Verb::Confirm, &other)
        );
        if first.is_done() { first } else { second }
    }

    /// Whether the confirm is settled, one way or the other.
    fn take_note(&mut self, held: &Held, answer: &Answer) -> bool {
        match (&answer.outcome, &answer.told.booking_id) {
            (Outcome::Done, Some(booking_id)) => {
                self.bought.push(Bought {
                    hold: held.name,
                    booking_id: booking_id.clone(),
                });
                true
            }
            (Outcome::Refused(code), _) => !is_for_now(code),
            _ => false,
        }
    }

    async fn cancel(&mut self) {
        let nth = self.rng.random_range(0..self.bought.len());
        let bought = self.bought.swap_remove(nth);
        if !self.ask_to_cancel(&bought).await {
            self.unsure_cancels.push(bought);
        }
    }

    async fn ask_to_cancel(&mut self, bought: &Bought) -> bool {
        let asked = Asked {
            hold: bought.hold,
            booking_id: bought.booking_id.clone(),
            ..self.asked()
        };
        let answer = self.caller.call(Verb::Cancel, &asked).await;
        match answer.outcome {
            Outcome::Unknown => false,
            Outcome::Refused(code) => !is_for_now(&code),
            Outcome::Done => true,
        }
    }

    /// Asks again for something of unknown outcome.
    async fn follow_up(&mut self) {
        if let Some(held) = self.unsure_confirms.pop() {
            let answer = self.ask_to_confirm(&held, false).await;
            if !self.take_note(&held, &answer) {
                self.unsure_confirms.push(held);
            }
        } else if let Some(bought) = self.unsure_cancels.pop()
            && !self.ask_to_cancel(&bought).await
        {
            self.unsure_cancels.push(bought);
        }
    }

    /// Once all is well again: learns what became of everything, and lets go of what it holds.
    /// Answers how much it could not learn.
    pub async fn settle(&mut self) -> usize {
        let begun = std::time::Instant::now();
        while begun.elapsed() < SETTLING_MAX && self.n_unsettled() > 0 {
            self.follow_up().await;
            self.pause().await;
        }
        if let Some(held) = self.held.take() {
            self.release(held).await;
        }
        for instance in 0..2 {
            let asked = Asked {
                instance,
                ..self.asked()
            };
            self.caller.call(Verb::Look, &asked).await;
        }
        let is_out = self.settle_waiting().await;
        self.n_unsettled() + usize::from(!is_out)
    }

    fn n_unsettled(&self) -> usize {
        self.unsure_confirms.len() + self.unsure_cancels.len()
    }
}

/// Refusals after which the same call may succeed.
pub(super) fn is_for_now(code: &str) -> bool {
    matches!(
        code,
        "hold_confirming" | "request_in_progress" | "rate_limited" | "event_not_on_sale"
    )
}

/// Refusals that say that the hold is no longer there.
fn is_the_end(code: &str) -> bool {
    matches!(
        code,
        "hold_expired" | "hold_released" | "hold_confirmed" | "not_found"
    )
}
