//! F25: a script that fails has changed nothing, whatever it finds in its keys.

use fred::types::Value;
use serde_json::json;
use sqlx::PgPool;

use super::board::{Board, CALLS, HOLDERS, HOLDS, NOUNS, SEATS, words};
use crate::support::TestApp;

type Damage = Vec<Vec<String>>;

const GARBLED_RECORDS: [&str; 12] = [
    "",
    "held",
    "|||||||||",
    "held|ana|1060000|900000|0|30000",
    "held|ana|x|900000|0|30000|||3:50",
    "held|ana|99999999999999999999|900000|0|30000|||3:50",
    "held|ana|1060000|900000|0|30000|||",
    "held|ana|1060000|900000|0|30000|||x:y,3",
    "held|ana|1060000|900000|0|30000|||3:50,99999999999:50",
    "held|ana|999999|900000|0|30000|||3:50,99999999999:50",
    "confirming|ben|1060000|900000|990000|30000||%a[|6:50,99999999999:50",
    "confirming|ben|1|900000|99999999999999|30000||aaaaaaaa |600:50",
];
const GARBLED_NUMBERS: [&str; 8] = [
    "",
    "x",
    "1.5",
    "-7",
    "1e400",
    "nan",
    " 1",
    "9223372036854775807",
];

/// Every way in which a key of the board is broken here, with a name.
fn damages() -> Vec<(String, Damage)> {
    let mut all = vec![("nothing".to_owned(), Damage::new())];
    for noun in NOUNS {
        let gone = words(&["DEL", noun]);
        let as_list = words(&["RPUSH", noun, "x"]);
        let other = if noun == "seats" {
            words(&["HSET", noun, "x", "y"])
        } else {
            words(&["SET", noun, "x"])
        };
        all.push((format!("{noun} missing"), vec![gone.clone()]));
        all.push((format!("{noun} a list"), vec![gone.clone(), as_list]));
        all.push((format!("{noun} of another type"), vec![gone, other]));
    }
    for seats in ["", ".", "...hh", "...hhhc"] {
        all.push((
            format!("seats {seats:?}"),
            vec![words(&["SET", "seats", seats])],
        ));
    }
    for id in HOLDS {
        for record in GARBLED_RECORDS {
            let damage = vec![words(&["HSET", "holds", id, record])];
            all.push((format!("hold {id} {record:?}"), damage));
        }
    }
    for number in GARBLED_NUMBERS {
        for holder in HOLDERS {
            let damage = vec![words(&["HSET", "holders", holder, number])];
            all.push((format!("{holder} has {number:?}"), damage));
        }
    }
    let fields = [
        "epoch",
        "revision",
        "version",
        "sales",
        "opens_at",
        "closes_at",
    ];
    for field in fields
        .into_iter()
        .chain(["seats_per_person_max", "waiting", "told"])
    {
        let gone = vec![words(&["HDEL", "meta", field])];
        all.push((format!("meta without {field}"), gone));
        for number in GARBLED_NUMBERS {
            let damage = vec![words(&["HSET", "meta", field, number])];
            all.push((format!("meta {field} {number:?}"), damage));
        }
    }
    all
}

