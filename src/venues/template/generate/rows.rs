//! Rows of seats, from the first backwards.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, place_outline};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::spec::{Align, RowsSpec, SectionSpec};

/// Room between the outermost seat's middle and the outline.
const MARGIN: f64 = 0.5;

/// Where a row runs: its ends and its distance from the first row.
pub(super) struct Run {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) v: f64,
}

pub(super) fn draw_rows<'t>(
    section: &'t SectionSpec,
    groups: &'t [RowsSpec],
    frame: &Frame,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    let widest = groups
        .iter()
        .flat_map(|group| (0..group.labels.len()).map(|row| width(group, row)))
        .fold(0.0, f64::max);
    let mut rows = Vec::new();
    let mut runs: Vec<Run> = Vec::new();
    for group in groups {
        let source = drawn.add_source(&group.source);
        let category = group.category.as_ref().or(section.category.as_ref());
        let template = DraftSeat {
            number: 0,
            place: Place::default(),
            category: category.map(String::as_str),
            flags: [section.flags.as_slice(), group.flags.as_slice()].concat(),
            has_gap_after: false,
            is_absent: false,
            source,
        };
        for (row, label) in group.labels.iter().enumerate() {
            let before = if row == 0 { group.gap_before } else { 0.0 };
            let v = match runs.last() {
                None => before,
                Some(last) => last.v + group.style.row_spacing + before,
            };
            let is_odd = runs.len() % 2 == 1;
            let left = left_end(group, row, widest) + stagger(group, is_odd);
            runs.push(Run {
                left,
                right: left + width(group, row),
                v,
            });
            rows.push(DraftRow {
                label,
                seats: seats(group, row, (left, v), frame, &template),
            });
        }
    }
    let middle = runs.last().map_or(0.0, |last| last.v / 2.0);
    let outline = place_outline(frame, &around(&runs));
    DraftSection {
        rows,
        tables: Vec::new(),
        outline,
        name_at: frame.place(0.0, middle),
    }
}

fn seats<'t>(
    group: &RowsSpec,
    row: usize,
    (left, v): (f64, f64),
    frame: &Frame,
    template: &DraftSeat<'t>,
) -> Vec<DraftSeat<'t>> {
    let n_seats: u32 = group.blocks.iter().map(|block| block[row]).sum();
    // Invariant: reading the template made sure that there are numbers enough.
    let numbers = group
        .style
        .numbering
        .number(n_seats as usize)
        .unwrap_or_default();
    let mut numbers = numbers.into_iter();
    let mut seats = Vec::with_capacity(n_seats as usize);
    let mut u = left + group.style.seat_spacing / 2.0;
    for (block, counts) in group.blocks.iter().enumerate() {
        for number in numbers.by_ref().take(counts[row] as usize) {
            seats.push(DraftSeat {
                number,
                place: frame.place(u, v),
                ..template.clone()
            });
            u += group.style.seat_spacing;
        }
        if block + 1 < group.blocks.len() {
            u += aisle(group, block);
            if let Some(last) = seats.last_mut() {
                last.has_gap_after = true;
            }
        }
    }
    seats
}

fn aisle(group: &RowsSpec, block: usize) -> f64 {
    let aisles = &group.style.aisles;
    aisles
        .get(block)
        .or(aisles.last())
        .copied()
        .unwrap_or_default()
}

fn width(group: &RowsSpec, row: usize) -> f64 {
    let n_seats: u32 = group.blocks.iter().map(|block| block[row]).sum();
    let aisles: f64 = (0..group.blocks.len() - 1)
        .map(|block| aisle(group, block))
        .sum();
    f64::from(n_seats) * group.style.seat_spacing + aisles
}

fn left_end(group: &RowsSpec, row: usize, widest: f64) -> f64 {
    let left = match group.style.align {
        Align::Left => -widest / 2.0,
        Align::Centre => -width(group, row) / 2.0,
        Align::Right => widest / 2.0 - width(group, row),
    };
    left + group.shift
}

fn stagger(group: &RowsSpec, is_odd: bool) -> f64 {
    if group.style.is_staggered && is_odd {
        group.style.seat_spacing / 2.0
    } else {
        0.0
    }
}

/// A line around rows: along the front, down the right ends, along the back, up the left ends.
pub(super) fn around(runs: &[Run]) -> Vec<Place> {
    let (Some(first), Some(last)) = (runs.first(), runs.last()) else {
        return Vec::new();
    };
    let v = |run: &Run| {
        if run.v <= first.v {
            run.v - MARGIN
        } else if run.v >= last.v {
            run.v + MARGIN
        } else {
            run.v
        }
    };
    let margin = MARGIN * 0.8;
    let mut right: Vec<_> = runs
        .iter()
        .map(|run| Place::new(run.right + margin, v(run)))
        .collect();
    let mut left: Vec<_> = runs
        .iter()
        .map(|run| Place::new(run.left - margin, v(run)))
        .collect();
    if let [only] = runs {
        right.push(Place::new(only.right + margin, only.v + MARGIN));
        left.push(Place::new(only.left - margin, only.v + MARGIN));
    }
    left.reverse();
    straighten(right)
        .into_iter()
        .chain(straighten(left))
        .collect()
}

/// Leaves out places on a straight line between their neighbours.
fn straighten(places: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        while let [.., a, b] = kept[..] {
            let cross = (b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x);
            if cross.abs() > 1e-6 {
                break;
            }
            kept.pop();
        }
        kept.push(place);
    }
    kept
}
