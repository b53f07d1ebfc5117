//! Groups of rows: labels, seats of each row, numbers, spacing.

use super::fields::{Fields, Scalar, Spot};
use super::values;
use crate::venues::template::limits::{
    BLOCKS_PER_ROW_MAX, NUMBER_MAX, ROWS_PER_SECTION_MAX, SEATS_PER_ROW_MAX,
};
use crate::venues::template::numbering::{NumberSet, Numbering, Order, Parity};
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::{Align, RowStyle, RowsSpec};

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
) -> Option<RowStyle> {
    let seat_spacing = values::metres(0.4, 5.0);
    let row_spacing = values::metres(0.4, 10.0);
    let alignments = values::word(&[
        ("left", Align::Left),
        ("centre", Align::Centre),
        ("right", Align::Right),
    ]);
    let seat_spacing = fields.get_or(
        "seat_spacing",
        inherited.seat_spacing,
        problems,
        seat_spacing,
    );
    let row_spacing = fields.get_or("row_spacing", inherited.row_spacing, problems, row_spacing);
    let aisles = fields.get_or("aisle", inherited.aisles.clone(), problems, read_aisles);
    let align = fields.get_or("align", inherited.align, problems, alignments);
    let is_staggered = fields.get_or("stagger", inherited.is_staggered, problems, values::truth);
    let numbering = fields.get_or(
        "numbers",
        inherited.numbering.clone(),
        problems,
        read_numbering,
    );
    Some(RowStyle {
        seat_spacing: seat_spacing?,
        row_spacing: row_spacing?,
        aisles: aisles?,
        align: align?,
        is_staggered: is_staggered?,
        numbering: numbering?,
    })
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
    let numbering = Numbering {
        from: from?,
        to: to?,
        parity: parity?,
        order: order?,
        skip: skip?,
    };
    if numbering.n_numbers(1) == Some(0) {
        let spot = fields.spot("to")?;
        let detail = format!("There is no such number from {} to here.", numbering.from);
        return spot.wrong(ProblemCode::ImpossibleRange, detail, problems);
    }
    Some(numbering)
}

pub(super) fn read_rows(
    spot: &Spot,
    inherited: &RowStyle,
    problems: &mut Problems,
) -> Option<RowsSpec> {
    let fields = Fields::open(spot, KEYS, problems)?;
    let labels = read_row_labels(&fields, problems);
    let style = read_style(&fields, inherited, problems);
    let n_rows = labels.as_ref().map(Vec::len);
    let blocks = match (&style, fields.spot("seats")) {
        (_, Some(seats)) => read_blocks(seats, n_rows, problems),
        (None, None) => None,
        (Some(style), None) => match style.numbering.n_numbers(seats_per_row_max() + 1) {
            Some(n) => Some(vec![vec![
                u32::try_from(n).unwrap_or(u32::MAX);
                n_rows.unwrap_or(0)
            ]]),
            None => {
                let detail = "`seats` is missing; or give `numbers` a `to`.";
                problems.add(ProblemCode::MissingKey, &fields.source, detail);
                None
            }
        },
    };
    let gap_before = fields.get_or("gap_before", 0.0, problems, values::metres(0.0, 100.0));
    let shift = fields.get_or("shift", 0.0, problems, values::metres(-100.0, 100.0));
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    let (labels, blocks, style) = (labels?, blocks?, style?);
    check_counts(&fields, &blocks, &style.numbering, problems)?;
    Some(RowsSpec {
        source: fields.source,
        labels,
        blocks,
        style,
        gap_before: gap_before?,
        shift: shift?,
        category: category?,
        flags: flags?,
    })
}

/// The labels of rows or tables, without those that `skip` leaves out.
pub(super) fn read_row_labels(fields: &Fields, problems: &mut Problems) -> Option<Vec<String>> {
    let labels = fields.need("labels", problems, values::label_list);
    let skip = fields.get("skip", problems, values::label_list);
    let (mut labels, skip) = (labels?, skip?);
    if let Some(skip) = skip {
        for label in skip
            .labels
            .iter()
            .filter(|label| !labels.labels.contains(label))
        {
            let detail = format!("`{label}` is not among the labels, so it cannot be left out.");
            problems.add(ProblemCode::UnknownSeats, &skip.source, detail);
        }
        labels.labels.retain(|label| !skip.labels.contains(label));
        if labels.labels.is_empty() {
            let detail = "Every label is left out; at least one must stay.";
            problems.add(ProblemCode::ImpossibleRange, &skip.source, detail);
            return None;
        }
    }
    if labels.labels.len() as u64 > ROWS_PER_SECTION_MAX {
        let n = labels.labels.len();
        let detail = format!("This makes {n} rows; a section has at most {ROWS_PER_SECTION_MAX}.");
        problems.add(ProblemCode::TooManyRows, &labels.source, detail);
        return None;
    }
    Some(labels.labels)
}

/// Seats of each row, by block from left to right. Unknown `n_rows` only looks for mistakes.
fn read_blocks(
    spot: &Spot,
    n_rows: Option<usize>,
    problems: &mut Problems,
) -> Option<Vec<Vec<u32>>> {
    if spot.is_list() {
        return values::list(spot, BLOCKS_PER_ROW_MAX, problems, |block, problems| {
            read_block(block, n_rows, problems)
        });
    }
    read_block(spot, n_rows, problems).map(|block| vec![block])
}

