//! Releases, promotions, direct buyers and leaving, all at once.

use chrono::TimeDelta;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sqlx::PgPool;

use super::bytes;
use crate::support::{Caller, Sale, TestApp};

/// What somebody on the waitlist does next, whatever has become of their entry.
async fn act(person: &Caller, sale: &Sale, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..4 {
        let entry = person.get(&sale.path("/waitlist/mine")).await;
        let state = entry["state"].as_str().unwrap_or("none");
        let answer = match (state, rng.random_range(0..4)) {
            ("waiting" | "unverified", 0) => person.leave(sale).await,
            ("offered", 0) => person.leave(sale).await,
            ("offered", 1) => {
                let hold_id = entry["offer"]["hold_id"].as_str().unwrap_or_default();
                person
                    .delete(&sale.path(&format!("/holds/{hold_id}")))
                    .await
            }
            ("offered", _) => {
                person
                    .post(&sale.path("/waitlist/mine/accept"), json!({}))
                    .await
            }
            ("waiting", _) => continue,
            _ => {
                let wish =
                    json!({"quantity": rng.random_range(1..4), "together": rng.random_bool(0.7)});
                person.join_with(sale, wish).await
            }
        };
        assert!(answer.status < 500, "{}", answer.text);
    }
}

async fn buy_directly(buyer: &Caller, sale: &Sale, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..4 {
        let seat = format!("S-A-{}", rng.random_range(1..=12));
        let hold = buyer.place(sale, &[&seat]).await;
        if hold.status == 201 {
            buyer.release(sale, &hold).await.expect(204);
        }
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whatever_people_do_at_once_each_seat_and_each_entry_has_one_offer(db: PgPool) {
    let app = TestApp::start(db).await;
    let siblings = [app.start_sibling().await, app.start_sibling().await];
    let sale = app
        .on_sale_with(1, 12, json!({"seats_per_person_max": 100}))
        .await;
    let seller = app.guest();
    let mut bookings = Vec::new();
    for n in 0..6 {
        let seats = [format!("S-A-{}", 2 * n + 1), format!("S-A-{}", 2 * n + 2)];
        bookings.push(seller.book(&sale, &[&seats[0], &seats[1]]).await);
    }
    let people: Vec<Caller> = (0..12).map(|_| app.guest()).collect();
    for (seed, booking) in (0..).zip(&bookings) {
        let acts = people
            .iter()
            .zip(seed * 100..)
            .map(|(person, seed)| act(person, &sale, seed));
        let buyers = [app.guest(), app.guest()];
        let buys = buyers.iter().map(|buyer| buy_directly(buyer, &sale, seed));
        let rounds = siblings.iter().chain([&app]).map(|it| async {
            for _ in 0..4 {
                holdfast::waitlist::offer_kept_seats(&it.ctx).await.ok();
            }
        });
        let free = async { seller.cancel(booking).await.expect(200) };
        tokio::join!(join_all(acts), join_all(buys), join_all(rounds), free);
        app.assert_invariants().await;
    }

    for person in &people {
        person.leave(&sale).await;
    }
    app.ctx.clock.advance(TimeDelta::hours(1));
    app.run_jobs().await;
    app.run_jobs().await;
    let board = bytes(&app, &sale).await;
    assert!(
        !board.contains(['w', 'h']),
        "seats are kept for nobody: {board}"
    );
    for sibling in siblings {
        sibling.stop().await;
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn when_the_last_one_leaves_no_seat_stays_kept(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana) = (app.guest(), app.guest());
    for _ in 0..10 {
        let all = seller.book(&sale, &["S-A-1", "S-A-2"]).await;
        ana.join(&sale, 2).await.expect(201);
        let at_sibling = ana.at(&sibling);
        let rounds = async {
            for _ in 0..3 {
                holdfast::waitlist::offer_kept_seats(&sibling.ctx)
                    .await
                    .ok();
            }
        };
        let free = async { seller.cancel(&all).await.expect(200) };
        let leave = async { at_sibling.leave(&sale).await };
        let (_, _, left) = tokio::join!(free, rounds, leave);
        assert_eq!(left.status, 204, "{}", left.text);

        app.run_jobs().await;

        assert_eq!(bytes(&app, &sale).await, "..");
        let n_active: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM waitlists JOIN events USING (event_id)
             WHERE waitlists.version <> drained_version OR board_epoch <> drained_epoch",
        )
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
        assert_eq!(n_active, 0, "there is nothing left to look after");
    }
    sibling.stop().await;
    app.finish().await;
}
