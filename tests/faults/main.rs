//! Faults on real processes: two instances, PostgreSQL with a synchronous standby, Redis with a
//! replica. Buyers write a history, something goes wrong, and what came of it is judged.
//!
//! `./test faults` runs it; docs/safety.md says what it shows.

mod caller;
mod cast;
mod checks;
mod cluster;
mod controls;
mod excuses;
mod feed;
mod histories;
mod history;
mod model;
mod nemesis;
mod older_boards;
mod owner;
#[path = "../shared/ports.rs"]
mod ports;
mod postgres;
mod processes;
mod proxy;
mod queue;
mod redis;
mod register;
mod round;
mod sale;
mod scenes;
mod search;
mod service;
mod session;
mod stage;
mod theatre;
mod viewers;
mod watch;
mod without_redis;
mod workload;

use std::process::ExitCode;

use clap::Parser;

use nemesis::Nemesis;
use processes::Den;

/// Runs the suite: by default rounds with fixed seeds and one new seed, and the negative controls.
#[derive(Clone, Parser)]
pub struct Options {
    /// One round with this seed, or, with --hours, the first of many.
    #[arg(long)]
    seed: Option<u64>,
    /// What goes wrong in it, such as kill-redis,cut-postgres; `nothing` for nothing.
    #[arg(long, value_delimiter = ',')]
    nemesis: Vec<String>,
    /// Rounds with new seeds and random pairs for so long.
    #[arg(long)]
    hours: Option<f64>,
    /// How long the buyers of a round buy.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Keep every round's history and logs, not only where something was found.
    #[arg(long)]
    keep: bool,
    /// Names what can go wrong.
    #[arg(long)]
    list: bool,
    /// The holdfast program to try, in place of the one that cargo has built.
    #[arg(long)]
    program: Option<std::path::PathBuf>,
    /// For cargo.
    #[arg(long, hide = true)]
    quiet: bool,
    /// Only what has one of these in its name.
    filters: Vec<String>,
}

impl Options {
    fn nemeses(&self) -> anyhow::Result<Vec<Nemesis>> {
        let names = self.nemesis.iter().filter(|name| *name != "nothing");
        names
            .map(|name| {
                let nemesis = Nemesis::of_name(name);
                nemesis.ok_or_else(|| anyhow::anyhow!("{name} is not in the list of --list"))
            })
            .collect()
    }

    fn wants(&self, name: &str) -> bool {
        let mut filters = self.filters.iter();
        self.filters.is_empty() || filters.any(|filter| name.contains(filter))
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    if options.list {
        nemesis::ALL.iter().for_each(|(_, name)| println!("{name}"));
        return ExitCode::SUCCESS;
    }
    if let Some(program) = &options.program {
        processes::PROGRAM.set(program.clone()).ok();
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("test result: FAILED. 0 passed; 1 failed\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<bool> {
    // For as long as the process lives: the undertaker sees its end.
    let den: &'static Den = Box::leak(Box::new(Den::open()?));
    let outcome = session::run(den, options);
    den.close();
    outcome
}
