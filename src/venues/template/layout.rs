//! The layout document: what was drawn, together with names, figures and bounds.

use uuid::Uuid;

use super::check::SectionSummary;
use super::figures::Outline;
use super::frame::Place;
use super::generate::{Drawn, point};
use super::spec::{FigureSpec, Template};
use crate::id::VenueId;
use crate::venues::model::{Bounds, Category, Figure, Layout, Point, Section};

/// Room around everything on the plan, in metres.
const MARGIN: f64 = 1.5;

pub(super) fn summarise(sections: &[Section]) -> Vec<SectionSummary> {
    sections
        .iter()
        .map(|section| {
            let n_seats: usize = section.rows.iter().map(|row| row.seats.len()).sum();
            SectionSummary {
                key: section.key.clone(),
                name: section.name.clone(),
                kind: section.kind,
                seat_count: u32::try_from(n_seats).unwrap_or(u32::MAX),
            }
        })
        .collect()
}

pub(super) fn lay_out(template: Template, drawn: Drawn, seat_count: u32) -> Layout {
    let figures: Vec<Figure> = template.figures.iter().map(figure).collect();
    let categories = template.categories.into_iter().map(|category| Category {
        key: category.key.unwrap_or_default(),
        name: category.name,
        colour: category.colour.unwrap_or_default(),
    });
    Layout {
        venue_id: VenueId(Uuid::nil()),
        version: 0,
        name: template.name,
        time_zone: template.time_zone,
        seat_count,
        categories: categories.collect(),
        focal_point: template.focal_point.map(point),
        bounds: bounds(&figures, &drawn.sections),
        figures,
        sections: drawn.sections,
    }
}

fn figure(figure: &FigureSpec) -> Figure {
    let radians = figure.rotation.to_radians();
    let place = |corner: Place| point(figure.at.plus(corner.turned(radians)));
    let name_at = match &figure.outline {
        Outline::Polygon(corners) => {
            #[expect(clippy::cast_precision_loss, reason = "geometry; few corners")]
            let share = 1.0 / corners.len() as f64;
            corners
                .iter()
                .fold(Place::default(), |sum, corner| sum.plus(*corner))
                .times(share)
        }
        _ => Place::default(),
    };
    Figure {
        kind: figure.kind,
        name: figure.name.clone(),
        name_at: place(name_at),
        outline: figure.outline.corners().into_iter().map(place).collect(),
    }
}

fn bounds(figures: &[Figure], sections: &[Section]) -> Bounds {
    let of_figures = figures.iter().flat_map(|figure| &figure.outline);
    let outlines = sections.iter().flat_map(|section| &section.outline);
    let seats = sections
        .iter()
        .flat_map(|section| &section.rows)
        .flat_map(|row| &row.seats);
    let seats = seats.map(|seat| Point {
        x: seat.x,
        y: seat.y,
    });
    let points = of_figures.chain(outlines).copied().chain(seats);
    let (min, max) = points.fold(
        (
            Place::new(f64::MAX, f64::MAX),
            Place::new(f64::MIN, f64::MIN),
        ),
        |(min, max), point| {
            (
                Place::new(min.x.min(point.x), min.y.min(point.y)),
                Place::new(max.x.max(point.x), max.y.max(point.y)),
            )
        },
    );
    Bounds {
        min: point(min.plus(Place::new(-MARGIN, -MARGIN))),
        max: point(max.plus(Place::new(MARGIN, MARGIN))),
    }
}
