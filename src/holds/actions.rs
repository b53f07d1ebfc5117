//! The verbs of a holder.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::FutureExt;

use super::error::HoldError;
use super::model::{Receipt, ReceiptKey, fingerprint};
use crate::auth::{self, Caller};
use crate::board::{
    self, BoardError, Changed, Extended, HeldSeat, Hold, HoldState, NewHold, Placed, Released,
};
use crate::context::Context;
use crate::events::{self, Sale};
use crate::id::{CallerId, EventId, HoldId};
use crate::problem::Problem;

/// How long a hold placed with an idempotency key is remembered after its release. There is no
/// limit to how many can be placed and released in a day, so it is not the day of other keys.
const KEYED_MEMORY: Duration = Duration::from_secs(15 * 60);

/// How long another hold is remembered after its release, so that a repeated release is one.
const MEMORY: Duration = Duration::from_secs(30);

/// Limit: tries to meet an event whose settings hold still.
const TRIES_MAX: u32 = 4;

/// A hold that was asked for, and whether the same request had been answered before.
pub struct PlacedHold {
    pub hold: Hold,
    pub is_repeated: bool,
}

/// Places a hold on all of the seats or none.
pub async fn place(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    labels: &[String],
    key: Option<&str>,
) -> Result<PlacedHold, Problem> {
    let hold_id = match key {
        Some(key) => HoldId::of_key(event_id, caller.caller_id, key),
        None => ctx.ids.next(),
    };
    for _ in 0..TRIES_MAX {
        let sale = sale_for(ctx, event_id, caller).await?;
        let seats = quoted(&sale, labels)?;
        let is_over = seats.len() > sale.seats_per_hold_max as usize;
        if is_over && !is_known(ctx, event_id, hold_id, key).boxed().await? {
            let detail = format!("at most {} seats are allowed", sale.seats_per_hold_max);
            return Err(HoldError::invalid("/seats", detail).into());
        }
        let new = NewHold {
            hold_id,
            holder: caller.caller_id,
            ttl: sale.hold_ttl,
            memory: if key.is_some() { KEYED_MEMORY } else { MEMORY },
            asked: key.map(|_| fingerprint(&seats)).unwrap_or_default(),
            seats,
        };
        match placed(&sale, board::place_hold(ctx, &sale, &new).await) {
            Err(HoldError::Board(BoardError::SaleChanged)) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(BoardError::Unsettled.into())
}

/// Whether the request is a repeated one: that is answered as before, whatever the limit is now.
async fn is_known(
    ctx: &Context,
    event_id: EventId,
    hold_id: HoldId,
    key: Option<&str>,
) -> Result<bool, BoardError> {
    if key.is_none() {
        return Ok(false);
    }
    let (hold, _) = board::find_hold(ctx, event_id, hold_id).await?;
    Ok(hold.is_some())
}

fn placed(sale: &Sale, outcome: Result<Placed, BoardError>) -> Result<PlacedHold, HoldError> {
    match outcome? {
        Placed::Placed(hold) => Ok(PlacedHold {
            hold,
            is_repeated: false,
        }),
        Placed::Repeated(hold) => Ok(PlacedHold {
            hold,
            is_repeated: true,
        }),
        Placed::OtherRequest => Err(HoldError::KeyReused),
        Placed::Conflicts(conflicts) => {
            Err(BoardError::conflicts(&sale.seating, &conflicts).into())
        }
        Placed::LimitReached { limit, held } => Err(HoldError::LimitReached { limit, held }),
        Placed::NotOnSale => Err(HoldError::not_on_sale(sale)),
    }
}

pub async fn find(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<Hold, HoldError> {
    sale_for(ctx, event_id, caller).await?;
    let (hold, _) = board::find_hold(ctx, event_id, hold_id).await?;
    hold.filter(|hold| hold.holder == caller.caller_id)
        .ok_or(HoldError::NotFound)
}

/// Adds and removes seats, all or nothing.
pub async fn change(
    ctx: &Context,
    caller: Caller,
    (event_id, hold_id): (EventId, HoldId),
    add: &[String],
    remove: &[String],
) -> Result<Hold, Problem> {
    for _ in 0..TRIES_MAX {
        let sale = sale_for(ctx, event_id, caller).await?;
        let added = quoted(&sale, add)?;
        let removed: Vec<_> = quoted(&sale, remove)?
            .iter()
            .map(|seat| seat.index)
            .collect();
        if let Some(both) = add.iter().position(|label| remove.contains(label)) {
            let pointer = format!("/add/{both}");
            return Err(HoldError::invalid(&pointer, "is to be removed, too").into());
        }
        let whose = (hold_id, caller.caller_id);
        match changed(
            &sale,
            board::change_hold(ctx, &sale, whose, &added, &removed).await,
        ) {
            Err(HoldError::Board(BoardError::SaleChanged)) => {}
            outcome => return Ok(outcome?),
        }
    }
    Err(BoardError::Unsettled.into())
}

fn changed(sale: &Sale, outcome: Result<Changed, BoardError>) -> Result<Hold, HoldError> {
    match outcome? {
        Changed::Changed(hold) => Ok(hold),
        Changed::Ended(hold) => Err(HoldError::ended(&hold)),
        Changed::Conflicts(conflicts) => {
            Err(BoardError::conflicts(&sale.seating, &conflicts).into())
        }
        Changed::LimitReached { limit, held } => Err(HoldError::LimitReached { limit, held }),
        Changed::NotOnSale => Err(HoldError::not_on_sale(sale)),
        Changed::Empty => Err(HoldError::invalid(
            "/remove",
            "would leave no seat: release the hold instead",
        )),
        Changed::UnknownHold => Err(HoldError::NotFound),
    }
}

/// Gives the hold a full time to live from now, within its longest lifetime.
pub async fn extend(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<Hold, HoldError> {
    let sale = sale_for(ctx, event_id, caller).await?;
    match board::extend_hold(ctx, &sale, hold_id, caller.caller_id).await? {
        Extended::Extended(hold) => Ok(hold),
        Extended::AtCap(hold) => Err(HoldError::CannotBeExtended(hold.deadline)),
        Extended::Ended(hold) => Err(HoldError::ended(&hold)),
        Extended::NotOnSale => Err(HoldError::not_on_sale(&sale)),
        Extended::UnknownHold => Err(HoldError::NotFound),
    }
}

/// Lets the seats go. A hold that has ended without a booking counts as released.
pub async fn release(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<(), HoldError> {
    sale_for(ctx, event_id, caller).await?;
    match board::release_hold(ctx, event_id, hold_id, caller.caller_id).await? {
        Released::Released(_) => Ok(()),
        Released::Ended(hold) if hold.state == HoldState::Confirmed => Err(HoldError::Confirmed),
        Released::Ended(_) => Ok(()),
        Released::Confirming(_) => Err(HoldError::Confirming),
        Released::UnknownHold => Err(HoldError::NotFound),
    }
}

/// Places a hold again that the board has lost, as its token says: same id, seats, prices and
/// deadline.
///
/// # Errors
/// `TokenNotGenuine`, `Expired`, and what can be wrong with placing a hold.
pub async fn restore(
    ctx: &Context,
    caller: Caller,
    (event_id, hold_id): (EventId, HoldId),
    token: &str,
) -> Result<Hold, HoldError> {
    let whose = (hold_id, caller.caller_id);
    let receipt = receipt_of(ctx, event_id, whose, token).ok_or(HoldError::TokenNotGenuine)?;
    let (_, now) = board::find_hold(ctx, event_id, hold_id).await?;
    let ttl = (receipt.deadline() - now)
        .to_std()
        .ok()
        .filter(|ttl| !ttl.is_zero());
    let new = NewHold {
        hold_id,
        holder: caller.caller_id,
        ttl: ttl.ok_or(HoldError::Expired(receipt.deadline()))?,
        memory: MEMORY,
        asked: String::new(),
        seats: receipt.seats(),
    };
    let mut tries = 0;
    loop {
        let sale = events::sale(ctx, event_id).await?;
        match placed(&sale, board::place_hold(ctx, &sale, &new).await) {
            Err(HoldError::Board(BoardError::SaleChanged)) if tries < TRIES_MAX => tries += 1,
            outcome => return Ok(outcome?.hold),
        }
    }
}

/// What a token says, if it is genuine and that hold's.
fn receipt_of(
    ctx: &Context,
    event_id: EventId,
    (hold_id, holder): (HoldId, CallerId),
    token: &str,
) -> Option<Receipt> {
    let receipt = Receipt::verify(token, &token_key(ctx))?;
    let is_for_this =
        receipt.event_id == event_id && receipt.hold_id == hold_id && receipt.holder == holder;
    is_for_this.then_some(receipt)
}

/// What a hold lacks of its token, and what it has beside it.
#[derive(Debug)]
pub struct Difference {
    lost: Vec<HeldSeat>,
    surplus: Vec<u32>,
}

/// How an offer of the waitlist that a board was loaded with differs from its token: seats that
/// were added or removed shortly before the board was lost may not have been known to PostgreSQL.
/// None where there is no difference, or the hold is another.
pub fn difference(
    ctx: &Context,
    event_id: EventId,
    hold: &Hold,
    token: &str,
) -> Option<Difference> {
    let whose = (hold.hold_id, hold.holder);
    let receipt = hold.is_loaded_offer().then_some(token);
    let receipt = receipt.and_then(|token| receipt_of(ctx, event_id, whose, token))?;
    let named = receipt.seats();
    let has = |seats: &[HeldSeat], index| seats.iter().any(|seat| seat.index == index);
    let lost = named.iter().filter(|seat| !has(&hold.seats, seat.index));
    let beside = hold.seats.iter().filter(|seat| !has(&named, seat.index));
    let difference = Difference {
        lost: lost.copied().collect(),
        surplus: beside.map(|seat| seat.index).collect(),
    };
    let is_none = difference.lost.is_empty() && difference.surplus.is_empty();
    (!is_none).then_some(difference)
}

/// Makes a hold what its token says, at the prices that it had.
///
/// # Errors
/// What can be wrong with adding seats to a hold.
pub async fn mend(
    ctx: &Context,
    event_id: EventId,
    hold: &Hold,
    difference: &Difference,
) -> Result<(), HoldError> {
    let whose = (hold.hold_id, hold.holder);
    let Difference { lost, surplus } = difference;
    for _ in 0..TRIES_MAX {
        let sale = events::sale(ctx, event_id).await?;
        let outcome = board::change_hold(ctx, &sale, whose, lost, surplus).await;
        match changed(&sale, outcome) {
            Err(HoldError::Board(BoardError::SaleChanged)) => {}
            outcome => return outcome.map(|_| ()),
        }
    }
    Err(BoardError::Unsettled.into())
}

/// The receipt for a hold, to hand to its holder.
pub fn token(ctx: &Context, event_id: EventId, hold: &Hold) -> String {
    Receipt::of(event_id, hold).sign(&token_key(ctx))
}

#[derive(Default)]
struct TokenKey(OnceLock<ReceiptKey>);

fn token_key(ctx: &Context) -> ReceiptKey {
    let key = ctx.memory::<TokenKey>();
    key.0
        .get_or_init(|| ReceiptKey::of(&auth::derive_key(ctx, "hold token")))
        .clone()
}

/// The seats of those labels with today's prices, in index order, each once.
pub fn quoted(sale: &Sale, labels: &[String]) -> Result<Vec<HeldSeat>, Problem> {
    let seats = board::find_seats(sale, labels)?;
    Ok(seats
        .into_iter()
        .map(|seat| HeldSeat {
            index: seat.index,
            amount: sale.price_of(seat),
        })
        .collect())
}

/// The event, unless it is somebody else's and was never opened.
async fn sale_for(
    ctx: &Context,
    event_id: EventId,
    caller: Caller,
) -> Result<Arc<Sale>, HoldError> {
    let sale = events::sale(ctx, event_id).await?;
    if !sale.is_public && sale.owner_id.0 != caller.caller_id.0 {
        return Err(events::EventError::NotFound.into());
    }
    Ok(sale)
}
