//! Thousands of people wait.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sqlx::PgPool;

use super::bytes;
use crate::support::{Caller, Sale, TestApp, database_time};

/// That many people who wait, written straight into the database; wishes of one to six.
async fn insert_crowd(app: &TestApp, sale: &Sale, n_people: i32) {
    let statement = "
        WITH waitlist AS (
            INSERT INTO waitlists (event_id, version) VALUES ($1, 1)
        )
        INSERT INTO waitlist_entries (event_id, entry_id, holder_id, name, email, quantity,
            is_together, state, joined_at)
        SELECT $1, gen_random_uuid(), gen_random_uuid(), 'Ana', n || '@example.org', n % 6 + 1,
            n % 5 > 0, 'waiting', $3 + n * interval '1 ms'
        FROM generate_series(1, $2) AS n";
    sqlx::query(statement)
        .bind(sale.id().0)
        .bind(n_people)
        .bind(app.ctx.clock.now() - TimeDelta::hours(1))
        .execute(&app.ctx.db)
        .await
        .expect("a crowd");
}

async fn promote(app: &TestApp) {
    holdfast::waitlist::offer_kept_seats(&app.ctx)
        .await
        .expect("a round");
}

/// Everything booked by one person, in bookings of a few seats.
async fn sell_out(sale: &Sale, seller: &Caller, (n_rows, n_seats): (u32, u32)) -> Vec<String> {
    let mut bookings = Vec::new();
    for row in 0..n_rows {
        let row = char::from_u32('A' as u32 + row).expect("a letter");
        for first in (1..=n_seats).step_by(10) {
            let seats = (first..first + 10).map(|n| format!("S-{row}-{n}"));
            let seats: Vec<String> = seats.collect();
            let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
            bookings.push(seller.book(sale, &seats).await.text_of("booking_id"));
        }
    }
    bookings
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_freed_seat_is_offered_at_once_with_ten_thousand_waiting(db: PgPool) {
    let app = TestApp::start(db).await;
    let house = (20, 50);
    let sale = app
        .on_sale_with(20, 50, json!({"seats_per_person_max": 10_000}))
        .await;
    let seller = app.guest();
    let bookings = sell_out(&sale, &seller, house).await;
    insert_crowd(&app, &sale, 10_000).await;
    promote(&app).await;

    let mut longest = Duration::ZERO;
    for booking in &bookings[..3] {
        let began = Instant::now();
        let path = format!("/v1/bookings/{booking}/cancel");
        seller.post(&path, json!({})).await.expect(200);
        promote(&app).await;
        let n_offers: i64 =
            sqlx::query_scalar("SELECT count(*) FROM waitlist_offers WHERE state = 'live'")
                .fetch_one(&app.ctx.db)
                .await
                .expect("a count");
        assert!(n_offers > 0);
        longest = longest.max(began.elapsed());
    }

    println!("freed seats offered within {longest:?} with 10,000 people waiting");
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    app.finish().await;
}

/// What one round of promotion may cost.
const DATABASE_TIME_MAX: Duration = Duration::from_millis(200);

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_round_over_ten_thousand_people_costs_the_database_little(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(20, 50, json!({"seats_per_person_max": 10_000}))
        .await;
    let seller = app.guest();
    let bookings = sell_out(&sale, &seller, (20, 50)).await;
    insert_crowd(&app, &sale, 10_000).await;
    promote(&app).await;
    for booking in &bookings[..45] {
        let path = format!("/v1/bookings/{booking}/cancel");
        seller.post(&path, json!({})).await.expect(200);
    }
    let (began, before) = (Instant::now(), database_time(&app.ctx.db).await);

    promote(&app).await;

    let worked = database_time(&app.ctx.db).await - before;
    println!(
        "a full round over 10,000 people: {:?}, {worked:?} of the database",
        began.elapsed()
    );
    let n_offers = "SELECT count(*) FROM waitlist_offers WHERE state = 'live'";
    let n_offers: i64 = sqlx::query_scalar(n_offers)
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_offers, 100, "a full round");
    assert!(worked < DATABASE_TIME_MAX, "{worked:?}");
    app.finish().await;
}

/// People through the service: offers are accepted, let go, or lapse.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_long_sale_serves_everybody_and_offers_each_seat_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(5, 20, json!({"seats_per_person_max": 10_000}))
        .await;
    sale.set_waitlist(json!({"skips_max": 3, "quantity_max": 4}))
        .await;
    let seller = app.guest();
    let mut bookings = sell_out(&sale, &seller, (5, 20)).await;
    let mut rng = StdRng::seed_from_u64(4);
    let mut people: Vec<Caller> = Vec::new();
    for _ in 0..40 {
        let person = app.guest();
        let wish = json!({"quantity": rng.random_range(1..=4), "together": rng.random_bool(0.8)});
        person.join_with(&sale, wish).await.expect(201);
        app.ctx.clock.advance(TimeDelta::milliseconds(10));
        people.push(person);
    }

    let mut buyers = vec![seller.clone()];
    for step in 0..200 {
        if people.is_empty() {
            break;
        }
        if !bookings.is_empty() {
            let booking = bookings.swap_remove(rng.random_range(0..bookings.len()));
            let path = format!("/v1/bookings/{booking}/cancel");
            for buyer in &buyers {
                if buyer.post(&path, json!({})).await.status == 200 {
                    break;
                }
            }
        }
        promote(&app).await;
        if step % 8 == 0 {
            app.assert_invariants().await;
        }
        let mut still = Vec::new();
        for person in people {
            let entry = person.entry(&sale).await;
            match entry.text_of("state").as_str() {
                "waiting" => still.push(person),
                "offered" if rng.random_bool(0.2) => {
                    person.leave(&sale).await.expect(204);
                }
                "offered" => {
                    let path = sale.path("/waitlist/mine/accept");
                    let booking = person.post(&path, json!({})).await.expect(201);
                    bookings.push(booking.text_of("booking_id"));
                    buyers.push(person);
                }
                state => panic!("{state}"),
            }
        }
        people = still;
        app.ctx.clock.advance(TimeDelta::seconds(60));
    }

    assert_eq!(people.len(), 0, "{} people were never served", people.len());
    app.run_jobs().await;
    assert!(!bytes(&app, &sale).await.contains(['w', 'h']));
    app.finish().await;
}
