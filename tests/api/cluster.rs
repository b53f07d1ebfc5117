//! The service on a Redis Cluster of three masters: events live on different nodes (F29).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Caller, PrivateCluster, PrivateRedis, Sale, TestApp, noon};

fn node_of<'a>(cluster: &'a PrivateCluster, sale: &Sale) -> &'a PrivateRedis {
    cluster.node_of(&format!("holdfast:{{{}}}:meta", sale.event_id))
}

/// Events until every node has one.
async fn sales_on_every_node(app: &TestApp, cluster: &PrivateCluster) -> Vec<Sale> {
    let (mut sales, mut ports) = (Vec::new(), BTreeSet::new());
    while ports.len() < cluster.nodes.len() {
        let sale = app.on_sale(1, 8).await;
        if ports.insert(node_of(cluster, &sale).port) {
            sales.push(sale);
        }
    }
    sales
}

async fn block(sale: &Sale, method: Method, seat: &str) {
    let request = sale.owner.request(method.clone(), &sale.path("/blocks"));
    let body = if method == Method::POST {
        json!({"seats": [seat], "reason": "repairs"})
    } else {
        json!({"seats": [seat]})
    };
    sale.owner.send(request.json(&body)).await.expect(204);
}

/// Every verb of a sale, on seats 1 to 4; the last two hold what the caller of this goes on with.
async fn sell(app: &TestApp, sale: &Sale, ana: &Caller, ben: &Caller) {
    let hold = ana.place(sale, &["S-A-1", "S-A-2"]).await.expect(201);
    let refused = ben.place(sale, &["S-A-2", "S-A-3"]).await;
    let refused = refused.expect_problem(409, "seats_unavailable");
    assert_eq!(
        refused["conflicts"],
        json!([{"seat": "S-A-2", "reason": "held"}])
    );
    ana.change(sale, &hold, &["S-A-3"], &["S-A-1"])
        .await
        .expect(200);
    app.ctx.clock.advance(TimeDelta::seconds(60));
    ana.extend(sale, &hold).await.expect(200);
    assert_eq!(sale.states().await, ".hh.....");

    let booking = ana.confirm(sale, &hold).await.expect(201);
    assert_eq!(sale.states().await, ".bb.....");
    ana.cancel_seats(&booking, &["S-A-3"]).await.expect(200);
    assert_eq!(sale.states().await, ".b......");

    let hold = ben.place(sale, &["S-A-4"]).await.expect(201);
    ben.release(sale, &hold).await.expect(204);
    let hold = ben.place(sale, &["S-A-4"]).await.expect(201);
    app.ctx.clock.advance(TimeDelta::seconds(600));
    app.run_jobs().await;
    ben.confirm(sale, &hold)
        .await
        .expect_problem(410, "hold_expired");

    block(sale, Method::POST, "S-A-8").await;
    assert_eq!(sale.states().await, ".b.....x");
    block(sale, Method::DELETE, "S-A-8").await;
    assert_eq!(sale.states().await, ".b......");
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_whole_sale_works_on_every_node_of_a_cluster(db: PgPool) {
    let cluster = PrivateCluster::start().await;
    let app = TestApp::start_with(&db, &cluster.url(), noon()).await;
    let (ana, ben) = (app.guest(), app.guest());

    for sale in sales_on_every_node(&app, &cluster).await {
        sell(&app, &sale, &ana, &ben).await;
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_node_of_a_cluster_that_forgets_is_told_again(db: PgPool) {
    let cluster = PrivateCluster::start().await;
    let app = TestApp::start_with(&db, &cluster.url(), noon()).await;
    let ana = app.guest();

    for sale in sales_on_every_node(&app, &cluster).await {
        let node = node_of(&cluster, &sale);
        ana.book(&sale, &["S-A-1"]).await;
        let hold = ana.place(&sale, &["S-A-2"]).await.expect(201);

        // Its scripts, then everything that it has.
        node.command(&["SCRIPT", "FLUSH"]);
        ana.extend(&sale, &hold).await.expect(200);
        node.command(&["FLUSHALL"]);
        ana.place(&sale, &["S-A-1"])
            .await
            .expect_problem(409, "seats_unavailable");
        ana.confirm_by_token(&sale, &hold).await.expect(201);
        assert_eq!(sale.states().await, "bb......");
    }

    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_slot_that_moves_to_another_node_takes_its_sale_along(db: PgPool) {
    let cluster = PrivateCluster::start().await;
    let app = TestApp::start_with(&db, &cluster.url(), noon()).await;
    let sale = app.on_sale(1, 8).await;
    let ana = app.guest();
    let hold = ana.place(&sale, &["S-A-1"]).await.expect(201);

    let from = node_of(&cluster, &sale);
    let to = cluster.nodes.iter().find(|node| node.port != from.port);
    cluster.move_slot(
        &format!("{{{}}}", sale.event_id),
        from,
        to.expect("another node"),
    );

    assert_ne!(node_of(&cluster, &sale).port, from.port);
    ana.extend(&sale, &hold).await.expect(200);
    ana.confirm(&sale, &hold).await.expect(201);
    assert_eq!(sale.states().await, "b.......");
    app.finish().await;
}
