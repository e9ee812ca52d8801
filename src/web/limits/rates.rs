//! The rate limits: which bucket a request draws from and how much, and what its answer says of it
//! (draft-ietf-httpapi-ratelimit-headers-11).

use std::{
    fmt::Write as _,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use super::{
    buckets::{Buckets, Drawn},
    prices::{BAD_TOKEN, RequestedWork, Work},
    tokens::Tokens,
};
use crate::{
    base::{
        client::Client,
        config::{LimitSettings, RateLimit},
    },
    problem::{Code, Problem},
};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How much more a caller whose token holds may ask for: the pages of staff ask for much.
const WITH_TOKEN: u32 = 4;

/// The buckets of every policy, and the tokens that held.
pub struct Rates {
    began: Instant,
    readers: Option<Policy>,
    callers: Option<Policy>,
    sign_in: Option<Policy>,
    tokens: Tokens,
}

struct Policy {
    name: &'static str,
    buckets: Buckets,
    header: HeaderValue,
}

/// A finding about a request that changes its cost. The code that finds it leaves it in the extensions of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The client has the answer already, said so by its entity tag, and nothing was worked out.
    Unchanged,
    /// It came with a token that holds, of this caller.
    Held(Client),
    /// It came with a token that does not.
    BadToken,
}

/// The work that an answer took, less than its address says, because it stood ready. The code that finds it so leaves this in the extensions of
/// the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready(pub Work);

/// The bucket of a client, for work that goes on after its answer has begun.
#[derive(Clone)]
pub struct Meter {
    rates: Arc<Rates>,
    is_caller: bool,
    client: Client,
}

/// A request that drew from a bucket.
pub struct Admission<'a> {
    rates: &'a Rates,
    policy: &'a Policy,
    asked: RequestedWork,
    address: Client,
    client: Client,
    token: Option<u64>,
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
            tokens: Tokens::default(),
        }
    }

    /// Draws the price of a request; `None` where there is no limit. `token` is its `Authorization`, as it came: who has shown
    /// before that it holds has a bucket of its own, and everybody else the one of its address.
    pub fn admit(
        &self,
        asked: RequestedWork,
        address: IpAddr,
        token: Option<&[u8]>,
        at: Instant,
    ) -> Option<Admission<'_>> {
        let (address, now) = (address.into(), self.nanoseconds(at));
        let token = token.map(|token| self.tokens.hash(token));
        let (policy, client) = match asked.work {
            Work::Watching => return None,
            Work::SignIn => (&self.sign_in, address),
            _ => match token.and_then(|token| self.tokens.caller(token, now)) {
                Some(caller) => (&self.callers, caller),
                None => (&self.readers, address),
            },
        };
        let policy = policy.as_ref()?;
        let drawn = policy.buckets.draw(client, asked.price(), now);
        Some(Admission { rates: self, policy, asked, address, client, token, now, drawn })
    }

    /// The bucket from which a request drew, to draw from it again.
    pub fn meter(self: &Arc<Self>, admission: &Admission<'_>) -> Meter {
        let is_caller = self.callers.as_ref().is_some_and(|callers| std::ptr::eq(callers, admission.policy));
        Meter { rates: self.clone(), is_caller, client: admission.client }
    }

    /// Forgets clients that asked for nothing lately.
    pub fn forget_idle(&self, at: Instant) {
        let now = self.nanoseconds(at);
        for policy in [&self.readers, &self.callers, &self.sign_in].into_iter().flatten() {
            policy.buckets.forget_full(now);
        }
        self.tokens.forget_old(now);
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

    /// The refusal of a request that asks for more than is left.
    fn refusal(&self, price: u64, retry_in: u64) -> Problem {
        let (size, seconds) = (self.buckets.size(), seconds(retry_in).max(1));
        let problem = Problem::with_detail(
            Code::TooManyRequests,
            format!("每分钟最多 {size} 次，此请求计 {price} 次；请在 {seconds} 秒后重试。"),
            format!("At most {size} a minute, of which this request counts for {price}; try again after {seconds} s."),
        );
        problem.after(seconds)
    }
}

