//! Loads under way in this process: one for each event, and few in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedMutexGuard, Semaphore, SemaphorePermit};

use crate::id::EventId;

/// Limit: boards that are loaded at a time. Each load has a connection to PostgreSQL that is none
/// of the pool's, and there may be hundreds to load where Redis has lost everything.
const LOADS_MAX: usize = 4;

pub struct Loads {
    by_event: Mutex<HashMap<EventId, Arc<tokio::sync::Mutex<()>>>>,
    turns: Semaphore,
}

impl Default for Loads {
    fn default() -> Self {
        Self {
            by_event: Mutex::default(),
            turns: Semaphore::new(LOADS_MAX),
        }
    }
}

impl Loads {
    /// Waits for whoever loads the event's board: callers of one event want one load.
    pub async fn alone(&self, event_id: EventId) -> OwnedMutexGuard<()> {
        let load = {
            let all = self.by_event.lock();
            let mut all = all.unwrap_or_else(PoisonError::into_inner);
            all.entry(event_id).or_default().clone()
        };
        load.lock_owned().await
    }

    /// Waits for a turn to load; it lasts until what this answers is dropped.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // There is none only once turns are no longer given, which never happens.
        self.turns.acquire().await.ok()
    }
}
