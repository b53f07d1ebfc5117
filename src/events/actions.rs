//! The verbs of an event: create, change, and those that change its state.

use iso_currency::Currency;
use serde_json::{Value, json};

use super::error::EventError;
use super::model::{
    self, ChangeEvent, CreateEvent, Event, EventFilter, EventState, EventView, PriceOf, Reach,
    Verb, faults_of, priced,
};
use super::store::{self, NewEvent};
use crate::auth::{self, Caller};
use crate::clock::Instant;
use crate::context::Context;
use crate::id::{AccountId, EventId};
use crate::outbox::{self, Message};
use crate::page::PageRequest;
use crate::problem::FieldError;
use crate::venues;

/// The job that brings a changed event to its board.
pub const BOARDS_NUDGE: &str = "keep_boards";

/// Makes a draft. The caller must be a venue admin.
pub(crate) async fn create(
    ctx: &Context,
    event: &CreateEvent,
    caller: Caller,
) -> Result<EventView, EventError> {
    let reach = Reach::of(caller);
    let terms = event.terms();
    let currency = currency_of(&event.currency);
    let version = store::find_venue_version(&ctx.db, event.venue_id, reach).await?;

    let mut faults = terms.faults();
    faults.extend(fault_of_start(terms.starts_at, ctx.clock.now()));
    if currency.is_none() {
        faults.push(fault("/currency", "is not an ISO 4217 currency"));
    }
    let Some(venue_version) = version else {
        faults.push(fault(
            "/venue_id",
            "is not a venue of yours or a built-in one",
        ));
        return Err(EventError::Invalid(faults));
    };
    let seating = venues::seating(ctx, event.venue_id, venue_version).await?;
    let categories = &seating.categories;
    let keys: Vec<&str> = categories.iter().map(|one| one.key.as_str()).collect();
    faults.extend(faults_of(&event.prices, &keys, currency));
    let Some(currency) = currency.filter(|_| faults.is_empty()) else {
        return Err(EventError::Invalid(faults));
    };

    let event = NewEvent {
        event_id: ctx.ids.next(),
        owner_id: AccountId(caller.caller_id.0),
        venue_id: event.venue_id,
        venue_version,
        terms,
        currency,
        prices: priced(categories, &event.prices, currency),
    };
    let mut tx = ctx.db.begin().await?;
    store::insert(&mut tx, &event, ctx.clock.imposed()).await?;
    tx.commit().await?;
    read_back(ctx, event.event_id, reach).await
}

/// Changes the terms and, while nothing is being sold, the prices.
pub(super) async fn change(
    ctx: &Context,
    event_id: EventId,
    change: &ChangeEvent,
    caller: Caller,
) -> Result<EventView, EventError> {
    let reach = Reach::of(caller);
    let event = find_owned(ctx, event_id, reach).await?;
    if event.version != change.version {
        let version = event.version;
        return Err(EventError::VersionConflict { version });
    }
    if event.state == EventState::Cancelled {
        return Err(EventError::Cancelled);
    }
    let terms = change.applied_to(&event.terms);
    let mut faults = terms.faults();
    if change.starts_at.is_some() {
        faults.extend(fault_of_start(terms.starts_at, ctx.clock.now()));
    }
    if let Some(prices) = &change.prices {
        faults.extend(faults_of_new_prices(&event, prices));
    }
    if !faults.is_empty() {
        return Err(EventError::Invalid(faults));
    }

    let mut tx = ctx.db.begin().await?;
    if !store::update(&mut tx, &event, &terms, reach, ctx.clock.imposed()).await? {
        tx.rollback().await?;
        let version = find_owned(ctx, event_id, reach).await?.version;
        return Err(EventError::VersionConflict { version });
    }
    if let Some(prices) = &change.prices {
        store::update_prices(&mut tx, event_id, prices, reach).await?;
    }
    let changed = model::news_of_change(&event.terms, &terms, change.prices.is_some());
    tell(ctx, &mut tx, event_id, "event.changed", changed).await?;
    commit(ctx, tx, event_id).await?;
    read_back(ctx, event_id, reach).await
}

/// Changes the state. Done already, it changes nothing and answers the event as it is.
pub(crate) async fn apply(
    ctx: &Context,
    event_id: EventId,
    verb: Verb,
    caller: Caller,
) -> Result<EventView, EventError> {
    let reach = Reach::of(caller);
    // Before the lock: nobody but the owner may keep confirms waiting.
    find_owned(ctx, event_id, reach).await?;

    let mut tx = ctx.db.begin().await?;
    let state = store::lock(&mut tx, event_id, reach).await?;
    let state = state.ok_or(EventError::NotFound)?;
    let next = state.after(verb)?;
    if next == state {
        // Reading back takes another connection, and confirms wait for this one's lock.
        tx.rollback().await?;
        return read_back(ctx, event_id, reach).await;
    }
    store::mark(&mut tx, event_id, next, reach, ctx.clock.imposed()).await?;
    if let Verb::Open | Verb::Cancel = verb {
        let kind = format!("event.{}", verb.participle());
        tell(ctx, &mut tx, event_id, &kind, json!({})).await?;
    }
    commit(ctx, tx, event_id).await?;
    read_back(ctx, event_id, reach).await
}

