//! Files on the disk: whom they are open to, and how long what was erased stays in them.

use std::{
    fs,
    io::Write,
    io::{BufRead, BufReader},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use chrono::Utc;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection, sql_query,
    sql_types::Bool,
};
use qingdan::{
    base::config::DatabaseUrl,
    register::{db::files_of, publication::Step},
    values::code_lists::Action,
};
use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::helpers::{
    app::{
        Engine, SCRUB, TestApp, figure, is_scrubbed, new_postgres_database, new_sqlite_database, on_each_database,
        organisation, place, step, until,
    },
    logs::is_signed,
    people::{TOWNSHIP, approved, decision, id_of, tag_of},
    processes::{Running, in_time, url_of},
};

/// The binary, run where new files are open to everybody unless somebody closes them.
struct Careless {
    folder: TempDir,
}

impl Careless {
    fn new() -> Self {
        Self { folder: tempdir().expect("a folder") }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("bash");
        command.args(["-c", "umask 0; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_qingdan")]).args(arguments);
        command.current_dir(self.folder.path()).env_remove("DATABASE_URL").env("QINGDAN_DATA_DIR", self.data());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("it runs")
    }

    fn done(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    fn told(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.run(arguments).stdout).into_owned()
    }

    /// Starts the service, and gives it back when it listens.
    fn served(&self) -> Running {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let served = Running(child);
        let mut lines = lines.map_while(Result::ok);
        assert!(in_time(move || lines.any(|line| line.starts_with("listening on "))), "it listens");
        served
    }
}

/// The files and directories of a directory, and it, that the group or others may do anything with.
fn open_in(directory: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(directory).expect("it is there").map(|entry| entry.expect("readable").path());
    let mut open: Vec<_> = inside
        .flat_map(|path| match path.is_dir() {
            true => open_in(&path),
            false => Vec::from_iter(is_open(&path).then_some(path)),
        })
        .collect();
    open.extend(is_open(directory).then(|| directory.to_owned()));
    open
}

fn is_open(path: &Path) -> bool {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o077 != 0
}

