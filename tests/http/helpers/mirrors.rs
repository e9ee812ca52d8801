//! Mirrors: waiting until one has all of its source, or stands as it should.

use std::{net::SocketAddr, sync::LazyLock};

use qingdan::register::files;
use serde_json::Value;
use socket2::{Domain, Socket, Type};

use crate::helpers::{
    app::{TestApp, until},
    logs::seq,
};

pub async fn has_all_of(mirror: &TestApp, source: &TestApp) {
    until("the end of the source's log", async || seq(mirror).await == seq(source).await).await;
    until("the files", async || mirror_lacks_no_file(mirror).await).await;
}

pub async fn mirror_lacks_no_file(mirror: &TestApp) -> bool {
    let named: Vec<String> = mirror.register.catalog.snapshot().named_files().map(|hash| hash.to_string()).collect();
    mirror.register.db.read(move |conn| files::absent(conn, &named)).await.expect("it is read").is_empty()
}

/// The state of the only source, as `/health/ready` says it.
pub async fn standing(mirror: &TestApp) -> Value {
    mirror.get("/health/ready").await.json()["mirror"]["sources"][0].clone()
}

pub async fn stands(mirror: &TestApp, state: &str) {
    until(state, async || standing(mirror).await["state"] == state).await;
}

/// Waits until the only source stands so for this reason: what comes first on a busy machine may be another one.
pub async fn stands_for(mirror: &TestApp, state: &str, reason: &str) {
    let is_so = async || {
        let told = standing(mirror).await;
        told["state"] == state && told["reason"].as_str().is_some_and(|told| told.contains(reason))
    };
    until(&format!("{state}: {reason}"), is_so).await;
}

/// An address where nobody listens. Its port is taken until the process ends, so that nobody else ever does.
pub fn nowhere() -> &'static str {
    static TAKEN: LazyLock<(Socket, String)> = LazyLock::new(|| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
        let address = socket.local_addr().ok().and_then(|address| address.as_socket()).expect("its address");
        (socket, format!("http://{address}"))
    });
    &TAKEN.1
}
