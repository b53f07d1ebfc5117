//! Health, metrics, pages about problems, and what every answer carries.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use holdfast::app;
use holdfast::context::Context;
use holdfast::problem::Code;
use reqwest::Method;
use sqlx::PgPool;

use crate::support::{TestApp, config, noon};

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_service_with_everything_it_needs_is_up_and_ready(db: PgPool) {
    let app = TestApp::start(db).await;

    let health = app.stranger().get("/healthz").await.expect(200);
    let readiness = app.stranger().get("/readyz").await.expect(200);

    assert_eq!(health["status"], "up");
    assert_eq!(readiness["status"], "ready");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_missing_migration_is_named_by_readiness(db: PgPool) {
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 20261120093000")
        .execute(&db)
        .await
        .expect("a missing migration");
    let app = TestApp::start(db).await;

    let answer = app.stranger().get("/readyz").await;

    let problem = answer.expect_problem(503, "unavailable");
    assert_eq!(problem["failing"], serde_json::json!(["migrations"]));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_sane_request_id_is_repeated_in_the_answer_and_in_problems(db: PgPool) {
    let app = TestApp::start(db).await;
    let stranger = app.stranger();

    let request = stranger
        .request(Method::GET, "/v1/nowhere")
        .header("x-request-id", "till-7/42");
    let problem = stranger
        .send(request)
        .await
        .expect_problem(404, "not_found");

    assert_eq!(problem.header("x-request-id"), "till-7/42");
    assert_eq!(problem["request_id"], "till-7/42");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_request_id_that_is_not_sane_is_replaced(db: PgPool) {
    let app = TestApp::start(db).await;
    let stranger = app.stranger();

    for id in ["", "two words", &"x".repeat(129)] {
        let request = stranger
            .request(Method::GET, "/healthz")
            .header("x-request-id", id);
        let answer = stranger.send(request).await.expect(200);

        let made: Result<uuid::Uuid, _> = answer.header("x-request-id").parse();
        assert!(
            made.is_ok(),
            "{id:?} became {:?}",
            answer.header("x-request-id")
        );
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_answer_says_how_browsers_must_treat_it(db: PgPool) {
    let app = TestApp::start(db).await;

    for path in ["/healthz", "/v1/nowhere", "/problems/internal"] {
        let answer = app.stranger().get(path).await;

        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("object-src 'none'"),
            "{path}"
        );
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn every_problem_code_has_a_page_that_needs_nothing_from_elsewhere(db: PgPool) {
    let app = TestApp::start(db).await;

    for code in Code::ALL {
        let page = app
            .stranger()
            .get(&format!("/problems/{}", code.as_str()))
            .await
            .expect(200);

        assert!(
            page.header("content-type").starts_with("text/html"),
            "{code:?}"
        );
        assert!(
            page.text.contains(code.as_str()) && page.text.contains(code.title()),
            "{code:?}"
        );
        assert!(!page.text.contains("//"), "{}", page.text);
    }
    app.stranger()
        .get("/problems/<script>")
        .await
        .expect_problem(404, "not_found");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn requests_are_counted_by_matched_route_and_never_by_path(db: PgPool) {
    holdfast::telemetry::start_metrics();
    let app = TestApp::start(db).await;
    let stranger = app.stranger();
    stranger
        .get("/problems/hold_expired?email=ana@example.org")
        .await
        .expect(200);
    stranger.get("/somewhere/ana@example.org").await.expect(404);
    let odd = Method::from_bytes(b"BREW").expect("a method");
    stranger
        .send(stranger.request(odd, "/healthz"))
        .await
        .expect_problem(405, "method_not_allowed");

    let metrics = app.stranger().get("/metrics").await.expect(200).text;

    for labels in [
        r#"{method="GET",route="/problems/{code}",status="200"}"#,
        r#"{method="GET",route="unmatched",status="404"}"#,
        r#"{method="other",route="/healthz",status="405"}"#,
    ] {
        assert!(
            metrics.contains(&format!("http_requests_total{labels}")),
            "{labels} in {metrics}"
        );
    }
    assert!(
        metrics.contains("http_request_duration_seconds_bucket"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("example.org") && !metrics.contains("BREW"),
        "{metrics}"
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn only_an_answer_larger_than_a_packet_is_compressed(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 2).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let hold = sale.path(&format!("/holds/{}", hold.text_of("hold_id")));

    for (path, encoding) in [("/openapi.json", "gzip"), (&hold, "")] {
        let request = ana.request(Method::GET, path);
        let request = request.header("Accept-Encoding", "gzip");
        let answer = request.send().await.expect("an answer");

        assert_eq!(answer.status(), 200, "{path}");
        let sent = answer.headers().get("content-encoding");
        assert_eq!(sent.map_or("", |it| it.to_str().unwrap()), encoding);
    }
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_page_of_another_origin_can_read_whatever_it_is_answered(db: PgPool) {
    let settings = [
        ("HOLDFAST_CORS_ORIGINS", "https://shop.example"),
        ("HOLDFAST_REQUEST_TIMEOUT_SECONDS", "1"),
    ];
    let broken = || -> Response { std::panic::resume_unwind(Box::new(())) };
    let routes = Router::new()
        .route("/works", get(async || "works"))
        .route("/panics", get(async move || broken()))
        .route("/hangs", get(std::future::pending::<()>));
    let serve = |ctx: &Context| app::dress(ctx, routes);
    let app = TestApp::start_serving(config(&db, &settings), noon(), serve).await;
    let shop = app.stranger();

    for (path, status) in [("/works", 200), ("/panics", 500), ("/hangs", 503)] {
        let request = shop.request(Method::GET, path);
        let answer = shop
            .send(request.header("origin", "https://shop.example"))
            .await;
        assert_eq!(answer.status, status, "{path}");
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, "https://shop.example", "{path}");
    }
    app.finish().await;
}
