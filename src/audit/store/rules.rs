//! The rules on PostgreSQL alone, each as a query for what breaks it.

use sqlx::{FromRow, PgExecutor};
use uuid::Uuid;

/// A rule and the query that finds its breaches: event, and what breaks it there.
pub struct Rule {
    pub invariant: &'static str,
    pub rule: &'static str,
    query: &'static str,
}

#[derive(FromRow)]
pub struct Found {
    pub event_id: Uuid,
    pub subject: String,
}

/// Limit: breaches of one rule that are named.
const FOUND_MAX: i64 = 100;

pub const RULES: [Rule; 12] = [
    Rule {
        invariant: "I1",
        rule: "no two bookings have one seat of one event",
        query: "SELECT event_id, 'seat ' || seat_id AS subject FROM seat_bookings
                GROUP BY event_id, seat_id HAVING count(*) > 1 LIMIT $1",
    },
    Rule {
        invariant: "I1",
        rule: "the constraint seat_booked_once_per_event is there and valid",
        query: "SELECT '00000000-0000-0000-0000-000000000000'::uuid AS event_id,
                    'table seat_bookings' AS subject
                WHERE NOT EXISTS (
                    SELECT FROM pg_constraint JOIN pg_index ON indexrelid = conindid
                    WHERE conname = 'seat_booked_once_per_event' AND contype = 'u'
                      AND conrelid = 'seat_bookings'::regclass AND indisvalid)
                LIMIT $1",
    },
    Rule {
        invariant: "I2",
        rule: "a confirmed hold has its booking, and a booking its confirmed hold",
        query: "SELECT coalesce(o.event_id, b.event_id) AS event_id,
                    'hold ' || coalesce(o.hold_id, b.hold_id) AS subject
                FROM hold_outcomes AS o FULL JOIN bookings AS b
                  ON b.event_id = o.event_id AND b.booking_id = o.booking_id
                  AND b.hold_id = o.hold_id
                WHERE (o.outcome = 'confirmed' AND b.booking_id IS NULL) OR o.hold_id IS NULL
                LIMIT $1",
    },
    Rule {
        invariant: "I4",
        rule: "a booking's seats cost together what was paid",
        query: "SELECT event_id, 'booking ' || booking_id AS subject FROM bookings AS b
                WHERE total <> (
                    SELECT coalesce(sum(price), 0) FROM (
                        SELECT price FROM seat_bookings AS s
                        WHERE s.event_id = b.event_id AND s.booking_id = b.booking_id
                        UNION ALL
                        SELECT price FROM cancelled_seats AS s
                        WHERE s.event_id = b.event_id AND s.booking_id = b.booking_id
                    ) AS seat)
                LIMIT $1",
    },
    Rule {
        invariant: "I4",
        rule: "a booking is cancelled when, and only when, it has no seats left",
        query: "SELECT event_id, 'booking ' || booking_id AS subject FROM bookings AS b
                WHERE (state = 'cancelled') <> NOT EXISTS (
                    SELECT FROM seat_bookings AS s
                    WHERE s.event_id = b.event_id AND s.booking_id = b.booking_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I8",
        rule: "refunds never exceed what was paid",
        query: "SELECT event_id, 'booking ' || booking_id AS subject FROM bookings AS b
                WHERE total < (
                    SELECT coalesce(sum(amount), 0) FROM refunds AS r
                    WHERE r.event_id = b.event_id AND r.booking_id = b.booking_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I8",
        rule: "a refund is what its cancelled seats give back",
        query: "SELECT event_id, 'refund ' || refund_id AS subject FROM refunds AS r
                WHERE amount <> (
                    SELECT coalesce(sum(refund), 0) FROM cancelled_seats AS s
                    WHERE s.event_id = r.event_id AND s.refund_id = r.refund_id)
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "an entry of a waitlist has at most one live offer, and a seat at most one",
        query: "SELECT event_id, 'entry ' || entry_id AS subject FROM waitlist_offers
                WHERE state = 'live' GROUP BY event_id, entry_id HAVING count(*) > 1
                UNION ALL
                SELECT event_id, 'seat index ' || seat FROM waitlist_offers, unnest(seats) AS seat
                WHERE state = 'live' GROUP BY event_id, seat HAVING count(*) > 1
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "the keys waitlist_entry_offered_once and waitlist_seat_offered_once are there",
        query: "SELECT '00000000-0000-0000-0000-000000000000'::uuid AS event_id,
                    'key ' || name AS subject
                FROM unnest(ARRAY['waitlist_entry_offered_once', 'waitlist_seat_offered_once'])
                    AS name
                WHERE NOT EXISTS (
                    SELECT FROM pg_index WHERE indexrelid = to_regclass(name)
                      AND indisunique AND indisvalid)
                LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "an entry is offered seats when, and only when, it has a live offer",
        query: "SELECT coalesce(e.event_id, o.event_id) AS event_id,
                    'entry ' || coalesce(e.entry_id, o.entry_id) AS subject
                FROM (SELECT * FROM waitlist_entries WHERE state = 'offered') AS e
                FULL JOIN (SELECT * FROM waitlist_offers WHERE state = 'live') AS o
                  ON o.event_id = e.event_id AND o.entry_id = e.entry_id
                WHERE e.entry_id IS NULL OR o.entry_id IS NULL LIMIT $1",
    },
    Rule {
        invariant: "I9",
        rule: "the seats of live offers, and no others, are claimed",
        query: "SELECT coalesce(s.event_id, o.event_id) AS event_id,
                    'seat index ' || coalesce(s.seat_index, o.seat_index) AS subject
                FROM waitlist_offer_seats AS s
                FULL JOIN (SELECT event_id, hold_id, unnest(seats) AS seat_index
                    FROM waitlist_offers WHERE state = 'live') AS o
                  ON o.event_id = s.event_id AND o.hold_id = s.hold_id
                  AND o.seat_index = s.seat_index
                WHERE s.event_id IS NULL OR o.event_id IS NULL LIMIT $1",
    },
    Rule {
        invariant: "I10",
        rule: "nobody has booked more seats than a person may",
        query: "SELECT event_id, 'holder ' || holder_id AS subject
                FROM seat_bookings JOIN bookings USING (event_id, booking_id)
                JOIN events USING (event_id)
                GROUP BY event_id, holder_id, seats_per_person_max
                HAVING count(*) > seats_per_person_max LIMIT $1",
    },
];

pub async fn find(db: impl PgExecutor<'_>, rule: &Rule) -> Result<Vec<Found>, sqlx::Error> {
    sqlx::query_as(rule.query)
        .bind(FOUND_MAX)
        .fetch_all(db)
        .await
}
