//! Placing a hold again with the same `Idempotency-Key`.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::seats;
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_request_answers_the_same_hold(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();

    let first = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);
    let again = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);
    let reordered = ana
        .place_keyed(&sale, &["S-A-2", "S-A-1", "S-A-2"], "k")
        .await
        .expect(201);

    assert_eq!(first.header("idempotency-replayed"), "");
    for repeat in [again, reordered] {
        assert_eq!(repeat.header("idempotency-replayed"), "true");
        assert_eq!(repeat.body, first.body);
    }
    assert_eq!(sale.states().await, "hh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn other_seats_with_the_same_key_are_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);

    for other in [&["S-A-3"][..], &["S-A-1"], &["S-A-1", "S-A-2", "S-A-3"]] {
        let refused = ana.place_keyed(&sale, other, "k").await;

        refused.expect_problem(422, "idempotency_key_reused");
    }
    assert_eq!(sale.states().await, "hh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_key_is_its_callers_and_its_events(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other_sale) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let (ana, ben) = (app.guest(), app.guest());

    let hold = ana.place_keyed(&sale, &["S-A-1"], "k").await.expect(201);
    let bens = ben.place_keyed(&sale, &["S-A-2"], "k").await.expect(201);
    let elsewhere = ana
        .place_keyed(&other_sale, &["S-A-3"], "k")
        .await
        .expect(201);

    for other in [bens, elsewhere] {
        assert_eq!(other.header("idempotency-replayed"), "");
        assert_ne!(other["hold_id"], hold["hold_id"]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeat_shows_the_hold_as_it_now_stands(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let released = ana
        .place_keyed(&sale, &["S-A-1"], "released")
        .await
        .expect(201);
    let confirmed = ana
        .place_keyed(&sale, &["S-A-2"], "confirmed")
        .await
        .expect(201);
    let changed = ana
        .place_keyed(&sale, &["S-A-3"], "changed")
        .await
        .expect(201);
    ana.release(&sale, &released).await.expect(204);
    ana.confirm(&sale, &confirmed).await.expect(201);
    ana.change(&sale, &changed, &["S-A-4"], &[])
        .await
        .expect(200);

    let released = ana
        .place_keyed(&sale, &["S-A-1"], "released")
        .await
        .expect(201);
    let confirmed = ana
        .place_keyed(&sale, &["S-A-2"], "confirmed")
        .await
        .expect(201);
    let changed = ana
        .place_keyed(&sale, &["S-A-3"], "changed")
        .await
        .expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));
    let unswept = ana
        .place_keyed(&sale, &["S-A-3"], "changed")
        .await
        .expect(201);
    app.run_jobs().await;
    let swept = ana
        .place_keyed(&sale, &["S-A-3"], "changed")
        .await
        .expect(201);

    assert_eq!(released["state"], "released");
    assert_eq!(confirmed["state"], "confirmed");
    assert_eq!(changed["state"], "held");
    assert_eq!(seats(&changed), ["S-A-3", "S-A-4"]);
    assert_eq!(
        (&unswept["state"], &swept["state"]),
        (&json!("expired"), &json!("expired"))
    );
    assert_eq!(sale.states().await, ".b..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_key_is_known_for_a_day_by_a_booking_and_for_minutes_by_a_released_hold(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.customer().await;
    let released = ana.place_keyed(&sale, &["S-A-1"], "r").await.expect(201);
    ana.release(&sale, &released).await.expect(204);
    let booked = ana.place_keyed(&sale, &["S-A-2"], "b").await.expect(201);
    ana.confirm(&sale, &booked).await.expect(201);

    app.ctx.clock.advance(TimeDelta::minutes(14));
    app.run_jobs().await;
    let soon = ana.place_keyed(&sale, &["S-A-1"], "r").await.expect(201);
    app.ctx.clock.advance(TimeDelta::hours(6));
    app.run_jobs().await;
    let late = ana.place_keyed(&sale, &["S-A-1"], "r").await.expect(201);
    let bought = ana.place_keyed(&sale, &["S-A-2"], "b").await.expect(201);

    assert_eq!(soon["state"], "released");
    assert_eq!(late["state"], "held");
    assert_eq!(bought["state"], "confirmed");
    assert_eq!(sale.states().await, "hb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeat_answers_the_first_quote_whatever_has_changed_since(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let first = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);

    sale.reprice("60.00").await;
    let repriced = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);
    sale.edit(json!({"seats_per_hold_max": 1, "seats_per_person_max": 1}))
        .await;
    let limited = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);
    sale.apply("close").await;
    let closed = ana
        .place_keyed(&sale, &["S-A-1", "S-A-2"], "k")
        .await
        .expect(201);

    for repeat in [repriced, limited, closed] {
        assert_eq!(repeat.body, first.body);
    }
    app.finish().await;
}
