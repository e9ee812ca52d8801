//! Several servers on one database, and starting up.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Stdio,
};

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text,
};
use futures_util::future::join_all;
use qingdan::{
    app::server::Register,
    base::config::DatabaseUrl,
    problem::{Code, Problem},
    register::db::{Db, DbError},
    values::code_lists::Action,
};
use reqwest::Method;
use serde_json::json;

use crate::helpers::{
    app::{
        LONG, TestApp, bare_postgres_database, bare_sqlite_database, new_databases, new_postgres_database, not_busy,
        on_both_databases, organisation, place, send, step, until,
    },
    feed::Stream,
    processes::{binary, first_line, tell_to_stop, url_of},
};

const OFFICE: &str = "11350121003619116B";

#[actix_web::test]
async fn another_server_on_the_same_database_follows() {
    on_both_databases(async |app: TestApp| {
        let replica = TestApp::start(app.database.clone());
        let body = organisation(OFFICE, "洋里乡政府");
        app.publish(vec![step("organisation", Action::Create, OFFICE, Some(body))]).await.expect("it is valid");
        let path = format!("/v1/organisations/{OFFICE}");

        let waited = replica.get_with(&path, &[("registry-seq-min", "1")]).await;
        waited.expect_status(200);
        assert_eq!(waited.bytes, app.get(&path).await.bytes);
        until("the end of the log", async || replica.get("/health/ready").await.json()["seq"] == 1).await;
    })
    .await;
}

/// The address of a new database on PostgreSQL.
fn new_postgres_url() -> String {
    match new_postgres_database() {
        DatabaseUrl::Postgres(url) => url,
        other => panic!("{other:?} is not on PostgreSQL"),
    }
}

/// A process that stands still in a transaction without which nobody writes into the trail, up to its `ROLLBACK`.
fn stands_still(url: &str) -> PgConnection {
    let mut stopped = PgConnection::establish(url).expect("it connects");
    stopped.batch_execute("BEGIN; UPDATE audit_head SET seq = seq").expect("nobody writes");
    stopped
}

#[actix_web::test]
async fn while_a_transaction_of_another_process_does_not_end_who_reads_goes_on_and_readiness_tells_it() {
    let url = new_postgres_url();
    let app = TestApp::start(DatabaseUrl::Postgres(url.clone()));
    let mut stopped = stands_still(&url);
    let new = json!({ "kind": "place", "action": "create" });

    // More than there are connections.
    let writing: Vec<_> = (0..12)
        .map(|_| actix_web::rt::spawn(send(app.request(Method::POST, "/v1/drafts").bearer_auth("editor").json(&new))))
        .collect();
    until("the word of it", async || app.json("/health/ready").await["database"] == "held_up").await;
    app.as_("editor").get("/v1/me").await.expect_status(200);

    stopped.batch_execute("ROLLBACK").expect("it goes on");
    let mut made = 0;
    for answer in writing {
        match answer.await.expect("it was sent") {
            answer if answer.status == 201 => made += 1,
            answer => drop(answer.expect_problem(503, "unavailable")),
        }
    }
    assert!(made > 0, "who had waited is served");
    until("the end of it", async || app.json("/health/ready").await["database"] == "reachable").await;
}

