//! The steps of everything else: the clock, the jobs, the event's owner, a forgetful Redis.

use chrono::TimeDelta;
use fred::interfaces::LuaInterface;
use holdfast::board;
use rand::RngExt;
use rand::seq::IndexedRandom;
use reqwest::Method;
use serde_json::json;

use super::outcome::labels;
use super::walk::{Boards, Kind, Walk};

impl Walk {
    pub(super) fn advance(&mut self) {
        let deadlines = self.model.holds.values().map(|hold| hold.deadline);
        let mut ahead: Vec<i64> = deadlines.filter(|at| *at > self.model.now + 1).collect();
        ahead.sort_unstable();
        let by = match self.rng.random_range(0..100) {
            0..50 => self.rng.random_range(1..15_000),
            50..90 => match ahead.choose(&mut self.rng) {
                Some(deadline) => deadline - self.model.now + self.rng.random_range(-1..=1),
                None => 1_000,
            },
            90..98 => self.rng.random_range(60_000..1_200_000),
            _ => 25 * 60 * 60_000,
        };
        self.tell(&format!("the clock moves by {by} ms"));
        self.move_clock(by);
    }

    pub(super) fn move_clock(&mut self, by: i64) {
        self.app.ctx.clock.advance(TimeDelta::milliseconds(by));
        self.model.now += by;
    }

    /// Runs the jobs, which find nothing to mend: every step leaves board and PostgreSQL in step.
    pub(super) async fn run_jobs(&mut self) {
        self.tell("the jobs run");
        let findings = board::reconcile(&self.app.ctx, self.sale.id(), false).await;
        let findings = findings.expect("a board to compare");
        assert!(findings.is_empty(), "{}\n{findings:?}", self.story());
        self.app.run_jobs().await;
        self.model.sweep();
    }

    pub(super) async fn block(&mut self, kind: Kind) {
        let n_max = if matches!(kind, Kind::Block) { 2 } else { 8 };
        let seats = self.some_seats(1, n_max);
        self.tell(&format!("the owner: {kind:?} {seats:?}"));
        let (method, body, expected) = match kind {
            Kind::Block => (
                Method::POST,
                json!({"seats": labels(&seats), "reason": "repairs"}),
                self.model.block(&seats),
            ),
            _ => (
                Method::DELETE,
                json!({"seats": labels(&seats)}),
                self.model.unblock(&seats),
            ),
        };
        let request = self.sale.owner.request(method, &self.sale.path("/blocks"));
        let answer = self.sale.owner.send(request.json(&body)).await;
        self.compare(&expected, &answer);
    }

    pub(super) async fn pause_or_open(&mut self) {
        let verb = if self.model.is_open { "pause" } else { "open" };
        self.tell(&format!("the owner: {verb}"));
        let path = self.sale.path(&format!("/{verb}"));
        let answer = self.sale.owner.post(&path, json!({})).await.expect(200);
        self.version = answer["version"].as_i64().expect("a version");
        self.model.is_open = !self.model.is_open;
    }

    pub(super) async fn edit_price(&mut self) {
        let price = self.rng.random_range(100..10_000);
        self.tell(&format!("the owner sets the price to {price} cents"));
        let amount = format!("{}.{:02}", price / 100, price % 100);
        let prices = json!([{"category": "standard", "amount": amount}]);
        let body = json!({"version": self.version, "prices": prices});
        let answer = self.sale.owner.patch(&self.sale.path(""), body).await;
        if self.model.is_open {
            answer.expect_problem(422, "validation_failed");
            return;
        }
        self.version = answer.expect(200)["version"].as_i64().expect("a version");
        self.model.price = price;
    }

    /// Redis loses the event's board, or every script that it knew; or the board leaves Redis, or
    /// comes back.
    pub(super) async fn lose_memory(&mut self) {
        if self.boards == Boards::ToAndFro {
            self.tell("the board goes to the other store");
            let (ctx, event_id) = (&self.app.ctx, self.sale.id());
            let has_gone = board::fall_back(ctx, event_id).await.expect("a board");
            // A paused event falls back like one on sale; what is there goes back.
            let is_back = !has_gone && board::go_back(ctx, event_id).await.expect("a board");
            assert!(has_gone || is_back, "{}", self.story());
            return;
        }
        let redis = self.app.ctx.redis.next().clone();
        if self.rng.random_bool(0.5) {
            self.tell("Redis forgets every script");
            redis.script_flush(false).await.expect("scripts to flush");
            return;
        }
        self.tell("Redis loses the board");
        let nouns = ["seats", "holds", "deadlines", "holders", "meta"];
        let keys = nouns.map(|noun| format!("holdfast:{{{}}}:{noun}", self.sale.event_id));
        let delete = "return redis.call('DEL', unpack(KEYS))";
        let deleted = redis.eval::<i64, _, _, _>(delete, keys.to_vec(), Vec::<String>::new());
        deleted.await.expect("the board to be deleted");
        if self.boards == Boards::InRedis {
            self.model.lose_board();
        }
    }
}
