//! A holder's verbs, as in `place_hold.lua`, `change_hold.lua`, `extend_hold.lua`,
//! `release_hold.lua`, `find_hold.lua` and `find_holds.lua`.

use super::super::super::error::BoardError;
use super::super::super::model::{HeldSeat, HoldState, SeatState};
use super::desk::{Desk, Look};
use super::{Answer, Args, Record};

/// What one place takes of the arguments.
const N_ARGS: usize = 7;

pub async fn place(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let mut answer = Answer::of("done");
    for at in (0..args.len()).step_by(N_ARGS) {
        let (status, value) = place_one(desk, args.part(at, N_ARGS)).await?;
        answer = answer.with(status).with(value);
    }
    Ok(answer)
}

async fn place_one(desk: &mut Desk, args: Args<'_>) -> Result<(&'static str, String), BoardError> {
    let (hold_id, holder) = (args.hold_id(1)?, args.holder(2)?);
    let (asked, quote) = (args.text(5), args.seats(6)?);
    if let Some(record) = desk.hold(hold_id).await? {
        let is_same_request = asked.is_empty() || record.asked.is_empty() || asked == record.asked;
        return Ok(match record.holder == holder && is_same_request {
            true => ("repeated", record.write()),
            false => ("other_request", record.write()),
        });
    }
    if desk.meta.version != args.number(0) {
        return Ok(("wrong_version", String::new()));
    }
    let (meta, now) = (&desk.meta, desk.now);
    if meta.sales != "open" || now < meta.opens_at || now >= meta.closes_at {
        return Ok(("not_on_sale", meta.sales.clone()));
    }
    let indexes: Vec<u32> = quote.iter().map(|seat| seat.index).collect();
    let look = desk.look(&indexes, Some(holder)).await?;
    let n_more = count(&quote);
    let limit = desk.meta.seats_per_person_max;
    match refusal(&look, &indexes, look.n_had + n_more > limit) {
        Some(Refusal::Lapsed) => return Ok(("lapsed", String::new())),
        Some(Refusal::OverLimit) => {
            return Ok(("limit_reached", format!("{limit}:{}", look.n_had)));
        }
        Some(Refusal::Conflicts(conflicts)) => return Ok(("conflicts", conflicts)),
        None => {}
    }
    let record = Record {
        state: HoldState::Held,
        holder,
        deadline: desk.now + args.number(3),
        placed_at: desk.now,
        since: 0,
        memory: args.number(4),
        asked,
        attempts: String::new(),
        seats: quote,
    };
    desk.put(hold_id, &record, record.deadline).await?;
    desk.take(free(&indexes), (hold_id, holder));
    desk.tell("hold.placed", hold_id, &record);
    Ok(("placed", record.write()))
}

/// Why seats cannot be had; where something is to be swept, that comes first.
enum Refusal {
    Lapsed,
    OverLimit,
    /// `index:byte,…`
    Conflicts(String),
}

fn refusal(look: &Look, indexes: &[u32], is_over: bool) -> Option<Refusal> {
    let seen = indexes.iter().zip(look.states.iter());
    let conflicts: Vec<_> = seen
        .filter(|(_, state)| **state != SeatState::Free)
        .map(|(index, state)| format!("{index}:{}", char::from(state.byte())))
        .collect();
    if !is_over && conflicts.is_empty() {
        return None;
    }
    Some(match (look.is_due, is_over) {
        (true, _) => Refusal::Lapsed,
        (false, true) => Refusal::OverLimit,
        (false, false) => Refusal::Conflicts(conflicts.join(",")),
    })
}

fn free(indexes: &[u32]) -> Vec<(u32, SeatState)> {
    indexes
        .iter()
        .map(|index| (*index, SeatState::Free))
        .collect()
}

