//! The keys of the log: made once, kept to the process, two at a time while they change, and a log that does not go on from what
//! they signed is not served.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{ChildStdout, Command, Stdio},
};

use qingdan::{
    app::server::Register,
    base::config::DatabaseUrl,
    register::log_keys::LogKeys,
    transparency::{Note, SigningKey, Signs, VerifierKey},
    values::code_lists::Action,
};
use serde_json::json;
use tempfile::tempdir;

use crate::helpers::{
    app::{
        Answer, Setup, TestApp, client, identity_settings, new_databases, new_postgres_database, new_sqlite_database,
        not_busy, place, send, step, until,
    },
    logs::is_signed,
    mirrors::{has_all_of, stands, stands_for},
    people::TOWNSHIP,
    processes::{Running, START, in_time, qingdan, said, url_of},
    publications::publish_history,
    stores::all_in_one_file,
};

const ORIGIN: &str = "yangli.example/v1/log";

/// The lines of a command that succeeds.
fn told(database: &DatabaseUrl, keys: &Path, arguments: &[&str]) -> Vec<String> {
    let output = qingdan(database, keys, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The one line in which a command says why it fails.
fn refused(database: &DatabaseUrl, keys: &Path, arguments: &[&str]) -> String {
    let output = qingdan(database, keys, arguments);
    assert!(!output.status.success(), "{arguments:?}: {}", said(&output));
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

/// The real program, until the end of the test, and what it prints: nobody else reads it.
struct Serving {
    _process: Running,
    _printed: Lines<BufReader<ChildStdout>>,
}

impl Serving {
    fn start(database: &DatabaseUrl, keys: &Path) -> (Self, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", url_of(database));
        command.env("QINGDAN_KEYS_DIR", keys).env("QINGDAN_DATA_DIR", keys).env("RUST_LOG", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let (first, lines) = in_time(move || (lines.next(), lines));
        let first = first.expect("a line").expect("text");
        let base = first.strip_prefix("listening on ").expect("it listens").to_owned();
        (Self { _process: Running(child), _printed: lines }, base)
    }
}

fn key(text: &str) -> VerifierKey {
    text.parse().expect("a key")
}

/// Reads from a server that may have begun a moment ago, and has signed nothing yet.
async fn read(base: &str, path: &str) -> Answer {
    let answer = not_busy(async || send(client().get(format!("{base}{path}"))).await).await;
    answer.expect_status(200);
    answer
}

#[actix_web::test]
async fn on_postgresql_the_key_is_made_by_hand_and_a_start_without_one_says_so() {
    let (database, folder) = (new_postgres_database(), tempdir().expect("a folder"));
    let keys = folder.path().join("keys");
    let missing = refused(&database, &keys, &START);
    assert!(missing.contains("QINGDAN_KEYS_DIR") && missing.contains("`qingdan keys log init`"), "{missing}");
    assert_eq!(told(&database, &keys, &["keys", "log", "show"]), ["there is no key of the log yet"]);
    assert!(refused(&database, &keys, &["keys", "log", "add"]).contains("`qingdan keys log init`"));
    assert!(refused(&database, &keys, &["keys", "log", "init", "--origin", "a b"]).contains("yangli.example/v1/log"));

    let public = "https://yangli.example";
    let first = told(&database, &keys, &["keys", "log", "init", "--public-url", public]);
    assert_eq!((first.len(), key(&first[0]).name.as_str()), (1, ORIGIN));
    let again = refused(&database, &keys, &["keys", "log", "init", "--public-url", public]);
    assert!(again.contains("already") && again.contains("keys log add"), "{again}");
    assert_eq!(told(&database, &keys, &["keys", "log", "init", "--if-missing", "--origin", "b.example"]), first);
    assert_eq!(told(&database, &keys, &["keys", "log", "show"]), first);
    let old = key(&first[0]).id_text();
    assert!(refused(&database, &keys, &["keys", "log", "retire", &old]).contains(&old), "none would sign");
    let added = told(&database, &keys, &["keys", "log", "add"]);
    assert_eq!(key(&added[0]).name, ORIGIN);
    assert!(refused(&database, &keys, &["keys", "log", "retire", "00000000"]).contains("00000000"));

    let (serving, base) = Serving::start(&database, &keys);
    let service = read(&base, "/v1").await.json();
    let mut named: Vec<String> = serde_json::from_value(service["log"]["keys"].clone()).expect("keys");
    named.sort();
    let mut both = vec![first[0].clone(), added[0].clone()];
    both.sort();
    assert_eq!((named, &service["log"]["origin"]), (both, &json!(ORIGIN)));
    let note = Note::read(read(&base, "/v1/log/checkpoint").await.text()).expect("a note");
    assert_eq!(note.signatures.len(), 2);
    for public in [&first[0], &added[0]] {
        assert_eq!(note.verify(&[key(public)]), Ok(()));
    }
    drop(serving);

    for file in fs::read_dir(&keys).expect("a directory").map(|file| file.expect("a file")) {
        let name = file.file_name().to_string_lossy().into_owned();
        let mode = file.metadata().expect("metadata").permissions().mode() & 0o777;
        assert!(!name.ends_with(".pem") || mode == 0o600, "{name}: {mode:o}");
    }
    assert_eq!(fs::metadata(&keys).expect("a directory").permissions().mode() & 0o777, 0o700);
    told(&database, &keys, &["keys", "log", "retire", &old]);
    assert!(!keys.join(format!("log-{old}.pem")).exists());
    assert_eq!(told(&database, &keys, &["keys", "log", "show"]), [added[0].clone(), first[0].clone()]);
    let doctor = said(&qingdan(&database, &keys, &["doctor"]));
    assert!(doctor.contains(&format!("signed with keys in {}: 1; retired: 1\n", keys.display())), "{doctor}");
    let (_serving, base) = Serving::start(&database, &keys);
    let note = Note::read(read(&base, "/v1/log/checkpoint").await.text()).expect("a note");
    assert_eq!(note.verify(&[key(&added[0])]), Ok(()));
    assert_eq!(note.signatures.len(), 1, "and what the old one signed can still be verified");
}

#[test]
fn a_start_that_finds_what_is_left_of_a_log_begins_no_other() {
    let (database, folder) = (new_sqlite_database(), tempdir().expect("a folder"));
    let keys = folder.path().join("keys");
    refused(&database, &keys, &START);
    let public = key(&told(&database, &keys, &["keys", "log", "show"])[0]);
    let file = |end: &str| keys.join(format!("log-{}.{end}", public.id_text()));
    let aside = |end: &str| folder.path().join(end);
    fs::rename(file("pem"), aside("pem")).expect("the start made it");
    let is_refused = |arguments: &[&str]| {
        let refused = refused(&database, &keys, arguments);
        assert!(refused.contains("no key that signs it") && refused.contains(&keys.display().to_string()), "{refused}");
    };
    let copy = folder.path().join("copy.db");
    told(&database, &keys, &["backup", &copy.display().to_string()]);
    let restore = ["restore", &copy.display().to_string(), "--replace"];
    for arguments in [&START[..], &["keys", "log", "init"], &["keys", "log", "add"], &restore, &["verify", "log"]] {
        is_refused(arguments);
    }
    let doctor = said(&qingdan(&database, &keys, &["doctor"]));
    assert!(doctor.contains("fault   QINGDAN_KEYS_DIR") && doctor.contains("no key that signs it"), "{doctor}");
    fs::rename(file("pub"), aside("pub")).expect("it is there");
    fs::write(keys.join("checkpoint"), "of the log whose key is lost").expect("written");
    is_refused(&START);
    is_refused(&restore);
    let left = fs::read_dir(&keys).expect("a directory").map(|file| file.expect("a file").file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with("log-")), "no key was made");

    fs::remove_file(keys.join("checkpoint")).expect("it is there");
    for end in ["pem", "pub"] {
        fs::rename(aside(end), file(end)).expect("it is there");
    }
    assert_eq!(told(&database, &keys, &["keys", "log", "show"]), [public.to_string()], "put back, it is as it was");
    assert!(refused(&database, &keys, &START).contains("QINGDAN_LISTEN"));
}

#[actix_web::test]
async fn a_register_in_memory_leaves_the_log_of_a_real_one_alone() {
    let folder = tempdir().expect("a folder");
    let source = with_keys(&new_sqlite_database(), folder.path());
    publish_history(&source).await;
    is_signed(&source).await;
    let kept = fs::read_to_string(folder.path().join("checkpoint")).expect("it was given out");

    let empty = tempdir().expect("a folder");
    for directory in [folder.path(), empty.path()] {
        let opened =
            Register::open_with(&DatabaseUrl::Memory, Some(directory.into()), None, &identity_settings()).await;
        let register = opened.unwrap_or_else(|error| panic!("it is another log: {error}"));
        register.notary.sign(register.catalog.snapshot()).await.expect("it signs its own");
        let signed = register.notary.current().expect("a checkpoint").checkpoint.clone();
        assert_eq!((signed.size, signed.origin.as_str()), (0, "unnamed.invalid/v1/log"));
    }
    assert_eq!(fs::read_to_string(folder.path().join("checkpoint")).expect("it is there"), kept);
    let made = fs::read_dir(empty.path()).expect("a directory").map(|file| file.expect("a file").file_name());
    let of_the_log = |name: &str| name.starts_with("log-") || name.starts_with("checkpoint");
    assert!(made.into_iter().all(|name| !of_the_log(&name.to_string_lossy())));
}

#[test]
fn a_key_of_a_witness_is_not_taken_for_one_of_a_log_nor_the_other_way_round() {
    let (database, folder) = (new_sqlite_database(), tempdir().expect("a folder"));
    let pkcs8 = SigningKey::generate(ORIGIN).expect("a key").pkcs8().to_vec();
    let of = |signs| SigningKey::of_pkcs8(&pkcs8, ORIGIN, signs).expect("a key").public().to_string();
    let (log, witness) = (of(Signs::Notes), of(Signs::Cosignatures));
    let mirror = ["mirror", "--from", "http://127.0.0.1:9", "--listen", "nowhere", "--log-key", &witness];
    for (arguments, told) in [
        (&["verify", "proof", "-", "--key", &witness][..], "this is the key of a witness"),
        (&["verify", "log", "--url", "http://127.0.0.1:9", "--key", &witness], "this is the key of a witness"),
        (&mirror, "this is the key of a witness"),
        (&["verify", "proof", "-", "--key", &log, "--witness", &log], "this is the key of a log"),
        (&["verify", "log", "--url", "http://127.0.0.1:9", "--witness", &log], "this is the key of a log"),
    ] {
        let output = qingdan(&database, folder.path(), arguments);
        assert!(!output.status.success() && said(&output).contains(told), "{arguments:?}: {}", said(&output));
    }
}

fn with_keys(database: &DatabaseUrl, keys: &Path) -> TestApp {
    let setup = Setup { identity: Some((keys.into(), identity_settings())), ..Setup::default() };
    TestApp::start_with(database.clone(), setup)
}

fn pinning(source: &str, key: &VerifierKey) -> Setup {
    Setup { mirror_of: Some((vec![source.to_owned()], None)), trusted: vec![key.clone()], ..Setup::default() }
}

#[actix_web::test]
async fn what_is_done_to_the_keys_in_the_shell_is_in_the_trail() {
    for database in new_databases() {
        let folder = tempdir().expect("a folder");
        let first = key(&told(&database, folder.path(), &["keys", "log", "init", "--origin", ORIGIN])[0]).id_text();
        let second = key(&told(&database, folder.path(), &["keys", "log", "add"])[0]).id_text();
        told(&database, folder.path(), &["keys", "log", "retire", &first]);
        refused(&database, folder.path(), &["keys", "log", "retire", &second]);

        let trail = TestApp::start(database).trail().await;

        let lines = [
            format!("system log_keys.add log_key/{second} done - -"),
            format!("system log_keys.retire log_key/{first} done - -"),
        ];
        assert_eq!(trail, lines);
    }
}

#[actix_web::test]
async fn while_keys_change_a_mirror_that_pins_either_follows() {
    let (database, folder) = (new_sqlite_database(), tempdir().expect("a folder"));
    let old = LogKeys::create(folder.path(), ORIGIN).expect("a key").public()[0].clone();
    let new = LogKeys::add(folder.path()).expect("another");
    let source = with_keys(&database, folder.path());
    publish_history(&source).await;
    is_signed(&source).await;
    for pinned in [&old, &new] {
        let mirror = TestApp::start_with(new_sqlite_database(), pinning(&source.base, pinned));
        has_all_of(&mirror, &source).await;
        stands(&mirror, "following").await;
        let note = source.get("/v1/log/checkpoint").await;
        let is_handed_on = async || mirror.get("/v1/log/checkpoint").await.text() == note.text();
        until("the checkpoint with both signatures", is_handed_on).await;
    }
    let stranger = SigningKey::generate(ORIGIN).expect("a key").public().clone();
    drop(source);

    LogKeys::retire(folder.path(), &old.id_text()).expect("it is known");
    let source = with_keys(&database, folder.path());
    let mirror = TestApp::start_with(new_sqlite_database(), pinning(&source.base, &new));
    has_all_of(&mirror, &source).await;
    for pinned in [&old, &stranger] {
        let mirror = TestApp::start_with(new_sqlite_database(), pinning(&source.base, pinned));
        stands_for(&mirror, "refused", "none of the known keys").await;
        assert_eq!(mirror.register.catalog.peek().seq(), 0);
    }
}

#[actix_web::test]
async fn an_older_or_another_register_is_not_served_with_the_keys_of_this_one() {
    let (database, folder) = (new_sqlite_database(), tempdir().expect("a folder"));
    let DatabaseUrl::Sqlite(path) = &database else { panic!("it is a file") };
    let source = with_keys(&database, folder.path());
    publish_history(&source).await;
    all_in_one_file(&database);
    let (older, newer) = (new_sqlite_database(), path);
    let DatabaseUrl::Sqlite(backup) = &older else { panic!("it is a file") };
    fs::copy(newer, backup).expect("a backup");
    let more = step("place", Action::Suspend, "hall-b", None);
    source.publish(vec![more]).await.expect("it is valid");
    is_signed(&source).await;
    drop(source);

    let restored = refused(&older, folder.path(), &START);
    assert!(restored.contains("an older database was restored"), "{restored}");
    assert!(restored.contains("ends at line 15") && restored.contains("checkpoint of 16 lines"), "{restored}");

    // As long as this one, or longer, and about something else.
    let another = TestApp::start(new_sqlite_database());
    publish_history(&another).await;
    for key in ["hall-x", "hall-y"] {
        let new = place(key, TOWNSHIP);
        let new = step("place", Action::Create, key, Some(new));
        another.publish(vec![new]).await.expect("it is valid");
    }
    let forked = refused(&another.database, folder.path(), &START);
    assert!(forked.contains("the first 16 lines") && forked.contains("qingdan verify log"), "{forked}");

    let (_serving, base) = Serving::start(&database, folder.path());
    read(&base, "/v1/changes/16/proof").await;
}

/// A server with the database alone, after a restore or a move, does not begin another log by its start.
#[actix_web::test]
async fn a_database_without_its_keys_begins_no_other_log() {
    for database in new_databases() {
        let [own, lost, another, renewed] = [(); 4].map(|()| tempdir().expect("a directory"));
        LogKeys::create(own.path(), ORIGIN).expect("a key");
        LogKeys::create(another.path(), "another.example/v1/log").expect("a key");
        LogKeys::create(renewed.path(), ORIGIN).expect("a key");
        let open = async |keys: &Path| {
            let opened = Register::open_with(&database, Some(keys.into()), None, &identity_settings()).await;
            opened.map(|_| ()).map_err(|error| error.to_string())
        };
        open(own.path()).await.expect("it has its keys");
        for keys in [&lost, &another] {
            let refused = open(keys.path()).await.expect_err("it has no key of this log");
            assert!(refused.contains(ORIGIN) && refused.contains("put the directory of its keys back"), "{refused}");
        }
        assert!(LogKeys::load(lost.path()).expect("readable").is_none(), "none was made");
        open(renewed.path()).await.expect("it goes on under its name");
    }
}
