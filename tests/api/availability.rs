//! What a seat map shows: every seat's state, and how many are in which.

use holdfast::board;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::failures::until;
use crate::support::{Answer, Caller, Sale, TestApp};

async fn availability(caller: &Caller, sale: &Sale) -> Answer {
    caller.get(&sale.path("/availability")).await
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn each_seat_has_a_character_at_its_index(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 3).await;
    let ana = app.guest();

    let fresh = sale.states().await;
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    ana.book(&sale, &["S-B-1"]).await;
    sale.block(&["S-B-3"]).await.expect(204);
    app.write_seat(&sale, 4, "w").await;

    assert_eq!(fresh, "......");
    assert_eq!(sale.states().await, ".h.bxx");
    let counts = json!({"total": 6, "free": 2, "held": 1, "booked": 1, "blocked": 2});
    assert_eq!(sale.counts().await, counts);
    let listed = app.stranger().get("/v1/events").await.expect(200);
    assert_eq!(listed["items"][0]["seats"], counts);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_change_is_a_new_revision_and_a_look_is_none(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let revision = async || {
        let now = availability(&app.stranger(), &sale).await.expect(200);
        now["revision"].as_i64().expect("a revision")
    };

    let first = revision().await;
    let second = revision().await;
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let placed = revision().await;
    ana.place(&sale, &["S-A-1"]).await.expect(409);
    let refused = revision().await;
    ana.release(&sale, &hold).await.expect(204);
    let released = revision().await;
    ana.release(&sale, &hold).await.expect(204);
    let again = revision().await;

    assert_eq!((second, placed, refused), (first, first + 1, first + 1));
    assert_eq!((released, again), (first + 2, first + 2));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_copy_is_good_until_a_seat_changes(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let nobody = app.stranger();
    let ask = async |tags: &str| {
        let request = nobody.request(Method::GET, &sale.path("/availability"));
        nobody.send(request.header("If-None-Match", tags)).await
    };
    let first = availability(&nobody, &sale).await.expect(200);
    let etag = first.header("etag").to_owned();
    let (epoch, revision) = (&first["epoch"], &first["revision"]);
    assert_eq!(etag, format!("\"{epoch}-{revision}\""));
    assert_eq!(first.header("cache-control"), "no-cache");

    let unchanged = ask(&etag).await.expect(304);
    ask(&format!("W/{etag}")).await.expect(304);
    ask(&format!("\"0-0\", {etag}")).await.expect(304);
    ask("\"0-0\"").await.expect(200);
    app.guest().place(&sale, &["S-A-1"]).await.expect(201);
    let changed = ask(&etag).await.expect(200);

    assert_eq!(
        (unchanged.text.as_str(), unchanged.header("etag")),
        ("", etag.as_str())
    );
    assert_eq!(changed["states"], "h...");
    assert_ne!(changed.header("etag"), etag);
    app.finish().await;
}

/// I6
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_lost_board_comes_back_as_a_later_one(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    ana.book(&sale, &["S-A-1"]).await;
    sale.block(&["S-A-2"]).await.expect(204);
    ana.place(&sale, &["S-A-3"]).await.expect(201);
    let before = availability(&ana, &sale).await.expect(200);

    app.lose_board(&sale).await;
    let epoch = |answer: &Answer| answer["epoch"].as_i64().expect("an epoch");
    until("the copy is found to be of a lost board", async || {
        let now = availability(&ana, &sale).await.expect(200);
        epoch(&now) > epoch(&before)
    })
    .await;
    let after = availability(&ana, &sale).await.expect(200);

    assert_eq!(before["states"], "bxh.");
    assert_eq!(after["states"], "bx..");
    assert!(
        epoch(&after) > epoch(&before),
        "{} {}",
        after.text,
        before.text
    );
    let counts = json!({"total": 4, "free": 2, "held": 0, "booked": 1, "blocked": 1});
    assert_eq!(sale.counts().await, counts);
    app.finish().await;
}

/// What a list says of some events' seats.
async fn listed(app: &TestApp, sales: &[&Sale]) -> Vec<Value> {
    let page = app.stranger().get("/v1/events").await.expect(200);
    let items = page["items"].as_array().expect("items");
    let seats_of = |sale: &&Sale| {
        let mut items = items.iter();
        let event = items.find(|item| item["event_id"] == sale.event_id.as_str());
        event.expect("the event")["seats"].clone()
    };
    sales.iter().map(seats_of).collect()
}

async fn is_loaded(app: &TestApp, sale: &Sale) -> bool {
    let there = board::find_position(&app.ctx, sale.id()).await;
    there.expect("a Redis") > board::Position::default()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_list_has_no_board_loaded_that_is_not_on_sale(db: PgPool) {
    let app = TestApp::start(db).await;
    let soon = json!({"starts_at": "2037-12-02T19:00:00Z"});
    // Whoever looks at a board first has it loaded.
    let begun = app.on_sale_with(1, 4, soon).await;
    let (selling, closed) = (app.on_sale(1, 4).await, app.on_sale(1, 4).await);
    let gone = app.on_sale(1, 4).await;
    app.guest().book(&closed, &["S-A-1"]).await;
    closed.apply("close").await;
    gone.apply("close").await;
    app.ctx.clock.advance(chrono::TimeDelta::days(2));

    let sales = [&selling, &closed, &gone, &begun];
    let first = listed(&app, &sales).await;
    let mut loaded = Vec::new();
    for sale in sales {
        loaded.push(is_loaded(&app, sale).await);
    }
    // Somebody looks at one of them.
    app.stranger().states_of(&gone).await;
    let later = listed(&app, &sales).await;

    let counts = |free: u32, booked: u32| -> Value {
        json!({"total": 4, "free": free, "held": 0, "booked": booked, "blocked": 0})
    };
    let (unsold, sold) = (counts(4, 0), counts(3, 1));
    let known = [unsold.clone(), sold.clone(), Value::Null, Value::Null];
    assert_eq!(first, known);
    assert_eq!(loaded, [true, true, false, false]);
    assert_eq!(later, [unsold.clone(), sold, unsold, Value::Null]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_drafts_seats_are_its_owners_to_see(db: PgPool) {
    let app = TestApp::start(db).await;
    let draft = app.draft_with(1, 4, json!({})).await;

    let owners = availability(&draft.owner, &draft).await.expect(200);
    let admins = availability(&app.admin().await, &draft).await.expect(200);

    assert_eq!(
        (&owners["states"], &admins["states"]),
        (&json!("...."), &json!("...."))
    );
    for stranger in [app.stranger(), app.guest(), app.venue_admin().await] {
        let refused = availability(&stranger, &draft).await;
        refused.expect_problem(404, "not_found");
    }
    draft.apply("open").await;
    availability(&app.stranger(), &draft).await.expect(200);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_seats_of_an_event_are_seen_whatever_its_state(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    app.guest().book(&sale, &["S-A-1"]).await;

    for verb in ["pause", "close", "cancel"] {
        sale.apply(verb).await;
        let seen = availability(&app.stranger(), &sale).await.expect(200);
        assert_eq!(seen["states"], "b...", "{verb}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_event_that_does_not_exist_has_no_availability(db: PgPool) {
    let app = TestApp::start(db).await;
    let nobody = app.stranger();
    let event_id = app.ctx.ids.next::<holdfast::id::EventId>();

    let unknown = nobody
        .get(&format!("/v1/events/{event_id}/availability"))
        .await;
    let malformed = nobody.get("/v1/events/x/availability").await;

    unknown.expect_problem(404, "not_found");
    malformed.expect_problem(400, "malformed_request");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn two_instances_show_the_same_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let sale = app.on_sale(1, 4).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    let there = availability(&ana.at(&sibling), &sale).await.expect(200);
    ana.at(&sibling).confirm(&sale, &hold).await.expect(201);
    let here = availability(&ana, &sale).await.expect(200);

    assert_eq!(there["states"], Value::from("h..."));
    assert_eq!(here["states"], Value::from("b..."));
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn seats_and_layouts_come_compressed_as_the_caller_accepts(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(20, 100).await;
    let nobody = app.stranger();

    for path in ["/availability", "/layout"] {
        let plain = nobody.get(&sale.path(path)).await.expect(200);
        assert_eq!(plain.header("content-encoding"), "");
        let request = nobody.request(Method::GET, &sale.path(path));
        let request = request.header("Accept-Encoding", "gzip");
        let gzip = request.send().await.expect("an answer");
        assert_eq!(gzip.headers()["content-encoding"], "gzip");
        assert_eq!(gzip.headers()["vary"], "accept-encoding");
        assert_eq!(gzip.headers()["etag"], plain.header("etag"));
        let bytes = gzip.bytes().await.expect("a body");
        assert!(bytes.len() * 10 < plain.text.len(), "{} bytes", bytes.len());
        let mut text = String::new();
        let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
        std::io::Read::read_to_string(&mut decoder, &mut text).expect("gzip");
        assert_eq!(text, plain.text);
    }
    app.finish().await;
}
