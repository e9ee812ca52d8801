//! The commands of the process.
//!
//! It may know everything. It must not know `web`: a command does its work without a request.

mod serve;
mod mirror;
mod user;
mod import_report;
mod import_words;
mod import;
mod keys;
mod verify;
mod backup;
mod doctor;
mod export;

use std::{fs, io::Write, path::Path};

use clap::{Parser, Subcommand};

use crate::{
    app::server::StartError,
    base::{
        config::{DatabaseSettings, DatabaseUrl, IdentitySettings, ServerSettings, Unusable},
        secret_files,
    },
    problem::Problem,
    register::db::{self, Db},
    values,
};

/// qingdan 清单: the register of a government's power, responsibility and public service lists
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the register; the schema is brought up to date first
    Serve {
        /// First publish the demonstration register, when nothing was ever published
        #[arg(long)]
        demo: bool,
        #[command(flatten)]
        database: DatabaseSettings,
        #[command(flatten)]
        server: ServerSettings,
        #[command(flatten)]
        identity: IdentitySettings,
    },
    /// Repeat what another register publishes: follow it, and serve all public reads from a store of its own
    Mirror {
        #[command(flatten)]
        of: mirror::MirrorSettings,
        #[command(flatten)]
        database: DatabaseSettings,
        #[command(flatten)]
        server: ServerSettings,
    },
    /// Bring a file into the register: as drafts, or, while nothing was ever published, published at once
    Import(import::Import),
    /// Accounts of people, from the shell of the server
    #[command(subcommand)]
    User(user::UserCommand),
    /// The private keys: of tokens, and of the log
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Check the log, the audit trail, or a proof
    #[command(subcommand)]
    Verify(verify::Chain),
    /// Write the published register, or a part of it, to standard output
    Export {
        #[command(flatten)]
        asked: export::ExportRequest,
        #[command(flatten)]
        database: DatabaseSettings,
    },
    /// Copy the whole register (SQLite) into one file, while it is served; keys are not in it
    Backup(backup::Backup),
    /// Put a backup in the place of the register (SQLite), which nobody may have open
    Restore(backup::Restore),
    /// Look at a deployment and say what is wrong with it; nothing is changed
    Doctor(doctor::Doctor),
    /// Only bring the schema of the database up to date
    Migrate {
        #[command(flatten)]
        database: DatabaseSettings,
    },
}

/// Why a command failed, in one line.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A setting cannot be used.
    #[error(transparent)]
    Setting(#[from] Unusable),
    /// A chain is broken.
    #[error(transparent)]
    Broken(#[from] crate::staff::audit::Broken),
    /// The log is broken.
    #[error(transparent)]
    BrokenLog(#[from] crate::register::changes::BrokenLog),
    /// A register that was walked through is not whole, or cannot be reached.
    #[error("{0}")]
    Walk(#[from] crate::mirror::SourceTrouble),
    /// A bundle proves nothing.
    #[error("it proves nothing: {0}")]
    Unproven(#[from] crate::public::proofs::Unproven),
    /// A copy of the store.
    #[error(transparent)]
    Copy(#[from] crate::register::db::copy::CopyError),
    /// A deployment, a copy or an import is not as it should be.
    #[error("{0}")]
    Unsound(String),
    /// A use case refused.
    #[error("{0}")]
    Refused(#[from] Problem),
    /// Standard input cannot be used.
    #[error("{0}")]
    Input(&'static str),
    /// The operating system refused.
    #[error("{0}")]
    System(#[from] std::io::Error),
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> Result<(), CommandError> {
        match self.command {
            Command::Serve { demo, database, server, identity } => serve::serve(demo, &database, &server, &identity),
            Command::Mirror { of, database, server } => mirror::mirror(&of, &database, &server),
            Command::Import(import) => import::run(&import),
            Command::User(command) => user::run(command),
            Command::Keys(command) => keys::run(command),
            Command::Verify(chain) => verify::verify(&chain),
            Command::Export { asked, database } => export::export(&asked, &database),
            Command::Backup(backup) => backup::backup(&backup),
            Command::Restore(restore) => backup::restore(&restore),
            Command::Doctor(doctor) => doctor::doctor(&doctor),
            Command::Migrate { database } => {
                Db::open(&database.url()?).map_err(StartError::from)?;
                say("the schema is up to date")
            }
        }
    }
}

/// Closes what the service keeps on disk to other users of the machine, whoever made it: what is new is made so.
fn close_to_others(database: &DatabaseSettings, keys: Option<&Path>) -> Result<(), CommandError> {
    if let DatabaseUrl::Sqlite(path) = database.url()? {
        let store = Path::new(&path);
        db::files_of(store).iter().chain([&db::lock_of(store)]).for_each(|file| secret_files::close(file));
    }
    secret_files::close(&database.data_dir);
    for directory in [Some(&*database.data_dir.join("files")), keys].into_iter().flatten() {
        secret_files::close(directory);
        fs::read_dir(directory).into_iter().flatten().flatten().for_each(|entry| secret_files::close(&entry.path()));
    }
    Ok(())
}

/// One line on standard output, in which texts of others do nothing to a terminal.
fn say(line: &str) -> Result<(), CommandError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", values::escaped(line))?;
    Ok(out.flush()?)
}
