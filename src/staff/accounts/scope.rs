//! The reach of an administrator's grants: nobody gives, sees or changes anything outside of it.

use crate::{
    problem::{FieldError, Wrong},
    register::catalog::Snapshot,
    staff::identity::{Account, AccountKind, Caller, Grant, Permission, permissions},
    values::division,
};

/// The part of the register that an administrator may administer.
pub struct AdminScope<'a> {
    own: Vec<&'a Grant>,
    register: Option<&'a Snapshot>,
}

impl<'a> AdminScope<'a> {
    /// The scope of who asks. The register tells in which division an organisation lies.
    pub fn of(caller: &'a Caller, register: &'a Snapshot) -> Self {
        let own = caller.grants.iter().filter(|grant| permissions(grant.role).contains(&Permission::Admin)).collect();
        Self { own, register: Some(register) }
    }

    /// The whole register, for the shell of the server.
    pub fn everything() -> Self {
        Self { own: Vec::new(), register: None }
    }

    fn is_everything(&self) -> bool {
        self.register.is_none() || self.own.iter().any(|own| own.organisation.is_none() && own.division.is_none())
    }

    /// Whether an organisation, else a division, else everything lies inside.
    fn reaches(&self, organisation: Option<&str>, place: Option<&str>) -> bool {
        let division_of = |code: &str| self.register?.get("organisation", code)?.division.as_deref();
        let place = organisation.map_or(place, division_of);
        let inside = |own: &&Grant| match (&own.organisation, &own.division) {
            (Some(own), _) => organisation == Some(own.as_str()),
            (None, Some(own)) => {
                place.is_some_and(|place| division::significant(place).starts_with(division::significant(own)))
            }
            (None, None) => true,
        };
        self.is_everything() || self.own.iter().any(inside)
    }

    /// Whether an account may be seen and changed: all of it lies inside.
    pub fn holds(&self, account: &Account) -> bool {
        let organisation = account.organisation.as_deref();
        let belongs_somewhere = organisation.is_some() || !account.given().is_empty();
        self.is_everything()
            || belongs_somewhere
                && organisation.is_none_or(|code| self.reaches(Some(code), None))
                && account.given().iter().all(|grant| self.covers(grant))
    }

    /// Whether all that is selected by these organisations and these divisions lies inside: when all of one of them does, since
    /// both select together, and an empty list selects nothing in particular.
    pub fn holds_selection(&self, organisations: &[String], divisions: &[String]) -> bool {
        let organisations_lie_inside = || organisations.iter().all(|code| self.reaches(Some(code), None));
        let divisions_lie_inside = || divisions.iter().all(|code| self.reaches(None, Some(code)));
        self.is_everything()
            || !organisations.is_empty() && organisations_lie_inside()
            || !divisions.is_empty() && divisions_lie_inside()
    }

    fn covers(&self, grant: &Grant) -> bool {
        self.reaches(grant.organisation.as_deref(), grant.division.as_deref())
    }

    /// Finds the mistakes in the organisation and the grants that somebody wants to give.
    pub fn mistakes(&self, kind: AccountKind, organisation: Option<&str>, grants: &[Grant]) -> Vec<FieldError> {
        let mut mistakes = Vec::new();
        if organisation.is_some_and(|code| !self.reaches(Some(code), None)) {
            mistakes.push(FieldError::at("/organisation", Wrong::OutsideGrant));
        }
        if organisation.is_none() && grants.is_empty() && !self.is_everything() {
            // Otherwise it would vanish from the sight of who made it.
            mistakes.push(FieldError::at("/grants", Wrong::TooFew(1)));
        }
        for (index, grant) in grants.iter().enumerate() {
            let at = format!("/grants/{index}");
            match mistake_of(grant) {
                Some((field, wrong)) => mistakes.push(FieldError::at(format!("{at}{field}"), wrong)),
                None if !kind.may_hold(grant.role) => {
                    mistakes.push(FieldError::at(format!("{at}/role"), Wrong::PersonsOnly));
                }
                None if grants[..index].contains(grant) => {
                    mistakes.push(FieldError::at(at, Wrong::Duplicate(grant.role.code().value.into())));
                }
                None if !self.covers(grant) => mistakes.push(FieldError::at(at, Wrong::OutsideGrant)),
                None => {}
            }
        }
        mistakes
    }
}

fn mistake_of(grant: &Grant) -> Option<(&'static str, Wrong)> {
    match (&grant.organisation, &grant.division) {
        (Some(_), Some(_)) => Some(("/division", Wrong::NotWith("organisation"))),
        (None, Some(code)) if !division::is_prefix(code) => Some(("/division", Wrong::DivisionUnknown)),
        _ => None,
    }
}
