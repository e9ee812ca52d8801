//! The rate limits: which bucket a request draws from, and what its answer says of it
//! (draft-ietf-httpapi-ratelimit-headers-11).

use std::{borrow::Cow, fmt::Write as _, net::IpAddr, time::Instant};

use actix_web::http::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use percent_encoding::percent_decode_str;

use super::{
    buckets::{Buckets, Drawn},
    client::Client,
};
use crate::{
    config::{LimitSettings, RateLimit},
    problem::{Code, Problem},
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How much more a caller with a token may ask for: staff sit behind one address, and their pages ask for much.
const WITH_TOKEN: u32 = 4;
/// What a token that does not hold costs. Anybody can send one, each is checked and told in the audit trail: so many
/// take the larger allowance away again.
const BAD_TOKEN_COSTS: u64 = 40;

/// The buckets of every class.
pub struct Rates {
    began: Instant,
    readers: Option<Policy>,
    callers: Option<Policy>,
    sign_in: Option<Policy>,
}

struct Policy {
    name: &'static str,
    buckets: Buckets,
    header: HeaderValue,
}

/// What sort of request it is, each with its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Without a token.
    Reader,
    /// With something that may be a token.
    Caller,
    /// An attempt to sign in.
    SignIn,
    /// Of those who watch over the service: without limit.
    Exempt,
}

/// A request that drew a token.
pub struct Admission<'a> {
    policy: &'a Policy,
    class: Class,
    client: Client,
    now: u64,
    drawn: Drawn,
}

impl Rates {
    /// The limits that are set, and buckets that are full.
    pub fn new(settings: &LimitSettings) -> Self {
        let callers = match settings.rate_limit {
            RateLimit::Off => RateLimit::Off,
            RateLimit::PerMinute(limit) => RateLimit::PerMinute(limit.saturating_mul(nonzero(WITH_TOKEN))),
        };
        Self {
            began: Instant::now(),
            readers: Policy::new("readers", settings.rate_limit),
            callers: Policy::new("callers", callers),
            sign_in: Policy::new("sign-in", settings.sign_in_limit),
        }
    }

    /// Draws for a request; `None` where there is no limit.
    pub fn admit(&self, class: Class, address: IpAddr, at: Instant) -> Option<Admission<'_>> {
        let policy = match class {
            Class::Reader => self.readers.as_ref(),
            Class::Caller => self.callers.as_ref(),
            Class::SignIn => self.sign_in.as_ref(),
            Class::Exempt => None,
        }?;
        let (client, now) = (address.into(), self.nanoseconds(at));
        Some(Admission { policy, class, client, now, drawn: policy.buckets.draw(client, now) })
    }

    /// Forgets clients that asked for nothing lately.
    pub fn forget_idle(&self, at: Instant) {
        let now = self.nanoseconds(at);
        for policy in [&self.readers, &self.callers, &self.sign_in].into_iter().flatten() {
            policy.buckets.forget_full(now);
        }
    }

    fn nanoseconds(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }
}

const fn nonzero(number: u32) -> std::num::NonZeroU32 {
    match std::num::NonZeroU32::new(number) {
        Some(number) => number,
        None => std::num::NonZeroU32::MIN,
    }
}

impl Policy {
    fn new(name: &'static str, limit: RateLimit) -> Option<Self> {
        let RateLimit::PerMinute(limit) = limit else { return None };
        let header = HeaderValue::try_from(format!("\"{name}\";q={limit};w=60")).ok()?;
        Some(Self { name, buckets: Buckets::new(limit), header })
    }
}

impl Class {
    /// The class of a request.
    pub fn of(method: &Method, path: &str, with_token: bool) -> Self {
        if method == Method::POST && is_sign_in(path) {
            return Self::SignIn;
        }
        match (path, with_token) {
            ("/metrics" | "/health/live" | "/health/ready", _) => Self::Exempt,
            (_, true) => Self::Caller,
            (_, false) => Self::Reader,
        }
    }
}

