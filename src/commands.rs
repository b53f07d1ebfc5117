//! The command line. Every failure is one sentence with its causes; the exit code is then 1, and
//! 2 for a command that cannot be read.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use secrecy::{ExposeSecret, SecretString};

use crate::bench::{self, BareRoute, Bench};
use crate::clock::Clock;
use crate::config::Config;
use crate::context::Context;
use crate::id::Ids;
use crate::lanes::Lanes;
use crate::private_stores::{self, Launch};
use crate::tasks::block_on;
use crate::venue_files::{self, VenueCommand};
use crate::with_stores::{self, WithStores};
use crate::{accounts, app, audit, dev, postgres, redis, telemetry};

/// Seat-level hold-and-confirm reservations. Settings come from the environment:
/// docs/operations.md lists them.
#[derive(Parser)]
#[command(name = "holdfast", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve, with the stores that DATABASE_URL and REDIS_URL name.
    Serve,
    /// Serve with a PostgreSQL and a Redis of its own and something to look at.
    Dev {
        /// The folder of everything it keeps.
        #[arg(
            long,
            value_name = "DIR",
            env = "HOLDFAST_DATA_DIR",
            default_value = ".holdfast"
        )]
        data: PathBuf,
        /// Make nothing to look at.
        #[arg(long)]
        empty: bool,
    },
    /// Apply the migrations that DATABASE_URL's database lacks.
    Migrate,
    /// Check and show venue templates.
    #[command(subcommand)]
    Venue(VenueCommand),
    /// Manage administrators.
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Check on the live system what must always hold; the exit code is 1 when it does not.
    Audit {
        /// Mend the boards in Redis from PostgreSQL.
        #[arg(long)]
        repair: bool,
    },
    Bench(Box<Bench>),
    /// Print the OpenAPI document.
    Openapi,
    /// Serve one body at one path, for comparison.
    #[command(hide = true)]
    BareRoute(BareRoute),
    /// Start empty stores, run a command with DATABASE_URL and REDIS_URL set, stop them.
    #[command(hide = true)]
    WithStores(WithStores),
    /// Become a store (see private_stores).
    #[command(hide = true)]
    Child(Launch),
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Make an administrator; asks for the password unless HOLDFAST_ADMIN_PASSWORD is set.
    Create {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
    },
}

/// The program, from its arguments to its exit code.
pub fn run() -> ExitCode {
    let command = CommandLine::parse().command;
    let outcome = execute(command);
    telemetry::write_logs();
    outcome.unwrap_or_else(|error| {
        eprintln!("holdfast: {error:#}");
        ExitCode::FAILURE
    })
}

fn execute(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => block_on(serve())?,
        Command::Dev { data, empty } => dev::run(&data, empty)?,
        Command::Migrate => block_on(migrate())?,
        Command::Venue(command) => return venue_files::run(&command),
        Command::Admin(AdminCommand::Create { email, name }) => {
            block_on(create_admin(&email, &name))?;
        }
        Command::Audit { repair } => return run_audit(repair),
        Command::Bench(load) => return bench::run(&load),
        Command::Openapi => println!("{}", app::openapi().to_pretty_json()?),
        Command::BareRoute(route) => bench::serve_bare_route(route)?,
        Command::WithStores(with) => return with_stores::run(&with),
        Command::Child(launch) => return Err(private_stores::launch(&launch).into()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve() -> anyhow::Result<()> {
    let config = Config::from_env()?;
    telemetry::start_logs(config.log_format);
    telemetry::start_metrics();
    let bind = config.bind;
    let ids = Ids::random(Clock::System);
    let ctx = Context::with_lanes(config, Clock::System, ids, Lanes::start()?)?;
    let listener = app::listen(bind)?;
    tracing::info!(address = %listener.local_addr()?, "serving");
    app::serve(&ctx, listener).await
}

/// Needs no more than the database, so that it can run before anything else is set up.
async fn migrate() -> anyhow::Result<()> {
    let url = std::env::var("DATABASE_URL").context("DATABASE_URL is missing")?;
    let n_newer = postgres::migrate(&SecretString::from(url), &postgres::MIGRATIONS).await?;
    println!("The database is up to date.");
    if n_newer > 0 {
        println!("Migrations of a newer program that it has: {n_newer}.");
    }
    Ok(())
}

async fn create_admin(email: &str, name: &str) -> anyhow::Result<()> {
    let ctx = context(Config::from_env()?)?;
    let password = admin_password()?;
    let account = accounts::create_admin(&ctx, email, name, password.expose_secret()).await?;
    println!("Made the administrator {}.", account.account_id);
    Ok(())
}

fn admin_password() -> anyhow::Result<SecretString> {
    if let Ok(password) = std::env::var("HOLDFAST_ADMIN_PASSWORD") {
        return Ok(password.into());
    }
    let ask = |prompt| rpassword::prompt_password(prompt).context("cannot ask for the password");
    let password = ask("Password: ")?;
    ensure!(ask("Once more: ")? == password, "the passwords differ");
    Ok(password.into())
}

fn context(config: Config) -> anyhow::Result<Context> {
    Context::new(config, Clock::System, Ids::random(Clock::System))
}

fn run_audit(is_repairing: bool) -> anyhow::Result<ExitCode> {
    let breaches = block_on(async {
        let ctx = context(Config::from_env()?)?;
        let connected = redis::wait_until_connected(&ctx.redis).await;
        connected.context("cannot reach Redis")?;
        anyhow::Ok(audit::audit(&ctx, is_repairing).await?)
    })?;
    for breach in &breaches {
        println!("{breach}");
    }
    println!("{} breaches", breaches.len());
    let is_sound = breaches.iter().all(|breach| breach.is_repaired);
    Ok(if is_sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