fn open_up(directory: &Path) {
    for entry in fs::read_dir(directory).expect("it is there").map(|entry| entry.expect("readable").path()) {
        match entry.is_dir() {
            true => open_up(&entry),
            false => fs::set_permissions(entry, fs::Permissions::from_mode(0o644)).expect("it is ours"),
        }
    }
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[actix_web::test]
async fn what_the_service_keeps_is_closed_to_other_users_whatever_the_umask_and_what_was_open_is_closed_at_the_start() {
    let careless = Careless::new();
    let served = careless.served();
    // Connections are opened when they are needed: by the first look at the log, soon after the start.
    until("the open store", async || careless.data().join("qingdan.db-wal").exists()).await;
    assert_eq!(open_in(&careless.data()), Vec::<PathBuf>::new());
    drop(served);

    open_up(&careless.data());
    let told = careless.told(&["doctor"]);
    for said in ["fault   other users of this machine can read the register", "look into", "can read keys"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(is_open(&careless.data().join("qingdan.db")), "the doctor changes nothing");
    let served = careless.served();
    assert_eq!(open_in(&careless.data()), Vec::<PathBuf>::new());
    drop(served);
    assert!(careless.told(&["doctor"]).contains("ok      nobody else can read"));
}

#[test]
fn commands_make_no_file_that_others_can_read() {
    let careless = Careless::new();
    careless.done(&["migrate"]);
    careless.done(&["keys", "log", "init"]);
    careless.done(&["keys", "rotate"]);
    careless.done(&["backup", "copy.db"]);
    let copy = careless.folder.path().join("copy.db");
    assert!(!is_open(&copy), "a backup");

    // A copy that somebody opened since, in the place of a register that was always open.
    for path in [&copy, &careless.data().join("qingdan.db")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    }
    careless.done(&["restore", "copy.db", "--replace"]);
    assert_eq!(open_in(&careless.data()), Vec::<PathBuf>::new(), "the register, and the one before");
    fs::remove_dir_all(careless.data()).expect("it is ours");
    careless.done(&["restore", "copy.db"]);
    assert_eq!(open_in(&careless.data()), Vec::<PathBuf>::new());
}

/// A user who may write there could make the next look at the log the first, at which any key is trusted.
#[actix_web::test]
async fn what_was_seen_of_a_log_is_kept_where_nobody_else_may_write() {
    let (app, careless) = (TestApp::start(new_sqlite_database()), Careless::new());
    app.publish(vec![step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府")))])
        .await
        .expect("it is valid");
    is_signed(&app).await;
    careless.done(&["verify", "log", "--url", &app.base]);
    assert!(careless.data().join("seen").is_dir(), "it is remembered");
    assert_eq!(open_in(&careless.data()), Vec::<PathBuf>::new());
    careless.done(&["verify", "log", "--url", &app.base, "--seen", "seen.txt"]);
    assert!(!is_open(&careless.folder.path().join("seen.txt")), "in the folder where the command is run");
}

/// In no word of the demonstration register.
const MARKER: &str = "wqzjxk";

/// A register in which a text with the marker was published, and replaced by another one.
async fn with_a_leak(engine: Engine) -> TestApp {
    let app = TestApp::start(engine.new_demo());
    is_scrubbed(&app).await;
    let mut leak = place("leck", TOWNSHIP);
    leak["name"] = json!(MARKER);
    app.publish(vec![step("place", Action::Create, "leck", Some(leak))]).await.expect("it is valid");
    let better = step("place", Action::Amend, "leck", Some(place("leck", TOWNSHIP)));
    app.publish(vec![better]).await.expect("it is valid");
    app
}

/// The erasure and nothing after it, as where whoever asked was gone when it was done.
async fn erase(app: &TestApp) {
    let erase = Step { revision: Some(1), ..step("place", Action::Erase, "leck", None) };
    app.publish(vec![erase]).await.expect("it is valid");
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// Whether the bytes of the marker are in any file of the database.
fn is_on_disk(database: &DatabaseUrl) -> bool {
    match database {
        DatabaseUrl::Sqlite(path) => {
            let files = files_of(Path::new(path)).into_iter().filter_map(|file| fs::read(file).ok());
            files.into_iter().any(|bytes| bytes.windows(MARKER.len()).any(|part| part == MARKER.as_bytes()))
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).expect("it opens");
            conn.batch_execute("CHECKPOINT").expect("PGUSER is a superuser");
            let query = format!(
                "SELECT EXISTS (SELECT 1 FROM pg_class WHERE pg_relation_filepath(oid) IS NOT NULL \
                 AND position('{MARKER}'::bytea IN pg_read_binary_file(pg_relation_filepath(oid), 0, 1 << 29, true)) > 0) \
                 AS found"
            );
            sql_query(query).get_result::<Found>(&mut conn).expect("PGUSER is a superuser").found
        }
        DatabaseUrl::Memory => panic!("it has no files"),
    }
}

/// Somebody who reads the register as it is now, until they are dropped.
enum Reader {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Reader {
    fn of(database: &DatabaseUrl) -> Self {
        let read = |begin: &str| format!("{begin}; SELECT count(*) FROM changes");
        match database {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).expect("it opens");
                conn.batch_execute(&read("BEGIN")).expect("it reads");
                Self::Sqlite(conn)
            }
            DatabaseUrl::Postgres(url) => {
                let mut conn = PgConnection::establish(url).expect("it opens");
                conn.batch_execute(&read("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).expect("it reads");
                Self::Postgres(conn)
            }
            DatabaseUrl::Memory => panic!("it has no files"),
        }
    }

    fn ends(self) {
        match self {
            Self::Sqlite(mut conn) => conn.batch_execute("ROLLBACK"),
            Self::Postgres(mut conn) => conn.batch_execute("ROLLBACK"),
        }
        .expect("it ends");
    }
}

fn doctor(database: &DatabaseUrl) -> String {
    let folder = tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
    let output =
        command.env("DATABASE_URL", url_of(database)).env("QINGDAN_DATA_DIR", folder.path()).arg("doctor").output();
    String::from_utf8_lossy(&output.expect("it runs").stdout).into_owned()
}

on_each_database!(
    what_was_erased_leaves_the_disk_after_the_next_start_where_nobody_saw_to_it,
    an_erasure_waits_while_somebody_reads_an_earlier_state_and_is_told_of,
    an_erasure_leaves_the_disk_when_its_publisher_hung_up
);

async fn what_was_erased_leaves_the_disk_after_the_next_start_where_nobody_saw_to_it(engine: Engine) {
    let app = with_a_leak(engine).await;
    assert!(is_on_disk(&app.database), "it is found");
    erase(&app).await;
    let database = app.database.clone();
    drop(app);

    let app = TestApp::start(database.clone());
    is_scrubbed(&app).await;
    assert!(!is_on_disk(&database));
    assert!(doctor(&database).contains("ok      nothing is left on the disk of what was erased"));
}

async fn an_erasure_waits_while_somebody_reads_an_earlier_state_and_is_told_of(engine: Engine) {
    let app = with_a_leak(engine).await;
    let reader = Reader::of(&app.database);
    erase(&app).await;
    for _ in 0..2 {
        assert!(app.chores.run(SCRUB, Utc::now()).await);
        assert_eq!(figure(&app, "qingdan_erasures_unscrubbed").await, 1);
        assert!(is_on_disk(&app.database));
    }
    let told = doctor(&app.database);
    assert!(told.contains("warning of 1 erasures something is on the disk still, for 0 min"), "{told}");

    reader.ends();
    is_scrubbed(&app).await;
    assert!(!is_on_disk(&app.database));
    assert_eq!(figure(&app, "qingdan_erasures_unscrubbed").await, 0);
    app.json("/v1/places/leck").await;
}

/// Snapshots that are taken while somebody writes are as old as that transaction, in whichever database of the server it is.
#[actix_web::test]
async fn an_erasure_waits_while_somebody_writes_into_another_database_of_the_server() {
    let DatabaseUrl::Postgres(elsewhere) = new_postgres_database() else { panic!("it is PostgreSQL") };
    let mut writer = PgConnection::establish(&elsewhere).expect("it opens");
    let app = with_a_leak(Engine::Postgres).await;
    writer.batch_execute("BEGIN; SELECT pg_current_xact_id()").expect("it writes");
    erase(&app).await;
    assert!(app.chores.run(SCRUB, Utc::now()).await);
    assert_eq!(figure(&app, "qingdan_erasures_unscrubbed").await, 1);

    writer.batch_execute("ROLLBACK").expect("it ends");
    is_scrubbed(&app).await;
    assert!(!is_on_disk(&app.database));
}

async fn an_erasure_leaves_the_disk_when_its_publisher_hung_up(engine: Engine) {
    let app = with_a_leak(engine).await;
    let new = json!({ "kind": "place", "action": "erase", "key": "leck", "revision": 1, "reason": "涉密", "document": decision() });
    let draft = approved(&app, new).await;
    let address = app.base.strip_prefix("http://").expect("an address");
    let request = format!(
        "POST /v1/drafts/{}/publish HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer publisher\r\nIf-Match: {}\r\n\
         Content-Length: 0\r\n\r\n",
        id_of(&draft),
        tag_of(&draft)
    );
    // If it is not heard because they hang up so early, they try again.
    until("the erasure", async || {
        TcpStream::connect(address).and_then(|mut line| line.write_all(request.as_bytes())).expect("it listens");
        app.register.catalog.catch_up(&app.register.db).await;
        app.get("/v1/places/leck/revisions/1").await.status == 410
    })
    .await;
    is_scrubbed(&app).await;
    assert!(!is_on_disk(&app.database));
}
