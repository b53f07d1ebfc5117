//! Telling an owner that an event has sold out, once each time that it does.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;
use uuid::Uuid;

use super::take::Taken;
use crate::clock::Instant;

const CONFIRMED: &str = "booking.confirmed";
const CANCELLED: &str = "booking.cancelled";
const BLOCKED: &str = "seats.blocked";

/// Whatever changes how many seats can be had.
const ABOUT_SEATS: [&str; 4] = [CONFIRMED, CANCELLED, BLOCKED, "seats.unblocked"];

/// The events whose seats messages are about, and the bookings among them, as columns.
#[derive(Default)]
struct Concerned {
    event_ids: Vec<Uuid>,
    were_cancelled: Vec<bool>,
    were_blocked: Vec<bool>,
    booked_events: Vec<Uuid>,
    booking_ids: Vec<Uuid>,
}

impl Concerned {
    fn of(taken: &Taken) -> Self {
        let mut kinds: HashMap<_, HashSet<_>> = HashMap::new();
        for message in taken.of_kinds(&ABOUT_SEATS) {
            let of_event = kinds.entry(message.event_id).or_default();
            of_event.insert(message.kind.as_str());
        }
        let mut concerned = Self::default();
        for (event_id, kinds) in kinds {
            concerned.event_ids.push(event_id);
            concerned.were_cancelled.push(kinds.contains(CANCELLED));
            concerned.were_blocked.push(kinds.contains(BLOCKED));
        }
        for booking in taken.of_kinds(&[CONFIRMED]) {
            concerned.booked_events.push(booking.event_id);
            concerned.booking_ids.push(booking.subject_id);
        }
        concerned
    }
}

/// Looks at the events whose seats messages are about; answers whether there was something to
/// tell. Sold out is an event whose every seat is booked or blocked. One that had seats again can
/// sell out again: it did where it has seats now, or where a booking was cancelled and every seat
/// is taken all the same.
pub async fn tell_sold_out(
    tx: &mut PgConnection,
    taken: &Taken,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let concerned = Concerned::of(taken);
    Ok(!concerned.event_ids.is_empty() && turn(tx, &concerned, imposed_now).await?)
}

/// A house is counted once. From then on the seats of each booking are taken off what was left,
/// until nothing may be: as many as that are there at least, since what is booked has a message
/// that comes to be derived, what is blocked has the house counted again, and all else adds seats.
async fn turn(
    tx: &mut PgConnection,
    concerned: &Concerned,
    imposed_now: Option<Instant>,
) -> Result<bool, sqlx::Error> {
    let told = sqlx::query!(
        r#"
        WITH booked AS (
            SELECT event_id, sum(n_seats)::bigint AS n_booked
            FROM unnest($4::uuid[], $5::uuid[]) AS booking (event_id, booking_id)
            CROSS JOIN LATERAL (SELECT count(*) AS n_seats FROM seat_bookings AS seat
                WHERE seat.event_id = booking.event_id
                  AND seat.booking_id = booking.booking_id) AS seats
            GROUP BY event_id
        ), known AS (
            SELECT event_id, venue_id, venue_version, were_cancelled, sold_out_at,
                state IN ('on_sale', 'paused') AS is_selling,
                CASE WHEN sold_out_at IS NULL AND NOT were_blocked
                    THEN seats_left - COALESCE(n_booked, 0) END AS n_left
            FROM unnest($1::uuid[], $2::bool[], $3::bool[])
                AS concerned (event_id, were_cancelled, were_blocked)
            JOIN events AS event USING (event_id)
            LEFT JOIN booked USING (event_id)
        ), counted AS MATERIALIZED (
            SELECT event_id, were_cancelled, sold_out_at AS was_told_at, is_selling, CASE
                WHEN n_left > 0 OR NOT is_selling THEN n_left
                ELSE seat_count - (SELECT count(*) FROM seat_bookings AS seat
                        WHERE seat.event_id = known.event_id)
                    - (SELECT count(*) FROM seat_blocks AS seat
                        WHERE seat.event_id = known.event_id
                          AND NOT EXISTS (SELECT FROM seat_bookings AS booked
                              WHERE booked.seat_id = seat.seat_id
                                AND booked.event_id = known.event_id)) END AS n_left
            FROM known JOIN venue_versions AS version
                ON version.venue_id = known.venue_id AND version.version = known.venue_version
        ), turned AS (
            UPDATE events AS event
            SET seats_left = n_left, sold_out_at = CASE
                WHEN NOT is_selling THEN sold_out_at
                WHEN n_left > 0 THEN NULL
                WHEN were_cancelled THEN COALESCE($6, clock_timestamp())
                ELSE COALESCE(sold_out_at, $6, clock_timestamp()) END
            FROM counted
            WHERE event.event_id = counted.event_id
            RETURNING event.event_id, event.sold_out_at,
                is_selling AND n_left <= 0 AND (were_cancelled OR was_told_at IS NULL) AS is_news
        )
        INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
        SELECT event_id, gen_random_uuid(), 'event.sold_out', event_id, '{}', sold_out_at
        FROM turned WHERE is_news
        "#,
        &concerned.event_ids,
        &concerned.were_cancelled,
        &concerned.were_blocked,
        &concerned.booked_events,
        &concerned.booking_ids,
        imposed_now
    )
    .execute(tx)
    .await?;
    Ok(told.rows_affected() > 0)
}
