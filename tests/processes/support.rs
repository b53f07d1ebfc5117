//! Running programs, and what is waited for.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_holdfast");
/// How long anything may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

pub fn launcher() -> &'static Path {
    Path::new(PROGRAM)
}

/// Waits for a condition, looking again and again.
#[track_caller]
pub fn wait_until(what: &str, mut is_met: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_met() {
        assert!(began.elapsed() < DEADLINE, "waited in vain: {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// A folder for one test, which anybody may enter; gone with this value.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hf-{}-{test}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("an open folder");
        Self(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A running `holdfast`; killed when the test ends without waiting for it.
pub struct Running {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let output = Arc::default();
        collect(child.stdout.take(), &output);
        collect(child.stderr.take(), &output);
        Self { child, output }
    }

    /// `holdfast dev` on a free port, with nothing to look at: that takes a few seconds to make.
    pub fn dev(data: &Path) -> Self {
        Self::start(holdfast(&["dev", "--empty", "--data"]).arg(data))
    }

    pub fn output(&self) -> String {
        self.output.lock().expect("no reader panics").clone()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program says where it serves, and answers its URL.
    #[track_caller]
    pub fn url(&mut self) -> String {
        wait_until("the program says where it serves", || {
            assert!(!self.is_over(), "the program ended: {}", self.output());
            service_url(&self.output()).is_some()
        });
        service_url(&self.output()).expect("a URL")
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).expect("the program runs");
    }

    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_some()
    }

    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        wait_until("the program ends", || self.is_over());
        self.child.wait().expect("a child")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The word after `Service` (dev), or after `address=` (serve).
fn service_url(output: &str) -> Option<String> {
    let words: Vec<&str> = output.split_whitespace().collect();
    let place = words
        .windows(2)
        .find(|pair| pair[0] == "Service")
        .map(|pair| pair[1].to_owned());
    let address = words.iter().find_map(|word| word.strip_prefix("address="));
    // The service's line is followed by others: then it is whole.
    place
        .filter(|_| output.contains("Ctrl-C"))
        .or(address.map(|address| format!("http://{address}")))
}

fn collect(pipe: Option<impl Read + Send + 'static>, output: &Arc<Mutex<String>>) {
    let output = output.clone();
    let mut pipe = pipe.expect("a pipe");
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n_bytes @ 1..) = pipe.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..n_bytes]).into_owned();
            output.lock().expect("no reader panics").push_str(&text);
        }
    });
}

/// The program with none of this process's settings, on a free port.
pub fn holdfast(args: &[&str]) -> Command {
    with_no_settings(Command::new(PROGRAM), args)
}

pub fn with_no_settings(mut command: Command, args: &[&str]) -> Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("HOLDFAST_") && !name.ends_with("_BIN") || name.ends_with("_URL") {
            command.env_remove(name);
        }
    }
    command.env("HOLDFAST_BIND", "127.0.0.1:0").args(args);
    command
}

/// Runs a command to its end: exit code, and everything it wrote.
pub fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// The stores that a `holdfast` process started: their sockets' folders have its number.
pub fn stores_of(pid: u32) -> Vec<String> {
    let mark = format!("holdfast-{pid}-");
    fs::read_dir("/proc")
        .expect("Linux")
        .filter_map(|entry| {
            let command = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            command.contains(&mark).then_some(command)
        })
        .collect()
}

/// Whether no process, server or server's child, uses the data folder any more.
pub fn is_deserted(data: &Path) -> bool {
    ["postgres.lock", "redis.lock"]
        .iter()
        .all(|name| fs::File::open(data.join(name)).is_ok_and(|lock| lock.try_lock().is_ok()))
}

pub async fn status_of(url: &str) -> Option<u16> {
    reqwest::get(url)
        .await
        .ok()
        .map(|answer| answer.status().as_u16())
}

#[track_caller]
pub fn expect_ready(url: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ready = format!("{url}/readyz");
    wait_until("the service is ready", || {
        runtime.block_on(status_of(&ready)) == Some(200)
    });
}
