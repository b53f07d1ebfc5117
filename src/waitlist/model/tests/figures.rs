//! How fast a round is planned.

use super::scene::{house, loose_house, waiting, wanted};
use crate::waitlist::model::house::House;
use crate::waitlist::model::plan::{SeatNow, Waiting, plan};
use crate::waitlist::model::terms::Policy;

fn measured(name: &str, house: &House, now: &[SeatNow], queue: &[Waiting], policy: Policy) {
    let began = std::time::Instant::now();

    let plan = plan(house, now, queue, policy);

    let took = began.elapsed();
    let (n_offers, n_collected) = (plan.offers.len(), plan.collected.len());
    println!("{name}: {n_offers} offered, {n_collected} collect, {took:?} unoptimised");
    // Loose: a busy machine, a build without optimisation.
    assert!(took.as_secs() < 2, "{name}: {took:?}");
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

    let first = std::iter::once(waiting(0, wanted(&house, 6, true)));
    let first_and_ones = first.chain((1..10_000).map(|n| waiting(n, wanted(&house, 1, true))));
    let first_and_ones: Vec<Waiting> = first_and_ones.collect();
    let all = vec![SeatNow::Kept; 12_000];
    let fits = Policy::FirstThatFits;
    measured("one seat free", &house, &one_free, &queue, fits);
    measured("all seats free", &house, &all, &queue, fits);
    measured("single seats free", &house, &singles, &queue, fits);
    measured("all want six", &house, &singles, &sixes, fits);
    measured(
        "strict, all want one",
        &house,
        &singles,
        &first_and_ones,
        Policy::Strict,
    );
    measured("strict, mixed", &house, &singles, &queue, Policy::Strict);
}

#[test]
fn a_round_over_a_field_of_twenty_thousand_places_is_quick() {
    let house = loose_house(&[20_000]);
    let all = vec![SeatNow::Kept; 20_000];
    let pairs: Vec<Waiting> = (1..10_000)
        .map(|n| waiting(n, wanted(&house, 2, true)))
        .collect();
    // Nothing in the house fits the first.
    let mut strict = pairs.clone();
    strict.insert(0, waiting(0, wanted(&house, 20_001, true)));

    measured("places", &house, &all, &pairs, Policy::FirstThatFits);
    measured("places, strict", &house, &all, &strict, Policy::Strict);
}
