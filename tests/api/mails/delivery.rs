//! Each mail arrives, whatever the server does and whoever dies (F42).

use chrono::TimeDelta;
use holdfast::{deliveries, mails};
use serde_json::json;
use sqlx::PgPool;

use super::{start, start_set, states};
use crate::failures::until;
use crate::support::{MailServer, Manner, TestApp};

/// F42
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f42_a_mail_comes_again_under_its_id_until_it_is_taken(db: PgPool) {
    let (app, server) = start_set(&db, &[("HOLDFAST_SMTP_TIMEOUT_SECONDS", "1")]).await;
    let sale = app.on_sale(1, 2).await;
    server.will(
        "ana@example.org",
        &[
            Manner::Refuses("451 later"),
            Manner::DiesBeforeAnswer,
            Manner::Refuses("421 closing"),
            Manner::Hangs,
            Manner::Refuses("554 nobody may, for now"),
        ],
    );
    app.guest().book(&sale, &["S-A-1"]).await;

    for _ in 0..7 {
        app.run_jobs().await;
        app.ctx.clock.advance(TimeDelta::minutes(3));
    }

    let counts: Vec<usize> = server.counts().into_values().collect();
    assert_eq!(
        counts,
        [3],
        "two unanswered and one taken, under one Message-ID"
    );
    assert_eq!(states(&app).await, ["sent"]);
    app.finish().await;
}

