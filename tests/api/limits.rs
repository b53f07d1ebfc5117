//! Rate limits (F37).

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Caller, TestApp, config, noon};

/// An address of documentation (RFC 3849) that no other test and no other run uses.
fn new_network(app: &TestApp) -> String {
    let bytes: [u8; 4] = app.ctx.ids.bytes();
    format!(
        "2001:db8:{:x}:{:x}::",
        u16::from_be_bytes([bytes[0], bytes[1]]),
        u16::from_be_bytes([bytes[2], bytes[3]])
    )
}

async fn guest_from(app: &TestApp, address: &str) -> Answer {
    let request = app.stranger().request(Method::POST, "/v1/guests");
    app.stranger()
        .send(request.header("x-forwarded-for", address))
        .await
}

const THREE_GUESTS: [(&str, &str); 2] = [
    ("HOLDFAST_GUESTS_PER_MINUTE", "3"),
    ("HOLDFAST_TRUSTED_PROXIES_COUNT", "1"),
];

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn above_the_limit_the_answer_says_when_to_come_back(db: PgPool) {
    let app = TestApp::start_set(&db, &THREE_GUESTS).await;
    let address = new_network(&app);
    for _ in 0..3 {
        guest_from(&app, &address).await.expect(201);
    }

    let refused = guest_from(&app, &address)
        .await
        .expect_problem(429, "rate_limited");

    assert_eq!(refused.header("retry-after"), "20");
    assert_eq!(refused["retry_after_seconds"], 20);
    assert_eq!(refused["retryable"], true);
    assert_eq!(refused.header("ratelimit-limit"), "3");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    assert_eq!(refused.header("ratelimit-reset"), "60");
    app.finish().await;
}

/// Each of them is a mail to an address that the buyer has chosen.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn buyers_at_one_address_withdraw_so_often_and_an_owner_as_often_as_need_be(db: PgPool) {
    let settings = [
        ("HOLDFAST_WITHDRAWALS_PER_MINUTE", "2"),
        ("HOLDFAST_TRUSTED_PROXIES_COUNT", "1"),
    ];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 4).await;
    let address = new_network(&app);
    let booking = app.guest().book(&sale, &["S-A-1"]).await;
    let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
    let ask = async |caller: &Caller, method: Method, path: &str| {
        let request = caller.request(method, path);
        caller
            .send(request.header("x-forwarded-for", &address))
            .await
    };

    ask(&app.guest(), Method::POST, &path).await.expect(404);
    let mine = sale.path("/waitlist/mine");
    ask(&app.guest(), Method::DELETE, &mine).await.expect(404);

    for (method, path) in [(Method::POST, &path), (Method::DELETE, &mine)] {
        let refused = ask(&app.guest(), method, path).await;
        refused.expect_problem(429, "rate_limited");
    }
    for _ in 0..3 {
        ask(&sale.owner, Method::POST, &path).await.expect(200);
    }
    app.finish().await;
}

