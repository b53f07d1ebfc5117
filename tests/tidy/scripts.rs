//! What `./run` and `./test` do: they are run, not read.

use std::process::Command;

use crate::tree::{Source, expect_none, rust, sources};

/// Runs lines of bash at the root of the tree, with variables that somebody may have set.
fn bash(lines: &str) -> String {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", lines])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("DATABASE_URL", "postgres://localhost/of_another_project")
        .env("CARGO_TARGET_DIR", "/elsewhere")
        .env("CARGO_BUILD_TARGET", "x86_64-unknown-linux-musl")
        .env_remove("SQLX_OFFLINE");
    let output = command.output().expect("bash");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// How `./test` counts what a command says and how it ends: passed, failed.
fn counted(command: &str) -> String {
    let functions =
        r#"source <(sed -n '/^count()/,/^}/p; /^reported()/,/^}/p; /^sum()/,/^}/p' test)"#;
    let log = r#"LOG=$(mktemp); trap 'rm -f "$LOG"' EXIT"#;
    let counting = format!("n_passed=0 n_failed=0; count it {command} > /dev/null");
    bash(&format!(
        "{functions}\n{log}\nset +e\n{counting}\necho $n_passed $n_failed"
    ))
}

/// Names of tests that `./test` lets run alone, and that no test has.
fn unknown_alone(script: &str, tests: &[Source]) -> Vec<String> {
    let (_, alone) = script.split_once("\nALONE=(\n").expect("a list");
    let names = alone.lines().take_while(|line| *line != ")").map(str::trim);
    let is_there = |name: &&str| {
        let head = format!("fn {name}");
        tests.iter().any(|source| source.text.contains(&head))
    };
    let unknown = names.filter(|name| !is_there(name));
    unknown
        .map(|name| format!("test: there is no test {name} to run alone"))
        .collect()
}

#[test]
fn tests_that_run_alone_are_there() {
    let script = &sources("test")[0].text;
    expect_none(unknown_alone(script, &rust("tests/api")));
}

#[test]
fn a_test_to_run_alone_that_is_gone_is_found() {
    let script = "x\nALONE=(\n  a_crowd\n  a_stadium\n)\n";
    let tests = [Source::sample(
        "tests/api/a.rs",
        "async fn a_crowd_of_two() {",
    )];
    assert_eq!(unknown_alone(script, &tests).len(), 1);
}

/// Or queries would be checked in whatever database `DATABASE_URL` names, and the program would not
/// be where it is looked for.
#[test]
fn the_program_is_built_without_a_database_and_in_this_tree() {
    let built = "cargo() { echo $SQLX_OFFLINE $CARGO_TARGET_DIR ${CARGO_BUILD_TARGET-}; };
        build_program";

    let shown = bash(&format!("source .ci/prepare.sh; {built}"));

    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
    assert_eq!(shown, format!("true {target}"));
}

#[test]
fn a_run_of_tests_that_reports_none_has_failed() {
    let says = |line: &str, code: u8| format!("eval 'echo \"{line}\"; (exit {code})'");
    let none = "test result: ok. 0 passed; 0 failed; 0 ignored";
    let two = "test result: ok. 2 passed; 0 failed; 0 ignored";

    assert_eq!(counted(&says(two, 0)), "2 0");
    assert_eq!(counted(&says(two, 1)), "2 1");
    assert_eq!(counted(&says(none, 0)), "0 1");
    assert_eq!(counted(&says("nothing", 0)), "0 1");
}
