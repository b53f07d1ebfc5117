//! Offers: claimed in PostgreSQL before the board places their holds, and ended once.

use chrono::TimeDelta;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::super::model::EntryState;
use crate::board::HeldSeat;
use crate::clock::Instant;
use crate::id::{CallerId, EntryId, EventId, HoldId, MessageId};

/// An offer to be made.
#[derive(Clone, Debug)]
pub struct Claim {
    pub entry_id: EntryId,
    pub hold_id: HoldId,
    /// In index order.
    pub seats: Vec<HeldSeat>,
}

/// When claims are made, and when their offers end.
#[derive(Clone, Copy, Debug)]
pub struct ClaimTimes {
    pub imposed_now: Option<Instant>,
    /// From then on there would be too little time left.
    pub void_at: Instant,
    pub expires_at: Instant,
}

/// A live offer.
#[derive(Clone, Debug)]
pub struct Offer {
    pub entry_id: EntryId,
    pub hold_id: HoldId,
    pub holder: CallerId,
    pub seats: Vec<HeldSeat>,
    pub expires_at: Instant,
    /// Until then, by PostgreSQL's clock.
    pub left: TimeDelta,
    /// Whether the board has been found to have the hold, and the person been told.
    pub is_placed: bool,
    /// In which its hold may be placed.
    pub epoch: i64,
    /// Once it is not, it never is again.
    pub is_event_selling: bool,
    pub is_event_cancelled: bool,
    pub is_event_paused: bool,
    /// When sales went on after a pause that the offer has met.
    pub resumed_at: Option<Instant>,
    /// What PostgreSQL says became of the hold: confirmed, or ended without a booking.
    pub is_confirmed: Option<bool>,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    Accepted,
    /// Let go by its person.
    Declined,
    Lapsed,
    /// It could not be placed: the person waits on.
    Withdrawn,
    /// The event's owner took the person off the list.
    Removed,
}

