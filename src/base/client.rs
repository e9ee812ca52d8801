//! The client behind a request, past the proxies that are trusted.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    net::IpAddr,
};

use actix_web::http::header::{self, HeaderMap, HeaderName};

use crate::base::network::Networks;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// A client as the limits count it: an address, of IPv6 the /64 that a household or a server has to itself; or the caller whom
/// a token that holds stands for, wherever it asks from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// An IPv4 address.
    V4(u32),
    /// The first half of an IPv6 address.
    V6(u64),
    /// A caller, by a hash of the account's id.
    Caller(u64),
}

impl Client {
    /// The caller with this account.
    pub fn caller(account: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        account.hash(&mut hasher);
        Self::Caller(hasher.finish())
    }

    /// The site at which the client is, as far as addresses tell: of IPv6 the /48, in which one site has many networks.
    pub fn site(self) -> Self {
        match self {
            Self::V6(network) => Self::V6(network & !0xffff),
            Self::V4(_) | Self::Caller(_) => self,
        }
    }
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// The address of the client: `peer`, or, where that is a trusted proxy, the last one before the trusted proxies that
/// `X-Forwarded-For` or `Forwarded` (RFC 7239) name.
///
/// A proxy writes one of the two and passes the other on as it came, so that a client could write it. When both are there
/// and disagree, neither is believed.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let peer = peer.to_canonical();
    if trusted.is_empty() || !trusted.contain(peer) {
        return peer;
    }
    let listed = headers.contains_key(X_FORWARDED_FOR).then(|| behind(peer, hops(headers, X_FORWARDED_FOR), trusted));
    let told = headers.contains_key(header::FORWARDED).then(|| behind(peer, told_hops(headers), trusted));
    match (listed, told) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => peer,
    }
}

/// Reads what a trusted proxy says of the request it was sent: in the last value of a header of its own, or in the last element
/// of `Forwarded`. As above, it writes one of the two, and two that disagree are not believed.
pub fn told_by_proxy<'a>(headers: &'a HeaderMap, name: HeaderName, parameter: &str) -> Option<&'a str> {
    let listed = hops(headers, name).pop().map(str::trim);
    let told = hops(headers, header::FORWARDED).pop().and_then(|element| told_of(element, parameter));
    let told = told.map(|value| value.trim().trim_matches('"'));
    match (listed, told) {
        (Some(one), Some(other)) if one != other => None,
        (one, other) => one.or(other),
    }
}

/// The first hop from the right that is not trusted. What cannot be read ends the search: what stands left of it may be
/// made up.
fn behind(peer: IpAddr, hops: Vec<&str>, trusted: &Networks) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.into_iter().rev() {
        let Some(address) = address(hop) else { return nearest };
        nearest = address;
        if !trusted.contain(address) {
            break;
        }
    }
    nearest
}

/// The elements of a header that is a list; a line that is no text stands for one that cannot be read.
fn hops(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    headers.get_all(name).flat_map(|line| line.to_str().unwrap_or("?").split(',')).collect()
}

/// The `for` of each element of `Forwarded`.
fn told_hops(headers: &HeaderMap) -> Vec<&str> {
    hops(headers, header::FORWARDED).into_iter().map(|element| told_of(element, "for").unwrap_or("?")).collect()
}

/// A parameter of an element of `Forwarded`.
fn told_of<'a>(element: &'a str, parameter: &str) -> Option<&'a str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(parameter)).map(|(_, value)| value)
}

/// An address with or without port, as both headers write it: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, in
/// quotes or not.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim().trim_matches('"');
    let plain: Option<IpAddr> = match hop.strip_prefix('[') {
        Some(rest) => rest.split_once(']').and_then(|(address, _)| address.parse().ok()),
        None => hop.parse().ok().or_else(|| hop.split_once(':').and_then(|(address, _)| address.parse().ok())),
    };
    plain.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn found(peer: &str, lines: &[(&str, &str)]) -> String {
        let trusted = "10.0.0.0/8, 2001:db8::/32".parse().expect("ranges");
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::try_from(*name).expect("a name");
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_never_believed() {
        assert_eq!(found("203.0.113.9", &[("x-forwarded-for", "198.51.100.1")]), "203.0.113.9");
        assert_eq!(found("203.0.113.9", &[("forwarded", "for=198.51.100.1")]), "203.0.113.9");
        assert_eq!(found("::ffff:203.0.113.9", &[]), "203.0.113.9");
    }

    #[test]
    fn the_rightmost_hop_that_is_not_trusted_is_the_client() {
        let listed = |value| found("10.0.0.1", &[("x-forwarded-for", value)]);
        assert_eq!(listed("198.51.100.1"), "198.51.100.1");
        assert_eq!(listed("1.2.3.4, 198.51.100.1, 10.2.3.4"), "198.51.100.1");
        assert_eq!(listed("1.2.3.4, 198.51.100.1:4711"), "198.51.100.1");
        assert_eq!(listed("[2a00:1450::5]:443, 2001:db8::7"), "2a00:1450::5");
        assert_eq!(listed("10.9.9.9, 10.8.8.8"), "10.9.9.9", "inside callers are clients, too");
        assert_eq!(listed("1.2.3.4, unknown, 10.8.8.8"), "10.8.8.8", "nothing left of what cannot be read is believed");
        assert_eq!(listed("1.2.3.4, \u{e9}"), "10.0.0.1");
        assert_eq!(listed(""), "10.0.0.1");
        let lines = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(found("10.0.0.1", &lines), "198.51.100.1");
    }

    #[test]
    fn forwarded_is_read_as_rfc_7239_writes_it() {
        let told = |value| found("10.0.0.1", &[("forwarded", value)]);
        assert_eq!(told("for=198.51.100.1;proto=https;by=10.0.0.1"), "198.51.100.1");
        assert_eq!(told("for=1.2.3.4, proto=http;For=\"[2a00:1450::5]:443\""), "2a00:1450::5");
        assert_eq!(told("for=1.2.3.4, for=_hidden"), "10.0.0.1");
        assert_eq!(told("for=1.2.3.4, by=10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn two_headers_that_disagree_are_not_believed() {
        let both = |listed, told| found("10.0.0.1", &[("x-forwarded-for", listed), ("forwarded", told)]);
        assert_eq!(both("198.51.100.1", "for=198.51.100.1"), "198.51.100.1");
        assert_eq!(both("198.51.100.1", "for=203.0.113.9"), "10.0.0.1");
    }

    #[test]
    fn a_client_is_an_address_or_a_64() {
        let client = |text: &str| Client::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff::9"));
        assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
    }
}
