//! Which categories and flags the seats have, as far as that can be known.

use std::collections::HashSet;

use super::draft::DraftRow;
use super::marks::is_mark_certain;
use crate::venues::model::SeatFlag;
use crate::venues::template::spec::{MarkSpec, RowsSpec, SectionContent, SectionSpec, TablesSpec};

/// What some seat has, or may have where a part cannot be read.
#[derive(Default)]
pub(in crate::venues::template) struct Uses {
    categories: HashSet<String>,
    has_any_category: bool,
    pub(in crate::venues::template) has_accessible: bool,
    pub(in crate::venues::template) has_seats: bool,
}

/// Where a category and flags can be written.
type Written<'t> = (&'t Option<Option<String>>, &'t Option<Vec<SeatFlag>>);

impl Uses {
    /// There is a part of which nothing is known.
    pub(in crate::venues::template) fn add_unknown(&mut self) {
        self.has_any_category = true;
        self.has_accessible = true;
        self.has_seats = true;
    }

    pub(in crate::venues::template) fn has_category(&self, key: &str) -> bool {
        self.has_any_category || self.categories.contains(key)
    }

    pub(super) fn add_seats(&mut self, rows: &[DraftRow<'_>]) {
        for seat in rows.iter().flat_map(|row| &row.seats) {
            self.has_seats = true;
            self.has_accessible |= seat.flags.contains(&SeatFlag::Accessible);
            if let Some(Some(key)) = seat.category
                && !self.categories.contains(key)
            {
                self.categories.insert(key.to_owned());
            }
        }
    }

    /// Takes everything that is written in an entry for what its seats have.
    pub(super) fn add_written(&mut self, section: &SectionSpec) {
        self.has_seats = true;
        let Some(written) = written(section) else {
            return self.add_unknown();
        };
        for (category, flags) in written {
            match category {
                Some(category) => self.categories.extend(category.clone()),
                None => self.has_any_category = true,
            }
            self.has_accessible |= flags
                .as_ref()
                .is_none_or(|flags| flags.contains(&SeatFlag::Accessible));
        }
    }
}

/// Whether the drawing of an entry shows every seat that it makes, with all that it has.
pub(super) fn is_certain(section: &SectionSpec) -> bool {
    let is_content_certain = match &section.content {
        SectionContent::Rows(groups) => groups.iter().flatten().all(are_rows_certain),
        SectionContent::Tables(groups) => groups.iter().flatten().all(are_tables_certain),
        SectionContent::Places(places) => places.capacity.is_some(),
        SectionContent::Unread => false,
    };
    let are_marks_certain = section.marks.iter().flatten().all(|mark| {
        let has_numbers = mark.numbers == Some(None);
        is_mark_certain(mark)
            && mark.is_absent.is_some()
            && (has_numbers || are_numbers_certain(&section.content))
    });
    section.keys.is_whole
        && is_content_certain
        && are_marks_certain
        && written(section).is_some_and(|written| {
            let mut written = written.into_iter();
            written.all(|(category, flags)| category.is_some() && flags.is_some())
        })
}

fn are_rows_certain(group: &RowsSpec) -> bool {
    let n_rows = group.labels.labels.len();
    group.labels.is_whole && (0..n_rows).all(|row| group.n_seats(row).is_some())
}

fn are_tables_certain(group: &TablesSpec) -> bool {
    group.labels.is_whole && group.n_seats.is_some()
}

fn are_numbers_certain(content: &SectionContent) -> bool {
    let SectionContent::Rows(groups) = content else {
        return true;
    };
    let mut numberings = groups.iter().flatten().map(|group| &group.style.numbering);
    numberings.all(|numbering| {
        numbering
            .as_ref()
            .is_some_and(|numbering| numbering.order.is_some())
    })
}

/// Categories and flags of an entry and its parts; `None` if a part cannot be read at all.
fn written(section: &SectionSpec) -> Option<Vec<Written<'_>>> {
    let mut written = vec![(&section.category, &section.flags)];
    match &section.content {
        SectionContent::Rows(groups) => {
            for group in groups {
                let group = group.as_ref()?;
                written.push((&group.category, &group.flags));
            }
        }
        SectionContent::Tables(groups) => {
            for group in groups {
                let group = group.as_ref()?;
                written.push((&group.category, &group.flags));
            }
        }
        SectionContent::Places(_) => {}
        SectionContent::Unread => return None,
    }
    for mark in &section.marks {
        let MarkSpec {
            category, flags, ..
        } = mark.as_ref()?;
        written.push((category, flags));
    }
    Some(written)
}
