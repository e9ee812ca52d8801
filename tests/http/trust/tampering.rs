//! A writer of the tables can alter anything, but not unseen: `verify` finds it, and so does a start.

use std::time::Instant;

use chrono::Utc;
use diesel::{QueryableByName, RunQueryDsl, sql_types};
use qingdan::{
    app::server::Register,
    mirror::{Of, copied_under},
    problem::{Code, Problem},
    register::{
        changes::{self, BrokenLog, Change, WholeLog, random_salt},
        db::DbError,
        log_keys::{Keeper, LogKeys},
        publication::publish,
    },
    transparency::Checkpoint,
    values::code_lists::Action,
};
use serde_json::json;

use crate::helpers::{
    app::{
        Engine, TestApp, identity_settings, new_databases, new_sqlite_database, on_each_database, place, step, until,
    },
    effort::times,
    logs::{Town, fit_the_head, is_signed, lift_the_guards, run, seq},
    mirrors::has_all_of,
    people::TOWNSHIP,
    processes::{START, qingdan, said},
    publications::publish_history,
    random::Numbers,
};

const COLUMNS: [&str; 17] = [
    "seq",
    "publication",
    "kind",
    "record_key",
    "revision",
    "action",
    "published_at",
    "by_office",
    "channels",
    "reason",
    "document",
    "successor",
    "body_digest",
    "body",
    "salt",
    "source",
    "source_seq",
];

impl Town {
    /// The checkpoint that a start finds in the directory of the keys.
    fn given_out(&self) -> Checkpoint {
        let keys = LogKeys::load(self.keys.path()).expect("readable").expect("a key");
        Keeper::new(Some(self.keys.path().into())).last(&keys).expect("readable").expect("a checkpoint")
    }

    async fn verified(&self, given_out: Option<&Checkpoint>) -> Result<WholeLog, String> {
        let given_out = given_out.cloned();
        let checked = self.app.register.db.read(move |conn| changes::verify(conn, given_out.as_ref())).await;
        checked.map_err(|broken| broken.to_string())
    }

    /// Whether another server would start on it, with the same keys.
    async fn starts(&self) -> Result<(), String> {
        let keys = Some(self.keys.path().to_owned());
        let opened = Register::open_with(&self.app.database, keys, None, &identity_settings()).await;
        opened.map(|_| ()).map_err(|error| error.to_string())
    }

    /// Publishes a place as line 16, which this statement alters in the same transaction.
    async fn publishes_altered(&self, statement: &'static str) {
        let known = self.app.register.catalog.snapshot();
        let new = vec![step("place", Action::Create, "neu", Some(place("neu", TOWNSHIP)))];
        let altered = self.app.register.db.write(move |conn| {
            let written = publish(conn, &known, &new, Utc::now(), random_salt)?;
            diesel::sql_query(statement).execute(conn).map_err(DbError::from)?;
            Ok::<_, Problem>(written)
        });
        assert_eq!(altered.await.expect("it is written").len(), 1);
    }

    async fn run(&self, statement: &str) -> Result<usize, String> {
        run(&self.app.register.db, statement).await
    }

