//! Houses in memory: made from a layout once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::super::error::WaitlistError;
use super::super::model::House;
use crate::context::Context;
use crate::events::Sale;
use crate::id::VenueId;
use crate::venues::{self, Layout};

/// Versions of a layout never change, so entries never go stale.
#[derive(Default)]
struct Houses(RwLock<HashMap<(VenueId, i32), Arc<House>>>);

/// Limit: houses kept in memory, about 2 MB each for a stadium.
const HOUSES_KEPT_MAX: usize = 64;

pub(super) async fn house(ctx: &Context, sale: &Sale) -> Result<Arc<House>, WaitlistError> {
    let houses = ctx.memory::<Houses>();
    let key = (sale.venue_id, sale.venue_version);
    let known = houses
        .0
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&key)
        .cloned();
    if let Some(house) = known {
        return Ok(house);
    }
    let document = venues::find_layout(&ctx.db, sale.venue_id, sale.venue_version).await?;
    // Tens of thousands of seats: not on a thread that answers requests.
    let house = off_thread(move || {
        let layout: Layout = serde_json::from_str(&document.layout)?;
        Ok::<_, WaitlistError>(Arc::new(House::of(&layout)))
    });
    let house = house.await??;
    let mut kept = houses.0.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= HOUSES_KEPT_MAX {
        kept.clear();
    }
    kept.insert(key, house.clone());
    Ok(house)
}

/// Runs what takes long on a thread of its own, so that requests are answered meanwhile.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WaitlistError> {
    Ok(tokio::task::spawn_blocking(work).await?)
}
