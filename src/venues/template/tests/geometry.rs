//! Where seats come to stand, what they are called, and which are neighbours.

use super::{check_yaml, house};
use crate::venues::model::{Layout, Seat, SeatFlag, SectionKind};

#[track_caller]
fn layout(document: &str) -> Layout {
    let checked = check_yaml(document);
    checked
        .layout
        .unwrap_or_else(|| panic!("{:#?}", checked.problems))
}

fn seats(layout: &Layout) -> Vec<&Seat> {
    let rows = layout.sections.iter().flat_map(|section| &section.rows);
    rows.flat_map(|row| &row.seats).collect()
}

fn labels(layout: &Layout) -> Vec<&str> {
    seats(layout)
        .iter()
        .map(|seat| seat.label.as_str())
        .collect()
}

#[track_caller]
fn seat<'l>(layout: &'l Layout, label: &str) -> &'l Seat {
    let found = seats(layout).into_iter().find(|seat| seat.label == label);
    found.unwrap_or_else(|| panic!("{label} in {:?}", labels(layout)))
}

#[test]
fn rows_run_from_left_to_right_and_backwards_from_the_stage() {
    let layout = layout(&house(&[(
        "seats: 4",
        "seats: 2, seat_spacing: 0.6, row_spacing: 1",
    )]));

    let places: Vec<_> = seats(&layout)
        .iter()
        .map(|seat| (seat.label.as_str(), seat.x, seat.y))
        .collect();
    assert_eq!(
        places,
        [
            ("S-A-1", -0.3, 5.0),
            ("S-A-2", 0.3, 5.0),
            ("S-B-1", -0.3, 6.0),
            ("S-B-2", 0.3, 6.0)
        ]
    );
}

#[test]
fn an_index_is_the_place_in_the_document() {
    let layout = layout(&house(&[
        ("key: S", "keys: [S, T]"),
        ("    at:", "    step: {y: 9}\n    at:"),
    ]));

    let indexes: Vec<u32> = seats(&layout).iter().map(|seat| seat.index).collect();
    assert_eq!(indexes, (0..16).collect::<Vec<_>>());
    assert_eq!(layout.seat_count, 16);
}

#[test]
fn numbers_from_the_right_stand_from_the_right() {
    let layout = layout(&house(&[(
        "seats: 4",
        "numbers: {from: 2, to: 8, parity: even, order: right_to_left}",
    )]));

    assert_eq!(labels(&layout)[..4], ["S-A-8", "S-A-6", "S-A-4", "S-A-2"]);
}

#[test]
fn an_aisle_parts_neighbours() {
    let layout = layout(&house(&[(
        "seats: 4",
        "seats: [2, 3], aisle: 1.5, seat_spacing: 0.5",
    )]));

    let (before, after) = (seat(&layout, "S-A-2"), seat(&layout, "S-A-3"));
    assert!(before.gap_after && !after.gap_after);
    assert!((after.x - before.x - 2.0).abs() < 1e-9);
}

#[test]
fn an_absent_seat_leaves_a_gap_and_keeps_its_number() {
    let document = format!(
        "{}    marks: [{{rows: A, numbers: 2-3, absent: true}}]\n",
        house(&[])
    );

    let layout = layout(&document);

    assert_eq!(labels(&layout)[..3], ["S-A-1", "S-A-4", "S-B-1"]);
    assert!(seat(&layout, "S-A-1").gap_after);
}

#[test]
fn marks_change_categories_and_flags_and_the_last_one_wins() {
    let document = format!(
        "{}    marks:\n      - {{ends: 1, category: b}}\n\
         \x20     - {{rows: B, numbers: 4, category: a, flags: [restricted_view]}}\n",
        house(&[(
            "\"#112233\"}\n",
            "\"#112233\"}\n  - {key: b, name: Second, colour: \"#445566\"}\n"
        )])
    );

    let layout = layout(&document);

    let categories: Vec<_> = seats(&layout)
        .iter()
        .map(|seat| seat.category.as_str())
        .collect();
    assert_eq!(categories, ["b", "a", "a", "b", "b", "a", "a", "a"]);
    assert_eq!(
        seat(&layout, "S-B-4").flags,
        [SeatFlag::Accessible, SeatFlag::RestrictedView]
    );
}

#[test]
fn curved_rows_are_arcs_about_the_focal_point() {
    let layout = layout(&house(&[(
        "at: [0, 5]",
        "distance: 8\n    rotation: 40\n    curve: true",
    )]));

    for seat in seats(&layout) {
        let expected = if seat.label.starts_with("S-A") {
            8.0
        } else {
            8.9
        };
        assert!((seat.x.hypot(seat.y) - expected).abs() < 0.02, "{seat:?}");
    }
}

#[test]
fn tables_have_chairs_around_them() {
    let tables = "tables:\n      - {labels: 1-3, seats: 6, columns: 2, flags: [accessible]}";
    let layout = layout(&house(&[(
        "rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}",
        tables,
    )]));

    let section = &layout.sections[0];
    assert_eq!((section.tables.len(), section.rows.len()), (3, 3));
    assert_eq!(labels(&layout)[5..7], ["S-1-6", "S-2-1"]);
    let table = section.tables[2].name_at;
    assert_eq!((table.x, table.y), (0.0, 7.4));
    for chair in &section.rows[2].seats {
        assert!(((chair.x - table.x).hypot(chair.y - table.y) - 0.75).abs() < 0.02);
    }
}

#[test]
fn places_of_an_area_are_numbered_and_lie_inside_it() {
    let places = "flags: [accessible]\n    places: {capacity: 30, rectangle: [6, 4]}";
    let layout = layout(&house(&[(
        "rows:\n      - {labels: A-B, seats: 4, flags: [accessible]}",
        places,
    )]));

    let section = &layout.sections[0];
    assert_eq!(section.kind, SectionKind::GeneralAdmission);
    assert_eq!((labels(&layout)[0], labels(&layout)[29]), ("S-1", "S-30"));
    for place in seats(&layout) {
        assert!(
            (-3.0..=3.0).contains(&place.x) && (5.0..=9.0).contains(&place.y),
            "{place:?}"
        );
    }
}
