//! What PostgreSQL knows of the people who wait for an event's seats: for loading and checking a
//! board.

use sqlx::PgConnection;

use super::super::model::{HeldSeat, HoldState, LOADED_OFFER};
use super::fallback::{Carried, Record};
use crate::clock::Instant;
use crate::id::{CallerId, EventId, HoldId};

/// How long an offer is remembered on the board once it has ended, in ms: longer than a process
/// may stand still and go on.
pub const OFFER_MEMORY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Default)]
pub struct Waitlist {
    pub version: i64,
    pub n_waiting: i64,
    pub offers: Vec<LiveOffer>,
}

/// A hold that was placed for somebody on the waitlist.
#[derive(Debug)]
pub struct LiveOffer {
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub offered_at: Instant,
    pub expires_at: Instant,
    pub seats: Vec<HeldSeat>,
}

impl LiveOffer {
    /// The hold as a board has it.
    pub fn carried(&self) -> Carried {
        let due = self.expires_at.timestamp_millis();
        Carried {
            hold_id: self.hold_id,
            record: Record {
                state: HoldState::Held,
                holder: self.holder,
                deadline: due,
                placed_at: self.offered_at.timestamp_millis(),
                since: 0,
                memory: OFFER_MEMORY_MS,
                asked: LOADED_OFFER.to_owned(),
                attempts: String::new(),
                seats: self.seats.clone(),
            },
            due,
        }
    }
}

/// Exact while the caller holds the event's lock exclusively. An offer that has become a booking,
/// or that nobody can take any more, is none; nor is one of whose seats somebody has booked one
/// before the board placed it, or all of whose seats its person has changed for others.
pub async fn read(db: &mut PgConnection, event_id: EventId) -> Result<Waitlist, sqlx::Error> {
    let queue = sqlx::query!(
        r#"
        SELECT version, (SELECT count(*) FROM waitlist_entries AS entry
            WHERE entry.event_id = $1 AND entry.state = 'waiting') AS "n_waiting!"
        FROM waitlists WHERE event_id = $1
        "#,
        event_id.0
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(queue) = queue else {
        return Ok(Waitlist::default());
    };
    let rows = sqlx::query!(
        r#"
        SELECT offer.hold_id, entry.holder_id, offer.seats, offer.amounts, offer.offered_at,
            offer.expires_at
        FROM waitlist_offers AS offer
        JOIN waitlist_entries AS entry USING (event_id, entry_id)
        JOIN events AS event USING (event_id)
        WHERE event_id = $1 AND offer.state = 'live' AND offer.seats <> '{}'
          AND event.state IN ('on_sale', 'paused')
          AND NOT EXISTS (SELECT FROM hold_outcomes AS outcome
              WHERE outcome.event_id = $1 AND outcome.hold_id = offer.hold_id)
          AND NOT EXISTS (SELECT FROM seat_bookings AS seat
              WHERE seat.event_id = $1 AND seat.seat_index = ANY (offer.seats))
        "#,
        event_id.0
    )
    .fetch_all(db)
    .await?;
    let offers = rows.into_iter().map(|row| LiveOffer {
        hold_id: HoldId(row.hold_id),
        holder: CallerId(row.holder_id),
        offered_at: row.offered_at,
        expires_at: row.expires_at,
        seats: seats(&row.seats, &row.amounts),
    });
    Ok(Waitlist {
        version: queue.version,
        n_waiting: queue.n_waiting,
        offers: offers.collect(),
    })
}

fn seats(indexes: &[i32], amounts: &[i64]) -> Vec<HeldSeat> {
    let seats = indexes.iter().zip(amounts);
    seats
        .map(|(index, amount)| HeldSeat {
            index: index.cast_unsigned(),
            amount: *amount,
        })
        .collect()
}
