//! Putting an event's figures together, and what is known of one seat.

use std::collections::HashMap;

use iso_currency::Currency;

use super::model::{
    Bucket, CategorySales, HolderKind, Sales, SeatDetails, SeatHold, bucket_seconds,
};
use super::store::{self, Range, Taking};
use crate::board::{self, SeatState, Snapshot};
use crate::context::Context;
use crate::events::{self, Event, Reach, Sale};
use crate::id::EventId;
use crate::money::Amount;
use crate::problem::Problem;

/// How an event sells: its categories as of now, and what happened in a stretch of time.
pub async fn sales(
    ctx: &Context,
    event_id: EventId,
    reach: Reach,
    range: Range,
) -> Result<Sales, Problem> {
    let event = events::find_owned(ctx, event_id, reach).await?;
    let sale = events::sale(ctx, event_id).await?;
    let category_of_seat = category_of_seat(&event, &sale);
    let board = board::read_board(ctx, event_id).await?;

    // One view of PostgreSQL, so that the series adds up to the whole.
    let mut tx = ctx
        .db
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .await?;
    let takings = store::list_takings(&mut *tx, event_id, reach, &category_of_seat).await?;
    let span = store::find_span(&mut *tx, event_id, reach, range).await?;
    let now = ctx.clock.now();
    let (first, last) = span.unwrap_or((now, now));
    let seconds = bucket_seconds(first, last);
    let series = store::list_buckets(&mut *tx, event_id, reach, (range, seconds)).await?;
    tx.commit().await?;

    let currency = event.currency;
    let categories = categories(&event, &category_of_seat, &board, &takings);
    Ok(Sales {
        currency,
        seats_booked: takings.iter().map(|taking| taking.n_booked).sum(),
        revenue: exact(takings.iter().map(kept).sum(), currency),
        refunded: exact(
            takings.iter().map(|taking| Amount(taking.refunded)).sum(),
            currency,
        ),
        categories,
        bucket_seconds: seconds,
        series: series
            .into_iter()
            .map(|bucket| Bucket {
                revenue: exact(bucket.revenue, currency),
                ..bucket
            })
            .collect(),
    })
}

/// The place of each seat's category among the event's, a byte at the seat's index.
fn category_of_seat(event: &Event, sale: &Sale) -> Vec<u8> {
    let keys = event.prices.iter().map(|price| price.category.as_str());
    // Limit: a venue has at most 50 categories, so a byte is enough.
    let places: HashMap<&str, u8> = keys.zip(0..=u8::MAX).collect();
    let seats = sale.seating.seats.iter();
    seats
        .map(|seat| {
            places
                .get(seat.category.as_str())
                .copied()
                .unwrap_or(u8::MAX)
        })
        .collect()
}

fn categories(
    event: &Event,
    category_of_seat: &[u8],
    board: &Snapshot,
    takings: &[Taking],
) -> Vec<CategorySales> {
    let categories = event.prices.iter().zip(0_i32..);
    let mut categories: Vec<_> = categories
        .map(|(price, place)| CategorySales {
            category: price.category.clone(),
            name: price.name.clone(),
            total: 0,
            free: 0,
            held: 0,
            booked: 0,
            blocked: 0,
            revenue: exact(
                takings
                    .iter()
                    .filter(|taking| taking.category == place)
                    .map(kept)
                    .sum(),
                event.currency,
            ),
        })
        .collect();
    for (place, byte) in category_of_seat.iter().zip(&board.seats) {
        if let Some(category) = categories.get_mut(usize::from(*place)) {
            category.total += 1;
            match SeatState::of_byte(*byte) {
                Some(SeatState::Free) => category.free += 1,
                Some(SeatState::Held | SeatState::Confirming) => category.held += 1,
                Some(SeatState::Booked) => category.booked += 1,
                Some(SeatState::Blocked | SeatState::Kept) | None => category.blocked += 1,
            }
        }
    }
    categories
}

fn kept(taking: &Taking) -> Amount {
    Amount(taking.paid - taking.refunded)
}

/// PostgreSQL keeps four decimal places; callers get the currency's.
fn exact(amount: Amount, currency: Currency) -> Amount {
    Amount::from_minor(amount.to_minor(currency), currency)
}

/// A seat, and who has it.
pub async fn seat(
    ctx: &Context,
    event_id: EventId,
    reach: Reach,
    label: &str,
) -> Result<SeatDetails, Problem> {
    events::find_owned(ctx, event_id, reach).await?;
    let sale = events::sale(ctx, event_id).await?;
    let place = sale.seating.find(label);
    let place = place.ok_or_else(|| Problem::not_found("seat"))?;
    let board = board::read_board(ctx, event_id).await?;
    let byte = board.seats.get(place.index as usize).copied();
    let state = byte
        .and_then(SeatState::of_byte)
        .unwrap_or(SeatState::Blocked);
    let hold = match state {
        SeatState::Held | SeatState::Confirming => hold(ctx, event_id, place.index).await?,
        _ => None,
    };
    Ok(SeatDetails {
        seat: place.label.clone(),
        section: place.section.clone(),
        row: place.row.clone(),
        number: place.number.clone(),
        category: place.category.clone(),
        price: Amount::from_minor(sale.price_of(place), sale.currency),
        currency: sale.currency,
        state: state.into(),
        hold,
        booking: store::find_booking(&ctx.db, event_id, reach, place.index).await?,
        block: store::find_block(&ctx.db, event_id, reach, place.index).await?,
    })
}

async fn hold(ctx: &Context, event_id: EventId, index: u32) -> Result<Option<SeatHold>, Problem> {
    let Some(hold) = board::find_hold_of_seat(ctx, event_id, index).await? else {
        return Ok(None);
    };
    let holder_email = store::find_email(&ctx.db, hold.holder).await?;
    let holder_kind = match holder_email {
        Some(_) => HolderKind::Account,
        None => HolderKind::Guest,
    };
    Ok(Some(SeatHold {
        hold_id: hold.hold_id,
        holder: hold.holder,
        holder_kind,
        holder_email,
        placed_at: hold.placed_at,
        expires_at: hold.deadline,
        expires_in_seconds: (hold.deadline - hold.now).num_seconds().max(0),
    }))
}
