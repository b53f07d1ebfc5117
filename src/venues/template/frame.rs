//! Geometry: from places in a section, along a row and away from the stage, to places on the plan.
//!
//! On the plan x runs to the right and y downwards, and angles turn clockwise. A section that is
//! not turned looks up. Along its rows `u` runs to the right as seen from the seats, from the
//! section's middle; `v` runs from the first row backwards. Curved rows are arcs about one centre,
//! straight ahead of the first row's middle, and `u` is measured along each arc.

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Place {
    pub(super) fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }

    /// Turned clockwise about the origin.
    pub(super) fn turned(self, radians: f64) -> Self {
        let (sin, cos) = radians.sin_cos();
        Self::new(self.x * cos - self.y * sin, self.x * sin + self.y * cos)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    origin: Place,
    radians: f64,
    radius: Option<f64>,
}

impl Frame {
    pub(super) fn new(origin: Place, degrees: f64, radius: Option<f64>) -> Self {
        Self {
            origin,
            radians: degrees.to_radians(),
            radius,
        }
    }

    /// A frame that faces a point from a distance.
    pub(super) fn facing(point: Place, distance: f64, degrees: f64, radius: Option<f64>) -> Self {
        let origin = point.plus(Place::new(0.0, distance).turned(degrees.to_radians()));
        Self::new(origin, degrees, radius)
    }

    pub(super) fn place(&self, u: f64, v: f64) -> Place {
        self.origin.plus(self.local(u, v).0.turned(self.radians))
    }

    /// The place at an offset from (u, v) that is not bent: a chair about its table.
    pub(super) fn place_beside(&self, (u, v): (f64, f64), offset: Place) -> Place {
        let (local, turn) = self.local(u, v);
        self.origin
            .plus(local.plus(offset.turned(turn)).turned(self.radians))
    }

    /// The direction that rows run in at (u, v), in degrees.
    pub(super) fn degrees(&self, u: f64, v: f64) -> f64 {
        (self.radians + self.local(u, v).1).to_degrees()
    }

    /// The `u` at one distance that lies at the same angle as a `u` at another.
    pub(super) fn turn(&self, u: f64, from_v: f64, to_v: f64) -> f64 {
        self.radius
            .map_or(u, |radius| u * (radius + to_v) / (radius + from_v).max(0.1))
    }

    pub(super) fn is_curved(&self) -> bool {
        self.radius.is_some()
    }

    fn local(&self, u: f64, v: f64) -> (Place, f64) {
        match self.radius {
            None => (Place::new(u, v), 0.0),
            Some(radius) => {
                // A row at the centre itself has no length to bend.
                let here = (radius + v).max(0.1);
                let angle = u / here;
                (
                    Place::new(here * angle.sin(), here * angle.cos() - radius),
                    -angle,
                )
            }
        }
    }
}

/// The least and the greatest coordinates.
pub(super) fn box_around(places: &[Place]) -> (Place, Place) {
    let (min, max) = (f64::MAX, f64::MIN);
    places.iter().fold(
        (Place::new(min, min), Place::new(max, max)),
        |(min, max), place| {
            (
                Place::new(min.x.min(place.x), min.y.min(place.y)),
                Place::new(max.x.max(place.x), max.y.max(place.y)),
            )
        },
    )
}

/// The sides of a closed outline.
pub(super) fn sides(outline: &[Place]) -> impl Iterator<Item = (Place, Place)> {
    let next = outline.iter().cycle().skip(1);
    outline.iter().copied().zip(next.copied())
}

/// Whether a place lies inside a closed outline (even-odd rule), of which those sides are enough
/// that pass the height of the place.
pub(super) fn is_between(sides: impl Iterator<Item = (Place, Place)>, place: Place) -> bool {
    let to_the_right = sides.filter(|(a, b)| {
        (a.y > place.y) != (b.y > place.y)
            && place.x < (b.x - a.x) * (place.y - a.y) / (b.y - a.y) + a.x
    });
    to_the_right.count() % 2 == 1
}

/// The area of a closed outline, in square metres.
pub(super) fn area(outline: &[Place]) -> f64 {
    let sum: f64 = sides(outline).map(|(a, b)| a.x * b.y - b.x * a.y).sum();
    (sum / 2.0).abs()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn assert_at(place: Place, x: f64, y: f64) {
        assert!(
            (place.x - x).abs() < 1e-9 && (place.y - y).abs() < 1e-9,
            "{place:?}, not {x} {y}"
        );
    }

    #[test]
    fn a_straight_section_runs_to_the_right_and_backwards() {
        let frame = Frame::new(Place::new(10.0, 20.0), 0.0, None);

        assert_at(frame.place(2.0, 3.0), 12.0, 23.0);
    }

    #[test]
    fn a_section_turned_by_ninety_degrees_looks_to_the_right() {
        let frame = Frame::facing(Place::default(), 10.0, 90.0, None);

        assert_at(frame.place(0.0, 0.0), -10.0, 0.0);
        assert_at(frame.place(0.0, 1.0), -11.0, 0.0);
        assert_at(frame.place(2.0, 0.0), -10.0, 2.0);
    }

    proptest! {
        #[test]
        fn curved_rows_keep_their_distance_from_the_point_they_face(
            distance in 5.0..200.0, degrees in -180.0..180.0, u in -30.0..30.0, v in 0.0..40.0,
        ) {
            let point = Place::new(3.0, -4.0);
            let frame = Frame::facing(point, distance, degrees, Some(distance));

            let place = frame.place(u, v);

            let from_point = (place.x - point.x).hypot(place.y - point.y);
            prop_assert!((from_point - (distance + v)).abs() < 1e-6);
        }

        #[test]
        fn turning_keeps_lengths(x in -50.0..50.0, y in -50.0..50.0, radians in -7.0..7.0) {
            let turned = Place::new(x, y).turned(radians);

            prop_assert!((turned.x.hypot(turned.y) - x.hypot(y)).abs() < 1e-9);
        }

        #[test]
        fn a_square_holds_exactly_the_places_within_its_sides(x in -2.0..2.0, y in -2.0..2.0) {
            let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
            let square = corners.map(|(x, y)| Place::new(x, y));

            let is_within = f64::abs(x) < 1.0 && f64::abs(y) < 1.0;

            prop_assert_eq!(is_between(sides(&square), Place::new(x, y)), is_within);
            prop_assert!((area(&square) - 4.0).abs() < 1e-9);
        }
    }
}
