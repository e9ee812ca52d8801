//! `qingdan doctor`: a deployment looked at, in words.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use chrono::{TimeDelta, Utc};
use clap::Args;

use super::{CommandError, say};
use crate::{
    app::{ops::open_files, server::StartError},
    base::{
        config::{DatabaseSettings, DatabaseUrl, KeySettings, ServerSettings},
        secret_files,
    },
    mirror,
    model::KINDS,
    register::{
        catalog::Catalog,
        changes,
        db::{
            self, Db,
            scrub::{self, Unscrubbed},
        },
        files,
        log_keys::{Keeper, LogKeys},
    },
    staff::{
        audit,
        identity::{self, Account, AccountKind},
    },
    transparency::Checkpoint,
    values::code_lists::Role,
};

/// How far clocks may differ.
const SKEW: TimeDelta = TimeDelta::minutes(1);
/// How long the remains of an erasure may wait: as long as a copy of a large register takes.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// The deployment that is looked at.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    keys: KeySettings,
    #[command(flatten)]
    server: ServerSettings,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Sound,
    Warning,
    Fault,
}

/// A finding, and the remedy for it.
struct Finding {
    weight: Weight,
    text: String,
    remedy: Option<&'static str>,
}

fn sound(text: impl Into<String>) -> Finding {
    Finding { weight: Weight::Sound, text: text.into(), remedy: None }
}

fn warning(text: impl Into<String>, remedy: &'static str) -> Finding {
    Finding { weight: Weight::Warning, text: text.into(), remedy: Some(remedy) }
}

fn fault(text: impl Into<String>, remedy: &'static str) -> Finding {
    Finding { weight: Weight::Fault, text: text.into(), remedy: Some(remedy) }
}

/// Looks, tells line by line, and fails where something is a fault.
pub fn doctor(asked: &Doctor) -> Result<(), CommandError> {
    let mut found = settings(asked)?;
    let (of_keys, last) = keys(asked)?;
    found.extend(of_keys);
    // Before it is opened, for that may make files.
    found.extend(at_rest(asked)?);
    found.extend(register(asked, last)?);
    let mut faults = 0;
    for Finding { weight, text, remedy } in &found {
        let mark = match weight {
            Weight::Sound => "ok     ",
            Weight::Warning => "warning",
            Weight::Fault => "fault  ",
        };
        faults += usize::from(*weight == Weight::Fault);
        let remedy = remedy.map(|remedy| format!(": {remedy}")).unwrap_or_default();
        say(&format!("{mark} {text}{remedy}"))?;
    }
    match faults {
        0 => Ok(()),
        1 => Err(CommandError::Unsound("1 fault".into())),
        faults => Err(CommandError::Unsound(format!("{faults} faults"))),
    }
}

fn settings(asked: &Doctor) -> Result<Vec<Finding>, CommandError> {
    let (server, mut found) = (&asked.server, Vec::new());
    let address = server.listen.parse::<SocketAddr>().map(|address| address.ip());
    let is_local = server.listen.starts_with("localhost:") || address.is_ok_and(|ip: IpAddr| ip.is_loopback());
    let is_alone = is_local && server.edge.trusted_proxies.is_empty();
    found.push(match (&server.public_url, is_alone) {
        (Some(url), _) if url.starts_with("http://") => warning(
            format!("QINGDAN_PUBLIC_URL is {url}"),
            "put a proxy that ends TLS in front, and name its https address",
        ),
        (Some(url), _) => sound(format!("the public reaches it at {url}")),
        (None, true) => sound("it listens on this machine only, and has no public address"),
        (None, false) => warning(
            format!("it listens on {} without QINGDAN_PUBLIC_URL", server.listen),
            "set it: links on paper, the issuer of tokens and the name of the log come from it, and without it no cache may keep an \
             answer that names the address of the register, which is then what each request says",
        ),
    });
    if !is_local && server.edge.trusted_proxies.is_empty() {
        found.push(warning(
            "QINGDAN_TRUSTED_PROXIES names no proxy",
            "name the proxy that ends TLS, or all readers share one limit of requests",
        ));
    }
    if server.edge.security_contact.is_none() {
        found.push(warning("there is no QINGDAN_SECURITY_CONTACT", "set it, so that weaknesses are reported to you"));
    }
    let files = open_files::raise();
    found.push(match files < open_files::FEW {
        true => warning(
            format!("the service may have only {files} files and connections open"),
            "raise the hard limit (LimitNOFILE= of systemd, ulimits of Docker)",
        ),
        false => sound(format!("the service may have {files} files and connections open")),
    });
    if let DatabaseUrl::Postgres(url) = asked.database.url()? {
        found.extend(transport(&url));
    }
    Ok(found)
}