/// F42: the mail is with the server, and the sender dies before it can write that down.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f42_killed_between_send_and_mark_the_mail_goes_out_again(db: PgPool) {
    let (app, server) = start(&db).await;
    let killed = sibling(&app, &db, &server).await;
    let sale = app.on_sale(1, 2).await;
    server.will("ana@example.org", &[Manner::Hangs]);
    app.guest().book(&sale, &["S-A-1"]).await;
    deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");

    tokio::select! {
        _ = mails::send_mails(&killed.ctx) => panic!("the server does not answer"),
        () = until("the server has the mail", async || server.received().len() == 1) => {}
    }
    app.run_jobs().await;
    assert_eq!(server.received().len(), 1, "within the lease");
    app.ctx.clock.advance(TimeDelta::seconds(61));
    app.run_jobs().await;
    app.run_jobs().await;

    let counts: Vec<usize> = server.counts().into_values().collect();
    assert_eq!(counts, [2], "twice, and to be told to be one");
    assert_eq!(states(&app).await, ["sent"]);
    killed.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_mail_that_nobody_will_ever_take_is_a_dead_letter_at_once(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    server.will("ana@example.org", &[Manner::Refuses("550 no such mailbox")]);
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    assert_eq!(states(&app).await, ["dead"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn after_sixteen_attempts_a_mail_is_a_dead_letter_that_admins_send_anew(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    server.will("ana@example.org", &vec![Manner::Refuses("451 later"); 16]);
    app.guest().book(&sale, &["S-A-1"]).await;
    for _ in 0..16 {
        assert_ne!(states(&app).await, ["dead"]);
        app.run_jobs().await;
        app.ctx.clock.advance(TimeDelta::hours(3));
    }
    assert_eq!(states(&app).await, ["dead"]);
    let admin = app.admin().await;
    let letters = admin.get("/v1/deliveries?state=dead").await.expect(200);
    let letter = &letters["items"][0];
    assert_eq!(letter["kind"], "booking.confirmed");
    assert_eq!(letter["n_attempts"], 16);
    assert!(
        letter["answer"].as_str().expect("text").contains("451"),
        "{letter}"
    );

    let id = letter["delivery_id"].as_str().expect("an id");
    let path = format!("/v1/deliveries/{id}/resend");
    let resent = admin
        .send(admin.request(reqwest::Method::POST, &path))
        .await;
    assert_eq!(resent.expect(200)["state"], "due");
    app.run_jobs().await;

    assert_eq!(states(&app).await, ["sent"]);
    assert_eq!(server.received().len(), 1);
    assert!(server.received()[0].message_id().contains(id));
    app.finish().await;
}

/// F45
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f45_a_message_that_cannot_be_told_holds_up_no_other(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 20).await;
    let poisoned = app.guest().book(&sale, &["S-A-1"]).await;
    app.guest().book(&sale, &["S-A-2"]).await;
    for statement in [
        "UPDATE bookings SET contact_email = E'ana@example.org\\r\\nBcc: x@example.net'
         WHERE booking_id = $1::uuid",
        "INSERT INTO outbox (event_id, message_id, kind, subject_id, body)
         VALUES ($1::uuid, gen_random_uuid(), 'booking.cancelled', $1::uuid, '[\"no object\"]'),
                ($1::uuid, gen_random_uuid(), 'event.changed', $1::uuid, '\"before\"'),
                ($1::uuid, gen_random_uuid(), 'nobody.knows', $1::uuid, 'null')",
    ] {
        sqlx::query(statement)
            .bind(poisoned.text_of("booking_id"))
            .execute(&app.ctx.db)
            .await
            .expect(statement);
    }

    app.run_jobs().await;

    assert_eq!(states(&app).await, ["dead", "sent", "dropped"]);
    assert_eq!(server.received().len(), 1);
    app.finish().await;
}

/// F45
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f45_a_message_that_commits_late_is_told_late_but_told(db: PgPool) {
    let (app, server) = start(&db).await;
    let tomorrow = json!({"starts_at": "2037-12-02T08:00:00Z"});
    let sale = app.on_sale_with(1, 3, tomorrow).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let mut late = app.ctx.db.begin().await.expect("a transaction");
    sqlx::query(
        "INSERT INTO outbox (event_id, message_id, kind, subject_id, body)
         VALUES ($1, gen_random_uuid(), 'event.reminder', $2::uuid, '{}')",
    )
    .bind(sale.id().0)
    .bind(booking.text_of("booking_id"))
    .execute(&mut *late)
    .await
    .expect("a message");

    app.guest().book(&sale, &["S-A-2"]).await;
    app.run_jobs().await;
    assert_eq!(server.received().len(), 2, "what committed meanwhile");
    late.commit().await.expect("a commit");
    app.run_jobs().await;

    assert_eq!(server.received().len(), 3);
    app.finish().await;
}

/// F23
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_several_instances_send_each_mail_once(db: PgPool) {
    let (app, server) = start(&db).await;
    let siblings = [
        sibling(&app, &db, &server).await,
        sibling(&app, &db, &server).await,
    ];
    let sale = app.on_sale(4, 25).await;
    let guests: Vec<_> = (0..40).map(|_| app.guest()).collect();
    for (i, guest) in guests.iter().enumerate() {
        let row = ['A', 'B', 'C', 'D'][i % 4];
        guest
            .book(&sale, &[&format!("S-{row}-{}", i / 4 + 1)])
            .await;
    }

    let [first, second] = &siblings;
    tokio::join!(app.run_jobs(), first.run_jobs(), second.run_jobs());
    app.run_jobs().await;

    let counts = server.counts();
    assert_eq!(counts.len(), 40);
    assert!(counts.values().all(|n| *n == 1), "{counts:?}");
    for sibling in siblings {
        sibling.stop().await;
    }
    app.finish().await;
}

/// F23: a sender is stopped for longer than its lease, and goes on.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f23_who_was_stopped_for_longer_than_the_lease_settles_nothing(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");
    let claims = deliveries::claim_mails(&app.ctx.db, 8, app.ctx.clock.imposed()).await;
    let claims = claims.expect("claims");
    server.will("ana@example.org", &[Manner::Refuses("451 later")]);
    app.ctx.clock.advance(TimeDelta::seconds(61));
    app.run_jobs().await;

    let outcome = deliveries::Outcome::Sent("by a ghost".to_owned());
    let channel = deliveries::Channel::Mail;
    let settled = deliveries::settle(&app.ctx, channel, &claims[0], outcome).await;

    assert_eq!(settled.expect("an answer"), deliveries::Settled::Overtaken);
    assert_eq!(states(&app).await, ["due"], "the other's attempt counts");
    app.ctx.clock.advance(TimeDelta::minutes(1));
    app.run_jobs().await;
    assert_eq!(states(&app).await, ["sent"]);
    assert_eq!(server.received().len(), 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_mail_overtakes_an_earlier_one_of_its_booking(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    server.will("ana@example.org", &[Manner::Refuses("451 later")]);
    let guest = app.guest();
    let booking = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    guest.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    guest.cancel(&booking).await.expect(200);
    app.run_jobs().await;
    assert_eq!(server.received().len(), 0);

    app.guest().book(&sale, &["S-A-3"]).await;
    app.run_jobs().await;
    assert_eq!(
        server.received().len(),
        1,
        "another booking's mail does not wait"
    );
    app.ctx.clock.advance(TimeDelta::minutes(1));
    app.run_jobs().await;

    let subjects: Vec<String> = server.received()[1..]
        .iter()
        .map(|mail| mail.header("Subject"))
        .collect();
    let words: Vec<&str> = subjects
        .iter()
        .filter_map(|subject| subject.split([' ', ':']).next())
        .collect();
    assert_eq!(words, ["Your", "Cancelled", "Cancelled"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_service_that_is_told_to_stop_begins_no_mail(db: PgPool) {
    let (app, server) = start(&db).await;
    let stopped = sibling(&app, &db, &server).await;
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    deliveries::derive_deliveries(&app.ctx)
        .await
        .expect("deliveries");

    stopped.ctx.tasks.stopping().cancel();
    mails::send_mails(&stopped.ctx).await.expect("no failure");

    assert_eq!(server.received().len(), 0);
    app.run_jobs().await;
    assert_eq!(
        server.received().len(),
        1,
        "another instance sends it at once"
    );
    stopped.stop().await;
    app.finish().await;
}

/// F45: a message that concerns a whole house ends its batch, so that however many there are, a
/// step of deriving ends.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f45_many_messages_to_a_whole_house_are_derived_one_by_one(db: PgPool) {
    let (app, _server) = start(&db).await;
    let sale = app.on_sale(1, 30).await;
    app.fill(&sale).await;
    sqlx::query(
        "INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
         SELECT $1, gen_random_uuid(), kind, $1, '{\"before\": {}}', $2
         FROM unnest(ARRAY['event.changed', 'event.changed', 'event.opened', 'event.changed'])
             AS kind",
    )
    .bind(sale.id().0)
    .bind(app.ctx.clock.now())
    .execute(&app.ctx.db)
    .await
    .expect("messages");
    let mut derived = Vec::new();

    loop {
        let progress = deliveries::derive_deliveries(&app.ctx).await;
        let holdfast::jobs::Progress::Worked(n) = progress.expect("deliveries") else {
            break;
        };
        derived.push(n);
    }

    assert_eq!(
        derived,
        [2, 2, 1],
        "that it was opened comes with the first"
    );
    assert_eq!(states(&app).await.len(), 3 * 10);
    app.stop().await;
}

async fn sibling(app: &TestApp, db: &PgPool, server: &MailServer) -> TestApp {
    let settings = [
        ("HOLDFAST_SMTP_URL", server.url.as_str()),
        ("HOLDFAST_MAIL_FROM", "Holdfast <seats@holdfast.example>"),
    ];
    let config = crate::support::config(db, &settings);
    TestApp::start_configured(config, app.ctx.clock.clone()).await
}
