//! Reading a board: every seat, one hold, all holds.

use std::collections::HashMap;
use std::sync::LazyLock;

use fred::interfaces::{HashesInterface, SortedSetsInterface};
use fred::types::Value;
use fred::types::scripts::Script;

use super::super::error::BoardError;
use super::super::model::{Hold, HoldState, Snapshot};
use super::call::{Fence, Verb, call, key};
use super::fallback::{self, Kind};
use super::hold::hold;
use super::modes;
use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::id::{EventId, HoldId};
use crate::redis;

static READ_BOARD: Verb = Verb {
    kind: Kind::ReadBoard,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/read_board.lua"))),
    keys: &["seats", "meta"],
    is_repeatable: true,
};
static FIND_HOLD: Verb = Verb {
    kind: Kind::FindHold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/find_hold.lua"))),
    keys: &["holds", "meta"],
    is_repeatable: true,
};

/// Every seat's state, from a board that is loaded first if need be.
pub async fn read_board(ctx: &Context, event_id: EventId) -> Result<Snapshot, BoardError> {
    let reply = call(ctx, event_id, &READ_BOARD, Fence::Newest, &[]).await?;
    match reply.status.as_str() {
        "board" => Ok(Snapshot {
            position: reply.position,
            now: from_ms(reply.now_ms),
            seats: reply.bytes(0),
        }),
        _ => reply.unknown(),
    }
}

/// Every seat's state if the board is loaded in that epoch.
pub async fn read_board_of(
    ctx: &Context,
    event_id: EventId,
    epoch: i64,
) -> Result<Option<Snapshot>, BoardError> {
    let reply = call(ctx, event_id, &READ_BOARD, Fence::Only(epoch), &[]).await?;
    match reply.status.as_str() {
        "board" => Ok(Some(Snapshot {
            position: reply.position,
            now: from_ms(reply.now_ms),
            seats: reply.bytes(0),
        })),
        "wrong_epoch" | "not_loaded" => Ok(None),
        _ => reply.unknown(),
    }
}

/// A hold as its board remembers it, whoever asks; and what time it is for the board.
pub async fn find_hold(
    ctx: &Context,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<(Option<Hold>, Instant), BoardError> {
    let args = [Value::from(hold_id.to_string())];
    let reply = call(ctx, event_id, &FIND_HOLD, Fence::Newest, &args).await?;
    let now = from_ms(reply.now_ms);
    match reply.status.as_str() {
        "hold" => Ok((Some(hold(&reply, hold_id)?), now)),
        "unknown_hold" => Ok((None, now)),
        _ => reply.unknown(),
    }
}

/// Limit: records in one answer of Redis.
const RECORDS_MAX: usize = 500;

/// The live hold that has a seat, if there is one.
pub async fn find_hold_of_seat(
    ctx: &Context,
    event_id: EventId,
    index: u32,
) -> Result<Option<Hold>, BoardError> {
    if modes::is_fallen_back(ctx, event_id).await {
        let Some(hold_id) = fallback::find_hold_of_seat(ctx, event_id, index).await? else {
            return Ok(None);
        };
        let (hold, _) = find_hold(ctx, event_id, hold_id).await?;
        return Ok(hold.filter(|hold| has_live(hold, index)));
    }
    let client = redis::client(&ctx.redis);
    let ids: Vec<String> = client
        .zrange(key(event_id, "deadlines"), 0, -1, None, false, None, false)
        .await?;
    for batch in ids.chunks(RECORDS_MAX) {
        let records: Vec<Option<String>> =
            client.hmget(key(event_id, "holds"), batch.to_vec()).await?;
        let has_it = batch.iter().zip(records).find_map(|(id, record)| {
            let hold = Hold::parse(id.parse().ok()?, &record?, 0)?;
            has_live(&hold, index).then_some(hold.hold_id)
        });
        if let Some(hold_id) = has_it {
            let (hold, _) = find_hold(ctx, event_id, hold_id).await?;
            // What it has become meanwhile: its time may be over by the clock of the board.
            return Ok(hold.filter(|hold| has_live(hold, index)));
        }
    }
    Ok(None)
}

fn has_live(hold: &Hold, index: u32) -> bool {
    let is_live = matches!(hold.state, HoldState::Held | HoldState::Confirming);
    is_live && hold.seats.iter().any(|seat| seat.index == index)
}

/// All holds that the board remembers, live and ended; for the reconciler.
pub async fn list_holds(ctx: &Context, event_id: EventId) -> Result<Vec<Hold>, BoardError> {
    if modes::is_fallen_back(ctx, event_id).await {
        return fallback::list_holds(ctx, event_id).await;
    }
    let records: HashMap<String, String> = redis::client(&ctx.redis)
        .hgetall(key(event_id, "holds"))
        .await?;
    let holds = records
        .iter()
        .filter_map(|(id, record)| Hold::parse(id.parse().ok()?, record, 0));
    Ok(holds.collect())
}
