//! Logs (tracing) and metrics (Prometheus).
//!
//! A failure is logged once, where it is met. Never logged: names, mail addresses, tokens.

use std::io::IsTerminal;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Upper bounds of the histograms' buckets, in seconds.
const LATENCY_BUCKETS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Logs to standard error, as `RUST_LOG` asks. Does nothing when called again.
pub fn start_logs(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let is_coloured = std::io::stderr().is_terminal();
    let logs = fmt()
        .with_env_filter(filter)
        .with_ansi(is_coloured)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => logs.with_target(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    // A second start is a test's: the first one's settings stay.
    drop(started);
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
        let builder = PrometheusBuilder::new()
            .set_buckets(&LATENCY_BUCKETS)
            .unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        // Only a second recorder in one process fails, and this is the only place that makes one.
        drop(metrics::set_global_recorder(recorder));
        handle
    })
}

/// Starts counting.
pub fn start_metrics() {
    recorder();
}
