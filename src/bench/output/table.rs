//! The results as text.

use std::fmt::Write as _;

use super::super::audit::Audit;
use super::super::options::Scenario;
use super::super::recorder::Operation;
use super::Results;
use super::results::{PERCENTILES, per_second, percentile_ms};

pub fn table(results: &Results) -> String {
    let mut text = format!("{}: {}\n", results.title(), results.manner());
    let bench = &results.bench;
    let _ = writeln!(
        text,
        "{} event(s) of {} seats, {} guests, seed {}; took {:.2} s\n",
        bench.events,
        bench.seats,
        bench.guests,
        bench.seed,
        results.elapsed.as_secs_f64(),
    );
    text += &format!("{:<18}{:>10}{:>8}{:>10}", "", "answers", "failed", "per s");
    for (name, _) in PERCENTILES {
        text += &format!("{:>10}", format!("{name} ms"));
    }
    text.push('\n');
    for operation in &results.recorder.operations {
        text += &line(results, operation);
    }
    for operation in &results.recorder.operations {
        for (failure, n) in &operation.failures {
            text += &format!("{} failed {n} times: {failure}\n", operation.name);
        }
    }
    text += &remarks(results);
    text + &verdict(&results.audit)
}

fn line(results: &Results, operation: &Operation) -> String {
    let n_failed: u64 = operation.failures.values().sum();
    let rate = results.rate(operation);
    let n_answers = operation.latencies.len();
    let mut line = format!(
        "{:<18}{n_answers:>10}{n_failed:>8}{rate:>10.1}",
        operation.name
    );
    for (_, percentile) in PERCENTILES {
        let ms = percentile_ms(&operation.latencies, percentile);
        line += &format!("{ms:>10.2}");
    }
    line + "\n"
}

/// What else there is to say.
pub fn remarks(results: &Results) -> String {
    let (mut text, bench) = (String::from("\n"), &results.bench);
    if let Some(after) = results.sold_out_after {
        text += &format!("sold out after {:.2} s\n", after.as_secs_f64());
    }
    if results.n_left_out > 0 && results.sold_out_after.is_none() {
        let what = match bench.scenario {
            Scenario::Waitlist => "cancellations were never made",
            _ => "callers were never let in",
        };
        text += &format!(
            "{} {what}: the service cannot keep up with this rate\n",
            results.n_left_out
        );
    }
    if results.n_unseen > 0 {
        text += &format!(
            "{} times a viewer was not told of a change by itself: a snapshot had it, a later \
             change had swallowed it, or the viewer was cut off; `change seen` is without them\n",
            results.n_unseen
        );
    }
    let failures = results.recorder.operations.iter();
    let mut failures = failures.flat_map(|operation| operation.failures.keys());
    if failures.any(|failure| failure == "rate_limited") {
        text += "the service limits how often one guest may hold seats: use more --guests, or \
                 raise its HOLDFAST_HOLD_CHANGES_PER_MINUTE\n";
    }
    if bench.standing_holds > 0 {
        text += &format!("beside {} standing holds\n", bench.standing_holds);
    }
    let bystanding = &results.bystanding;
    if bystanding.n_viewers > 0 {
        text += &format!(
            "beside {} viewers, who read {:.0} messages a second and used {:.0} % of a core\n",
            bystanding.n_viewers,
            per_second(bystanding.n_messages, results.elapsed),
            100.0 * bystanding.cpu_seconds / results.elapsed.as_secs_f64(),
        );
    }
    let machine = &results.machine;
    let load = |load: Option<f64>| load.map_or_else(|| "?".to_owned(), |load| format!("{load:.2}"));
    text += &format!(
        "load of the machine's {} cores {} before, {} after; the generator used {:.0} % of one\n",
        machine.cores,
        load(machine.load_before),
        load(machine.load_after),
        100.0 * machine.generator_cpu_seconds / results.elapsed.as_secs_f64(),
    );
    text
}

/// What the audit found, a line for each breach.
pub fn verdict(audit: &Audit) -> String {
    let mut text = format!(
        "audit: {} confirms looked up, {} releases, {} seats compared, {} refusals and \
         {} offers judged: {} breaches\n",
        audit.confirms_looked_up,
        audit.releases_acknowledged,
        audit.seats_compared,
        audit.refusals_judged,
        audit.offers_judged,
        audit.breaches_count,
    );
    for breach in &audit.breaches {
        text += &format!("breach: {breach}\n");
    }
    text
}
