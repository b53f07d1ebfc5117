//! Each script says what it takes and answers, takes what it says, and has one caller.

use std::collections::BTreeSet;

use crate::tree::{Source, expect_none, rust, sources};

fn complaints(script: &Source) -> Vec<String> {
    let complain = |what: String| format!("{}: {what}", script.path);
    let mut found = Vec::new();
    let mut lines = script.text.lines();
    if lines.next().is_none_or(|line| line.trim() != "#!lua") {
        found.push(complain("the first line is not #!lua".to_owned()));
    }
    let header: Vec<&str> = lines.take_while(|line| line.starts_with("--")).collect();
    let body = script
        .text
        .lines()
        .skip(1 + header.len())
        .collect::<Vec<_>>()
        .join("\n");
    let header = header.join("\n");
    let answers = header.split_once("Returns").map(|(_, answers)| answers);
    if answers.is_none() {
        found.push(complain(
            "the header does not say what it Returns".to_owned(),
        ));
    }
    let (declared, used) = (parameters(&header), parameters(&body));
    for parameter in declared.difference(&used) {
        found.push(complain(format!("{parameter} is declared but not used")));
    }
    for parameter in used.difference(&declared) {
        found.push(complain(format!("{parameter} is used but not declared")));
    }
    for word in status_words(&body) {
        if !answers.unwrap_or_default().contains(&word) {
            found.push(complain(format!(
                "the header does not say when it answers '{word}'"
            )));
        }
    }
    found
}

/// `KEYS[1]`, `ARGV[2]`, …
fn parameters(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for kind in ["KEYS[", "ARGV["] {
        for (at, _) in text.match_indices(kind) {
            let index = text[at + kind.len()..]
                .split(']')
                .next()
                .unwrap_or_default();
            if index.parse::<u32>().is_ok() {
                found.insert(format!("{kind}{index}]"));
            }
        }
    }
    found
}

/// The first words of the answers: `return {'held', …}`, `return 'held'`.
fn status_words(body: &str) -> Vec<String> {
    let answers = body.split("return").skip(1);
    answers
        .filter_map(|answer| {
            let answer = answer.trim_start().trim_start_matches('{').trim_start();
            let word = answer
                .strip_prefix(['\'', '"'])?
                .split(['\'', '"'])
                .next()?;
            Some(word.to_owned())
        })
        .collect()
}

fn callers(script: &str, code: &[Source]) -> usize {
    let name = script.rsplit('/').next().unwrap_or_default();
    code.iter()
        .map(|source| source.text.matches(&format!("/{name}\"")).count())
        .sum()
}

#[test]
fn scripts_do_what_their_headers_say() {
    expect_none(sources("lua").iter().flat_map(complaints));
}

#[test]
fn scripts_have_one_caller() {
    let code = rust("src");
    let wrong = sources("lua")
        .into_iter()
        .filter(|script| callers(&script.path, &code) != 1);
    expect_none(wrong.map(|script| format!("{}: has not exactly one caller", script.path)));
}

#[test]
fn a_wrong_header_is_found() {
    let right = "#!lua\n-- Takes.\n--\n-- KEYS[1]  seat\n-- ARGV[1]  hold\n-- Returns  {'held'}\n\
                 local seat = KEYS[1]\nlocal hold = ARGV[1]\nreturn {'held'}\n";
    assert_eq!(complaints(&Source::sample("lua/a.lua", right)), [""; 0]);
    for (from, to) in [
        ("#!lua\n", ""),
        ("-- ARGV[1]  hold\n", ""),
        ("local hold = ARGV[1]\n", ""),
        (
            "local seat = KEYS[1]\n",
            "local seat = KEYS[1] .. KEYS[2]\n",
        ),
        ("-- Returns  {'held'}", "-- Answers {'held'}"),
        ("return {'held'}\n", "return {'free'}\n"),
        ("return {'held'}\n", "return 'free'\n"),
    ] {
        let wrong = right.replacen(from, to, 1);
        assert_ne!(
            complaints(&Source::sample("lua/a.lua", &wrong)),
            [""; 0],
            "{wrong}"
        );
    }
}

#[test]
fn callers_are_counted() {
    let code = [Source::sample(
        "src/board/store.rs",
        "include_str!(\"../../lua/place.lua\")",
    )];
    assert_eq!(callers("lua/place.lua", &code), 1);
    assert_eq!(callers("lua/other_place.lua", &code), 0);
    assert_eq!(callers("lua/ace.lua", &code), 0);
}
