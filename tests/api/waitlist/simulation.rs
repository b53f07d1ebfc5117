//! Two thousand people with wishes of one to six seats, two promoters at once, and chance: seats
//! come free, offers are accepted, let go, or run out.
//!
//! People join by one statement, and answer by the actions that the interface calls: over HTTP it
//! would take minutes. Seats come free over HTTP, fifty at a time.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use futures::future::join_all;
use holdfast::auth::Role;
use holdfast::board;
use holdfast::bookings::{self, ConfirmHold, Contact};
use holdfast::id::{CallerId, HoldId};
use holdfast::{auth, waitlist};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::bytes;
use crate::support::{Sale, TestApp};

const N_PEOPLE: usize = 2_000;
const N_ROWS: u32 = 26;
const N_SEATS: u32 = 300;
const N_STEPS_MAX: u32 = 80;
const STEP: TimeDelta = TimeDelta::minutes(6);
const SKIPS_MAX: i64 = 5;

struct Simulation {
    app: TestApp,
    sibling: TestApp,
    sale: Sale,
    rng: StdRng,
    /// Seats that are not blocked any more.
    freed: Vec<bool>,
    n_steps: u32,
}

impl Simulation {
    async fn new(db: PgPool, seed: u64) -> Self {
        let app = TestApp::start(db).await;
        let sibling = app.start_sibling().await;
        let limits = json!({"seats_per_person_max": 100});
        let sale = app.on_sale_with(N_ROWS, N_SEATS, limits).await;
        let simulation = Self {
            app,
            sibling,
            sale,
            rng: StdRng::seed_from_u64(seed),
            freed: vec![false; (N_ROWS * N_SEATS) as usize],
            n_steps: 0,
        };
        simulation.block_all().await;
        simulation
            .sale
            .set_waitlist(json!({"skips_max": SKIPS_MAX}))
            .await;
        simulation
    }

    async fn block_all(&self) {
        let statement = "
            INSERT INTO seat_blocks (event_id, seat_id, seat_index, reason, blocked_by, blocked_at)
            SELECT $1, gen_random_uuid(), seat, 'Sold elsewhere', $1, now()
            FROM generate_series(0, $2 - 1) AS seat";
        sqlx::query(statement)
            .bind(self.sale.id().0)
            .bind((N_ROWS * N_SEATS).cast_signed())
            .execute(&self.app.ctx.db)
            .await
            .expect("blocks");
        bytes(&self.app, &self.sale).await;
        self.app.reconcile().await;
    }

    async fn join_all(&mut self) {
        let holders: Vec<Uuid> = (0..N_PEOPLE)
            .map(|_| self.app.ctx.ids.next::<CallerId>().0)
            .collect();
        let quantities: Vec<i32> = (0..N_PEOPLE)
            .map(|_| self.rng.random_range(1..=6))
            .collect();
        let together: Vec<bool> = (0..N_PEOPLE).map(|_| self.rng.random_bool(0.8)).collect();
        let statement = "
            WITH raised AS (UPDATE waitlists SET version = version + 1 WHERE event_id = $1)
            INSERT INTO waitlist_entries (event_id, entry_id, holder_id, name, email, quantity,
                is_together, state, joined_at)
            SELECT $1, gen_random_uuid(), holder, 'Ana', holder || '@example.org', quantity,
                is_together, 'waiting', $5 + n * interval '1 ms'
            FROM unnest($2::uuid[], $3::integer[], $4::boolean[])
                WITH ORDINALITY AS t (holder, quantity, is_together, n)";
        sqlx::query(statement)
            .bind(self.sale.id().0)
            .bind(holders)
            .bind(quantities)
            .bind(together)
            .bind(self.app.ctx.clock.now())
            .execute(&self.app.ctx.db)
            .await
            .expect("people");
        self.app.ctx.clock.advance(TimeDelta::seconds(10));
        promote_all(&self.app).await;
    }

    /// Parties of one to four, side by side, give their seats back: fifty seats.
    async fn free_some(&mut self) {
        let mut labels = Vec::new();
        for _ in 0..200 {
            let (row, first) = (
                self.rng.random_range(0..N_ROWS),
                self.rng.random_range(0..N_SEATS),
            );
            let last = (first + self.rng.random_range(1..=4)).min(N_SEATS);
            for seat in first..last {
                let index = (row * N_SEATS + seat) as usize;
                if labels.len() < 50 && !std::mem::replace(&mut self.freed[index], true) {
                    let row = char::from_u32('A' as u32 + row).expect("a letter");
                    labels.push(format!("S-{row}-{}", seat + 1));
                }
            }
            if labels.len() == 50 {
                break;
            }
        }
        if !labels.is_empty() {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            self.sale.unblock(&labels).await.expect(204);
        }
    }

    /// Both at once, until neither has anything to do.
    async fn promote(&self) {
        tokio::join!(promote_all(&self.app), promote_all(&self.sibling));
    }

    async fn answer_offers(&mut self) {
        let live = "SELECT hold_id, holder_id, offered_at
            FROM waitlist_offers AS offer JOIN waitlist_entries USING (event_id, entry_id)
            WHERE offer.state = 'live' ORDER BY joined_at";
        let offers: Vec<(Uuid, Uuid, chrono::DateTime<chrono::Utc>)> = sqlx::query_as(live)
            .fetch_all(&self.app.ctx.db)
            .await
            .expect("offers");
        let mut answers = Vec::new();
        for (hold_id, holder, offered_at) in offers {
            // Whoever does not answer within a step lets the offer run out.
            let is_new = offered_at == self.app.ctx.clock.now();
            match self.rng.random_range(0..10) {
                0 | 1 if is_new => answers.push((HoldId(hold_id), CallerId(holder), false)),
                2..=8 if is_new => answers.push((HoldId(hold_id), CallerId(holder), true)),
                _ => {}
            }
        }
        let this = &*self;
        let answers = answers.into_iter();
        let answers = answers.map(|(hold_id, holder, is_accepted)| async move {
            match is_accepted {
                true => this.accept(hold_id, holder).await,
                false => this.decline(hold_id, holder).await,
            }
        });
        join_all(answers).await;
    }

