//! Loading a board, step by step.

use super::board::Board;

#[tokio::test]
async fn a_load_that_ends_again_says_again_that_the_board_is_loaded() {
    let board = Board::connect().await;
    board.arrange(&[]).await;
    let step = async |epoch: &str, step: &str, what: &str| {
        let answer = board.call("load_board", &[epoch, step, what]).await;
        let status = answer.expect("an answer").swap_remove(0);
        status.as_string().expect("a status")
    };

    assert_eq!(step("2", "begin", "..b").await, "loading");
    assert_eq!(step("2", "end", "version=3").await, "loaded");
    assert_eq!(step("2", "end", "version=3").await, "loaded");
    assert_eq!(step("2", "begin", "...").await, "superseded");
    assert_eq!(step("1", "end", "version=2").await, "superseded");

    assert_eq!(step("3", "begin", ".b.").await, "loading");
    assert_eq!(step("2", "end", "version=3").await, "superseded");
    assert_eq!(step("3", "end", "version=3").await, "loaded");
    assert_eq!(board.seats().await.as_deref(), Some(".b."));
}
