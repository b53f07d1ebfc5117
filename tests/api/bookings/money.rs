//! Amounts in currencies with other decimal places than two.

use serde_json::json;
use sqlx::PgPool;

use crate::support::TestApp;

/// Holds, books and cancels two seats at that price; the amounts on the way are as written.
async fn sells_at(app: &TestApp, currency: &str, price: &str, total: &str) {
    let settings = json!({
        "currency": currency, "prices": [{"category": "standard", "amount": price}],
    });
    let sale = app.on_sale_with(1, 4, settings).await;
    let ana = app.guest();

    let hold = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let booking = ana.confirm(&sale, &hold).await.expect(201);
    let path = format!("/v1/bookings/{}", booking.text_of("booking_id"));
    let seen = ana.get(&path).await.expect(200);
    let partly = ana.cancel_seats(&booking, &["S-A-2"]).await.expect(200);
    let cancelled = ana.cancel(&booking).await.expect(200);

    for answer in [&hold, &booking, &seen, &partly] {
        assert_eq!(answer["currency"], currency);
        assert_eq!(answer["total"], total, "{currency}");
        assert_eq!(answer["seats"][0]["price"], price, "{currency}");
    }
    assert_eq!(
        partly["refund"],
        json!({"amount": price, "currency": currency})
    );
    assert_eq!(
        cancelled["refund"],
        json!({"amount": total, "currency": currency})
    );
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn an_amount_has_the_places_of_its_currency(db: PgPool) {
    let app = TestApp::start(db).await;

    sells_at(&app, "JPY", "4950", "9900").await;
    sells_at(&app, "KWD", "12.505", "25.010").await;
    sells_at(&app, "EUR", "0.00", "0.00").await;
    sells_at(&app, "CLF", "1.0005", "2.0010").await;

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_highest_price_can_be_paid(db: PgPool) {
    let app = TestApp::start(db).await;

    sells_at(&app, "EUR", "10000000.00", "20000000.00").await;

    app.finish().await;
}