#[tokio::test]
async fn a_script_that_fails_has_changed_nothing() {
    let board = Board::connect().await;
    let (mut faults, mut n_failed) = (Vec::new(), 0);

    for (name, damage) in damages() {
        for (script, args) in CALLS {
            board.arrange(&damage).await;
            let before = board.dump().await;
            let answer = board.call(script, args).await;
            match answer {
                Ok(answer) if answer.len() >= 4 && answer[0].is_string() => {}
                Ok(answer) => faults.push(format!("{script} {args:?}, {name}: {answer:?}")),
                Err(error) => {
                    n_failed += 1;
                    if board.dump().await != before {
                        faults.push(format!("{script} {args:?}, {name}: wrote, then {error}"));
                    }
                }
            }
        }
    }

    assert!(
        n_failed > 100,
        "only {n_failed} calls failed: the keys are not broken enough"
    );
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[tokio::test]
async fn no_script_writes_beyond_the_last_seat() {
    let board = Board::connect().await;

    for (name, damage) in damages() {
        for (script, args) in CALLS {
            board.arrange(&damage).await;
            let before = board.seats().await.map(|seats| seats.len());
            let answer = board.call(script, args).await;
            let after = board.seats().await.map(|seats| seats.len());
            assert_eq!(after, before, "{script} {args:?}, {name}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_script_acts_on_a_board_that_is_whole() {
    let board = Board::connect().await;
    let expected = [
        "placed",
        "lapsed",
        "repeated",
        "placed lapsed placed",
        "changed",
        "changed",
        "extended",
        "released",
        "begun",
        "begun",
        "finished",
        "finished",
        "finished",
        "aborted",
        "other_attempts",
        "aborted",
        "expired",
        "swept",
        "freed",
        "freed",
        "blocked",
        "repaired",
        "set",
        "placed",
        "refused",
        "let_go",
        "kept",
        "set",
        "told",
        "told",
        "untold",
        "holds",
        "board",
        "hold",
    ];

    for ((script, args), expected) in CALLS.into_iter().zip(expected) {
        board.arrange(&[]).await;
        let answer = board.call(script, args).await.expect("an answer");
        assert_eq!(status_of(&answer), expected, "{script} {args:?}");
    }
    assert_eq!(
        board.seats().await.as_deref(),
        Some(SEATS),
        "reading changes nothing"
    );
}

/// Of a script that does one thing after the other, what became of each.
fn status_of(answer: &[Value]) -> String {
    let text = |value: &Value| value.as_string().unwrap_or_default();
    match text(&answer[0]).as_str() {
        "done" => answer[4..]
            .iter()
            .step_by(2)
            .map(text)
            .collect::<Vec<_>>()
            .join(" "),
        status => status.to_owned(),
    }
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_board_that_lost_its_seats_or_its_position_is_loaded_again(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let (ana, ben) = (app.guest(), app.guest());
    ana.book(&sale, &["S-A-1"]).await;

    let key = |noun: &str| format!("holdfast:{{{}}}:{noun}", sale.event_id);
    let damages = [
        ("redis.call('DEL', KEYS[1])", "seats"),
        ("redis.call('HSET', KEYS[1], 'revision', 'x')", "meta"),
        ("redis.call('HDEL', KEYS[1], 'revision')", "meta"),
        ("redis.call('HSET', KEYS[1], 'epoch', 'x')", "meta"),
    ];
    for (damage, noun) in damages {
        let redis = app.ctx.redis.next();
        use fred::interfaces::LuaInterface;
        let done = redis.eval::<Value, _, _, _>(damage, vec![key(noun)], Vec::<String>::new());
        done.await.expect("damage");

        assert_eq!(sale.states().await, "b...", "{damage}");
        let hold = ben.place(&sale, &["S-A-2"]).await.expect(201);
        let refused = ana.place(&sale, &["S-A-1", "S-A-2"]).await;
        let conflicts = refused.expect_problem(409, "seats_unavailable")["conflicts"].clone();
        let (first, second) = (("S-A-1", "booked"), ("S-A-2", "held"));
        let conflict = |(seat, reason)| json!({"seat": seat, "reason": reason});
        assert_eq!(conflicts, json!([conflict(first), conflict(second)]));
        ben.release(&sale, &hold).await.expect(204);
    }

    app.finish().await;
}

/// Each script that begins or ends a hold says so once, under the next number; refusals and
/// repetitions say nothing. Where nobody is to be told, none writes.
#[tokio::test]
async fn scripts_tell_of_holds_where_somebody_is_told() {
    let board = Board::connect().await;
    let untold = vec![words(&["HDEL", "meta", "told"])];
    let mut told = Vec::new();

    for (script, args) in CALLS {
        if script == "read_told" {
            continue;
        }
        board.arrange(&untold).await;
        board.call(script, args).await.expect("an answer");
        assert_eq!(board.told().await, [""; 0], "{script} {args:?}");
        board.arrange(&[]).await;
        board.call(script, args).await.expect("an answer");
        told.extend(board.told().await);
    }

    assert_eq!(
        told,
        [
            "1-9=placed=new|1000000|1060000|1:50,2:50",
            "1-9=placed=new|1000000|1060000|1:50,2:50",
            "1-10=placed=other|1000000|1060000|11:50",
            "1-9=extended=live|1000000|1600000|3:50,4:50",
            "1-9=released=live|1000000|1060000|3:50,4:50",
            "1-9=released=confirming|1000000|1070000|6:50,7:50",
            "1-9=expired=confirming|1000000|1060000|6:50,7:50",
            "1-9=expired=lapsed|1000000|999999|5:50",
            "1-10=expired=lapsed-too|1000000|1000000|10:50",
            "1-9=placed=new|1000000|1060000|17:50,18:50",
        ]
    );
}
