//! The program as a process of its own: starting it, reading what it writes, stopping it.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use qingdan::base::config::DatabaseUrl;

use crate::helpers::app::LONG;

/// The binary, set up as if nobody had set anything up.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("QINGDAN_") || text == "DATABASE_URL" || text == "RUST_LOG" {
            command.env_remove(&name);
        }
    }
    command
}

/// The first line that a process writes. What it writes later is read, too, so that it need not wait for that.
pub fn first_line(process: &mut Child) -> String {
    first_lines(process).recv_timeout(LONG).expect("it writes a line")
}

/// The lines that a server writes to its standard output, as they come; it is read to the end, so that the server can always write.
pub fn first_lines(process: &mut Child) -> mpsc::Receiver<String> {
    let output = BufReader::new(process.stdout.take().expect("its output"));
    let (send, receive) = mpsc::channel();
    thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
    receive
}

/// Tells a server to stop, once it catches the signal: before, that would kill it.
pub fn tell_to_stop(process: &Child) {
    const TERM: u64 = 1 << 14;
    let (status, began) = (format!("/proc/{}/status", process.id()), Instant::now());
    let caught = || match fs::read_to_string(&status) {
        Ok(status) => {
            let signals = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("what it catches");
            u64::from_str_radix(signals.trim(), 16).expect("a number")
        }
        // Not every system tells.
        Err(_) => TERM,
    };
    while caught() & TERM == 0 {
        assert!(began.elapsed() < LONG, "it catches the signal");
        thread::sleep(Duration::from_millis(20));
    }
    let killed = Command::new("kill").args(["-TERM", &process.id().to_string()]).status();
    assert!(killed.expect("kill runs").success());
}

/// What `blocks` brings, where that comes while a test still waits for it.
pub fn in_time<T: Send + 'static>(blocks: impl FnOnce() -> T + Send + 'static) -> T {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || send.send(blocks()));
    receive.recv_timeout(LONG).expect("it comes in time")
}

/// A start that gets as far as this address fails there, and says so.
pub const START: [&str; 3] = ["serve", "--listen", "nowhere"];

/// Runs the program on this database with these keys.
pub fn qingdan(database: &DatabaseUrl, keys: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
    command.args(arguments).env("DATABASE_URL", url_of(database)).env("QINGDAN_KEYS_DIR", keys);
    command.env("QINGDAN_DATA_DIR", keys).env("RUST_LOG", "warn").output().expect("it runs")
}

pub fn url_of(database: &DatabaseUrl) -> String {
    match database {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{path}"),
        DatabaseUrl::Postgres(url) => url.clone(),
        DatabaseUrl::Memory => panic!("tests have a database"),
    }
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
