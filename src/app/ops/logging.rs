//! JSON log lines through env_logger, written in blocks by a thread of their own, so that no request waits for a disk.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use chrono::{SecondsFormat, Utc};
use env_logger::{Builder, Target, fmt::Formatter};
use log::{LevelFilter, Record, kv};
use serde_json::{Map, Value};

use crate::values::escaped;

/// Target of the lines that the edge writes whole.
pub const ACCESS: &str = "access";

/// A block is written when it has grown to this, or after [`TICK`].
const BLOCK: usize = 32 << 10;
const TICK: Duration = Duration::from_millis(100);
/// The number of lines that wait for a slow disk at most; lines past it are dropped and counted.
const MOST: usize = 8 << 20;

static LINES: OnceLock<Lines> = OnceLock::new();

/// Lines that wait to be written.
#[derive(Clone)]
struct Lines(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    block: Mutex<Vec<u8>>,
    dropped: AtomicU64,
    writer: OnceLock<thread::Thread>,
}

/// Starts logging to standard error, by `RUST_LOG` (default `info`).
pub fn start() {
    let lines = LINES.get_or_init(|| Lines(Arc::default())).clone();
    let waiting = lines.0.clone();
    let writer = thread::Builder::new().name("log".into()).spawn(move || {
        loop {
            thread::park_timeout(TICK);
            waiting.write_out();
        }
    });
    if let Ok(writer) = writer {
        let _ = lines.0.writer.set(writer.thread().clone());
    }
    let mut builder = Builder::new();
    builder.filter_level(LevelFilter::Info).filter_module("actix_server", LevelFilter::Warn);
    if let Ok(filters) = std::env::var("RUST_LOG") {
        builder.parse_filters(&filters);
    }
    let started = builder.format(write_line).target(Target::Pipe(Box::new(lines))).try_init();
    if let Err(error) = started {
        log::warn!("logging was started before: {error}");
    }
}

/// Writes what still waits; for the end of the process.
pub fn flush() {
    if let Some(lines) = LINES.get() {
        lines.0.write_out();
    }
}

fn write_line(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    if record.target() == ACCESS {
        return writeln!(out, "{}", record.args());
    }
    let mut line = Map::new();
    line.insert("time".into(), Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true).into());
    line.insert("level".into(), record.level().as_str().to_ascii_lowercase().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    let _ = record.key_values().visit(&mut Members(&mut line));
    writeln!(out, "{}", escaped(&serde_json::to_string(&line)?))
}

struct Members<'a>(&'a mut Map<String, Value>);

impl<'kvs> kv::VisitSource<'kvs> for Members<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.insert(key.to_string(), value.to_string().into());
        Ok(())
    }
}

impl Waiting {
    fn write_out(&self) {
        // First the stream, then the block: so blocks keep their order, and who flushes waits for one that is being written.
        let mut error_stream = io::stderr().lock();
        let block = std::mem::take(&mut *self.block.lock().unwrap_or_else(PoisonError::into_inner));
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        // There is nowhere to report that standard error is closed.
        let _ = error_stream.write_all(&block);
        if dropped > 0 {
            let _ = writeln!(error_stream, r#"{{"level":"warn","target":"log","message":"{dropped} lines dropped"}}"#);
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut block = self.0.block.lock().unwrap_or_else(PoisonError::into_inner);
        if block.len() + line.len() > MOST {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        let was = block.len();
        block.extend_from_slice(line);
        if was < BLOCK
            && block.len() >= BLOCK
            && let Some(writer) = self.0.writer.get()
        {
            writer.unpark();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
