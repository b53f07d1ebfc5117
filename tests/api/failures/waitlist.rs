//! F19 to F22: offers doubled, snatched away, never made, or made at the wrong time.

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp};
use crate::waitlist::{bytes, offered_seats};

/// A row sold out to one person, and that person's booking.
pub async fn sold_out(app: &TestApp, n_seats: u32) -> (Sale, Caller, Answer) {
    let terms = json!({"seats_per_person_max": 100, "seats_per_hold_max": 50});
    let sale = app.on_sale_with(1, n_seats, terms).await;
    let seats: Vec<String> = (1..=n_seats).map(|n| format!("S-A-{n}")).collect();
    let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
    let seller = app.guest();
    let booking = seller.book(&sale, &seats).await;
    (sale, seller, booking)
}

pub async fn promote(app: &TestApp) {
    // A round that met another one's claim says so; the next one goes on.
    holdfast::waitlist::offer_kept_seats(&app.ctx).await.ok();
}

pub async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(&app.ctx.db)
        .await
        .expect(query)
}

pub(super) const N_LIVE: &str = "SELECT count(*) FROM waitlist_offers WHERE state = 'live'";

/// Claims that met a seat which another one had: with the keys in place there are none.
const N_DOUBLED: &str = "SELECT count(*) FROM waitlist_log
    WHERE kind = 'withdrawn' AND reason = 'seats_taken'";

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f19_eight_promoters_offer_each_seat_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let siblings = join_all((0..7).map(|_| app.start_sibling())).await;
    let (sale, seller, all) = sold_out(&app, 24).await;
    for _ in 0..24 {
        app.guest().join(&sale, 1).await.expect(201);
    }

    for burst in 0..6 {
        let seats: Vec<String> = (1..=4).map(|n| format!("S-A-{}", burst * 4 + n)).collect();
        let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
        seller.cancel_seats(&all, &seats).await.expect(200);
        let rounds = siblings.iter().chain([&app]).map(|sibling| async {
            for _ in 0..3 {
                promote(sibling).await;
            }
        });
        join_all(rounds).await;
        app.assert_invariants().await;
    }

    assert_eq!(count(&app, N_DOUBLED).await, 0);
    let n_told = "SELECT count(*) FROM outbox WHERE kind = 'waitlist.offered'";
    assert_eq!(count(&app, n_told).await, 24, "everybody is told once");
    assert_eq!(count(&app, N_LIVE).await, 24);
    assert_eq!(bytes(&app, &sale).await, "h".repeat(24));
    for sibling in siblings {
        sibling.stop().await;
    }
    app.finish().await;
}

/// Offers the first seat to whoever waits, as a promoter would that has not seen the other offer.
const OFFER_AGAIN: &str = "
    WITH entry AS (
        UPDATE waitlist_entries SET state = 'offered' WHERE state = 'waiting'
        RETURNING event_id, entry_id
    ), offer AS (
        INSERT INTO waitlist_offers (event_id, hold_id, entry_id, state, seats, amounts,
            offered_at, expires_at)
        SELECT event_id, entry_id, entry_id, 'live', '{0}', '{4950}', now(), now() FROM entry
    )
    INSERT INTO waitlist_offer_seats (event_id, seat_index, hold_id)
    SELECT event_id, 0, entry_id FROM entry";

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f19_without_the_key_a_seat_is_offered_twice_and_the_audit_says_so(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    for _ in 0..2 {
        app.guest().join(&sale, 1).await.expect(201);
    }
    seller.cancel(&all).await.expect(200);
    promote(&app).await;

    let refused = sqlx::raw_sql(OFFER_AGAIN).execute(&app.ctx.db).await;
    let refused = refused.expect_err("the key refuses it").to_string();
    assert!(refused.contains("waitlist_seat_offered_once"), "{refused}");
    app.assert_invariants().await;

    let drop = "ALTER TABLE waitlist_offer_seats DROP CONSTRAINT waitlist_seat_offered_once;";
    for statement in [drop, OFFER_AGAIN] {
        let done = sqlx::raw_sql(statement).execute(&app.ctx.db).await;
        done.expect("nothing refuses it");
    }
    let breaches = holdfast::audit::audit(&app.ctx, false)
        .await
        .expect("stores");
    let rules: Vec<_> = breaches.iter().map(|breach| breach.invariant).collect();
    assert_eq!(
        rules,
        ["I9", "I9"],
        "a seat twice, a key gone: {breaches:#?}"
    );
    app.stop().await;
}

