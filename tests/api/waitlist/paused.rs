//! While an event is paused nothing can be confirmed.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{bytes, offered_seats};
use crate::failures::sold_out;
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_that_runs_out_while_the_event_is_paused_costs_nobody_their_place(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    sale.apply("pause").await;
    app.ctx.clock.advance(TimeDelta::minutes(16));
    app.run_jobs().await;
    assert_eq!(
        (
            &ana.entry(&sale).await["state"],
            bytes(&app, &sale).await.as_str()
        ),
        (&json!("waiting"), "w")
    );

    sale.apply("open").await;
    app.run_jobs().await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    let log = sale.waitlist_log().await;
    let withdrawn = ("withdrawn".to_owned(), "paused".to_owned());
    let mut ends = log.iter().map(|(kind, reason, _)| (kind, reason));
    assert!(
        ends.any(|end| end == (&withdrawn.0, &withdrawn.1)),
        "{log:?}"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_opens_again_as_an_offer_runs_out_costs_nobody_their_place(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.join(&sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    app.run_jobs().await;
    sale.apply("pause").await;
    app.ctx.clock.advance(TimeDelta::minutes(15));
    sale.apply("open").await;

    app.run_jobs().await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1"]);
    app.ctx.clock.advance(TimeDelta::minutes(15));
    app.run_jobs().await;
    assert_eq!(ana.entry(&sale).await["state"], "lapsed", "the next time");
    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-1"]);
    app.finish().await;
}
