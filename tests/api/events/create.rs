//! Making an event.

use serde_json::{Value, json};
use sqlx::PgPool;

use super::{gala, insert_category, insert_owner, pointers, with};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_new_event_is_a_draft_with_the_defaults(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;

    let event = owner.post("/v1/events", gala(venue_id)).await.expect(201);

    let event_id = event.text_of("event_id");
    assert_eq!(event.header("location"), format!("/v1/events/{event_id}"));
    assert_eq!(
        event.body,
        json!({
            "event_id": event_id,
            "owner_id": owner.caller_id,
            "board_mode": "redis",
            "venue": {
                "venue_id": venue_id, "version": 1, "name": "Test house",
                "time_zone": "Europe/Berlin",
            },
            "seat_count": 4,
            "name": "Gala",
            "starts_at": "2038-01-01T19:00:00Z",
            "state": "draft",
            "currency": "EUR",
            "prices": [{
                "category": "standard", "name": "Standard", "colour": "#336699", "amount": "49.50",
            }],
            "hold_ttl_seconds": 600,
            "hold_lifetime_max_seconds": 1800,
            "seats_per_hold_max": 10,
            "seats_per_person_max": 20,
            "sales_open_at": null,
            "sales_close_at": null,
            "version": 1,
            "created_at": "2037-12-01T12:00:00Z",
            "opened_at": null,
            "closed_at": null,
            "cancelled_at": null,
        })
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_limit_that_is_left_out_follows_the_one_that_is_given(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let limits = json!({"seats_per_person_max": 4, "hold_ttl_seconds": 5});

    let event = owner
        .post("/v1/events", with(gala(venue_id), &limits))
        .await
        .expect(201);

    assert_eq!(event["seats_per_hold_max"], 4);
    assert_eq!(event["hold_lifetime_max_seconds"], 15);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn names_are_trimmed_times_become_utc_and_amounts_exact(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let members = json!({
        "name": "  Neujahrskonzert  ", "starts_at": "2038-01-01T20:00:00.1239+01:00",
        "prices": [{"category": "standard", "amount": "49.5"}],
    });

    let event = owner
        .post("/v1/events", with(gala(venue_id), &members))
        .await
        .expect(201);

    assert_eq!(event["name"], "Neujahrskonzert");
    assert_eq!(event["starts_at"], "2038-01-01T19:00:00.123Z");
    assert_eq!(event["prices"][0]["amount"], "49.50");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_mistake_of_a_new_event_is_in_one_answer(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;

    let problem = owner
        .post(
            "/v1/events",
            json!({
                "venue_id": venue_id, "name": " ", "starts_at": "2037-12-01T12:00:00Z",
                "currency": "EUX", "prices": [{"category": "stand", "amount": "1.00"}],
                "hold_ttl_seconds": 4, "hold_lifetime_max_seconds": 3, "seats_per_hold_max": 51,
                "seats_per_person_max": 0, "sales_open_at": "2037-12-03T12:00:00Z",
                "sales_close_at": "2037-12-02T12:00:00Z",
            }),
        )
        .await
        .expect_problem(422, "validation_failed");

    assert_eq!(
        pointers(&problem),
        [
            "/currency",
            "/hold_lifetime_max_seconds",
            "/hold_ttl_seconds",
            "/name",
            "/prices",
            "/prices/0/category",
            "/sales_close_at",
            "/sales_close_at",
            "/seats_per_hold_max",
            "/seats_per_person_max",
            "/starts_at",
        ]
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn each_term_has_its_bounds(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let year_10000 = "+10000-01-01T00:00:00Z";
    let wrong = [
        ("name", json!("x".repeat(201))),
        ("name", json!("Ga\u{7}la")),
        ("hold_ttl_seconds", json!(3601)),
        ("hold_ttl_seconds", json!(-1)),
        ("hold_ttl_seconds", json!(i32::MAX)),
        ("hold_lifetime_max_seconds", json!(599)),
        ("hold_lifetime_max_seconds", json!(86_401)),
        ("seats_per_hold_max", json!(-1)),
        ("seats_per_hold_max", json!(51)),
        ("seats_per_person_max", json!(10_001)),
        ("starts_at", json!(year_10000)),
        ("sales_open_at", json!("1999-12-31T23:59:59Z")),
        ("sales_close_at", json!("2038-01-01T19:00:00.001Z")),
        ("currency", json!("eur")),
        ("currency", json!("XAU")),
    ];
    let right = [
        ("name", json!("🎭".repeat(200))),
        ("hold_ttl_seconds", json!(3600)),
        ("hold_lifetime_max_seconds", json!(600)),
        ("seats_per_hold_max", json!(50)),
        ("seats_per_person_max", json!(10_000)),
        ("sales_close_at", json!("2038-01-01T19:00:00Z")),
    ];

    for (member, value) in wrong {
        let body = with(gala(venue_id), &json!({member: value}));
        let problem = owner.post("/v1/events", body).await;
        let problem = problem.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&problem), [format!("/{member}")], "{value}");
    }
    for (member, value) in right {
        let body = with(gala(venue_id), &json!({member: value}));
        let event = owner.post("/v1/events", body).await.expect(201);
        assert_eq!(event[member], value);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn prices_cover_exactly_the_layouts_categories(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    insert_category(&app, venue_id, "box").await;
    let price = |category: &str, amount: &str| json!({"category": category, "amount": amount});
    let standard = price("standard", "20.00");
    let table: [(Vec<Value>, &[&str]); 6] = [
        (vec![], &["/prices"]),
        (vec![standard.clone()], &["/prices"]),
        (
            vec![standard.clone(), price("box", "1.00"), price("pit", "1.00")],
            &["/prices/2/category"],
        ),
        (
            vec![standard.clone(), price("box", "1.00"), price("box", "2.00")],
            &["/prices/2/category"],
        ),
        (
            vec![standard.clone(), price("box", "-1")],
            &["/prices/1/amount"],
        ),
        (
            vec![price("standard", "0.001"), price("box", "10000000.01")],
            &["/prices/0/amount", "/prices/1/amount"],
        ),
    ];

    for (prices, expected) in table {
        let body = with(gala(venue_id), &json!({"prices": prices}));
        let problem = owner.post("/v1/events", body).await;
        let problem = problem.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&problem), expected);
    }
    let prices = [price("box", "0"), standard];
    let body = with(gala(venue_id), &json!({"prices": prices}));
    let event = owner.post("/v1/events", body).await.expect(201);
    let keys = event["prices"].as_array().expect("prices").iter();
    let keys: Vec<_> = keys.map(|price| price["category"].as_str()).collect();
    assert_eq!(
        keys,
        [Some("standard"), Some("box")],
        "in the layout's order"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_amount_must_fit_its_currency(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let in_yen = |amount: &str| {
        let prices = [json!({"category": "standard", "amount": amount})];
        with(
            gala(venue_id),
            &json!({"currency": "JPY", "prices": prices}),
        )
    };

    let event = owner.post("/v1/events", in_yen("4950")).await.expect(201);
    let problem = owner.post("/v1/events", in_yen("49.50")).await;

    assert_eq!(event["prices"][0]["amount"], "4950");
    let problem = problem.expect_problem(422, "validation_failed");
    assert_eq!(pointers(&problem), ["/prices/0/amount"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_body_that_cannot_be_read_says_where(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let price = |amount: Value| json!({"prices": [{"category": "standard", "amount": amount}]});
    let table = [
        (price(json!(49.5)), "/prices/0/amount"),
        (price(json!("many")), "/prices/0/amount"),
        (json!({"venue_id": "here"}), "/venue_id"),
        (json!({"starts_at": "tomorrow"}), "/starts_at"),
        (json!({"hold_ttl_seconds": "600"}), "/hold_ttl_seconds"),
        (json!({"hold_ttl": 600}), "/hold_ttl"),
    ];

    for (members, pointer) in table {
        let problem = owner
            .post("/v1/events", with(gala(venue_id), &members))
            .await;
        let problem = problem.expect_problem(400, "malformed_request");
        assert_eq!(pointers(&problem), [pointer]);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_takes_place_in_the_owners_venue_or_a_built_in_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other, admin) = (
        app.venue_admin().await,
        app.venue_admin().await,
        app.admin().await,
    );
    let (own, built_in) = (app.insert_venue(1, 4).await, app.insert_venue(1, 4).await);
    insert_owner(&app, own, &owner).await;
    let unknown = app.ctx.ids.next();

    owner.post("/v1/events", gala(own)).await.expect(201);
    owner.post("/v1/events", gala(built_in)).await.expect(201);
    admin.post("/v1/events", gala(own)).await.expect(201);
    for (caller, venue_id) in [(&other, own), (&owner, unknown)] {
        let nameless = with(gala(venue_id), &json!({"name": ""}));
        let problem = caller.post("/v1/events", nameless).await;
        let problem = problem.expect_problem(422, "validation_failed");
        assert_eq!(pointers(&problem), ["/name", "/venue_id"]);
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_venue_admins_make_events(db: PgPool) {
    let app = TestApp::start(db).await;
    let venue_id = app.insert_venue(1, 4).await;

    let by_stranger = app.stranger().post("/v1/events", gala(venue_id)).await;
    let by_guest = app.guest().post("/v1/events", gala(venue_id)).await;
    let by_customer = app
        .customer()
        .await
        .post("/v1/events", gala(venue_id))
        .await;

    by_stranger.expect_problem(401, "unauthenticated");
    by_guest.expect_problem(403, "forbidden");
    by_customer.expect_problem(403, "forbidden");
    app.finish().await;
}