/// Many ask for a seat while it comes free; answers how many of them got it.
async fn poll_for_a_seat(app: &TestApp, is_waited_for: bool) -> usize {
    let (sale, seller, all) = sold_out(app, 2).await;
    let ana = app.guest();
    if is_waited_for {
        ana.join(&sale, 1).await.expect(201);
    }
    let pollers: Vec<Caller> = (0..50).map(|_| app.guest()).collect();
    let polls = pollers.iter().map(|poller| async {
        let mut n_placed = 0;
        for _ in 0..8 {
            n_placed += usize::from(poller.place(&sale, &["S-A-1"]).await.status == 201);
        }
        n_placed
    });
    let free = async {
        seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
        promote(app).await;
    };
    let (placed, ()) = tokio::join!(join_all(polls), free);
    if is_waited_for {
        assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    }
    placed.iter().sum()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f20_a_freed_seat_is_never_free_to_others_while_somebody_waits(db: PgPool) {
    let app = TestApp::start(db).await;

    assert_eq!(poll_for_a_seat(&app, true).await, 0);
    assert_eq!(
        poll_for_a_seat(&app, false).await,
        1,
        "nobody polls in time"
    );

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f20_an_offer_is_accepted_or_lapses_and_never_both(db: PgPool) {
    let app = TestApp::start(db).await;
    for late_ms in [-40, -1, 0, 1] {
        let (sale, seller, all) = sold_out(&app, 1).await;
        let (ana, ben) = (app.guest(), app.guest());
        ana.join(&sale, 1).await.expect(201);
        seller.cancel(&all).await.expect(200);
        app.run_jobs().await;
        ben.join(&sale, 1).await.expect(201);
        let offer = ana.entry(&sale).await;
        app.ctx
            .clock
            .advance(TimeDelta::milliseconds(900_000 + late_ms));

        let accept = json!({});
        let path = sale.path("/waitlist/mine/accept");
        let (accepted, ()) = tokio::join!(ana.post(&path, accept), app.run_jobs());

        assert_eq!(offered_seats(&offer), ["S-A-1"]);
        app.run_jobs().await;
        let states = [&ana, &ben].map(|person| person.entry(&sale));
        let states = join_all(states).await;
        let states: Vec<_> = states.iter().map(|entry| entry.text_of("state")).collect();
        match accepted.status {
            201 => assert_eq!(states, ["accepted", "waiting"], "{late_ms}"),
            410 => assert_eq!(states, ["lapsed", "offered"], "{late_ms}"),
            status => panic!("{status} {}", accepted.text),
        }
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f21_a_party_that_is_passed_over_has_seats_collected(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 6).await;
    sale.set_waitlist(json!({"skips_max": 2})).await;
    let (party, singles) = (app.guest(), [(); 5].map(|()| app.guest()));
    party.join(&sale, 3).await.expect(201);
    for single in &singles {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        single.join(&sale, 1).await.expect(201);
    }

    for (seat, expected) in [
        ("S-A-1", "hbbbbb"),
        ("S-A-6", "hbbbbh"),
        ("S-A-3", "hbwbbh"),
        ("S-A-5", "hbwbwh"),
        ("S-A-4", "hbhhhh"),
    ] {
        seller.cancel_seats(&all, &[seat]).await.expect(200);
        app.run_jobs().await;
        assert_eq!(bytes(&app, &sale).await, expected, "after {seat}");
    }

    assert_eq!(
        offered_seats(&party.entry(&sale).await),
        ["S-A-3", "S-A-4", "S-A-5"]
    );
    let log = sale.waitlist_log().await;
    let n_skips = log.iter().filter(|(kind, ..)| kind == "skipped").count();
    assert_eq!(n_skips, 1, "a reason is logged once: {log:?}");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f22_seats_are_offered_only_while_the_event_is_on_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    for (verb, state, entry) in [
        ("pause", "bw", "waiting"),
        ("close", "b.", "lapsed"),
        ("cancel", "..", "lapsed"),
    ] {
        let (sale, seller, all) = sold_out(&app, 2).await;
        let ana = app.guest();
        ana.join(&sale, 1).await.expect(201);
        seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
        sale.apply(verb).await;

        app.run_jobs().await;
        app.run_jobs().await;

        assert_eq!(bytes(&app, &sale).await, state, "{verb}");
        assert_eq!(ana.entry(&sale).await["state"], entry, "{verb}");
        assert_eq!(ana.entry(&sale).await["offer"], json!(null), "{verb}");
    }
    let (sale, ..) = sold_out(&app, 2).await;
    app.guest().join(&sale, 1).await.expect(201);
    app.ctx
        .clock
        .advance(TimeDelta::days(31) + TimeDelta::hours(7));
    app.run_jobs().await;
    assert_eq!(
        app.guest().join(&sale, 1).await["code"],
        "event_not_on_sale"
    );
    let n_lapsed = "SELECT count(*) FROM waitlist_log WHERE reason = 'sales_ended'";
    assert_eq!(count(&app, n_lapsed).await, 3, "the paused one lapses, too");
    let n_cancelled = "SELECT count(*) FROM waitlist_log WHERE reason = 'event_cancelled'";
    assert_eq!(count(&app, n_cancelled).await, 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f22_an_offer_is_used_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    let path = sale.path("/waitlist/mine/accept");
    let booking = ana.post(&path, json!({})).await.expect(201);
    assert_eq!(
        ana.post(&path, json!({})).await.expect(200).body,
        booking.body
    );

    ana.cancel(&booking).await.expect(200);
    app.run_jobs().await;

    assert_eq!(ana.entry(&sale).await["state"], "accepted");
    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}
