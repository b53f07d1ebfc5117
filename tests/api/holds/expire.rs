//! What becomes of a hold at its deadline.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Sale, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_is_live_until_its_deadline_and_not_at_it(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);

    app.ctx.clock.advance(TimeDelta::milliseconds(599_999));
    let early = ben.place(&sale, &["S-A-1"]).await;
    let live = ana.get_hold(&sale, &hold).await.expect(200);
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    let expired = ana.get_hold(&sale, &hold).await.expect(200);
    let late = ana.confirm(&sale, &hold).await;

    early.expect_problem(409, "seats_unavailable");
    assert_eq!(live["state"], "held");
    assert_eq!(expired["state"], "expired");
    assert_eq!(expired["expires_in_seconds"], 0);
    let late = late.expect_problem(410, "hold_expired");
    assert_eq!(late["expired_at"], "2037-12-01T12:10:00Z");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lapsed_holds_seats_can_be_held_before_any_sweep(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));

    let taken = ben.place(&sale, &["S-A-2", "S-A-3"]).await.expect(201);
    ben.confirm(&sale, &taken).await.expect(201);

    assert_eq!(sale.states().await, ".bb.");
    let late = ana.confirm_by_token(&sale, &hold).await;
    late.expect_problem(410, "hold_expired");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_takes_the_seats_of_a_lapsed_hold_too(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(300));
    let bens = ben.place(&sale, &["S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(300));

    ben.change(&sale, &bens, &["S-A-1"], &[]).await.expect(200);

    assert_eq!(sale.states().await, "hh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lapsed_hold_does_not_count_for_its_holder(db: PgPool) {
    let app = TestApp::start(db).await;
    let limits = json!({"seats_per_hold_max": 2, "seats_per_person_max": 2});
    let sale = app.on_sale_with(1, 4, limits).await;
    let ana = app.guest();
    ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));

    ana.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);

    assert_eq!(sale.states().await, "..hh");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_sweep_frees_what_has_lapsed_and_nothing_else(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let lapsed = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(599));

    let before = sale.states().await;
    app.run_jobs().await;

    assert_eq!(before, "hh..");
    assert_eq!(sale.states().await, ".h..");
    let swept = ana.get_hold(&sale, &lapsed).await.expect(200);
    assert_eq!(swept["state"], "expired");
    assert_eq!(swept["expires_at"], lapsed["expires_at"]);
    ana.confirm(&sale, &lapsed)
        .await
        .expect_problem(410, "hold_expired");
    app.finish().await;
}

/// Places that many holds of a seat each; a sweep takes 200.
async fn place_many(app: &TestApp, sale: &Sale, n_holds: usize) {
    for n in 0..n_holds {
        let row = char::from(b'A' + u8::try_from(n / 25).expect("a row"));
        let seat = format!("S-{row}-{}", n % 25 + 1);
        app.guest().place(sale, &[&seat]).await.expect(201);
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_sweep_goes_on_until_nothing_is_due(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(10, 25).await;
    place_many(&app, &sale, 250).await;
    app.ctx.clock.advance(TimeDelta::seconds(600));

    app.run_jobs().await;

    assert_eq!(sale.states().await, ".".repeat(250));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn many_lapsed_holds_are_in_nobodys_way(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(10, 25).await;
    place_many(&app, &sale, 249).await;
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    app.guest().place(&sale, &["S-J-25"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));

    let last = app.guest().place(&sale, &["S-J-25"]).await;

    last.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_expired_hold_is_told_of_for_a_while_and_then_forgotten(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));
    app.run_jobs().await;

    app.ctx.clock.advance(TimeDelta::seconds(899));
    app.run_jobs().await;
    ana.get_hold(&sale, &hold).await.expect(200);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    app.run_jobs().await;

    ana.get_hold(&sale, &hold)
        .await
        .expect_problem(404, "not_found");
    ana.confirm(&sale, &hold)
        .await
        .expect_problem(404, "not_found");
    let late = ana.confirm_by_token(&sale, &hold).await;
    late.expect_problem(410, "hold_expired");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn lapsed_seats_are_kept_while_people_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.write_waiting(&sale, 1).await;
    app.ctx.clock.advance(TimeDelta::seconds(600));

    let refused = ben.place(&sale, &["S-A-1"]).await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(refused["conflicts"], super::conflicts(&[("S-A-1", "kept")]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_that_was_cut_off_ends_as_expired_after_its_lease(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.begin_confirm(&sale, &ana, &hold).await;

    app.ctx.clock.advance(TimeDelta::milliseconds(29_999));
    app.run_jobs().await;
    let within = sale.states().await;
    app.ctx.clock.advance(TimeDelta::milliseconds(1));
    app.run_jobs().await;

    assert_eq!(within, "h...");
    assert_eq!(sale.states().await, "....");
    let late = ana.confirm_by_token(&sale, &hold).await;
    late.expect_problem(410, "hold_expired");
    app.finish().await;
}

/// Whoever's sweep comes first, it is settled.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_that_was_cut_off_ends_though_buyers_meet_its_seats_before_the_sweep(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 4, json!({})).await {
        let (ana, ben) = (app.guest(), app.guest());
        let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
        let other = ana.place(&sale, &["S-A-2"]).await.expect(201);
        app.begin_confirm(&sale, &ana, &hold).await;
        app.ctx.clock.advance(TimeDelta::seconds(31));

        let met = [
            ben.place(&sale, &["S-A-1"]).await,
            ana.change(&sale, &other, &["S-A-1"], &[]).await,
            sale.block(&["S-A-1"]).await,
        ];
        app.run_jobs().await;

        for answer in met {
            answer.expect_problem(409, "seats_unavailable");
        }
        ben.place(&sale, &["S-A-1"]).await.expect(201);
    }
    app.finish().await;
}

/// F40
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_holds_of_a_cancelled_event_end(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    ana.book(&sale, &["S-A-2"]).await;
    sale.block(&["S-A-3"]).await.expect(204);
    sale.apply("cancel").await;

    app.run_jobs().await;

    assert_eq!(sale.states().await, "..x.");
    ana.get_hold(&sale, &hold)
        .await
        .expect_problem(404, "not_found");
    let late = ana.confirm_by_token(&sale, &hold).await;
    let late = late.expect_problem(409, "event_not_on_sale");
    assert_eq!(late["state"], "cancelled");
    app.finish().await;
}
