//! Which boards are in PostgreSQL, as this process last heard. A row in PostgreSQL says so, never a
//! call by itself.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

use super::super::error::BoardError;
use super::super::model::Position;
use super::call::Positions;
use crate::context::Context;
use crate::id::EventId;

#[derive(Default)]
pub struct Modes {
    /// The events whose boards are in PostgreSQL, and the epochs of those.
    fallen_back: RwLock<HashMap<EventId, i64>>,
    is_learned: AtomicBool,
    is_any: AtomicBool,
    changed: watch::Sender<()>,
}

/// An event's board, before and after this process has heard of it.
pub struct News {
    pub fallen_back: Vec<(EventId, i64)>,
    pub gone_back: Vec<EventId>,
}

impl Modes {
    fn replace(&self, now: HashMap<EventId, i64>) -> News {
        let lock = self.fallen_back.write();
        let mut known = lock.unwrap_or_else(PoisonError::into_inner);
        let is_news = |(event_id, epoch): &(&EventId, &i64)| known.get(event_id) != Some(epoch);
        let news = News {
            fallen_back: now
                .iter()
                .filter(is_news)
                .map(|(event_id, epoch)| (*event_id, *epoch))
                .collect(),
            gone_back: known
                .keys()
                .filter(|event_id| !now.contains_key(event_id))
                .copied()
                .collect(),
        };
        self.is_any.store(!now.is_empty(), Ordering::SeqCst);
        *known = now;
        drop(known);
        self.is_learned.store(true, Ordering::SeqCst);
        if !news.fallen_back.is_empty() || !news.gone_back.is_empty() {
            self.changed.send_replace(());
        }
        news
    }

    fn set(&self, event_id: EventId, epoch: Option<i64>) {
        let lock = self.fallen_back.write();
        let mut known = lock.unwrap_or_else(PoisonError::into_inner);
        match epoch {
            Some(epoch) => known.insert(event_id, epoch),
            None => known.remove(&event_id),
        };
        self.is_any.store(!known.is_empty(), Ordering::SeqCst);
        drop(known);
        self.changed.send_replace(());
    }

    pub fn has(&self, event_id: EventId) -> bool {
        self.is_any.load(Ordering::SeqCst)
            && self
                .fallen_back
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(&event_id)
    }

    /// Notified when a board has gone to another store.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }
}

/// Whether the event's board is in PostgreSQL. A process that has just started asks first.
pub async fn is_fallen_back(ctx: &Context, event_id: EventId) -> bool {
    let modes = ctx.memory::<Modes>();
    if !modes.is_learned.load(Ordering::SeqCst)
        && let Err(error) = learn(ctx).await
    {
        // Without PostgreSQL there is no confirm that this could mislead.
        tracing::debug!(cause = %error, "the modes of the boards are not known");
    }
    modes.has(event_id)
}

/// Whether any board is in PostgreSQL, as far as this process has heard.
pub fn is_any_fallen_back(ctx: &Context) -> bool {
    ctx.memory::<Modes>().is_any.load(Ordering::SeqCst)
}

/// Takes note of a board's mode that has just been read or written.
pub fn see(ctx: &Context, event_id: EventId, epoch: Option<i64>) {
    let modes = ctx.memory::<Modes>();
    if modes.has(event_id) != epoch.is_some() {
        modes.set(event_id, epoch);
    }
}

/// Reads which boards are in PostgreSQL; answers what has changed.
pub async fn learn(ctx: &Context) -> Result<News, BoardError> {
    let rows = sqlx::query!(
        r#"
        SELECT event_id, epoch, revision
        FROM events AS event JOIN fallback_boards AS board USING (event_id)
        WHERE event.board_mode = 'postgres' AND board.is_open
        "#
    )
    .fetch_all(&ctx.db)
    .await?;
    let positions = ctx.memory::<Positions>();
    let mut now = HashMap::new();
    for row in rows {
        let (epoch, revision) = (row.epoch, row.revision);
        let event_id = EventId(row.event_id);
        positions.see(event_id, Position { epoch, revision });
        now.insert(event_id, epoch);
    }
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    metrics::gauge!("holdfast_boards_fallen_back").set(now.len() as f64);
    Ok(ctx.memory::<Modes>().replace(now))
}

/// The events on sale whose boards are in Redis.
pub async fn list_in_redis(ctx: &Context) -> Result<Vec<EventId>, BoardError> {
    let events = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM events
        WHERE board_mode = 'redis' AND state IN ('on_sale', 'paused')
          AND starts_at > now() - interval '2 days'
        ORDER BY event_id
        "#
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}

pub async fn list_in_postgres(ctx: &Context) -> Result<Vec<EventId>, BoardError> {
    let events = sqlx::query_scalar!(
        r#"SELECT event_id FROM events WHERE board_mode = 'postgres' ORDER BY event_id"#
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}

/// Limit: boards in one answer.
const LEFT_MAX: i64 = 100;

/// The events whose boards are in Redis, though PostgreSQL has something left of them.
pub async fn list_left(ctx: &Context) -> Result<Vec<EventId>, BoardError> {
    let events = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM fallback_boards AS board JOIN events AS event USING (event_id)
        WHERE NOT board.is_open AND event.board_mode = 'redis'
        ORDER BY event_id LIMIT $1
        "#,
        LEFT_MAX
    )
    .fetch_all(&ctx.db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}
