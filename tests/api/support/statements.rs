//! What the service asks of PostgreSQL, and how long that takes.

use std::fmt::Debug;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::PgPool;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Each statement with its time, waiting and reading of its rows included.
pub type Statements = Vec<(String, Duration)>;

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Statements>>);

#[derive(Default)]
struct Statement {
    summary: String,
    seconds: f64,
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl<S: Subscriber> Layer<S> for Recorder {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            let time = Duration::from_secs_f64(statement.seconds);
            let mut all = self.0.lock().expect("no recorder panics");
            all.push((statement.summary, time));
        }
    }
}

/// The statements that are run on this thread while something is done.
pub async fn record(work: impl Future<Output = ()>) -> Statements {
    let recorder = Recorder::default();
    let subscriber = tracing_subscriber::registry().with(recorder.clone());
    let recording = tracing::subscriber::set_default(subscriber);
    work.await;
    drop(recording);
    recorder.0.lock().expect("no recorder panics").clone()
}

/// How long the server's processes for this database have been at work: what others do on the
/// machine does not count. `None` where the server runs elsewhere.
pub async fn database_time(db: &PgPool) -> Option<Duration> {
    let pids = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'";
    let pids: Vec<i32> = sqlx::query_scalar(pids).fetch_all(db).await.ok()?;
    let times = pids.iter().map(|pid| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    let nanoseconds: Option<u64> = times.sum();
    nanoseconds.map(Duration::from_nanos)
}
