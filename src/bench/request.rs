//! Requests as bytes.

/// What all requests of one caller to one host have in common.
#[derive(Clone, Debug)]
pub struct Caller {
    headers: Vec<u8>,
}

impl Caller {
    pub fn new(host: &str, token: Option<&str>) -> Self {
        let mut headers = format!(" HTTP/1.1\r\nhost: {host}\r\n");
        if let Some(token) = token {
            headers += &format!("authorization: Bearer {token}\r\n");
        }
        Self {
            headers: headers.into_bytes(),
        }
    }

    /// Writes a request without a body, with the copy's `ETag` where there is a copy.
    pub fn write(&self, to: &mut Vec<u8>, method: &str, path: &[&str], etag: Option<&[u8]>) {
        self.write_head(to, method, path);
        if let Some(etag) = etag {
            to.extend_from_slice(b"if-none-match: ");
            to.extend_from_slice(etag);
            to.extend_from_slice(b"\r\n");
        }
        if method == "POST" {
            to.extend_from_slice(b"content-length: 0\r\n");
        }
        to.extend_from_slice(b"\r\n");
    }

    pub fn write_json(&self, to: &mut Vec<u8>, method: &str, path: &[&str], body: &[u8]) {
        self.write_head(to, method, path);
        let about = format!(
            "content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        to.extend_from_slice(about.as_bytes());
        to.extend_from_slice(body);
    }

    fn write_head(&self, to: &mut Vec<u8>, method: &str, path: &[&str]) {
        to.clear();
        to.extend_from_slice(method.as_bytes());
        to.push(b' ');
        for part in path {
            to.extend_from_slice(part.as_bytes());
        }
        to.extend_from_slice(&self.headers);
    }
}

/// The text of a member whose value needs no unescaping, such as an id; reads no further than that.
pub fn find_text<'a>(json: &'a [u8], name: &str) -> Option<&'a str> {
    let pattern = format!("\"{name}\":\"");
    let at = json
        .windows(pattern.len())
        .position(|part| part == pattern.as_bytes())?;
    let rest = &json[at + pattern.len()..];
    let end = rest.iter().position(|byte| *byte == b'"')?;
    str::from_utf8(&rest[..end]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_written_whole_into_what_held_another() {
        let caller = Caller::new("localhost:80", Some("abc"));
        let mut bytes = b"an older, longer request".to_vec();

        caller.write_json(&mut bytes, "POST", &["/v1/events/", "7", "/holds"], b"{}");

        let head = "POST /v1/events/7/holds HTTP/1.1\r\nhost: localhost:80\r\n\
                    authorization: Bearer abc\r\ncontent-type: application/json\r\n\
                    content-length: 2\r\n\r\n{}";
        assert_eq!(str::from_utf8(&bytes).unwrap(), head);
    }

    #[test]
    fn members_are_found_by_their_whole_names() {
        let json = br#"{"old_hold_id":"x","hold_id":"y","note":null}"#;

        assert_eq!(find_text(json, "hold_id"), Some("y"));
        assert_eq!(find_text(json, "note"), None);
        assert_eq!(find_text(br#"{"hold_id":"y"#, "hold_id"), None);
    }
}
