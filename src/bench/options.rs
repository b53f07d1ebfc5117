//! What can be asked of a load.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::ValueEnum;
use clap::value_parser as bounded;

use super::arrivals::{Arrivals, Spacing};
use super::pace::Pace;

/// Limit: seats that the ledger has room for.
const TOUCHED_MAX: u64 = 20_000_000;
/// Limit: how long callers wait who have come when the last arrive.
const PATIENCE_MAX: Duration = Duration::from_secs(30);
/// Limit: how long callers arrive beside standing holds.
const STANDING_SECONDS_MAX: u64 = 1_800;

/// Load on a running service, through its interface; audited afterwards. The exit code is 1 when
/// the service broke a promise. HOLDFAST_BENCH_EMAIL and HOLDFAST_BENCH_PASSWORD name a venue
/// admin; docs/benchmarks.md tells more.
#[derive(Clone, Debug, clap::Args)]
pub struct Bench {
    /// What callers do.
    pub scenario: Scenario,
    /// The service.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub url: String,
    /// Another instance of the service: there `viewers` makes the changes.
    #[arg(long, value_name = "URL")]
    pub through: Option<String>,
    /// The host to load when it is not this machine, named a second time.
    #[arg(long, value_name = "HOST")]
    pub allow_remote: Option<String>,
    /// How long callers arrive.
    #[arg(long, default_value_t = 10, value_parser = bounded!(u64).range(1..=3600))]
    pub seconds: u64,
    /// How many callers arrive at most.
    #[arg(long, default_value_t = 1_000_000, value_parser = bounded!(u64).range(1..=10_000_000))]
    pub count: u64,
    /// How many callers arrive in a second, however the service fares.
    #[arg(long, default_value = "200", value_parser = read_rate, conflicts_with = "closed")]
    pub rate: f64,
    #[arg(long, value_enum, default_value = "poisson")]
    pub spacing: Spacing,
    /// This many callers, each of whom comes again as soon as it is served.
    #[arg(long, value_name = "N", value_parser = bounded!(u32).range(1..=10_000))]
    pub closed: Option<u32>,
    /// Connections that arriving callers share.
    #[arg(long, default_value_t = 64, value_parser = bounded!(u32).range(1..=10_000))]
    pub connections: u32,
    /// Seats of the house that is made for the load.
    #[arg(long, default_value_t = 2_000, value_parser = bounded!(u32).range(1..=150_000))]
    pub seats: u32,
    /// Events in that house, all on sale.
    #[arg(long, default_value_t = 1, value_parser = bounded!(u32).range(1..=2_000))]
    pub events: u32,
    /// Seats that a caller wants next to each other.
    #[arg(long, default_value_t = 2, value_parser = bounded!(u32).range(1..=10))]
    pub party: u32,
    /// Guests whose tokens the callers use in turn.
    #[arg(long, default_value_t = 20, value_parser = bounded!(u32).range(1..=10_000))]
    pub guests: u32,
    /// `onsale`: buyers, all at once, each with a connection. `waitlist`: people who wait.
    #[arg(long, default_value_t = 200, value_parser = bounded!(u32).range(1..=10_000))]
    pub buyers: u32,
    /// Clients of the live feed, each with a connection: of `viewers` 200, beside other loads none
    /// unless it is said how many.
    #[arg(long, value_parser = bounded!(u32).range(1..=20_000))]
    viewers: Option<u32>,
    /// Which events are watched beside other loads.
    #[arg(long, value_enum, default_value = "all")]
    pub watching: Watching,
    /// Holds of `--party` seats that stand from before the load until after it, spread over the
    /// events.
    #[arg(long, default_value_t = 0, value_parser = bounded!(u32).range(0..=1_000_000))]
    pub standing_holds: u32,
    /// `waitlist`: by which rule seats are offered.
    #[arg(long, value_enum, default_value = "strict")]
    pub policy: WaitingPolicy,
    /// `browse`: how many of a hundred looks send the `ETag` of the copy they have.
    #[arg(long, default_value_t = 90, value_parser = bounded!(u32).range(0..=100))]
    pub conditional: u32,
    /// Fixes the arrivals and what callers choose.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where to write the results for programs.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Where to write a page with plots.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Hold seats and release them; no two callers want the same.
    HoldRelease,
    /// Hold seats and confirm them; no two callers want the same.
    Confirm,
    /// Confirm holds that were placed before the load.
    ConfirmHeld,
    /// Buyers who all come at once look, choose, hold, sometimes give up, confirm, until all is
    /// sold.
    Onsale,
    /// All want the same seats.
    HotSeat,
    /// Look at availability and layout, with copies.
    Browse,
    /// Follow the live feed while seats change.
    Viewers,
    /// People join the waitlist of a sold-out house; seats are cancelled; offers are taken or let
    /// go.
    Waitlist,
    /// Ask any HTTP server for `/`, for comparison. Nothing is made and nothing audited.
    Bare,
    /// Of a hundred callers 70 browse, 20 hold and release, 8 confirm and 2 want the same seats.
    Mixed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watching {
    /// All of them, in turn.
    All,
    /// Everybody the first.
    First,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingPolicy {
    Strict,
    FirstThatFits,
}

impl WaitingPolicy {
    /// As the interface writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::FirstThatFits => "first_that_fits",
        }
    }
}

