//! Some instances reach Redis and others do not: boards are in PostgreSQL for all of them.

use chrono::TimeDelta;
use holdfast::board;
use serde_json::json;
use sqlx::PgPool;

use super::fallback::{fallen_back, mode, n_epochs, pass, start, until_redis_is_back};
use super::until;
use crate::support::{Fault, Proxy, TestApp, noon, redis_url};

/// Two instances, the first of which reaches Redis through a proxy.
async fn one_behind_a_proxy(db: &PgPool) -> (TestApp, TestApp, Proxy) {
    let proxy = Proxy::start(&redis_url()).await;
    let clock = noon();
    let cut_off = start(db, &proxy.url, &clock).await;
    let connected = start(db, &redis_url(), &clock).await;
    (cut_off, connected, proxy)
}

/// Cuts an instance off, until it has noticed.
async fn cut(proxy: &Proxy, app: &TestApp) {
    proxy.set(Fault::Cut);
    until("Redis is away", async || {
        board::beat(&app.ctx).await.expect("a beat");
        let has_redis = sqlx::query_scalar("SELECT bool_and(has_redis) FROM instances");
        let has_redis: bool = has_redis.fetch_one(&app.ctx.db).await.expect("instances");
        !has_redis
    })
    .await;
}

/// Long enough for who is cut off to decide alone; the other one stands still.
async fn leave_alone(cut_off: &TestApp, connected: &TestApp) {
    for _ in 0..11 {
        cut_off.ctx.clock.advance(TimeDelta::seconds(1));
        board::beat(&connected.ctx).await.expect("a beat");
        board::beat(&cut_off.ctx).await.expect("a beat");
        board::move_boards(&cut_off.ctx).await.expect("moved");
    }
    assert_eq!(mode(cut_off).await, "postgres");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_with_one_instance_cut_off_both_sell_and_every_hold_stays(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let apps = [&cut_off, &connected];
    let sale = connected.on_sale(1, 6).await;
    let (ana, ben) = (connected.guest(), cut_off.guest());
    let held = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let gone = ana.place(&sale, &["S-A-2"]).await.expect(201);
    ana.release(&sale, &gone).await.expect(204);
    pass(&apps, 2).await;

    cut(&proxy, &cut_off).await;
    pass(&apps, 6).await;
    assert_eq!(mode(&connected).await, "postgres");

    // Who decided reached Redis and took the holds along.
    assert_eq!(ana.get_hold(&sale, &held).await["state"], "held");
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    ana.release(&sale, &gone).await.expect(204);
    let theirs = ben.place(&sale, &["S-A-2"]).await.expect(201);
    ana.place(&sale, &["S-A-2"])
        .await
        .expect_problem(409, "seats_unavailable");
    ana.confirm(&sale, &held).await.expect(201);

    proxy.set(Fault::None);
    until_redis_is_back(&cut_off).await;
    pass(&apps, 12).await;
    assert_eq!(mode(&connected).await, "redis");
    assert_eq!(ana.at(&cut_off).states_of(&sale).await, "bh....");
    ben.confirm(&sale, &theirs).await.expect(201);
    assert_eq!(sale.states().await, "bb....");
    cut_off.stop().await;
    connected.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_an_instance_that_missed_one_beat_and_stands_still_moves_nothing(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    connected.on_sale(1, 2).await;
    pass(&[&cut_off, &connected], 2).await;

    cut(&proxy, &cut_off).await;
    for _ in 0..8 {
        connected.ctx.clock.advance(TimeDelta::seconds(1));
        board::beat(&connected.ctx).await.expect("a beat");
        board::move_boards(&connected.ctx).await.expect("moved");
    }
    assert_eq!(mode(&connected).await, "redis");

    pass(&[&cut_off, &connected], 1).await;
    assert_eq!(mode(&connected).await, "postgres");
    cut_off.stop().await;
    connected.finish().await;
}

/// The window that is left: an instance that has not heard places a hold in an epoch that is over.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_hold_of_an_epoch_that_is_over_is_never_confirmed_against_another(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let sale = connected.on_sale(1, 3).await;
    let (ana, ben) = (connected.guest(), cut_off.guest());
    let first = ana.place(&sale, &["S-A-3"]).await.expect(201);
    pass(&[&cut_off, &connected], 1).await;
    cut(&proxy, &cut_off).await;
    leave_alone(&cut_off, &connected).await;

    let late = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let late_alone = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let rightful = ben.place(&sale, &["S-A-1"]).await.expect(201);
    let refused = ana.confirm_by_token(&sale, &late).await;
    refused.expect_problem(409, "seats_unavailable");
    ana.confirm_by_token(&sale, &late_alone).await.expect(201);
    ana.confirm_by_token(&sale, &first).await.expect(201);
    ben.confirm(&sale, &rightful).await.expect(201);

    assert_eq!(sale.owner.at(&cut_off).states_of(&sale).await, "bbb");
    cut_off.stop().await;
    connected.finish().await;
}

/// The instance to which they come back has not heard that the board has left Redis.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f32_a_viewer_who_saw_a_board_leave_redis_sees_no_older_one(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let sale = connected.on_sale(1, 3).await;
    let (ana, ben) = (connected.guest(), cut_off.guest());
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    let mut stays = ana.watch(&sale).await;
    stays.until("h..").await;
    cut(&proxy, &cut_off).await;
    leave_alone(&cut_off, &connected).await;
    let mut viewer = ben.watch(&sale).await;
    ben.place(&sale, &["S-A-2"]).await.expect(201);
    viewer.until(".h.").await;

    let back = ana
        .watch_with(&sale, &[("Last-Event-ID", &viewer.id())])
        .await;
    ben.place(&sale, &["S-A-3"]).await.expect(201);
    back.knowing(&viewer).until(".hh").await;
    stays.until(".hh").await;

    cut_off.stop().await;
    connected.finish().await;
}

