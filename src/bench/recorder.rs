//! How long answers took and what failed, in all and over time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Limit: what took longer counts as this, in microseconds.
const LATENCY_MAX_US: u64 = 600_000_000;
/// Limit: slices of the run.
const SLICES_MAX: usize = 600;

#[derive(Debug)]
pub struct Operation {
    pub name: &'static str,
    /// Microseconds, of answers that were understood.
    pub latencies: Histogram<u64>,
    pub failures: BTreeMap<String, u64>,
}

/// A part of the run.
#[derive(Debug)]
pub struct Slice {
    pub latencies: Histogram<u32>,
    pub n_failed: u64,
}

#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    pub slice_length: Duration,
    pub operations: Vec<Operation>,
    pub slices: Vec<Slice>,
}

impl Recorder {
    pub fn new(start: Instant, window: Duration) -> Self {
        Self {
            start,
            slice_length: (window / 60).max(Duration::from_millis(100)),
            operations: Vec::new(),
            slices: Vec::new(),
        }
    }

    /// An answer that came now, for somebody who wanted it since `due`.
    pub fn answered(&mut self, name: &'static str, due: Instant) {
        let now = Instant::now();
        let latency = u64::try_from((now - due).as_micros()).unwrap_or(u64::MAX);
        self.took(name, latency, now);
    }

    pub fn took(&mut self, name: &'static str, latency_us: u64, now: Instant) {
        let latency = latency_us.clamp(1, LATENCY_MAX_US);
        if let Some(operation) = self.operation(name) {
            operation.latencies.saturating_record(latency);
        }
        if let Some(slice) = self.slice(now) {
            slice.latencies.saturating_record(latency);
        }
    }

    pub fn failed(&mut self, name: &'static str, failure: &str) {
        if let Some(operation) = self.operation(name) {
            match operation.failures.get_mut(failure) {
                Some(n) => *n += 1,
                None => drop(operation.failures.insert(failure.to_owned(), 1)),
            }
        }
        if let Some(slice) = self.slice(Instant::now()) {
            slice.n_failed += 1;
        }
    }

    pub fn n_answered(&self) -> u64 {
        self.operations.iter().map(|op| op.latencies.len()).sum()
    }

    pub fn n_failed(&self) -> u64 {
        let failures = self.operations.iter().flat_map(|op| op.failures.values());
        failures.sum()
    }

    fn operation(&mut self, name: &'static str) -> Option<&mut Operation> {
        let known = self.operations.iter().position(|op| op.name == name);
        let at = match known {
            Some(at) => at,
            None => {
                let latencies = Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).ok()?;
                self.operations.push(Operation {
                    name,
                    latencies,
                    failures: BTreeMap::new(),
                });
                self.operations.len() - 1
            }
        };
        self.operations.get_mut(at)
    }

    fn slice(&mut self, now: Instant) -> Option<&mut Slice> {
        let nth = (now - self.start).as_nanos() / self.slice_length.as_nanos().max(1);
        let nth = usize::try_from(nth).ok()?.min(SLICES_MAX - 1);
        while self.slices.len() <= nth {
            self.slices.push(Slice {
                latencies: Histogram::new_with_bounds(1, LATENCY_MAX_US, 2).ok()?,
                n_failed: 0,
            });
        }
        self.slices.get_mut(nth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_failures_are_counted_where_and_when_they_belong() {
        let start = Instant::now();
        let mut recorder = Recorder::new(start, Duration::from_secs(60));

        recorder.took("place", 1_000, start);
        recorder.took("place", 3_000, start + Duration::from_millis(2_500));
        recorder.took("release", 10, start + Duration::from_secs(100_000));
        recorder.failed("place", "rate_limited");
        recorder.failed("place", "rate_limited");

        let place = &recorder.operations[0];
        assert_eq!(
            (place.latencies.len(), place.latencies.max() / 10),
            (2, 300)
        );
        assert_eq!(place.failures["rate_limited"], 2);
        assert_eq!((recorder.n_answered(), recorder.n_failed()), (3, 2));
        assert_eq!(recorder.slices.len(), SLICES_MAX);
        assert_eq!(recorder.slices[2].latencies.len(), 1);
        assert_eq!(recorder.slices[0].n_failed, 2);
    }

    #[test]
    fn percentiles_are_right_to_a_thousandth() {
        let start = Instant::now();
        let mut recorder = Recorder::new(start, Duration::from_secs(1));

        for latency_us in 1..=100_000 {
            recorder.took("place", latency_us, start);
        }

        let latencies = &recorder.operations[0].latencies;
        for (percentile, expected) in [(50.0, 50_000), (99.0, 99_000), (99.9, 99_900)] {
            let found = latencies.value_at_percentile(percentile);
            assert!(found.abs_diff(expected) <= expected / 1_000, "{found}");
        }
    }
}
