//! Every rule of the audit on I9 finds what breaks it.

use holdfast::audit::audit;
use serde_json::json;
use sqlx::PgPool;

use super::bytes;
use crate::failures::{promote, sold_out};
use crate::support::{Sale, TestApp};

async fn rules_broken(app: &TestApp) -> Vec<&'static str> {
    let breaches = audit(&app.ctx, false).await.expect("stores");
    let mut rules: Vec<_> = breaches
        .iter()
        .filter(|breach| breach.invariant == "I9")
        .map(|breach| breach.rule)
        .collect();
    rules.dedup();
    rules
}

async fn run(app: &TestApp, statements: &'static str) {
    let done = sqlx::raw_sql(statements).execute(&app.ctx.db).await;
    done.expect(statements);
}

const ONCE: &str = "an entry of a waitlist has at most one live offer, and a seat at most one";
const KEYS: &str = "the keys waitlist_entry_offered_once and waitlist_seat_offered_once are there";
const PAIRED: &str = "an entry is offered seats when, and only when, it has a live offer";
const CLAIMED: &str = "the seats of live offers, and no others, are claimed";
const PLACED: &str = "an offer that its person was told of is a hold on the board";
const DRAINED: &str = "no seat is kept for nobody";

/// Ana has an offer of the first seat, Ben waits.
async fn scene(app: &TestApp) -> Sale {
    let (sale, seller, all) = sold_out(app, 2).await;
    for n in 1..=2 {
        app.ctx.clock.advance(chrono::TimeDelta::seconds(1));
        app.guest().join(&sale, n).await.expect(201);
    }
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    promote(app).await;
    assert_eq!(bytes(app, &sale).await, "hb");
    sale
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn each_breach_of_i9_that_is_planted_in_postgresql_is_found_by_its_rule(db: PgPool) {
    let app = TestApp::start(db).await;
    scene(&app).await;
    assert_eq!(rules_broken(&app).await, [""; 0]);
    let another_offer = "INSERT INTO waitlist_offers (event_id, hold_id, entry_id, state, seats,
            amounts, offered_at, expires_at)
        SELECT event_id, gen_random_uuid(), entry_id, 'live', '{1}', '{4950}', offered_at,
            expires_at
        FROM waitlist_offers LIMIT 1";
    for (breach, rules, repair) in [
        (
            "UPDATE waitlist_entries SET state = 'waiting' WHERE state = 'offered'",
            &[PAIRED][..],
            "UPDATE waitlist_entries SET state = 'offered' WHERE quantity = 1",
        ),
        (
            "UPDATE waitlist_entries SET state = 'offered' WHERE quantity = 2",
            &[PAIRED],
            "UPDATE waitlist_entries SET state = 'waiting' WHERE quantity = 2",
        ),
        (
            "UPDATE waitlist_offer_seats SET seat_index = 1",
            &[CLAIMED],
            "UPDATE waitlist_offer_seats SET seat_index = 0",
        ),
        (
            "CREATE TABLE aside AS SELECT * FROM waitlist_offer_seats;
             DELETE FROM waitlist_offer_seats",
            &[CLAIMED],
            "INSERT INTO waitlist_offer_seats SELECT * FROM aside",
        ),
        (
            "ALTER INDEX waitlist_seat_offered_once RENAME TO aside_key",
            &[KEYS],
            "ALTER INDEX aside_key RENAME TO waitlist_seat_offered_once",
        ),
        (
            "DROP INDEX waitlist_entry_offered_once",
            &[KEYS],
            "SELECT 1",
        ),
        (another_offer, &[KEYS, ONCE, CLAIMED], "SELECT 1"),
    ] {
        run(&app, breach).await;
        assert_eq!(rules_broken(&app).await, rules, "{breach}");
        run(&app, repair).await;
    }
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_of_two_live_offers_is_found_without_its_key(db: PgPool) {
    let app = TestApp::start(db).await;
    scene(&app).await;

    run(
        &app,
        "ALTER TABLE waitlist_offer_seats DROP CONSTRAINT waitlist_seat_offered_once;
         WITH entry AS (
             UPDATE waitlist_entries SET state = 'offered' WHERE state = 'waiting'
             RETURNING event_id, entry_id
         ), seat AS (
             INSERT INTO waitlist_offer_seats (event_id, seat_index, hold_id)
             SELECT event_id, 0, entry_id FROM entry
         )
         INSERT INTO waitlist_offers (event_id, hold_id, entry_id, state, seats, amounts,
             offered_at, expires_at)
         SELECT event_id, entry_id, entry_id, 'live', '{0}', '{4950}', now(), now() FROM entry",
    )
    .await;

    assert_eq!(rules_broken(&app).await, [KEYS, ONCE]);
    app.stop().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_without_its_hold_and_a_seat_kept_for_nobody_are_found(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = scene(&app).await;
    let hold = "SELECT hold_id::text FROM waitlist_offers WHERE state = 'live'";
    let hold_id: String = sqlx::query_scalar(hold)
        .fetch_one(&app.ctx.db)
        .await
        .expect("an offer");
    app.forget_hold(&sale, &hold_id).await;
    assert_eq!(rules_broken(&app).await, [PLACED]);
    app.write_seat(&sale, 0, "w").await;
    promote(&app).await;
    assert_eq!(rules_broken(&app).await, [""; 0], "it is placed again");

    let entries = sale.owner.get(&sale.path("/waitlist")).await.expect(200);
    for entry in entries["items"].as_array().expect("items") {
        let id = entry["entry_id"].as_str().expect("an id");
        let removed = sale.decide("remove", id, json!({"reason": "A tout"})).await;
        removed.expect(200);
    }
    app.run_jobs().await;
    assert_eq!(bytes(&app, &sale).await, ".b");
    app.write_seat(&sale, 0, "w").await;
    assert_eq!(rules_broken(&app).await, [DRAINED]);
    app.stop().await;
}
