//! 配额: how much of the database one office may take.

use diesel::{ExpressionMethods, RunQueryDsl};

use crate::{
    problem::{Code, Problem},
    register::db::{Conn, DbError, schema::quotas_door},
    staff::identity::{Caller, Permission, permissions},
};

/// The most that an office may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Drafts that are open.
    pub drafts: u64,
    /// Bytes of earlier texts of its drafts: beyond them the oldest are dropped, and nothing is refused.
    pub versions: u64,
    /// Bytes of imports that are kept: reports, proposals and files.
    pub imports: u64,
    /// Bytes of files that are stored within a day.
    pub files: u64,
}

impl Quotas {
    /// No quotas: for callers who have the shell of the server.
    pub const NONE: Self = Self { drafts: u64::MAX, versions: u64::MAX, imports: u64::MAX, files: u64::MAX };
}

/// The office against whose quota a caller's requests count: the organisation of the account, else what its first grant of editing
/// reaches.
pub fn office(caller: &Caller) -> String {
    let grant = caller.grants.iter().find(|grant| permissions(grant.role).contains(&Permission::ItemsEdit));
    let of_grant = grant.and_then(|grant| grant.organisation.as_ref().or(grant.division.as_ref()));
    caller.organisation.as_ref().or(of_grant).cloned().unwrap_or_default()
}

/// Makes every other transaction that counts against a quota wait until this one has ended, so that it counts what this one adds. Taken
/// late, when all has been added: the end is near, and with it the trail, for which all wait anyway.
pub fn lock(conn: &mut Conn) -> Result<(), DbError> {
    diesel::update(quotas_door::table).set(quotas_door::taken.eq(quotas_door::taken + 1)).execute(conn)?;
    Ok(())
}

/// 409 when there is more of something than the quota: what that is, and what to do about it.
pub fn within(taken: u64, quota: u64, what: [&str; 2], remedy: [&str; 2]) -> Result<(), Problem> {
    if taken <= quota {
        return Ok(());
    }
    Err(Problem::with_detail(
        Code::QuotaFull,
        format!("{}已达本机构的配额 {quota}。{}", what[0], remedy[0]),
        format!("{} of this office have reached their quota of {quota}. {}", what[1], remedy[1]),
    ))
}
