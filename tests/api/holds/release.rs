//! Looking at a hold and letting it go.

use chrono::TimeDelta;
use sqlx::PgPool;

use super::seats;
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_released_holds_seats_are_free_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);

    ana.release(&sale, &hold).await.expect(204);

    assert_eq!(sale.states().await, "....");
    ben.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    ana.release(&sale, &hold).await.expect(204);
    assert_eq!(sale.states().await, "hh..");
    let seen = ana.get_hold(&sale, &hold).await.expect(200);
    assert_eq!(seen["state"], "released");
    ana.confirm(&sale, &hold)
        .await
        .expect_problem(409, "hold_released");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn somebody_elses_hold_does_not_exist(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let hold = app.guest().place(&sale, &["S-A-1"]).await.expect(201);

    for stranger in [
        app.guest(),
        app.customer().await,
        app.admin().await,
        sale.owner.clone(),
    ] {
        let answers = [
            stranger.get_hold(&sale, &hold).await,
            stranger.release(&sale, &hold).await,
            stranger.confirm(&sale, &hold).await,
            stranger.confirm_by_token(&sale, &hold).await,
        ];
        for answer in answers {
            assert!([404, 422].contains(&answer.status), "{}", answer.text);
            assert!(!answer.text.contains("S-A-1"), "{}", answer.text);
        }
    }
    assert_eq!(sale.states().await, "h...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_belongs_to_its_event(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, other) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    ana.get_hold(&other, &hold)
        .await
        .expect_problem(404, "not_found");
    ana.release(&other, &hold)
        .await
        .expect_problem(404, "not_found");
    ana.confirm(&other, &hold)
        .await
        .expect_problem(404, "not_found");

    assert_eq!(sale.states().await, "h...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_shows_how_far_it_has_come(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1", "S-A-3"]).await.expect(201);

    app.ctx.clock.advance(TimeDelta::milliseconds(1_500));
    let held = ana.get_hold(&sale, &hold).await.expect(200);
    app.begin_confirm(&sale, &ana, &hold).await;
    let confirming = ana.get_hold(&sale, &hold).await.expect(200);
    let while_confirming = sale.states().await;
    ana.confirm(&sale, &hold).await.expect(201);
    let confirmed = ana.get_hold(&sale, &hold).await.expect(200);

    assert_eq!(held["state"], "held");
    assert_eq!(held["expires_in_seconds"], 598);
    assert_eq!(held["now"], "2037-12-01T12:00:01.500Z");
    assert_eq!(confirming["state"], "confirming");
    assert_eq!(while_confirming, "h.h.");
    assert_eq!(confirmed["state"], "confirmed");
    assert_eq!(seats(&confirmed), ["S-A-1", "S-A-3"]);
    assert_eq!(confirmed["total"], "99.00");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_that_is_or_becomes_a_booking_is_not_released(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    app.begin_confirm(&sale, &ana, &hold).await;
    let confirming = ana.release(&sale, &hold).await;
    ana.confirm(&sale, &hold).await.expect(201);
    let confirmed = ana.release(&sale, &hold).await;

    let confirming = confirming.expect_problem(409, "hold_confirming");
    assert_eq!(confirming["retryable"], true);
    assert_eq!(confirming.header("retry-after"), "1");
    confirmed.expect_problem(409, "hold_confirmed");
    assert_eq!(sale.states().await, "b...");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_can_be_released_whatever_has_become_of_the_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();

    let mut holds = Vec::new();
    for seat in ["S-A-1", "S-A-2", "S-A-3"] {
        holds.push(ana.place(&sale, &[seat]).await.expect(201));
    }

    for (hold, verb) in holds.iter().zip(["pause", "close", "cancel"]) {
        sale.apply(verb).await;
        ana.release(&sale, hold).await.expect(204);
    }

    assert_eq!(sale.states().await, "....");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lapsed_hold_counts_as_released(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));

    ana.release(&sale, &hold).await.expect(204);
    app.run_jobs().await;
    ana.release(&sale, &hold).await.expect(204);

    assert_eq!(sale.states().await, "....");
    app.finish().await;
}
