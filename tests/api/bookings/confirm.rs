//! Confirming a hold, once and again.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp};

async fn confirm_keyed(caller: &Caller, sale: &Sale, hold: &Answer, key: &str) -> Answer {
    let path = sale.path(&format!("/holds/{}/confirm", hold.text_of("hold_id")));
    let body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
    let request = caller.request(Method::POST, &path).json(&body);
    caller.send(request.header("Idempotency-Key", key)).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirmed_hold_is_a_booking(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-2", "S-A-1"]).await.expect(201);

    let more = json!({
        "contact": {"name": "Ana Núñez", "email": "Ana@Example.org"},
        "payment_reference": "pay_1",
    });
    let booking = ana.confirm_with(&sale, &hold, more).await.expect(201);

    assert_eq!(booking["hold_id"], hold["hold_id"]);
    assert_eq!(booking["event_id"], sale.event_id);
    assert_eq!(booking["state"], "confirmed");
    assert_eq!(booking["total"], "99.00");
    assert_eq!(booking["currency"], "EUR");
    assert_eq!(booking["version"], 1);
    assert_eq!(booking["contact"]["name"], "Ana Núñez");
    assert_eq!(booking["contact"]["email"], "Ana@Example.org");
    assert_eq!(booking["payment_reference"], "pay_1");
    assert_eq!(booking["confirmed_at"], "2037-12-01T12:00:00Z");
    assert_eq!(
        (&booking["cancelled_at"], &booking["refund"]),
        (&Value::Null, &Value::Null)
    );
    let first = json!({
        "seat": "S-A-1", "section": "S", "row": "A", "number": "1", "category": "standard",
        "price": "49.50", "is_cancelled": false,
    });
    assert_eq!(booking["seats"][0], first);
    assert_eq!(booking.text_of("reference").len(), 11);
    let path = format!("/v1/bookings/{}", booking.text_of("booking_id"));
    let seen = ana.get(&path).await.expect(200);
    assert_eq!(seen.body, booking.body);
    assert_eq!(sale.states().await, "bb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeated_confirm_answers_the_first_booking(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    let first = confirm_keyed(&ana, &sale, &hold, "one").await.expect(201);
    let replayed = confirm_keyed(&ana, &sale, &hold, "one").await.expect(201);
    let other_key = confirm_keyed(&ana, &sale, &hold, "two").await.expect(200);
    let no_key = ana.confirm(&sale, &hold).await.expect(200);
    let by_token = ana.confirm_by_token(&sale, &hold).await.expect(200);
    let others = json!({"contact": {"name": "Ben", "email": "ben@example.org"}});
    let other_body = ana.confirm_with(&sale, &hold, others).await.expect(200);

    assert_eq!(replayed.header("idempotency-replayed"), "true");
    for repeat in [replayed, other_key, no_key, by_token, other_body] {
        assert_eq!(repeat.body, first.body);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repeated_confirm_shows_the_booking_as_it_now_is(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let booking = ana.confirm(&sale, &hold).await.expect(201);
    let cancelled = ana.cancel(&booking).await.expect(200);
    app.guest().book(&sale, &["S-A-1"]).await;

    let again = ana.confirm_by_token(&sale, &hold).await.expect(200);

    assert_eq!(again.body, cancelled.body);
    assert_eq!(again["state"], "cancelled");
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_contact_that_cannot_be_reached_is_refused_and_the_hold_stays(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let contact = |name: &str, email: &str| json!({"contact": {"name": name, "email": email}});
    let cases = [
        (contact("", "ana@example.org"), "/contact/name"),
        (contact("   ", "ana@example.org"), "/contact/name"),
        (
            contact("Ana\r\nBcc: all", "ana@example.org"),
            "/contact/name",
        ),
        (
            contact(&"x".repeat(201), "ana@example.org"),
            "/contact/name",
        ),
        (contact("Ana", ""), "/contact/email"),
        (contact("Ana", "ana"), "/contact/email"),
        (
            contact("Ana", "ana@example.org\r\nBcc: b@example.org"),
            "/contact/email",
        ),
        (
            contact("Ana", &format!("{}@example.org", "a".repeat(250))),
            "/contact/email",
        ),
        (json!({"payment_reference": ""}), "/payment_reference"),
        (
            json!({"payment_reference": "x".repeat(201)}),
            "/payment_reference",
        ),
        (json!({"hold_token": "x".repeat(8193)}), "/hold_token"),
    ];

    for (more, pointer) in cases {
        let refused = ana.confirm_with(&sale, &hold, more.clone()).await;

        let refused = refused.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{more}");
    }
    assert_eq!(sale.states().await, "h...");
    ana.confirm(&sale, &hold).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_contact_is_kept_without_the_blanks_around_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    let contact = json!({"contact": {"name": " Ana ", "email": " ana@example.org "}});
    let booking = ana.confirm_with(&sale, &hold, contact).await.expect(201);

    let kept = json!({"name": "Ana", "email": "ana@example.org"});
    assert_eq!(booking["contact"], kept);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_without_a_contact_is_no_request(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let path = sale.path(&format!("/holds/{}/confirm", hold.text_of("hold_id")));

    for body in [
        json!({}),
        json!({"contact": {"name": "Ana"}}),
        json!({"contact": "Ana"}),
    ] {
        ana.post(&path, body)
            .await
            .expect_problem(400, "malformed_request");
    }
    assert_eq!(sale.states().await, "h...");
    app.finish().await;
}
