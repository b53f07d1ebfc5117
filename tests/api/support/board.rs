//! What happens on a board behind the service's back.

use fred::interfaces::{HashesInterface, KeysInterface, LuaInterface};
use holdfast::board::{self, Begun};
use holdfast::id::HoldId;

use super::{Answer, Caller, Sale, TestApp};

impl TestApp {
    /// Redis loses everything that it knew of an event.
    pub async fn lose_board(&self, sale: &Sale) {
        let nouns = ["seats", "holds", "deadlines", "holders", "meta"];
        let keys: Vec<String> = nouns.iter().map(|noun| key(sale, noun)).collect();
        let n_lost: i64 = self.ctx.redis.next().del(keys).await.expect("a Redis");
        assert!(n_lost > 0, "there was no board to lose");
    }

    /// Writes a seat's byte to the board, and says so as every script does.
    pub async fn write_seat(&self, sale: &Sale, index: u32, byte: &str) {
        let written = sqlx::query(
            "WITH board AS (
                UPDATE fallback_boards SET revision = revision + 1
                WHERE event_id = $1 AND is_open RETURNING event_id)
             INSERT INTO fallback_seats (event_id, seat_index, state)
             SELECT event_id, $2, $3 FROM board
             ON CONFLICT (event_id, seat_index) DO UPDATE SET state = excluded.state",
        )
        .bind(sale.id().0)
        .bind(index.cast_signed())
        .bind(byte);
        let written = written.execute(&self.ctx.db).await.expect("a board");
        if written.rows_affected() > 0 {
            return;
        }
        let script = "redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2])
            local epoch = redis.call('HGET', KEYS[2], 'epoch')
            local revision = redis.call('HINCRBY', KEYS[2], 'revision', 1)
            local changes = ('{\"%s\":[%d]}'):format(ARGV[2], ARGV[1])
            redis.call('SPUBLISH', KEYS[3], ('{\"epoch\":%d,\"revision\":%d,\"changes\":%s}')
              :format(epoch, revision, changes))
            return {tonumber(epoch), revision}";
        let keys = ["seats", "meta", "changes"].map(|noun| key(sale, noun));
        let redis = self.ctx.redis.next();
        let args = vec![index.to_string(), byte.to_owned()];
        let (epoch, revision) = redis
            .eval(script, keys.to_vec(), args)
            .await
            .expect("a Redis");
        // As of every answer of a script: what is looked at next is not older.
        let position = board::Position { epoch, revision };
        board::see_position(&self.ctx, sale.id(), position);
    }

    /// The board has not heard that somebody has booked a seat.
    pub async fn forget_booking(&self, sale: &Sale, index: u32, holder: &Caller) {
        let forgotten = sqlx::query(
            "WITH board AS (
                UPDATE fallback_boards SET revision = revision + 1
                WHERE event_id = $1 AND is_open RETURNING event_id)
             DELETE FROM fallback_seats AS seat USING board
             WHERE seat.event_id = board.event_id AND seat_index = $2",
        );
        let forgotten = forgotten.bind(sale.id().0).bind(index.cast_signed());
        let forgotten = forgotten.execute(&self.ctx.db).await.expect("a board");
        if forgotten.rows_affected() == 0 {
            self.write_seat(sale, index, ".").await;
            self.count(sale, holder, -1).await;
        }
    }

    /// The board has not heard that somebody's seat has been cancelled.
    pub async fn forget_cancellation(&self, sale: &Sale, index: u32, holder: &Caller) {
        self.write_seat(sale, index, "b").await;
        let written = sqlx::query(
            "UPDATE fallback_seats SET holder_id = $3 WHERE event_id = $1 AND seat_index = $2",
        );
        let written = written.bind(sale.id().0).bind(index.cast_signed());
        let written = written.bind(holder.caller_id.expect("a caller").0);
        let written = written.execute(&self.ctx.db).await.expect("a board");
        if written.rows_affected() == 0 {
            self.count(sale, holder, 1).await;
        }
    }

    /// Changes how many seats count for somebody in Redis.
    async fn count(&self, sale: &Sale, holder: &Caller, n_more: i64) {
        let holder = holder.caller_id.expect("a caller").to_string();
        let redis = self.ctx.redis.next();
        let _: i64 = redis
            .hincrby(key(sale, "holders"), holder, n_more)
            .await
            .expect("a Redis");
    }

    /// The board loses one hold; its seats stay held.
    pub async fn forget_hold(&self, sale: &Sale, hold_id: &str) {
        let redis = self.ctx.redis.next();
        let n_lost: i64 = redis
            .hdel(key(sale, "holds"), hold_id)
            .await
            .expect("a Redis");
        assert_eq!(n_lost, 1, "there was no such hold");
    }

    /// From now on people wait for seats: what is freed is kept for them.
    pub async fn write_waiting(&self, sale: &Sale, n_waiting: i64) {
        let written = sqlx::query(
            "UPDATE fallback_boards SET n_waiting = $2 WHERE event_id = $1 AND is_open",
        );
        let written = written.bind(sale.id().0).bind(n_waiting);
        let written = written.execute(&self.ctx.db).await.expect("a board");
        if written.rows_affected() > 0 {
            return;
        }
        let redis = self.ctx.redis.next();
        let _: i64 = redis
            .hset(key(sale, "meta"), ("waiting", n_waiting))
            .await
            .expect("a Redis");
    }

    /// A confirm that got as far as the board and no further.
    pub async fn begin_confirm(&self, sale: &Sale, holder: &Caller, hold: &Answer) {
        let hold_id: HoldId = hold.text_of("hold_id").parse().expect("a hold id");
        let whose = (hold_id, holder.caller_id.expect("a caller"));
        let begun = board::begin_confirm(&self.ctx, sale.id(), whose, "00000001").await;
        assert!(matches!(begun, Ok(Begun::Confirming { .. })), "{begun:?}");
    }
}

fn key(sale: &Sale, noun: &str) -> String {
    format!("holdfast:{{{}}}:{noun}", sale.event_id)
}
