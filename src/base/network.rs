//! Ranges of addresses as operators write them (CIDR), and web origins.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
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

/// The address of ours to which a connection came: known to each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener(pub SocketAddr);

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

/// Whether an address is one that anybody on the internet may have, and no other way of writing one that is not: nothing
/// private, local, shared, reserved, of documentation or for many at once (the special-purpose registries of IANA, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match v4_inside(address) {
            Some(inside) => is_public_v4(inside),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, loopback, private, link-local.
        [0 | 10 | 127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => true,
        // Shared between carriers and their customers (RFC 6598); protocol assignments; 6to4 relays; benchmarks.
        [100, 64..=127, ..] | [192, 0, 0, _] | [192, 88, 99, _] | [198, 18 | 19, ..] => true,
        // Documentation.
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

/// Global unicast (2000::/3) without what has a meaning of its own in it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let special = match address.segments() {
        // Protocol assignments, Teredo and ORCHID among them; 6to4, which leads to an IPv4 address inside.
        [0x2001, 0..=0x01ff, ..] | [0x2002, ..] => true,
        // Documentation.
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => true,
        [first, ..] => first & 0xe000 != 0x2000,
    };
    !special
}

/// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291 §2.5.5.2) or behind NAT64 (RFC 6052).
fn v4_inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        _ => address.to_ipv4_mapped(),
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
    use proptest::prelude::*;

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
    fn what_is_not_for_everybody_is_not_public_however_it_is_written() {
        let public =
            ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1"];
        let public = public.into_iter().chain(["169.253.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "198.17.0.1"]);
        let public = public.chain(["198.20.0.1", "223.255.255.255", "2400:3200::1", "2606:4700::1", "2001:200::1"]);
        for text in public.chain(["::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2620:4f:8000::1", "3ffe::1"]) {
            assert!(is_public(address(text)), "{text}");
        }
        let v4 = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
        ];
        let v4 = v4.into_iter().chain([
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
        ]);
        let v4 = v4.chain(["198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"]);
        for text in v4.chain(["240.0.0.1", "255.255.255.255"]) {
            for written in [text.to_owned(), format!("::ffff:{text}"), format!("64:ff9b::{text}"), format!("::{text}")]
            {
                assert!(!is_public(address(&written)), "{written}");
            }
            let octets = address(text).to_canonical();
            let IpAddr::V4(v4) = octets else { panic!("{text} is IPv4") };
            let [a, b, c, d] = v4.octets();
            assert!(!is_public(address(&format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1"))), "6to4 of {text}");
        }
        let v6 = [
            "::",
            "::1",
            "::2",
            "100::1",
            "64:ff9b:1::1",
            "2001::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002::1",
        ];
        for text in v6
            .into_iter()
            .chain(["3fff::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1", "4000::1"])
        {
            assert!(!is_public(address(text)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_address_is_as_public_mapped_or_behind_nat64_as_it_is(bits in any::<u32>()) {
            let plain = Ipv4Addr::from_bits(bits);
            let behind = Ipv6Addr::from_bits(0x0064_ff9b_u128 << 96 | u128::from(bits));
            prop_assert_eq!(is_public(plain.to_ipv6_mapped().into()), is_public(plain.into()));
            prop_assert_eq!(is_public(behind.into()), is_public(plain.into()));
        }

        /// The standard library knows these by itself.
        #[test]
        fn nothing_that_is_known_to_be_special_is_public(bits in any::<u32>(), wide in any::<u128>()) {
            let (v4, v6) = (Ipv4Addr::from_bits(bits), Ipv6Addr::from_bits(wide));
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast();
            prop_assert!(!is_public(v4.into()) || !(special || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified()));
            let special = v6.is_loopback() || v6.is_multicast() || v6.is_unspecified() || v6.is_unique_local();
            prop_assert!(!is_public(v6.into()) || !(special || v6.is_unicast_link_local()));
        }
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
