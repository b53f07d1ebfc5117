//! Seatings in memory: what the sale asks about seats, without reading a layout each time.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::find::find_layout;
use crate::context::Context;
use crate::id::VenueId;
use crate::venues::error::VenueError;
use crate::venues::model::{Layout, Seating};

/// Seatings by venue and version. Versions never change, so entries never go stale.
#[derive(Default)]
struct Seatings(RwLock<HashMap<(VenueId, i32), Arc<Seating>>>);

/// Limit: seatings kept in memory, about 15 MB each for a stadium.
const SEATINGS_KEPT_MAX: usize = 64;

/// The seats of a venue's version, from memory after the first time.
pub async fn seating(
    ctx: &Context,
    venue_id: VenueId,
    version: i32,
) -> Result<Arc<Seating>, VenueError> {
    let seatings = ctx.memory::<Seatings>();
    let key = (venue_id, version);
    if let Some(seating) = seatings
        .0
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
    {
        return Ok(seating.clone());
    }
    let document = find_layout(&ctx.db, venue_id, version).await?;
    let layout: Layout = serde_json::from_str(&document.layout)?;
    let seating = Arc::new(Seating::of(&layout));
    let mut kept = seatings.0.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= SEATINGS_KEPT_MAX {
        kept.clear();
    }
    kept.insert(key, seating.clone());
    Ok(seating)
}
