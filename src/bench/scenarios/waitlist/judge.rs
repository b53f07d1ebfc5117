//! Whether anybody was passed over wrongly.

use std::collections::HashSet;

use super::super::super::ledger::Ledger;
use super::super::super::options::WaitingPolicy;
use super::crowd::{Crowd, Person};

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

/// Pairs of people: who was passed over, and who was served first. The log has the offers of all
/// rounds, also those of one, in the order in which they were made.
fn passed_over(people: &[Person], order: &[usize], policy: WaitingPolicy) -> Vec<(usize, usize)> {
    let mut queue: Vec<usize> = (0..people.len())
        .filter(|nth| people[*nth].joined_at.is_some())
        .collect();
    queue.sort_by_key(|nth| people[*nth].joined_at);
    let mut served = HashSet::new();
    let mut wrong = Vec::new();
    // Where the first is in the queue who still waits, of those who want so many seats at most.
    let most = people.iter().map(|person| person.quantity).max();
    let most = most.unwrap_or_default();
    let mut first = vec![0; most + 1];
    for &nth in order {
        served.insert(nth);
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
    use chrono::DateTime;

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

    #[test]
    fn strictly_nobody_is_served_before_who_came_before() {
        let people = people(&[2, 1, 1]);
        let wrong = |order: &[usize]| passed_over(&people, order, WaitingPolicy::Strict);

        assert_eq!(wrong(&[0, 1, 2]), []);
        assert_eq!(wrong(&[0]), []);
        assert_eq!(wrong(&[1, 0]), [(0, 1)]);
        assert_eq!(wrong(&[0, 2, 1]), [(1, 2)]);
    }

    #[test]
    fn whom_the_seats_would_not_have_fitted_may_be_passed_over() {
        let people = people(&[2, 1, 1]);
        let wrong = |order: &[usize]| passed_over(&people, order, WaitingPolicy::FirstThatFits);

        assert_eq!(wrong(&[1, 2, 0]), []);
        assert_eq!(wrong(&[2]), [(1, 2)]);
        assert_eq!(wrong(&[1, 0]), []);
    }
}
