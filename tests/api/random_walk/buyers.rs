//! The steps of buyers: place, change, extend, release, look, confirm, cancel.

use std::collections::BTreeSet;

use holdfast::id::HoldId;
use rand::RngExt;
use rand::seq::IndexedRandom;
use reqwest::Method;
use serde_json::json;

use super::model;
use super::outcome::labels;
use super::records::Seat;
use super::walk::{Kind, N_CALLERS, Walk};

impl Walk {
    pub(super) async fn place(&mut self, key: Option<String>) {
        let who = self.rng.random_range(0..N_CALLERS);
        let seats = self.some_seats(1, model::SEATS_PER_HOLD_MAX + 1);
        self.tell(&format!("{who} places {seats:?} with {key:?}"));
        let request = self.callers[who]
            .request(Method::POST, &self.sale.path("/holds"))
            .json(&json!({"seats": labels(&seats)}));
        let (answer, id) = match &key {
            None => {
                let answer = self.callers[who].send(request).await;
                let id = answer["hold_id"].as_str().unwrap_or_default().to_owned();
                (answer, id)
            }
            Some(key) => {
                let request = request.header("Idempotency-Key", key);
                let caller_id = self.callers[who].caller_id.expect("a guest");
                let id = HoldId::of_key(self.sale.id(), caller_id, key);
                (self.callers[who].send(request).await, id.to_string())
            }
        };
        let expected = self.model.place(who, &seats, &id, key.is_some());
        self.compare(&expected, &answer);
        self.remember(who, &answer);
    }

    pub(super) async fn change(&mut self) {
        let Some(hold) = self.some_hold() else {
            return;
        };
        let who = self.holder_or_stranger(&hold);
        let add = self.some_seats(0, 2);
        let mut remove = self.some_seats(0, 1);
        let had: Vec<Seat> = hold.receipt.seats.keys().copied().collect();
        let n_removed = self.rng.random_range(0..=had.len().min(2));
        remove.extend(had.sample(&mut self.rng, n_removed));
        self.tell(&format!("{who} changes {}: +{add:?} -{remove:?}", hold.id));
        let path = self.sale.path(&format!("/holds/{}", hold.id));
        let body = json!({"add": labels(&add), "remove": labels(&remove)});
        let answer = self.callers[who].patch(&path, body).await;
        let expected = self.model.change(who, &hold.id, &add, &remove);
        self.compare(&expected, &answer);
        self.remember(who, &answer);
    }

    pub(super) async fn ask_about_hold(&mut self, kind: Kind) {
        let Some(hold) = self.some_hold() else {
            return;
        };
        let who = self.holder_or_stranger(&hold);
        self.tell(&format!("{who} {kind:?} {}", hold.id));
        let path = self.sale.path(&format!("/holds/{}", hold.id));
        let caller = &self.callers[who];
        let (answer, expected) = match kind {
            Kind::Extend => {
                let request = caller.request(Method::POST, &format!("{path}/extend"));
                (caller.send(request).await, self.model.extend(who, &hold.id))
            }
            Kind::Release => (
                caller.delete(&path).await,
                self.model.release(who, &hold.id),
            ),
            _ => (caller.get(&path).await, self.model.look(who, &hold.id)),
        };
        self.compare(&expected, &answer);
        self.remember(who, &answer);
    }

    pub(super) async fn confirm(&mut self, is_by_token: bool) {
        let Some(hold) = self.some_hold() else {
            return;
        };
        let who = if is_by_token {
            hold.holder
        } else {
            self.holder_or_stranger(&hold)
        };
        self.tell(&format!(
            "{who} confirms {}, by token: {is_by_token}",
            hold.id
        ));
        let path = self.sale.path(&format!("/holds/{}/confirm", hold.id));
        let mut body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        if is_by_token {
            body["hold_token"] = json!(hold.token);
        }
        let answer = self.callers[who].post(&path, body).await;
        let receipt = is_by_token.then_some(hold.receipt);
        let expected = self.model.confirm(who, &hold.id, receipt);
        self.compare(&expected, &answer);
        if let Some(booking_id) = answer["booking_id"].as_str() {
            let first = self
                .booking_ids
                .entry(hold.id)
                .or_insert(booking_id.to_owned());
            assert_eq!(first, booking_id, "seed {}: another booking", self.seed);
        }
    }

    pub(super) async fn cancel(&mut self) {
        // Old bookings as well as new ones: a late cancel must not touch who has the seat now
        // (F16).
        let mut booked: Vec<_> = self.booking_ids.clone().into_iter().collect();
        booked.sort();
        let Some((hold_id, booking_id)) = booked.choose(&mut self.rng) else {
            return;
        };
        let booking = self.model.bookings[hold_id].clone();
        let who = if self.rng.random_bool(0.05) {
            self.rng.random_range(0..N_CALLERS)
        } else {
            booking.holder
        };
        let mut seats = None;
        if self.rng.random_bool(0.4) {
            let had: Vec<Seat> = booking.seats.keys().copied().collect();
            let n_seats = self.rng.random_range(1..=had.len());
            let mut some: BTreeSet<Seat> = had.sample(&mut self.rng, n_seats).copied().collect();
            if self.rng.random_bool(0.05) {
                some.extend(self.some_seats(1, 1));
            }
            seats = Some(some);
        }
        self.tell(&format!(
            "{who} cancels {seats:?} of the booking of {hold_id}"
        ));
        let path = format!("/v1/bookings/{booking_id}/cancel");
        let body = seats
            .as_ref()
            .map_or(json!({}), |seats| json!({"seats": labels(seats)}));
        let answer = self.callers[who].post(&path, body).await;
        let expected = self.model.cancel(who, hold_id, seats.as_ref());
        self.compare(&expected, &answer);
    }
}
