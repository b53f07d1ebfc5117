//! Confirm: begin on the board, commit in PostgreSQL, finish on the board.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;

use super::super::error::BookingError;
use super::super::model::{self, BookedSeat, Booking, BookingState, Contact};
use super::super::store::{self, Answer, Confirm, ConfirmedSeat, Outcome, Refusal};
use super::commit::{self, CommitFailure};
use super::finish::finish_booked;
use super::task;
use crate::auth::Caller;
use crate::board::{self, Begun, BoardError, Conflict, Hold, HoldState, SeatState};
use crate::clock::Instant;
use crate::context::Context;
use crate::events::{self, Reach, Sale};
use crate::holds::{self, HoldError};
use crate::id::{BookingId, CallerId, EventId, HoldId};
use crate::money::Amount;

/// How long after the deadline PostgreSQL's clock still accepts a confirm that began in time: the
/// board's lease, and more than the two clocks may differ (F24).
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// Limit: times a confirm begins anew because the board was lost under it, and its hold with it.
const TRIES_MAX: u32 = 8;

/// When it is tried again to take an attempt back. Together far below the lease, and as long as
/// boards stay in a Redis that is away.
const TAKING_BACK_MS: [u64; 4] = [500, 1_000, 2_000, 4_000];

/// What a caller sends with a confirm.
#[derive(Clone, Debug)]
pub struct ConfirmHold {
    pub contact: Contact,
    pub payment_reference: Option<String>,
    pub hold_token: Option<String>,
}

/// A booking, and whether this confirm made it or an earlier one had.
#[derive(Debug)]
pub struct Confirmed {
    pub booking: Booking,
    pub is_repeated: bool,
}

/// Turns a hold into a booking, once: a repeated confirm answers the first one's booking.
pub async fn confirm(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    hold_id: HoldId,
    asked: ConfirmHold,
) -> Result<Confirmed, BookingError> {
    task::run(ctx, run(ctx.clone(), caller, (event_id, hold_id), asked)).await
}

async fn run(
    ctx: Context,
    caller: Caller,
    (event_id, hold_id): (EventId, HoldId),
    asked: ConfirmHold,
) -> Result<Confirmed, BookingError> {
    let mut token = asked.hold_token.clone();
    for _ in 0..TRIES_MAX {
        // What fails before anything has begun leaves the hold as it is.
        let sale = events::sale(&ctx, event_id).await?;
        match begin(&ctx, caller, (event_id, hold_id)).await? {
            (Begun::Confirming { hold, epoch }, attempt) => {
                let begun = BegunConfirm {
                    sale,
                    hold,
                    epoch,
                    attempt,
                };
                if follow_token(&ctx, &begun, token.as_deref()).await? {
                    continue;
                }
                match commit_begun(&ctx, caller, begun, &asked).await? {
                    Committed::Done(confirmed) => return Ok(*confirmed),
                    // The next board may have the hold, with the time that was left.
                    Committed::BoardLost(own) => token = Some(own),
                }
            }
            (Begun::TooManyAttempts, _) => return Err(HoldError::Confirming.into()),
            (Begun::Ended(hold), _) if hold.state == HoldState::Released => {
                return Err(HoldError::Released.into());
            }
            (Begun::Ended(hold), _) => {
                let ended = HoldError::ended(&hold);
                let repeated = repeated(&ctx, caller, event_id, hold_id).boxed();
                return repeated.await?.ok_or(ended.into());
            }
            (Begun::UnknownHold, _) => {
                let repeated = repeated(&ctx, caller, event_id, hold_id).boxed();
                if let Some(done) = repeated.await? {
                    return Ok(done);
                }
                let token = token.as_deref().ok_or(HoldError::NotFound)?;
                holds::restore(&ctx, caller, (event_id, hold_id), token)
                    .boxed()
                    .await?;
            }
        }
    }
    Err(BoardError::Unsettled.into())
}

/// Makes an offer's hold what its token says, where the board was lost shortly after a change. If
/// there is any difference the attempt is at an end, and the confirm begins anew.
async fn follow_token(
    ctx: &Context,
    begun: &BegunConfirm,
    token: Option<&str>,
) -> Result<bool, HoldError> {
    let (hold, event_id) = (&begun.hold, begun.sale.event_id);
    let difference = token.and_then(|token| holds::difference(ctx, event_id, hold, token));
    let Some(difference) = difference else {
        return Ok(false);
    };
    abort(ctx, begun, &[]).await;
    holds::mend(ctx, event_id, hold, &difference)
        .boxed()
        .await?;
    Ok(true)
}