/// Whether what goes to PostgreSQL can be read on the way.
fn transport(url: &str) -> Option<Finding> {
    let place = url.split_once("://").map_or(url, |(_, place)| place).split(['/', '?']).next().unwrap_or_default();
    let host = place.rsplit('@').next().unwrap_or_default();
    let is_near = host.is_empty() || ["localhost", "127.", "[::1]"].iter().any(|near| host.starts_with(near));
    let is_safe = ["sslmode=verify-full", "sslmode=verify-ca"].iter().any(|mode| url.contains(mode));
    (!is_near && !is_safe).then(|| {
        warning(
            "the connection to PostgreSQL is not verified",
            "unless the network is yours, build with system-libpq and ask for sslmode=verify-full in DATABASE_URL",
        )
    })
}

fn keys(asked: &Doctor) -> Result<(Vec<Finding>, Option<Checkpoint>), CommandError> {
    let Some(directory) = asked.keys.directory(&asked.database)? else {
        return Ok((vec![warning("a register in memory keeps no keys", "give it a database")], None));
    };
    let shown = directory.display();
    if !directory.exists() {
        let remedy = "the first start makes it on SQLite; on PostgreSQL run `qingdan keys log init`";
        return Ok((vec![warning(format!("there are no keys yet in {shown}"), remedy)], None));
    }
    let mut found = vec![private(&directory)];
    let last = match LogKeys::load(&directory) {
        Ok(None) => {
            found.push(warning(
                format!("{shown} has no key of the log"),
                "run `qingdan keys log init`, once for all replicas",
            ));
            None
        }
        Ok(Some(keys)) => {
            let (signing, retired) = (keys.signing(), keys.public().len() - keys.signing());
            found.push(sound(format!(
                "the log {} is signed with keys in {shown}: {signing}; retired: {retired}",
                keys.origin()
            )));
            match Keeper::new(Some(directory.clone())).last(&keys) {
                Ok(last) => last,
                Err(error) => {
                    found.push(fault(error.to_string(), "put the file back from a copy of the directory"));
                    None
                }
            }
        }
        Err(error) => {
            found.push(fault(error.to_string(), "put the keys back from a copy of the directory"));
            None
        }
    };
    Ok((found, last))
}

fn private(directory: &Path) -> Finding {
    let inside = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut keys = inside.filter(|path| path.extension().is_some_and(|it| it == "pem"));
    match secret_files::is_open(directory) || keys.any(|key| secret_files::is_open(&key)) {
        true => fault(
            format!("other users of this machine can read keys in {}", directory.display()),
            "run chmod -R go= on it",
        ),
        false => closed(directory),
    }
}

/// Checks who can read what the service keeps on disk beside its keys: drafts, hashes of passwords, secrets of webhooks.
fn at_rest(asked: &Doctor) -> Result<Vec<Finding>, CommandError> {
    let (data, mut found) = (&asked.database.data_dir, Vec::new());
    if let DatabaseUrl::Sqlite(path) = asked.database.url()? {
        let store = Path::new(&path);
        let folder = secret_files::folder_of(store);
        let mut files = db::files_of(store).into_iter().filter(|file| file.exists()).peekable();
        let is_there = files.peek().is_some();
        match files.find(|file| secret_files::is_open(folder) && secret_files::is_open(file)) {
            Some(file) => found.push(fault(
                format!("other users of this machine can read the register: {}", file.display()),
                "run chmod go= on it, or start the service, which does",
            )),
            None if is_there => found.push(closed(store)),
            None => {}
        }
    }
    if secret_files::is_open(data) {
        found.push(warning(
            format!("other users of this machine can look into {}", data.display()),
            "run chmod go= on it, or start the service, which does",
        ));
    }
    Ok(found)
}

#[cfg(unix)]
fn closed(path: &Path) -> Finding {
    sound(format!("nobody else can read {}", path.display()))
}

#[cfg(not(unix))]
fn closed(path: &Path) -> Finding {
    warning(format!("who can read {} is not known on this system", path.display()), "make sure that nobody else can")
}

