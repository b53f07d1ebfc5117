//! What a repair makes of seats that come free.

use chrono::TimeDelta;
use holdfast::board;
use sqlx::PgPool;

use super::bytes;
use crate::failures::{count, promote, sold_out, until};
use crate::support::{Fault, Proxy, TestApp, redis_url};

/// Those who have read what PostgreSQL knows of a board, and not yet the board.
const N_READERS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
      AND query LIKE '%webhook_endpoints%'";

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repair_keeps_no_seat_for_somebody_who_has_left(db: PgPool) {
    let app = TestApp::start(db).await;
    let proxy = Proxy::start(&redis_url()).await;
    let clock = app.ctx.clock.clone();
    let late = TestApp::start_with(&app.ctx.db, &proxy.url, clock).await;
    let (sale, seller, all) = sold_out(&app, 1).await;
    let ana = app.guest();
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);
    app.forget_cancellation(&sale, 0, &seller).await;
    app.ctx.clock.advance(TimeDelta::minutes(2));
    board::read_board(&late.ctx, sale.id())
        .await
        .expect("a board");
    proxy.set(Fault::Hold);

    let scene = async {
        let has_read = async || count(&app, N_READERS).await == 1;
        until("the waitlist has been read", has_read).await;
        ana.leave(&sale).await.expect(204);
        promote(&app).await;
        assert_eq!(bytes(&app, &sale).await, "b", "nothing to let go");
        proxy.set(Fault::None);
    };
    let (repaired, ()) = tokio::join!(board::reconcile(&late.ctx, sale.id(), true), scene);

    assert_eq!(repaired.expect("a board").len(), 1);
    assert_eq!(bytes(&app, &sale).await, ".");
    late.stop().await;
    app.finish().await;
}