/// Begins an attempt; answers its own name, too: eight hexadecimal digits.
async fn begin(
    ctx: &Context,
    caller: Caller,
    (event_id, hold_id): (EventId, HoldId),
) -> Result<(Begun, String), BoardError> {
    let attempt = format!("{:08x}", u32::from_be_bytes(ctx.ids.bytes()));
    let whose = (hold_id, caller.caller_id);
    match board::begin_confirm(ctx, event_id, whose, &attempt).await {
        Ok(begun) => Ok((begun, attempt)),
        Err(error) => {
            if error.is_outcome_unknown() {
                let work = take_back(ctx.clone(), (event_id, hold_id), attempt, Vec::new());
                ctx.tasks.spawn(work);
            }
            Err(error)
        }
    }
}

/// Ends an attempt that nobody goes on with. Where the board does not answer for long, the attempt
/// ends with its lease.
async fn take_back(
    ctx: Context,
    (event_id, hold_id): (EventId, HoldId),
    attempt: String,
    booked: Vec<(u32, CallerId)>,
) {
    let stopping = ctx.tasks.stopping();
    for pause_ms in TAKING_BACK_MS {
        let which = (hold_id, board::position_seen(&ctx, event_id).epoch);
        let aborted = board::abort_confirm(&ctx, event_id, which, &attempt, &booked);
        if aborted.await.is_ok() {
            return;
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
        }
    }
}

struct BegunConfirm {
    sale: Arc<Sale>,
    hold: Hold,
    epoch: i64,
    attempt: String,
}

enum Committed {
    Done(Box<Confirmed>),
    /// The board was loaded again meanwhile: the hold's token brings it back.
    BoardLost(String),
}

async fn commit_begun(
    ctx: &Context,
    caller: Caller,
    begun: BegunConfirm,
    asked: &ConfirmHold,
) -> Result<Committed, BookingError> {
    let BegunConfirm { sale, hold, .. } = &begun;
    let confirm = write_confirm(ctx, &begun, asked);
    match commit::submit(ctx, confirm.clone()).await {
        Ok(Answer::Confirmed { confirmed_at }) => {
            let booking = booking_of(confirm, sale, confirmed_at);
            Ok(Committed::Done(Box::new(Confirmed {
                booking,
                is_repeated: false,
            })))
        }
        Ok(Answer::Repeated { booking_id }) => {
            let outcome = Outcome::Confirmed(booking_id);
            ended_before(ctx, caller, &begun, outcome).boxed().await
        }
        Ok(Answer::Expired) => {
            let outcome = Outcome::Expired;
            ended_before(ctx, caller, &begun, outcome).boxed().await
        }
        Ok(Answer::Refused(Refusal::TooLate)) => end_late(ctx, caller, &begun).boxed().await,
        Ok(Answer::Refused(Refusal::OtherEpoch)) => {
            abort(ctx, &begun, &[]).await;
            // This instance may not have heard that the board has gone to another store.
            board::follow_epoch(ctx, sale.event_id).boxed().await?;
            let token = holds::token(ctx, sale.event_id, hold);
            Ok(Committed::BoardLost(token))
        }
        Ok(Answer::Refused(Refusal::NotOnSale(state))) => {
            abort(ctx, &begun, &[]).await;
            Err(HoldError::not_on_sale(sale).in_state(state).into())
        }
        Err(CommitFailure::SeatsBooked(seats)) => {
            abort(ctx, &begun, &seats).await;
            let booked = |(index, _): &(u32, CallerId)| Conflict {
                index: *index,
                state: SeatState::Booked,
            };
            let conflicts: Vec<_> = seats.iter().map(booked).collect();
            Err(BoardError::conflicts(&sale.seating, &conflicts).into())
        }
        Err(CommitFailure::Failed(error)) => {
            abort(ctx, &begun, &[]).await;
            Err(error.into())
        }
        Err(CommitFailure::QueueFull) => {
            abort(ctx, &begun, &[]).await;
            Err(BookingError::QueueFull)
        }
        // The hold stays confirming: a repeat, or the reconciler, learns what became of it.
        Err(CommitFailure::Unknown(error)) => Err(BookingError::OutcomeUnknown(error)),
    }
}

fn write_confirm(ctx: &Context, begun: &BegunConfirm, asked: &ConfirmHold) -> Confirm {
    let BegunConfirm { sale, hold, .. } = begun;
    let seats: Vec<_> = hold
        .seats
        .iter()
        .filter_map(|seat| {
            Some(ConfirmedSeat {
                seat_id: sale.seating.at(seat.index)?.seat_id,
                index: seat.index,
                price: Amount::from_minor(seat.amount, sale.currency).0,
            })
        })
        .collect();
    Confirm {
        event_id: sale.event_id,
        hold_id: hold.hold_id,
        holder: hold.holder,
        epoch: begun.epoch,
        booking_id: ctx.ids.next(),
        message_id: ctx.ids.next(),
        reference: model::reference(ctx.ids.bytes()),
        contact: asked.contact.clone(),
        payment_reference: asked.payment_reference.clone(),
        total: seats.iter().map(|seat| seat.price).sum(),
        currency: sale.currency.code().to_owned(),
        not_after: hold.deadline + GRACE,
        seats,
    }
}

