//! Seats on their way to a layout.

use std::collections::HashMap;

use super::uses::Uses;
use crate::venues::model::{Figure, Point, SeatFlag, Section};
use crate::venues::template::frame::{Frame, Place};
use crate::venues::template::looks::Looks;
use crate::venues::template::problems::Source;

/// A row, a table or a standing area, before its seats have labels.
pub(super) struct DraftRow<'t> {
    pub(super) label: &'t str,
    pub(super) seats: Vec<DraftSeat<'t>>,
    pub(super) knowledge: Knowledge,
}

/// What is known about the seats of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Knowledge {
    Whole,
    /// How many there are, but not their numbers.
    Count,
    /// There is one at least, which stands for all.
    StandIn,
}

#[derive(Clone)]
pub(super) struct DraftSeat<'t> {
    pub(super) number: Option<u32>,
    /// `None` unless it is certain that there is a seat in this place.
    pub(super) place: Option<Place>,
    /// `Some(None)` if it has none; `None` if it may have one that cannot be read.
    pub(super) category: Option<Option<&'t str>>,
    pub(super) flags: Vec<SeatFlag>,
    pub(super) has_gap_after: bool,
    pub(super) is_absent: bool,
    /// Index of the seat's origin in [`Drawn::sources`].
    pub(super) source: u32,
}

/// One section's rows and shapes.
#[derive(Default)]
pub(super) struct DraftSection<'t> {
    pub(super) rows: Vec<DraftRow<'t>>,
    pub(super) tables: Vec<Figure>,
    pub(super) outline: Vec<Place>,
    pub(super) name_at: Place,
    /// An area so narrow that no room was found for its places.
    pub(super) is_cramped: bool,
}

/// Where a seat came to stand, in centimetres, and which part of the template put it there.
#[derive(Clone, Copy, Debug)]
pub(in crate::venues::template) struct SeatAt {
    /// `None` if a part that decides on it cannot be read.
    pub(in crate::venues::template) at: Option<(i32, i32)>,
    pub(in crate::venues::template) source: u32,
}

/// Everything that a template makes. `seats` are in the order of the sections' seats.
#[derive(Default)]
pub(in crate::venues::template) struct Drawn {
    pub(in crate::venues::template) sections: Vec<Section>,
    pub(in crate::venues::template) seats: Vec<SeatAt>,
    pub(in crate::venues::template) sources: Vec<Source>,
    pub(in crate::venues::template) uses: Uses,
    /// What the areas have left over.
    pub(in crate::venues::template) looks: Looks,
    by_pointer: HashMap<String, u32>,
}

impl Drawn {
    /// Sections of one entry have the same origin.
    pub(super) fn add_source(&mut self, source: &Source) -> u32 {
        if let Some(known) = self.by_pointer.get(&source.pointer) {
            return *known;
        }
        let next = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        self.sources.push(source.clone());
        self.by_pointer.insert(source.pointer.clone(), next);
        next
    }
}

/// Rounded to centimetres: nobody sees less, and documents stay small.
pub(super) fn centimetres(metres: f64) -> i32 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "coordinates are bounded; casts saturate"
    )]
    let centimetres = (metres * 100.0).round() as i32;
    centimetres
}

pub(in crate::venues::template) fn point(place: Place) -> Point {
    let metres = |metres: f64| f64::from(centimetres(metres)) / 100.0;
    Point {
        x: metres(place.x),
        y: metres(place.y),
    }
}

/// A closed line in a section, bent if the section is, on the plan.
pub(super) fn place_outline(frame: &Frame, corners: &[Place]) -> Vec<Place> {
    let fine;
    let corners = if frame.is_curved() {
        fine = crate::venues::template::figures::subdivide(corners, 1.5);
        &fine
    } else {
        corners
    };
    corners
        .iter()
        .map(|corner| frame.place(corner.x, corner.y))
        .collect()
}
