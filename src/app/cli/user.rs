//! `qingdan user`: accounts from the shell of the server. The first administrator is made this way.

use std::io::BufRead;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{CommandError, say};
use crate::{
    app::server::StartError,
    base::config::DatabaseSettings,
    fields::Shape,
    problem::{FieldError, Problem},
    register::db::{Conn, Db},
    staff::{
        accounts::{self, AdminScope, NewUser},
        audit::{self, Event},
        identity::{self, Account, AccountKind, Grant, password},
    },
    values::code_lists::Role,
};

/// Bytes of a line with a password at most.
const LONGEST_LINE: u64 = 4096;

/// Commands for accounts.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Make an account; its password, which its owner has to change, is one line of standard input
    Create(Create),
    /// List the accounts of people
    List {
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Set the password of a person, who has to change it and is signed out; it is one line of standard input
    Password {
        /// Username
        name: String,
        /// Read the password from standard input: exactly one line
        #[arg(long, required = true)]
        password_stdin: bool,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Disable an account and end its sessions at once
    Disable {
        /// Username or client id
        name: String,
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

/// A new account.
#[derive(Args)]
pub struct Create {
    /// Username: Latin letters, digits, Han characters and . _ - @
    name: String,

    /// Role of the account: editor, reviewer, publisher, auditor, admin or integration
    #[arg(long, value_parser = role)]
    role: Role,

    /// Division in which it holds, with all below it (a code of GB/T 2260 or GB/T 10114, or its first digits)
    /// [default without --organisation: everywhere]
    #[arg(long, conflicts_with = "organisation")]
    division: Option<String>,

    /// Organisation in which it holds (unified social credit code); the account then works for it
    #[arg(long)]
    organisation: Option<String>,

    /// As others see it [default: the username]
    #[arg(long)]
    display_name: Option<String>,

    /// Read the password from standard input: exactly one line. There is no other way, and no default password
    #[arg(long, required = true)]
    password_stdin: bool,

    #[command(flatten)]
    database: DatabaseSettings,
}

fn role(text: &str) -> Result<Role, String> {
    let known = || Role::ALL.iter().map(|role| role.code().value).collect::<Vec<_>>().join(", ");
    let role = Role::ALL.iter().copied().find(|role| role.code().value == text);
    role.ok_or_else(|| format!("one of {}", known()))
}

/// Runs the command.
pub fn run(command: UserCommand) -> Result<(), CommandError> {
    match command {
        UserCommand::Create(create) => make(&create),
        UserCommand::List { database } => list(&database),
        UserCommand::Password { name, database, .. } => set_password(&database, name),
        UserCommand::Disable { name, database } => disable(&database, name),
    }
}

fn make(create: &Create) -> Result<(), CommandError> {
    let password = one_line(std::io::stdin().lock())?;
    let new = new_user(create, password)?;
    with_database(&create.database, async |db| {
        let hash = password::Hasher::default().hash(&new.password).await?;
        let now = Utc::now();
        let account = new.account((hash, accounts::SHELL), now);
        let name = account.name.clone();
        db.write(move |conn| {
            accounts::create(conn, &AdminScope::everything(), &account)?;
            record_in_trail(conn, "user.create", &account, Some(json!({ "grants": account.grants })), now)
        })
        .await?;
        say(&format!("made the account {name}"))
    })
}

/// The account that is meant, read along the same schema as over HTTP.
fn new_user(create: &Create, password: String) -> Result<NewUser, Problem> {
    let Create { role, division, organisation, .. } = create;
    let grant = Grant { role: *role, organisation: organisation.clone(), division: division.clone() };
    let mut document = json!({
        "username": create.name,
        "display_name": create.display_name.as_deref().unwrap_or(&create.name),
        "password": password,
        "grants": [grant],
    });
    if let Some(organisation) = organisation {
        document["organisation"] = organisation.clone().into();
    }
    let new: NewUser = Shape::of::<NewUser>().read(&document).map_err(Problem::invalid_body)?;
    must_be_a_password(&new.password, &new.username)?;
    Ok(new)
}

/// Exactly one line: two would be a mistake in a script, and one without its end is taken as it is.
fn one_line(input: impl BufRead) -> Result<String, CommandError> {
    use std::io::Read;
    let mut text = String::new();
    let refused = |reason: &'static str| CommandError::Input(reason);
    input.take(LONGEST_LINE + 1).read_to_string(&mut text)?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
    match line {
        "" => Err(refused("standard input is empty: write the password there, as one line")),
        line if line.contains(['\n', '\r']) => Err(refused("standard input has more than one line")),
        line => Ok(line.to_owned()),
    }
}

fn set_password(database: &DatabaseSettings, name: String) -> Result<(), CommandError> {
    let password = one_line(std::io::stdin().lock())?;
    must_be_a_password(&password, &name)?;
    with_database(database, async |db| {
        let (hash, now) = (password::Hasher::default().hash(&password).await?, Utc::now());
        let account = db.write(move |conn| {
            let account = accounts::reset_password(conn, &name, &hash, now)?;
            record_in_trail(conn, "user.password", &account, None, now)?;
            Ok::<_, Problem>(account)
        });
        say(&format!("{} has to change this password", account.await?.name))
    })
}

fn must_be_a_password(password: &str, username: &str) -> Result<(), Problem> {
    password::check(password, username).map_err(|wrong| Problem::invalid_body(vec![FieldError::at("/password", wrong)]))
}

fn list(database: &DatabaseSettings) -> Result<(), CommandError> {
    with_database(database, async |db| {
        let all = db.read(|conn| identity::all(conn, AccountKind::Person)).await?;
        all.iter().try_for_each(|account| say(&row(account)))
    })
}

/// One line for each account, its parts separated by tabs.
fn row(account: &Account) -> String {
    let grants: Vec<_> = account.grants.iter().map(shown).collect();
    let state = if account.disabled_at.is_some() { "disabled" } else { "enabled" };
    format!("{}\t{state}\t{}\t{}", account.name, grants.join(" "), account.display_name)
}

fn shown(grant: &Grant) -> String {
    let place = grant.organisation.as_deref().or(grant.division.as_deref()).unwrap_or("*");
    format!("{}@{place}", grant.role.code().value)
}

fn disable(database: &DatabaseSettings, name: String) -> Result<(), CommandError> {
    with_database(database, async |db| {
        let now = Utc::now();
        let account = db.write(move |conn| {
            let account = accounts::disable(conn, &name, now)?;
            record_in_trail(conn, "user.change", &account, Some(json!({ "disabled": true })), now)?;
            Ok::<_, Problem>(account)
        });
        say(&format!("disabled the account {}", account.await?.name))
    })
}

fn record_in_trail(
    conn: &mut Conn,
    action: &str,
    account: &Account,
    detail: Option<Value>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let event = Event {
        organisation: account.organisation.clone(),
        detail,
        ..Event::of_system(action, Some(account.subject()))
    };
    Ok(audit::record(conn, now, event)?)
}

fn with_database(
    database: &DatabaseSettings,
    work: impl AsyncFnOnce(Db) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    let url = database.url()?;
    actix_web::rt::System::new().block_on(async move { work(Db::open(&url).map_err(StartError::from)?).await })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_exactly_one_line() {
        for (input, line) in [("a b\n", "a b"), ("a b\r\n", "a b"), ("a b", "a b"), (" a \n", " a ")] {
            assert_eq!(one_line(input.as_bytes()).ok().as_deref(), Some(line));
        }
        for wrong in ["", "\n", "a\nb\n", "a\n\n"] {
            assert!(one_line(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
