//! One walk: chooses a step, takes it through HTTP and in the model, and compares.

use std::collections::{BTreeSet, HashMap, VecDeque};

use holdfast::board;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sqlx::PgPool;

use super::model::{self, Model};
use super::outcome::{Outcome, SEATS_PER_ROW, milliseconds};
use super::records::{Receipt, Seat};
use crate::support::{Answer, Caller, Sale, TestApp};

const N_ROWS: usize = 5;
pub(super) const N_CALLERS: usize = 5;
const N_KEYS: u32 = 4;
const STEPS_REMEMBERED: usize = 20;

/// How often a step of each kind is taken.
const WEIGHTS: [(u32, Kind); 16] = [
    (230, Kind::Place),
    (90, Kind::PlaceKeyed),
    (110, Kind::Change),
    (60, Kind::Extend),
    (70, Kind::Release),
    (90, Kind::Look),
    (90, Kind::Confirm),
    (60, Kind::ConfirmByToken),
    (110, Kind::Cancel),
    (120, Kind::Advance),
    (10, Kind::RunJobs),
    (20, Kind::Block),
    (20, Kind::Unblock),
    (8, Kind::PauseOrOpen),
    (10, Kind::EditPrice),
    (15, Kind::LoseMemory),
];

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Place,
    PlaceKeyed,
    Change,
    Extend,
    Release,
    Look,
    Confirm,
    ConfirmByToken,
    Cancel,
    Advance,
    RunJobs,
    Block,
    Unblock,
    PauseOrOpen,
    EditPrice,
    LoseMemory,
}

/// Where the board of a walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boards {
    InRedis,
    InPostgres,
    /// It goes from one to the other, with every hold, so that the model need not know.
    ToAndFro,
}

/// A hold as its holder remembers it.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) holder: usize,
    pub(super) token: String,
    pub(super) receipt: Receipt,
}

pub struct Walk {
    pub(super) app: TestApp,
    pub(super) sale: Sale,
    pub(super) callers: Vec<Caller>,
    pub(super) model: Model,
    pub(super) rng: StdRng,
    pub(super) known: Vec<Known>,
    pub(super) booking_ids: HashMap<String, String>,
    pub(super) version: i64,
    pub(super) position: (i64, i64),
    pub(super) last_steps: VecDeque<String>,
    pub(super) seed: u64,
    pub(super) n_steps: usize,
    pub(super) boards: Boards,
}

impl Walk {
    pub async fn begin(db: PgPool, seed: u64, boards: Boards) -> Self {
        // Not about durability: a commit need not wait for the disk.
        let mut database_url = sqlx::ConnectOptions::to_url_lossy(&*db.connect_options());
        let relaxed = ("options[synchronous_commit]", "off");
        database_url
            .query_pairs_mut()
            .append_pair(relaxed.0, relaxed.1);
        let settings = [
            ("DATABASE_URL", database_url.as_str()),
            ("HOLDFAST_TOKEN_TTL_SECONDS", "315360000"),
        ];
        let app = TestApp::start_set(&db, &settings).await;
        let settings = json!({
            "starts_at": "2047-01-01T19:00:00Z",
            "hold_ttl_seconds": model::TTL / 1000,
            "hold_lifetime_max_seconds": model::LIFETIME_MAX / 1000,
            "seats_per_hold_max": model::SEATS_PER_HOLD_MAX,
            "seats_per_person_max": model::SEATS_PER_PERSON_MAX,
        });
        let sale = app.on_sale_with(N_ROWS as u32, SEATS_PER_ROW as u32, settings);
        let sale = sale.await;
        if boards == Boards::InPostgres {
            let moved = board::fall_back(&app.ctx, sale.id()).await;
            assert!(moved.expect("a board to move"));
        }
        let event = sale.owner.get(&sale.path("")).await.expect(200);
        let model = Model {
            n_seats: N_ROWS * SEATS_PER_ROW,
            now: app.ctx.clock.now().timestamp_millis(),
            is_open: true,
            price: 4950,
            holds: HashMap::new(),
            bookings: HashMap::new(),
            blocked: BTreeSet::new(),
        };
        Self {
            callers: (0..N_CALLERS).map(|_| app.guest()).collect(),
            rng: StdRng::seed_from_u64(seed),
            known: Vec::new(),
            booking_ids: HashMap::new(),
            version: event["version"].as_i64().expect("a version"),
            position: (0, 0),
            last_steps: VecDeque::new(),
            n_steps: 0,
            boards,
            app,
            sale,
            model,
            seed,
        }
    }

