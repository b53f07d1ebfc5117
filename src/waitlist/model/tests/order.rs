//! Who comes first, who is passed over, what is collected and what let go.

use proptest::prelude::*;

use super::scene::{house, loose_house, states, waiting, wanted};
use crate::waitlist::model::plan::{Plan, SeatNow, SkipReason, Waiting, plan};
use crate::waitlist::model::pool::Pool;
use crate::waitlist::model::terms::Policy;

fn order_of(plan: &Plan) -> Vec<u128> {
    plan.offers
        .iter()
        .map(|offer| offer.entry_id.0.as_u128())
        .collect()
}

#[test]
fn the_first_whom_the_seats_fit_is_offered_them() {
    let house = house(&[8], &[]);
    let queue = [
        waiting(1, wanted(&house, 4, true)),
        waiting(2, wanted(&house, 2, true)),
        waiting(3, wanted(&house, 1, true)),
    ];

    let plan = plan(&house, &states("wbwwbwbb"), &queue, Policy::FirstThatFits);

    assert_eq!(order_of(&plan), [2, 3]);
    assert_eq!(plan.offers[0].seats, [2, 3]);
    assert_eq!(plan.skipped, [(queue[0].entry_id, SkipReason::NotTogether)]);
    assert_eq!(plan.let_go.len(), 1, "{plan:?}");
}

#[test]
fn in_strict_order_nobody_is_served_before_the_first() {
    let house = house(&[8], &[]);
    let queue = [
        waiting(1, wanted(&house, 4, true)),
        waiting(2, wanted(&house, 1, true)),
    ];

    let plan = plan(&house, &states("wbwwbwbb"), &queue, Policy::Strict);

    assert!(
        plan.offers.is_empty() && plan.skipped.is_empty(),
        "{plan:?}"
    );
    assert_eq!(plan.let_go, [0; 0]);
}

#[test]
fn for_whoever_was_passed_over_too_often_seats_are_collected() {
    let house = house(&[4, 4], &[]);
    let mut first = waiting(1, wanted(&house, 4, true));
    let queue = |first: &Waiting| [first.clone(), waiting(2, wanted(&house, 2, true))];
    let board = states("ww.bbbbb");
    assert_eq!(
        order_of(&plan(&house, &board, &queue(&first), Policy::FirstThatFits)),
        [2]
    );

    first.is_aged = true;
    let aged = plan(&house, &board, &queue(&first), Policy::FirstThatFits);

    assert_eq!(order_of(&aged), [0; 0]);
    assert_eq!(aged.collected[0].seats, [0, 1, 2]);
    assert_eq!(aged.keep, [2]);
    assert_eq!(aged.let_go, [0; 0]);
}

#[test]
fn blocked_seats_are_waited_for_by_nobody() {
    let house = house(&[4, 4], &[]);
    let mut first = waiting(1, wanted(&house, 4, true));
    first.is_aged = true;

    let plan = plan(&house, &states("wwxbbbbb"), &[first], Policy::FirstThatFits);

    assert_eq!(plan.collected, []);
    assert_eq!(plan.let_go, [0, 1]);
}

#[test]
fn whoever_cannot_be_helped_does_not_keep_others_from_having_seats_collected() {
    let house = house(&[4, 4], &[]);
    let party = |n| Waiting {
        is_aged: true,
        ..waiting(n, wanted(&house, 4, true))
    };
    let pair = Waiting {
        is_aged: true,
        ..waiting(9, wanted(&house, 2, true))
    };
    // A seat of each row is blocked: nobody can have four, whatever comes free.
    let queue = [party(1), party(2), party(3), pair];

    let plan = plan(&house, &states("wbxbbbxb"), &queue, Policy::FirstThatFits);

    assert_eq!(plan.collected.len(), 1, "{plan:?}");
    assert_eq!(plan.collected[0].seats, [0]);
}

