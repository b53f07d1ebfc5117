//! Standing areas: places 1 to the capacity, spread evenly, so that each has a spot on the plan.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, Knowledge, place_outline};
use super::rows::{category_of, flags_of};
use crate::venues::template::figures::Outline;
use crate::venues::template::frame::{Frame, Place, area, box_around, sides};
use crate::venues::template::limits::PLACES_PER_SQUARE_METRE_MAX;
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{PlacesSpec, SectionContent, SectionSpec};

/// More people than this do not fit on a square metre.
const DENSITY_MAX: f64 = 10.0;
/// Limit: how often the grid is made finer before giving up.
const REFINEMENTS_MAX: u32 = 80;

/// A line across an area also puts in order where it meets the sides.
const LOOKS_PER_SIDE: usize = 5;

/// Draws an area with `n` places; without a number it has one, whose place is not known.
pub(super) fn draw_places<'t>(
    section: &'t SectionSpec,
    places: &'t PlacesSpec,
    frame: Option<&Frame>,
    drawn: &mut Drawn,
) -> DraftSection<'t> {
    let source = drawn.add_source(&places.source);
    let corners = places.outline.as_ref().map(Outline::corners_from_front);
    let corners = corners.unwrap_or_default();
    let can_look = |n| drawn.looks.take(n * LOOKS_PER_SIDE, source);
    let capacity = places
        .capacity
        .filter(|_| is_spacious(places) && !corners.is_empty());
    let spots = capacity.map(|capacity| spread(&corners, capacity as usize, can_look));
    let is_cramped = spots == Some(None) && drawn.looks.used_up_by().is_none();
    let on_plan = |spot: Place| frame.map(|frame| frame.place(spot.x, spot.y));
    let spots = match spots.flatten() {
        Some(spots) => spots.into_iter().map(on_plan).collect(),
        None => vec![None; places.capacity.unwrap_or(1) as usize],
    };
    let seats = (1..).zip(spots).map(|(number, place)| DraftSeat {
        number: Some(number),
        place,
        category: category_of(&Some(None), section),
        flags: flags_of(&None, section),
        has_gap_after: false,
        is_absent: false,
        source,
    });
    let rows = vec![DraftRow {
        label: "",
        seats: seats.collect(),
        knowledge: match places.capacity {
            Some(_) => Knowledge::Whole,
            None => Knowledge::Count,
        },
    }];
    let middle = middle(&corners);
    DraftSection {
        rows,
        tables: Vec::new(),
        outline: frame.map_or_else(Vec::new, |frame| place_outline(frame, &corners)),
        name_at: frame.map_or_else(Place::default, |frame| frame.place(middle.x, middle.y)),
        is_cramped,
    }
}

pub(super) fn report_cramped(section: &SectionSpec, problems: &mut Problems) {
    if let SectionContent::Places(places) = &section.content {
        let detail = "The area is so narrow that no room is found for its places: make it wider.";
        problems.add(ProblemCode::OutOfRange, &places.source, detail);
    }
}

fn density(places: &PlacesSpec) -> Option<(u32, f64)> {
    let square_metres = area(&places.outline.as_ref()?.corners());
    Some((places.capacity?, square_metres.max(1e-9)))
}

/// Whether so many people fit at all.
fn is_spacious(places: &PlacesSpec) -> bool {
    density(places).is_none_or(|(n, square_metres)| f64::from(n) / square_metres <= DENSITY_MAX)
}

/// Says whether so many people fit; too crowded is a warning, impossible a mistake.
pub(super) fn check_density(places: &PlacesSpec, problems: &mut Problems) {
    let Some((capacity, square_metres)) = density(places) else {
        return;
    };
    let density = f64::from(capacity) / square_metres;
    let detail =
        format!("{capacity} places on {square_metres:.0} square metres are {density:.1} on each");
    if density > DENSITY_MAX {
        let detail = format!("{detail}; more than {DENSITY_MAX} do not fit.");
        problems.add(ProblemCode::OutOfRange, &places.source, detail);
    } else if density > PLACES_PER_SQUARE_METRE_MAX {
        let detail = format!("{detail}; {PLACES_PER_SQUARE_METRE_MAX} is a usual limit.");
        problems.add(ProblemCode::CrowdedArea, &places.source, detail);
    }
}

/// So many places inside an outline, from the front, left to right, if they are found.
fn spread(
    corners: &[Place],
    n: usize,
    mut can_look: impl FnMut(usize) -> bool,
) -> Option<Vec<Place>> {
    #[expect(clippy::cast_precision_loss, reason = "geometry")]
    let mut spacing = (area(corners) / n as f64).sqrt();
    for _ in 0..REFINEMENTS_MAX {
        let spots = grid(corners, spacing, &mut can_look)?;
        let n_spots = spots.len();
        if n_spots >= n {
            // Left out evenly, so that the back does not stay empty.
            return Some((0..n).map(|index| spots[index * n_spots / n]).collect());
        }
        spacing *= 0.97;
    }
    None
}

/// The middles of the cells of a grid that lie inside an outline, found line by line, as long as
/// its sides can be looked at.
fn grid(
    corners: &[Place],
    spacing: f64,
    mut can_look: impl FnMut(usize) -> bool,
) -> Option<Vec<Place>> {
    let mut spots = Vec::new();
    let (front, back) = box_around(corners);
    let mut v = front.y + spacing / 2.0;
    while v < back.y {
        if !can_look(corners.len()) {
            return None;
        }
        let crossings = crossings(corners, v);
        for pair in crossings.chunks_exact(2) {
            let width = pair[1] - pair[0];
            let n = (width / spacing).round();
            let mut nth = 0.5;
            while nth < n {
                spots.push(Place::new(pair[0] + width * nth / n, v));
                nth += 1.0;
            }
        }
        v += spacing;
    }
    Some(spots)
}

/// Where a line from left to right meets the sides of an outline, in order.
fn crossings(corners: &[Place], v: f64) -> Vec<f64> {
    let crossed = sides(corners).filter(|(a, b)| (a.y > v) != (b.y > v));
    let mut crossings: Vec<f64> = crossed
        .map(|(a, b)| a.x + (b.x - a.x) * (v - a.y) / (b.y - a.y))
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings
}

fn middle(corners: &[Place]) -> Place {
    let (min, max) = box_around(corners);
    min.plus(max).times(0.5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::venues::template::figures::{ellipse, rectangle};
    use crate::venues::template::frame::is_between;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_place_of_an_area_lies_inside_it(
            width in 3.0..60.0, depth in 3.0..60.0, n in 1_usize..80,
        ) {
            for corners in [rectangle(width, depth), ellipse(Place::new(width, depth), 24)] {
                let spots = spread(&corners, n, |_| true).unwrap();

                prop_assert_eq!(spots.len(), n);
                prop_assert!(spots.iter().all(|spot| is_between(sides(&corners), *spot)));
            }
        }
    }
}
