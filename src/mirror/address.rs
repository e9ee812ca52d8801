//! The address of a register.

use std::{fmt, net::IpAddr, str::FromStr};

use reqwest::Url;

/// The address of a register, without a slash at its end: `https://HOST`, perhaps with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The address of something in it; `path` begins with a slash.
    pub fn of(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Address {
    type Err = &'static str;

    /// `https` is a matter of course; `http` only on this machine and in private networks, where nobody else is on the wire.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url: Url = text.parse().map_err(|_| "write it as https://HOST")?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("write it as https://HOST, without query, fragment and account");
        }
        match url.scheme() {
            "https" => {}
            "http" if url.host_str().is_some_and(is_near) => {}
            "http" => return Err("begin it with https:// (http:// only on this machine or for a private address)"),
            _ => return Err("begin it with https://"),
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a host is this machine or in a private network, by what is written, not by what a name may resolve to.
fn is_near(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_one_way() {
        for (text, address) in [
            ("https://Yangli.example/", "https://yangli.example"),
            ("https://yangli.example:443", "https://yangli.example"),
            ("https://county.example/yangli/", "https://county.example/yangli"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://10.2.3.4", "http://10.2.3.4"),
            ("http://[::1]:1", "http://[::1]:1"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(text.parse::<Address>().map(|address| address.0).as_deref(), Ok(address), "{text}");
        }
    }

    #[test]
    fn what_anybody_on_the_way_could_alter_is_refused() {
        for text in [
            "http://yangli.example",
            "http://203.0.113.1",
            "ftp://a.example",
            "yangli.example",
            "",
            "https://",
            "https://u:p@a.example",
            "https://a.example?x",
            "https://a.example#x",
            "http://localhost.example",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
