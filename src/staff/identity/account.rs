//! An account: a person or a service client, what it may do and how it proves who it is.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};

use super::model::{Caller, Grant, PendingGrant, Permission, is_for_persons, permissions};
use crate::values::code_lists::Role;

/// The kind of an account: for a person or for a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountKind {
    /// Signs in with a password.
    Person,
    /// A system: signs in with a secret that the register made.
    Client,
}

/// Something that must never be shown: a password's or a secret's hash. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

/// A person or a service client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// For ever its own; UUID version 7, so that the order of ids is the order of creation.
    pub id: String,
    /// For a person or for a system.
    pub kind: AccountKind,
    /// Username or client id.
    pub name: String,
    /// As others see it.
    pub display_name: String,
    /// The organisation that it works for: unified social credit code.
    pub organisation: Option<String>,
    /// Its roles, and where it has them.
    pub grants: Vec<Grant>,
    /// Grants that it has once another administrator has confirmed them.
    pub pending: Vec<PendingGrant>,
    /// PHC string of a password, or hex SHA-256 of a client's secret; without one nobody can sign in.
    pub secret: Option<Hidden>,
    /// Name of the one who set the password, when that was not its owner.
    pub password_by: Option<String>,
    /// Since when it can no longer be used.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Counts the changes of what is shown of it, from 1.
    pub version: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When what is shown of it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When somebody last signed in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

impl AccountKind {
    /// As it is stored and shown.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Client => "client",
        }
    }

    /// The kind with this value.
    pub fn of(value: &str) -> Option<Self> {
        [Self::Person, Self::Client].into_iter().find(|kind| kind.value() == value)
    }

    /// Whether an account of this kind may hold a role.
    pub fn may_hold(self, role: Role) -> bool {
        match self {
            Self::Person => true,
            Self::Client => !is_for_persons(role),
        }
    }

    /// Returns the name of an account of this kind in the audit trail: `user/li`.
    pub fn subject(self, name: &str) -> String {
        match self {
            Self::Person => format!("user/{name}"),
            Self::Client => format!("client/{name}"),
        }
    }
}

impl Account {
    /// A new account that nobody can sign in to yet.
    pub fn new(kind: AccountKind, name: &str, display_name: &str, grants: Vec<Grant>, now: DateTime<Utc>) -> Self {
        // No finer than either database keeps it: what is answered now is what is read later.
        let now = now.trunc_subsecs(3);
        Self {
            id: uuid::Uuid::now_v7().simple().to_string(),
            kind,
            name: name.into(),
            display_name: display_name.into(),
            organisation: None,
            grants,
            pending: Vec::new(),
            secret: None,
            password_by: None,
            disabled_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
            last_sign_in_at: None,
        }
    }

    /// The account as one who asks. What it may do as one of several pairs of eyes does not count while somebody else knows its
    /// password, wherever that is asked: also of an approval that it gave, and of a publication that it scheduled.
    pub fn caller(self, session: Option<String>) -> Caller {
        let must_change_password = self.password_by.is_some();
        let mut grants = self.grants;
        grants.retain(|grant| !must_change_password || !is_for_persons(grant.role));
        Caller {
            id: self.id,
            name: self.name,
            display_name: self.display_name,
            organisation: self.organisation,
            grants,
            session,
            must_change_password,
        }
    }

    /// Whether it can still be used and administers everything: one such account has to remain.
    pub fn administers_all(&self) -> bool {
        let over_all =
            |grant: &Grant| grant.role == Role::Admin && grant.organisation.is_none() && grant.division.is_none();
        self.kind == AccountKind::Person && self.disabled_at.is_none() && self.grants.iter().any(over_all)
    }

    /// Whether it administers anything, as long as it can be used.
    pub fn administers(&self) -> bool {
        self.disabled_at.is_none()
            && self.grants.iter().any(|grant| permissions(grant.role).contains(&Permission::Admin))
    }

    /// Every grant that was given, confirmed or not.
    pub fn given(&self) -> Vec<Grant> {
        let pending = self.pending.iter().map(|pending| &pending.grant);
        self.grants.iter().chain(pending).cloned().collect()
    }

    /// Returns its name in the audit trail.
    pub fn subject(&self) -> String {
        self.kind.subject(&self.name)
    }
}

/// Every permission of some grants, once.
pub fn permissions_of(grants: &[Grant]) -> Vec<Permission> {
    let has = |permission: &Permission| grants.iter().any(|grant| permissions(grant.role).contains(permission));
    Permission::ALL.into_iter().filter(has).collect()
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
