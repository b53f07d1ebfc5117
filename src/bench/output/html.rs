//! The results as one page that needs nothing else: no script, no font, no other host.

use std::fmt::Write as _;

use super::super::recorder::{Operation, Slice};
use super::Results;
use super::histogram;
use super::plot::{self, Line, Scale, escape, number};
use super::results::{PERCENTILES, per_second, percentile_ms};
use super::table::{remarks, verdict};

const STYLE: &str = include_str!("page.css");

pub fn page(results: &Results) -> String {
    let title = escape(&results.title());
    let verdict = verdict(&results.audit);
    let verdict_class = match results.audit.breaches_count {
        0 => "sound",
        _ => "broken",
    };
    let at = results.started_at.format("%Y-%m-%d %H:%M:%S UTC");
    let manner = escape(&results.manner());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>\n<h1>{title}</h1>\n\
         <p>{manner}. Begun {at}, took {:.2} s.</p>\n\
         <pre class=\"{verdict_class}\">{}</pre>\n",
        results.elapsed.as_secs_f64(),
        escape(verdict.trim()),
    );
    page += &answers(results);
    let _ = writeln!(page, "<pre>{}</pre>", escape(remarks(results).trim()));
    page += &over_time(results);
    for operation in &results.recorder.operations {
        page += &distribution(operation);
    }
    page + "</main></body></html>\n"
}

fn answers(results: &Results) -> String {
    let mut table = String::from(
        "<div class=\"wide\"><table><thead><tr><th scope=\"col\">Call</th>\
         <th scope=\"col\">Answers</th><th scope=\"col\">Failed</th><th scope=\"col\">per s</th>",
    );
    for (name, _) in PERCENTILES {
        let _ = write!(table, "<th scope=\"col\">{name} ms</th>");
    }
    table += "</tr></thead><tbody>\n";
    for operation in &results.recorder.operations {
        let n_failed: u64 = operation.failures.values().sum();
        let _ = write!(
            table,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{n_failed}</td><td>{:.1}</td>",
            escape(operation.name),
            operation.latencies.len(),
            results.rate(operation),
        );
        for (_, percentile) in PERCENTILES {
            let ms = percentile_ms(&operation.latencies, percentile);
            let _ = write!(table, "<td>{ms:.2}</td>");
        }
        table += "</tr>\n";
    }
    table + "</tbody></table></div>\n" + &failures(results)
}

fn failures(results: &Results) -> String {
    let mut items = String::new();
    for operation in &results.recorder.operations {
        for (failure, n) in &operation.failures {
            let (name, failure) = (escape(operation.name), escape(failure));
            let _ = writeln!(items, "<li>{name} failed {n} times: {failure}</li>");
        }
    }
    if items.is_empty() {
        items
    } else {
        format!("<ul>\n{items}</ul>\n")
    }
}

fn over_time(results: &Results) -> String {
    let length = results.recorder.slice_length;
    let line = |class, value: &dyn Fn(&Slice) -> Option<f64>| Line {
        class,
        points: (results.recorder.slices.iter().zip(0_u32..))
            .filter_map(|(slice, nth)| Some(((length * nth).as_secs_f64(), value(slice)?)))
            .collect(),
    };
    let answered = line("one", &|slice| {
        Some(per_second(slice.latencies.len(), length))
    });
    let failed = line("three", &|slice| Some(per_second(slice.n_failed, length)));
    let latency = |class, percentile| {
        line(class, &|slice: &Slice| {
            let has_any = !slice.latencies.is_empty();
            has_any.then(|| percentile_ms(&slice.latencies, percentile))
        })
    };
    let latencies = [
        latency("three", 100.0),
        latency("two", 99.0),
        latency("one", 50.0),
    ];
    let throughput = [answered, failed];
    let values = |lines: &[Line]| -> Vec<f64> {
        let points = lines.iter().flat_map(|line| &line.points);
        points.map(|(_, value)| *value).collect()
    };
    let linear = Scale::linear(values(&throughput).into_iter());
    let decades = Scale::decades(values(&latencies).into_iter());
    format!(
        "<figure>{}<figcaption>Throughput: <b class=\"one\">answers</b> and \
         <b class=\"three\">failures</b> in a second</figcaption></figure>\n\
         <figure>{}<figcaption>Latency of all calls: <b class=\"one\">p50</b>, \
         <b class=\"two\">p99</b> and <b class=\"three\">max</b></figcaption></figure>\n",
        plot::lines(
            "Answers and failures over time",
            "per second",
            linear,
            &throughput
        ),
        plot::lines("Latency over time", "ms", decades, &latencies),
    )
}

#[expect(clippy::cast_precision_loss, reason = "for people to look at")]
fn distribution(operation: &Operation) -> String {
    let bars = histogram::bars(&operation.latencies);
    if bars.is_empty() {
        return String::new();
    }
    let bars: Vec<(String, f64)> = bars
        .iter()
        .map(|bar| {
            (
                format!("{} ms", number(bar.until_us as f64 / 1_000.0)),
                bar.n as f64,
            )
        })
        .collect();
    let name = escape(operation.name);
    let plot = plot::bars(
        &format!("Latencies of {}", operation.name),
        "answers",
        &bars,
    );
    format!("<figure>{plot}<figcaption>How long <b>{name}</b> took</figcaption></figure>\n")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use clap::Parser;

    use super::super::super::audit::Audit;
    use super::super::super::options::Bench;
    use super::super::super::recorder::Recorder;
    use super::super::super::scenarios::Bystanding;
    use super::super::Machine;
    use super::*;
    use crate::clock::Clock;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        bench: Bench,
    }

    fn results() -> Results {
        let start = Instant::now();
        let mut recorder = Recorder::new(start, Duration::from_secs(10));
        recorder.took("place", 1_234, start);
        recorder.failed("place", "<b>not JSON</b>");
        Results {
            bench: CommandLine::parse_from(["bench", "confirm", "--url", "http://<x>"]).bench,
            started_at: Clock::System.now(),
            elapsed: Duration::from_secs(10),
            n_left_out: 0,
            n_unseen: 0,
            sold_out_after: None,
            recorder,
            machine: Machine::now(),
            bystanding: Bystanding::default(),
            audit: Audit {
                breaches_count: 1,
                breaches: vec!["seat <i> was sold twice".to_owned()],
                ..Audit::default()
            },
        }
    }

    #[test]
    fn the_page_asks_nobody_for_anything_and_takes_no_markup_from_the_service() {
        let page = page(&results());

        for foreign in [
            "<script", "src=", "href=", "@import", "url(", "<b>not", "<i>", "<x>",
        ] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        assert!(page.contains("breach: seat &lt;i&gt; was sold twice"));
        assert!(page.contains("class=\"broken\""));
        assert_eq!(page.matches("<svg").count(), 3);
    }
}
