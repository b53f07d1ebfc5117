//! Cancelling a booking or some of its seats.

use chrono::TimeDelta;
use holdfast::{board, bookings};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, TestApp};

async fn n_refunds(db: &PgPool) -> i64 {
    let n_refunds = sqlx::query_scalar("SELECT count(*) FROM refunds");
    n_refunds.fetch_one(db).await.expect("a number")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancelled_bookings_price_is_given_back_and_its_seats_are_free(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::seconds(5));

    let cancelled = ana.cancel(&booking).await.expect(200);

    assert_eq!(cancelled["state"], "cancelled");
    assert_eq!(
        cancelled["refund"],
        json!({"amount": "99.00", "currency": "EUR"})
    );
    assert_eq!(cancelled["total"], "99.00");
    assert_eq!(cancelled["version"], 2);
    assert_eq!(cancelled["cancelled_at"], "2037-12-01T12:00:05Z");
    assert_eq!(cancelled["seats"][0]["is_cancelled"], true);
    assert_eq!(cancelled["seats"][1]["is_cancelled"], true);
    assert_eq!(sale.states().await, "....");
    ben.book(&sale, &["S-A-1", "S-A-2"]).await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn single_seats_are_cancelled_and_then_the_rest(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2", "S-A-3"]).await;

    let partly = ana
        .cancel_seats(&booking, &["S-A-2", "S-A-2"])
        .await
        .expect(200);
    let states = sale.states().await;
    let again = ana.cancel_seats(&booking, &["S-A-2"]).await.expect(200);
    let more = ana
        .cancel_seats(&booking, &["S-A-2", "S-A-3"])
        .await
        .expect(200);
    let rest = ana.cancel(&booking).await.expect(200);

    assert_eq!(partly["state"], "partly_cancelled");
    assert_eq!(partly["refund"]["amount"], "49.50");
    assert_eq!(partly["seats"][0]["is_cancelled"], false);
    assert_eq!(partly["seats"][1]["is_cancelled"], true);
    assert_eq!(states, "b.b.");
    assert_eq!(again.body, partly.body);
    assert_eq!(
        (&more["state"], &more["refund"]["amount"]),
        (&json!("partly_cancelled"), &json!("99.00"))
    );
    assert_eq!(
        (&rest["state"], &rest["refund"]["amount"]),
        (&json!("cancelled"), &json!("148.50"))
    );
    assert_eq!(rest["version"], 4);
    assert_eq!(n_refunds(&db).await, 3);
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeated_cancel_answers_the_same_and_gives_back_once(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let close = json!({"sales_close_at": "2037-12-01T13:00:00Z"});
    let sale = app.on_sale_with(1, 4, close).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;

    let first = ana.cancel(&booking).await.expect(200);
    let again = ana.cancel(&booking).await.expect(200);
    let by_seat = ana.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    let by_owner = sale.owner.cancel(&booking).await.expect(200);
    app.ctx.clock.advance(TimeDelta::hours(1));
    let after_the_sale = ana.cancel(&booking).await.expect(200);

    for repeat in [again, by_seat, by_owner, after_the_sale] {
        assert_eq!(repeat.body, first.body);
    }
    assert_eq!(n_refunds(&db).await, 1);
    app.finish().await;
}

/// F16
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_old_cancel_repeated_after_the_resale_touches_nothing(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let old = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    ana.cancel_seats(&old, &["S-A-1"]).await.expect(200);
    let new = ben.book(&sale, &["S-A-1"]).await;

    ana.cancel_seats(&old, &["S-A-1"]).await.expect(200);
    let rest = ana.cancel(&old).await.expect(200);

    assert_eq!(rest["refund"]["amount"], "99.00");
    assert_eq!(sale.states().await, "b...");
    let path = format!("/v1/bookings/{}", new.text_of("booking_id"));
    assert_eq!(ben.get(&path).await.expect(200).body, new.body);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_are_not_the_bookings_are_named(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    app.guest().book(&sale, &["S-A-2"]).await;

    let refused = ana
        .cancel_seats(&booking, &["S-A-1", "S-A-2", "S-Z-1"])
        .await;

    let refused = refused.expect_problem(422, "unknown_seats");
    assert_eq!(refused["seats"], json!(["S-A-2", "S-Z-1"]));
    assert_eq!(sale.states().await, "bb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancel_that_cannot_be_says_where(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
    let cases = [
        (json!({"seats": []}), "/seats"),
        (json!({"seats": vec!["S-A-1"; 51]}), "/seats"),
        (json!({"seats": [""]}), "/seats/0"),
        (json!({"reason": ""}), "/reason"),
        (json!({"reason": "x".repeat(501)}), "/reason"),
    ];

    for (body, pointer) in cases {
        let refused = ana.post(&path, body).await;
        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    let unknown = ana.post(&path, json!({"seat": "S-A-1"})).await;
    unknown.expect_problem(400, "malformed_request");
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancel_with_a_key_is_replayed(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
    let cancel = async |seat: &str| {
        let request = ana
            .request(Method::POST, &path)
            .header("Idempotency-Key", "k");
        ana.send(request.json(&json!({"seats": [seat]}))).await
    };

    let first = cancel("S-A-1").await.expect(200);
    let replayed = cancel("S-A-1").await.expect(200);
    let other = cancel("S-A-2").await;

    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(replayed.body, first.body);
    other.expect_problem(422, "idempotency_key_reused");
    assert_eq!(sale.states().await, ".b..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn after_the_sale_only_the_owner_and_admins_cancel(db: PgPool) {
    let app = TestApp::start(db).await;
    let close = json!({"sales_close_at": "2037-12-01T13:00:00Z"});
    let sale = app.on_sale_with(1, 4, close).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::milliseconds(3_599_999));
    ana.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    app.ctx.clock.advance(TimeDelta::milliseconds(1));

    let refused = ana.cancel(&booking).await;

    let refused = refused.expect_problem(409, "booking_not_cancellable");
    assert_eq!(refused["reason"], "sales_closed");
    assert_eq!(sale.states().await, ".b..");
    let cancelled = sale.owner.cancel(&booking).await.expect(200);
    assert_eq!(cancelled["refund"]["amount"], "99.00");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_closed_event_is_after_the_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    sale.apply("pause").await;
    ana.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    sale.apply("close").await;

    let refused = ana.cancel(&booking).await;

    let refused = refused.expect_problem(409, "booking_not_cancellable");
    assert_eq!(refused["reason"], "sales_closed");
    app.admin().await.cancel(&booking).await.expect(200);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_holder_of_a_cancelled_event_need_not_wait_for_the_money(db: PgPool) {
    let app = TestApp::start(db).await;
    let close = json!({"sales_close_at": "2037-12-01T13:00:00Z"});
    let sale = app.on_sale_with(1, 4, close).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    app.ctx.clock.advance(TimeDelta::hours(2));
    sale.apply("cancel").await;

    let cancelled = ana.cancel(&booking).await.expect(200);
    app.run_jobs().await;

    let path = format!("/v1/bookings/{}", booking.text_of("booking_id"));
    assert_eq!(cancelled["refund"]["amount"], "49.50");
    assert_eq!(ana.get(&path).await.expect(200).body, cancelled.body);
    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancelled_event_gives_everybody_their_money_back(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let (sale, other_sale) = (app.on_sale(5, 25).await, app.on_sale(1, 4).await);
    let (ana, ben) = (app.guest(), app.guest());
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    let partly = ben.book(&sale, &["S-A-3", "S-A-4"]).await;
    ben.cancel_seats(&partly, &["S-A-3"]).await.expect(200);
    for row in ["B", "C", "D", "E"] {
        for number in 1..=25 {
            app.guest()
                .book(&sale, &[&format!("S-{row}-{number}")])
                .await;
        }
    }
    let kept = ana.book(&other_sale, &["S-A-1"]).await;
    sale.apply("cancel").await;

    app.run_jobs().await;

    let path = |booking: &Answer| format!("/v1/bookings/{}", booking.text_of("booking_id"));
    let whole = ana.get(&path(&booking)).await.expect(200);
    assert_eq!(
        (&whole["state"], &whole["refund"]["amount"]),
        (&json!("cancelled"), &json!("99.00"))
    );
    let both = ben.get(&path(&partly)).await.expect(200);
    assert_eq!(
        (&both["state"], &both["refund"]["amount"]),
        (&json!("cancelled"), &json!("99.00"))
    );
    assert_eq!(ana.get(&path(&kept)).await.expect(200).body, kept.body);
    assert_eq!(sale.states().await, ".".repeat(125));
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_bookings")
        .fetch_one(&db)
        .await
        .expect("a number");
    assert_eq!(left, 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn bookings_that_cannot_be_cancelled_keep_no_others_money_back(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 8).await;
    for seat in 1..=8 {
        app.guest().book(&sale, &[&format!("S-A-{seat}")]).await;
    }
    sale.apply("cancel").await;
    sqlx::raw_sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF NEW.booking_id IN (SELECT booking_id FROM bookings ORDER BY booking_id LIMIT 5)
             THEN RAISE 'no'; END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER refuse BEFORE UPDATE ON bookings FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .execute(&db)
    .await
    .expect("a trigger");

    let cancelled = bookings::cancel_bookings_of_cancelled_events(&app.ctx).await;

    assert!(cancelled.is_err(), "{cancelled:?}");
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM seat_bookings")
        .fetch_one(&db)
        .await
        .expect("a number");
    assert_eq!(left, 5);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn cancelled_seats_are_kept_while_people_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;
    app.write_waiting(&sale, 1).await;

    ana.cancel(&booking).await.expect(200);

    let refused = app.guest().place(&sale, &["S-A-1"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(
        refused["conflicts"],
        json!([{"seat": "S-A-1", "reason": "kept"}])
    );
    app.finish().await;
}

/// F23: a process stands still between its cancellation and the call that frees the seats.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_are_freed_too_late_are_left_to_who_has_them_now(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 2, json!({})).await {
        let (ana, ben) = (app.guest(), app.guest());
        let booking = ana.book(&sale, &["S-A-1"]).await;
        let term = board::begin_freeing(&app.ctx, sale.id()).await.unwrap();
        let which = (
            board::position_seen(&app.ctx, sale.id()).epoch,
            ana.caller_id.unwrap(),
        );
        ana.cancel(&booking).await.expect(200);
        app.ctx.clock.advance(TimeDelta::seconds(61));
        ben.book(&sale, &["S-A-1"]).await;

        let freed = board::free_booked_seats(&app.ctx, sale.id(), which, &[0], term).await;

        freed.unwrap();
        assert_eq!(sale.states().await, "b.");
    }
    app.finish().await;
}
