//! Every code of the list, where it is found, and that a document's mistakes come all at once.

use std::collections::HashSet;

use super::wrong_documents::one_of_each;
use super::{HOUSE, ProblemCode, check_yaml, house, mistakes};
use crate::venues::template::Severity;

#[test]
fn every_mistake_is_found_at_its_place() {
    let mut unmet = Vec::new();
    for (code, document, pointer, line, column) in one_of_each() {
        let found = mistakes(&document);

        let expected = (code, pointer.to_owned(), line, column);
        if !found.contains(&expected) {
            unmet.push(format!("{expected:?} is not in {found:?}"));
        }
    }
    assert!(unmet.is_empty(), "{unmet:#?}");
}

#[test]
fn every_code_of_the_list_is_produced() {
    let produced: HashSet<ProblemCode> = one_of_each().iter().map(|mistake| mistake.0).collect();

    let missing: Vec<_> = ProblemCode::ALL
        .iter()
        .filter(|code| !produced.contains(code))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_template_without_mistakes_has_none() {
    let checked = check_yaml(HOUSE);

    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    assert_eq!(checked.seat_count, 8);
    assert!(checked.layout.is_some());
}

#[test]
fn only_errors_keep_a_template_from_being_used() {
    for (code, document, ..) in one_of_each() {
        let checked = check_yaml(&document);

        let has_errors = checked
            .problems
            .iter()
            .any(|problem| problem.severity == Severity::Error);
        assert_eq!(checked.layout.is_none(), has_errors, "{code:?}");
    }
}

#[test]
fn all_mistakes_of_a_document_come_at_once_in_its_order() {
    let document = r##"format_version: 1
name: ""
time_zone: Europe/Bern
focal_point: [0]
colour: blue
categories:
  - {key: a, name: First, colour: red}
  - {key: a, name: Again, colour: "#112233"}
sections:
  - key: S
    category: b
    at: [0, 5]
    rows:
      - {labels: Z-A, seats: 1000000000}
      - {labels: A-B, seats: "4", flags: [accesible]}
  - key: T
    category: a
    at: [0, 20]
    rows:
      - {labels: A-B, seats: 4, category: c}
  - key: T
    category: a
    at: [0, 20.2]
    rows:
      - {labels: A-B, seats: 4}
"##;

    let found: Vec<_> = mistakes(document)
        .into_iter()
        .map(|(code, _, line, _)| (code.as_str(), line))
        .collect();

    assert_eq!(
        found,
        [
            ("wrong_value", 2),
            ("wrong_value", 3),
            ("wrong_type", 4),
            ("unknown_key", 5),
            ("wrong_value", 7),
            ("duplicate_label", 8),
            ("unknown_category", 11),
            ("impossible_range", 14),
            ("out_of_range", 14),
            ("wrong_type", 15),
            ("wrong_value", 15),
            ("unknown_category", 20),
            ("duplicate_label", 21),
            ("overlapping_seats", 25),
        ]
    );
}

#[test]
fn a_document_that_breaks_off_still_shows_its_other_mistakes() {
    let document = house(&[
        ("Europe/Berlin", "Europe/Bern"),
        ("A-B, seats: 4", "A-B, seats: [4"),
    ]);

    let found: Vec<_> = mistakes(&document)
        .into_iter()
        .map(|(code, ..)| code)
        .collect();

    assert_eq!(found, [ProblemCode::WrongValue, ProblemCode::SyntaxError]);
}

#[test]
fn a_mistake_behind_an_alias_is_shown_where_it_is_written() {
    let document = format!(
        "{}  - {{key: T, category: a, at: [0, 20], rows: *rows}}\n",
        house(&[
            ("    rows:\n", "    rows: &rows\n"),
            ("seats: 4", "seats: 0")
        ])
    );

    assert_eq!(
        mistakes(&document),
        [
            (
                ProblemCode::OutOfRange,
                "/sections/0/rows/0/seats".into(),
                12,
                30
            ),
            (
                ProblemCode::OutOfRange,
                "/sections/1/rows/0/seats".into(),
                12,
                30
            ),
        ]
    );
}

#[test]
fn a_broken_group_of_rows_hides_nothing_of_its_section() {
    let document = house(&[(
        "      - {labels: A-B, seats: 4, flags: [accessible]}\n",
        "      - {labels: A-C, seats: 4, flags: [accessible]}
      - {labels: C-D, seats: 4, category: zz}
      - {labels: E, seats: -4, shift: far}
",
    )]);

    let found: Vec<_> = mistakes(&document)
        .into_iter()
        .map(|(code, pointer, ..)| (code.as_str(), pointer))
        .collect();

    assert_eq!(
        found,
        [
            ("duplicate_label", "/sections/0/rows/1".into()),
            ("unknown_category", "/sections/0/rows/1/category".into()),
            ("out_of_range", "/sections/0/rows/2/seats".into()),
            ("wrong_type", "/sections/0/rows/2/shift".into()),
        ]
    );
}

#[test]
fn too_many_seats_hide_no_other_mistake() {
    let document = format!(
        "{}  - {{keys: 1-200, at: [0, 90], step: {{y: 9}}, rows: [{{labels: A-C, seats: 300}}, \
         {{labels: C, seats: 1}}], marks: [{{rows: Z, flags: [companion]}}]}}\n",
        house(&[("seats: 4", "seats: 4, flogs: []")])
    );

    let found: HashSet<_> = mistakes(&document)
        .into_iter()
        .map(|(code, pointer, ..)| (code.as_str(), pointer))
        .collect();

    for expected in [
        ("unknown_key", "/sections/0/rows/0/flogs"),
        ("too_many_seats", "/sections/1"),
        ("duplicate_label", "/sections/1/rows/1"),
        ("missing_key", "/sections/1/rows/0"),
        ("missing_key", "/sections/1/rows/1"),
        ("unknown_seats", "/sections/1/marks/0/rows"),
    ] {
        assert!(
            found.contains(&(expected.0, expected.1.into())),
            "{expected:?} is not in {found:?}"
        );
    }
}
