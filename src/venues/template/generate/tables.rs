//! Tables with chairs and boxes, in a grid.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, Knowledge, place_outline, point};
use super::rows::{Run, around, category_of, flags_of, stand_in};
use crate::venues::model::{Figure, FigureKind};
use crate::venues::template::figures::{ellipse, rectangle};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::limits::ROWS_PER_SECTION_MAX;
use crate::venues::template::spec::{SectionSpec, TableShape, TablesSpec};

/// From the edge of a table to the middle of a chair at it.
const CHAIR_DISTANCE: f64 = 0.3;
const CHAIR_SPACING: f64 = 0.6;
const BOX_ROW_SPACING: f64 = 0.8;

pub(super) fn draw_tables<'t>(
    section: &'t SectionSpec,
    groups: &'t [Option<TablesSpec>],
    frame: Option<&Frame>,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    let mut draft = DraftSection::default();
    let mut runs = Vec::new();
    let mut last_v = Some(0.0);
    for (nth, group) in groups.iter().enumerate() {
        let Some(group) = group else {
            last_v = None;
            continue;
        };
        let spacing = match nth {
            0 => Some(0.0),
            _ => group.row_spacing,
        };
        let first_v = sum([last_v, spacing, group.gap_before]);
        let template = seat_of(section, group, drawn);
        let table = Table::of(group);
        for (index, label) in group.labels.labels.iter().enumerate() {
            let at = centre(group, index, first_v);
            last_v = row_v(group, index, first_v);
            draft.rows.push(row(group, label, &template, |seat| {
                let chair = *table.as_ref()?.chairs.get(seat)?;
                Some(frame?.place_beside(at?, chair))
            }));
            // A section that has more of them is refused.
            if draft.tables.len() as u64 <= ROWS_PER_SECTION_MAX
                && let (Some(at), Some(frame), Some(table)) = (at, frame, &table)
            {
                widen(&mut runs, at, table.reach, frame);
                draft.tables.push(figure(table, label, frame, at));
            }
        }
        if !group.labels.is_whole {
            last_v = None;
            draft.rows.push(stand_in(template));
        }
    }
    if let Some(frame) = frame {
        draft.outline = place_outline(frame, &around(&runs));
        draft.name_at = frame.place(0.0, last_v.unwrap_or_default() / 2.0);
    }
    draft
}

fn sum<const N: usize>(lengths: [Option<f64>; N]) -> Option<f64> {
    lengths.into_iter().sum()
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

/// What stands at each place of a group's grid.
struct Table {
    kind: FigureKind,
    corners: Vec<Place>,
    chairs: Vec<Place>,
    /// How far table and chairs reach from the table's middle.
    reach: Place,
}

impl Table {
    fn of(group: &TablesSpec) -> Option<Self> {
        let (of, n_seats) = (group.shape?, group.n_seats?);
        let (kind, corners) = shape(of, n_seats);
        let chairs = chairs(of, n_seats);
        let places = corners.iter().chain(&chairs);
        let reach = places.fold(Place::default(), |reach, place| {
            Place::new(reach.x.max(place.x.abs()), reach.y.max(place.y.abs()))
        });
        Some(Self {
            kind,
            corners,
            chairs,
            reach,
        })
    }
}

/// What all chairs of a group have.
fn seat_of<'t>(
    section: &'t SectionSpec,
    group: &'t TablesSpec,
    drawn: &mut Drawn,
) -> DraftSeat<'t> {
    DraftSeat {
        number: None,
        place: None,
        category: category_of(&group.category, section),
        flags: flags_of(&group.flags, section),
        has_gap_after: false,
        is_absent: false,
        source: drawn.add_source(&group.source),
    }
}

fn row<'t>(
    group: &TablesSpec,
    label: &'t str,
    template: &DraftSeat<'t>,
    place: impl Fn(usize) -> Option<Place>,
) -> DraftRow<'t> {
    let Some(n_seats) = group.n_seats else {
        return DraftRow {
            label,
            ..stand_in(template.clone())
        };
    };
    let seats = (1..=n_seats).map(|number| DraftSeat {
        number: Some(number),
        place: place(number as usize - 1),
        ..template.clone()
    });
    DraftRow {
        label,
        seats: seats.collect(),
        knowledge: Knowledge::Whole,
    }
}

/// How far back the row of the nth table stands.
fn row_v(group: &TablesSpec, index: usize, first_v: Option<f64>) -> Option<f64> {
    if index >= group.labels.n_in_order {
        return None;
    }
    match index / group.n_columns? {
        0 => first_v,
        row => Some(first_v? + count(row) * group.row_spacing?),
    }
}

/// The middle of the nth table: rows of tables are filled from the left, the last one centred.
fn centre(group: &TablesSpec, index: usize, first_v: Option<f64>) -> Option<(f64, f64)> {
    let n_tables = group.labels.is_whole.then_some(group.labels.labels.len())?;
    let n_columns = group.n_columns?.min(n_tables);
    let (row, column) = (index / n_columns, index % n_columns);
    let n_in_row = (n_tables - row * n_columns).min(n_columns);
    let spacing = group.column_spacing?;
    let stagger = match (row % 2 == 1, group.is_staggered) {
        (true, None) => return None,
        (true, Some(true)) => spacing / 2.0,
        _ => 0.0,
    };
    let u = (count(column) - count(n_in_row - 1) / 2.0) * spacing;
    Some((u + group.shift? + stagger, row_v(group, index, first_v)?))
}

/// Where the chairs are about the middle of their table, in the order of their numbers.
fn chairs(shape: TableShape, n: u32) -> Vec<Place> {
    match shape {
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

fn shape(shape: TableShape, n_seats: u32) -> (FigureKind, Vec<Place>) {
    match shape {
        TableShape::Round { diameter, .. } => (
            FigureKind::Table,
            ellipse(Place::new(diameter, diameter), 20),
        ),
        TableShape::Rectangle { width, depth } => (FigureKind::Table, rectangle(width, depth)),
        TableShape::Box { n_abreast } => {
            let n_rows = n_seats.div_ceil(n_abreast);
            let width = f64::from(n_abreast.min(n_seats)) * CHAIR_SPACING + 0.2;
            (
                FigureKind::Box,
                rectangle(width, f64::from(n_rows) * BOX_ROW_SPACING + 0.2),
            )
        }
    }
}

fn figure(table: &Table, label: &str, frame: &Frame, at: (f64, f64)) -> Figure {
    Figure {
        kind: table.kind,
        name: label.to_owned(),
        name_at: point(frame.place(at.0, at.1)),
        outline: table
            .corners
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
