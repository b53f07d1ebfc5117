//! The call that confirms a batch of holds: outcomes, bookings, seats and messages at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::clock::Instant;
use crate::events::EventState;
use crate::id::{BookingId, CallerId, EventId, HoldId, MessageId, SeatId};
use crate::postgres;

use super::super::model::Contact;
use super::outcome::{Outcome, repeat};

/// One hold to become one booking.
#[derive(Clone, Debug)]
pub struct Confirm {
    pub event_id: EventId,
    pub hold_id: HoldId,
    pub holder: CallerId,
    /// The board's epoch in which the confirm began.
    pub epoch: i64,
    pub booking_id: BookingId,
    pub message_id: MessageId,
    pub reference: String,
    pub contact: Contact,
    pub payment_reference: Option<String>,
    pub total: Decimal,
    pub currency: String,
    /// PostgreSQL's own clock refuses the confirm from then on: the deadline and a grace longer
    /// than the two clocks may differ.
    pub not_after: Instant,
    /// In index order.
    pub seats: Vec<ConfirmedSeat>,
}

impl Confirm {
    /// What it confirms.
    pub fn hold(&self) -> (EventId, HoldId) {
        (self.event_id, self.hold_id)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct ConfirmedSeat {
    pub seat_id: SeatId,
    pub index: u32,
    pub price: Decimal,
}

/// What PostgreSQL says of one confirm, once the transaction has committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Confirmed {
        confirmed_at: Instant,
    },
    /// It had become that booking before.
    Repeated {
        booking_id: BookingId,
    },
    /// The reconciler had ended it before.
    Expired,
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotOnSale(EventState),
    /// The board was loaded again since the confirm began.
    OtherEpoch,
    /// Of this attempt. Another one, which came in time, may still commit: no lock rules that out,
    /// as it does where the event's state or epoch has changed.
    TooLate,
}

/// Confirms all of them or fails: a transaction by itself, committed when it answers. No hold may
/// stand in the batch twice. Seats and outcomes are written in one order everywhere, so that
/// batches never deadlock (F18). Again with the same booking ids, after a connection was lost, it
/// does nothing twice, and answers what it would have.
///
/// # Errors
/// A violation of `seat_booked_once_per_event` when any seat of any of them is booked.
pub async fn confirm_all(
    db: &mut PgConnection,
    confirms: &[&Confirm],
    imposed_now: Option<Instant>,
) -> Result<Vec<Answer>, sqlx::Error> {
    let rows = call(db, &Columns::of(confirms), imposed_now).await?;
    let rows: HashMap<_, _> = rows
        .iter()
        .map(|row| ((row.event_id, row.hold_id), row))
        .collect();
    let answer = |confirm: &&Confirm| {
        let row = rows.get(&(confirm.event_id.0, confirm.hold_id.0));
        row.map_or(Answer::Refused(Refusal::OtherEpoch), |row| {
            row.answer(confirm)
        })
    };
    Ok(confirms.iter().map(answer).collect())
}

/// What had become of a hold that cannot be confirmed any more. Few are asked for after that, and
/// the statement that confirms would look through all outcomes for them.
pub async fn ended_before(
    db: &mut PgConnection,
    confirm: &Confirm,
) -> Result<Option<Answer>, sqlx::Error> {
    let outcome = repeat(db, confirm.event_id, confirm.hold_id).await?;
    Ok(outcome.map(|outcome| match outcome {
        Outcome::Confirmed(booking_id) => Answer::Repeated { booking_id },
        Outcome::Expired => Answer::Expired,
    }))
}

struct Row {
    event_id: Uuid,
    hold_id: Uuid,
    state: EventState,
    board_epoch: i64,
    outcome: Option<String>,
    booking_id: Option<Uuid>,
    ended_at: Option<DateTime<Utc>>,
}

impl Row {
    fn answer(&self, confirm: &Confirm) -> Answer {
        match (self.outcome.as_deref(), self.booking_id, self.ended_at) {
            (Some("confirmed"), Some(id), Some(confirmed_at)) if id == confirm.booking_id.0 => {
                Answer::Confirmed { confirmed_at }
            }
            (Some("confirmed"), Some(id), _) => Answer::Repeated {
                booking_id: BookingId(id),
            },
            (Some(_), ..) => Answer::Expired,
            (None, ..) if self.state != EventState::OnSale => {
                Answer::Refused(Refusal::NotOnSale(self.state))
            }
            (None, ..) if self.board_epoch != confirm.epoch => Answer::Refused(Refusal::OtherEpoch),
            (None, ..) => Answer::Refused(Refusal::TooLate),
        }
    }
}

