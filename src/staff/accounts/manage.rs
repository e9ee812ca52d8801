//! Making and changing accounts.

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};

use super::{
    scope::AdminScope,
    second::{SecondAdministrator, audit_detail},
    shapes::{ClientChange, NewClient, NewUser, UserChange, shown},
};
use crate::{
    base::merge_patch,
    fields::Shape,
    problem::{Code, FieldError, Problem, Wrong},
    register::db::Conn,
    staff::{
        identity::{self, Account, AccountKind, Belongs, Grant, Hidden, PendingGrant},
        requests::{ActionResult, Preconditions, RequestContext},
    },
};

/// Names that the audit trail uses for what nobody did.
const RESERVED: [&str; 2] = ["system", "anonymous"];

/// Name in the trail for what is done in the shell of the server.
pub const SHELL: &str = "system";

/// The members of an account that can be changed.
struct Changes {
    display_name: String,
    organisation: Option<String>,
    given: Vec<Grant>,
    disabled: bool,
}

impl Changes {
    fn none(account: &Account) -> Self {
        Self {
            display_name: account.display_name.clone(),
            organisation: account.organisation.clone(),
            given: account.given(),
            disabled: account.disabled_at.is_some(),
        }
    }
}

impl NewUser {
    /// The account, with the hash of the password that somebody set for its owner.
    pub fn account(&self, (password, by): (Hidden, &str), now: DateTime<Utc>) -> Account {
        let new = Account::new(AccountKind::Person, &self.username, &self.display_name, self.grants.clone(), now);
        Account { organisation: self.organisation.clone(), secret: Some(password), password_by: Some(by.into()), ..new }
    }
}

impl NewClient {
    /// The account, with an id of its own and the hash of its secret.
    pub fn account(&self, secret: &Hidden, now: DateTime<Utc>) -> Account {
        let id = uuid::Uuid::now_v7().simple().to_string();
        // The last digits of a UUID are random; the first tell the time.
        let name = format!("client-{}", &id[id.len() - 12..]);
        let new = Account::new(AccountKind::Client, &name, &self.name, self.grants.clone(), now);
        Account { secret: Some(identity::fingerprint(&secret.0)), ..new }
    }
}

/// Adds an account within `scope`: 422 with every mistake.
pub fn create(conn: &mut Conn, scope: &AdminScope<'_>, account: &Account) -> Result<(), Problem> {
    must_be_sound(conn, scope, account)?;
    Ok(identity::insert(conn, account)?)
}

fn must_be_sound(conn: &mut Conn, scope: &AdminScope<'_>, account: &Account) -> Result<(), Problem> {
    identity::lock_accounts(conn)?;
    let mut mistakes = scope.mistakes(account.kind, account.organisation.as_deref(), &account.grants);
    if RESERVED.contains(&account.name.as_str()) {
        mistakes.push(FieldError::at("/username", Wrong::Reserved));
    }
    let other = identity::named(conn, &account.name)?;
    if other.as_ref().is_some_and(|other| scope.holds(other)) {
        mistakes.push(FieldError::at("/username", Wrong::Taken));
    } else if other.is_some() && mistakes.is_empty() {
        // Names are one for the whole register. Who may not see the account learns nothing of it: not that it is one, and nothing at
        // all without having been about to make an account, which the trail would tell of.
        mistakes.push(FieldError::at("/username", Wrong::Reserved));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes)),
    }
}

/// Adds the account of a person or a client, and answers it; with a client, its secret, this once.
pub fn create_as(
    conn: &mut Conn,
    context: &RequestContext,
    second: SecondAdministrator,
    account: &Account,
    secret: Option<&Hidden>,
) -> Result<ActionResult, Problem> {
    must_be_sound(conn, &AdminScope::of(&context.caller, &context.register), account)?;
    let new = Account { grants: Vec::new(), ..account.clone() };
    let account = second.give(conn, &context.caller, &new, account.grants.clone())?;
    identity::insert(conn, &account)?;
    let location = address(&account);
    let mut body = shown(account.clone())?;
    if let Some(secret) = secret {
        body["client_secret"] = secret.0.clone().into();
    }
    let result = ActionResult::created(account.subject(), belongs(&account), body, location).version(account.version);
    Ok(ActionResult { detail: Some(audit_detail(&account)?), secrets: &["client_secret"], ..result })
}

