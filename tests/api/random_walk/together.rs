//! Places that come together: each answer is as if they had come one after the other.

use std::collections::BTreeSet;

use futures::future::join_all;
use holdfast::id::HoldId;
use rand::RngExt;
use reqwest::Method;
use serde_json::json;

use super::model::{self, Model};
use super::outcome::{Outcome, labels};
use super::records::Seat;
use super::walk::{Kind, N_CALLERS, Walk};
use crate::support::Answer;

const TOGETHER_MAX: usize = 5;

/// A place that was asked for.
struct Asked {
    who: usize,
    seats: BTreeSet<Seat>,
    key: Option<String>,
}

impl Walk {
    /// Steps of which most are several places at once.
    pub async fn go_together(&mut self, n_steps: usize) {
        for _ in 0..n_steps {
            self.n_steps += 1;
            match self.rng.random_range(0..10) {
                0..6 => self.place_together().await,
                6..9 => self.ask_about_hold(Kind::Release).await,
                _ => self.advance(),
            }
        }
    }

    async fn place_together(&mut self) {
        let n_asked = self.rng.random_range(2..=TOGETHER_MAX);
        let asked: Vec<_> = (0..n_asked).map(|_| self.some_place()).collect();
        for one in &asked {
            self.tell(&format!(
                "{} places {:?} with {:?}",
                one.who, one.seats, one.key
            ));
        }
        let requests = asked.iter().map(|one| async {
            let caller = &self.callers[one.who];
            let request = caller.request(Method::POST, &self.sale.path("/holds"));
            let mut request = request.json(&json!({"seats": labels(&one.seats)}));
            if let Some(key) = &one.key {
                request = request.header("Idempotency-Key", key);
            }
            caller.send(request).await
        });
        let answers = join_all(requests).await;
        let found: Vec<_> = asked
            .iter()
            .zip(&answers)
            .map(|(one, answer)| (one, self.id_of(one, answer), Outcome::of(answer)))
            .collect();
        let left: Vec<_> = found.iter().collect();
        let after = explain(&self.model, &left);
        self.model = after.unwrap_or_else(|| {
            let answers: Vec<_> = answers.iter().map(|answer| &answer.text).collect();
            panic!("no order explains {answers:#?}\n{}", self.story())
        });
        for (one, answer) in asked.iter().zip(&answers) {
            self.remember(one.who, answer);
        }
    }

    fn some_place(&mut self) -> Asked {
        let key = self
            .rng
            .random_bool(0.3)
            .then(|| self.rng.random_range(0..4));
        Asked {
            who: self.rng.random_range(0..N_CALLERS),
            seats: self.some_seats(1, model::SEATS_PER_HOLD_MAX),
            key: key.map(|key| format!("key-{key}")),
        }
    }

    fn id_of(&self, one: &Asked, answer: &Answer) -> String {
        let Some(key) = &one.key else {
            return answer["hold_id"].as_str().unwrap_or_default().to_owned();
        };
        let caller_id = self.callers[one.who].caller_id.expect("a guest");
        HoldId::of_key(self.sale.id(), caller_id, key).to_string()
    }
}

/// What the model is after those places in an order in which it says what was answered.
fn explain(model: &Model, left: &[&(&Asked, String, Outcome)]) -> Option<Model> {
    if left.is_empty() {
        return Some(model.clone());
    }
    (0..left.len()).find_map(|nth| {
        let (one, id, found) = left[nth];
        let mut next = model.clone();
        let said = next.place(one.who, &one.seats, id, one.key.is_some());
        let rest: Vec<_> = [&left[..nth], &left[nth + 1..]].concat();
        (said == *found).then(|| explain(&next, &rest)).flatten()
    })
}
