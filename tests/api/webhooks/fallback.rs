//! What is told of holds while a board is in PostgreSQL.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use holdfast::board;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::holds::{HOLDS, told_of};
use super::start;
use crate::support::{Answer, Caller, Sale, TestApp, WebhookReceiver};

async fn fall_back(app: &TestApp, sale: &Sale) {
    // The same tests run on boards in PostgreSQL, too.
    board::fall_back(&app.ctx, sale.id())
        .await
        .expect("a board");
    let mode: String = sqlx::query_scalar("SELECT board_mode FROM events WHERE event_id = $1")
        .bind(sale.id().0)
        .fetch_one(&app.ctx.db)
        .await
        .expect("an event");
    assert_eq!(mode, "postgres");
}

/// A sale and what comes of it, step by step.
struct Scene {
    sale: Sale,
    receiver: WebhookReceiver,
    people: Vec<Caller>,
    holds: Vec<Answer>,
}

impl Scene {
    async fn new(app: &TestApp) -> Self {
        let receiver = WebhookReceiver::start().await;
        let sale = app.on_sale(1, 8).await;
        sale.subscribe(&receiver, &HOLDS).await;
        Self {
            sale,
            receiver,
            people: (0..7).map(|_| app.guest()).collect(),
            holds: Vec::new(),
        }
    }

    /// Holds that are going to be released, to lapse, to be booked, to lose their seat, and to be
    /// forgotten in the middle of a confirm.
    async fn place(&mut self, app: &TestApp) {
        let wanted: [&[&str]; 5] = [
            &["S-A-1", "S-A-2"],
            &["S-A-3"],
            &["S-A-4"],
            &["S-A-5"],
            &["S-A-6", "S-A-7"],
        ];
        for (person, seats) in self.people.iter().zip(wanted) {
            let hold = person.place(&self.sale, seats).await.expect(201);
            self.holds.push(hold);
        }
        self.people[2]
            .confirm(&self.sale, &self.holds[2])
            .await
            .expect(201);
        app.begin_confirm(&self.sale, &self.people[4], &self.holds[4])
            .await;
    }

    async fn end(&self, app: &TestApp) {
        let (sale, ana, hold) = (&self.sale, &self.people[0], &self.holds[0]);
        ana.extend(sale, hold).await.expect(200);
        ana.extend(sale, hold).await.expect(200);
        ana.change(sale, hold, &[], &["S-A-1"]).await.expect(200);
        ana.release(sale, hold).await.expect(204);
        ana.release(sale, hold).await.expect(204);
        app.insert_rival_booking(sale, 4).await;
        let lost = self.people[3].confirm(sale, &self.holds[3]).await;
        lost.expect_problem(409, "seats_unavailable");
    }

    /// Sold out; a seat that comes free is held for somebody who waits.
    async fn offer(&self, app: &TestApp) {
        let (sale, seller, ben) = (&self.sale, &self.people[5], &self.people[6]);
        let rest = ["S-A-1", "S-A-2", "S-A-3", "S-A-6", "S-A-7", "S-A-8"];
        let all = seller.book(sale, &rest).await;
        ben.join(sale, 1).await.expect(201);
        seller.cancel_seats(&all, &["S-A-8"]).await.expect(200);
        app.run_jobs().await;
        assert_eq!(ben.entry(sale).await["state"], "offered");
    }

    /// What was told of each hold, in order, without what is different in each sale.
    fn told(&self) -> Vec<Vec<Value>> {
        let mut holds = BTreeMap::<String, Vec<Value>>::new();
        for webhook in self.receiver.received() {
            let (body, data) = (&webhook.body, &webhook.body["data"]);
            let told = json!([
                body["type"],
                body["timestamp"],
                data["seats"],
                data["expires_at"]
            ]);
            holds
                .entry(data["hold_id"].to_string())
                .or_default()
                .push(told);
        }
        let mut told: Vec<_> = holds.into_values().collect();
        told.sort_by_key(|of_one| json!(of_one).to_string());
        told
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_is_told_of_a_sale_as_from_redis(db: PgPool) {
    let (app, _) = start(&db).await;
    let mut scenes = [Scene::new(&app).await, Scene::new(&app).await];
    for scene in &scenes {
        app.guest().get(&scene.sale.path("/availability")).await;
    }
    app.run_jobs().await;
    fall_back(&app, &scenes[1].sale).await;

    for scene in &mut scenes {
        scene.place(&app).await;
    }
    app.ctx.clock.advance(TimeDelta::minutes(1));
    for scene in &scenes {
        scene.end(&app).await;
    }
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::minutes(11));
    app.run_jobs().await;
    for scene in &scenes {
        scene.offer(&app).await;
    }
    app.run_jobs().await;

    let [in_redis, in_postgres] = scenes.each_ref().map(Scene::told);
    let kinds = |told: &[Vec<Value>]| -> Vec<Vec<String>> {
        let of_one = |it: &Vec<Value>| it.iter().map(|one| one[0].to_string()).collect();
        let mut kinds: Vec<_> = told.iter().map(of_one).collect();
        kinds.sort();
        kinds
    };
    let written = |kinds: &[&str]| -> Vec<String> {
        kinds
            .iter()
            .map(|kind| format!("\"hold.{kind}\""))
            .collect()
    };
    let mut expected = vec![
        written(&["placed", "extended", "released"]),
        written(&["placed", "expired"]),
        written(&["placed"]),
        written(&["placed", "released"]),
        written(&["placed", "expired"]),
        written(&["placed"]),
        written(&["placed"]),
    ];
    expected.sort();
    assert_eq!(kinds(&in_redis), expected);
    assert_eq!(in_postgres, in_redis);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_that_goes_with_its_board_is_told_of_once_and_in_order(db: PgPool) {
    let (app, _) = start(&db).await;
    let scene = Scene::new(&app).await;
    let (sale, ana) = (&scene.sale, &scene.people[0]);
    ana.get(&sale.path("/availability")).await;
    app.run_jobs().await;
    let hold = ana.place(sale, &["S-A-1"]).await.expect(201);
    app.run_jobs().await;

    fall_back(&app, sale).await;
    app.ctx.clock.advance(TimeDelta::minutes(1));
    ana.extend(sale, &hold).await.expect(200);
    app.run_jobs().await;
    assert!(board::go_back(&app.ctx, sale.id()).await.expect("a board"));
    ana.release(sale, &hold).await.expect(204);
    app.run_jobs().await;

    let expected = ["placed", "extended", "released"];
    assert_eq!(told_of(&scene.receiver, &hold), expected);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn where_nobody_asks_for_holds_nothing_is_written_in_postgresql(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    sale.subscribe(&receiver, &["booking.confirmed"]).await;
    let other = app.on_sale(1, 2).await;
    other.subscribe(&receiver, &HOLDS).await;
    fall_back(&app, &sale).await;
    let guest = app.guest();

    let hold = guest.place(&sale, &["S-A-1"]).await.expect(201);
    guest.release(&sale, &hold).await.expect(204);

    let n_told = "SELECT count(*) FROM outbox WHERE kind LIKE 'hold.%'";
    let n_told: i64 = sqlx::query_scalar(n_told)
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_told, 0);
    app.finish().await;
}
