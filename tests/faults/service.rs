//! One instance of the service.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::signal::Signal;

use super::ports::free_port;
use super::processes::{Den, Launch, Process, program, until};
use super::proxy::Proxy;

const READY_WITHIN: Duration = Duration::from_secs(40);
const SECRET: &str = "a secret for tests, and for tests only";

/// An instance, and its own links to the stores.
pub struct Service {
    den: &'static Den,
    home: PathBuf,
    pub url: String,
    bind: String,
    pub to_postgres: Proxy,
    pub to_redis: Proxy,
    process: Mutex<Option<Process>>,
    /// It had ended without being told to when it was started or killed.
    has_died: AtomicBool,
    /// After how long without Redis boards fall back, and with it go back, in seconds.
    patience: Mutex<Option<(u32, u32)>>,
    http: reqwest::Client,
}

impl Service {
    pub async fn prepare(
        den: &'static Den,
        name: &str,
        postgres: &Path,
        redis: &Path,
    ) -> anyhow::Result<Self> {
        let bind = format!("127.0.0.1:{}", free_port());
        Ok(Self {
            den,
            home: den.room(name)?,
            url: format!("http://{bind}"),
            bind,
            to_postgres: Proxy::start(postgres).await?,
            to_redis: Proxy::start(redis).await?,
            process: Mutex::new(None),
            has_died: AtomicBool::new(false),
            patience: Mutex::new(None),
            http: reqwest::Client::new(),
        })
    }

    pub fn log(&self) -> PathBuf {
        self.home.with_extension("log")
    }

    fn env(&self) -> Vec<(String, String)> {
        let database = format!(
            "postgres://postgres@127.0.0.1:{}/postgres?sslmode=disable",
            self.to_postgres.port
        );
        let redis = format!("redis://127.0.0.1:{}", self.to_redis.port);
        let many = "1000000".to_owned();
        let patience = self.patience.lock().expect("nobody panics here");
        let patience = patience.iter().flat_map(|(down_after, back_after)| {
            let down_after = ("HOLDFAST_REDIS_DOWN_AFTER_SECONDS", down_after.to_string());
            let back_after = ("HOLDFAST_REDIS_BACK_AFTER_SECONDS", back_after.to_string());
            [down_after, back_after]
        });
        let fixed = [
            ("DATABASE_URL", database),
            ("REDIS_URL", redis),
            ("HOLDFAST_SECRET", SECRET.to_owned()),
            ("HOLDFAST_BIND", self.bind.clone()),
            ("HOLDFAST_GUESTS_PER_MINUTE", many.clone()),
            ("HOLDFAST_HOLD_CHANGES_PER_MINUTE", many.clone()),
            ("HOLDFAST_WITHDRAWALS_PER_MINUTE", many.clone()),
            ("HOLDFAST_SIGN_INS_PER_MINUTE", many),
            ("RUST_LOG", "info".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ];
        let all = fixed.into_iter().chain(patience);
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// From its next start; answers whether that is another than before.
    pub fn lose_patience(&self, patience: Option<(u32, u32)>) -> bool {
        let mut known = self.patience.lock().expect("nobody panics here");
        std::mem::replace(&mut *known, patience) != patience
    }

    /// Starts it where it does not run.
    pub fn start(&self) -> anyhow::Result<()> {
        self.start_with(Vec::new())
    }

    /// With a clock that goes wrong by so many seconds, by preloading a library.
    pub fn start_shifted(&self, library: &Path, seconds: i64) -> anyhow::Result<()> {
        self.start_with(vec![
            ("LD_PRELOAD".to_owned(), library.display().to_string()),
            ("FAKETIME".to_owned(), format!("{seconds:+}")),
            // How long something takes is not what is wrong.
            ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
            ("DONT_FAKE_MONOTONIC".to_owned(), "1".to_owned()),
        ])
    }

    fn start_with(&self, more: Vec<(String, String)>) -> anyhow::Result<()> {
        if self.is_running() {
            return Ok(());
        }
        self.notice();
        let mut env = self.env();
        env.extend(more);
        *self.process() = Some(self.launch("serve", env).start()?);
        Ok(())
    }

    fn launch(&self, command: &str, env: Vec<(String, String)>) -> Launch<'_> {
        Launch {
            den: self.den,
            program: program().into(),
            args: command.split(' ').map(str::to_owned).collect(),
            env,
            folder: &self.home,
            log: self.log(),
            is_store: false,
        }
    }

    /// A command of the program with the settings of this instance, to its end.
    pub fn run(&self, command: &str, more: &[(&str, &str)]) -> anyhow::Result<()> {
        let mut env = self.env();
        let more = more.iter().map(|(name, value)| (*name, *value));
        env.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        self.launch(command, env).run()
    }

    pub async fn until_ready(&self) -> anyhow::Result<()> {
        let ready = format!("{}/readyz", self.url);
        let what = format!("{} is ready", self.url);
        let waited = until(&what, READY_WITHIN, async || {
            let asked = self.http.get(&ready).timeout(Duration::from_secs(2)).send();
            asked.await.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
        waited.with_context(|| {
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            let last = log.lines().last().unwrap_or_default();
            format!("its log ends with {last:?}")
        })
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().expect("nobody panics here")
    }

    pub fn is_running(&self) -> bool {
        self.process().as_ref().is_some_and(Process::is_running)
    }

    /// Whether it has ended without being told to since this was last asked.
    pub fn has_died(&self) -> bool {
        self.notice();
        self.has_died.swap(false, Ordering::SeqCst)
    }

    /// Whoever ends by itself is noticed once.
    fn notice(&self) {
        let mut process = self.process();
        if process.as_ref().is_some_and(|it| !it.is_running()) {
            *process = None;
            self.has_died.store(true, Ordering::SeqCst);
        }
    }

    pub fn kill(&self) {
        self.notice();
        if let Some(process) = self.process().take() {
            process.kill();
        }
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(process) = self.process().as_ref() {
            process.signal(signal);
        }
    }
}
