//! Each mail arrives, whatever the server does (F42).

use std::collections::HashSet;

use chrono::TimeDelta;
use sqlx::PgPool;

use super::{start, states};
use crate::support::Manner;

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_mail_that_is_put_off_comes_later_under_the_same_id(db: PgPool) {
    let (app, server) = start(&db).await;
    let sale = app.on_sale(1, 2).await;
    let put_off = [
        Manner::Refuses("451 later"),
        Manner::DiesBeforeAnswer,
        Manner::Refuses("421 closing"),
    ];
    server.will("ana@example.org", &put_off);
    app.guest().book(&sale, &["S-A-1"]).await;

    for _ in 0..4 {
        app.run_jobs().await;
        app.ctx.clock.advance(TimeDelta::minutes(1));
    }

    let ids: HashSet<String> = server.counts().into_keys().collect();
    assert_eq!(server.received().len(), 2, "one of them unanswered");
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(states(&app).await, ["sent"]);
    app.finish().await;
}