fn booking_of(confirm: Confirm, sale: &Sale, confirmed_at: Instant) -> Booking {
    let seats = confirm.seats.iter().map(|seat| BookedSeat {
        index: seat.index,
        price: Amount(seat.price),
        cancelled_at: None,
    });
    Booking {
        seats: seats.collect(),
        booking_id: confirm.booking_id,
        event_id: confirm.event_id,
        hold_id: confirm.hold_id,
        holder: confirm.holder,
        reference: confirm.reference,
        state: BookingState::Confirmed,
        contact: confirm.contact,
        payment_reference: confirm.payment_reference,
        total: Amount(confirm.total),
        currency: sale.currency,
        version: 1,
        confirmed_at,
        cancelled_at: None,
        refund: None,
    }
}

/// Ends a hold that PostgreSQL confirms no more. An attempt that it took in time may still commit:
/// nobody is told that the hold has expired before a write has settled that it never will.
async fn end_late(
    ctx: &Context,
    caller: Caller,
    begun: &BegunConfirm,
) -> Result<Committed, BookingError> {
    let ids = (begun.sale.event_id, begun.hold.hold_id);
    let outcome = commit::expire(ctx, ids).await;
    let outcome = outcome.map_err(BookingError::OutcomeUnknown)?;
    ended_before(ctx, caller, begun, outcome).await
}

/// Answers what had become of the hold, and tells the board.
async fn ended_before(
    ctx: &Context,
    caller: Caller,
    begun: &BegunConfirm,
    outcome: Outcome,
) -> Result<Committed, BookingError> {
    let BegunConfirm {
        sale, hold, epoch, ..
    } = begun;
    let (told, answer) = match outcome {
        Outcome::Confirmed(booking_id) => {
            let booking = find(ctx, caller, booking_id).await?;
            let told = finish_booked(ctx, hold, *epoch, &booking).await;
            let confirmed = Confirmed {
                booking,
                is_repeated: true,
            };
            (told, Ok(Committed::Done(Box::new(confirmed))))
        }
        Outcome::Expired => {
            let told = board::expire_confirming(ctx, sale.event_id, hold.hold_id).await;
            (told, Err(HoldError::Expired(hold.deadline).into()))
        }
    };
    if let Err(error) = told {
        tracing::warn!(hold.id = %hold.hold_id, cause = %error, "its end waits for the reconciler");
    }
    answer
}

/// Gives the hold back to its holder, in the background where the board does not answer at once.
async fn abort(ctx: &Context, begun: &BegunConfirm, booked: &[(u32, CallerId)]) {
    let BegunConfirm {
        sale,
        hold,
        epoch,
        attempt,
    } = begun;
    let (event_id, hold_id) = (sale.event_id, hold.hold_id);
    let aborted = board::abort_confirm(ctx, event_id, (hold_id, *epoch), attempt, booked).await;
    if let Err(error) = aborted {
        tracing::warn!(hold.id = %hold_id, cause = %error, "abort is tried again");
        let (attempt, booked) = (attempt.clone(), booked.to_vec());
        let work = take_back(ctx.clone(), (event_id, hold_id), attempt, booked);
        ctx.tasks.spawn(work);
    }
}

/// The booking that an earlier confirm of the hold has made, if there is one and it is the
/// caller's.
async fn repeated(
    ctx: &Context,
    caller: Caller,
    event_id: EventId,
    hold_id: HoldId,
) -> Result<Option<Confirmed>, BookingError> {
    match store::repeat(&ctx.db, event_id, hold_id).await? {
        Some(Outcome::Confirmed(booking_id)) => {
            let found = find(ctx, caller, booking_id).await;
            match found {
                Ok(booking) if booking.holder == caller.caller_id => Ok(Some(Confirmed {
                    booking,
                    is_repeated: true,
                })),
                Ok(_) | Err(BookingError::NotFound) => Err(HoldError::NotFound.into()),
                Err(error) => Err(error),
            }
        }
        Some(Outcome::Expired) | None => Ok(None),
    }
}

async fn find(
    ctx: &Context,
    caller: Caller,
    booking_id: BookingId,
) -> Result<Booking, BookingError> {
    let mut connection = ctx.db.acquire().await?;
    let booking = store::find(&mut connection, booking_id, Reach::of(caller)).await?;
    booking.ok_or(BookingError::NotFound)
}
