//! Killed (-9) at any moment of a publication, the register has all of it or none, and who asks again is told which.
//!
//! The process that is killed is this test binary, told by its environment to be a server.

use std::{env, process::Child, time::Duration};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use qingdan::{
    base::config::DatabaseUrl,
    register::{
        changes::lock_head,
        db::{
            DbError,
            schema::{audit as trail, drafts, idempotency},
        },
    },
    values::code_lists::Action,
};
use reqwest::Method;
use serde_json::json;

use crate::helpers::{
    app::{TestApp, client, new_postgres_database, new_sqlite_database, not_busy, send, step},
    effort::times,
    logs::{caught_up_seq, is_whole},
    people::{approved, id_of},
    processes::{server_to_kill, url_of, wait_to_be_killed},
    publications::{amending, place_key, small_town},
};

/// The variable that tells this binary to be the server that is killed, and its database.
const SERVE: &str = "QINGDAN_TEST_SERVE";
const DRAFTS: usize = 12;
/// How many kills more it may take until one was early enough and one late enough: each time the moment is halved or doubled.
const MORE: usize = 30;

/// Not a test by itself: the process that the tests below kill.
#[test]
fn the_server_that_is_killed() {
    let Ok(url) = env::var(SERVE) else { return };
    let database = match url.strip_prefix("sqlite:") {
        Some(path) => DatabaseUrl::Sqlite(path.to_owned()),
        None => DatabaseUrl::Postgres(url),
    };
    let app = TestApp::start(database);
    wait_to_be_killed(&app);
}

/// A server in a process of its own.
struct Server {
    child: Child,
    base: String,
}

impl Server {
    fn start(database: &DatabaseUrl) -> Self {
        let test = "operations::crash::the_server_that_is_killed";
        let (child, base) = server_to_kill(test, &[(SERVE, &url_of(database))]);
        Self { child, base }
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// Reads the traces of a publication in the tables: states of the drafts, lines of the trail, kept answers.
async fn found(app: &TestApp, ids: &[String], key: &str) -> (Vec<String>, i64, i64) {
    let (ids, key) = (ids.to_vec(), key.to_owned());
    let found = app.register.db.read(move |conn| {
        let mut states: Vec<String> =
            drafts::table.filter(drafts::id.eq_any(&ids)).select(drafts::state).load(conn).map_err(DbError::from)?;
        states.sort();
        states.dedup();
        let done = trail::table.filter(trail::action.eq("publication.create")).filter(trail::outcome.eq("done"));
        let told = done.count().get_result(conn).map_err(DbError::from)?;
        let kept = idempotency::table.filter(idempotency::idempotency_key.eq(key));
        let kept = kept.count().get_result(conn).map_err(DbError::from)?;
        Ok::<_, DbError>((states, told, kept))
    });
    found.await.expect("it is read")
}

/// Numbers that look random and are the same each time.
fn scattered(round: u64, below: u64) -> u64 {
    round.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) % below
}

async fn is_killed_again_and_again(database: DatabaseUrl) {
    let app = TestApp::start(database.clone());
    small_town(&app, DRAFTS).await;
    let (kills, mut published, mut lost) = (times("KILLS", 4), 0, 0);
    // About when a publication is done: the kills close in on it from both sides.
    let mut about = Duration::from_millis(100);
    let mut ids: Vec<String> = Vec::new();
    for round in 0.. {
        if round >= kills && published > 0 && lost > 0 {
            break;
        }
        assert!(round < kills + MORE, "killed before and after: {published} published, {lost} not");
        if ids.is_empty() {
            for number in 0..DRAFTS {
                let new = amending(&app, number, &format!("第{round}次")).await;
                ids.push(id_of(&approved(&app, new).await).to_owned());
            }
        }
        let (before, key) = (caught_up_seq(&app).await, format!("publication-{round}"));
        let (_, told_before, _) = found(&app, &ids, &key).await;
        let body = json!({ "drafts": ids });
        let server = Server::start(&database);
        let request = |base: &str| {
            let request = client().request(Method::POST, format!("{base}/v1/publications"));
            request.bearer_auth("publisher").header("Idempotency-Key", &key).json(&body)
        };
        let sent = actix_web::rt::spawn(request(&server.base).send());
        // The one thing that a test of crashes waits for is the moment of the crash.
        let moment = about.mul_f64(0.6 + scattered(round as u64 + 1, 800) as f64 / 1000.0);
        let killer = actix_web::rt::spawn(async move {
            actix_web::rt::time::sleep(moment).await;
            server.kill();
        });
        let answered = matches!(sent.await, Ok(Ok(answer)) if answer.status() == 201);
        killer.await.expect("it was killed");
        // A database server goes on with the one statement that it was told; behind the lock on the head it is done.
        app.register.db.write(lock_head).await.expect("nobody holds it for ever");

        let after = caught_up_seq(&app).await;
        let (states, told, kept) = found(&app, &ids, &key).await;
        let all = states == ["published"];
        match all {
            true => assert_eq!((after, told, kept), (before + DRAFTS as i64, told_before + 1, 1), "round {round}"),
            false => {
                assert_eq!(states, ["approved"], "round {round}");
                assert_eq!((after, told, kept), (before, told_before, 0), "round {round}");
                assert!(!answered, "what was answered is there");
            }
        }
        is_whole(&app).await;
        if all {
            published += 1
        } else {
            lost += 1
        }
        about = about.mul_f64(match all {
            true if lost == 0 => 0.5,
            true => 0.8,
            false if published == 0 => 2.0,
            false => 1.25,
        });

        // A client that heard nothing asks again, of another server; now and then only after the next crash.
        if all || round % 3 != 0 {
            let again = not_busy(async || send(request(&app.base)).await).await;
            again.expect_status(201);
            assert_eq!(again.headers.contains_key("idempotent-replayed"), all, "round {round}");
            let result = again.json();
            assert_eq!(result["seq"].as_i64(), Some(before + DRAFTS as i64));
            assert_eq!(result["records"].as_array().map(Vec::len), Some(DRAFTS));
            let (states, told, kept) = found(&app, &ids, &key).await;
            assert_eq!((states, told, kept), (vec!["published".to_owned()], told_before + 1, 1));
            assert_eq!(caught_up_seq(&app).await, before + DRAFTS as i64, "once");
            for number in [0, DRAFTS - 1] {
                let place = app.json(&format!("/v1/places/{}", place_key(number))).await;
                assert_eq!(place["meta"]["publication"], before + DRAFTS as i64);
            }
            ids.clear();
        }
    }
    is_whole(&app).await;
    // Whatever was in the making, others can go on at once.
    let restarted = TestApp::start(database);
    let cancel = step("place", Action::Cancel, &place_key(0), None);
    restarted.publish(vec![cancel]).await.expect("nothing is locked");
}

#[actix_web::test]
async fn a_publication_that_is_killed_is_there_whole_or_not_at_all_on_sqlite() {
    is_killed_again_and_again(new_sqlite_database()).await;
}

#[actix_web::test]
async fn a_publication_that_is_killed_is_there_whole_or_not_at_all_on_postgresql() {
    is_killed_again_and_again(new_postgres_database()).await;
}
