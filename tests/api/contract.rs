//! The HTTP contract as a whole.

use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_unknown_route_is_a_problem(db: PgPool) {
    let app = TestApp::start(db).await;

    app.stranger()
        .get("/v1/nowhere")
        .await
        .expect_problem(404, "not_found");

    app.finish().await;
}