    /// Keeps the rows as they are beside the tables, and takes the guards away.
    async fn lay_open(&self) {
        lift_the_guards(&self.app.register.db).await;
        for table in ["changes", "changes_head"] {
            self.run(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await.expect("it is made");
        }
    }

    /// Puts the rows back.
    async fn restore(&self) {
        for table in ["changes", "changes_head"] {
            self.run(&format!("DELETE FROM {table}")).await.expect("nothing guards it");
            self.run(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await.expect("nothing guards it");
        }
    }

    async fn text_of(&self, column: &str, seq: i64) -> Option<String> {
        #[derive(QueryableByName)]
        struct Cell {
            #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
            cell: Option<String>,
        }
        let query = format!("SELECT CAST({column} AS TEXT) AS cell FROM changes WHERE seq = {seq}");
        let read = self.app.register.db.read(|conn| {
            let cells: Vec<Cell> = diesel::sql_query(query).load(conn).map_err(DbError::from)?;
            Ok::<_, DbError>(cells.into_iter().next().and_then(|cell| cell.cell))
        });
        read.await.expect("it is read")
    }
}

/// One character more, less, or another one.
fn altered(old: Option<String>, numbers: &mut Numbers) -> String {
    let characters: Vec<char> = "0123456789abcfxT -:.,{}[]\"事".chars().collect();
    let new = characters[numbers.below(characters.len())];
    let Some(mut text) = old.filter(|old| !old.is_empty()) else { return new.into() };
    let places: Vec<_> = text.char_indices().map(|(at, old)| at..at + old.len_utf8()).collect();
    let place = places[numbers.below(places.len())].clone();
    match numbers.below(6) {
        0 => text.insert(place.end, new),
        1 => text.replace_range(place, ""),
        _ => text.replace_range(place, &new.to_string()),
    }
    text
}

on_each_database!(a_character_of_any_row_is_not_altered_unseen);

async fn a_character_of_any_row_is_not_altered_unseen(engine: Engine) {
    let town = Town::on(engine.new_database()).await;
    town.lay_open().await;
    let size = town.verified(None).await.expect("it is whole").edge.size();
    let rounds = times("TAMPERINGS", 100);
    let (mut numbers, mut found) = (Numbers(41), 0);
    for round in 0..rounds {
        let (column, seq) = (COLUMNS[round % COLUMNS.len()], numbers.below(size as usize) as i64 + 1);
        let old = town.text_of(column, seq).await;
        let new = altered(old.clone(), &mut numbers);
        let quoted = new.replace('\'', "''");
        let written = town.run(&format!("UPDATE changes SET {column} = '{quoted}' WHERE seq = {seq}")).await;
        let is_refused = written.is_err();
        let is_other = town.text_of(column, seq).await != old;
        if is_refused || !is_other {
            continue;
        }
        let verified = town.verified(None).await;
        assert!(verified.is_err(), "{column} of {seq}: {old:?} is {new:?}");
        found += 1;
        town.restore().await;
    }
    town.verified(Some(&town.given_out())).await.expect("all was put back");
    // The others were refused, or altered nothing.
    assert!(found * 17 > rounds * 10, "{found} of {rounds}");
}

type Alteration = (&'static str, &'static [&'static str], &'static str);

/// Statements of somebody who writes into the tables and leaves the head alone, and what is said of each.
const ALTERATIONS: [Alteration; 16] = [
    ("the last row is dropped", &["DELETE FROM changes WHERE seq = 15"], "its head is at line 15"),
    ("a row is dropped", &["DELETE FROM changes WHERE seq = 7"], "after line 6 comes line 8"),
    (
        "two rows change places",
        &[
            "UPDATE changes SET publication = publication + 100, seq = -1 WHERE seq = 10",
            "UPDATE changes SET publication = 10, seq = 10 WHERE seq = 11",
            "UPDATE changes SET publication = 11, seq = 11 WHERE seq = -1",
        ],
        "",
    ),
    (
        "two rows change their texts",
        &["UPDATE changes SET body = (SELECT body FROM kept_changes WHERE seq = 6), \
             salt = (SELECT salt FROM kept_changes WHERE seq = 6) WHERE seq = 5"],
        "digest",
    ),
    ("a text is withheld", &["UPDATE changes SET body = NULL, salt = NULL WHERE seq = 6"], "no line erases it"),
    (
        "an erasure is undone",
        &[
            "UPDATE changes SET (body, salt, body_digest) = (SELECT body, salt, body_digest FROM kept_changes WHERE seq = 3) \
             WHERE seq = 2",
            "UPDATE changes SET body_digest = (SELECT body_digest FROM changes WHERE seq = 2) WHERE action = 'erase'",
        ],
        "",
    ),
    (
        "a text has a space more",
        &["UPDATE changes SET body = body || ' ' WHERE seq = 6"],
        "not written as the register",
    ),
    (
        "an office is written otherwise",
        &["UPDATE changes SET by_office = '{ ' || substr(by_office, 2) WHERE seq = 6"],
        "not written as the register",
    ),
    (
        "a line is written before the first",
        &[
            "INSERT INTO changes SELECT 0, 0, kind, record_key, revision, action, published_at, by_office, channels, reason, \
             document, successor, body_digest, body, salt, source, source_seq FROM kept_changes WHERE seq = 1",
        ],
        "comes line 0",
    ),
    (
        "a line is written behind the last",
        &[
            "INSERT INTO changes SELECT 16, 16, kind, record_key, 3, action, published_at, by_office, channels, reason, \
             document, successor, body_digest, body, salt, source, source_seq FROM kept_changes WHERE seq = 15",
        ],
        "its head is at line 15",
    ),
    ("the head goes back", &["UPDATE changes_head SET seq = 14"], "its head is at line 14"),
    ("the head is later", &["UPDATE changes_head SET published_at = '2099-01-01 00:00:00'"], "its head is at line"),
    ("the tree is another", &["UPDATE changes_head SET tree = replace(tree, '1', '2')"], "the tree in its head"),
    ("the tree is cut", &["UPDATE changes_head SET tree = substr(tree, 2)"], "not one of 15 lines"),
    ("the tree is emptied", &["UPDATE changes_head SET tree = ''"], "was taken away"),
    ("the head is gone", &["DELETE FROM changes_head"], "it has no head"),
];

on_each_database!(what_is_dropped_swapped_withheld_or_slipped_in_is_found);

async fn what_is_dropped_swapped_withheld_or_slipped_in_is_found(engine: Engine) {
    let town = Town::on(engine.new_database()).await;
    town.lay_open().await;
    let given_out = town.given_out();
    assert_eq!(given_out.size, 15);
    for (what, statements, said) in ALTERATIONS {
        for statement in statements {
            town.run(statement).await.unwrap_or_else(|error| panic!("{what}: {error}"));
        }
        let found = town.verified(Some(&given_out)).await;
        assert!(found.as_ref().is_err_and(|found| found.contains(said)), "{what}: {found:?}");
        town.restore().await;
        town.verified(Some(&given_out)).await.expect("it was put back");
    }
    town.run("ALTER TABLE changes_head DROP COLUMN tree").await.expect("nothing guards it");
    assert!(town.verified(Some(&given_out)).await.is_err());
    assert!(town.starts().await.is_err());
}

/// An alteration that only a checkpoint tells: the lines and the tree in the head agree with each other.
const FITTED: [Alteration; 3] = [
    ("the last rows are dropped", &["DELETE FROM changes WHERE seq > 12"], "lines are lost"),
    ("a reason is another", &["UPDATE changes SET reason = '另一个理由' WHERE seq = 4"], "the log is forked"),
    (
        "two rows change places",
        &[
            "UPDATE changes SET publication = 100, seq = -1 WHERE seq = 10",
            "UPDATE changes SET publication = 10, seq = 10 WHERE seq = 11",
            "UPDATE changes SET publication = 11, seq = 11 WHERE seq = -1",
            "UPDATE changes SET published_at = (SELECT published_at FROM kept_changes WHERE seq = 10) WHERE seq IN (10, 11)",
        ],
        "the log is forked",
    ),
];

#[actix_web::test]
async fn a_tree_that_was_made_to_fit_does_not_fit_the_checkpoint_that_was_given_out() {
    for database in new_databases() {
        let town = Town::on(database).await;
        town.lay_open().await;
        let given_out = town.given_out();
        town.starts().await.expect("it is whole");
        for (what, statements, said) in FITTED {
            for statement in statements {
                town.run(statement).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            }
            fit_the_head(&town.app.register.db).await;
            town.verified(None).await.unwrap_or_else(|error| panic!("by itself it is whole: {what}: {error}"));
            let found = town.verified(Some(&given_out)).await;
            assert!(found.as_ref().is_err_and(|found| found.contains(said)), "{what}: {found:?}");
            let refused = town.starts().await.expect_err(what);
            let expected = if said == "lines are lost" { "an older database was restored" } else { "verify log" };
            assert!(refused.contains(expected), "{what}: {refused}");
            town.restore().await;
        }
        town.starts().await.expect("it was put back");
    }
}

#[actix_web::test]
async fn no_server_starts_on_lines_that_are_not_those_of_their_tree() {
    for database in new_databases() {
        let town = Town::on(database).await;
        town.lay_open().await;
        let alterations = [
            ("UPDATE changes SET reason = '另一个理由' WHERE seq = 4", "not those that were written"),
            ("UPDATE changes SET record_key = 'z' WHERE seq = 14", ""),
            ("DELETE FROM changes WHERE seq = 15", "not those that were written"),
            ("DELETE FROM changes WHERE seq = 9", ""),
            ("UPDATE changes_head SET tree = replace(tree, 'a', 'b')", "not those that were written"),
            ("UPDATE changes_head SET tree = ''", "not those that were written"),
            ("UPDATE changes_head SET seq = 14", "not one of 14 lines"),
            ("DELETE FROM changes_head", ""),
            // Leaves have the digests of texts alone: what is shown is compared with them.
            (
                "UPDATE changes SET body = replace(body, '洋里', '杨里') WHERE seq = 1",
                "the body of line 1 does not have",
            ),
            ("UPDATE changes SET body = replace(body, ',', ', ') WHERE seq = 3", "the body of line 3 is not written"),
            ("UPDATE changes SET salt = body_digest WHERE seq = 15", "the body of line 15 does not have"),
            ("UPDATE changes SET body = NULL, salt = NULL WHERE seq = 3", "the text of line 3 is missing"),
        ];
        for (statement, said) in alterations {
            town.run(statement).await.expect("nothing guards it");
            let refused = town.starts().await.expect_err(statement);
            assert!(refused.contains(said), "{statement}: {refused}");
            town.restore().await;
            town.starts().await.expect("it was put back");
        }
    }
}

/// A replica compares what it reads with the tree before it shows it, not only when it starts.
#[actix_web::test]
async fn a_running_replica_shows_no_line_that_is_not_the_one_that_was_written() {
    for database in new_databases() {
        let town = Town::on(database).await;
        town.lay_open().await;
        let replica = TestApp::start(town.app.database.clone());
        is_signed(&replica).await;
        town.publishes_altered("UPDATE changes SET successor = 'hall-b' WHERE seq = 16").await;
        for app in [&town.app, &replica] {
            app.register.catalog.catch_up(&app.register.db).await;
            app.get("/v1/places/neu").await.expect_status(404);
            assert_eq!(app.get("/v1/log/checkpoint").await.text().lines().nth(1), Some("15"));
        }
        town.run("UPDATE changes SET successor = NULL WHERE seq = 16").await.expect("nothing guards it");
        for app in [&town.app, &replica] {
            until("the line as it was written", async || seq(app).await == 16).await;
        }
        replica.get("/v1/places/neu").await.expect_status(200);

        town.run("DELETE FROM changes WHERE seq = 16").await.expect("nothing guards it");
        fit_the_head(&town.app.register.db).await;
        for app in [&town.app, &replica] {
            // The first ends a look that was on its way.
            app.register.catalog.catch_up(&app.register.db).await;
            let began = Instant::now();
            app.register.catalog.catch_up(&app.register.db).await;
            let (took, since) = (began.elapsed(), app.register.catalog.lag().since);
            assert!(since.is_some_and(|since| since > took), "a log that went back is not followed: {since:?}");
            assert_eq!(seq(app).await, 16);
            app.get("/v1/places/neu").await.expect_status(200);
        }
        town.restore().await;
    }
}

/// Publishes a place on what a register shows, and asks once.
async fn publish_place(register: &Register, key: &str) -> Result<Vec<Change>, Problem> {
    let known = register.catalog.snapshot();
    let new = vec![step("place", Action::Create, key, Some(place(key, TOWNSHIP)))];
    register.db.write(move |conn| publish(conn, &known, &new, Utc::now(), random_salt)).await
}

on_each_database!(nothing_is_published_into_a_log_that_went_back_or_goes_on_otherwise);

async fn nothing_is_published_into_a_log_that_went_back_or_goes_on_otherwise(engine: Engine) {
    let town = Town::on(engine.new_database()).await;
    town.lay_open().await;
    let head = async || town.app.register.db.read(changes::head).await.expect("it is read").0;
    town.app
        .publish(vec![step("place", Action::Create, "neu", Some(place("neu", TOWNSHIP)))])
        .await
        .expect("it is valid");
    // As where a standby takes over that had not heard of it.
    town.restore().await;

    assert_eq!(publish_place(&town.app.register, "next").await.expect_err("it is lost").code, Code::Unavailable);
    assert_eq!(head().await, 15);

    // A reader who has not seen what was lost takes the log for whole.
    let other = Register::open(&town.app.database).await.expect("by itself it is whole");
    publish_place(&other, "other").await.expect("it goes on from what is there");
    assert_eq!(publish_place(&town.app.register, "next").await.expect_err("it is another").code, Code::Unavailable);
    assert_eq!(head().await, 16);
    town.app.get("/v1/places/neu").await.expect_status(200);
}

on_each_database!(a_running_replica_shows_no_text_that_is_not_the_one_that_was_written_and_says_so);

async fn a_running_replica_shows_no_text_that_is_not_the_one_that_was_written_and_says_so(engine: Engine) {
    let town = Town::on(engine.new_database()).await;
    town.lay_open().await;
    let replica = TestApp::start(town.app.database.clone());
    town.publishes_altered("UPDATE changes SET body = replace(body, '场所', '会所') WHERE seq = 16").await;
    let database = async |app: &TestApp| app.get("/health/ready").await.json()["database"].clone();
    for app in [&town.app, &replica] {
        app.register.catalog.catch_up(&app.register.db).await;
        app.get("/v1/places/neu").await.expect_status(404);
        assert_eq!((database(app).await, seq(app).await), (json!("damaged"), 15));
        app.get("/v1/places/hall-b").await.expect_status(200);
    }
    // Nor is anything published after it.
    assert_eq!(publish_place(&town.app.register, "next").await.expect_err("it is damaged").code, Code::Unavailable);

    town.run("UPDATE changes SET body = replace(body, '会所', '场所') WHERE seq = 16")
        .await
        .expect("nothing guards it");
    for app in [&town.app, &replica] {
        app.register.catalog.catch_up(&app.register.db).await;
        app.get("/v1/places/neu").await.expect_status(200);
        assert_eq!(database(app).await, "reachable");
    }
}

#[actix_web::test]
async fn a_mirror_does_not_start_on_a_store_that_is_not_what_its_source_signed() {
    let source = TestApp::start(new_sqlite_database());
    publish_history(&source).await;
    for store in new_databases() {
        let mirror = TestApp::mirror(store.clone(), &[&source.base], None);
        has_all_of(&mirror, &source).await;
        let starts = async || {
            let of = Of { sources: vec![source.base.parse().expect("an address")], ..Of::default() };
            Register::open_mirror(&store, of, None, None).await.map(|_| ()).map_err(|error| error.to_string())
        };
        starts().await.expect("it is whole");
        let db = &mirror.register.db;
        lift_the_guards(db).await;
        run(db, "UPDATE changes SET reason = '另一个理由' WHERE seq = 4").await.expect("nothing guards it");
        fit_the_head(db).await;
        let refused = starts().await.expect_err("it was altered");
        assert!(refused.contains("verify log"), "{refused}");
        let signed = db.read(copied_under).await.expect("it is read").expect("a checkpoint");
        let verified = db.read(move |conn| changes::verify(conn, Some(&signed))).await;
        assert!(matches!(verified, Err(BrokenLog::Forked(15))), "{verified:?}");
    }
}

#[actix_web::test]
async fn the_command_tells_a_whole_log_from_a_broken_one() {
    for database in new_databases() {
        let town = Town::on(database).await;
        let verify = || qingdan(&town.app.database, town.keys.path(), &["verify", "log"]);
        let root = town.given_out().root;
        let whole = verify();
        assert!(whole.status.success(), "{}", said(&whole));
        let told = said(&whole);
        assert!(told.contains(&format!("the log is whole: 15 lines, root {root}; texts erased: 1")), "{told}");
        assert!(told.contains("it begins with the 15 lines of the last checkpoint that was given out"), "{told}");

        town.lay_open().await;
        let (statement, expected) = ("UPDATE changes SET reason = '另' WHERE seq = 4", "the log is forked");
        town.run(statement).await.expect("nothing guards it");
        let broken = verify();
        assert!(!broken.status.success() && said(&broken).contains(expected), "{}", said(&broken));
        town.restore().await;
        town.run("DELETE FROM changes WHERE seq > 12").await.expect("nothing guards it");
        fit_the_head(&town.app.register.db).await;
        let shorter = verify();
        assert!(!shorter.status.success() && said(&shorter).contains("lines are lost"), "{}", said(&shorter));
        let started = qingdan(&town.app.database, town.keys.path(), &START);
        assert!(!started.status.success(), "{}", said(&started));
        assert!(said(&started).contains("an older database was restored"), "{}", said(&started));
        assert_eq!(said(&started).trim().lines().count(), 1, "{}", said(&started));
    }
}
