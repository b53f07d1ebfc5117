//! What shows that an older board excuses no more than what happened on it: calls for one seat, and
//! what viewers saw, while there is one and after it was found out.

use super::checks::FORWARDS;
use super::excuses::{Epoch, Excuses, Shown, Stale};
use super::feed::{Complaint, compare};
use super::history::Verb::{self, Block, Find, Place, Unblock};
use super::history::{Call, HoldName, Moment, Outcome, Sight, Told};
use super::model::{Booked, Last, records};
use super::sale::Sale;
use super::search::{Verdict, judge};

const MS: Moment = 1_000;

/// What was asked, of which hold, from when, until when, in milliseconds; it was done.
type Asked = (Verb, HoldName, u64, u64);

/// A hold that is refused because the seat is blocked.
const REFUSED: HoldName = 9;

/// The older board is there from 2.0 to 2.1 s on; the next epoch begins at 3.0 s, and both
/// instances have shown it at 3.2 s: what begins until 4.2 s may have been on the older one.
fn excuses() -> Excuses {
    let mut excuses = Excuses {
        stale: vec![Stale::since(2_000 * MS, 2_100 * MS)],
        ..Excuses::default()
    };
    let epoch = |number, ms| Epoch {
        number,
        began: ms * MS,
    };
    let shown = |instance, ms, epoch| Shown {
        instance,
        at: ms * MS,
        epoch,
    };
    excuses.end_stale(
        &[
            epoch(1, 0),
            epoch(2, 2_050),
            epoch(3, 3_000),
            epoch(4, 9_000),
        ],
        &[shown(0, 3_100, 3), shown(1, 3_050, 2), shown(1, 3_200, 4)],
    );
    excuses
}

pub const RIGHT: [(&str, &[Asked]); 3] = [
    (
        "held twice on an older board",
        &[(Place, 1, 1_000, 1_100), (Place, 2, 2_500, 2_600)],
    ),
    (
        "held twice as an older board ended",
        &[(Place, 1, 4_100, 4_300), (Place, 2, 4_150, 4_400)],
    ),
    (
        "blocked again after an older board",
        &[
            (Block, 0, 500, 600),
            (Place, 2, 2_500, 2_600),
            (Place, REFUSED, 5_000, 5_100),
        ],
    ),
];

pub const WRONG: [(&str, &[Asked]); 3] = [
    (
        "held twice after an older board",
        &[(Place, 1, 7_000, 7_100), (Place, 2, 8_000, 8_100)],
    ),
    (
        "held since before an older board, and twice after it",
        &[
            (Place, 1, 1_000, 1_100),
            (Place, 2, 8_000, 8_100),
            (Find, 1, 8_200, 8_300),
        ],
    ),
    (
        "blocked though that was lifted before an older board",
        &[
            (Block, 0, 500, 600),
            (Unblock, 0, 700, 800),
            (Place, REFUSED, 5_000, 5_100),
        ],
    ),
];

/// The names of what is judged wrongly.
pub fn misjudged() -> Vec<&'static str> {
    let is_wrong = |calls: &[Asked]| matches!(judged(calls), Verdict::Inexplicable(_));
    let is_right = |calls: &[Asked]| judged(calls) == Verdict::Explained;
    let wrong = WRONG.into_iter().filter(|(_, calls)| !is_wrong(calls));
    let right = RIGHT.into_iter().filter(|(_, calls)| !is_right(calls));
    let mut misjudged: Vec<_> = wrong.chain(right).map(|(name, _)| name).collect();
    if !compares() {
        misjudged.push("maps of an older board");
    }
    misjudged
}

fn judged(calls: &[Asked]) -> Verdict {
    let calls: Vec<_> = calls.iter().map(asked).collect();
    let last = Last {
        booked: Booked::new(),
        unseen_offers: Vec::new(),
    };
    judge(&records(&Sale::imagined(1), &calls, &excuses(), &last)[0])
}

fn asked((verb, hold, invoked, returned): &Asked) -> Call {
    let is_refused = *hold == REFUSED;
    let refused = Outcome::Refused("seats_unavailable".to_owned());
    let conflict = (0, "blocked".to_owned());
    Call {
        client: 0,
        instance: 0,
        verb: *verb,
        hold: (*hold > 0).then_some(*hold),
        wanted: vec![0],
        removed: vec![0],
        invoked: invoked * MS,
        returned: Some(returned * MS),
        outcome: if is_refused { refused } else { Outcome::Done },
        told: Told {
            state: (*verb == Find).then(|| "held".to_owned()),
            seats: vec![0],
            conflicts: is_refused.then_some(conflict).into_iter().collect(),
            ..Told::default()
        },
    }
}

/// Whether maps of an older board may differ, and go backwards, and later ones may not.
fn compares() -> bool {
    let sight = |ms: u64, epoch, states: &str, complaint: Option<Complaint>| Sight {
        who: states.to_owned(),
        instance: 0,
        at: ms * MS,
        position: (epoch, 1),
        states: states.to_owned(),
        complaint,
    };
    let backwards = || Some((FORWARDS, String::new()));
    let n_breaches = |sights: &[Sight]| compare(sights, &[], &excuses()).1.len();
    n_breaches(&[
        sight(1_000, 1, "..", None),
        sight(2_500, 1, "h.", None),
        sight(2_600, 1, "..", backwards()),
    ]) == 0
        && n_breaches(&[
            sight(5_000, 3, "..", None),
            sight(6_000, 3, "h.", None),
            sight(7_000, 3, "..", backwards()),
            sight(9_500, 4, "..", None),
        ]) == 2
}
