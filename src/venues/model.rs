//! The layout that a template generates: sections, rows and seats with their places on the plan.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::id::{SeatId, VenueId};

/// A venue's plan in one version of its template; immutable. Lengths are metres, x to the right, y
/// downwards, as drawn; seats stand in rows by position, left to right as seen from the seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Layout {
    pub venue_id: VenueId,
    pub version: i32,
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    pub seat_count: u32,
    pub categories: Vec<Category>,
    /// Where everybody looks: the stage, the ring, the centre of the pitch.
    pub focal_point: Option<Point>,
    pub bounds: Bounds,
    /// What is drawn and not sold: stage, pitch, bars.
    #[serde(default)]
    pub figures: Vec<Figure>,
    pub sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Category {
    pub key: String,
    pub name: String,
    /// `#rrggbb`
    pub colour: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bounds {
    pub min: Point,
    pub max: Point,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Reserved,
    /// Places without a fixed seat; each is sold like a seat all the same.
    GeneralAdmission,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Section {
    pub key: String,
    pub name: String,
    pub kind: SectionKind,
    /// A closed line around the section; for drawing it from afar.
    #[serde(default)]
    pub outline: Vec<Point>,
    /// Where the name stands: the section's middle.
    #[serde(default)]
    pub name_at: Option<Point>,
    /// The direction of the rows, in degrees clockwise; 0 looks up.
    #[serde(default)]
    pub rotation: f64,
    /// Tables and boxes; each is the row of its label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Figure>,
    pub rows: Vec<Row>,
}

impl Section {
    pub fn is_general_admission(&self) -> bool {
        self.kind == SectionKind::GeneralAdmission
    }
}

/// Something that is drawn, as a closed outline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Figure {
    pub kind: FigureKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub name_at: Point,
    pub outline: Vec<Point>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FigureKind {
    Stage,
    Pitch,
    Floor,
    Bar,
    Desk,
    Wall,
    Other,
    Table,
    Box,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Row {
    pub label: String,
    pub seats: Vec<Seat>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Seat {
    /// The seat's place in every list of states: 0 to `seat_count` - 1, in the order of this
    /// document.
    pub index: u32,
    /// Unique in the venue, such as `STALLS-A-12`.
    #[schema(examples("STALLS-A-12"))]
    pub label: String,
    pub number: String,
    pub x: f64,
    pub y: f64,
    /// The key of a category.
    pub category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<SeatFlag>,
    /// An aisle or gap follows: the next seat of the row is not a neighbour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gap_after: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeatFlag {
    Accessible,
    Companion,
    RestrictedView,
}

/// One seat as the sale sees it: what it is called and what kind it is, without geometry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatPlace {
    pub seat_id: SeatId,
    pub index: u32,
    pub label: String,
    pub section: String,
    pub row: String,
    pub number: String,
    pub category: String,
}

/// The seats of one layout version, by index and by label.
#[derive(Debug)]
pub struct Seating {
    pub seats: Vec<SeatPlace>,
    by_label: HashMap<String, u32>,
}

impl Seating {
    /// Invariant: seats stand at their index.
    pub fn of(layout: &Layout) -> Self {
        let mut seats = Vec::with_capacity(layout.seat_count as usize);
        for section in &layout.sections {
            for row in &section.rows {
                seats.extend(row.seats.iter().map(|seat| SeatPlace {
                    seat_id: SeatId::of(layout.venue_id, &seat.label),
                    index: seat.index,
                    label: seat.label.clone(),
                    section: section.key.clone(),
                    row: row.label.clone(),
                    number: seat.number.clone(),
                    category: seat.category.clone(),
                }));
            }
        }
        let by_label = seats
            .iter()
            .map(|seat| (seat.label.clone(), seat.index))
            .collect();
        Self { seats, by_label }
    }

    pub fn find(&self, label: &str) -> Option<&SeatPlace> {
        self.at(*self.by_label.get(label)?)
    }

    pub fn at(&self, index: u32) -> Option<&SeatPlace> {
        self.seats.get(index as usize)
    }

    pub fn n_seats(&self) -> usize {
        self.seats.len()
    }
}
