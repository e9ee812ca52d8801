//! The program as a process of its own: starting it, reading what it writes, stopping it.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use qingdan::base::config::DatabaseUrl;

use crate::helpers::app::{LONG, TestApp};

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

/// A process that is killed with the test that started it.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Says where a server of this process listens, and waits until the test that started the process kills it.
pub fn wait_to_be_killed(app: &TestApp) {
    // Behind the words of the harness, on a line of its own.
    let mut out = std::io::stdout();
    writeln!(out, "\nlistening {}", app.base).expect("somebody reads");
    out.flush().expect("somebody reads");
    thread::sleep(LONG);
}

/// Starts this binary for one of its tests alone, which calls [`wait_to_be_killed`]; returns it, and where it listens.
pub fn server_to_kill(test: &str, variables: &[(&str, &str)]) -> (Child, String) {
    let mut command = Command::new(env::current_exe().expect("this binary"));
    command.args(["--exact", test, "--nocapture"]).envs(variables.iter().copied());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let base = in_time(move || lines.find_map(|line| line.strip_prefix("listening ").map(str::to_owned)));
    (child, base.expect("it listens"))
}

/// Starts `serve --demo` and returns when it has printed everything, into this file: its address, a token and a password of each
/// account. Without a database it has one in the folder.
pub fn demonstration(folder: &Path, printed: &Path, database: Option<&str>) -> Running {
    let mut command = binary();
    command.args(["serve", "--demo"]).env("QINGDAN_DATA_DIR", folder).env("QINGDAN_LISTEN", "127.0.0.1:0");
    command.env("QINGDAN_RATE_LIMIT", "off").env("RUST_LOG", "warn").envs(database.map(|url| ("DATABASE_URL", url)));
    command.stdout(File::create(printed).expect("a file"));
    let server = Running(command.spawn().expect("the binary starts"));
    let started = Instant::now();
    let whole = || fs::read_to_string(printed).is_ok_and(|text| text.contains("\nthe demonstration register was"));
    while !whole() {
        assert!(started.elapsed() < LONG, "it has started");
        thread::sleep(Duration::from_millis(20));
    }
    server
}

/// A script of `tests/python`, with the packages that `./test` installs for it.
pub fn python(script: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/python/bin/python");
    assert!(
        python.exists(),
        "no Python with the packages of tests/python/requirements.txt in target/python: run `./test`"
    );
    let mut command = Command::new(python);
    command.arg("-B").arg(root.join("tests/python").join(script));
    command
}

/// Returns what `blocks` does, and fails where that takes longer than a test waits.
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
