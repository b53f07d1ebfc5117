//! Bodies that have broken services before.

use serde_json::{Value, json};

pub struct Bad {
    pub what: String,
    pub media_type: &'static str,
    pub body: Vec<u8>,
}

impl Bad {
    pub fn json(what: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            what: what.into(),
            media_type: "application/json",
            body: body.into(),
        }
    }
}

/// Bodies that no operation accepts.
pub fn unacceptable(example: &Value) -> Vec<Bad> {
    let text = example.to_string();
    let with_unknown = {
        let mut object = example.clone();
        object["no_such_member"] = json!(1);
        object.to_string()
    };
    let mut bad: Vec<Bad> = [
        ("cut off", &text[..text.len() - 1]),
        ("followed by more", &format!("{text}{text}")),
        ("null", "null"),
        ("text", "\"text\""),
        ("a number", "1"),
        ("not JSON", "<holds/>"),
        ("an unknown member", &with_unknown),
        ("NaN", "{\"a\": NaN}"),
        ("an array", &format!("[{text}]")),
        ("brackets", &"[".repeat(50_000)),
        ("braces", &"{\"a\":".repeat(10_000)),
    ]
    .into_iter()
    .map(|(what, body)| Bad::json(what, body))
    .collect();
    bad.push(Bad::json(
        "invalid UTF-8",
        [&text.as_bytes()[..text.len() - 1], b"\xff}"].concat(),
    ));
    for media_type in [
        "text/plain",
        "application/xml",
        "multipart/form-data",
        "nonsense",
    ] {
        bad.push(Bad {
            what: media_type.to_owned(),
            media_type,
            body: text.clone().into_bytes(),
        });
    }
    bad
}

/// Values of every kind, as JSON text.
pub fn strange_values() -> Vec<(&'static str, String)> {
    vec![
        ("null", "null".into()),
        ("true", "true".into()),
        ("an empty text", "\"\"".into()),
        ("blanks", "\" \"".into()),
        ("zero", "0".into()),
        ("a negative number", "-1".into()),
        ("a fraction", "0.1".into()),
        ("the largest number of 32 bits", "2147483647".into()),
        ("a number beyond 32 bits", "4294967296".into()),
        (
            "a number beyond 64 bits",
            "123456789012345678901234567890".into(),
        ),
        ("a number beyond doubles", "1e400".into()),
        ("a long text", format!("\"{}\"", "x".repeat(40_000))),
        ("text beyond ASCII", "\"\u{202e}\u{1f3ad}e\u{301}\"".into()),
        ("SQL", "\"'; DROP TABLE accounts; --\"".into()),
        ("an array", "[]".into()),
        (
            "an array of many",
            format!("[{}]", vec!["\"x\""; 5_000].join(",")),
        ),
        ("an object", "{}".into()),
        (
            "a deep array",
            format!("{}{}", "[".repeat(100), "]".repeat(100)),
        ),
        (
            "a date of another millennium",
            "\"+262142-12-31T23:59:59Z\"".into(),
        ),
        ("a year zero", "\"0000-01-01T00:00:00Z\"".into()),
        (
            "a decimal that is too long",
            format!("\"1.{}\"", "0".repeat(60)),
        ),
        (
            "a large decimal",
            "\"79228162514264337593543950335\"".into(),
        ),
    ]
}

/// Values that no member of any type accepts.
pub fn unacceptable_values() -> Vec<(&'static str, String)> {
    vec![
        ("a NUL character", "\"a\\u0000b\"".into()),
        ("a lone surrogate", "\"\\ud800\"".into()),
        ("a raw control character", "\"\u{1}\"".into()),
    ]
}

/// The example with one member, at any depth, replaced by a value.
pub fn with_member(example: &Value, pointer: &str, value: &str) -> String {
    const MARK: &str = "the member that is replaced";
    let mut changed = example.clone();
    *changed.pointer_mut(pointer).expect("a member") = json!(MARK);
    changed.to_string().replace(&format!("\"{MARK}\""), value)
}

pub fn pointers_of(value: &Value, prefix: &str) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, it)| (name.clone(), it)).collect(),
        Value::Array(items) => items
            .iter()
            .take(1)
            .map(|it| ("0".to_owned(), it))
            .collect(),
        _ => Vec::new(),
    };
    children
        .into_iter()
        .flat_map(|(name, child)| {
            let pointer = format!("{prefix}/{name}");
            let below = pointers_of(child, &pointer);
            std::iter::once(pointer).chain(below)
        })
        .collect()
}