    async fn accept(&self, hold_id: HoldId, holder: CallerId) {
        let caller = auth::Caller {
            caller_id: holder,
            role: Role::Guest,
        };
        let asked = ConfirmHold {
            contact: Contact {
                name: "Ana".to_owned(),
                email: "ana@example.org".to_owned(),
            },
            payment_reference: None,
            hold_token: None,
        };
        let confirmed = bookings::confirm(&self.app.ctx, caller, self.sale.id(), hold_id, asked);
        confirmed.await.expect("a booking");
    }

    async fn decline(&self, hold_id: HoldId, holder: CallerId) {
        let released = board::release_hold(&self.app.ctx, self.sale.id(), hold_id, holder);
        released.await.expect("a board");
    }

    /// No seats on sale fit anybody who waits, and what is kept is kept for few.
    async fn assert_nothing_undone(&self) {
        let wishes: Vec<(i32, bool)> = sqlx::query_as(
            "SELECT DISTINCT quantity, is_together FROM waitlist_entries WHERE state = 'waiting'",
        )
        .fetch_all(&self.app.ctx.db)
        .await
        .expect("wishes");
        let board = bytes(&self.app, &self.sale).await;
        let n_free = board.matches('.').count();
        let rows: Vec<&str> = (0..N_ROWS as usize)
            .map(|row| &board[row * N_SEATS as usize..(row + 1) * N_SEATS as usize])
            .collect();
        for (quantity, is_together) in wishes {
            let quantity = quantity.unsigned_abs() as usize;
            let side_by_side = ".".repeat(quantity);
            let fits = match is_together {
                true => rows.iter().any(|row| row.contains(&side_by_side)),
                false => n_free >= quantity,
            };
            assert!(
                !fits,
                "{quantity} seats are free, and somebody waits for them"
            );
        }
        assert!(
            board.matches('w').count() <= 3 * 4 * 6,
            "too many are kept: {board}"
        );
    }

    async fn n_waiting(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM waitlist_entries WHERE state = 'waiting'")
            .fetch_one(&self.app.ctx.db)
            .await
            .expect("a count")
    }

    async fn run(&mut self) {
        while self.n_steps < N_STEPS_MAX && self.n_waiting().await > 0 {
            for _ in 0..6 {
                self.free_some().await;
            }
            self.promote().await;
            self.assert_nothing_undone().await;
            self.answer_offers().await;
            if self.n_steps.is_multiple_of(5) {
                self.app.assert_invariants().await;
            }
            self.app.ctx.clock.advance(STEP);
            // Offers that have run out.
            board::expire_holds(&self.app.ctx, self.sale.id())
                .await
                .expect("a board");
            self.n_steps += 1;
        }
    }

    /// By the number of seats: how many, how many steps they waited, how often they were passed
    /// over.
    async fn fairness(&self) -> BTreeMap<i32, Vec<(f64, i32)>> {
        let rows: Vec<(i32, f64, i32)> = sqlx::query_as(
            "SELECT quantity, extract(epoch FROM min(offered_at) - joined_at)::float8, n_skips
             FROM waitlist_entries JOIN waitlist_offers USING (event_id, entry_id)
             GROUP BY event_id, entry_id, quantity, joined_at, n_skips ORDER BY 1, 2",
        )
        .fetch_all(&self.app.ctx.db)
        .await
        .expect("figures");
        let mut by_size: BTreeMap<i32, Vec<(f64, i32)>> = BTreeMap::new();
        for (quantity, seconds, n_skips) in rows {
            let n_steps = seconds / STEP.as_seconds_f64();
            by_size
                .entry(quantity)
                .or_default()
                .push((n_steps, n_skips));
        }
        by_size
    }
}

async fn promote_all(app: &TestApp) {
    for _ in 0..20 {
        let progress = waitlist::offer_kept_seats(&app.ctx).await.expect("a round");
        if progress == holdfast::jobs::Progress::Idle {
            return;
        }
    }
    panic!("the promoter never comes to an end");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f21_two_thousand_people_are_served_in_a_fair_order(db: PgPool) {
    let began = std::time::Instant::now();
    let mut simulation = Simulation::new(db, 21).await;
    simulation.join_all().await;

    simulation.run().await;

    let n_left = simulation.n_waiting().await;
    let by_size = simulation.fairness().await;
    println!(
        "{} steps in {:?}, {n_left} people not served",
        simulation.n_steps,
        began.elapsed()
    );
    let mut most_skips = 0;
    for (quantity, figures) in &by_size {
        let (longest, _) = figures.last().expect("somebody");
        let (half, _) = figures[figures.len() / 2];
        let skips = figures
            .iter()
            .map(|(_, n_skips)| *n_skips)
            .max()
            .expect("somebody");
        println!(
            "  {quantity} seats: {} served, waited p50 {half:.0}, at most {longest:.0} steps, \
             passed over at most {skips} times",
            figures.len()
        );
        most_skips = most_skips.max(skips);
    }
    assert_eq!(n_left, 0, "somebody was never served");
    assert_eq!(by_size.len(), 6);
    simulation.sibling.stop().await;
    simulation.app.run_jobs().await;
    simulation.app.finish().await;
}
