//! One record over HTTP, with the whole service in front of it, against a bare actix handler that answers the same bytes:
//! `cargo bench --bench read_path 2>access.log`. Rounds alternate in one run, since machines are noisy; the median counts.
//!
//! One worker answers 32 connections that ask for records of the demonstration register at random. Log lines are written
//! to standard error as in production: send it to a file.

use std::{
    collections::HashMap,
    fs,
    io::{self, Write},
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse, HttpServer,
    web::{self, Bytes, Data},
};
use qingdan::{
    app::{
        demo::publish_demo,
        ops::logging,
        server::{self, Register},
    },
    base::config::{DatabaseUrl, LimitSettings, RateLimit, ServerSettings},
};
use qingdan_allocator::Allocator;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const ROUNDS: usize = 15;
const ROUND: Duration = Duration::from_millis(1500);
const CONNECTIONS: usize = 32;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    logging::start();
    let (register, service) = start_service()?;
    let snapshot = register.catalog.snapshot();
    let shelf = snapshot.shelf("item").ok_or("no items")?;
    let bodies: HashMap<String, Bytes> =
        shelf.entries().map(|entry| (entry.key.to_string(), entry.answer.plain().clone())).collect();
    let keys: Arc<Vec<String>> = Arc::new(bodies.keys().cloned().collect());
    let etags: Vec<String> =
        keys.iter().filter_map(|key| shelf.get(key)?.answer.tags().first()?.to_str().map(str::to_owned).ok()).collect();
    let bare = start_bare(bodies)?;

    let plain = requests(&keys, |_| String::new());
    let conditional = requests(&keys, |index| format!("If-None-Match: {}\r\n", etags[index]));
    let variants = [("200, whole body", service, &plain), ("304, If-None-Match", service, &conditional)];
    let mut out = io::stdout().lock();
    let average = snapshot_bytes(&register);
    writeln!(
        out,
        "{ROUNDS} rounds of {ROUND:?}, {CONNECTIONS} connections, 1 worker, bodies of {average} bytes on average"
    )?;
    for (name, address, requests) in variants {
        round(bare, &plain)?;
        round(address, requests)?;
        let mut pairs = Vec::new();
        for _ in 0..ROUNDS {
            pairs.push((round(bare, &plain)?, round(address, requests)?));
        }
        let ratio = quartiles(pairs.iter().map(|(bare, ours)| ours.per_second / bare.per_second));
        let cpu = quartiles(pairs.iter().map(|(bare, ours)| bare.cpu / ours.cpu));
        let rate = |of: fn(&(Round, Round)) -> f64| quartiles(pairs.iter().map(of))[1];
        writeln!(
            out,
            "{name:<20} bare {:>7.0}/s {:>5.1} µs CPU   service {:>7.0}/s {:>5.1} µs CPU   \
             rate ratio {:.2} [{:.2}–{:.2}]   CPU ratio {:.2} [{:.2}–{:.2}]",
            rate(|pair| pair.0.per_second),
            rate(|pair| pair.0.cpu),
            rate(|pair| pair.1.per_second),
            rate(|pair| pair.1.cpu),
            ratio[1],
            ratio[0],
            ratio[2],
            cpu[1],
            cpu[0],
            cpu[2],
        )?;
    }
    logging::flush();
    Ok(())
}

fn snapshot_bytes(register: &Register) -> usize {
    let snapshot = register.catalog.snapshot();
    let sizes: Vec<_> = snapshot
        .shelf("item")
        .into_iter()
        .flat_map(|shelf| shelf.entries())
        .map(|entry| entry.answer.plain().len())
        .collect();
    sizes.iter().sum::<usize>() / sizes.len().max(1)
}

/// The service as `serve --demo` starts it, with one worker.
fn start_service() -> Result<(Register, SocketAddr), Failure> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let started = async {
                let register = Register::open(&DatabaseUrl::Memory).await?;
                publish_demo(&register.db, &register.catalog).await?;
                // The limit is on, and out of reach: what it costs is measured, too.
                let limits =
                    LimitSettings { rate_limit: RateLimit::per_minute(1_000_000_000), ..LimitSettings::default() };
                let settings = ServerSettings {
                    listen: "127.0.0.1:0".into(),
                    workers: Some(1),
                    limits,
                    ..ServerSettings::default()
                };
                let running = server::serve(&register, &settings)?;
                Ok::<_, Failure>((register, running))
            };
            match started.await {
                Ok((register, running)) => {
                    let _ = send.send(Ok((register, running.address)));
                    let _ = running.server.await;
                }
                Err(error) => {
                    let _ = send.send(Err(error));
                }
            }
        });
    });
    receive.recv()?
}

