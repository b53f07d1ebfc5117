//! What the service costs PostgreSQL.

use std::time::Duration;

use sqlx::PgPool;

/// How long the server's processes for this database have been at work: what others do on the
/// machine does not count. The server runs on this machine, as `holdfast with-stores` starts it.
pub async fn database_time(db: &PgPool) -> Duration {
    let pids = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend'";
    let pids: Vec<i32> = sqlx::query_scalar(pids)
        .fetch_all(db)
        .await
        .expect("the server's processes");
    let times = pids.iter().map(|pid| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("Linux");
        let time = text.split(' ').next().and_then(|time| time.parse().ok());
        Duration::from_nanos(time.expect("nanoseconds"))
    });
    times.sum()
}
