//! What a template says, once read: everything checked by itself, nothing generated yet.
//! Lengths are metres.

use super::figures::Outline;
use super::frame::Place;
use super::numbering::{NumberSet, Numbering};
use super::problems::Source;
use crate::venues::model::{FigureKind, SeatFlag};

/// The parts of a template that could be read; what could not be is in the problems.
#[derive(Debug, Default)]
pub(super) struct Template {
    pub(super) name: String,
    pub(super) time_zone: String,
    pub(super) focal_point: Option<Place>,
    pub(super) categories: Vec<CategorySpec>,
    pub(super) figures: Vec<FigureSpec>,
    pub(super) sections: Vec<SectionSpec>,
    /// Of every entry, also of those that could not be read as a whole.
    pub(super) section_keys: Vec<LabelUse>,
}

#[derive(Debug)]
pub(super) struct CategorySpec {
    pub(super) source: Source,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) colour: String,
}

#[derive(Debug)]
pub(super) struct FigureSpec {
    pub(super) kind: FigureKind,
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) rotation: f64,
    pub(super) outline: Outline,
}

/// One entry of `sections`: one section, or several that differ in key and place.
#[derive(Debug)]
pub(super) struct SectionSpec {
    pub(super) source: Source,
    pub(super) keys: Vec<String>,
    /// With `{key}` for the key.
    pub(super) name: String,
    pub(super) position: SectionPosition,
    pub(super) category: Option<String>,
    pub(super) flags: Vec<SeatFlag>,
    pub(super) content: SectionContent,
    pub(super) marks: Vec<MarkSpec>,
}

/// Where a section is, and how the next one of the same entry differs.
#[derive(Clone, Debug)]
pub(super) struct SectionPosition {
    pub(super) anchor: Anchor,
    /// Degrees, clockwise.
    pub(super) rotation: f64,
    /// The radius of the first row; straight rows have none.
    pub(super) radius: Option<f64>,
    pub(super) step: Place,
    pub(super) rotation_step: f64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    /// The middle of the first row.
    At(Place),
    /// So far from a point that the section faces; the focal point unless another is given.
    Around { point: Option<Place>, distance: f64 },
}

#[derive(Debug)]
pub(super) enum SectionContent {
    Rows(Vec<RowsSpec>),
    Tables(Vec<TablesSpec>),
    Places(PlacesSpec),
}

/// Rows that follow each other and are alike.
#[derive(Debug)]
pub(super) struct RowsSpec {
    pub(super) source: Source,
    pub(super) labels: Vec<String>,
    /// Seats of each block between aisles, left to right, and of each row in it.
    pub(super) blocks: Vec<Vec<u32>>,
    pub(super) style: RowStyle,
    pub(super) gap_before: f64,
    pub(super) shift: f64,
    pub(super) category: Option<String>,
    pub(super) flags: Vec<SeatFlag>,
}

/// What rows take over from their section, and sections from the defaults.
#[derive(Clone, Debug)]
pub(super) struct RowStyle {
    pub(super) seat_spacing: f64,
    pub(super) row_spacing: f64,
    /// Width of each aisle; the last one stands for all further ones.
    pub(super) aisles: Vec<f64>,
    pub(super) align: Align,
    pub(super) is_staggered: bool,
    pub(super) numbering: Numbering,
}

impl Default for RowStyle {
    fn default() -> Self {
        Self {
            seat_spacing: 0.55,
            row_spacing: 0.9,
            aisles: vec![1.2],
            align: Align::default(),
            is_staggered: false,
            numbering: Numbering::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    #[default]
    Centre,
    Right,
}

/// Tables, or boxes, that are alike, in a grid from front to back.
#[derive(Debug)]
pub(super) struct TablesSpec {
    pub(super) source: Source,
    pub(super) labels: Vec<String>,
    pub(super) n_seats: u32,
    pub(super) shape: TableShape,
    pub(super) n_columns: usize,
    pub(super) column_spacing: f64,
    pub(super) row_spacing: f64,
    pub(super) is_staggered: bool,
    pub(super) gap_before: f64,
    pub(super) shift: f64,
    pub(super) category: Option<String>,
    pub(super) flags: Vec<SeatFlag>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TableShape {
    /// Chairs all around; open: none with its back to the stage.
    Round { diameter: f64, is_open: bool },
    /// Chairs along the front and the back.
    Rectangle { width: f64, depth: f64 },
    /// No table: so many chairs abreast, all facing the stage.
    Box { n_abreast: u32 },
}

/// Places without fixed seats.
#[derive(Debug)]
pub(super) struct PlacesSpec {
    pub(super) source: Source,
    pub(super) capacity: u32,
    pub(super) outline: Outline,
}

/// Seats that differ from what their rows say.
#[derive(Debug)]
pub(super) struct MarkSpec {
    pub(super) source: Source,
    pub(super) sections: Option<LabelUse>,
    pub(super) rows: Option<LabelUse>,
    pub(super) numbers: Option<NumberSet>,
    /// Only so many seats at each end of a row.
    pub(super) n_ends: Option<usize>,
    pub(super) category: Option<String>,
    pub(super) flags: Vec<SeatFlag>,
    pub(super) is_absent: bool,
}

#[derive(Clone, Debug)]
pub(super) struct LabelUse {
    pub(super) labels: Vec<String>,
    pub(super) source: Source,
}
