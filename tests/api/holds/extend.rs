//! Extending a hold's time.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_extended_hold_has_its_full_time_again(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(300));

    let extended = ana.extend(&sale, &hold).await.expect(200);
    app.ctx.clock.advance(TimeDelta::seconds(599));
    app.run_jobs().await;

    assert_eq!(extended["expires_at"], "2037-12-01T12:15:00Z");
    assert_eq!(extended["expires_in_seconds"], 600);
    assert_eq!(extended["placed_at"], hold["placed_at"]);
    assert_ne!(extended["hold_token"], hold["hold_token"]);
    let seen = ana.get_hold(&sale, &hold).await.expect(200);
    assert_eq!(seen["expires_at"], extended["expires_at"]);
    assert_eq!(seen["hold_token"], extended["hold_token"]);
    assert_eq!(seen["expires_in_seconds"], 1);
    ana.confirm(&sale, &hold).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_lives_no_longer_than_the_event_allows(db: PgPool) {
    let app = TestApp::start(db).await;
    let lifetime = json!({"hold_ttl_seconds": 600, "hold_lifetime_max_seconds": 900});
    let sale = app.on_sale_with(1, 4, lifetime).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(400));

    let last = ana.extend(&sale, &hold).await.expect(200);
    let refused = ana.extend(&sale, &hold).await;

    assert_eq!(last["expires_at"], "2037-12-01T12:15:00Z");
    assert_eq!(last["expires_in_seconds"], 500);
    let refused = refused.expect_problem(409, "hold_cannot_be_extended");
    assert_eq!(refused["expires_at"], "2037-12-01T12:15:00Z");
    app.ctx.clock.advance(TimeDelta::seconds(500));
    let over = ana.extend(&sale, &hold).await;
    let over = over.expect_problem(410, "hold_expired");
    assert_eq!(over["expired_at"], "2037-12-01T12:15:00Z");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_shorter_time_to_live_takes_no_time_away(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    sale.edit(json!({"hold_ttl_seconds": 60})).await;

    let extended = ana.extend(&sale, &hold).await.expect(200);

    assert_eq!(extended["expires_at"], hold["expires_at"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_that_is_not_live_is_not_extended(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let released = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let confirmed = ana.place(&sale, &["S-A-2"]).await.expect(201);
    let confirming = ana.place(&sale, &["S-A-3"]).await.expect(201);
    ana.release(&sale, &released).await.expect(204);
    ana.confirm(&sale, &confirmed).await.expect(201);
    app.begin_confirm(&sale, &ana, &confirming).await;

    for (hold, code) in [
        (&released, "hold_released"),
        (&confirmed, "hold_confirmed"),
        (&confirming, "hold_confirming"),
    ] {
        ana.extend(&sale, hold).await.expect_problem(409, code);
        let stranger = app.guest().extend(&sale, hold).await;
        stranger.expect_problem(404, "not_found");
    }
    ana.confirm(&sale, &confirming).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_pause_takes_no_time_from_holders_and_the_end_of_the_sale_does(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    sale.apply("pause").await;
    app.run_jobs().await;
    ana.extend(&sale, &hold).await.expect(200);
    sale.apply("close").await;
    app.run_jobs().await;
    let refused = ana.extend(&sale, &hold).await;
    let refused = refused.expect_problem(409, "event_not_on_sale");
    assert_eq!(refused["state"], "closed");
    app.finish().await;
}
