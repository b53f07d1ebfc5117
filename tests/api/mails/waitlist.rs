//! What people on a waitlist are told, by mail, webhook and notification, from joining to the end.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Answer, Caller, MailServer, Sale, TestApp, WebhookReceiver};

const WAITLIST: [&str; 4] = [
    "waitlist.joined",
    "waitlist.offered",
    "waitlist.accepted",
    "waitlist.lapsed",
];

/// A house of one seat, which is booked.
struct Stage {
    app: TestApp,
    mails: MailServer,
    webhooks: WebhookReceiver,
    sale: Sale,
    seller: Caller,
    booking: Answer,
}

async fn stage(db: &PgPool, terms: Value) -> Stage {
    let settings = [("HOLDFAST_WEBHOOK_PRIVATE_ADDRESSES", "allow")];
    let (app, mails) = super::start_set(db, &settings).await;
    let webhooks = WebhookReceiver::start().await;
    let sale = app.on_sale(1, 1).await;
    sale.subscribe(&webhooks, &WAITLIST).await;
    sale.set_waitlist(terms).await;
    let seller = app.guest();
    let booking = seller.book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    Stage {
        app,
        mails,
        webhooks,
        sale,
        seller,
        booking,
    }
}

impl Stage {
    /// What was mailed to somebody: subject and text.
    fn mails_to(&self, who: &Caller) -> Vec<(String, String)> {
        let email = email_of(who);
        let received = self.mails.received().into_iter();
        received
            .filter(|mail| mail.to == email)
            .map(|mail| (mail.header("Subject"), mail.plain()))
            .collect()
    }

    /// The token in the link of the last mail to somebody.
    fn link_of(&self, who: &Caller) -> String {
        let (_, text) = self.mails_to(who).pop().expect("a mail");
        let place = format!("/events/{}#waitlist=", self.sale.event_id);
        let (_, rest) = text.split_once(&place).expect("a link");
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        rest.chars().take_while(|c| is_part(*c)).collect()
    }

    /// What was told of somebody's entry by webhook.
    fn told_of(&self, entry: &Answer) -> Vec<String> {
        let received = self.webhooks.received();
        let about = received
            .iter()
            .filter(|it| it.body["data"]["entry_id"] == entry["entry_id"]);
        about.map(|it| it.kind().to_owned()).collect()
    }
}

fn email_of(who: &Caller) -> String {
    format!("{}@example.org", who.caller_id.expect("a caller"))
}

