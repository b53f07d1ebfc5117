//! Where an HTTP/1.1 answer begins and ends.

use std::ops::Range;

use anyhow::{bail, ensure};

const HEADERS_MAX: usize = 64;
/// Limit: an answer's size.
pub const ANSWER_MAX_BYTES: usize = 64 << 20;

/// How much body follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Known(usize),
    Chunked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub status: u16,
    pub length: Length,
    /// Where in the bytes the `ETag` stands.
    pub etag: Option<Range<usize>>,
    pub n_bytes: usize,
    pub is_last: bool,
}

/// None until the whole head is there.
pub fn read_head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(n_bytes) = response.parse(bytes)? else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    let mut head = Head {
        status,
        length: Length::Known(0),
        etag: None,
        n_bytes,
        is_last: false,
    };
    let mut has_length = matches!(status, 100..=199 | 204 | 304);
    for header in response.headers.iter() {
        let name = header.name;
        if name.eq_ignore_ascii_case("content-length") {
            let text = str::from_utf8(header.value)?;
            if !matches!(status, 204 | 304) {
                head.length = Length::Known(text.trim().parse()?);
            }
            has_length = true;
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.length = Length::Chunked;
            has_length = true;
        } else if name.eq_ignore_ascii_case("etag") {
            let start = header.value.as_ptr().addr() - bytes.as_ptr().addr();
            head.etag = Some(start..start + header.value.len());
        } else if name.eq_ignore_ascii_case("connection") {
            head.is_last = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    ensure!(has_length, "an answer {status} does not say how long it is");
    Ok(Some(head))
}

/// Takes the chunks of a body apart as they come.
#[derive(Debug, Default)]
pub struct Chunks {
    /// Bytes of the chunk that are still to come, with its line end.
    n_left: usize,
    is_over: bool,
}

impl Chunks {
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Moves what the whole or partial chunks in `bytes` carry to `body`; answers how many bytes
    /// it has used.
    pub fn take(&mut self, bytes: &[u8], body: &mut Vec<u8>) -> anyhow::Result<usize> {
        let mut at = 0;
        while !self.is_over {
            if self.n_left > 0 {
                let part = &bytes[at..bytes.len().min(at + self.n_left)];
                let n_data = part.len().min(self.n_left.saturating_sub(2));
                body.extend_from_slice(&part[..n_data]);
                self.n_left -= part.len();
                at += part.len();
                if self.n_left > 0 {
                    break;
                }
            }
            match httparse::parse_chunk_size(&bytes[at..]) {
                Ok(httparse::Status::Complete((n_line, 0))) => {
                    // The last chunk has no data; an empty line ends the body.
                    if bytes.len() < at + n_line + 2 {
                        break;
                    }
                    at += n_line + 2;
                    self.is_over = true;
                }
                Ok(httparse::Status::Complete((n_line, n_data))) => {
                    let n_data = usize::try_from(n_data)?;
                    ensure!(n_data <= ANSWER_MAX_BYTES, "a chunk of {n_data} bytes");
                    at += n_line;
                    self.n_left = n_data + 2;
                }
                Ok(httparse::Status::Partial) => break,
                Err(_) => bail!("an answer's chunks are garbled"),
            }
        }
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_says_how_long_its_answer_is() {
        let bytes = b"HTTP/1.1 201 Created\r\nETag: \"1-7\"\r\nContent-Length: 5\r\n\r\nhello";

        let head = read_head(bytes).unwrap().unwrap();

        assert_eq!((head.status, head.length), (201, Length::Known(5)));
        assert_eq!(&bytes[head.etag.unwrap()], b"\"1-7\"");
        assert_eq!(&bytes[head.n_bytes..], b"hello");
        assert!(!head.is_last);
        assert_eq!(read_head(&bytes[..40]).unwrap(), None);
    }

    #[test]
    fn an_answer_without_a_body_needs_no_length_and_any_other_does() {
        let head = read_head(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
            .unwrap()
            .unwrap();

        assert_eq!(head.length, Length::Known(0));
        assert!(head.is_last);
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(read_head(b"SSH-2.0-OpenSSH_9.2\r\n").is_err());
    }

    #[test]
    fn chunks_are_put_together_wherever_they_were_cut() {
        let sent = b"5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\n\r\n";
        for cut in 0..=sent.len() {
            let (mut chunks, mut body, mut pending) = (Chunks::default(), Vec::new(), Vec::new());
            for part in [&sent[..cut], &sent[cut..]] {
                pending.extend_from_slice(part);
                let n_used = chunks.take(&pending, &mut body).unwrap();
                pending.drain(..n_used);
            }
            assert_eq!(body, b"hello, world", "cut at {cut}");
            assert!(chunks.is_over());
        }
        assert!(Chunks::default().take(b"zz\r\n", &mut Vec::new()).is_err());
    }

    #[test]
    fn a_chunk_that_nobody_could_keep_is_refused() {
        for size in ["ffffffffffffffff", "4000001"] {
            let bytes = format!("5\r\nhello\r\n{size}\r\nx");
            let taken = Chunks::default().take(bytes.as_bytes(), &mut Vec::new());

            assert!(taken.is_err(), "{size}");
        }
        let largest = Chunks::default().take(b"4000000\r\nx", &mut Vec::new());
        assert_eq!(largest.unwrap(), 10);
    }
}