#[actix_web::test]
async fn who_waits_too_long_for_another_transaction_is_told_to_come_back() {
    let url = new_postgres_url();
    let app = TestApp::start(DatabaseUrl::Postgres(format!("{url}?options=-c%20lock_timeout%3D100ms")));
    let mut stopped = stands_still(&url);
    let new = json!({ "kind": "place", "action": "create" });

    let refused = app.as_("editor").post("/v1/drafts", new.clone()).await;
    refused.expect_problem(503, "unavailable");
    assert!(!refused.header("retry-after").is_empty());

    stopped.batch_execute("ROLLBACK").expect("it goes on");
    not_busy(async || app.as_("editor").post("/v1/drafts", new.clone()).await).await.expect_status(201);
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

/// A setting, as a transaction that writes has it.
async fn setting(db: &Db, name: &str) -> String {
    let query = format!("SELECT current_setting('{name}') AS value");
    let read = db.write(move |conn| {
        let found: Setting = sql_query(query).get_result(conn)?;
        Ok::<_, DbError>(found.value)
    });
    read.await.expect("it is read")
}

#[actix_web::test]
async fn a_session_of_postgresql_waits_for_nothing_without_end_unless_its_operator_says_otherwise() {
    let url = new_postgres_url();
    let usual = Db::open(&DatabaseUrl::Postgres(url.clone())).expect("it opens");
    for (name, value) in
        [("lock_timeout", "15s"), ("idle_in_transaction_session_timeout", "1min"), ("statement_timeout", "5min")]
    {
        assert_eq!(setting(&usual, name).await, value, "{name}");
    }
    let own = DatabaseUrl::Postgres(format!("{url}?options=-c%20lock_timeout%3D7s"));
    assert_eq!(setting(&Db::open(&own).expect("it opens"), "lock_timeout").await, "7s");
}

#[actix_web::test]
async fn whose_connection_ends_inside_a_transaction_is_told_to_come_back() {
    let db = Db::open(&DatabaseUrl::Postgres(new_postgres_url())).expect("it opens");

    let ended = db.write(|conn| {
        sql_query("SELECT pg_terminate_backend(pg_backend_pid())").execute(conn).map_err(DbError::from)?;
        Ok::<_, Problem>(())
    });

    assert_eq!(ended.await.expect_err("nothing was kept").code, Code::Unavailable);
    assert_eq!(setting(&db, "lock_timeout").await, "15s", "the next one has another connection");
}

#[actix_web::test]
async fn a_replica_shows_by_itself_what_another_process_published() {
    for database in new_databases() {
        let app = TestApp::start(database);
        let replica = Register::open(&app.database).await.expect("it opens");
        let following = replica.clone();
        actix_web::rt::spawn(async move { following.follow().await });
        for number in 1..=3 {
            let key = format!("place-{number}");
            let steps = match number {
                1 => vec![step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")))],
                _ => vec![step("place", Action::Create, &key, Some(place(&key, OFFICE)))],
            };
            app.publish(steps).await.expect("it is valid");
            until("the publication", async || replica.catalog.peek().seq() == number).await;
        }
    }
}

#[actix_web::test]
async fn readers_of_three_replicas_hear_each_change_once_and_in_order() {
    let database = new_postgres_database();
    let apps: Vec<_> = (0..3).map(|_| TestApp::start(database.clone())).collect();
    let office = step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")));
    apps[0].publish(vec![office]).await.expect("it is valid");
    let publishing = join_all(apps.iter().enumerate().map(async |(own, app)| {
        for number in 0..10 {
            let keys = [format!("place-{own}-{number}-a"), format!("place-{own}-{number}-b")];
            let steps = keys.iter().map(|key| step("place", Action::Create, key, Some(place(key, OFFICE)))).collect();
            app.publish(steps).await.expect("it is valid");
        }
    }));
    let reading = join_all(apps.iter().map(async |app| {
        let mut stream = Stream::open(app, "", None).await;
        stream.until(61).await
    }));
    let (_, heard) = futures_util::future::join(publishing, reading).await;
    for changes in heard {
        assert_eq!(changes.iter().map(|change| change.seq).collect::<Vec<_>>(), (1..=61).collect::<Vec<_>>());
    }
    let answers = join_all(apps.iter().map(|app| app.get("/v1/changes?limit=1000"))).await;
    assert!(answers.iter().all(|answer| answer.bytes == answers[0].bytes));
}

#[actix_web::test]
async fn servers_that_start_together_on_an_empty_database_do_not_collide() {
    for database in [bare_sqlite_database(), bare_postgres_database()] {
        let starting: Vec<_> = (0..4)
            .map(|_| {
                let database = database.clone();
                std::thread::spawn(move || TestApp::start(database))
            })
            .collect();
        for app in starting {
            let app = app.join().expect("it starts");
            assert_eq!(app.json("/v1").await["seq"], 0);
        }
    }
}

#[actix_web::test]
async fn an_empty_register_answers_and_says_what_to_do() {
    on_both_databases(async |app: TestApp| {
        assert_eq!(app.json("/v1/items").await["total"], 0);
        assert_eq!(app.json("/v1/summary").await["items"]["total"], 0);
        assert!(app.get("/").await.text().contains("serve --demo"));
    })
    .await;
}

#[test]
fn a_bad_or_unreachable_database_is_one_line_and_a_failure() {
    let cases = [
        ("postgre://nobody:x@localhost/a", "DATABASE_URL"),
        ("postgres://nobody:x@x/@h/a", "DATABASE_URL"),
        ("postgres://nobody:x@127.0.0.1:1/a", "DATABASE_URL"),
        ("sqlite:/proc/nothing/a.db", "DATABASE_URL"),
    ];
    for (url, named) in cases {
        let ended = binary().args(["migrate"]).env("DATABASE_URL", url).output().expect("it runs");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success(), "{url}");
        assert!(said.contains(named), "{url}: {said}");
        assert_eq!(said.trim().lines().count(), 1, "{url}: {said}");
        assert!(!said.contains("x@"), "no password in {said}");
    }
}

#[test]
fn a_register_in_memory_is_served_logs_json_and_stops_on_a_signal() {
    let mut command = binary();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", "sqlite::memory:");
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let first = first_line(&mut process);
    let address = first.strip_prefix("listening on http://").expect("its address");

    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a time");
    let request = "GET /v1/items?q=%22a HTTP/1.1\r\nHost: a\r\nUser-Agent: \"b\\\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    tell_to_stop(&process);
    let ended = process.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{:?}", ended.status);
    let logged = String::from_utf8(ended.stderr).expect("UTF-8");
    let read = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("JSON: {line}"));
    let logged: Vec<serde_json::Value> = logged.lines().map(read).collect();
    let access = logged.iter().find(|line| line["target"] == "access").expect("the request is logged");
    assert_eq!((&access["status"], &access["method"]), (&200.into(), &"GET".into()));
    assert_eq!(access["path"], "/v1/items?q=%22a");
    assert_eq!(access["user_agent"], "\"b\\");
    assert_eq!(logged.last().map(|line| &line["message"]), Some(&"stopped".into()), "nothing is lost at the end");
}

#[test]
fn the_schema_is_brought_up_to_date_once_and_then_left_alone() {
    for database in [bare_sqlite_database(), bare_postgres_database()] {
        let url = url_of(&database);
        for _ in 0..2 {
            let ended = binary().arg("migrate").env("DATABASE_URL", &url).output().expect("it runs");
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        }
    }
}
