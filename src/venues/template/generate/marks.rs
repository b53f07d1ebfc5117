//! Applies marks to the rows of a section, in their order: a later mark has the last word.

use std::collections::HashSet;

use super::draft::{DraftRow, DraftSeat, Knowledge};
use crate::venues::template::problems::{ProblemCode, Problems, Source};
use crate::venues::template::spec::{LabelUse, MarkSpec, SectionSpec};

/// What each mark of an entry names, how often it could have met seats that are known, and how
/// often it did.
pub(super) struct MarkCounts<'t>(Vec<MarkCount<'t>>);

#[derive(Default)]
struct MarkCount<'t> {
    sections: Named<'t>,
    rows: Named<'t>,
    n_rows: usize,
    n_seats: usize,
    has_unknown_rows: bool,
}

/// The labels of a list; `None` if any label may be meant.
type Named<'t> = Option<HashSet<&'t str>>;

impl<'t> MarkCounts<'t> {
    pub(super) fn of(section: &'t SectionSpec) -> Self {
        let count = |mark: &'t Option<MarkSpec>| {
            mark.as_ref()
                .map_or_else(MarkCount::default, |mark| MarkCount {
                    sections: named(&mark.sections),
                    rows: named(&mark.rows),
                    ..MarkCount::default()
                })
        };
        Self(section.marks.iter().map(count).collect())
    }
}

/// A list names something; it may name anything if a part of it cannot be read.
fn named(list: &Option<Option<LabelUse>>) -> Named<'_> {
    let list = list.as_ref()?.as_ref().filter(|list| list.is_whole)?;
    Some(list.labels.iter().map(String::as_str).collect())
}

pub(super) fn apply_marks<'t>(
    section: &'t SectionSpec,
    key: Option<&str>,
    rows: &mut Vec<DraftRow<'t>>,
    counts: &mut MarkCounts<'t>,
) {
    for (mark, count) in section.marks.iter().zip(&mut counts.0) {
        match mark {
            Some(mark) => {
                let is_here = is_named(&count.sections, key);
                apply(mark, is_here, rows, count);
            }
            None => doubt_all(rows),
        }
    }
    for row in &mut *rows {
        remove_absent(row);
    }
    rows.retain(|row| !row.seats.is_empty());
}

fn is_named(named: &Named<'_>, label: Option<&str>) -> bool {
    let (Some(named), Some(label)) = (named, label) else {
        return true;
    };
    named.contains(label)
}

/// A mark that cannot be read may do anything to any seat.
fn doubt_all(rows: &mut [DraftRow<'_>]) {
    for seat in rows.iter_mut().flat_map(|row| &mut row.seats) {
        seat.place = None;
        seat.category = seat.category.filter(Option::is_some);
    }
}

/// Counts what a mark meets in any section of its entry, as all have the same rows, and changes it
/// in those that the mark names.
fn apply<'t>(
    mark: &'t MarkSpec,
    is_here: bool,
    rows: &mut [DraftRow<'t>],
    count: &mut MarkCount<'t>,
) {
    for row in rows {
        if !is_named(&count.rows, Some(row.label)) {
            continue;
        }
        count.n_rows += 1;
        count.has_unknown_rows |= row.knowledge != Knowledge::Whole;
        let n_seats = row.seats.len();
        for (position, seat) in row.seats.iter_mut().enumerate() {
            let from_end = position.min(n_seats - 1 - position);
            if is_meant(mark, seat.number, from_end) {
                count.n_seats += 1;
                if is_here {
                    change(mark, seat);
                }
            }
        }
    }
}

fn is_meant(mark: &MarkSpec, number: Option<u32>, from_end: usize) -> bool {
    let is_number = match (&mark.numbers, number) {
        (Some(Some(set)), Some(number)) => set.contains(number),
        _ => true,
    };
    let is_at_end = match mark.n_ends {
        Some(Some(n_ends)) => from_end < n_ends,
        _ => true,
    };
    is_number && is_at_end
}

/// Whether it is known which seats a mark means.
pub(super) fn is_mark_certain(mark: &MarkSpec) -> bool {
    is_list_certain(&mark.sections) && is_choice_certain(mark)
}

/// Whether it is known which seats of a section a mark means.
fn is_choice_certain(mark: &MarkSpec) -> bool {
    is_list_certain(&mark.rows) && mark.numbers.is_some() && mark.n_ends.is_some()
}

fn is_list_certain(list: &Option<Option<LabelUse>>) -> bool {
    match list {
        None => false,
        Some(list) => list.as_ref().is_none_or(|list| list.is_whole),
    }
}

fn change<'t>(mark: &'t MarkSpec, seat: &mut DraftSeat<'t>) {
    let is_certain = is_mark_certain(mark) && (seat.number.is_some() || mark.numbers == Some(None));
    match mark.is_absent {
        Some(true) if is_certain => seat.is_absent = true,
        Some(true) | None => seat.place = None,
        Some(false) => {}
    }
    match &mark.category {
        Some(Some(category)) if is_certain => seat.category = Some(Some(category)),
        Some(Some(_)) | None => seat.category = seat.category.filter(Option::is_some),
        Some(None) => {}
    }
    for flag in mark.flags.iter().flatten() {
        if !seat.flags.contains(flag) {
            seat.flags.push(*flag);
        }
    }
}

fn remove_absent(row: &mut DraftRow<'_>) {
    if row.seats.iter().all(|seat| !seat.is_absent) {
        return;
    }
    for position in 1..row.seats.len() {
        if row.seats[position].is_absent {
            row.seats[position - 1].has_gap_after = true;
        }
    }
    row.seats.retain(|seat| !seat.is_absent);
}

/// Reports marks that name what is not there. Where a name may stand in a part that cannot be
/// read, nothing is said.
pub(super) fn report_unmet(
    section: &SectionSpec,
    counts: &MarkCounts<'_>,
    row_labels: Option<&HashSet<&str>>,
    problems: &mut Problems,
) {
    let keys: HashSet<&str> = section.keys.labels.iter().map(String::as_str).collect();
    let keys = section.keys.is_whole.then_some(&keys);
    for (mark, count) in section.marks.iter().zip(&counts.0) {
        let Some(mark) = mark else { continue };
        report_unknown(&mark.sections, "section", keys, problems);
        let is_named = report_unknown(&mark.rows, "row or table", row_labels, problems);
        let has_all_rows = row_labels.is_some() || matches!(mark.rows, Some(Some(_)));
        let is_known = is_choice_certain(mark) && has_all_rows && !count.has_unknown_rows;
        if is_named && is_known && count.n_rows > 0 && count.n_seats == 0 {
            let detail = "No seat has this row and number; the mark meets nothing.";
            problems.add(ProblemCode::UnknownSeats, &mark.source, detail);
        }
    }
}

fn report_unknown(
    named: &Option<Option<LabelUse>>,
    noun: &str,
    known: Option<&HashSet<&str>>,
    problems: &mut Problems,
) -> bool {
    let (Some(Some(LabelUse { labels, source, .. })), Some(known)) = (named, known) else {
        return true;
    };
    let unknown: Vec<&str> = labels
        .iter()
        .map(String::as_str)
        .filter(|label| !known.contains(label))
        .collect();
    if !unknown.is_empty() {
        add_unknown(&unknown, noun, source, problems);
    }
    unknown.is_empty()
}

fn add_unknown(unknown: &[&str], noun: &str, source: &Source, problems: &mut Problems) {
    let shown = unknown.iter().take(10).map(|label| format!("`{label}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let detail = format!("This entry has no {noun} {shown}.");
    problems.add(ProblemCode::UnknownSeats, source, detail);
}
