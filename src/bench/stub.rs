//! For tests: a service that answers what it is told to, and a run against it.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use clap::Parser;
use serde_json::json;

use super::house::House;
use super::ledger::Ledger;
use super::options::Bench;
use super::recorder::Recorder;
use super::scenarios::{Crowd, Watched};
use super::stage::Stage;
use super::worker::Run;

/// Called `0` and so on; each has the four seats `A-0` to `A-3`.
pub const N_EVENTS: usize = 2;

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    bench: Bench,
}

/// A run of a scenario of which nothing is done yet. The service answers a status and a body, by
/// the first line of a request.
pub async fn run(
    scenario: &str,
    answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static,
) -> Rc<Run> {
    let url = serve(answer);
    let bench = CommandLine::parse_from(["bench", scenario, "--url", &url]).bench;
    let mut stage = Stage::bare(&bench).await.unwrap();
    stage.event_ids = (0..N_EVENTS).map(|nth| nth.to_string()).collect();
    stage.house = Rc::new(house());
    let pace = bench.pace();
    Rc::new(Run {
        recorder: RefCell::new(Recorder::new(pace.start(), bench.window())),
        ledger: RefCell::new(Ledger::new(stage.house.clone(), N_EVENTS)),
        watched: Rc::new(Watched::new(stage.house.n_seats(), 1)),
        crowd: Rc::new(Crowd::default()),
        ready: RefCell::default(),
        n_used: Cell::new(0),
        sold_out_after: Cell::new(None),
        bench,
        stage,
        pace,
    })
}

fn house() -> House {
    let seat = |index: usize| json!({"index": index, "label": format!("A-{index}")});
    let seats: Vec<_> = (0..4).map(seat).collect();
    let layout = json!({"sections": [{"rows": [{"seats": seats}]}]}).to_string();
    House::read(layout.as_bytes()).unwrap()
}

/// Until the tests' process ends; answers where.
fn serve(answer: impl Fn(&str) -> (u16, &'static str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || converse(stream, &*answer));
        }
    });
    url
}

fn converse(mut stream: TcpStream, answer: &dyn Fn(&str) -> (u16, &'static str)) -> io::Result<()> {
    let mut input = BufReader::new(stream.try_clone()?);
    loop {
        let (mut request, mut n_body) = (String::new(), 0);
        while !request.ends_with("\r\n\r\n") {
            let at = request.len();
            if input.read_line(&mut request)? == 0 {
                return Ok(());
            }
            if let Some(length) = request[at..].strip_prefix("content-length: ") {
                n_body = length.trim().parse().unwrap();
            }
        }
        input.read_exact(&mut vec![0; n_body])?;
        let (status, body) = answer(request.lines().next().unwrap_or_default());
        let n_bytes = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} x\r\ncontent-length: {n_bytes}\r\n\r\n{body}"
        )?;
    }
}
