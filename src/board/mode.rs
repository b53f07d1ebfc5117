//! Where a board is to be: in Redis, unless an instance does not reach it.

use std::time::Duration;

/// How much longer an instance that lacks Redis waits while another has it: who has it can take the
/// holds along, and should come first.
const COURTESY: Duration = Duration::from_secs(5);

/// An instance that lives.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    pub is_me: bool,
    pub has_redis: bool,
    /// For how long it has had Redis, or lacked it, without interruption.
    pub since: Duration,
}

/// What to do about the boards of the events on sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    FallBack,
    GoBack,
    Stay,
}

/// Boards fall back once an instance has lacked Redis for `down_after`, and go back once every
/// instance has had it for `back_after`: a link that comes and goes moves nothing. Without
/// `down_after` none falls back, and those that have go back.
pub fn decide(instances: &[Instance], down_after: Option<Duration>, back_after: Duration) -> Wish {
    let i_have = instances.iter().any(|one| one.is_me && one.has_redis);
    let others_have = instances.iter().any(|one| !one.is_me && one.has_redis);
    let courtesy = if !i_have && others_have {
        COURTESY
    } else {
        Duration::ZERO
    };
    let lacks = |one: &Instance| {
        !one.has_redis && down_after.is_some_and(|after| one.since >= after + courtesy)
    };
    let is_well = |one: &Instance| one.has_redis && one.since >= back_after;
    if instances.iter().any(lacks) {
        Wish::FallBack
    } else if !instances.is_empty() && instances.iter().all(is_well) {
        Wish::GoBack
    } else {
        Wish::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN_AFTER: Option<Duration> = Some(Duration::from_secs(5));
    const BACK_AFTER: Duration = Duration::from_secs(10);

    fn wish(instances: &[(bool, u64)]) -> Wish {
        let instances: Vec<_> = instances
            .iter()
            .enumerate()
            .map(|(place, (has_redis, seconds))| Instance {
                is_me: place == 0,
                has_redis: *has_redis,
                since: Duration::from_secs(*seconds),
            })
            .collect();
        decide(&instances, DOWN_AFTER, BACK_AFTER)
    }

    #[test]
    fn one_instance_without_redis_is_enough_to_fall_back_and_all_are_needed_to_go_back() {
        assert_eq!(wish(&[(false, 4)]), Wish::Stay);
        assert_eq!(wish(&[(false, 5)]), Wish::FallBack);
        assert_eq!(wish(&[(true, 100), (false, 5)]), Wish::FallBack);
        assert_eq!(wish(&[(true, 100), (false, 1)]), Wish::Stay);
        assert_eq!(wish(&[(true, 100), (true, 9)]), Wish::Stay);
        assert_eq!(wish(&[(true, 100), (true, 10)]), Wish::GoBack);
        assert_eq!(wish(&[]), Wish::Stay);
    }

    #[test]
    fn who_has_redis_comes_first() {
        assert_eq!(wish(&[(false, 5), (true, 100)]), Wish::Stay);
        assert_eq!(wish(&[(false, 9), (true, 100)]), Wish::Stay);
        assert_eq!(wish(&[(false, 10), (true, 100)]), Wish::FallBack);
        assert_eq!(wish(&[(false, 5), (false, 1)]), Wish::FallBack);
    }

    #[test]
    fn a_link_that_comes_and_goes_moves_nothing() {
        for seconds in 0..5 {
            assert_eq!(wish(&[(seconds % 2 == 0, seconds)]), Wish::Stay);
        }
    }

    #[test]
    fn switched_off_boards_only_go_back() {
        let lost = Instance {
            is_me: true,
            has_redis: false,
            since: Duration::from_secs(1_000),
        };

        assert_eq!(decide(&[lost], None, BACK_AFTER), Wish::Stay);
    }
}
