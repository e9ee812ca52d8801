//! `qingdan keys`.

use chrono::Utc;
use clap::Subcommand;

use super::{CommandError, say};
use crate::{
    app::StartError,
    config::{DatabaseSettings, KeySettings, Unusable},
    db::Db,
    identity::{AuthorityError, rotate},
};

/// What can be done with the keys of tokens.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// Make a new key for signing tokens now; servers use it within two minutes, and old tokens go on to hold
    Rotate {
        /// Also refuse every token signed so far, on all replicas: for a key that was stolen. Restart the servers after it
        #[arg(long)]
        revoke: bool,
        #[command(flatten)]
        database: DatabaseSettings,
        #[command(flatten)]
        keys: KeySettings,
    },
}

/// Runs the command.
pub fn run(command: KeysCommand) -> Result<(), CommandError> {
    let KeysCommand::Rotate { revoke, database, keys } = command;
    let missing = Unusable { setting: "DATABASE_URL", reason: "a register in memory keeps no keys" };
    let directory = keys.directory(&database)?.ok_or(missing)?;
    actix_web::rt::System::new().block_on(async {
        let db = Db::open(&database.url()?).map_err(StartError::from)?;
        let made = db.write(move |conn| rotate(conn, &directory, revoke, Utc::now()));
        let kid = made.await.map_err(AuthorityError::from).map_err(StartError::from)?;
        say(&format!("tokens will be signed with the new key {kid}"))
    })
}
