//! A PostgreSQL server of the cluster: a primary, or its standby.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use holdfast::private_stores::postgres_folder;
use nix::sys::signal::Signal;
use sqlx::{Connection, PgConnection};

use super::processes::{Den, Launch, Process, until};

/// How long a server may take to be ready; recovery after a crash takes a while.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Nothing of it survives a machine that loses its power, which the suite does not try: commits are
/// not flushed to the disk, but they are written before they are answered.
const SETTINGS: [&str; 16] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=16MB",
    "fsync=off",
    "full_page_writes=off",
    "max_wal_size=32MB",
    "wal_keep_size=32MB",
    "wal_sender_timeout=4s",
    "wal_receiver_timeout=4s",
    "wal_receiver_status_interval=1s",
    "wal_retrieve_retry_interval=100ms",
    "log_checkpoints=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] ",
];

pub struct Postgres {
    den: &'static Den,
    programs: PathBuf,
    home: PathBuf,
    /// Where the data lies is a disk of its own, which can be filled.
    pub has_disk: bool,
    process: Option<Process>,
}

impl Postgres {
    /// A place for a server, without data.
    pub fn prepare(den: &'static Den, name: &str) -> anyhow::Result<Self> {
        let (home, has_disk) = den.small_disk(name, 192)?;
        let (programs, process) = (postgres_folder()?, None);
        Ok(Self {
            den,
            programs,
            home,
            has_disk,
            process,
        })
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub fn socket(&self) -> PathBuf {
        self.home.join(".s.PGSQL.5432")
    }

    pub fn ballast(&self) -> PathBuf {
        self.home.join("ballast")
    }

    fn launch(&self, program: &str, args: Vec<String>) -> Launch<'_> {
        Launch {
            den: self.den,
            program: self.programs.join(program),
            args,
            env: Vec::new(),
            folder: &self.home,
            log: self.home.with_extension("log"),
            is_store: true,
        }
    }

    /// Makes an empty database.
    pub fn init(&self) -> anyhow::Result<()> {
        let data = self.data().display().to_string();
        let args = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8"];
        let more = ["--locale=C.UTF-8", "--no-sync", "--wal-segsize=1"];
        let args = args.into_iter().chain(more).map(str::to_owned).collect();
        self.launch("initdb", args).run()?;
        self.set("")
    }

    /// Copies the data of a running primary, and follows it through a port of this machine.
    pub fn copy(&self, primary: &Self, port: u16) -> anyhow::Result<()> {
        let data = self.data().display().to_string();
        fs::remove_dir_all(&data).ok();
        let host = primary.home.display().to_string();
        let args = ["-D", &data, "-h", &host, "-U", "postgres", "-X", "stream"];
        let more = ["--no-sync", "-c", "fast"];
        let args = args.into_iter().chain(more).map(str::to_owned).collect();
        self.launch("pg_basebackup", args).run()?;
        self.write("standby.signal", "")?;
        self.set(&format!(
            "primary_conninfo = 'host=127.0.0.1 port={port} user=postgres sslmode=disable \
             application_name=standby connect_timeout=3'\n"
        ))
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.data().join(name);
        fs::write(&path, text)?;
        self.den.give(&path)
    }

    /// Replaces the settings that change while the server runs.
    fn set(&self, settings: &str) -> anyhow::Result<()> {
        self.write("postgresql.auto.conf", settings)?;
        if let Some(process) = &self.process {
            process.signal_alone(Signal::SIGHUP);
        }
        Ok(())
    }

    /// A commit is answered once the standby has it, from when this returns.
    pub async fn protect(&self) -> anyhow::Result<()> {
        self.set("synchronous_standby_names = 'standby'\n")?;
        self.until_answer(
            "the standby is synchronous",
            "SELECT count(*) = 1 FROM pg_stat_replication
             WHERE sync_state = 'sync' AND state = 'streaming'",
        )
        .await
    }

    /// Commits wait for no standby any more.
    pub fn unprotect(&self) -> anyhow::Result<()> {
        self.set("")
    }

    pub async fn until_followed(&self) -> anyhow::Result<()> {
        self.until_answer(
            "the standby streams",
            "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'",
        )
        .await
    }

    async fn until_answer(&self, what: &str, question: &'static str) -> anyhow::Result<()> {
        until(what, READY_WITHIN, async || {
            self.ask::<bool>(question).await.unwrap_or_default()
        })
        .await
    }

    pub async fn ask<T>(&self, question: &'static str) -> anyhow::Result<T>
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.ask_within(Duration::from_secs(5), question).await
    }

    async fn ask_within<T>(&self, limit: Duration, question: &'static str) -> anyhow::Result<T>
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let work = async {
            let mut connection = self.connect().await?;
            let answer = sqlx::query_scalar(question)
                .fetch_one(&mut connection)
                .await?;
            connection.close().await?;
            anyhow::Ok(answer)
        };
        tokio::time::timeout(limit, work).await?
    }

    pub fn url(&self) -> String {
        let host = self.home.display();
        format!("postgres://postgres@localhost/postgres?host={host}")
    }

    pub async fn connect(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url()).await?)
    }

    /// Starts it where it does not run, and waits until it answers.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        if !self.is_running() {
            let mut args = vec!["-D".to_owned(), self.data().display().to_string()];
            args.extend(["-k".to_owned(), self.home.display().to_string()]);
            for setting in SETTINGS {
                args.extend(["-c".to_owned(), setting.to_owned()]);
            }
            // A predecessor that was killed leaves its socket and its pid file.
            for left in [self.socket(), self.home.join(".s.PGSQL.5432.lock")] {
                fs::remove_file(left).ok();
            }
            fs::remove_file(self.data().join("postmaster.pid")).ok();
            self.process = Some(self.launch("postgres", args).start()?);
        }
        until("PostgreSQL is ready", READY_WITHIN, async || {
            !self.is_running() || self.ask::<i32>("SELECT 1").await.is_ok()
        })
        .await?;
        let log = self.home.with_extension("log");
        anyhow::ensure!(self.is_running(), "PostgreSQL ended: see {}", log.display());
        Ok(())
    }

    pub fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_running)
    }

    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    /// From standby to primary.
    pub async fn promote(&self) -> anyhow::Result<()> {
        self.set("")?;
        let limit = Duration::from_secs(25);
        let is_promoted = self.ask_within(limit, "SELECT pg_promote(true, 20)").await;
        let is_promoted: bool = is_promoted.context("the standby cannot be promoted")?;
        anyhow::ensure!(is_promoted, "the standby was not promoted in time");
        Ok(())
    }
}
