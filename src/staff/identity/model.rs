//! Permissions: the one table of what each role may do, and how far a grant reaches.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::values::{code_lists::Role, division};

/// Something that an account may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// To read drafts.
    ItemsRead,
    /// To write drafts and submit them.
    ItemsEdit,
    /// To approve or return drafts.
    ItemsReview,
    /// To publish, schedule or return approved drafts.
    ItemsPublish,
    /// To see how the register fares against its rules.
    QualityRead,
    /// To read the audit trail.
    AuditRead,
    /// To manage accounts, clients and webhooks.
    Admin,
}

/// Returns the permissions of a role: the one table of them (docs/API.md §13).
pub const fn permissions(role: Role) -> &'static [Permission] {
    use Permission::{Admin, AuditRead, ItemsEdit, ItemsPublish, ItemsRead, ItemsReview, QualityRead};
    match role {
        Role::Editor | Role::Integration => &[ItemsRead, ItemsEdit, QualityRead],
        Role::Reviewer => &[ItemsRead, ItemsReview, QualityRead],
        Role::Publisher => &[ItemsRead, ItemsPublish, QualityRead],
        Role::Auditor => &[ItemsRead, QualityRead, AuditRead],
        Role::Admin => &[Admin],
    }
}

/// Whether a role is for people alone: what takes two of them, a service client in one person's hands would undo.
pub fn is_for_persons(role: Role) -> bool {
    let powers = [Permission::ItemsReview, Permission::ItemsPublish, Permission::Admin];
    permissions(role).iter().any(|permission| powers.contains(permission))
}

/// 授权: a role on one organisation, or on a division and all below it; on everything when it names neither.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// 角色
    pub role: Role,
    /// 机构: unified social credit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uscc", example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 行政区划: GB/T 2260 and GB/T 10114, or the beginning of a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 12, example = "350121202")]
    pub division: Option<String>,
}

/// 待确认的授权: one that permits nothing until another administrator confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PendingGrant {
    /// 授权
    pub grant: Grant,
    /// 授权人: the administrator who gave it, and who cannot confirm it.
    #[schema(example = "wang")]
    pub given_by: String,
}

/// The organisation or the division that something belongs to, as far as it is known; with neither, the whole register.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belongs {
    /// Unified social credit code.
    pub organisation: Option<String>,
    /// Division code.
    pub division: Option<String>,
}

/// A person or a system that asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Identifies the account for ever.
    pub id: String,
    /// Username or client id: what the audit trail names.
    pub name: String,
    /// As others see it.
    pub display_name: String,
    /// The organisation that the account works for: what it writes belongs there unless it says otherwise.
    pub organisation: Option<String>,
    /// Its roles, and where it has them.
    pub grants: Vec<Grant>,
    /// The session of a person who signed in here: what signing out ends.
    pub session: Option<String>,
    /// Whether the password was set by somebody else: then nothing is permitted but to change it.
    pub must_change_password: bool,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 7] = [
        Self::ItemsRead,
        Self::ItemsEdit,
        Self::ItemsReview,
        Self::ItemsPublish,
        Self::QualityRead,
        Self::AuditRead,
        Self::Admin,
    ];

    /// As in the documents.
    pub const fn value(self) -> &'static str {
        match self {
            Self::ItemsRead => "items:read",
            Self::ItemsEdit => "items:edit",
            Self::ItemsReview => "items:review",
            Self::ItemsPublish => "items:publish",
            Self::QualityRead => "quality:read",
            Self::AuditRead => "audit:read",
            Self::Admin => "admin",
        }
    }
}

impl Grant {
    /// Whether it reaches what belongs there.
    pub fn covers(&self, belongs: &Belongs) -> bool {
        match (&self.organisation, &self.division) {
            (None, None) => true,
            (Some(own), _) => belongs.organisation.as_ref() == Some(own),
            // A thing of the whole register is everybody's who answers for a division.
            (None, Some(own)) => match &belongs.division {
                Some(code) => division::significant(code).starts_with(division::significant(own)),
                None => belongs.organisation.is_none(),
            },
        }
    }
}

impl Caller {
    /// The process itself, for what it does by the clock. It holds no grants.
    pub fn system() -> Self {
        let name = || "system".to_owned();
        Self {
            id: name(),
            name: name(),
            display_name: name(),
            organisation: None,
            grants: Vec::new(),
            session: None,
            must_change_password: false,
        }
    }

    /// Whether any grant permits this at all.
    pub fn ever_may(&self, permission: Permission) -> bool {
        self.grants.iter().any(|grant| permissions(grant.role).contains(&permission))
    }

    /// Whether a grant permits this there.
    pub fn may(&self, permission: Permission, belongs: &Belongs) -> bool {
        let mut grants = self.grants.iter();
        grants.any(|grant| permissions(grant.role).contains(&permission) && grant.covers(belongs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(organisation: Option<&str>, division: Option<&str>) -> Grant {
        Grant { role: Role::Editor, organisation: organisation.map(Into::into), division: division.map(Into::into) }
    }

    fn belongs(organisation: Option<&str>, division: Option<&str>) -> Belongs {
        Belongs { organisation: organisation.map(Into::into), division: division.map(Into::into) }
    }

    #[test]
    fn a_grant_reaches_its_organisation_or_its_division_and_all_below() {
        let town = belongs(Some("A"), Some("350121202"));
        assert!(grant(None, None).covers(&town));
        assert!(grant(Some("A"), None).covers(&town));
        assert!(!grant(Some("B"), None).covers(&town));
        for division in ["350121202", "350121", "350100", "350000", "35"] {
            assert!(grant(None, Some(division)).covers(&town), "{division}");
        }
        assert!(!grant(None, Some("350122")).covers(&town));
        assert!(!grant(None, Some("350121202201")).covers(&town));
    }

    #[test]
    fn what_belongs_to_the_whole_register_needs_a_grant_on_a_division() {
        let all = belongs(None, None);
        assert!(grant(None, Some("350121")).covers(&all));
        assert!(!grant(Some("A"), None).covers(&all));
    }

    #[test]
    fn nobody_may_both_write_and_publish() {
        for role in Role::ALL {
            let may = permissions(*role);
            let powers = [Permission::ItemsEdit, Permission::ItemsReview, Permission::ItemsPublish, Permission::Admin];
            assert!(powers.iter().filter(|power| may.contains(power)).count() <= 1, "{role:?}");
        }
    }
}
