//! The roles that values of a claim are worth here.

use serde_json::Value;

use super::{
    super::model::Grant,
    claims::{claim, texts},
};
use crate::values::{Uscc, code_lists::Role, division};

/// The claim that tells roles, and the worth of its values.
pub struct Roles {
    claim: String,
    mappings: Vec<Mapping>,
}

/// A value of the claim, and the grant that it is worth.
#[derive(Debug, PartialEq)]
struct Mapping {
    value: String,
    grant: Grant,
}

impl Roles {
    /// Reads `VALUE=ROLE@WHERE;…`; nothing where it is written otherwise.
    pub fn read(text: &str, claim: &str) -> Option<Self> {
        Some(Self { claim: claim.into(), mappings: mappings(text)? })
    }

    /// Returns the grants that a token is worth.
    pub fn grants(&self, claims: &Value) -> Vec<Grant> {
        let values: Vec<&str> = match claim(claims, &self.claim) {
            // Only `scope` is a list in one string (RFC 8693 §4.2); elsewhere a space is part of a name.
            Some(Value::String(text)) if self.claim.trim_start_matches('/') == "scope" => text.split(' ').collect(),
            Some(claim) => texts(claim),
            None => Vec::new(),
        };
        let meant = self.mappings.iter().filter(|mapping| values.contains(&mapping.value.as_str()));
        meant.map(|mapping| mapping.grant.clone()).collect()
    }
}

/// Reads `VALUE=ROLE@WHERE;…`; a value may contain anything but `;`.
fn mappings(text: &str) -> Option<Vec<Mapping>> {
    let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let mappings: Option<Vec<_>> = entries.map(mapping).collect();
    mappings.filter(|mappings| !mappings.is_empty())
}

fn mapping(entry: &str) -> Option<Mapping> {
    let (value, rest) = entry.rsplit_once('=')?;
    let (role, place) = rest.split_once('@')?;
    let role = Role::ALL.iter().copied().find(|known| known.code().value == role.trim())?;
    let (organisation, division) = match place.trim() {
        "*" => (None, None),
        code if division::is_prefix(code) => (None, Some(code.to_owned())),
        code => (Some(String::from(Uscc::parse(code).ok()?)), None),
    };
    let value = value.trim().to_owned();
    (!value.is_empty()).then_some(Mapping { value, grant: Grant { role, organisation, division } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_claim_is_worth_a_role_somewhere() {
        let read =
            mappings("staff=editor@11350121003619116B; cn=审查,ou=办=reviewer@350121 ;\n root=admin@*").expect("three");
        let shown: Vec<_> = read
            .iter()
            .map(|m| (m.value.as_str(), m.grant.role, m.grant.organisation.as_deref(), m.grant.division.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("staff", Role::Editor, Some("11350121003619116B"), None),
                ("cn=审查,ou=办", Role::Reviewer, None, Some("350121")),
                ("root", Role::Admin, None, None),
            ]
        );
        for wrong in ["", ";", "staff", "staff=editor", "staff=king@*", "=editor@*", "staff=editor@99", "staff=editor@"]
        {
            assert_eq!(mappings(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_claim_that_is_one_string_is_one_value_unless_it_is_scope() {
        let worth = |claim: &str, value: Value| {
            let roles = Roles::read("editor=editor@*; chief editor=admin@*", claim).expect("two");
            let claims = serde_json::json!({ "groups": value, "scope": value });
            roles.grants(&claims).iter().map(|grant| grant.role).collect::<Vec<_>>()
        };
        for claim in ["groups", "/groups"] {
            assert_eq!(worth(claim, "chief editor".into()), [Role::Admin]);
            assert_eq!(worth(claim, "no editor".into()), []);
            assert_eq!(worth(claim, serde_json::json!(["editor", "no editor"])), [Role::Editor]);
        }
        for claim in ["scope", "/scope"] {
            assert_eq!(worth(claim, "openid editor".into()), [Role::Editor]);
        }
    }
}
