//! Calling a script of the board: keys, time, epoch, and what to do when the board is not there.

use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use foldhash::HashMap;
use fred::types::Value;
use fred::types::scripts::Script;
use futures::FutureExt;

use super::super::error::BoardError;
use super::super::model::Position;
use super::fallback::{self, Kind};
use super::instances::lacks_redis;
use super::{load, modes};
use crate::context::Context;
use crate::id::EventId;
use crate::redis;

/// Limit: tries until a board is loaded and the caller knows its epoch.
const TRIES_MAX: u32 = 6;

/// One verb's script and the nouns of its keys, in order.
pub(super) struct Verb {
    /// The same verb where Redis is away.
    pub(super) kind: Kind,
    pub(super) script: LazyLock<Script>,
    pub(super) keys: &'static [&'static str],
    /// Whether the same call again does no harm, so that one whose answer was lost is repeated
    /// (F7).
    pub(super) is_repeatable: bool,
}

/// Which epoch a call is meant for.
#[derive(Clone, Copy)]
pub(super) enum Fence {
    /// The newest that this instance has seen; a board of a newer one is accepted.
    Newest,
    /// Only that one: what belongs to another epoch is no longer this call's business.
    Only(i64),
}

pub(super) struct Reply {
    pub(super) status: String,
    pub(super) position: Position,
    pub(super) now_ms: i64,
    values: Vec<Value>,
}

impl Reply {
    pub(super) fn new(status: &str, position: Position, now_ms: i64, values: Vec<Value>) -> Self {
        Self {
            status: status.to_owned(),
            position,
            now_ms,
            values,
        }
    }

    fn read(value: Value) -> Result<Self, BoardError> {
        let mut values = value.into_array();
        if values.len() < 4 {
            return Err(BoardError::UnknownAnswer(format!("{values:?}")));
        }
        let rest = values.split_off(4);
        let number = |value: &Value| value.as_i64().unwrap_or_default();
        Ok(Self {
            status: values[0].as_string().unwrap_or_default(),
            position: Position {
                epoch: number(&values[1]),
                revision: number(&values[2]),
            },
            now_ms: number(&values[3]),
            values: rest,
        })
    }

    pub(super) fn text(&self, at: usize) -> String {
        self.values
            .get(at)
            .and_then(Value::as_string)
            .unwrap_or_default()
    }

    pub(super) fn bytes(&self, at: usize) -> Vec<u8> {
        let bytes = self
            .values
            .get(at)
            .and_then(|value| value.as_bytes().map(<[u8]>::to_vec));
        bytes.unwrap_or_default()
    }

    pub(super) fn number(&self, at: usize) -> i64 {
        self.values
            .get(at)
            .and_then(Value::as_i64)
            .unwrap_or_default()
    }

    pub(super) fn unknown<T>(&self) -> Result<T, BoardError> {
        Err(BoardError::UnknownAnswer(self.status.clone()))
    }
}

/// What this instance knows of each board.
#[derive(Default)]
pub(super) struct Positions(RwLock<HashMap<EventId, Arc<Known>>>);

/// The furthest position of a board that has been seen, and the names of its keys.
pub(super) struct Known {
    event_id: EventId,
    furthest: Mutex<Position>,
    keys: [Value; NOUNS.len()],
}

/// What the keys hold whose names are kept.
const NOUNS: [&str; 6] = ["seats", "holds", "deadlines", "holders", "meta", "changes"];

impl Positions {
    pub(super) fn of(&self, event_id: EventId) -> Arc<Known> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&event_id)
            .cloned();
        known.unwrap_or_else(|| {
            let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Known::of(event_id));
            all.entry(event_id).or_insert_with(new).clone()
        })
    }

    pub(super) fn seen(&self, event_id: EventId) -> Position {
        self.of(event_id).seen()
    }

    pub(super) fn see(&self, event_id: EventId, position: Position) {
        self.of(event_id).see(position);
    }
}

impl Known {
    fn of(event_id: EventId) -> Self {
        Self {
            event_id,
            furthest: Mutex::default(),
            keys: NOUNS.map(|noun| Value::from(key(event_id, noun))),
        }
    }

