//! Sending a message to an address that somebody gave us: only where it may go, and waiting only so long.
//!
//! **Invariant:** the address that is connected to is the one that was looked at. Names are resolved here, for each
//! connection, and a name that leads anywhere it should not is refused whole; connections are not kept; redirects are not
//! followed; no proxy stands between.

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use actix_web::{http::header::HttpDate, web::Bytes};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{
    Client, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONNECTION, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect::Policy,
};

use crate::{
    base::network::{Networks, is_public},
    problem::Wrong,
};

/// Characters of an address at most.
const LONGEST: usize = 2000;
/// Bytes of an answer that are read, out of politeness: nothing is done with them.
const READ: usize = 4096;
/// How long is waited for them once the status is known.
const READ_FOR: Duration = Duration::from_secs(1);

/// The name of the service in requests.
const USER_AGENT: &str = concat!("qingdan/", env!("CARGO_PKG_VERSION"));

/// The future of a look-up: the addresses of a name.
pub type LookedUp = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. Another one stands in its place in tests of names that change.
pub trait Lookup: Send + Sync {
    /// The addresses of `host` now.
    fn lookup(&self, host: String) -> LookedUp;
}

/// The resolver of the operating system.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> LookedUp {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// The addresses that messages may go to.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Ranges that the operator allows although they are not public; there also without TLS.
    pub allowed: Networks,
}

/// Why an address is none that messages may go to: in Chinese and in English.
type Refusal = (&'static str, &'static str);

impl Reach {
    /// Reads the address of a receiver.
    pub fn read(&self, text: &str) -> Result<Url, Wrong> {
        self.checked(text).map_err(|(chinese, english)| Wrong::WebhookAddress(chinese, english))
    }

    fn checked(&self, text: &str) -> Result<Url, Refusal> {
        let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST && text.is_ascii() && names_a_host(text));
        let url = url.ok_or((
            "应为完整的网址，如 https://example.gov.cn/hooks",
            "must be a whole address such as https://example.org/hooks",
        ))?;
        let is_https = match url.scheme() {
            "https" => true,
            "http" if !self.allowed.is_empty() => false,
            _ => return Err(("必须使用 https", "must use https")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(("网址中不得含用户名或密码", "must not hold a username or a password"));
        }
        if url.fragment().is_some() {
            return Err(("网址中不得含 # 及其后内容", "must not have a fragment (#)"));
        }
        match literal(&url) {
            Some(address) if !self.permits(address, is_https) => Err((
                "该地址不是公网地址，运行单位也未允许",
                "is no public address, and the operator does not allow it",
            )),
            _ => Ok(url),
        }
    }

    /// Whether a connection may go there.
    fn permits(&self, address: IpAddr, is_https: bool) -> bool {
        self.allowed.contain(address) || is_https && is_public(address)
    }
}

/// Whether a host stands where it has to: `http:///x` has none (RFC 9110, 4.2.1), though parsers of browsers take `x` for it.
fn names_a_host(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '\\']))
}

/// The host of an address, when it is an address itself: those never reach a resolver.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves names, and refuses one that leads where messages may not go.
struct Guard {
    lookup: Arc<dyn Lookup>,
    reach: Reach,
    is_https: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, is_https) = (self.reach.clone(), self.is_https);
        let looking = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let found = looking.await?;
            match found.iter().all(|address| reach.permits(*address, is_https)) {
                true => Ok(Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs),
                false => Err(Refused.into()),
            }
        })
    }
}

/// An address that messages may not go to.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no public address")
    }
}

impl Error for Refused {}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It does not lead to an address that messages may go to.
    AddressRefused,
    /// No connection came about: the name, the network or TLS.
    Connection,
    /// It took too long.
    Timeout,
    /// It was told to go elsewhere.
    Redirect,
    /// It was answered with a status that is no success.
    Status,
    /// The receiver is gone for good (410).
    Gone,
}

impl Failure {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::AddressRefused, Self::Connection, Self::Timeout, Self::Redirect, Self::Status, Self::Gone];

    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::AddressRefused => "address_refused",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Redirect => "redirect",
            Self::Status => "status",
            Self::Gone => "gone",
        }
    }

    /// The one with this value.
    pub fn of(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.value() == value)
    }
}

/// The outcome of sending a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendOutcome {
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// Why it was not taken; `None` when it was.
    pub failure: Option<Failure>,
    /// How long the receiver asked to be left alone.
    pub asked: Option<TimeDelta>,
}

impl From<Failure> for SendOutcome {
    fn from(failure: Failure) -> Self {
        Self { status: None, failure: Some(failure), asked: None }
    }
}

/// Sends messages.
pub struct Transport {
    reach: Reach,
    secure: Client,
    plain: Client,
}

impl Transport {
    /// Sends to where `reach` permits, with names looked up by `lookup`, each message within `patience`.
    pub fn new(reach: Reach, lookup: &Arc<dyn Lookup>, patience: Duration) -> Result<Self, reqwest::Error> {
        let client = |is_https| {
            let guard = Guard { lookup: lookup.clone(), reach: reach.clone(), is_https };
            Client::builder()
                .dns_resolver(Arc::new(guard))
                .https_only(is_https)
                .redirect(Policy::none())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(0)
                .connect_timeout(patience)
                .timeout(patience)
                .user_agent(USER_AGENT)
                .build()
        };
        Ok(Self { secure: client(true)?, plain: client(false)?, reach })
    }

