//! Marks: which seats differ from what their rows say, and how.

use super::fields::{Fields, Spot};
use super::values;
use crate::venues::template::limits::SEATS_PER_ROW_MAX;
use crate::venues::template::problems::{ProblemCode, Problems};
use crate::venues::template::spec::MarkSpec;

/// Which key of a mark names rows: by what the section has.
#[derive(Clone, Copy)]
pub(super) enum RowsKey {
    Rows,
    Tables,
    Either,
}

pub(super) fn read_mark(
    spot: &Spot,
    rows_key: RowsKey,
    problems: &mut Problems,
) -> Option<MarkSpec> {
    const KEYS: [&str; 7] = [
        "sections", "rows", "numbers", "ends", "category", "flags", "absent",
    ];
    let mut keys = KEYS.to_vec();
    match rows_key {
        RowsKey::Rows => {}
        RowsKey::Tables => keys[1] = "tables",
        RowsKey::Either => keys.push("tables"),
    }
    let fields = Fields::open(spot, &keys, problems)?;
    let sections = fields.get("sections", problems, values::label_list);
    let rows_key = if fields.has("tables") {
        "tables"
    } else {
        keys[1]
    };
    let rows = fields.get(rows_key, problems, values::label_list);
    let numbers = fields.get("numbers", problems, values::number_set);
    let n_ends = fields.get("ends", problems, values::integer(1, SEATS_PER_ROW_MAX));
    fields.conflict("numbers", "ends", problems);
    let category = fields.get("category", problems, values::category_use);
    let flags = fields.get_or("flags", Vec::new(), problems, values::flags);
    let is_absent = fields.get_or("absent", false, problems, values::truth);
    if !["category", "flags", "absent"]
        .iter()
        .any(|key| fields.has(key))
    {
        let detail = "The mark changes nothing; give it a `category`, `flags` or `absent`.";
        problems.add(ProblemCode::MissingKey, &fields.source, detail);
    }
    fields.conflict("absent", "category", problems);
    fields.conflict("absent", "flags", problems);
    let n_ends = n_ends.map(|n| n.and_then(|n| usize::try_from(n).ok()));
    Some(MarkSpec {
        source: fields.source,
        sections,
        rows,
        numbers,
        n_ends,
        category,
        flags,
        is_absent,
    })
}
