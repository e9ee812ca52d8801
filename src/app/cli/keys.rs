//! `qingdan keys`.

use std::path::{Path, PathBuf};

use chrono::Utc;
use clap::{Args, Subcommand};

use super::{CommandError, say};
use crate::{
    app::server::StartError,
    base::config::{DatabaseSettings, KeySettings, Unusable},
    register::{
        db::Db,
        log_keys::{LogKeyError, LogKeys, origin_of},
    },
    staff::{
        audit::{self, Event},
        identity::{AuthorityError, rotate},
    },
};

/// Commands for private keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a new key for signing tokens now; servers use it within two minutes, and old tokens go on to hold
    Rotate {
        /// Also refuse every token signed so far, on all replicas: for a key that was stolen. Restart the servers after it
        #[arg(long)]
        revoke: bool,
        #[command(flatten)]
        at: KeysDirectory,
    },
    /// The keys that checkpoints of the log are signed with
    #[command(subcommand)]
    Log(LogCommand),
}

/// Commands for the keys of the log.
#[derive(Subcommand)]
pub enum LogCommand {
    /// Make the first one. On SQLite the first start does; on PostgreSQL it is done once, and the file given to every replica
    Init {
        /// The name of the log, which never changes: host and path without a scheme
        /// [default: QINGDAN_PUBLIC_URL and /v1/log, or a name that nobody else has]
        #[arg(long)]
        origin: Option<String>,
        /// Address under which the public reaches the service
        #[arg(long, env = "QINGDAN_PUBLIC_URL")]
        public_url: Option<String>,
        /// Do nothing where there is one already: for scripts that run at every start
        #[arg(long)]
        if_missing: bool,
        #[command(flatten)]
        at: KeysDirectory,
    },
    /// Print the public keys, those that sign first
    Show(KeysDirectory),
    /// Make another one: from the next start of the servers on both sign, so that verifiers have time to learn of it
    Add(KeysDirectory),
    /// Take the private half of one away; what it signed can still be verified
    Retire {
        /// Its number: the eight digits in the middle of the public key
        id: String,
        #[command(flatten)]
        at: KeysDirectory,
    },
}

/// The directory of the keys.
#[derive(Args)]
pub struct KeysDirectory {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    keys: KeySettings,
}

impl KeysDirectory {
    fn directory(&self) -> Result<PathBuf, Unusable> {
        let missing = Unusable { setting: "DATABASE_URL", reason: "a register in memory keeps no keys" };
        self.keys.directory(&self.database)?.ok_or(missing)
    }

    /// Does something with a key of the log, whose number it gives back, and tells the trail.
    fn recorded<T: Send + 'static>(
        &self,
        action: &'static str,
        work: impl FnOnce(&Path) -> Result<(String, T), LogKeyError> + Send + 'static,
    ) -> Result<T, CommandError> {
        let (directory, url) = (self.directory()?, self.database.url()?);
        actix_web::rt::System::new().block_on(async {
            let db = Db::open(&url).map_err(StartError::from)?;
            let done = db.write(move |conn| {
                let (id, done) = work(&directory)?;
                audit::record(conn, Utc::now(), Event::of_system(action, Some(format!("log_key/{id}"))))?;
                Ok::<_, StartError>(done)
            });
            Ok(done.await?)
        })
    }
}

/// Runs the command.
pub fn run(command: KeysCommand) -> Result<(), CommandError> {
    match command {
        KeysCommand::Rotate { revoke, at } => rotate_token_key(revoke, &at),
        KeysCommand::Log(command) => log_keys(command),
    }
}

fn rotate_token_key(revoke: bool, at: &KeysDirectory) -> Result<(), CommandError> {
    let directory = at.directory()?;
    actix_web::rt::System::new().block_on(async {
        let db = Db::open(&at.database.url()?).map_err(StartError::from)?;
        let made = db.write(move |conn| rotate(conn, &directory, revoke, Utc::now()));
        let kid = made.await.map_err(AuthorityError::from).map_err(StartError::from)?;
        say(&format!("tokens will be signed with the new key {kid}"))
    })
}

fn log_keys(command: LogCommand) -> Result<(), CommandError> {
    match command {
        LogCommand::Init { origin, public_url, if_missing, at } => {
            let directory = at.directory()?;
            let named = origin.map_or_else(|| origin_of(public_url.as_deref()), Ok).map_err(StartError::from)?;
            let made = match if_missing {
                true => LogKeys::load_or_create(&directory, &named),
                false => LogKeys::create(&directory, &named),
            };
            print_keys(&made.map_err(StartError::from)?)
        }
        LogCommand::Show(at) => match LogKeys::load(&at.directory()?).map_err(StartError::from)? {
            Some(keys) => print_keys(&keys),
            None => say("there is no key of the log yet"),
        },
        LogCommand::Add(at) => {
            let made = at.recorded("log_keys.add", |directory| {
                let made = LogKeys::add(directory)?;
                Ok((made.id_text(), made))
            })?;
            say(&made.to_string())?;
            say("publish it, start the servers again, and retire the old key when verifiers know the new one")
        }
        LogCommand::Retire { id, at } => {
            let retired = id.clone();
            at.recorded("log_keys.retire", move |directory| {
                LogKeys::retire(directory, &retired)?;
                Ok((retired, ()))
            })?;
            say(&format!("the key {id} signs no more after the next start of the servers"))
        }
    }
}

fn print_keys(keys: &LogKeys) -> Result<(), CommandError> {
    keys.public().iter().try_for_each(|key| say(&key.to_string()))
}
