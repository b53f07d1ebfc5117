//! The service under test: real stores, a real socket, a clock that tests move.

use std::net::SocketAddr;

use fred::interfaces::ClientLike;
use holdfast::app;
use holdfast::auth::{self, Role};
use holdfast::clock::Clock;
use holdfast::config::Config;
use holdfast::context::Context;
use holdfast::id::{AccountId, Ids};
use holdfast::server;
use sqlx::PgPool;

use super::Caller;

pub struct TestApp {
    pub ctx: Context,
    pub address: SocketAddr,
    pub http: reqwest::Client,
    is_finished: bool,
}

impl TestApp {
    pub async fn start(db: PgPool) -> Self {
        Self::start_set(&db, &[]).await
    }

    /// Another instance of the service on the same stores, with the same clock.
    pub async fn start_sibling(&self) -> Self {
        Self::start_with(&self.ctx.db, &redis_url(), self.ctx.clock.clone()).await
    }

    pub async fn start_with(db: &PgPool, redis_url: &str, clock: Clock) -> Self {
        let config = config(db, &[("REDIS_URL", redis_url)]);
        Self::start_configured(config, clock).await
    }

    /// The service with some settings of the test's own.
    pub async fn start_set(db: &PgPool, settings: &[(&str, &str)]) -> Self {
        Self::start_configured(config(db, settings), noon()).await
    }

    pub async fn start_configured(config: Config, clock: Clock) -> Self {
        Self::start_serving(config, clock, app::router).await
    }

    /// Something else than the whole service, in its place.
    pub async fn start_serving(
        config: Config,
        clock: Clock,
        routes: impl FnOnce(&Context) -> axum::Router,
    ) -> Self {
        let ctx = Context::new(config, clock.clone(), Ids::random(clock)).expect("a context");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a socket");
        let address = listener.local_addr().expect("an address");
        let (router, service) = (routes(&ctx), ctx.clone());
        // Asked before it has connected, the service says that Redis is away; some tests want that.
        let patience = std::time::Duration::from_secs(2);
        tokio::time::timeout(patience, ctx.redis.wait_for_connect())
            .await
            .ok();
        app::start_committers(&ctx);
        ctx.tasks
            .spawn(async move { server::accept(&service, listener, router).await });
        Self {
            ctx,
            address,
            http: reqwest::Client::new(),
            is_finished: false,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Somebody who has not signed in and has no token.
    pub fn stranger(&self) -> Caller {
        Caller::new(self, None)
    }

    pub fn guest(&self) -> Caller {
        self.with_role(self.ctx.ids.next(), Role::Guest)
    }

    pub async fn customer(&self) -> Caller {
        self.insert_account(Role::Customer).await
    }

    pub async fn venue_admin(&self) -> Caller {
        self.insert_account(Role::VenueAdmin).await
    }

    pub async fn admin(&self) -> Caller {
        self.insert_account(Role::Admin).await
    }

    /// An admin gives an account another role.
    pub async fn give_role(&self, account: &Caller, role: &str) {
        let account_id = account.caller_id.expect("an account");
        let path = format!("/v1/accounts/{account_id}/role");
        let body = serde_json::json!({"role": role});
        self.admin().await.put(&path, body).await.expect(200);
    }

    async fn insert_account(&self, role: Role) -> Caller {
        let account_id: AccountId = self.ctx.ids.next();
        sqlx::query(
            "INSERT INTO accounts (account_id, email, name, password_hash, role)
             VALUES ($1, $1 || '@example.org', 'A person', 'no password', $2)",
        )
        .bind(account_id.0)
        .bind(role.as_str())
        .execute(&self.ctx.db)
        .await
        .expect("an account");
        self.with_role(account_id, role)
    }

    fn with_role(&self, account_id: AccountId, role: Role) -> Caller {
        let caller = auth::Caller {
            caller_id: account_id.into(),
            role,
        };
        let token = auth::issue_token(&self.ctx, caller).expect("a token");
        Caller::new(self, Some((caller.caller_id, token.token)))
    }

    /// Runs every job until none has more to do.
    pub async fn run_jobs(&self) {
        holdfast::jobs::run_all(&self.ctx, app::JOBS).await;
    }

    /// Ends the test: asserts what must always hold, and stops the service. Every test ends with
    /// it.
    pub async fn finish(self) {
        self.assert_invariants().await;
        self.stop().await;
    }

    /// Stops one of several instances, or one whose stores are gone.
    pub async fn stop(mut self) {
        self.is_finished = true;
        let is_stopped = self
            .ctx
            .tasks
            .stop(std::time::Duration::from_secs(10))
            .await;
        assert!(is_stopped, "the service does not stop");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if !self.is_finished && !std::thread::panicking() {
            panic!("the test did not call finish()");
        }
    }
}

/// Settings for tests: the stores of this machine, and limits that nobody reaches.
pub fn config(db: &PgPool, settings: &[(&str, &str)]) -> Config {
    let database_url = sqlx::ConnectOptions::to_url_lossy(&*db.connect_options());
    let redis_url = redis_url();
    let defaults = [
        ("DATABASE_URL", database_url.as_str()),
        ("REDIS_URL", &redis_url),
        ("HOLDFAST_SECRET", "a secret for tests, and for tests only"),
        ("HOLDFAST_DATABASE_CONNECTIONS_MAX", "4"),
        ("HOLDFAST_CONFIRM_CONNECTIONS_COUNT", "2"),
        ("HOLDFAST_REDIS_CONNECTIONS_COUNT", "2"),
        ("HOLDFAST_REDIS_DOWN_AFTER_SECONDS", "0"),
        ("HOLDFAST_REDIS_BACK_AFTER_SECONDS", "315360000"),
        ("HOLDFAST_BOARD_CHECK_SECONDS", "1"),
        ("HOLDFAST_VIEWERS_PER_ADDRESS_MAX", "10000"),
        ("HOLDFAST_GUESTS_PER_MINUTE", "100000"),
        ("HOLDFAST_SIGN_INS_PER_MINUTE", "100000"),
        ("HOLDFAST_LOOKUPS_PER_MINUTE", "100000"),
        ("HOLDFAST_HOLD_CHANGES_PER_MINUTE", "100000"),
        ("HOLDFAST_WITHDRAWALS_PER_MINUTE", "100000"),
    ];
    // A later value of the same setting wins.
    let variables = defaults.iter().chain(settings);
    Config::from_variables(variables.map(|(name, value)| ((*name).into(), (*value).into())))
        .expect("the settings are right")
}

/// A clock that stands still at noon.
pub fn noon() -> Clock {
    Clock::manual("2037-12-01T12:00:00Z".parse().expect("a time"))
}

pub fn redis_url() -> String {
    std::env::var("REDIS_URL").expect("REDIS_URL is set")
}
