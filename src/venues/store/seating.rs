//! Seatings in memory: what the sale asks about seats, without reading a layout each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::find::find_layout;
use crate::context::Context;
use crate::id::VenueId;
use crate::venues::error::VenueError;
use crate::venues::model::Seating;

type Cell = Arc<OnceCell<Arc<Seating>>>;

/// Seatings by venue and version. Versions never change, so entries never go stale.
#[derive(Default)]
struct Seatings {
    kept: Mutex<HashMap<(VenueId, i32), Cell>>,
    /// A stadium's layout takes 5 MB, and several times that while it is read: one at a time.
    turn: tokio::sync::Mutex<()>,
}

/// Limit: seatings kept in memory, about 15 MB each for a stadium.
const SEATINGS_KEPT_MAX: usize = 64;

/// The seats of a venue's version, from memory after the first time. Read once, however many ask
/// for it when a sale begins.
pub async fn seating(
    ctx: &Context,
    venue_id: VenueId,
    version: i32,
) -> Result<Arc<Seating>, VenueError> {
    let seatings = ctx.memory::<Seatings>();
    let cell = seatings.cell((venue_id, version));
    let read = cell.get_or_try_init(async || {
        let _turn = seatings.turn.lock().await;
        let document = find_layout(&ctx.db, venue_id, version).await?;
        // Tens of thousands of seats: not on a thread that answers requests.
        let read = tokio::task::spawn_blocking(move || Seating::read(&document.layout));
        Ok(Arc::new(read.await??))
    });
    read.await.cloned()
}

impl Seatings {
    fn cell(&self, key: (VenueId, i32)) -> Cell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= SEATINGS_KEPT_MAX && !kept.contains_key(&key) {
            kept.clear();
        }
        kept.entry(key).or_default().clone()
    }
}
