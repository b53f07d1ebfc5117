//! What cannot wait is not behind what a whole house is told.

use chrono::TimeDelta;
use holdfast::{app, deliveries};
use serde_json::json;
use sqlx::PgPool;

use super::start_set;
use crate::support::{Sale, TestApp};

/// Makes what is owed, and sends none of it.
async fn derive(app: &TestApp) {
    let names = ["cancel_bookings_of_cancelled_events", "remind_of_events"];
    let jobs = app::JOBS.iter().copied();
    let jobs: Vec<_> = jobs.filter(|job| names.contains(&job.name)).collect();
    holdfast::jobs::run_all(&app.ctx, &jobs).await;
    while let holdfast::jobs::Progress::Worked(_) = deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries")
    {}
}

/// The mail that is claimed next: its kind and its event.
async fn next(app: &TestApp) -> (String, String) {
    let claims = deliveries::claim_mails(&app.ctx.db, 1, app.ctx.clock.imposed()).await;
    let claim = claims.expect("claims").pop().expect("a claim");
    (claim.kind, claim.event_id.to_string())
}

fn expected(kind: &str, sale: &Sale) -> (String, String) {
    (kind.to_owned(), sale.event_id.clone())
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn mails_to_one_go_before_mails_to_a_whole_house(db: PgPool) {
    let settings = [("HOLDFAST_TOKEN_TTL_SECONDS", "315360000")];
    let (app, _server) = start_set(&db, &settings).await;
    let soon = app
        .on_sale_with(1, 4, json!({"starts_at": "2037-12-03T12:00:00Z"}))
        .await;
    let [changed, cancelled, sale] = [
        app.on_sale(1, 4).await,
        app.on_sale(1, 4).await,
        app.on_sale(1, 4).await,
    ];
    let guest = app.guest();
    for event in [&soon, &changed, &cancelled] {
        guest.book(event, &["S-A-1"]).await;
    }
    let booking = guest.book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::hours(25));
    changed.edit(json!({"name": "Another concert"})).await;
    cancelled.apply("cancel").await;
    derive(&app).await;

    app.ctx.clock.advance(TimeDelta::seconds(1));
    guest.cancel(&booking).await.expect(200);
    derive(&app).await;
    assert_eq!(next(&app).await, expected("booking.cancelled", &sale));
    app.ctx.clock.advance(TimeDelta::seconds(1));
    guest.book(&sale, &["S-A-2"]).await;
    derive(&app).await;
    assert_eq!(next(&app).await, expected("booking.confirmed", &sale));

    let mut rest = [next(&app).await.0, next(&app).await.0, next(&app).await.0];
    rest.sort();
    assert_eq!(
        rest,
        ["booking.cancelled", "event.changed", "event.reminder"]
    );
    app.finish().await;
}
