//! How busy the machine was, and with what.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

#[derive(Clone, Debug, serde::Serialize)]
pub struct Machine {
    pub cores: usize,
    /// The mean number of runnable processes in the last minute, where the system tells.
    pub load_before: Option<f64>,
    pub load_after: Option<f64>,
    /// Processor time that the load generator itself has used.
    pub generator_cpu_seconds: f64,
}

impl Machine {
    pub fn now() -> Self {
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            load_before: load(),
            load_after: None,
            generator_cpu_seconds: cpu_time().as_secs_f64(),
        }
    }

    pub fn until_now(self) -> Self {
        Self {
            load_after: load(),
            generator_cpu_seconds: cpu_time().as_secs_f64() - self.generator_cpu_seconds,
            ..self
        }
    }

    /// Does not count what else this process has done.
    pub fn without(self, cpu_seconds: f64) -> Self {
        Self {
            generator_cpu_seconds: (self.generator_cpu_seconds - cpu_seconds).max(0.0),
            ..self
        }
    }
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

fn cpu_time() -> Duration {
    used_by(UsageWho::RUSAGE_SELF)
}

/// Of the thread that asks; nothing where the system does not tell.
pub fn cpu_time_of_thread() -> Duration {
    #[cfg(target_os = "linux")]
    return used_by(UsageWho::RUSAGE_THREAD);
    #[cfg(not(target_os = "linux"))]
    return Duration::ZERO;
}

fn used_by(who: UsageWho) -> Duration {
    let Ok(usage) = getrusage(who) else {
        return Duration::ZERO;
    };
    let (user, system) = (usage.user_time(), usage.system_time());
    let seconds = user.tv_sec() + system.tv_sec();
    let micros = user.tv_usec() + system.tv_usec();
    Duration::from_secs(seconds.unsigned_abs()) + Duration::from_micros(micros.unsigned_abs())
}
