//! A seat that the reconciler sets counts for whom PostgreSQL says.

use chrono::TimeDelta;
use holdfast::board;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Sale, TestApp};

fn limits() -> Value {
    json!({"seats_per_hold_max": 4, "seats_per_person_max": 4})
}

/// Mends the board; answers its seats, a byte each.
async fn mended(app: &TestApp, sale: &Sale) -> String {
    let findings = board::reconcile(&app.ctx, sale.id(), true).await;
    assert_ne!(findings.expect("a board"), [], "there is nothing to mend");
    bytes(app, sale).await
}

async fn bytes(app: &TestApp, sale: &Sale) -> String {
    let board = board::read_board(&app.ctx, sale.id()).await;
    String::from_utf8(board.expect("a board").seats).expect("bytes")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancelled_seat_that_is_freed_late_does_not_count(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 8, limits()).await {
        let ana = app.guest();
        let seats = ["S-A-1", "S-A-2", "S-A-3", "S-A-4"];
        let booking = ana.book(&sale, &seats).await;
        ana.cancel(&booking).await.expect(200);
        for index in 0..4 {
            app.forget_cancellation(&sale, index, &ana).await;
        }
        app.ctx.clock.advance(TimeDelta::seconds(61));

        assert_eq!(mended(&app, &sale).await, "........");

        ana.place(&sale, &seats).await.expect(201);
        let refused = ana.place(&sale, &["S-A-5"]).await;
        refused.expect_problem(409, "hold_limit_reached");
    }
    app.finish().await;
}

/// I10
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_booked_seat_that_the_board_is_told_of_late_counts(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 8, limits()).await {
        let ana = app.guest();
        ana.book(&sale, &["S-A-1", "S-A-2"]).await;
        for index in 0..2 {
            app.forget_booking(&sale, index, &ana).await;
        }

        assert_eq!(mended(&app, &sale).await, "bb......");

        let refused = ana.place(&sale, &["S-A-3", "S-A-4", "S-A-5"]).await;
        refused.expect_problem(409, "hold_limit_reached");
        ana.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);
    }
    app.finish().await;
}