impl OfferEnd {
    fn offer_state(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Withdrawn | Self::Removed => "withdrawn",
        }
    }

    fn entry_state(self) -> EntryState {
        match self {
            Self::Accepted => EntryState::Accepted,
            Self::Declined => EntryState::Left,
            Self::Lapsed => EntryState::Lapsed,
            Self::Withdrawn => EntryState::Waiting,
            Self::Removed => EntryState::Removed,
        }
    }

    fn log_kind(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            other => other.offer_state(),
        }
    }

    /// What the person is told, if anything.
    fn message(self) -> Option<&'static str> {
        match self {
            Self::Accepted => Some("waitlist.accepted"),
            Self::Lapsed => Some("waitlist.lapsed"),
            Self::Declined | Self::Withdrawn | Self::Removed => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Ending {
    pub hold_id: HoldId,
    pub end: OfferEnd,
    /// Whether it was decided because the person had yet to be told, and is void once they are.
    pub is_untold: bool,
    pub reason: Option<String>,
    pub message_id: MessageId,
}

/// Claims entries and seats for offers, all or none of them, in time and while the event is on sale
/// and at that version, whose prices they are at; answers those whose person still waited. The log
/// has them in the order of the claims. The event's row is locked, so that whoever cancels it or
/// loads its board comes before or after (F22).
///
/// # Errors
/// A violation of `waitlist_seat_offered_once` or `waitlist_entry_offered_once` when somebody else
/// was quicker.
#[expect(clippy::too_many_lines, reason = "one statement")]
pub async fn claim(
    db: impl PgExecutor<'_>,
    (event_id, event_version): (EventId, i32),
    claims: &[Claim],
    times: ClaimTimes,
) -> Result<Vec<HoldId>, sqlx::Error> {
    let entries: Vec<_> = claims.iter().map(|claim| claim.entry_id.0).collect();
    let holds: Vec<_> = claims.iter().map(|claim| claim.hold_id.0).collect();
    let seats = claims
        .iter()
        .flat_map(|claim| claim.seats.iter().map(move |seat| (claim, seat)));
    let (seat_holds, seats): (Vec<Uuid>, Vec<&HeldSeat>) =
        seats.map(|(claim, seat)| (claim.hold_id.0, seat)).unzip();
    let indexes: Vec<_> = seats.iter().map(|seat| seat.index.cast_signed()).collect();
    let amounts: Vec<_> = seats.iter().map(|seat| seat.amount).collect();
    let claimed = sqlx::query_scalar!(
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($7, clock_timestamp()) AS at
        ), event AS (
            SELECT event_id FROM events
            WHERE event_id = $1 AND state = 'on_sale' AND version = $10
              AND LEAST(sales_close_at, starts_at) > (SELECT at FROM now)
              AND $9 >= (SELECT at FROM now)
            FOR SHARE
        ), asked AS (
            SELECT * FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY
                AS t (entry_id, hold_id, place)
        ), seat AS (
            SELECT * FROM unnest($4::uuid[], $5::integer[], $6::bigint[])
                AS t (hold_id, seat_index, amount)
        ), raised AS (
            UPDATE waitlists SET version = version + 1
            WHERE event_id = $1 AND EXISTS (SELECT FROM event)
            RETURNING version
        ), claimed AS (
            UPDATE waitlist_entries AS entry SET state = 'offered'
            FROM asked, event, raised
            WHERE (entry.event_id, entry.entry_id) = ($1, asked.entry_id)
              AND entry.state = 'waiting'
            RETURNING entry.entry_id, asked.hold_id, place
        ), offered AS (
            INSERT INTO waitlist_offers (event_id, hold_id, entry_id, state, seats, amounts,
                offered_at, expires_at)
            SELECT $1, hold_id, entry_id, 'live',
                array_agg(seat_index ORDER BY seat_index), array_agg(amount ORDER BY seat_index),
                (SELECT at FROM now), $8
            FROM claimed JOIN seat USING (hold_id) GROUP BY hold_id, entry_id
        ), taken AS (
            INSERT INTO waitlist_offer_seats (event_id, seat_index, hold_id)
            SELECT $1, seat_index, hold_id FROM claimed JOIN seat USING (hold_id)
            ORDER BY seat_index
        ), logged AS (
            INSERT INTO waitlist_log (event_id, kind, entry_id, hold_id, seats, logged_at)
            SELECT $1, 'offered', entry_id, hold_id, array_agg(seat_index ORDER BY seat_index),
                (SELECT at FROM now)
            FROM claimed JOIN seat USING (hold_id) GROUP BY hold_id, entry_id, place
            ORDER BY place
        )
        SELECT hold_id AS "hold_id!" FROM claimed
        "#,
        event_id.0,
        &entries,
        &holds,
        &seat_holds,
        &indexes,
        &amounts,
        times.imposed_now,
        times.expires_at,
        times.void_at,
        event_version
    )
    .fetch_all(db)
    .await?;
    Ok(claimed.into_iter().map(HoldId).collect())
}

/// Live offers, the oldest first.
pub async fn list_live_offers(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    imposed_now: Option<Instant>,
) -> Result<Vec<Offer>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"
        SELECT offer.hold_id, offer.entry_id, entry.holder_id, offer.seats, offer.amounts,
            offer.placed_at, offer.expires_at, outcome.outcome AS "outcome?",
            event.board_epoch, event.state = 'paused' AS "is_paused!",
            event.state IN ('on_sale', 'paused') AS "is_selling!",
            event.state = 'cancelled' AS "is_cancelled!",
            CASE WHEN event.last_opened_at > offer.offered_at THEN event.last_opened_at END
                AS resumed_at,
            COALESCE($2, clock_timestamp()) AS "now!"
        FROM waitlist_offers AS offer
        JOIN waitlist_entries AS entry USING (event_id, entry_id)
        JOIN events AS event USING (event_id)
        LEFT JOIN hold_outcomes AS outcome USING (event_id, hold_id)
        WHERE event_id = $1 AND offer.state = 'live'
        ORDER BY offer.offered_at, offer.hold_id
        "#,
        event_id.0,
        imposed_now
    )
    .fetch_all(db)
    .await?;
    let offers = rows.into_iter().map(|row| Offer {
        entry_id: EntryId(row.entry_id),
        hold_id: HoldId(row.hold_id),
        holder: CallerId(row.holder_id),
        seats: row
            .seats
            .iter()
            .zip(&row.amounts)
            .map(|(index, amount)| HeldSeat {
                index: index.cast_unsigned(),
                amount: *amount,
            })
            .collect(),
        expires_at: row.expires_at,
        left: row.expires_at - row.now,
        is_placed: row.placed_at.is_some(),
        epoch: row.board_epoch,
        is_event_selling: row.is_selling,
        is_event_cancelled: row.is_cancelled,
        is_event_paused: row.is_paused,
        resumed_at: row.resumed_at,
        is_confirmed: row.outcome.map(|outcome| outcome == "confirmed"),
    });
    Ok(offers.collect())
}

