//! Placing holds.

use std::sync::LazyLock;
use std::time::Duration;

use fred::types::Value;
use fred::types::scripts::Script;
use futures::FutureExt;

use super::super::error::BoardError;
use super::super::model::{Conflict, HeldSeat, Hold, parse_conflicts, write_seats};
use super::call::{Fence, Reply, Verb, call};
use super::fallback::Kind;
use super::hold::{has_made_way, hold_at, milliseconds};
use super::seats::SWEEPS_MAX;
use super::together::{self, Answered, Asked};
use crate::context::Context;
use crate::events::Sale;
use crate::id::{CallerId, EventId, HoldId};

static PLACE_HOLD: Verb = Verb {
    kind: Kind::PlaceHold,
    script: LazyLock::new(|| Script::from_lua(include_str!("../../../lua/place_hold.lua"))),
    keys: &[
        "seats",
        "holds",
        "deadlines",
        "holders",
        "meta",
        "changes",
        "told",
    ],
    is_repeatable: true,
};

/// A hold to be placed.
pub struct NewHold {
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub ttl: Duration,
    /// How long the hold is remembered once it has ended.
    pub memory: Duration,
    /// Tells a repeated request from another with the same id; empty when any will do.
    pub asked: String,
    pub seats: Vec<HeldSeat>,
}

#[derive(Debug)]
pub enum Placed {
    Placed(Hold),
    /// The hold is there already, as it now stands.
    Repeated(Hold),
    /// The id belongs to a hold that was asked for otherwise.
    OtherRequest,
    Conflicts(Vec<Conflict>),
    LimitReached {
        limit: i64,
        held: i64,
    },
    NotOnSale,
}

/// Places a hold on all of its seats or on none.
///
/// # Errors `SaleChanged` when the caller was behind: prices and limits may be others now.
pub async fn place_hold(ctx: &Context, sale: &Sale, new: &NewHold) -> Result<Placed, BoardError> {
    for _ in 0..SWEEPS_MAX {
        let asked = Asking::of(sale, new);
        match together::ask(ctx, sale.event_id, asked).await? {
            Said::Done(placed) => return Ok(placed),
            Said::InTheWay(status) => has_made_way(ctx, sale, status).boxed().await?,
        };
    }
    Err(BoardError::Unsettled)
}

/// A hold that waits to be placed, as the script reads it.
struct Asking {
    hold_id: HoldId,
    args: [Value; 7],
}

enum Said {
    Done(Placed),
    /// Something is to be done before the hold can be placed.
    InTheWay(&'static str),
}

impl Asking {
    fn of(sale: &Sale, new: &NewHold) -> Self {
        Self {
            hold_id: new.hold_id,
            args: [
                Value::from(i64::from(sale.version)),
                Value::from(new.hold_id.to_string()),
                Value::from(new.holder.to_string()),
                milliseconds(new.ttl),
                milliseconds(new.memory),
                Value::from(new.asked.as_str()),
                Value::from(write_seats(&new.seats)),
            ],
        }
    }
}

impl Asked for Asking {
    type Answer = Said;

    async fn call(
        ctx: &Context,
        event_id: EventId,
        few: &[Self],
    ) -> Result<Vec<Answered<Self>>, BoardError> {
        let args: Vec<_> = few.iter().flat_map(|one| one.args.clone()).collect();
        let reply = call(ctx, event_id, &PLACE_HOLD, Fence::Newest, &args).await?;
        if reply.status != "done" {
            return reply.unknown();
        }
        let nth = few.iter().enumerate();
        Ok(nth
            .map(|(nth, one)| said(&reply, 2 * nth, one.hold_id))
            .collect())
    }
}

fn said(reply: &Reply, at: usize, hold_id: HoldId) -> Answered<Asking> {
    let hold = || hold_at(reply, at + 1, hold_id);
    Ok(Said::Done(match reply.text(at).as_str() {
        "placed" => Placed::Placed(hold()?),
        "repeated" => Placed::Repeated(hold()?),
        "other_request" => Placed::OtherRequest,
        "conflicts" => Placed::Conflicts(parse_conflicts(&reply.text(at + 1))),
        "limit_reached" => limit_reached(&reply.text(at + 1))?,
        "not_on_sale" => Placed::NotOnSale,
        "wrong_version" => return Ok(Said::InTheWay("wrong_version")),
        "lapsed" => return Ok(Said::InTheWay("lapsed")),
        other => return Err(BoardError::UnknownAnswer(other.to_owned())),
    }))
}

/// Reads `limit:held`.
fn limit_reached(text: &str) -> Result<Placed, BoardError> {
    let read = || {
        let (limit, held) = text.split_once(':')?;
        Some(Placed::LimitReached {
            limit: limit.parse().ok()?,
            held: held.parse().ok()?,
        })
    };
    read().ok_or_else(|| BoardError::UnknownAnswer(text.to_owned()))
}