impl Meter {
    /// Draws the price of more work; where too little is left, tells after how long there is enough.
    pub fn draw(&self, work: Work, at: Instant) -> Result<(), Duration> {
        let Some(policy) = self.policy() else { return Ok(()) };
        match policy.buckets.draw(self.client, work.price(), self.rates.nanoseconds(at)) {
            Drawn::Allowed { .. } => Ok(()),
            Drawn::Refused { retry_in, .. } => Err(Duration::from_nanos(retry_in)),
        }
    }

    /// Draws this much more for a request whose address did not say how much it asks for; 429 where too little is left.
    pub fn pay(&self, price: u64, at: Instant) -> Result<(), Problem> {
        let Some(policy) = self.policy().filter(|_| price > 0) else { return Ok(()) };
        match policy.buckets.draw(self.client, price, self.rates.nanoseconds(at)) {
            Drawn::Allowed { .. } => Ok(()),
            Drawn::Refused { retry_in, .. } => Err(policy.refusal(price, retry_in)),
        }
    }

    fn policy(&self) -> Option<&Policy> {
        let policy = if self.is_caller { &self.rates.callers } else { &self.rates.readers };
        policy.as_ref()
    }
}

impl Admission<'_> {
    /// The client whose bucket the request draws from.
    pub fn client(&self) -> Client {
        self.client
    }

    /// Refuses when too little was left.
    pub fn check(&self) -> Result<(), Problem> {
        let Drawn::Refused { retry_in, .. } = self.drawn else { return Ok(()) };
        Err(self.policy.refusal(self.asked.price(), retry_in))
    }

    /// Settles what the request turned out to cost.
    pub fn settle(&mut self, settlement: Settlement) {
        if matches!(self.drawn, Drawn::Refused { .. }) || self.asked.work == Work::SignIn {
            return;
        }
        let (rates, price, now) = (self.rates, self.asked.price(), self.now);
        match (settlement, self.token) {
            (Settlement::Unchanged, _) if !self.asked.of_then => {
                self.drawn = self.policy.buckets.give_back(self.client, price, now);
            }
            (Settlement::Held(caller), Some(token)) => {
                rates.tokens.remember(token, caller, now);
                if let Some(callers) = rates.callers.as_ref().filter(|_| self.client != caller) {
                    self.policy.buckets.give_back(self.client, price, now);
                    self.drawn = callers.buckets.charge(caller, price, now);
                    (self.policy, self.client) = (callers, caller);
                }
            }
            (Settlement::BadToken, Some(token)) => {
                rates.tokens.forget(token);
                if let Some(readers) = &rates.readers {
                    self.drawn = readers.buckets.charge(self.address, BAD_TOKEN, now);
                    (self.policy, self.client) = (readers, self.address);
                }
            }
            (Settlement::Unchanged | Settlement::Held(_) | Settlement::BadToken, _) => {}
        }
    }

    /// Gives back what an answer that stood ready did not take.
    pub fn settle_ready(&mut self, Ready(work): Ready) {
        if matches!(self.drawn, Drawn::Allowed { .. }) {
            let beyond = self.asked.price().saturating_sub(work.price());
            self.drawn = self.policy.buckets.give_back(self.client, beyond, self.now);
        }
    }

    /// Writes the headers that say where the client stands.
    pub fn write_headers(&self, headers: &mut HeaderMap) {
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

    /// The header `RateLimit` of an answer, or the seconds until the next attempt.
    fn ask(rates: &Rates, work: Work, token: Option<&str>, settlement: Option<Settlement>) -> Result<String, u64> {
        let token = token.map(str::as_bytes);
        let asked = RequestedWork { work, of_then: work == Work::PastState, rows: 0 };
        let mut admission = rates.admit(asked, ADDRESS, token, rates.began).expect("a limit");
        admission.check().map_err(|problem| problem.retry_after.expect("when"))?;
        if let Some(settlement) = settlement {
            admission.settle(settlement);
        }
        let mut headers = HeaderMap::new();
        admission.write_headers(&mut headers);
        Ok(headers.get(RATE_LIMIT).and_then(|value| value.to_str().ok()).expect("a header").to_owned())
    }

    #[test]
    fn an_answer_costs_its_price_and_what_is_unchanged_nothing_unless_it_was_worked_out() {
        let rates = rates(60, 0);
        for _ in 0..20 {
            let free = ask(&rates, Work::Page, None, Some(Settlement::Unchanged));
            assert_eq!(free.expect("free"), "\"readers\";r=60;t=0");
        }
        assert_eq!(ask(&rates, Work::Record, None, None).expect("one"), "\"readers\";r=59;t=1");
        assert_eq!(ask(&rates, Work::Search, None, None).expect("five"), "\"readers\";r=54;t=6");
        let past = ask(&rates, Work::PastState, None, Some(Settlement::Unchanged));
        assert_eq!(past.expect("it had to be found"), "\"readers\";r=34;t=26");
        assert_eq!(ask(&rates, Work::PastState, None, None).expect("twenty more"), "\"readers\";r=14;t=46");
        assert_eq!(ask(&rates, Work::PastState, None, None), Err(6));
        assert!(ask(&rates, Work::Record, None, None).is_ok(), "what costs less goes on");
    }

    #[test]
    fn what_stood_ready_is_given_back_and_what_goes_on_draws_again() {
        let rates = Arc::new(rates(400, 0));
        let asked = RequestedWork { work: Work::Figures, of_then: true, rows: 0 };
        let mut admission = rates.admit(asked, ADDRESS, None, rates.began).expect("a limit");
        let meter = rates.meter(&admission);
        assert_eq!(meter.draw(Work::Export, rates.began), Ok(()));
        assert_eq!(meter.draw(Work::Feed, rates.began), Err(Duration::from_millis(750)), "nothing is left");
        admission.settle_ready(Ready(Work::Survey));
        let mut headers = HeaderMap::new();
        admission.write_headers(&mut headers);
        assert_eq!(headers.get(RATE_LIMIT).and_then(|value| value.to_str().ok()), Some("\"readers\";r=280;t=18"));
        assert_eq!(meter.draw(Work::Feed, rates.began), Ok(()));
    }

    #[test]
    fn a_token_has_a_bucket_of_its_own_once_it_was_seen_to_hold() {
        let (rates, caller) = (rates(60, 0), Client::caller("an account"));
        let guess = ask(&rates, Work::Page, Some("x"), None);
        assert_eq!(guess.expect("two of the address"), "\"readers\";r=58;t=2");
        let first = ask(&rates, Work::Page, Some("good"), Some(Settlement::Held(caller)));
        assert_eq!(first.expect("two of the caller"), "\"callers\";r=238;t=1");
        assert_eq!(ask(&rates, Work::Page, None, None).expect("two of the address"), "\"readers\";r=56;t=4");
        while ask(&rates, Work::Record, None, None).is_ok() {}
        let again = ask(&rates, Work::Page, Some("good"), None);
        assert_eq!(again.expect("whatever others at its address do"), "\"callers\";r=236;t=1");
        let other = ask(&rates, Work::Page, Some("good as well"), Some(Settlement::Held(caller)));
        assert_eq!(other, Err(2), "it draws from the address until it was seen");
    }

    #[test]
    fn a_token_that_does_not_hold_costs_more_and_its_address_pays() {
        let (rates, caller) = (rates(60, 0), Client::caller("an account"));
        let tries =
            (0..).take_while(|_| ask(&rates, Work::Page, Some("bad"), Some(Settlement::BadToken)).is_ok()).count();
        assert_eq!(tries, 5);
        let rates = Rates { readers: Policy::new("readers", RateLimit::per_minute(60)), ..rates };
        ask(&rates, Work::Page, Some("once good"), Some(Settlement::Held(caller))).expect("it held");
        let ended = ask(&rates, Work::Page, Some("once good"), Some(Settlement::BadToken));
        assert_eq!(ended.expect("told"), "\"readers\";r=50;t=10");
        assert_eq!(ask(&rates, Work::Page, Some("once good"), None).expect("as others"), "\"readers\";r=48;t=12");
    }

    #[test]
    fn signing_in_has_its_own_limit() {
        let rates = rates(0, 2);
        let asked = |work| RequestedWork { work, of_then: false, rows: 0 };
        assert!(rates.admit(asked(Work::Record), ADDRESS, None, rates.began).is_none());
        let basic = Some("Basic x");
        assert!(ask(&rates, Work::SignIn, basic, Some(Settlement::BadToken)).is_ok());
        assert!(ask(&rates, Work::SignIn, None, None).is_ok());
        assert_eq!(ask(&rates, Work::SignIn, None, None), Err(30));
        assert!(rates.admit(asked(Work::Watching), ADDRESS, None, rates.began).is_none());
    }
}
