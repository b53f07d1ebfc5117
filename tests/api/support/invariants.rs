//! What must hold at the end of every test (board.md, part 9).

use holdfast::board;
use holdfast::id::EventId;
use sqlx::PgPool;
use uuid::Uuid;

use super::TestApp;

/// Rules on PostgreSQL alone: a query that finds what breaks each.
const RULES: [(&str, &str); 6] = [
    (
        "I2, I4: a confirmed hold has its booking, and a booking its confirmed hold",
        "SELECT count(*) FROM hold_outcomes AS o FULL JOIN bookings AS b
             ON b.event_id = o.event_id AND b.booking_id = o.booking_id AND b.hold_id = o.hold_id
         WHERE (o.outcome = 'confirmed' AND b.booking_id IS NULL) OR o.hold_id IS NULL",
    ),
    (
        "I4: a booking's seats cost together what was paid",
        "SELECT count(*) FROM bookings AS b WHERE total <> (
             SELECT coalesce(sum(price), 0) FROM (
                 SELECT price FROM seat_bookings WHERE booking_id = b.booking_id
                 UNION ALL SELECT price FROM cancelled_seats WHERE booking_id = b.booking_id
             ) AS seat)",
    ),
    (
        "a booking's state says how many seats it has",
        "SELECT count(*) FROM bookings AS b
         WHERE (state = 'cancelled') <> NOT EXISTS (
             SELECT FROM seat_bookings WHERE booking_id = b.booking_id)",
    ),
    (
        "I8: refunds never exceed what was paid",
        "SELECT count(*) FROM bookings AS b WHERE total < (
             SELECT coalesce(sum(amount), 0) FROM refunds WHERE booking_id = b.booking_id)",
    ),
    (
        "I10: nobody has booked more seats than a person may",
        "SELECT count(*) FROM (
             SELECT 1 FROM seat_bookings JOIN bookings USING (event_id, booking_id)
             JOIN events USING (event_id)
             GROUP BY event_id, holder_id, seats_per_person_max
             HAVING count(*) > seats_per_person_max) AS breach",
    ),
    (
        "each booking is told of once",
        "SELECT count(*) FROM bookings AS b WHERE 1 <> (
             SELECT count(*) FROM outbox
             WHERE kind = 'booking.confirmed' AND subject_id = b.booking_id)",
    ),
];

pub async fn assert_rules(db: &PgPool) {
    for (rule, query) in RULES {
        let n_breaches: i64 = sqlx::query_scalar(query).fetch_one(db).await.expect(rule);
        assert_eq!(n_breaches, 0, "{rule}");
    }
}

impl TestApp {
    pub async fn boards(&self) -> Vec<EventId> {
        let boards: Vec<Uuid> =
            sqlx::query_scalar("SELECT event_id FROM events WHERE board_epoch > 0")
                .fetch_all(&self.ctx.db)
                .await
                .expect("the events");
        boards.into_iter().map(EventId).collect()
    }

    /// I5: board and PostgreSQL agree, seat by seat.
    pub async fn assert_boards_agree(&self) {
        for event_id in self.boards().await {
            let findings = board::reconcile(&self.ctx, event_id, false).await;
            let findings = findings.expect("a board to compare");
            assert!(
                findings.is_empty(),
                "board and PostgreSQL disagree: {findings:?}"
            );
        }
    }

    /// Mends the boards, as the reconciler's job does.
    pub async fn reconcile(&self) {
        for event_id in self.boards().await {
            board::reconcile(&self.ctx, event_id, true)
                .await
                .expect("a board to mend");
        }
    }
}
