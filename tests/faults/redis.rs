//! A Redis server of the cluster: a primary, or its replica.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use holdfast::private_stores::redis_server;
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::processes::{Den, Launch, Process, until};

const READY_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

pub struct Redis {
    den: &'static Den,
    program: PathBuf,
    home: PathBuf,
    /// Its append-only file lies on a disk of its own, in memory: what is answered was written.
    pub has_disk: bool,
    process: Option<Process>,
}

impl Redis {
    pub fn prepare(den: &'static Den, name: &str) -> anyhow::Result<Self> {
        let (home, has_disk) = den.small_disk(name, 32)?;
        Ok(Self {
            den,
            program: redis_server()?,
            home,
            has_disk,
            process: None,
        })
    }

    pub fn socket(&self) -> PathBuf {
        self.home.join("redis.sock")
    }

    pub fn ballast(&self) -> PathBuf {
        self.home.join("ballast")
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Starts it where it does not run; with a port, as a replica of the server behind it.
    pub async fn start(&mut self, primary_port: Option<u16>) -> anyhow::Result<()> {
        if !self.is_running() {
            fs::remove_file(self.socket()).ok();
            let home = self.home.display().to_string();
            let socket = self.socket().display().to_string();
            let mut args = vec!["--dir", &home, "--port", "0", "--unixsocket", &socket];
            args.extend([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "everysec",
            ]);
            args.extend(["--maxmemory-policy", "noeviction", "--repl-timeout", "4"]);
            args.extend([
                "--repl-diskless-sync-delay",
                "0",
                "--repl-ping-replica-period",
                "1",
            ]);
            let port = primary_port.map(|port| port.to_string());
            if let Some(port) = &port {
                args.extend(["--replicaof", "127.0.0.1", port]);
            }
            let launch = Launch {
                den: self.den,
                program: self.program.clone(),
                args: args.into_iter().map(str::to_owned).collect(),
                env: Vec::new(),
                folder: &self.home,
                log: self.home.with_extension("log"),
                is_store: true,
            };
            self.process = Some(launch.start()?);
        }
        until("Redis is ready", READY_WITHIN, async || {
            !self.is_running() || self.ask(&["PING"]).await.is_ok_and(|it| it == "PONG")
        })
        .await?;
        let log = self.home.with_extension("log");
        anyhow::ensure!(self.is_running(), "Redis ended: see {}", log.display());
        Ok(())
    }

    /// Until a replica is in step with its primary.
    pub async fn until_following(&self) -> anyhow::Result<()> {
        until("the replica follows", READY_WITHIN, async || {
            let said = self.ask(&["INFO", "replication"]).await.unwrap_or_default();
            said.contains("master_link_status:up") && said.contains("master_sync_in_progress:0")
        })
        .await
    }

    /// Takes away what it would remember.
    pub fn forget(&self) {
        fs::remove_dir_all(self.home.join("appendonlydir")).ok();
        fs::remove_file(self.home.join("dump.rdb")).ok();
    }

    pub fn is_running(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_running)
    }

    pub fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(process) = &self.process {
            process.signal(signal);
        }
    }

    /// One command on a connection of its own; the reply as text, an array's members by lines.
    pub async fn ask(&self, words: &[&str]) -> anyhow::Result<String> {
        let work = async {
            let mut stream = UnixStream::connect(self.socket()).await?;
            let mut command = format!("*{}\r\n", words.len());
            for word in words {
                command.push_str(&format!("${}\r\n{word}\r\n", word.len()));
            }
            stream.write_all(command.as_bytes()).await?;
            read(&mut BufReader::new(stream)).await
        };
        tokio::time::timeout(ANSWER_WITHIN, work).await?
    }
}

/// A reply of the Redis serialization protocol.
async fn read(stream: &mut BufReader<UnixStream>) -> anyhow::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let line = line.trim_end();
    let (Some(kind), Some(rest)) = (line.get(..1), line.get(1..)) else {
        bail!("no reply");
    };
    match kind {
        "+" | ":" => Ok(rest.to_owned()),
        "$" => {
            let Ok(n_bytes) = rest.parse::<usize>() else {
                return Ok(String::new());
            };
            let mut bytes = vec![0; n_bytes + 2];
            stream.read_exact(&mut bytes).await?;
            bytes.truncate(n_bytes);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        "*" => {
            let mut members = Vec::new();
            for _ in 0..rest.parse::<usize>().unwrap_or_default() {
                members.push(Box::pin(read(stream)).await?);
            }
            Ok(members.join("\n"))
        }
        _ => bail!("{rest}"),
    }
}
