//! Groups of tables and boxes, and standing areas.

use super::fields::{Fields, Spot};
use super::rows::read_row_labels;
use super::template::read_outline;
use super::values;
use crate::venues::template::frame::Place;
use crate::venues::template::limits::{ROWS_PER_SECTION_MAX, SEATS_MAX, SEATS_PER_TABLE_MAX};
use crate::venues::template::problems::Problems;
use crate::venues::template::spec::{PlacesSpec, TableShape, TablesSpec};

const KEYS: &[&str] = &[
    "labels",
    "skip",
    "seats",
    "shape",
    "size",
    "abreast",
    "columns",
    "column_spacing",
    "row_spacing",
    "stagger",
    "gap_before",
    "shift",
    "category",
    "flags",
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Round,
    Cabaret,
    Rectangle,
    Box,
}

pub(super) fn read_tables(spot: &Spot, problems: &mut Problems) -> Option<TablesSpec> {
    let fields = Fields::open(spot, KEYS, problems)?;
    let labels = read_row_labels(&fields, problems);
    let n_seats = fields.need("seats", problems, values::integer(1, SEATS_PER_TABLE_MAX));
    let shape = read_shape(&fields, problems);
    let columns = values::integer(1, ROWS_PER_SECTION_MAX);
    let n_columns = fields.get_or("columns", ROWS_PER_SECTION_MAX, problems, columns);
    let spacing = || values::metres(0.5, 100.0);
    let column_spacing = fields.get_or("column_spacing", 2.4, problems, spacing());
    let row_spacing = fields.get_or("row_spacing", 2.4, problems, spacing());
    let is_staggered = fields.get_or("stagger", false, problems, values::truth);
    let gap_before = fields.get_or("gap_before", 0.0, problems, values::metres(0.0, 100.0));
    let shift = fields.get_or("shift", 0.0, problems, values::metres(-100.0, 100.0));
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    Some(TablesSpec {
        source: fields.source,
        labels,
        n_seats: n_seats.and_then(|n| u32::try_from(n).ok()),
        shape,
        n_columns: n_columns.and_then(|n| usize::try_from(n).ok()),
        column_spacing,
        row_spacing,
        is_staggered,
        gap_before,
        shift,
        category,
        flags,
    })
}

fn read_shape(fields: &Fields, problems: &mut Problems) -> Option<TableShape> {
    let kinds = values::word(&[
        ("round", Kind::Round),
        ("cabaret", Kind::Cabaret),
        ("rectangle", Kind::Rectangle),
        ("box", Kind::Box),
    ]);
    let kind = fields.get_or("shape", Kind::Round, problems, kinds);
    let size = fields.get_or("size", Place::new(0.9, 0.9), problems, values::size);
    let abreast = values::integer(1, SEATS_PER_TABLE_MAX);
    let n_abreast = fields.get_or("abreast", 2, problems, abreast);
    match kind {
        Some(Kind::Box) => fields.conflict("shape", "size", problems),
        Some(_) => fields.conflict("shape", "abreast", problems),
        None => {}
    }
    let (size, n_abreast) = (size?, n_abreast?);
    Some(match kind? {
        Kind::Round => TableShape::Round {
            diameter: size.x,
            is_open: false,
        },
        Kind::Cabaret => TableShape::Round {
            diameter: size.x,
            is_open: true,
        },
        Kind::Rectangle => TableShape::Rectangle {
            width: size.x,
            depth: size.y,
        },
        Kind::Box => TableShape::Box {
            n_abreast: u32::try_from(n_abreast).ok()?,
        },
    })
}

pub(super) fn read_places(spot: &Spot, problems: &mut Problems) -> Option<PlacesSpec> {
    let fields = Fields::open(
        spot,
        &["capacity", "rectangle", "ellipse", "polygon"],
        problems,
    )?;
    let capacity = fields.need("capacity", problems, values::integer(1, SEATS_MAX));
    let outline = read_outline(&fields, problems);
    Some(PlacesSpec {
        source: fields.source,
        capacity: capacity.and_then(|n| u32::try_from(n).ok()),
        outline,
    })
}
