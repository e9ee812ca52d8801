//! Giving somebody the power to review, to publish or to administer takes two administrators.
//!
//! Otherwise one administrator would be all four pairs of eyes, by accounts that are made, given powers or taken over. The rule
//! holds from the moment there is a second administrator, and goes on to hold when that one is disabled.

use serde_json::{Value, json};

use crate::{
    problem::{Code, Problem},
    register::db::Conn,
    staff::identity::{self, Account, AccountKind, Caller, Grant, PendingGrant, is_for_persons},
};

/// Whether it takes two, once there have been two.
#[derive(Clone, Copy, Debug)]
pub struct SecondAdministrator(pub bool);

impl SecondAdministrator {
    /// Whether it takes another administrator beside this one now. The caller has locked the accounts.
    fn is_needed(self, conn: &mut Conn, giver: &Caller) -> Result<bool, Problem> {
        let people = identity::all(conn, AccountKind::Person)?;
        let there_are = people.iter().any(|other| other.id != giver.id && other.administers());
        Ok(identity::administrators_watch(conn, there_are)? && self.0)
    }

    /// The account with these grants: at once those that it has or that are no power, the others when they are confirmed.
    pub fn give(
        self,
        conn: &mut Conn,
        giver: &Caller,
        account: &Account,
        given: Vec<Grant>,
    ) -> Result<Account, Problem> {
        let is_needed = self.is_needed(conn, giver)?;
        let waits = |grant: &Grant| is_needed && is_for_persons(grant.role) && !account.grants.contains(grant);
        let (powers, grants): (Vec<_>, _) = given.into_iter().partition(waits);
        // A power that waited before goes on waiting as it was given then.
        let before = |grant: &Grant| account.pending.iter().find(|pending| pending.grant == *grant).cloned();
        let pending = powers.into_iter().map(|grant| before(&grant).unwrap_or_else(|| waiting(grant, giver))).collect();
        Ok(Account { grants, pending, ..account.clone() })
    }

    /// The account without the powers that it had, which wait to be given back: its password was set by this administrator, who
    /// could use them in its place. An administrator's password is set by nobody so.
    pub fn withhold(self, conn: &mut Conn, giver: &Caller, account: &Account) -> Result<Account, Problem> {
        if !self.is_needed(conn, giver)? {
            return Ok(account.clone());
        }
        if account.administers() {
            return Err(Problem::with_detail(
                Code::Forbidden,
                "管理员的密码由本人修改；遗忘时由运行单位在服务器上执行 qingdan user password 重设。",
                "Administrators change their own passwords; a forgotten one is set on the server: qingdan user password.",
            ));
        }
        let (powers, grants): (Vec<_>, _) = account.given().into_iter().partition(|grant| is_for_persons(grant.role));
        let version = account.version + i64::from(!powers.is_empty());
        // This administrator counts as the giver of all, also of those that waited before, and so must not confirm them.
        let pending = powers.into_iter().map(|grant| waiting(grant, giver)).collect();
        Ok(Account { grants, pending, version, ..account.clone() })
    }
}

fn waiting(grant: Grant, giver: &Caller) -> PendingGrant {
    PendingGrant { grant, given_by: giver.name.clone() }
}

/// Returns the trail's detail of a change of an account, which its owner reads, too.
pub fn audit_detail(account: &Account) -> Result<Value, Problem> {
    let mut detail = json!({ "grants": account.grants });
    if !account.pending.is_empty() {
        detail["pending_grants"] = serde_json::to_value(&account.pending)?;
    }
    Ok(detail)
}
