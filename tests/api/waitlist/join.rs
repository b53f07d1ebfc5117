//! Joining and leaving.

use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn whoever_can_buy_now_need_not_wait(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (seller, ana) = (app.guest(), app.guest());
    seller.book(&sale, &["S-A-2"]).await;

    let refused = ana
        .join(&sale, 2)
        .await
        .expect_problem(409, "seats_available");
    assert_eq!(refused["seats"], json!(["S-A-3", "S-A-4"]));
    ana.join(&sale, 3).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_person_and_a_mail_address_wait_once(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    let contact = json!({"name": "Ana", "email": "Ana@example.org"});
    ana.join_with(&sale, json!({"contact": contact}))
        .await
        .expect(201);

    ana.join(&sale, 1)
        .await
        .expect_problem(409, "already_waiting");
    let contact = json!({"name": "Ben", "email": "ana@EXAMPLE.org"});
    let again = ben.join_with(&sale, json!({"contact": contact})).await;
    again.expect_problem(409, "already_waiting");
    ana.leave(&sale).await.expect(204);
    ana.leave(&sale).await.expect(204);
    ben.join_with(&sale, json!({"contact": contact}))
        .await
        .expect(201);
    app.finish().await;
}
