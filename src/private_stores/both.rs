//! PostgreSQL and Redis together.

use std::path::Path;
use std::thread;

use super::{PrivatePostgres, PrivateRedis, StoresError};

pub struct PrivateStores {
    pub postgres: PrivatePostgres,
    pub redis: PrivateRedis,
}

impl PrivateStores {
    /// Empty ones whose data goes with them. `launcher` is the `holdfast` program.
    pub fn start_throwaway(launcher: &Path) -> Result<Self, StoresError> {
        Self::start(
            || PrivatePostgres::start_throwaway(launcher),
            || PrivateRedis::start_throwaway(launcher, &[]),
        )
    }

    /// Empty ones whose data goes with them, and that write to the disk as in earnest.
    pub fn start_durable(launcher: &Path) -> Result<Self, StoresError> {
        Self::start(
            || PrivatePostgres::start_durable(launcher),
            || PrivateRedis::start_throwaway(launcher, &["--appendonly", "yes"]),
        )
    }

    /// The ones of that data folder, which is made when it does not exist.
    pub fn start_kept(launcher: &Path, home: &Path) -> Result<Self, StoresError> {
        Self::start(
            || PrivatePostgres::start_kept(launcher, home),
            || PrivateRedis::start_kept(launcher, home),
        )
    }

    /// Where their data lies.
    pub fn folder(&self) -> &Path {
        self.postgres.folder()
    }

    fn start(
        start_postgres: impl FnOnce() -> Result<PrivatePostgres, StoresError>,
        start_redis: impl FnOnce() -> Result<PrivateRedis, StoresError> + Send,
    ) -> Result<Self, StoresError> {
        thread::scope(|scope| {
            let redis = scope.spawn(start_redis);
            let postgres = start_postgres();
            let redis = redis
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(Self {
                postgres: postgres?,
                redis: redis?,
            })
        })
    }
}
