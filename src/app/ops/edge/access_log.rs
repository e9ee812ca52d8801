//! The access log: one line of JSON for each request.

use std::{cell::RefCell, fmt::Write as _, net::IpAddr, time::Duration};

use actix_web::{
    dev::ServiceRequest,
    http::{
        Method, Uri,
        header::{self, HeaderValue},
    },
};
use chrono::Utc;

use super::ids::{request_id, trace_id};
use crate::{
    app::ops::{
        addresses::{cut, without_secrets},
        logging::ACCESS,
    },
    base::{client::client_address, network::Networks},
    values,
};

/// A request as the log tells of it.
pub struct RequestLine {
    /// The id of the request.
    pub id: HeaderValue,
    /// The client behind trusted proxies.
    pub client: Option<IpAddr>,
    /// The path and query that were asked for.
    pub address: Uri,
    trace: Option<String>,
    method: Method,
    agent: Option<HeaderValue>,
}

thread_local! {
    /// The line that is being written, kept for its memory.
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
    /// The last second that was written out, and how.
    static SECOND: RefCell<(i64, String)> = const { RefCell::new((0, String::new())) };
}

impl RequestLine {
    /// Notes who sends this request, and for what.
    pub fn of(request: &ServiceRequest, trusted_proxies: &Networks) -> Self {
        let (headers, peer) = (request.headers(), request.peer_addr());
        Self {
            id: request_id(headers),
            trace: trace_id(headers).map(str::to_owned),
            client: peer.map(|peer| client_address(peer.ip().to_canonical(), headers, trusted_proxies)),
            method: request.method().clone(),
            address: request.uri().clone(),
            agent: headers.get(header::USER_AGENT).cloned(),
        }
    }

    /// Writes the line with what became of the request; `outcome` is JSON that stands behind the status.
    pub fn log(&self, status: u16, bytes: u64, duration: Duration, outcome: &str) {
        if log::log_enabled!(target: ACCESS, log::Level::Info) {
            LINE.with_borrow_mut(|line| {
                line.clear();
                self.write(line, status, bytes, duration, outcome);
                log::info!(target: ACCESS, "{line}");
            });
        }
    }

    /// Writes one JSON object: no value of it comes unescaped from outside.
    fn write(&self, line: &mut String, status: u16, bytes: u64, duration: Duration, outcome: &str) {
        line.push_str(r#"{"time":""#);
        write_time(line);
        line.push_str(r#"","level":"info","target":"access","request_id":"#);
        escaped(line, self.id.to_str().unwrap_or_default());
        if let Some(trace) = &self.trace {
            let _ = write!(line, r#","trace_id":"{trace}""#);
        }
        line.push_str(r#","method":"#);
        escaped(line, cut(self.method.as_str()));
        line.push_str(r#","path":"#);
        escaped(line, &without_secrets(&self.address));
        let _ = write!(line, r#","status":{status}{outcome},"bytes":{bytes},"us":{}"#, duration.as_micros());
        if let Some(client) = self.client {
            let _ = write!(line, r#","client":"{client}""#);
        }
        if let Some(agent) = self.agent.as_ref().and_then(|agent| agent.to_str().ok()) {
            line.push_str(r#","user_agent":"#);
            escaped(line, agent.get(..200).unwrap_or(agent));
        }
        line.push('}');
    }
}

/// Writes the time, RFC 3339 in milliseconds. The part down to the second is written once a second.
fn write_time(line: &mut String) {
    let now = Utc::now();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.timestamp() {
            *second = now.timestamp();
            *text = now.format("%Y-%m-%dT%H:%M:%S").to_string();
        }
        line.push_str(text);
    });
    let _ = write!(line, ".{:03}Z", now.timestamp_subsec_millis());
}

/// Writes a JSON string.
fn escaped(line: &mut String, text: &str) {
    let plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b'"' && byte != b'\\');
    if plain {
        line.push('"');
        line.push_str(text);
        line.push('"');
    } else if let Ok(json) = serde_json::to_string(text) {
        line.push_str(&values::escaped(&json));
    }
}
