//! The rules on PostgreSQL alone, each as a query for what breaks it.

use sqlx::{FromRow, PgConnection, PgExecutor};
use uuid::Uuid;

/// A rule and the query that finds its breaches: what breaks it.
pub struct Rule {
    pub invariant: &'static str,
    pub rule: &'static str,
    query: &'static str,
}

#[derive(FromRow)]
pub struct Found {
    pub subject: String,
}

/// Limit: breaches of one rule that are named, of one event.
const FOUND_MAX: i64 = 100;

/// What must be true of the schema: `$1` is how many breaches to name.
pub const SCHEMA_RULES: [Rule; 4] = [
    Rule {
        invariant: "I1",
        rule: "the constraint seat_booked_once_per_event is there and valid",
        query: "SELECT 'table seat_bookings' AS subject
                WHERE NOT EXISTS (
                    SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid
                    WHERE conname = 'seat_booked_once_per_event' AND contype = 'u'
                      AND conrelid = 'seat_bookings'::regclass AND indisvalid)
                LIMIT $1",
    },
    Rule {
        invariant: "I3",
        rule: "the key hold_ends_once is there and valid",
        query: "SELECT 'table hold_outcomes' AS subject
                WHERE NOT EXISTS (
                    SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid
                    WHERE conname = 'hold_ends_once' AND contype = 'p'
                      AND conrelid = 'hold_outcomes'::regclass AND indisvalid)
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "the keys waitlist_entry_offered_once and waitlist_seat_offered_once are there",
        query: "SELECT 'key ' || name AS subject
                FROM unnest(ARRAY['waitlist_entry_offered_once', 'waitlist_seat_offered_once'])
                    AS name
                WHERE NOT EXISTS (
                    SELECT FROM pg_index WHERE indexrelid = to_regclass(name)
                      AND indisunique AND indisvalid)
                LIMIT $1",
    },
    Rule {
        invariant: "I6",
        rule: "the keys one_mode_per_epoch and seat_held_once_per_event are there and valid",
        query: "SELECT 'key ' || name AS subject
                FROM unnest(ARRAY['one_mode_per_epoch', 'seat_held_once_per_event']) AS name
                WHERE NOT EXISTS (
                    SELECT FROM pg_index WHERE indexrelid = to_regclass(name)
                      AND indisunique AND indisvalid)
                LIMIT $1",
    },
];