#[test]
fn places_without_fixed_seats_are_collected_wherever_they_come_free() {
    let house = loose_house(&[9]);
    let party = Waiting {
        is_aged: true,
        ..waiting(1, wanted(&house, 4, true))
    };
    let queue = [party, waiting(2, wanted(&house, 1, true))];

    // No four in a row could come free.
    let plan = plan(&house, &states("wbxwbxwbx"), &queue, Policy::FirstThatFits);

    assert!(plan.offers.is_empty(), "{plan:?}");
    assert_eq!(plan.collected[0].seats, [0, 3, 6]);
}

/// Rows, what is on the board, wishes (how many, together, aged), and whether order is strict.
type Scene = (Vec<u32>, Vec<u8>, Vec<(u32, bool, bool)>, bool);

fn scene() -> impl Strategy<Value = Scene> {
    let rows = prop::collection::vec(1_u32..10, 1..5);
    let board = prop::collection::vec(prop::sample::select(&b"wwwbb.hx"[..]), 50);
    let queue = prop::collection::vec((1_u32..7, any::<bool>(), prop::bool::weighted(0.2)), 0..20);
    (rows, board, queue, any::<bool>())
}

proptest! {
    #[test]
    fn a_round_is_fair_and_leaves_nothing_undone(
        (rows, board, wishes, is_strict) in scene()
    ) {
        let house = house(&rows, &[4]);
        let text: Vec<u8> = (0..house.n_seats()).map(|seat| board[seat as usize % 50]).collect();
        let now = states(std::str::from_utf8(&text).unwrap());
        let queue: Vec<Waiting> = (1..)
            .zip(&wishes)
            .map(|(n, (quantity, is_together, is_aged))| Waiting {
                is_aged: *is_aged,
                ..waiting(n, wanted(&house, *quantity, *is_together))
            })
            .collect();
        let policy = if is_strict { Policy::Strict } else { Policy::FirstThatFits };

        let plan = plan(&house, &now, &queue, policy);

        let given: Vec<u32> =
            plan.offers.iter().chain(&plan.collected).flat_map(|one| one.seats.clone()).collect();
        let mut distinct = given.clone();
        distinct.sort_unstable();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), given.len(), "a seat is given twice: {:?}", &plan);
        let is_there = |seat: &u32| matches!(now[*seat as usize], SeatNow::Kept | SeatNow::Free);
        prop_assert!(given.iter().all(is_there));
        for offer in &plan.offers {
            let entry = queue.iter().find(|it| it.entry_id == offer.entry_id).unwrap();
            prop_assert_eq!(offer.seats.len(), entry.wanted.quantity);
            let is_before = |it: &&Waiting| it.entry_id < entry.entry_id;
            let same = queue.iter().filter(is_before).find(|it| {
                it.wanted == entry.wanted && !plan.offers.iter().any(|o| o.entry_id == it.entry_id)
            });
            prop_assert!(same.is_none(), "{same:?} wants the same and was passed over");
        }
        let is_offered = |it: &&Waiting| plan.offers.iter().any(|o| o.entry_id == it.entry_id);
        if is_strict {
            let n_served = queue.iter().take_while(|it| is_offered(it)).count();
            prop_assert_eq!(n_served, plan.offers.len(), "somebody overtook the first");
        }
        let rest = (0..house.n_seats()).filter(|seat| is_there(seat) && !given.contains(seat));
        let mut rest = Pool::new(&house, rest);
        // In strict order, those behind the first have their seats kept.
        let is_kept_for = |it: &&Waiting| {
            let kept = plan.collected.iter().find(|one| one.entry_id == it.entry_id);
            kept.is_some_and(|one| one.seats.len() == it.wanted.quantity)
        };
        let left_out = queue.iter().find(|it| {
            !is_offered(it) && !is_kept_for(it) && rest.find(&it.wanted).is_some()
        });
        prop_assert!(left_out.is_none(), "{left_out:?} fits the seats that are left over");
        let is_left = |seat: &u32| !given.contains(seat) && now[*seat as usize] == SeatNow::Kept;
        let unwanted: Vec<u32> = (0..house.n_seats()).filter(is_left).collect();
        prop_assert_eq!(&plan.let_go, &unwanted);
    }
}
