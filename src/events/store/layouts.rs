//! Layouts with prices, as served.

use std::sync::Arc;

use crate::context::Context;
use crate::document::{Document, Documents};
use crate::events::EventError;
use crate::events::model::Event;
use crate::venues;

/// The event's layout document, with the prices that `event` has.
pub(crate) async fn layout(ctx: &Context, event: &Event) -> Result<Arc<Document>, EventError> {
    let name = format!("event {} {}", event.event_id, event.layout_etag());
    let make = async || {
        let (venue_id, version) = (event.venue.venue_id, event.venue.version);
        let stored = venues::find_layout(&ctx.db, venue_id, version).await?;
        Ok(event.price_layout(&stored.layout)?)
    };
    ctx.memory::<Documents>().find(name, make).await
}
