//! How long things may be. Raising a budget is a commit with a reason.

use crate::tree::{Source, expect_none, rust, sources};

const LINE_MAX_CHARS: usize = 100;
const MODULE_DOCS_MAX_LINES: usize = 10;

/// How many lines a file may have; `None` for files without a budget.
fn lines_max(path: &str) -> Option<usize> {
    match path {
        "src/main.rs" => Some(60),
        "ARCHITECTURE.md" => Some(150),
        _ if path.starts_with("docs/decisions/") => Some(60),
        _ if path.ends_with(".lua") => Some(70),
        _ if path.ends_with(".rs") => Some(400),
        _ if path.starts_with("web/src/api") => None,
        _ if path.ends_with(".ts") || path.ends_with(".svelte") => Some(400),
        _ => None,
    }
}

/// A script's header is its interface and may be as long as that is: the budget is for the code.
fn n_lines(source: &Source) -> usize {
    let lines = source.text.lines();
    if source.path.ends_with(".lua") {
        lines.filter(|line| !line.starts_with("--")).count()
    } else {
        lines.count()
    }
}

fn too_long(source: &Source) -> Option<String> {
    let n_lines = n_lines(source);
    let max = lines_max(&source.path)?;
    (n_lines > max).then(|| format!("{}: {n_lines} lines, at most {max}", source.path))
}

fn too_wide(source: &Source) -> Vec<String> {
    let lines = source.text.lines().zip(1..);
    let wide = lines.filter(|(line, _)| line.chars().count() > LINE_MAX_CHARS);
    wide.map(|(_, n)| format!("{}:{n}: wider than {LINE_MAX_CHARS}", source.path))
        .collect()
}

fn too_wordy(source: &Source) -> Option<String> {
    let n_lines = source
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .count();
    let is_wordy = n_lines > MODULE_DOCS_MAX_LINES;
    is_wordy.then(|| format!("{}: {n_lines} lines of module docs", source.path))
}

#[test]
fn files_stay_short() {
    expect_none(sources(".").iter().filter_map(too_long));
}

#[test]
fn a_file_over_its_budget_is_found() {
    for (path, max) in [
        ("src/main.rs", 60),
        ("src/holds/store.rs", 400),
        ("lua/place_hold.lua", 70),
        ("docs/decisions/0001-clock.md", 60),
        ("ARCHITECTURE.md", 150),
    ] {
        assert!(
            too_long(&Source::sample(path, &"x\n".repeat(max + 1))).is_some(),
            "{path}"
        );
        assert_eq!(
            too_long(&Source::sample(path, &"x\n".repeat(max))),
            None,
            "{path}"
        );
    }
}

#[test]
fn lines_stay_short_and_module_docs_too() {
    let all: Vec<Source> = ["src", "tests"].into_iter().flat_map(rust).collect();
    expect_none(
        all.iter()
            .flat_map(too_wide)
            .chain(all.iter().filter_map(too_wordy)),
    );
}

#[test]
fn a_wide_line_and_long_docs_are_found() {
    assert_eq!(
        too_wide(&Source::sample("src/a.rs", &"ü".repeat(101))).len(),
        1
    );
    assert_eq!(
        too_wide(&Source::sample("src/a.rs", &"ü".repeat(100))),
        [""; 0]
    );
    assert!(too_wordy(&Source::sample("src/a.rs", &"//! word\n".repeat(11))).is_some());
    assert_eq!(
        too_wordy(&Source::sample("src/a.rs", &"//! word\n".repeat(10))),
        None
    );
}
