//! What an event's owner sees of its sale: figures, a series, and who has a seat.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Sale, TestApp};

async fn figures(sale: &Sale, query: &str) -> Answer {
    let path = sale.path(&format!("/sales{query}"));
    sale.owner.get(&path).await.expect(200)
}

async fn seat(sale: &Sale, label: &str) -> Answer {
    let path = sale.path(&format!("/seats/{label}"));
    sale.owner.get(&path).await.expect(200)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_figures_of_a_new_event_are_nothing(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.draft_with(2, 3, json!({})).await;

    let figures = figures(&sale, "").await;

    let expected = json!({
        "currency": "EUR", "seats_booked": 0, "revenue": "0.00", "refunded": "0.00",
        "categories": [{
            "category": "standard", "name": "Standard", "total": 6, "free": 6, "held": 0,
            "booked": 0, "blocked": 0, "revenue": "0.00",
        }],
        "bucket_seconds": 60, "series": [],
    });
    assert_eq!(figures.body, expected);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_series_tells_bookings_and_cancellations_when_they_happened(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 3).await;
    let ana = app.guest();
    let kept = ana.book(&sale, &["S-A-1", "S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::seconds(59));
    let lost = ana.book(&sale, &["S-A-3"]).await;
    app.ctx.clock.advance(TimeDelta::minutes(10));
    ana.cancel(&lost).await.expect(200);
    ana.cancel_seats(&kept, &["S-A-2"]).await.expect(200);
    ana.place(&sale, &["S-B-1"]).await.expect(201);
    sale.block(&["S-B-2"]).await.expect(204);

    let all = figures(&sale, "").await;
    let later = figures(&sale, "?since=2037-12-01T12:05:00Z").await;
    let earlier = figures(&sale, "?until=2037-12-01T12:00:59Z").await;

    assert_eq!(
        (&all["seats_booked"], &all["revenue"]),
        (&json!(1), &json!("49.50"))
    );
    assert_eq!(all["refunded"], "99.00");
    let category = json!({
        "category": "standard", "name": "Standard", "total": 6, "free": 3, "held": 1,
        "booked": 1, "blocked": 1, "revenue": "49.50",
    });
    assert_eq!(all["categories"], json!([category]));
    let first = json!({
        "at": "2037-12-01T12:00:00Z", "booked": 3, "cancelled": 0, "revenue": "148.50",
    });
    let second = json!({
        "at": "2037-12-01T12:10:00Z", "booked": 0, "cancelled": 2, "revenue": "-99.00",
    });
    assert_eq!(all["series"], json!([first, second]));
    assert_eq!(all["bucket_seconds"], 60);
    assert_eq!(later["series"], json!([second]));
    assert_eq!(later["revenue"], "49.50");
    let first = json!({
        "at": "2037-12-01T12:00:00Z", "booked": 2, "cancelled": 0, "revenue": "99.00",
    });
    assert_eq!(earlier["series"], json!([first]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_long_sale_has_few_buckets_and_a_narrow_look_at_it_fine_ones(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.book(&sale, &["S-A-1"]).await;
    app.ctx.clock.advance(TimeDelta::hours(10));
    app.guest().book(&sale, &["S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::minutes(3));
    app.guest().book(&sale, &["S-A-3"]).await;

    let whole = figures(&sale, "").await;
    let narrow = figures(&sale, "?since=2037-12-01T22:00:00Z").await;

    assert_eq!(whole["bucket_seconds"], 300);
    let booked = |answer: &Answer| -> Vec<Value> {
        let series = answer["series"].as_array().expect("a series");
        series
            .iter()
            .map(|bucket| bucket["booked"].clone())
            .collect()
    };
    assert_eq!(booked(&whole), [json!(1), json!(2)]);
    assert_eq!(narrow["bucket_seconds"], 60);
    assert_eq!(booked(&narrow), [json!(1), json!(1)]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_stretch_of_time_that_is_none_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    let ask = async |query: &str| sale.owner.get(&sale.path(&format!("/sales?{query}"))).await;
    let empty = ask("since=2037-12-01T12:00:00Z&until=2037-12-01T12:00:00Z").await;

    let empty = empty.expect_problem(422, "validation_failed");
    assert_eq!(empty["errors"][0]["pointer"], "/until");
    for (pointer, query) in [
        ("/since", "since=-9999-01-01T00:00:00Z"),
        ("/until", "until=%2B10000-01-01T00:00:00Z"),
    ] {
        let refused = ask(query).await.expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    for query in [
        "since=yesterday",
        "until=2037-13-01T00:00:00Z",
        "from=2037-12-01T12:00:00Z",
    ] {
        ask(query).await.expect_problem(400, "malformed_request");
    }
    figures(
        &sale,
        "?since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z",
    )
    .await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_stadium_that_is_sold_out_answers_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(25, 2_400).await;
    app.fill(&sale).await;
    figures(&sale, "").await;

    let started = Instant::now();
    let figures = figures(&sale, "").await;
    let elapsed = started.elapsed();

    assert_eq!(figures["seats_booked"], 60_000);
    assert_eq!(figures["revenue"], "2970000.00");
    assert_eq!(figures["categories"][0]["booked"], 60_000);
    let series = figures["series"].as_array().expect("a series");
    assert!((100..=500).contains(&series.len()), "{}", series.len());
    assert!(elapsed < Duration::from_secs(1), "{elapsed:?}");
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_tells_its_owner_who_has_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let (guest, customer) = (app.guest(), app.customer().await);
    let held = guest.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    customer.place(&sale, &["S-A-3"]).await.expect(201);
    let booking = guest.book(&sale, &["S-A-4"]).await;
    sale.block(&["S-A-5"]).await.expect(204);
    app.ctx.clock.advance(TimeDelta::seconds(10));

    let by_guest = seat(&sale, "S-A-2").await;
    let by_account = seat(&sale, "S-A-3").await;
    let booked = seat(&sale, "S-A-4").await;
    let blocked = seat(&sale, "S-A-5").await;
    let free = seat(&sale, "S-A-6").await;

    let hold = json!({
        "hold_id": held["hold_id"], "holder": guest.caller_id, "holder_kind": "guest",
        "placed_at": "2037-12-01T12:00:00Z", "expires_at": "2037-12-01T12:10:00Z",
        "expires_in_seconds": 590,
    });
    assert_eq!(
        (&by_guest["state"], &by_guest["hold"]),
        (&json!("held"), &hold)
    );
    let email = format!("{}@example.org", customer.caller_id.expect("an account"));
    assert_eq!(by_account["hold"]["holder_kind"], "account");
    assert_eq!(by_account["hold"]["holder_email"], email);
    let by_whom = json!({
        "booking_id": booking["booking_id"], "reference": booking["reference"],
        "contact": {"name": "Ana", "email": "ana@example.org"},
        "confirmed_at": booking["confirmed_at"],
    });
    assert_eq!(
        (&booked["state"], &booked["booking"]),
        (&json!("booked"), &by_whom)
    );
    let block = json!({"reason": "Camera", "blocked_at": "2037-12-01T12:00:00Z"});
    assert_eq!(
        (&blocked["state"], &blocked["block"]),
        (&json!("blocked"), &block)
    );
    let expected = json!({
        "seat": "S-A-6", "section": "S", "row": "A", "number": "6", "category": "standard",
        "price": "49.50", "currency": "EUR", "state": "free", "hold": null, "booking": null,
        "block": null,
    });
    assert_eq!(free.body, expected);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_on_its_way_tells_that_too(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let confirming = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.begin_confirm(&sale, &ana, &confirming).await;
    let booking = ana.book(&sale, &["S-A-2"]).await;
    ana.cancel(&booking).await.expect(200);
    let lapsing = ana.place(&sale, &["S-A-3"]).await.expect(201);
    app.write_seat(&sale, 3, "w").await;

    let first = seat(&sale, "S-A-1").await;
    let second = seat(&sale, "S-A-2").await;
    let fourth = seat(&sale, "S-A-4").await;
    app.ctx.clock.advance(TimeDelta::minutes(11));
    let lapsed = seat(&sale, "S-A-3").await;

    assert_eq!(first["state"], "confirming");
    assert_eq!(first["hold"]["hold_id"], confirming["hold_id"]);
    assert_eq!(
        (&second["state"], &second["booking"]),
        (&json!("free"), &Value::Null)
    );
    assert_eq!(fourth["state"], "kept");
    assert_eq!(lapsed["hold"], Value::Null, "{lapsing:?}");
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_are_not_there_are_not_found(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;

    for label in ["S-A-5", "S", "%20", "%F0%9F%A6%80", "s-a-1", "S-A-1%0A"] {
        let answer = sale.owner.get(&sale.path(&format!("/seats/{label}"))).await;
        answer.expect_problem(404, "not_found");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_list_of_ones_own_events_has_no_others(db: PgPool) {
    let app = TestApp::start(db).await;
    let (own, other) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let admin = app.admin().await;
    let ids = |page: &Answer| -> Vec<Value> {
        let items = page["items"].as_array().expect("items");
        items.iter().map(|item| item["event_id"].clone()).collect()
    };

    let mine = own.owner.get("/v1/events?mine=true").await.expect(200);
    let all = own.owner.get("/v1/events?mine=false").await.expect(200);
    let of_admin = admin.get("/v1/events?mine=true").await.expect(200);
    let of_guest = app.guest().get("/v1/events?mine=true").await.expect(200);

    assert_eq!(ids(&mine), [json!(own.event_id)]);
    assert_eq!(ids(&all).len(), 2, "{}", other.event_id);
    assert!(ids(&of_admin).is_empty() && ids(&of_guest).is_empty());
    let refused = app.stranger().get("/v1/events?mine=true").await;
    refused.expect_problem(401, "unauthenticated");
    let refused = app.stranger().get("/v1/venues?mine=true").await;
    refused.expect_problem(401, "unauthenticated");
    app.finish().await;
}
