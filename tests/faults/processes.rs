//! The processes of a run, and the folder in which they live.
//!
//! All of them have their working directory below that folder. An undertaker, which notices by the
//! end of its input that the suite is gone, kills what is left there and removes the folder; so
//! nothing outlives the suite, not even a process that is stopped.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use holdfast::private_stores::server_user;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User, chown};

/// The program that is tried: the one that cargo has built, unless told otherwise once.
pub static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

pub fn program() -> &'static Path {
    PROGRAM.get_or_init(|| env!("CARGO_BIN_EXE_holdfast").into())
}

/// Kills whatever lives below the folder `$1`, takes its mounts away, and then itself.
const UNDERTAKER: &str = r#"
cat > /dev/null
for round in 1 2 3 4 5; do
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd" 2> /dev/null)" in
      "$1"/*) kill -9 "${process#/proc/}" 2> /dev/null ;;
    esac
  done
  sleep 0.1
done
grep -o " $1/[^ ]*" /proc/mounts | while read -r place; do umount -l "$place"; done
rm -rf "$1"
"#;

/// The folder of a run of the suite.
pub struct Den {
    folder: PathBuf,
    pub user: Option<User>,
    undertaker: Mutex<Child>,
    life: Mutex<Option<ChildStdin>>,
}

impl Den {
    pub fn open() -> anyhow::Result<Self> {
        let folder = PathBuf::from(format!("/tmp/holdfast-faults-{}", std::process::id()));
        fs::create_dir_all(&folder).context("no folder for the run")?;
        let mut undertaker = Command::new("sh")
            .args(["-c", UNDERTAKER, "undertaker"])
            .arg(&folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("no undertaker")?;
        Ok(Self {
            life: Mutex::new(undertaker.stdin.take()),
            folder,
            user: server_user(None)?,
            undertaker: Mutex::new(undertaker),
        })
    }

    /// A folder that belongs to whoever runs the stores.
    pub fn room(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        fs::create_dir_all(&path)?;
        self.give(&path)?;
        Ok(path)
    }

    pub fn give(&self, path: &Path) -> anyhow::Result<()> {
        if let Some(user) = &self.user {
            chown(path, Some(user.uid), Some(user.gid))?;
        }
        Ok(())
    }

    /// A room on a small disk of its own, in memory. Only root can mount one; without it the room
    /// is an ordinary folder, and the answer says so.
    pub fn small_disk(&self, name: &str, megabytes: u32) -> anyhow::Result<(PathBuf, bool)> {
        let room = self.room(name)?;
        let options = match &self.user {
            Some(user) => format!(
                "size={megabytes}m,mode=700,uid={},gid={}",
                user.uid, user.gid
            ),
            None => return Ok((room, false)),
        };
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(&room)
            .stderr(Stdio::null())
            .status();
        Ok((room, mounted.is_ok_and(|status| status.success())))
    }
}

impl Den {
    /// Ends all that lives here, and waits until the folder is gone.
    pub fn close(&self) {
        drop(self.life.lock().expect("nobody panics here").take());
        let mut undertaker = self.undertaker.lock().expect("nobody panics here");
        undertaker.wait().ok();
    }
}

/// A process that the suite has started, and may kill, stop and start again.
pub struct Process {
    child: Mutex<Child>,
    pid: Pid,
}

/// How a process is started.
pub struct Launch<'a> {
    pub den: &'a Den,
    pub program: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Where it lives.
    pub folder: &'a Path,
    pub log: PathBuf,
    /// As the user that runs stores.
    pub is_store: bool,
}

impl Launch<'_> {
    fn command(&self) -> anyhow::Result<Command> {
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(program());
        command
            .args(["child", "--parent", &std::process::id().to_string()])
            .args(["--signal", &(Signal::SIGKILL as i32).to_string()]);
        if let Some(user) = self.den.user.as_ref().filter(|_| self.is_store) {
            command.args(["--user", &user.name]);
        }
        command.arg("--").arg(&self.program).args(&self.args);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .envs(self.env.iter().cloned())
            .current_dir(self.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(libraries) = std::env::var_os("LD_LIBRARY_PATH") {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        Ok(command)
    }

    pub fn start(&self) -> anyhow::Result<Process> {
        let child = spawn(self.command()?)
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let pid = Pid::from_raw(child.id().cast_signed());
        Ok(Process {
            child: Mutex::new(child),
            pid,
        })
    }

    /// Runs the program to its end.
    pub fn run(&self) -> anyhow::Result<()> {
        let status = self.start()?.wait()?;
        if !status.success() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            bail!("{} failed: {log}", self.program.display());
        }
        Ok(())
    }
}

/// Linux ends a child with the thread that started it: one thread, that never ends, starts all.
fn spawn(command: Command) -> io::Result<Child> {
    type Order = (Command, Sender<io::Result<Child>>);
    static MAKER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let maker = MAKER.get_or_init(|| {
        let (orders, to_do) = channel::<Order>();
        std::thread::spawn(move || {
            for (mut command, done) in to_do {
                done.send(command.spawn()).ok();
            }
        });
        Mutex::new(orders)
    });
    let (done, made) = channel();
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    let orders = maker
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    orders
        .send((command, done))
        .map_err(|_| io::ErrorKind::BrokenPipe)?;
    drop(orders);
    made.recv().map_err(gone)?
}

impl Process {
    pub fn is_running(&self) -> bool {
        let mut child = self.child.lock().expect("nobody panics here");
        matches!(child.try_wait(), Ok(None))
    }

    fn wait(&self) -> io::Result<std::process::ExitStatus> {
        self.child.lock().expect("nobody panics here").wait()
    }

    /// Sends a signal to the process and to its children, as a machine that crashes would.
    pub fn signal(&self, signal: Signal) {
        if !self.is_running() {
            return;
        }
        let family = family(self.pid);
        for pid in std::iter::once(self.pid).chain(family) {
            kill(pid, signal).ok();
        }
    }

    pub fn signal_alone(&self, signal: Signal) {
        if self.is_running() {
            kill(self.pid, signal).ok();
        }
    }

    /// Returns once it and its children are gone.
    pub fn kill(&self) {
        let family = family(self.pid);
        self.signal(Signal::SIGKILL);
        self.wait().ok();
        for pid in family {
            kill(pid, Signal::SIGKILL).ok();
            while kill(pid, None).is_ok() && !is_zombie(pid) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            self.kill();
        }
    }
}

/// The children of a process.
fn family(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let children = entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let (_, of) = state(Pid::from_raw(pid))?;
        (of == parent.as_raw()).then_some(Pid::from_raw(pid))
    });
    children.collect()
}

/// State and parent, from `/proc/PID/stat`: the name before them may hold anything.
fn state(pid: Pid) -> Option<(char, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut words = stat.rsplit(')').next()?.split_whitespace();
    Some((words.next()?.chars().next()?, words.next()?.parse().ok()?))
}

fn is_zombie(pid: Pid) -> bool {
    state(pid).is_none_or(|(state, _)| state == 'Z')
}

/// Looks again and again until a condition holds; the error names what was waited for.
pub async fn until(
    what: &str,
    limit: Duration,
    mut is_met: impl AsyncFnMut() -> bool,
) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    while !is_met().await {
        if begun.elapsed() > limit {
            bail!("waited {limit:?} in vain: {what}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a test's own task")]
pub fn background<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    tokio::spawn(work)
}
