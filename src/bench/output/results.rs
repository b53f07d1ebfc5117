//! Everything that was measured.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use hdrhistogram::{Counter, Histogram};

use super::super::audit::Audit;
use super::super::options::{Bench, Scenario};
use super::super::recorder::{Operation, Recorder};
use super::super::scenarios::Bystanding;
use super::Machine;
use crate::clock::Instant;

pub struct Results {
    pub bench: Bench,
    pub started_at: Instant,
    pub elapsed: Duration,
    /// Callers who gave up before they were let in.
    pub n_left_out: u64,
    /// How often a viewer did not see a change for itself.
    pub n_unseen: u64,
    pub sold_out_after: Option<Duration>,
    pub recorder: Recorder,
    pub machine: Machine,
    pub bystanding: Bystanding,
    pub audit: Audit,
}

/// The percentiles that are told, with their names.
pub const PERCENTILES: [(&str, f64); 5] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("max", 100.0),
];

impl Results {
    pub fn n_answered(&self) -> u64 {
        self.recorder.n_answered()
    }

    /// Answers of an operation in a second.
    pub fn rate(&self, operation: &Operation) -> f64 {
        per_second(operation.latencies.len(), self.elapsed)
    }

    /// How callers came, as half a sentence.
    pub fn manner(&self) -> String {
        let Bench {
            rate,
            spacing,
            seconds,
            ..
        } = &self.bench;
        let n_workers = self.bench.n_workers();
        let spacing = format!("{spacing:?}").to_lowercase();
        if self.bench.scenario == Scenario::Waitlist {
            let (n_people, policy) = (self.bench.buyers, self.bench.policy.as_str());
            format!("{n_people} people wait ({policy}), {rate} cancellations a second ({spacing})")
        } else if self.bench.is_open() {
            format!("{rate} callers a second ({spacing}) over {n_workers} connections, {seconds} s")
        } else {
            format!("{n_workers} callers at a time, each again and again, {seconds} s at most")
        }
    }

    pub fn title(&self) -> String {
        format!("{} on {}", self.scenario_name(), self.bench.url)
    }

    pub fn scenario_name(&self) -> String {
        self.bench.scenario.name()
    }
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
pub fn per_second(n: u64, elapsed: Duration) -> f64 {
    n as f64 / elapsed.as_secs_f64().max(1e-9)
}

/// A percentile in milliseconds.
#[expect(clippy::cast_precision_loss, reason = "at most ten minutes")]
pub fn percentile_ms<C: Counter>(latencies: &Histogram<C>, percentile: f64) -> f64 {
    latencies.value_at_percentile(percentile) as f64 / 1_000.0
}

pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
