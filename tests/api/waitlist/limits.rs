//! Whom the limit of seats per person keeps from an offer keeps nobody else from one.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{bytes, offered_seats};
use crate::failures::{count, promote, sold_out};
use crate::support::{Caller, Sale, TestApp};

const N_OFFERS: &str = "SELECT count(*) FROM waitlist_offers";

/// Joins after everybody else.
async fn join_last(app: &TestApp, sale: &Sale, quantity: u32) -> Caller {
    app.ctx.clock.advance(TimeDelta::seconds(1));
    let person = app.guest();
    person.join(sale, quantity).await.expect(201);
    person
}

/// How many decisions of that kind and reason the log has.
async fn n_decisions(sale: &Sale, kind: &str, reason: &str) -> usize {
    let log = sale.waitlist_log().await;
    let is_one = |(of, why, _): &&(String, String, Vec<String>)| of == kind && why == reason;
    log.iter().filter(is_one).count()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_waits_for_more_than_a_person_may_have_is_passed_over(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 3).await;
    for _ in 0..61 {
        app.guest().join(&sale, 3).await.expect(201);
    }
    let ben = join_last(&app, &sale, 1).await;
    sale.edit(json!({"seats_per_person_max": 2, "seats_per_hold_max": 2}))
        .await;
    app.run_jobs().await;
    seller.cancel(&all).await.expect(200);

    app.run_jobs().await;

    assert_eq!(offered_seats(&ben.entry(&sale).await).len(), 1);
    for _ in 0..180 {
        promote(&app).await;
        app.ctx.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(count(&app, N_OFFERS).await, 1);
    assert_eq!(bytes(&app, &sale).await.replace('h', ""), "..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_somebody_has_booked_is_known_before_seats_are_claimed_for_them(db: PgPool) {
    let app = TestApp::start(db).await;
    let limits = json!({"seats_per_person_max": 2, "seats_per_hold_max": 2});
    let sale = app.on_sale_with(1, 7, limits).await;
    let people = [(); 3].map(|()| app.guest());
    for (n, person) in people.iter().enumerate() {
        let seats = [n * 2 + 1, n * 2 + 2].map(|n| format!("S-A-{n}"));
        person.book(&sale, &[&*seats[0], &*seats[1]]).await;
    }
    let (seller, ben) = (app.guest(), app.guest());
    let last = seller.book(&sale, &["S-A-7"]).await;
    for person in people.iter().chain([&ben]) {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        person.join(&sale, 1).await.expect(201);
    }

    seller.cancel(&last).await.expect(200);
    app.run_jobs().await;

    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-7"]);
    assert_eq!(count(&app, N_OFFERS).await, 1);
    assert_eq!(n_decisions(&sale, "skipped", "limit_reached").await, 3);
    app.finish().await;
}

/// People who hold as many seats as a person may, and wait for another; and the seat's buyer.
async fn holders(app: &TestApp, n_people: u32) -> (Sale, impl AsyncFnOnce()) {
    let limits = json!({"seats_per_person_max": 1, "seats_per_hold_max": 1,
        "hold_ttl_seconds": 3_600, "hold_lifetime_max_seconds": 3_600});
    let sale = app.on_sale_with(1, n_people + 1, limits).await;
    let seller = app.guest();
    let booking = seller.book(&sale, &["S-A-1"]).await;
    let mut people = Vec::new();
    for n in 0..n_people {
        let person = app.guest();
        let seat = format!("S-A-{}", n + 2);
        person.place(&sale, &[&seat]).await.expect(201);
        people.push(person);
    }
    for person in &people {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        person.join(&sale, 1).await.expect(201);
    }
    let cancel = async move || {
        seller.cancel(&booking).await.expect(200);
    };
    (sale, cancel)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_is_behind_people_who_hold_enough_is_offered_the_seat_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, cancel) = holders(&app, 5).await;
    let ben = join_last(&app, &sale, 1).await;

    cancel().await;
    app.run_jobs().await;

    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1"]);
    assert_eq!(n_decisions(&sale, "withdrawn", "limit_reached").await, 5);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_holds_enough_is_asked_less_often_each_time(db: PgPool) {
    let app = TestApp::start(db).await;
    let (_, cancel) = holders(&app, 1).await;
    cancel().await;

    let mut tried_at = Vec::new();
    for minute in 0..48 {
        let n_before = count(&app, N_OFFERS).await;
        promote(&app).await;
        if count(&app, N_OFFERS).await > n_before {
            tried_at.push(minute);
        }
        app.ctx.clock.advance(TimeDelta::minutes(1));
    }

    assert_eq!(tried_at, [0, 1, 3, 7, 15, 31, 47]);
    app.finish().await;
}