/// What must be true of each event, `$2`. Each is one statement, so it sees one moment.
pub const EVENT_RULES: [Rule; 14] = [
    Rule {
        invariant: "I1",
        rule: "no two bookings have one seat of one event",
        query: "SELECT 'seat ' || seat_id AS subject FROM seat_bookings
                WHERE event_id = $2
                GROUP BY seat_id HAVING count(*) > 1 LIMIT $1",
    },
    Rule {
        invariant: "I2",
        rule: "a confirmed hold has its booking, and a booking its confirmed hold",
        query: "SELECT 'hold ' || coalesce(o.hold_id, b.hold_id) AS subject
                FROM (SELECT * FROM hold_outcomes WHERE event_id = $2) AS o
                FULL JOIN (SELECT * FROM bookings WHERE event_id = $2) AS b
                  ON b.booking_id = o.booking_id AND b.hold_id = o.hold_id
                WHERE (o.outcome = 'confirmed' AND b.booking_id IS NULL) OR o.hold_id IS NULL
                LIMIT $1",
    },
    Rule {
        invariant: "I3",
        rule: "a hold has at most one outcome",
        query: "SELECT 'hold ' || hold_id AS subject FROM hold_outcomes
                WHERE event_id = $2
                GROUP BY hold_id HAVING count(*) > 1 LIMIT $1",
    },
    Rule {
        invariant: "I4",
        rule: "a booking's seats cost together what was paid",
        query: "SELECT 'booking ' || booking_id AS subject
                FROM (SELECT * FROM bookings WHERE event_id = $2) AS b
                LEFT JOIN (
                    SELECT booking_id, sum(price) AS price FROM (
                        SELECT booking_id, price FROM seat_bookings WHERE event_id = $2
                        UNION ALL
                        SELECT booking_id, price FROM cancelled_seats WHERE event_id = $2
                    ) AS seat GROUP BY booking_id) AS s USING (booking_id)
                WHERE total <> coalesce(price, 0)
                LIMIT $1",
    },
    Rule {
        invariant: "I4",
        rule: "a booked seat belongs to a booking",
        query: "SELECT 'seat ' || seat_id AS subject FROM seat_bookings AS s
                WHERE event_id = $2 AND NOT EXISTS (
                    SELECT FROM bookings AS b
                    WHERE b.event_id = s.event_id AND b.booking_id = s.booking_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I4",
        rule: "a booking is cancelled when, and only when, it has no seats left",
        query: "SELECT 'booking ' || booking_id AS subject FROM bookings AS b
                WHERE event_id = $2 AND (state = 'cancelled') <> NOT EXISTS (
                    SELECT FROM seat_bookings AS s
                    WHERE s.event_id = b.event_id AND s.booking_id = b.booking_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I8",
        rule: "refunds never exceed what was paid",
        query: "SELECT 'booking ' || booking_id AS subject FROM bookings AS b
                WHERE event_id = $2 AND total < (
                    SELECT coalesce(sum(amount), 0) FROM refunds AS r
                    WHERE r.event_id = b.event_id AND r.booking_id = b.booking_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I8",
        rule: "a refund is what its cancelled seats give back",
        query: "SELECT 'refund ' || refund_id AS subject
                FROM (SELECT * FROM refunds WHERE event_id = $2) AS r
                LEFT JOIN (
                    SELECT refund_id, sum(refund) AS refund FROM cancelled_seats
                    WHERE event_id = $2 GROUP BY refund_id) AS s USING (refund_id)
                WHERE amount <> coalesce(refund, 0)
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "an entry of a waitlist has at most one live offer, and a seat at most one",
        query: "SELECT 'entry ' || entry_id AS subject FROM waitlist_offers
                WHERE event_id = $2 AND state = 'live'
                GROUP BY entry_id HAVING count(*) > 1
                UNION ALL
                SELECT 'seat index ' || seat FROM waitlist_offers, unnest(seats) AS seat
                WHERE event_id = $2 AND state = 'live'
                GROUP BY seat HAVING count(*) > 1
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "an entry is offered seats when, and only when, it has a live offer",
        query: "SELECT 'entry ' || coalesce(e.entry_id, o.entry_id) AS subject
                FROM (SELECT entry_id FROM waitlist_entries
                    WHERE event_id = $2 AND state = 'offered') AS e
                FULL JOIN (SELECT entry_id FROM waitlist_offers
                    WHERE event_id = $2 AND state = 'live') AS o
                  ON o.entry_id = e.entry_id
                WHERE e.entry_id IS NULL OR o.entry_id IS NULL LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "the seats of live offers, and no others, are claimed",
        query: "SELECT 'seat index ' || coalesce(s.seat_index, o.seat_index) AS subject
                FROM (SELECT * FROM waitlist_offer_seats WHERE event_id = $2) AS s
                FULL JOIN (SELECT hold_id, unnest(seats) AS seat_index
                    FROM waitlist_offers WHERE event_id = $2 AND state = 'live') AS o
                  ON o.hold_id = s.hold_id AND o.seat_index = s.seat_index
                WHERE s.hold_id IS NULL OR o.hold_id IS NULL LIMIT $1",
    },
    Rule {
        invariant: "I6",
        rule: "an event's board is in the store that its epoch has",
        query: "SELECT 'epoch ' || board_epoch AS subject FROM events
                WHERE event_id = $2 AND (
                    board_epoch > 0 AND NOT EXISTS (
                        SELECT FROM board_epochs AS known
                        WHERE known.event_id = $2 AND epoch = board_epoch AND mode = board_mode)
                    OR (board_mode = 'postgres') <> EXISTS (
                        SELECT FROM fallback_boards AS board
                        WHERE board.event_id = $2 AND is_open))
                LIMIT $1",
    },
    Rule {
        invariant: "I5",
        rule: "the seats of a hold in PostgreSQL are its own",
        query: "SELECT 'seat index ' || coalesce(s.seat_index, h.seat_index) AS subject
                FROM (SELECT * FROM fallback_seats
                    WHERE event_id = $2 AND hold_id IS NOT NULL) AS s
                FULL JOIN (SELECT hold_id, unnest(seats) AS seat_index FROM fallback_holds
                    WHERE event_id = $2 AND state IN ('held', 'confirming')) AS h
                  ON h.hold_id = s.hold_id AND h.seat_index = s.seat_index
                WHERE (s.hold_id IS NULL OR h.hold_id IS NULL) AND EXISTS (
                    SELECT FROM fallback_boards AS board WHERE board.event_id = $2 AND is_open)
                LIMIT $1",
    },
    // A limit may be lowered below what somebody has, and holds of before be confirmed after: only
    // what came later than that is a breach.
    Rule {
        invariant: "I10",
        rule: "nobody has booked more seats than a person may",
        query: "SELECT 'holder ' || holder_id AS subject
                FROM seat_bookings JOIN bookings USING (event_id, booking_id)
                JOIN events AS event USING (event_id)
                LEFT JOIN waitlists USING (event_id)
                WHERE event_id = $2
                GROUP BY holder_id, event.event_id, waitlists.event_id
                HAVING count(*) > event.seats_per_person_max
                   AND (event.version <= 2 OR max(confirmed_at) > event.updated_at
                        + event.hold_lifetime_max_seconds * interval '1 second'
                        + interval '2 minutes'
                        + CASE WHEN waitlists.event_id IS NULL THEN interval '0'
                               ELSE interval '2 days' END)
                LIMIT $1",
    },
];

pub async fn find_in_schema(
    db: impl PgExecutor<'_>,
    rule: &Rule,
) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(rule.query)
        .bind(FOUND_MAX)
        .fetch_all(db)
        .await
}

pub async fn find_in_event(
    db: impl PgExecutor<'_>,
    rule: &Rule,
    event_id: Uuid,
) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(rule.query)
        .bind(FOUND_MAX)
        .bind(event_id)
        .fetch_all(db)
        .await
}

/// Limits how long the transaction's statements may take.
pub async fn bound(tx: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("SET LOCAL statement_timeout = '10s'")
        .execute(tx)
        .await?;
    Ok(())
}
