//! `holdfast audit` beside a service under load, and when something is wrong.

use std::thread;

use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::bench::Stage;
use crate::support::run;

fn change(stage: &Stage, statement: &'static str) -> u64 {
    let url = stage.stores.postgres.url();
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut database = PgConnection::connect(&url).await.expect("a connection");
        let done = sqlx::query(statement).execute(&mut database).await;
        done.expect("the statement works").rows_affected()
    })
}

#[test]
fn a_sale_under_way_gives_no_alarm_and_a_breach_is_named_with_exit_code_1() {
    let stage = Stage::new("audit");
    let mut mixed = stage.bench(&["mixed", "--seconds", "8", "--rate", "60"]);
    let mut waitlist = stage.bench(&["waitlist", "--seconds", "5", "--buyers", "30"]);
    waitlist.args(["--rate", "10"]);
    let loads = [&mut mixed, &mut waitlist].map(|load| {
        let mut load = std::mem::replace(load, stage.command(&[]));
        thread::spawn(move || run(&mut load))
    });
    let mut n_audits = 0;
    while !loads.iter().all(thread::JoinHandle::is_finished) {
        let (code, output) = run(&mut stage.command(&["audit"]));
        assert_eq!(code, Some(0), "{output}");
        assert!(output.contains("0 breaches"), "{output}");
        n_audits += 1;
    }
    for load in loads {
        let (code, output) = load.join().expect("no panic");
        assert_eq!(code, Some(0), "{output}");
    }
    assert!(n_audits > 1, "{n_audits} audits");

    let n_changed = change(&stage, "UPDATE bookings SET total = total + 1");
    let (code, output) = run(&mut stage.command(&["audit", "--repair"]));

    assert_eq!(code, Some(1), "{output}");
    let rule = "I4: a booking's seats cost together what was paid; event ";
    assert!(n_changed > 0 && output.contains(rule), "{output}");
}
