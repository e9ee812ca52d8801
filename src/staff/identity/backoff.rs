//! Waiting after failures to sign in: by account and address together, by address, and by account for those who failed on it,
//! exponential, bounded, never for ever.
//!
//! The counts are in the database, so that all replicas share them. They are asked before a password is looked at, and
//! again before what was found is told: of many guesses sent at once, no more are answered than one after the other.

use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};

use crate::{
    problem::{Code, Problem},
    register::db::{Conn, DbError, schema::sign_in_failures},
    values::sha256,
};

/// Failures on one account from one address that cost nothing.
const FREE_ON_ACCOUNT: i32 = 5;
/// Failures on one account from anywhere that cost nothing to those who failed on it.
const FREE_FROM_ANYWHERE: i32 = 30;
/// Failures from one address that cost nothing: a whole office may share it.
const FREE_FROM_ADDRESS: i32 = 30;
/// The longest wait.
const LONGEST: TimeDelta = TimeDelta::minutes(5);
/// After so long without a failure they are forgotten.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);

/// A wait that has long ended.
const NOT_AT_ALL: NaiveDateTime = DateTime::UNIX_EPOCH.naive_utc();

/// The names that an attempt to sign in is counted under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The account, whoever tries it.
    account: String,
    /// The account as it is tried from this address.
    from_here: String,
    /// The address, whatever is tried.
    address: Option<String>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sign_in_failures)]
struct Row {
    subject: String,
    failures: i32,
    last_at: NaiveDateTime,
    wait_until: NaiveDateTime,
}

impl Attempt {
    /// An attempt on an account from an address.
    pub fn new(name: &str, address: Option<IpAddr>) -> Self {
        // As its hash: what was typed as a name may have been a password.
        let account = format!("account:{}", sha256(name));
        let from = address.map_or_else(|| "nowhere".to_owned(), |address| network(address, SITE).to_string());
        Self {
            from_here: format!("{account} from {from}"),
            account,
            address: address.map(|address| format!("address:{}", network(address, SUBSCRIBER))),
        }
    }

    fn subjects(&self) -> impl Iterator<Item = (&str, i32)> {
        let address = self.address.as_deref().map(|address| (address, FREE_FROM_ADDRESS));
        std::iter::once((self.from_here.as_str(), FREE_ON_ACCOUNT)).chain(address)
    }
}

/// Groups of an IPv6 address that one subscriber has, and that one site has: who has many networks is one stranger to an account.
const SUBSCRIBER: usize = 4;
const SITE: usize = 3;

/// An address, or of IPv6 the network of so many groups.
fn network(address: IpAddr, groups: usize) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut segments = address.segments();
            segments[groups..].fill(0);
            IpAddr::V6(Ipv6Addr::from(segments))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// 429 while one has to wait. For what others failed on an account only those wait who failed on it, too: nobody locks it for
/// somebody who comes from elsewhere.
pub fn must_not_wait(conn: &mut Conn, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), Problem> {
    let mut wait = TimeDelta::zero();
    for (subject, _) in attempt.subjects() {
        wait = wait.max(row(conn, subject)?.map_or(TimeDelta::zero(), |row| row.wait_until.and_utc() - now));
    }
    if has_failed_from_here(conn, attempt, now)? {
        wait = wait.max(row(conn, &attempt.account)?.map_or(TimeDelta::zero(), |row| row.wait_until.and_utc() - now));
    }
    match wait > TimeDelta::zero() {
        true => Err(too_many(wait)),
        false => Ok(()),
    }
}

fn row(conn: &mut Conn, subject: &str) -> Result<Option<Row>, DbError> {
    Ok(sign_in_failures::table.find(subject).first(conn).optional()?)
}

fn has_failed_from_here(conn: &mut Conn, attempt: &Attempt, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(row(conn, &attempt.from_here)?.is_some_and(|row| row.last_at.and_utc() + FORGOTTEN > now))
}

fn too_many(wait: TimeDelta) -> Problem {
    let seconds = u64::try_from(wait.num_milliseconds()).unwrap_or_default().div_ceil(1000);
    Problem::with_detail(
        Code::TooManyRequests,
        format!("登录失败次数过多，请在 {seconds} 秒后重试。"),
        format!("Too many failures to sign in: try again in {seconds} seconds."),
    )
    .after(seconds)
}

