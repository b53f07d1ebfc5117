//! The development page of the mails in the folder.

use holdfast::config::Config;
use reqwest::header::CONTENT_SECURITY_POLICY;
use sqlx::PgPool;

use crate::support::{TestApp, config, noon};

/// A folder for mails, gone with the test.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        let id: u128 = rand::random();
        Self(std::env::temp_dir().join(format!("holdfast-mails-{id:032x}")))
    }

    fn config(&self, db: &PgPool) -> Config {
        let folder = self.0.to_str().expect("UTF-8");
        config(db, &[("HOLDFAST_MAIL_DIR", folder)])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_page_lists_mails_and_shows_page_text_and_files(db: PgPool) {
    let folder = Folder::new();
    let mut config = folder.config(&db);
    config.mail.is_shown = true;
    let app = TestApp::start_configured(config, noon()).await;
    let get = async |path: &str| app.http.get(app.url(path)).send().await.expect("an answer");
    let list = get("/mails").await.text().await.expect("a page");
    assert!(list.contains("There are none yet"), "{list}");
    let sale = app.on_sale(1, 2).await;
    let booking = app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;

    let list = get("/mails").await.text().await.expect("a page");

    let reference = booking.text_of("reference");
    let subject = format!("Your seats for A concert ({reference})");
    assert!(list.contains(&subject), "{list}");
    let path = list.split("href=\"").find(|it| it.starts_with("/mails/"));
    let path = path.expect("a link").split('"').next().expect("a path");
    let shown = get(path).await;
    let policy = shown.headers()[CONTENT_SECURITY_POLICY].to_str();
    assert!(policy.expect("text").starts_with("default-src 'none'"));
    let shown = shown.text().await.expect("a page");
    let frame = format!("<iframe sandbox=\"\" src=\"{path}/page\"");
    let link = format!("<a href=\"{path}/files/1\">{reference}.ics</a>");
    for expected in [&subject, "row A, seat 1", &frame, &link] {
        assert!(shown.contains(expected), "{expected} is not in {shown}");
    }
    let page = get(&format!("{path}/page")).await;
    let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str();
    assert!(policy.expect("text").ends_with("; sandbox"), "no scripts");
    let page = page.text().await.expect("a page");
    assert!(page.contains("<img src=\"data:image/png;base64,"), "{page}");
    assert!(!page.contains("cid:"), "{page}");
    let file = get(&format!("{path}/files/1")).await;
    let headers = file.headers().clone();
    assert_eq!(headers["content-type"], "application/octet-stream");
    let disposition = format!("attachment; filename=\"{reference}.ics\"");
    assert_eq!(headers["content-disposition"], disposition.as_str());
    let file = file.text().await.expect("a file");
    assert!(file.starts_with("BEGIN:VCALENDAR"), "{file}");
    for nothing in [format!("{path}/files/2"), "/mails/../Cargo.toml".to_owned()] {
        assert_eq!(get(&nothing).await.status(), 404, "{nothing}");
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn in_production_there_is_no_such_page(db: PgPool) {
    let folder = Folder::new();
    let app = TestApp::start_configured(folder.config(&db), noon()).await;
    let sale = app.on_sale(1, 2).await;
    app.guest().book(&sale, &["S-A-1"]).await;
    app.run_jobs().await;
    let file = std::fs::read_dir(&folder.0).expect("the folder").next();
    let file = file.expect("a mail").expect("a file").file_name();
    let name = file.to_string_lossy().replace(".eml", "");

    for path in ["/mails".to_owned(), format!("/mails/{name}")] {
        let answer = app.http.get(app.url(&path)).send().await.expect("answered");
        assert_eq!(answer.status(), 404, "{path}");
    }
    app.finish().await;
}
