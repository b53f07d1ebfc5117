//! The results for programs.

use serde_json::{Map, Value, json};

use super::super::recorder::{Operation, Slice};
use super::Results;
use super::histogram::bars;
use super::results::{PERCENTILES, per_second, percentile_ms};

pub fn json(results: &Results) -> anyhow::Result<String> {
    let bench = &results.bench;
    let operations = results.recorder.operations.iter();
    let slices = results.recorder.slices.iter().zip(0..);
    let document = json!({
        "scenario": bench.scenario,
        "url": bench.url,
        "started_at": results.started_at,
        "answers": results.n_answered(),
        "answers_per_second": per_second(results.n_answered(), results.elapsed),
        "failed": results.recorder.n_failed(),
        "elapsed_seconds": results.elapsed.as_secs_f64(),
        "settings": {
            "is_open_loop": bench.is_open(),
            "rate": bench.has_rate().then_some(bench.rate),
            "connections": bench.n_workers(),
            "seconds": bench.seconds,
            "count": bench.count,
            "seats": bench.seats,
            "events": bench.events,
            "party": bench.party,
            "guests": bench.guests,
            "seed": bench.seed,
            "spacing": format!("{:?}", bench.spacing).to_lowercase(),
            "conditional_percent": bench.conditional,
            "viewers": bench.n_viewers() + bench.n_bystanders(),
            "watching": bench.watching,
            "standing_holds": bench.standing_holds,
            "buyers": bench.buyers,
            "policy": bench.policy,
            "through": bench.through,
        },
        "callers_left_out": results.n_left_out,
        "changes_unseen": results.n_unseen,
        "sold_out_after_seconds": results.sold_out_after.map(|after| after.as_secs_f64()),
        "operations": operations.map(|one| operation(results, one)).collect::<Vec<_>>(),
        "slice_seconds": results.recorder.slice_length.as_secs_f64(),
        "slices": slices.map(|(one, nth)| slice(results, one, nth)).collect::<Vec<_>>(),
        "bystanding": results.bystanding,
        "machine": results.machine,
        "audit": results.audit,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn operation(results: &Results, operation: &Operation) -> Value {
    json!({
        "name": operation.name,
        "answers": operation.latencies.len(),
        "answers_per_second": results.rate(operation),
        "latency_ms": percentiles(|percentile| percentile_ms(&operation.latencies, percentile)),
        "failures": operation.failures,
        "histogram": bars(&operation.latencies),
    })
}

fn slice(results: &Results, slice: &Slice, nth: u32) -> Value {
    let length = results.recorder.slice_length;
    json!({
        "from_seconds": (length * nth).as_secs_f64(),
        "answers_per_second": per_second(slice.latencies.len(), length),
        "failed": slice.n_failed,
        "latency_ms": percentiles(|percentile| percentile_ms(&slice.latencies, percentile)),
    })
}

fn percentiles(of: impl Fn(f64) -> f64) -> Map<String, Value> {
    let members = PERCENTILES.iter();
    members
        .map(|(name, percentile)| ((*name).to_owned(), of(*percentile).into()))
        .collect()
}
