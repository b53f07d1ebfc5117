//! The copy of an event in memory that holds are checked against.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use futures::poll;
use holdfast::events::{self, EventError, EventState};
use holdfast::id::EventId;
use serde_json::json;
use sqlx::PgPool;

use super::{done, draft};
use crate::support::TestApp;

fn id_of(event: &str) -> EventId {
    event["/v1/events/".len()..].parse().expect("an id")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_sale_knows_prices_limits_and_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;

    let sale = events::sale(&app.ctx, id_of(&event)).await.expect("a sale");

    assert_eq!((sale.state, sale.version), (EventState::Draft, 1));
    assert_eq!(sale.seating.n_seats(), 4);
    let seat = sale.seating.find("S-A-4").expect("a seat");
    assert_eq!(sale.price_of(seat), 4950);
    assert_eq!(sale.hold_ttl, Duration::from_secs(600));
    assert_eq!(
        (sale.seats_per_hold_max, sale.seats_per_person_max),
        (10, 20)
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_sale_follows_changes_made_here_at_once_and_others_when_reloaded(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let owner = app.venue_admin().await;
    let event = draft(&app, &owner).await;
    let event_id = id_of(&event);
    events::sale(&app.ctx, event_id).await.expect("a sale");

    done(&owner, &event, "open").await;
    let after_state = events::sale(&app.ctx, event_id).await.expect("a sale");
    let change = json!({"version": 2, "seats_per_hold_max": 3});
    owner.patch(&event, change).await.expect(200);
    let after_change = events::sale(&app.ctx, event_id).await.expect("a sale");
    done(&owner.at(&sibling), &event, "pause").await;
    let behind = events::sale(&app.ctx, event_id).await.expect("a sale");
    let reloaded = events::reload_sale(&app.ctx, event_id)
        .await
        .expect("a sale");
    let kept = events::sale(&app.ctx, event_id).await.expect("a sale");

    assert_eq!(after_state.state, EventState::OnSale);
    assert_eq!(
        (after_change.version, after_change.seats_per_hold_max),
        (3, 3)
    );
    assert_eq!(behind.version, 3);
    assert_eq!((reloaded.version, reloaded.state), (4, EventState::Paused));
    assert!(Arc::ptr_eq(&kept, &reloaded));
    sibling.finish().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn callers_who_come_together_share_one_read(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let event_id = id_of(&draft(&app, &owner).await);

    // Whoever comes after the read reads again, and it may take no time at all: none ends before
    // all have come.
    let mut blocking = app.ctx.db.begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocking)
        .await
        .expect("a lock");
    // No more than join_all polls in one go.
    let reading = join_all((0..30).map(|_| events::reload_sale(&app.ctx, event_id)));
    let mut reading = Box::pin(reading);
    assert!(poll!(&mut reading).is_pending());
    blocking.rollback().await.expect("the end of the lock");
    let sales = reading.await;
    let later = events::reload_sale(&app.ctx, event_id)
        .await
        .expect("a sale");

    let first = sales[0].as_ref().expect("a sale");
    let is_first = |sale: &Result<_, _>| sale.as_ref().is_ok_and(|sale| Arc::ptr_eq(sale, first));
    assert!(sales.iter().all(is_first));
    assert!(!Arc::ptr_eq(first, &later), "a later reload reads again");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn there_is_no_sale_of_an_event_that_does_not_exist(db: PgPool) {
    let app = TestApp::start(db).await;

    let nothing = events::sale(&app.ctx, app.ctx.ids.next()).await;

    assert!(matches!(nothing, Err(EventError::NotFound)));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn while_postgresql_is_away_a_known_sale_goes_on_and_events_are_unavailable(db: PgPool) {
    let app = TestApp::start(db).await;
    let owner = app.venue_admin().await;
    let (known, unknown) = (draft(&app, &owner).await, draft(&app, &owner).await);
    events::sale(&app.ctx, id_of(&known)).await.expect("a sale");

    app.ctx.db.close().await;

    let reloaded = events::reload_sale(&app.ctx, id_of(&known)).await;
    assert!(reloaded.is_err());
    events::sale(&app.ctx, id_of(&known))
        .await
        .expect("the copy");
    assert!(events::sale(&app.ctx, id_of(&unknown)).await.is_err());
    let problem = app
        .stranger()
        .get(&known)
        .await
        .expect_problem(503, "unavailable");
    assert_eq!(problem.header("retry-after"), "1");
    app.stop().await;
}
