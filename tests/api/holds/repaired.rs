//! A seat that the reconciler sets counts for whom PostgreSQL says, and is no hold's any more.

use chrono::TimeDelta;
use holdfast::{board, bookings};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp};

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

/// Ana has booked the first seat, and Ben holds it with others: the board had not heard.
async fn held_and_booked(app: &TestApp, sale: &Sale, seats: &[&str]) -> (Caller, Caller, Answer) {
    let (ana, ben) = (app.guest(), app.guest());
    ana.book(sale, &["S-A-1"]).await;
    app.forget_booking(sale, 0, &ana).await;
    let hold = ben.place(sale, seats).await.expect(201);
    (ana, ben, hold)
}

#[derive(Clone, Copy, Debug)]
enum End {
    Released,
    Changed,
    Lapsed,
    Refused,
    CutOff,
}

impl End {
    async fn bring_about(self, app: &TestApp, sale: &Sale, ben: &Caller, hold: &Answer) {
        let sweep = async |seconds| {
            app.ctx.clock.advance(TimeDelta::seconds(seconds));
            let swept = board::expire_holds(&app.ctx, sale.id()).await;
            swept.expect("a board");
        };
        match self {
            Self::Released => {}
            Self::Changed => {
                ben.change(sale, hold, &[], &["S-A-1"]).await.expect(200);
            }
            Self::Refused => {
                let refused = ben.confirm(sale, hold).await;
                refused.expect_problem(409, "seats_unavailable");
            }
            Self::Lapsed => return sweep(600).await,
            Self::CutOff => {
                app.begin_confirm(sale, ben, hold).await;
                sweep(31).await;
                let settled = bookings::settle_confirming_holds(&app.ctx).await;
                settled.expect("stores");
                return;
            }
        }
        ben.release(sale, hold).await.expect(204);
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_repaired_seat_stays_booked_whatever_becomes_of_the_hold(db: PgPool) {
    let app = TestApp::start(db).await;
    for end in [
        End::Released,
        End::Changed,
        End::Lapsed,
        End::Refused,
        End::CutOff,
    ] {
        for sale in app.on_sale_in_each_store(1, 8, limits()).await {
            let (ana, ben, hold) = held_and_booked(&app, &sale, &["S-A-1", "S-A-2"]).await;
            assert_eq!(mended(&app, &sale).await, "bh......", "{end:?}");

            end.bring_about(&app, &sale, &ben, &hold).await;

            assert_eq!(bytes(&app, &sale).await, "b.......", "{end:?}");
            // Ana has one seat, and Ben none.
            let of_ana = ["S-A-2", "S-A-3", "S-A-4", "S-A-5"];
            let refused = ana.place(&sale, &of_ana).await;
            refused.expect_problem(409, "hold_limit_reached");
            ana.place(&sale, &of_ana[..3]).await.expect(201);
            let of_ben = ["S-A-5", "S-A-6", "S-A-7", "S-A-8"];
            ben.place(&sale, &of_ben).await.expect(201);
        }
    }
    app.run_jobs().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_gives_up_a_repaired_seat_may_not_have_one_more_for_it(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 8, limits()).await {
        let (_, ben, hold) = held_and_booked(&app, &sale, &["S-A-1", "S-A-2"]).await;
        ben.place(&sale, &["S-A-3", "S-A-4"]).await.expect(201);
        assert_eq!(mended(&app, &sale).await, "bhhh....");

        let changed = ben.change(&sale, &hold, &["S-A-5", "S-A-6"], &["S-A-1"]);
        let refused = changed.await.expect_problem(409, "hold_limit_reached");
        ben.change(&sale, &hold, &["S-A-5"], &["S-A-1"])
            .await
            .expect(200);

        assert_eq!(refused["held"], 3);
        assert_eq!(bytes(&app, &sale).await, "bhhhh...");
    }
    app.finish().await;
}

/// I10: Ben's confirm is what tells the board of it.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_seat_that_a_refused_confirm_finds_booked_counts_for_who_booked_it(db: PgPool) {
    let app = TestApp::start(db).await;
    for sale in app.on_sale_in_each_store(1, 8, limits()).await {
        let (ana, ben, hold) = held_and_booked(&app, &sale, &["S-A-1", "S-A-2"]).await;

        let refused = ben.confirm(&sale, &hold).await;

        refused.expect_problem(409, "seats_unavailable");
        assert_eq!(bytes(&app, &sale).await, "bh......");
        let four = ["S-A-3", "S-A-4", "S-A-5", "S-A-6"];
        let refused = ana.place(&sale, &four).await;
        refused.expect_problem(409, "hold_limit_reached");
        ana.place(&sale, &four[1..]).await.expect(201);
    }
    app.finish().await;
}
