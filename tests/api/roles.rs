//! What goes with a role that is taken away.

use holdfast::id::CallerId;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_role_that_is_taken_away_is_gone_at_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let (first, second) = (app.admin().await, app.admin().await);
    let path_of = |id: Option<CallerId>| format!("/v1/accounts/{}/role", id.expect("an account"));

    let deposed = first
        .put(&path_of(second.caller_id), json!({"role": "customer"}))
        .await;

    deposed.expect(200);
    let revenge = second
        .put(&path_of(first.caller_id), json!({"role": "customer"}))
        .await;
    revenge.expect_problem(403, "forbidden");
    assert_eq!(second.get("/v1/me").await.expect(200)["role"], "customer");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_owns_events_no_more_reaches_only_what_they_bought(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;
    let own = sale.owner.book(&sale, &["S-A-2"]).await;
    let path_of = |it: &Answer| format!("/v1/bookings/{}", it.text_of("booking_id"));
    sale.owner.get(&path_of(&booking)).await.expect(200);

    app.give_role(&sale.owner, "customer").await;

    for path in [path_of(&booking), format!("{}/calendar", path_of(&booking))] {
        sale.owner.get(&path).await.expect_problem(404, "not_found");
    }
    let cancelled = sale.owner.cancel(&booking).await;
    cancelled.expect_problem(404, "not_found");
    sale.owner.get(&path_of(&own)).await.expect(200);
    sale.owner.cancel(&own).await.expect(200);
    app.finish().await;
}
