//! `qingdan backup` and `qingdan restore`.

use std::{
    io,
    path::{Path, PathBuf},
};

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::{CommandError, say};
use crate::{
    app::server::StartError,
    base::{
        config::{DatabaseSettings, DatabaseUrl, KeySettings, Unusable},
        secret_files,
    },
    register::{
        changes::{self, BrokenLog, WholeLog},
        db::{self, Conn, Db, copy},
        log_keys::{Keeper, LogKeyError, LogKeys},
    },
    staff::audit::{self, Event, Outcome},
    transparency::Checkpoint,
};

/// The register that is copied, and the file that is made.
#[derive(Args)]
pub struct Backup {
    /// The file that is written; only its owner may read it
    file: PathBuf,

    /// Write over a file that is there
    #[arg(long)]
    overwrite: bool,

    #[command(flatten)]
    database: DatabaseSettings,
}

/// The file that is put in the place of the register.
#[derive(Args)]
pub struct Restore {
    /// The backup
    file: PathBuf,

    /// Do it although there is a register; it is kept beside, under a name with the time
    #[arg(long)]
    replace: bool,

    /// Do it although the backup contradicts the last checkpoint that was given out. Everybody who holds a later checkpoint, every
    /// mirror and every witness, will refuse this register from then on
    #[arg(long)]
    fork_the_log: bool,

    #[command(flatten)]
    database: DatabaseSettings,

    #[command(flatten)]
    keys: KeySettings,
}

/// The file of the store; on PostgreSQL its own tools are the way.
fn store(database: &DatabaseSettings, tools: &'static str) -> Result<PathBuf, CommandError> {
    match database.url()? {
        DatabaseUrl::Sqlite(path) => Ok(path.into()),
        DatabaseUrl::Postgres(_) => Err(CommandError::Input(tools)),
        DatabaseUrl::Memory => {
            Err(Unusable { setting: "DATABASE_URL", reason: "a register in memory has no file" }.into())
        }
    }
}

/// Copies the register into a file.
pub fn backup(backup: &Backup) -> Result<(), CommandError> {
    let store = store(
        &backup.database,
        "the register is on PostgreSQL: pg_dump --format=custom --file=FILE \"$DATABASE_URL\" copies it while it is served",
    )?;
    if !store.exists() {
        return Err(Unusable { setting: "DATABASE_URL", reason: "there is no such file" }.into());
    }
    if backup.file.exists() && !backup.overwrite {
        return Err(CommandError::Input("the file is there already: --overwrite writes over it"));
    }
    must_be_another(&backup.file, &store)?;
    copy::must_be_alone(&backup.file)?;
    if backup.file.exists() {
        copy::must_be_spare(&backup.file)?;
    }
    let new = secret_files::beside(&backup.file)?;
    copy::copy_out(&store, &new)?;
    let whole = must_be_whole(new.path(), None)?;
    let put = if backup.overwrite { new.persist(&backup.file) } else { new.persist_noclobber(&backup.file) };
    put.map_err(io::Error::from)?;
    secret_files::sync_folder(&backup.file)?;
    say(&format!("{}: {}", backup.file.display(), description(&whole)))?;
    say("the keys are not in it: keep a copy of their directory elsewhere")
}

/// Makes sure that a backup is none of the files of the register, under whatever name.
fn must_be_another(file: &Path, store: &Path) -> Result<(), CommandError> {
    match db::files_of(store).iter().any(|own| secret_files::is_one(own, file)) {
        true => Err(CommandError::Input("the file is the register itself: name another one")),
        false => Ok(()),
    }
}

/// Puts a backup in the place of the register.
pub fn restore(restore: &Restore) -> Result<(), CommandError> {
    let store = store(
        &restore.database,
        "the register is on PostgreSQL: pg_restore --clean --if-exists --dbname=\"$DATABASE_URL\" FILE, then qingdan verify log",
    )?;
    must_be_another(&restore.file, &store)?;
    let log = Signed::read(restore)?;
    let (whole, contradicted) = log.must_be_continued_by(&restore.file, restore.fork_the_log)?;
    if secret_files::is_there(&store) && !restore.replace {
        return Err(CommandError::Input("there is a register already: --replace puts it aside"));
    }
    secret_files::create_directory(secret_files::folder_of(&store))?;
    let new = copy::copy_in(&restore.file, &store)?;
    log.must_be_in(new.path(), &whole)?;
    let aside = store.with_extension(format!("before-{}", Utc::now().format("%Y%m%dT%H%M%SZ")));
    let aside = copy::put_in(new, &store, &aside)?;
    if let Some(last) = contradicted
        && let Some(given_up) = Keeper::new(log.directory.clone()).give_up(last).map_err(StartError::from)?
    {
        say(&format!(
            "the last checkpoint that was given out is contradicted from now on; it is kept as {}",
            given_up.display()
        ))?;
    }
    record_in_trail(&restore.database, &restore.file, &whole, contradicted)?;
    if log.keys.is_none() {
        say("the keys are not in a backup: put the copy of their directory back before the service starts")?;
    }
    if let Some(aside) = aside {
        say(&format!("what was there is kept as {}", aside.display()))?;
    }
    say(&format!("restored: {}", description(&whole)))
}

