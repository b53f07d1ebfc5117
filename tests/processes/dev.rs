//! `holdfast dev`: everything with nothing set up.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;
use nix::unistd::geteuid;
use serde_json::Value;

use crate::support::{
    Folder, PROGRAM, Running, expect_ready, holdfast, is_deserted, run, stores_of, wait_until,
    with_no_settings,
};

#[test]
fn it_serves_says_where_to_look_and_ctrl_c_stops_everything() {
    let folder = Folder::new("serves");
    let data = folder.path("data");
    let mut dev = Running::start(holdfast(&["dev", "--data"]).arg(&data));

    let url = dev.url();
    expect_ready(&url);
    let output = dev.output();
    let events = get(&format!("{url}/v1/events?state=on_sale"));
    let session = sign_in(&url, &password_in(&output));
    // What PostgreSQL has just forked looks like one more.
    wait_until("it has two stores", || stores_of(dev.pid()).len() == 2);
    dev.signal(Signal::SIGINT);
    let status = dev.wait();

    for place in [
        &format!("{url}/admin"),
        &format!("{url}/docs"),
        "admin@example.org, password ",
        &*data.to_string_lossy(),
    ] {
        assert!(output.contains(place), "{place} is not in {output}");
    }
    assert_eq!(names_of(&events).len(), 3, "{events}");
    assert!(session.is_some());
    assert_eq!(status.code(), Some(0), "{}", dev.output());
    assert_eq!(stores_of(dev.pid()), [""; 0]);
    assert!(is_deserted(&data));
}

/// What somebody had stopped at its first start: an account and no events, or a draft.
#[test]
fn a_demonstration_that_was_not_finished_is_finished_at_the_next_start() {
    let folder = Folder::new("unfinished");
    let data = folder.path("data");
    let mut dev = Running::dev(&data);
    expect_ready(&dev.url());
    create_admin(dev.pid());
    let mut names = Vec::new();

    for _ in 0..3 {
        dev.signal(Signal::SIGTERM);
        assert_eq!(dev.wait().code(), Some(0), "{}", dev.output());
        dev = Running::start(holdfast(&["dev", "--data"]).arg(&data));
        let url = dev.url();
        expect_ready(&url);
        names.push(names_of(&get(&format!("{url}/v1/events?state=on_sale"))));
        let undone = "UPDATE events SET state = 'draft', opened_at = NULL WHERE name = 'Cup final'";
        execute(&data, dev.pid(), undone);
    }

    let all = [
        "A midsummer night's dream",
        "Cup final",
        "Late set: the Okafor trio",
    ];
    assert_eq!(names, [all; 3]);
    let url = dev.url();
    let token = sign_in(&url, "correct horse battery staple").expect("a token");
    let own = get_as(&token, &format!("{url}/v1/events"));
    assert_eq!(names_of(&own), all, "each is made once");
}

#[test]
fn a_killed_one_leaves_nothing_running_and_its_successor_goes_on_with_the_data() {
    let folder = Folder::new("killed");
    let data = folder.path("data");
    let mut first = Running::dev(&data);
    expect_ready(&first.url());
    let secret = fs::read(data.join("secret")).expect("a secret");
    execute(
        &data,
        first.pid(),
        "CREATE TABLE kept AS SELECT 'still here' AS word",
    );

    first.signal(Signal::SIGKILL);
    assert_eq!(first.wait().signal(), Some(9));
    let mut second = Running::dev(&data);
    expect_ready(&second.url());

    assert_eq!(stores_of(first.pid()), [""; 0]);
    assert_eq!(
        execute(&data, second.pid(), "SELECT word FROM kept"),
        "still here"
    );
    assert_eq!(fs::read(data.join("secret")).expect("a secret"), secret);
    second.signal(Signal::SIGTERM);
    assert_eq!(second.wait().code(), Some(0));
}

#[test]
fn what_a_killed_one_started_ends_by_itself() {
    let folder = Folder::new("orphans");
    let data = folder.path("data");
    let mut dev = Running::dev(&data);
    dev.url();
    assert!(!is_deserted(&data));

    dev.signal(Signal::SIGKILL);
    dev.wait();

    wait_until("the stores end", || {
        stores_of(dev.pid()).is_empty() && is_deserted(&data)
    });
}

#[test]
fn a_second_one_on_the_same_folder_is_refused_and_names_the_first() {
    let folder = Folder::new("second");
    let mut first = Running::dev(&folder.path("data"));
    let url = first.url();

    let (code, output) = run(holdfast(&["dev", "--data"]).arg(folder.path("data")));

    assert_eq!(code, Some(1));
    assert!(
        output.contains(&format!("process {}", first.pid())),
        "{output}"
    );
    expect_ready(&url);
}

#[test]
fn a_busy_port_is_named_with_the_setting_that_chooses_another() {
    let folder = Folder::new("port");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();

    let mut command = holdfast(&["dev", "--data"]);
    let (code, output) = run(command
        .arg(folder.path("data"))
        .env("HOLDFAST_BIND", &address));

    assert_eq!(code, Some(1));
    assert!(
        output.contains(&address) && output.contains("HOLDFAST_BIND"),
        "{output}"
    );
}

#[test]
fn one_store_without_the_other_is_refused() {
    let folder = Folder::new("one");

    let mut command = holdfast(&["dev", "--data"]);
    let (code, output) = run(command
        .arg(folder.path("data"))
        .env("REDIS_URL", "redis://nowhere"));

    assert_eq!(code, Some(1));
    assert!(output.contains("DATABASE_URL is not"), "{output}");
}

