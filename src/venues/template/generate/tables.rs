//! Tables with chairs and boxes, in a grid.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, place_outline, point};
use super::rows::{Run, around};
use crate::venues::model::{Figure, FigureKind};
use crate::venues::template::figures::{ellipse, rectangle};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::spec::{SectionSpec, TableShape, TablesSpec};

/// From the edge of a table to the middle of a chair at it.
const CHAIR_DISTANCE: f64 = 0.3;
const CHAIR_SPACING: f64 = 0.6;
const BOX_ROW_SPACING: f64 = 0.8;

pub(super) fn draw_tables<'t>(
    section: &'t SectionSpec,
    groups: &'t [TablesSpec],
    frame: &Frame,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    let mut rows = Vec::new();
    let mut tables = Vec::new();
    let mut runs = Vec::new();
    let mut next_v = 0.0;
    for (nth, group) in groups.iter().enumerate() {
        let source = drawn.add_source(&group.source);
        let chairs = chairs(group);
        let reach = reach(group, &chairs);
        let first_v = next_v + group.gap_before;
        for (index, label) in group.labels.iter().enumerate() {
            let (u, v) = centre(group, index, first_v);
            widen(&mut runs, (u, v), reach, frame);
            rows.push(row(section, group, label, source, |seat| {
                frame.place_beside((u, v), chairs[seat])
            }));
            tables.push(figure(group, label, frame, (u, v)));
            next_v = v;
        }
        let following = groups.get(nth + 1).map_or(0.0, |group| group.row_spacing);
        next_v += following;
    }
    let middle = next_v / 2.0;
    DraftSection {
        rows,
        tables,
        outline: place_outline(frame, &around(&runs)),
        name_at: frame.place(0.0, middle),
    }
}

/// Takes a table and its chairs into the line around the section: each row of tables has a run
/// along its front and one along its back, as wide as the same angle if the rows are bent.
fn widen(runs: &mut Vec<Run>, (u, v): (f64, f64), reach: Place, frame: &Frame) {
    for edge in [v - reach.y, v + reach.y] {
        let (left, right) = (
            frame.turn(u - reach.x, v, edge),
            frame.turn(u + reach.x, v, edge),
        );
        match runs.iter_mut().find(|run| (run.v - edge).abs() < 1e-9) {
            Some(run) => {
                run.left = run.left.min(left);
                run.right = run.right.max(right);
            }
            None => runs.push(Run {
                left,
                right,
                v: edge,
            }),
        }
    }
}

/// How far a table and its chairs reach from the table's middle.
fn reach(group: &TablesSpec, chairs: &[Place]) -> Place {
    let (_, corners) = shape(group);
    corners
        .iter()
        .chain(chairs)
        .fold(Place::default(), |reach, place| {
            Place::new(reach.x.max(place.x.abs()), reach.y.max(place.y.abs()))
        })
}

fn row<'t>(
    section: &'t SectionSpec,
    group: &'t TablesSpec,
    label: &'t str,
    source: u32,
    place: impl Fn(usize) -> Place,
) -> DraftRow<'t> {
    let category = group.category.as_ref().or(section.category.as_ref());
    let flags = [section.flags.as_slice(), group.flags.as_slice()].concat();
    let seats = (1..=group.n_seats).map(|number| DraftSeat {
        number,
        place: place(number as usize - 1),
        category: category.map(String::as_str),
        flags: flags.clone(),
        has_gap_after: false,
        is_absent: false,
        source,
    });
    DraftRow {
        label,
        seats: seats.collect(),
    }
}

/// The middle of the nth table: rows of tables are filled from the left, the last one centred.
fn centre(group: &TablesSpec, index: usize, first_v: f64) -> (f64, f64) {
    let n_columns = group.n_columns.min(group.labels.len());
    let (row, column) = (index / n_columns, index % n_columns);
    let n_in_row = (group.labels.len() - row * n_columns).min(n_columns);
    let stagger = if group.is_staggered && row % 2 == 1 {
        group.column_spacing / 2.0
    } else {
        0.0
    };
    let u = (count(column) - count(n_in_row - 1) / 2.0) * group.column_spacing;
    (
        u + group.shift + stagger,
        first_v + count(row) * group.row_spacing,
    )
}

/// Where the chairs are about the middle of their table, in the order of their numbers.
fn chairs(group: &TablesSpec) -> Vec<Place> {
    let n = group.n_seats;
    match group.shape {
        TableShape::Round { diameter, is_open } => {
            let distance = diameter / 2.0 + CHAIR_DISTANCE;
            (0..n)
                .map(|chair| {
                    let degrees = if is_open {
                        open_angle(chair, n)
                    } else {
                        angle(chair, n)
                    };
                    Place::new(0.0, -distance).turned(degrees.to_radians())
                })
                .collect()
        }
        TableShape::Rectangle { width, depth } => {
            let n_front = n / 2;
            let distance = depth / 2.0 + CHAIR_DISTANCE;
            let front = side(n_front, width).map(|u| Place::new(u, -distance));
            front
                .chain(side(n - n_front, width).map(|u| Place::new(u, distance)))
                .collect()
        }
        TableShape::Box { n_abreast } => (0..n)
            .map(|chair| {
                let n_rows = n.div_ceil(n_abreast);
                let (row, column) = (chair / n_abreast, chair % n_abreast);
                let n_in_row = (n - row * n_abreast).min(n_abreast);
                Place::new(
                    (f64::from(column) - f64::from(n_in_row - 1) / 2.0) * CHAIR_SPACING,
                    (f64::from(row) - f64::from(n_rows - 1) / 2.0) * BOX_ROW_SPACING,
                )
            })
            .collect(),
    }
}

/// Clockwise from the stage, with nobody's back straight to it.
fn angle(chair: u32, n: u32) -> f64 {
    (f64::from(chair) + 0.5) * 360.0 / f64::from(n)
}

/// Left to right around the far side.
fn open_angle(chair: u32, n: u32) -> f64 {
    if n == 1 {
        return 180.0;
    }
    285.0 - f64::from(chair) * 210.0 / f64::from(n - 1)
}

fn side(n: u32, width: f64) -> impl Iterator<Item = f64> {
    let spacing = width / f64::from(n.max(1));
    (0..n).map(move |chair| (f64::from(chair) + 0.5) * spacing - width / 2.0)
}

fn shape(group: &TablesSpec) -> (FigureKind, Vec<Place>) {
    match group.shape {
        TableShape::Round { diameter, .. } => (
            FigureKind::Table,
            ellipse(Place::new(diameter, diameter), 20),
        ),
        TableShape::Rectangle { width, depth } => (FigureKind::Table, rectangle(width, depth)),
        TableShape::Box { n_abreast } => {
            let n_rows = group.n_seats.div_ceil(n_abreast);
            let width = f64::from(n_abreast.min(group.n_seats)) * CHAIR_SPACING + 0.2;
            (
                FigureKind::Box,
                rectangle(width, f64::from(n_rows) * BOX_ROW_SPACING + 0.2),
            )
        }
    }
}

fn figure(group: &TablesSpec, label: &str, frame: &Frame, at: (f64, f64)) -> Figure {
    let (kind, corners) = shape(group);
    Figure {
        kind,
        name: label.to_owned(),
        name_at: point(frame.place(at.0, at.1)),
        outline: corners
            .iter()
            .map(|corner| point(frame.place_beside(at, *corner)))
            .collect(),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "geometry; counts here are small"
)]
fn count(n: usize) -> f64 {
    n as f64
}
