//! A booking as a calendar file.

use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Caller, TestApp};

async fn calendar(caller: &Caller, booking: &Answer) -> Answer {
    let booking_id = booking.text_of("booking_id");
    caller
        .get(&format!("/v1/bookings/{booking_id}/calendar"))
        .await
}

/// The lines of the file, with long ones put together again.
fn lines(answer: &Answer) -> Vec<String> {
    assert!(
        answer.text.split("\r\n").all(|line| line.len() <= 75),
        "{}",
        answer.text
    );
    assert!(!answer.text.replace("\r\n", "").contains(['\r', '\n']));
    let whole = answer.text.replace("\r\n ", "");
    whole.trim_end().split("\r\n").map(str::to_owned).collect()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_booking_is_an_entry_in_a_calendar(db: PgPool) {
    let app = TestApp::start(db).await;
    let name = "Tosca, 2nd act; \\ \"über\"\u{1F3AD}";
    let sale = app.on_sale_with(1, 4, json!({"name": name})).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;

    let file = calendar(&ana, &booking).await.expect(200);
    let of_owner = calendar(&sale.owner, &booking).await.expect(200);

    let (id, reference) = (booking.text_of("booking_id"), booking.text_of("reference"));
    let expected = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Holdfast//Bookings//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "X-WR-TIMEZONE:Europe/Berlin".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!(
            "DESCRIPTION:Booking {reference}\\nSeats: S-A-1\\, S-A-2\\nBegins 2038-01-01 20:00 \
             (Europe/Berlin)"
        ),
        "DTEND:20380101T213000Z".to_owned(),
        "DTSTAMP:20371201T120000Z".to_owned(),
        "DTSTART:20380101T190000Z".to_owned(),
        "LOCATION:Test house".to_owned(),
        "SEQUENCE:3".to_owned(),
        "STATUS:CONFIRMED".to_owned(),
        "SUMMARY:Tosca\\, 2nd act\\; \\\\ \"über\"\u{1F3AD}".to_owned(),
        format!("UID:{id}@holdfast"),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    assert_eq!(lines(&file), expected);
    assert_eq!(file.header("content-type"), "text/calendar; charset=utf-8");
    let disposition = format!("attachment; filename=\"{reference}.ics\"");
    assert_eq!(file.header("content-disposition"), disposition);
    assert_eq!(of_owner.text, file.text);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_was_cancelled_leaves_the_calendar(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1", "S-A-2"]).await;

    ana.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    let partly = lines(&calendar(&ana, &booking).await.expect(200));
    ana.cancel(&booking).await.expect(200);
    let cancelled = lines(&calendar(&ana, &booking).await.expect(200));

    let has = |lines: &[String], wanted: &str| lines.iter().any(|line| line == wanted);
    assert!(
        has(&partly, "STATUS:CONFIRMED") && has(&partly, "SEQUENCE:4"),
        "{partly:?}"
    );
    let seats = partly
        .iter()
        .find(|line| line.contains("Seats: "))
        .expect("seats");
    assert!(
        seats.contains("S-A-2") && !seats.contains("S-A-1"),
        "{seats}"
    );
    for wanted in ["METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:5"] {
        assert!(has(&cancelled, wanted), "{wanted} is not in {cancelled:?}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_was_called_off_leaves_the_calendar(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let booking = ana.book(&sale, &["S-A-1"]).await;

    sale.apply("cancel").await;
    let file = lines(&calendar(&ana, &booking).await.expect(200));

    assert!(file.contains(&"METHOD:CANCEL".to_owned()), "{file:?}");
    app.run_jobs().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nobody_else_gets_the_file(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;

    for stranger in [app.guest(), app.customer().await, app.venue_admin().await] {
        calendar(&stranger, &booking)
            .await
            .expect_problem(404, "not_found");
    }
    let nobody = calendar(&app.stranger(), &booking).await;
    nobody.expect_problem(401, "unauthenticated");
    app.finish().await;
}
