//! F23: several promoters, one of which stands still for a while and goes on.

use chrono::TimeDelta;
use holdfast::board;
use sqlx::{Connection, PgConnection, PgPool};
use tokio::sync::oneshot;

use super::until;
use super::waitlist::{N_LIVE, count, promote, sold_out};
use crate::support::{Fault, Proxy, TestApp, redis_url};
use crate::waitlist::edges::{holding, run, until_waiting};
use crate::waitlist::{bytes, offered_seats};

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
                WHERE locktype = 'advisory' AND objid = 42 AND NOT granted AND database =
                    (SELECT oid FROM pg_database WHERE datname = current_database())";
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

/// Nobody was ever told of the offer that ran out: the person has the next one instead.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_an_offer_that_nobody_was_told_of_costs_nobody_their_place(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    with_a_paused_promoter(&app, &paused, &proxy, async || {
        app.ctx.clock.advance(TimeDelta::minutes(16));
        promote(&app).await;
    })
    .await;

    let entry = ana.entry(&sale).await;
    assert_eq!(offered_seats(&entry), ["S-A-1"], "{}", entry.text);
    assert_eq!(entry["offer"]["expires_in_seconds"], 900);
    assert_eq!(count(&app, N_LIVE).await, 1);
    let log = sale.waitlist_log().await;
    let ends: Vec<_> = log[1..]
        .iter()
        .map(|(kind, why, _)| (&**kind, &**why))
        .collect();
    let ends_expected = [("offered", ""), ("withdrawn", "not_told"), ("offered", "")];
    assert_eq!(ends, ends_expected);
    paused.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_whoever_places_what_was_withdrawn_lets_it_go_again(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    with_a_paused_promoter(&app, &paused, &proxy, async || {
        // Too late to tell her, and early enough for the hold that is under way.
        app.ctx.clock.advance(TimeDelta::seconds(885));
        assert_eq!(ana.entry(&sale).await["state"], "waiting");
    })
    .await;

    assert_eq!(bytes(&app, &sale).await, "w");
    promote(&app).await;
    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    paused.stop().await;
    app.finish().await;
}

const N_TOLD: &str = "SELECT count(*) FROM outbox WHERE kind = 'waitlist.offered'";

/// One promoter stands still between its claim and the board. Another finds that it is too late to
/// tell anybody of the offer, and waits for a lock with which to end it; the first goes on, until
/// `is_due`, when the lock is let go.
async fn judged_too_late(
    app: &TestApp,
    (paused, proxy): (&TestApp, &Proxy),
    lock: &str,
    is_due: impl AsyncFnOnce(),
) {
    let (begin, begun) = oneshot::channel();
    let meanwhile = async || {
        app.ctx.clock.advance(TimeDelta::seconds(885));
        let lock = holding(app, lock).await;
        begin.send(lock).expect("a judge");
        until_waiting(app, 1).await;
    };
    let judge = async {
        let mut lock = begun.await.expect("a lock");
        let let_go = async {
            is_due().await;
            run(&mut lock, "COMMIT").await;
        };
        tokio::join!(promote(app), let_go);
    };
    tokio::join!(with_a_paused_promoter(app, paused, proxy, meanwhile), judge);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_an_offer_that_its_person_has_just_been_told_of_is_not_withdrawn(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    // Whoever ends an offer locks this row, and whoever places one does not.
    let lock = "SELECT FROM waitlists FOR UPDATE";
    judged_too_late(&app, (&paused, &proxy), lock, async || {
        until("she is told", async || count(&app, N_TOLD).await == 1).await;
    })
    .await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    let log = sale.waitlist_log().await;
    assert_eq!(log.last().expect("a decision").0, "offered");
    promote(&app).await;
    assert_eq!(count(&app, N_TOLD).await, 1);
    paused.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_what_is_withdrawn_while_it_is_placed_is_let_go_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let (paused, proxy) = paused_sibling(&app).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    board::read_board(&paused.ctx, sale.id())
        .await
        .expect("a board");

    // Both wait for the offer's row, whoever ends it first.
    let lock = "SELECT FROM waitlist_offers FOR UPDATE";
    judged_too_late(&app, (&paused, &proxy), lock, async || {
        until_waiting(&app, 2).await;
    })
    .await;

    promote(&app).await;
    let entry = ana.entry(&sale).await;
    assert_eq!(offered_seats(&entry), ["S-A-1"], "{}", entry.text);
    assert_eq!(entry["offer"]["expires_in_seconds"], 900);
    assert_eq!(count(&app, N_TOLD).await, 1);
    paused.stop().await;
    app.finish().await;
}