    pub async fn go(&mut self, n_steps: usize) {
        for _ in 0..n_steps {
            self.n_steps += 1;
            let kind = self.choose();
            match kind {
                Kind::Place => self.place(None).await,
                Kind::PlaceKeyed => {
                    let key = self.rng.random_range(0..N_KEYS);
                    self.place(Some(format!("key-{key}"))).await;
                }
                Kind::Change => self.change().await,
                Kind::Extend | Kind::Release | Kind::Look => self.ask_about_hold(kind).await,
                Kind::Confirm => self.confirm(false).await,
                Kind::ConfirmByToken => self.confirm(true).await,
                Kind::Cancel => self.cancel().await,
                Kind::Advance => self.advance(),
                Kind::RunJobs => self.run_jobs().await,
                Kind::Block | Kind::Unblock => self.block(kind).await,
                Kind::PauseOrOpen => self.pause_or_open().await,
                Kind::EditPrice => self.edit_price().await,
                Kind::LoseMemory => self.lose_memory().await,
            }
            if self.n_steps.is_multiple_of(20) {
                self.compare_map().await;
            }
            if self.n_steps.is_multiple_of(500) {
                // A clock that has jumped leaves holds to sweep.
                self.run_jobs().await;
                self.app.assert_invariants().await;
            }
        }
    }

    /// Asserts that every hold ends within its time to live and one sweep (I3), and stops.
    pub async fn end(mut self) {
        self.tell("the end");
        self.move_clock(model::LIFETIME_MAX);
        self.run_jobs().await;
        self.compare_map().await;
        assert!(!self.model.states().contains('h'));
        self.app.finish().await;
    }

    fn choose(&mut self) -> Kind {
        // A paused event refuses most steps: that is not what to spend a walk on.
        if !self.model.is_open && self.rng.random_bool(0.1) {
            return Kind::PauseOrOpen;
        }
        let total: u32 = WEIGHTS.iter().map(|(weight, _)| weight).sum();
        let mut at = self.rng.random_range(0..total);
        for (weight, kind) in WEIGHTS {
            if at < weight {
                return kind;
            }
            at -= weight;
        }
        unreachable!("the weights add up to the total")
    }

    /// The whole map is the model's, and its position never goes backwards (I6).
    async fn compare_map(&mut self) {
        // A lost board that nobody has asked for yet is found a moment later: here it is now.
        let found = board::read_board(&self.app.ctx, self.sale.id()).await;
        found.expect("a board");
        let map = self.sale.owner.get(&self.sale.path("/availability")).await;
        let map = map.expect(200);
        assert_eq!(map["states"], self.model.states(), "{}", self.story());
        let number = |name: &str| map[name].as_i64().expect("a number");
        let position = (number("epoch"), number("revision"));
        assert!(position >= self.position, "{}\n{position:?}", self.story());
        self.position = position;
        for caller in 0..N_CALLERS {
            assert!(self.model.n_had(caller) <= model::SEATS_PER_PERSON_MAX);
        }
    }

    pub(super) fn remember(&mut self, who: usize, answer: &Answer) {
        let Some(token) = answer["hold_token"].as_str() else {
            return;
        };
        let id = answer.text_of("hold_id");
        let prices = Outcome::of(answer).seats.into_iter();
        let receipt = Receipt {
            deadline: milliseconds(&answer["expires_at"]),
            seats: prices.map(|(seat, (price, _))| (seat, price)).collect(),
        };
        self.known.retain(|known| known.id != id);
        self.known.push(Known {
            id,
            holder: who,
            token: token.to_owned(),
            receipt,
        });
    }

    pub(super) fn some_seats(&mut self, n_min: usize, n_max: usize) -> BTreeSet<Seat> {
        let n_seats = self.rng.random_range(n_min..=n_max);
        let any = |_| self.rng.random_range(0..self.model.n_seats);
        (0..n_seats).map(any).collect()
    }

    /// One of the newest holds, or now and then any.
    pub(super) fn some_hold(&mut self) -> Option<Known> {
        let n_newest = if self.rng.random_bool(0.9) {
            12
        } else {
            self.known.len()
        };
        let from = self.known.len().saturating_sub(n_newest);
        self.known[from..].choose(&mut self.rng).cloned()
    }

    pub(super) fn holder_or_stranger(&mut self, hold: &Known) -> usize {
        if self.rng.random_bool(0.05) {
            self.rng.random_range(0..N_CALLERS)
        } else {
            hold.holder
        }
    }

    pub(super) fn tell(&mut self, step: &str) {
        if self.last_steps.len() == STEPS_REMEMBERED {
            self.last_steps.pop_front();
        }
        let (n, now) = (self.n_steps, self.model.now);
        self.last_steps
            .push_back(format!("{n:>6} at {now}: {step}"));
    }

    pub(super) fn compare(&self, expected: &Outcome, answer: &Answer) {
        let found = Outcome::of(answer);
        assert!(
            found == *expected,
            "{}\nexpected {expected:?}\n   found {found:?}\n{}",
            self.story(),
            answer.text
        );
    }

    pub(super) fn story(&self) -> String {
        let steps: Vec<_> = self.last_steps.iter().cloned().collect();
        let (seed, n) = (self.seed, self.n_steps);
        format!(
            "seed {seed}, step {n}; HOLDFAST_WALK_SEED={seed} repeats it\n{}",
            steps.join("\n")
        )
    }
}