/// The owner asks an instance that has not heard that the board has left Redis.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_seats_are_blocked_and_put_back_where_the_board_is(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let [blocked, refused, freed] = [
        connected.on_sale(1, 2).await,
        connected.on_sale(1, 2).await,
        connected.on_sale(1, 2).await,
    ];
    for sale in [&blocked, &refused, &freed] {
        sale.block(&["S-A-2"]).await.expect(204);
    }
    cut(&proxy, &cut_off).await;
    leave_alone(&cut_off, &connected).await;
    let ben = cut_off.guest();
    ben.place(&refused, &["S-A-1"]).await.expect(201);

    blocked.block(&["S-A-1"]).await.expect(204);
    let answer = refused.block(&["S-A-1"]).await;
    freed.unblock(&["S-A-2"]).await.expect(204);

    let conflicts = answer.expect_problem(409, "seats_unavailable")["conflicts"].clone();
    assert_eq!(conflicts, json!([{"seat": "S-A-1", "reason": "held"}]));
    assert_eq!(ben.states_of(&blocked).await, "xx");
    assert_eq!(ben.states_of(&refused).await, "hx");
    assert_eq!(ben.states_of(&freed).await, "..");
    cut_off.stop().await;
    connected.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_board_that_nobody_was_told_has_left_redis_is_closed_there(db: PgPool) {
    let (other, app, _proxy) = one_behind_a_proxy(&db).await;
    let sale = app.on_sale(1, 2).await;
    let (ana, ben) = (app.guest(), other.guest());
    ben.place(&sale, &["S-A-1"]).await.expect(201);

    assert!(board::fall_back(&app.ctx, sale.id()).await.expect("moved"));
    ana.place(&sale, &["S-A-2"]).await.expect(201);

    // The other instance asks Redis, finds no board there, and learns where it is.
    let refused = ben.place(&sale, &["S-A-1", "S-A-2"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    let held = |seat: &str| json!({"seat": seat, "reason": "held"});
    assert_eq!(refused["conflicts"], json!([held("S-A-1"), held("S-A-2")]));
    let again = board::fall_back(&other.ctx, sale.id()).await;
    assert!(!again.expect("known"));
    assert_eq!(n_epochs(&app).await, 2, "loaded once, and moved once");
    other.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_link_that_comes_and_goes_does_not_move_the_board(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let apps = [&cut_off, &connected];
    let sale = connected.on_sale(1, 1).await;
    connected.guest().place(&sale, &["S-A-1"]).await.expect(201);
    pass(&apps, 1).await;
    let before = n_epochs(&connected).await;

    for _ in 0..3 {
        cut(&proxy, &cut_off).await;
        pass(&apps, 4).await;
        proxy.set(Fault::None);
        until_redis_is_back(&cut_off).await;
        pass(&apps, 3).await;
    }
    assert_eq!(mode(&connected).await, "redis");
    assert_eq!(n_epochs(&connected).await, before);

    cut(&proxy, &cut_off).await;
    pass(&apps, 8).await;
    for _ in 0..3 {
        proxy.set(Fault::None);
        until_redis_is_back(&cut_off).await;
        pass(&apps, 8).await;
        cut(&proxy, &cut_off).await;
        pass(&apps, 2).await;
    }
    assert_eq!(mode(&connected).await, "postgres");
    assert_eq!(n_epochs(&connected).await, before + 1);
    cut_off.stop().await;
    connected.finish().await;
}

/// Going back to Redis fails half-way: who finds no board there loads it, with its holds.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_return_that_is_cut_off_is_finished_by_the_next(db: PgPool) {
    let (cut_off, connected, proxy) = one_behind_a_proxy(&db).await;
    let sale = fallen_back(&connected, 3, json!({})).await;
    let (ana, ben) = (connected.guest(), connected.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let booked = ana.place(&sale, &["S-A-2"]).await.expect(201);
    cut(&proxy, &cut_off).await;

    assert!(
        board::go_back(&cut_off.ctx, sale.id())
            .await
            .expect("moved")
    );
    assert_eq!(mode(&connected).await, "redis");
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    ana.confirm(&sale, &booked).await.expect(201);
    assert_eq!(ana.get_hold(&sale, &hold).await["state"], "held");
    assert_eq!(sale.states().await, "hb.");
    cut_off.stop().await;
    connected.finish().await;
}

/// Nobody reaches Redis, so whoever moves the board cannot end it there; then one of them does
/// again before it has heard.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_who_finds_redis_again_asks_first_what_has_left_it(db: PgPool) {
    let (first, second) = (
        Proxy::start(&redis_url()).await,
        Proxy::start(&redis_url()).await,
    );
    let clock = noon();
    let mover = start(&db, &first.url, &clock).await;
    let other = start(&db, &second.url, &clock).await;
    let (sale, later) = (mover.on_sale(1, 3).await, mover.on_sale(1, 1).await);
    let (ana, ben) = (mover.guest(), other.guest());
    let booking = ana.book(&sale, &["S-A-1"]).await;
    ben.place(&sale, &["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    ben.place(&later, &["S-A-1"]).await.expect(201);
    cut(&first, &mover).await;
    cut(&second, &other).await;
    for _ in 0..6 {
        clock.advance(TimeDelta::seconds(1));
        board::beat(&mover.ctx).await.expect("a beat");
        board::beat(&other.ctx).await.expect("a beat");
        board::move_boards(&mover.ctx).await.expect("moved");
    }
    assert_eq!(mode(&mover).await, "postgres");
    ana.cancel(&booking).await.expect(200);
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    ana.place(&later, &["S-A-1"]).await.expect(201);

    second.set(Fault::None);
    until_redis_is_back(&other).await;

    let refused = ben.place(&sale, &["S-A-2", "S-A-3"]).await;
    let conflicts = refused.expect_problem(409, "seats_unavailable")["conflicts"].clone();
    assert_eq!(conflicts, json!([{"seat": "S-A-2", "reason": "held"}]));
    let hold = ben.place(&sale, &["S-A-1"]).await.expect(201);
    // From its next beat on it knows of all of them.
    board::beat(&other.ctx).await.expect("a beat");
    let refused = ben.place(&later, &["S-A-1"]).await;
    refused.expect_problem(409, "seats_unavailable");
    assert_eq!(later.owner.at(&other).states_of(&later).await, "h");
    ben.confirm(&sale, &hold).await.expect(201);
    assert_eq!(ana.states_of(&sale).await, "bh.");
    mover.stop().await;
    other.finish().await;
}
