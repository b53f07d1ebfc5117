//! Every code of the list, where it is found, and that a document's mistakes come all at once.

use std::collections::HashSet;

use super::{HOUSE, ProblemCode, check_yaml, house, mistakes};
use crate::venues::template::Severity;

type Mistake = (ProblemCode, String, &'static str, u32, u32);

/// A document for each code, with the pointer, line and column at which it must be found.
fn one_of_each() -> Vec<Mistake> {
    let mut each = of_the_document();
    each.extend(of_values());
    each.extend(of_seats());
    each.extend(warnings());
    each
}

fn of_the_document() -> Vec<Mistake> {
    let deep = house(&[("[0, 0]", &format!("{}{}", "[".repeat(30), "]".repeat(30)))]);
    let large = house(&[("name: House", &format!("name: [{}]", "1,".repeat(30_001)))]);
    let many = format!(
        "{HOUSE}{}",
        (0..501).map(|n| format!("k{n}: 1\n")).collect::<String>()
    );
    let deepest: &str = Box::leak(format!("/focal_point{}", "/0".repeat(23)).into_boxed_str());
    let largest: &str = Box::leak(format!("/name/{}", 30_000 - 5).into_boxed_str());
    vec![
        (
            ProblemCode::Syntax,
            house(&[("[0, 0]", "[0, 0")]),
            "/focal_point/1",
            5,
            11,
        ),
        (ProblemCode::TooDeep, deep, deepest, 4, 37),
        (ProblemCode::TooLarge, large, largest, 2, 59_998),
        (ProblemCode::TooManyProblems, many, "", 1, 1),
        (
            ProblemCode::DuplicateKey,
            house(&[("    at:", "    key: T\n    at:")]),
            "/sections/0/key",
            10,
            5,
        ),
        (
            ProblemCode::UnknownKey,
            house(&[("seats: 4", "seats: 4, sats: 4")]),
            "/sections/0/rows/0/sats",
            12,
            33,
        ),
        (
            ProblemCode::MissingKey,
            house(&[("name: House\n", "")]),
            "",
            1,
            1,
        ),
        (
            ProblemCode::ConflictingKeys,
            house(&[("    at:", "    distance: 5\n    at:")]),
            "/sections/0/distance",
            10,
            15,
        ),
        (
            ProblemCode::UnsupportedVersion,
            house(&[("version: 1", "version: 2")]),
            "/format_version",
            1,
            17,
        ),
    ]
}

fn of_values() -> Vec<Mistake> {
    vec![
        (
            ProblemCode::WrongType,
            house(&[("seats: 4", "seats: four")]),
            "/sections/0/rows/0/seats",
            12,
            30,
        ),
        (
            ProblemCode::WrongValue,
            house(&[("#112233", "#11223")]),
            "/categories/0/colour",
            6,
            35,
        ),
        (
            ProblemCode::WrongValue,
            house(&[("Europe/Berlin", "Europe/Bern")]),
            "/time_zone",
            3,
            12,
        ),
        (
            ProblemCode::OutOfRange,
            house(&[("seats: 4", "seats: 0")]),
            "/sections/0/rows/0/seats",
            12,
            30,
        ),
        (
            ProblemCode::OutOfRange,
            house(&[("[0, 5]", "[0, 5000]")]),
            "/sections/0/at/1",
            10,
            13,
        ),
        (
            ProblemCode::ImpossibleRange,
            house(&[("A-B", "B-A")]),
            "/sections/0/rows/0/labels",
            12,
            18,
        ),
        (
            ProblemCode::ImpossibleRange,
            house(&[("seats: 4", "numbers: {from: 9, to: 3}")]),
            "/sections/0/rows/0/numbers/to",
            12,
            46,
        ),
        (
            ProblemCode::CountMismatch,
            house(&[("seats: 4", "seats: {each: [4, 5, 6]}")]),
            "/sections/0/rows/0/seats/each",
            12,
            37,
        ),
        (
            ProblemCode::CountMismatch,
            house(&[("seats: 4", "seats: 4, numbers: {to: 5}")]),
            "/sections/0/rows/0/seats",
            12,
            30,
        ),
    ]
}

fn of_seats() -> Vec<Mistake> {
    let rows = "category: a, at: [0, 5], rows: [{labels: A, seats: 1}]";
    let many = ["A", "B", "C", "D"]
        .map(|k| format!("  - {{keys: {k}1-{k}300, {rows}}}\n"))
        .concat();
    let many = format!("{HOUSE}{many}");
    let again = format!(
        "{HOUSE}  - {{key: S, category: a, at: [0, 20], rows: [{{labels: A, seats: 2}}]}}\n"
    );
    let closer = format!(
        "{HOUSE}  - {{key: T, category: a, at: [0, 5.1], rows: [{{labels: A, seats: 2}}]}}\n"
    );
    let standing = format!(
        "{HOUSE}  - {{key: T, category: a, at: [0, 4], places: {{capacity: 20, rectangle: [9, 9]}}}}\n"
    );
    let marked = format!("{HOUSE}    marks:\n      - {{rows: C, category: a}}\n");
    vec![
        (
            ProblemCode::DuplicateLabel,
            house(&[("A-B", "[A, B, A]")]),
            "/sections/0/rows/0/labels/2",
            12,
            25,
        ),
        (ProblemCode::DuplicateLabel, again, "/sections/1", 13, 5),
        (
            ProblemCode::UnknownCategory,
            house(&[("category: a", "category: b")]),
            "/sections/0/category",
            9,
            15,
        ),
        (
            ProblemCode::UnknownSeats,
            marked,
            "/sections/0/marks/0/rows",
            14,
            16,
        ),
        (ProblemCode::TooManySections, many, "/sections/4", 16, 5),
        (
            ProblemCode::TooManyRows,
            house(&[("A-B", "1-201")]),
            "/sections/0/rows/0/labels",
            12,
            18,
        ),
        (
            ProblemCode::TooManySeats,
            house(&[("key: S", "keys: 1-300"), ("seats: 4", "seats: 300")]),
            "/sections/0",
            8,
            5,
        ),
        (
            ProblemCode::OverlappingSeats,
            closer,
            "/sections/1/rows/0",
            13,
            48,
        ),
        (
            ProblemCode::OverlappingSeats,
            standing,
            "/sections/1/places",
            13,
            47,
        ),
        (
            ProblemCode::NoSeats,
            format!("{HOUSE}    marks: [{{absent: true}}]\n"),
            "/sections/0",
            8,
            5,
        ),
    ]
}

fn warnings() -> Vec<Mistake> {
    let category = "  - {key: a, name: First, colour: \"#112233\"}\n";
    let other =
        |colour: &str| format!("{category}  - {{key: b, name: Second, colour: \"{colour}\"}}\n");
    let crowded = "    places: {capacity: 50, rectangle: [3, 3]}\n    flags: [accessible]\n";
    let rows = "    rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}\n";
    vec![
        (
            ProblemCode::UnusedCategory,
            house(&[(category, &other("#445566"))]),
            "/categories/1/key",
            7,
            11,
        ),
        (
            ProblemCode::SameColour,
            house(&[(category, &other("#112233"))]),
            "/categories/1/key",
            7,
            11,
        ),
        (
            ProblemCode::CrowdedArea,
            house(&[(rows, crowded)]),
            "/sections/0/places",
            11,
            13,
        ),
        (
            ProblemCode::NoAccessibleSeats,
            house(&[(", flags: [accessible]", "")]),
            "/sections/0",
            8,
            5,
        ),
    ]
}

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

    assert_eq!(found, [ProblemCode::WrongValue, ProblemCode::Syntax]);
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
