//! `qingdan verify …`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, builder::RangedU64ValueParser};

use super::{CommandError, say};
use crate::{
    app::server::StartError,
    base::config::{DatabaseSettings, DatabaseUrl, KeySettings, Unusable},
    mirror::{Address, Seen, copied_under, walk},
    public::proofs::{ProofDocument, TextStanding},
    register::{
        changes,
        db::Db,
        log_keys::{Keeper, LogKeys},
    },
    staff::audit,
    transparency::{Note, Quorum, VerifierKey},
};

/// The chains that can be checked.
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
    /// The log of everything that was ever public, of this register or, with --url, of any: every line, every text, the tree, and
    /// that it begins with the last checkpoint that was given out, or seen
    Log {
        /// A register to walk through over HTTP
        #[arg(long)]
        url: Option<Address>,
        /// Public key of its log, NAME+ID+KEY. Without one, the keys that it names when it is first seen are trusted from then on
        #[arg(long = "key", requires = "url", value_parser = VerifierKey::of_log)]
        trusted: Vec<VerifierKey>,
        /// Directory of the last checkpoint that was seen [default: seen/ in the data directory, a file for each register]
        #[arg(long, requires = "url")]
        seen: Option<PathBuf>,
        #[command(flatten)]
        quorum: Cosigned,
        #[command(flatten)]
        database: DatabaseSettings,
        #[command(flatten)]
        keys: KeySettings,
    },
    /// A bundle (…/proof): offline, with the public key of the log alone
    Proof {
        /// The file, or - for standard input
        file: PathBuf,
        /// Public key of the log, NAME+ID+KEY: that of this register's own log without one
        #[arg(long = "key", value_parser = VerifierKey::of_log)]
        trusted: Vec<VerifierKey>,
        #[command(flatten)]
        quorum: Cosigned,
        #[command(flatten)]
        database: DatabaseSettings,
        #[command(flatten)]
        keys: KeySettings,
    },
}

/// The witnesses that must have seen a checkpoint, too.
#[derive(Args)]
pub struct Cosigned {
    /// Public key of a witness, NAME+ID+KEY (type 04); several times
    #[arg(long = "witness", value_parser = VerifierKey::of_witness)]
    witnesses: Vec<VerifierKey>,

    /// How many of them must have cosigned the checkpoint [default: all of them]
    #[arg(long, requires = "witnesses", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    quorum: Option<usize>,
}

impl Cosigned {
    fn must_have_cosigned(&self, note: &Note) -> Result<(), CommandError> {
        let quorum = Quorum::of(self.witnesses.clone(), self.quorum);
        let enough = quorum.check(note).map_err(|few| CommandError::Unsound(few.to_string()))?;
        match enough {
            (_, 0) => Ok(()),
            (cosigned, all) => say(&format!("{cosigned} of {all} witnesses cosigned the checkpoint")),
        }
    }
}

/// Checks it.
pub fn verify(chain: &Chain) -> Result<(), CommandError> {
    match chain {
        Chain::Audit { head, database } => audit_trail(head.clone(), database),
        Chain::Log { url: None, database, keys, .. } => own_log(database, keys),
        Chain::Log { url: Some(url), trusted, seen, quorum, database, .. } => {
            let seen = seen.clone().unwrap_or_else(|| database.data_dir.join("seen").join(file_name(url)));
            log_of(url, trusted, seen, quorum)
        }
        Chain::Proof { file, trusted, quorum, database, keys } => proof(file, trusted, quorum, (database, keys)),
    }
}

/// A database that is there: it would be made, and found whole because it is empty.
fn open(database: &DatabaseSettings) -> Result<Db, CommandError> {
    let url = database.url()?;
    if let DatabaseUrl::Sqlite(path) = &url
        && !Path::new(path).exists()
    {
        return Err(Unusable { setting: "DATABASE_URL", reason: "there is no such file" }.into());
    }
    Ok(Db::open(&url).map_err(StartError::from)?)
}

fn run<T>(future: impl Future<Output = T>) -> Result<T, CommandError> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future))
}

fn audit_trail(noted: Option<String>, database: &DatabaseSettings) -> Result<(), CommandError> {
    let db = open(database)?;
    let whole = run(db.read(move |conn| audit::verify(conn, noted.as_deref())))??;
    match whole.lines {
        0 => say("the audit trail is whole: it has no lines yet"),
        lines => say(&format!("the audit trail is whole: {lines} lines, head {}", whole.head)),
    }
}

