//! What people find in the pages.

use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn people_find_what_happened_to_their_own_bookings(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (guest, other) = (app.guest(), app.guest());
    let booking = guest.book(&sale, &["S-A-1"]).await;
    other.book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;
    app.ctx.clock.advance(chrono::TimeDelta::seconds(1));
    guest.cancel(&booking).await.expect(200);
    app.run_jobs().await;
    app.run_jobs().await;

    let found = guest.get("/v1/notifications").await.expect(200);

    let items = found["items"].as_array().expect("items");
    let kinds: Vec<_> = items.iter().map(|it| it["kind"].as_str()).collect();
    assert_eq!(kinds, ["booking.cancelled", "booking.confirmed"].map(Some));
    assert!(
        items
            .iter()
            .all(|it| it["subject_id"] == booking["booking_id"])
    );
    assert_eq!(items[0]["event_name"], "A concert");
    assert_eq!(found["unread_count"], 2);
    let others = other.get("/v1/notifications").await.expect(200);
    assert_eq!(others["unread_count"], 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_notification_is_read_by_its_owner_only(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    guest.book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;
    let found = guest.get("/v1/notifications?limit=1").await.expect(200);
    let id = found["items"][0]["notification_id"]
        .as_str()
        .expect("an id");
    let path = format!("/v1/notifications/{id}/read");

    let stranger = app.guest();
    stranger
        .send(stranger.request(Method::POST, &path))
        .await
        .expect_problem(404, "not_found");
    guest
        .send(guest.request(Method::POST, &path))
        .await
        .expect(204);
    guest
        .send(guest.request(Method::POST, &path))
        .await
        .expect(204);

    assert_eq!(
        guest.get("/v1/notifications").await.expect(200)["unread_count"],
        1
    );
    guest
        .send(guest.request(Method::POST, "/v1/notifications/read"))
        .await
        .expect(204);
    let all = guest.get("/v1/notifications").await.expect(200);
    assert_eq!(all["unread_count"], 0);
    let unread = all["items"].as_array().expect("items").iter();
    assert_eq!(unread.filter(|it| it["read_at"] == json!(null)).count(), 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn people_find_every_kind_once_and_the_newest_first(db: PgPool) {
    let settings = [("HOLDFAST_TOKEN_TTL_SECONDS", "315360000")];
    let app = TestApp::start_set(&db, &settings).await;
    let sale = app.on_sale(1, 4).await;
    let (guest, late) = (app.guest(), app.guest());
    let booking = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    guest.book(&sale, &["S-A-3"]).await;
    let pass = async |time: chrono::TimeDelta| {
        app.run_jobs().await;
        app.run_jobs().await;
        app.ctx.clock.advance(time);
    };
    let second = chrono::TimeDelta::seconds(1);
    pass(second).await;
    sale.edit(json!({"name": "Another concert"})).await;
    pass(second).await;
    late.book(&sale, &["S-A-4"]).await;
    guest.cancel(&booking).await.expect(200);
    pass(chrono::TimeDelta::days(30) + chrono::TimeDelta::hours(12)).await;
    pass(second).await;
    sale.apply("cancel").await;
    pass(second).await;

    let kinds = async |who: &crate::support::Caller| {
        let found = who.get("/v1/notifications").await.expect(200);
        let items = found["items"].as_array().expect("items").clone();
        let kinds = items.iter().map(|it| it["kind"].to_string());
        kinds.collect::<Vec<_>>().join(" ").replace('"', "")
    };
    let expected = "booking.cancelled event.reminder booking.cancelled event.changed \
                    booking.confirmed booking.confirmed";
    assert_eq!(kinds(&guest).await, expected);
    let expected = "booking.cancelled event.reminder booking.confirmed";
    assert_eq!(kinds(&late).await, expected);
    app.finish().await;
}