/// The address of an account.
fn address(account: &Account) -> String {
    let name = percent_encoding::utf8_percent_encode(&account.name, percent_encoding::NON_ALPHANUMERIC);
    match account.kind {
        AccountKind::Person => format!("/v1/users/{name}"),
        AccountKind::Client => format!("/v1/clients/{name}"),
    }
}

/// Returns where an account belongs: to its organisation.
pub fn belongs(account: &Account) -> Belongs {
    Belongs { organisation: account.organisation.clone(), division: None }
}

/// 200 with an account, as of its version.
fn ok(account: &Account) -> Result<ActionResult, Problem> {
    let result = ActionResult::ok(account.subject(), belongs(account), shown(account.clone())?);
    Ok(result.version(account.version))
}

/// The account with this name, as far as the caller may see it: 404 otherwise.
pub fn seen(conn: &mut Conn, context: &RequestContext, kind: AccountKind, name: &str) -> Result<Account, Problem> {
    let scope = AdminScope::of(&context.caller, &context.register);
    let account = identity::named(conn, name)?.filter(|account| account.kind == kind && scope.holds(account));
    account.ok_or_else(|| Code::NotFound.into())
}

/// All accounts that the caller may see.
pub fn all_seen(conn: &mut Conn, context: &RequestContext, kind: AccountKind) -> Result<Vec<Account>, Problem> {
    let scope = AdminScope::of(&context.caller, &context.register);
    let mut all = identity::all(conn, kind)?;
    all.retain(|account| scope.holds(account));
    Ok(all)
}

/// Changes an account by a merge patch (RFC 7396) on what its client saw.
pub fn change(
    conn: &mut Conn,
    context: &RequestContext,
    second: SecondAdministrator,
    (kind, name, seen_as): (AccountKind, &str, &Preconditions),
    patch: &Value,
) -> Result<ActionResult, Problem> {
    identity::lock_accounts(conn)?;
    let account = seen(conn, context, kind, name)?;
    must_be_current(&account, seen_as)?;
    let changes = patched(&account, patch)?;
    let scope = AdminScope::of(&context.caller, &context.register);
    let mut mistakes = scope.mistakes(kind, changes.organisation.as_deref(), &changes.given);
    if account.id == context.caller.id && changes.given != account.given() {
        mistakes.push(FieldError::at("/grants", Wrong::OwnGrants));
    }
    if !mistakes.is_empty() {
        return Err(Problem::invalid_body(mistakes));
    }
    let Changes { display_name, organisation, given, disabled } = changes;
    let disabled_at = if disabled { account.disabled_at.or(Some(context.now)) } else { None };
    let changed = second.give(conn, &context.caller, &account, given)?;
    let changed = Account { display_name, organisation, disabled_at, ..changed };
    let account = apply(conn, account, changed, context.now)?;
    let result = ok(&account)?;
    let mut detail = audit_detail(&account)?;
    detail["disabled"] = account.disabled_at.is_some().into();
    Ok(ActionResult { detail: Some(detail), ..result })
}

/// Refuses who did not see the account as it is.
pub fn must_be_current(account: &Account, seen_as: &Preconditions) -> Result<(), Problem> {
    match seen_as.hold(account.version) {
        true => Ok(()),
        false => Err(Problem::from(Code::Stale).because_of(json!({ "version": account.version }))),
    }
}

fn patched(account: &Account, patch: &Value) -> Result<Changes, Problem> {
    if !patch.is_object() {
        return Err(Problem::invalid_body(vec![FieldError::at("", Wrong::WrongType("object".into()))]));
    }
    let Changes { display_name, organisation, given, disabled } = Changes::none(account);
    match account.kind {
        AccountKind::Person => {
            let now = UserChange { display_name, organisation, grants: given, disabled };
            let UserChange { display_name, organisation, grants: given, disabled } = merged(&now, patch)?;
            Ok(Changes { display_name, organisation, given, disabled })
        }
        AccountKind::Client => {
            let now = ClientChange { name: display_name, grants: given, disabled };
            let ClientChange { name: display_name, grants: given, disabled } = merged(&now, patch)?;
            Ok(Changes { display_name, organisation, given, disabled })
        }
    }
}

