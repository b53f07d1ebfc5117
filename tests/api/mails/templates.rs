//! Templates of the operator's own.

use std::path::{Path, PathBuf};

use holdfast::mails;
use sqlx::PgPool;

use super::start_set;
use crate::support::mime;

/// A folder of files, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let id: u128 = rand::random();
        let folder = std::env::temp_dir().join(format!("holdfast-templates-{id:032x}"));
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        Self(folder)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(Path::new(&self.0)).ok();
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_file_replaces_a_template(db: PgPool) {
    let text = "Subject: Come in, {{ name }}\n\nSee {{ event.name }}.\n";
    let folder = Folder::with(&[("en/booking-confirmed.txt", text)]);
    let settings = [("HOLDFAST_MAIL_TEMPLATES_DIR", folder.path())];
    let (app, server) = start_set(&db, &settings).await;
    assert_eq!(mails::prepare(&app.ctx), [""; 0]);
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    let mail = &server.received()[0];
    assert_eq!(mail.header("Subject"), "Come in, Ana");
    let parts = mime::parts(&mail.text);
    assert_eq!(
        String::from_utf8_lossy(&parts[0].bytes).trim_end(),
        "See A concert."
    );
    assert!(String::from_utf8_lossy(&parts[1].bytes).contains("Your seats are booked"));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn broken_files_are_reported_and_passed_over(db: PgPool) {
    let folder = Folder::with(&[
        (
            "en/booking-confirmed.txt",
            "Subject: Hi\n\n{{ nobody.knows }}\n",
        ),
        ("en/booking-confirmed.html", "<p>\n<p>{% if %}</p>\n"),
        ("en/booking-cancelled.txt", "No subject here\n"),
        ("en/bookingconfirmed.txt", "Subject: Hi\n\nWrongly named.\n"),
        (
            "en/event-changed.txt",
            "Subject: New\n\nNew: {{ event.name }}\n",
        ),
    ]);
    let settings = [("HOLDFAST_MAIL_TEMPLATES_DIR", folder.path())];
    let (app, server) = start_set(&db, &settings).await;

    let mut faults = mails::prepare(&app.ctx);

    faults.sort();
    assert_eq!(faults.len(), 4, "{faults:#?}");
    assert!(
        faults[0].contains("bookingconfirmed.txt: no template has this name"),
        "{faults:?}"
    );
    assert!(
        faults[1].starts_with("en/booking-cancelled.txt"),
        "{faults:?}"
    );
    assert!(
        faults[2].starts_with("en/booking-confirmed.html:2:"),
        "{faults:?}"
    );
    assert!(
        faults[3].starts_with("en/booking-confirmed.txt:3:"),
        "{faults:?}"
    );
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let subject = server.received()[0].header("Subject");
    assert!(subject.starts_with("Your seats for A concert"), "{subject}");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn mails_are_written_in_the_language_of_the_installation(db: PgPool) {
    let (app, server) = start_set(&db, &[("HOLDFAST_MAIL_LANGUAGE", "de")]).await;
    assert_eq!(mails::prepare(&app.ctx), [""; 0]);
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;

    app.run_jobs().await;

    let text = server.received()[0].plain();
    for expected in [
        "Freitag, 1. Januar 2038, 20:00",
        "Reihe A, Platz 1",
        "49,50 EUR",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    app.finish().await;
}
