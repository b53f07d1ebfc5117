//! Standing areas: places 1 to the capacity, spread evenly, so that each has a spot on the plan.

use super::draft::{DraftRow, DraftSeat, DraftSection, Drawn, Knowledge, place_outline};
use super::rows::{category_of, flags_of};
use crate::venues::template::figures::Outline;
use crate::venues::template::frame::{Frame, Place, area};
use crate::venues::template::limits::PLACES_PER_SQUARE_METRE_MAX;
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{PlacesSpec, SectionSpec};

/// More people than this do not fit on a square metre.
const DENSITY_MAX: f64 = 10.0;
/// Limit: how often the grid is made finer before giving up.
const REFINEMENTS_MAX: u32 = 80;

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
    let capacity = places.capacity.filter(|_| is_spacious(places));
    let mut spots = match capacity {
        Some(capacity) if !corners.is_empty() => spread(&corners, capacity as usize)
            .into_iter()
            .map(|spot| frame.map(|frame| frame.place(spot.x, spot.y)))
            .collect(),
        _ => Vec::new(),
    };
    let n_seats = places.capacity.unwrap_or(1) as usize;
    if spots.is_empty() {
        spots = vec![None; n_seats];
    }
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

/// So many places inside an outline, from the front, left to right.
fn spread(corners: &[Place], n: usize) -> Vec<Place> {
    #[expect(clippy::cast_precision_loss, reason = "geometry")]
    let mut spacing = (area(corners) / n as f64).sqrt();
    let mut spots = Vec::new();
    for _ in 0..REFINEMENTS_MAX {
        spots = grid(corners, spacing);
        if spots.len() >= n {
            break;
        }
        spacing *= 0.97;
    }
    let n_spots = spots.len();
    // Left out evenly, so that the back does not stay empty.
    (0..n.min(n_spots))
        .map(|index| spots[index * n_spots / n])
        .collect()
}

/// The middles of the cells of a grid that lie inside an outline, found line by line.
fn grid(corners: &[Place], spacing: f64) -> Vec<Place> {
    let (front, back) = corners
        .iter()
        .fold((f64::MAX, f64::MIN), |(front, back), corner| {
            (front.min(corner.y), back.max(corner.y))
        });
    let mut spots = Vec::new();
    let mut v = front + spacing / 2.0;
    while v < back {
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
    spots
}

/// Where a line from left to right meets the sides of an outline, in order.
fn crossings(corners: &[Place], v: f64) -> Vec<f64> {
    let next = corners.iter().cycle().skip(1);
    let sides = corners
        .iter()
        .zip(next)
        .filter(|(a, b)| (a.y > v) != (b.y > v));
    let mut crossings: Vec<f64> = sides
        .map(|(a, b)| a.x + (b.x - a.x) * (v - a.y) / (b.y - a.y))
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings
}

fn middle(corners: &[Place]) -> Place {
    let mut box_of = (
        Place::new(f64::MAX, f64::MAX),
        Place::new(f64::MIN, f64::MIN),
    );
    for corner in corners {
        box_of.0 = Place::new(box_of.0.x.min(corner.x), box_of.0.y.min(corner.y));
        box_of.1 = Place::new(box_of.1.x.max(corner.x), box_of.1.y.max(corner.y));
    }
    box_of.0.plus(box_of.1).times(0.5)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::venues::template::figures::{ellipse, rectangle};
    use crate::venues::template::frame::is_inside;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_place_of_an_area_lies_inside_it(
            width in 3.0..60.0, depth in 3.0..60.0, n in 1_usize..80,
        ) {
            for corners in [rectangle(width, depth), ellipse(Place::new(width, depth), 24)] {
                let spots = spread(&corners, n);

                prop_assert_eq!(spots.len(), n);
                prop_assert!(spots.iter().all(|spot| is_inside(&corners, *spot)));
            }
        }
    }
}
