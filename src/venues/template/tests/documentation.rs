//! docs/venue-templates.md says what is so: its examples work, and its pictures are of them.

use super::{ProblemCode, check_yaml};
use crate::venues::{BUILT_IN, draw_svg};

const PAGE: &str = include_str!("../../../../docs/venue-templates.md");

/// Each example of the page and the picture after it.
fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.split("```yaml\n").skip(1).map(|part| {
        let (document, rest) = part.split_once("```").expect("the example ends");
        let (_, link) = rest.split_once("(pictures/").expect("a picture follows");
        (document, link.split_once(')').expect("the link ends").0)
    })
}

/// To renew a picture: `holdfast venue show --svg FILE > docs/pictures/NAME.svg`.
#[track_caller]
fn assert_picture(document: &str, name: &str) {
    let checked = check_yaml(document);
    let path = format!("{}/docs/pictures/{name}", env!("CARGO_MANIFEST_DIR"));
    let picture = std::fs::read_to_string(&path).unwrap_or_default();

    assert!(
        checked.problems.is_empty(),
        "{name}: {:#?}",
        checked.problems
    );
    let drawn = draw_svg(&checked.layout.unwrap());
    assert!(picture == drawn, "{path} is not what `venue show` draws");
}

#[test]
fn the_examples_of_the_page_look_as_their_pictures_do() {
    assert_eq!(examples().count(), 3);
    for (document, picture) in examples() {
        assert_picture(document, picture);
    }
}

#[test]
fn the_pictures_of_the_built_in_venues_are_up_to_date() {
    for (key, document) in BUILT_IN {
        assert_picture(document, &format!("{key}.svg"));
    }
}

#[test]
fn the_page_explains_every_code() {
    for code in ProblemCode::ALL {
        assert!(
            PAGE.contains(&format!("`{}`", code.as_str())),
            "{}",
            code.as_str()
        );
    }
}

#[test]
fn the_page_explains_every_key_of_the_schema() {
    let schema = include_str!("../../../../venues/template.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let mut stack = vec![&schema];
    while let Some(value) = stack.pop() {
        if let Some(properties) = value["properties"].as_object() {
            for key in properties.keys() {
                let is_explained = [format!("`{key}"), format!("{key}:")];
                assert!(is_explained.iter().any(|key| PAGE.contains(key)), "{key}");
            }
        }
        match value {
            serde_json::Value::Object(members) => stack.extend(members.values()),
            serde_json::Value::Array(items) => stack.extend(items),
            _ => {}
        }
    }
}
