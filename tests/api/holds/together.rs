//! Holds that are asked for together are placed by one call of the board, each with an answer of
//! its own.

use std::time::Duration;

use futures::future::join_all;
use holdfast::board::{self, BoardError, HeldSeat, NewHold, Placed};
use holdfast::events;
use holdfast::id::{CallerId, HoldId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::failures::until;
use crate::support::{Fault, Proxy, Sale, TestApp, noon, redis_url};

fn new(hold: u128, holder: u128, seats: &[u32]) -> NewHold {
    NewHold {
        hold_id: HoldId(Uuid::from_u128(hold)),
        holder: CallerId(Uuid::from_u128(holder)),
        ttl: Duration::from_secs(60),
        memory: Duration::from_secs(30),
        asked: format!("{seats:?}"),
        seats: seats
            .iter()
            .map(|index| HeldSeat {
                index: *index,
                amount: 100,
            })
            .collect(),
    }
}

async fn place_all(app: &TestApp, sale: &Sale, all: &[NewHold]) -> Vec<Result<Placed, BoardError>> {
    let sale = events::sale(&app.ctx, sale.id()).await.expect("a sale");
    join_all(
        all.iter()
            .map(|new| board::place_hold(&app.ctx, &sale, new)),
    )
    .await
}

async fn board_of(app: &TestApp, sale: &Sale) -> (i64, String) {
    let board = board::read_board(&app.ctx, sale.id())
        .await
        .expect("a board");
    let seats = String::from_utf8(board.seats).expect("letters");
    (board.position.revision, seats)
}

fn brief(placed: &Result<Placed, BoardError>) -> String {
    match placed {
        Ok(Placed::Placed(hold)) => format!("placed {}", hold.seats.len()),
        Ok(Placed::Repeated(hold)) => format!("repeated {}", hold.seats.len()),
        Ok(Placed::Conflicts(conflicts)) => {
            let indexes: Vec<_> = conflicts.iter().map(|conflict| conflict.index).collect();
            format!("conflicts {indexes:?}")
        }
        other => format!("{other:?}"),
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn holds_asked_for_together_are_one_change_with_an_answer_for_each(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app
        .on_sale_with(1, 6, serde_json::json!({"seats_per_person_max": 3}))
        .await;
    let (before, _) = board_of(&app, &sale).await;

    let placed = place_all(
        &app,
        &sale,
        &[
            new(1, 7, &[0, 1]),
            new(2, 8, &[1, 2]),
            new(3, 8, &[2]),
            new(1, 7, &[0, 1]),
            new(1, 7, &[0]),
            new(4, 7, &[3, 4]),
            new(5, 7, &[5]),
        ],
    )
    .await;

    let said: Vec<_> = placed.iter().map(brief).collect();
    let expected = [
        "placed 2",
        "conflicts [1]",
        "placed 1",
        "repeated 2",
        "Ok(OtherRequest)",
        "Ok(LimitReached { limit: 3, held: 2 })",
        "placed 1",
    ];
    assert_eq!(said, expected);
    assert_eq!(
        board_of(&app, &sale).await,
        (before + 1, "hhh..h".to_owned())
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn more_holds_than_one_call_places_are_all_placed(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(7, 10).await;
    let (before, _) = board_of(&app, &sale).await;

    let all: Vec<_> = (0..70)
        .map(|nth| new(nth.into(), nth.into(), &[nth]))
        .collect();
    let placed = place_all(&app, &sale, &all).await;

    assert!(
        placed.iter().all(|placed| brief(placed) == "placed 1"),
        "{placed:?}"
    );
    let after = (before + 3, "h".repeat(70));
    assert_eq!(board_of(&app, &sale).await, after, "32, 32 and 6");
    app.finish().await;
}

/// F1: whoever has gone before its turn holds nothing that nobody would release.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn nothing_is_held_for_who_went_away_while_they_waited(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 3).await;
    let known = events::sale(&app.ctx, sale.id()).await.expect("a sale");
    let all = [new(1, 1, &[0]), new(2, 2, &[1]), new(3, 3, &[2])];
    let mut waiting: Vec<_> = all
        .iter()
        .map(|new| Box::pin(board::place_hold(&app.ctx, &known, new)))
        .collect();
    for place in &mut waiting {
        assert!(futures::poll!(place).is_pending());
    }

    drop(waiting.remove(1));

    for placed in join_all(waiting).await {
        assert_eq!(brief(&placed), "placed 1");
    }
    assert_eq!(board_of(&app, &sale).await.1, "h.h");
    app.finish().await;
}

/// A call that is not answered takes a second or two; the connection is given up before the next.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_redis_that_does_not_answer_keeps_a_long_line_waiting_no_longer_than_one_call(
    db: PgPool,
) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(10, 20).await;
    board_of(&app, &sale).await;

    proxy.set(Fault::SwallowAnswers);
    let began = std::time::Instant::now();
    let all: Vec<_> = (0..200)
        .map(|nth| new(nth.into(), nth.into(), &[nth]))
        .collect();
    let placed = place_all(&app, &sale, &all).await;
    let taken = began.elapsed();
    proxy.set(Fault::None);

    assert!(placed.iter().all(Result::is_err));
    assert!(taken < Duration::from_secs(4), "{taken:?}");
    until("Redis is back", async || {
        board::read_board(&app.ctx, sale.id()).await.is_ok()
    })
    .await;
    let again = place_all(&app, &sale, &all).await;
    assert!(again.iter().all(Result::is_ok), "{again:?}");
    app.finish().await;
}