impl Bench {
    pub fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Callers at work at the same time.
    pub fn n_workers(&self) -> u32 {
        match self.scenario {
            Scenario::Onsale => self.buyers,
            // One frees seats and one reads the log.
            Scenario::Waitlist => self.connections.max(3),
            _ => self.closed.unwrap_or(self.connections),
        }
    }

    /// Whether callers come by the clock instead of when the service is done.
    pub fn is_open(&self) -> bool {
        let comes_by_itself = matches!(self.scenario, Scenario::Onsale | Scenario::Waitlist);
        self.closed.is_none() && !comes_by_itself
    }

    /// Whether something happens so many times a second.
    pub fn has_rate(&self) -> bool {
        self.is_open() || self.scenario == Scenario::Waitlist
    }

    /// Starts the clock.
    pub fn pace(&self) -> Pace {
        if self.is_open() {
            Pace::open(|| self.arrivals(), self.patience())
        } else {
            Pace::closed(self.window(), self.count)
        }
    }

    pub fn arrivals(&self) -> Arrivals {
        let window = self.window();
        Arrivals::new(self.rate, self.spacing, window, self.count, self.seed)
    }

    /// How long after the start whoever has come may still be served.
    pub fn patience(&self) -> Duration {
        self.window() + self.window().min(PATIENCE_MAX)
    }

    /// Each person on a waitlist is a guest of their own.
    pub fn n_guests(&self) -> u32 {
        match self.scenario {
            Scenario::Waitlist => self.buyers,
            _ => self.guests,
        }
    }

    /// Viewers that the scenario is about.
    pub fn n_viewers(&self) -> u32 {
        match self.scenario {
            Scenario::Viewers => self.viewers.unwrap_or(200),
            _ => 0,
        }
    }

    /// Viewers beside what is measured.
    pub fn n_bystanders(&self) -> u32 {
        match self.scenario {
            Scenario::Viewers => 0,
            _ => self.viewers.unwrap_or(0),
        }
    }

    /// How many of the standing holds one event has at most.
    pub fn n_standing_of_event(&self) -> u32 {
        self.standing_holds.div_ceil(self.events)
    }

