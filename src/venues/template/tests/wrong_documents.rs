//! Documents with one mistake each, for every code of the list.

use super::{HOUSE, ProblemCode, house};

/// A code, a document that has it, and the pointer, line and column at which it must be found.
pub(super) type Mistake = (ProblemCode, String, &'static str, u32, u32);

/// Documents that have every code between them.
pub(super) fn one_of_each() -> Vec<Mistake> {
    let mut each = of_the_document();
    each.extend(of_lengths());
    each.extend(of_values());
    each.extend(of_ranges());
    each.extend(of_labels());
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
            ProblemCode::SyntaxError,
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

fn of_lengths() -> Vec<Mistake> {
    vec![
        (
            ProblemCode::TooLarge,
            house(&[("name: House", &format!("name: {}", "x".repeat(1_001)))]),
            "/name",
            2,
            7,
        ),
        (
            ProblemCode::TooLarge,
            house(&[("    at:", &format!("    {}: 1\n    at:", "k".repeat(101)))]),
            "/sections/0",
            10,
            5,
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
    ]
}

fn of_ranges() -> Vec<Mistake> {
    vec![
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

fn of_labels() -> Vec<Mistake> {
    let rows = "category: a, at: [0, 5], rows: [{labels: A, seats: 1}]";
    let many = ["A", "B", "C", "D"]
        .map(|k| format!("  - {{keys: {k}1-{k}300, {rows}}}\n"))
        .concat();
    let many = format!("{HOUSE}{many}");
    let again = format!(
        "{HOUSE}  - {{key: S, category: a, at: [0, 20], rows: [{{labels: A, seats: 2}}]}}\n"
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
            ProblemCode::TooManyRows,
            format!("{HOUSE}      - {{labels: 1-199, seats: 1}}\n"),
            "/sections/0/rows/1/labels",
            13,
            18,
        ),
        (
            ProblemCode::TooManySeats,
            house(&[("key: S", "keys: 1-300"), ("seats: 4", "seats: 300")]),
            "/sections/0",
            8,
            5,
        ),
    ]
}

fn of_seats() -> Vec<Mistake> {
    let closer = format!(
        "{HOUSE}  - {{key: T, category: a, at: [0, 5.1], rows: [{{labels: A, seats: 2}}]}}\n"
    );
    let standing = format!(
        "{HOUSE}  - {{key: T, category: a, at: [0, 4], places: {{capacity: 20, \
         rectangle: [9, 9]}}}}\n"
    );
    vec![
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
