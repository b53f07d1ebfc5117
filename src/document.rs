//! Documents that many people ask for: made once, and compressed once for each encoding.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::OnceCell;

/// Limit: what all kept documents take with their compressed forms. A stadium's layout takes 6 MB.
const KEPT_MAX_BYTES: usize = 128 << 20;

/// A larger document is compressed on a thread of its own.
const QUICK_MAX_BYTES: usize = 256 << 10;

/// Large documents are made one at a time, and compressed one at a time: each takes several times
/// its size meanwhile, and a core.
static COMPRESSING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

impl Encoding {
    /// The best that the caller accepts (RFC 9110, 12.5.3).
    pub fn accepted(headers: &HeaderMap) -> Self {
        // Of equals the last one wins: brotli.
        let best =
            offers(headers).max_by(|(a, one), (b, other)| a.total_cmp(b).then(rank(*one, *other)));
        best.map_or(Self::Identity, |(_, encoding)| encoding)
    }

    pub fn accepts_gzip(headers: &HeaderMap) -> bool {
        offers(headers).any(|(_, encoding)| encoding == Self::Gzip)
    }

    fn offered(offer: &str) -> Option<(f32, Self)> {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, "q=1"));
        let encoding = match name.trim().to_ascii_lowercase().as_str() {
            "br" => Self::Brotli,
            "gzip" | "x-gzip" => Self::Gzip,
            _ => return None,
        };
        let weight = weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
        (weight > 0.0).then_some((weight, encoding))
    }

    fn name(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
            Self::Brotli => Some(HeaderValue::from_static("br")),
        }
    }
}

fn offers(headers: &HeaderMap) -> impl Iterator<Item = (f32, Encoding)> {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(Encoding::offered)
}

fn rank(one: Encoding, other: Encoding) -> std::cmp::Ordering {
    (one as u8).cmp(&(other as u8))
}

/// How hard to compress: a document for a moment, or one for months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    Quick,
    Thorough,
}

/// A JSON document in all its forms; each is made when it is first wanted.
#[derive(Debug)]
pub struct Document {
    plain: Bytes,
    effort: Effort,
    gzip: OnceCell<Bytes>,
    brotli: OnceCell<Bytes>,
}

impl Document {
    pub fn new(plain: impl Into<Bytes>, effort: Effort) -> Self {
        Self {
            plain: plain.into(),
            effort,
            gzip: OnceCell::new(),
            brotli: OnceCell::new(),
        }
    }

    /// An answer with the document as the caller accepts it.
    pub async fn answer(&self, headers: &HeaderMap) -> Response {
        let encoding = Encoding::accepted(headers);
        let body = self.form(encoding).await;
        let mut response = body.into_response();
        let answer_headers = response.headers_mut();
        let json = HeaderValue::from_static("application/json");
        answer_headers.insert(header::CONTENT_TYPE, json);
        let vary = HeaderValue::from_static("accept-encoding");
        answer_headers.insert(header::VARY, vary);
        if let Some(name) = encoding.name() {
            answer_headers.insert(header::CONTENT_ENCODING, name);
        }
        response
    }

    pub async fn form(&self, encoding: Encoding) -> Bytes {
        let cell = match encoding {
            Encoding::Identity => return self.plain.clone(),
            Encoding::Gzip => &self.gzip,
            Encoding::Brotli => &self.brotli,
        };
        let made = cell.get_or_init(async || {
            let (plain, effort) = (self.plain.clone(), self.effort);
            if plain.len() <= QUICK_MAX_BYTES {
                return compress(&plain, encoding, effort);
            }
            let _turn = COMPRESSING.lock().await;
            let work = move || compress(&plain, encoding, effort);
            let made = tokio::task::spawn_blocking(work).await;
            made.unwrap_or_default()
        });
        made.await.clone()
    }

    fn n_bytes(&self) -> usize {
        let made = [&self.gzip, &self.brotli].map(|cell| cell.get().map_or(0, Bytes::len));
        self.plain.len() + made.iter().sum::<usize>()
    }
}

fn compress(plain: &[u8], encoding: Encoding, effort: Effort) -> Bytes {
    let compressed = match (encoding, effort) {
        (Encoding::Identity, _) => Ok(plain.to_vec()),
        (Encoding::Gzip, Effort::Quick) => gzip(plain, 1),
        (Encoding::Gzip, Effort::Thorough) => gzip(plain, 6),
        (Encoding::Brotli, Effort::Quick) => brotli(plain, 2),
        (Encoding::Brotli, Effort::Thorough) => brotli(plain, 6),
    };
    // Writing to memory does not fail.
    compressed.unwrap_or_default().into()
}

fn gzip(plain: &[u8], level: u32) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain)?;
    encoder.finish()
}

