//! Holds: place, look at, change, extend, release, expire.

use sqlx::PgPool;

use crate::support::TestApp;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_hold_becomes_a_booking_and_a_cancelled_booking_frees_its_seats(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());

    let hold = ana.place(&sale, &["S-A-2", "S-A-1"]).await.expect(201);
    assert_eq!(hold["total"], "99.00");
    assert_eq!(hold["seats"][0]["seat"], "S-A-1");
    assert_eq!(hold["expires_in_seconds"], 600);
    let refused = ben.place(&sale, &["S-A-2", "S-A-3"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(
        refused["conflicts"],
        serde_json::json!([{"seat": "S-A-2", "reason": "held"}])
    );
    assert_eq!(sale.states().await, "hh..");
    let booking = ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(booking["total"], "99.00");
    assert_eq!(sale.states().await, "bb..");
    let again = ana.confirm(&sale, &hold).await.expect(200);
    assert_eq!(again["booking_id"], booking["booking_id"]);
    let cancelled = ana.cancel(&booking).await.expect(200);
    assert_eq!(cancelled["refund"]["amount"], "99.00");
    assert_eq!(sale.states().await, "....");

    app.finish().await;
}
