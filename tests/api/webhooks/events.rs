//! What is told of events themselves.

use serde_json::json;
use sqlx::PgPool;

use super::start;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_events_opening_changes_and_end_are_told(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.draft_with(1, 2, json!({})).await;
    sale.subscribe(
        &receiver,
        &["event.opened", "event.changed", "event.cancelled"],
    )
    .await;
    sale.apply("open").await;
    sale.apply("open").await;
    let event = sale.owner.get(&sale.path("")).await.expect(200);
    let change = json!({"version": event["version"], "name": "Another concert"});
    sale.owner.patch(&sale.path(""), change).await.expect(200);
    sale.apply("pause").await;
    sale.apply("cancel").await;

    app.run_jobs().await;

    assert_eq!(
        receiver.kinds(),
        ["event.opened", "event.changed", "event.cancelled"]
    );
    let changed = &receiver.received()[1].body["data"];
    assert_eq!(changed["changed"], json!(["name"]));
    assert_eq!(changed["event_id"], sale.event_id);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn sold_out_is_told_each_time_the_last_seat_is_booked(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    sale.subscribe(&receiver, &["event.sold_out"]).await;
    let block = json!({"seats": ["S-A-3"], "reason": "a pillar"});
    sale.owner.post(&sale.path("/blocks"), block).await;
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    assert_eq!(receiver.received().len(), 0);

    let last = guest.book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;
    app.run_jobs().await;
    assert_eq!(receiver.kinds(), ["event.sold_out"]);
    guest.cancel(&last).await.expect(200);
    app.run_jobs().await;
    guest.book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;

    assert_eq!(receiver.kinds(), ["event.sold_out", "event.sold_out"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn sold_out_is_told_however_the_last_seat_goes_and_comes(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    sale.subscribe(&receiver, &["event.sold_out"]).await;
    let guest = app.guest();
    let n_told = async || {
        app.run_jobs().await;
        app.run_jobs().await;
        receiver.received().len()
    };
    guest.book(&sale, &["S-A-1"]).await;
    let last = guest.book(&sale, &["S-A-2"]).await;
    assert_eq!(n_told().await, 0);
    sale.block(&["S-A-3"]).await.expect(204);
    assert_eq!(n_told().await, 1, "the last seat is blocked");
    sale.block(&["S-A-1"])
        .await
        .expect_problem(409, "seats_unavailable");
    assert_eq!(n_told().await, 1, "nothing has changed");

    sale.unblock(&["S-A-3"]).await.expect(204);
    assert_eq!(n_told().await, 1);
    guest.book(&sale, &["S-A-3"]).await;
    assert_eq!(n_told().await, 2, "it was for sale again");

    guest.cancel(&last).await.expect(200);
    guest.book(&sale, &["S-A-2"]).await;
    assert_eq!(n_told().await, 3, "it came and went between two looks");
    app.finish().await;
}

/// A house is not counted for each booking: what is known to be left is never more than what is.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_is_left_of_a_house_is_never_taken_for_more(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 6).await;
    sale.subscribe(&receiver, &["event.sold_out"]).await;
    let guest = app.guest();
    let left = async || {
        app.run_jobs().await;
        let left = sqlx::query_scalar::<_, i64>("SELECT seats_left FROM events");
        left.fetch_one(&db).await.unwrap()
    };
    let pair = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    assert_eq!(left().await, 4, "counted");
    guest.book(&sale, &["S-A-3"]).await;
    assert_eq!(left().await, 3);
    guest.cancel(&pair).await.expect(200);
    assert_eq!(left().await, 3, "5, which nobody needs to know yet");
    guest.book(&sale, &["S-A-1", "S-A-4"]).await;
    assert_eq!(left().await, 1, "3");
    sale.block(&["S-A-5"]).await.expect(204);
    assert_eq!(left().await, 2, "counted anew");
    sale.unblock(&["S-A-5"]).await.expect(204);
    guest.book(&sale, &["S-A-2", "S-A-5"]).await;
    assert_eq!(left().await, 1, "counted anew, since none may be left");
    assert_eq!(receiver.received().len(), 0);

    guest.book(&sale, &["S-A-6"]).await;
    assert_eq!(left().await, 0);
    app.run_jobs().await;

    assert_eq!(receiver.kinds(), ["event.sold_out"]);
    app.finish().await;
}
