//! Seats next to each other: neighbours, no single left over, near the stage.

use proptest::prelude::*;

use super::scene::{house, wanted};
use crate::waitlist::model::house::House;
use crate::waitlist::model::pool::Pool;

/// Every set of neighbours, found by looking at all of them: first seat, whether a single seat
/// would be left over, and the distance.
fn windows(house: &House, free: &[bool], quantity: u32) -> Vec<(u32, bool, f64)> {
    let mut all = Vec::new();
    for block in &house.blocks {
        let is_free = |seat: u32| block.seats.contains(&seat) && free[seat as usize];
        for first in block.seats.clone() {
            let last = first + quantity - 1;
            if !(first..=last).all(is_free) {
                continue;
            }
            let is_single_before = first.checked_sub(1).is_some_and(is_free)
                && !first.checked_sub(2).is_some_and(is_free);
            let is_single_after = is_free(last + 1) && !is_free(last + 2);
            let distance = (first..=last).map(|seat| house.distance(seat)).sum();
            all.push((first, is_single_before || is_single_after, distance));
        }
    }
    all
}

proptest! {
    #[test]
    fn the_best_neighbours_are_found_if_there_are_any(
        rows in prop::collection::vec(1_u32..12, 1..5),
        aisles in prop::collection::vec(0_u32..12, 0..3),
        seed in prop::collection::vec(any::<bool>(), 60),
        quantity in 2_u32..7,
    ) {
        let house = house(&rows, &aisles);
        let free: Vec<bool> = (0..house.n_seats()).map(|seat| seed[seat as usize % 60]).collect();
        let seats = (0..house.n_seats()).filter(|seat| free[*seat as usize]);
        let mut pool = Pool::new(&house, seats);

        let found = pool.find(&wanted(&house, quantity, true));

        let all = windows(&house, &free, quantity);
        let Some(found) = found else {
            prop_assert!(all.is_empty(), "{all:?} was not found");
            return Ok(());
        };
        let expected: Vec<u32> = (found[0]..found[0] + quantity).collect();
        prop_assert_eq!(&found, &expected);
        let chosen = all.iter().find(|(first, ..)| *first == found[0]);
        let (_, leaves_single, distance) = chosen.expect("neighbours that are free");
        let can_leave_none = all.iter().any(|(_, leaves_single, _)| !leaves_single);
        prop_assert!(!leaves_single || !can_leave_none, "a single seat is left over: {all:?}");
        let equals = all.iter().filter(|(_, other, _)| other == leaves_single);
        let nearest = equals.map(|(.., distance)| *distance).fold(f64::INFINITY, f64::min);
        prop_assert!(*distance <= nearest + 1e-9);
    }

    #[test]
    fn whoever_can_sit_apart_is_served_while_there_are_seats(
        rows in prop::collection::vec(1_u32..10, 1..4),
        seed in prop::collection::vec(any::<bool>(), 40),
        quantity in 1_u32..7,
    ) {
        let house = house(&rows, &[]);
        let seats: Vec<u32> =
            (0..house.n_seats()).filter(|seat| seed[*seat as usize % 40]).collect();
        let mut pool = Pool::new(&house, seats.iter().copied());

        let found = pool.find(&wanted(&house, quantity, false));

        prop_assert_eq!(found.is_some(), seats.len() >= quantity as usize);
        let found = found.unwrap_or_default();
        prop_assert!(found.iter().all(|seat| seats.contains(seat)));
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
    }
}

#[test]
fn an_aisle_parts_neighbours_and_a_gap_in_the_numbers_does_not() {
    // The seats are numbered 1, 3, 5, …
    let house = house(&[6], &[2]);
    let find = |seats: &[u32], quantity| {
        Pool::new(&house, seats.iter().copied()).find(&wanted(&house, quantity, true))
    };

    assert_eq!(find(&[2, 3], 2), None);
    assert_eq!(find(&[1, 2], 2), Some(vec![1, 2]));
    assert_eq!(find(&[0, 1, 2, 3, 4], 3), Some(vec![0, 1, 2]));
}

#[test]
fn whoever_can_sit_apart_takes_single_seats_rather_than_leave_one() {
    let house = house(&[9], &[]);
    let mut pool = Pool::new(&house, [0, 2, 4, 5, 6]);

    assert_eq!(pool.find(&wanted(&house, 2, false)), Some(vec![0, 2]));
    assert_eq!(pool.find(&wanted(&house, 2, true)), Some(vec![4, 5]));
}
