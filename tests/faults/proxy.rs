//! A proxy on a link between two processes: from a port of its own to a Unix socket.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::processes::background;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From whoever connected.
    Out = 0,
    /// Back to them.
    Back = 1,
}

/// What the link does to what passes.
struct Link {
    target: Mutex<PathBuf>,
    refuses: AtomicBool,
    /// For each way: what is sent does not arrive, and nobody is told.
    holes: [AtomicBool; 2],
    delay_ms: AtomicU64,
    /// Goes up when all connections are to end.
    cuts: watch::Sender<u64>,
}

pub struct Proxy {
    pub port: u16,
    link: Arc<Link>,
    listening: JoinHandle<()>,
}

impl Proxy {
    pub async fn start(target: &Path) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let link = Arc::new(Link {
            target: Mutex::new(target.to_owned()),
            refuses: AtomicBool::new(false),
            holes: [AtomicBool::new(false), AtomicBool::new(false)],
            delay_ms: AtomicU64::new(0),
            cuts: watch::Sender::new(0),
        });
        let listening = background(listen(listener, link.clone()));
        Ok(Self {
            port,
            link,
            listening,
        })
    }

    /// Where new connections go; those that there are end.
    pub fn lead_to(&self, target: &Path) {
        target.clone_into(&mut self.link.target.lock().expect("nobody panics here"));
        self.cut();
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.link.cuts.send_modify(|n_cuts| *n_cuts += 1);
    }

    /// Ends every connection, and lets none be made until told otherwise.
    pub fn refuse(&self, refuses: bool) {
        self.link.refuses.store(refuses, Ordering::SeqCst);
        if refuses {
            self.cut();
        }
    }

    pub fn hole(&self, way: Way, is_open: bool) {
        self.link.holes[way as usize].store(is_open, Ordering::SeqCst);
    }

    pub fn slow(&self, delay: Duration) {
        let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.link.delay_ms.store(ms, Ordering::SeqCst);
    }

    /// As in the beginning. What lay in a hole is delivered now, as TCP does.
    pub fn heal(&self) {
        self.link.refuses.store(false, Ordering::SeqCst);
        self.hole(Way::Out, false);
        self.hole(Way::Back, false);
        self.slow(Duration::ZERO);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(listener: TcpListener, link: Arc<Link>) {
    while let Ok((caller, _)) = listener.accept().await {
        if link.refuses.load(Ordering::SeqCst) {
            continue;
        }
        let target = link.target.lock().expect("nobody panics here").clone();
        let mut cut = link.cuts.subscribe();
        cut.mark_unchanged();
        let link = link.clone();
        background(async move {
            let Ok(server) = UnixStream::connect(target).await else {
                return;
            };
            caller.set_nodelay(true).ok();
            let (caller_reads, caller_writes) = caller.into_split();
            let (server_reads, server_writes) = server.into_split();
            tokio::select! {
                _ = cut.changed() => {}
                () = pass(caller_reads, server_writes, &link, Way::Out) => {}
                () = pass(server_reads, caller_writes, &link, Way::Back) => {}
            }
        });
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    link: &Link,
    way: Way,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n_read = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(n_read) => n_read,
        };
        while link.holes[way as usize].load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let delay_ms = link.delay_ms.load(Ordering::SeqCst);
        if delay_ms > 0 {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        if to.write_all(&buffer[..n_read]).await.is_err() {
            return;
        }
    }
}
