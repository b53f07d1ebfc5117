//! The HTTP contract as a whole: the OpenAPI document, its page, and the problem codes.

use std::collections::BTreeSet;
use std::path::Path;

use holdfast::auth::Role;
use holdfast::docs;
use holdfast::problem::Code;
use serde_json::json;
use sqlx::PgPool;

use crate::access::{Access, access_to};
use crate::support::TestApp;
use crate::support::document::{Members, document, example_of, operations};

#[test]
fn every_code_is_distinct_and_says_what_it_means() {
    let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();

    assert_eq!(words.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(
            !code.title().is_empty() && !code.title().ends_with('.'),
            "{code:?}"
        );
        assert!(
            code.status().is_client_error() || code.status().is_server_error(),
            "{code:?}"
        );
        assert_eq!(json!(code), code.as_str());
    }
}

#[test]
fn every_code_is_produced_by_a_test() {
    let mut sources = String::new();
    read_sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api")),
        &mut sources,
    );

    let is_untested = |code: &&str| !sources.contains(&format!("\"{code}\""));
    let untested: Vec<&str> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(is_untested)
        .collect();

    assert!(untested.is_empty(), "no test produces {untested:?}");
}

/// Appends every Rust file below the folder but this one.
fn read_sources(folder: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") && !path.ends_with("contract.rs") {
            sources.push_str(&std::fs::read_to_string(&path).expect("a source"));
        }
    }
}

#[test]
fn the_committed_document_is_the_generated_one() {
    let committed = include_str!("../../openapi.json");

    let generated = docs::write(&holdfast::app::openapi());

    assert!(
        committed == generated,
        "run `holdfast openapi > openapi.json`"
    );
}

#[test]
fn every_operation_describes_itself() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    let mut sources = String::new();
    read_sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut sources,
    );
    let mut ids = BTreeSet::new();

    for operation in operations() {
        let (id, value) = (&operation.id, &operation.value);
        assert!(ids.insert(id.clone()), "{id} is there twice");
        assert!(
            sources.contains(&format!("async fn {id}(")),
            "{id} is not its function's name"
        );
        let has_summary = value["summary"]
            .as_str()
            .is_some_and(|text| !text.is_empty());
        assert!(has_summary, "{id} has no summary");
        let tag = value["tags"][0].as_str().unwrap_or_default();
        assert!(
            tags.contains(tag),
            "{id} has the tag {tag}, which is not described"
        );
        for parameter in value["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(
                !text.is_empty(),
                "{id}: {} has no description",
                parameter["name"]
            );
        }
    }
}

#[test]
fn every_answer_is_described_and_every_error_is_a_problem() {
    for operation in operations() {
        for (status, answer) in operation.value["responses"].as_object().expect("responses") {
            let place = format!("{} {status}", operation.id);
            let description = answer["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{place} has no description");
            if status == "default" || status.as_str() >= "400" {
                let schema = &answer["content"]["application/problem+json"]["schema"];
                assert_eq!(schema["$ref"], "#/components/schemas/Problem", "{place}");
            }
        }
    }
}

#[test]
fn every_operation_documents_the_problems_that_its_shape_implies() {
    for operation in operations() {
        let mut expected = BTreeSet::from(["503", "default"]);
        if let Access::From(role) = access_to(&operation) {
            expected.insert("401");
            if role > Role::Guest {
                expected.insert("403");
            }
        }
        if operation.body().is_some() {
            expected.extend(["400", "413", "415", "422"]);
        }
        if !operation.parameters("path").is_empty() {
            expected.extend(["400", "404"]);
        }
        let responses = operation.value["responses"].as_object().expect("responses");

        let missing: Vec<_> = expected
            .into_iter()
            .filter(|status| !responses.contains_key(*status))
            .collect();

        assert!(
            missing.is_empty(),
            "{} does not document {missing:?}",
            operation.id
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();

    let text = document.to_string();

    for part in text.split("\"$ref\":\"#").skip(1) {
        let pointer = part.split('"').next().expect("a pointer");
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// The tests above are only as good as the bodies they send.
#[test]
fn examples_fit_their_schemas() {
    let document = document();
    for operation in operations() {
        let Some((_, body)) = operation.body() else {
            continue;
        };
        for members in [Members::Required, Members::All] {
            let mut schema = body["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::validator_for(&schema).expect("a schema");

            let example = example_of(&body["schema"], members);

            let faults: Vec<String> = validator
                .iter_errors(&example)
                .map(|fault| fault.to_string())
                .collect();
            assert!(faults.is_empty(), "{}: {example}: {faults:?}", operation.id);
        }
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_document_is_served(db: PgPool) {
    let app = TestApp::start(db).await;

    let answer = app.stranger().get("/openapi.json").await.expect(200);

    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.body, *document());
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn the_page_needs_nothing_from_elsewhere(db: PgPool) {
    let app = TestApp::start(db).await;

    let page = app.stranger().get("/docs").await.expect(200);

    assert!(page.header("content-type").starts_with("text/html"));
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    let sources = page
        .text
        .split("src=\"")
        .chain(page.text.split("href=\""))
        .skip(1);
    for source in sources.filter(|source| !source.starts_with('<')) {
        assert!(
            !source.starts_with("http") && !source.starts_with("//"),
            "{source}"
        );
    }
    for file in [
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-initializer.js",
    ] {
        assert!(page.text.contains(file), "{file}");
        app.stranger()
            .get(&format!("/docs/{file}"))
            .await
            .expect(200);
    }
    let start = app
        .stranger()
        .get("/docs/swagger-initializer.js")
        .await
        .expect(200);
    assert!(
        start.text.contains("\"validatorUrl\": \"none\""),
        "{}",
        start.text
    );
    assert!(start.text.contains("/openapi.json") && !start.text.contains("petstore"));
    app.finish().await;
}