    /// Sends JSON. What the receiver answers but its status does not matter.
    pub async fn post(&self, url: &str, headers: HeaderMap, body: Bytes, now: DateTime<Utc>) -> SendOutcome {
        // Again, since what the operator allows may have changed since it was given.
        let Ok(url) = self.reach.checked(url) else { return Failure::AddressRefused.into() };
        let client = if url.scheme() == "https" { &self.secure } else { &self.plain };
        let request =
            client.post(url).headers(headers).header(CONTENT_TYPE, "application/json").header(CONNECTION, "close");
        match request.body(body).send().await {
            Ok(answer) => {
                let outcome = outcome(&answer, now);
                let _ = tokio::time::timeout(READ_FOR, read_a_little(answer)).await;
                outcome
            }
            Err(error) => failure(&error).into(),
        }
    }
}

fn outcome(answer: &Response, now: DateTime<Utc>) -> SendOutcome {
    let status = answer.status();
    let failure = match status {
        status if status.is_success() => None,
        status if status.is_redirection() => Some(Failure::Redirect),
        StatusCode::GONE => Some(Failure::Gone),
        _ => Some(Failure::Status),
    };
    let may_ask = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let asked = answer.headers().get(RETRY_AFTER).filter(|_| may_ask).and_then(|value| value.to_str().ok());
    SendOutcome { status: Some(status.as_u16()), failure, asked: asked.and_then(|asked| retry_after(asked, now)) }
}

/// `Retry-After`: seconds, or a date (RFC 9110 §10.2.3).
fn retry_after(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let seconds = text.trim().parse().ok().and_then(TimeDelta::try_seconds);
    seconds.or_else(|| HttpDate::from_str(text).ok().map(|at| DateTime::<Utc>::from(SystemTime::from(at)) - now))
}

async fn read_a_little(mut answer: Response) {
    let mut read = 0;
    while read < READ
        && let Ok(Some(part)) = answer.chunk().await
    {
        read += part.len();
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    match is_refusal(error) {
        true => Failure::AddressRefused,
        false if error.is_timeout() => Failure::Timeout,
        false => Failure::Connection,
    }
}

/// Whether the guard is what stands behind an error.
fn is_refusal(error: &(dyn Error + 'static)) -> bool {
    error.is::<Refused>() || error.source().is_some_and(is_refusal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reach(allowed: &str) -> Reach {
        Reach { allowed: allowed.parse().expect("ranges") }
    }

    #[test]
    fn an_address_is_https_and_public_unless_the_operator_allows_more() {
        let public = [
            "https://example.org/hooks",
            "https://example.org:8443/?token=a",
            "https://1.1.1.1/",
            "https://[2606:4700::1]/",
        ];
        for url in public {
            assert!(reach("").read(url).is_ok(), "{url}");
        }
        let refused = [
            "",
            "example.org",
            "ftp://example.org",
            "file:///etc/passwd",
            "http://example.org",
            "https://u@example.org",
            "https://u:p@example.org",
            "https://example.org/#a",
            "https://127.0.0.1",
            "https://127.1",
            "https://0x7f000001",
            "https://2130706433",
            "https://017700000001",
            "https://127.0.0.1.",
            "https://①②⑦.0.0.1",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[64:ff9b::a00:1]",
            "https://[2002:a00:1::]",
            "https://169.254.169.254/latest",
            "https://[fe80::1]",
            "https://10.0.0.1",
            "https://0/",
            "gopher://1.1.1.1",
            "https:///x",
            "https:x",
            "https://",
        ];
        for url in refused {
            assert!(reach("").read(url).is_err(), "{url}");
        }
        let local = reach("127.0.0.0/8");
        assert!(local.read("http://127.0.0.1:9000/a").is_ok() && local.read("https://127.0.0.1").is_ok());
        assert!(local.read("http://receiver.example/a").is_ok(), "its address is looked at when it is known");
        assert!(
            local.read("http://10.0.0.1").is_err() && local.read("http://1.1.1.1").is_err(),
            "without TLS only there"
        );
    }

    #[test]
    fn a_receiver_asks_for_time_in_seconds_or_by_a_date() {
        let now = DateTime::from_timestamp(1_445_412_480, 0).expect("a time");
        assert_eq!(retry_after("120", now), Some(TimeDelta::seconds(120)));
        assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:30 GMT", now), Some(TimeDelta::seconds(30)));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("99999999999999999999", now), None);
        assert_eq!(retry_after("9223372036854775807", now), None);
    }

    /// Gives what it is told.
    struct Fixed(Vec<IpAddr>);

    impl Lookup for Fixed {
        fn lookup(&self, _: String) -> LookedUp {
            let found = self.0.clone();
            Box::pin(async move { Ok(found) })
        }
    }

    proptest! {
        #[test]
        fn a_name_is_refused_when_any_of_its_addresses_is(
            found in proptest::collection::vec(prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)], 0..4),
            is_https in any::<bool>(),
        ) {
            let reach = reach("10.1.0.0/16");
            let guard = Guard { lookup: Arc::new(Fixed(found.clone())), reach: reach.clone(), is_https };
            let resolving = guard.resolve("a.example".parse().expect("a name"));
            let resolved = tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(resolving);
            let permitted = found.iter().all(|ip| reach.allowed.contain(*ip) || is_https && is_public(*ip));
            prop_assert_eq!(resolved.is_ok(), permitted);
        }

        #[test]
        fn no_address_panics_and_none_in_figures_gets_past(text in "https?://[0-9a-fx.:\\[\\]]{0,24}(/[a-z]{0,3})?", free in "\\PC{0,40}") {
            let _ = reach("").read(&free);
            if let Ok(url) = reach("").read(&text) {
                prop_assert!(literal(&url).is_none_or(is_public));
            }
        }
    }
}