fn merged<T: serde::Serialize + serde::de::DeserializeOwned + utoipa::ToSchema>(
    now: &T,
    patch: &Value,
) -> Result<T, Problem> {
    let mut document = serde_json::to_value(now)?;
    merge_patch::merge(&mut document, patch);
    Shape::of::<T>().read(&document).map_err(Problem::invalid_body)
}

/// Writes what has changed of an account whose caller has locked the accounts. Disabling it ends its sessions; the last
/// administrator of everything stays.
fn apply(conn: &mut Conn, account: Account, changed: Account, now: DateTime<Utc>) -> Result<Account, Problem> {
    if changed == account {
        return Ok(account);
    }
    if account.administers_all() && !changed.administers_all() {
        must_not_be_the_last(conn, &account)?;
    }
    let changed = Account { version: account.version + 1, updated_at: now.trunc_subsecs(3), ..changed };
    identity::update(conn, &changed)?;
    if changed.disabled_at.is_some() {
        identity::end_sessions(conn, &changed.id, None, "disabled", now)?;
    }
    Ok(changed)
}

fn must_not_be_the_last(conn: &mut Conn, account: &Account) -> Result<(), Problem> {
    let others = identity::all(conn, AccountKind::Person)?;
    match others.iter().any(|other| other.id != account.id && other.administers_all()) {
        true => Ok(()),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            "这是最后一个可用的全局账号管理员，不能停用或者收回其授权；请先设立另一管理员。",
            "This is the last enabled administrator of everything: make another one first.",
        )),
    }
}

/// Confirms what other administrators gave an account.
pub fn confirm(
    conn: &mut Conn,
    context: &RequestContext,
    name: &str,
    seen_as: &Preconditions,
) -> Result<ActionResult, Problem> {
    identity::lock_accounts(conn)?;
    let account = seen(conn, context, AccountKind::Person, name)?;
    must_be_current(&account, seen_as)?;
    if account.pending.is_empty() {
        return Err(Problem::with_detail(
            Code::StateConflict,
            "没有待确认的授权。",
            "No grant of this account waits to be confirmed.",
        ));
    }
    let is_own = |pending: &PendingGrant| pending.given_by == context.caller.name || account.id == context.caller.id;
    let (pending, confirmed): (Vec<_>, Vec<_>) = account.pending.iter().cloned().partition(is_own);
    if confirmed.is_empty() {
        return Err(Problem::with_detail(
            Code::FourEyes,
            "授权人和被授权人都不能确认该授权，须由另一管理员确认。",
            "Neither who gave a grant nor who receives it confirms it: another administrator does.",
        ));
    }
    must_have_own_password(&account)?;
    let confirmed: Vec<_> = confirmed.into_iter().map(|pending| pending.grant).collect();
    let grants = [account.grants.clone(), confirmed.clone()].concat();
    let account = Account { grants, pending, version: account.version + 1, updated_at: context.now, ..account };
    identity::update(conn, &account)?;
    let result = ok(&account)?;
    Ok(ActionResult { detail: Some(json!({ "confirmed": confirmed })), ..result })
}

/// Refuses to confirm anything of an account whose password somebody else knows: they would have what is confirmed.
fn must_have_own_password(account: &Account) -> Result<(), Problem> {
    let Some(by) = &account.password_by else { return Ok(()) };
    Err(Problem::with_detail(
        Code::StateConflict,
        format!("该账号的密码由 {by} 设置，本人尚未修改；请待本人登录并修改密码后再确认。"),
        format!("The password of this account was set by {by}: its owner has to sign in and change it before anything is confirmed."),
    )
    .because_of(json!({ "password_set_by": by })))
}

/// Disables an account from the shell of the server.
pub fn disable(conn: &mut Conn, name: &str, now: DateTime<Utc>) -> Result<Account, Problem> {
    identity::lock_accounts(conn)?;
    let account = identity::named(conn, name)?.ok_or(Code::NotFound)?;
    let disabled = Account { disabled_at: account.disabled_at.or(Some(now.trunc_subsecs(3))), ..account.clone() };
    apply(conn, account, disabled, now)
}
