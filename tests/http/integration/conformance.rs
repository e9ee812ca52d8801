//! The conformance suite for mirrors, run against its own reference (clients/conformance).

use std::{path::Path, process::Command};

use crate::helpers::effort::times;

#[test]
fn the_reference_follower_conforms() {
    conforms(1);
}

#[test]
fn the_reference_follower_conforms_to_another_history() {
    conforms(2);
}

fn conforms(seed: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/conformance");
    let (seed, steps) = (seed.to_string(), times("CONFORMANCE_STEPS", 6).to_string());
    let mut suite = Command::new("python3");
    suite.arg("conformance.py").args(["--qingdan", env!("CARGO_BIN_EXE_qingdan"), "--seed", &seed, "--steps", &steps]);
    suite.args(["--", "python3", "follower.py"]).current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1");
    suite.env_remove("DATABASE_URL");
    let ended = suite.output().expect("python3 is there: `./test` installs it");
    let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{said}");
    assert!(said.contains("conforms"), "{said}");
}
