//! Commands that end by themselves.

use holdfast::private_stores::PrivateStores;

use crate::support::{Folder, holdfast, launcher, run, stores_of};

#[test]
fn an_unknown_command_is_a_usage_error() {
    let (code, output) = run(&mut holdfast(&["sell"]));

    assert_eq!(code, Some(2));
    assert!(
        output.contains("unrecognized subcommand 'sell'"),
        "{output}"
    );
}

#[test]
fn the_printed_contract_is_openapi_3_1() {
    let (code, output) = run(&mut holdfast(&["openapi"]));

    assert_eq!(code, Some(0));
    let document: serde_json::Value = serde_json::from_str(&output).expect("JSON");
    assert!(
        document["openapi"]
            .as_str()
            .expect("a version")
            .starts_with("3.1")
    );
    assert!(document["paths"]["/readyz"]["get"].is_object());
}

#[test]
fn a_database_that_is_away_is_one_clear_sentence_without_the_password() {
    let folder = Folder::new("away");
    let url = format!(
        "postgres://user:hunter2@localhost/x?host={}",
        folder.path("").display()
    );

    let (code, output) = run(holdfast(&["migrate"]).env("DATABASE_URL", url));

    assert_eq!(code, Some(1));
    assert!(
        output.starts_with("holdfast: ") && output.lines().count() == 1,
        "{output}"
    );
    assert!(!output.contains("hunter2"), "{output}");
}

#[test]
fn a_command_runs_on_migrated_stores_that_go_with_it() {
    let script = "echo stores: $PPID; test -n \"$REDIS_URL\" && exit 7";

    let (code, output) = run(&mut holdfast(&["with-stores", "--", "sh", "-c", script]));

    assert_eq!(code, Some(7), "{output}");
    let pid = output.trim().strip_prefix("stores: ").expect("a process");
    assert_eq!(stores_of(pid.parse().expect("a number")), [""; 0]);
}

#[test]
fn programs_that_are_not_there_or_too_old_are_named() {
    let folder = Folder::new("programs");
    let old = folder.path("redis-server");
    std::fs::write(&old, "#!/bin/sh\necho Redis server v=6.2.14 sha=0\n").expect("a file");
    let mut mode = std::fs::metadata(&old).expect("a file").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
    std::fs::set_permissions(&old, mode).expect("an owner");
    let with_stores = || holdfast(&["with-stores", "--", launcher().to_str().expect("UTF-8")]);

    let (_, too_old) = run(with_stores().env("HOLDFAST_REDIS_BIN", &old));
    let (_, missing) = run(with_stores().env("HOLDFAST_PG_BIN", "/nowhere"));

    assert!(
        too_old.contains("is version 6.2.14; at least version 7 is needed"),
        "{too_old}"
    );
    assert!(
        missing.contains("HOLDFAST_PG_BIN names /nowhere"),
        "{missing}"
    );
}

#[test]
fn an_admin_is_made_once_and_the_password_is_not_repeated() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    let on_stores = |args: &[&str]| {
        let mut command = holdfast(args);
        command
            .env("DATABASE_URL", stores.postgres.url())
            .env("REDIS_URL", stores.redis.url());
        command.env("HOLDFAST_SECRET", "a secret for tests, and for tests only");
        command.env("HOLDFAST_ADMIN_PASSWORD", "correct horse battery");
        run(&mut command)
    };
    let create = [
        "admin",
        "create",
        "--email",
        "ana@example.org",
        "--name",
        "Ana",
    ];
    on_stores(&["migrate"]);

    let (first, output) = on_stores(&create);
    let (second, refusal) = on_stores(&create);

    assert_eq!(first, Some(0), "{output}");
    assert_eq!(second, Some(1), "{refusal}");
    assert!(
        refusal.contains("an account with this email exists"),
        "{refusal}"
    );
    assert!(!(output + &refusal).contains("horse"));
}
