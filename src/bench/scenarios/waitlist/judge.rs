//! Whether anybody was passed over wrongly.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::super::ledger::Ledger;
use super::super::super::options::WaitingPolicy;
use super::crowd::{Crowd, Person};

/// Offers that are made within such a time are made at once: a round makes many, and each instance
/// of the service has rounds.
const ROUND_MAX: TimeDelta = TimeDelta::seconds(2);

impl Crowd {
    /// Nobody is offered seats while somebody waits who came before: under the strict policy
    /// nobody at all, under the other nobody who wants as many seats or fewer.
    pub fn judge(&self, policy: WaitingPolicy, ledger: &mut Ledger) {
        let (people, order) = (self.people.borrow(), self.order.borrow());
        for (earlier, later) in passed_over(&people, &order, policy) {
            let was = |nth: usize| people[nth].entry_id.clone().unwrap_or_default();
            ledger.breach(|_| {
                format!(
                    "entry {} was offered seats before {}",
                    was(later),
                    was(earlier)
                )
            });
        }
    }
}

/// Pairs of people: who was passed over, and who was served first.
fn passed_over(
    people: &[Person],
    order: &[(usize, DateTime<Utc>)],
    policy: WaitingPolicy,
) -> Vec<(usize, usize)> {
    let mut queue: Vec<usize> = (0..people.len())
        .filter(|nth| people[*nth].joined_at.is_some())
        .collect();
    queue.sort_by_key(|nth| people[*nth].joined_at);
    let mut order = order.to_vec();
    order.sort_by_key(|(_, at)| *at);
    let (mut served, mut n_served) = (HashSet::new(), 0);
    let mut wrong = Vec::new();
    // Where the first is in the queue who still waits, of those who want so many seats at most.
    let most = people.iter().map(|person| person.quantity).max();
    let most = most.unwrap_or_default();
    let mut first = vec![0; most + 1];
    for &(nth, at) in &order {
        while let Some((also, _)) = order
            .get(n_served)
            .filter(|(_, when)| *when <= at + ROUND_MAX)
        {
            served.insert(*also);
            n_served += 1;
        }
        let limit = match policy {
            WaitingPolicy::Strict => most,
            WaitingPolicy::FirstThatFits => people[nth].quantity,
        };
        let is_passed =
            |at: usize| served.contains(&queue[at]) || people[queue[at]].quantity > limit;
        while first[limit] < queue.len() && is_passed(first[limit]) {
            first[limit] += 1;
        }
        if let Some(&earlier) = queue.get(first[limit])
            && people[earlier].joined_at < people[nth].joined_at
        {
            wrong.push((earlier, nth));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People who want so many seats and come one after the other.
    fn people(quantities: &[usize]) -> Vec<Person> {
        let people = quantities.iter().zip(1_i64..).map(|(quantity, at)| Person {
            quantity: *quantity,
            entry_id: Some(at.to_string()),
            joined_at: DateTime::from_timestamp(at, 0),
        });
        people.collect()
    }

    /// Who was passed over when people were served at such seconds.
    fn wrong(order: &[(usize, i64)], policy: WaitingPolicy) -> Vec<(usize, usize)> {
        let order = order.iter().map(|(nth, second)| {
            let at = DateTime::from_timestamp(1_000 + second, 0);
            (*nth, at.unwrap_or_default())
        });
        passed_over(&people(&[2, 1, 1]), &order.collect::<Vec<_>>(), policy)
    }

    #[test]
    fn strictly_nobody_is_served_before_who_came_before() {
        let wrong = |order: &[(usize, i64)]| wrong(order, WaitingPolicy::Strict);

        assert_eq!(wrong(&[(0, 0), (1, 5), (2, 10)]), []);
        assert_eq!(wrong(&[(0, 0)]), []);
        assert_eq!(wrong(&[(1, 0), (0, 5)]), [(0, 1)]);
        assert_eq!(wrong(&[(0, 0), (2, 5)]), [(1, 2)]);
        assert_eq!(wrong(&[(2, 0), (1, 2), (0, 1)]), [], "all at once");
    }

    #[test]
    fn whom_the_seats_would_not_have_fitted_may_be_passed_over() {
        let wrong = |order: &[(usize, i64)]| wrong(order, WaitingPolicy::FirstThatFits);

        assert_eq!(wrong(&[(1, 0), (2, 5), (0, 10)]), []);
        assert_eq!(wrong(&[(2, 0)]), [(1, 2)]);
        assert_eq!(wrong(&[(1, 0), (0, 5)]), []);
    }
}
