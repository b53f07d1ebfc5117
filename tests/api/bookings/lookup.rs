//! Finding a booking without an account: reference and mail address together.

use reqwest::Method;
use sqlx::PgPool;

use crate::support::{Answer, Caller, TestApp};

async fn look_up(caller: &Caller, reference: &str, email: &str) -> Answer {
    let query = [("reference", reference), ("email", email)];
    caller.get_with("/v1/bookings/lookup", &query).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_booking_is_found_however_its_reference_is_typed(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let sale = app.on_sale(1, 4).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;
    sqlx::query("UPDATE bookings SET reference = '01AHZ-Z2345'")
        .execute(&db)
        .await
        .expect("it");
    let nobody = app.stranger();

    for reference in [
        "01AHZ-Z2345",
        "01ahz-z2345",
        "01AHZZ2345",
        " oIahz z2345 ",
        "OLAHZ-Z2345",
    ] {
        for email in ["ana@example.org", "ANA@Example.org", " ana@example.org "] {
            let found = look_up(&nobody, reference, email).await.expect(200);
            assert_eq!(
                found["booking_id"], booking["booking_id"],
                "{reference} {email}"
            );
            assert_eq!(found["reference"], "01AHZ-Z2345");
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn neither_reference_nor_address_finds_a_booking_alone(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let reference = app
        .guest()
        .book(&sale, &["S-A-1"])
        .await
        .text_of("reference");
    let nobody = app.stranger();

    let wrong = [
        look_up(&nobody, &reference, "ben@example.org").await,
        look_up(&nobody, &reference, "").await,
        look_up(&nobody, &reference, "%").await,
        look_up(&nobody, "00000-00000", "ana@example.org").await,
        look_up(&nobody, "%", "ana@example.org").await,
        look_up(&nobody, "", "ana@example.org").await,
        look_up(&nobody, "🦀", "ana@example.org").await,
    ];
    let without = nobody
        .get(&format!("/v1/bookings/lookup?reference={reference}"))
        .await;

    for answer in wrong {
        answer.expect_problem(404, "not_found");
    }
    without.expect_problem(400, "malformed_request");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn references_cannot_be_tried_out(db: PgPool) {
    let settings = [
        ("HOLDFAST_LOOKUPS_PER_MINUTE", "2"),
        ("HOLDFAST_TRUSTED_PROXIES_COUNT", "1"),
    ];
    let app = TestApp::start_set(&db, &settings).await;
    // An address of documentation (RFC 3849) that no other run uses.
    let [one, two]: [u8; 2] = app.ctx.ids.bytes();
    let address = format!("2001:db8:10{one:02x}:{two:x}::1");
    let nobody = app.stranger();
    let guess = async |reference: &str| {
        let path = format!("/v1/bookings/lookup?reference={reference}&email=ana@example.org");
        let request = nobody.request(Method::GET, &path);
        nobody
            .send(request.header("x-forwarded-for", &address))
            .await
    };

    guess("00000-00000").await.expect(404);
    guess("nonsense").await.expect(404);
    let refused = guess("00000-00001").await;

    let refused = refused.expect_problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), "30");
    app.finish().await;
}
