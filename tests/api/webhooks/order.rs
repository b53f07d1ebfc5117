//! What happens to one booking is told in its order; bookings do not wait for each other.

use chrono::TimeDelta;
use sqlx::PgPool;

use super::{BOOKINGS, start};
use crate::support::Reply;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nothing_overtakes_what_happened_to_the_booking_before(db: PgPool) {
    let (app, receiver) = start(&db).await;
    let sale = app.on_sale(1, 3).await;
    sale.subscribe(&receiver, &BOOKINGS).await;
    let guest = app.guest();
    let booking = guest.book(&sale, &["S-A-1", "S-A-2"]).await;
    guest.cancel_seats(&booking, &["S-A-1"]).await.expect(200);
    guest.cancel(&booking).await.expect(200);
    receiver.will([Reply::Status(500)]);
    app.run_jobs().await;
    assert_eq!(receiver.kinds(), ["booking.confirmed"]);

    let other = app.guest().book(&sale, &["S-A-3"]).await;
    app.run_jobs().await;

    let received = receiver.received();
    assert_eq!(received.len(), 2, "{received:?}");
    assert_eq!(received[1].body["data"]["booking_id"], other["booking_id"]);
    app.ctx.clock.advance(TimeDelta::minutes(1));
    app.run_jobs().await;
    let expected = [
        "booking.confirmed",
        "booking.cancelled",
        "booking.cancelled",
    ];
    assert_eq!(receiver.kinds()[2..], expected);
    let sequences: Vec<i64> = receiver.received()[2..]
        .iter()
        .map(|it| it.body["data"]["sequence"].as_i64().expect("a number"))
        .collect();
    assert!(sequences.is_sorted(), "{sequences:?}");
    app.finish().await;
}
