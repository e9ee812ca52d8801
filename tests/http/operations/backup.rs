//! A register is copied while it is served, put back, and looked at; nothing is lost on the way and nothing forked unsaid.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection};
use qingdan::{
    base::config::DatabaseUrl,
    register::{
        changes,
        db::files_of,
        log_keys::{Keeper, LogKeys},
        publication::Step,
    },
    transparency::{Checkpoint, Edge, Hash},
    values::code_lists::Action,
};
use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::helpers::{
    app::{
        TestApp, bare_postgres_database, bare_sqlite_database, new_demos, new_postgres_demo, new_sqlite_demo, patched,
        step,
    },
    processes::url_of,
};

/// The binary, with its keys in a folder of its own.
struct Shell {
    url: String,
    keys: TempDir,
}

impl Shell {
    fn of(database: &DatabaseUrl) -> Self {
        let keys = tempdir().expect("a folder");
        fs::set_permissions(keys.path(), fs::Permissions::from_mode(0o700)).expect("it is ours");
        Self { url: url_of(database), keys }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
        command.env("DATABASE_URL", &self.url).env("QINGDAN_KEYS_DIR", self.keys.path());
        command.env("QINGDAN_DATA_DIR", self.keys.path()).args(arguments).output().expect("it runs")
    }

    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// Gives a checkpoint out, as a server would have.
    fn gives_out(&self, size: u64, root: Hash) {
        let directory: PathBuf = self.keys.path().into();
        let keys = LogKeys::load(&directory).expect("readable");
        let keys = keys.unwrap_or_else(|| LogKeys::create(&directory, "yangli.example/v1/log").expect("a key"));
        let checkpoint = Checkpoint { origin: keys.origin().into(), size, root };
        let note = keys.sign(&checkpoint);
        let keeper = Keeper::new(Some(directory));
        keeper
            .keep(&keys, (&checkpoint, &note), |_| Ok::<_, qingdan::register::log_keys::LogKeyError>(()))
            .expect("kept");
    }
}

