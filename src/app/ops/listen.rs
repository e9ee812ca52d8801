//! Serves an application on listeners, as `HttpServer` of actix-web does, which has no place for the first of the two things that are
//! said here: a body that is too long is refused before a client that asks (`Expect: 100-continue`) is invited to send it, and what a
//! connection needs is done when it begins.

use std::{
    fmt,
    future::ready,
    io,
    net::{TcpListener, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use actix_http::{HttpMessage, HttpService, Request};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::{
    Error,
    body::{BoxBody, MessageBody},
    dev::{AppConfig, Extensions, Response, Service, ServiceFactory, fn_service},
    http::header,
    rt::net::TcpStream as Connection,
};
use socket2::SockRef;

use crate::base::network::Listener;
use crate::problem::{Code, Language, Problem};

/// Connections that the system holds until they are accepted.
const BACKLOG: i32 = 1024;
/// How long a connection that is to end may take for it.
const CLOSES_WITHIN: Duration = Duration::from_secs(1);

/// Prepares each connection that begins, and notes what its requests are to know of it.
pub type Begins = dyn Fn(&Connection, &mut Extensions) + Send + Sync;

/// How connections are served.
#[derive(Clone)]
pub struct Connections {
    /// How long one may be idle.
    pub keep_alive: Duration,
    /// How long the head of a request may take.
    pub request_timeout: Duration,
    /// Bytes of the longest body that any endpoint takes.
    pub longest_body: u64,
    /// Called when one begins.
    pub begins: Arc<Begins>,
}

/// Binds those addresses of a name that can be bound: a machine may know IPv6 by name alone. An error when there is none.
pub fn bind(name: &str) -> io::Result<Vec<TcpListener>> {
    let bind = |address| {
        let listener = TcpListener::bind(address)?;
        SockRef::from(&listener).listen(BACKLOG)?;
        Ok(listener)
    };
    let (mut bound, mut refused) = (Vec::new(), io::Error::from(io::ErrorKind::AddrNotAvailable));
    for address in name.to_socket_addrs()? {
        match bind(address) {
            Ok(listener) => bound.push(listener),
            Err(error) => {
                log::warn!("{address} cannot be bound: {error}");
                refused = error;
            }
        }
    }
    if bound.is_empty() { Err(refused) } else { Ok(bound) }
}

/// Adds a listener on which the application is served.
pub fn serve<F, I, S, B>(
    server: ServerBuilder,
    listener: TcpListener,
    connections: &Connections,
    application: F,
) -> io::Result<ServerBuilder>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>> + 'static,
    S::Service: 'static,
    <S::Service as Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let (stopping, connections) = (server.graceful_shutdown_signal(), connections.clone());
    let address = listener.local_addr()?;
    server.listen(address.to_string(), listener, move || {
        let (stopping, begins, longest) = (stopping.clone(), connections.begins.clone(), connections.longest_body);
        let application = application().into_factory().map_err(|error| error.error_response());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(connections.keep_alive)
            .client_request_timeout(connections.request_timeout)
            .client_disconnect_timeout(CLOSES_WITHIN)
            .local_addr(address)
            .on_connect_ext(move |connection: &Connection, data| {
                data.insert(Listener(address));
                begins(connection, data);
            })
            .expect(fn_service(move |request| ready(invited(request, longest))))
            .finish(map_config(application, |()| AppConfig::default()))
            .tcp()
    })
}

/// The request of a client that waits for `100 Continue` before it sends its body, or why it need not send it.
fn invited(request: Request, longest: u64) -> Result<Request, Response<BoxBody>> {
    let named = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let declared = named(&header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    if declared.is_none_or(|length: u64| length <= longest) {
        return Ok(request);
    }
    let language = Language::of(named(&header::ACCEPT_LANGUAGE));
    Err(Problem::from(Code::BodyTooLarge).answer(language, request.path()).into())
}
