//! `qingdan serve`.

use std::{net::SocketAddr, time::Duration};

use actix_web::dev::Server;
use chrono::Utc;
use tokio::signal::unix::{SignalKind, signal};

use super::{CommandError, close_to_others, say};
use crate::{
    app::{
        demo::{demo_owner, is_demonstration, publish_demo},
        demo_accounts::{DemoAccount, open_demo_accounts},
        server::{self, Register, StartError},
    },
    base::config::{DatabaseSettings, DatabaseUrl, IdentitySettings, ServerSettings},
    problem::Problem,
    public::feed::Stopping,
    register::log_keys::{LogKeys, origin_of},
    staff::webhooks::Courier,
};

/// How long a stop waits for attempts to deliver to webhooks.
const LAST_ATTEMPTS: Duration = Duration::from_secs(20);

/// Serves the register until the process is told to stop.
pub fn serve(
    demo: bool,
    database: &DatabaseSettings,
    server: &ServerSettings,
    identity: &IdentitySettings,
) -> Result<(), CommandError> {
    let (url, keys) = (database.url()?, identity.keys.directory(database)?);
    close_to_others(database, keys.as_deref())?;
    // A demonstration is started by one command, on PostgreSQL, too.
    if let Some(directory) = keys.as_deref().filter(|_| demo && matches!(url, DatabaseUrl::Postgres(_))) {
        let made = origin_of(server.public_url.as_deref()).and_then(|name| LogKeys::load_or_create(directory, &name));
        made.map_err(StartError::from)?;
    }
    actix_web::rt::System::new().block_on(async {
        let register = Register::open_with(&url, keys, server.public_url.as_deref(), identity).await?;
        register.must_be_its_own().await?;
        let register = with_files(register, database)?;
        let published = if demo { publish_demo(&register.db, &register.catalog).await? } else { false };
        let accounts = if demo { demo_accounts(&register).await? } else { Vec::new() };
        let mut server = server.clone();
        if demo && is_demonstration(&register.catalog.peek()) {
            server.owner = demo_owner(server.owner);
        }
        let (server, courier) = start(&register, &server)?;
        let delivering = actix_web::rt::spawn(courier.clone().run());
        tell_accounts(&accounts)?;
        for line in advice(demo, published, register.catalog.peek().seq() == 0) {
            say(line)?;
        }
        server.await?;
        courier.stop();
        if tokio::time::timeout(LAST_ATTEMPTS, delivering).await.is_err() {
            log::warn!("attempts to deliver were cut off: they are made again");
        }
        log::info!("stopped");
        Ok(())
    })
}

/// Keeps copies of public files in the data directory, except of a register in memory.
pub fn with_files(register: Register, database: &DatabaseSettings) -> Result<Register, CommandError> {
    if database.url()? == DatabaseUrl::Memory {
        return Ok(register);
    }
    Ok(register.keeping_files_in(&database.data_dir.join("files")).map_err(StartError::Files)?)
}

/// Starts the server and all that runs beside it, and says where it is. The caller runs the server and the courier.
pub fn start(register: &Register, settings: &ServerSettings) -> Result<(Server, Courier), CommandError> {
    let running = server::serve(register, settings)?;
    warn_of(settings);
    let follower = register.clone();
    actix_web::rt::spawn(async move { follower.follow().await });
    actix_web::rt::spawn(running.background_jobs.run_for_ever());
    actix_web::rt::spawn(until_told_to_stop(running.stopping));
    tell_addresses(running.address, running.metrics)?;
    Ok((running.server, running.courier))
}

fn tell_accounts(accounts: &[DemoAccount]) -> Result<(), CommandError> {
    for account in accounts {
        say(&format!("token {}={}", account.name, account.token))?;
        say(&format!("password {}={}", account.name, account.password.0))?;
    }
    Ok(())
}

/// Says where the service is.
fn tell_addresses(address: SocketAddr, metrics: Option<SocketAddr>) -> Result<(), CommandError> {
    say(&format!("listening on http://{address}"))?;
    match metrics {
        Some(address) => say(&format!("metrics on http://{address}/metrics")),
        None => Ok(()),
    }
}

/// Says what a service that others are to reach should not be without.
fn warn_of(server: &ServerSettings) {
    if server.public_url.is_none() {
        log::warn!(
            "QINGDAN_PUBLIC_URL is not set: QR codes, sitemaps and exports name the address that each request says, and no cache may keep them"
        );
    }
}

/// The server hears the same signal and waits for its requests to end: those that would stay have to be told.
async fn until_told_to_stop(stopping: Stopping) {
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            terminated.recv().await;
            stopping.begin();
        }
        Err(error) => log::warn!("streams will be cut at the end: {error}"),
    }
}

async fn demo_accounts(register: &Register) -> Result<Vec<DemoAccount>, Problem> {
    open_demo_accounts(&register.db, &register.catalog, &register.authority, Utc::now()).await
}

fn advice(demo: bool, published: bool, empty: bool) -> &'static [&'static str] {
    match (demo, published, empty) {
        (true, true, _) => {
            &["the demonstration register was published: illustrative data, not an official publication"]
        }
        (true, false, _) => &["something was published here before: the demonstration register was left out"],
        (false, _, true) => &[
            "nothing is published here yet: start with --demo and another QINGDAN_DATA_DIR to look around,",
            "or see README.md for what comes next; the start page and /docs describe the API",
        ],
        (false, _, false) => &[],
    }
}
