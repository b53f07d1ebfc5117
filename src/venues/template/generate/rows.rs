//! Rows of seats, from the first backwards.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, Knowledge, place_outline};
use crate::venues::model::SeatFlag;
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

/// How far the drawing has come; `v` is unknown from the first row on that cannot be placed.
struct Cursor {
    v: Option<f64>,
    n_rows: usize,
}

impl Cursor {
    fn step(&mut self, group: &RowsSpec, row: usize) -> Option<f64> {
        let before = match row {
            0 => group.gap_before,
            _ => Some(0.0),
        };
        let spacing = match self.n_rows {
            0 => Some(0.0),
            _ => group.style.row_spacing,
        };
        let is_in_order = row < group.labels.n_in_order;
        let here = self.v.filter(|_| is_in_order).zip(spacing).zip(before);
        self.v = here.map(|((v, spacing), before)| v + spacing + before);
        self.n_rows += 1;
        self.v
    }
}

pub(super) fn draw_rows<'t>(
    section: &'t SectionSpec,
    groups: &'t [Option<RowsSpec>],
    frame: Option<&Frame>,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    let widest = widest(groups);
    let mut rows = Vec::new();
    let mut runs: Option<Vec<Run>> = Some(Vec::new());
    let mut cursor = Cursor {
        v: Some(0.0),
        n_rows: 0,
    };
    for group in groups {
        let Some(group) = group else {
            cursor.v = None;
            continue;
        };
        let template = seat_of(section, group, drawn);
        for (row, label) in group.labels.labels.iter().enumerate() {
            let is_odd = cursor.n_rows % 2 == 1;
            let v = cursor.step(group, row);
            let left = left_end(group, row, widest).zip(stagger(group, is_odd));
            let start = left.map(|(left, stagger)| left + stagger).zip(v);
            let run = start.zip(width(group, row));
            runs = runs.zip(run).map(|(mut runs, ((left, v), width))| {
                let right = left + width;
                runs.push(Run { left, right, v });
                runs
            });
            rows.push(draw_row((group, row), label, start.zip(frame), &template));
        }
        if !group.labels.is_whole {
            cursor.v = None;
            rows.push(stand_in(template));
        }
    }
    let runs = runs.unwrap_or_default();
    let middle = runs.last().map_or(0.0, |last| last.v / 2.0);
    DraftSection {
        rows,
        tables: Vec::new(),
        outline: frame.map_or_else(Vec::new, |frame| place_outline(frame, &around(&runs))),
        name_at: frame.map_or_else(Place::default, |frame| frame.place(0.0, middle)),
        is_cramped: false,
    }
}

/// What all seats of a group have.
fn seat_of<'t>(section: &'t SectionSpec, group: &'t RowsSpec, drawn: &mut Drawn) -> DraftSeat<'t> {
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

pub(super) fn category_of<'t>(
    own: &'t Option<Option<String>>,
    section: &'t SectionSpec,
) -> Option<Option<&'t str>> {
    match own {
        None => None,
        Some(Some(key)) => Some(Some(key)),
        Some(None) => section.category.as_ref().map(Option::as_deref),
    }
}

pub(super) fn flags_of(own: &Option<Vec<SeatFlag>>, section: &SectionSpec) -> Vec<SeatFlag> {
    let flags = [&section.flags, own].into_iter().flatten().flatten();
    flags.copied().collect()
}

fn draw_row<'t>(
    (group, row): (&'t RowsSpec, usize),
    label: &'t str,
    start: Option<((f64, f64), &Frame)>,
    template: &DraftSeat<'t>,
) -> DraftRow<'t> {
    let n_seats = group.n_seats(row);
    let numbering = group.style.numbering.as_ref();
    let numbers = n_seats
        .zip(numbering)
        .and_then(|(n, numbering)| numbering.number(n as usize));
    let places = start.and_then(|((left, v), frame)| {
        let along = along(group, row, left)?.into_iter();
        Some(along.map(|u| frame.place(u, v)).collect::<Vec<_>>())
    });
    let Some(n_seats) = n_seats else {
        return DraftRow {
            label,
            ..stand_in(template.clone())
        };
    };
    let seats = (0..n_seats as usize).map(|seat| DraftSeat {
        number: numbers
            .as_ref()
            .and_then(|numbers| numbers.get(seat).copied()),
        place: places.as_ref().and_then(|places| places.get(seat).copied()),
        ..template.clone()
    });
    let mut seats: Vec<_> = seats.collect();
    let n_rows = group.labels.is_whole.then_some(group.labels.labels.len());
    let mut n_before = 0;
    for block in group.blocks.iter().flatten() {
        n_before += block.certain(row, n_rows).unwrap_or_default() as usize;
        if n_before < seats.len()
            && let Some(last) = n_before.checked_sub(1)
        {
            seats[last].has_gap_after = true;
        }
    }
    DraftRow {
        label,
        seats,
        knowledge: match numbers {
            Some(_) => Knowledge::Whole,
            None => Knowledge::Count,
        },
    }
}

/// A row of which only what all seats of its group have is known.
pub(super) fn stand_in(seat: DraftSeat<'_>) -> DraftRow<'_> {
    DraftRow {
        label: "",
        seats: vec![seat],
        knowledge: Knowledge::StandIn,
    }
}

/// The middles of a row's seats, from its left end.
fn along(group: &RowsSpec, row: usize, left: f64) -> Option<Vec<f64>> {
    let spacing = group.style.seat_spacing?;
    let n_rows = group.labels.is_whole.then_some(group.labels.labels.len());
    let mut middles = Vec::new();
    let mut u = left + spacing / 2.0;
    for (block, counts) in group.blocks.iter().enumerate() {
        for _ in 0..counts.as_ref()?.certain(row, n_rows)? {
            middles.push(u);
            u += spacing;
        }
        if block + 1 < group.blocks.len() {
            u += aisle(group, block)?;
        }
    }
    Some(middles)
}

fn aisle(group: &RowsSpec, block: usize) -> Option<f64> {
    let aisles = group.style.aisles.as_ref()?;
    let width = aisles.get(block).or(aisles.last()).copied();
    Some(width.unwrap_or_default())
}

fn width(group: &RowsSpec, row: usize) -> Option<f64> {
    let aisles = (0..group.blocks.len() - 1).map(|block| aisle(group, block));
    let aisles: f64 = aisles.sum::<Option<f64>>()?;
    Some(f64::from(group.n_seats(row)?) * group.style.seat_spacing? + aisles)
}

/// The width of the widest row, if all rows are known.
fn widest(groups: &[Option<RowsSpec>]) -> Option<f64> {
    let mut widest: f64 = 0.0;
    for group in groups {
        let group = group.as_ref().filter(|group| group.labels.is_whole)?;
        for row in 0..group.labels.labels.len() {
            widest = widest.max(width(group, row)?);
        }
    }
    Some(widest)
}

fn left_end(group: &RowsSpec, row: usize, widest: Option<f64>) -> Option<f64> {
    let left = match group.style.align? {
        Align::Left => -widest? / 2.0,
        Align::Centre => -width(group, row)? / 2.0,
        Align::Right => widest? / 2.0 - width(group, row)?,
    };
    Some(left + group.shift?)
}

fn stagger(group: &RowsSpec, is_odd: bool) -> Option<f64> {
    match (is_odd, group.style.is_staggered) {
        (false, _) | (true, Some(false)) => Some(0.0),
        (true, Some(true)) => Some(group.style.seat_spacing? / 2.0),
        (true, None) => None,
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
