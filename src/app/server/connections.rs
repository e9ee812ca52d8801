//! Connections: what each is given when it begins, and how many a client may have.

use std::{net::Shutdown, sync::Arc, time::Duration};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::SockRef;

use crate::{
    app::ops::listen::Connections,
    base::{client::Client, config::ServerSettings, network::Networks},
    staff::files::AROUND,
    web::limits::Seats,
};

/// How long what was sent may stay unacknowledged or unsent, whatever the other side says of itself (RFC 5482).
const DEAD_AFTER: Duration = Duration::from_secs(60);
/// Bytes that the operating system keeps of a connection's answers: until they are on their way, and until they have arrived. By
/// itself it keeps up to 4 MB for a client that does not read, also when its answer counts as sent, and its connection is closed and its
/// seat given back. What is longer than this stays with us, and its connection open, until it is taken or given up.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 64 << 10;
const ON_ITS_WAY: usize = 256 << 10;

/// Says how connections are served, by the limits of the settings.
pub fn connections(settings: &ServerSettings) -> Connections {
    let limits = &settings.limits;
    let gate = Gate {
        trusted_proxies: settings.edge.trusted_proxies.clone(),
        connections: Arc::new(Seats::new(limits.unless_off(limits.connection_limit))),
    };
    Connections {
        keep_alive: Duration::from_secs(settings.keep_alive().into()),
        request_timeout: Duration::from_secs(limits.request_timeout.into()),
        longest_body: u64::from(limits.body_limit.max(limits.file_limit).max(limits.import_limit)) + AROUND as u64,
        begins: Arc::new(move |connection, data| {
            give_up_on_dead_lines(connection);
            keep_little(connection);
            gate.admit(connection, data);
        }),
    }
}

/// A line over which nothing gets through for so long ends, whoever waits at its other end.
#[cfg(not(target_os = "linux"))]
fn give_up_on_dead_lines(_: &TcpStream) {}

/// A line over which nothing gets through for so long ends, whoever waits at its other end.
#[cfg(target_os = "linux")]
fn give_up_on_dead_lines(connection: &TcpStream) {
    if let Err(error) = SockRef::from(connection).set_tcp_user_timeout(Some(DEAD_AFTER)) {
        log::debug!("TCP_USER_TIMEOUT: {error}");
    }
}

/// Bounds what the operating system holds for a connection.
fn keep_little(connection: &TcpStream) {
    let socket = SockRef::from(connection);
    #[cfg(target_os = "linux")]
    if let Err(error) = socket.set_tcp_notsent_lowat(UNSENT) {
        log::debug!("TCP_NOTSENT_LOWAT: {error}");
    }
    if let Err(error) = socket.set_send_buffer_size(ON_ITS_WAY) {
        log::debug!("SO_SNDBUF: {error}");
    }
}

/// Limits the connections that a client has at once; trusted proxies have any number.
struct Gate {
    trusted_proxies: Networks,
    connections: Arc<Seats>,
}

impl Gate {
    /// Gives a connection its seat, which is free again when it ends; ends it at once where its client has all that it may have.
    fn admit(&self, connection: &TcpStream, data: &mut Extensions) {
        let Ok(peer) = connection.peer_addr() else { return };
        if self.trusted_proxies.contain(peer.ip()) {
            return;
        }
        match self.connections.acquire(Client::from(peer.ip())) {
            Some(seat) => {
                data.insert(seat);
            }
            None => {
                // It is gone already when this fails.
                let _ = SockRef::from(connection).shutdown(Shutdown::Both);
            }
        }
    }
}
