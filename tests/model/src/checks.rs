//! The explorations: that the protocol keeps its word, and that wrong ones do not.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::board::Bits;
use crate::faults::{ALL, FAIL_COMMIT, FAIL_OVER, LOSE_BOARD, LOSE_LOCK, STALE_REPLICA};
use crate::properties::{ACKNOWLEDGED, FORWARD, NOT_OFFERED, SOLD_ONCE};
use crate::{Mutant, Protocol};

/// Limit: how long one exploration may take.
const TIME_MAX: Duration = Duration::from_secs(3_600);

fn protocol(faults: Bits, attempts_max: [usize; 3]) -> Protocol {
    Protocol {
        mutant: Mutant::None,
        faults,
        faults_max: faults.count_ones(),
        jobs_at: 0b10,
        attempts_max,
    }
}

/// Explores everything, and answers which of the interesting states were met.
fn explore(what: &str, protocol: &Protocol) -> BTreeSet<&'static str> {
    let began = Instant::now();
    let checker = protocol.clone().checker().threads(2).timeout(TIME_MAX);
    let checker = checker.spawn_bfs().join();
    println!(
        "{what}: {} states, {} steps, the longest of {}, in {:.1} s",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        began.elapsed().as_secs_f64(),
    );
    // A checker whose time is over is done, too.
    let is_in_time = began.elapsed() < TIME_MAX;
    assert!(
        checker.is_done() && is_in_time,
        "{what}: not explored to the end"
    );
    let properties = protocol.properties();
    let always = properties
        .iter()
        .filter(|one| one.expectation == Expectation::Always);
    for property in always {
        checker.assert_no_discovery(property.name);
    }
    checker.discoveries().into_keys().collect()
}

/// Every state that makes the others worth looking at is met in one exploration or another.
fn expect_all_reached(reached: &BTreeSet<&'static str>) {
    let properties = protocol(0, [1; 3]).properties();
    let wanted = properties
        .iter()
        .filter(|one| one.expectation == Expectation::Sometimes);
    let missed: Vec<_> = wanted.filter(|one| !reached.contains(one.name)).collect();
    assert!(
        missed.is_empty(),
        "{:?}",
        missed.iter().map(|one| one.name).collect::<Vec<_>>()
    );
}

#[test]
fn the_protocol_keeps_its_word_whatever_goes_wrong_once() {
    let mut reached = explore("nothing goes wrong", &protocol(0, [2, 1, 1]));
    for (name, fault) in ALL {
        let (faults, attempts) = match fault {
            LOSE_BOARD => (fault, [1, 1, 1]),
            // The third buyer stays away: with three these take a minute and more.
            STALE_REPLICA => (fault, [1, 1, 0]),
            FAIL_OVER => (fault, [2, 1, 0]),
            // Without a load there is no lock to lose.
            LOSE_LOCK => (fault | LOSE_BOARD, [1, 1, 0]),
            _ => (fault, [2, 1, 1]),
        };
        reached.extend(explore(name, &protocol(faults, attempts)));
    }
    expect_all_reached(&reached);
}

/// As above, with three buyers who all confirm.
#[test]
#[ignore = "takes minutes"]
fn the_protocol_keeps_its_word_with_three_buyers_in_every_trouble() {
    explore("PostgreSQL fails over", &protocol(FAIL_OVER, [2, 1, 1]));
    explore(
        "a stale replica is promoted",
        &protocol(STALE_REPLICA, [1, 1, 1]),
    );
}

/// Takes long and many gigabytes.
#[test]
#[ignore = "takes an hour"]
fn the_protocol_keeps_its_word_whatever_two_things_go_wrong() {
    for (nth, (one, first)) in ALL.iter().enumerate() {
        for (other, second) in &ALL[nth + 1..] {
            explore(
                &format!("{one}, {other}"),
                &protocol(first | second, [1, 1, 1]),
            );
        }
    }
}

/// Finds a counterexample to that property, with that fault.
#[track_caller]
fn expect_broken(mutant: Mutant, faults: Bits, attempts_max: [usize; 3], property: &'static str) {
    let wrong = Protocol {
        mutant,
        ..protocol(faults, attempts_max)
    };
    let found = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    let checker = wrong.checker().timeout(TIME_MAX).finish_when(found);
    let checker = checker.spawn_bfs().join();
    let path = checker.discovery(property);
    let path = path.unwrap_or_else(|| panic!("{mutant:?} breaks nothing"));
    println!(
        "{mutant:?} breaks \"{property}\": {:?}",
        path.into_actions()
    );
}

#[test]
fn without_the_unique_constraint_a_seat_is_booked_twice() {
    let mutant = Mutant::NoUniqueConstraint;
    expect_broken(mutant, STALE_REPLICA, [1; 3], SOLD_ONCE);
}

#[test]
fn without_the_epoch_check_a_booked_seat_is_offered() {
    expect_broken(Mutant::NoEpochCheck, LOSE_BOARD, [1; 3], NOT_OFFERED);
}

#[test]
fn with_expiry_of_confirming_holds_by_timer_a_booked_seat_is_offered() {
    expect_broken(Mutant::ExpiryByTimer, 0, [1; 3], NOT_OFFERED);
}

#[test]
fn with_a_repeat_that_is_acknowledged_by_a_read_a_booking_is_lost() {
    expect_broken(Mutant::RepeatByRead, FAIL_OVER, [2, 1, 1], ACKNOWLEDGED);
}

#[test]
fn with_an_expiry_that_is_believed_by_a_read_a_booked_seat_is_offered() {
    expect_broken(Mutant::ExpiredByRead, FAIL_OVER, [2, 1, 1], NOT_OFFERED);
}

#[test]
fn with_an_asynchronous_standby_a_booking_is_lost() {
    let mutant = Mutant::AsynchronousStandby;
    expect_broken(mutant, FAIL_OVER, [1; 3], ACKNOWLEDGED);
}

#[test]
fn without_a_floor_an_observer_goes_back() {
    expect_broken(Mutant::NoFloor, STALE_REPLICA, [1; 3], FORWARD);
}

#[test]
fn with_a_missing_board_taken_for_an_empty_one_a_booked_seat_is_offered() {
    let mutant = Mutant::MissingBoardIsEmpty;
    expect_broken(mutant, LOSE_BOARD, [1; 3], NOT_OFFERED);
}

#[test]
fn with_a_second_outcome_of_a_hold_a_booked_seat_is_offered() {
    expect_broken(Mutant::OutcomesNotUnique, 0, [1; 3], NOT_OFFERED);
}

#[test]
fn with_an_abort_that_ends_other_attempts_a_booked_seat_is_offered() {
    let mutant = Mutant::AbortEndsOtherAttempts;
    expect_broken(mutant, FAIL_COMMIT, [2, 1, 1], NOT_OFFERED);
}

#[test]
fn with_a_load_that_keeps_the_epoch_a_booked_seat_is_offered() {
    expect_broken(Mutant::LoadKeepsEpoch, LOSE_BOARD, [1; 3], NOT_OFFERED);
}
