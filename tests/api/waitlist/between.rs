//! What happens between a round's plan and its claim. The test holds the row that every change of
//! the queue locks: whoever comes first changes it first once it is let go, and a round that came
//! later has planned without knowing of it.

use chrono::TimeDelta;
use holdfast::board;
use serde_json::json;
use sqlx::PgPool;

use super::edges::{ROOM_FOR_ALL, holding, run, until_waiting};
use super::{bytes, offered_seats};
use crate::failures::{promote, sold_out};
use crate::support::{Answer, Caller, Sale, TestApp};

const QUEUE: &str = "SELECT FROM waitlists FOR UPDATE";

/// So many people who each wait for a seat, one after the other.
async fn singles(app: &TestApp, sale: &Sale, n_people: usize) -> Vec<Caller> {
    let people: Vec<Caller> = (0..n_people).map(|_| app.guest()).collect();
    for person in &people {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        person.join(sale, 1).await.expect(201);
    }
    people
}

/// What somebody does while a round has planned and not yet claimed.
async fn while_planned<T>(app: &TestApp, change: impl Future<Output = T>) -> T {
    let mut lock = holding(app, QUEUE).await;
    let round = async {
        until_waiting(app, 1).await;
        promote(app).await;
    };
    let scene = async {
        until_waiting(app, 2).await;
        run(&mut lock, "COMMIT").await;
    };
    tokio::join!(change, round, scene).0
}

