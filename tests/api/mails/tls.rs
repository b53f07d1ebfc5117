//! Mails over TLS, and what is said of it in the logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use sqlx::PgPool;

use super::states;
use crate::support::{Authority, MailServer, Manner, Security, TestApp};

async fn start(db: &PgPool, server: &MailServer, authority: &Authority) -> TestApp {
    let settings = [
        ("HOLDFAST_SMTP_URL", server.url.as_str()),
        ("HOLDFAST_SMTP_CA_FILE", authority.file()),
    ];
    TestApp::start_set(db, &settings).await
}

async fn book_and_send(app: &TestApp) {
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
}

async fn answer(app: &TestApp) -> String {
    sqlx::query_scalar("SELECT answer FROM deliveries")
        .fetch_one(&app.ctx.db)
        .await
        .expect("a delivery")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_server_of_our_own_authority_gets_mail_over_tls(db: PgPool) {
    let authority = Authority::new();
    let acceptor = authority.acceptor("127.0.0.1");
    for security in [
        Security::FromTheStart(acceptor.clone()),
        Security::StartTls(acceptor),
    ] {
        let server = MailServer::start_secured(security).await;
        let app = start(&db, &server, &authority).await;

        book_and_send(&app).await;

        assert_eq!(server.received().len(), 1, "{}", answer(&app).await);
        app.finish().await;
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_server_that_cannot_show_who_it_is_gets_no_mail(db: PgPool) {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let mut n_due = 0;
    for (by, name) in [(&theirs, "127.0.0.1"), (&ours, "mail.example.org")] {
        for security in [
            Security::FromTheStart(by.acceptor(name)),
            Security::StartTls(by.acceptor(name)),
        ] {
            let server = MailServer::start_secured(security).await;
            let app = start(&db, &server, &ours).await;

            book_and_send(&app).await;

            n_due += 1;
            assert_eq!(server.received().len(), 0, "{name}");
            assert_eq!(states(&app).await, vec!["due"; n_due]);
            app.finish().await;
        }
    }
}

/// What a logger writes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a log").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn no_log_however_talkative_has_the_password_or_the_mail(db: PgPool) {
    let server = MailServer::start().await;
    let url = server.url.replace("//", "//ana:hunter2hunter2@");
    let settings = [("HOLDFAST_SMTP_URL", url.as_str())];
    let app = TestApp::start_set(&db, &settings).await;
    let log = Log::default();
    let kept = log.clone();
    let talkative = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || kept.clone())
        .finish();

    // With one subscriber tracing asks only the thread that comes by a log line first whether it
    // wants it; with two it asks both.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(talkative);
    book_and_send(&app).await;
    let refusal = Manner::Refuses("550 <ana@example.org> is nobody here");
    server.will("ana@example.org", &[refusal]);
    book_and_send(&app).await;
    drop(guard);

    assert_eq!(states(&app).await, ["sent", "dead"]);
    let log = String::from_utf8_lossy(&log.0.lock().expect("a log")).into_owned();
    for line in ["delivery attempted", "a delivery is a dead letter"] {
        assert!(log.contains(line), "{line} was not logged");
    }
    // AUTH PLAIN is base64 of "\0ana\0hunter2hunter2".
    for secret in ["hunter2", "AGFuYQBodW50ZXIy", "ana@example.org"] {
        let lines = log.lines().filter(|line| line.contains(secret));
        assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "{secret}");
    }
    app.finish().await;
}
