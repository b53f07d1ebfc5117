//! Layouts with prices, as served: megabytes for a stadium, so the last few are kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::OnceCell;

use crate::context::Context;
use crate::events::EventError;
use crate::events::model::Event;
use crate::id::EventId;
use crate::venues;

/// Limit: layouts kept in memory, about 6 MB each for a stadium.
const LAYOUTS_KEPT_MAX: usize = 16;

#[derive(Default)]
struct Layouts(Mutex<HashMap<EventId, Kept>>);

#[derive(Clone)]
struct Kept {
    etag: String,
    /// Made once, however many ask for it at the same time.
    document: Arc<OnceCell<Bytes>>,
}

/// The event's layout document, with the prices that `event` has.
pub(crate) async fn layout(ctx: &Context, event: &Event) -> Result<Bytes, EventError> {
    let kept = ctx.memory::<Layouts>().of(event);
    let document = kept.get_or_try_init(async || {
        let (venue_id, version) = (event.venue.venue_id, event.venue.version);
        let stored = venues::find_layout(&ctx.db, venue_id, version).await?;
        Ok::<_, EventError>(Bytes::from(event.price_layout(&stored.layout)?))
    });
    document.await.cloned()
}

impl Layouts {
    fn of(&self, event: &Event) -> Arc<OnceCell<Bytes>> {
        let mut layouts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let etag = event.layout_etag();
        let known = layouts.get(&event.event_id);
        if let Some(kept) = known.filter(|kept| kept.etag == etag) {
            return kept.document.clone();
        }
        let is_full = layouts.len() >= LAYOUTS_KEPT_MAX && known.is_none();
        if let Some(any) = layouts.keys().next().copied().filter(|_| is_full) {
            layouts.remove(&any);
        }
        let document = Arc::<OnceCell<Bytes>>::default();
        let kept = Kept {
            etag,
            document: document.clone(),
        };
        layouts.insert(event.event_id, kept);
        document
    }
}
