//! F19 to F23: offers doubled, snatched away, never made, or made at the wrong time.

use chrono::TimeDelta;
use futures::future::join_all;
use holdfast::board;
use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};

use super::until;
use crate::support::{Answer, Caller, Fault, Proxy, Sale, TestApp, redis_url};
use crate::waitlist::{bytes, offered_seats};

/// A row sold out to one person, and that person's booking.
async fn sold_out(app: &TestApp, n_seats: u32) -> (Sale, Caller, Answer) {
    let terms = json!({"seats_per_person_max": 100, "seats_per_hold_max": 50});
    let sale = app.on_sale_with(1, n_seats, terms).await;
    let seats: Vec<String> = (1..=n_seats).map(|n| format!("S-A-{n}")).collect();
    let seats: Vec<&str> = seats.iter().map(String::as_str).collect();
    let seller = app.guest();
    let booking = seller.book(&sale, &seats).await;
    (sale, seller, booking)
}

async fn promote(app: &TestApp) {
    // A round that met another one's claim says so; the next one goes on.
    holdfast::waitlist::offer_kept_seats(&app.ctx).await.ok();
}

async fn count(app: &TestApp, query: &'static str) -> i64 {
    sqlx::query_scalar(query)
        .fetch_one(&app.ctx.db)
        .await
        .expect(query)
}

const N_LIVE: &str = "SELECT count(*) FROM waitlist_offers WHERE state = 'live'";

/// Claims that met a seat which another one had: with the keys in place there are none.
const N_DOUBLED: &str = "SELECT count(*) FROM waitlist_log
    WHERE kind = 'withdrawn' AND reason = 'seats_taken'";

/// Bursts of seats come free under eight promoters; answers how many claims were doubled.
async fn promote_from_eight(db: PgPool, spoil: &'static str) -> i64 {
    let app = TestApp::start(db).await;
    if !spoil.is_empty() {
        sqlx::raw_sql(spoil)
            .execute(&app.ctx.db)
            .await
            .expect(spoil);
    }
    let siblings = join_all((0..7).map(|_| app.start_sibling())).await;
    let (sale, seller, all) = sold_out(&app, 24).await;
    let people: Vec<Caller> = (0..24).map(|_| app.guest()).collect();
    for person in &people {
        person.join(&sale, 1).await.expect(201);
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
    }
    let n_doubled = count(&app, N_DOUBLED).await;
    for sibling in siblings {
        sibling.stop().await;
    }
    if spoil.is_empty() {
        assert_eq!(count(&app, N_LIVE).await, 24);
        assert_eq!(bytes(&app, &sale).await, "h".repeat(24));
        app.finish().await;
    } else {
        app.stop().await;
    }
    n_doubled
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f19_eight_promoters_offer_each_seat_once(db: PgPool) {
    assert_eq!(promote_from_eight(db, "").await, 0);
}

/// The same without the key that decides: a check that could not fail would prove nothing.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f19_without_the_key_seats_are_offered_twice(db: PgPool) {
    let spoil = "ALTER TABLE waitlist_offer_seats DROP CONSTRAINT waitlist_seat_offered_once;";
    assert!(promote_from_eight(db, spoil).await > 0);
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
    assert_eq!(count(&app, n_lapsed).await, 4, "the paused one lapses, too");
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

/// Claims wait for this lock, until it is let go.
async fn hold_claims(app: &TestApp) -> PgConnection {
    let trigger = "
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared(42); RETURN NEW; END';
        CREATE TRIGGER wait BEFORE INSERT ON waitlist_offers
            FOR EACH ROW EXECUTE FUNCTION wait();";
    sqlx::raw_sql(trigger)
        .execute(&app.ctx.db)
        .await
        .expect("a trigger");
    let options = app.ctx.db.connect_options();
    let mut connection = PgConnection::connect_with(&options)
        .await
        .expect("a connection");
    let lock = sqlx::query("SELECT pg_advisory_lock(42)");
    lock.execute(&mut connection).await.expect("a lock");
    connection
}

/// One promoter stands still between its claim and the board, for as long as `meanwhile` takes.
async fn with_a_paused_promoter(
    app: &TestApp,
    paused: &TestApp,
    proxy: &Proxy,
    meanwhile: impl AsyncFnOnce(),
) {
    let lock = hold_claims(app).await;
    let scene = async {
        until("the promoter claims", async || {
            let waiting = "SELECT count(*) FROM pg_locks
                WHERE locktype = 'advisory' AND objid = 42 AND NOT granted";
            count(app, waiting).await == 1
        })
        .await;
        proxy.set(Fault::Hold);
        lock.close().await.expect("the lock is let go");
        until("it has claimed", async || count(app, N_LIVE).await == 1).await;
        meanwhile().await;
        proxy.set(Fault::None);
    };
    tokio::join!(promote(paused), scene);
}

async fn paused_sibling(app: &TestApp) -> (TestApp, Proxy) {
    let proxy = Proxy::start(&redis_url()).await;
    let clock = app.ctx.clock.clone();
    let paused = TestApp::start_with(&app.ctx.db, &proxy.url, clock).await;
    (paused, proxy)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_a_promoter_that_stood_still_does_no_harm(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    with_a_paused_promoter(&app, &paused, &proxy, async || {
        promote(&app).await;
        assert_eq!(
            offered_seats(&ana.entry(&sale).await),
            ["S-A-1"],
            "another one places it"
        );
        ana.leave(&sale).await.expect(204);
        promote(&app).await;
        assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1"]);
    })
    .await;

    promote(&app).await;
    assert_eq!(ana.entry(&sale).await["state"], "left");
    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1"]);
    assert_eq!(count(&app, N_LIVE).await, 1);
    paused.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_an_offer_that_was_withdrawn_is_not_placed_by_whoever_wakes_up(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let (ana, zoe) = (app.guest(), app.guest());
    ana.join(&sale, 1).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    with_a_paused_promoter(&app, &paused, &proxy, async || {
        // The seat is taken in between, as one that was on sale can be.
        app.write_seat(&sale, 0, ".").await;
        let hold = zoe.place(&sale, &["S-A-1"]).await.expect(201);
        promote(&app).await;
        assert_eq!(ana.entry(&sale).await["state"], "waiting");
        zoe.release(&sale, &hold).await.expect(204);
    })
    .await;

    assert_eq!(
        bytes(&app, &sale).await,
        "wb",
        "the delayed call has placed the hold"
    );
    app.run_jobs().await;
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    paused.stop().await;
    app.finish().await;
}
