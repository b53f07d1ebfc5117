//! Seats that stand in each other's place, found with a grid in time proportional to the seats.

use std::collections::{BTreeMap, HashMap};

use super::frame::{Place, box_around, is_between, sides};
use super::generate::Drawn;
use super::limits::{CLASHES_MAX, SEAT_DISTANCE_MIN_CM};
use super::looks::Looks;
use super::problems::{ProblemCode, Problems};
use crate::venues::model::{Point, SectionKind};

/// Two seats in one cell are closer than the least distance.
const CELL_CM: i32 = 28;
/// A seat in the box around an area costs as much as so many of the area's sides.
const LOOKS_PER_SEAT: usize = 20;
/// Bands that an area is cut into, so that for a seat only sides at its height are looked at.
const BANDS_PER_AREA: u32 = 64;
/// Limit: seats that a cell keeps. A further one overlaps these, which is reported.
const SEATS_PER_CELL_MAX: usize = 8;
/// Cells that can hold a seat too close to one in the cell (0, 0); the other half finds this one.
const NEIGHBOURS: [(i32, i32); 12] = [
    (1, 0),
    (2, 0),
    (-2, 1),
    (-1, 1),
    (0, 1),
    (1, 1),
    (2, 1),
    (-2, 2),
    (-1, 2),
    (0, 2),
    (1, 2),
    (2, 2),
];

/// Pairs that overlap, by the parts of the template that made them: how many, and one of them.
#[derive(Default)]
struct Clashes(BTreeMap<(u32, u32), Clash>);

struct Clash {
    n_pairs: usize,
    seats: (usize, usize),
    is_in_area: bool,
}

impl Clashes {
    fn add(&mut self, drawn: &Drawn, seats: (usize, usize), is_in_area: bool) {
        let sources = (drawn.seats[seats.0].source, drawn.seats[seats.1].source);
        let key = (sources.0.max(sources.1), sources.0.min(sources.1));
        if self.0.len() >= CLASHES_MAX && !self.0.contains_key(&key) {
            return;
        }
        self.0
            .entry(key)
            .or_insert(Clash {
                n_pairs: 0,
                seats,
                is_in_area,
            })
            .n_pairs += 1;
    }
}

pub(super) fn report_overlaps(drawn: &Drawn, problems: &mut Problems) {
    let mut clashes = Clashes::default();
    let mut looks = drawn.looks;
    find_close_seats(drawn, &mut clashes);
    find_seats_in_areas(drawn, &mut looks, &mut clashes);
    if let Some(source) = looks.used_up_by() {
        let detail = "Filling the areas, and looking for seats inside them, takes too long from \
                      here on: give the areas fewer corners, make narrow ones wider, and keep \
                      areas and seats apart.";
        problems.add(
            ProblemCode::TooLarge,
            &drawn.sources[source as usize],
            detail,
        );
    }
    let labels = labels(drawn);
    for ((source, _), clash) in &clashes.0 {
        let (a, b) = (labels[clash.seats.0], labels[clash.seats.1]);
        let others = clash.n_pairs - 1;
        let detail = if clash.is_in_area {
            let more = match others {
                0 => String::new(),
                n => format!("; so do {n} more"),
            };
            format!("{b} stands within the area of {a}{more}. Move one, or make the area smaller.")
        } else {
            let more = match others {
                0 => String::new(),
                n => format!("; so do {n} more pairs"),
            };
            let cm = distance_cm(drawn, clash.seats);
            format!(
                "Seats {a} and {b} overlap: {cm} cm apart, and {SEAT_DISTANCE_MIN_CM} cm is the \
                 least{more}. Move the section, or widen its spacing."
            )
        };
        let source = &drawn.sources[*source as usize];
        problems.add(ProblemCode::OverlappingSeats, source, detail);
    }
}

fn find_close_seats(drawn: &Drawn, clashes: &mut Clashes) {
    let mut cells: HashMap<(i32, i32), Vec<usize>> = HashMap::with_capacity(drawn.seats.len());
    for (kind, seats) in sections(drawn) {
        if kind == SectionKind::GeneralAdmission {
            continue;
        }
        for index in seats {
            let Some((x, y)) = drawn.seats[index].at else {
                continue;
            };
            let cell = (x.div_euclid(CELL_CM), y.div_euclid(CELL_CM));
            let others = cells.entry(cell).or_default();
            for other in &*others {
                clashes.add(drawn, (*other, index), false);
            }
            if others.len() < SEATS_PER_CELL_MAX {
                others.push(index);
            }
        }
    }
    for (cell, seats) in &cells {
        let neighbours = NEIGHBOURS
            .iter()
            .filter_map(|(x, y)| cells.get(&(cell.0 + x, cell.1 + y)));
        for other in neighbours.flatten() {
            for seat in seats {
                if is_too_close(drawn, (*seat, *other)) {
                    clashes.add(drawn, (*seat, *other), false);
                }
            }
        }
    }
}

