//! Where a word may stand: technologies in their places, and no notes left in the tree.

use crate::tree::{Source, expect_none, rust, sources};

struct Confined {
    word: &'static str,
    /// A file, a folder with its slash, or, after a star, the end of a path.
    places: &'static [&'static str],
}

const CONFINED: &[Confined] = &[
    Confined {
        word: "axum",
        places: &[
            "*/http.rs",
            "*/http/",
            "src/app.rs",
            "src/auth.rs",
            "src/docs.rs",
            "src/document.rs",
            "src/limits.rs",
            "src/middleware.rs",
            "src/operations.rs",
            "src/page.rs",
            "src/pages.rs",
            "src/problem.rs",
            "src/request.rs",
            "src/server.rs",
        ],
    },
    // Its types: an id in a column, a transaction in an action. Never in a handler.
    Confined {
        word: "sqlx",
        places: &[
            "*/actions.rs",
            "*/actions/",
            "*/error.rs",
            "*/jobs.rs",
            "*/model.rs",
            "*/model/",
            "*/store.rs",
            "*/store/",
            "src/auth.rs",
            "src/context.rs",
            "src/id.rs",
            "src/money.rs",
            "src/outbox.rs",
            "src/postgres.rs",
            "src/problem.rs",
            "src/with_stores.rs",
        ],
    },
    Confined {
        word: "sqlx::query",
        places: STATEMENTS,
    },
    Confined {
        word: "sqlx::query_as",
        places: STATEMENTS,
    },
    Confined {
        word: "sqlx::query_scalar",
        places: STATEMENTS,
    },
    Confined {
        word: "fred",
        places: &[
            "*/error.rs",
            "src/board/",
            "src/channels.rs",
            "src/context.rs",
            "src/limits.rs",
            "src/problem.rs",
            "src/redis.rs",
        ],
    },
    Confined {
        word: "tokio_cron_scheduler",
        // telemetry, variables: it is kept out of the log.
        places: &["src/jobs.rs", "src/telemetry.rs", "src/variables.rs"],
    },
    // sqlx's way round its own check that no statement is put together at run time.
    Confined {
        word: "AssertSqlSafe",
        places: &[],
    },
];

const STATEMENTS: &[&str] = &[
    "*/store.rs",
    "*/store/",
    "src/auth.rs",
    "src/jobs.rs",
    "src/outbox.rs",
];

/// Words of unfinished work; written so that this file does not contain them.
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

const NOTES: [&str; 8] = [
    "plan", "progress", "notes", "summary", "gap", "analysis", "report", "status",
];

fn is_at(path: &str, place: &str) -> bool {
    match place.strip_prefix('*') {
        Some(folder) if folder.ends_with('/') => path.contains(folder),
        Some(end) => path.ends_with(end),
        None if place.ends_with('/') => path.starts_with(place),
        None => path == place,
    }
}

fn out_of_place(confined: &Confined, source: &Source) -> Option<String> {
    let is_placed = confined
        .places
        .iter()
        .any(|place| is_at(&source.path, place));
    let is_named = has_word(&source.code(), confined.word);
    let word = confined.word;
    (is_named && !is_placed).then(|| format!("{}: {word} has no business here", source.path))
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn unfinished(source: &Source) -> Vec<String> {
    let found = UNFINISHED
        .iter()
        .filter(|word| has_word(&source.text, word));
    found
        .map(|word| format!("{}: {word}", source.path))
        .collect()
}

fn is_note(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let stem = name.strip_suffix(".md").unwrap_or_default();
    stem.split(['-', '_', '.'])
        .any(|word| NOTES.contains(&word))
}

#[test]
fn technologies_stay_in_their_places() {
    let sources = rust("src");
    expect_none(CONFINED.iter().flat_map(|confined| {
        sources
            .iter()
            .filter_map(|source| out_of_place(confined, source))
    }));
}

#[test]
fn a_technology_out_of_place_is_found() {
    let axum = &CONFINED[0];
    let use_axum = "use axum::Router;";
    assert!(out_of_place(axum, &Source::sample("src/holds/actions.rs", use_axum)).is_some());
    for (path, text) in [
        ("src/holds/http.rs", use_axum),
        ("src/holds/http/place.rs", use_axum),
        ("src/app.rs", use_axum),
        (
            "src/holds/actions.rs",
            "use utoipa_axum::routes; // not axum",
        ),
    ] {
        assert_eq!(
            out_of_place(axum, &Source::sample(path, text)),
            None,
            "{path} {text}"
        );
    }
    let last = CONFINED.last().expect("a rule");
    assert!(out_of_place(last, &Source::sample("src/postgres.rs", last.word)).is_some());
}

#[test]
fn nothing_is_left_unfinished() {
    let places = [
        "src",
        "tests",
        "lua",
        "migrations",
        "docs",
        "web",
        "venues",
        "run",
        "test",
    ];
    expect_none(
        places
            .iter()
            .flat_map(|place| sources(place))
            .flat_map(|text| unfinished(&text)),
    );
}

#[test]
fn unfinished_work_is_found() {
    for word in UNFINISHED {
        let text = format!("// {word}: later");
        assert_eq!(
            unfinished(&Source::sample("src/a.rs", &text)).len(),
            1,
            "{text}"
        );
    }
    assert_eq!(
        unfinished(&Source::sample("src/a.rs", "PSEUDOTODOS")),
        [""; 0]
    );
}

#[test]
fn there_are_no_notes_about_the_work() {
    let notes = sources(".")
        .into_iter()
        .filter(|source| is_note(&source.path));
    expect_none(notes.map(|source| format!("{}: a note about the work", source.path)));
}

#[test]
fn notes_are_found_by_their_names() {
    for path in [
        "PLAN.md",
        "docs/progress.md",
        "docs/gap-analysis.md",
        "final_report.md",
    ] {
        assert!(is_note(path), "{path}");
    }
    for path in [
        "README.md",
        "docs/venue-templates.md",
        "src/status.rs",
        "docs/planning.md",
    ] {
        assert!(!is_note(path), "{path}");
    }
}
