//! Seats that stand in each other's place, found with a grid in time proportional to the seats.

use std::collections::{BTreeMap, HashMap};

use super::frame::{Place, is_inside};
use super::generate::{Drawn, SeatAt};
use super::limits::SEAT_DISTANCE_MIN_CM;
use super::problems::{ProblemCode, Problems};
use crate::venues::model::SectionKind;

/// Two seats in one cell are closer than the least distance, so a cell needs to know only one.
const CELL_CM: i32 = 28;
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
}

impl Clashes {
    fn add(&mut self, drawn: &Drawn, a: usize, b: usize) {
        let sources = (drawn.seats[a].source, drawn.seats[b].source);
        let key = (sources.0.max(sources.1), sources.0.min(sources.1));
        self.0
            .entry(key)
            .or_insert(Clash {
                n_pairs: 0,
                seats: (a, b),
            })
            .n_pairs += 1;
    }
}

pub(super) fn report_overlaps(drawn: &Drawn, problems: &mut Problems) {
    let mut clashes = Clashes::default();
    find_close_seats(drawn, &mut clashes);
    find_seats_in_areas(drawn, &mut clashes);
    for ((source, _), clash) in &clashes.0 {
        let (a, b) = clash.seats;
        let more = match clash.n_pairs {
            1 => String::new(),
            n => format!("; so do {} more pairs", n - 1),
        };
        let detail = format!(
            "Seats {} and {} overlap: {} cm apart, and {SEAT_DISTANCE_MIN_CM} cm is the \
             least{more}. Move the section, or widen its spacing.",
            label(drawn, a),
            label(drawn, b),
            distance_cm(drawn.seats[a], drawn.seats[b]),
        );
        problems.add(
            ProblemCode::OverlappingSeats,
            &drawn.sources[*source as usize],
            detail,
        );
    }
}

fn find_close_seats(drawn: &Drawn, clashes: &mut Clashes) {
    let mut cells: HashMap<(i32, i32), usize> = HashMap::with_capacity(drawn.seats.len());
    for (kind, seats) in sections(drawn) {
        if kind == SectionKind::GeneralAdmission {
            continue;
        }
        for index in seats {
            let seat = drawn.seats[index];
            let cell = (seat.x.div_euclid(CELL_CM), seat.y.div_euclid(CELL_CM));
            match cells.entry(cell) {
                std::collections::hash_map::Entry::Occupied(other) => {
                    clashes.add(drawn, *other.get(), index);
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(index);
                }
            }
        }
    }
    for (cell, index) in &cells {
        for (x, y) in NEIGHBOURS {
            let Some(other) = cells.get(&(cell.0 + x, cell.1 + y)) else {
                continue;
            };
            if is_too_close(drawn.seats[*index], drawn.seats[*other]) {
                clashes.add(drawn, *index, *other);
            }
        }
    }
}

/// Seats and places inside a standing area that is not theirs.
fn find_seats_in_areas(drawn: &Drawn, clashes: &mut Clashes) {
    for (section, (kind, own)) in drawn.sections.iter().zip(sections(drawn)) {
        if kind == SectionKind::Reserved || own.is_empty() {
            continue;
        }
        let outline: Vec<Place> = section
            .outline
            .iter()
            .map(|corner| Place::new(corner.x, corner.y))
            .collect();
        for (index, seat) in drawn.seats.iter().enumerate() {
            let place = Place::new(f64::from(seat.x) / 100.0, f64::from(seat.y) / 100.0);
            if !own.contains(&index) && is_inside(&outline, place) {
                clashes.add(drawn, own.start, index);
            }
        }
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

fn is_too_close(a: SeatAt, b: SeatAt) -> bool {
    let (x, y) = (i64::from(a.x - b.x), i64::from(a.y - b.y));
    x * x + y * y < i64::from(SEAT_DISTANCE_MIN_CM).pow(2)
}

fn distance_cm(a: SeatAt, b: SeatAt) -> u64 {
    (u64::from(a.x.abs_diff(b.x)).pow(2) + u64::from(a.y.abs_diff(b.y)).pow(2)).isqrt()
}

fn label(drawn: &Drawn, index: usize) -> &str {
    let rows = drawn.sections.iter().flat_map(|section| &section.rows);
    let mut seats = rows.flat_map(|row| &row.seats);
    seats.nth(index).map_or("", |seat| seat.label.as_str())
}
