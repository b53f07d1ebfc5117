//! A connection that is kept: one request, one answer, the next request.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::framing::{ANSWER_MAX_BYTES, Chunks, Head, Length, read_head};

/// Limit: how long an answer may take; the service itself gives up after 15 s.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// A service that is gone is not asked a hundred thousand times a second whether it is back.
const BROKEN_PAUSE: Duration = Duration::from_millis(10);
/// The service closes connections that are idle for longer than 20 s.
const IDLE_MAX: Duration = Duration::from_secs(10);

pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    last_used: Instant,
    input: Vec<u8>,
    /// The body of an answer that came in chunks.
    gathered: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    pub etag: Option<&'a [u8]>,
    pub body: &'a [u8],
}

impl Connection {
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            stream: None,
            last_used: Instant::now(),
            input: Vec::with_capacity(4096),
            gathered: Vec::new(),
        }
    }

    /// Sends one whole request and reads its answer. After an error the request may have been
    /// carried out; the next one goes over a new connection.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer<'_>> {
        let exchanged = tokio::time::timeout(ANSWER_TIMEOUT, self.converse(request)).await;
        let head = match exchanged {
            Ok(Ok(head)) => head,
            Ok(Err(error)) => {
                self.stream = None;
                tokio::time::sleep(BROKEN_PAUSE).await;
                return Err(error);
            }
            Err(_) => {
                self.stream = None;
                bail!("no answer within {} s", ANSWER_TIMEOUT.as_secs());
            }
        };
        if head.is_last {
            self.stream = None;
        }
        Ok(Answer {
            status: head.status,
            etag: head.etag.clone().map(|at| &self.input[at]),
            body: match head.length {
                Length::Known(n_bytes) => &self.input[head.n_bytes..head.n_bytes + n_bytes],
                Length::Chunked => &self.gathered,
            },
        })
    }

    async fn converse(&mut self, request: &[u8]) -> anyhow::Result<Head> {
        self.connect().await?.write_all(request).await?;
        let head = self.receive_head().await?;
        match head.length {
            Length::Known(n_body) => {
                ensure!(n_body <= ANSWER_MAX_BYTES, "an answer of {n_body} bytes");
                while self.input.len() < head.n_bytes + n_body {
                    self.receive().await?;
                }
            }
            Length::Chunked => self.gather(head.n_bytes).await?,
        }
        self.last_used = Instant::now();
        Ok(head)
    }

    async fn gather(&mut self, n_head: usize) -> anyhow::Result<()> {
        self.gathered.clear();
        let (mut chunks, mut at) = (Chunks::default(), n_head);
        loop {
            at += chunks.take(&self.input[at..], &mut self.gathered)?;
            if chunks.is_over() {
                return Ok(());
            }
            ensure!(self.gathered.len() <= ANSWER_MAX_BYTES, "an endless answer");
            self.receive().await?;
        }
    }

    async fn connect(&mut self) -> anyhow::Result<&mut TcpStream> {
        if self.last_used.elapsed() > IDLE_MAX {
            self.stream = None;
        }
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await;
            let stream = stream.with_context(|| format!("cannot reach {}", self.address))?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        self.input.clear();
        self.stream.as_mut().context("there is no connection")
    }

    async fn receive_head(&mut self) -> anyhow::Result<Head> {
        loop {
            self.receive().await?;
            if let Some(head) = read_head(&self.input)? {
                return Ok(head);
            }
        }
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        let stream = self.stream.as_mut().context("there is no connection")?;
        let n_bytes = stream.read_buf(&mut self.input).await?;
        ensure!(n_bytes > 0, "the connection was closed");
        Ok(())
    }

    /// Sends a request whose answer never ends, and gives the connection away once its head says
    /// that it is one. With it go the bytes of the body that have come.
    pub async fn subscribe(mut self, request: &[u8]) -> anyhow::Result<(TcpStream, Vec<u8>)> {
        let opened = async {
            self.connect().await?.write_all(request).await?;
            self.receive_head().await
        };
        let head = tokio::time::timeout(ANSWER_TIMEOUT, opened).await??;
        let (status, length) = (head.status, head.length);
        ensure!(
            status != 429,
            "the service lets in no more viewers from one address: raise its \
             HOLDFAST_VIEWERS_PER_ADDRESS_MAX"
        );
        ensure!(status == 200, "the feed answers {status}");
        ensure!(length == Length::Chunked, "the feed ends at once");
        self.input.drain(..head.n_bytes);
        let stream = self.stream.context("there is no connection")?;
        Ok((stream, self.input))
    }
}
