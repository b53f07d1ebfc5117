//! A child process, and the thread that keeps it.
//!
//! Linux sends the signal for a parent's death when the *thread* that started the child ends. So
//! each child has a thread that starts it, waits for it and ends with it.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Limit: a store that has not stopped by then is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Child {
    pid: Pid,
    keeper: JoinHandle<io::Result<ExitStatus>>,
}

impl Child {
    pub(super) fn spawn(mut command: Command) -> io::Result<Self> {
        let (started, start) = mpsc::channel();
        let keeper = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || {
                let mut child = command.spawn().inspect_err(|error| {
                    // Nobody listens only when the other end is gone, and then nobody cares.
                    drop(started.send(Err(io::Error::from(error.kind()))));
                })?;
                // Frees this process's handle on the lock that is the child's standard input.
                drop(command);
                drop(started.send(Ok(child.id())));
                child.wait()
            })?;
        let id = start
            .recv()
            .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self {
            pid: Pid::from_raw(id.cast_signed()),
            keeper,
        })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw().cast_unsigned()
    }

    pub(super) fn is_running(&self) -> bool {
        !self.keeper.is_finished()
    }

    /// Sends the signal and waits until the child is gone, whatever that takes.
    pub(super) fn stop(self, signal: Signal) {
        self.send(signal);
        // A child that was stopped by a test cannot act on the signal.
        self.send(Signal::SIGCONT);
        if !wait_until(STOP_TIMEOUT, || !self.is_running()) {
            self.send(Signal::SIGKILL);
        }
        // How a store ended is in its log.
        drop(self.keeper.join());
    }

    fn send(&self, signal: Signal) {
        if self.is_running() {
            // It may have ended just now.
            let _ = kill(self.pid, signal);
        }
    }
}

/// Waits for a condition; false when `timeout` passed first.
pub(super) fn wait_until(timeout: Duration, mut is_met: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + timeout;
    loop {
        if is_met() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(2));
    }
}
