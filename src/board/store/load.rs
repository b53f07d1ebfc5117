//! Loading a board from PostgreSQL, and the SQL that says what PostgreSQL knows of it.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use fred::interfaces::{HashesInterface, KeysInterface};
use fred::types::Value;
use fred::types::scripts::Script;
use futures::FutureExt;
use sqlx::{Connection, PgConnection, PgExecutor};
use uuid::Uuid;

use super::super::error::BoardError;
use super::super::model::{Position, SeatState};
use super::call::{Positions, key};
use super::fallback::{self, Carried};
use super::loads::Loads;
use super::locks::{exclusively, lock_event};
use super::seats::sale_fields;
use super::told;
use super::waitlist::{self, LiveOffer, Waitlist};
use super::{modes, switch};
use crate::clock::Instant;
use crate::context::Context;
use crate::id::EventId;
use crate::{events, redis};

static LOAD_BOARD: LazyLock<Script> =
    LazyLock::new(|| Script::from_lua(include_str!("../../../lua/load_board.lua")));

/// Limit: holders in one call of the script.
const HOLDERS_PER_CALL_MAX: usize = 1_000;

/// Limit: holds in one call of the script.
const HOLDS_PER_CALL_MAX: usize = 200;

/// Limit: how long a call that Redis has answered waits for PostgreSQL to say where the board is.
const PATIENCE: Duration = Duration::from_millis(250);

/// What PostgreSQL knows of an event's seats, by index.
#[derive(Debug)]
pub struct Truth {
    pub epoch: i64,
    pub booked: Vec<(u32, Uuid)>,
    pub blocked: Vec<u32>,
    /// Seats that are not booked now, and when they last were cancelled.
    pub cancelled: HashMap<u32, Instant>,
    pub waitlist: Waitlist,
    /// Whether somebody is told of holds.
    pub is_told: bool,
    /// Holds that the board brings along from the store where it was before.
    pub holds: Vec<Carried>,
}

impl Truth {
    /// What a seat is that nobody has and that is for sale.
    pub fn free(&self) -> SeatState {
        if self.waitlist.n_waiting > 0 {
            SeatState::Kept
        } else {
            SeatState::Free
        }
    }

    /// What a board has when it is loaded: the holds that it brings along, and live offers of the
    /// waitlist, which are holds.
    pub fn all_holds(&self) -> Vec<Carried> {
        let is_carried = |offer: &&LiveOffer| {
            let known = |one: &Carried| one.hold_id == offer.hold_id;
            self.holds.iter().any(known)
        };
        let offers = self.waitlist.offers.iter();
        let offers = offers.filter(|offer| !is_carried(offer));
        let offers = offers.map(LiveOffer::carried);
        self.holds.iter().cloned().chain(offers).collect()
    }
}

