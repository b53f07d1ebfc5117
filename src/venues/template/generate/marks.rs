//! Applies marks to the rows of a section, in their order: a later mark has the last word.

use std::collections::HashSet;

use super::draft::DraftRow;
use crate::venues::template::problems::{ProblemCode, Problems, Source};
use crate::venues::template::spec::{LabelUse, MarkSpec, SectionSpec};

/// How many seats each mark of an entry has met, over all its sections.
pub(super) struct MarkCounts(Vec<usize>);

impl MarkCounts {
    pub(super) fn of(section: &SectionSpec) -> Self {
        Self(vec![0; section.marks.len()])
    }
}

pub(super) fn apply_marks<'t>(
    section: &'t SectionSpec,
    key: &str,
    rows: &mut Vec<DraftRow<'t>>,
    counts: &mut MarkCounts,
) {
    for (mark, count) in section.marks.iter().zip(&mut counts.0) {
        if mark
            .sections
            .as_ref()
            .is_none_or(|sections| sections.labels.iter().any(|label| label == key))
        {
            *count += apply(mark, rows);
        }
    }
    for row in &mut *rows {
        remove_absent(row);
    }
    rows.retain(|row| !row.seats.is_empty());
}

fn apply<'t>(mark: &'t MarkSpec, rows: &mut [DraftRow<'t>]) -> usize {
    let wanted: Option<HashSet<&str>> = mark
        .rows
        .as_ref()
        .map(|rows| rows.labels.iter().map(String::as_str).collect());
    let mut n_met = 0;
    for row in rows
        .iter_mut()
        .filter(|row| wanted.as_ref().is_none_or(|w| w.contains(row.label)))
    {
        let n_seats = row.seats.len();
        for (position, seat) in row.seats.iter_mut().enumerate() {
            let is_number = mark
                .numbers
                .as_ref()
                .is_none_or(|set| set.contains(seat.number));
            let from_end = position.min(n_seats - 1 - position);
            if !is_number || mark.n_ends.is_some_and(|n_ends| from_end >= n_ends) {
                continue;
            }
            n_met += 1;
            seat.is_absent |= mark.is_absent;
            if let Some(category) = &mark.category {
                seat.category = Some(category);
            }
            for flag in &mark.flags {
                if !seat.flags.contains(flag) {
                    seat.flags.push(*flag);
                }
            }
        }
    }
    n_met
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

/// Reports marks that name what is not there.
pub(super) fn report_unmet(
    section: &SectionSpec,
    counts: &MarkCounts,
    row_labels: &HashSet<&str>,
    problems: &mut Problems,
) {
    let keys: HashSet<&str> = section.keys.iter().map(String::as_str).collect();
    for (mark, count) in section.marks.iter().zip(&counts.0) {
        let is_named = report_unknown(mark.sections.as_ref(), "section", &keys, problems)
            && report_unknown(mark.rows.as_ref(), "row or table", row_labels, problems);
        if is_named && *count == 0 {
            let detail = "No seat has this row and number; the mark meets nothing.";
            problems.add(ProblemCode::UnknownSeats, &mark.source, detail);
        }
    }
}

fn report_unknown(
    named: Option<&LabelUse>,
    noun: &str,
    known: &HashSet<&str>,
    problems: &mut Problems,
) -> bool {
    let Some(LabelUse { labels, source }) = named else {
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
