//! Lists of bookings: the caller's own, and an event's for its owner.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::ids;
use crate::support::{Answer, Caller, Sale, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_caller_sees_their_own_bookings_newest_first(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other_sale) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let (ana, ben) = (app.guest(), app.guest());
    let first = book(&app, &ana, &sale, &["S-A-1"]).await;
    book(&app, &ben, &sale, &["S-A-2"]).await;
    let second = book(&app, &ana, &other_sale, &["S-A-1", "S-A-2"]).await;
    let third = book(&app, &ana, &sale, &["S-A-3"]).await;

    let all = ana.get("/v1/bookings").await.expect(200);
    let page = ana.get("/v1/bookings?limit=2").await.expect(200);
    let next = page.text_of("next");
    let rest = ana
        .get(&format!("/v1/bookings?limit=2&after={next}"))
        .await
        .expect(200);
    let nobodys = app.guest().get("/v1/bookings").await.expect(200);

    assert_eq!(all["items"], json!([third.body, second.body, first.body]));
    assert_eq!(all["next"], json!(null));
    assert_eq!(ids(&page), [&third["booking_id"], &second["booking_id"]]);
    assert_eq!(ids(&rest), [&first["booking_id"]]);
    assert_eq!(rest["next"], json!(null));
    assert_eq!(nobodys["items"], json!([]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_page_that_cannot_be_says_why(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let lists = ["/v1/bookings".to_owned(), sale.path("/bookings")];

    for list in lists {
        for (query, pointer) in [
            ("limit=0", "/limit"),
            ("limit=201", "/limit"),
            ("after=x", "/after"),
        ] {
            let refused = sale.owner.get(&format!("{list}?{query}")).await;
            let refused = refused.expect_problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer);
        }
        let unknown = sale.owner.get(&format!("{list}?refrence=x")).await;
        unknown.expect_problem(400, "malformed_request");
    }
    app.finish().await;
}

/// Books a millisecond later than whatever was before, so that the order of bookings is known.
async fn book(app: &TestApp, caller: &Caller, sale: &Sale, seats: &[&str]) -> Answer {
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    caller.book(sale, seats).await
}

/// The owner's list of bookings with that query.
async fn search(sale: &Sale, query: &[(&str, &str)]) -> Answer {
    sale.owner.get_with(&sale.path("/bookings"), query).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_owner_searches_by_reference_address_and_seat(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other_sale) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let (ana, ben) = (app.guest(), app.guest());
    let anas = book(&app, &ana, &sale, &["S-A-1", "S-A-2"]).await;
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    let hold = ben.place(&sale, &["S-A-3"]).await.expect(201);
    let contact = json!({"contact": {"name": "Ben", "email": "Ben@example.org"}});
    let bens = ben.confirm_with(&sale, &hold, contact).await.expect(201);
    let elsewhere = book(&app, &ana, &other_sale, &["S-A-1"])
        .await
        .text_of("reference");
    let typed = anas.text_of("reference").to_lowercase().replace('-', " ");

    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a Answer]);
    let cases: [Case<'_>; 9] = [
        (&[], &[&bens, &anas]),
        (&[("reference", &typed)], &[&anas]),
        (&[("reference", &elsewhere)], &[]),
        (&[("reference", "nonsense")], &[]),
        (&[("email", "ben@EXAMPLE.org")], &[&bens]),
        (&[("email", "nobody@example.org")], &[]),
        (&[("seat", "S-A-2")], &[&anas]),
        (&[("seat", "S-A-4")], &[]),
        (&[("seat", "S-A-2"), ("email", "ben@example.org")], &[]),
    ];
    for (query, expected) in cases {
        let found = search(&sale, query).await.expect(200);
        let expected: Vec<_> = expected
            .iter()
            .map(|booking| &booking["booking_id"])
            .collect();
        assert_eq!(ids(&found), expected, "{query:?}");
    }
    let unknown = search(&sale, &[("seat", "S-Z-1")]).await;
    let unknown = unknown.expect_problem(422, "unknown_seats");
    assert_eq!(unknown["seats"], json!(["S-Z-1"]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_finds_who_had_it_and_who_has_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let first = app.guest();
    let before = book(&app, &first, &sale, &["S-A-1"]).await;
    first.cancel(&before).await.expect(200);
    let after = book(&app, &app.guest(), &sale, &["S-A-1"]).await;

    let found = search(&sale, &[("seat", "S-A-1")]).await.expect(200);

    assert_eq!(ids(&found), [&after["booking_id"], &before["booking_id"]]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_owner_pages_through_all_bookings(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    for seat in ["S-A-1", "S-A-2", "S-A-3"] {
        book(&app, &app.guest(), &sale, &[seat]).await;
    }

    let page = search(&sale, &[("limit", "2")]).await.expect(200);
    let next = page.text_of("next");
    let rest = search(&sale, &[("limit", "2"), ("after", &next)])
        .await
        .expect(200);

    assert_eq!(page["items"][0]["seats"][0]["seat"], "S-A-3");
    assert_eq!(page["items"][1]["seats"][0]["seat"], "S-A-2");
    assert_eq!(rest["items"][0]["seats"][0]["seat"], "S-A-1");
    assert_eq!(rest["next"], json!(null));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_events_bookings_are_its_owners_and_admins(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = book(&app, &ana, &sale, &["S-A-1"]).await;
    let path = format!("/v1/bookings/{}", booking.text_of("booking_id"));

    for allowed in [&sale.owner, &app.admin().await] {
        assert_eq!(allowed.get(&path).await.expect(200).body, booking.body);
        let list = allowed.get(&sale.path("/bookings")).await.expect(200);
        assert_eq!(list["items"], json!([booking.body]));
    }
    for stranger in [app.guest(), app.customer().await, app.venue_admin().await] {
        stranger.get(&path).await.expect_problem(404, "not_found");
        let list = stranger.get(&sale.path("/bookings")).await;
        list.expect_problem(403, "forbidden");
        stranger
            .cancel(&booking)
            .await
            .expect_problem(404, "not_found");
    }
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}
