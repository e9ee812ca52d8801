//! Who publishes tells the other processes on the same PostgreSQL at once (`LISTEN`, `NOTIFY`). What is told is only that
//! there is something to read: it may be lost, and every follower also looks from time to time.
//!
//! libpq can be asked for what it was told, but not waited on without polling or `unsafe`; so the one connection that only
//! listens is tokio-postgres'. It takes its address from the same URL and the same variables. Where it cannot connect, as
//! where the server insists on TLS, the followers look, and nothing else is lost.

use std::{env, pin::pin, sync::Arc, time::Duration};

use diesel::connection::SimpleConnection;
use futures_util::{StreamExt, future, stream};
use tokio::sync::watch;
use tokio_postgres::{AsyncMessage, Config, Error, NoTls};

use super::{Conn, DbError};
use crate::config::DatabaseUrl;

const LISTEN: &str = "LISTEN qingdan_changes";
const NOTIFY: &str = "NOTIFY qingdan_changes";
/// How long until a lost connection is made again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// After so long without a sign the other side is asked whether it is there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What this process is told by others.
#[derive(Clone)]
pub(super) struct News(Arc<Told>);

struct Told {
    url: DatabaseUrl,
    times: watch::Sender<u64>,
}

/// Tells every other process, when and if this transaction commits, that the log grew.
pub fn announce(conn: &mut Conn) -> Result<(), DbError> {
    match conn {
        Conn::Postgres(conn) => Ok(conn.batch_execute(NOTIFY)?),
        // Other processes on the same file look.
        Conn::Sqlite(_) => Ok(()),
    }
}

impl News {
    pub(super) fn of(url: &DatabaseUrl) -> Self {
        Self(Arc::new(Told { url: url.clone(), times: watch::Sender::new(0) }))
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.times.subscribe()
    }

    /// Listens for ever; on SQLite to nothing.
    pub(super) async fn listen_for_ever(&self) {
        let DatabaseUrl::Postgres(url) = &self.0.url else { return future::pending().await };
        let mut level = log::Level::Warn;
        loop {
            if let Err(error) = self.listen(url).await {
                log::log!(level, "not told of publications by others, looking for them instead: {error}");
                level = log::Level::Debug;
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    async fn listen(&self, url: &str) -> Result<(), Error> {
        let (client, mut connection) = config(url)?.connect(NoTls).await?;
        let mut messages = pin!(stream::poll_fn(move |context| connection.poll_message(context)));
        let asking = async {
            client.batch_execute(LISTEN).await?;
            // What came before is not told any more.
            self.tell();
            Ok(())
        };
        let hearing = async {
            while let Some(message) = messages.next().await {
                if let AsyncMessage::Notification(_) = message? {
                    self.tell();
                }
            }
            Ok(())
        };
        future::try_join(asking, hearing).await.map(|_| ())
    }

    fn tell(&self) {
        self.0.times.send_modify(|times| *times = times.wrapping_add(1));
    }
}

/// The address, completed from the variables that libpq knows.
fn config(url: &str) -> Result<Config, Error> {
    let mut config: Config = url.parse()?;
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        config.host(variable("PGHOST").unwrap_or_else(|| "/var/run/postgresql".into()));
    }
    if let (true, Some(port)) = (config.get_ports().is_empty(), variable("PGPORT").and_then(|port| port.parse().ok())) {
        config.port(port);
    }
    if let (None, Some(user)) = (config.get_user(), variable("PGUSER")) {
        config.user(user);
    }
    if let (None, Some(password)) = (config.get_password(), variable("PGPASSWORD")) {
        config.password(password);
    }
    if let (None, Some(name)) = (config.get_dbname(), variable("PGDATABASE")) {
        config.dbname(name);
    }
    config.keepalives_idle(KEEPALIVE).connect_timeout(Duration::from_secs(10));
    Ok(config)
}
