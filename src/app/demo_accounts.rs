//! An account of each role in the demonstration register, with a token and a password that are new at every start.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    app::demo::is_demonstration,
    problem::Problem,
    register::{
        catalog::Catalog,
        db::{Conn, Db},
    },
    staff::{
        accounts::{self, AdminScope},
        audit::{self, Event},
        identity::{
            self, Account, AccountKind, Authority, Grant, Hidden, SESSION, SignedIn, fingerprint, random_secret,
        },
    },
    values::code_lists::Role,
};

const TOWNSHIP: &str = "11350121003619116B";
const COUNTY_OFFICE: &str = "11350121003610146D";
/// The county: with the township alone one could not handle laws and clean-ups, which belong to all offices of the register.
const DIVISION: &str = "350121";

/// The grants of a demonstration account.
enum Place {
    Organisation(&'static str),
    Division(&'static str),
    Everything,
}

/// Username, which is also what the printed lines name, display name, kind, role and place.
const ACCOUNTS: [(&str, &str, AccountKind, Role, Place); 9] = [
    ("editor", "演示·编辑甲", AccountKind::Person, Role::Editor, Place::Organisation(TOWNSHIP)),
    ("editor2", "演示·编辑乙", AccountKind::Person, Role::Editor, Place::Organisation(TOWNSHIP)),
    ("other_editor", "演示·县民政局编辑", AccountKind::Person, Role::Editor, Place::Organisation(COUNTY_OFFICE)),
    ("reviewer", "演示·保密审查", AccountKind::Person, Role::Reviewer, Place::Division(DIVISION)),
    ("reviewer2", "演示·合法性审核", AccountKind::Person, Role::Reviewer, Place::Division(DIVISION)),
    ("publisher", "演示·发布", AccountKind::Person, Role::Publisher, Place::Division(DIVISION)),
    ("auditor", "演示·审计", AccountKind::Person, Role::Auditor, Place::Everything),
    ("admin", "演示·账号管理", AccountKind::Person, Role::Admin, Place::Everything),
    ("integration", "演示·系统对接", AccountKind::Client, Role::Integration, Place::Division(DIVISION)),
];

/// A demonstration account, ready for use.
pub struct DemoAccount {
    /// Username or client id.
    pub name: &'static str,
    /// Access token for twelve hours.
    pub token: String,
    /// Password, or the secret of a client.
    pub password: Hidden,
}

/// Makes the accounts that are missing and gives each a new password and a token for twelve hours; nothing in a register
/// that is not the demonstration. An account with one of the names that was not made here is left alone.
pub async fn open_demo_accounts(
    db: &Db,
    catalog: &Catalog,
    authority: &Authority,
    now: DateTime<Utc>,
) -> Result<Vec<DemoAccount>, Problem> {
    if !is_demonstration(&catalog.snapshot()) {
        return Ok(Vec::new());
    }
    let passwords = new_passwords(authority).await?;
    let made = passwords.clone();
    let opened = db.write(move |conn| open_all(conn, &made, now)).await?;
    let mut accounts = Vec::new();
    for Opened { row, signed_in } in opened {
        let token = authority.issue(&signed_in.account, &signed_in.session, SESSION, now)?;
        accounts.push(DemoAccount { name: ACCOUNTS[row].0, token, password: passwords[row].0.clone() });
    }
    Ok(accounts)
}

/// A password and what is stored of it, for each account.
async fn new_passwords(authority: &Authority) -> Result<Vec<(Hidden, Hidden)>, Problem> {
    let mut passwords = Vec::new();
    for (_, _, kind, ..) in &ACCOUNTS {
        let password = random_secret()?;
        let stored = match kind {
            AccountKind::Person => authority.hasher.hash(&password.0).await?,
            AccountKind::Client => fingerprint(&password.0),
        };
        passwords.push((password, stored));
    }
    Ok(passwords)
}

/// An account of one row of the table, with a session.
struct Opened {
    row: usize,
    signed_in: SignedIn,
}

/// The accounts that could be opened.
fn open_all(conn: &mut Conn, passwords: &[(Hidden, Hidden)], now: DateTime<Utc>) -> Result<Vec<Opened>, Problem> {
    identity::lock_accounts(conn)?;
    let mut opened = Vec::new();
    for (row, (account, (_, stored))) in ACCOUNTS.iter().zip(passwords).enumerate() {
        if let Some(account) = found_or_made(conn, account, stored, now)? {
            opened.push(Opened { row, signed_in: identity::open(conn, account, SESSION, now)? });
        }
    }
    audit::record(conn, now, event_of(&opened))?;
    Ok(opened)
}

fn found_or_made(
    conn: &mut Conn,
    row: &(&str, &str, AccountKind, Role, Place),
    stored: &Hidden,
    now: DateTime<Utc>,
) -> Result<Option<Account>, Problem> {
    let (name, display_name, kind, ..) = row;
    let secret = Some(stored.clone());
    match identity::named(conn, name)? {
        Some(account) if account.display_name != *display_name || account.kind != *kind => Ok(None),
        Some(account) if account.disabled_at.is_some() => Ok(None),
        Some(account) => {
            let account = Account { secret, password_by: None, ..account };
            identity::update(conn, &account)?;
            identity::end_sessions(conn, &account.id, None, "password", now)?;
            Ok(Some(account))
        }
        None => {
            let account = Account { secret, ..account_of(row, now) };
            accounts::create(conn, &AdminScope::everything(), &account)?;
            Ok(Some(account))
        }
    }
}

fn account_of(row: &(&str, &str, AccountKind, Role, Place), now: DateTime<Utc>) -> Account {
    let (name, display_name, kind, role, place) = row;
    let (organisation, division) = match place {
        Place::Organisation(code) => (Some((*code).to_owned()), None),
        Place::Division(code) => (None, Some((*code).to_owned())),
        Place::Everything => (None, None),
    };
    let grant = Grant { role: *role, organisation: organisation.clone(), division };
    Account { organisation, ..Account::new(*kind, name, display_name, vec![grant], now) }
}

fn event_of(opened: &[Opened]) -> Event {
    let names: Vec<_> = opened.iter().map(|opened| opened.signed_in.account.name.as_str()).collect();
    Event { detail: Some(json!({ "accounts": names })), ..Event::of_system("demo.accounts", None) }
}
