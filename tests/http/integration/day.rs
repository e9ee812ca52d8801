//! The day's work of `openapi/examples/day.sh`, on the real binary.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use qingdan::base::config::DatabaseUrl;
use tempfile::TempDir;

use crate::helpers::{app::new_postgres_database, processes::demonstration};

#[test]
fn a_days_work_by_curl_goes_through_on_a_fresh_demonstration() {
    let curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status();
    assert!(curl.is_ok_and(|status| status.success()), "no curl: run `./test`, or install it");
    let DatabaseUrl::Postgres(postgres) = new_postgres_database() else { panic!("it is on PostgreSQL") };
    for database in [None, Some(postgres)] {
        let folder = TempDir::new().expect("a folder");
        let printed = folder.path().join("demo.txt");
        let _server = demonstration(folder.path(), &printed, database.as_deref());

        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/examples/day.sh");
        let day = Command::new("bash").arg(script).arg(&printed).output().expect("bash runs");

        let told = format!("{}{}", String::from_utf8_lossy(&day.stdout), String::from_utf8_lossy(&day.stderr));
        assert!(day.status.success(), "{told}");
        assert!(told.contains("== done: "), "{told}");
    }
}