pub async fn change(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (hold_id, holder, seats_max) = (args.hold_id(1)?, args.holder(2)?, args.number(3));
    let (add, remove) = (args.seats(4)?, args.indexes(5));
    let record = desk.hold(hold_id).await?;
    let Some(mut record) = record.filter(|record| record.holder == holder) else {
        return Ok(Answer::of("unknown_hold"));
    };
    if record.state != HoldState::Held || desk.now >= record.deadline {
        return Ok(Answer::record("ended", &record));
    }
    if desk.meta.version != args.number(0) {
        return Ok(Answer::of("wrong_version"));
    }
    if desk.meta.sales != "open" || desk.now >= desk.meta.closes_at {
        return Ok(Answer::of("not_on_sale").with(desk.meta.sales.as_str()));
    }
    let had = record.indexes();
    let is_new = |seat: &&HeldSeat| !had.contains(&seat.index);
    let taken: Vec<HeldSeat> = add.iter().filter(is_new).copied().collect();
    let is_removed = |seat: &HeldSeat| remove.contains(&seat.index);
    let (freed, mut kept): (Vec<HeldSeat>, Vec<HeldSeat>) =
        record.seats.iter().copied().partition(is_removed);
    let (n_taken, n_kept) = (count(&taken), count(&kept));
    if n_kept + n_taken == 0 {
        return Ok(Answer::of("empty"));
    }
    // The limit may have been lowered since: a hold above it may still shrink.
    if n_taken > count(&freed) && n_kept + n_taken > seats_max {
        return Ok(Answer::of("limit_reached").with(seats_max).with(n_kept));
    }
    let indexes: Vec<u32> = taken.iter().map(|seat| seat.index).collect();
    let freed: Vec<u32> = freed.iter().map(|seat| seat.index).collect();
    let asked = [&indexes[..], &freed].concat();
    let look = desk.look(&asked, Some(holder)).await?;
    let n_more = n_taken - n_held(look.states.get(indexes.len()..).unwrap_or_default());
    let limit = desk.meta.seats_per_person_max;
    let is_over = n_more > 0 && look.n_had + n_more > limit;
    match refusal(&look, &indexes, is_over) {
        Some(Refusal::Lapsed) => return Ok(Answer::of("lapsed")),
        Some(Refusal::OverLimit) => {
            return Ok(Answer::of("limit_reached").with(limit).with(look.n_had));
        }
        Some(Refusal::Conflicts(conflicts)) => {
            return Ok(Answer::of("conflicts").with(conflicts));
        }
        None => {}
    }
    // Who changes an offer has seen what the board has of it, and no older token says it better.
    let is_loaded = record.take_loaded();
    if taken.is_empty() && freed.is_empty() && !is_loaded {
        return Ok(Answer::record("changed", &record));
    }
    kept.extend(taken);
    kept.sort_unstable();
    record.seats = kept;
    desk.put(hold_id, &record, record.deadline).await?;
    desk.turn((hold_id, holder), &freed, desk.meta.freed());
    desk.take(free(&indexes), (hold_id, holder));
    Ok(Answer::record("changed", &record))
}

fn count(seats: &[HeldSeat]) -> i64 {
    i64::try_from(seats.len()).unwrap_or(i64::MAX)
}

/// How many of a hold's seats are its own: one that has been repaired is not any more.
fn n_held(states: &[SeatState]) -> i64 {
    let held = states.iter().filter(|state| **state == SeatState::Held);
    i64::try_from(held.count()).unwrap_or(i64::MAX)
}

pub async fn extend(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (hold_id, holder) = (args.hold_id(0)?, args.holder(1)?);
    let record = desk.hold(hold_id).await?;
    let Some(mut record) = record.filter(|record| record.holder == holder) else {
        return Ok(Answer::of("unknown_hold"));
    };
    if record.state != HoldState::Held || desk.now >= record.deadline {
        return Ok(Answer::record("ended", &record));
    }
    if desk.meta.sales == "closed" {
        return Ok(Answer::of("not_on_sale").with(desk.meta.sales.as_str()));
    }
    let cap = record.placed_at + args.number(3);
    if record.deadline >= cap {
        return Ok(Answer::record("at_cap", &record));
    }
    let was = record.deadline;
    record.deadline = was.max((desk.now + args.number(2)).min(cap));
    desk.put(hold_id, &record, record.deadline).await?;
    if record.deadline > was {
        desk.tell("hold.extended", hold_id, &record);
    }
    Ok(Answer::record("extended", &record))
}

pub async fn release(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (hold_id, holder) = (args.hold_id(0)?, args.holder(1)?);
    let record = desk.hold(hold_id).await?;
    let Some(mut record) = record.filter(|record| record.holder == holder) else {
        return Ok(Answer::of("unknown_hold"));
    };
    if record.state == HoldState::Confirming {
        return Ok(Answer::record("confirming", &record));
    }
    // A lapsed hold has expired, swept or not: it has one outcome, whoever looks when.
    if record.state != HoldState::Held || desk.now >= record.deadline {
        return Ok(Answer::record("ended", &record));
    }
    let due = record.end(HoldState::Released, desk.now);
    desk.put(hold_id, &record, due).await?;
    desk.turn((hold_id, holder), &record.indexes(), desk.meta.freed());
    desk.change();
    desk.tell("hold.released", hold_id, &record);
    Ok(Answer::record("released", &record))
}

pub async fn find(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let record = desk.hold(args.hold_id(0)?).await?;
    Ok(record.map_or(Answer::of("unknown_hold"), |record| {
        Answer::record("hold", &record)
    }))
}

pub async fn find_all(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let records = desk.holds(&args.hold_ids(0)?).await?;
    let written = records
        .iter()
        .map(|record| record.as_ref().map(Record::write).unwrap_or_default());
    Ok(written.fold(Answer::of("holds"), Answer::with))
}
