//! Documents that would keep a core busy for hours, or fill the memory, are done in seconds.

use std::fmt::Write;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{HOUSE, ProblemCode, check_yaml, house};
use crate::venues::template::{Checked, Severity};

/// Far more than an unoptimised build takes, and far less than what is left unbounded.
const TIME_MAX: Duration = Duration::from_secs(120);

const ROWS: &str = "rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}";

/// Checks a document; one that takes too long is left behind in its thread.
#[track_caller]
fn check_in_time(document: String) -> Checked {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        // Nobody waits any more for what took too long.
        let _ = done.send(check_yaml(&document));
    });
    let checked = is_done.recv_timeout(TIME_MAX);
    checked.expect("the document is checked in time")
}

#[track_caller]
fn assert_has(checked: &Checked, code: ProblemCode) {
    let mut problems = checked.problems.iter();
    let found = problems.find(|problem| problem.code == code);
    assert!(found.is_some(), "{:?}", checked.problems.first());
    assert!(checked.layout.is_none());
}

/// The house with other sections.
fn with_sections(sections: &str) -> String {
    let head = HOUSE.split("sections:").next().unwrap_or_default();
    format!("{head}sections:\n{sections}")
}

/// A thousand sections in four entries.
fn thousand_sections(content: &str) -> String {
    let entry = |letter| format!("  - {{keys: {letter}1-{letter}250, category: a, {content}}}\n");
    with_sections(&["A", "B", "C", "D"].map(entry).concat())
}

/// An area across the whole plan whose line goes from front to back fifty times.
fn zigzag() -> String {
    let corner = |n: i32| {
        let y = if matches!(n % 4, 1 | 2) { 999 } else { -999 };
        format!("[{}, {y}]", n * 19 - 950)
    };
    format!("[{}]", (0..100).map(corner).collect::<Vec<_>>().join(", "))
}

/// An area of a few spikes, each as long as the plan and a hand wide.
fn spikes() -> String {
    let spike = |x: i32| format!("[{x}, -999], [{x}.05, 999], [{x}.1, -999]");
    let spikes: Vec<_> = (0..33).map(|n| spike(n * 30)).collect();
    format!("[{}]", spikes.join(", "))
}

#[test]
fn a_long_text_is_not_multiplied_by_aliases() {
    let marks = "{category: *a}, ".repeat(9_000);
    let document = house(&[
        (
            "name: House",
            &format!("name: &a {}", "x".repeat(2_000_000)),
        ),
        (ROWS, &format!("{ROWS}\n    marks: [{marks}]")),
    ]);

    let checked = check_in_time(document);

    assert_has(&checked, ProblemCode::TooLarge);
    let told = checked.problems.iter();
    let n_bytes: usize = told.map(|it| it.detail.len() + it.pointer.len()).sum();
    assert!(n_bytes < 10_000, "{n_bytes} bytes");
}

#[test]
fn the_answer_stays_small_however_long_keys_and_values_are() {
    let long = "~".repeat(1_000);
    let nested = format!("{{{long}: ").repeat(20);
    let keys = "k: 1, ".repeat(10_000);
    let categories = format!("{{category: {long}}}, ").repeat(3_000);
    for document in [
        format!("{HOUSE}other: {nested}{{{keys}}}{}\n", "}".repeat(20)),
        format!("{HOUSE}    marks: [{categories}]\n"),
    ] {
        let checked = check_in_time(document);

        assert!(checked.layout.is_none());
        let told = checked.problems.iter();
        let n_bytes: usize = told.map(|it| it.detail.len() + it.pointer.len()).sum();
        assert!(n_bytes < 1_000_000, "{n_bytes} bytes");
    }
}

#[test]
fn numbers_that_are_left_out_one_by_one_are_limited() {
    let skip: Vec<_> = (1..=28_000).rev().map(|n| n.to_string()).collect();
    let defaults = format!(
        "defaults: {{numbers: {{skip: [{}]}}}}\nsections:",
        skip.join(", ")
    );
    let entry = |letter| {
        format!(
            "  - {{keys: {letter}1-{letter}188, category: a, at: [0, 5], \
                 rows: [{{labels: 1-200, seats: 1}}]}}\n"
        )
    };
    let document = with_sections(&["A", "B", "C", "D"].map(entry).concat());

    let checked = check_in_time(document.replace("sections:", &defaults));

    assert_has(&checked, ProblemCode::OutOfRange);
}

