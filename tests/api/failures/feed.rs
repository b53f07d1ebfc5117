//! Messages are lost, viewers are slow, and all come at once.

use std::collections::BTreeSet;
use std::time::Duration;

use fred::interfaces::{LuaInterface, PubsubInterface};
use futures::future::join_all;
use sqlx::PgPool;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::until;
use crate::support::{PrivateRedis, Proxy, Sale, TestApp, noon, redis_url};

fn key(sale: &Sale, noun: &str) -> String {
    format!("holdfast:{{{}}}:{noun}", sale.event_id)
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f31_a_map_is_right_although_one_message_in_a_hundred_is_lost(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let deaf = TestApp::start_with(&db, &proxy.url, noon()).await;
    let app = deaf.start_sibling().await;
    let sale = app.on_sale(4, 100).await;
    let mut viewer = deaf.stranger().watch(&sale).await;
    viewer.next().await.expect("a snapshot");

    proxy.lose_messages(100);
    for index in 0..400 {
        app.write_seat(&sale, index, "w").await;
    }
    viewer.until(&"x".repeat(400)).await;

    assert!(proxy.n_messages_lost() >= 4, "{}", proxy.n_messages_lost());
    assert_eq!(viewer.n_snapshots, 1, "what was missed is told as changes");
    assert_eq!(sale.owner.at(&deaf).states_of(&sale).await, "x".repeat(400));
    app.stop().await;
    deaf.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f31_a_lost_message_that_no_other_follows_is_found(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let deaf = TestApp::start_with(&db, &proxy.url, noon()).await;
    let app = deaf.start_sibling().await;
    let sale = app.on_sale(1, 4).await;
    let mut viewer = deaf.stranger().watch(&sale).await;
    viewer.until("....").await;

    proxy.lose_messages(1);
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);

    viewer.until(".h..").await;
    assert_eq!(proxy.n_messages_lost(), 1);
    app.stop().await;
    deaf.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f31_a_map_is_right_although_its_connection_is_killed_again_and_again(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 60).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.next().await.expect("a snapshot");

    for index in 0..60 {
        app.write_seat(&sale, index, "w").await;
        if index % 10 == 5 {
            let killed = redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
            assert_ne!(killed.trim(), "", "a Redis");
        }
    }

    viewer.until(&"x".repeat(60)).await;
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f31_what_nobody_should_have_published_does_no_harm(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.until("....").await;
    let (epoch, revision) = viewer.position;

    for garbage in [
        String::new(),
        "\u{0}\u{1}".to_owned(),
        "[]".to_owned(),
        r#"{"epoch":1}"#.to_owned(),
        r#"{"epoch":"1","revision":{},"changes":[]}"#.to_owned(),
        format!(
            r#"{{"epoch":{epoch},"revision":{},"changes":{{"?":[1]}}}}"#,
            revision + 1
        ),
        format!(
            r#"{{"epoch":{epoch},"revision":{},"changes":{{"h":[4]}}}}"#,
            revision + 1
        ),
        format!(
            r#"{{"epoch":{epoch},"revision":{},"changes":{{"h":[0]}}}}"#,
            revision + 5
        ),
        format!(r#"{{"epoch":{},"revision":0,"changes":{{}}}}"#, epoch + 1),
        format!(
            r#"{{"epoch":{},"revision":9,"changes":{{"h":[0]}}}}"#,
            epoch - 1
        ),
    ] {
        let channel = key(&sale, "changes");
        let redis = app.ctx.redis.next();
        let n_heard: i64 = redis.spublish(channel, garbage).await.expect("a Redis");
        assert_eq!(n_heard, 1);
    }
    app.guest().place(&sale, &["S-A-2"]).await.expect(201);

    viewer.until(".h..").await;
    assert_eq!(viewer.n_snapshots, 1);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f32_a_viewer_goes_on_at_another_instance_when_theirs_is_gone(db: PgPool) {
    let app = TestApp::start(db).await;
    let sale = app.on_sale(1, 4).await;
    let first = app.start_sibling().await;
    let ana = app.guest();
    let mut elsewhere = ana.watch(&sale).await;
    let mut viewer = ana.at(&first).watch(&sale).await;
    viewer.until("....").await;
    ana.place(&sale, &["S-A-1"]).await.expect(201);
    viewer.until("h...").await;
    elsewhere.until("h...").await;

    first.stop().await;
    let id = viewer.id();
    ana.place(&sale, &["S-A-2"]).await.expect(201);
    elsewhere.until("hh..").await;
    let back = ana.watch_with(&sale, &[("Last-Event-ID", &id)]).await;
    let mut back = back.knowing(&viewer);
    back.until("hh..").await;
    app.lose_board(&sale).await;
    ana.place(&sale, &["S-A-3"]).await.expect(201);
    let later = ana
        .watch_with(&sale, &[("Last-Event-ID", &back.id())])
        .await;
    let mut later = later.knowing(&back);
    later.until("..h.").await;

    assert_eq!(back.n_snapshots, 0, "the changes were remembered");
    assert!(
        later.n_snapshots > 0,
        "nothing continues from another epoch"
    );
    app.finish().await;
}

/// Turns all seats of a large house over, in one step.
async fn turn_over(app: &TestApp, sale: &Sale, byte: &str) {
    let script = "local n = redis.call('STRLEN', KEYS[1])
        redis.call('SET', KEYS[1], ARGV[1]:rep(n))
        local indexes = {}
        for index = 0, n - 1 do indexes[index + 1] = index end
        local epoch = redis.call('HGET', KEYS[2], 'epoch')
        local revision = redis.call('HINCRBY', KEYS[2], 'revision', 1)
        redis.call('SPUBLISH', KEYS[3],
          ('{\"epoch\":%d,\"revision\":%d,\"changes\":{\"%s\":[%s]}}')
          :format(epoch, revision, ARGV[1], table.concat(indexes, ',')))
        return revision";
    let keys = ["seats", "meta", "changes"].map(|noun| key(sale, noun));
    let redis = app.ctx.redis.next();
    let args = vec![byte.to_owned()];
    let _: i64 = redis
        .eval(script, keys.to_vec(), args)
        .await
        .expect("Redis");
}

/// Somebody whose computer takes in a few bytes and no more.
async fn slow_viewer(app: &TestApp, sale: &Sale) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream = socket.connect(app.address).await.expect("a connection");
    let path = sale.path("/live");
    let request = format!("GET {path} HTTP/1.1\r\nHost: holdfast\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a request");
    stream
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f33_a_slow_viewer_is_told_everything_anew_instead_of_everything(db: PgPool) {
    let app = TestApp::start_set(&db, &[("HOLDFAST_WRITE_TIMEOUT_SECONDS", "600")]).await;
    let sale = app.on_sale(20, 250).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.next().await.expect("a snapshot");
    let mut slow = slow_viewer(&app, &sale).await;
    slow.readable().await.expect("an answer");

    for n in 0..50 {
        turn_over(&app, &sale, [".", "w"][n % 2]).await;
        viewer.next().await.expect("changes");
    }
    turn_over(&app, &sale, "w").await;
    viewer.until(&"x".repeat(5_000)).await;
    let text = read_until(&mut slow, &format!("id: {}\n", viewer.id())).await;

    let n_snapshots = text.matches("event: snapshot").count();
    assert!(n_snapshots >= 2, "{n_snapshots} snapshots");
    assert!(
        text.len() * 2 < viewer.n_bytes(),
        "{} bytes of {} were kept for the slow one",
        text.len(),
        viewer.n_bytes()
    );
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f33_who_accepts_nothing_at_all_is_cut_off(db: PgPool) {
    let app = TestApp::start_set(&db, &[("HOLDFAST_WRITE_TIMEOUT_SECONDS", "1")]).await;
    let sale = app.on_sale(20, 250).await;
    let mut viewer = app.stranger().watch(&sale).await;
    viewer.next().await.expect("a snapshot");
    let mut slow = slow_viewer(&app, &sale).await;
    slow.readable().await.expect("an answer");

    for n in 0..40 {
        turn_over(&app, &sale, [".", "w"][n % 2]).await;
        viewer.next().await.expect("changes");
    }
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), slow.read_to_end(&mut rest)).await;

    assert!(ended.is_ok(), "the connection is still open");
    app.finish().await;
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let reading = async {
        let mut searched = 0;
        while !String::from_utf8_lossy(&bytes[searched..]).contains(end) {
            searched = bytes.len().saturating_sub(end.len());
            let n_read = stream.read(&mut buffer).await.expect("a stream");
            assert!(n_read > 0, "the stream ended");
            bytes.extend_from_slice(&buffer[..n_read]);
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(20), reading).await;
    assert!(read.is_ok(), "waited in vain for {end}");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn n_scripts(redis: &PrivateRedis) -> u64 {
    let stats = redis.command(&["INFO", "commandstats"]);
    let calls = stats.lines().filter_map(|line| {
        let rest = line
            .strip_prefix("cmdstat_evalsha:calls=")
            .or_else(|| line.strip_prefix("cmdstat_eval:calls="))?;
        rest.split(',').next()?.parse::<u64>().ok()
    });
    calls.sum()
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f34_a_crowd_that_comes_at_once_costs_one_look_at_the_board(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 4).await;
    app.guest().place(&sale, &["S-A-1"]).await.expect(201);
    // The connection that hears channels, and the script that reads a board, are there already.
    let other = app.on_sale(1, 4).await;
    other.states().await;
    let before = n_scripts(&redis);

    let nobody = app.stranger();
    let readers = join_all((0..100).map(|_| nobody.states_of(&sale)));
    let viewers = join_all((0..100).map(|_| async {
        let mut viewer = nobody.watch(&sale).await;
        viewer.until("h...").await;
        viewer.retry()
    }));
    let (states, retries) = tokio::join!(readers, viewers);

    assert!(states.iter().all(|states| states == "h..."));
    let retries: BTreeSet<u64> = retries.into_iter().collect();
    assert!(retries.len() > 50, "they come back together: {retries:?}");
    let n_looks = n_scripts(&redis) - before;
    assert_eq!(n_looks, 1, "scripts for 200 people");
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn f34_reading_what_has_not_changed_costs_redis_nothing(db: PgPool) {
    let redis = PrivateRedis::start().await;
    let app = TestApp::start_with(&db, &redis.url(), noon()).await;
    let sale = app.on_sale(1, 4).await;
    let first = sale
        .owner
        .get(&sale.path("/availability"))
        .await
        .expect(200);
    let before = n_scripts(&redis);

    for _ in 0..50 {
        let request = app
            .stranger()
            .request(reqwest::Method::GET, &sale.path("/availability"));
        let request = request.header("If-None-Match", first.header("etag"));
        app.stranger().send(request).await.expect(304);
        sale.counts().await;
    }

    assert_eq!(n_scripts(&redis), before);
    app.finish().await;
}

#[sqlx::test(migrator = "holdfast::postgres::MIGRATIONS")]
async fn a_copy_of_unknown_age_is_not_answered_from(db: PgPool) {
    let proxy = Proxy::start(&redis_url()).await;
    let app = TestApp::start_with(&db, &proxy.url, noon()).await;
    let sale = app.on_sale(1, 4).await;
    assert_eq!(sale.states().await, "....");

    proxy.set(crate::support::Fault::Cut);
    until("it is known that the channel is down", async || {
        let answer = sale.owner.get(&sale.path("/availability")).await;
        answer.status == 503
    })
    .await;
    proxy.set(crate::support::Fault::None);
    until("the channel is back", async || {
        sale.owner.get(&sale.path("/availability")).await.status == 200
    })
    .await;
    app.finish().await;
}
