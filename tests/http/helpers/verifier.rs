//! The verifier in another language, `tests/python/verify_log.py`, which knows the public specifications alone.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use crate::helpers::{
    app::{LONG, TestApp},
    logs::is_signed,
};

/// One order may ask for the proofs of thousands of lines.
const PATIENCE: Duration = LONG.saturating_mul(4);

pub struct Verifier {
    process: Child,
    orders: ChildStdin,
    answers: Receiver<String>,
}

impl Verifier {
    /// One that trusts the keys that this register names.
    pub async fn of(app: &TestApp) -> Self {
        let keys = app.json("/v1").await["log"]["keys"].clone();
        let keys: Vec<String> = serde_json::from_value(keys).expect("keys");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/python/bin/python");
        assert!(
            python.exists(),
            "no Python with the packages of tests/python/requirements.txt in target/python: run `./test`"
        );
        let mut command = Command::new(python);
        command.arg("-B").arg(root.join("tests/python/verify_log.py")).args(keys);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        let orders = process.stdin.take().expect("its input");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let (send, answers) = mpsc::channel();
        thread::spawn(move || lines.try_for_each(|line| send.send(line)));
        Self { process, orders, answers }
    }

    /// What it answers.
    pub fn says(&mut self, order: &Value) -> String {
        writeln!(self.orders, "{order}").expect("it reads");
        self.answers.recv_timeout(PATIENCE).expect("an answer")
    }

    /// What it says of the log as it is now, after all that it has seen.
    pub async fn follows(&mut self, app: &TestApp) -> String {
        is_signed(app).await;
        self.says(&json!({ "do": "follow", "at": app.base }))
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
