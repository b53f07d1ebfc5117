//! Commands that end by themselves.

use holdfast::private_stores::PrivateStores;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

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

/// Whoever goes back to it does so in a hurry; it runs on what the newer one has made.
#[test]
fn an_older_program_leaves_the_migrations_of_a_newer_one_as_they_are() {
    let stores = PrivateStores::start_throwaway(launcher()).expect("stores");
    let migrate = || run(holdfast(&["migrate"]).env("DATABASE_URL", stores.postgres.url()));
    let insert = async |version: i64| {
        let connection = PgConnection::connect(&stores.postgres.url()).await;
        sqlx::query(
            "INSERT INTO _sqlx_migrations
                 (version, description, success, checksum, execution_time)
             VALUES ($1, 'seats that fly', true, '', 0)",
        )
        .bind(version)
        .execute(&mut connection.expect("a connection"))
        .await
        .expect("a migration");
    };
    let runtime = Runtime::new().expect("a runtime");

    let (_, first) = migrate();
    runtime.block_on(insert(20990101000000));
    let (code, output) = migrate();
    runtime.block_on(insert(20200101000000));
    let (of_another, refusal) = migrate();

    assert_eq!(first, "The database is up to date.\n");
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("newer program that it has: 1"), "{output}");
    assert_eq!(of_another, Some(1), "{refusal}");
    assert!(refusal.contains("20200101000000"), "{refusal}");
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

#[test]
fn a_template_that_is_right_is_said_to_be_and_shown() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/venues/theatre.yaml");

    let (valid, verdict) = run(&mut holdfast(&["venue", "validate", file]));
    let (shown, summary) = run(&mut holdfast(&["venue", "show", file]));
    let (drawn, picture) = run(&mut holdfast(&["venue", "show", file, "--svg"]));

    assert_eq!((valid, shown, drawn), (Some(0), Some(0), Some(0)));
    assert!(
        verdict.contains("theatre.yaml: valid: 450 seats"),
        "{verdict}"
    );
    assert!(
        summary.contains("STALLS") && summary.contains("First category"),
        "{summary}"
    );
    assert!(
        picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"),
        "{picture}"
    );
}

#[test]
fn a_template_that_is_wrong_is_refused_with_line_and_column() {
    let folder = Folder::new("template");
    let file = folder.path("wrong.yaml");
    let right = concat!(env!("CARGO_MANIFEST_DIR"), "/venues/theatre.yaml");
    let right = std::fs::read_to_string(right).expect("a template");
    std::fs::write(
        &file,
        right.replace("name: Kammertheater", "nmae: Kammertheater"),
    )
    .expect("a file");
    let wrong = file.to_str().expect("UTF-8");

    let (code, output) = run(&mut holdfast(&["venue", "validate", wrong]));
    let (shown, refusal) = run(&mut holdfast(&["venue", "show", wrong]));

    assert_eq!((code, shown), (Some(1), Some(1)));
    assert!(output.contains("wrong.yaml:5:1: error:"), "{output}");
    assert!(output.contains("wrong.yaml: not valid"), "{output}");
    assert!(refusal.contains("wrong.yaml:5:1: error:"), "{refusal}");
}

#[test]
fn a_template_that_is_not_there_is_one_clear_sentence() {
    let (code, output) = run(&mut holdfast(&["venue", "validate", "/nowhere.yaml"]));

    assert_eq!(code, Some(1));
    assert!(
        output.starts_with("holdfast: cannot read the template /nowhere.yaml"),
        "{output}"
    );
    assert_eq!(output.lines().count(), 1);
}
