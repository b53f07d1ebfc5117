//! The published JSON Schema and the reader are of one mind.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{HOUSE, check_yaml, house};
use crate::venues::BUILT_IN;
use crate::venues::template::Severity;
use crate::venues::template::problems::Problems;
use crate::venues::template::tree::{Content, Node, parse};

fn validator() -> Validator {
    let schema = include_str!("../../../../venues/template.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// A document as a JSON value.
fn value_of(document: &str) -> Value {
    to_value(&parse(document, &mut Problems::default()).root.unwrap())
}

fn to_value(node: &Node) -> Value {
    match &node.content {
        Content::List(items) => items.iter().map(|item| to_value(item)).collect(),
        Content::Map(entries) => {
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), to_value(&entry.value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Content::Scalar {
            text,
            is_plain: true,
        } => serde_json::from_str(text)
            .ok()
            .filter(|value: &Value| !value.is_object())
            .unwrap_or_else(|| json!(text)),
        Content::Scalar { text, .. } => json!(text),
    }
}

#[test]
fn built_in_venues_follow_the_schema() {
    let validator = validator();
    for (key, document) in BUILT_IN {
        let value = value_of(document);

        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();

        assert!(errors.is_empty(), "{key}: {errors:#?}");
    }
}

const ROW: &str = "labels: A-B, seats: 4";

/// Changes to the house that make it wrong, in ways that a schema can express.
const WRONG: &[(&str, &str)] = &[
    ("version: 1", "version: 2"),
    ("name: House\n", ""),
    ("name: House\n", "name: [House]\n"),
    ("[0, 0]", "[0, 0, 0]"),
    ("[0, 0]", "[0, 1001]"),
    ("[0, 0]", "{x: 0, y: 0}"),
    ("key: a", "key: First class"),
    ("#112233", "112233"),
    ("key: S", "key: stalls"),
    ("key: S", "key: S\n    keys: [T]"),
    ("    at:", "    nothing: 1\n    at:"),
    ("at: [0, 5]", "at: [0, 5]\n    distance: 3"),
    ("at: [0, 5]", "at: [0, 5]\n    around: [1, 1]"),
    ("at: [0, 5]", "at: [0, 5]\n    curve: true"),
    ("at: [0, 5]", "at: [0, 5]\n    rotation: 400"),
    ("at: [0, 5]", "at: [0, 5]\n    seat_spacing: 0.2"),
    (
        "at: [0, 5]",
        "at: [0, 5]\n    tables: [{labels: 1, seats: 4}]",
    ),
    ("at: [0, 5]", "at: [0, 5]\n    marks: [{numbers: 1}]"),
    (
        "at: [0, 5]",
        "at: [0, 5]\n    marks: [{numbers: 1, ends: 1, category: a}]",
    ),
    (
        "at: [0, 5]",
        "at: [0, 5]\n    marks: [{tables: A, category: a}]",
    ),
    ("at: [0, 5]", "at: [0, 5]\n    flags: [balcony]"),
    ("at: [0, 5]", "at: [0, 5]\n    flags: []"),
    (ROW, "labels: a-b, seats: 4"),
    (ROW, "labels: A-B, seats: 501"),
    (ROW, "labels: A-B, seats: 4.5"),
    (ROW, "labels: A-B, seats: {first: 4}"),
    (ROW, "labels: A-B, seats: {each: [4, 4], first: 4}"),
    (ROW, "labels: A-B, seats: 4, numbers: {from: 0}"),
    (
        ROW,
        "labels: A-B, seats: 4, numbers: {parity: odd, order: centre_out}",
    ),
    (ROW, "labels: A-B, seats: 4, numbers: {skip: thirteen}"),
    (ROW, "seats: 4"),
    ("sections:", "figures: [{kind: stage}]\nsections:"),
    (
        "sections:",
        "figures: [{kind: lake, rectangle: [1, 1]}]\nsections:",
    ),
    (
        "sections:",
        "figures: [{kind: bar, polygon: [[0, 0], [1, 1]]}]\nsections:",
    ),
    (
        "sections:",
        "figures: [{kind: bar, rectangle: [1, 1], ellipse: [1, 1]}]\nsections:",
    ),
];

#[test]
fn schema_and_reader_refuse_the_same_documents() {
    let validator = validator();
    for (from, to) in WRONG {
        let document = house(&[(from, to)]);

        let problems = check_yaml(&document).problems;
        let is_refused = problems
            .iter()
            .any(|problem| problem.severity == Severity::Error);
        let is_valid = validator.is_valid(&value_of(&document));

        assert!(
            is_refused && !is_valid,
            "{to}: reader {problems:?}, schema {is_valid}"
        );
    }
}

#[test]
fn schema_and_reader_limit_the_same_lists_of_numbers() {
    let validator = validator();
    for (n, is_right) in [(500, true), (501, false)] {
        let skip = vec!["9"; n].join(", ");
        let numbers = format!("{ROW}, numbers: {{skip: [{skip}]}}");
        let document = house(&[(ROW, &numbers)]);

        assert_eq!(check_yaml(&document).layout.is_some(), is_right);
        assert_eq!(validator.is_valid(&value_of(&document)), is_right);
    }
}

#[test]
fn schema_and_reader_accept_the_same_documents() {
    let validator = validator();
    for (from, to) in [
        ("name: House", "name: 1984"),
        (
            "format_version",
            "$schema: template.schema.json\nformat_version",
        ),
        ("key: S", "key: 101"),
        ("key: S", "keys: [S]\n    step: {x: 1, rotation: 30}"),
        (
            "at: [0, 5]",
            "distance: 5\n    around: [1, 2]\n    curve: true",
        ),
        ("at: [0, 5]", "at: [0, 5]\n    curve: 30"),
        (
            "at: [0, 5]",
            "at: [0, 5]\n    marks: [{rows: [A, B], ends: 1, flags: [companion]}]",
        ),
        (
            ROW,
            "labels: [A, 7], skip: A, seats: [2, {first: 2, last: 4}, {each: [3]}]",
        ),
        (
            ROW,
            "labels: A-B, numbers: {from: 2, to: 8, parity: even, skip: [4, 6-6]}",
        ),
        (
            "sections:",
            "defaults: {aisle: [1, 2], align: left}\nsections:",
        ),
        (
            "sections:",
            "figures: [{kind: bar, at: [30, 0], ellipse: [1, 1]}]\nsections:",
        ),
    ] {
        let document = house(&[(from, to)]);

        let checked = check_yaml(&document);
        let value = value_of(&document);
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();

        assert!(checked.layout.is_some(), "{to}: {:?}", checked.problems);
        assert!(errors.is_empty(), "{to}: {errors:?}");
    }
    assert!(validator.is_valid(&value_of(HOUSE)));
}
