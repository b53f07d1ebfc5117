//! Reads mails as far as tests need to.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// All parts of a mail that are text, decoded, one after the other.
pub fn decoded(mail: &str) -> String {
    let texts = parts(mail).into_iter();
    let texts = texts.filter(|part| part.content_type.starts_with("text/"));
    let texts: Vec<String> = texts
        .map(|part| String::from_utf8(part.bytes).expect("UTF-8"))
        .collect();
    texts.join("\n")
}

#[derive(Debug)]
pub struct Part {
    pub content_type: String,
    pub disposition: String,
    pub bytes: Vec<u8>,
}

/// The leaves of a mail's tree of parts.
pub fn parts(entity: &str) -> Vec<Part> {
    let (head, body) = entity.split_once("\r\n\r\n").unwrap_or((entity, ""));
    let content_type = header(head, "content-type");
    if let Some((_, boundary)) = content_type.split_once("boundary=") {
        let boundary = boundary.trim_matches('"');
        let line = format!("--{boundary}");
        let inner = body.split(&line);
        let inner = inner.skip(1).filter(|part| !part.starts_with("--"));
        return inner.flat_map(|part| parts(part.trim_start())).collect();
    }
    let bytes = match header(head, "content-transfer-encoding").as_str() {
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            BASE64_STANDARD.decode(packed).expect("base64")
        }
        "quoted-printable" => unquoted(body),
        _ => body.as_bytes().to_vec(),
    };
    vec![Part {
        content_type,
        disposition: header(head, "content-disposition"),
        bytes,
    }]
}

fn header(head: &str, name: &str) -> String {
    let head = head.replace("\r\n ", " ");
    let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
    let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    values
        .next()
        .map(|(_, value)| value.to_owned())
        .unwrap_or_default()
}

/// Undoes quoted-printable (RFC 2045, 6.7).
fn unquoted(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}
