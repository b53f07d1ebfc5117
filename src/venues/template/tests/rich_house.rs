//! A house with a part of every kind, and changes of it that are one mistake each.

/// Nothing in it is wrong; every piece of text that a change names stands in it once.
pub(super) const RICH_HOUSE: &str = r##"format_version: 1
name: Rich house
time_zone: Europe/Berlin
focal_point: [0, 0]
defaults: {seat_spacing: 0.55, row_spacing: 0.9}
categories:
  - {key: a, name: First, colour: "#112233"}
  - {key: b, name: Second, colour: "#445566"}
  - {key: c, name: Third, colour: "#778899"}
figures:
  - {kind: stage, name: Stage, rectangle: [6, 4]}
  - {kind: bar, at: [60, 0], rotation: 10, polygon: [[0, 0], [1, 0], [1, 5]]}
sections:
  - key: S
    name: Stalls {key}
    category: a
    distance: 6
    curve: 12
    rows:
      - {labels: A-C, seats: 8, flags: [accessible]}
      - {labels: [D, E], seats: [3, 4], aisle: 1.5, gap_before: 1}
      - {labels: F-J, skip: [G], seats: {first: 8, last: 10}, category: b}
      - {labels: K-L, numbers: {from: 2, to: 20, parity: even}}
      - {labels: M-N, seats: {each: [7, 9]}, shift: 0.5, stagger: true}
    marks:
      - {rows: A, numbers: 1-2, flags: [companion]}
      - {rows: [C, D], ends: 1, category: b}
  - keys: [T1, T2]
    name: Tables
    flags: [restricted_view]
    category: b
    at: [-30, 10]
    step: {y: 30}
    tables:
      - {labels: 1-6, seats: 4, columns: 3, category: c}
      - {labels: 11-12, seats: 3, shape: box, abreast: 2, gap_before: 2}
    marks:
      - {sections: T1, tables: 2, numbers: 4, absent: true}
  - key: P
    name: Standing
    category: c
    at: [30, 10]
    places: {capacity: 40, rectangle: [8, 6]}
  - key: Q
    category: a
    at: [0, 60]
    align: left
    rows:
      - {labels: 1-2, seats: 6}
      - {labels: 3-4, seats: 7}
"##;

