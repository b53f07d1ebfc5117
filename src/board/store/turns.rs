//! Who may block or unblock an event's seats: one call after the other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sqlx::PgConnection;
use tokio::sync::OwnedMutexGuard;

use super::super::error::BoardError;
use super::locks::{detached, lock};
use crate::context::Context;
use crate::id::EventId;
use crate::postgres;

/// Calls of this process, by event: the first has the turn, the others wait for it.
#[derive(Default)]
struct Turns(Mutex<HashMap<EventId, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    async fn take(&self, event_id: EventId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|_, turn| Arc::strong_count(turn) > 1);
            all.entry(event_id).or_default().clone()
        };
        turn.lock_owned().await
    }
}

/// Lasts until it is dropped.
pub struct Turn {
    pub connection: PgConnection,
    _in_process: OwnedMutexGuard<()>,
}

/// A connection that alone may block or unblock the event's seats: what one call takes back,
/// another must not have found there. The board may be loaded meanwhile. Calls of one process wait
/// without a connection.
pub async fn in_turn_to_block(ctx: &Context, event_id: EventId) -> Result<Turn, BoardError> {
    let in_process = ctx.memory::<Turns>().take(event_id).await;
    let mut connection = detached(ctx).await?;
    lock(&mut connection, postgres::event_lock(event_id) ^ 2).await?;
    Ok(Turn {
        connection,
        _in_process: in_process,
    })
}
