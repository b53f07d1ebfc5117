//! The model and the code call their steps alike.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::Step;

/// Scripts that are no steps of the model, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("block_seats", "seats off sale"),
    ("change_hold", "as a place and a release in one step"),
    ("extend_hold", "deadlines pass at any time or never"),
    ("find_hold", "changes nothing"),
    ("find_holds", "changes nothing"),
    ("free_seats", "cancelled bookings"),
    ("keep_free_seats", "the waitlist"),
    ("let_go_kept_seats", "the waitlist"),
    ("offer_kept_seats", "the waitlist"),
    ("read_board", "changes nothing"),
    ("read_told", "webhooks about holds"),
    ("retire_board", "the event is on sale throughout"),
    ("set_sale", "the event is on sale throughout"),
    ("set_waiting", "the waitlist"),
    ("take_permit", "limits of requests"),
];

const STEPS: [Step; 17] = [
    Step::PlaceHold(0),
    Step::ReleaseHold(0),
    Step::BeginConfirm(0, 0),
    Step::Commit(0, 0),
    Step::FinishConfirm(0, 0),
    Step::AbortConfirm(0, 0),
    Step::ExpireConfirming(0, 0),
    Step::Repeat(0, 0),
    Step::Restore(0, 0),
    Step::ExpireHolds(0),
    Step::Expire(0, 0),
    Step::Settle(0),
    Step::LoadAbove(0),
    Step::LoadBoard(0),
    Step::FollowEpoch(0),
    Step::Reconcile(0),
    Step::RepairBoard(0),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_step_is_a_script_or_a_function_of_that_name() {
    for step in STEPS {
        let (name, place) = step.name().expect("a step of the code");
        let path = match place {
            "lua" => format!("lua/{name}.lua"),
            file => file.to_owned(),
        };
        let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
        let is_there = place == "lua" || text.contains(&format!("fn {name}("));
        assert!(!text.is_empty() && is_there, "{path} has no {name}");
    }
}

#[test]
fn every_script_is_a_step_or_is_left_out_for_a_reason() {
    let scripts: BTreeSet<String> = fs::read_dir(root().join("lua"))
        .expect("the scripts")
        .map(|file| file.expect("a script").path())
        .map(|path| {
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let steps = STEPS.iter().filter_map(|step| step.name());
    let steps = steps
        .filter(|(_, place)| *place == "lua")
        .map(|(name, _)| name);
    let known: BTreeSet<String> = LEFT_OUT
        .iter()
        .map(|(name, _)| *name)
        .chain(steps)
        .map(str::to_owned)
        .collect();

    assert_eq!(scripts, known);
}
