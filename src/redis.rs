//! Redis: how the service connects to it, and which errors mean that it is away.
//!
//! fred's defaults wait for ever and never reconnect; everything here is set by hand.

use std::time::Duration;

use fred::clients::{Client, Pool, SubscriberClient, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::ClientLike;
use fred::types::config::{Config, Options, ReconnectPolicy, TcpConfig};
use fred::types::scripts::Script;
use fred::types::{Builder, ClusterHash, CustomCommand, Value};
use fred::util::redis_keyslot;
use futures::FutureExt;
use tokio::runtime::Handle;

use crate::lanes::{self, Lanes};

/// Limit: a command that has not been answered by then counts as lost. It may still be applied:
/// every script is idempotent.
pub const COMMAND_TIMEOUT: Duration = Duration::from_millis(1_000);

/// Limit: messages of all channels that wait to be taken up.
const MESSAGES_WAITING_MAX: usize = 16_384;

/// Limit: how often a command follows its slot from node to node.
const REDIRECTIONS_MAX: u32 = 3;

/// A pool of multiplexed, pipelining connections. Connects in the background for ever, so that the
/// service starts while Redis is away.
pub fn pool(url: &str, n_connections: usize) -> Result<Pool, Error> {
    builder(url)?.build_pool(n_connections)
}

/// Connects in the background: each connection is kept by a lane, where there are lanes.
pub fn connect(pool: &Pool, lanes: &Lanes) {
    for (nth, client) in pool.clients().iter().enumerate() {
        let _on_lane = lanes.handle(nth).map(Handle::enter);
        client.connect();
    }
}

/// Limit: how long a program that does one thing waits for Redis before it does it.
const CONNECTING_MAX: Duration = Duration::from_secs(5);

/// Waits until all of the pool is connected.
pub async fn wait_until_connected(pool: &Pool) -> Result<(), Error> {
    let connected = tokio::time::timeout(CONNECTING_MAX, pool.wait_for_connect());
    connected.await.unwrap_or_else(|_| Err(not_connected()))
}

/// A connection that hears channels; connects when it is told to.
pub fn subscriber(url: &str) -> Result<SubscriberClient, Error> {
    builder(url)?
        .with_performance_config(|performance| {
            performance.broadcast_channel_capacity = MESSAGES_WAITING_MAX;
        })
        .build_subscriber_client()
}

fn builder(url: &str) -> Result<Builder, Error> {
    let mut config = Config::from_url(url)?;
    // Or a client whose first attempt to connect fails makes no other.
    config.fail_fast = false;
    let mut builder = Builder::from_config(config);
    builder
        .with_connection_config(|connection| {
            connection.connection_timeout = Duration::from_secs(2);
            connection.max_command_attempts = 1 + REDIRECTIONS_MAX;
            connection.unresponsive.max_timeout = Some(Duration::from_secs(5));
            connection.tcp = TcpConfig {
                nodelay: Some(true),
                ..TcpConfig::default()
            };
        })
        .with_performance_config(|performance| {
            performance.default_command_timeout = COMMAND_TIMEOUT;
        })
        .set_policy(ReconnectPolicy::new_exponential(0, 50, 1_000, 2));
    Ok(builder)
}

/// What a command meets that would have to wait for a connection.
pub fn not_connected() -> Error {
    Error::new(ErrorKind::IO, "not connected")
}

/// Whether the command failed because Redis cannot be reached or cannot serve now.
pub fn is_away(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::IO
        | ErrorKind::Timeout
        | ErrorKind::Canceled
        | ErrorKind::Backpressure
        | ErrorKind::Routing
        | ErrorKind::Cluster => true,
        _ => [
            "OOM",
            // It can write nothing to its disk, or has not enough replicas (F53).
            "MISCONF",
            "NOREPLICAS",
            "LOADING",
            "BUSY",
            "READONLY",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "TRYAGAIN",
            // fred's words for a slot that moved faster than the command could follow.
            "Too many failed write attempts",
        ]
        .iter()
        .any(|word| error.details().starts_with(word)),
    }
}

/// A client that is connected, if one is, and this lane's if that is; its commands fail at once
/// while there is no connection. They follow a slot that moves to another node of a cluster;
/// failing fast, they are never sent again after a lost connection.
pub fn client(pool: &Pool) -> WithOptions<Client> {
    let options = Options {
        fail_fast: true,
        timeout: Some(COMMAND_TIMEOUT),
        max_attempts: Some(1 + REDIRECTIONS_MAX),
        ..Options::default()
    };
    let own = lanes::current().and_then(|nth| pool.clients().get(nth));
    let mut clients = own
        .into_iter()
        .chain(pool.clients().iter().map(|_| pool.next()));
    let connected = clients.find(|client| client.is_connected());
    connected
        .unwrap_or_else(|| pool.next())
        .with_options(&options)
}

/// Runs a script; where Redis does not know it, sends it along, on the node that has the keys and
/// in one step, so that nothing can make Redis forget it in between (F28). Fails at once while
/// there is no connection.
///
/// The keys must be of one hash tag.
pub async fn run(
    pool: &Pool,
    script: &Script,
    keys: &[Value],
    args: &[Value],
) -> Result<Value, Error> {
    let client = client(pool);
    let answer = evaluate(&client, "EVALSHA", script.sha1().clone().into(), keys, args).await;
    match (answer, script.lua()) {
        (Err(error), Some(source)) if error.details().starts_with("NOSCRIPT") => {
            let source = source.clone().into();
            evaluate(&client, "EVAL", source, keys, args).boxed().await
        }
        (answer, _) => answer,
    }
}

/// A custom command: what fred knows as a script it writes to the socket by itself, and what it
/// does not know together with all that waits.
async fn evaluate(
    client: &WithOptions<Client>,
    verb: &'static str,
    script: Value,
    keys: &[Value],
    args: &[Value],
) -> Result<Value, Error> {
    let first = keys.first().and_then(Value::as_bytes);
    let slot = ClusterHash::Custom(first.map_or(0, redis_keyslot));
    let n_keys = Value::try_from(keys.len())?;
    let mut all = Vec::with_capacity(2 + keys.len() + args.len());
    all.extend([script, n_keys]);
    all.extend_from_slice(keys);
    all.extend_from_slice(args);
    let command = CustomCommand::new_static(verb, slot, false);
    // It is 8 kB, which would otherwise be moved once for each caller that waits for it.
    client.custom(command, all).boxed().await
}

/// Asks Redis whether it is there.
pub async fn ping(pool: &Pool) -> Result<(), Error> {
    pool.next().ping::<String>(None).await.map(|_| ())
}