/// Events whose boards may have holds to sweep.
pub async fn list_live_events(db: impl PgExecutor<'_>) -> Result<Vec<EventId>, sqlx::Error> {
    let events = sqlx::query_scalar!(
        r#"
        SELECT event_id FROM events
        WHERE board_epoch > board_retired
          AND (state IN ('on_sale', 'paused') AND starts_at > now() - interval '2 days'
               OR updated_at > now() - interval '1 day')
        ORDER BY event_id
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(events.into_iter().map(EventId).collect())
}

/// Events that were edited, or changed state, a short while ago, and their versions.
pub async fn list_changed_events(
    db: impl PgExecutor<'_>,
) -> Result<Vec<(EventId, i32)>, sqlx::Error> {
    let events = sqlx::query!(
        r#"
        SELECT event_id, version FROM events
        WHERE board_epoch > 0 AND updated_at > now() - interval '10 seconds'
        ORDER BY event_id
        "#
    )
    .fetch_all(db)
    .await?;
    let events = events.into_iter();
    Ok(events
        .map(|row| (EventId(row.event_id), row.version))
        .collect())
}

/// Loads the board if Redis has none, an older one, or one that is behind `floor`.
pub async fn load_if_behind(
    ctx: &Context,
    event_id: EventId,
    floor: Position,
) -> Result<(), BoardError> {
    let loads = ctx.memory::<Loads>();
    let _alone = loads.alone(event_id).await;
    let positions = ctx.memory::<Positions>();
    if positions.seen(event_id).epoch > floor.epoch {
        return Ok(());
    }
    let _turn = loads.turn().await;
    let mut connection = exclusively(ctx, event_id).await?;
    let (known, is_fallen_back) = board_epoch(&mut connection, event_id).await?;
    modes::see(ctx, event_id, is_fallen_back.then_some(known));
    if is_fallen_back {
        switch::renew(ctx, &mut connection, event_id, (known, floor)).await?;
        connection.close().await?;
        return Ok(());
    }
    let there = redis_position(ctx, event_id).await?;
    if there.epoch == known && there.epoch > 0 && there >= floor {
        positions.see(event_id, there);
        // Whoever loaded it may not have heard that it was.
        fallback::clear(&mut connection, event_id, known).await?;
    } else {
        let above = there.epoch.max(floor.epoch);
        let epoch = load_above(ctx, &mut connection, event_id, (known, above)).await?;
        positions.see(event_id, Position { epoch, revision: 0 });
        tracing::info!(event.id = %event_id, epoch, lost = ?floor, "board loaded");
        metrics::counter!("holdfast_board_loads_total").increment(1);
    }
    connection.close().await?;
    Ok(())
}

/// Takes note of PostgreSQL's epoch. Where a cancelled event has been given another epoch than its
/// board has, the next call finds the board behind and loads it, which ends every hold (F40).
pub async fn follow_epoch(ctx: &Context, event_id: EventId) -> Result<(), BoardError> {
    let mut connection = ctx.db.acquire().await?;
    newest_epoch(ctx, &mut connection, event_id).await?;
    Ok(())
}

/// PostgreSQL's epoch. Takes note of it, and of which store has its board: the next call goes
/// there.
pub(super) async fn newest_epoch(
    ctx: &Context,
    db: &mut PgConnection,
    event_id: EventId,
) -> Result<i64, BoardError> {
    let (epoch, is_fallen_back) = board_epoch(db, event_id).await?;
    modes::see(ctx, event_id, is_fallen_back.then_some(epoch));
    let positions = ctx.memory::<Positions>();
    positions.see(event_id, Position { epoch, revision: 0 });
    Ok(epoch)
}

/// Whether the board is in PostgreSQL, as that says now. Where it does not answer at once, holds go
/// on without it.
pub(super) async fn has_left_redis(ctx: &Context, event_id: EventId) -> bool {
    let asking = async {
        let mut connection = ctx.db.acquire().await?;
        newest_epoch(ctx, &mut connection, event_id).await
    };
    let asked = tokio::time::timeout(PATIENCE, asking).await;
    matches!(asked, Ok(Ok(_))) && modes::is_fallen_back(ctx, event_id).await
}

/// How far the board has come; the position before all others where there is none.
pub async fn find_position(ctx: &Context, event_id: EventId) -> Result<Position, BoardError> {
    if modes::is_fallen_back(ctx, event_id).await {
        return fallback::find_position(ctx, event_id).await;
    }
    redis_position(ctx, event_id).await
}

pub(super) async fn redis_position(
    ctx: &Context,
    event_id: EventId,
) -> Result<Position, BoardError> {
    let meta = key(event_id, "meta");
    let client = redis::client(&ctx.redis);
    let (fields, has_seats): (Vec<Option<String>>, bool) = tokio::try_join!(
        client.hmget(meta, vec!["epoch", "revision"]),
        client.exists(key(event_id, "seats")),
    )?;
    let at = |index: usize| fields.get(index)?.as_ref()?.parse().ok();
    // Scripts call a board without seats, or with a garbled position, not loaded: so it is.
    let whole = at(0).zip(at(1)).filter(|_| has_seats);
    Ok(
        whole.map_or_else(Position::default, |(epoch, revision)| Position {
            epoch,
            revision,
        }),
    )
}

/// The board's epoch, and whether it is in PostgreSQL.
pub(super) async fn board_epoch(
    db: &mut PgConnection,
    event_id: EventId,
) -> Result<(i64, bool), BoardError> {
    let row = sqlx::query!(
        r#"
        SELECT board_epoch, board_mode = 'postgres' AS "is_fallen_back!"
        FROM events WHERE event_id = $1
        "#,
        event_id.0
    )
    .fetch_optional(db)
    .await?;
    let row = row.ok_or(BoardError::Event(events::EventError::NotFound))?;
    Ok((row.board_epoch, row.is_fallen_back))
}

async fn load_above(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
    (known, above): (i64, i64),
) -> Result<i64, BoardError> {
    let mut tx = connection.begin().await?;
    // No confirm or cancel is under way while the epoch is raised; those that come later see the
    // new one, and a confirm that began in the old one is refused.
    lock_event(&mut tx, event_id).await?;
    sqlx::query!(
        r#"UPDATE events SET board_epoch = greatest(board_epoch, $2) + 1 WHERE event_id = $1"#,
        event_id.0,
        above
    )
    .execute(&mut *tx)
    .await?;
    let mut truth = truth(&mut tx, event_id).await?;
    truth.holds = fallback::read_left(ctx, &mut tx, event_id, known).await?;
    tx.commit().await?;
    write_board(ctx, connection, event_id, &truth).await?;
    Ok(truth.epoch)
}

/// What PostgreSQL knows; exact while the caller holds the event's lock exclusively.
pub async fn truth(db: &mut PgConnection, event_id: EventId) -> Result<Truth, BoardError> {
    let booked = sqlx::query!(
        r#"
        SELECT seat.seat_index, booking.holder_id
        FROM seat_bookings AS seat JOIN bookings AS booking USING (event_id, booking_id)
        WHERE seat.event_id = $1
        "#,
        event_id.0
    )
    .fetch_all(&mut *db)
    .await?;
    let blocked = sqlx::query_scalar!(
        r#"SELECT seat_index FROM seat_blocks WHERE event_id = $1"#,
        event_id.0
    )
    .fetch_all(&mut *db)
    .await?;
    let cancelled = sqlx::query!(
        r#"
        SELECT seat_index, max(cancelled_at) AS "cancelled_at!" FROM cancelled_seats
        WHERE event_id = $1
        GROUP BY seat_index
        "#,
        event_id.0
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Truth {
        epoch: board_epoch(db, event_id).await?.0,
        booked: booked
            .into_iter()
            .map(|row| (row.seat_index.cast_unsigned(), row.holder_id))
            .collect(),
        blocked: blocked.into_iter().map(i32::cast_unsigned).collect(),
        cancelled: cancelled
            .into_iter()
            .map(|row| (row.seat_index.cast_unsigned(), row.cancelled_at))
            .collect(),
        waitlist: waitlist::read(db, event_id).await?,
        is_told: told::is_told(db, event_id).await?,
        holds: Vec::new(),
    })
}

/// Writes a board to Redis; where it is there, what PostgreSQL had of it is not needed any more.
pub(super) async fn write_board(
    ctx: &Context,
    connection: &mut PgConnection,
    event_id: EventId,
    truth: &Truth,
) -> Result<(), BoardError> {
    let sale = events::reload_sale(ctx, event_id).await?;
    let holds = truth.all_holds();
    let live = holds.iter().filter(|one| one.record.is_live());
    let mut n_had: HashMap<Uuid, usize> = HashMap::new();
    for (_, holder) in &truth.booked {
        *n_had.entry(*holder).or_default() += 1;
    }
    for one in live.clone() {
        *n_had.entry(one.record.holder.0).or_default() += one.record.seats.len();
    }

    let seats = seats_of(truth, live, sale.seating.n_seats());
    step(ctx, event_id, truth.epoch, ("begin", seats)).await?;
    let counts: Vec<_> = n_had
        .iter()
        .map(|(holder, n)| format!("{holder}={n}"))
        .collect();
    for chunk in counts.chunks(HOLDERS_PER_CALL_MAX) {
        step(ctx, event_id, truth.epoch, ("holders", chunk.join(","))).await?;
    }
    for chunk in holds.chunks(HOLDS_PER_CALL_MAX) {
        let line = |one: &Carried| format!("{}={}={};", one.hold_id, one.due, one.record.write());
        let records: String = chunk.iter().map(line).collect();
        step(ctx, event_id, truth.epoch, ("holds", records)).await?;
    }
    let mut fields: Vec<_> = sale_fields(&sale)
        .map(|(name, value)| format!("{name}={value}"))
        .into();
    fields.push(format!("waiting={}", truth.waitlist.n_waiting));
    fields.push(format!("waiting_version={}", truth.waitlist.version));
    if truth.is_told {
        fields.push("told=0".to_owned());
    }
    let end = ("end", fields.join(","));
    let is_loaded = match step(ctx, event_id, truth.epoch, end.clone()).await {
        // It may be loaded already: that is the answer then.
        Err(error) if error.is_outcome_unknown() => {
            let again = step(ctx, event_id, truth.epoch, end);
            again.boxed().await?
        }
        is_loaded => is_loaded?,
    };
    if is_loaded {
        fallback::clear(connection, event_id, truth.epoch).await?;
    }
    Ok(())
}

/// A byte for each seat. While people wait nothing is free: the waitlist comes before the public,
/// and lets go what nobody on it wants.
fn seats_of<'a>(truth: &Truth, live: impl Iterator<Item = &'a Carried>, n_seats: usize) -> String {
    let free = truth.free().byte();
    let mut seats = vec![free; n_seats];
    let mut set = |index: u32, state: SeatState| {
        if let Some(seat) = seats.get_mut(index as usize) {
            *seat = state.byte();
        }
    };
    let blocked = truth.blocked.iter();
    blocked.for_each(|index| set(*index, SeatState::Blocked));
    let held = live.flat_map(|one| &one.record.seats);
    held.for_each(|seat| set(seat.index, SeatState::Held));
    let booked = truth.booked.iter();
    booked.for_each(|(index, _)| set(*index, SeatState::Booked));
    String::from_utf8_lossy(&seats).into_owned()
}

/// Answers whether the board is loaded. Where a newer load has taken over it is not, and that one's
/// board is the one to use: the caller asks again.
pub(super) async fn step(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
    (step, what): (&str, String),
) -> Result<bool, BoardError> {
    let nouns = ["seats", "holds", "deadlines", "holders", "meta", "changes"];
    let keys = ctx.memory::<Positions>().of(event_id).keys(&nouns);
    let args = vec![Value::from(epoch), Value::from(step), Value::from(what)];
    let reply = redis::run(&ctx.redis, &LOAD_BOARD, &keys, &args).await?;
    let status = reply.into_array().into_iter().next();
    Ok(status.and_then(|status| status.as_string()).as_deref() == Some("loaded"))
}
