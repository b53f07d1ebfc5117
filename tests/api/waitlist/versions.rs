//! Two who look after one event do not overwrite each other unseen.

use serde_json::json;
use sqlx::PgPool;

use super::edges::{holding, run, until_waiting};
use crate::failures::{promote, sold_out};
use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn terms_are_changed_by_whoever_has_seen_them_as_they_are(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    let (owner, path) = (&sale.owner, sale.path("/waitlist/terms"));
    assert_eq!(owner.get(&path).await.expect(200)["version"], 0);
    let unseen = json!({"version": 3, "skips_max": 4});
    let refused = owner.put(&path, unseen).await;
    assert_eq!(
        refused.expect_problem(409, "version_conflict")["version"],
        0
    );
    let unversioned = json!({"skips_max": 4});
    owner
        .put(&path, unversioned)
        .await
        .expect_problem(422, "validation_failed");

    let first = json!({"version": 0, "skips_max": 5});
    assert_eq!(
        owner.put(&path, first.clone()).await.expect(200)["version"],
        1
    );
    let again = owner.put(&path, first).await;
    assert_eq!(again.expect_problem(409, "version_conflict")["version"], 1);
    // Who joins, and what rounds do, is no change of the terms.
    app.guest().join(&sale, 1).await.expect(201);
    promote(&app).await;
    let second = json!({"version": 1, "skips_max": 6});
    assert_eq!(owner.put(&path, second).await.expect(200)["version"], 2);

    let now = owner.get(&path).await.expect(200);
    assert_eq!((&now["skips_max"], &now["version"]), (&json!(6), &json!(2)));
    app.finish().await;
}

/// Also where nobody has ever set them, or joined.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_two_changes_of_the_terms_at_once_one_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    for version in 0..3 {
        let path = sale.path("/waitlist/terms");
        let put = |skips_max: i32| {
            let terms = json!({"version": version, "skips_max": skips_max});
            sale.owner.put(&path, terms)
        };
        let mut lock = holding(&app, "LOCK TABLE waitlists IN SHARE ROW EXCLUSIVE MODE").await;
        let scene = async {
            until_waiting(&app, 2).await;
            run(&mut lock, "COMMIT").await;
        };

        let (first, second, ()) = tokio::join!(put(5), put(6), scene);

        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let (saved, refused) = if first.status == 200 {
            (first, second)
        } else {
            (second, first)
        };
        refused.expect_problem(409, "version_conflict");
        let now = sale.owner.get(&path).await.expect(200);
        assert_eq!(now["skips_max"], saved["skips_max"]);
        assert_eq!(now["version"], version + 1);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_entry_is_moved_and_removed_by_whoever_has_seen_where_it_stands(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, seller, all) = sold_out(&app, 2).await;
    let ana = app.guest();
    let entry = ana.join(&sale, 2).await.expect(201).text_of("entry_id");
    let moved = |version: i32| json!({"version": version, "priority": 7, "reason": "Mine"});
    let removed = |version: i32| json!({"version": version, "reason": "A tout"});
    for (verb, decision) in [("move", moved(2)), ("remove", removed(2))] {
        let refused = sale.decide_as_seen(verb, &entry, decision).await;
        assert_eq!(
            refused.expect_problem(409, "version_conflict")["version"],
            1
        );
    }

    let first = sale.decide_as_seen("move", &entry, moved(1)).await;

    assert_eq!(first.expect(200)["version"], 2);
    for (verb, decision) in [("move", moved(1)), ("remove", removed(1))] {
        let refused = sale.decide_as_seen(verb, &entry, decision).await;
        assert_eq!(
            refused.expect_problem(409, "version_conflict")["version"],
            2
        );
    }
    // What rounds do about an entry is no decision of the owner's.
    seller.cancel(&all).await.expect(200);
    promote(&app).await;
    assert_eq!(ana.entry(&sale).await["state"], "offered");
    let refused = sale.decide_as_seen("remove", &entry, removed(1)).await;
    refused.expect_problem(409, "version_conflict");
    assert_eq!(ana.entry(&sale).await["state"], "offered");
    let done = sale.decide_as_seen("remove", &entry, removed(2)).await;
    assert_eq!(done.expect(200)["version"], 3);
    let again = sale.decide_as_seen("remove", &entry, removed(2)).await;
    assert_eq!(again.expect(200)["state"], "removed");
    let late = sale.decide_as_seen("move", &entry, moved(2)).await;
    late.expect_problem(409, "version_conflict");
    let gone = sale.decide_as_seen("move", &entry, moved(3)).await;
    gone.expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_two_decisions_about_an_entry_at_once_one_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let (sale, ..) = sold_out(&app, 1).await;
    for (verb, other) in [("move", "move"), ("move", "remove"), ("remove", "move")] {
        let ana = app.guest();
        let entry = ana.join(&sale, 1).await.expect(201).text_of("entry_id");
        let decide = |verb: &'static str, priority: i32| {
            let decision = match verb {
                "move" => json!({"version": 1, "priority": priority, "reason": "A"}),
                _ => json!({"version": 1, "reason": "B"}),
            };
            sale.decide_as_seen(verb, &entry, decision)
        };
        let mut lock = holding(&app, "SELECT FROM waitlists FOR UPDATE").await;
        let second = async {
            until_waiting(&app, 1).await;
            decide(other, 2).await
        };
        let scene = async {
            until_waiting(&app, 2).await;
            run(&mut lock, "COMMIT").await;
        };

        let (first, second, ()) = tokio::join!(decide(verb, 1), second, scene);

        first.expect(200);
        let refused = second.expect_problem(409, "version_conflict");
        assert_eq!(refused["version"], 2, "{verb}, {other}");
    }
    app.finish().await;
}