fn register(asked: &Doctor, last: Option<Checkpoint>) -> Result<Vec<Finding>, CommandError> {
    let url = asked.database.url()?;
    if let DatabaseUrl::Sqlite(path) = &url
        && !Path::new(path).exists()
    {
        return Ok(vec![warning(format!("there is no register yet at {path}"), "the first start makes it")]);
    }
    match db::is_behind(&url) {
        Err(error) => return Ok(vec![fault(format!("the database cannot be used: {error}"), "see DATABASE_URL")]),
        Ok(true) => {
            let remedy = "back it up, then run `qingdan migrate` or start the service";
            return Ok(vec![warning("the database has the schema of an earlier version", remedy)]);
        }
        Ok(false) => {}
    }
    let db = Db::open(&url).map_err(StartError::from)?;
    actix_web::rt::System::new().block_on(async {
        let mut found = vec![sound("the database answers and its schema is up to date")];
        found.push(erasures(db.read(scrub::unscrubbed).await.map_err(StartError::from)?));
        found.extend(log(&db, last).await?);
        found.push(match db.read(|conn| audit::verify(conn, None)).await {
            Ok(whole) => sound(format!("the audit trail is whole: {} lines", whole.lines)),
            Err(broken) => {
                fault(broken.to_string(), "somebody wrote to the database by hand: find out who, restore a backup")
            }
        });
        if db.read(mirror::kept_as).await.map_err(StartError::from)?.is_some() {
            found.push(sound("it is the store of a mirror, which has no accounts"));
            return Ok(found);
        }
        let people = db.read(|conn| identity::all(conn, AccountKind::Person)).await?;
        found.extend(accounts(&people));
        Ok(found)
    })
}

async fn log(db: &Db, last: Option<Checkpoint>) -> Result<Vec<Finding>, CommandError> {
    let compared = last.is_some();
    let whole = match db.read(move |conn| changes::verify(conn, last.as_ref())).await {
        Ok(whole) => whole,
        Err(broken) => {
            return Ok(vec![fault(
                broken.to_string(),
                "do not publish; compare with a mirror or a backup (`qingdan verify log`)",
            )]);
        }
    };
    let beside = if compared { ", and begins with the last checkpoint that was given out" } else { "" };
    let mut found = vec![sound(format!("the log is whole: {} lines{beside}", whole.edge.size()))];
    let (_, at) = db.read(changes::head).await.map_err(StartError::from)?;
    if at > Utc::now() + SKEW {
        found.push(fault(
            format!(
                "the last publication is of {}, later than this machine's clock",
                crate::register::catalog::instant(at)
            ),
            "set the clock: the next publications would all have that time",
        ));
    }
    let catalog = Catalog::load(&KINDS, db).await.map_err(StartError::from)?;
    let named: Vec<_> = catalog.snapshot().named_files().map(|hash| hash.to_string()).collect();
    let (count, absent) =
        (named.len(), db.read(move |conn| files::absent(conn, &named)).await.map_err(StartError::from)?);
    found.push(match absent.as_slice() {
        [] => sound(format!("all {count} files that it names are there")),
        [first, ..] => fault(
            format!("{} of {count} files that it names are lost, such as {first}", absent.len()),
            "store them again (`POST /v1/files`): a file is known by its content",
        ),
    });
    Ok(found)
}

/// Whether what was erased is off the disk.
fn erasures(waiting: Option<Unscrubbed>) -> Finding {
    let Some(Unscrubbed { erasures, since }) = waiting else {
        return sound("nothing is left on the disk of what was erased");
    };
    let waited = Utc::now() - since;
    let text =
        format!("of {erasures} erasures something is on the disk still, for {} min by now", waited.num_minutes());
    let remedy = "the running service takes it off when nobody holds a transaction that began before: end such copies and shells";
    match waited < PATIENCE {
        true => warning(text, remedy),
        false => fault(text, remedy),
    }
}

/// Whether there are people enough for what nobody may do alone.
fn accounts(people: &[Account]) -> Vec<Finding> {
    let with = |role: Role| {
        let able = people.iter().filter(|account| account.disabled_at.is_none());
        able.filter(|account| account.grants.iter().any(|grant| grant.role == role)).count()
    };
    let mut found = Vec::new();
    if with(Role::Admin) == 0 {
        found.push(fault(
            "no account is an administrator's",
            "run `qingdan user create NAME --role admin --password-stdin`",
        ));
    }
    let (editors, reviewers, publishers) = (with(Role::Editor), with(Role::Reviewer), with(Role::Publisher));
    let counts = format!("editors: {editors}, reviewers: {reviewers}, publishers: {publishers}");
    found.push(match reviewers >= 2 && editors >= 1 && publishers >= 1 {
        true => sound(counts),
        false => warning(counts, "a publication takes an editor, two reviewers and a publisher, who are four people"),
    });
    found
}