fn own_log(database: &DatabaseSettings, keys: &KeySettings) -> Result<(), CommandError> {
    let db = open(database)?;
    let directory = keys.directory(database)?.filter(|directory| directory.exists());
    let log_keys = directory.as_deref().map(LogKeys::load).transpose().map_err(StartError::from)?.flatten();
    let given_out = match (run(db.read(copied_under))?.map_err(StartError::from)?, &log_keys) {
        (Some(signed), _) => Some(signed),
        (None, Some(keys)) => Keeper::new(directory).last(keys).map_err(StartError::from)?,
        (None, None) => None,
    };
    let compared = given_out.as_ref().map(|given_out| given_out.size);
    let whole = run(db.read(move |conn| changes::verify(conn, given_out.as_ref())))??;
    let (lines, root) = (whole.edge.size(), whole.edge.root());
    say(&format!("the log is whole: {lines} lines, root {root}; texts erased: {}", whole.erased))?;
    match compared {
        Some(size) => say(&format!("it begins with the {size} lines of the last checkpoint that was given out")),
        None => say("no checkpoint was given out of it from here: nobody can tell whether its last lines were cut off"),
    }
}

fn log_of(url: &Address, trusted: &[VerifierKey], seen: PathBuf, quorum: &Cosigned) -> Result<(), CommandError> {
    let before = Seen::read(&seen)?;
    let walked = run(walk(url.clone(), trusted.to_vec(), before.clone()))??;
    quorum.must_have_cosigned(&walked.note)?;
    walked.seen.write(&seen)?;
    let (checkpoint, texts) = (&walked.checkpoint, walked.texts);
    say(&format!("the log {} is whole: {} lines, root {}", checkpoint.origin, checkpoint.size, checkpoint.root))?;
    say(&format!("texts that are as they were published: {texts}, erased: {}", walked.erased))?;
    match before {
        Some(before) => say(&format!("it begins with the {} lines that were seen before", before.size())),
        None => {
            let keys: Vec<_> = walked.seen.keys().iter().map(ToString::to_string).collect();
            say(&format!("it was seen for the first time; {} remembers it, and its keys:", seen.display()))?;
            keys.iter().try_for_each(|key| say(key))
        }
    }
}

/// A name for what is known of a register.
fn file_name(url: &Address) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-.".contains(c) { c } else { '_' };
    url.as_str().chars().map(safe).collect()
}

fn proof(
    file: &Path,
    trusted: &[VerifierKey],
    quorum: &Cosigned,
    (database, keys): (&DatabaseSettings, &KeySettings),
) -> Result<(), CommandError> {
    let text = match file.as_os_str() == "-" {
        true => io::read_to_string(io::stdin())?,
        false => fs::read_to_string(file).map_err(|error| named(file, error))?,
    };
    let trusted = match trusted {
        [] => own_keys(database, keys)?,
        keys => keys.to_vec(),
    };
    let document: ProofDocument =
        serde_json::from_str(&text).map_err(|_| CommandError::Input("it is not a proof as a register answers it"))?;
    let proven = document.verify(&trusted)?;
    quorum.must_have_cosigned(&Note::read(&document.checkpoint).unwrap_or_default())?;
    let (line, checkpoint) = (&proven.line, &proven.checkpoint);
    say(&format!(
        "proven: revision {} of {} {} ({}) was published by {} at {}",
        line.revision,
        line.kind,
        line.key,
        line.action.value(),
        line.by.name,
        crate::register::catalog::instant(line.published_at),
    ))?;
    say(&format!("it is line {} of the {} lines of the log {}", line.seq, checkpoint.size, checkpoint.origin))?;
    match proven.standing {
        TextStanding::Genuine => say("its text is the one that was published"),
        TextStanding::Absent => say("its text is not in the file: it was erased, or left out"),
    }
}

/// The error with the name of the file.
fn named(file: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", file.display()))
}

fn own_keys(database: &DatabaseSettings, keys: &KeySettings) -> Result<Vec<VerifierKey>, CommandError> {
    const MISSING: CommandError = CommandError::Input(
        "name the public key of the log: --key NAME+ID+KEY (`log.keys` of its /v1, if you trust that)",
    );
    let directory = keys.directory(database)?.filter(|directory| directory.exists()).ok_or(MISSING)?;
    let keys = LogKeys::load(&directory).map_err(StartError::from)?.ok_or(MISSING)?;
    Ok(keys.public())
}