/// Where names and secrets are tried. The router decodes paths, so it is decoded here, too.
fn is_sign_in(path: &str) -> bool {
    let path: Cow<'_, str> = match path.contains('%') {
        true => percent_decode_str(path).decode_utf8_lossy(),
        false => path.into(),
    };
    path == "/v1/oauth/token"
        || path.strip_prefix("/v1/sessions").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Admission<'_> {
    /// Refuses when nothing was left.
    pub fn check(&self) -> Result<(), Problem> {
        let Drawn::Refused { retry_in, .. } = self.drawn else { return Ok(()) };
        let (size, seconds) = (self.policy.buckets.size(), seconds(retry_in).max(1));
        let problem = Problem::with_detail(
            Code::TooManyRequests,
            format!("每分钟最多 {size} 次；请在 {seconds} 秒后重试。"),
            format!("At most {size} a minute; try again after {seconds} s."),
        );
        Err(problem.after(seconds))
    }

    /// Settles what the answer turned out to cost.
    pub fn settle(&mut self, status: StatusCode) {
        let Drawn::Allowed { left, full_in } = self.drawn else { return };
        let buckets = &self.policy.buckets;
        if status == StatusCode::NOT_MODIFIED {
            buckets.give_back(self.client, self.now);
            let back = full_in.saturating_sub(buckets.interval());
            self.drawn = Drawn::Allowed { left: (left + 1).min(buckets.size()), full_in: back };
        }
        if status == StatusCode::UNAUTHORIZED && self.class == Class::Caller {
            buckets.take(self.client, BAD_TOKEN_COSTS, self.now);
            self.drawn = Drawn::Allowed { left: left.saturating_sub(BAD_TOKEN_COSTS), full_in };
        }
    }

    /// Tells the client where it stands.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let (left, full_in) = match self.drawn {
            Drawn::Allowed { left, full_in } => (left, full_in),
            Drawn::Refused { full_in, .. } => (0, full_in),
        };
        let mut text = String::with_capacity(48);
        // Writing to a string does not fail.
        let _ = write!(text, "\"{}\";r={left};t={}", self.policy.name, seconds(full_in));
        if let Ok(value) = HeaderValue::from_maybe_shared(actix_web::web::Bytes::from(text)) {
            headers.insert(RATE_LIMIT, value);
        }
        headers.insert(RATE_LIMIT_POLICY, self.policy.header.clone());
    }
}

/// Whole seconds, rounded up.
fn seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(1_000_000_000)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn rates(rate: u32, sign_in: u32) -> Rates {
        let (rate_limit, sign_in_limit) = (RateLimit::per_minute(rate), RateLimit::per_minute(sign_in));
        Rates::new(&LimitSettings { rate_limit, sign_in_limit, ..LimitSettings::default() })
    }

    /// The header `RateLimit` of an answer with this status, or the seconds until the next attempt.
    fn ask(rates: &Rates, class: Class, status: u16) -> Result<String, u64> {
        let mut admission = rates.admit(class, ADDRESS, rates.began).expect("a limit");
        admission.check().map_err(|problem| problem.retry_after.expect("when"))?;
        admission.settle(StatusCode::from_u16(status).expect("a status"));
        let mut headers = HeaderMap::new();
        admission.tell(&mut headers);
        Ok(headers.get(RATE_LIMIT).and_then(|value| value.to_str().ok()).expect("a header").to_owned())
    }

    #[test]
    fn what_was_not_modified_costs_nothing() {
        let rates = rates(6, 0);
        for _ in 0..20 {
            assert_eq!(ask(&rates, Class::Reader, 304).expect("free"), "\"readers\";r=6;t=0");
        }
        assert_eq!(ask(&rates, Class::Reader, 200).expect("one"), "\"readers\";r=5;t=10");
    }

    #[test]
    fn a_token_that_does_not_hold_costs_more_than_one_that_does() {
        let rates = rates(60, 0);
        assert_eq!(ask(&rates, Class::Caller, 200).expect("one"), "\"callers\";r=239;t=1");
        let tries = (0..).take_while(|_| ask(&rates, Class::Caller, 401).is_ok()).count();
        assert!(tries <= 6, "{tries}");
        assert!(ask(&rates, Class::Reader, 200).is_ok(), "reading goes on");
    }

    #[test]
    fn signing_in_has_its_own_limit() {
        let rates = rates(0, 2);
        assert!(rates.admit(Class::Reader, ADDRESS, rates.began).is_none());
        assert!(ask(&rates, Class::SignIn, 401).is_ok() && ask(&rates, Class::SignIn, 201).is_ok());
        assert_eq!(ask(&rates, Class::SignIn, 201), Err(30));
    }

    #[test]
    fn the_class_is_told_by_method_path_and_token() {
        let of = |method: Method, path, with_token| Class::of(&method, path, with_token);
        for path in ["/v1/sessions", "/v1/sessions/refresh", "/v1/oauth/token", "/v1/%73essions", "/v1/oauth%2ftoken"] {
            assert_eq!(of(Method::POST, path, false), Class::SignIn, "{path}");
            assert_eq!(of(Method::POST, path, true), Class::SignIn, "{path}");
        }
        assert_eq!(of(Method::DELETE, "/v1/sessions/current", true), Class::Caller);
        assert_eq!(of(Method::POST, "/v1/sessionsx", false), Class::Reader);
        assert_eq!(of(Method::GET, "/v1/items", false), Class::Reader);
        assert_eq!(of(Method::GET, "/v1/items", true), Class::Caller);
        assert_eq!(of(Method::GET, "/health/ready", true), Class::Exempt);
        assert_eq!(of(Method::GET, "/metrics", false), Class::Exempt);
    }
}
