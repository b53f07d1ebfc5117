//! Turning off mails that one can do without.

use chrono::TimeDelta;
use reqwest::header;
use serde_json::json;
use sqlx::PgPool;

use super::{start, states};
use crate::support::{MailServer, Received, TestApp};

/// Books, and waits until the reminder has come; its link.
async fn reminded(app: &TestApp, server: &MailServer) -> String {
    let sale = app.on_sale(1, 4).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.ctx
        .clock
        .advance(TimeDelta::days(30) + TimeDelta::hours(8));
    app.run_jobs().await;
    app.run_jobs().await;
    let received = server.received();
    let reminder = received.last().expect("a reminder");
    assert!(
        reminder.header("Subject").starts_with("Soon"),
        "{}",
        reminder.text
    );
    assert_eq!(
        reminder.header("List-Unsubscribe-Post"),
        "List-Unsubscribe=One-Click"
    );
    let link = reminder
        .header("List-Unsubscribe")
        .replace([' ', '<', '>'], "");
    let path = link
        .strip_prefix("https://seats.example.org")
        .expect("our link");
    app.url(path)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn one_click_in_the_mail_program_stops_reminders_and_nothing_else(db: PgPool) {
    let (app, server) = start(&db).await;
    let link = reminded(&app, &server).await;

    let request = app.http.post(&link);
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = request
        .body("List-Unsubscribe=One-Click")
        .send()
        .await
        .expect("an answer");

    assert_eq!(answer.status(), 200);
    let n_before = server.received().len();
    let settings = json!({"starts_at": "2038-03-01T19:00:00Z"});
    let sale = app.on_sale_with(1, 4, settings).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.ctx.clock.advance(TimeDelta::days(59));
    for _ in 0..3 {
        app.run_jobs().await;
    }
    assert_eq!(
        server.received().len(),
        n_before + 1,
        "the booking, and no reminder"
    );
    assert_eq!(
        states(&app).await.last().map(String::as_str),
        Some("dropped")
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn opening_the_link_changes_nothing_and_a_forged_one_opens_nothing(db: PgPool) {
    let (app, server) = start(&db).await;
    let link = reminded(&app, &server).await;

    let page = app.http.get(&link).send().await.expect("an answer");

    let policy = page.headers()["content-security-policy"]
        .to_str()
        .expect("text")
        .to_owned();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let page = page.text().await.expect("a page");
    assert!(
        page.contains("ana@example.org gets reminders of events."),
        "{page}"
    );
    let n_refusals = async || {
        let n: i64 = sqlx::query_scalar("SELECT count(*) FROM mail_opt_outs")
            .fetch_one(&app.ctx.db)
            .await
            .expect("a count");
        n
    };
    assert_eq!(n_refusals().await, 0);
    let forged = format!("{link}A");
    let answer = app
        .http
        .post(forged)
        .body("mails=off")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 404);
    assert_eq!(n_refusals().await, 0);
    let answer = app
        .http
        .post(&link)
        .body("mails=off")
        .send()
        .await
        .expect("an answer");
    let page = answer.text().await.expect("a page");
    assert!(
        page.contains("ana@example.org gets no more reminders of events."),
        "{page}"
    );
    app.http
        .post(&link)
        .body("mails=on")
        .send()
        .await
        .expect("an answer");
    assert_eq!(n_refusals().await, 0);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_account_says_by_rest_which_mails_it_wants(db: PgPool) {
    let (app, _server) = start(&db).await;
    let customer = app.customer().await;
    let path = "/v1/me/mail-preferences";

    let before = customer.get(path).await.expect(200);
    let off = json!({"kinds": {"event.reminder": false}});
    let after = customer.put(path, off).await.expect(200);

    let all = json!({"event.reminder": true, "waitlist.lapsed": true});
    assert_eq!(before["kinds"], all);
    let expected = json!({"event.reminder": false, "waitlist.lapsed": true});
    assert_eq!(after["kinds"], expected);
    let on = json!({"kinds": {"event.reminder": true}});
    assert_eq!(customer.put(path, on).await.expect(200)["kinds"], all);
    let legal = json!({"kinds": {"booking.confirmed": false}});
    let refused = customer.put(path, legal).await;
    let refused = refused.expect_problem(422, "validation_failed");
    assert_eq!(refused["errors"][0]["pointer"], "/kinds/booking.confirmed");
    app.guest().get(path).await.expect_problem(403, "forbidden");
    app.finish().await;
}

/// Nobody has shown that the address of an account is theirs.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_account_turns_off_its_own_reminders_and_nobody_elses(db: PgPool) {
    let (app, server) = start(&db).await;
    let customer = app.customer().await;
    let off = json!({"kinds": {"event.reminder": false}});
    let path = "/v1/me/mail-preferences";
    customer.put(path, off).await.expect(200);
    let sale = app.on_sale(1, 4).await;
    // All of them with one mail address.
    customer.book(&sale, &["S-A-1"]).await;
    let others = app.guest().book(&sale, &["S-A-2"]).await;

    let wait = TimeDelta::days(30) + TimeDelta::hours(8);
    app.ctx.clock.advance(wait);
    app.run_jobs().await;
    app.run_jobs().await;

    let received = server.received();
    let is_reminder = |mail: &&Received| mail.header("Subject").starts_with("Soon");
    let reminders: Vec<_> = received.iter().filter(is_reminder).collect();
    let [reminder] = &reminders[..] else {
        panic!("{} reminders", reminders.len());
    };
    let reference = others.text_of("reference");
    assert!(reminder.plain().contains(&reference), "{}", reminder.text);
    app.finish().await;
}
