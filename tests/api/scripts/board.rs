//! A small board written straight into Redis, and one call of every script that could change it.

use fred::clients::Pool;
use fred::interfaces::LuaInterface;
use fred::types::Value;
use serde_json::json;

use crate::support::redis_url;

pub const NOUNS: [&str; 6] = ["seats", "holds", "deadlines", "holders", "meta", "told"];
pub const HOLDS: [&str; 6] = [
    "live",
    "lapsed",
    "lapsed-too",
    "confirming",
    "booked",
    "let-go",
];
pub const HOLDERS: [&str; 2] = ["ana", "ben"];

/// Seats 3 and 4 are of a live hold, 5 and 10 of lapsed ones, 6 and 7 of a confirming one; 18 and
/// 19 are kept.
pub const SEATS: &str = "...hhhccbxh.......ww";

/// A call's script and arguments. The time is 1,000,000 ms.
pub const CALLS: [(&str, &[&str]); 34] = [
    (
        "place_hold",
        &[
            "1000000",
            "1",
            "3",
            "new",
            "ana",
            "60000",
            "30000",
            "",
            "1:50,2:50",
        ],
    ),
    (
        "place_hold",
        &[
            "1000000",
            "1",
            "3",
            "new",
            "ana",
            "60000",
            "30000",
            "",
            "5:50,8:50",
        ],
    ),
    (
        "place_hold",
        &[
            "1000000",
            "1",
            "3",
            "live",
            "ana",
            "60000",
            "30000",
            "",
            "3:50,4:50",
        ],
    ),
    (
        "place_hold",
        &[
            "1000000",
            "1",
            "3",
            "new",
            "ana",
            "60000",
            "30000",
            "",
            "1:50,2:50",
            "3",
            "refused",
            "ben",
            "60000",
            "30000",
            "",
            "2:50,11:50",
            "3",
            "other",
            "ben",
            "60000",
            "30000",
            "",
            "11:50",
        ],
    ),
    (
        "change_hold",
        &["1000000", "1", "3", "live", "ana", "10", "11:50", "3"],
    ),
    (
        "change_hold",
        &["1000000", "1", "3", "live", "ana", "10", "", "4"],
    ),
    (
        "extend_hold",
        &["1000000", "1", "live", "ana", "600000", "900000"],
    ),
    ("release_hold", &["1000000", "1", "live", "ana"]),
    (
        "begin_confirm",
        &["1000000", "1", "30000", "200", "live", "ana", "0badcafe"],
    ),
    (
        "begin_confirm",
        &[
            "1000000",
            "1",
            "30000",
            "200",
            "confirming",
            "ben",
            "0badcafe",
            "live",
            "ana",
            "0badcafe",
            "live",
            "ana",
            "1badcafe",
        ],
    ),
    (
        "finish_confirm",
        &["1000000", "1", "confirming", "900000", "86400000", ""],
    ),
    (
        "finish_confirm",
        &[
            "1000000",
            "1",
            "confirming,none,live,confirmed",
            "900000",
            "86400000",
            "",
        ],
    ),
    (
        "finish_confirm",
        &["1000000", "1", "confirming", "900000", "86400000", "7"],
    ),
    (
        "abort_confirm",
        &["1000000", "1", "confirming", "aaaaaaaa", "7:cy"],
    ),
    (
        "abort_confirm",
        &["1000000", "1", "confirming", "bbbbbbbb", "6:cy,7:cy"],
    ),
    (
        "abort_confirm",
        &["1000000", "1", "confirming", "aaaaaaaa", "6:cy,7:ben"],
    ),
    (
        "expire_confirming",
        &["1000000", "1", "confirming", "900000", "86400000"],
    ),
    ("expire_holds", &["1000000", "1", "200", "5000", "900000"]),
    ("free_seats", &["1000000", "1", "b", "ben", "1010000", "8"]),
    ("free_seats", &["1000000", "1", "x", "", "9000000", "9"]),
    ("block_seats", &["1000000", "1", "11,12"]),
    (
        "repair_board",
        &["1000000", "1", "8:b:.:ben:,11:.:b::ana,5:h:b:ana:ben"],
    ),
    (
        "set_sale",
        &["1000000", "1", "4", "paused", "0", "9000000", "5"],
    ),
    (
        "offer_kept_seats",
        &[
            "1000000",
            "1",
            "new",
            "ana",
            "60000",
            "30000",
            "17:50,18:50",
        ],
    ),
    (
        "offer_kept_seats",
        &["1000000", "1", "new", "ana", "60000", "30000", "8:50,18:50"],
    ),
    (
        "let_go_kept_seats",
        &["1000000", "1", "7", "1005000", "18,19"],
    ),
    ("keep_free_seats", &["1000000", "1", "7", "16,17"]),
    ("set_waiting", &["1000000", "1", "8", "0"]),
    ("read_told", &["1000000", "1", "1", "1", "7", "500"]),
    ("read_told", &["1000000", "1", "1", "0", "0", "500"]),
    ("read_told", &["1000000", "1", "0", "0", "0", "0"]),
    ("find_holds", &["1000000", "1", "live,none,lapsed"]),
    ("read_board", &["1000000", "1"]),
    ("find_hold", &["1000000", "1", "live"]),
];

pub struct Board {
    redis: Pool,
    event: u64,
}

