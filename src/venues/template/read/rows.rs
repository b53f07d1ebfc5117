//! Groups of rows: labels, seats of each row, numbers, spacing.

use std::collections::HashSet;

use super::fields::{Fields, Scalar, Spot};
use super::values;
use crate::venues::template::limits::{
    BLOCKS_PER_ROW_MAX, NUMBER_MAX, ROWS_PER_SECTION_MAX, SEATS_PER_ROW_MAX,
};
use crate::venues::template::numbering::{NumberSet, Numbering, Order, Parity};
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{Align, Block, LabelUse, RowStyle, RowsSpec};

/// Keys that rows take over from their section, and sections from the defaults.
pub(super) const STYLE_KEYS: &[&str] = &[
    "seat_spacing",
    "row_spacing",
    "aisle",
    "align",
    "stagger",
    "numbers",
];

const KEYS: &[&str] = &[
    "labels",
    "skip",
    "seats",
    "gap_before",
    "shift",
    "category",
    "flags",
    "seat_spacing",
    "row_spacing",
    "aisle",
    "align",
    "stagger",
    "numbers",
];

pub(super) fn read_style(
    fields: &Fields,
    inherited: &RowStyle,
    problems: &mut Problems,
) -> RowStyle {
    let seat_spacing = values::metres(0.4, 5.0);
    let row_spacing = values::metres(0.4, 10.0);
    let alignments = values::word(&[
        ("left", Align::Left),
        ("centre", Align::Centre),
        ("right", Align::Right),
    ]);
    let outer = inherited.clone();
    let truth = values::truth;
    RowStyle {
        seat_spacing: fields.get_or_inherit(
            "seat_spacing",
            outer.seat_spacing,
            problems,
            seat_spacing,
        ),
        row_spacing: fields.get_or_inherit("row_spacing", outer.row_spacing, problems, row_spacing),
        aisles: fields.get_or_inherit("aisle", outer.aisles, problems, read_aisles),
        align: fields.get_or_inherit("align", outer.align, problems, alignments),
        is_staggered: fields.get_or_inherit("stagger", outer.is_staggered, problems, truth),
        numbering: fields.get_or_inherit("numbers", outer.numbering, problems, read_numbering),
    }
}

fn read_aisles(spot: &Spot, problems: &mut Problems) -> Option<Vec<f64>> {
    let width = values::metres(0.0, 50.0);
    if spot.is_list() {
        return values::list(spot, BLOCKS_PER_ROW_MAX, problems, width);
    }
    width(spot, problems).map(|width| vec![width])
}

fn read_numbering(spot: &Spot, problems: &mut Problems) -> Option<Numbering> {
    let fields = Fields::open(spot, &["from", "to", "parity", "order", "skip"], problems)?;
    let parities = values::word(&[
        ("all", Parity::All),
        ("odd", Parity::Odd),
        ("even", Parity::Even),
    ]);
    let orders = values::word(&[
        ("left_to_right", Order::LeftToRight),
        ("right_to_left", Order::RightToLeft),
        ("centre_out", Order::CentreOut),
    ]);
    let number = |spot: &Spot, problems: &mut Problems| {
        let number = values::integer(1, u64::from(NUMBER_MAX))(spot, problems)?;
        u32::try_from(number).ok()
    };
    let from = fields.get_or("from", 1, problems, number);
    let to = fields.get("to", problems, number);
    let parity = fields.get_or("parity", Parity::All, problems, parities);
    let order = fields.get_or("order", Order::LeftToRight, problems, orders);
    let skip = fields.get_or("skip", NumberSet::default(), problems, values::number_set);
    if order == Some(Order::CentreOut) {
        fields.conflict("order", "parity", problems);
    }
    // Numbers that are not there without parity and gaps are not there with them either.
    if let (Some(from), Some(Some(to)), Some(spot)) = (from, to, fields.spot("to")) {
        let at_most = Numbering {
            from,
            to: Some(to),
            parity: parity.unwrap_or(Parity::All),
            order,
            skip: skip.clone().unwrap_or_default(),
        };
        if at_most.n_numbers(1) == Some(0) {
            let detail = format!("There is no such number from {from} to here.");
            return spot.wrong(ProblemCode::ImpossibleRange, detail, problems);
        }
    }
    Some(Numbering {
        from: from?,
        to: to?,
        parity: parity?,
        order,
        skip: skip?,
    })
}

