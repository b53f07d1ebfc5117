//! What viewers of the live seat map are told, and whether it all fits together (I6, I7).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::checks::{Breach, FORWARDS};
use super::excuses::Excuses;
use super::history::{Call, Sight, Verb};

pub const SAME_MAP: &str =
    "I7 a snapshot and the changes after it are the later snapshot, byte by byte, for every viewer";

/// Epoch and revision.
pub type Position = (i64, i64);

/// The map as one viewer has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map {
    pub position: Position,
    pub states: String,
}

/// Why a message cannot be: the rule, and what there is to see.
pub type Complaint = (&'static str, String);

#[derive(Deserialize)]
struct Told {
    epoch: i64,
    revision: i64,
    states: Option<String>,
    changes: Option<BTreeMap<String, Vec<usize>>>,
}

impl Map {
    /// Takes a whole message over; false where it is none, as a heartbeat.
    pub fn take(&mut self, message: &str) -> Result<bool, Complaint> {
        let field = |name| message.lines().find_map(|line| line.strip_prefix(name));
        let Some(data) = field("data: ") else {
            return Ok(false);
        };
        let garbled = |why: &str| (SAME_MAP, format!("{why}: {message}"));
        let told: Told = serde_json::from_str(data).map_err(|_| garbled("garbled"))?;
        let position = (told.epoch, told.revision);
        if field("id: ") != Some(&*format!("{}-{}", told.epoch, told.revision)) {
            return Err(garbled("the id is another"));
        }
        let before = self.position;
        if position < before {
            let what = format!("after {before:?} came {message}");
            return Err((FORWARDS, what));
        }
        match (field("event: "), told.states, told.changes) {
            (Some("snapshot"), Some(states), None) => self.states = states,
            (Some("changes"), None, Some(changes)) => {
                if position.0 != before.0 || position == before {
                    return Err(garbled(&format!("it does not continue from {before:?}")));
                }
                self.change(changes)
                    .ok_or_else(|| garbled("no such seat"))?;
            }
            _ => return Err(garbled("neither a snapshot nor changes")),
        }
        self.position = position;
        Ok(true)
    }

    fn change(&mut self, changes: BTreeMap<String, Vec<usize>>) -> Option<()> {
        for (state, seats) in changes {
            for seat in seats {
                let known = self.states.get(seat..=seat)?;
                if known != state {
                    self.states.replace_range(seat..=seat, &state);
                }
            }
        }
        Some(())
    }
}

/// Takes the first whole message off the text that has come.
pub fn take_message(text: &mut String) -> Option<String> {
    let end = text.find("\n\n")? + 2;
    let rest = text.split_off(end);
    Some(std::mem::replace(text, rest))
}

/// Whoever has a map at a position has the same, wherever it was seen. Answers how many maps were
/// compared with another.
pub fn compare(sights: &[Sight], calls: &[Call], excuses: &Excuses) -> (usize, Vec<Breach>) {
    // An instance that has not seen more than an older board has cannot know that it is older.
    let is_stale = |sight: &Sight| excuses.is_stale((sight.at, sight.at));
    let complaints = sights.iter().filter_map(|sight| {
        let (rule, what) = sight.complaint.as_ref()?;
        if *rule == FORWARDS && is_stale(sight) {
            return None;
        }
        let what = format!("{}: {what}", sight.who);
        Some(Breach { rule, what })
    });
    let mut breaches: Vec<_> = complaints.collect();
    let looks = calls.iter().filter(|call| call.verb == Verb::Look);
    let looks = looks.filter_map(|call| {
        let who = format!("client {} by {}", call.client, call.instance);
        Some((who, call.told.position?, call.told.states.clone()?))
    });
    let fed = sights.iter().filter(|sight| sight.complaint.is_none());
    let fed = fed.map(|sight| (sight.who.clone(), sight.position, sight.states.clone()));
    let all: Vec<_> = fed.chain(looks).collect();
    // An older board may have gone on as another with the same positions, until it was found out.
    let last = all.iter().map(|(_, (epoch, _), _)| *epoch).max();
    let is_doubtful = |(epoch, _): &Position| {
        let mut stale = excuses.stale.iter();
        stale.any(|stale| stale.ended_by.or(last) > Some(*epoch))
    };
    let mut known: HashMap<Position, (String, String)> = HashMap::new();
    let mut n_compared = 0;
    for (who, position, states) in all {
        if is_doubtful(&position) {
            continue;
        }
        let (first, shown) = known
            .entry(position)
            .or_insert_with(|| (who.clone(), states.clone()));
        n_compared += usize::from(*first != who);
        if *shown != states {
            let what = format!("at {position:?} {first} has {shown}, {who} has {states}");
            breaches.push(Breach {
                rule: SAME_MAP,
                what,
            });
        }
    }
    (n_compared, breaches)
}
