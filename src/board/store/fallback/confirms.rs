//! The steps of a confirm, as in `begin_confirm.lua`, `finish_confirm.lua`, `abort_confirm.lua` and
//! `expire_confirming.lua`.

use super::super::super::error::BoardError;
use super::super::super::model::{HeldSeat, HoldState, SeatState};
use super::desk::Desk;
use super::{Answer, Args, Record};

/// Letters of an attempt's name in the record, with the space behind it.
const ATTEMPT_LETTERS: i64 = 9;

pub async fn begin(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (lease, attempts_max) = (args.number(0), args.number(1));
    let mut answer = Answer::of("begun");
    for at in (2..args.len()).step_by(3) {
        let (hold_id, holder, attempt) =
            (args.hold_id(at)?, args.holder(at + 1)?, args.text(at + 2));
        let record = desk.hold(hold_id).await?;
        let Some(mut record) = record.filter(|record| record.holder == holder) else {
            answer = answer.with("unknown_hold").with("");
            continue;
        };
        let before = record.clone();
        let status = begin_one(&mut record, &attempt, attempts_max, desk.now);
        if status != "confirming" {
            answer = answer.with(status).with(before.write());
            continue;
        }
        if before.state == HoldState::Held {
            desk.turn((hold_id, holder), &record.indexes(), SeatState::Confirming);
        }
        desk.put(hold_id, &record, desk.now + lease).await?;
        answer = answer.with(status).with(record.write());
    }
    Ok(answer)
}

fn begin_one(record: &mut Record, attempt: &str, attempts_max: i64, now: i64) -> &'static str {
    let is_held = record.state == HoldState::Held && now < record.deadline;
    if record.state != HoldState::Confirming && !is_held {
        return "ended";
    }
    if !record.attempts.contains(attempt) {
        record.attempts.push_str(attempt);
        record.attempts.push(' ');
    }
    let n_letters = i64::try_from(record.attempts.len()).unwrap_or(i64::MAX);
    if n_letters > ATTEMPT_LETTERS * attempts_max {
        return "too_many";
    }
    if is_held {
        record.state = HoldState::Confirming;
        record.since = now;
    }
    "confirming"
}

pub async fn finish(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (mut answer, cancelled) = ("ended", args.indexes(3));
    for hold_id in args.hold_ids(0)? {
        // A hold that an aborted attempt has put back is finished by the attempt that committed.
        let record = desk.hold(hold_id).await?;
        let Some(mut record) = record.filter(Record::is_live) else {
            continue;
        };
        let due = record.end(HoldState::Confirmed, desk.now);
        desk.put(hold_id, &record, due).await?;
        let of_hold = (hold_id, record.holder);
        let is_cancelled = |index: &u32| cancelled.contains(index);
        let (freed, booked): (Vec<u32>, Vec<u32>) =
            record.indexes().into_iter().partition(is_cancelled);
        desk.turn(of_hold, &booked, SeatState::Booked);
        desk.turn(of_hold, &freed, desk.meta.freed());
        desk.change();
        answer = "finished";
    }
    Ok(Answer::of(answer))
}

pub async fn abort(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (hold_id, attempt, booked) = (args.hold_id(0)?, args.text(1), args.holders(2)?);
    let Some(mut record) = desk.hold(hold_id).await? else {
        return Ok(Answer::of("unknown_hold"));
    };
    if record.state != HoldState::Confirming {
        return Ok(Answer::of("ended"));
    }
    record.attempts = record.attempts.replace(&format!("{attempt} "), "");
    if !record.attempts.is_empty() {
        desk.rewrite(hold_id, &record).await?;
        return Ok(Answer::of("other_attempts"));
    }
    let is_booked = |seat: &HeldSeat| booked.contains_key(&seat.index);
    let (taken, kept): (Vec<HeldSeat>, Vec<HeldSeat>) =
        record.seats.iter().copied().partition(is_booked);
    record.seats = kept;
    let mut due = record.give_back(desk.now);
    if record.seats.is_empty() {
        record.state = HoldState::Released;
        due = desk.now + record.memory;
        let lost = Record {
            seats: taken.clone(),
            ..record.clone()
        };
        desk.tell("hold.released", hold_id, &lost);
    }
    desk.put(hold_id, &record, due).await?;
    let taken = taken.iter().map(|seat| (seat.index, booked[&seat.index]));
    desk.lose(hold_id, taken);
    let indexes = record.indexes();
    desk.turn((hold_id, record.holder), &indexes, SeatState::Held);
    desk.change();
    Ok(Answer::of("aborted"))
}

pub async fn expire(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let hold_id = args.hold_id(0)?;
    let Some(mut record) = desk.hold(hold_id).await? else {
        return Ok(Answer::of("unknown_hold"));
    };
    // An aborted attempt may have put it back to held; PostgreSQL has ended it all the same.
    if !record.is_live() {
        return Ok(Answer::of("ended"));
    }
    let due = record.end_for_good(desk.now);
    desk.put(hold_id, &record, due).await?;
    let indexes = record.indexes();
    desk.turn((hold_id, record.holder), &indexes, desk.meta.freed());
    desk.change();
    desk.tell("hold.expired", hold_id, &record);
    Ok(Answer::of("expired"))
}