#[test]
fn as_many_numbers_as_may_be_left_out_cost_little() {
    let skip: Vec<_> = (0..500).rev().map(|n| (n * 2 + 1).to_string()).collect();
    let numbers = format!("{{parity: odd, skip: [{}]}}", skip.join(", "));
    let defaults = format!("defaults: {{numbers: {numbers}}}\nsections:");
    let entry = |(letter, y)| {
        format!(
            "  - {{keys: {letter}1-{letter}187, category: a, at: [-900, {y}], step: {{x: 5}}, \
                 flags: [accessible], rows: [{{labels: 1-200, seats: 1}}]}}\n"
        )
    };
    let entries = [("A", 0), ("B", 200), ("C", 400), ("D", 600)];
    let document = with_sections(&entries.map(entry).concat());

    let checked = check_in_time(document.replace("sections:", &defaults));

    let layout = checked.layout.expect("nothing is wrong");
    assert_eq!(layout.seat_count, 4 * 187 * 200);
    assert_eq!(layout.sections[0].rows[0].seats[0].label, "A1-1-1001");
}

#[test]
fn bent_areas_of_many_corners_are_not_searched_for_ever() {
    let places = format!("places: {{capacity: 150, polygon: {}}}", zigzag());

    for curve in ["", "curve: 900, "] {
        let checked = check_in_time(thousand_sections(&format!("at: [0, 0], {curve}{places}")));

        assert_has(&checked, ProblemCode::TooLarge);
    }
}

#[test]
fn places_in_narrow_strips_are_not_sought_for_ever() {
    let places = format!("places: {{capacity: 150, polygon: {}}}", spikes());

    let checked = check_in_time(thousand_sections(&format!("at: [0, 0], {places}")));

    assert_has(&checked, ProblemCode::TooLarge);
}

#[test]
fn parts_that_all_overlap_each_other_are_told_quickly() {
    let mut sections = String::new();
    for n in 0..1_000_i32 {
        let (x, y) = (n * 37 % 211, n * 53 % 197);
        writeln!(
            sections,
            "  - {{key: S{n}, category: a, at: [{}, {}], rows: [{{labels: A-J, seats: 15}}]}}",
            f64::from(x) / 20.0,
            f64::from(y) / 20.0,
        )
        .unwrap();
    }

    let checked = check_in_time(with_sections(&sections));

    assert_has(&checked, ProblemCode::OverlappingSeats);
    assert_has(&checked, ProblemCode::TooManyProblems);
}

/// Standing areas apart from each other, a warning for each.
fn crowded_areas(n_areas: u32) -> String {
    let area = |n: u32| {
        let (x, y) = (n % 25 * 5, n / 25 * 5);
        format!(
            "  - {{key: A{n}, category: a, at: [{x}, {y}], flags: [accessible], \
                 places: {{capacity: 5, rectangle: [1, 1]}}}}\n"
        )
    };
    (0..n_areas).map(area).collect()
}

#[test]
fn behind_any_number_of_warnings_a_mistake_is_found() {
    let twice = "  - {keys: S1-S2, category: a, at: [-50, 5], rows: [{labels: A, seats: 4}]}\n";

    let checked = check_in_time(with_sections(&(crowded_areas(600) + twice)));

    assert_has(&checked, ProblemCode::OverlappingSeats);
    assert_has(&checked, ProblemCode::TooManyProblems);
    assert_has(&checked, ProblemCode::CrowdedArea);
    assert_eq!(checked.problems.len(), 501);
}

#[test]
fn any_number_of_warnings_is_no_mistake() {
    let checked = check_in_time(with_sections(&crowded_areas(600)));

    let left_out = checked.problems.last().expect("warnings");
    assert_eq!(left_out.code, ProblemCode::TooManyProblems);
    let mut problems = checked.problems.iter();
    assert!(problems.all(|problem| problem.severity == Severity::Warning));
    assert_eq!(checked.seat_count, 3_000);
    assert!(checked.layout.is_some());
}

#[test]
fn tables_of_many_groups_are_limited_in_a_section() {
    let groups: String = (0..200)
        .map(|n| format!("{{labels: A{n}00-A{n}99, seats: 1, columns: 1}}, "))
        .collect();

    let checked = check_in_time(thousand_sections(&format!(
        "at: [0, 5], tables: [{groups}]"
    )));

    assert_has(&checked, ProblemCode::TooManyRows);
}

#[test]
fn marks_that_name_many_rows_are_read_once_for_all_sections_of_an_entry() {
    let marks = "{rows: B1-B300, flags: [companion]}, ".repeat(200);
    let rows = format!("rows: [{{labels: A-B, seats: 4}}], marks: [{marks}]");

    let checked = check_in_time(thousand_sections(&format!("at: [0, 5], {rows}")));

    assert_has(&checked, ProblemCode::UnknownSeats);
}

#[test]
fn labels_are_counted_in_the_whole_document() {
    let groups = "{labels: A1-A300, skip: A1-A299, seats: 1}, ".repeat(4_000);
    let document = house(&[(ROWS, &format!("rows: [{groups}]"))]);

    let checked = check_in_time(document);

    assert_has(&checked, ProblemCode::ImpossibleRange);
}
