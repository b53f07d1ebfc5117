//! Copies of events in memory, so that holds need no query; bounded, one read at a time for each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;
use futures::FutureExt;
use tokio::sync::OnceCell;

use super::read;
use crate::context::Context;
use crate::events::EventError;
use crate::events::model::{Reach, Sale};
use crate::id::EventId;
use crate::venues;

/// Limit: events kept in memory; their seatings are shared by venue.
const SALES_KEPT_MAX: usize = 1024;

#[derive(Default)]
struct Sales(Mutex<HashMap<EventId, Entry>>);

/// What is known, and the read under way that many callers wait for.
#[derive(Default)]
struct Entry {
    known: Option<Arc<Sale>>,
    reading: Option<Reading>,
}

type Reading = Arc<OnceCell<Result<Arc<Sale>, Arc<EventError>>>>;

/// The event as the sale needs it, drafts included, from memory after the first time. It may be
/// behind: who meets a newer version elsewhere calls [`reload_sale`].
pub async fn sale(ctx: &Context, event_id: EventId) -> Result<Arc<Sale>, EventError> {
    let known = {
        let sales = ctx.memory::<Sales>();
        let entries = sales.entries();
        entries.get(&event_id).and_then(|entry| entry.known.clone())
    };
    match known {
        Some(sale) => Ok(sale),
        None => reload_sale(ctx, event_id).boxed().await,
    }
}

/// Reads the event from PostgreSQL again. Callers who come while a read is under way share its
/// result, which may have been read before they came: who expects a certain version compares it and
/// calls again. When the read fails, the copy known before stays.
pub async fn reload_sale(ctx: &Context, event_id: EventId) -> Result<Arc<Sale>, EventError> {
    let sales = ctx.memory::<Sales>();
    let reading = sales.reading(event_id);
    let result = reading
        .get_or_init(async || read(ctx, event_id).await.map_err(Arc::new))
        .await
        .clone();
    sales.keep(event_id, &reading, &result);
    result.map_err(|error| match &*error {
        EventError::NotFound => EventError::NotFound,
        _ => EventError::Shared(error),
    })
}

/// Drops the copy after a change. A read under way serves only those who wait for it already.
pub(crate) fn forget_sale(ctx: &Context, event_id: EventId) {
    ctx.memory::<Sales>().entries().remove(&event_id);
}

async fn read(ctx: &Context, event_id: EventId) -> Result<Arc<Sale>, EventError> {
    let event = read::find(&ctx.db, event_id, Reach::EVERYTHING)
        .await?
        .ok_or(EventError::NotFound)?;
    let seating = venues::seating(ctx, event.venue.venue_id, event.venue.version).await?;
    Ok(Arc::new(Sale::of(event, seating)))
}

impl Sales {
    fn entries(&self) -> MutexGuard<'_, HashMap<EventId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reading(&self, event_id: EventId) -> Reading {
        let mut entries = self.entries();
        let is_full = entries.len() >= SALES_KEPT_MAX && !entries.contains_key(&event_id);
        // Any will do: an event that is still wanted is read again.
        if let Some(any) = entries.keys().next().copied().filter(|_| is_full) {
            entries.remove(&any);
        }
        let entry = entries.entry(event_id).or_default();
        entry.reading.get_or_insert_default().clone()
    }

    /// The first of those who waited stores the result, unless a change has made it worthless.
    fn keep(
        &self,
        event_id: EventId,
        reading: &Reading,
        result: &Result<Arc<Sale>, Arc<EventError>>,
    ) {
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(&event_id) else {
            return;
        };
        let is_current = |current: &Reading| Arc::ptr_eq(current, reading);
        if !entry.reading.as_ref().is_some_and(is_current) {
            return;
        }
        entry.reading = None;
        match result {
            Ok(sale) => entry.known = Some(sale.clone()),
            Err(_) if entry.known.is_none() => {
                entries.remove(&event_id);
            }
            Err(_) => {}
        }
    }
}
