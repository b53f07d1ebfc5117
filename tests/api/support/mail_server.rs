//! A mail server that speaks SMTP (RFC 5321) over TCP, and misbehaves when told to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

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

/// Whether the server speaks TLS, and from when on.
#[derive(Clone)]
pub enum Security {
    None,
    FromTheStart(TlsAcceptor),
    /// Once the client says STARTTLS; nothing is taken before.
    StartTls(TlsAcceptor),
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
        Self::start_secured(Security::None).await
    }

    pub async fn start_secured(security: Security) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let url = match security {
            Security::None => format!("smtp://{address}"),
            Security::FromTheStart(_) => format!("smtps://{address}"),
            Security::StartTls(_) => format!("smtp://{address}?tls=required"),
        };
        let state = Arc::new(Mutex::new(State::default()));
        let kept = state.clone();
        let listening = spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, security) = (kept.clone(), security.clone());
                spawn(async move {
                    serve(client, &security, &state).await.ok();
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

async fn serve(
    client: TcpStream,
    security: &Security,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let mut client = match security {
        Security::None => BufReader::new(client),
        Security::FromTheStart(acceptor) => {
            let mut client = BufReader::new(acceptor.accept(client).await?);
            say(&mut client, "220 test ESMTP").await?;
            return converse(&mut client, state).await;
        }
        Security::StartTls(acceptor) => {
            let mut client = BufReader::new(client);
            say(&mut client, "220 test ESMTP").await?;
            loop {
                let line = read_line(&mut client).await?;
                match word_of(&line).as_str() {
                    "" => return Ok(()),
                    "EHLO" => say(&mut client, "250-test\r\n250 STARTTLS").await?,
                    "STAR" => break,
                    _ => say(&mut client, "530 STARTTLS first").await?,
                }
            }
            say(&mut client, "220 go ahead").await?;
            let client = acceptor.accept(client.into_inner()).await?;
            return converse(&mut BufReader::new(client), state).await;
        }
    };
    say(&mut client, "220 test ESMTP").await?;
    converse(&mut client, state).await
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut BufReader<S>,
    state: &Mutex<State>,
) -> std::io::Result<()> {
    let (mut to, mut manner) = (String::new(), Manner::Takes);
    loop {
        let line = read_line(client).await?;
        match word_of(&line).as_str() {
            "" => return Ok(()),
            "EHLO" => say(client, "250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME").await?,
            "AUTH" => say(client, "235 welcome").await?,
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
                say(client, answer).await?;
            }
            "DATA" => {
                say(client, "354 go on").await?;
                let text = read_text(client).await?;
                let received = Received {
                    to: to.clone(),
                    text,
                };
                state.lock().expect("a state").received.push(received);
                match manner {
                    Manner::Hangs => tokio::time::sleep(Duration::from_secs(3600)).await,
                    Manner::DiesBeforeAnswer => return Ok(()),
                    _ => say(client, "250 taken").await?,
                }
            }
            "QUIT" => return say(client, "221 bye").await,
            _ => say(client, "250 fine").await?,
        }
    }
}

/// A line without its end; empty once the client is gone.
async fn read_line<S: AsyncRead + Unpin>(client: &mut BufReader<S>) -> std::io::Result<String> {
    let mut line = String::new();
    client.read_line(&mut line).await?;
    Ok(line.trim_end().to_owned())
}

/// The first letters of a command.
fn word_of(line: &str) -> String {
    line.get(..4).unwrap_or_default().to_uppercase()
}

fn manner_for(state: &Mutex<State>, to: &str) -> Manner {
    let manners = &mut state.lock().expect("a state").manners;
    manners
        .get_mut(to)
        .and_then(Vec::pop)
        .unwrap_or(Manner::Takes)
}

async fn say<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut BufReader<S>,
    answer: &str,
) -> std::io::Result<()> {
    client.write_all(format!("{answer}\r\n").as_bytes()).await?;
    client.flush().await
}

/// Up to the dot that stands alone; a dot at the begin of a line comes doubled (4.5.2).
async fn read_text<S: AsyncRead + Unpin>(client: &mut BufReader<S>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
