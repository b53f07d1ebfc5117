//! A Redis of the test's own: to fill up, to make forget, or three of them as a cluster.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::ports::free_port;

/// Limit: how long a server, or a cluster, may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// Ends with its folder when it is dropped.
pub struct PrivateRedis {
    pub port: u16,
    folder: PathBuf,
    server: Child,
}

impl PrivateRedis {
    pub async fn start() -> Self {
        Self::start_set(&[]).await
    }

    async fn start_set(settings: &[&str]) -> Self {
        let port = free_port();
        let name = format!("holdfast-redis-{}-{port}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).expect("a folder");
        let server = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &port.to_string()])
            .arg("--dir")
            .arg(&folder)
            .args(settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let redis = Self {
            port,
            folder,
            server,
        };
        redis.wait_for(&["PING"], "PONG").await;
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What `redis-cli` answers.
    pub fn command(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(words)
            .output()
            .expect("redis-cli runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn wait_for(&self, words: &[&str], expected: &str) {
        let begun = Instant::now();
        while !self.command(words).contains(expected) {
            assert!(begun.elapsed() < READY_WITHIN, "no {expected} to {words:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// Three masters that share the slots.
pub struct PrivateCluster {
    pub nodes: Vec<PrivateRedis>,
}

impl PrivateCluster {
    pub async fn start() -> Self {
        let mut nodes = Vec::new();
        for _ in 0..3 {
            let bus = free_port().to_string();
            let settings = ["--cluster-enabled", "yes", "--cluster-port", &bus];
            nodes.push(PrivateRedis::start_set(&settings).await);
        }
        let addresses = nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let created = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "0", "--cluster-yes"])
            .output()
            .expect("redis-cli runs");
        assert!(created.status.success(), "{created:?}");
        for node in &nodes {
            node.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok")
                .await;
            node.wait_for(&["CLUSTER", "INFO"], "cluster_known_nodes:3")
                .await;
        }
        Self { nodes }
    }

    pub fn url(&self) -> String {
        format!("redis-cluster://127.0.0.1:{}", self.nodes[0].port)
    }

    /// The node that has the key.
    pub fn node_of(&self, key: &str) -> &PrivateRedis {
        let has_it = |node: &&PrivateRedis| !node.command(&["EXISTS", key]).contains("MOVED");
        self.nodes
            .iter()
            .find(has_it)
            .expect("a node for every slot")
    }

    /// Moves a key's slot, with all that is in it.
    pub fn move_slot(&self, key: &str, from: &PrivateRedis, to: &PrivateRedis) {
        let slot = from.command(&["CLUSTER", "KEYSLOT", key]).trim().to_owned();
        let id_of = |node: &PrivateRedis| node.command(&["CLUSTER", "MYID"]).trim().to_owned();
        let (from_id, to_id) = (id_of(from), id_of(to));
        to.command(&["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
        from.command(&["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
        let keys = from.command(&["CLUSTER", "GETKEYSINSLOT", &slot, "100"]);
        let port = to.port.to_string();
        let mut migrate = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
        migrate.extend(keys.split_whitespace());
        assert_eq!(from.command(&migrate).trim(), "OK");
        // The new owner first: it must not be told by the others that it has no such slot.
        for node in std::iter::once(to).chain(&self.nodes) {
            node.command(&["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
        }
    }
}
