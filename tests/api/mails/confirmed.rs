//! What is in the mail about a confirmed booking.

use serde_json::json;
use sqlx::PgPool;

use super::{start, states};
use crate::support::mime;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirmed_booking_is_told_by_one_mail(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    let booking = app.guest().book(&sale, &["S-A-1", "S-A-2"]).await;

    app.run_jobs().await;
    app.run_jobs().await;

    let [mail] = &server.received()[..] else {
        panic!("{:?}", server.received());
    };
    let reference = booking.text_of("reference");
    assert_eq!(mail.to, "ana@example.org");
    assert_eq!(mail.header("From"), "Holdfast <seats@holdfast.example>");
    assert_eq!(mail.header("To"), "Ana <ana@example.org>");
    assert_eq!(
        mail.header("Subject"),
        format!("Your seats for A concert ({reference})")
    );
    let text = mail.plain();
    for expected in [
        "Friday, 1 January 2038, 20:00 CET (Europe/Berlin)",
        "row A, seat 1",
        "row A, seat 2",
        "EUR 99.00",
        &reference,
        &format!(
            "https://seats.example.org/bookings/{}",
            booking.text_of("booking_id")
        ),
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    assert_eq!(states(&app).await, ["sent"]);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_mail_is_a_text_and_a_page_with_a_qr_code(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    let parts = mime::parts(&server.received()[0].text);
    let kinds: Vec<&str> = parts
        .iter()
        .filter_map(|part| part.content_type.split(';').next())
        .collect();
    assert_eq!(kinds[..3], ["text/plain", "text/html", "image/png"]);
    assert!(parts[2].bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let page = String::from_utf8(parts[1].bytes.clone()).expect("UTF-8");
    assert!(page.contains("src=\"cid:qr-code.png\""), "{page}");
    assert!(!page.contains("src=\"http"), "a picture from elsewhere");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn what_people_typed_stays_text(db: PgPool) {
    let (app, server) = start(&db).await;
    let evil = "<b>Ana</b> {{ 77 * 77 }} \"&";
    let sale = app.on_sale_with(1, 2, json!({"name": evil})).await;
    let guest = app.guest();
    let hold = guest.place(&sale, &["S-A-1"]).await.expect(201);
    let contact = json!({"contact": {"name": evil, "email": "ana@example.org"}});
    guest.confirm_with(&sale, &hold, contact).await.expect(201);

    app.run_jobs().await;

    let parts = mime::parts(&server.received()[0].text);
    let page = String::from_utf8(parts[1].bytes.clone()).expect("UTF-8");
    assert!(!page.contains("<b>") && !page.contains("5929"), "{page}");
    assert!(
        page.contains("&lt;b&gt;Ana&lt;&#x2f;b&gt; {{ 77 * 77 }} &quot;&amp;"),
        "{page}"
    );
    app.finish().await;
}

/// The address need not be that of whoever books.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn words_that_are_no_name_are_mailed_to_nobody(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 4).await;
    sale.set_waitlist(json!({})).await;
    let words = "your account was closed, open it within the hour: https://evil.example/x";
    let contact = json!({"contact": {"name": words, "email": "ana@example.org"}});
    let (guest, waiting) = (app.guest(), app.guest());
    let hold = guest
        .place(&sale, &["S-A-1", "S-A-2", "S-A-3", "S-A-4"])
        .await;
    let hold = hold.expect(201);
    guest
        .confirm_with(&sale, &hold, contact.clone())
        .await
        .expect(201);
    waiting.join_with(&sale, contact).await.expect(201);

    app.run_jobs().await;
    app.run_jobs().await;

    let received = server.received();
    assert_eq!(received.len(), 2);
    for mail in &received {
        let parts = mime::parts(&mail.text);
        let page = String::from_utf8(parts[1].bytes.clone()).expect("UTF-8");
        for text in [mail.text.clone(), mail.plain(), page] {
            assert!(!text.contains("evil.example"), "{text}");
            assert!(!text.contains("your account"), "{text}");
        }
        assert_eq!(mail.header("To"), "ana@example.org");
        assert!(mail.plain().contains("Hello,"), "{}", mail.plain());
    }
    app.finish().await;
}
