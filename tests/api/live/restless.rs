//! I7: a snapshot and the changes after it are the later snapshot, byte by byte, for every viewer,
//! however often they lose the connection, wherever they come back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::PgPool;
use tokio::sync::watch;

use crate::support::{Sale, TestApp, Viewer};

const VIEWERS: u64 = 200;
const CHANGES: usize = 100;
/// Viewers who have come back and gone on with changes, without a snapshot.
const RESUMED_MIN: usize = 50;
const ROWS: [&str; 5] = ["A", "B", "C", "D", "E"];

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn i7_two_hundred_restless_viewers_all_end_with_the_board(db: PgPool) {
    let app = TestApp::start(db).await;
    let sibling = app.start_sibling().await;
    let sale = app
        .on_sale_with(5, 40, serde_json::json!({"seats_per_person_max": 200}))
        .await;
    let (goal, reached) = watch::channel(None);
    let resumed = AtomicUsize::new(0);

    let viewers = (0..VIEWERS).map(|seed| {
        let instances = [&app, &sibling];
        watch_restlessly(instances, &sale, seed, (reached.clone(), &resumed))
    });
    let changing = async {
        change_seats(&app, &sale).await;
        let buyer = app.guest();
        while resumed.load(Ordering::SeqCst) < RESUMED_MIN {
            let hold = buyer.place(&sale, &["S-E-40"]).await.expect(201);
            buyer.release(&sale, &hold).await.expect(204);
        }
        let board = holdfast::board::read_board(&app.ctx, sale.id()).await;
        let position = board.expect("a board").position;
        goal.send_replace(Some((position.epoch, position.revision)));
    };
    let (viewers, ()) = tokio::join!(join_all(viewers), changing);

    let truth = sale.states().await;
    for (n, viewer) in viewers.iter().enumerate() {
        let states = String::from_utf8_lossy(&viewer.states);
        assert_eq!(states, truth, "viewer {n}");
    }
    assert!(
        truth.contains('h') && truth.contains('b') && truth.contains('.'),
        "{truth}"
    );
    sibling.stop().await;
    app.finish().await;
}

/// Holds, releases and books, one after the other, at random.
async fn change_seats(app: &TestApp, sale: &Sale) {
    let mut random = StdRng::seed_from_u64(7);
    let mut held = Vec::new();
    for n in 0..CHANGES {
        let buyer = app.guest();
        let seat = format!("S-{}-{}", ROWS[n % 5], n / 5 + 1);
        let hold = buyer.place(sale, &[&seat]).await.expect(201);
        held.push((buyer, hold));
        let (buyer, hold) = held.swap_remove(random.random_range(0..held.len()));
        match random.random_range(0..3) {
            0 => drop(buyer.release(sale, &hold).await.expect(204)),
            1 => drop(buyer.confirm(sale, &hold).await.expect(201)),
            _ => held.push((buyer, hold)),
        }
    }
}

/// Watches, is disconnected after a random number of messages or a random time, comes back to any
/// instance, and stays once the goal is known.
async fn watch_restlessly(
    instances: [&TestApp; 2],
    sale: &Sale,
    seed: u64,
    (mut goal, resumed): (watch::Receiver<Option<(i64, i64)>>, &AtomicUsize),
) -> Viewer {
    let mut random = StdRng::seed_from_u64(seed);
    let mut known: Option<Viewer> = None;
    let mut has_resumed = false;
    loop {
        let instance = instances[random.random_range(0..2)];
        let mut viewer = connect(instance, sale, known.take()).await;
        let is_over = goal.borrow_and_update().is_some();
        if let Some(goal) = *goal.borrow() {
            viewer.until_position(goal).await;
        } else {
            let patience = Duration::from_millis(random.random_range(300..2_500));
            let n_messages = random.random_range(3..20);
            tokio::time::timeout(patience, stay(&mut viewer, n_messages))
                .await
                .ok();
        }
        if viewer.n_changes > 0 && viewer.n_snapshots == 0 && !has_resumed {
            has_resumed = true;
            resumed.fetch_add(1, Ordering::SeqCst);
        }
        if is_over {
            return viewer;
        }
        known = Some(viewer);
    }
}

async fn stay(viewer: &mut Viewer, n_messages: usize) {
    for _ in 0..n_messages {
        viewer.next().await.expect("a message");
    }
}

async fn connect(instance: &TestApp, sale: &Sale, known: Option<Viewer>) -> Viewer {
    let nobody = instance.stranger();
    match known.filter(|viewer| viewer.n_snapshots > 0 || !viewer.states.is_empty()) {
        None => nobody.watch(sale).await,
        Some(viewer) => {
            let id = viewer.id();
            let back = nobody.watch_with(sale, &[("Last-Event-ID", &id)]).await;
            back.knowing(&viewer)
        }
    }
}
