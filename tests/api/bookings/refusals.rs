//! Confirms that cannot become a booking, and what becomes of their holds.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn while_the_event_is_not_on_sale_the_hold_stays_with_its_time(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(60));

    for (verb, state) in [
        ("pause", "paused"),
        ("close", "closed"),
        ("cancel", "cancelled"),
    ] {
        sale.apply(verb).await;
        let refused = ana.confirm(&sale, &hold).await;

        let refused = refused.expect_problem(409, "event_not_on_sale");
        assert_eq!(refused["state"], state);
        let kept = ana.get_hold(&sale, &hold).await.expect(200);
        assert_eq!(kept["state"], "held");
        assert_eq!(kept["expires_at"], hold["expires_at"]);
        assert_eq!(sale.states().await, "hh..");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_is_confirmed_once_the_pause_is_over(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    sale.apply("pause").await;
    ana.confirm(&sale, &hold).await.expect(409);
    sale.apply("open").await;

    let booking = ana.confirm(&sale, &hold).await;

    booking.expect(201);
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_booking_is_a_booking_whatever_becomes_of_the_event(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let booking = ana.confirm(&sale, &hold).await.expect(201);

    for verb in ["pause", "close", "cancel"] {
        sale.apply(verb).await;
        let again = ana.confirm(&sale, &hold).await.expect(200);
        assert_eq!(again.body, booking.body);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_postgresql_knows_as_booked_is_booked(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana
        .place(&sale, &["S-A-1", "S-A-2", "S-A-3"])
        .await
        .expect(201);
    app.insert_rival_booking(&sale, 0).await;
    app.insert_rival_booking(&sale, 2).await;

    let refused = ana.confirm(&sale, &hold).await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = json!([
        {"seat": "S-A-1", "reason": "booked"},
        {"seat": "S-A-3", "reason": "booked"},
    ]);
    assert_eq!(refused["conflicts"], expected);
    assert_eq!(sale.states().await, "bhb.");
    let kept = ana.get_hold(&sale, &hold).await.expect(200);
    assert_eq!(kept["state"], "held");
    assert_eq!(kept["seats"][0]["seat"], "S-A-2");
    assert_eq!(
        (&kept["total"], &kept["expires_at"]),
        (&json!("49.50"), &hold["expires_at"])
    );
    let booking = ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(booking["total"], "49.50");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_that_loses_every_seat_has_ended(db: PgPool) {
    let app = TestApp::start(db).await;
    let limits = json!({"seats_per_hold_max": 1, "seats_per_person_max": 1});
    let sale = app.on_sale_with(1, 4, limits).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.insert_rival_booking(&sale, 0).await;

    let refused = ana.confirm(&sale, &hold).await;
    let again = ana.confirm(&sale, &hold).await;
    let other = ana.place(&sale, &["S-A-2"]).await;

    refused.expect_problem(409, "seats_unavailable");
    again.expect_problem(409, "hold_released");
    other.expect(201);
    assert_eq!(sale.states().await, "bh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_unknown_hold_is_not_found(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let contact = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
    let path = sale.path(&format!("/holds/{}/confirm", sale.event_id));

    let refused = app.guest().post(&path, contact).await;

    refused.expect_problem(404, "not_found");
    app.finish().await;
}

/// Whoever mistypes a dot is told so at once, and not by a mail that never comes.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_address_that_no_mail_can_be_sent_to_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    for email in [
        "ana.@example.org",
        ".ana@example.org",
        "a..b@docomo.ne.jp",
        "ana",
    ] {
        let contact = json!({"contact": {"name": "Ana", "email": email}});
        let refused = ana.confirm_with(&sale, &hold, contact).await;

        let refused = refused.expect_problem(422, "validation_failed");
        let errors = refused["errors"].as_array().expect("errors");
        assert_eq!(errors.len(), 1, "{email}: {}", refused.text);
        assert_eq!(errors[0]["pointer"], "/contact/email");
    }
    ana.confirm(&sale, &hold).await.expect(201);
    app.finish().await;
}