/// The kinds of somebody's notifications, the oldest first.
async fn notified(who: &Caller) -> Vec<String> {
    let found = who.get("/v1/notifications").await.expect(200);
    let items = found["items"].as_array().expect("items").iter().rev();
    items
        .map(|it| it["kind"].as_str().expect("a kind").to_owned())
        .collect()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_guest_confirms_their_place_and_takes_the_offer_by_the_mails_links(db: PgPool) {
    let stage = stage(&db, json!({"verification_required": true})).await;
    let (app, sale, ana) = (&stage.app, &stage.sale, stage.app.guest());
    let entry = ana.join(sale, 1).await.expect(201);
    app.run_jobs().await;
    let (subject, text) = stage.mails_to(&ana).pop().expect("a mail");
    assert!(subject.contains("A concert"), "{subject}");
    assert!(text.contains("Your entry counts only once"), "{text}");

    let phone = app.stranger();
    let token = json!({"token": stage.link_of(&ana)});
    let verify = sale.path("/waitlist/mine/verify");
    let verified = phone.post(&verify, token).await.expect(200);
    assert_eq!(verified["state"], "waiting");
    app.ctx.clock.advance(TimeDelta::seconds(1));
    stage.seller.cancel(&stage.booking).await.expect(200);
    app.run_jobs().await;
    app.run_jobs().await;
    let (_, text) = stage.mails_to(&ana).pop().expect("a mail");
    for expected in ["row A, seat 1", "13:15 CET"] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    app.ctx.clock.advance(TimeDelta::seconds(1));
    let accept = sale.path("/waitlist/mine/accept");
    let token = json!({"token": stage.link_of(&ana)});
    phone.post(&accept, token).await.expect(201);
    app.run_jobs().await;
    app.run_jobs().await;

    assert_eq!(stage.mails_to(&ana).len(), 3, "the booking's, too");
    assert_eq!(stage.told_of(&entry), WAITLIST[..3]);
    let expected = [
        "waitlist.joined",
        "waitlist.offered",
        "booking.confirmed",
        "waitlist.accepted",
    ];
    let mut kinds = notified(&ana).await;
    kinds[2..].sort();
    assert_eq!(kinds, expected);
    assert!(stage.mails.counts().values().all(|n| *n == 1));
    let private = ["email", "name", "example.org"];
    let bodies = stage.webhooks.received().into_iter().map(|it| it.text);
    let leaks = bodies.filter(|body| private.iter().any(|word| body.contains(word)));
    assert_eq!(leaks.collect::<Vec<_>>(), [""; 0]);
    stage.app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_offer_that_lapses_is_told_but_by_mail_only_to_who_wants_that(db: PgPool) {
    let stage = stage(&db, json!({})).await;
    let (app, sale) = (&stage.app, &stage.sale);
    let (ana, ben) = (app.guest(), app.guest());
    sqlx::query("INSERT INTO mail_opt_outs VALUES ($1, 'waitlist.lapsed', now())")
        .bind(email_of(&ben))
        .execute(&app.ctx.db)
        .await
        .expect("a preference");
    let first = ana.join(sale, 1).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    let second = ben.join(sale, 1).await.expect(201);
    stage.seller.cancel(&stage.booking).await.expect(200);
    for _ in 0..2 {
        app.run_jobs().await;
        app.run_jobs().await;
        app.ctx.clock.advance(TimeDelta::minutes(16));
    }
    app.run_jobs().await;
    app.run_jobs().await;

    let told = ["waitlist.joined", "waitlist.offered", "waitlist.lapsed"];
    assert_eq!(stage.told_of(&first), told);
    assert_eq!(stage.told_of(&second), told);
    assert_eq!(notified(&ana).await, told);
    assert_eq!(notified(&ben).await, told);
    let [_, offered, lapsed] = &stage.mails_to(&ana)[..] else {
        panic!("{:?}", stage.mails_to(&ana));
    };
    assert_ne!(offered.0, lapsed.0);
    assert_eq!(stage.mails_to(&ben).len(), 2, "an offer always comes");
    assert!(stage.mails.counts().values().all(|n| *n == 1));
    stage.app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_waits_is_told_that_the_event_is_cancelled(db: PgPool) {
    let stage = stage(&db, json!({})).await;
    let (app, ana) = (&stage.app, stage.app.guest());
    let entry = ana.join(&stage.sale, 1).await.expect(201);
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::seconds(1));

    stage.sale.apply("cancel").await;
    for _ in 0..3 {
        app.run_jobs().await;
    }

    let told = ["waitlist.joined", "waitlist.lapsed"];
    assert_eq!(stage.told_of(&entry), told);
    assert_eq!(notified(&ana).await, told);
    let [_, (_, text)] = &stage.mails_to(&ana)[..] else {
        panic!("{:?}", stage.mails_to(&ana));
    };
    assert!(text.contains("The event is called off"), "{text}");
    assert!(!text.contains("held for you"), "{text}");
    let expected = ["booking.confirmed", "booking.cancelled"];
    assert_eq!(notified(&stage.seller).await, expected);
    stage.app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn who_has_not_opened_the_link_is_told_that(db: PgPool) {
    let stage = stage(&db, json!({"verification_required": true})).await;
    let (app, ana) = (&stage.app, stage.app.guest());
    ana.join(&stage.sale, 1).await.expect(201);
    app.run_jobs().await;
    app.ctx.clock.advance(TimeDelta::hours(25));

    for _ in 0..2 {
        app.run_jobs().await;
    }

    let [_, (_, text)] = &stage.mails_to(&ana)[..] else {
        panic!("{:?}", stage.mails_to(&ana));
    };
    assert!(
        text.contains("the link in our mail was not opened"),
        "{text}"
    );
    assert!(!text.contains("held for you"), "{text}");
    stage.app.finish().await;
}
