//! Mails, over a real SMTP conversation.

mod confirmed;
mod delivery;
mod letters;
mod order;
mod page;
mod preferences;
mod reminders;
mod templates;
mod tls;
mod waitlist;
mod wrong_clock;

use sqlx::PgPool;

use crate::support::{MailServer, TestApp};

/// The service with a mail server.
pub async fn start(db: &PgPool) -> (TestApp, MailServer) {
    start_set(db, &[]).await
}

pub async fn start_set(db: &PgPool, settings: &[(&str, &str)]) -> (TestApp, MailServer) {
    let server = MailServer::start().await;
    let mut all = vec![
        ("HOLDFAST_SMTP_URL", server.url.as_str()),
        ("HOLDFAST_MAIL_FROM", "Holdfast <seats@holdfast.example>"),
        ("HOLDFAST_PUBLIC_URL", "https://seats.example.org"),
    ];
    all.extend(settings);
    let app = TestApp::start_set(db, &all).await;
    (app, server)
}

/// The state of each delivery, in the order of what happened.
pub async fn states(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("SELECT state FROM deliveries ORDER BY position")
        .fetch_all(&app.ctx.db)
        .await
        .expect("the deliveries")
}
