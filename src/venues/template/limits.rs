//! Limits of a template, each checked before anything is made by the number it bounds.

/// Limit: seats of a venue, as the database has it too.
pub(super) const SEATS_MAX: u64 = 150_000;
/// Limit: sections of a venue, those made by `keys` included.
pub(super) const SECTIONS_MAX: u64 = 1_000;
/// Limit: rows, or tables, of one section.
pub(super) const ROWS_PER_SECTION_MAX: u64 = 200;
/// Limit: seats of one row.
pub(super) const SEATS_PER_ROW_MAX: u64 = 500;
/// Limit: chairs at one table or in one box.
pub(super) const SEATS_PER_TABLE_MAX: u64 = 60;
/// Limit: blocks between the aisles of a row.
pub(super) const BLOCKS_PER_ROW_MAX: usize = 20;
/// Limit: price categories of a venue.
pub(super) const CATEGORIES_MAX: usize = 50;
/// Limit: figures of a venue: stage, pitch, bars.
pub(super) const FIGURES_MAX: usize = 200;
/// Limit: corners of a polygon.
pub(super) const CORNERS_MAX: usize = 100;
/// Limit: marks of one entry of `sections`.
pub(super) const MARKS_MAX: usize = 200;
/// Limit: labels that one list or range stands for.
pub(super) const LABELS_MAX: u64 = 300;
/// Limit: labels that all lists and ranges of a document stand for.
pub(super) const LABELS_IN_ALL_MAX: u64 = 300_000;
/// Limit: seat numbers and ranges of them in one list.
pub(super) const NUMBERS_MAX: usize = 500;
/// Limit: the highest seat number.
pub(super) const NUMBER_MAX: u32 = 99_999;
/// Limit: length of a name, in characters.
pub(super) const NAME_LENGTH_MAX: usize = 100;
/// Limit: length of a key or label, in characters.
pub(super) const LABEL_LENGTH_MAX: usize = 12;
/// Limit: length of the key of a category, in characters.
pub(super) const CATEGORY_KEY_LENGTH_MAX: usize = 40;
/// Limit: length of a single value, in bytes: several times what a name may have.
pub(super) const VALUE_BYTES_MAX: usize = 1_000;
/// Limit: length of a key of a map, in bytes. Pointers are made of them.
pub(super) const KEY_BYTES_MAX: usize = 100;
/// Limit: values of a document, counted after aliases have been followed.
pub(super) const NODES_MAX: u64 = 30_000;
/// Limit: how deep lists and maps may nest.
pub(super) const DEPTH_MAX: usize = 24;
/// Limit: mistakes listed; one that has more is told how many are left out.
pub(super) const PROBLEMS_MAX: usize = 500;
/// Limit: pairs of parts that are kept as overlapping each other.
pub(super) const CLASHES_MAX: usize = 10_000;
/// Limit: looks at sides of standing areas, of all of them together.
pub(super) const LOOKS_MAX: u64 = 100_000_000;
/// Limit: distance of anything from the origin, in metres.
pub(super) const COORDINATE_MAX: f64 = 1_000.0;
/// Limit: the least distance between the middles of two seats, in centimetres.
pub(super) const SEAT_DISTANCE_MIN_CM: i32 = 40;
/// People on a square metre of standing room above which a warning is due.
pub(super) const PLACES_PER_SQUARE_METRE_MAX: f64 = 4.0;
