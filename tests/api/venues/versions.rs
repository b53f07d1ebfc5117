//! Next versions: stable seats, owners, nothing overwritten.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use serde_json::json;
use sqlx::PgPool;

use super::{HALL, replace, stored_seats, upload};
use crate::support::{Answer, Caller, TestApp};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_next_version_keeps_the_seats_that_keep_their_labels(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let before = stored_seats(&app).await;

    let shorter = HALL.replace("A-B, seats: 4", "B-C, seats: 3");
    let second = replace(&owner, &venue, &shorter).await.expect(200);
    let third = replace(&owner, &venue, HALL).await.expect(200);

    assert_eq!(
        (&second["version"], &second["seat_count"]),
        (&json!(2), &json!(6))
    );
    assert_eq!(
        (&second["added_count"], &second["removed_count"]),
        (&json!(3), &json!(5))
    );
    assert_eq!(
        (&third["added_count"], &third["removed_count"]),
        (&json!(5), &json!(3))
    );
    let after = stored_seats(&app).await;
    assert_eq!(after.len(), 11);
    assert!(before.iter().all(|seat| after.contains(seat)));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_version_never_changes_when_the_next_one_comes(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let first = owner
        .get(&format!("{venue}/layout?version=1"))
        .await
        .expect(200);

    replace(&owner, &venue, &HALL.replace("seats: 4", "seats: 5"))
        .await
        .expect(200);

    let again = owner
        .get(&format!("{venue}/layout?version=1"))
        .await
        .expect(200);
    let newest = owner.get(&format!("{venue}/layout")).await.expect(200);
    assert_eq!(
        (&first.text, first.header("etag")),
        (&again.text, again.header("etag"))
    );
    assert_eq!(
        (&newest["version"], &newest["seat_count"]),
        (&json!(2), &json!(10))
    );
    owner
        .get(&format!("{venue}/layout?version=3"))
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_same_template_again_makes_no_new_version(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;

    let answer = replace(&owner, &venue, HALL).await.expect(200);

    assert_eq!(
        (&answer["version"], &answer["added_count"]),
        (&json!(1), &json!(0))
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_many_next_versions_at_once_none_overwrites_another(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let documents: Vec<_> = (5..9)
        .map(|n| HALL.replace("seats: 4", &format!("seats: {n}")))
        .collect();

    let answers = futures::future::join_all(
        documents
            .iter()
            .map(|document| replace(&owner, &venue, document)),
    )
    .await;

    let stored: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    let mut versions: Vec<_> = stored
        .iter()
        .map(|answer| answer["version"].as_i64())
        .collect();
    versions.sort_unstable();
    let expected: Vec<_> = (2..).map(Some).take(stored.len()).collect();
    assert_eq!(versions, expected);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.expect_problem(409, "version_conflict");
    }
    let venue = owner.get(&venue).await.expect(200);
    assert_eq!(
        venue["version"].as_i64(),
        *expected.last().expect("one wins")
    );
    app.finish().await;
}

/// Stores a template if the venue's newest version is the one that has the tag.
async fn replace_if(caller: &Caller, venue: &str, document: &str, tag: &str) -> Answer {
    let request = caller
        .request(Method::PUT, &format!("{venue}/template"))
        .header(CONTENT_TYPE, "application/yaml")
        .header(IF_MATCH, tag);
    caller.send(request.body(document.to_owned())).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_two_next_versions_upon_the_same_one_the_second_is_refused(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let [five, six] = ["5", "6"].map(|n| HALL.replace("seats: 4", &format!("seats: {n}")));
    let layout = owner.get(&format!("{venue}/layout")).await.expect(200);
    let tag = layout.header("etag").to_owned();

    let first = replace_if(&owner, &venue, &five, &tag).await.expect(200);
    let second = replace_if(&owner, &venue, &six, &tag).await;
    let repeated = replace_if(&owner, &venue, &five, &tag).await.expect(200);

    second.expect_problem(409, "version_conflict");
    assert_eq!(
        (&first["version"], &repeated["version"]),
        (&json!(2), &json!(2))
    );
    let newest = owner.get(&venue).await.expect(200);
    assert_eq!(
        (&newest["version"], &newest["seat_count"]),
        (&json!(2), &json!(10))
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_version_is_named_by_the_tag_of_its_template_too(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue = upload(&owner, HALL).await;
    let tag_of = async |path: &str| {
        let answer = owner.get(&format!("{venue}/{path}")).await.expect(200);
        answer.header("etag").to_owned()
    };
    assert_eq!(tag_of("template").await, tag_of("layout").await);

    // A proxy that compresses weakens a tag.
    for (n, written) in [(5, "TAG"), (6, "\"another\", W/TAG"), (7, "*")] {
        let tag = written.replace("TAG", &tag_of("template").await);
        let document = HALL.replace("seats: 4", &format!("seats: {n}"));
        replace_if(&owner, &venue, &document, &tag)
            .await
            .expect(200);
    }
    for tag in ["\"another\"", "", "another"] {
        let refused = replace_if(&owner, &venue, HALL, tag).await;
        refused.expect_problem(409, "version_conflict");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_template_is_its_owners_only(db: PgPool) {
    let app = TestApp::start(db).await;
    let (owner, other) = (app.venue_admin().await, app.venue_admin().await);
    let venue = upload(&owner, HALL).await;
    let path = format!("{venue}/template");

    let mine = owner.get(&path).await.expect(200);

    assert_eq!(mine.text, HALL);
    assert_eq!(mine.header("content-type"), "application/yaml");
    other.get(&path).await.expect_problem(404, "not_found");
    app.admin()
        .await
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    app.customer()
        .await
        .get(&path)
        .await
        .expect_problem(403, "forbidden");
    app.stranger()
        .get(&path)
        .await
        .expect_problem(401, "unauthenticated");
    replace(&other, &venue, HALL)
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}
