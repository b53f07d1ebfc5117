//! F24: Redis' clock decides deadlines; the application's may be wrong by an hour.

use chrono::{DateTime, TimeDelta, Utc};
use fred::interfaces::LuaInterface;
use holdfast::clock::{Clock, from_ms};
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp, redis_url};

async fn redis_now(app: &TestApp) -> DateTime<Utc> {
    let source = "return redis.call('TIME')[1]";
    let keys = Vec::<String>::new();
    let seconds: i64 = app
        .ctx
        .redis
        .next()
        .eval(source, keys.clone(), keys)
        .await
        .expect("TIME");
    from_ms(seconds * 1000)
}

fn instant(answer: &Answer, member: &str) -> DateTime<Utc> {
    answer.text_of(member).parse().expect("a time")
}

/// Ends the test by a clock that is right.
async fn finish(app: TestApp) {
    let right = TestApp::start_with(&app.ctx.db, &redis_url(), Clock::System).await;
    app.stop().await;
    right.finish().await;
}

const SKEWS: [TimeDelta; 2] = [TimeDelta::hours(-1), TimeDelta::hours(1)];

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_wrong_clock_moves_no_deadline(db: PgPool) {
    for skew in SKEWS {
        let app = TestApp::start_with(&db, &redis_url(), Clock::Skewed(skew)).await;
        let sale = app.on_sale(1, 3).await;
        let ana = app.guest();

        let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

        let late = (instant(&hold, "placed_at") - redis_now(&app).await).num_seconds();
        assert!((-10..=1).contains(&late), "placed {late} s from now");
        let lifetime = instant(&hold, "expires_at") - instant(&hold, "placed_at");
        assert_eq!(lifetime, TimeDelta::seconds(600));
        assert_eq!(hold["expires_in_seconds"], 600);
        app.run_jobs().await;
        let later = ana.get_hold(&sale, &hold).await.expect(200);
        assert_eq!(later["state"], "held");
        assert_eq!(later["expires_at"], hold["expires_at"]);
        let left = later["expires_in_seconds"].as_i64().expect("seconds");
        assert!((590..=600).contains(&left), "{left} s are left");
        finish(app).await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_wrong_clock_sees_a_lapsed_hold_as_expired(db: PgPool) {
    for skew in SKEWS {
        let app = TestApp::start_with(&db, &redis_url(), Clock::Skewed(skew)).await;
        let sale = app.on_sale(1, 2).await;
        let (ana, ben) = (app.guest(), app.guest());
        // Placed when Redis' clock was a quarter of an hour younger.
        let then = redis_now(&app).await - TimeDelta::minutes(15);
        let app_then = TestApp::start_with(&db, &redis_url(), Clock::manual(then)).await;
        let hold = ana.at(&app_then).place(&sale, &["S-A-1"]).await.expect(201);

        let seen = ana.get_hold(&sale, &hold).await.expect(200);
        assert_eq!(seen["state"], "expired");
        assert_eq!(seen["expires_in_seconds"], 0);
        ana.confirm_by_token(&sale, &hold)
            .await
            .expect_problem(410, "hold_expired");
        ben.place(&sale, &["S-A-1"]).await.expect(201);

        app_then.stop().await;
        finish(app).await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_wrong_clock_sells_and_takes_back(db: PgPool) {
    for skew in SKEWS {
        let app = TestApp::start_with(&db, &redis_url(), Clock::Skewed(skew)).await;
        let sale = app.on_sale(1, 2).await;
        let ana = app.guest();

        let booking = ana.book(&sale, &["S-A-1"]).await;
        assert_eq!(sale.states().await, "b.");
        ana.cancel(&booking).await.expect(200);
        assert_eq!(sale.states().await, "..");

        finish(app).await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_a_wrong_clock_does_not_date_a_cancellation(db: PgPool) {
    for skew in SKEWS {
        let app = TestApp::start_with(&db, &redis_url(), Clock::Skewed(skew)).await;
        let sale = app.on_sale(1, 1).await;
        let ana = app.guest();
        let booking = ana.book(&sale, &["S-A-1"]).await;
        ana.cancel(&booking).await.expect(200);

        // The seat may be mended a minute after this: by a wrong clock too soon, or hours late.
        let is_now: bool = sqlx::query_scalar(
            "SELECT bool_and(cancelled_at BETWEEN now() - interval '1 minute' AND now())
             FROM cancelled_seats",
        )
        .fetch_one(&db)
        .await
        .expect("a cancelled seat");
        assert!(is_now, "by a clock that is wrong by {skew}");
        finish(app).await;
    }
}

/// An app whose clock is right, one whose is not, and a house of one seat, booked, in a sale that
/// began half an hour ago and goes on for half an hour.
async fn short_sale(db: &PgPool, skew: TimeDelta) -> (TestApp, TestApp, Sale, (Caller, Answer)) {
    let right = TestApp::start_with(db, &redis_url(), Clock::System).await;
    let wrong = TestApp::start_with(db, &redis_url(), Clock::Skewed(skew)).await;
    let (now, half) = (redis_now(&right).await, TimeDelta::minutes(30));
    let times = json!({"sales_open_at": now - half, "sales_close_at": now + half});
    let sale = right.on_sale_with(1, 1, times).await;
    let seller = right.guest();
    let booking = seller.book(&sale, &["S-A-1"]).await;
    (right, wrong, sale, (seller, booking))
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_a_wrong_clock_takes_nobody_off_a_waitlist(db: PgPool) {
    for skew in SKEWS {
        let (right, wrong, sale, _) = short_sale(&db, skew).await;
        let ana = right.guest();
        ana.join(&sale, 1).await.expect(201);

        wrong.run_jobs().await;

        let entry = ana.entry(&sale).await;
        assert_eq!(
            entry["state"], "waiting",
            "by a clock that is wrong by {skew}"
        );
        wrong.stop().await;
        right.finish().await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_whoever_joins_first_is_first_whatever_the_clock(db: PgPool) {
    for skew in SKEWS {
        let (right, wrong, sale, _) = short_sale(&db, skew).await;
        let [first, second] = match skew > TimeDelta::zero() {
            true => [&wrong, &right],
            false => [&right, &wrong],
        };
        let (ana, ben) = (right.guest(), right.guest());

        ana.at(first).join(&sale, 1).await.expect(201);
        ben.at(second).join(&sale, 1).await.expect(201);

        let positions = [
            ana.entry(&sale).await["position"].clone(),
            ben.entry(&sale).await["position"].clone(),
        ];
        assert_eq!(positions, [1, 2], "by a clock that is wrong by {skew}");
        wrong.stop().await;
        right.finish().await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f24_a_wrong_clock_dates_no_offer(db: PgPool) {
    for skew in SKEWS {
        let (right, wrong, sale, (seller, booking)) = short_sale(&db, skew).await;
        let ana = wrong.guest();
        ana.join(&sale, 1).await.expect(201);
        seller.cancel(&booking).await.expect(200);

        wrong.run_jobs().await;

        let entry = ana.entry(&sale).await;
        assert_eq!(
            entry["state"], "offered",
            "by a clock that is wrong by {skew}"
        );
        let is_now: bool = sqlx::query_scalar(
            "SELECT bool_and(at BETWEEN now() - interval '1 minute' AND now()) FROM (
                SELECT joined_at AS at FROM waitlist_entries
                UNION ALL SELECT offered_at FROM waitlist_offers
                UNION ALL SELECT placed_at FROM waitlist_offers
                UNION ALL SELECT logged_at FROM waitlist_log
                UNION ALL SELECT created_at FROM outbox WHERE kind LIKE 'waitlist.%') AS dates",
        )
        .fetch_one(&db)
        .await
        .expect("dates");
        assert!(is_now, "by a clock that is wrong by {skew}");
        wrong.stop().await;
        right.finish().await;
    }
}
