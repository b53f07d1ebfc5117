//! The plan of an event with its prices.

use serde_json::json;
use sqlx::PgPool;

use super::{done, draft, gala, insert_category, insert_next_version, path_of, with};
use crate::support::{Answer, Caller, TestApp};

async fn layout_if_changed(caller: &Caller, event: &str, etags: &str) -> Answer {
    let path = format!("{event}/layout");
    let request = caller.request(reqwest::Method::GET, &path);
    caller.send(request.header("if-none-match", etags)).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_layout_is_the_venues_with_prices(db: PgPool) {
    let app = TestApp::start(db.clone()).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(2, 3).await;
    insert_category(&app, venue_id, "box").await;
    let prices = json!([
        {"category": "box", "amount": "80"}, {"category": "standard", "amount": "49.50"},
    ]);
    let body = with(gala(venue_id), &json!({"prices": prices}));
    let event = owner.post("/v1/events", body).await.expect(201);

    let layout = owner.get(&format!("{}/layout", path_of(&event))).await;

    let stored: String = sqlx::query_scalar("SELECT layout FROM venue_versions")
        .fetch_one(&db)
        .await
        .expect("a layout");
    let mut expected: serde_json::Value = serde_json::from_str(&stored).expect("JSON");
    expected["event_id"] = event["event_id"].clone();
    expected["currency"] = json!("EUR");
    expected["categories"][0]["amount"] = json!("49.50");
    expected["categories"][1]["amount"] = json!("80.00");
    let layout = layout.expect(200);
    assert_eq!(layout.body, expected);
    assert_eq!(layout.header("content-type"), "application/json");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_copy_of_the_layout_is_good_until_a_price_changes(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let etag = layout_if_changed(&owner, &event, "\"other\"")
        .await
        .expect(200);
    let etag = etag.header("etag").to_owned();
    let prices = json!([{"category": "standard", "amount": "60.00"}]);

    for known in [etag.clone(), format!("\"other\", W/{etag}"), "*".to_owned()] {
        let same = layout_if_changed(&owner, &event, &known).await.expect(304);
        assert_eq!(
            (same.header("etag"), same.text.as_str()),
            (etag.as_str(), "")
        );
    }
    done(&owner, &event, "open").await;
    layout_if_changed(&owner, &event, &etag).await.expect(304);
    done(&owner, &event, "pause").await;
    owner
        .patch(&event, json!({"version": 3, "prices": prices}))
        .await
        .expect(200);
    let other = layout_if_changed(&owner, &event, &etag).await.expect(200);

    assert_ne!(other.header("etag"), etag);
    assert_eq!(other["categories"][0]["amount"], "60.00");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_layout_of_a_draft_is_its_owners(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let path = format!("{event}/layout");

    let as_draft = owner.get(&path).await.expect(200);
    app.stranger()
        .get(&path)
        .await
        .expect_problem(404, "not_found");
    done(&owner, &event, "open").await;
    let public = app.stranger().get(&path).await.expect(200);

    assert_eq!(as_draft.header("cache-control"), "private, no-cache");
    assert_eq!(public.header("cache-control"), "public, no-cache");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f39_an_event_keeps_the_layout_it_was_made_with(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let venue_id = app.insert_venue(1, 4).await;
    let old = owner.post("/v1/events", gala(venue_id)).await.expect(201);
    let before = owner
        .get(&format!("{}/layout", path_of(&old)))
        .await
        .expect(200);

    insert_next_version(&app, venue_id).await;
    let new = owner.post("/v1/events", gala(venue_id)).await.expect(201);

    // Another instance has nothing in memory.
    let sibling = app.start_sibling().await;
    let after = owner
        .at(&sibling)
        .get(&format!("{}/layout", path_of(&old)))
        .await;
    assert_eq!(after.header("etag"), before.header("etag"));
    assert_eq!(after.body, before.body);
    assert_eq!(owner.get(&path_of(&old)).await["venue"], old["venue"]);
    let layout = owner.get(&format!("{}/layout", path_of(&new))).await;
    assert_eq!(
        (&layout["version"], &layout["name"]),
        (&json!(2), &json!("Renamed house"))
    );
    sibling.finish().await;
    app.finish().await;
}
