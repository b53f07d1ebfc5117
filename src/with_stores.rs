//! `holdfast with-stores -- COMMAND`: a command on empty, migrated stores that go with it.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use secrecy::SecretString;
use sqlx::migrate::Migrator;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use crate::postgres;
use crate::private_stores::PrivateStores;

#[derive(Debug, clap::Args)]
pub struct WithStores {
    /// Apply the migrations of this folder instead of the program's own.
    #[arg(long, value_name = "DIR")]
    migrations: Option<PathBuf>,
    /// Write every commit to the disk, as in earnest; without it nothing is, which is faster.
    #[arg(long)]
    durable: bool,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Answers the command's exit code; 128 and the signal's number when a signal ended it.
pub fn run(with: &WithStores) -> anyhow::Result<ExitCode> {
    let launcher = std::env::current_exe().context("cannot find the holdfast program")?;
    let stores = if with.durable {
        PrivateStores::start_durable(&launcher)?
    } else {
        PrivateStores::start_throwaway(&launcher)?
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run_on(&stores, with))
}

async fn run_on(stores: &PrivateStores, with: &WithStores) -> anyhow::Result<ExitCode> {
    let (program, args) = with.command.split_first().context("there is no command")?;
    let database_url = stores.postgres.url();
    // The template as well, so that a database that the command makes is migrated from its birth.
    for url in [stores.postgres.url_of("template1"), database_url.clone()] {
        migrate(with, url.into()).await?;
    }
    let child = Command::new(program)
        .args(args)
        .env("DATABASE_URL", database_url)
        .env("REDIS_URL", stores.redis.url())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    wait(child).await
}

async fn migrate(with: &WithStores, url: SecretString) -> anyhow::Result<()> {
    match &with.migrations {
        Some(folder) => postgres::migrate(&url, &Migrator::new(folder.as_path()).await?).await?,
        None => postgres::migrate(&url, &postgres::MIGRATIONS).await?,
    };
    Ok(())
}

/// Waits for the command. Ctrl-C reaches it by itself; SIGTERM is passed on.
async fn wait(mut child: Child) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                let pid = child.id().map(|pid| Pid::from_raw(pid.cast_signed()));
                // It may have ended just now.
                pid.and_then(|pid| kill(pid, Signal::SIGTERM).ok());
            }
        }
    };
    let code = status
        .code()
        .or(status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
