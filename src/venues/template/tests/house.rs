//! The house that the tests start from.

use crate::venues::template::{Checked, MediaType, ProblemCode, check};

/// A small house without mistakes; tests change a part of it.
pub(super) const HOUSE: &str = r##"format_version: 1
name: House
time_zone: Europe/Berlin
focal_point: [0, 0]
categories:
  - {key: a, name: First, colour: "#112233"}
sections:
  - key: S
    category: a
    at: [0, 5]
    rows:
      - {labels: A-B, seats: 4, flags: [accessible]}
"##;

/// The house with some of its text changed.
#[track_caller]
pub(super) fn house(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(HOUSE.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from} is not in the house");
        text.replacen(from, to, 1)
    })
}

pub(super) fn check_yaml(text: &str) -> Checked {
    check(text.as_bytes(), MediaType::Yaml)
}

/// Code, pointer, line and column of every mistake.
pub(super) fn mistakes(text: &str) -> Vec<(ProblemCode, String, u32, u32)> {
    let problems = check_yaml(text).problems.into_iter();
    problems
        .map(|problem| (problem.code, problem.pointer, problem.line, problem.column))
        .collect()
}
