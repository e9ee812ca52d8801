//! The verifier in another language, `tests/python/verify_log.py`, which knows the public specifications alone.

use std::{
    io::Write,
    process::{ChildStdin, Stdio},
    sync::mpsc::Receiver,
    time::Duration,
};

use serde_json::{Value, json};

use crate::helpers::{
    app::{LONG, TestApp},
    logs::is_signed,
    processes::{Running, first_lines, python},
};

/// One order may ask for the proofs of thousands of lines.
const PATIENCE: Duration = LONG.saturating_mul(4);

pub struct Verifier {
    _process: Running,
    orders: ChildStdin,
    answers: Receiver<String>,
}

impl Verifier {
    /// One that trusts the keys that this register names.
    pub async fn of(app: &TestApp) -> Self {
        let keys = app.json("/v1").await["log"]["keys"].clone();
        let keys: Vec<String> = serde_json::from_value(keys).expect("keys");
        let mut command = python("verify_log.py");
        let mut process = command.args(keys).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        let orders = process.stdin.take().expect("its input");
        let answers = first_lines(&mut process);
        Self { _process: Running(process), orders, answers }
    }

    /// Sends an order, and returns the answer.
    pub fn says(&mut self, order: &Value) -> String {
        writeln!(self.orders, "{order}").expect("it reads");
        self.answers.recv_timeout(PATIENCE).expect("an answer")
    }

    /// Has it check the log as it is now, after all that it has seen.
    pub async fn follows(&mut self, app: &TestApp) -> String {
        is_signed(app).await;
        self.says(&json!({ "do": "follow", "at": app.base }))
    }
}
