//! `qingdan verify …`.

use std::path::Path;

use clap::Subcommand;

use super::{CommandError, say};
use crate::{
    app::StartError,
    audit,
    config::{DatabaseSettings, DatabaseUrl, Unusable},
    db::Db,
};

/// What can be checked.
#[derive(Subcommand)]
pub enum Chain {
    /// The audit trail: says how many lines it has and the hash of the last, or the first line that is broken
    Audit {
        /// A hash that was noted down earlier: it must still stand in the chain. Without one, nobody can tell whether the
        /// last lines were cut off, or everything was written anew
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

/// Checks it.
pub fn verify(chain: &Chain) -> Result<(), CommandError> {
    match chain {
        Chain::Audit { head, database } => audit_trail(head.clone(), database),
    }
}

fn audit_trail(noted: Option<String>, database: &DatabaseSettings) -> Result<(), CommandError> {
    let url = database.url()?;
    // It would be made, and its empty trail found whole.
    if let DatabaseUrl::Sqlite(path) = &url
        && !Path::new(path).exists()
    {
        return Err(Unusable { setting: "DATABASE_URL", reason: "there is no such file" }.into());
    }
    let db = Db::open(&url).map_err(StartError::from)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let whole = runtime.block_on(db.read(move |conn| audit::verify(conn, noted.as_deref())))?;
    match whole.lines {
        0 => say("the audit trail is whole: it has no lines yet"),
        lines => say(&format!("the audit trail is whole: {lines} lines, head {}", whole.head)),
    }
}
