//! The house that is made for a load: its template, its seats, and choosing among them.

use std::ops::Range;

use anyhow::{Context as _, ensure};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::Deserialize;
use serde_json::{Value, json};

pub const CATEGORY: &str = "standard";
const SEATS_PER_ROW: u32 = 50;
const ROWS_PER_SECTION: u32 = 40;
/// Between the middles of two sections, in metres.
const SECTION_STEP: [u32; 2] = [40, 50];

/// A template of blocks of equal rows, with exactly so many seats.
pub fn template(n_seats: u32) -> Value {
    let n_per_section = SEATS_PER_ROW * ROWS_PER_SECTION;
    let n_sections = n_seats.div_ceil(n_per_section);
    let n_columns = n_sections.isqrt().max(1);
    let sections = (0..n_sections).map(|nth| {
        let n_here = (n_seats - nth * n_per_section).min(n_per_section);
        let column = f64::from(nth % n_columns) - f64::from(n_columns - 1) / 2.0;
        json!({
            "key": format!("S{}", nth + 1),
            "category": CATEGORY,
            "at": [column * f64::from(SECTION_STEP[0]), nth / n_columns * SECTION_STEP[1] + 10],
            "rows": rows(n_here),
        })
    });
    json!({
        "format_version": 1,
        "name": format!("A house of {n_seats} seats for load"),
        "time_zone": "UTC",
        "focal_point": [0, 0],
        "categories": [{"key": CATEGORY, "name": "Standard", "colour": "#0072b2"}],
        "sections": sections.collect::<Vec<_>>(),
    })
}

fn rows(n_seats: u32) -> Vec<Value> {
    let (n_full, n_rest) = (n_seats / SEATS_PER_ROW, n_seats % SEATS_PER_ROW);
    let mut rows = Vec::new();
    if n_full > 0 {
        rows.push(json!({"labels": format!("1-{n_full}"), "seats": SEATS_PER_ROW}));
    }
    if n_rest > 0 {
        rows.push(json!({"labels": (n_full + 1).to_string(), "seats": n_rest}));
    }
    rows
}

/// The seats by index, and which of them are neighbours.
#[derive(Debug, Default)]
pub struct House {
    labels: Vec<String>,
    /// Seats without an aisle between them.
    runs: Vec<Range<usize>>,
}

#[derive(Deserialize)]
struct Layout {
    sections: Vec<Section>,
}

#[derive(Deserialize)]
struct Section {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    seats: Vec<Seat>,
}

#[derive(Deserialize)]
struct Seat {
    index: usize,
    label: String,
    #[serde(default)]
    gap_after: bool,
}

impl House {
    pub fn read(layout: &[u8]) -> anyhow::Result<Self> {
        let layout: Layout = serde_json::from_slice(layout).context("the layout is garbled")?;
        let mut house = Self {
            labels: Vec::new(),
            runs: Vec::new(),
        };
        let rows = layout.sections.into_iter().flat_map(|section| section.rows);
        for row in rows {
            let mut start = house.labels.len();
            for seat in row.seats {
                let is_next = seat.index == house.labels.len();
                ensure!(is_next, "the layout's seats do not stand in order of index");
                house.labels.push(seat.label);
                if seat.gap_after {
                    house.runs.push(start..house.labels.len());
                    start = house.labels.len();
                }
            }
            if start < house.labels.len() {
                house.runs.push(start..house.labels.len());
            }
        }
        Ok(house)
    }

    pub fn n_seats(&self) -> usize {
        self.labels.len()
    }

    pub fn label(&self, seat: usize) -> &str {
        self.labels.get(seat).map_or("?", String::as_str)
    }

    pub fn find(&self, label: &str) -> Option<usize> {
        self.labels.iter().position(|one| one == label)
    }

    /// Whether seats, in order of index, stand next to each other with no aisle between.
    pub fn are_neighbours(&self, seats: &[usize]) -> bool {
        let is_in = |run: &Range<usize>| seats.iter().all(|seat| run.contains(seat));
        let is_row = seats.windows(2).all(|pair| pair[1] == pair[0] + 1);
        is_row && self.runs.iter().any(is_in)
    }

