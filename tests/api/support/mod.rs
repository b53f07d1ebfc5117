//! A running service, callers, and what they need to begin with.

mod answer;
mod app;
mod authority;
mod belongings;
mod board;
mod caller;
mod database;
pub mod document;
mod fixtures;
mod invariants;
mod losses;
mod mail_server;
pub mod mime;
mod owner;
mod private_redis;
mod proxy;
mod sale;
mod viewer;
mod webhook_receiver;

pub use answer::Answer;
pub use app::{TestApp, config, noon, redis_url};
pub use authority::Authority;
pub use belongings::Belongings;
pub use caller::Caller;
pub use database::database_time;
pub use mail_server::{MailServer, Manner, Received, Security};
pub use private_redis::{PrivateCluster, PrivateRedis};
pub use proxy::{Fault, Proxy};
pub use sale::Sale;
pub use viewer::Viewer;
pub use webhook_receiver::{Reply, Webhook, WebhookReceiver};
