//! Boards that come back to Redis, and what is left of them in PostgreSQL.

use chrono::TimeDelta;
use holdfast::board;
use serde_json::json;
use sqlx::PgPool;

use super::fallback::{fallen_back, start, until_redis_is_back};
use super::{Stalled, until, until_confirming};
use crate::support::{Fault, Proxy, Sale, TestApp, noon, redis_url};

/// A board comes back to Redis, and whoever brought it there ends before it clears what is left.
async fn go_back_and_end(app: &TestApp, sale: &Sale) {
    let fail = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'gone'; END $$;
         CREATE TRIGGER fail BEFORE DELETE ON fallback_holds EXECUTE FUNCTION fail()";
    let db = &app.ctx.db;
    sqlx::raw_sql(fail).execute(db).await.expect("a trigger");
    let moved = board::go_back(&app.ctx, sale.id()).await;
    assert!(moved.expect("moved"));
    let mend = sqlx::raw_sql("DROP FUNCTION fail CASCADE");
    mend.execute(db).await.expect("no trigger");
    assert_eq!(n_left(app).await, 1);
}

async fn n_left(app: &TestApp) -> i64 {
    let n_left = sqlx::query_scalar("SELECT count(*) FROM fallback_boards");
    n_left.fetch_one(&app.ctx.db).await.expect("a count")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_what_is_left_of_a_board_that_came_back_is_cleared(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = fallen_back(&app, 2, json!({})).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    go_back_and_end(&app, &sale).await;

    board::reconcile_boards(&app.ctx).await.expect("compared");

    assert_eq!(n_left(&app).await, 0);
    ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(sale.states().await, "b.");
    app.finish().await;
}

/// It comes back neither to a board that is loaded from PostgreSQL, nor to one that goes there.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_hold_that_was_let_go_in_redis_does_not_come_back(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = start(&db, &proxy.url, &noon()).await;
    for is_lost in [true, false] {
        let sale = fallen_back(&app, 2, json!({})).await;
        let (ana, ben) = (app.guest(), app.guest());
        let let_go = ana.place(&sale, &["S-A-1"]).await.expect(201);
        let kept = ben.place(&sale, &["S-A-2"]).await.expect(201);
        go_back_and_end(&app, &sale).await;
        ana.release(&sale, &let_go).await.expect(204);
        let taken = ben.place(&sale, &["S-A-1"]).await.expect(201);

        if is_lost {
            app.lose_board(&sale).await;
        } else {
            proxy.set(Fault::Cut);
            until("Redis is away", async || {
                board::read_board(&app.ctx, sale.id()).await.is_err()
            })
            .await;
            let moved = board::fall_back(&app.ctx, sale.id()).await;
            assert!(moved.expect("moved"));
        }

        // What Redis knew better is lost with it, but for who has a token.
        ben.confirm_by_token(&sale, &taken).await.expect(201);
        ben.confirm_by_token(&sale, &kept).await.expect(201);
        assert_eq!(ben.states_of(&sale).await, "bb");
    }
    proxy.set(Fault::None);
    until_redis_is_back(&app).await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_hold_does_not_take_along_seats_that_others_have_booked(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    let some = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let all = ben.place(&sale, &["S-A-3"]).await.expect(201);
    app.insert_rival_booking(&sale, 0).await;
    app.insert_rival_booking(&sale, 2).await;

    board::fall_back(&app.ctx, sale.id()).await.expect("moved");
    board::go_back(&app.ctx, sale.id()).await.expect("moved");

    assert_eq!(sale.states().await, "bhb.");
    let found = ana.get_hold(&sale, &some).await.expect(200);
    assert_eq!(found["total"], "49.50");
    assert_eq!(found["expires_at"], some["expires_at"]);
    assert_eq!(ben.get_hold(&sale, &all).await["state"], "released");
    ana.release(&sale, &some).await.expect(204);
    ben.release(&sale, &all).await.expect(204);
    assert_eq!(sale.states().await, "b.b.");
    app.finish().await;
}

/// Its hold was taken along while the confirm waited for a committer.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f6_a_confirm_that_began_in_time_has_the_time_that_was_left_on_the_next_board(db: PgPool) {
    let app = start(&db, &redis_url(), &noon()).await;
    let (sale, other) = (app.on_sale(1, 1).await, app.on_sale(1, 2).await);
    let (ana, ben) = (app.guest(), app.guest());
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let first = ben.place(&other, &["S-A-1"]).await.expect(201);
    let second = ben.place(&other, &["S-A-2"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::milliseconds(599_950));
    let stalled = Stalled::start(&app, &other).await;

    let late = async {
        until_waiting(&app, 2).await;
        ana.confirm(&sale, &hold).await
    };
    let moving = async {
        until_confirming(&app, &sale).await;
        app.ctx.clock.advance(TimeDelta::seconds(20));
        let moved = board::fall_back(&app.ctx, sale.id()).await;
        assert!(moved.expect("moved"));
        stalled.end().await;
    };
    let (confirmed, first, second, ()) = tokio::join!(
        late,
        ben.confirm(&other, &first),
        async {
            until_waiting(&app, 1).await;
            ben.confirm(&other, &second).await
        },
        moving,
    );

    first.expect(201);
    second.expect(201);
    confirmed.expect(201);
    assert_eq!(sale.states().await, "b");
    app.finish().await;
}

/// Waits until so many committers wait for the lock of an event.
async fn until_waiting(app: &TestApp, n_committers: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event = 'advisory'";
    until("committers wait", async || {
        let counting = sqlx::query_scalar::<_, i64>(waiting);
        counting.fetch_one(&app.ctx.db).await.expect("the activity") >= n_committers
    })
    .await;
}
