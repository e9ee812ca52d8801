//! The conformance suite for mirrors, run against its own reference (clients/conformance).

use std::{path::Path, process::Command};

#[test]
fn the_reference_follower_conforms() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/conformance");
    for seed in ["1", "2"] {
        let mut suite = Command::new("python3");
        suite.arg("conformance.py").args(["--qingdan", env!("CARGO_BIN_EXE_qingdan"), "--seed", seed, "--steps", "25"]);
        suite.args(["--", "python3", "follower.py"]).current_dir(&folder).env("PYTHONDONTWRITEBYTECODE", "1");
        suite.env_remove("DATABASE_URL");
        let ended = suite.output().expect("python3 is there: `./test` installs it");
        let said = format!("{}{}", String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert!(ended.status.success(), "{said}");
        assert!(said.contains("conforms"), "{said}");
    }
}