/// A name, what stands in the house, and what stands there instead.
pub(super) type Change = (&'static str, &'static str, &'static str);

pub(super) const CHANGES: &[Change] = &[
    ("version", "format_version: 1", "format_version: 2"),
    ("venue name", "name: Rich house", "name: []"),
    ("time zone", "Europe/Berlin", "Europe/Bern"),
    ("no focal point", "focal_point: [0, 0]\n", ""),
    (
        "default spacing",
        "seat_spacing: 0.55",
        "seat_spacing: wide",
    ),
    ("default row spacing", "row_spacing: 0.9", "row_spacing: 99"),
    ("category name", "name: First", "name: \"\""),
    ("category key", "{key: b, name", "{key: b!, name"),
    ("category colour", "#445566", "#44556"),
    ("same colour", "#778899", "#112233"),
    (
        "unused category",
        "\nfigures",
        "\n  - {key: d, name: D, colour: \"#aabbcc\"}\nfigures",
    ),
    ("figure kind", "kind: bar", "kind: baar"),
    ("figure corner", "[1, 0]", "[1, x]"),
    ("figure turn", "rotation: 10", "rotation: 1000"),
    ("section name", "Stalls {key}", "{}"),
    (
        "section category",
        "category: a\n    distance",
        "category: zz\n    distance",
    ),
    ("distance", "distance: 6", "distance: -6"),
    ("curve", "curve: 12", "curve: round"),
    ("label twice in a list", "[D, E]", "[D, E, D]"),
    ("row of a former group", "F-J", "[C, F, G, H, I, J]"),
    ("backward rows", "A-C, seats", "C-A, seats"),
    ("unknown skip", "skip: [G]", "skip: [G, X]"),
    ("unreadable skip", "skip: [G]", "skip: [g]"),
    ("seats", "seats: 8, flags", "seats: -4, flags"),
    ("flag", "[accessible]", "[accesible]"),
    ("block", "seats: [3, 4]", "seats: [3, 0]"),
    ("aisle", "aisle: 1.5", "aisle: -1"),
    ("gap", "gap_before: 1}", "gap_before: 1000}"),
    ("first", "first: 8", "first: 0"),
    (
        "rows category",
        "category: b}\n      - {labels: K",
        "category: yy}\n      - {labels: K",
    ),
    ("number from", "from: 2", "from: two"),
    ("number to", "to: 20", "to: 1"),
    ("parity", "parity: even", "parity: evens"),
    ("counts of rows", "each: [7, 9]", "each: [7, 9, 9]"),
    ("shift", "shift: 0.5", "shift: left"),
    ("stagger", "stagger: true", "stagger: 1"),
    ("unknown key of rows", "shift: 0.5", "shift: 0.5, sats: 3"),
    (
        "numbers and counts",
        "M-N, seats",
        "M-N, numbers: {to: 8}, seats",
    ),
    ("mark of no row", "{rows: A, n", "{rows: ZZ, n"),
    ("mark of no number", "numbers: 1-2", "numbers: 90"),
    ("mark's number", "numbers: 1-2", "numbers: 0"),
    (
        "mark's category",
        "ends: 1, category: b",
        "ends: 1, category: xx",
    ),
    ("mark without effect", "ends: 1, category: b", "ends: 1"),
    ("key of a former section", "[T1, T2]", "[T1, S]"),
    ("unreadable key", "[T1, T2]", "[T1, t2]"),
    ("tables' flag", "[restricted_view]", "[restricted]"),
    ("no anchor", "    at: [-30, 10]\n", ""),
    ("step", "step: {y: 30}", "step: {y: up}"),
    ("chairs", "1-6, seats: 4", "1-6, seats: 0"),
    ("columns", "columns: 3", "columns: 0"),
    ("table of a former group", "11-12", "6-7"),
    ("no labels of tables", "labels: 1-6, ", ""),
    ("shape", "shape: box", "shape: bx"),
    ("size of a box", "abreast: 2", "abreast: 2, size: [1, 1]"),
    ("mark of no section", "sections: T1", "sections: T9"),
    (
        "mark of no chair",
        "tables: 2, numbers: 4",
        "tables: 2, numbers: 9",
    ),
    ("absent", "absent: true", "absent: very"),
    ("no category", "    category: c\n", ""),
    ("capacity", "capacity: 40", "capacity: 0"),
    ("full area", "capacity: 40", "capacity: 4000"),
    ("crowded area", "capacity: 40", "capacity: 240"),
    ("area", "rectangle: [8, 6]", "rectangle: [8, 0]"),
    (
        "two anchors",
        "at: [30, 10]",
        "at: [30, 10]\n    distance: 5",
    ),
    ("rows over the last rows", "at: [0, 60]", "at: [0, 14]"),
    ("rows over the tables", "at: [0, 60]", "at: [-30, 11]"),
    ("rows in the area", "at: [0, 60]", "at: [30, 14]"),
    ("rows without category", "    category: a\n    at", "    at"),
    ("alignment", "align: left", "align: middle"),
    (
        "too many seats",
        "labels: 1-2, seats: 6",
        "labels: 1-2, seats: 501",
    ),
    ("last label", "3-4", "3-B"),
    ("key twice", "  - key: Q", "  - key: Q\n    key: R"),
    ("misspelt key", "shift: 0.5", "shfit: 0.5"),
    ("rows that are none", "{labels: 3-4, seats: 7}", "none"),
    (
        "mark that is none",
        "{sections: T1, tables: 2, numbers: 4, absent: true}",
        "none",
    ),
    (
        "figure that is none",
        "{kind: stage, name: Stage, rectangle: [6, 4]}",
        "none",
    ),
];
