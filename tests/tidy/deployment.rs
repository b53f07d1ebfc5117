//! Settings and metrics are documented, and docker-compose.yml sets only what there is.

use holdfast::config::{OTHER_VARIABLES, VARIABLES, Variable};
use serde_json::Value;

use crate::tree::{Source, expect_none, rust, sources};

fn undocumented(variables: &[&Variable], page: &str) -> Vec<String> {
    let row_of = |(name, default, meaning): &Variable| match *default {
        "" => format!("| `{name}` | | {meaning} |"),
        default => format!("| `{name}` | `{default}` | {meaning} |"),
    };
    let missing = variables
        .iter()
        .filter(|variable| !page.contains(&row_of(variable)));
    missing
        .map(|variable| format!("docs/operations.md lacks {}", row_of(variable)))
        .collect()
}

/// The metrics that a source counts.
fn metrics(source: &Source) -> Vec<String> {
    let code = source.code();
    let kinds = ["counter!(", "gauge!(", "histogram!("];
    let calls = kinds.into_iter().flat_map(|kind| code.split(kind).skip(1));
    let names = calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next());
    names.map(str::to_owned).collect()
}

/// Metrics that the page does not name, and names on it that are no metric's.
fn undocumented_metrics(metrics: &[String], page: &str) -> Vec<String> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    let words: Vec<&str> = page.split(|c| !is_letter(c)).collect();
    let lacking = metrics.iter().filter(|it| !words.contains(&it.as_str()));
    let lacking = lacking.map(|metric| format!("docs/operations.md lacks {metric}"));
    let named = words.iter().filter(|word| word.starts_with("holdfast_"));
    let gone = named.filter(|word| !metrics.iter().any(|metric| metric == *word));
    lacking
        .chain(gone.map(|word| format!("docs/operations.md: there is no metric {word}")))
        .collect()
}

/// What is wrong with the settings of a compose file's services that run the program.
fn wrong_settings(compose: &str) -> Vec<String> {
    let compose: Value = serde_saphyr::from_str(compose).expect("YAML");
    let services = compose["services"].as_object().expect("services");
    let ours = services
        .iter()
        .filter(|(_, service)| service["build"].is_string());
    ours.flat_map(|(name, service)| wrong_settings_of(name, service))
        .collect()
}

fn wrong_settings_of(name: &str, service: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let set = service["environment"].as_object().unwrap_or(&empty);
    let is_known = |variable: &str| {
        VARIABLES
            .iter()
            .chain(OTHER_VARIABLES)
            .any(|(known, ..)| *known == variable)
    };
    let unknown = set.keys().filter(|variable| !is_known(variable));
    let mut wrong: Vec<String> = unknown
        .map(|variable| format!("{name}: {variable} is not a setting"))
        .collect();
    let is_given = set
        .get("HOLDFAST_SECRET")
        .and_then(Value::as_str)
        .is_none_or(is_from_outside);
    if !is_given {
        wrong.push(format!("{name}: a secret stands in the file"));
    }
    wrong
}

/// `${NAME:?why}`: compose refuses to start without it.
fn is_from_outside(value: &str) -> bool {
    value.starts_with("${") && value.contains(":?")
}

#[test]
fn every_setting_is_documented_with_its_default_and_its_meaning() {
    let page = &sources("docs/operations.md")[0].text;
    let variables: Vec<&Variable> = VARIABLES.iter().chain(OTHER_VARIABLES).collect();
    expect_none(undocumented(&variables, page));
}

#[test]
fn a_setting_that_is_not_documented_is_found() {
    let variable = ("HOLDFAST_SEATS_MAX", "10", "seats of a hold");
    let right = "| `HOLDFAST_SEATS_MAX` | `10` | seats of a hold |";
    assert_eq!(undocumented(&[&variable], right), [""; 0]);
    for (part, other) in [("10", "12"), ("seats", "rows")] {
        let wrong = right.replace(part, other);
        assert_eq!(undocumented(&[&variable], &wrong).len(), 1, "{wrong}");
    }
}

#[test]
fn every_metric_is_documented() {
    let metrics: Vec<String> = rust("src")
        .iter()
        .filter(|source| source.path != "src/telemetry.rs")
        .flat_map(metrics)
        .collect();
    assert!(metrics.len() > 20, "{metrics:?}");
    expect_none(undocumented_metrics(
        &metrics,
        &sources("docs/operations.md")[0].text,
    ));
}

#[test]
fn a_metric_that_is_not_documented_and_one_that_is_gone_are_found() {
    let source = Source::sample("src/a.rs", "metrics::counter!(\n\"holdfast_a_total\", 1)");
    let metrics = metrics(&source);
    assert_eq!(metrics, ["holdfast_a_total"]);
    assert_eq!(
        undocumented_metrics(&metrics, "`holdfast_a_total`"),
        [""; 0]
    );
    assert_eq!(undocumented_metrics(&metrics, "none").len(), 1);
    let both = "holdfast_a_total holdfast_b_total";
    assert_eq!(undocumented_metrics(&metrics, both).len(), 1);
}

#[test]
fn docker_compose_sets_what_there_is_and_holds_no_secret() {
    expect_none(wrong_settings(&sources("docker-compose.yml")[0].text));
}

#[test]
fn a_wrong_compose_file_is_found() {
    let compose = |variable: &str| {
        format!("services:\n  service:\n    build: .\n    environment:\n      {variable}\n")
    };
    assert_eq!(
        wrong_settings(&compose("HOLDFAST_SECRET: ${HOLDFAST_SECRET:?set it}")),
        [""; 0]
    );
    assert_eq!(
        wrong_settings(&compose("HOLDFAST_BNID: 0.0.0.0:8080")).len(),
        1
    );
    assert_eq!(
        wrong_settings(&compose("HOLDFAST_SECRET: swordfish")).len(),
        1
    );
}
