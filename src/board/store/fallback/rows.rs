//! Holds as rows.

use uuid::Uuid;

use super::super::super::error::BoardError;
use super::super::super::model::{HeldSeat, HoldState};
use super::Record;
use super::desk::Desk;
use crate::clock::{Instant, from_ms};
use crate::id::{CallerId, HoldId};

impl Desk {
    pub async fn hold(&mut self, hold_id: HoldId) -> Result<Option<Record>, BoardError> {
        Ok(self.holds(&[hold_id]).await?.pop().flatten())
    }

    /// Records in the order of their ids.
    pub async fn holds(&mut self, ids: &[HoldId]) -> Result<Vec<Option<Record>>, BoardError> {
        let ids: Vec<Uuid> = ids.iter().map(|hold_id| hold_id.0).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"
            SELECT hold_id, holder_id, state, deadline, placed_at, since, memory_ms, asked,
                attempts, seats, amounts, due_at
            FROM fallback_holds WHERE event_id = $1 AND hold_id = ANY ($2)
            "#,
            self.event_id.0,
            &ids
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let find = |id: &Uuid| rows.iter().find(|row| row.hold_id == *id)?.record();
        Ok(ids.iter().map(find).collect())
    }

    /// Holds that are due, the earliest first, at most so many.
    pub async fn due(&mut self, n_max: i64) -> Result<Vec<(HoldId, Record)>, BoardError> {
        let rows = sqlx::query_as!(
            Row,
            r#"
            SELECT hold_id, holder_id, state, deadline, placed_at, since, memory_ms, asked,
                attempts, seats, amounts, due_at
            FROM fallback_holds WHERE event_id = $1 AND due_at <= $2
            ORDER BY due_at LIMIT $3
            "#,
            self.event_id.0,
            from_ms(self.now),
            n_max
        )
        .fetch_all(&mut *self.tx)
        .await?;
        let pair = |row: &Row| Some((HoldId(row.hold_id), row.record()?));
        Ok(rows.iter().filter_map(pair).collect())
    }

    pub async fn next_due(&mut self) -> Result<Option<i64>, BoardError> {
        let next = sqlx::query_scalar!(
            r#"SELECT min(due_at) FROM fallback_holds WHERE event_id = $1"#,
            self.event_id.0
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(next.map(|at| at.timestamp_millis()))
    }

    pub async fn put(
        &mut self,
        hold_id: HoldId,
        record: &Record,
        due: i64,
    ) -> Result<(), BoardError> {
        let (seats, amounts): (Vec<i32>, Vec<i64>) = columns(&record.seats);
        sqlx::query!(
            r#"
            INSERT INTO fallback_holds (event_id, hold_id, holder_id, state, deadline, placed_at,
                since, memory_ms, asked, attempts, seats, amounts, due_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (event_id, hold_id) DO UPDATE SET state = excluded.state,
                deadline = excluded.deadline, since = excluded.since,
                asked = excluded.asked, attempts = excluded.attempts,
                seats = excluded.seats, amounts = excluded.amounts, due_at = excluded.due_at
            "#,
            self.event_id.0,
            hold_id.0,
            record.holder.0,
            record.state.word(),
            from_ms(record.deadline),
            from_ms(record.placed_at),
            from_ms(record.since),
            record.memory,
            record.asked,
            record.attempts,
            &seats,
            &amounts,
            from_ms(due)
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes down the attempts alone: what is due stays due.
    pub async fn rewrite(&mut self, hold_id: HoldId, record: &Record) -> Result<(), BoardError> {
        sqlx::query!(
            r#"UPDATE fallback_holds SET attempts = $3 WHERE event_id = $1 AND hold_id = $2"#,
            self.event_id.0,
            hold_id.0,
            record.attempts
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Ends holds that have lapsed; they are remembered for so long at least, in ms.
    pub async fn expire(&mut self, ids: &[HoldId], memory_min: i64) -> Result<(), BoardError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = ids.iter().map(|hold_id| hold_id.0).collect();
        sqlx::query!(
            r#"
            UPDATE fallback_holds SET state = 'expired', since = $3::timestamptz, attempts = '',
                due_at = $3::timestamptz + greatest(memory_ms, $4) * interval '1 millisecond'
            WHERE event_id = $1 AND hold_id = ANY ($2)
            "#,
            self.event_id.0,
            &ids,
            from_ms(self.now),
            memory_min
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Names a confirming hold again later.
    pub async fn postpone(&mut self, ids: &[HoldId], due: i64) -> Result<(), BoardError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = ids.iter().map(|hold_id| hold_id.0).collect();
        sqlx::query!(
            r#"UPDATE fallback_holds SET due_at = $3 WHERE event_id = $1 AND hold_id = ANY ($2)"#,
            self.event_id.0,
            &ids,
            from_ms(due)
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    pub async fn forget(&mut self, ids: &[HoldId]) -> Result<(), BoardError> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = ids.iter().map(|hold_id| hold_id.0).collect();
        sqlx::query!(
            r#"DELETE FROM fallback_holds WHERE event_id = $1 AND hold_id = ANY ($2)"#,
            self.event_id.0,
            &ids
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

pub(super) struct Row {
    pub hold_id: Uuid,
    pub holder_id: Uuid,
    pub state: String,
    pub deadline: Instant,
    pub placed_at: Instant,
    pub since: Instant,
    pub memory_ms: i64,
    pub asked: String,
    pub attempts: String,
    pub seats: Vec<i32>,
    pub amounts: Vec<i64>,
    pub due_at: Instant,
}

impl Row {
    pub fn record(&self) -> Option<Record> {
        let seats = self.seats.iter().zip(&self.amounts);
        Some(Record {
            state: HoldState::of_word(&self.state)?,
            holder: CallerId(self.holder_id),
            deadline: self.deadline.timestamp_millis(),
            placed_at: self.placed_at.timestamp_millis(),
            since: self.since.timestamp_millis(),
            memory: self.memory_ms,
            asked: self.asked.clone(),
            attempts: self.attempts.clone(),
            seats: seats
                .map(|(index, amount)| HeldSeat {
                    index: index.cast_unsigned(),
                    amount: *amount,
                })
                .collect(),
        })
    }
}

/// Seats as columns, in index order.
pub(super) fn columns(seats: &[HeldSeat]) -> (Vec<i32>, Vec<i64>) {
    let mut sorted = seats.to_vec();
    sorted.sort_unstable();
    let pairs = sorted.iter();
    pairs
        .map(|seat| (seat.index.cast_signed(), seat.amount))
        .unzip()
}
