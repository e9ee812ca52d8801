//! What stands on the disk: whom it is open to.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use tempfile::{TempDir, tempdir};

use crate::mirror::in_time;

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
    fn served(&self) -> Served {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let served = Served(child);
        let mut lines = lines.map_while(Result::ok);
        assert!(in_time(move || lines.any(|line| line.starts_with("listening on "))), "it listens");
        served
    }
}

struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
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

#[test]
fn what_the_service_keeps_is_closed_to_other_users_whatever_the_umask_and_what_was_open_is_closed_at_the_start() {
    let careless = Careless::new();
    let served = careless.served();
    assert!(careless.data().join("qingdan.db-wal").exists(), "it is open");
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
