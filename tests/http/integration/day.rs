//! The day's work of `openapi/examples/day.sh`, on the real binary.

use std::{
    fs::File,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use qingdan::base::config::DatabaseUrl;
use tempfile::TempDir;

use crate::helpers::{
    app::{LONG, new_postgres_database},
    processes::{Running, binary},
};

#[test]
fn a_days_work_by_curl_goes_through_on_a_fresh_demonstration() {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(curl.is_ok_and(|status| status.success()), "no curl: run `./test`, or install it");
    let DatabaseUrl::Postgres(postgres) = new_postgres_database() else { panic!("it is on PostgreSQL") };
    for database in [None, Some(postgres)] {
        let folder = TempDir::new().expect("a folder");
        let printed = folder.path().join("demo.txt");
        let _server = serve(folder.path(), &printed, database.as_deref());

        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/examples/day.sh");
        let day = Command::new("bash").arg(script).arg(&printed).output().expect("bash runs");

        let told = format!("{}{}", String::from_utf8_lossy(&day.stdout), String::from_utf8_lossy(&day.stderr));
        assert!(day.status.success(), "{told}");
        assert!(told.contains("== done: "), "{told}");
    }
}

/// Starts `serve --demo` and returns when it has printed everything.
fn serve(folder: &Path, printed: &Path, database: Option<&str>) -> Running {
    let mut command = binary();
    command.args(["serve", "--demo"]).env("QINGDAN_DATA_DIR", folder).env("QINGDAN_LISTEN", "127.0.0.1:0");
    command.env("RUST_LOG", "warn").envs(database.map(|url| ("DATABASE_URL", url)));
    command.stdout(File::create(printed).expect("a file"));
    let server = Running(command.spawn().expect("the binary starts"));
    let started = Instant::now();
    let whole = || std::fs::read_to_string(printed).is_ok_and(|text| text.contains("\nthe demonstration register was"));
    while !whole() {
        assert!(started.elapsed() < LONG, "it has started");
        thread::sleep(Duration::from_millis(20));
    }
    server
}
