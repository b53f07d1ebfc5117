//! What a request carries: JSON bodies, path and query parameters, read so that a mistake is a
//! problem that says where it is.

use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use garde::Validate;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::problem::{Code, FieldError, Problem};

/// A JSON body that has been read and validated; as an answer, a JSON body.
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()>> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "The body must be application/json.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let body = read_body(request, state).await?;
        parse_json(&body).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
            Err(error) => Problem::internal(&error).into_response(),
        }
    }
}

/// A JSON body, or nothing at all: for verbs whose body has only optional members.
pub struct OptionalJson<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Validate<Context = ()> + Default> FromRequest<S>
    for OptionalJson<T>
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = is_json(request.headers());
        let body = read_body(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        if !is_json {
            let detail = "The body must be application/json.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        parse_json(&body).map(Self)
    }
}

/// The whole body, within the route's size limit.
pub async fn read_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(failure)
                if failure.status() == Code::PayloadTooLarge.status() =>
            {
                Problem::new(
                    Code::PayloadTooLarge,
                    "The body is larger than this route takes.",
                )
            }
            _ => Problem::new(Code::MalformedRequest, "The body did not arrive whole."),
        })
}

fn parse_json<T: DeserializeOwned + Validate<Context = ()>>(body: &[u8]) -> Result<T, Problem> {
    if let Some(offset) = find_nul_escape(body) {
        let detail = format!("The body, byte {offset}: text must not contain U+0000.");
        return Err(Problem::new(Code::MalformedRequest, detail));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value: T = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = pointer_to(error.path());
        malformed(&pointer, error.inner())
    })?;
    deserializer.end().map_err(|error| malformed("", &error))?;
    value
        .validate()
        .map_err(|report| Problem::invalid(&field_errors(&report)))?;
    Ok(value)
}

/// Where `\u0000` stands. PostgreSQL stores no such character, and nobody means it; JSON has no
/// other way to write it.
fn find_nul_escape(body: &[u8]) -> Option<usize> {
    let mut offset = 0;
    while offset < body.len() {
        match &body[offset..] {
            [b'\\', b'u', b'0', b'0', b'0', b'0', ..] => return Some(offset),
            [b'\\', ..] => offset += 2,
            _ => offset += 1,
        }
    }
    None
}

/// In a path or query a NUL can only be written this way.
fn refuse_nul(text: &str) -> Result<(), Problem> {
    if text.contains("%00") {
        let detail = "The path and query must not contain %00.";
        return Err(Problem::new(Code::MalformedRequest, detail));
    }
    Ok(())
}

fn malformed(pointer: &str, error: &serde_json::Error) -> Problem {
    let detail = error.to_string();
    let place = if pointer.is_empty() {
        "The body"
    } else {
        pointer
    };
    Problem::new(Code::MalformedRequest, format!("{place}: {detail}")).with(
        "errors",
        [FieldError {
            pointer: pointer.to_owned(),
            detail,
        }],
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = content_type
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    essence.eq_ignore_ascii_case("application/json") || essence.ends_with("+json")
}

fn pointer_to(path: &serde_path_to_error::Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// garde writes `contact.email` and `seats[3]`; a pointer is `/contact/email`, `/seats/3`.
fn field_errors(report: &garde::Report) -> Vec<FieldError> {
    report
        .iter()
        .map(|(path, error)| {
            let path = path.to_string().replace('[', ".").replace(']', "");
            let parts = path.split('.').filter(|part| !part.is_empty());
            let pointer = parts.map(|part| format!("/{}", escape(part))).collect();
            FieldError {
                pointer,
                detail: error.message().to_owned(),
            }
        })
        .collect()
}

fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Path parameters.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        refuse_nul(parts.uri.path())?;
        #[expect(clippy::disallowed_types, reason = "wrapped here")]
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0)).map_err(|rejection| {
            Problem::new(
                Code::MalformedRequest,
                format!("The path: {}", rejection.body_text()),
            )
        })
    }
}

/// Query parameters.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        refuse_nul(parts.uri.query().unwrap_or_default())?;
        #[expect(clippy::disallowed_types, reason = "wrapped here")]
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Self(query.0)).map_err(|rejection| {
            Problem::new(
                Code::MalformedRequest,
                format!("The query: {}", rejection.body_text()),
            )
        })
    }
}

/// Whether `If-None-Match` names the tag (RFC 9110, 13.1.2: compared weakly).
pub fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    tags(headers, header::IF_NONE_MATCH).any(|tag| tag == "*" || tag == etag)
}

/// The tags in a header, without what marks them as weak.
fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lists = headers.get_all(name).into_iter();
    let tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    tags.map(|tag| tag.trim().trim_start_matches("W/"))
}

/// What `If-Match` names: the version that a change is meant for. Without the header, any.
#[derive(Clone, Debug, Default)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    pub fn tag(etag: &str) -> Self {
        Self(Some(vec![etag.to_owned()]))
    }

    /// Compared weakly, unlike RFC 9110, 13.1.1: a proxy that compresses an answer weakens its tag.
    pub fn allows(&self, etag: &str) -> bool {
        let tags = self.0.as_deref();
        tags.is_none_or(|tags| tags.iter().any(|tag| tag == "*" || tag == etag))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let headers = &parts.headers;
        let is_there = headers.contains_key(header::IF_MATCH);
        let tags = tags(headers, header::IF_MATCH).map(str::to_owned);
        Ok(Self(is_there.then(|| tags.collect())))
    }
}

/// Whether `Accept-Encoding` takes an encoding (RFC 9110, 12.5.3); one with a weight of 0 it
/// refuses.
pub fn accepts_encoding(headers: &HeaderMap, encoding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let mut codings = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
        name.trim().eq_ignore_ascii_case(encoding) && weight.parse().is_ok_and(|q: f32| q > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{accepts_encoding, find_nul_escape};

    #[test]
    fn an_encoding_is_taken_unless_its_weight_is_0() {
        for (list, accepts_br) in [
            ("gzip, deflate, br", true),
            ("gzip,BR;q=0.5", true),
            ("br;q=0, gzip", false),
            ("br; q=0.000", false),
            ("brotli", false),
            ("br;q=oops", false),
            ("", false),
        ] {
            let list = HeaderValue::from_static(list);
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, list.clone())]);
            assert_eq!(accepts_encoding(&headers, "br"), accepts_br, "{list:?}");
        }
    }

    #[test]
    fn only_an_escape_that_means_nul_is_found() {
        assert_eq!(find_nul_escape(br#"{"a": "b\u0000"}"#), Some(8));
        assert_eq!(find_nul_escape(br#"{"a": "b\\u0000"}"#), None);
        assert_eq!(find_nul_escape(br#"{"a": "b\\\u0000"}"#), Some(10));
        assert_eq!(find_nul_escape(br#""\u0001\"#), None);
    }
}
