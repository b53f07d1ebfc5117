//! The venues that come with the service.

use std::collections::HashSet;

use super::check_yaml;
use crate::venues::BUILT_IN;
use crate::venues::model::{Layout, SeatFlag};

fn layouts() -> impl Iterator<Item = (&'static str, Layout)> {
    BUILT_IN.iter().map(|(key, document)| {
        let checked = check_yaml(document);
        assert!(
            checked.problems.is_empty(),
            "{key}: {:#?}",
            checked.problems
        );
        (*key, checked.layout.unwrap())
    })
}

#[test]
fn built_in_venues_have_their_sizes_and_no_mistakes() {
    let sizes: Vec<_> = layouts()
        .map(|(key, layout)| (key, layout.seat_count))
        .collect();

    assert_eq!(
        sizes,
        [
            ("club", 184),
            ("theatre", 450),
            ("concert-hall", 2_000),
            ("arena", 12_000),
            ("stadium", 60_000),
        ]
    );
}

#[test]
fn labels_are_unique_and_every_kind_of_seat_is_there() {
    for (key, layout) in layouts() {
        let rows = layout.sections.iter().flat_map(|section| &section.rows);
        let seats: Vec<_> = rows.flat_map(|row| &row.seats).collect();

        let labels: HashSet<&str> = seats.iter().map(|seat| seat.label.as_str()).collect();
        assert_eq!(labels.len(), seats.len(), "{key}");
        for flag in [SeatFlag::Accessible, SeatFlag::Companion] {
            assert!(
                seats.iter().any(|seat| seat.flags.contains(&flag)),
                "{key} has no {flag:?}"
            );
        }
        assert!(
            seats
                .iter()
                .all(|seat| seat.label.starts_with(|c: char| c.is_ascii_alphanumeric()))
        );
    }
}

#[test]
fn the_stadium_is_a_document_of_less_than_ten_megabytes() {
    let (_, stadium) = layouts().last().unwrap();

    let json = serde_json::to_string(&stadium).unwrap();

    assert!(json.len() < 10_000_000, "{} bytes", json.len());
    assert_eq!(serde_json::from_str::<Layout>(&json).unwrap(), stadium);
}
