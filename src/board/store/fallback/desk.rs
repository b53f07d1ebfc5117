//! One change of a board in PostgreSQL: locked, looked at, written, committed.

use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use super::super::super::error::BoardError;
use super::super::super::model::{Position, SeatState};
use super::super::call::Reply;
use super::super::told::HoldNews;
use super::Answer;
use crate::clock::{Instant, from_ms};
use crate::context::Context;
use crate::id::{CallerId, EventId, HoldId};

/// What the board knows of its event; times are milliseconds since 1970.
pub struct Meta {
    pub epoch: i64,
    pub revision: i64,
    pub version: i64,
    pub sales: String,
    pub opens_at: i64,
    pub closes_at: i64,
    pub seats_per_person_max: i64,
    pub waiting_version: i64,
    pub n_waiting: i64,
}

impl Meta {
    /// What a seat becomes that is let go: kept while people wait.
    pub fn freed(&self) -> SeatState {
        if self.n_waiting > 0 {
            SeatState::Kept
        } else {
            SeatState::Free
        }
    }
}

/// A row of `fallback_boards`, and what time it is.
struct Board {
    epoch: i64,
    revision: i64,
    version: i32,
    sales: String,
    opens_at: Instant,
    closes_at: Instant,
    seats_per_person_max: i32,
    waiting_version: i64,
    n_waiting: i64,
    now: Instant,
}

pub struct Desk {
    pub(super) tx: Transaction<'static, Postgres>,
    pub(super) event_id: EventId,
    pub meta: Meta,
    pub now: i64,
    moves: Vec<Move>,
    is_changed: bool,
    pub(super) told: Vec<HoldNews>,
}

/// A seat's next state. It is taken only from the state in which it was seen, or from the hold that
/// has it: from any other it stays as it is.
struct Move {
    index: u32,
    was: Was,
    to: SeatState,
    hold: Option<HoldId>,
    holder: Option<CallerId>,
}

enum Was {
    State(SeatState),
    Hold(HoldId),
}

/// What stands in the way of a hold, or does not.
pub struct Look {
    /// In the order in which the seats were named.
    pub states: Vec<SeatState>,
    /// Seats that the holder has held or booked.
    pub n_had: i64,
    /// Something is to be swept.
    pub is_due: bool,
}

