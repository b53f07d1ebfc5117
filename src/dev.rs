//! `holdfast dev`: the whole service with nothing set up, for trying it out and for working on it.
//!
//! Everything it needs and makes lies in one data folder; started again, it goes on with it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::config::{self, Config};
use crate::context::Context;
use crate::demonstration::{self, ADMIN_EMAIL};
use crate::id::Ids;
use crate::lanes::Lanes;
use crate::private_stores::PrivateStores;
use crate::tasks::block_on;
use crate::{app, postgres, telemetry};

/// Runs until Ctrl-C. The stores outlive the service, and stop when this ends. An empty one has
/// nothing to look at.
pub fn run(home: &Path, is_empty: bool) -> anyhow::Result<()> {
    let home = make_home(home)?;
    let _lock = lock(&home)?;
    let mut variables: Vec<(String, String)> = config::environment().collect();
    let stores = if has_stores(&variables)? {
        None
    } else {
        Some(start_stores(&home)?)
    };
    if let Some(stores) = &stores {
        variables.push(("DATABASE_URL".to_owned(), stores.postgres.url()));
        variables.push(("REDIS_URL".to_owned(), stores.redis.url()));
    }
    block_on(async {
        let (ctx, listener) = prepare(&home, variables).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let password = if is_empty {
            None
        } else {
            Some(demonstrate(&ctx, &home).await?)
        };
        let data = data_places(&home, stores.as_ref());
        print_places(&url, password.as_deref(), ctx.config.mail.is_shown, &data)?;
        app::serve(&ctx, listener).await
    })
}

/// Connects to the stores, brings the database up to date and listens.
async fn prepare(
    home: &Path,
    mut variables: Vec<(String, String)>,
) -> anyhow::Result<(Context, TcpListener)> {
    let has_public_url = is_set(&variables, "HOLDFAST_PUBLIC_URL");
    if !is_set(&variables, "HOLDFAST_SECRET") {
        variables.push(("HOLDFAST_SECRET".to_owned(), kept_secret(home, "secret")?));
    }
    let mut config = Config::from_variables(variables)?;
    if !config.mail.is_sent() {
        config.mail.folder = Some(home.join("mails"));
        config.mail.is_shown = true;
    }
    let listener = app::listen(config.bind)?;
    if !has_public_url {
        config.public_url = format!("http://{}", listener.local_addr()?);
    }
    telemetry::start_logs(config.log_format);
    telemetry::start_metrics();
    postgres::migrate(&config.database_url, &postgres::MIGRATIONS)
        .await
        .context("cannot apply the migrations")?;
    let ids = Ids::random(Clock::System);
    let ctx = Context::with_lanes(config, Clock::System, ids, Lanes::start()?)?;
    Ok((ctx, listener))
}

/// Makes what there is to look at, and answers the administrator's password.
async fn demonstrate(ctx: &Context, home: &Path) -> anyhow::Result<String> {
    let password = kept_secret(home, "admin-password")?;
    demonstration::make(ctx, &password)
        .await
        .context("cannot make the demonstration")?;
    Ok(password)
}

fn print_places(
    url: &str,
    password: Option<&str>,
    shows_mails: bool,
    data: &str,
) -> std::io::Result<()> {
    let mut places =
        format!("  Service    {url}  for buyers\n             {url}/admin  for venue admins\n");
    if let Some(password) = password {
        places += &format!("  Sign in    {ADMIN_EMAIL}, password {password}\n");
    }
    if shows_mails {
        places += &format!("  Mails      {url}/mails  what buyers would be sent\n");
    }
    places += &format!("  Interface  {url}/docs\n");
    writeln!(
        std::io::stdout(),
        "\nHoldfast is running.\n\n{places}  Data       {data}\n\n\
         Ctrl-C stops it and everything it started.\n"
    )
}

/// Whoever removes one of two folders has a password that the account has not.
fn data_places(home: &Path, stores: Option<&PrivateStores>) -> String {
    let elsewhere = stores.map(PrivateStores::folder);
    let shown = home.display();
    match elsewhere.filter(|folder| *folder != home) {
        Some(folder) => format!(
            "{shown} and {} (kept; remove both to begin anew)",
            folder.display()
        ),
        None => format!("{shown} (kept; remove the folder to begin anew)"),
    }
}

