//! The address at which the public finds the register: a link that is read elsewhere, such as a QR code, names it whole, with scheme and host.

use std::{fmt, ops::Deref};

use actix_web::{
    HttpRequest,
    http::{
        header::{self, HeaderMap, HeaderName},
        uri::Authority,
    },
    web::Data,
};

use crate::base::{
    client::told_by_proxy,
    config::ServerSettings,
    network::{Listener, Networks},
};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The address that was set, if one was, and whose word counts where none was.
pub struct PublicAddress {
    configured: Option<String>,
    trusted_proxies: Networks,
}

/// Scheme and host of the register, as one answer names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    address: String,
    /// Whether it is so for everybody. Otherwise it is what this request said, and the answer is for nobody else.
    pub is_configured: bool,
}

impl PublicAddress {
    /// By the settings.
    pub fn new(settings: &ServerSettings) -> Self {
        let configured = settings.public_url.as_ref().map(|url| url.trim_end_matches('/').to_owned());
        Self { configured, trusted_proxies: settings.edge.trusted_proxies.clone() }
    }
}

impl Deref for Base {
    type Target = str;

    fn deref(&self) -> &str {
        &self.address
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// Scheme and host of the register: as configured, else as this request names them.
pub fn public_base(request: &HttpRequest) -> Base {
    let settings = request.app_data::<Data<PublicAddress>>();
    if let Some(address) = settings.and_then(|settings| settings.configured.clone()) {
        return Base { address, is_configured: true };
    }
    let peer = request.peer_addr().map(|peer| peer.ip());
    let by_proxy = settings.is_some_and(|settings| peer.is_some_and(|peer| settings.trusted_proxies.contain(peer)));
    let headers = request.headers();
    let forwarded = |name, parameter| if by_proxy { told_by_proxy(headers, name, parameter) } else { None };
    let scheme = forwarded(X_FORWARDED_PROTO, "proto").filter(|scheme| ["http", "https"].contains(scheme));
    let host = forwarded(X_FORWARDED_HOST, "host").filter(|host| is_host(host)).or_else(|| asked_host(headers));
    let host = host.map(str::to_owned).or_else(|| request.conn_data().map(|Listener(address)| address.to_string()));
    let host = host.unwrap_or_else(|| "localhost".into());
    Base { address: format!("{}://{host}", scheme.unwrap_or("http")), is_configured: false }
}

fn asked_host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok().filter(|host| is_host(host))
}

/// A name or an address, perhaps with a port: nothing that ends an attribute, a line or an address.
fn is_host(text: &str) -> bool {
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte));
    let parsed = text.parse::<Authority>();
    fits && text.len() <= 255 && parsed.is_ok_and(|host| !host.host().is_empty() && text.len() == written(&host))
}

/// How long host and port are without what may stand around them.
fn written(host: &Authority) -> usize {
    host.host().len() + host.port().map_or(0, |port| port.as_str().len() + 1)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn base(proxies: &str, peer: &str, lines: &[(&str, &str)]) -> Base {
        let mut settings = ServerSettings::default();
        settings.edge.trusted_proxies = proxies.parse().expect("ranges");
        let request = TestRequest::default().peer_addr(peer.parse().expect("an address"));
        let request = lines.iter().fold(request, |request, line| request.append_header(*line));
        public_base(&request.app_data(Data::new(PublicAddress::new(&settings))).to_http_request())
    }

    #[test]
    fn a_stranger_says_no_more_than_which_host_it_asks() {
        let said = [
            ("host", "register.example:8080"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "host=evil.example;proto=https"),
        ];
        let own = base("", "203.0.113.9:1", &said);
        assert_eq!((&*own, own.is_configured), ("http://register.example:8080", false));
        assert_eq!(&*base("10.0.0.0/8", "203.0.113.9:1", &said), "http://register.example:8080");
    }

    #[test]
    fn a_trusted_proxy_is_believed_where_its_headers_agree() {
        let by_proxy = |lines: &[(&str, &str)]| {
            let lines: Vec<_> = [("host", "inside:8080")].into_iter().chain(lines.iter().copied()).collect();
            base("10.0.0.0/8", "10.0.0.1:1", &lines).to_string()
        };
        assert_eq!(by_proxy(&[]), "http://inside:8080");
        assert_eq!(
            by_proxy(&[("x-forwarded-host", "evil.example, a.example"), ("x-forwarded-proto", "https")]),
            "https://a.example"
        );
        assert_eq!(
            by_proxy(&[("forwarded", "host=evil.example, for=192.0.2.1;Host=\"[2001:db8::1]:443\";proto=https")]),
            "https://[2001:db8::1]:443"
        );
        // It writes one of the two and hands on the other as it came.
        assert_eq!(
            by_proxy(&[("x-forwarded-host", "a.example"), ("forwarded", "host=evil.example")]),
            "http://inside:8080"
        );
        for evil in
            ["", "a.example/x", "u@a.example", "a\"onload=", "a.example:x", "[::1", "javascript:alert(1)", ":80", "a b"]
        {
            assert_eq!(by_proxy(&[("x-forwarded-host", evil)]), "http://inside:8080", "{evil}");
        }
        assert_eq!(by_proxy(&[("x-forwarded-proto", "javascript")]), "http://inside:8080");
    }

    #[test]
    fn a_host_that_is_none_is_not_repeated() {
        for evil in ["", "a\"b", "<x>", "a/b", "a@b"] {
            assert_eq!(&*base("", "203.0.113.9:1", &[("host", evil)]), "http://localhost", "{evil}");
        }
    }
}
