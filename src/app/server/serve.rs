//! Binds the addresses and serves the register on them.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    thread,
};

use actix_web::{App, dev::Server, middleware::from_fn};

use super::{
    connections::connections, endpoints::endpoints, jobs::background_jobs, open::Register, shared::Shared,
    start_error::StartError,
};
use crate::{
    app::{
        background_jobs::BackgroundJobs,
        ops::{edge::edge, listen, metrics::MetricsAddress, open_files},
    },
    base::config::{self, ServerSettings},
    public::feed::Stopping,
    staff::{requests::Endpoint, webhooks::Courier},
};

/// How long a stop waits for requests that are being answered, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// A server that has bound its addresses.
pub struct Running {
    /// The address at which it listens.
    pub address: SocketAddr,
    /// The address at which it tells its figures.
    pub metrics: Option<SocketAddr>,
    /// Answers until it is stopped.
    pub server: Server,
    /// The jobs that it does meanwhile: the caller runs them.
    pub background_jobs: BackgroundJobs,
    /// Ends long polls and streams when the server stops.
    pub stopping: Stopping,
    /// Delivers to webhooks: the caller runs it.
    pub courier: Courier,
}

/// Binds the addresses of the settings and prepares the server.
pub fn serve(register: &Register, settings: &ServerSettings) -> Result<Running, StartError> {
    serve_with(register, settings, endpoints())
}

/// Serves other endpoints of the staff part than [`serve`] does: for tests of what all endpoints share.
#[doc(hidden)]
pub fn serve_with(
    register: &Register,
    settings: &ServerSettings,
    endpoints: Vec<Endpoint>,
) -> Result<Running, StartError> {
    let metrics_listener = metrics_listener(settings)?;
    let metrics = metrics_listener.as_ref().map(TcpListener::local_addr).transpose();
    let metrics = metrics.map_err(StartError::MetricsListen)?;
    let shared = Shared::new(register, settings, MetricsAddress(metrics))?;
    let (background_jobs, stopping) = (background_jobs(&shared), shared.feed.stopping.clone());
    let courier = Courier::clone(&shared.courier);
    let endpoints = shared.limit(endpoints);
    let application = move || App::new().configure(|config| shared.configure(&endpoints, config)).wrap(from_fn(edge));
    let refused = |error| StartError::Listen(settings.listen.clone(), error);
    let workers = settings.workers.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let connections = connections(settings);
    let listeners = listen::bind(&settings.listen).map_err(refused)?;
    let address = listeners.first().ok_or(io::ErrorKind::AddrNotAvailable.into()).and_then(TcpListener::local_addr);
    let address = address.map_err(refused)?;
    let server = Server::build()
        .workers(workers)
        .max_concurrent_connections(open_files::connections(open_files::raise(), workers))
        .shutdown_timeout(SHUTDOWN_SECONDS);
    let add = |server, listener| listen::serve(server, listener, &connections, application.clone());
    let server = listeners.into_iter().try_fold(server, add).map_err(refused)?;
    let server = metrics_listener.into_iter().try_fold(server, add).map_err(StartError::MetricsListen)?;
    Ok(Running { address, metrics, server: server.run(), background_jobs, stopping, courier })
}

/// Binds the address of the figures, where one is given.
fn metrics_listener(settings: &ServerSettings) -> Result<Option<TcpListener>, StartError> {
    let address = config::given(settings.metrics_listen.as_deref());
    address.map(TcpListener::bind).transpose().map_err(StartError::MetricsListen)
}