impl Board {
    pub async fn connect() -> Self {
        let redis = holdfast::redis::pool(&redis_url(), 1).expect("a pool");
        fred::interfaces::ClientLike::init(&redis)
            .await
            .expect("Redis");
        let event = rand::random();
        Self { redis, event }
    }

    fn key(&self, noun: &str) -> String {
        format!("holdfast:{{scripts-{}}}:{noun}", self.event)
    }

    /// Writes the board anew, with those commands on top: a command's second word names a key's
    /// noun.
    pub async fn arrange(&self, damage: &[Vec<String>]) {
        let mut commands: Vec<Vec<String>> =
            NOUNS.iter().map(|noun| words(&["DEL", noun])).collect();
        commands.push(words(&["SET", "seats", SEATS]));
        for (id, (record, due)) in HOLDS.iter().zip(records()) {
            commands.push(words(&["HSET", "holds", id, record]));
            commands.push(words(&["ZADD", "deadlines", due, id]));
        }
        commands.push(words(&["HSET", "holders", "ana", "3", "ben", "4"]));
        commands.push(words(&[
            "HSET",
            "meta",
            "epoch",
            "1",
            "revision",
            "5",
            "version",
            "3",
            "sales",
            "open",
            "opens_at",
            "0",
            "closes_at",
            "9000000000",
            "seats_per_person_max",
            "10",
            "waiting",
            "2",
            "waiting_version",
            "7",
            "told",
            "8",
        ]));
        commands.push(words(&["XADD", "told", "1-8", "placed", "live|1|2|3:50"]));
        commands.extend_from_slice(damage);
        for command in &mut commands {
            command[1] = self.key(&command[1]);
        }
        let source = "for _, it in ipairs(cjson.decode(ARGV[1])) do redis.call(unpack(it)) end";
        let keys: Vec<String> = NOUNS.iter().map(|noun| self.key(noun)).collect();
        let commands = json!(commands).to_string();
        let done = self
            .redis
            .eval::<Value, _, _, _>(source, keys, vec![commands])
            .await;
        done.expect("a board");
    }

    /// Every key as it is stored, byte by byte.
    pub async fn dump(&self) -> Vec<Value> {
        let source = "local all = {}
            for n, key in ipairs(KEYS) do all[n] = redis.call('DUMP', key) end
            return all";
        let keys: Vec<String> = NOUNS.iter().map(|noun| self.key(noun)).collect();
        let dump = self
            .redis
            .eval::<Value, _, _, _>(source, keys, Vec::<String>::new())
            .await;
        dump.expect("a dump").into_array()
    }

    pub async fn seats(&self) -> Option<String> {
        let source = "return redis.pcall('GET', KEYS[1])";
        let seats = self.redis.eval::<Value, _, _, _>(
            source,
            vec![self.key("seats")],
            Vec::<String>::new(),
        );
        seats.await.ok()?.as_string()
    }

    /// How many seats count for each of `HOLDERS`.
    pub async fn counts(&self) -> Vec<i64> {
        let source = "return redis.call('HMGET', KEYS[1], unpack(ARGV))";
        let keys = vec![self.key("holders")];
        let counts = self.redis.eval(source, keys, words(&HOLDERS)).await;
        counts.expect("counts")
    }

    /// What the stream has beyond the entry that it is arranged with.
    pub async fn told(&self) -> Vec<String> {
        let source = "local all = {}
            for n, entry in ipairs(redis.call('XRANGE', KEYS[1], '(1-8', '+')) do
                all[n] = entry[1] .. '=' .. entry[2][1] .. '=' .. entry[2][2]
            end
            return all";
        let keys = vec![self.key("told")];
        let told = self
            .redis
            .eval::<Vec<String>, _, _, _>(source, keys, Vec::<String>::new())
            .await;
        told.expect("entries")
    }

    pub async fn call(&self, script: &str, args: &[&str]) -> Result<Vec<Value>, String> {
        let path = format!("{}/lua/{script}.lua", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(path).expect("a script");
        let keys: Vec<String> = nouns_of(&source).map(|noun| self.key(noun)).collect();
        let answer = self
            .redis
            .eval::<Value, _, _, _>(source.clone(), keys, words(args))
            .await;
        answer
            .map(Value::into_array)
            .map_err(|error| error.to_string())
    }
}

/// The nouns of a script's keys, as its header declares them: `-- KEYS[1] seats, KEYS[2] holds`.
fn nouns_of(source: &str) -> impl Iterator<Item = &str> {
    let header = source.lines().filter(|line| line.starts_with("-- KEYS["));
    let keys = header.flat_map(|line| line.split("KEYS[").skip(1));
    keys.filter_map(|key| key.split([' ', ',']).nth(1))
}

fn records() -> [(&'static str, &'static str); 6] {
    [
        ("held|ana|1060000|900000|0|30000|||3:50,4:50", "1060000"),
        ("held|ana|999999|900000|0|30000|||5:50", "999999"),
        ("held|ben|1000000|900000|0|30000|||10:50", "1000000"),
        (
            "confirming|ben|1060000|900000|990000|30000||aaaaaaaa |6:50,7:50",
            "1020000",
        ),
        (
            "confirmed|ben|1060000|900000|950000|30000|||8:50",
            "2000000",
        ),
        ("released|ben|1060000|900000|950000|30000|||0:50", "980000"),
    ]
}

pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