/// A batch as arrays, one for each column.
#[derive(Default)]
struct Columns {
    locks: Vec<i64>,
    event_ids: Vec<Uuid>,
    hold_ids: Vec<Uuid>,
    holder_ids: Vec<Uuid>,
    epochs: Vec<i64>,
    booking_ids: Vec<Uuid>,
    message_ids: Vec<Uuid>,
    references: Vec<String>,
    names: Vec<String>,
    emails: Vec<String>,
    payment_references: Vec<Option<String>>,
    totals: Vec<Decimal>,
    currencies: Vec<String>,
    not_after: Vec<DateTime<Utc>>,
    seat_bookings: Vec<Uuid>,
    seat_ids: Vec<Uuid>,
    seat_indexes: Vec<i32>,
    seat_prices: Vec<Decimal>,
}

impl Columns {
    fn of(confirms: &[&Confirm]) -> Self {
        let mut columns = Self::default();
        for confirm in confirms {
            columns.locks.push(postgres::event_lock(confirm.event_id));
            columns.event_ids.push(confirm.event_id.0);
            columns.hold_ids.push(confirm.hold_id.0);
            columns.holder_ids.push(confirm.holder.0);
            columns.epochs.push(confirm.epoch);
            columns.booking_ids.push(confirm.booking_id.0);
            columns.message_ids.push(confirm.message_id.0);
            columns.references.push(confirm.reference.clone());
            columns.names.push(confirm.contact.name.clone());
            columns.emails.push(confirm.contact.email.clone());
            columns
                .payment_references
                .push(confirm.payment_reference.clone());
            columns.totals.push(confirm.total);
            columns.currencies.push(confirm.currency.clone());
            columns.not_after.push(confirm.not_after);
            for seat in &confirm.seats {
                columns.seat_bookings.push(confirm.booking_id.0);
                columns.seat_ids.push(seat.seat_id.0);
                columns.seat_indexes.push(seat.index.cast_signed());
                columns.seat_prices.push(seat.price);
            }
        }
        columns.locks.sort_unstable();
        columns.locks.dedup();
        columns
    }
}

/// One round trip: `confirm_holds` is where the statement is.
async fn call(
    db: &mut PgConnection,
    columns: &Columns,
    imposed_now: Option<Instant>,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        r#"
        SELECT event_id AS "event_id!", hold_id AS "hold_id!", state AS "state!: EventState",
            board_epoch AS "board_epoch!", outcome, booking_id, ended_at
        FROM confirm_holds($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
            $17, $18, $19)
        "#,
        &columns.locks,
        &columns.event_ids,
        &columns.hold_ids,
        &columns.holder_ids,
        &columns.epochs,
        &columns.booking_ids,
        &columns.message_ids,
        &columns.references,
        &columns.names,
        &columns.emails,
        &columns.payment_references as &[Option<String>],
        &columns.totals,
        &columns.currencies,
        &columns.not_after,
        &columns.seat_bookings,
        &columns.seat_ids,
        &columns.seat_indexes,
        &columns.seat_prices,
        imposed_now
    )
    .fetch_all(db)
    .await
}

/// Which of a confirm's seats are booked, by index, and whose they are.
pub async fn find_booked_seats(
    db: &mut PgConnection,
    confirm: &Confirm,
) -> Result<Vec<(u32, CallerId)>, sqlx::Error> {
    let seat_ids: Vec<_> = confirm.seats.iter().map(|seat| seat.seat_id.0).collect();
    let booked = sqlx::query!(
        r#"
        SELECT seat.seat_index, booking.holder_id
        FROM seat_bookings AS seat JOIN bookings AS booking USING (event_id, booking_id)
        WHERE seat.event_id = $1 AND seat.seat_id = ANY ($2)
        ORDER BY seat.seat_index
        "#,
        confirm.event_id.0,
        &seat_ids
    )
    .fetch_all(db)
    .await?;
    let booked = booked.into_iter();
    Ok(booked
        .map(|row| (row.seat_index.cast_unsigned(), CallerId(row.holder_id)))
        .collect())
}