/// One event; what others have never opened does not exist.
pub async fn view(
    ctx: &Context,
    event_id: EventId,
    caller: Option<Caller>,
) -> Result<EventView, EventError> {
    let reach = reach_of(ctx, caller).await?;
    read_back(ctx, event_id, reach).await
}

/// Whether the caller may see the event; without a query where it is known to be public. An event
/// that has been public once stays so, and an old copy is good enough.
pub async fn check_visible(
    ctx: &Context,
    event_id: EventId,
    caller: Option<Caller>,
) -> Result<(), EventError> {
    let known = store::sale(ctx, event_id).await?;
    if known.is_public {
        return Ok(());
    }
    find_visible(ctx, event_id, caller).await.map(|_| ())
}

/// As [`view`], with everything that is stored.
pub(super) async fn find_visible(
    ctx: &Context,
    event_id: EventId,
    caller: Option<Caller>,
) -> Result<Event, EventError> {
    let reach = reach_of(ctx, caller).await?;
    let event = store::find(&ctx.db, event_id, reach).await?;
    event.ok_or(EventError::NotFound)
}

/// A page of events, newest first, and the cursor of the next page.
pub async fn list(
    ctx: &Context,
    caller: Option<Caller>,
    page: PageRequest,
    filter: &EventFilter,
) -> Result<(Vec<EventView>, Option<String>), EventError> {
    let reach = reach_of(ctx, caller).await?;
    let event_ids = store::list(&ctx.db, page, filter, reach).await?;
    let (event_ids, next) = page.cut(event_ids, |event_id| event_id.0);
    let events = store::find_all(&ctx.db, &event_ids, reach).await?;
    let views = events.into_iter().map(|event| event.view(reach));
    Ok((views.collect(), next))
}

/// How far a caller of a read reaches; a role that allows more than a customer's is read anew.
pub async fn reach_of(ctx: &Context, caller: Option<Caller>) -> Result<Reach, EventError> {
    let Some(caller) = caller else {
        return Ok(Reach::PUBLIC);
    };
    let role = auth::current_role(ctx, caller)
        .await
        .map_err(EventError::RoleUnreadable)?;
    Ok(Reach::of(Caller { role, ..caller }))
}

/// The event, for its owner or an admin.
///
/// # Errors
/// `NotFound` where the caller may not see it, `Forbidden` where it is public and not theirs.
pub async fn find_owned(
    ctx: &Context,
    event_id: EventId,
    reach: Reach,
) -> Result<Event, EventError> {
    let event = store::find(&ctx.db, event_id, reach).await?;
    let event = event.ok_or(EventError::NotFound)?;
    if reach.owns(&event) {
        Ok(event)
    } else {
        Err(EventError::Forbidden)
    }
}

async fn read_back(
    ctx: &Context,
    event_id: EventId,
    reach: Reach,
) -> Result<EventView, EventError> {
    let event = store::find(&ctx.db, event_id, reach).await?;
    Ok(event.ok_or(EventError::NotFound)?.view(reach))
}

/// Writes down what happened to the event, whose row the transaction has changed.
async fn tell(
    ctx: &Context,
    tx: &mut sqlx::PgConnection,
    event_id: EventId,
    kind: &str,
    body: Value,
) -> Result<(), sqlx::Error> {
    let message = Message {
        event_id,
        message_id: ctx.ids.next(),
        kind,
        subject_id: event_id.0,
        body,
    };
    outbox::append(tx, &message, ctx.clock.imposed()).await
}

/// Commits a change and tells who keeps copies of the event.
async fn commit(
    ctx: &Context,
    tx: sqlx::Transaction<'_, sqlx::Postgres>,
    event_id: EventId,
) -> Result<(), sqlx::Error> {
    let _teller = Teller { ctx, event_id };
    tx.commit().await
}

/// Tells when it is dropped: also when the answer to a commit is lost, or nobody waits for it.
struct Teller<'a> {
    ctx: &'a Context,
    event_id: EventId,
}

impl Drop for Teller<'_> {
    fn drop(&mut self) {
        store::forget_sale(self.ctx, self.event_id);
        self.ctx.tasks.nudge(BOARDS_NUDGE);
    }
}

/// A currency that things are priced in: not gold, and not the code for tests.
fn currency_of(code: &str) -> Option<Currency> {
    Currency::from_code(code).filter(|currency| currency.exponent().is_some())
}

fn faults_of_new_prices(event: &Event, prices: &[PriceOf]) -> Vec<FieldError> {
    if !matches!(event.state, EventState::Draft | EventState::Paused) {
        let detail = "can be changed only while the event is a draft or paused";
        return vec![fault("/prices", detail)];
    }
    let keys: Vec<&str> = event
        .prices
        .iter()
        .map(|one| one.category.as_str())
        .collect();
    faults_of(prices, &keys, Some(event.currency))
}

fn fault_of_start(starts_at: Instant, now: Instant) -> Option<FieldError> {
    (starts_at <= now).then(|| fault("/starts_at", "must be in the future"))
}

fn fault(pointer: &str, detail: &str) -> FieldError {
    FieldError {
        pointer: pointer.to_owned(),
        detail: detail.to_owned(),
    }
}
