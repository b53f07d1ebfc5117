//! Private stores as other tests use them: killed, started again, with settings, as a cluster.

use std::collections::BTreeSet;

use holdfast::private_stores::{PrivatePostgres, PrivateRedis, StoresError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::ports::free_port;
use crate::support::{Running, holdfast, launcher, stores_of, wait_until};

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), signal).expect("it runs");
}

#[test]
fn a_killed_postgres_starts_again_with_its_data() {
    use sqlx::{Connection, PgConnection};
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut postgres = PrivatePostgres::start_throwaway(launcher()).expect("PostgreSQL");
    let url = postgres.url();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&url).await.expect("a connection");
        let statement = "CREATE TABLE kept AS SELECT 42::int8 AS n";
        sqlx::query(statement)
            .execute(&mut connection)
            .await
            .expect("a table");
    });

    signal(postgres.pid(), Signal::SIGKILL);
    postgres.restart().expect("PostgreSQL starts again");

    let n: i64 = runtime.block_on(async {
        let mut connection = PgConnection::connect(&url).await.expect("the same address");
        sqlx::query_scalar("SELECT n FROM kept")
            .fetch_one(&mut connection)
            .await
            .expect("a row")
    });
    assert_eq!(n, 42);
}

#[test]
fn a_throw_away_redis_forgets_when_it_is_killed() {
    let mut redis = PrivateRedis::start_throwaway(launcher(), &[]).expect("Redis");
    redis.ask("SET seat held").expect("an answer");

    signal(redis.pid(), Signal::SIGKILL);
    redis.restart().expect("Redis starts again");

    assert_eq!(redis.ask("EXISTS seat").expect("an answer"), "0");
}

#[test]
fn a_stopped_store_can_still_be_ended() {
    let redis = PrivateRedis::start_throwaway(launcher(), &[]).expect("Redis");
    let pid = redis.pid();

    signal(pid, Signal::SIGSTOP);
    redis.stop();

    assert!(kill(Pid::from_raw(pid.cast_signed()), None).is_err());
}

#[test]
fn settings_reach_redis_and_a_wrong_one_is_shown_as_redis_says_it() {
    let redis = PrivateRedis::start_throwaway(launcher(), &["--maxmemory", "2mb"]).expect("Redis");
    let wrong = PrivateRedis::start_throwaway(launcher(), &["--no-such-setting", "1"]);

    let memory = redis.ask("INFO memory").expect("an answer");
    assert!(memory.contains("maxmemory:2097152"), "{memory}");
    assert!(memory.contains("maxmemory_policy:noeviction"), "{memory}");
    let error = wrong.err().expect("it does not start");
    assert!(matches!(error, StoresError::DidNotStart { .. }), "{error}");
    assert!(error.to_string().contains("no-such-setting"), "{error}");
}

#[test]
fn three_of_them_make_a_cluster() {
    let ports = [(); 3].map(|()| (free_port(), free_port()));
    let nodes: Vec<PrivateRedis> = ports.iter().map(|(port, bus)| node(*port, *bus)).collect();
    let slots = ["0 5460", "5461 10922", "10923 16383"];
    for ((node, slots), epoch) in nodes.iter().zip(slots).zip(1..) {
        node.ask(&format!("CLUSTER ADDSLOTSRANGE {slots}"))
            .expect("slots");
        node.ask(&format!("CLUSTER SET-CONFIG-EPOCH {epoch}"))
            .expect("an epoch");
    }
    for (port, bus) in &ports[1..] {
        nodes[0]
            .ask(&format!("CLUSTER MEET 127.0.0.1 {port} {bus}"))
            .expect("a meeting");
    }

    wait_until("every node knows the others", || {
        nodes.iter().all(|node| {
            let about = node.ask("CLUSTER INFO").expect("an answer");
            about.contains("cluster_state:ok") && about.contains("cluster_known_nodes:3")
        })
    });
}

fn node(port: u16, bus: u16) -> PrivateRedis {
    let bus = bus.to_string();
    let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus];
    PrivateRedis::start_on_port(port, launcher(), &settings).expect("a node")
}

/// Ends when the process that started it does.
const WAIT: &str = "exec tail --pid=$PPID -f /dev/null";

#[test]
fn the_next_one_sweeps_up_what_a_killed_process_left() {
    let mut killed = Running::start(&mut holdfast(&["with-stores", "--", "sh", "-c", WAIT]));
    wait_until("its stores run", || stores_of(killed.pid()).len() == 2);
    let left = folders_of(killed.pid());
    killed.signal(Signal::SIGKILL);
    killed.wait();
    wait_until("its stores end", || stores_of(killed.pid()).is_empty());

    // Each sweeps the place where it has its data: memory and disk, or the disk alone.
    let redis = PrivateRedis::start_throwaway(launcher(), &[]).expect("Redis");
    let postgres = PrivatePostgres::start_throwaway(launcher()).expect("PostgreSQL");

    assert_eq!(left.len(), 2);
    assert_eq!(folders_of(killed.pid()), [""; 0]);
    redis.stop();
    postgres.stop();
}

/// The temporary folders that a process made.
fn folders_of(pid: u32) -> Vec<String> {
    let mark = format!("holdfast-{pid}-");
    let places = BTreeSet::from([std::env::temp_dir(), "/dev/shm".into()]);
    let entries = places
        .iter()
        .filter_map(|place| std::fs::read_dir(place).ok());
    let names = entries
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&mark)).collect()
}
