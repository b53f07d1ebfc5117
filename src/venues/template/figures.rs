//! Outlines: rectangles, ellipses and polygons as lists of corners.

use super::frame::{Place, sides};

#[derive(Clone, Debug)]
pub(super) enum Outline {
    /// Width and depth.
    Rectangle(Place),
    /// Width and depth.
    Ellipse(Place),
    Polygon(Vec<Place>),
}

/// Corners that stand for an ellipse.
const N_ELLIPSE_CORNERS: u32 = 48;

impl Outline {
    /// The corners; rectangles and ellipses lie about the origin.
    pub(super) fn corners(&self) -> Vec<Place> {
        match self {
            Self::Rectangle(size) => rectangle(size.x, size.y),
            Self::Ellipse(size) => ellipse(*size, N_ELLIPSE_CORNERS),
            Self::Polygon(corners) => corners.clone(),
        }
    }

    /// As [`Outline::corners`], but rectangles and ellipses begin at the origin and go backwards.
    pub(super) fn corners_from_front(&self) -> Vec<Place> {
        let back = match self {
            Self::Rectangle(size) | Self::Ellipse(size) => Place::new(0.0, size.y / 2.0),
            Self::Polygon(_) => Place::default(),
        };
        self.corners()
            .into_iter()
            .map(|corner| corner.plus(back))
            .collect()
    }
}

pub(super) fn rectangle(width: f64, depth: f64) -> Vec<Place> {
    let (x, y) = (width / 2.0, depth / 2.0);
    vec![
        Place::new(-x, -y),
        Place::new(x, -y),
        Place::new(x, y),
        Place::new(-x, y),
    ]
}

pub(super) fn ellipse(size: Place, n_corners: u32) -> Vec<Place> {
    (0..n_corners)
        .map(|corner| {
            let angle = std::f64::consts::TAU * f64::from(corner) / f64::from(n_corners);
            Place::new(size.x / 2.0 * angle.cos(), size.y / 2.0 * angle.sin())
        })
        .collect()
}

/// Limit: corners added to an outline.
const ADDED_MAX: f64 = 400.0;

/// The outline with corners added so that no side is longer than a length: what is to be bent
/// must have places to bend at. The sides of a very long outline are longer.
pub(super) fn subdivide(corners: &[Place], length: f64) -> Vec<Place> {
    let ways = || sides(corners).map(|(from, to)| (from, to.plus(from.times(-1.0))));
    let around: f64 = ways().map(|(_, way)| way.x.hypot(way.y)).sum();
    let length = length.max(around / ADDED_MAX);
    ways()
        .flat_map(|(from, way)| {
            let n_parts = (way.x.hypot(way.y) / length).ceil().max(1.0);
            let mut part = 0.0;
            std::iter::from_fn(move || {
                let place = from.plus(way.times(part / n_parts));
                part += 1.0;
                (part <= n_parts).then_some(place)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::frame::area;
    use super::*;

    #[test]
    fn subdividing_keeps_the_shape() {
        let square = rectangle(4.0, 2.0);

        let fine = subdivide(&square, 1.0);

        assert_eq!(fine.len(), 12);
        assert!((area(&fine) - 8.0).abs() < 1e-9);
    }

    #[test]
    fn an_outline_gets_few_corners_however_long_it_is() {
        let line = (0..100).map(|n| Place::new(f64::from(n), f64::from(n % 2) * 2_000.0));

        let fine = subdivide(&line.collect::<Vec<_>>(), 1.5);

        assert!((400..=500).contains(&fine.len()), "{}", fine.len());
    }

    #[test]
    fn an_area_begins_at_its_front() {
        let corners = Outline::Ellipse(Place::new(6.0, 2.0)).corners_from_front();

        assert!(
            corners
                .iter()
                .all(|corner| (-1e-9..=2.0 + 1e-9).contains(&corner.y))
        );
    }
}