impl Desk {
    /// Waits for the board's turn; none where the board is not in PostgreSQL.
    pub async fn open(ctx: &Context, event_id: EventId) -> Result<Option<Self>, BoardError> {
        let mut tx = ctx.db.begin().await?;
        // The clock is read once the row is there. A board's changes need not outlive a crash of
        // PostgreSQL, as they would not one of Redis: what is booked has waited for the disk.
        let board = sqlx::query_as!(
            Board,
            r#"
            WITH board AS MATERIALIZED (
                SELECT * FROM fallback_boards WHERE event_id = $1 AND is_open FOR UPDATE
            )
            SELECT epoch, revision, version, sales, opens_at, closes_at, seats_per_person_max,
                waiting_version, n_waiting, clock_timestamp() AS "now!"
            FROM board, (SELECT set_config('synchronous_commit', 'off', true)) AS setting
            "#,
            event_id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(board.map(|board| Self::at(ctx, event_id, tx, board)))
    }

    /// As [`Desk::open`], to look only: waits for nobody.
    pub async fn peek(ctx: &Context, event_id: EventId) -> Result<Option<Self>, BoardError> {
        let mut tx = ctx.db.begin().await?;
        let board = sqlx::query_as!(
            Board,
            r#"
            SELECT epoch, revision, version, sales, opens_at, closes_at, seats_per_person_max,
                waiting_version, n_waiting, clock_timestamp() AS "now!"
            FROM fallback_boards WHERE event_id = $1 AND is_open
            "#,
            event_id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(board.map(|board| Self::at(ctx, event_id, tx, board)))
    }

    fn at(
        ctx: &Context,
        event_id: EventId,
        tx: Transaction<'static, Postgres>,
        board: Board,
    ) -> Self {
        let meta = Meta {
            epoch: board.epoch,
            revision: board.revision,
            version: board.version.into(),
            sales: board.sales,
            opens_at: board.opens_at.timestamp_millis(),
            closes_at: board.closes_at.timestamp_millis(),
            seats_per_person_max: board.seats_per_person_max.into(),
            waiting_version: board.waiting_version,
            n_waiting: board.n_waiting,
        };
        let now = ctx.clock.imposed_ms();
        Self {
            tx,
            event_id,
            meta,
            now: now.unwrap_or(board.now.timestamp_millis()),
            moves: Vec::new(),
            is_changed: false,
            told: Vec::new(),
        }
    }

    /// Looks at seats, at what somebody has, and whether anything is to be swept; what is to move
    /// is seen where it will be.
    pub async fn look(
        &mut self,
        indexes: &[u32],
        holder: Option<CallerId>,
    ) -> Result<Look, BoardError> {
        let indexes: Vec<i32> = indexes.iter().map(|index| index.cast_signed()).collect();
        let row = sqlx::query!(
            r#"
            SELECT
                ARRAY(SELECT coalesce(seat.state, '.')
                    FROM unnest($2::integer[]) WITH ORDINALITY AS asked (seat_index, place)
                    LEFT JOIN fallback_seats AS seat
                      ON seat.event_id = $1 AND seat.seat_index = asked.seat_index
                    ORDER BY place) AS "states!",
                (SELECT count(*) FROM fallback_seats
                    WHERE event_id = $1 AND holder_id = $3) AS "n_had!",
                EXISTS (SELECT FROM fallback_holds
                    WHERE event_id = $1 AND due_at <= $4) AS "is_due!"
            "#,
            self.event_id.0,
            &indexes,
            holder.map(|holder| holder.0),
            from_ms(self.now)
        )
        .fetch_one(&mut *self.tx)
        .await?;
        let state = |text: &String| SeatState::of_byte(*text.as_bytes().first()?);
        let mut look = Look {
            states: row.states.iter().filter_map(state).collect(),
            n_had: row.n_had,
            is_due: row.is_due,
        };
        for one in &self.moves {
            let asked = indexes
                .iter()
                .position(|index| index.cast_unsigned() == one.index);
            if let Some(state) = asked.and_then(|at| look.states.get_mut(at)) {
                *state = one.to;
            }
            let is_taken = matches!(one.was, Was::State(SeatState::Free));
            let taker = one.holder.filter(|_| is_taken);
            look.n_had += i64::from(taker.is_some() && taker == holder);
        }
        Ok(look)
    }

    /// Gives seats that were seen in a state to a hold.
    pub fn take(
        &mut self,
        seats: impl IntoIterator<Item = (u32, SeatState)>,
        hold: (HoldId, CallerId),
    ) {
        self.moves
            .extend(seats.into_iter().map(|(index, seen)| Move {
                index,
                was: Was::State(seen),
                to: SeatState::Held,
                hold: Some(hold.0),
                holder: Some(hold.1),
            }));
    }

    /// Sets seats that were seen in a state, and that no hold has.
    pub fn set(&mut self, seats: impl IntoIterator<Item = (u32, SeatState)>, to: SeatState) {
        self.moves
            .extend(seats.into_iter().map(|(index, seen)| Move {
                index,
                was: Was::State(seen),
                to,
                hold: None,
                holder: None,
            }));
    }

    /// Sets a seat booked that was seen in a state, for somebody who has booked it.
    pub fn book(&mut self, (index, seen): (u32, SeatState), holder: CallerId) {
        self.moves.push(Move {
            index,
            was: Was::State(seen),
            to: SeatState::Booked,
            hold: None,
            holder: Some(holder),
        });
    }

    /// Sets those of the seats that a hold still has; a booked one stays its holder's.
    pub fn turn(&mut self, hold: (HoldId, CallerId), indexes: &[u32], to: SeatState) {
        let is_theirs = !matches!(to, SeatState::Free | SeatState::Kept);
        self.moves.extend(indexes.iter().map(|index| Move {
            index: *index,
            was: Was::Hold(hold.0),
            to,
            hold: Some(hold.0).filter(|_| is_theirs && to != SeatState::Booked),
            holder: is_theirs.then_some(hold.1),
        }));
    }

    /// Marks those of the seats that a hold still has as booked by others, for whom they count.
    pub fn lose(&mut self, hold_id: HoldId, seats: impl IntoIterator<Item = (u32, CallerId)>) {
        self.moves.extend(seats.into_iter().map(|(index, of)| Move {
            index,
            was: Was::Hold(hold_id),
            to: SeatState::Booked,
            hold: None,
            holder: Some(of),
        }));
    }

    /// Counts the change, also where no seat is different.
    pub fn change(&mut self) {
        self.is_changed = true;
    }

    /// Takes over what the board is told of its event.
    pub async fn put_meta(&mut self) -> Result<(), BoardError> {
        let meta = &self.meta;
        sqlx::query!(
            r#"
            UPDATE fallback_boards SET version = $2, sales = $3, opens_at = $4, closes_at = $5,
                seats_per_person_max = $6, waiting_version = $7, n_waiting = $8
            WHERE event_id = $1
            "#,
            self.event_id.0,
            i32::try_from(meta.version).unwrap_or(i32::MAX),
            meta.sales,
            from_ms(meta.opens_at),
            from_ms(meta.closes_at),
            i32::try_from(meta.seats_per_person_max).unwrap_or(i32::MAX),
            meta.waiting_version,
            meta.n_waiting
        )
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }

    /// Writes what has moved, with the next revision, and commits.
    pub async fn close(mut self, answer: Answer) -> Result<Reply, BoardError> {
        let moves = std::mem::take(&mut self.moves);
        self.meta.revision += i64::from(self.is_changed || !moves.is_empty());
        if !moves.is_empty() {
            self.write_moves(moves).await?;
        } else if self.is_changed {
            sqlx::query!(
                r#"UPDATE fallback_boards SET revision = $2 WHERE event_id = $1"#,
                self.event_id.0,
                self.meta.revision
            )
            .execute(&mut *self.tx)
            .await?;
        }
        self.tx.commit().await?;
        let position = Position {
            epoch: self.meta.epoch,
            revision: self.meta.revision,
        };
        Ok(answer.into_reply(position, self.now))
    }

    /// In index order (F18).
    ///
    /// # Errors
    /// `Unsettled` where a seat is not in the state in which it was seen, which the row's lock does
    /// not allow: nothing is written then.
    async fn write_moves(&mut self, mut moves: Vec<Move>) -> Result<(), BoardError> {
        moves.sort_unstable_by_key(|one| one.index);
        let indexes: Vec<i32> = moves.iter().map(|one| one.index.cast_signed()).collect();
        let seen: Vec<Option<String>> = moves.iter().map(|one| one.was.state().map(word)).collect();
        let had_by: Vec<Option<Uuid>> = moves.iter().map(|one| one.was.hold()).collect();
        let becomes: Vec<String> = moves.iter().map(|one| word(one.to)).collect();
        let holds: Vec<Option<Uuid>> = moves.iter().map(|one| Some(one.hold?.0)).collect();
        let holders: Vec<Option<Uuid>> = moves.iter().map(|one| Some(one.holder?.0)).collect();
        let n_moved = sqlx::query_scalar!(
            r#"
            WITH asked AS MATERIALIZED (
                SELECT * FROM unnest($2::integer[], $3::text[], $4::uuid[], $5::text[], $6::uuid[],
                    $7::uuid[])
                    AS t (seat_index, seen, had_by, becomes, hold_id, holder_id)
            ), freed AS (
                DELETE FROM fallback_seats AS seat USING asked
                WHERE seat.event_id = $1 AND seat.seat_index = asked.seat_index
                  AND asked.becomes = '.'
                  AND (asked.seen = seat.state OR asked.had_by = seat.hold_id)
                RETURNING asked.seen
            ), changed AS (
                UPDATE fallback_seats AS seat
                SET state = asked.becomes, hold_id = asked.hold_id, holder_id = asked.holder_id
                FROM asked
                WHERE seat.event_id = $1 AND seat.seat_index = asked.seat_index
                  AND asked.becomes <> '.'
                  AND (asked.seen = seat.state OR asked.had_by = seat.hold_id)
                RETURNING asked.seen
            ), taken AS (
                INSERT INTO fallback_seats (event_id, seat_index, state, hold_id, holder_id)
                SELECT $1, seat_index, becomes, hold_id, holder_id FROM asked
                WHERE seen = '.' AND becomes <> '.'
                ORDER BY seat_index
                ON CONFLICT ON CONSTRAINT seat_held_once_per_event DO NOTHING
                RETURNING '.' AS seen
            ), counted AS (
                UPDATE fallback_boards SET revision = $8 WHERE event_id = $1
            )
            SELECT count(seen) AS "n!" FROM (
                SELECT seen FROM freed UNION ALL SELECT seen FROM changed
                UNION ALL SELECT seen FROM taken) AS moved
            "#,
            self.event_id.0,
            &indexes,
            &seen as &[Option<String>],
            &had_by as &[Option<Uuid>],
            &becomes,
            &holds as &[Option<Uuid>],
            &holders as &[Option<Uuid>],
            self.meta.revision
        )
        .fetch_one(&mut *self.tx)
        .await?;
        let is_whole = usize::try_from(n_moved) == Ok(seen.iter().flatten().count());
        is_whole.then_some(()).ok_or(BoardError::Unsettled)
    }
}

fn word(state: SeatState) -> String {
    char::from(state.byte()).to_string()
}

impl Was {
    fn state(&self) -> Option<SeatState> {
        match self {
            Self::State(state) => Some(*state),
            Self::Hold(_) => None,
        }
    }

    fn hold(&self) -> Option<Uuid> {
        match self {
            Self::State(_) => None,
            Self::Hold(hold_id) => Some(hold_id.0),
        }
    }
}
