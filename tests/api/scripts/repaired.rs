//! A script changes no seat that its hold has lost to a repair, and repairs count.

use super::board::{Board, words};

/// A call after seats have got other bytes; then the seats, and how many Ana and Ben have, of 3 and
/// 4.
type Case = (
    (&'static str, &'static [&'static str]),
    &'static [(&'static str, &'static str)],
    &'static str,
    [i64; 2],
);

const CASES: [Case; 12] = [
    (
        ("release_hold", &["1000000", "1", "live", "ana"]),
        &[("3", "b")],
        "...bwhccbxh.......ww",
        [2, 4],
    ),
    (
        (
            "change_hold",
            &["1000000", "1", "3", "live", "ana", "10", "11:50", "3"],
        ),
        &[("3", "b")],
        "...bhhccbxhh......ww",
        [4, 4],
    ),
    (
        ("expire_holds", &["1000000", "1", "200", "5000", "900000"]),
        &[("5", "b")],
        "...hhbccbxw.......ww",
        [3, 3],
    ),
    (
        (
            "expire_confirming",
            &["1000000", "1", "confirming", "900000", "86400000"],
        ),
        &[("6", "b")],
        "...hhhbwbxh.......ww",
        [3, 3],
    ),
    (
        (
            "finish_confirm",
            &["1000000", "1", "confirming", "900000", "86400000", "6,7"],
        ),
        &[("6", "x")],
        "...hhhxwbxh.......ww",
        [3, 3],
    ),
    (
        (
            "expire_confirming",
            &["1000000", "1", "live", "900000", "86400000"],
        ),
        &[("4", "c")],
        "...wchccbxh.......ww",
        [2, 4],
    ),
    (
        (
            "begin_confirm",
            &["1000000", "1", "30000", "200", "live", "ana", "0badcafe"],
        ),
        &[("3", "b")],
        "...bchccbxh.......ww",
        [3, 4],
    ),
    (
        (
            "abort_confirm",
            &["1000000", "1", "confirming", "aaaaaaaa", "6:cy"],
        ),
        &[("6", "b")],
        "...hhhbhbxh.......ww",
        [3, 4],
    ),
    (
        (
            "abort_confirm",
            &["1000000", "1", "confirming", "aaaaaaaa", ""],
        ),
        &[("7", "b")],
        "...hhhhbbxh.......ww",
        [3, 4],
    ),
    (
        (
            "abort_confirm",
            &["1000000", "1", "confirming", "aaaaaaaa", "6:ana,7:cy"],
        ),
        &[],
        "...hhhbbbxh.......ww",
        [4, 2],
    ),
    (
        (
            "repair_board",
            &["1000000", "1", "8:b:.:ben:,11:.:b::ana,5:h:b:ana:ben"],
        ),
        &[],
        "...hhbccwxhb......ww",
        [3, 4],
    ),
    (
        (
            "repair_board",
            &["1000000", "1", "8:b:.:ben:,11:.:b::ana,3:h:b:ana:ana"],
        ),
        &[("8", "x"), ("11", "h")],
        "...bhhccxxhh......ww",
        [3, 4],
    ),
];

#[tokio::test]
async fn scripts_leave_a_seat_that_their_hold_has_no_more() {
    let board = Board::connect().await;

    for ((script, args), lost, seats, counts) in CASES {
        let lost = lost.iter();
        let damage = lost.map(|(index, byte)| words(&["SETRANGE", "seats", index, byte]));
        board.arrange(&damage.collect::<Vec<_>>()).await;

        let answer = board.call(script, args).await.expect("an answer");

        let found = (board.seats().await, board.counts().await);
        let expected = (Some(seats.to_owned()), counts.to_vec());
        assert_eq!(found, expected, "{script} {args:?}: {answer:?}");
    }
}

/// A seat passes from its hold to who has booked it, and stays there when the hold ends.
#[tokio::test]
async fn a_released_hold_frees_no_seat_that_was_repaired() {
    let board = Board::connect().await;
    board.arrange(&[]).await;

    let repair = ["1000000", "1", "3:h:b:ana:ben"];
    board.call("repair_board", &repair).await.expect("repaired");
    let again = board.call("repair_board", &repair).await.expect("nothing");
    let release = ["1000000", "1", "live", "ana"];
    board
        .call("release_hold", &release)
        .await
        .expect("released");

    assert_eq!(again[4].as_i64(), Some(0));
    let seats = board.seats().await;
    assert_eq!(seats.as_deref(), Some("...bwhccbxh.......ww"));
    assert_eq!(board.counts().await, [1, 5]);
}
