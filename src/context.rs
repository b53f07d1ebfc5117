//! What every action needs: stores, clock, ids, settings. Cheap to clone; the state of every route.

use std::any::{Any, TypeId};
use std::ops::Deref;
use std::sync::{Arc, PoisonError, RwLock};

use foldhash::HashMap;
use fred::clients::Pool;
use secrecy::ExposeSecret;
use sqlx::PgPool;

use crate::channels::Channels;
use crate::clock::Clock;
use crate::config::Config;
use crate::id::Ids;
use crate::lanes::Lanes;
use crate::tasks::Tasks;
use crate::{postgres, redis};

#[derive(Clone)]
pub struct Context(Arc<Parts>);

pub struct Parts {
    pub config: Config,
    /// For everything but confirming.
    pub db: PgPool,
    /// For confirms only, so that nothing else can keep a buyer waiting (F49).
    pub confirm_db: PgPool,
    pub redis: Pool,
    /// None where no connections are served, or all on one runtime.
    pub lanes: Lanes,
    pub channels: Channels,
    pub clock: Clock,
    pub ids: Ids,
    pub tasks: Tasks,
    memory: RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Context {
    /// Connects to the stores in the background: the service starts while they are away.
    pub fn new(config: Config, clock: Clock, ids: Ids) -> anyhow::Result<Self> {
        Self::with_lanes(config, clock, ids, Lanes::default())
    }

    /// As [`Context::new`]; each lane has a connection to Redis.
    pub fn with_lanes(
        config: Config,
        clock: Clock,
        ids: Ids,
        lanes: Lanes,
    ) -> anyhow::Result<Self> {
        let database_url = config.database_url.expose_secret();
        let n_redis = config.n_redis_connections.max(lanes.len());
        let redis = redis::pool(config.redis_url.expose_secret(), n_redis)?;
        redis::connect(&redis, &lanes);
        Ok(Self(Arc::new(Parts {
            db: postgres::pool(database_url, config.n_database_connections_max)?,
            confirm_db: postgres::pool(database_url, config.n_confirm_connections)?,
            channels: Channels::new(config.redis_url.expose_secret())?,
            redis,
            lanes,
            clock,
            ids,
            tasks: Tasks::default(),
            memory: RwLock::default(),
            config,
        })))
    }

    /// A domain's own in-memory state, one per process, made on first use: a cache, a queue.
    pub fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let key = TypeId::of::<T>();
        let read = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let known = read.get(&key).cloned();
        drop(read);
        let any = known.unwrap_or_else(|| {
            let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
            memory
                .entry(key)
                .or_insert_with(|| Arc::new(T::default()))
                .clone()
        });
        // Invariant: the entry under T's TypeId is a T.
        any.downcast().unwrap_or_default()
    }
}

impl Deref for Context {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
