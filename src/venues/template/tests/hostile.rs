//! Templates made to explode are refused at once, and none makes the reader panic.

use std::fmt::Write;

use proptest::prelude::*;

use super::{HOUSE, MediaType, ProblemCode, check, check_yaml, house, mistakes};

#[track_caller]
fn assert_refused(document: &str, code: ProblemCode) {
    let checked = check_yaml(document);

    let codes: Vec<_> = checked
        .problems
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert!(codes.contains(&code), "{codes:?}");
    assert!(checked.layout.is_none());
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut document = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..30 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(document, "a{level}: &a{level} [{aliases}]").unwrap();
    }

    assert_refused(&document, ProblemCode::TooLarge);
}

#[test]
fn sections_that_aliases_multiply_are_counted() {
    let big = "&big {keys: 1-300, category: a, at: [0, 5], rows: [{labels: 1-200, seats: 500}]}";
    let aliases = "*big, ".repeat(900);
    let document = format!(
        "{}sections: [{big}, {aliases}]\n",
        HOUSE.split("sections:").next().unwrap()
    );

    assert_refused(&document, ProblemCode::TooManySections);
}

#[test]
fn numbers_that_would_fill_the_memory_are_refused() {
    for (change, code) in [
        (
            "labels: 1-1000000000, seats: 4",
            ProblemCode::ImpossibleRange,
        ),
        (
            "labels: A-ZZZZZZZZZZZZ, seats: 4",
            ProblemCode::ImpossibleRange,
        ),
        ("labels: A-B, seats: 1000000000", ProblemCode::OutOfRange),
        (
            "labels: A-B, seats: 99999999999999999999999",
            ProblemCode::OutOfRange,
        ),
        ("labels: A-B, seats: -1", ProblemCode::OutOfRange),
        ("labels: A-B, numbers: {to: 99999}", ProblemCode::OutOfRange),
        ("labels: A-B, seats: [500, 500]", ProblemCode::OutOfRange),
        (
            "labels: A-B, seats: 4, numbers: {from: 99998}",
            ProblemCode::ImpossibleRange,
        ),
    ] {
        assert_refused(&house(&[("labels: A-B, seats: 4", change)]), code);
    }
}

#[test]
fn an_area_that_is_too_narrow_for_its_people_is_refused() {
    let places = "places: {capacity: 150000, polygon: [[-900, -900], [900, 900], [900, 899.99]]}";

    assert_refused(
        &house(&[(
            "rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}",
            places,
        )]),
        ProblemCode::OutOfRange,
    );
}

#[test]
fn places_for_which_no_room_is_found_are_refused() {
    let places = "flags: [accessible]\n    places: {capacity: 1, rectangle: [0.1, 900]}";
    let rows = "rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}";

    assert_refused(&house(&[(rows, places)]), ProblemCode::OutOfRange);
}

#[test]
fn seats_all_in_one_place_are_told_in_one_problem() {
    let document = house(&[("key: S", "keys: 1-300"), ("seats: 4", "seats: 80")]);

    let found = mistakes(&document);

    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, ProblemCode::OverlappingSeats);
}

#[test]
fn ten_megabytes_of_brackets_or_keys_are_refused() {
    for document in [
        "[".repeat(10_000_000),
        "a: b\n".repeat(2_000_000),
        "- ".repeat(5_000_000),
    ] {
        assert!(check_yaml(&document).layout.is_none());
    }
}

#[test]
fn what_is_not_text_is_refused_at_its_place() {
    let checked = check(b"format_version: 1\nname: \xff\n", MediaType::Yaml);

    let problem = &checked.problems[0];
    assert_eq!(
        (problem.code, problem.line, problem.column),
        (ProblemCode::SyntaxError, 2, 7)
    );
}

#[test]
fn a_nul_which_the_database_cannot_keep_is_refused_at_its_place() {
    let checked = check(format!("# \0\n{HOUSE}").as_bytes(), MediaType::Yaml);

    let problem = &checked.problems[0];
    assert_eq!(
        (problem.code, problem.line, problem.column),
        (ProblemCode::SyntaxError, 1, 3)
    );
    assert!(checked.layout.is_none());
}

#[test]
fn yaml_that_calls_itself_json_is_refused() {
    let checked = check(HOUSE.as_bytes(), MediaType::Json);

    let problem = &checked.problems[0];
    assert_eq!((problem.code, problem.line), (ProblemCode::SyntaxError, 1));
    assert!(checked.layout.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_change_of_a_byte_makes_it_panic(at in 0..HOUSE.len(), byte in any::<u8>()) {
        let mut document = HOUSE.as_bytes().to_vec();
        document[at] = byte;

        check(&document, MediaType::Yaml);
        check(&document, MediaType::Json);
    }

    #[test]
    fn no_cut_makes_it_panic(from in 0..HOUSE.len(), n in 1_usize..60) {
        let mut document = HOUSE.as_bytes().to_vec();
        document.drain(from..(from + n).min(HOUSE.len()));

        check(&document, MediaType::Yaml);
    }
}