/// The keys of the log and the last checkpoint that was given out, as far as they lie beside the register.
struct Signed {
    directory: Option<PathBuf>,
    keys: Option<LogKeys>,
    last: Option<Checkpoint>,
}

impl Signed {
    fn read(restore: &Restore) -> Result<Self, CommandError> {
        let directory = restore.keys.directory(&restore.database)?.filter(|directory| directory.exists());
        let keys = directory.as_deref().map(LogKeys::load).transpose().map_err(StartError::from)?.flatten();
        let keeper = Keeper::new(directory.clone());
        let last = keys.as_ref().map(|keys| keeper.last(keys)).transpose().map_err(StartError::from)?.flatten();
        Ok(Self { directory, keys, last })
    }

    /// Checks a backup, which has to go on from the last checkpoint; with `fork` it may contradict it, which is then returned.
    fn must_be_continued_by(&self, backup: &Path, fork: bool) -> Result<(WholeLog, Option<&Checkpoint>), CommandError> {
        match (must_be_whole(backup, self.last.as_ref()), &self.last) {
            (Err(CommandError::BrokenLog(broken)), Some(last)) if contradicts(&broken) => match fork {
                true => Ok((must_be_whole(backup, None)?, Some(last))),
                false => Err(CommandError::Unsound(format!(
                    "{broken}. To restore it would fork the log: everybody who holds a later checkpoint refuses it from then on. If that \
                     is what has to be, --fork-the-log does it"
                ))),
            },
            (whole, _) => Ok((whole?, None)),
        }
    }

    /// Makes sure that what was written is what was checked, and of the log that the keys are of: no other one is served with them.
    fn must_be_in(&self, new: &Path, checked: &WholeLog) -> Result<(), CommandError> {
        if must_be_whole(new, None)? != *checked {
            return Err(CommandError::Input("the backup was altered while it was copied"));
        }
        let named = changes::origin(&mut copy::open_copy(new)?).map_err(StartError::from)?;
        match (named, &self.keys, &self.directory) {
            (Some(named), Some(keys), Some(directory)) if keys.origin() != named => {
                Err(StartError::from(LogKeyError::NotOf(named, directory.display().to_string())).into())
            }
            _ => Ok(()),
        }
    }
}

fn contradicts(broken: &BrokenLog) -> bool {
    matches!(broken, BrokenLog::Shorter(..) | BrokenLog::Forked(_))
}

fn description(whole: &WholeLog) -> String {
    format!("{} lines of the log, root {}", whole.edge.size(), whole.edge.root())
}

/// Checks a copy: the file, the log, the trail.
fn must_be_whole(file: &Path, last: Option<&Checkpoint>) -> Result<WholeLog, CommandError> {
    let mut conn: Conn = copy::open_copy(file)?;
    audit::verify(&mut conn, None)?;
    Ok(changes::verify(&mut conn, last)?)
}

/// The trail of the restored register says that it is one.
fn record_in_trail(
    database: &DatabaseSettings,
    file: &Path,
    whole: &WholeLog,
    contradicted: Option<&Checkpoint>,
) -> Result<(), CommandError> {
    let db = Db::open(&database.url()?).map_err(StartError::from)?;
    let event = Event {
        actor: Some("system".into()),
        address: None,
        request_id: None,
        action: "register.restore".into(),
        subject: None,
        organisation: None,
        division: None,
        outcome: Outcome::Done,
        problem: None,
        detail: Some(json!({
            "file": file.file_name().map(|name| name.to_string_lossy()),
            "seq": whole.edge.size(),
            "contradicts": contradicted.map(|last| last.size),
        })),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(db.write(move |conn| audit::record(conn, Utc::now(), event))).map_err(StartError::from)?;
    Ok(())
}