    /// Groups of seats that the scenario needs so that nobody gets into another's way.
    pub fn n_parties_min(&self) -> usize {
        let n_workers = self.n_workers() as usize;
        match self.scenario {
            Scenario::HoldRelease | Scenario::Viewers => n_workers,
            Scenario::Mixed => 2 * n_workers + 2,
            _ => 1,
        }
    }

    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(
            self.scenario != Scenario::Waitlist || self.closed.is_none(),
            "waitlist has no closed loop: --rate says how many seats are cancelled"
        );
        ensure!(
            self.party <= self.seats,
            "the house has fewer seats than one caller wants"
        );
        self.check_company()?;
        self.check_room()
    }

    /// What is beside the load.
    fn check_company(&self) -> anyhow::Result<()> {
        let name = self.scenario.name();
        let sells_out = matches!(self.scenario, Scenario::Onsale | Scenario::Waitlist);
        ensure!(
            self.standing_holds == 0 || !sells_out && self.scenario != Scenario::Bare,
            "{name} has no --standing-holds: they are for loads that leave seats over"
        );
        ensure!(
            self.standing_holds == 0 || self.seconds <= STANDING_SECONDS_MAX,
            "standing holds last an hour at most, with the time to make them and to audit: \
             --seconds may be {STANDING_SECONDS_MAX}"
        );
        ensure!(
            self.n_bystanders() == 0
                || !matches!(self.scenario, Scenario::Waitlist | Scenario::Bare),
            "{name} has no --viewers beside it"
        );
        Ok(())
    }

    /// Whether there are enough seats, and not more than the ledger has room for.
    fn check_room(&self) -> anyhow::Result<()> {
        let party = u64::from(self.party);
        let n_wanted = u64::from(self.n_workers()) * party;
        // Viewers look at the first event only.
        let n_events = u64::from(if self.scenario == Scenario::Viewers {
            1
        } else {
            self.events
        });
        let n_standing = u64::from(self.n_standing_of_event()) * party;
        let n_left = u64::from(self.seats).saturating_sub(n_standing);
        ensure!(
            self.standing_holds == 0 || n_left >= party,
            "the standing holds leave no seats: raise --seats or --events"
        );
        let is_spread = matches!(
            self.scenario,
            Scenario::HoldRelease | Scenario::Mixed | Scenario::Viewers
        );
        ensure!(
            !is_spread || n_wanted * 2 <= n_left * n_events,
            "{} callers at a time with {party} seats each need at least {} seats: raise --seats",
            self.n_workers(),
            n_wanted * 2 + n_standing * n_events,
        );
        ensure!(
            self.n_touched_max() <= TOUCHED_MAX,
            "a load may touch {TOUCHED_MAX} seats, this one {}: lower --count, --party, --seats \
             or --events",
            self.n_touched_max(),
        );
        Ok(())
    }

    /// Seats that somebody may want.
    fn n_touched_max(&self) -> u64 {
        let n_seats = u64::from(self.seats) * u64::from(self.events);
        let n_wanted = match self.scenario {
            Scenario::Onsale | Scenario::Waitlist => return n_seats,
            Scenario::Browse | Scenario::HotSeat | Scenario::Bare => 0,
            _ => self.count,
        };
        let n_parties = n_wanted + u64::from(self.standing_holds);
        n_seats.min(n_parties * u64::from(self.party))
    }
}

impl Scenario {
    /// As the command line has it.
    pub fn name(self) -> String {
        let name = self.to_possible_value();
        name.map_or_else(String::new, |name| name.get_name().to_owned())
    }
}

fn read_rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.1..=200_000.0).contains(&rate) => Ok(rate),
        _ => Err("must be a number from 0.1 to 200000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        bench: Bench,
    }

    fn read(args: &str) -> Result<Bench, String> {
        let args = ["bench"].into_iter().chain(args.split_whitespace());
        let bench = CommandLine::try_parse_from(args)
            .map_err(|error| error.to_string())?
            .bench;
        bench.check().map_err(|error| error.to_string())?;
        Ok(bench)
    }

    #[test]
    fn every_load_is_bounded() {
        for wrong in [
            "confirm --seconds 0",
            "confirm --seconds 3601",
            "confirm --count 10000001",
            "confirm --rate 0",
            "confirm --rate nan",
            "confirm --closed 10001",
            "confirm --seats 150001",
            "confirm --rate 5 --closed 5",
            "confirm --seats 1",
            "waitlist --closed 5",
            "hold-release --seats 255",
            "confirm --seats 150000 --events 2000 --count 10000000 --party 3",
            "onsale --seats 150000 --events 2000",
            "onsale --standing-holds 1",
            "waitlist --standing-holds 1",
            "waitlist --viewers 1",
            "bare --standing-holds 1",
            "bare --viewers 1",
            "browse --standing-holds 1000001",
            "browse --standing-holds 1000 --seats 2000",
            "browse --standing-holds 1 --seconds 1801",
            "hold-release --standing-holds 873",
            "hold-release --viewers 20001",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        let bench = read("hold-release --seats 256 --closed 64").unwrap();
        assert_eq!((bench.n_workers(), bench.is_open()), (64, false));
        assert_eq!(read("onsale --buyers 7").unwrap().n_workers(), 7);
        assert!(read("hold-release --standing-holds 872").is_ok());
    }

    #[test]
    fn a_thousand_stadiums_with_holds_and_viewers_are_a_load() {
        let all = "--events 1000 --seats 60000 --standing-holds 50000 --viewers 5000";
        let bench = read(&format!("hold-release {all}")).unwrap();

        assert_eq!(
            (bench.n_standing_of_event(), bench.n_bystanders()),
            (50, 5_000)
        );
        assert_eq!((bench.n_viewers(), bench.watching), (0, Watching::All));
        let viewers = read("viewers").unwrap();
        assert_eq!((viewers.n_viewers(), viewers.n_bystanders()), (200, 0));
        assert_eq!(read("browse").unwrap().n_bystanders(), 0);
    }
}