pub(super) fn read_rows(
    spot: &Spot,
    inherited: &RowStyle,
    problems: &mut Problems,
) -> Option<RowsSpec> {
    let fields = Fields::open(spot, KEYS, problems)?;
    let labels = read_row_labels(&fields, problems);
    let style = read_style(&fields, inherited, problems);
    let n_rows = labels.is_whole.then_some(labels.labels.len());
    let blocks = match fields.get("seats", problems, |spot, problems| {
        read_blocks(spot, n_rows, problems)
    }) {
        Some(Some(blocks)) => blocks,
        Some(None) => vec![blocks_by_numbers(&fields, &style, problems)],
        None => vec![None],
    };
    let gap_before = fields.get_or("gap_before", 0.0, problems, values::metres(0.0, 100.0));
    let shift = fields.get_or("shift", 0.0, problems, values::metres(-100.0, 100.0));
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    let mut rows = RowsSpec {
        source: fields.source.clone(),
        labels,
        blocks,
        style,
        gap_before,
        shift,
        category,
        flags,
    };
    if !are_counts_right(&fields, &rows, problems) {
        rows.blocks = vec![None];
    }
    Some(rows)
}

/// As many seats as there are numbers up to the last one.
fn blocks_by_numbers(fields: &Fields, style: &RowStyle, problems: &mut Problems) -> Option<Block> {
    let numbering = style.numbering.as_ref()?;
    let Some(n) = numbering.n_numbers(seats_per_row_max() + 1) else {
        let detail = "`seats` is missing; or give `numbers` a `to`.";
        problems.add(ProblemCode::MissingKey, &fields.source, detail);
        return None;
    };
    Some(Block::Same(u32::try_from(n).unwrap_or(u32::MAX)))
}

/// The labels of rows or tables, without those that `skip` leaves out.
pub(super) fn read_row_labels(fields: &Fields, problems: &mut Problems) -> LabelUse {
    let labels = fields.need("labels", problems, values::label_list);
    let skip = fields.get("skip", problems, values::label_list);
    let mut labels = labels.unwrap_or_else(|| LabelUse::unread(&fields.source));
    match skip {
        Some(None) => {}
        Some(Some(skip)) => leave_out(&mut labels, &skip, problems),
        None => labels = LabelUse::unread(&labels.source),
    }
    if labels.labels.len() as u64 > ROWS_PER_SECTION_MAX {
        let n = labels.labels.len();
        let detail = format!("This makes {n} rows; a section has at most {ROWS_PER_SECTION_MAX}.");
        problems.add(ProblemCode::TooManyRows, &labels.source, detail);
    }
    labels
}

fn leave_out(labels: &mut LabelUse, skip: &LabelUse, problems: &mut Problems) {
    if labels.is_whole {
        let known: HashSet<&String> = labels.labels.iter().collect();
        for label in skip.labels.iter().filter(|label| !known.contains(label)) {
            let detail = format!("`{label}` is not among the labels, so it cannot be left out.");
            problems.add(ProblemCode::UnknownSeats, &skip.source, detail);
        }
    }
    let left_out: HashSet<&String> = skip.labels.iter().collect();
    let is_left_out = |label: &String| left_out.contains(label);
    let in_order = &labels.labels[..labels.n_in_order];
    labels.n_in_order -= in_order.iter().filter(|label| is_left_out(label)).count();
    labels.labels.retain(|label| !is_left_out(label));
    if labels.labels.is_empty() && labels.is_whole {
        let detail = "Every label is left out; at least one must stay.";
        problems.add(ProblemCode::ImpossibleRange, &skip.source, detail);
        labels.is_whole = false;
    }
    if !skip.is_whole {
        *labels = LabelUse::unread(&labels.source);
    }
}