/// Counts a failure; 429 when so many others were counted meanwhile that this attempt must not be answered.
pub fn failed(conn: &mut Conn, attempt: &Attempt, now: DateTime<Utc>) -> Result<(), Problem> {
    let is_known_here = has_failed_from_here(conn, attempt, now)?;
    for (subject, free) in attempt.subjects() {
        count(conn, subject, free, now)?;
    }
    match count(conn, &attempt.account, FREE_FROM_ANYWHERE, now) {
        // The first failure from an address is answered, and moves no moment for which others wait.
        Err(problem) if problem.code == Code::TooManyRequests && !is_known_here => Ok(()),
        counted => counted,
    }
}

fn count(conn: &mut Conn, subject: &str, free: i32, now: DateTime<Utc>) -> Result<(), Problem> {
    let query = sign_in_failures::table.find(subject);
    // Locked before it is read: what others count at the same time must not be lost.
    let one_more = sign_in_failures::failures.eq(sign_in_failures::failures + 1);
    let known = diesel::update(query).set(one_more).execute(conn).map_err(DbError::from)? > 0;
    if !known {
        let (subject, at) = (subject.to_owned(), now.naive_utc());
        let row = Row { subject, failures: 1, last_at: at, wait_until: NOT_AT_ALL };
        diesel::insert_into(sign_in_failures::table).values(row).execute(conn).map_err(DbError::from)?;
        return Ok(());
    }
    let row: Row = query.first(conn).map_err(DbError::from)?;
    let wait = row.wait_until.and_utc() - now;
    if wait > TimeDelta::zero() {
        return Err(too_many(wait));
    }
    let failures = if row.last_at.and_utc() + FORGOTTEN > now { row.failures } else { 1 };
    let changes = (
        sign_in_failures::failures.eq(failures),
        sign_in_failures::last_at.eq(now.naive_utc()),
        sign_in_failures::wait_until.eq(wait_until(failures, free, now)),
    );
    diesel::update(query).set(changes).execute(conn).map_err(DbError::from)?;
    Ok(())
}

/// Until when one has to wait. A failure that costs nothing leaves no moment behind: a request that came earlier and took
/// longer must not be told to wait for it.
fn wait_until(failures: i32, free: i32, now: DateTime<Utc>) -> NaiveDateTime {
    match wait_after(failures, free) {
        wait if wait > TimeDelta::zero() => (now + wait).naive_utc(),
        _ => NOT_AT_ALL,
    }
}

/// One second after the first failure that costs something, then twice as long each time.
fn wait_after(failures: i32, free: i32) -> TimeDelta {
    match u32::try_from(failures.saturating_sub(free) - 1) {
        Ok(doublings) => TimeDelta::seconds(1 << doublings.min(20)).min(LONGEST),
        Err(_) => TimeDelta::zero(),
    }
}

/// Forgets the failures on an account from here. Those of an address stay: who has an account of their own could clear them; and those of
/// others on the account: who signs in would clear them for who goes on guessing.
pub fn succeeded(conn: &mut Conn, attempt: &Attempt) -> Result<(), DbError> {
    diesel::delete(sign_in_failures::table.find(&attempt.from_here)).execute(conn)?;
    Ok(())
}

/// Forgets what no longer counts.
pub fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), DbError> {
    let old = sign_in_failures::last_at.le((now - FORGOTTEN).naive_utc());
    diesel::delete(sign_in_failures::table.filter(old)).execute(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_and_is_bounded() {
        let waits: Vec<_> = (1..=16).map(|failures| wait_after(failures, 5).num_seconds()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(wait_after(i32::MAX, 5), LONGEST);
    }

    #[test]
    fn all_addresses_of_one_subscriber_count_as_one() {
        let at = |text: &str| Attempt::new("li", text.parse().ok());
        assert_eq!(at("2001:db8:1:2::3"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::3"), at("2001:db8:1:3::3"));
        assert_eq!(at("2001:db8:1:2::3").from_here, at("2001:db8:1:3::3").from_here, "one site is one stranger");
        assert_ne!(at("2001:db8:1:2::3").from_here, at("2001:db8:2:2::3").from_here);
        assert_eq!(at("::ffff:192.0.2.7"), at("192.0.2.7"));
    }
}
