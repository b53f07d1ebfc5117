//! A proxy in front of a store that loses what passes through it, when told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;

use super::losses::{Losses, Lossy};

/// What the proxy does with what passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    None = 0,
    /// What is asked arrives; instead of its answer, the connection ends.
    SwallowAnswers = 1,
    /// Every connection is cut, and none is made.
    Cut = 2,
    /// What is asked arrives when the proxy is told otherwise.
    Hold = 3,
    /// As `SwallowAnswers`, once.
    SwallowOne = 4,
}

pub struct Proxy {
    pub url: String,
    fault: Arc<AtomicU8>,
    n_swallowed: Arc<AtomicU64>,
    losses: Arc<Losses>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// In front of the PostgreSQL that a pool is connected to, which speaks by a socket of its own;
    /// with it a pool through the proxy.
    pub async fn start_before(db: &PgPool) -> (Self, PgPool) {
        let options = db.connect_options();
        let folder = options.get_socket().expect("a socket of PostgreSQL");
        let socket = folder.join(format!(".s.PGSQL.{}", options.get_port()));
        let proxy = Self::start(&format!("redis+unix://{}", socket.display())).await;
        let port = proxy
            .url
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        let options = PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port.expect("a port"))
            .username(options.get_username())
            .database(options.get_database().expect("a database"))
            .ssl_mode(PgSslMode::Disable);
        (proxy, PgPool::connect_lazy_with(options))
    }

    /// In front of a Redis at `redis://host:port` or `redis+unix:///path`.
    pub async fn start(redis_url: &str) -> Self {
        let target = redis_url.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("redis://{}", listener.local_addr().expect("an address"));
        let fault = Arc::new(AtomicU8::new(0));
        let n_swallowed = Arc::new(AtomicU64::new(0));
        let losses = Arc::<Losses>::default();
        let (seen, swallowed, losing) = (fault.clone(), n_swallowed.clone(), losses.clone());
        let listening = spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if seen.load(Ordering::SeqCst) == Fault::Cut as u8 {
                    continue;
                }
                let Some((server_reads, server_writes)) = connect(&target).await else {
                    continue;
                };
                let (client_reads, client_writes) = client.into_split();
                let (fault, count) = (seen.clone(), swallowed.clone());
                let lossy = Lossy::new(Box::new(client_writes), losing.clone());
                spawn(pass(
                    Box::new(client_reads),
                    server_writes,
                    fault.clone(),
                    None,
                ));
                spawn(pass(server_reads, lossy, fault, Some(count)));
            }
        });
        Self {
            url,
            fault,
            n_swallowed,
            losses,
            listening,
        }
    }

    pub fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    /// How many answers have been lost so far.
    pub fn n_swallowed(&self) -> u64 {
        self.n_swallowed.load(Ordering::SeqCst)
    }
}

impl Proxy {
    /// From now on loses one in so many messages of channels, silently.
    pub fn lose_messages(&self, one_in: u64) {
        self.losses.one_in.store(one_in, Ordering::SeqCst);
    }

    pub fn n_messages_lost(&self) -> u64 {
        self.losses.n_lost.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

type Reads = Box<dyn AsyncRead + Send + Unpin>;
pub type Writes = Box<dyn AsyncWrite + Send + Unpin>;

async fn connect(target: &str) -> Option<(Reads, Writes)> {
    if let Some(path) = target.strip_prefix("redis+unix://") {
        let (reads, writes) = UnixStream::connect(path).await.ok()?.into_split();
        return Some((Box::new(reads), Box::new(writes)));
    }
    let address = target.trim_start_matches("redis://").trim_end_matches('/');
    let (reads, writes) = TcpStream::connect(address).await.ok()?.into_split();
    Some((Box::new(reads), Box::new(writes)))
}

#[expect(clippy::disallowed_methods, reason = "a test's own task")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// Passes bytes on in one direction; `answers` counts what is swallowed in that of the answers.
async fn pass(
    mut from: Reads,
    mut to: impl Sink,
    fault: Arc<AtomicU8>,
    answers: Option<Arc<AtomicU64>>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n_read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n_read) => n_read,
        };
        while answers.is_none() && fault.load(Ordering::SeqCst) == Fault::Hold as u8 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let now = fault.load(Ordering::SeqCst);
        if now == Fault::Cut as u8 {
            return;
        }
        if let Some(count) = &answers
            && is_swallowed(&fault)
        {
            count.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if to.put(&buffer[..n_read]).await.is_err() {
            return;
        }
    }
}

fn is_swallowed(fault: &AtomicU8) -> bool {
    let (one, none) = (Fault::SwallowOne as u8, Fault::None as u8);
    fault.load(Ordering::SeqCst) == Fault::SwallowAnswers as u8
        || fault
            .compare_exchange(one, none, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
}

/// Where bytes go.
pub trait Sink: Send {
    fn put(&mut self, bytes: &[u8]) -> impl Future<Output = std::io::Result<()>> + Send;
}

impl Sink for Writes {
    async fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.write_all(bytes).await
    }
}
