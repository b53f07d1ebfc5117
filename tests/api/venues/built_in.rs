//! The venues that come with the service.

use serde_json::json;
use sqlx::PgPool;

use super::{HALL, replace, upload};
use crate::support::{Answer, TestApp};

async fn load(app: &TestApp) {
    let loaded = holdfast::venues::load_built_in(&app.ctx).await;
    loaded.expect("the venues are loaded");
}

async fn path_of(app: &TestApp, key: &str) -> String {
    let found = "SELECT venue_id FROM venues WHERE built_in_key = $1";
    let found = sqlx::query_scalar(found).bind(key).fetch_one(&app.ctx.db);
    let venue_id: uuid::Uuid = found.await.expect("the venue");
    format!("/v1/venues/{venue_id}")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn built_in_venues_are_loaded_once_by_however_many_instances(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;

    let (first, second) = futures::future::join(
        holdfast::venues::load_built_in(&app.ctx),
        holdfast::venues::load_built_in(&sibling.ctx),
    )
    .await;
    first.expect("the venues are loaded");
    second.expect("the venues are loaded");
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("nothing is left to do");

    let page = app.stranger().get("/v1/venues").await.expect(200);
    let mut keys: Vec<_> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|venue| (venue["built_in_key"].as_str(), venue["version"].as_i64()))
        .collect();
    keys.sort_unstable();
    let expected = ["arena", "club", "concert-hall", "stadium", "theatre"];
    assert_eq!(keys, expected.map(|key| (Some(key), Some(1))));
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_built_in_venue_whose_document_changed_gets_a_next_version(db: PgPool) {
    let app = TestApp::start(db).await;
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");
    sqlx::query(
        "UPDATE venue_versions SET document = '' FROM venues
         WHERE venues.venue_id = venue_versions.venue_id AND built_in_key = 'club'",
    )
    .execute(&app.ctx.db)
    .await
    .expect("an older document");

    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");

    let page = app.stranger().get("/v1/venues").await.expect(200);
    for venue in page["items"].as_array().expect("items") {
        let expected = if venue["built_in_key"] == "club" {
            2
        } else {
            1
        };
        assert_eq!(venue["version"], expected, "{venue}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_an_admin_made_of_a_built_in_venue_stays(db: PgPool) {
    let app = TestApp::start(db).await;
    load(&app).await;
    let venue = path_of(&app, "club").await;
    replace(&app.admin().await, &venue, HALL).await.expect(200);

    load(&app).await;

    let venue = app.stranger().get(&venue).await.expect(200);
    assert_eq!(
        (&venue["version"], &venue["name"]),
        (&json!(2), &json!("Hall"))
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_older_program_does_not_undo_what_a_newer_one_brought(db: PgPool) {
    let app = TestApp::start(db).await;
    load(&app).await;
    let venue = path_of(&app, "club").await;
    replace(&app.admin().await, &venue, HALL).await.expect(200);
    // As a program stores it whose club is this hall.
    for service in ["NULL", "'00000000-0000-0000-0000-000000000000'"] {
        let by_service = format!("UPDATE venue_versions SET created_by = {service}");
        let made = sqlx::query(sqlx::AssertSqlSafe(by_service));
        made.execute(&app.ctx.db).await.expect("a version");

        load(&app).await;

        let venue = app.stranger().get(&venue).await.expect(200);
        assert_eq!(venue["version"], 2, "{service}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn built_in_venues_are_listed_by_themselves(db: PgPool) {
    let app = TestApp::start(db).await;
    load(&app).await;
    let owner = app.venue_admin().await;
    upload(&owner, HALL).await;
    let names = |page: &Answer| -> Vec<String> {
        let items = page["items"].as_array().expect("items").iter();
        let mut names: Vec<_> = items.map(|venue| venue["name"].to_string()).collect();
        names.sort();
        names
    };

    let all = owner.get("/v1/venues").await.expect(200);
    let built_in = owner.get("/v1/venues?built_in=true").await.expect(200);
    let others = owner.get("/v1/venues?built_in=false").await.expect(200);
    let first = app.stranger();
    let first = first.get("/v1/venues?built_in=true&limit=4").await;
    let next = format!("/v1/venues?built_in=true&after={}", first.text_of("next"));
    let rest = app.stranger().get(&next).await.expect(200);
    let nobodys = owner.get("/v1/venues?built_in=true&mine=true").await;

    assert_eq!((names(&all).len(), names(&built_in).len()), (6, 5));
    assert_eq!(names(&others), ["\"Hall\""]);
    let pages = [names(&first.expect(200)), names(&rest)];
    assert_eq!((pages[0].len(), pages[1].len()), (4, 1));
    assert!(names(&nobodys.expect(200)).is_empty());
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn admins_change_built_in_venues_and_venue_admins_do_not(db: PgPool) {
    let app = TestApp::start(db).await;
    holdfast::venues::load_built_in(&app.ctx)
        .await
        .expect("the venues are loaded");
    let page = app.stranger().get("/v1/venues?limit=1").await.expect(200);
    let venue = format!(
        "/v1/venues/{}",
        page["items"][0]["venue_id"].as_str().expect("an id")
    );

    replace(&app.venue_admin().await, &venue, HALL)
        .await
        .expect_problem(404, "not_found");
    let answer = replace(&app.admin().await, &venue, HALL).await.expect(200);

    assert_eq!(answer["version"], 2);
    app.finish().await;
}
