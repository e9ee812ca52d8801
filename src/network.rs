//! Ranges of addresses as operators write them (CIDR), and web origins.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    str::FromStr,
};

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`; a single address is a range, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The first address, as IPv6: an IPv4 address is mapped.
    first: u128,
    /// How many bits of it count.
    prefix: u8,
}

/// Ranges, separated by commas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// Web origins, separated by commas, as browsers write them in `Origin` (RFC 6454 §6.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Network {
    /// Whether the address is in the range. An IPv4 address is the same however it is written.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differing = self.first ^ bits(address);
        self.prefix == 0 || differing >> (128 - u32::from(self.prefix)) == 0
    }
}

impl Networks {
    /// Whether any range has the address.
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Origins {
    /// Whether the value of an `Origin` header is one of them.
    pub fn contain(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == origin)
    }
}

/// All addresses on one line of numbers: IPv4 where IPv6 maps it.
fn bits(address: IpAddr) -> u128 {
    let mapped: Ipv6Addr = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    mapped.to_bits()
}

impl FromStr for Network {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = || Malformed(format!("`{text}` is no range of addresses such as 10.0.0.0/8"));
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| malformed())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= most).ok_or_else(malformed)?,
            None => most,
        };
        let network = Self { first: bits(address), prefix: prefix + (128 - most) };
        let kept = u128::MAX.checked_shl(128 - u32::from(network.prefix)).unwrap_or(0);
        match network.first & !kept == 0 {
            true => Ok(network),
            false => Err(Malformed(format!("`{text}` has bits behind its prefix: which range is meant?"))),
        }
    }
}

impl FromStr for Networks {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        elements(text).map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Origins {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        elements(text).map(origin).collect::<Result<_, _>>().map(Self)
    }
}

fn elements(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|element| !element.is_empty())
}

/// Scheme, host and port, and nothing else: `*` and `null` would let everybody in.
fn origin(text: &str) -> Result<String, Malformed> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let fits = host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte));
    match !host.is_empty() && fits {
        true => Ok(text.to_owned()),
        false => Err(Malformed(format!("`{text}` is no origin such as https://app.example, in lower case"))),
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.first);
        match address.to_ipv4_mapped().filter(|_| self.prefix >= 96) {
            Some(address) => write!(f, "{address}/{}", self.prefix - 96),
            None => write!(f, "{address}/{}", self.prefix),
        }
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(Network::to_string).collect();
        f.write_str(&all.join(","))
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_range_has_the_addresses_that_begin_like_it() {
        let cases = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "a00::1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
        ];
        for (range, one, within) in cases {
            let network: Network = range.parse().expect("a range");
            assert_eq!(network.contains(address(one)), within, "{one} in {range}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "10.0.0.1/8", "::/129", "proxy", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
        assert_eq!("10.0.0.0/8, ::1,".parse::<Networks>().expect("two").to_string(), "10.0.0.0/8,::1/128");
        assert!("".parse::<Networks>().expect("none").is_empty());
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        let origins: Origins = "https://app.example, http://[::1]:8080".parse().expect("two origins");
        assert!(origins.contain(b"https://app.example") && origins.contain(b"http://[::1]:8080"));
        assert!(!origins.contain(b"https://app.example.evil") && !origins.contain(b"null"));
        for text in ["*", "null", "app.example", "https://", "https://app.example/", "https://App.example", "ftp://a"] {
            assert!(text.parse::<Origins>().is_err(), "{text}");
        }
    }
}
