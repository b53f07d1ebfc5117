//! Adding seats to a hold and removing others.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{conflicts, seats};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_are_added_and_removed_in_one_step(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-2", "S-A-3"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(60));

    let changed = ana
        .change(&sale, &hold, &["S-A-4", "S-A-1"], &["S-A-3"])
        .await;

    let changed = changed.expect(200);
    assert_eq!(seats(&changed), ["S-A-1", "S-A-2", "S-A-4"]);
    assert_eq!(changed["total"], "148.50");
    assert_eq!(changed["hold_id"], hold["hold_id"]);
    assert_eq!(changed["expires_at"], hold["expires_at"]);
    assert_eq!(changed["expires_in_seconds"], 540);
    assert_eq!(sale.states().await, "hh.h");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_is_made_whole_or_not_at_all(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 5).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    ben.place(&sale, &["S-A-2"]).await.expect(201);
    ben.book(&sale, &["S-A-3"]).await;

    let refused = ana
        .change(&sale, &hold, &["S-A-2", "S-A-3", "S-A-4"], &["S-A-1"])
        .await;

    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = [("S-A-2", "held"), ("S-A-3", "booked")];
    assert_eq!(refused["conflicts"], conflicts(&expected));
    let kept = ana.get_hold(&sale, &hold).await.expect(200);
    assert_eq!(seats(&kept), ["S-A-1"]);
    assert_eq!(sale.states().await, "hhb..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_change_again_changes_nothing(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);

    let first = ana
        .change(&sale, &hold, &["S-A-3"], &["S-A-1"])
        .await
        .expect(200);
    let before = sale
        .owner
        .get(&sale.path("/availability"))
        .await
        .expect(200);
    let again = ana
        .change(&sale, &hold, &["S-A-3"], &["S-A-1"])
        .await
        .expect(200);
    let nothing = ana.change(&sale, &hold, &[], &[]).await.expect(200);
    let after = sale
        .owner
        .get(&sale.path("/availability"))
        .await
        .expect(200);

    assert_eq!(again.body, first.body);
    assert_eq!(nothing.body, first.body);
    assert_eq!(after.body, before.body);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_change_that_cannot_be_meant_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);

    let emptied = ana.change(&sale, &hold, &[], &["S-A-1", "S-A-2"]).await;
    let both = ana
        .change(&sale, &hold, &["S-A-3", "S-A-4"], &["S-A-4"])
        .await;
    let unknown = ana.change(&sale, &hold, &["S-A-3", "S-Z-1"], &[]).await;
    let unknown_removed = ana.change(&sale, &hold, &[], &["S-Z-2"]).await;

    let emptied = emptied.expect_problem(422, "validation_failed");
    assert_eq!(emptied["errors"][0]["pointer"], "/remove");
    let both = both.expect_problem(422, "validation_failed");
    assert_eq!(both["errors"][0]["pointer"], "/add/1");
    let unknown = unknown.expect_problem(422, "unknown_seats");
    assert_eq!(unknown["seats"], json!(["S-Z-1"]));
    let unknown = unknown_removed.expect_problem(422, "unknown_seats");
    assert_eq!(unknown["seats"], json!(["S-Z-2"]));
    assert_eq!(sale.states().await, "hh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_named_twice_or_after_the_others_is_pointed_at_where_it_stands(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    let refused = ana
        .change(&sale, &hold, &["S-A-4", "S-A-2"], &["S-A-4"])
        .await;

    let refused = refused.expect_problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/add/0");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_does_not_grow_above_its_limit_but_may_always_shrink(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(1, 5, json!({"seats_per_hold_max": 3}))
        .await;
    let ana = app.guest();
    let hold = ana
        .place(&sale, &["S-A-1", "S-A-2", "S-A-3"])
        .await
        .expect(201);

    let grown = ana.change(&sale, &hold, &["S-A-4"], &[]).await;
    let grown = grown.expect_problem(409, "hold_limit_reached");
    assert_eq!((&grown["limit"], &grown["held"]), (&json!(3), &json!(3)));
    ana.change(&sale, &hold, &["S-A-4"], &["S-A-1"])
        .await
        .expect(200);
    sale.edit(json!({"seats_per_hold_max": 1, "seats_per_person_max": 1}))
        .await;
    let shrunk = ana.change(&sale, &hold, &[], &["S-A-4"]).await.expect(200);
    let grown = ana.change(&sale, &hold, &["S-A-5"], &[]).await;

    assert_eq!(seats(&shrunk), ["S-A-2", "S-A-3"]);
    grown.expect_problem(409, "hold_limit_reached");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn kept_seats_keep_their_price_and_added_ones_have_the_new_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    sale.reprice("60.00").await;

    let changed = ana
        .change(&sale, &hold, &["S-A-1", "S-A-3"], &["S-A-2"])
        .await;
    let booking = ana.confirm(&sale, &hold).await.expect(201);

    let changed = changed.expect(200);
    assert_eq!(changed["seats"][0]["price"], "49.50");
    assert_eq!(changed["seats"][1]["price"], "60.00");
    assert_eq!(changed["total"], "109.50");
    assert_eq!(booking["total"], "109.50");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_that_is_not_live_is_not_changed(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let ana = app.guest();
    let released = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let confirmed = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let confirming = ana.place(&sale, &["S-A-3"]).await.expect(201);
    let lapsed = ana.place(&sale, &["S-A-4"]).await.expect(201);
    ana.release(&sale, &released).await.expect(204);
    ana.confirm(&sale, &confirmed).await.expect(201);
    app.begin_confirm(&sale, &ana, &confirming).await;

    let stranger = app.guest().change(&sale, &lapsed, &["S-A-6"], &[]).await;
    stranger.expect_problem(404, "not_found");
    for (hold, code) in [
        (&released, "hold_released"),
        (&confirmed, "hold_confirmed"),
        (&confirming, "hold_confirming"),
    ] {
        let refused = ana.change(&sale, hold, &["S-A-6"], &[]).await;
        refused.expect_problem(409, code);
    }
    app.ctx.clock.advance(TimeDelta::seconds(600));
    let refused = ana.change(&sale, &lapsed, &["S-A-6"], &[]).await;
    let refused = refused.expect_problem(410, "hold_expired");
    assert_eq!(refused["expired_at"], "2037-12-01T12:10:00Z");

    ana.confirm(&sale, &confirming).await.expect(201);
    assert_eq!(sale.states().await, ".bbh..");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_is_not_changed_while_the_event_is_not_on_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    sale.apply("pause").await;

    let refused = ana.change(&sale, &hold, &["S-A-2"], &[]).await;

    let refused = refused.expect_problem(409, "event_not_on_sale");
    assert_eq!(refused["state"], "paused");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn removed_seats_are_kept_while_people_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    app.write_waiting(&sale, 1).await;

    ana.change(&sale, &hold, &[], &["S-A-1"]).await.expect(200);
    ana.release(&sale, &hold).await.expect(204);

    let refused = ben.place(&sale, &["S-A-1", "S-A-2"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    let expected = [("S-A-1", "kept"), ("S-A-2", "kept")];
    assert_eq!(refused["conflicts"], conflicts(&expected));
    app.finish().await;
}
