//! A private PostgreSQL.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;

use super::folder::{TempFolder, kept, make_private, server_user};
use super::server::{Place, Server};
use super::{StoresError, programs};

const SETTINGS: [&str; 6] = [
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
];
/// For throw-away data only: nothing survives a crash of the machine.
const THROWAWAY_SETTINGS: [&str; 2] = ["fsync=off", "full_page_writes=off"];
/// macOS has no C.UTF-8.
const LOCALE: &str = if cfg!(target_os = "linux") {
    "C.UTF-8"
} else {
    "C"
};

/// Stops, in an orderly way, when dropped.
pub struct PrivatePostgres {
    server: Server,
    data: PathBuf,
    sockets: TempFolder,
}

impl PrivatePostgres {
    /// An empty one whose data goes with it. `launcher` is the `holdfast` program.
    pub fn start_throwaway(launcher: &Path) -> Result<Self, StoresError> {
        Self::start_empty(launcher, false)
    }

    /// As [`Self::start_throwaway`], with every commit on the disk before it is answered.
    pub fn start_durable(launcher: &Path) -> Result<Self, StoresError> {
        Self::start_empty(launcher, true)
    }

    fn start_empty(launcher: &Path, is_durable: bool) -> Result<Self, StoresError> {
        let user = server_user(None)?;
        let sockets = if is_durable {
            TempFolder::make(user.as_ref())?
        } else {
            TempFolder::make_quick(user.as_ref())?
        };
        let folder = sockets.path().to_owned();
        Self::start_at(
            Place {
                launcher: launcher.to_owned(),
                user,
                folder,
            },
            sockets,
            is_durable,
        )
    }

    /// The one of that data folder, which is made when it does not exist.
    pub fn start_kept(launcher: &Path, home: &Path) -> Result<Self, StoresError> {
        let user = server_user(Some(&home.join("postgres")))?;
        let sockets = TempFolder::make(user.as_ref())?;
        let folder = kept(home, user.as_ref())?;
        Self::start_at(
            Place {
                launcher: launcher.to_owned(),
                user,
                folder,
            },
            sockets,
            true,
        )
    }

    fn start_at(place: Place, sockets: TempFolder, is_durable: bool) -> Result<Self, StoresError> {
        let programs = programs::postgres_folder()?;
        let data = place.folder.join("postgres");
        let mut args = vec![
            "-D".into(),
            data.clone().into(),
            "-k".into(),
            sockets.path().into(),
        ];
        let extra = if is_durable {
            &[][..]
        } else {
            &THROWAWAY_SETTINGS[..]
        };
        for setting in SETTINGS.iter().chain(extra) {
            args.extend(["-c".into(), OsString::from(setting)]);
        }
        let server = Server {
            store: "postgres",
            place,
            program: programs.join("postgres"),
            args,
            // PostgreSQL's fast shutdown: it ends the connections and writes everything.
            stop_signal: Signal::SIGINT,
            child: None,
        };
        if !data.exists() {
            init(&server, &programs.join("initdb"), &data, is_durable)?;
        }
        let mut postgres = Self {
            server,
            data,
            sockets,
        };
        postgres.start()?;
        Ok(postgres)
    }

    fn start(&mut self) -> Result<(), StoresError> {
        let pid_file = self.data.join("postmaster.pid");
        let socket = self.sockets.path().join(".s.PGSQL.5432");
        self.server
            .start(|pid| socket.exists() && says_ready(&pid_file, pid))
    }

    /// Stops it, if it still runs, and starts it on the same data and socket.
    pub fn restart(&mut self) -> Result<(), StoresError> {
        self.server.stop();
        self.start()
    }

    /// Stops it and, where it is throw-away, removes its data; dropping it does the same.
    pub fn stop(self) {
        drop(self);
    }

    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        let host = self.sockets.path().display();
        format!("postgres://postgres@localhost/{database}?host={host}")
    }

    pub(super) fn folder(&self) -> &Path {
        &self.server.place.folder
    }

    /// The postmaster's process.
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }
}

/// Makes the data folder; it has its name only once it is whole.
fn init(server: &Server, initdb: &Path, data: &Path, is_durable: bool) -> Result<(), StoresError> {
    let new = data.with_extension("new");
    if new.exists() {
        fs::remove_dir_all(&new).map_err(StoresError::on("remove", &new))?;
    }
    make_private(&new, server.place.user.as_ref())?;
    let mut args: Vec<OsString> = vec!["-D".into(), new.clone().into()];
    args.extend(["-U", "postgres", "-A", "trust", "-E", "UTF8"].map(Into::into));
    args.push(format!("--locale={LOCALE}").into());
    if !is_durable {
        args.push("--no-sync".into());
    }
    server.run(initdb, &args)?;
    fs::rename(&new, data).map_err(StoresError::on("name", data))
}

/// Line 1 of postmaster.pid is the process, line 8 how far it is. A crash leaves an old file.
fn says_ready(pid_file: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(pid_file).unwrap_or_default();
    let mut lines = text.lines().map(str::trim);
    lines.next() == Some(&pid.to_string()) && lines.nth(6) == Some("ready")
}
