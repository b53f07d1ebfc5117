//! Logs (tracing) and metrics (Prometheus).
//!
//! A failure is logged once, where it is met. Never logged: names, mail addresses, tokens.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Upper bounds of the histograms' buckets, in seconds.
const LATENCY_BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The same of those that count how many of something there are: their names end so.
const SIZE: &str = "_size";
const SIZE_BUCKETS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Limit: how long a line waits for others, and how many bytes wait.
const LINES_WAIT_MAX: Duration = Duration::from_millis(100);
const WAITING_MAX_BYTES: usize = 64 * 1024;

static LINES: Lines = Lines {
    waiting: Mutex::new(Vec::new()),
    writing: Mutex::new(()),
};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// What is logged where `RUST_LOG` asks for nothing else: the scheduler's lines about itself, one
/// for each job, hide what `./run` prints.
const LOGGED: &str = "info,tokio_cron_scheduler=warn";

/// Logs to standard error, as `RUST_LOG` asks. Does nothing when called again.
pub fn start_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let is_coloured = std::io::stderr().is_terminal();
    let logs = fmt()
        .with_env_filter(filter)
        .with_ansi(is_coloured)
        .with_writer(&LINES);
    let started = match format {
        LogFormat::Text => logs.with_target(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    // A second start is a test's: the first one's settings stay.
    if started.is_ok() {
        thread::spawn(|| {
            loop {
                thread::sleep(LINES_WAIT_MAX);
                write_logs();
            }
        });
    }
}

/// Writes the lines that wait; to be called before the process ends.
pub fn write_logs() {
    LINES.write_out();
}

/// Lines on their way to standard error. They are written together, since each write costs as much
/// as a good part of an answer; what tells of a failure is written at once, with all before it.
struct Lines {
    waiting: Mutex<Vec<u8>>,
    writing: Mutex<()>,
}

struct Line {
    lines: &'static Lines,
    is_urgent: bool,
}

impl Lines {
    /// Who comes while others write waits for them: the log cannot outgrow what reads it.
    fn write_out(&self) {
        let _in_order = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        // There is nobody to tell that there is nobody to tell.
        io::stderr().write_all(&lines).ok();
    }
}

impl Write for Line {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let n_waiting = {
            let lines = &self.lines.waiting;
            let mut waiting = lines.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend_from_slice(line);
            waiting.len()
        };
        if self.is_urgent || n_waiting > WAITING_MAX_BYTES {
            self.lines.write_out();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for &'static Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line {
            lines: self,
            is_urgent: true,
        }
    }

    fn make_writer_for(&self, about: &Metadata<'_>) -> Line {
        Line {
            lines: self,
            is_urgent: *about.level() <= Level::WARN,
        }
    }
}

/// The process's metrics, in Prometheus' text format.
pub fn metrics() -> String {
    recorder().render()
}

/// Lets the recorder forget old samples; called by a job.
pub fn tidy_metrics() {
    recorder().run_upkeep();
}

fn recorder() -> &'static PrometheusHandle {
    METRICS.get_or_init(|| {
        // Only an empty list is refused.
        let recorder = builder().unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        // Only a second recorder in one process fails, and this is the only place that makes one.
        drop(metrics::set_global_recorder(recorder));
        handle
    })
}

fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets(&LATENCY_BUCKETS)?
        .set_buckets_for_metric(Matcher::Suffix(SIZE.to_owned()), &SIZE_BUCKETS)
}

/// Starts counting.
pub fn start_metrics() {
    recorder();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_and_a_time_have_buckets_of_their_own() {
        let recorder = builder().unwrap().build_recorder();

        metrics::with_local_recorder(&recorder, || {
            metrics::histogram!("batch_size").record(100.0);
            metrics::histogram!("duration_seconds").record(0.02);
        });

        let text = recorder.handle().render();
        for line in [
            r#"batch_size_bucket{le="64"} 0"#,
            r#"batch_size_bucket{le="128"} 1"#,
            r#"duration_seconds_bucket{le="0.01"} 0"#,
            r#"duration_seconds_bucket{le="0.025"} 1"#,
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
    }
}
