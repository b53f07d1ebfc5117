//! What the other letters say, and when they are sent.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{start, states};
use crate::support::{MailServer, Sale, mime};

/// The subjects that came in, in order.
fn subjects(server: &MailServer) -> Vec<String> {
    let received = server.received();
    received.iter().map(|mail| mail.header("Subject")).collect()
}

async fn change(sale: &Sale, mut change: Value) {
    let path = sale.path("");
    let event = sale.owner.get(&path).await.expect(200);
    change["version"] = event["version"].clone();
    sale.owner.patch(&path, change).await.expect(200);
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_cancellation_is_told_with_its_seats_and_its_refund(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    let booking = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    app.run_jobs().await;
    let path = format!("/v1/bookings/{}/cancel", booking.text_of("booking_id"));
    let of_one = |seat: &str, reason: &str| json!({"seats": [seat], "reason": reason});
    let cancelled = guest
        .post(&path, of_one("S-A-2", "https://x.example"))
        .await;
    cancelled.expect(200);

    app.run_jobs().await;

    let [_, mail] = &server.received()[..] else {
        panic!("{:?}", subjects(&server));
    };
    let reference = booking.text_of("reference");
    let subject = format!("Cancelled: seats for A concert ({reference})");
    assert_eq!(mail.header("Subject"), subject);
    let text = mail.plain();
    for expected in [
        "seat 2",
        "You get back EUR 49.50.",
        "Your other seats stay booked.",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert!(!text.contains("seat 1"), "{text}");
    // A buyer's own words are not sent to an address of their choice, an owner's are.
    assert!(!text.contains("https://x.example"), "{text}");
    let cancelled = sale.owner.post(&path, of_one("S-A-1", "Rain")).await;
    cancelled.expect(200);
    app.run_jobs().await;
    let text = server.received()[2].plain();
    assert!(text.contains("Reason: Rain"), "{text}");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn that_an_event_was_cancelled_is_told_once_to_each_booking(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    let gone = guest.book(&sale, &["S-A-2"]).await;
    guest.cancel(&gone).await.expect(200);
    app.run_jobs().await;
    let n_before = server.received().len();

    sale.apply("cancel").await;
    app.run_jobs().await;
    app.run_jobs().await;

    let told = subjects(&server).split_off(n_before);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("A concert will not take place"),
        "{told:?}"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn another_time_or_name_is_told_to_who_has_seats(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    let gone = guest.book(&sale, &["S-A-2"]).await;
    guest.cancel(&gone).await.expect(200);
    app.run_jobs().await;
    let n_before = server.received().len();

    change(&sale, json!({"seats_per_hold_max": 3})).await;
    app.run_jobs().await;
    assert_eq!(
        server.received().len(),
        n_before,
        "nobody needs to know of that"
    );
    change(&sale, json!({"starts_at": "2038-01-02T18:00:00Z"})).await;
    app.ctx.clock.advance(TimeDelta::seconds(1));
    guest.book(&sale, &["S-A-3"]).await;
    app.run_jobs().await;

    let received = server.received();
    let told: Vec<_> = received[n_before..]
        .iter()
        .filter(|mail| mail.header("Subject").starts_with("Changed"))
        .collect();
    assert_eq!(told.len(), 1, "not who booked after the change");
    let text = told[0].plain();
    for expected in [
        "It was to begin on Friday, 1 January 2038, 20:00 CET.",
        "Saturday, 2 January 2038, 19:00 CET (Europe/Berlin)",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_reminder_comes_once_the_day_before(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    guest.book(&sale, &["S-A-1"]).await;
    let gone = guest.book(&sale, &["S-A-2"]).await;
    guest.cancel(&gone).await.expect(200);
    app.ctx.clock.advance(TimeDelta::days(30));
    app.run_jobs().await;
    let n_before = server.received().len();

    app.ctx.clock.advance(TimeDelta::hours(1));
    app.guest().book(&sale, &["S-A-3"]).await;
    app.run_jobs().await;
    assert_eq!(
        server.received().len(),
        n_before + 1,
        "30 hours before: only the booking"
    );
    app.ctx
        .clock
        .advance(TimeDelta::hours(6) + TimeDelta::minutes(1));
    for _ in 0..3 {
        app.run_jobs().await;
    }

    let told = subjects(&server).split_off(n_before + 1);
    let expected = "Soon: A concert, Friday, 1 January 2038, 20:00";
    assert_eq!(told, [expected, expected]);
    app.finish().await;
}

/// Somebody else may have them by now.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_that_were_cancelled_stand_in_no_later_letter(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let guest = app.guest();
    let booking = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    guest.cancel_seats(&booking, &["S-A-2"]).await.expect(200);
    app.run_jobs().await;
    let n_before = server.received().len();

    change(&sale, json!({"name": "Another concert"})).await;
    app.run_jobs().await;
    app.ctx
        .clock
        .advance(TimeDelta::days(30) + TimeDelta::hours(8));
    app.run_jobs().await;
    app.run_jobs().await;

    let [changed, soon] = &server.received()[n_before..] else {
        panic!("{:?}", subjects(&server));
    };
    assert!(changed.header("Subject").starts_with("Changed:"));
    assert!(soon.header("Subject").starts_with("Soon:"));
    for mail in [changed, soon] {
        let text = mail.plain();
        assert!(text.contains("seat 1"), "{text}");
        assert!(!text.contains("seat 2"), "{text}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_mail_about_a_booking_has_its_calendar_entry(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    let parts = mime::parts(&server.received()[0].text);
    let file = parts.last().expect("a file");
    let name = format!("filename=\"{}.ics\"", booking.text_of("reference"));
    assert!(file.disposition.contains(&name), "{}", file.disposition);
    assert!(
        file.content_type.starts_with("text/calendar"),
        "{}",
        file.content_type
    );
    let text = String::from_utf8(file.bytes.clone()).expect("UTF-8");
    assert!(
        text.contains("BEGIN:VEVENT") && text.contains("20380101T190000Z"),
        "{text}"
    );
    assert_eq!(states(&app).await, ["sent"]);
    app.finish().await;
}