/// A handler that looks the body up in the same kind of map and sends it with no header of ours.
fn start_bare(bodies: HashMap<String, Bytes>) -> Result<SocketAddr, Failure> {
    let bodies = Data::new(bodies);
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || {
                App::new().app_data(bodies.clone()).route("/v1/items/{key}", web::get().to(bare_handler))
            });
            match server.workers(1).bind("127.0.0.1:0") {
                Ok(server) => {
                    let _ = send.send(server.addrs().first().copied().ok_or_else(|| Failure::from("no address")));
                    let _ = server.run().await;
                }
                Err(error) => {
                    let _ = send.send(Err(error.into()));
                }
            }
        });
    });
    receive.recv()?
}

async fn bare_handler(bodies: Data<HashMap<String, Bytes>>, key: web::Path<String>) -> HttpResponse {
    match bodies.get(key.as_str()) {
        Some(body) => HttpResponse::Ok().content_type("application/json").body(body.clone()),
        None => HttpResponse::NotFound().finish(),
    }
}

fn requests(keys: &[String], more: impl Fn(usize) -> String) -> Arc<Vec<Vec<u8>>> {
    let request = |(index, key): (usize, &String)| {
        let more = more(index);
        format!("GET /v1/items/{key} HTTP/1.1\r\nHost: bench\r\nAccept: */*\r\n{more}\r\n").into_bytes()
    };
    Arc::new(keys.iter().enumerate().map(request).collect())
}

/// What one round measured.
struct Round {
    per_second: f64,
    /// Microseconds of all threads but the one that asks, for each answer.
    cpu: f64,
}

fn round(address: SocketAddr, requests: &Arc<Vec<Vec<u8>>>) -> Result<Round, Failure> {
    let requests = requests.clone();
    let asking = thread::Builder::new().name("bench-load".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            let before = server_cpu();
            let started = Instant::now();
            let connections: Vec<_> = (0..CONNECTIONS)
                .map(|n| tokio::spawn(ask(address, requests.clone(), n as u64 + 1, started + ROUND)))
                .collect();
            let mut answers = 0;
            for connection in connections {
                answers += connection.await??;
            }
            let elapsed = started.elapsed();
            let cpu = (server_cpu() - before) / answers as f64 * 1e6;
            Ok::<_, Failure>(Round { per_second: answers as f64 / elapsed.as_secs_f64(), cpu })
        })
    })?;
    asking.join().map_err(|_| "the load generator panicked")?
}

async fn ask(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>, mut seed: u64, until: Instant) -> io::Result<u64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 256 << 10];
    let mut answers = 0;
    while Instant::now() < until {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let request = &requests[(seed >> 33) as usize % requests.len()];
        stream.write_all(request).await?;
        read_answer(&mut stream, &mut buffer).await?;
        answers += 1;
    }
    Ok(answers)
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    let mut length = None;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if length.is_none() {
            length = whole_length(&buffer[..filled]);
        }
        if length.is_some_and(|length| filled >= length) {
            return Ok(());
        }
    }
}

/// Bytes of the whole answer, when its head is there.
fn whole_length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let body = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    Some(head + body.unwrap_or(0))
}

/// Seconds of CPU that all threads but the load generator's have used.
fn server_cpu() -> f64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0.0 };
    let own = |path: &std::path::Path| {
        let name = fs::read_to_string(path.join("comm")).unwrap_or_default();
        if name.trim() == "bench-load" {
            return 0.0;
        }
        let nanoseconds = fs::read_to_string(path.join("schedstat")).unwrap_or_default();
        nanoseconds.split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or_default() / 1e9
    };
    tasks.flatten().map(|task| own(&task.path())).sum()
}

fn quartiles(figures: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| figures.get(figures.len() * quarter / 4).copied().unwrap_or_default())
}
