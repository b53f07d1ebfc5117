//! Every pair of mistakes: what is found together is what is found of each alone.

use std::collections::{BTreeMap, BTreeSet};

use super::rich_house::{CHANGES, Change, RICH_HOUSE};
use super::{check_yaml, mistakes};

/// Mistakes that hide others, those that they hide, and why nobody can know them.
const UNKNOWABLE: &[(&[&str], &[&str], &str)] = &[
    (
        &["category key"],
        &[
            "section category",
            "rows category",
            "mark's category",
            "unused category",
        ],
        "any other name may be that of the category whose key cannot be read",
    ),
    (
        &["section category", "rows category", "mark's category"],
        &["unused category"],
        "a wrong name may be meant for the category that nothing has",
    ),
    (
        &["backward rows", "label twice in a list", "unreadable skip"],
        &["mark of no row"],
        "the row may be among those that cannot be read",
    ),
    (
        &["backward rows", "seats"],
        &["mark of no number"],
        "the row may have a seat of that number",
    ),
    (
        &["chairs", "no labels of tables"],
        &["mark of no chair"],
        "the table may have such a chair",
    ),
    (
        &["unreadable key"],
        &["mark of no section"],
        "the key may be that of the section",
    ),
    (
        &["backward rows", "unreadable skip"],
        &["row of a former group"],
        "the row that seems to be there twice may be another, or be left out",
    ),
    (
        &["no labels of tables"],
        &["table of a former group"],
        "the former group may have other tables",
    ),
    (
        &["shape"],
        &["size of a box"],
        "whether there may be a size hangs on the shape",
    ),
    (
        &["number from"],
        &["number to"],
        "whether it is too low hangs on the first number",
    ),
    (
        &["area"],
        &["crowded area", "full area"],
        "how crowded it is hangs on the area",
    ),
    (
        &[
            "backward rows",
            "curve",
            "default row spacing",
            "default spacing",
            "distance",
            "gap",
            "label twice in a list",
            "no focal point",
            "unreadable skip",
        ],
        &["rows over the last rows"],
        "where the former rows are hangs on it",
    ),
    (
        &[
            "chairs",
            "columns",
            "default row spacing",
            "default spacing",
            "no anchor",
            "no labels of tables",
        ],
        &["rows over the tables"],
        "where the tables or the rows are hangs on it",
    ),
    (
        &[
            "area",
            "default row spacing",
            "default spacing",
            "two anchors",
        ],
        &["rows in the area"],
        "where the area or the rows are hangs on it",
    ),
    (
        &["rows that are none", "mark that is none"],
        &["unused category"],
        "what cannot be read may have the category",
    ),
    (
        &["rows that are none"],
        &["rows without category"],
        "what cannot be read may have a category",
    ),
    (
        &["mark that is none"],
        &["rows over the tables"],
        "the mark may say that the chairs are absent",
    ),
    (
        &[
            "alignment",
            "last label",
            "rows that are none",
            "too many seats",
        ],
        &[
            "rows over the last rows",
            "rows over the tables",
            "rows in the area",
        ],
        "rows that are flush left begin where the widest row begins",
    ),
];

fn is_unknowable(one: &str, other: &str) -> bool {
    UNKNOWABLE.iter().any(|(hiding, hidden, _)| {
        let hides = |a: &str, b: &str| hiding.contains(&a) && hidden.contains(&b);
        hides(one, other) || hides(other, one)
    })
}

type Found = BTreeSet<(&'static str, String)>;

fn found(document: &str) -> Found {
    let mistakes = mistakes(document).into_iter();
    mistakes
        .map(|(code, pointer, ..)| (code.as_str(), pointer))
        .collect()
}

fn span(change: &Change) -> std::ops::Range<usize> {
    let (name, from, _) = change;
    let places: Vec<_> = RICH_HOUSE.match_indices(from).collect();
    assert_eq!(places.len(), 1, "{name}: {from} must stand once");
    places[0].0..places[0].0 + from.len()
}

/// The house with some changes; `None` if they change the same text.
fn changed(changes: &[&Change]) -> Option<String> {
    let mut spans: Vec<_> = changes
        .iter()
        .map(|change| (span(change), change.2))
        .collect();
    spans.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    if spans.windows(2).any(|pair| pair[1].0.end > pair[0].0.start) {
        return None;
    }
    let mut document = RICH_HOUSE.to_owned();
    for (span, text) in spans {
        document.replace_range(span, text);
    }
    Some(document)
}

#[test]
fn the_rich_house_has_no_mistakes_and_every_change_is_one() {
    assert_eq!(found(RICH_HOUSE), Found::new());
    for change in CHANGES {
        let document = changed(&[change]).unwrap();
        assert!(!check_yaml(&document).problems.is_empty(), "{}", change.0);
    }
}

#[test]
fn two_mistakes_are_found_as_each_alone() {
    let alone: Vec<Found> = CHANGES
        .iter()
        .map(|change| found(&changed(&[change]).unwrap()))
        .collect();
    let mut differences = BTreeMap::new();
    for (second, other) in CHANGES.iter().enumerate() {
        for (first, one) in CHANGES[..second].iter().enumerate() {
            let Some(document) = changed(&[one, other]) else {
                continue;
            };
            let both = found(&document);
            let expected: Found = alone[first].union(&alone[second]).cloned().collect();
            let is_listed = is_unknowable(one.0, other.0);
            let added: Vec<_> = both.difference(&expected).cloned().collect();
            let hidden: Vec<_> = expected.difference(&both).cloned().collect();
            if !added.is_empty() || hidden.is_empty() == is_listed {
                differences.insert((one.0, other.0), (hidden, added));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{}: {differences:#?}",
        differences.len()
    );
}
