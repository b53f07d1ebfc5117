//! How fast a round is planned.

use super::{house, waiting, wanted};
use crate::waitlist::model::plan::{SeatNow, Waiting, plan};
use crate::waitlist::model::terms::Policy;

fn measured(name: &str, now: &[SeatNow], queue: &[Waiting]) {
    let house = house(&[60; 200], &[19, 39]);
    let began = std::time::Instant::now();

    let plan = plan(&house, now, queue, Policy::FirstThatFits);

    let took = began.elapsed();
    println!("{name}: {} offers, {took:?} unoptimised", plan.offers.len());
    // Loose: a busy machine, a build without optimisation.
    assert!(took.as_millis() < 2_000, "{name}: {took:?}");
}

#[test]
fn a_round_over_ten_thousand_people_and_twelve_thousand_seats_is_quick() {
    let house = house(&[60; 200], &[19, 39]);
    assert_eq!(house.n_seats(), 12_000);
    let queue: Vec<Waiting> = (0..10_000)
        .map(|n| Waiting {
            is_aged: n % 3 == 0,
            ..waiting(n, wanted(&house, n % 6 + 1, n % 5 > 0))
        })
        .collect();
    let mut one_free = vec![SeatNow::Taken; 12_000];
    one_free[6_000] = SeatNow::Kept;
    let singles: Vec<SeatNow> = (0..12_000)
        .map(|seat| {
            if seat % 2 == 0 {
                SeatNow::Kept
            } else {
                SeatNow::Taken
            }
        })
        .collect();
    let sixes: Vec<Waiting> = (0..10_000)
        .map(|n| waiting(n, wanted(&house, 6, true)))
        .collect();

    measured("one seat free", &one_free, &queue);
    measured("all seats free", &vec![SeatNow::Kept; 12_000], &queue);
    measured("single seats free", &singles, &queue);
    measured("single seats free, all want six", &singles, &sixes);
}