/// Seats and places inside a standing area that is not theirs, as long as there are looks left.
fn find_seats_in_areas(drawn: &Drawn, looks: &mut Looks, clashes: &mut Clashes) {
    let metres = |(x, y)| Place::new(f64::from(x) / 100.0, f64::from(y) / 100.0);
    let places: Vec<Option<Place>> = drawn.seats.iter().map(|seat| seat.at.map(metres)).collect();
    for (section, (kind, own)) in drawn.sections.iter().zip(sections(drawn)) {
        if kind == SectionKind::Reserved || own.is_empty() {
            continue;
        }
        let source = drawn.seats[own.start].source;
        let area = Area::of(&section.outline);
        for (index, place) in places.iter().enumerate() {
            let Some(place) = place else { continue };
            let Some(sides) = area.sides_beside(*place).filter(|_| !own.contains(&index)) else {
                continue;
            };
            if !looks.take(sides.len() + LOOKS_PER_SEAT, source) {
                return;
            }
            if is_between(sides.iter().copied(), *place) {
                clashes.add(drawn, (own.start, index), true);
            }
        }
    }
}

/// The sides of a standing area, by the bands that they pass through.
struct Area {
    min: Place,
    max: Place,
    bands: Vec<Vec<(Place, Place)>>,
}

impl Area {
    fn of(outline: &[Point]) -> Self {
        let outline: Vec<Place> = outline.iter().map(|at| Place::new(at.x, at.y)).collect();
        let (min, max) = box_around(&outline);
        let bands = vec![Vec::new(); BANDS_PER_AREA as usize];
        let mut area = Self { min, max, bands };
        for (a, b) in sides(&outline) {
            for band in area.band(a.y.min(b.y))..=area.band(a.y.max(b.y)) {
                area.bands[band].push((a, b));
            }
        }
        area
    }

    fn band(&self, y: f64) -> usize {
        let share = (y - self.min.y) / (self.max.y - self.min.y).max(0.01);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the share is between 0 and 1"
        )]
        let band = (share * f64::from(BANDS_PER_AREA)) as usize;
        band.min(BANDS_PER_AREA as usize - 1)
    }

    /// The sides at the height of a place, if it is in the box around the area.
    fn sides_beside(&self, place: Place) -> Option<&[(Place, Place)]> {
        let is_near = (self.min.x..=self.max.x).contains(&place.x)
            && (self.min.y..=self.max.y).contains(&place.y);
        is_near.then(|| &self.bands[self.band(place.y)][..])
    }
}

/// The kind of each section and the range of its seats.
fn sections(drawn: &Drawn) -> impl Iterator<Item = (SectionKind, std::ops::Range<usize>)> {
    let mut start = 0;
    drawn.sections.iter().map(move |section| {
        let n_seats: usize = section.rows.iter().map(|row| row.seats.len()).sum();
        start += n_seats;
        (section.kind, start - n_seats..start)
    })
}

fn is_too_close(drawn: &Drawn, seats: (usize, usize)) -> bool {
    let least = u64::from(SEAT_DISTANCE_MIN_CM.unsigned_abs());
    distance_squared(drawn, seats).is_some_and(|squared| squared < least.pow(2))
}

fn distance_cm(drawn: &Drawn, seats: (usize, usize)) -> u64 {
    distance_squared(drawn, seats).unwrap_or_default().isqrt()
}

fn distance_squared(drawn: &Drawn, (a, b): (usize, usize)) -> Option<u64> {
    let (a, b) = (drawn.seats[a].at?, drawn.seats[b].at?);
    Some(u64::from(a.0.abs_diff(b.0)).pow(2) + u64::from(a.1.abs_diff(b.1)).pow(2))
}

/// The label of each seat.
fn labels(drawn: &Drawn) -> Vec<&str> {
    let rows = drawn.sections.iter().flat_map(|section| &section.rows);
    let seats = rows.flat_map(|row| &row.seats);
    seats.map(|seat| seat.label.as_str()).collect()
}
