//! The OpenAPI document as a source of tests: its operations, and requests that they accept.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::{Method, RequestBuilder};
use serde_json::{Map, Value, json};

use super::{Answer, Caller};

#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub value: Value,
}

/// The document as it is served.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        serde_json::to_value(holdfast::app::openapi()).expect("the document is JSON")
    });
    &DOCUMENT
}

/// What holds a value to one of the document's schemas; a schema is compiled once.
fn validator_of(schema: &Value) -> Arc<Validator> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> =
        LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().expect("no schema panics");
    let compile = || {
        let mut schema = schema.clone();
        schema["components"] = document()["components"].clone();
        Arc::new(jsonschema::validator_for(&schema).expect("a schema"))
    };
    compiled
        .entry(schema.to_string())
        .or_insert_with(compile)
        .clone()
}

/// Every operation, sorted by path and method.
pub fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, value) in item.as_object().expect("a path item") {
            operations.push(Operation {
                id: value["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase().parse().expect("a method"),
                path: path.clone(),
                value: value.clone(),
            });
        }
    }
    operations
}

impl Operation {
    pub fn parameters(&self, place: &str) -> Vec<&Value> {
        let all = self.value["parameters"].as_array();
        let here = |parameter: &&Value| parameter["in"] == place;
        all.into_iter().flatten().filter(here).collect()
    }

    pub fn has_path_parameter(&self, name: &str) -> bool {
        self.path.contains(&format!("{{{name}}}"))
    }

    /// Asserts that the document speaks of an answer with this status, and of a body like this.
    #[track_caller]
    pub fn expect_documented(&self, answer: &Answer) {
        let described = &self.value["responses"][answer.status.to_string()];
        assert!(
            described.is_object(),
            "{}: undocumented: {} {}",
            self.id,
            answer.status,
            answer.text
        );
        let media_type = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let schema = &described["content"][media_type]["schema"];
        if media_type.ends_with("json") {
            assert!(
                schema.is_object(),
                "{}: no schema for {media_type}",
                self.id
            );
            let validator = validator_of(schema);
            let fault = validator.iter_errors(&answer.body).next();
            assert!(fault.is_none(), "{}: {fault:?} in {}", self.id, answer.text);
        }
    }

    /// The path with its parameters filled in; query parameters that are required are added.
    pub fn path_with(&self, value_of: impl Fn(&str) -> String) -> String {
        let mut path = self.path.clone();
        for parameter in self.parameters("path") {
            let name = parameter["name"].as_str().expect("a name");
            path = path.replace(&format!("{{{name}}}"), &value_of(name));
        }
        let required = self.parameters("query").into_iter();
        for (n, parameter) in required.filter(|it| it["required"] == true).enumerate() {
            let name = parameter["name"].as_str().expect("a name");
            let value = match example_of(&parameter["schema"], Members::Required) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let separator = if n == 0 { '?' } else { '&' };
            path = format!("{path}{separator}{name}={value}");
        }
        path
    }

    /// The media type and schema of the body, where the operation takes one.
    pub fn body(&self) -> Option<(&str, &Value)> {
        let content = self.value["requestBody"]["content"].as_object()?;
        let json = content.get_key_value("application/json");
        let (media_type, body) = json.or_else(|| content.iter().next())?;
        Some((media_type, body))
    }

    /// A body that the operation accepts, as far as its schema tells.
    pub fn example(&self, members: Members) -> Option<Value> {
        let (_, body) = self.body()?;
        Some(match body.get("example") {
            Some(example) => example.clone(),
            None => example_of(&body["schema"], members),
        })
    }

    /// A request with an acceptable body.
    pub fn request(&self, caller: &Caller, path: &str) -> RequestBuilder {
        let request = caller.request(self.method.clone(), path);
        match (self.body(), self.example(Members::Required)) {
            (Some((media_type, _)), Some(example)) => request
                .header("content-type", media_type)
                .body(text_of(&example)),
            _ => request,
        }
    }
}

fn text_of(body: &Value) -> String {
    match body {
        Value::String(document) => document.clone(),
        other => other.to_string(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Members {
    Required,
    All,
}

/// A value that a schema accepts: its example or default where it has one.
pub fn example_of(schema: &Value, members: Members) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().expect("a name");
        return example_of(&document()["components"]["schemas"][name], members);
    }
    let given = [
        &schema["example"],
        &schema["examples"][0],
        &schema["default"],
        &schema["enum"][0],
    ];
    if let Some(given) = given.into_iter().find(|it| !it.is_null()) {
        return given.clone();
    }
    for any in ["oneOf", "anyOf"] {
        let variants = schema[any].as_array();
        let is_value = |variant: &&Value| variant["type"] != "null";
        if let Some(variant) = variants.and_then(|all| all.iter().find(is_value)) {
            return example_of(variant, members);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let objects = parts.iter().map(|part| example_of(part, members));
        let whole = objects.filter_map(|part| part.as_object().cloned());
        return Value::Object(whole.flatten().collect());
    }
    match type_of(schema) {
        "object" => object_of(schema, members),
        "array" => {
            let n_items = schema["minItems"].as_u64().unwrap_or(1);
            (0..n_items.max(1))
                .map(|_| example_of(&schema["items"], members))
                .collect()
        }
        "integer" => schema["minimum"].as_i64().unwrap_or(1).into(),
        "number" => json!(1.5),
        "boolean" => true.into(),
        "null" => Value::Null,
        _ => string_of(schema),
    }
}

fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(name) => name,
        Value::Array(names) => names
            .iter()
            .find_map(|it| it.as_str().filter(|it| *it != "null"))
            .expect("a type"),
        _ => "string",
    }
}

fn object_of(schema: &Value, members: Members) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let mut object = Map::new();
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if members == Members::All || required.contains(&json!(name)) {
            object.insert(name.clone(), example_of(member, members));
        }
    }
    object.into()
}

fn string_of(schema: &Value) -> Value {
    let text = match schema["format"].as_str() {
        Some("uuid") => "018f4e4e-7c57-7c5a-9b1a-2f6d5a8c1e0b",
        Some("date-time") => "2038-01-01T19:30:00Z",
        Some("email") => "ana@example.org",
        _ => "text",
    };
    let n_chars = schema["minLength"].as_u64().unwrap_or(0);
    let padding = usize::try_from(n_chars)
        .expect("a length")
        .saturating_sub(text.len());
    format!("{text}{}", "x".repeat(padding)).into()
}