/// Each leaves a row behind for a day.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_caller_sends_so_many_requests_with_a_key(db: PgPool) {
    let settings = [("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "2")];
    let app = TestApp::start_set(&db, &settings).await;
    let (guest, other) = (app.guest(), app.guest());
    let read_all = async |caller: &Caller, key: Option<&str>| {
        let request = caller.request(Method::POST, "/v1/notifications/read");
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        caller.send(request).await
    };

    for key in ["k1", "k2"] {
        read_all(&guest, Some(key)).await.expect(204);
    }

    let refused = read_all(&guest, Some("k3")).await;
    refused.expect_problem(429, "rate_limited");
    read_all(&guest, None).await.expect(204);
    read_all(&other, Some("k1")).await.expect(204);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_with_a_key_counts_once(db: PgPool) {
    let settings = [("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "3")];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let verb = async |verb: &str| {
        let path = format!("/holds/{}/{verb}", hold.text_of("hold_id"));
        let request = ana.request(Method::POST, &sale.path(&path));
        let contact = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
        let request = request.header("idempotency-key", verb);
        ana.send(request.json(&contact)).await
    };

    verb("extend").await.expect(200);
    verb("confirm").await.expect(201);

    let refused = ana.place(&sale, &["S-A-2"]).await;
    refused.expect_problem(429, "rate_limited");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn permits_come_back_one_at_a_time(db: PgPool) {
    let app = TestApp::start_set(&db, &THREE_GUESTS).await;
    let address = new_network(&app);
    for _ in 0..3 {
        guest_from(&app, &address).await.expect(201);
    }

    app.ctx.clock.advance(TimeDelta::milliseconds(19_999));
    guest_from(&app, &address).await.expect(429);
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    guest_from(&app, &address).await.expect(201);
    guest_from(&app, &address).await.expect(429);

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn instances_count_together(db: PgPool) {
    let app = TestApp::start_set(&db, &THREE_GUESTS).await;
    let sibling =
        TestApp::start_configured(config(&db, &THREE_GUESTS), app.ctx.clock.clone()).await;
    let address = new_network(&app);

    guest_from(&app, &address).await.expect(201);
    guest_from(&sibling, &address).await.expect(201);
    guest_from(&app, &address).await.expect(201);

    guest_from(&sibling, &address).await.expect(429);
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn each_network_has_its_own_limit(db: PgPool) {
    let app = TestApp::start_set(&db, &THREE_GUESTS).await;
    let (one, other) = (new_network(&app), new_network(&app));
    for host in 1..=3 {
        guest_from(&app, &format!("{one}{host}")).await.expect(201);
    }

    guest_from(&app, &format!("{one}4")).await.expect(429);
    guest_from(&app, &other).await.expect(201);

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_a_client_says_of_its_own_address_is_not_believed(db: PgPool) {
    let app = TestApp::start_set(&db, &THREE_GUESTS).await;
    let address = new_network(&app);
    for n in 1..=3 {
        guest_from(&app, &format!("192.0.2.{n}, {address}"))
            .await
            .expect(201);
    }

    let refused = guest_from(&app, &format!("192.0.2.4, {address}")).await;

    refused.expect_problem(429, "rate_limited");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn sign_ins_and_registrations_share_a_limit(db: PgPool) {
    let settings = [
        ("HOLDFAST_SIGN_INS_PER_MINUTE", "2"),
        ("HOLDFAST_TRUSTED_PROXIES_COUNT", "1"),
    ];
    let app = TestApp::start_set(&db, &settings).await;
    let address = new_network(&app);
    let send = async |path: &str, body: serde_json::Value| {
        let request = app.stranger().request(Method::POST, path).json(&body);
        app.stranger()
            .send(request.header("x-forwarded-for", &address))
            .await
    };
    let account = json!({"email": "ana@example.org", "name": "Ana", "password": "correct horse"});
    let session = json!({"email": "ana@example.org", "password": "wrong horse"});

    send("/v1/accounts", account).await.expect(201);
    send("/v1/sessions", session.clone()).await.expect(401);

    send("/v1/sessions", session)
        .await
        .expect_problem(429, "rate_limited");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn while_redis_is_away_each_process_keeps_the_limit(db: PgPool) {
    // Nothing listens on the discard port.
    let settings = [&THREE_GUESTS[..], &[("REDIS_URL", "redis://127.0.0.1:9")]].concat();
    let app = TestApp::start_configured(config(&db, &settings), noon()).await;
    for _ in 0..3 {
        guest_from(&app, "192.0.2.1").await.expect(201);
    }

    let refused = guest_from(&app, "192.0.2.1")
        .await
        .expect_problem(429, "rate_limited");

    assert_eq!(refused.header("retry-after"), "20");
    guest_from(&app, "192.0.2.2").await.expect(201);
    app.finish().await;
}
