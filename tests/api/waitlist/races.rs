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

/// The owner takes somebody off the list.
async fn remove_one(sale: &Sale, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let queue = sale.owner.get(&sale.path("/waitlist")).await.expect(200);
    let items = queue["items"].as_array().expect("items");
    if !items.is_empty() {
        let entry = &items[rng.random_range(0..items.len())];
        let removal = json!({"version": entry["version"], "reason": "A tout"});
        let entry = entry["entry_id"].as_str().expect("an id");
        let answer = sale.decide_as_seen("remove", entry, removal).await;
        assert!(answer.status < 500, "{}", answer.text);
    }
}

/// Several rounds, while offers run out.
async fn promote_and_wait(app: &TestApp) {
    for _ in 0..4 {
        holdfast::waitlist::offer_kept_seats(&app.ctx).await.ok();
        app.ctx.clock.advance(TimeDelta::seconds(1));
        holdfast::holds::expire_due_holds(&app.ctx)
            .await
            .expect("a sweep");
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whatever_people_do_at_once_each_seat_and_each_entry_has_one_offer(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let sale = app
        .on_sale_with(1, 12, json!({"seats_per_person_max": 100}))
        .await;
    sale.set_waitlist(json!({"offer_ttl_seconds": 60})).await;
    let seller = app.guest();
    let mut bookings = Vec::new();
    for n in 0..6 {
        let seats = [format!("S-A-{}", 2 * n + 1), format!("S-A-{}", 2 * n + 2)];
        bookings.push(seller.book(&sale, &[&seats[0], &seats[1]]).await);
    }
    let people: Vec<Caller> = (0..12)
        .map(|n| match n % 2 {
            0 => app.guest(),
            _ => app.guest().at(&sibling),
        })
        .collect();
    for (seed, booking) in (0..).zip(&bookings) {
        let acts = people
            .iter()
            .zip(seed * 100..)
            .map(|(person, seed)| act(person, &sale, seed));
        let buyers = [app.guest(), app.guest().at(&sibling)];
        let buys = buyers.iter().map(|buyer| buy_directly(buyer, &sale, seed));
        let rounds = [&app, &sibling].map(promote_and_wait);
        let free = async { seller.cancel(booking).await.expect(200) };
        let remove = remove_one(&sale, seed);
        tokio::join!(
            join_all(acts),
            join_all(buys),
            join_all(rounds),
            free,
            remove
        );
        app.assert_invariants().await;
        // The offers made now run out in the next round.
        app.ctx.clock.advance(TimeDelta::seconds(55));
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
    assert_eq!(
        n_active(&app).await,
        0,
        "there is nothing left to look after"
    );
    sibling.stop().await;
    app.finish().await;
}

/// Events that promoters still look at.
async fn n_active(app: &TestApp) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FROM waitlists JOIN events USING (event_id)
         WHERE waitlists.version <> drained_version OR board_epoch <> drained_epoch",
    )
    .fetch_one(&app.ctx.db)
    .await
    .expect("a count")
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
        assert_eq!(
            n_active(&app).await,
            0,
            "there is nothing left to look after"
        );
    }
    sibling.stop().await;
    app.finish().await;
}
