//! A mail server that speaks SMTP (RFC 5321) over TCP, and misbehaves when told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does with a mail, decided when its text is to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes it.
    Takes,
    /// Answers this to `RCPT TO`, such as `451 later` or `550 nobody here`.
    Refuses(&'static str),
    /// Takes the text, keeps it, and never answers.
    Hangs,
    /// Takes the text, keeps it, and goes away before answering.
    DiesBeforeAnswer,
}

/// A mail as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub to: String,
    pub text: String,
}

impl Received {
    /// A header's value, folded lines joined; empty where there is none.
    pub fn header(&self, name: &str) -> String {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.replace("\r\n ", " ");
        let lines = head.split("\r\n").filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values
            .next()
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default()
    }

    pub fn message_id(&self) -> String {
        self.header("Message-ID")
    }

    /// The text with quoted-printable and base64 undone, as far as a search for words needs it.
    pub fn plain(&self) -> String {
        super::mime::decoded(&self.text)
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    manners: HashMap<String, Vec<Manner>>,
}

/// Stops when dropped.
pub struct MailServer {
    pub url: String,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let url = format!("smtp://{}", listener.local_addr().expect("an address"));
        let state = Arc::new(Mutex::new(State::default()));
        let kept = state.clone();
        let listening = spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let state = kept.clone();
                spawn(async move {
                    converse(client, &state).await.ok();
                });
            }
        });
        Self {
            url,
            state,
            listening,
        }
    }

    /// What it does with the next mails to an address, one after the other; takes what follows.
    pub fn will(&self, to: &str, manners: &[Manner]) {
        let mut state = self.state.lock().expect("a state");
        // The first is taken from the end.
        let manners = manners.iter().rev().cloned().collect();
        state.manners.insert(to.to_owned(), manners);
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().expect("a state").received.clone()
    }

    /// How often each Message-ID has come in.
    pub fn counts(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for mail in self.received() {
            *counts.entry(mail.message_id()).or_default() += 1;
        }
        counts
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test's own task")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

async fn converse(client: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let (reads, mut writes) = client.into_split();
    let mut reads = BufReader::new(reads);
    let (mut to, mut manner) = (String::new(), Manner::Takes);
    say(&mut writes, "220 test ESMTP").await?;
    loop {
        let mut line = String::new();
        if reads.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
            "EHLO" => say(&mut writes, "250-test\r\n250 8BITMIME").await?,
            "RCPT" => {
                to = line
                    .trim_start_matches(|c| c != '<')
                    .trim_matches(['<', '>'])
                    .to_owned();
                manner = manner_for(state, &to);
                let answer = match manner {
                    Manner::Refuses(answer) => answer,
                    _ => "250 fine",
                };
                say(&mut writes, answer).await?;
            }
            "DATA" => {
                say(&mut writes, "354 go on").await?;
                let text = read_text(&mut reads).await?;
                let received = Received {
                    to: to.clone(),
                    text,
                };
                state.lock().expect("a state").received.push(received);
                match manner {
                    Manner::Hangs => tokio::time::sleep(Duration::from_secs(3600)).await,
                    Manner::DiesBeforeAnswer => return Ok(()),
                    _ => say(&mut writes, "250 taken").await?,
                }
            }
            "QUIT" => return say(&mut writes, "221 bye").await,
            _ => say(&mut writes, "250 fine").await?,
        }
    }
}

fn manner_for(state: &Mutex<State>, to: &str) -> Manner {
    let manners = &mut state.lock().expect("a state").manners;
    manners
        .get_mut(to)
        .and_then(Vec::pop)
        .unwrap_or(Manner::Takes)
}

async fn say(writes: &mut OwnedWriteHalf, answer: &str) -> std::io::Result<()> {
    writes.write_all(format!("{answer}\r\n").as_bytes()).await
}

/// Up to the dot that stands alone; a dot at the begin of a line comes doubled (4.5.2).
async fn read_text(reads: &mut BufReader<OwnedReadHalf>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if reads.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
