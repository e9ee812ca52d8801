//! The terms of an endpoint for its requests.

use crate::staff::identity::{Grant, Permission, permissions};

/// The terms of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Name of the action in the audit trail: `draft.submit`. Also the operation's id, with `_`.
    pub action: &'static str,
    /// The callers who may use it at all; what they may touch is for the use case to say.
    pub need: Need,
    /// Bytes of a body at most; `None` for the limit that all share.
    pub body_limit: Option<usize>,
    /// Whether a POST may come again with the same key: not what gives out tokens.
    pub repeatable: bool,
    /// Members of the body that leave no trace, not even in the fingerprint of a repeatable request: passwords.
    pub hidden: &'static [&'static str],
    /// Whether its answers are compressed: not those that may tell a secret, since their length would tell of it to who also chooses a
    /// part of them (BREACH); nor files.
    pub compressed: bool,
}

/// The callers who may use an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anybody, without a token: one signs in here.
    Nobody,
    /// Anybody who signed in, even with a password that somebody else set.
    Session,
    /// Anybody who signed in.
    Account,
    /// Anybody who has one of these permissions somewhere.
    OneOf(&'static [Permission]),
}

impl Need {
    /// Whether it is for who changes accounts, or their own session: what is done may change what its caller may do.
    pub fn is_about_accounts(self) -> bool {
        match self {
            Self::Nobody | Self::Account => false,
            Self::Session => true,
            Self::OneOf(needed) => needed.contains(&Permission::Admin),
        }
    }

    /// Whether it is met by this grant.
    pub fn rests_on(self, grant: &Grant) -> bool {
        match self {
            Self::Nobody | Self::Session | Self::Account => false,
            Self::OneOf(needed) => permissions(grant.role).iter().any(|permission| needed.contains(permission)),
        }
    }
}
