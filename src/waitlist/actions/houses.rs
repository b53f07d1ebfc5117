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
    let layout: Layout = serde_json::from_str(&document.layout)?;
    let house = Arc::new(House::of(&layout));
    let mut kept = houses.0.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= HOUSES_KEPT_MAX {
        kept.clear();
    }
    kept.insert(key, house.clone());
    Ok(house)
}