fn make_home(home: &Path) -> anyhow::Result<PathBuf> {
    let make = || {
        fs::create_dir_all(home)?;
        home.canonicalize()
    };
    make().with_context(|| format!("cannot make the data folder {}", home.display()))
}

/// One `holdfast dev` to a data folder; the lock goes with the process.
fn lock(home: &Path) -> anyhow::Result<File> {
    let path = home.join("lock");
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot write {}; is it another user's?", path.display()))?;
    if lock.try_lock().is_err() {
        let mut pid = String::new();
        lock.read_to_string(&mut pid)?;
        let home = home.display();
        bail!("another holdfast dev (process {pid}) uses {home}; stop it, or give another --data");
    }
    lock.set_len(0)?;
    write!(lock, "{}", std::process::id())?;
    Ok(lock)
}

fn is_set(variables: &[(String, String)], name: &str) -> bool {
    variables
        .iter()
        .any(|(variable, value)| variable == name && !value.is_empty())
}

/// Whether stores were given, so that none need to be started.
fn has_stores(variables: &[(String, String)]) -> anyhow::Result<bool> {
    match (
        is_set(variables, "DATABASE_URL"),
        is_set(variables, "REDIS_URL"),
    ) {
        (true, false) => bail!("DATABASE_URL is set but REDIS_URL is not: set both, or neither"),
        (false, true) => bail!("REDIS_URL is set but DATABASE_URL is not: set both, or neither"),
        (is_given, _) => Ok(is_given),
    }
}

fn start_stores(home: &Path) -> anyhow::Result<PrivateStores> {
    let launcher = std::env::current_exe().context("cannot find the holdfast program")?;
    Ok(PrivateStores::start_kept(&launcher, home)?)
}

/// A random text that is made once and kept in the data folder. It is there whole or not at all:
/// an empty file is one that could not be written.
fn kept_secret(home: &Path, name: &str) -> anyhow::Result<String> {
    let path = home.join(name);
    let keep = || match fs::read_to_string(&path) {
        Ok(secret) if !secret.is_empty() => Ok(secret),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => {
            let secret = BASE64_URL_SAFE_NO_PAD.encode(Ids::random(Clock::System).bytes::<32>());
            let unfinished = home.join(format!("{name}.unfinished"));
            let mut options = OpenOptions::new();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let mut file = options.open(&unfinished)?;
            file.write_all(secret.as_bytes())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            Ok(secret)
        }
    };
    keep().with_context(|| format!("cannot keep {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set(names: &[&str]) -> Vec<(String, String)> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), "x".to_owned()))
            .collect()
    }

    #[test]
    fn stores_are_given_both_or_neither() {
        assert!(has_stores(&set(&["DATABASE_URL", "REDIS_URL"])).unwrap());
        assert!(!has_stores(&set(&[])).unwrap());
        assert!(has_stores(&set(&["DATABASE_URL"])).is_err());
        assert!(has_stores(&set(&["REDIS_URL"])).is_err());
    }

    #[test]
    fn a_secret_is_made_once_and_anew_where_nothing_was_written() {
        let home = std::env::temp_dir().join(format!("hf-{}-secret", std::process::id()));
        fs::create_dir_all(&home).unwrap();
        fs::write(home.join("half"), "").unwrap();

        let kept = ["whole", "half"].map(|name| {
            let first = kept_secret(&home, name).unwrap();
            let mode = fs::metadata(home.join(name)).unwrap().permissions().mode();
            (first, kept_secret(&home, name).unwrap(), mode & 0o777)
        });
        let n_files = fs::read_dir(&home).unwrap().count();
        fs::remove_dir_all(&home).unwrap();

        for (first, second, mode) in kept {
            assert_eq!((first.len(), &first, mode), (43, &second, 0o600));
        }
        assert_eq!(n_files, 2);
    }
}
