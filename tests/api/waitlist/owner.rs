//! What an event's owner sees and does.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::offered_seats;
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_queue_is_seen_moved_and_thinned_out_with_a_reason(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let seller = app.guest();
    let all = seller.book(&sale, &["S-A-1", "S-A-2"]).await;
    let people = [(); 3].map(|()| app.guest());
    let mut ids = Vec::new();
    for person in &people {
        app.ctx.clock.advance(TimeDelta::seconds(1));
        ids.push(person.join(&sale, 1).await.expect(201).text_of("entry_id"));
    }

    let moved = json!({"version": 1, "priority": 5, "reason": "Sponsor"});
    sale.decide_as_seen("move", &ids[2], moved)
        .await
        .expect(200);
    let removed = json!({"version": 1, "reason": "A tout"});
    for _ in 0..2 {
        sale.decide_as_seen("remove", &ids[0], removed.clone())
            .await
            .expect(200);
    }

    let first = sale
        .owner
        .get(&sale.path("/waitlist?limit=1"))
        .await
        .expect(200);
    assert_eq!(first["items"][0]["entry_id"], ids[2].as_str());
    let next = sale.path(&format!(
        "/waitlist?limit=1&after={}",
        first.text_of("next")
    ));
    let second = sale.owner.get(&next).await.expect(200);
    assert_eq!(
        (&second["items"][0]["entry_id"], &second["next"]),
        (&json!(ids[1]), &json!(null))
    );
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    app.run_jobs().await;
    assert_eq!(offered_seats(&people[2].entry(&sale).await), ["S-A-1"]);

    sale.decide("remove", &ids[2], json!({"reason": "A tout"}))
        .await
        .expect(200);
    app.run_jobs().await;

    assert_eq!(people[2].entry(&sale).await["state"], "removed");
    assert_eq!(offered_seats(&people[1].entry(&sale).await), ["S-A-1"]);
    let log = sale.waitlist_log().await;
    let kinds: Vec<_> = log.iter().map(|(kind, ..)| kind.as_str()).collect();
    let expected = [
        "joined", "joined", "joined", "moved", "removed", "offered", "removed", "offered",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(log[3].1, "Sponsor");
    assert_eq!(log[5].2, ["S-A-1"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_rule_is_told_in_a_sentence_and_follows_the_terms(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let path = sale.path("/waitlist/terms");
    let terms = app.stranger().get(&path).await.expect(200);
    assert!(
        terms.text_of("rule").contains("whom they fit"),
        "{}",
        terms.text
    );
    assert_eq!(terms["waiting"], 0);

    let quiet = json!({"from": "22:00", "until": "08:00"});
    let strict = sale
        .set_waitlist(json!({"policy": "strict", "quiet_hours": quiet}))
        .await;

    let rule = strict.text_of("rule");
    assert!(
        rule.contains("strictly in the order") && rule.contains("22:00 to 08:00"),
        "{rule}"
    );
    for (terms, pointer) in [
        (json!({"offer_ttl_seconds": 5}), "/offer_ttl_seconds"),
        (
            json!({"quiet_hours": {"from": "25:00", "until": "08:00"}}),
            "/quiet_hours/from",
        ),
        (
            json!({"quiet_hours": {"from": "08:00", "until": "08:00"}}),
            "/quiet_hours/until",
        ),
        (json!({"version": null}), "/version"),
    ] {
        let mut asked = json!({"version": 1});
        let members = asked.as_object_mut().expect("an object");
        members.extend(terms.as_object().expect("an object").clone());
        let terms = asked;
        let refused = sale
            .owner
            .put(&path, terms)
            .await
            .expect_problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], pointer);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_time_of_an_offer_does_not_run_at_night(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    // It is noon in UTC, and 13:00 at the venue.
    let quiet = json!({"from": "13:05", "until": "15:00"});
    sale.set_waitlist(json!({"quiet_hours": quiet, "offer_ttl_seconds": 600}))
        .await;
    let (seller, ana) = (app.guest(), app.guest());
    let all = seller.book(&sale, &["S-A-1"]).await;
    ana.join(&sale, 1).await.expect(201);
    seller.cancel(&all).await.expect(200);

    app.run_jobs().await;

    let offer = ana.entry(&sale).await["offer"].clone();
    assert_eq!(offer["expires_at"], "2037-12-01T14:05:00Z");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn strict_order_keeps_seats_for_those_behind_and_serves_none_of_them(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    sale.set_waitlist(json!({"policy": "strict"})).await;
    let (seller, ana, ben) = (app.guest(), app.guest(), app.guest());
    let all = seller
        .book(&sale, &["S-A-1", "S-A-2", "S-A-3", "S-A-4"])
        .await;
    ana.join(&sale, 2).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(1));
    ben.join(&sale, 1).await.expect(201);
    seller.cancel_seats(&all, &["S-A-1"]).await.expect(200);
    app.run_jobs().await;
    assert_eq!(sale.states().await, "xbbb");
    assert_eq!(ben.entry(&sale).await["position"], 2);

    seller.cancel_seats(&all, &["S-A-2"]).await.expect(200);
    app.run_jobs().await;
    seller.cancel_seats(&all, &["S-A-4"]).await.expect(200);
    app.run_jobs().await;

    assert_eq!(offered_seats(&ana.entry(&sale).await), ["S-A-1", "S-A-2"]);
    assert_eq!(offered_seats(&ben.entry(&sale).await), ["S-A-4"]);
    app.finish().await;
}
