//! What must hold at the end of every test (board.md, part 9).

use holdfast::audit::audit;
use holdfast::board;
use holdfast::id::EventId;
use sqlx::PgPool;
use uuid::Uuid;

use super::TestApp;

/// Each booking is told of once: by one message, however often it was confirmed.
pub async fn assert_messages(db: &PgPool) {
    let n_breaches: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM bookings AS b WHERE 1 <> (
             SELECT count(*) FROM outbox
             WHERE kind = 'booking.confirmed' AND subject_id = b.booking_id)",
    )
    .fetch_one(db)
    .await
    .expect("a count");
    assert_eq!(n_breaches, 0, "a booking has no message, or several");
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

    /// I1 to I5 and I8 to I10, as `holdfast audit` checks them.
    pub async fn assert_invariants(&self) {
        let breaches = audit(&self.ctx, false).await.expect("stores to audit");
        assert!(breaches.is_empty(), "{breaches:#?}");
        assert_messages(&self.ctx.db).await;
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