fn path_of(database: &DatabaseUrl) -> PathBuf {
    match database {
        DatabaseUrl::Sqlite(path) => path.into(),
        DatabaseUrl::Postgres(_) | DatabaseUrl::Memory => panic!("it is a file"),
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

async fn edge(app: &TestApp) -> Edge {
    app.register.db.read(changes::edge).await.expect("a tree")
}

async fn amend_place(app: &TestApp, number: usize) -> Step {
    let name = json!({ "name": format!("便民服务中心 {number}") });
    let body = patched(app, "/v1/places/yangli-hall", &name).await;
    step("place", Action::Amend, "yangli-hall", Some(body))
}

#[actix_web::test]
async fn a_backup_is_one_state_of_a_register_that_goes_on_publishing_and_is_put_back_whole() {
    let database = new_sqlite_demo();
    let (app, shell, folder) = (TestApp::start(database.clone()), Shell::of(&database), tempdir().expect("a folder"));
    let before = edge(&app).await.size();
    let file = folder.path().join("copy.db");
    let copying = {
        let (url, file) = (shell.url.clone(), file.clone());
        tokio::task::spawn_blocking(move || {
            let shell = Shell { url, keys: tempdir().expect("a folder") };
            for _ in 0..3 {
                shell.done(&["backup", shown(&file), "--overwrite"]);
            }
        })
    };
    for number in 0..20 {
        app.publish(vec![amend_place(&app, number).await]).await.expect("it is valid");
    }
    copying.await.expect("it was copied");
    assert!(shell.refused(&["backup", shown(&file)]).contains("--overwrite"));
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);

    let place = bare_sqlite_database();
    let restored = Shell::of(&place);
    let told = restored.done(&["restore", shown(&file)]);
    assert!(told.contains("restored: "), "{told}");
    assert!(restored.done(&["verify", "log"]).contains("the log is whole"));
    assert!(restored.done(&["verify", "audit"]).contains("the audit trail is whole"));
    let again = TestApp::start(place);
    let then = edge(&again).await;
    assert!((before..=before + 20).contains(&then.size()));
    assert_eq!(app.register.catalog.snapshot().tree().root(then.size()), Some(then.root()), "it is a beginning");
    for path in ["/v1/items?limit=200", "/v1/exports/items.ndjson", "/v1/summary"] {
        let as_of = format!("{path}{}as_of={}", if path.contains('?') { "&" } else { "?" }, then.size());
        assert_eq!(again.get(&as_of).await.text(), app.get(&as_of).await.text(), "{path}");
    }
}

#[actix_web::test]
async fn a_backup_that_contradicts_what_was_given_out_is_refused_unless_somebody_says_so() {
    let database = new_sqlite_demo();
    let (source, folder) = (Shell::of(&database), tempdir().expect("a folder"));
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    source.done(&["backup", shown(&old)]);
    let app = TestApp::start(database);
    let before = edge(&app).await.size();
    app.publish(vec![amend_place(&app, 1).await]).await.expect("it is valid");
    source.done(&["backup", shown(&new)]);
    let place = bare_sqlite_database();
    let shell = Shell::of(&place);
    shell.done(&["restore", shown(&new)]);
    let edge = edge(&app).await;
    shell.gives_out(edge.size(), edge.root());

    assert!(shell.refused(&["restore", shown(&old), "--replace"]).contains("--fork-the-log"));
    assert!(shell.refused(&["restore", shown(&old), "--fork-the-log"]).contains("--replace"));
    let mut server = SqliteConnection::establish(shown(&path_of(&place))).expect("it opens");
    server.batch_execute("PRAGMA journal_mode = WAL; SELECT count(*) FROM changes").expect("it reads");
    let told = shell.refused(&["restore", shown(&old), "--replace", "--fork-the-log"]);
    assert!(told.contains("has") && told.contains("open"), "{told}");
    drop(server);
    let told = shell.done(&["restore", shown(&old), "--replace", "--fork-the-log"]);
    assert!(told.contains("contradicted") && told.contains("what was there is kept as"), "{told}");
    assert!(shell.done(&["verify", "log"]).contains(&format!("{before} lines")));
    let kept = fs::read_dir(path_of(&place).parent().expect("a folder")).expect("readable");
    assert_eq!(kept.flatten().filter(|entry| entry.file_name().to_string_lossy().contains(".before-")).count(), 1);
    shell.done(&["restore", shown(&new), "--replace"]);
}

#[test]
fn a_backup_in_which_anything_was_altered_is_refused() {
    let (database, folder) = (new_sqlite_demo(), tempdir().expect("a folder"));
    let shell = Shell::of(&database);
    let file = folder.path().join("copy.db");
    shell.done(&["backup", shown(&file)]);
    let whole = fs::read(&file).expect("readable");
    let place = Shell::of(&bare_sqlite_database());

    for alter in [
        "DROP TRIGGER changes_no_update; UPDATE changes SET reason = 'anders' WHERE seq = 7",
        "DROP TRIGGER changes_no_delete; DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)",
    ] {
        fs::write(&file, &whole).expect("written");
        let mut conn = SqliteConnection::establish(shown(&file)).expect("it opens");
        conn.batch_execute(alter).expect("it is altered");
        drop(conn);
        assert!(place.refused(&["restore", shown(&file)]).contains("the log is broken"), "{alter}");
    }
    fs::write(&file, &whole[..whole.len() / 2]).expect("written");
    place.refused(&["restore", shown(&file)]);
    fs::write(&file, "no database at all").expect("written");
    place.refused(&["restore", shown(&file)]);
    assert!(!path_of(&database_of(&place)).exists(), "nothing was put there");
}

/// Returns what a killed server has: the address and files of the register, and what it had not yet taken in.
async fn killed() -> (DatabaseUrl, Vec<(PathBuf, Vec<u8>)>) {
    let database = new_sqlite_demo();
    let app = TestApp::start(database.clone());
    app.publish(vec![amend_place(&app, 1).await]).await.expect("it is valid");
    let files =
        files_of(&path_of(&database)).into_iter().filter_map(|file| Some((file.clone(), fs::read(&file).ok()?)));
    let files: Vec<_> = files.collect();
    assert!(files.len() > 2 && files.iter().all(|(_, bytes)| !bytes.is_empty()), "it writes ahead");
    (database, files)
}

#[actix_web::test]
async fn a_restored_register_takes_in_nothing_that_another_one_left_beside_its_place() {
    let (source, folder) = (Shell::of(&new_sqlite_demo()), tempdir().expect("a folder"));
    let copy = folder.path().join("copy.db");
    source.done(&["backup", shown(&copy)]);
    let (whole, place) = (source.done(&["verify", "log"]), bare_sqlite_database());
    let (shell, store) = (Shell::of(&place), path_of(&place));
    let (_, left) = killed().await;
    let names = files_of(&store);
    let kept = |ending: &str| {
        let files =
            fs::read_dir(store.parent().expect("a folder")).expect("readable").flatten().map(|entry| entry.path());
        let mut kept = files.filter(|file| shown(file).contains(".before-") && shown(file).ends_with(ending));
        kept.next().map(|file| fs::read(file).expect("readable"))
    };

    // Somebody removed the register, but not what lay beside it.
    for (name, (_, bytes)) in names.iter().zip(&left).skip(1) {
        fs::write(name, bytes).expect("written");
    }
    assert!(shell.refused(&["migrate"]).contains("is missing, but"), "a start would remove it");
    let told = shell.done(&["restore", shown(&copy)]);
    assert!(told.contains("what was there is kept as"), "{told}");
    assert_eq!(shell.done(&["verify", "log"]), whole);
    assert_eq!(kept("-wal").as_ref(), Some(&left[1].1), "nothing is lost");

    // The register is no database any more.
    fs::write(&store, "no database at all").expect("written");
    fs::write(&names[1], &left[1].1).expect("written");
    assert!(shell.refused(&["restore", shown(&copy)]).contains("--replace"));
    shell.done(&["restore", shown(&copy), "--replace"]);
    assert_eq!(shell.done(&["verify", "log"]), whole);
}

/// Puts the bytes of a backup where a register is to be, and gives its address.
fn placed(copy: &Path, store: PathBuf) -> DatabaseUrl {
    fs::copy(copy, &store).expect("copied");
    DatabaseUrl::Sqlite(shown(&store).into())
}

#[test]
fn a_backup_is_put_back_from_any_name_and_is_still_there() {
    let (source, folder) = (Shell::of(&new_sqlite_demo()), tempdir().expect("a folder"));
    let copy = folder.path().join("copy.db");
    source.done(&["backup", shown(&copy)]);
    let (whole, bytes) = (source.done(&["verify", "log"]), fs::read(&copy).expect("readable"));
    for (name, has_register) in [("restoring", true), ("restoring", false), ("new", true)] {
        let place = tempdir().expect("a folder");
        let store = place.path().join("qingdan.db");
        let backup = store.with_extension(name);
        fs::copy(&copy, &backup).expect("copied");
        let shell = match has_register {
            true => Shell::of(&placed(&copy, store.clone())),
            false => Shell::of(&DatabaseUrl::Sqlite(shown(&store).into())),
        };

        shell.done(&["restore", shown(&backup), "--replace"]);
        assert_eq!(shell.done(&["verify", "log"]), whole, "{name}");
        assert_eq!(fs::read(&backup).expect("it is there"), bytes, "{name}");
    }
}

#[test]
fn no_backup_takes_the_place_of_a_register_of_a_part_of_it_or_of_what_nobody_made_as_a_backup() {
    let (source, folder) = (Shell::of(&new_sqlite_demo()), tempdir().expect("a folder"));
    let copy = folder.path().join("copy.db");
    source.done(&["backup", shown(&copy)]);
    let whole = source.done(&["verify", "log"]);
    let store = folder.path().join("register.partial");
    let shell = Shell::of(&placed(&copy, store.clone()));
    let [linked, symbolic, key] = ["linked.db", "symbolic.db", "key.pem"].map(|name| folder.path().join(name));
    fs::hard_link(&store, &linked).expect("linked");
    std::os::unix::fs::symlink(&store, &symbolic).expect("linked");

    for own in [&store, &linked, &symbolic].into_iter().chain(&files_of(&store)[1..]) {
        for arguments in [&["backup", shown(own), "--overwrite"][..], &["restore", shown(own), "--replace"]] {
            let told = shell.refused(arguments);
            assert!(told.contains("the register itself"), "{arguments:?}: {told}");
        }
    }
    fs::write(&key, "-----BEGIN PRIVATE KEY-----").expect("written");
    assert!(shell.refused(&["backup", shown(&key), "--overwrite"]).contains("is no database"));
    assert_eq!(fs::read(&key).expect("it is there"), b"-----BEGIN PRIVATE KEY-----");
    let mut served = SqliteConnection::establish(shown(&copy)).expect("it opens");
    let reads = "PRAGMA journal_mode = WAL; SELECT count(*) FROM changes; PRAGMA wal_checkpoint(TRUNCATE)";
    served.batch_execute(reads).expect("it reads");
    let told = shell.refused(&["backup", shown(&copy), "--overwrite"]);
    assert!(told.contains("another process has"), "somebody serves it: {told}");
    drop(served);

    shell.done(&["backup", shown(&store.with_extension("db"))]);
    shell.done(&["backup", shown(&copy), "--overwrite"]);
    assert_eq!(shell.done(&["verify", "log"]), whole);
}

#[test]
fn every_register_that_was_replaced_is_kept_however_soon_the_next_follows() {
    let (source, folder) = (Shell::of(&new_sqlite_demo()), tempdir().expect("a folder"));
    let copy = folder.path().join("copy.db");
    source.done(&["backup", shown(&copy)]);
    let shell = Shell::of(&placed(&copy, folder.path().join("register.db")));
    let kept: BTreeSet<String> = (0..4)
        .map(|_| {
            let told = shell.done(&["restore", shown(&copy), "--replace"]);
            told.lines()
                .find_map(|line| line.strip_prefix("what was there is kept as "))
                .expect("it is told")
                .to_owned()
        })
        .collect();

    assert_eq!(kept.len(), 4, "{kept:?}");
    assert!(kept.iter().all(|kept| fs::metadata(kept).is_ok_and(|kept| kept.len() > 0)), "{kept:?}");
}

#[test]
fn a_backup_of_another_log_is_refused_before_anything_is_moved() {
    let (database, folder) = (new_sqlite_demo(), tempdir().expect("a folder"));
    let copy = folder.path().join("copy.db");
    let mut conn = SqliteConnection::establish(shown(&path_of(&database))).expect("it opens");
    conn.batch_execute("UPDATE changes_head SET origin = 'minhou.example/v1/log'").expect("it is named");
    drop(conn);
    Shell::of(&database).done(&["backup", shown(&copy)]);
    let place = bare_sqlite_database();
    let shell = Shell::of(&place);
    shell.done(&["keys", "log", "init", "--origin", "yangli.example/v1/log"]);

    let told = shell.refused(&["restore", shown(&copy)]);
    assert!(told.contains("the log is minhou.example/v1/log"), "{told}");
    assert!(!path_of(&place).exists(), "nothing was put there");
    let left = fs::read_dir(path_of(&place).parent().expect("a folder")).expect("readable").flatten();
    assert!(
        left.map(|entry| entry.file_name()).all(|name| !name.to_string_lossy().ends_with(".new")),
        "nothing is left"
    );
}

#[actix_web::test]
async fn a_file_that_is_not_the_whole_is_no_backup_and_none_is_written_over() {
    let (database, files) = killed().await;
    let (shell, folder) = (Shell::of(&database), tempdir().expect("a folder"));
    let copied = folder.path().join("copied.db");
    for (name, (_, bytes)) in files_of(&copied).iter().zip(&files) {
        fs::write(name, bytes).expect("written");
    }
    let place = Shell::of(&bare_sqlite_database());
    let told = place.refused(&["restore", shown(&copied)]);
    assert!(told.contains("copied.db-wal, which belongs to it"), "{told}");
    assert!(!path_of(&database_of(&place)).exists(), "nothing was put there");

    let told = shell.refused(&["backup", shown(&copied), "--overwrite"]);
    assert!(told.contains("copied.db-wal, which belongs to it"), "{told}");
    let itself = shell.refused(&["backup", shown(&path_of(&database)), "--overwrite"]);
    assert!(itself.contains("the register itself"), "{itself}");
    assert_eq!(fs::read(&copied).expect("it is there"), files[0].1);
}

fn database_of(shell: &Shell) -> DatabaseUrl {
    shell.url.parse().expect("a URL")
}

/// With the commands of README.md and of `qingdan backup` itself.
#[actix_web::test]
async fn pg_dump_and_pg_restore_bring_a_whole_register_elsewhere() {
    let (database, folder) = (new_postgres_demo(), tempdir().expect("a folder"));
    let shell = Shell::of(&database);
    let told = shell.refused(&["backup", "copy.dump"]);
    assert!(told.contains("pg_dump --format=custom --file=FILE \"$DATABASE_URL\""), "{told}");
    assert!(
        shell
            .refused(&["restore", "copy.dump"])
            .contains("pg_restore --clean --if-exists --dbname=\"$DATABASE_URL\" FILE")
    );
    let app = TestApp::start(database.clone());
    let place = bare_postgres_database();
    let there = Shell::of(&place);
    let by = |shell: &Shell, command: &str| {
        let output = Command::new("bash")
            .current_dir(folder.path())
            .env("DATABASE_URL", &shell.url)
            .args(["-c", command])
            .output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{command}: {output:?}");
    };
    by(&shell, "pg_dump --format=custom --file=copy.dump \"$DATABASE_URL\"");
    by(&there, "pg_restore --clean --if-exists --dbname=\"$DATABASE_URL\" copy.dump");

    let whole = shell.done(&["verify", "log"]);
    assert_eq!(there.done(&["verify", "log"]), whole);
    assert_eq!(there.done(&["verify", "audit"]), shell.done(&["verify", "audit"]));
    let again = TestApp::start(place);
    for path in ["/v1/items?limit=200", "/v1/exports/items.ndjson", "/v1/changes?since=0&limit=1000"] {
        assert_eq!(again.get(path).await.text(), app.get(path).await.text(), "{path}");
    }
}

#[actix_web::test]
async fn the_doctor_says_what_is_wrong_and_changes_nothing() {
    for database in new_demos() {
        let shell = Shell::of(&database);
        let app = TestApp::start(database.clone());
        shell.done(&["keys", "log", "init", "--origin", "yangli.example/v1/log"]);
        let told = shell.refused(&["doctor"]);
        for said in ["ok      the log is whole", "ok      the audit trail is whole", "files that it names are there"] {
            assert!(told.contains(said), "{said}: {told}");
        }
        assert!(told.contains("fault   no account is an administrator's") && told.contains("1 fault"), "{told}");
        assert!(shell.refused(&["doctor", "--listen", "0.0.0.0:80"]).contains("warning it listens on 0.0.0.0:80"));
        make_admin(&shell);
        let told = shell.done(&["doctor"]);
        assert!(told.contains("warning editors: 0"), "{told}");

        let mode = |mode| fs::set_permissions(shell.keys.path(), fs::Permissions::from_mode(mode)).expect("it is ours");
        mode(0o755);
        assert!(shell.refused(&["doctor"]).contains("fault   other users of this machine can read keys"));
        mode(0o700);

        let edge = edge(&app).await;
        shell.gives_out(edge.size() + 1, Hash::of_nothing());
        assert!(shell.refused(&["doctor"]).contains("lines are lost"));
        fs::remove_file(shell.keys.path().join("checkpoint")).expect("it is there");
        alter(&database);
        let told = shell.refused(&["doctor"]);
        assert!(told.contains("fault   the log is broken"), "{told}");
    }
    let nowhere = Shell::of(&bare_sqlite_database());
    assert!(nowhere.done(&["doctor"]).contains("there is no register yet"));
    assert!(!path_of(&database_of(&nowhere)).exists(), "looking makes nothing");
}

fn make_admin(shell: &Shell) {
    use std::io::Write;
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
    command.env("DATABASE_URL", &shell.url).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null());
    let mut made =
        command.args(["user", "create", "wang", "--role", "admin", "--password-stdin"]).spawn().expect("it runs");
    made.stdin
        .take()
        .expect("a pipe")
        .write_all("ein langes Kennwort, das niemand kennt\n".as_bytes())
        .expect("it reads");
    assert!(made.wait().expect("it ends").success());
}

/// Somebody writes to the log by hand.
fn alter(database: &DatabaseUrl) {
    match database {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(path).expect("it opens");
            let by_hand = "DROP TRIGGER changes_no_update; UPDATE changes SET reason = 'anders' WHERE seq = 7";
            conn.batch_execute(by_hand).expect("it is altered");
        }
        DatabaseUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url).expect("it opens");
            for by_hand in
                ["ALTER TABLE changes DISABLE TRIGGER ALL", "UPDATE changes SET reason = 'anders' WHERE seq = 7"]
            {
                diesel::sql_query(by_hand).execute(&mut conn).expect("it is altered");
            }
        }
        DatabaseUrl::Memory => panic!("tests have a database"),
    }
}
