//! The admission of a caller with a request, and whether it still holds.

use actix_web::{HttpRequest, http::header};
use chrono::Utc;

use super::terms::Need;
use crate::{
    problem::{Code, Problem},
    register::db::Conn,
    staff::identity::{Caller, Proof, lock_accounts},
};

/// The admission of a request: the caller, and by what.
#[derive(Clone)]
pub struct Admission {
    /// The caller.
    pub caller: Caller,
    /// The proof that the caller brought.
    pub proof: Proof,
    /// The need of the endpoint.
    pub need: Need,
}

impl Admission {
    /// Refuses a caller who has been shut out since the request was let in.
    pub fn must_hold(&self, conn: &mut Conn) -> Result<(), Problem> {
        self.proof.must_hold(conn, &self.caller, Utc::now())
    }

    /// Refuses such a caller at the beginning of an action. Those who change accounts or end sessions do so one after another: nobody is
    /// shut out meanwhile.
    pub fn must_hold_at_first(&self, conn: &mut Conn) -> Result<(), Problem> {
        if self.need.is_about_accounts() {
            lock_accounts(conn)?;
        }
        self.must_hold(conn)
    }

    /// Refuses such a caller at the end of an action, where this transaction has the trail: an action that shuts somebody out writes a
    /// line, too, and so comes before, and is noticed here, or after it. What is about accounts was looked at once, at first.
    pub fn must_hold_at_last(&self, conn: &mut Conn) -> Result<(), Problem> {
        if self.need.is_about_accounts() { Ok(()) } else { self.must_hold(conn) }
    }
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1).
pub fn bearer(http: &HttpRequest) -> Result<&str, Problem> {
    let value = http.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    token.map(|(_, token)| token.trim()).ok_or_else(|| Code::Unauthenticated.into())
}
