//! Reminders: once for a start, and again once that was put off.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::{start_set, states};
use crate::support::{MailServer, Manner, Sale, TestApp};

/// The service with tokens that outlive the test's days, and a booking.
async fn stage(db: &PgPool) -> (TestApp, MailServer, Sale) {
    let settings = [("HOLDFAST_TOKEN_TTL_SECONDS", "315360000")];
    let (app, server) = start_set(db, &settings).await;
    let sale = app.on_sale(1, 4).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    (app, server, sale)
}

async fn pass(app: &TestApp, time: TimeDelta) {
    app.ctx.clock.advance(time);
    app.run_jobs().await;
    app.run_jobs().await;
}

/// What the subjects that came in begin with.
fn words(server: &MailServer) -> Vec<String> {
    let received = server.received();
    let subjects = received.iter().map(|mail| mail.header("Subject"));
    subjects
        .map(|subject| {
            subject
                .chars()
                .take_while(char::is_ascii_alphabetic)
                .collect()
        })
        .collect()
}

/// For which start reminders were written.
async fn reminded_for(app: &TestApp) -> Option<chrono::DateTime<chrono::Utc>> {
    sqlx::query_scalar("SELECT reminded_for FROM events")
        .fetch_one(&app.ctx.db)
        .await
        .expect("the event")
}

/// Half an hour after the day before the start has begun.
const SOON: TimeDelta = TimeDelta::minutes(30 * 24 * 60 + 7 * 60 + 30);

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_is_put_off_is_reminded_of_again(db: PgPool) {
    let (app, server, sale) = stage(&db).await;
    assert_eq!(reminded_for(&app).await, None);
    pass(&app, SOON).await;
    assert_eq!(words(&server), ["Your", "Soon"]);
    let reminded_first = reminded_for(&app).await;

    sale.edit(json!({"starts_at": "2038-01-08T19:00:00Z"}))
        .await;
    pass(&app, TimeDelta::days(6)).await;
    assert_eq!(words(&server), ["Your", "Soon", "Changed"]);
    pass(&app, TimeDelta::days(1)).await;
    pass(&app, TimeDelta::minutes(1)).await;

    assert_eq!(words(&server), ["Your", "Soon", "Changed", "Soon"]);
    let last = server.received()[3].header("Subject");
    assert!(last.contains("8 January 2038"), "{last}");
    let start = "2038-01-01T19:00:00Z".parse().expect("a time");
    assert_eq!(reminded_first, Some(start));
    assert_eq!(reminded_for(&app).await, Some(start + TimeDelta::days(7)));
    app.finish().await;
}

/// Who was reminded and is told of the change needs no third mail on the same day.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_begins_a_little_later_is_not_reminded_of_again(db: PgPool) {
    let (app, server, sale) = stage(&db).await;
    pass(&app, SOON).await;

    sale.edit(json!({"starts_at": "2038-01-01T19:15:00Z"}))
        .await;
    pass(&app, TimeDelta::hours(1)).await;
    pass(&app, TimeDelta::hours(20)).await;

    assert_eq!(words(&server), ["Your", "Soon", "Changed"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_reminder_that_is_held_up_until_the_event_was_put_off_is_dropped(db: PgPool) {
    let (app, server, sale) = stage(&db).await;
    server.will("ana@example.org", &[Manner::Refuses("451 later")]);
    pass(&app, SOON).await;
    assert_eq!(states(&app).await, ["sent", "due"]);

    sale.edit(json!({"starts_at": "2038-01-02T07:00:00Z"}))
        .await;
    pass(&app, TimeDelta::minutes(1)).await;

    assert_eq!(states(&app).await, ["sent", "dropped", "sent"]);
    assert_eq!(words(&server), ["Your", "Changed"]);
    pass(&app, TimeDelta::hours(13)).await;
    assert_eq!(words(&server), ["Your", "Changed", "Soon"]);
    app.finish().await;
}

/// Nobody is reminded of it again, so nobody would have been reminded at all.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_reminder_that_is_held_up_until_the_event_was_put_off_a_little_is_sent(db: PgPool) {
    let (app, server, sale) = stage(&db).await;
    server.will("ana@example.org", &[Manner::Refuses("451 later")]);
    pass(&app, SOON).await;
    assert_eq!(states(&app).await, ["sent", "due"]);

    sale.edit(json!({"starts_at": "2038-01-02T06:59:00Z"}))
        .await;
    pass(&app, TimeDelta::minutes(1)).await;
    pass(&app, TimeDelta::hours(20)).await;

    assert_eq!(words(&server), ["Your", "Soon", "Changed"]);
    app.finish().await;
}

/// As an instance of an older version writes it.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_reminder_that_does_not_say_of_which_start_is_dropped_a_day_before(db: PgPool) {
    let (app, server, sale) = stage(&db).await;
    server.will("ana@example.org", &[Manner::Refuses("451 later")]);
    pass(&app, SOON).await;
    sqlx::query("UPDATE outbox SET body = body - 'starts_at' WHERE kind = 'event.reminder'")
        .execute(&app.ctx.db)
        .await
        .expect("a message");

    sale.edit(json!({"starts_at": "2038-01-02T06:59:00Z"}))
        .await;
    pass(&app, TimeDelta::minutes(1)).await;

    assert_eq!(states(&app).await, ["sent", "dropped", "sent"]);
    app.finish().await;
}

/// However many bookings there are, each is reminded of once, by as many instances as there are.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn several_instances_remind_of_each_booking_once(db: PgPool) {
    let (app, _server, sale) = stage(&db).await;
    for seat in 2..=4 {
        app.guest().book(&sale, &[&format!("S-A-{seat}")]).await;
    }
    let other = app.on_sale(1, 2).await;
    app.guest().book(&other, &["S-A-1"]).await;
    let (second, third) = (app.start_sibling().await, app.start_sibling().await);
    app.ctx.clock.advance(SOON);

    let remind = async |app: &TestApp| {
        while let holdfast::jobs::Progress::Worked(_) = holdfast::mails::remind_of_events(&app.ctx)
            .await
            .expect("reminders")
        {}
    };
    tokio::join!(remind(&app), remind(&second), remind(&third));
    remind(&app).await;

    let n_reminders: Vec<i64> = sqlx::query_scalar(
        "SELECT count(*) FROM outbox WHERE kind = 'event.reminder'
         GROUP BY event_id ORDER BY count",
    )
    .fetch_all(&app.ctx.db)
    .await
    .expect("reminders");
    assert_eq!(n_reminders, [1, 4]);
    second.stop().await;
    third.stop().await;
    app.finish().await;
}
