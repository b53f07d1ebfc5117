//! Many callers, few seats: whatever the order, every seat has one holder and every hold one end.

use chrono::TimeDelta;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Answer, Caller, Sale, TestApp};

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

async fn n_rows(app: &TestApp, table: &'static str) -> i64 {
    let query = match table {
        "bookings" => "SELECT count(*) FROM bookings",
        "outbox" => "SELECT count(*) FROM outbox WHERE kind LIKE 'booking.%'",
        "seat_bookings" => "SELECT count(*) FROM seat_bookings",
        "hold_outcomes" => "SELECT count(*) FROM hold_outcomes",
        "refunds" => "SELECT count(*) FROM refunds",
        _ => panic!("a table that nobody counts"),
    };
    sqlx::query_scalar(query)
        .fetch_one(&app.ctx.db)
        .await
        .expect(table)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn of_200_callers_for_one_seat_one_wins(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 5).await;

    for seat in [["S-A-1"], ["S-A-2"], ["S-A-3"], ["S-A-4"], ["S-A-5"]] {
        let callers: Vec<_> = (0..200).map(|_| app.guest()).collect();
        let answers = join_all(callers.iter().map(|caller| caller.place(&sale, &seat))).await;

        assert_eq!(count(&answers, 201), 1, "{seat:?}");
        assert_eq!(count(&answers, 409), 199, "{seat:?}");
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn overlapping_sets_of_seats_are_held_whole_or_not_at_all(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 12).await;
    let sets: Vec<Vec<String>> = (0..60)
        .map(|n| {
            (0..4)
                .map(|k| format!("S-A-{}", (n * 5 + k * (1 + n % 3)) % 12 + 1))
                .collect()
        })
        .collect();

    for _ in 0..10 {
        let callers: Vec<_> = sets.iter().map(|_| app.guest()).collect();
        let answers = join_all(callers.iter().zip(&sets).map(|(caller, set)| async {
            let seats: Vec<_> = set.iter().map(String::as_str).collect();
            caller.place(&sale, &seats).await
        }))
        .await;
        let held: usize = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .map(|answer| answer["seats"].as_array().expect("seats").len())
            .sum();

        assert_eq!(sale.states().await.matches('h').count(), held);
        for (caller, answer) in callers.iter().zip(&answers) {
            if answer.status == 201 {
                caller.release(&sale, answer).await.expect(204);
            }
        }
        assert_eq!(sale.states().await, "............");
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f10_a_hundred_confirms_of_one_hold_make_one_booking(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let sibling = app.start_sibling().await;
    let ana = app.guest();

    for (round, seat) in ["S-A-1", "S-A-2", "S-A-3", "S-A-4"].iter().enumerate() {
        let hold = ana.place(&sale, &[seat]).await.expect(201);
        let at_sibling = ana.at(&sibling);
        let confirms = (0..100).map(|n| {
            let caller = if n % 2 == 0 { &ana } else { &at_sibling };
            caller.confirm(&sale, &hold)
        });
        let answers = join_all(confirms).await;

        assert_eq!(
            count(&answers, 201),
            1,
            "{:?}",
            answers.iter().find(|a| a.status > 201)
        );
        assert_eq!(
            count(&answers, 200),
            99,
            "{:?}",
            answers.iter().find(|a| a.status > 201)
        );
        assert!(
            answers
                .iter()
                .all(|answer| answer["booking_id"] == answers[0]["booking_id"])
        );
        let n_bookings = i64::try_from(round).expect("small") + 1;
        assert_eq!(n_rows(&app, "bookings").await, n_bookings);
        assert_eq!(n_rows(&app, "outbox").await, n_bookings);
    }

    sibling.stop().await;
    app.finish().await;
}

/// A confirm with a key, repeated as its answer says until it is answered.
async fn confirm_keyed(caller: &Caller, sale: &Sale, hold: &Answer, key: &str) -> Answer {
    let path = sale.path(&format!("/holds/{}/confirm", hold.text_of("hold_id")));
    let body = json!({"contact": {"name": "Ana", "email": "ana@example.org"}});
    for _ in 0..100 {
        let request = caller.request(Method::POST, &path).json(&body);
        let answer = caller.send(request.header("Idempotency-Key", key)).await;
        if answer.status != 409 {
            return answer;
        }
        let refused = answer.expect_problem(409, "request_in_progress");
        let seconds: f64 = refused.header("retry-after").parse().expect("Retry-After");
        assert!((1.0..=60.0).contains(&seconds), "{seconds}");
        // A tenth of what is asked for, so that the race stays one.
        tokio::time::sleep(std::time::Duration::from_secs_f64(seconds / 10.0)).await;
    }
    panic!("{key} is never answered");
}

/// Confirms one hold 100 times at two instances at once, each with its key or none, and asserts
/// that there is one booking, made by one answer, and that every answer is that booking.
async fn assert_one_booking(db: PgPool, key_of: fn(usize) -> Option<String>) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let sibling = app.start_sibling().await;
    let ana = app.guest();
    let at_sibling = ana.at(&sibling);

    for (round, seat) in (1..).zip(["S-A-1", "S-A-2", "S-A-3", "S-A-4"]) {
        let hold = ana.place(&sale, &[seat]).await.expect(201);
        let (sale, hold) = (&sale, &hold);
        let confirms = (0..100).map(|n| {
            let caller = [&ana, &at_sibling][n / 2 % 2];
            async move {
                match key_of(n) {
                    Some(key) => confirm_keyed(caller, sale, hold, &format!("{seat}/{key}")).await,
                    None => caller.confirm(sale, hold).await,
                }
            }
        });
        let answers = join_all(confirms).await;

        let booking = &answers[0].body;
        for answer in &answers {
            assert!([200, 201].contains(&answer.status), "{}", answer.text);
            assert_eq!(&answer.body, booking);
        }
        let is_first = |answer: &&Answer| answer.header("idempotency-replayed") != "true";
        let first_answers = answers.iter().filter(is_first);
        let n_made = first_answers.filter(|answer| answer.status == 201).count();
        assert_eq!(n_made, 1);
        for table in ["bookings", "outbox", "seat_bookings", "hold_outcomes"] {
            assert_eq!(n_rows(&app, table).await, round, "{table}");
        }
    }

    sibling.stop().await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f10_a_hundred_confirms_with_one_key_make_one_booking(db: PgPool) {
    assert_one_booking(db, |_| Some("one".to_owned())).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f10_a_hundred_confirms_with_a_key_each_make_one_booking(db: PgPool) {
    assert_one_booking(db, |n| Some(n.to_string())).await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f10_a_hundred_confirms_with_keys_and_without_make_one_booking(db: PgPool) {
    assert_one_booking(db, |n| match n % 4 {
        0 => None,
        1 => Some(n.to_string()),
        _ => Some("one".to_owned()),
    })
    .await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_confirm_and_the_deadline_have_one_winner(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(4, 10).await;
    let (mut n_confirmed, mut n_expired) = (0, 0);

    for n in 0..40 {
        let seat = format!("S-{}-{}", ["A", "B", "C", "D"][n / 10], n % 10 + 1);
        let (ana, ben) = (app.guest(), app.guest());
        let hold = ana.place(&sale, &[&seat]).await.expect(201);
        app.ctx.clock.advance(TimeDelta::milliseconds(599_999));
        let expire = async {
            app.ctx.clock.advance(TimeDelta::milliseconds(1));
            app.run_jobs().await;
            ben.place(&sale, &[&seat]).await
        };
        let (confirmed, taken) = tokio::join!(ana.confirm(&sale, &hold), expire);

        match (confirmed.status, taken.status) {
            (201, 409) => n_confirmed += 1,
            (410, 201) => n_expired += 1,
            both => panic!("{both:?}: {} {}", confirmed.text, taken.text),
        }
    }
    assert_eq!(n_confirmed + n_expired, 40);

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f15_a_release_and_a_confirm_have_one_winner(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(4, 10).await;

    for n in 0..40 {
        let seat = format!("S-{}-{}", ["A", "B", "C", "D"][n / 10], n % 10 + 1);
        let ana = app.guest();
        let hold = ana.place(&sale, &[&seat]).await.expect(201);
        let (confirmed, released) = if n % 2 == 0 {
            tokio::join!(ana.confirm(&sale, &hold), ana.release(&sale, &hold))
        } else {
            let (released, confirmed) =
                tokio::join!(ana.release(&sale, &hold), ana.confirm(&sale, &hold));
            (confirmed, released)
        };

        let index = n;
        let state = sale.states().await.chars().nth(index).expect("a seat");
        match (confirmed.status, released.status) {
            (201, 409) => assert_eq!(state, 'b'),
            (409, 204) => {
                assert_eq!(confirmed["code"], "hold_released");
                assert_eq!(state, '.');
            }
            both => panic!("{both:?}: {} {}", confirmed.text, released.text),
        }
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f16_cancels_that_race_with_a_resale_never_touch_the_new_booking(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 1).await;
    let mut old: Vec<(Caller, Answer)> = Vec::new();

    for _ in 0..12 {
        let ana = app.guest();
        let booking = ana.book(&sale, &["S-A-1"]).await;
        let late_cancels = join_all(old.iter().map(|(caller, booking)| caller.cancel(booking)));
        let (answers, states) = tokio::join!(late_cancels, sale.states());
        assert_eq!(count(&answers, 200), old.len());
        assert_eq!(states, "b");
        assert_eq!(sale.states().await, "b");

        let cancels = join_all((0..8).map(|_| ana.cancel(&booking))).await;
        assert_eq!(count(&cancels, 200), 8);
        assert!(
            cancels
                .iter()
                .all(|answer| answer["refund"]["amount"] == "49.50")
        );
        old.push((ana, booking));
    }
    assert_eq!(n_rows(&app, "refunds").await, 12);

    app.finish().await;
}

/// Ten buyers on two instances go for the same few seats until all are booked.
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn two_instances_sell_one_house_out_without_selling_a_seat_twice(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(2, 20).await;
    let sibling = app.start_sibling().await;

    let buyers = (0..10).map(|n| {
        let caller = app.guest();
        let caller = if n % 2 == 0 {
            caller
        } else {
            caller.at(&sibling)
        };
        buy_until_sold_out(caller, sale.clone(), n)
    });
    let n_bought: usize = join_all(buyers).await.into_iter().sum();

    assert_eq!(n_bought, 40);
    assert_eq!(sale.states().await, "b".repeat(40));
    sibling.stop().await;
    app.finish().await;
}

async fn buy_until_sold_out(caller: Caller, sale: Sale, start: usize) -> usize {
    let mut n_bought = 0;
    for n in 0..40 {
        let index = (start * 4 + n) % 40;
        let seat = format!("S-{}-{}", ["A", "B"][index / 20], index % 20 + 1);
        let hold = caller.place(&sale, &[&seat]).await;
        match hold.status {
            201 => {
                caller.confirm(&sale, &hold).await.expect(201);
                n_bought += 1;
            }
            409 => assert!(
                ["seats_unavailable", "hold_limit_reached"]
                    .contains(&hold["code"].as_str().unwrap_or_default())
            ),
            other => panic!("{other}: {}", hold.text),
        }
    }
    n_bought
}

/// Batches in which some members' seats are booked already end as if each had been alone (F17), and
/// sets of seats in any order never deadlock (F18).
#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f17_f18_a_conflict_in_a_batch_costs_only_its_own_member(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(8, 8).await;

    for round in 0..4 {
        let row = ["A", "B", "C", "D", "E", "F", "G", "H"];
        let callers: Vec<_> = (0..8).map(|_| app.guest()).collect();
        let mut holds = Vec::new();
        for (n, caller) in callers.iter().enumerate() {
            let (first, second) = (2 * round + 1, 2 * round + 2);
            let seats = [
                format!("S-{}-{second}", row[n]),
                format!("S-{}-{first}", row[n]),
            ];
            let seats: Vec<_> = seats.iter().map(String::as_str).collect();
            holds.push(caller.place(&sale, &seats).await.expect(201));
        }
        for n in 0..=round {
            let index = u32::try_from(n * 8 + 2 * round).expect("small");
            app.insert_rival_booking(&sale, index).await;
        }
        let confirms = callers
            .iter()
            .zip(&holds)
            .map(|(caller, hold)| caller.confirm(&sale, hold));
        let answers = join_all(confirms).await;

        for (n, answer) in answers.iter().enumerate() {
            let expected = if n <= round { 409 } else { 201 };
            assert_eq!(
                answer.status, expected,
                "round {round}, member {n}: {}",
                answer.text
            );
        }
        assert_eq!(count(&answers, 409), round + 1);
    }

    app.reconcile().await;
    app.finish().await;
}