async fn state_of(person: &Caller, sale: &Sale) -> String {
    person.entry(sale).await.text_of("state")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_leaves_is_offered_nothing_and_keeps_nobody_from_an_offer(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let people = singles(&app, &sale, 2).await;
    seller.cancel(&all).await.expect(200);

    while_planned(&app, people[0].leave(&sale))
        .await
        .expect(204);

    assert_eq!(state_of(&people[0], &sale).await, "left");
    assert_eq!(offered_seats(&people[1].entry(&sale).await).len(), 1);
    promote(&app).await;
    assert_eq!(bytes(&app, &sale).await.replace('h', ""), ".", "let go");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_is_removed_is_offered_nothing_and_keeps_nobody_from_an_offer(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let people = singles(&app, &sale, 2).await;
    let entry = people[0].entry(&sale).await.text_of("entry_id");
    seller.cancel(&all).await.expect(200);

    let removal = json!({"version": 1, "reason": "A tout"});
    let remove = sale.decide_as_seen("remove", &entry, removal);
    let removed = while_planned(&app, remove).await;

    assert_eq!(removed.expect(200)["state"], "removed");
    assert_eq!(state_of(&people[0], &sale).await, "removed");
    assert_eq!(offered_seats(&people[1].entry(&sale).await).len(), 1);
    promote(&app).await;
    assert_eq!(bytes(&app, &sale).await.replace('h', ""), ".", "let go");
    app.finish().await;
}

/// There is no other way to change a wish than to leave and to join again, at the end.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_joins_again_with_another_wish_is_not_offered_what_they_wished_before(db: PgPool) {
    let app = TestApp::start_set(&db, &ROOM_FOR_ALL).await;
    let (sale, seller, all) = sold_out(&app, 3).await;
    let people = singles(&app, &sale, 2).await;
    seller
        .cancel_seats(&all, &["S-A-1", "S-A-3"])
        .await
        .expect(200);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    let mut lock = holding(&app, QUEUE).await;

    let leave = people[0].leave(&sale);
    let again = async {
        until_waiting(&app, 1).await;
        people[0].join(&sale, 2).await
    };
    let round = async {
        until_waiting(&app, 2).await;
        promote(&app).await;
    };
    let scene = async {
        until_waiting(&app, 3).await;
        run(&mut lock, "COMMIT").await;
    };
    let (left, joined, ..) = tokio::join!(leave, again, round, scene);

    left.expect(204);
    joined.expect(201);
    let entry = people[0].entry(&sale).await;
    assert_eq!(
        (&entry["state"], &entry["quantity"]),
        (&json!("waiting"), &json!(2))
    );
    let had = offered_seats(&people[1].entry(&sale).await);
    assert_eq!(had.len(), 1);
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    promote(&app).await;
    let offered = offered_seats(&people[0].entry(&sale).await);
    assert_eq!(offered.len(), 2, "{offered:?}");
    assert!(!offered.contains(&had[0]), "{offered:?}");
    app.finish().await;
}

/// Two rounds that have planned for different boards, the one with fewer seats being the first to
/// claim. Frees `early`, has one plan, frees `late`, has the other plan, and lets them claim.
async fn two_rounds(
    apps: [&TestApp; 2],
    (seller, all): (&Caller, &Answer),
    (early, late): (&[&str], &[&str]),
) {
    let [app, sibling] = apps;
    let mut lock = holding(app, QUEUE).await;
    seller.cancel_seats(all, early).await.expect(200);
    let second = async {
        until_waiting(app, 1).await;
        seller.cancel_seats(all, late).await.expect(200);
        promote(sibling).await;
    };
    let scene = async {
        until_waiting(app, 2).await;
        run(&mut lock, "COMMIT").await;
    };
    tokio::join!(promote(app), second, scene);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_has_another_offer_by_then_keeps_it_and_keeps_nobody_from_theirs(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let (sale, seller, all) = sold_out(&app, 5).await;
    let people = singles(&app, &sale, 2).await;

    let freed = (&["S-A-5"][..], &["S-A-1", "S-A-2"][..]);
    two_rounds([&app, &sibling], (&seller, &all), freed).await;

    assert_eq!(offered_seats(&people[0].entry(&sale).await), ["S-A-5"]);
    assert_eq!(offered_seats(&people[1].entry(&sale).await).len(), 1);
    let n_told = "SELECT count(*) FROM outbox WHERE kind = 'waitlist.offered'";
    let n_told: i64 = sqlx::query_scalar(n_told)
        .fetch_one(&app.ctx.db)
        .await
        .expect("a count");
    assert_eq!(n_told, 2);
    sibling.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nobody_is_offered_seats_before_somebody_whose_seat_another_round_has_claimed(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    for policy in ["strict", "first_that_fits"] {
        let (sale, seller, all) = sold_out(&app, 5).await;
        sale.set_waitlist(json!({"policy": policy})).await;
        let people = singles(&app, &sale, 3).await;

        // The first round has one seat for the first person, who has another in the second one's
        // plan: there the seat is the second person's, and the third has one of their own.
        let freed = (&["S-A-3"][..], &["S-A-1", "S-A-5"][..]);
        two_rounds([&app, &sibling], (&seller, &all), freed).await;

        let states = [0, 1, 2].map(|n| state_of(&people[n], &sale));
        let states = futures::future::join_all(states).await;
        assert_ne!(states[1..], ["waiting", "offered"], "{policy}");
        promote(&app).await;
        for person in &people {
            assert_eq!(
                offered_seats(&person.entry(&sale).await).len(),
                1,
                "{policy}"
            );
        }
    }
    sibling.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_log_has_the_offers_of_a_round_in_the_order_of_the_queue(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 9).await;
    let people = singles(&app, &sale, 9).await;
    seller.cancel(&all).await.expect(200);

    promote(&app).await;

    let log = sale.path("/waitlist/log?kind=offered");
    let log = sale.owner.get(&log).await.expect(200);
    let items = log["items"].as_array().expect("items").iter().rev();
    let offered: Vec<_> = items.map(|item| item["entry_id"].clone()).collect();
    let mut queue = Vec::new();
    for person in &people {
        queue.push(person.entry(&sale).await["entry_id"].clone());
    }
    assert_eq!(offered, queue);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nothing_is_offered_once_the_owner_has_stopped_the_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    for (verb, state) in [
        ("pause", "waiting"),
        ("close", "lapsed"),
        ("cancel", "lapsed"),
    ] {
        let (sale, seller, all) = sold_out(&app, 1).await;
        let ana = app.guest();
        ana.join(&sale, 1).await.expect(201);
        seller.cancel(&all).await.expect(200);
        let row = format!(
            "SELECT FROM events WHERE event_id = '{}' FOR UPDATE",
            sale.event_id
        );
        let mut lock = holding(&app, &row).await;

        let round = async {
            until_waiting(&app, 1).await;
            promote(&app).await;
        };
        let scene = async {
            until_waiting(&app, 2).await;
            run(&mut lock, "COMMIT").await;
        };
        tokio::join!(sale.apply(verb), round, scene);

        let n_offers = "SELECT count(*) FROM waitlist_offers";
        let n_offers: i64 = sqlx::query_scalar(n_offers)
            .fetch_one(&app.ctx.db)
            .await
            .expect("a count");
        assert_eq!(n_offers, 0, "{verb}");
        app.run_jobs().await;
        assert_eq!(state_of(&ana, &sale).await, state, "{verb}");
    }
    app.finish().await;
}

/// A round that has planned is stopped before its claim, until the test has done something that
/// leaves the queue as it is.
async fn after_the_plan<T>(app: &TestApp, change: impl AsyncFnOnce() -> T) -> T {
    let mut lock = holding(app, QUEUE).await;
    let scene = async {
        until_waiting(app, 1).await;
        let done = change().await;
        run(&mut lock, "COMMIT").await;
        done
    };
    tokio::join!(promote(app), scene).1
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_on_sale_that_somebody_buys_first_is_not_offered_and_costs_nobody_their_place(
    db: PgPool,
) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, buyer) = (app.guest(), app.guest(), app.guest());
    let one = seller.book(&sale, &["S-A-2"]).await;
    ana.join(&sale, 2).await.expect(201);
    seller.cancel(&one).await.expect(200);
    assert_eq!(bytes(&app, &sale).await, ".w");

    let held = after_the_plan(&app, async || buyer.place(&sale, &["S-A-1"]).await).await;

    let held = held.expect(201);
    assert_eq!(bytes(&app, &sale).await, "hw");
    assert_eq!(state_of(&ana, &sale).await, "waiting");
    let log = sale.waitlist_log().await;
    let last = log.last().expect("a decision");
    assert_eq!((&*last.0, &*last.1), ("withdrawn", "seats_taken"));
    buyer.release(&sale, &held).await.expect(204);
    promote(&app).await;
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1", "S-A-2"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_kept_seat_that_is_let_go_is_offered_unless_somebody_has_it(db: PgPool) {
    let app = TestApp::start(db).await;
    for is_bought in [false, true] {
        let (sale, seller, all) = sold_out(&app, 1).await;
        let (ana, buyer) = (app.guest(), app.guest());
        ana.join(&sale, 1).await.expect(201);
        seller.cancel(&all).await.expect(200);

        after_the_plan(&app, async || {
            let looked = board::read_board(&app.ctx, sale.id())
                .await
                .expect("a board");
            let asked = (&looked, i64::MAX);
            let n_let_go = board::let_go_kept_seats(&app.ctx, sale.id(), asked, &[0]).await;
            assert_eq!(n_let_go.expect("a board"), 1);
            if is_bought {
                buyer.book(&sale, &["S-A-1"]).await;
            }
        })
        .await;

        let (board, state) = if is_bought {
            ("b", "waiting")
        } else {
            ("h", "offered")
        };
        assert_eq!(bytes(&app, &sale).await, board);
        assert_eq!(state_of(&ana, &sale).await, state);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_come_back_are_for_the_next_in_the_queue(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 3).await;
    let people = singles(&app, &sale, 2).await;
    seller.cancel_seats(&all, &["S-A-3"]).await.expect(200);

    let free = async || seller.cancel_seats(&all, &["S-A-1"]).await;
    after_the_plan(&app, free).await.expect(200);

    assert_eq!(offered_seats(&people[0].entry(&sale).await), ["S-A-3"]);
    assert_eq!(bytes(&app, &sale).await, "wbh");
    promote(&app).await;
    assert_eq!(offered_seats(&people[1].entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_is_lost_gets_the_offer_all_the_same(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let people = singles(&app, &sale, 1).await;
    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);

    after_the_plan(&app, async || app.lose_board(&sale).await).await;

    assert_eq!(bytes(&app, &sale).await, "bh");
    assert_eq!(offered_seats(&people[0].entry(&sale).await), ["S-A-2"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_offered_at_the_price_that_they_have_by_then(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let people = singles(&app, &sale, 1).await;
    seller.cancel(&all).await.expect(200);
    // A round reads this table after the prices, and before the rows that it locks.
    let mut lock = holding(&app, "LOCK TABLE waitlist_offer_seats").await;

    let scene = async {
        until_waiting(&app, 1).await;
        sale.reprice("60.00").await;
        run(&mut lock, "COMMIT").await;
    };
    tokio::join!(promote(&app), scene);

    app.run_jobs().await;
    let offer = people[0].entry(&sale).await["offer"].clone();
    assert_eq!(offer["seats"][0]["price"], "60.00", "{offer}");
    app.finish().await;
}
