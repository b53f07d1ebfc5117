//! Confirms that come together begin with one call to the board, and each has an answer of its own.

use futures::future::join_all;
use holdfast::board::{self, Begun};
use sqlx::PgPool;

use crate::failures::until;
use crate::support::{Answer, Caller, Fault, Proxy, Sale, TestApp, noon, redis_url};

async fn begin(
    app: &TestApp,
    sale: &Sale,
    (holder, hold): (&Caller, &Answer),
    attempt: &str,
) -> Result<Begun, board::BoardError> {
    let hold_id = hold.text_of("hold_id").parse().expect("a hold id");
    let whose = (hold_id, holder.caller_id.expect("a guest"));
    board::begin_confirm(&app.ctx, sale.id(), whose, attempt).await
}

async fn revision(app: &TestApp, sale: &Sale) -> i64 {
    let board = board::read_board(&app.ctx, sale.id()).await;
    board.expect("a board").position.revision
}

/// As the board has them: buyers are not told of confirming.
async fn seats(app: &TestApp, sale: &Sale) -> String {
    let board = board::read_board(&app.ctx, sale.id()).await;
    String::from_utf8(board.expect("a board").seats.to_vec()).expect("letters")
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn confirms_that_come_together_are_one_change_with_an_answer_for_each(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 6).await;
    let (ana, ben, eve) = (app.guest(), app.guest(), app.guest());
    let live = ana.place(&sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let other = ben.place(&sale, &["S-A-4"]).await.expect(201);
    let released = ben.place(&sale, &["S-A-6"]).await.expect(201);
    ben.release(&sale, &released).await.expect(204);
    let before = revision(&app, &sale).await;

    let (first, second, bens, eves, ended) = tokio::join!(
        begin(&app, &sale, (&ana, &live), "aaaaaaaa"),
        begin(&app, &sale, (&ana, &live), "bbbbbbbb"),
        begin(&app, &sale, (&ben, &other), "cccccccc"),
        begin(&app, &sale, (&eve, &live), "dddddddd"),
        begin(&app, &sale, (&ben, &released), "eeeeeeee"),
    );

    assert_eq!(revision(&app, &sale).await, before + 1);
    for (begun, hold) in [(first, &live), (second, &live), (bens, &other)] {
        let Ok(Begun::Confirming { hold: begun, epoch }) = begun else {
            panic!("the hold is live");
        };
        assert_eq!(begun.hold_id.to_string(), hold.text_of("hold_id"));
        assert_eq!(epoch, 1);
    }
    assert!(matches!(eves, Ok(Begun::UnknownHold)));
    assert!(matches!(ended, Ok(Begun::Ended(_))));
    assert_eq!(seats(&app, &sale).await, "cc.c..");
    // Each of the two attempts is one that may still commit.
    let id = live.text_of("hold_id").parse().expect("a hold id");
    for (attempt, after) in [("bbbbbbbb", "cc.c.."), ("aaaaaaaa", "hh.c..")] {
        let aborted = board::abort_confirm(&app.ctx, sale.id(), (id, 1), attempt, &[]).await;
        aborted.expect("aborted");
        assert_eq!(seats(&app, &sale).await, after);
    }
    ben.confirm(&sale, &other).await.expect(201);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn more_confirms_than_one_call_begins_are_all_begun(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(7, 10).await;
    let guests: Vec<_> = (0..70).map(|_| app.guest()).collect();
    let mut holds = Vec::new();
    for (nth, guest) in guests.iter().enumerate() {
        let row = ["A", "B", "C", "D", "E", "F", "G"][nth / 10];
        let seat = format!("S-{row}-{}", nth % 10 + 1);
        holds.push(guest.place(&sale, &[&seat]).await.expect(201));
    }
    let before = revision(&app, &sale).await;

    let pairs = guests.iter().zip(&holds);
    let begun = join_all(pairs.map(|pair| begin(&app, &sale, pair, "aaaaaaaa"))).await;

    assert_eq!(revision(&app, &sale).await, before + 3, "32, 32 and 6");
    for (begun, hold) in begun.iter().zip(&holds) {
        let Ok(Begun::Confirming { hold: begun, .. }) = begun else {
            panic!("the hold is live");
        };
        assert_eq!(begun.hold_id.to_string(), hold.text_of("hold_id"));
    }
    let bookings = guests.iter().zip(&holds);
    for booking in join_all(bookings.map(|(guest, hold)| guest.confirm(&sale, hold))).await {
        booking.expect(201);
    }
    assert_eq!(sale.states().await, "b".repeat(70));
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_call_that_fails_fails_for_all_who_wait_for_it_and_for_nobody_after(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 2).await;
    let (ana, ben) = (app.guest(), app.guest());
    let anas = ana.place(&sale, &["S-A-1"]).await.expect(201);
    let bens = ben.place(&sale, &["S-A-2"]).await.expect(201);

    proxy.set(Fault::SwallowAnswers);
    let (first, second) = tokio::join!(ana.confirm(&sale, &anas), ben.confirm(&sale, &bens));
    proxy.set(Fault::None);

    first.expect_problem(503, "unavailable");
    second.expect_problem(503, "unavailable");
    until("Redis is back", async || {
        board::read_board(&app.ctx, sale.id()).await.is_ok()
    })
    .await;
    ana.confirm(&sale, &anas).await.expect(201);
    ben.confirm(&sale, &bens).await.expect(201);
    app.finish().await;
}