/// As a name of a folder in another encoding, in `PWD`.
#[test]
fn a_variable_that_is_not_utf_8_does_no_harm() {
    let folder = Folder::new("variable");

    let mut command = holdfast(&["dev", "--data"]);
    let (code, output) = run(command
        .arg(folder.path("data"))
        .env("X", OsStr::from_bytes(b"M\xfcnster"))
        .env("REDIS_URL", "redis://nowhere"));

    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("DATABASE_URL is not"), "{output}");
}

#[test]
fn its_secret_is_for_the_owner_only() {
    let folder = Folder::new("secret");
    let data = folder.path("data");
    let mut dev = Running::dev(&data);
    dev.url();

    let mode = fs::metadata(data.join("secret"))
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Root's tests start the program as somebody else; everybody else's have done so all along.
#[test]
fn an_ordinary_user_can_run_it() {
    let folder = Folder::new("user");
    let data = folder.path("data");
    let mut dev = Running::start(as_ordinary_user(&folder).arg(&data));

    expect_ready(&dev.url());
    dev.signal(Signal::SIGINT);

    assert_eq!(dev.wait().code(), Some(0), "{}", dev.output());
    assert!(is_deserted(&data));
}

/// Only root's servers run as somebody else, who may not be able to get to the data folder.
#[test]
fn root_can_run_it_below_a_folder_that_only_root_may_enter() {
    let folder = Folder::new("closed");
    let closed = folder.path("closed");
    fs::create_dir(&closed).expect("a folder");
    fs::set_permissions(&closed, PermissionsExt::from_mode(0o700)).expect("a closed folder");
    let mut dev = Running::dev(&closed.join("data"));

    expect_ready(&dev.url());
    let data = word_after("-D", &stores_of(dev.pid()));
    let home = Path::new(&data).parent().expect("a home");
    let output = dev.output();
    for place in [home, &*closed.join("data")] {
        let place = place.to_string_lossy();
        assert!(output.contains(&*place), "{place} is not in {output}");
    }
    dev.signal(Signal::SIGINT);
    assert_eq!(dev.wait().code(), Some(0), "{}", dev.output());

    assert_eq!(
        data.starts_with("/var/lib/holdfast/"),
        geteuid().is_root(),
        "{data}"
    );
    fs::remove_dir_all(home).expect("the data can go");
}

fn as_ordinary_user(folder: &Folder) -> Command {
    if !geteuid().is_root() {
        return holdfast(&["dev", "--empty", "--data"]);
    }
    // The build may lie where only root can go.
    let program = folder.path("holdfast");
    fs::copy(PROGRAM, &program).expect("a copy");
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid=nobody",
        "--regid=nogroup",
        "--clear-groups",
        "--no-new-privs",
    ]);
    command.arg(program);
    with_no_settings(command, &["dev", "--empty", "--data"])
}

fn get(url: &str) -> Value {
    get_as("", url)
}

fn get_as(token: &str, url: &str) -> Value {
    let request = reqwest::Client::new().get(url);
    let request = if token.is_empty() {
        request
    } else {
        request.bearer_auth(token)
    };
    answer_to(request)
}

fn answer_to(request: reqwest::RequestBuilder) -> Value {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let text = runtime.block_on(async { request.send().await?.text().await });
    serde_json::from_str(&text.expect("an answer")).expect("JSON")
}

/// The token of a session as the demonstration's administrator.
fn sign_in(url: &str, password: &str) -> Option<String> {
    let body = serde_json::json!({"email": "admin@example.org", "password": password});
    let request = reqwest::Client::new().post(format!("{url}/v1/sessions"));
    let session = answer_to(request.json(&body));
    session["token"].as_str().map(str::to_owned)
}

/// The names of a list's events, sorted.
fn names_of(events: &Value) -> Vec<String> {
    let events = events["items"].as_array().expect("events").iter();
    let names = events.map(|event| event["name"].as_str().expect("a name").to_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Makes the demonstration's administrator on the private stores of a `holdfast dev`.
fn create_admin(pid: u32) {
    let email = "admin@example.org";
    let mut command = holdfast(&["admin", "create", "--email", email, "--name", "Ana"]);
    command
        .env("DATABASE_URL", database_url(pid))
        .env("REDIS_URL", "redis://127.0.0.1:1")
        .env("HOLDFAST_ADMIN_PASSWORD", "correct horse battery staple")
        .env("HOLDFAST_SECRET", "a secret for tests, and for tests only");
    let (code, output) = run(&mut command);
    assert_eq!(code, Some(0), "{output}");
}

fn word_after(word: &str, commands: &[String]) -> String {
    let mut words = commands.iter().flat_map(|command| command.split(' '));
    words.find(|each| *each == word).expect("the word");
    words.next().expect("another word").to_owned()
}

fn password_in(output: &str) -> String {
    let (_, rest) = output.split_once("password ").expect("a password");
    rest.split_whitespace()
        .next()
        .expect("a password")
        .to_owned()
}

/// Runs a statement on the private PostgreSQL of a `holdfast dev`.
fn execute(data: &Path, pid: u32, statement: &'static str) -> String {
    assert!(data.join("postgres").exists());
    let url = database_url(pid);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::{Connection, PgConnection, Row};
        let mut connection = PgConnection::connect(&url).await.expect("a connection");
        let row = sqlx::query(statement)
            .fetch_optional(&mut connection)
            .await
            .expect("a result");
        row.map(|row| row.get(0)).unwrap_or_default()
    })
}

fn database_url(pid: u32) -> String {
    let stores = stores_of(pid);
    let words = stores.iter().flat_map(|command| command.split(' '));
    let host = words
        .skip_while(|word| *word != "-k")
        .nth(1)
        .expect("a socket's folder");
    format!("postgres://postgres@localhost/postgres?host={host}")
}