/// Seats of each row, by block from left to right.
fn read_blocks(
    spot: &Spot,
    n_rows: Option<usize>,
    problems: &mut Problems,
) -> Option<Vec<Option<Block>>> {
    let read = |spot: &Spot, problems: &mut Problems| read_block(spot, n_rows, problems);
    if spot.is_list() {
        return values::each(spot, BLOCKS_PER_ROW_MAX, problems, read);
    }
    Some(vec![read(spot, problems)])
}

fn read_block(spot: &Spot, n_rows: Option<usize>, problems: &mut Problems) -> Option<Block> {
    if let Some(Scalar::Integer(_) | Scalar::Number(_)) = spot.scalar() {
        return seat_count(spot, problems).map(Block::Same);
    }
    if !spot.is_map() {
        let wanted = "a number of seats, a map with `first` and `last` or with `each`, \
                      or a list of these for blocks between aisles";
        return spot.wrong_type(wanted, problems);
    }
    let fields = Fields::open(spot, &["first", "last", "each"], problems)?;
    let first = fields.get("first", problems, seat_count);
    let last = fields.get("last", problems, seat_count);
    if !fields.has("each") {
        for (key, value) in [("first", first), ("last", last)] {
            if value == Some(None) {
                let detail = format!("`{key}` is missing.");
                problems.add(ProblemCode::MissingKey, &fields.source, detail);
            }
        }
        return Some(Block::Between(first.flatten(), last.flatten()));
    }
    fields.conflict("each", "first", problems);
    fields.conflict("each", "last", problems);
    let each = fields.need("each", problems, |spot, problems| {
        values::each(spot, seats_per_row_max(), problems, seat_count)
    })?;
    if let (Some(n_rows), Some(spot)) = (n_rows.filter(|n| *n != each.len()), fields.spot("each")) {
        let detail = format!(
            "There are {n_rows} rows and {} counts; give each row one.",
            each.len()
        );
        problems.add(ProblemCode::CountMismatch, &spot.source, detail);
    }
    Some(Block::Each(each))
}

fn seat_count(spot: &Spot, problems: &mut Problems) -> Option<u32> {
    let count = values::integer(1, SEATS_PER_ROW_MAX)(spot, problems)?;
    u32::try_from(count).ok()
}

/// Whether no row is too long, and each has as many seats as its numbers say.
fn are_counts_right(fields: &Fields, rows: &RowsSpec, problems: &mut Problems) -> bool {
    let totals = rows.written_counts();
    let source = fields
        .spot("seats")
        .map_or(&fields.source, |spot| &spot.source);
    if let Some(n) = totals.iter().find(|n| **n > SEATS_PER_ROW_MAX) {
        let detail = format!("A row of {n} seats is too long; {SEATS_PER_ROW_MAX} is the most.");
        problems.add(ProblemCode::OutOfRange, source, detail);
        return false;
    }
    let Some(numbering) = &rows.style.numbering else {
        return true;
    };
    let longest = totals.iter().max().copied().unwrap_or_default();
    if !numbering.reaches(usize::try_from(longest).unwrap_or(usize::MAX)) {
        let detail = format!("The numbers of {longest} seats run beyond {NUMBER_MAX}.");
        problems.add(ProblemCode::ImpossibleRange, source, detail);
        return false;
    }
    let Some(n_numbers) = numbering.n_numbers(seats_per_row_max() + 1) else {
        return true;
    };
    let n_numbers = n_numbers as u64;
    if let Some(n) = totals.iter().find(|n| **n != n_numbers) {
        let detail = format!(
            "A row has {n} seats, and the numbers are enough for {n_numbers}; leave out `to`, or \
             make both agree."
        );
        problems.add(ProblemCode::CountMismatch, source, detail);
        return false;
    }
    true
}

fn seats_per_row_max() -> usize {
    usize::try_from(SEATS_PER_ROW_MAX).unwrap_or(usize::MAX)
}