    /// The first seats of groups of `n` neighbours; no two groups share a seat, and no two that
    /// follow each other are close.
    pub fn parties(&self, n: usize, rng: &mut StdRng) -> Vec<usize> {
        let groups = self.runs.iter().flat_map(|run| {
            let n_groups = run.len() / n;
            (0..n_groups).map(move |nth| run.start + nth * n)
        });
        let mut parties: Vec<usize> = groups.collect();
        parties.shuffle(rng);
        parties
    }

    /// The first `n` free neighbours from a seat on, going round; fewer when nobody has so many.
    pub fn choose(&self, states: &[u8], n: usize, from: usize) -> Vec<usize> {
        let (before, after) = self
            .runs
            .split_at(self.runs.partition_point(|run| run.end <= from));
        let found = (1..=n).rev().find_map(|n| {
            let part = after.first().map(|run| run.start.max(from)..run.end);
            let rest = after.iter().skip(1).chain(before).chain(after.first());
            let mut runs = part.into_iter().chain(rest.cloned());
            runs.find_map(|run| free_neighbours(states, run, n))
        });
        found.map_or_else(Vec::new, Iterator::collect)
    }
}

fn free_neighbours(states: &[u8], run: Range<usize>, n: usize) -> Option<Range<usize>> {
    // Most of an almost full house is done with here.
    if !states.get(run.clone())?.contains(&b'.') {
        return None;
    }
    let mut n_free = 0;
    for seat in run {
        n_free = match states.get(seat) {
            Some(b'.') => n_free + 1,
            _ => 0,
        };
        if n_free == n {
            return Some(seat + 1 - n..seat + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    /// Rows of five and of three seats; the first has an aisle after its second seat.
    fn house() -> House {
        let seat = |index: usize| {
            json!({"index": index, "label": format!("S{index}"),
            "gap_after": index == 1})
        };
        let row = |seats: Range<usize>| json!({"seats": seats.map(seat).collect::<Vec<_>>()});
        let layout = json!({"sections": [{"rows": [row(0..5)]}, {"rows": [row(5..8)]}]});
        House::read(layout.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_template_has_exactly_the_seats_that_were_asked_for() {
        for n_seats in [1, 49, 50, 51, 2_000, 2_001, 60_000, 150_000] {
            let template = template(n_seats);
            let rows = template["sections"].as_array().unwrap().iter();
            let rows = rows.flat_map(|section| section["rows"].as_array().unwrap());
            let n_made: u64 = rows
                .map(|row| {
                    let labels = row["labels"].as_str().unwrap();
                    let n_rows = match labels.split_once('-') {
                        Some((_, last)) => last.parse().unwrap(),
                        None => 1,
                    };
                    n_rows * row["seats"].as_u64().unwrap()
                })
                .sum();
            assert_eq!(n_made, u64::from(n_seats));
        }
    }

    #[test]
    fn neighbours_are_not_sought_across_an_aisle_or_a_row() {
        let house = house();

        assert_eq!(house.choose(b"........", 3, 0), [2, 3, 4]);
        assert_eq!(house.choose(b"........", 2, 0), [0, 1]);
        assert_eq!(house.choose(b"........", 2, 6), [6, 7]);
        assert_eq!(house.choose(b"........", 2, 7), [0, 1]);
        assert_eq!(house.choose(b"hhhhhhhh", 2, 0), [0; 0]);
    }

    #[test]
    fn who_cannot_sit_together_gets_as_many_seats_as_there_are() {
        let house = house();

        assert_eq!(house.choose(b"h.bh..b.", 3, 0), [1]);
        assert_eq!(house.choose(b"h..h.b..", 3, 0), [6, 7]);
        assert_eq!(house.choose(b".hhhhhhh", 1, 5), [0]);
    }

    #[test]
    fn neighbours_have_no_seat_and_no_aisle_between_them() {
        let house = house();

        assert!(house.are_neighbours(&[0, 1]) && house.are_neighbours(&[2, 3, 4]));
        for apart in [&[1, 2][..], &[4, 5], &[2, 4], &[5, 6, 7, 8]] {
            assert!(!house.are_neighbours(apart), "{apart:?}");
        }
    }

    #[test]
    fn parties_never_share_a_seat() {
        let mut rng = StdRng::seed_from_u64(1);

        let mut parties = house().parties(2, &mut rng);

        parties.sort_unstable();
        assert_eq!(parties, [0, 2, 5]);
    }
}