    fn seen(&self) -> Position {
        *self.furthest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, position: Position) {
        let mut furthest = self.furthest.lock().unwrap_or_else(PoisonError::into_inner);
        *furthest = position.max(*furthest);
    }

    /// The keys of those nouns, in their order.
    pub(super) fn keys(&self, nouns: &[&str]) -> Vec<Value> {
        let keys = nouns.iter().map(|noun| {
            let kept = NOUNS.iter().position(|known| known == noun);
            kept.map_or_else(
                || Value::from(key(self.event_id, noun)),
                |at| self.keys[at].clone(),
            )
        });
        keys.collect()
    }
}

/// The furthest position of the board that this process has met, in an answer or in a message.
pub fn position_seen(ctx: &Context, event_id: EventId) -> Position {
    ctx.memory::<Positions>().seen(event_id)
}

/// Takes note of a position, so that no older board is answered from any more.
pub fn see_position(ctx: &Context, event_id: EventId, position: Position) {
    ctx.memory::<Positions>().see(event_id, position);
}

pub(super) fn key(event_id: EventId, noun: &str) -> String {
    format!("holdfast:{{{event_id}}}:{noun}")
}

/// The time to impose on a script, or nothing for the clock of Redis.
pub(super) fn now(ctx: &Context) -> Value {
    ctx.clock
        .imposed_ms()
        .map_or_else(|| Value::from(""), Value::from)
}

/// Runs a verb whose first arguments are time and epoch, in the store that has the board. Loads the
/// board where there is none, or where the store lost data; answers only what a board that is in
/// step has said.
///
/// # Errors
/// `Redis` when it is away: what was asked may have happened.
pub(super) async fn call(
    ctx: &Context,
    event_id: EventId,
    verb: &Verb,
    fence: Fence,
    args: &[Value],
) -> Result<Reply, BoardError> {
    let known = ctx.memory::<Positions>().of(event_id);
    let keys = known.keys(verb.keys);
    for _ in 0..TRIES_MAX {
        // Answers arrive in any order, so an answer is compared with what was known when it was
        // asked for.
        let floor = known.seen();
        let epoch = epoch_for(fence, floor);
        let reply = if modes::is_fallen_back(ctx, event_id).await {
            match fallback::ask(ctx, event_id, verb.kind, epoch.as_i64(), args)
                .boxed()
                .await?
            {
                Some(reply) => reply,
                None => {
                    modes::learn(ctx).await?;
                    continue;
                }
            }
        } else {
            let reply = ask(ctx, verb, &keys, epoch, args).await?;
            // Redis is back after it was away: others may have taken the board out of it.
            if lacks_redis(ctx) && load::has_left_redis(ctx, event_id).boxed().await {
                continue;
            }
            reply
        };
        let is_missing = reply.status == "not_loaded";
        if matches!(fence, Fence::Only(_)) && (is_missing || reply.status == "wrong_epoch") {
            return Ok(reply);
        }
        if is_missing || reply.position < floor {
            // Boxed, as is all that is rare in a call: a future is as large as the largest thing
            // it may wait for, and is moved several times before it is first polled. Without its
            // type, since whoever waits for it is compiled with all that it may wait for.
            load::load_if_behind(ctx, event_id, floor).boxed().await?;
            continue;
        }
        known.see(reply.position);
        if reply.status != "wrong_epoch" {
            return Ok(reply);
        }
    }
    Err(BoardError::Unsettled)
}

fn epoch_for(fence: Fence, floor: Position) -> Value {
    match fence {
        Fence::Only(epoch) => Value::from(epoch),
        Fence::Newest if floor.epoch > 0 => Value::from(floor.epoch),
        Fence::Newest => Value::from(""),
    }
}

async fn ask(
    ctx: &Context,
    verb: &Verb,
    keys: &[Value],
    epoch: Value,
    args: &[Value],
) -> Result<Reply, BoardError> {
    let mut all = Vec::with_capacity(2 + args.len());
    all.extend([now(ctx), epoch]);
    all.extend_from_slice(args);
    let answer = match redis::run(&ctx.redis, &verb.script, keys, &all).await {
        Err(error) if verb.is_repeatable && redis::is_away(&error) => {
            redis::run(&ctx.redis, &verb.script, keys, &all)
                .boxed()
                .await?
        }
        answer => answer?,
    };
    Reply::read(answer)
}