fn brotli(plain: &[u8], quality: i32) -> std::io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality,
        size_hint: plain.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &plain[..], &mut compressed, &params)?;
    Ok(compressed)
}

/// Documents that never change, in memory; those not asked for the longest time go first.
#[derive(Default)]
pub struct Documents {
    kept: Mutex<HashMap<String, Kept>>,
    n_uses: AtomicU64,
    making: tokio::sync::Mutex<()>,
}

struct Kept {
    document: Arc<OnceCell<Arc<Document>>>,
    used: u64,
}

impl Documents {
    /// The document of that name; made once, however many ask for it at the same time.
    pub async fn find<E>(
        &self,
        name: String,
        make: impl AsyncFnOnce() -> Result<String, E>,
    ) -> Result<Arc<Document>, E> {
        let cell = self.cell(&name);
        let made = cell.get_or_try_init(async || {
            let _turn = self.making.lock().await;
            let text = make().await?;
            Ok(Arc::new(Document::new(text, Effort::Thorough)))
        });
        let document = made.await.cloned();
        if document.is_err() {
            self.kept().remove(&name);
        }
        self.make_room(&name);
        document
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cell(&self, name: &str) -> Arc<OnceCell<Arc<Document>>> {
        let now = self.n_uses.fetch_add(1, Ordering::Relaxed);
        let mut all = self.kept();
        if let Some(kept) = all.get_mut(name) {
            kept.used = now;
            return kept.document.clone();
        }
        let document = Arc::default();
        let kept = Kept {
            document: Arc::clone(&document),
            used: now,
        };
        all.insert(name.to_owned(), kept);
        document
    }

    fn make_room(&self, wanted: &str) {
        let mut kept = self.kept();
        let size = |one: &Kept| one.document.get().map_or(0, |it| it.n_bytes());
        while kept.values().map(size).sum::<usize>() > KEPT_MAX_BYTES {
            let others = kept.iter().filter(|(name, _)| *name != wanted);
            let oldest = others.min_by_key(|(_, one)| one.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                return;
            };
            kept.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(offer: &'static str) -> Encoding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(offer));
        Encoding::accepted(&headers)
    }

    #[test]
    fn the_best_encoding_that_the_caller_accepts_is_chosen() {
        for (offer, expected) in [
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("gzip", Encoding::Gzip),
            ("br;q=0.5, GZIP;q=0.8", Encoding::Gzip),
            ("br;q=0, gzip", Encoding::Gzip),
            ("br;q=0, gzip;q=0.000", Encoding::Identity),
            ("br;q=x", Encoding::Identity),
            ("br;level=1", Encoding::Identity),
            ("zstd, *", Encoding::Identity),
            ("", Encoding::Identity),
        ] {
            assert_eq!(accepted(offer), expected, "{offer}");
        }
        assert_eq!(Encoding::accepted(&HeaderMap::new()), Encoding::Identity);
    }

    #[tokio::test]
    async fn every_form_is_the_same_document() {
        for (n_bytes, effort) in [(1_000, Effort::Quick), (1 << 20, Effort::Thorough)] {
            let text = "abcdefgh".repeat(n_bytes / 8);
            let document = Document::new(text.clone(), effort);

            let gzip = document.form(Encoding::Gzip).await;
            let brotli = document.form(Encoding::Brotli).await;

            let mut unzipped = String::new();
            let mut decoder = flate2::read::GzDecoder::new(&gzip[..]);
            std::io::Read::read_to_string(&mut decoder, &mut unzipped).unwrap();
            let mut unbrotlied = Vec::new();
            brotli::BrotliDecompress(&mut &brotli[..], &mut unbrotlied).unwrap();
            assert!(unzipped == text && unbrotlied == text.as_bytes());
            assert!(gzip.len() < n_bytes / 10 && brotli.len() < n_bytes / 10);
        }
    }

    #[tokio::test]
    async fn those_not_asked_for_the_longest_time_go_first() {
        let documents = Documents::default();
        let large = "x".repeat(KEPT_MAX_BYTES / 3);
        for name in ["first", "second", "third", "first", "fourth"] {
            let make = async || Ok::<_, ()>(large.clone());
            documents.find(name.to_owned(), make).await.unwrap();
        }

        let mut kept: Vec<_> = documents.kept().keys().cloned().collect();
        kept.sort_unstable();

        assert_eq!(kept, ["first", "fourth", "third"]);
    }

    #[tokio::test]
    async fn what_cannot_be_made_is_tried_again() {
        let documents = Documents::default();

        let failed = documents.find("a".to_owned(), async || Err("away")).await;
        let made = async || Ok::<_, ()>("{}".to_owned());
        let made = documents.find("a".to_owned(), made).await.unwrap();

        assert_eq!(failed.unwrap_err(), "away");
        assert_eq!(made.form(Encoding::Identity).await, "{}");
    }
}
