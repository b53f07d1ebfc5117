//! What PostgreSQL and Redis have in common: start, wait until ready, stop, start again.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::User;

use super::StoresError;
use super::child::{Child, wait_until};

/// Limit: how long a predecessor that is being stopped may keep the folder.
const LOCK_TIMEOUT: Duration = Duration::from_secs(15);
/// Limit: recovery after a crash takes a while.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
const LOG_TAIL_LINES: usize = 8;

/// Whose a store is, and where its data, log and lock lie.
pub(super) struct Place {
    /// The `holdfast` program, whose hidden command `child` becomes the store.
    pub(super) launcher: PathBuf,
    pub(super) user: Option<User>,
    pub(super) folder: PathBuf,
}

/// How a store is started, and its process while it runs.
pub(super) struct Server {
    pub(super) store: &'static str,
    pub(super) place: Place,
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// Asks it to stop; also sent when this process dies.
    pub(super) stop_signal: Signal,
    pub(super) child: Option<Child>,
}

impl Server {
    /// Starts the store on its folder and waits until `is_ready` says so of its process.
    pub(super) fn start(&mut self, is_ready: impl Fn(u32) -> bool) -> Result<(), StoresError> {
        let lock = self.lock()?;
        let (out, err) = self.new_log()?;
        let mut command = self.launch(&self.program);
        command.args(&self.args).stdin(lock).stdout(out).stderr(err);
        let child = Child::spawn(command).map_err(|source| self.cannot_run(source))?;
        let pid = child.pid();
        wait_until(READY_TIMEOUT, || is_ready(pid) || !child.is_running());
        let is_up = child.is_running() && is_ready(pid);
        self.child = Some(child);
        if is_up {
            return Ok(());
        }
        self.stop();
        Err(self.did_not_start())
    }

    /// Runs a program as the store's user, to its end.
    pub(super) fn run(&self, program: &Path, args: &[OsString]) -> Result<(), StoresError> {
        let (out, err) = self.new_log()?;
        let mut command = self.launch(program);
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err);
        let status = command.status().map_err(|source| self.cannot_run(source))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.did_not_start())
        }
    }

    pub(super) fn stop(&mut self) {
        if let Some(child) = self.child.take() {
            child.stop(self.stop_signal);
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::pid)
    }

    /// `holdfast child … -- program`, with nothing of this process's environment: it has secrets,
    /// and variables that PostgreSQL would read.
    fn launch(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.place.launcher);
        command
            .arg("child")
            .arg("--parent")
            .arg(process::id().to_string());
        command
            .arg("--signal")
            .arg((self.stop_signal as i32).to_string());
        if let Some(user) = &self.place.user {
            command.arg("--user").arg(&user.name);
        }
        command.arg("--").arg(program).current_dir("/");
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C");
        if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        // Ctrl-C in a terminal goes to the whole group: it must not stop the stores before the
        // requests that use them.
        command.process_group(0);
        command
    }

    fn lock(&self) -> Result<File, StoresError> {
        let folder = &self.place.folder;
        let path = folder.join(format!("{}.lock", self.store));
        let lock = File::create(&path).map_err(StoresError::on("write", &path))?;
        if wait_until(LOCK_TIMEOUT, || lock.try_lock().is_ok()) {
            Ok(lock)
        } else {
            Err(StoresError::InUse {
                path: folder.clone(),
            })
        }
    }

    fn log_path(&self) -> PathBuf {
        self.place.folder.join(format!("{}.log", self.store))
    }

    /// Two handles on an empty log, for output and errors.
    fn new_log(&self) -> Result<(File, File), StoresError> {
        let path = self.log_path();
        let open = || -> io::Result<_> {
            let log = File::create(&path)?;
            Ok((log.try_clone()?, log))
        };
        open().map_err(StoresError::on("write", &path))
    }

    fn cannot_run(&self, source: io::Error) -> StoresError {
        StoresError::CannotRun {
            program: self.place.launcher.clone(),
            source,
        }
    }

    fn did_not_start(&self) -> StoresError {
        let log = self.log_path();
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
        StoresError::DidNotStart {
            store: self.store,
            log,
            tail,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
