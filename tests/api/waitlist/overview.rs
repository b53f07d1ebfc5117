//! What an event's owner sees of the queue, of its seats and of its log.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp};

/// Three people who wait for one, two and three seats of a house of six that is sold out.
async fn three_wait(app: &TestApp) -> (Sale, [Caller; 3], (Caller, Answer)) {
    let sale = app.on_sale(1, 6).await;
    let seller = app.guest();
    let labels = ["S-A-1", "S-A-2", "S-A-3", "S-A-4", "S-A-5", "S-A-6"];
    let all = seller.book(&sale, &labels).await;
    let people = [app.guest(), app.guest(), app.guest()];
    for (quantity, person) in (1..).zip(&people) {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        let contact = json!({"name": "Ana", "email": format!("{quantity}@Example.org")});
        let wish = json!({"quantity": quantity, "contact": contact});
        person.join_with(&sale, wish).await.expect(201);
    }
    (sale, people, (seller, all))
}

fn seen(page: &Answer, member: &str) -> Vec<Value> {
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item[member].clone()).collect()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_queue_tells_places_offers_and_totals(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, _, (seller, all)) = three_wait(&app).await;
    let get = async |query: &str| {
        sale.owner
            .get(&sale.path(&format!("/waitlist{query}")))
            .await
    };
    let queue = get("").await.expect(200);
    assert_eq!(seen(&queue, "position"), [1, 2, 3]);
    let waiting = json!({"people": 3, "seats": 6});
    assert_eq!(queue["totals"]["waiting"], waiting);
    seller.cancel_seats(&all, &["S-A-4"]).await.expect(200);
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::seconds(60));

    let queue = get("").await.expect(200);

    assert_eq!(seen(&queue, "quantity"), [1, 2, 3]);
    assert_eq!(seen(&queue, "position"), [Value::Null, json!(1), json!(2)]);
    let offer = &queue["items"][0]["offer"];
    assert_eq!(
        (&offer["seats"], &offer["expires_in_seconds"]),
        (&json!(["S-A-4"]), &json!(840))
    );
    assert_eq!(queue["items"][1]["offer"], Value::Null);
    let totals = json!({
        "waiting": {"people": 2, "seats": 5},
        "offered": {"people": 1, "seats": 1},
        "unverified": {"people": 0, "seats": 0},
    });
    assert_eq!(queue["totals"], totals);
    let second = get("?limit=1").await.expect(200).text_of("next");
    let second = get(&format!("?limit=2&after={second}")).await.expect(200);
    assert_eq!(seen(&second, "position"), [1, 2]);
    let found = get("?email=3@example.org").await.expect(200);
    assert_eq!(
        (seen(&found, "quantity"), seen(&found, "position")),
        (vec![json!(3)], vec![json!(2)])
    );
    let third = found["items"][0]["entry_id"].as_str().expect("an id");
    let first = json!({"priority": 1, "reason": "Sponsor"});
    let moved = sale.decide("move", third, first).await.expect(200);
    assert_eq!(moved["position"], 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_has_left_is_found_by_their_mail_address(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, people, _) = three_wait(&app).await;
    people[1].leave(&sale).await.expect(204);
    let get = async |query: &str| {
        sale.owner
            .get(&sale.path(&format!("/waitlist{query}")))
            .await
    };

    let found = get("?email=2@EXAMPLE.ORG").await.expect(200);

    assert_eq!(seen(&found, "state"), ["left"]);
    assert_eq!(seen(&found, "position"), [Value::Null]);
    let waiting = get("?email=2@example.org&state=waiting").await.expect(200);
    assert_eq!(seen(&waiting, "state"), [""; 0]);
    let queue = get("").await.expect(200);
    assert_eq!(seen(&queue, "quantity"), [1, 3]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn kept_and_offered_seats_are_told_to_the_owner_only(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, _, (seller, all)) = three_wait(&app).await;
    sale.set_waitlist(json!({"policy": "strict"})).await;
    let path = sale.path("/waitlist/seats");
    let nothing = json!({"kept": [], "offered": []});
    assert_eq!(sale.owner.get(&path).await.expect(200).body, nothing);
    seller.cancel_seats(&all, &["S-A-6"]).await.expect(200);
    app.run_jobs().await;
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    app.run_jobs().await;

    let seats = sale.owner.get(&path).await.expect(200);

    let expected = json!({"kept": ["S-A-2"], "offered": ["S-A-6"]});
    assert_eq!(seats.body, expected);
    let other = app.venue_admin().await;
    other.get(&path).await.expect_problem(403, "forbidden");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_log_names_people_and_is_filtered_by_kind(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, people, _) = three_wait(&app).await;
    people[0].leave(&sale).await.expect(204);
    let get = async |query: &str| {
        sale.owner
            .get(&sale.path(&format!("/waitlist/log{query}")))
            .await
    };

    let joined = get("?kind=joined").await.expect(200);
    let left = get("?kind=left").await.expect(200);

    assert_eq!(seen(&joined, "kind"), ["joined"; 3]);
    let contact = json!({"name": "Ana", "email": "1@Example.org"});
    assert_eq!(seen(&left, "contact"), [contact]);
    let entry = left["items"][0]["entry_id"].as_str().expect("an id");
    let both = format!("?kind=joined&entry_id={entry}");
    assert_eq!(seen(&get(&both).await.expect(200), "kind"), ["joined"]);
    let refused = get("?kind=vanished")
        .await
        .expect_problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/kind");
    app.finish().await;
}
