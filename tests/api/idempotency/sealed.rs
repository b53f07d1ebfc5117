//! Answers are kept so that a copy of the database does not tell them.

use sqlx::PgPool;

use super::stage::{send, start};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_kept_can_be_read_by_this_service_alone(db: PgPool) {
    let (app, stage) = start(&db, &[]).await;
    let caller = app.guest();
    for key in ["k1", "k2"] {
        send(&caller, "/v1/things", key, "a").await.expect(201);
    }
    let kept: Vec<Vec<u8>> = sqlx::query_scalar("SELECT body FROM idempotency_keys")
        .fetch_all(&db)
        .await
        .expect("answers");
    let is_told = |body: &Vec<u8>| body.windows(3).any(|part| part == b"run");
    assert!(!kept.iter().any(is_told));

    // An answer that somebody has put in the place of another is none.
    sqlx::query(
        "UPDATE idempotency_keys AS kept SET body = other.body FROM idempotency_keys AS other
         WHERE kept.idempotency_key = 'k1' AND other.idempotency_key = 'k2'",
    )
    .execute(&db)
    .await
    .expect("rows");
    let replay = send(&caller, "/v1/things", "k1", "a").await;
    replay.expect_problem(422, "idempotency_key_reused");
    let replay = send(&caller, "/v1/things", "k2", "a").await.expect(201);
    assert_eq!((replay.text.as_str(), stage.n_runs()), ("run 2", 2));
    app.finish().await;
}
