//! `qingdan backup` and `qingdan restore`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::Utc;
use clap::Args;
use serde_json::json;

use super::{CommandError, say};
use crate::{
    app::StartError,
    audit::{self, Event, Outcome},
    changes::{self, BrokenLog, WholeLog},
    config::{DatabaseSettings, DatabaseUrl, KeySettings, Unusable},
    db::{self, Conn, Db, copy},
    log_keys::{Keeper, LogKeys},
    secret_files,
    transparency::Checkpoint,
};

/// What is copied, and where.
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

/// What is put where.
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
    if fs::canonicalize(&backup.file).is_ok_and(|file| fs::canonicalize(&store).is_ok_and(|store| store == file)) {
        return Err(CommandError::Input("the file is the register itself: name another one"));
    }
    copy::must_be_alone(&backup.file)?;
    let partial = backup.file.with_extension("partial");
    for left in db::files_of(&partial) {
        let _ = fs::remove_file(left);
    }
    copy::copy_out(&store, &partial)?;
    let whole = must_be_whole(&partial, None)?;
    fs::rename(&partial, &backup.file)?;
    say(&format!("{}: {}", backup.file.display(), told(&whole)))?;
    say("the keys are not in it: keep a copy of their directory elsewhere")
}

/// Puts a backup in the place of the register.
pub fn restore(restore: &Restore) -> Result<(), CommandError> {
    let store = store(
        &restore.database,
        "the register is on PostgreSQL: pg_restore --clean --if-exists --dbname=\"$DATABASE_URL\" FILE, then qingdan verify log",
    )?;
    let directory = restore.keys.directory(&restore.database)?.filter(|directory| directory.exists());
    let keys = directory.as_deref().map(LogKeys::load).transpose().map_err(StartError::from)?.flatten();
    let keeper = Keeper::new(directory);
    let last = keys.as_ref().map(|keys| keeper.last(keys)).transpose().map_err(StartError::from)?.flatten();
    let (whole, contradicted) = match (must_be_whole(&restore.file, last.as_ref()), &last) {
        (Err(CommandError::BrokenLog(broken)), Some(last)) if contradicts(&broken) => match restore.fork_the_log {
            true => (must_be_whole(&restore.file, None)?, Some(last)),
            false => {
                return Err(CommandError::Unsound(format!(
                    "{broken}. To restore it would fork the log: everybody who holds a later checkpoint refuses it from then on. If that \
                     is what has to be, --fork-the-log does it"
                )));
            }
        },
        (whole, _) => (whole?, None),
    };
    let aside = store.with_extension(format!("before-{}", Utc::now().format("%Y%m%dT%H%M%SZ")));
    if store.exists() {
        if !restore.replace {
            return Err(CommandError::Input("there is a register already: --replace puts it aside"));
        }
        copy::must_be_idle(&store)?;
    }
    if let Some(folder) = store.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        secret_files::create_directory(folder)?;
    }
    copy::put_in(&restore.file, &store, &aside)?;
    if let Some(last) = contradicted
        && let Some(given_up) = keeper.give_up(last).map_err(StartError::from)?
    {
        say(&format!(
            "the last checkpoint that was given out is contradicted from now on; it is kept as {}",
            given_up.display()
        ))?;
    }
    tell(&restore.database, &restore.file, &whole, contradicted)?;
    if keys.is_none() {
        say("the keys are not in a backup: put the copy of their directory back before the service starts")?;
    }
    if db::files_of(&aside).iter().any(|file| file.exists()) {
        say(&format!("what was there is kept as {}", aside.display()))?;
    }
    say(&format!("restored: {}", told(&whole)))
}

fn contradicts(broken: &BrokenLog) -> bool {
    matches!(broken, BrokenLog::Shorter(..) | BrokenLog::Forked(_))
}

fn told(whole: &WholeLog) -> String {
    format!("{} lines of the log, root {}", whole.edge.size(), whole.edge.root())
}

/// Checks a copy: the file, the log, the trail.
fn must_be_whole(file: &Path, last: Option<&Checkpoint>) -> Result<WholeLog, CommandError> {
    let mut conn: Conn = copy::open_copy(file)?;
    audit::verify(&mut conn, None)?;
    Ok(changes::verify(&mut conn, last)?)
}

/// The trail of the restored register says that it is one.
fn tell(
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
