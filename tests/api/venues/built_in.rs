//! The venues that come with the service.

use sqlx::PgPool;

use super::{HALL, replace};
use crate::support::TestApp;

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