fn read_block(spot: &Spot, n_rows: Option<usize>, problems: &mut Problems) -> Option<Vec<u32>> {
    if let Some(Scalar::Integer(_) | Scalar::Number(_)) = spot.scalar() {
        return seat_count(spot, problems).map(|n| vec![n; n_rows.unwrap_or(0)]);
    }
    if !spot.is_map() {
        let wanted = "a number of seats, a map with `first` and `last` or with `each`, \
                      or a list of these for blocks between aisles";
        return spot.wrong_type(wanted, problems);
    }
    let fields = Fields::open(spot, &["first", "last", "each"], problems)?;
    if !fields.has("each") {
        let first = fields.need("first", problems, seat_count);
        let last = fields.need("last", problems, seat_count);
        return Some(interpolate(first?, last?, n_rows.unwrap_or(0)));
    }
    fields.conflict("each", "first", problems);
    fields.conflict("each", "last", problems);
    let each = fields.need("each", problems, |spot, problems| {
        values::list(spot, seats_per_row_max(), problems, seat_count)
    })?;
    if let (Some(n_rows), Some(spot)) = (n_rows.filter(|n| *n != each.len()), fields.spot("each")) {
        let detail = format!(
            "There are {n_rows} rows and {} counts; give each row one.",
            each.len()
        );
        return spot.wrong(ProblemCode::CountMismatch, detail, problems);
    }
    Some(each)
}

fn seat_count(spot: &Spot, problems: &mut Problems) -> Option<u32> {
    let count = values::integer(1, SEATS_PER_ROW_MAX)(spot, problems)?;
    u32::try_from(count).ok()
}

/// Counts that grow or shrink evenly, in whole numbers.
fn interpolate(first: u32, last: u32, n_rows: usize) -> Vec<u32> {
    let (first, last) = (i64::from(first), i64::from(last));
    let n_steps = i64::try_from(n_rows).unwrap_or(i64::MAX) - 1;
    (0..=n_steps)
        .map(|row| match n_steps {
            0 => first,
            _ => {
                first
                    + ((last - first) * row * 2 + n_steps * (last - first).signum()) / (n_steps * 2)
            }
        })
        .map(|count| u32::try_from(count).unwrap_or(1))
        .collect()
}

/// The rows must not be too long, and have as many seats as their numbers say.
fn check_counts(
    fields: &Fields,
    blocks: &[Vec<u32>],
    numbering: &Numbering,
    problems: &mut Problems,
) -> Option<()> {
    let n_rows = blocks.first().map_or(0, Vec::len);
    let totals: Vec<u64> = (0..n_rows)
        .map(|row| blocks.iter().map(|block| u64::from(block[row])).sum())
        .collect();
    let source = fields
        .spot("seats")
        .map_or(&fields.source, |spot| &spot.source);
    if let Some(n) = totals.iter().find(|n| **n > SEATS_PER_ROW_MAX) {
        let detail = format!("A row of {n} seats is too long; {SEATS_PER_ROW_MAX} is the most.");
        problems.add(ProblemCode::OutOfRange, source, detail);
        return None;
    }
    let longest = totals.iter().max().copied().unwrap_or_default();
    if numbering
        .number(usize::try_from(longest).unwrap_or(usize::MAX))
        .is_none()
    {
        let detail = format!("The numbers of {longest} seats run beyond {NUMBER_MAX}.");
        problems.add(ProblemCode::ImpossibleRange, source, detail);
        return None;
    }
    let Some(n_numbers) = numbering.n_numbers(seats_per_row_max() + 1) else {
        return Some(());
    };
    let n_numbers = n_numbers as u64;
    if let Some(n) = totals.iter().find(|n| **n != n_numbers) {
        let detail = format!(
            "A row has {n} seats, and the numbers are enough for {n_numbers}; leave out `to`, or \
             make both agree."
        );
        problems.add(ProblemCode::CountMismatch, source, detail);
        return None;
    }
    Some(())
}

fn seats_per_row_max() -> usize {
    usize::try_from(SEATS_PER_ROW_MAX).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_grow_evenly_from_the_first_row_to_the_last() {
        assert_eq!(interpolate(10, 20, 6), [10, 12, 14, 16, 18, 20]);
        assert_eq!(interpolate(10, 12, 5), [10, 11, 11, 12, 12]);
        assert_eq!(interpolate(9, 6, 4), [9, 8, 7, 6]);
        assert_eq!(interpolate(7, 9, 1), [7]);
    }

    proptest! {
        #[test]
        fn counts_run_from_the_first_to_the_last_and_never_turn_back(
            first in 1_u32..=500, last in 1_u32..=500, n_rows in 2_usize..=200,
        ) {
            let counts = interpolate(first, last, n_rows);

            prop_assert_eq!((counts[0], counts[n_rows - 1]), (first, last));
            let (mut up, down) = (counts.clone(), counts.iter().rev().copied().collect::<Vec<_>>());
            up.sort_unstable();
            prop_assert!(up == counts || up == down);
        }
    }
}
