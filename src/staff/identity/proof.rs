//! By what a caller is known: looked at again where something is done, since the body of a request may come long after its head.

use chrono::{DateTime, Utc};

use super::{keys, model::Caller, session, token::TokenError};
use crate::{
    problem::{Code, Problem},
    register::db::Conn,
};

/// The reason why a caller is believed, as long as it holds.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A token of a session here.
    Session {
        /// The session's id.
        session: String,
        /// The account's id.
        account: String,
        /// Name of the key that signed the token.
        key: String,
    },
    /// A token of another issuer, which holds until this second since 1970.
    Token(i64),
    /// A token that a test named.
    Fixed,
}

impl Proof {
    /// Refuses a caller who was let in by this and has been shut out since: 401 when the session, the token or its key has ended or the
    /// account was disabled, 403 when it has lost a grant or works for another organisation.
    pub fn must_hold(&self, conn: &mut Conn, caller: &Caller, now: DateTime<Utc>) -> Result<(), Problem> {
        let present = match self {
            Self::Session { key, .. } if !keys::holds(conn, key, now)? => return Err(TokenError::UnknownKey.into()),
            Self::Session { session, account, .. } => session::caller(conn, session, account, now)?,
            Self::Token(until) if *until <= now.timestamp() => return Err(TokenError::Expired.into()),
            Self::Token(_) | Self::Fixed => return Ok(()),
        };
        let has_all = caller.grants.iter().all(|grant| present.grants.contains(grant));
        match has_all && caller.organisation == present.organisation {
            true => Ok(()),
            false => Err(Problem::with_detail(
                Code::Forbidden,
                "请求到达期间，账号的授权或者所属机构有了变化；没有办理，请重新提交。",
                "The grants or the organisation of the account have changed while the request was on its way: nothing was done; ask \
                 again.",
            )),
        }
    }
}
