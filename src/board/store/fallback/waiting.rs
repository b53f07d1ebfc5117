//! The waitlist's verbs, as in `offer_kept_seats.lua`, `let_go_kept_seats.lua`,
//! `keep_free_seats.lua` and `set_waiting.lua`.

use super::super::super::error::BoardError;
use super::super::super::model::{HoldState, SeatState};
use super::desk::Desk;
use super::seats::in_state;
use super::{Answer, Args, Record};

pub async fn offer(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    let (hold_id, holder, quote) = (args.hold_id(0)?, args.holder(1)?, args.seats(4)?);
    if let Some(record) = desk.hold(hold_id).await? {
        return Ok(Answer::record("repeated", &record));
    }
    let indexes: Vec<u32> = quote.iter().map(|seat| seat.index).collect();
    let look = desk.look(&indexes, Some(holder)).await?;
    let n_seats = i64::try_from(indexes.len()).unwrap_or(i64::MAX);
    let is_over = look.n_had + n_seats > desk.meta.seats_per_person_max;
    if is_over && look.is_due {
        return Ok(Answer::of("lapsed"));
    }
    let can_be_had = |state: &SeatState| matches!(state, SeatState::Kept | SeatState::Free);
    let (meta, now) = (&desk.meta, desk.now);
    let refusal = if meta.sales != "open" || now < meta.opens_at || now >= meta.closes_at {
        Some("not_on_sale")
    } else if is_over {
        Some("limit_reached")
    } else if look.states.iter().all(can_be_had) {
        None
    } else {
        Some("conflicts")
    };
    let mut record = Record {
        state: HoldState::Held,
        holder,
        deadline: now + args.number(2),
        placed_at: now,
        since: 0,
        memory: args.number(3),
        asked: String::new(),
        attempts: String::new(),
        seats: quote,
    };
    if let Some(refusal) = refusal {
        record.deadline = now;
        record.seats.clear();
        let due = record.end(HoldState::Released, now);
        desk.put(hold_id, &record, due).await?;
        return Ok(Answer::of("refused").with(refusal));
    }
    desk.put(hold_id, &record, record.deadline).await?;
    desk.take(indexes.into_iter().zip(look.states), (hold_id, holder));
    desk.tell("hold.placed", hold_id, &record);
    Ok(Answer::record("placed", &record))
}

pub async fn let_go(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    // Somebody may have joined, or the seat come back, since it was found that nobody wants it.
    if desk.meta.waiting_version > args.number(0) || desk.now >= args.number(1) {
        return Ok(Answer::of("void"));
    }
    let kept = in_state(desk, &args.indexes(2), &[SeatState::Kept]).await?;
    let n_let_go = i64::try_from(kept.len()).unwrap_or(i64::MAX);
    desk.set(kept, SeatState::Free);
    Ok(Answer::of("let_go").with(n_let_go))
}

pub async fn keep(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    if desk.meta.waiting_version > args.number(0) || desk.meta.n_waiting == 0 {
        return Ok(Answer::of("void"));
    }
    let free = in_state(desk, &args.indexes(1), &[SeatState::Free]).await?;
    let n_kept = i64::try_from(free.len()).unwrap_or(i64::MAX);
    desk.set(free, SeatState::Kept);
    Ok(Answer::of("kept").with(n_kept))
}

pub async fn set_waiting(desk: &mut Desk, args: Args<'_>) -> Result<Answer, BoardError> {
    if desk.meta.waiting_version > args.number(0) {
        return Ok(Answer::of("newer"));
    }
    desk.meta.waiting_version = args.number(0);
    desk.meta.n_waiting = args.number(1);
    desk.put_meta().await?;
    Ok(Answer::of("set"))
}