/// Ends offers, each once: what somebody else has ended, or told of in the meantime, is left as it
/// is.
#[expect(clippy::too_many_lines, reason = "one statement")]
pub async fn end_offers(
    db: impl PgExecutor<'_>,
    event_id: EventId,
    endings: &[Ending],
    (actor, imposed_now): (Option<CallerId>, Option<Instant>),
) -> Result<u64, sqlx::Error> {
    let column = |of: fn(&Ending) -> String| endings.iter().map(of).collect::<Vec<_>>();
    let holds: Vec<_> = endings.iter().map(|ending| ending.hold_id.0).collect();
    let messages: Vec<_> = endings.iter().map(|ending| ending.message_id.0).collect();
    let reasons: Vec<_> = endings.iter().map(|ending| ending.reason.clone()).collect();
    let untold: Vec<_> = endings.iter().map(|ending| ending.is_untold).collect();
    let kinds: Vec<_> = endings
        .iter()
        .map(|ending| ending.end.message().map(str::to_owned))
        .collect();
    let ended = sqlx::query!(
        r#"
        WITH now AS MATERIALIZED (
            SELECT COALESCE($9, clock_timestamp()) AS at
        ), asked AS (
            SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::uuid[], $8::text[], $11::boolean[])
            AS t (hold_id, offer_state, entry_state, log_kind, reason, message_id, message,
                is_untold)
        ), raised AS (
            UPDATE waitlists SET version = version + 1 WHERE event_id = $1 RETURNING version
        ), ended AS (
            UPDATE waitlist_offers AS offer SET state = offer_state, ended_at = now.at
            FROM now, asked, raised
            WHERE offer.event_id = $1 AND offer.hold_id = asked.hold_id AND offer.state = 'live'
              AND (offer.placed_at IS NULL OR NOT is_untold)
            RETURNING offer.hold_id, offer.entry_id, offer.seats, offer.ended_at
        ), entry AS (
            UPDATE waitlist_entries AS entry
            SET state = entry_state,
                version = entry.version + (entry_state = 'removed')::integer,
                ended_at = CASE WHEN entry_state <> 'waiting' THEN ended.ended_at END
            FROM ended JOIN asked USING (hold_id)
            WHERE entry.event_id = $1 AND entry.entry_id = ended.entry_id
              AND entry.state = 'offered'
            RETURNING entry.entry_id, name, email, quantity
        ), freed AS (
            DELETE FROM waitlist_offer_seats AS seat USING ended
            WHERE seat.event_id = $1 AND seat.hold_id = ended.hold_id
        ), told AS (
            INSERT INTO outbox (event_id, message_id, kind, subject_id, body, created_at)
            SELECT $1, message_id, message, entry_id,
                jsonb_build_object('entry_id', entry_id, 'hold_id', hold_id, 'name', name,
                    'email', email, 'quantity', quantity, 'reason', reason), ended_at
            FROM ended JOIN asked USING (hold_id) JOIN entry USING (entry_id)
            WHERE message IS NOT NULL
        )
        INSERT INTO waitlist_log (event_id, kind, entry_id, hold_id, seats, reason, actor_id,
            logged_at)
        SELECT $1, log_kind, entry_id, hold_id, seats, reason, $10, ended_at
        FROM ended JOIN asked USING (hold_id)
        "#,
        event_id.0,
        &holds,
        &column(|ending| ending.end.offer_state().to_owned()),
        &column(|ending| ending.end.entry_state().as_str().to_owned()),
        &column(|ending| ending.end.log_kind().to_owned()),
        &reasons as &[Option<String>],
        &messages,
        &kinds as &[Option<String>],
        imposed_now,
        actor.map(|actor| actor.0),
        &untold
    )
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}
