//! Buyers on the waitlist: they join, look, take what they are offered or let it go, and leave.

use std::time::{Duration, Instant};

use rand::RngExt;

use super::caller::Asked;
use super::history::{Outcome, Verb};
use super::sale::SEATS_PER_ROW;
use super::workload::{Buyer, Held, is_for_now};

/// How long somebody goes on asking to leave, once all is well again.
const SETTLING_MAX: Duration = Duration::from_secs(60);

impl Buyer {
    /// Joins where it does not wait, else looks whether something is offered.
    pub(super) async fn wait(&mut self) {
        if !self.may_wait {
            let asked = self.asked();
            let seen = self.caller.call(Verb::Look, &asked).await.told.states;
            let has_any =
                |states: String| states.chars().rev().take(SEATS_PER_ROW).any(|it| it == '.');
            if seen.is_none_or(has_any) {
                return;
            }
            let quantity = self.rng.random_range(1..=2);
            let asked = Asked {
                quantity,
                ..self.asked()
            };
            self.has_waited = true;
            let answer = self.caller.call(Verb::Join, &asked).await;
            self.may_wait = match &answer.outcome {
                Outcome::Done | Outcome::Unknown => true,
                Outcome::Refused(code) => code == "already_waiting",
            };
            return;
        }
        if self.rng.random_bool(0.1) {
            self.quit().await;
            return;
        }
        let asked = self.asked();
        let answer = self.caller.call(Verb::Mine, &asked).await;
        if answer.outcome == Outcome::Refused("not_found".to_owned()) {
            self.may_wait = false;
        }
        if let Some(hold_id) = answer.told.hold_id
            && answer.told.state.as_deref() == Some("held")
        {
            self.held = Some(Held {
                name: self.caller.history.name_of_offer(&hold_id),
                hold_id,
                token: answer.hold_token,
                seats: answer.told.seats,
                ..Held::default()
            });
        }
    }

    /// Whether it is certainly not waiting any more.
    async fn quit(&mut self) -> bool {
        let asked = self.asked();
        let answer = self.caller.call(Verb::Quit, &asked).await;
        let is_over = match &answer.outcome {
            Outcome::Done => true,
            Outcome::Refused(code) => !is_for_now(code),
            Outcome::Unknown => false,
        };
        self.may_wait &= !is_over;
        is_over
    }

    /// Once all is well again: nobody waits. Answers whether that was to be had.
    pub(super) async fn settle_waiting(&mut self) -> bool {
        let begun = Instant::now();
        while self.has_waited && begun.elapsed() < SETTLING_MAX {
            if self.quit().await {
                return true;
            }
            self.pause().await;
        }
        !self.has_waited
    }
}
