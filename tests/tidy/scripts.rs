//! What `./run` and `./test` do: they are run, not read.

use std::process::Command;

/// Runs lines of bash at the root of the tree, with variables that somebody may have set.
fn bash(lines: &str) -> String {
    let mut command = Command::new("bash");
    command
        .args(["-euo", "pipefail", "-c", lines])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("DATABASE_URL", "postgres://localhost/of_another_project")
        .env("CARGO_TARGET_DIR", "/elsewhere")
        .env_remove("SQLX_OFFLINE");
    let output = command.output().expect("bash");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Or queries would be checked in whatever database `DATABASE_URL` names, and the program would not
/// be where it is looked for.
#[test]
fn the_program_is_built_without_a_database_and_in_this_tree() {
    let built = "cargo() { echo $SQLX_OFFLINE $CARGO_TARGET_DIR; }; build_program";

    let shown = bash(&format!("source .ci/prepare.sh; {built}"));

    let target = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
    assert_eq!(shown, format!("true {target}"));
}
