//! The keys that access tokens are signed with (Ed25519, RFC 8037).
//!
//! Private keys are files that only the process can read, one for each key; public keys are in the database, so that what
//! one replica signs all accept. A new key waits a minute before it signs: meanwhile every copy of the JWKS learns it.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::store::lock_accounts;
use crate::{
    base::secret_files,
    register::db::{Conn, DbError, schema::signing_keys},
    staff::audit::{self, Event},
};

/// A key that is older is replaced by itself.
const OLDEST: TimeDelta = TimeDelta::days(90);
/// How long a new key is shown before it signs, and the old one still signs.
const RIPENS: TimeDelta = TimeDelta::seconds(60);
/// How long a retired public key is kept: longer than the longest token, a demonstration's.
const KEPT: TimeDelta = TimeDelta::hours(13);
/// How the file of a private key begins, and how it ends.
const FILE: (&str, &str) = ("token-", ".pem");

/// An error of the private keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The directory or a file.
    #[error("QINGDAN_KEYS_DIR: {0}: {1}")]
    File(String, io::Error),
    /// A file that holds no Ed25519 key.
    #[error("QINGDAN_KEYS_DIR: {0} holds no Ed25519 private key (PKCS #8, PEM)")]
    NoKey(String),
    /// The operating system gave no key.
    #[error("no key could be made")]
    Generate,
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A private key.
#[derive(Clone)]
pub struct SigningKey {
    /// Its name: the RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// When it was made.
    pub since: DateTime<Utc>,
    /// The key that signs.
    pub private: EncodingKey,
    public: String,
    pkcs8: Arc<Vec<u8>>,
}

/// The place of the private keys.
#[derive(Clone, Debug)]
pub enum KeyStore {
    /// In files.
    Directory(PathBuf),
    /// As long as the process: for tests.
    Memory(SigningKey),
}

/// The keys that sign and that are accepted, at one moment.
pub struct KeySet {
    /// The key that signs.
    pub signing: SigningKey,
    /// The keys that are accepted, by `kid`.
    pub public: BTreeMap<String, PublicKey>,
}

/// A public key.
pub struct PublicKey {
    /// The key that checks signatures.
    pub key: DecodingKey,
    text: String,
}

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = signing_keys)]
struct Row {
    kid: String,
    public_key: String,
    created_at: NaiveDateTime,
    retired_at: Option<NaiveDateTime>,
}

impl Row {
    /// Whether tokens of this key still count.
    fn counts(&self, now: DateTime<Utc>) -> bool {
        self.retired_at.is_none_or(|at| at.and_utc() + KEPT > now)
    }
}

impl SigningKey {
    /// A new key.
    pub fn generate(now: DateTime<Utc>) -> Result<Self, KeyError> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| KeyError::Generate)?;
        Self::from_pkcs8(pkcs8.as_ref(), now).ok_or(KeyError::Generate)
    }

    fn from_pkcs8(pkcs8: &[u8], since: DateTime<Utc>) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{public}"}}"#));
        Some(Self {
            kid: URL_SAFE_NO_PAD.encode(thumbprint),
            since,
            private: EncodingKey::from_ed_der(pkcs8),
            public,
            pkcs8: Arc::new(pkcs8.to_vec()),
        })
    }

    fn file(&self) -> String {
        format!("{}{}-{}{}", FILE.0, self.since.timestamp(), self.kid, FILE.1)
    }

    fn read(path: &Path) -> Result<Self, KeyError> {
        let shown = path.display().to_string();
        let pkcs8 = secret_files::read_key(path).map_err(|error| KeyError::File(shown.clone(), error))?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let since = name.strip_prefix(FILE.0).and_then(|rest| rest.split('-').next()?.parse().ok());
        let since = since.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or_default();
        pkcs8.and_then(|pkcs8| Self::from_pkcs8(&pkcs8, since)).ok_or(KeyError::NoKey(shown))
    }

    fn write(&self, directory: &Path) -> Result<(), KeyError> {
        let path = directory.join(self.file());
        secret_files::write_key(&path, &self.pkcs8).map_err(|error| KeyError::File(path.display().to_string(), error))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}

impl KeySet {
    /// The keys as the database and the files have them, after making what is missing and replacing what is too old.
    pub fn load(conn: &mut Conn, store: &KeyStore, now: DateTime<Utc>) -> Result<Self, KeyError> {
        // Two replicas with one directory must not both make a key, or both publish the same one.
        lock_accounts(conn)?;
        let mut own = store.keys()?;
        let mut rows = published(conn, &own)?;
        let lives = |key: &&SigningKey| rows.get(&key.kid).is_some_and(|row| row.retired_at.is_none());
        let newest = own.iter().filter(lives).map(|key| key.since).max();
        if let KeyStore::Directory(directory) = store
            && newest.is_none_or(|since| since + OLDEST <= now)
        {
            own.push(replace(conn, directory, &own, now)?);
            rows = all_rows(conn)?;
        }
        if let KeyStore::Directory(directory) = store {
            remove_retired(directory, &own, &rows, now);
        }
        let signing = choose(&own, &rows, now).ok_or(KeyError::Generate)?.clone();
        let kept = rows.into_values().filter(|row| row.counts(now));
        let public = kept.filter_map(|row| Some((row.kid.clone(), PublicKey::read(row.public_key)?))).collect();
        Ok(Self { signing, public })
    }

    /// The public keys as a JWK set (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        let jwk = |(kid, key): (&String, &PublicKey)| json!({ "kty": "OKP", "crv": "Ed25519", "x": key.text, "kid": kid, "use": "sig", "alg": "EdDSA" });
        json!({ "keys": self.public.iter().map(jwk).collect::<Vec<_>>() })
    }
}

impl PublicKey {
    fn read(text: String) -> Option<Self> {
        match DecodingKey::from_ed_components(&text) {
            Ok(key) => Some(Self { key, text }),
            Err(error) => {
                log::error!("a public key in the database cannot be read: {error}");
                None
            }
        }
    }
}

/// The public key of another replica that was made since this one last looked.
pub fn find(conn: &mut Conn, kid: &str, now: DateTime<Utc>) -> Result<Option<PublicKey>, DbError> {
    let row = all_rows(conn)?.remove(kid).filter(|row| row.counts(now));
    Ok(row.and_then(|row| PublicKey::read(row.public_key)))
}

/// Whether tokens of the key with this name still count: what a replica keeps of it may be older than that they do not.
pub fn holds(conn: &mut Conn, kid: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    let row: Option<Row> = signing_keys::table.find(kid).first(conn).optional()?;
    Ok(row.is_some_and(|row| row.counts(now)))
}

/// Makes a new key now, retiring the others of this directory. With `revoke`, all others end at once: every token that they
/// signed, here and on other replicas, is refused.
pub fn rotate(conn: &mut Conn, directory: &Path, revoke: bool, now: DateTime<Utc>) -> Result<String, KeyError> {
    lock_accounts(conn)?;
    let own = KeyStore::Directory(directory.into()).keys()?;
    let rows = published(conn, &own)?;
    if revoke {
        let long_ago = DateTime::UNIX_EPOCH.naive_utc();
        let ended: Vec<_> = rows.into_values().filter(|row| row.counts(now)).map(|row| row.kid).collect();
        let retired = signing_keys::retired_at.eq(long_ago);
        diesel::update(signing_keys::table).set(retired).execute(conn).map_err(DbError::from)?;
        let detail = Some(json!({ "keys": ended }));
        audit::record(conn, now, Event { detail, ..Event::of_system("keys.revoke", None) })?;
    }
    Ok(replace(conn, directory, &own, now)?.kid)
}

impl KeyStore {
    /// Keys that live as long as the process.
    pub fn memory(now: DateTime<Utc>) -> Result<Self, KeyError> {
        SigningKey::generate(now).map(Self::Memory)
    }

    fn keys(&self) -> Result<Vec<SigningKey>, KeyError> {
        let directory = match self {
            Self::Memory(key) => return Ok(vec![key.clone()]),
            Self::Directory(directory) => directory,
        };
        let failed = |error| KeyError::File(directory.display().to_string(), error);
        let files = secret_files::list(directory, FILE.0, FILE.1).map_err(failed)?;
        files.iter().map(|path| SigningKey::read(path)).collect()
    }
}

fn all_rows(conn: &mut Conn) -> Result<BTreeMap<String, Row>, DbError> {
    let rows: Vec<Row> = signing_keys::table.load(conn)?;
    Ok(rows.into_iter().map(|row| (row.kid.clone(), row)).collect())
}

/// Publishes those of our keys that are not yet, and returns all public keys.
fn published(conn: &mut Conn, own: &[SigningKey]) -> Result<BTreeMap<String, Row>, DbError> {
    let mut rows = all_rows(conn)?;
    for key in own {
        if !rows.contains_key(&key.kid) {
            rows.insert(key.kid.clone(), publish(conn, key)?);
        }
    }
    Ok(rows)
}

fn publish(conn: &mut Conn, key: &SigningKey) -> Result<Row, DbError> {
    let row = Row {
        kid: key.kid.clone(),
        public_key: key.public.clone(),
        created_at: key.since.naive_utc(),
        retired_at: None,
    };
    diesel::insert_into(signing_keys::table).values(row.clone()).execute(conn)?;
    Ok(row)
}

fn replace(conn: &mut Conn, directory: &Path, own: &[SigningKey], now: DateTime<Utc>) -> Result<SigningKey, KeyError> {
    let kids: Vec<&str> = own.iter().map(|key| key.kid.as_str()).collect();
    let old = signing_keys::table.filter(signing_keys::kid.eq_any(kids)).filter(signing_keys::retired_at.is_null());
    let retired = signing_keys::retired_at.eq(now.naive_utc());
    diesel::update(old).set(retired).execute(conn).map_err(DbError::from)?;
    let key = SigningKey::generate(now)?;
    key.write(directory)?;
    publish(conn, &key)?;
    audit::record(conn, now, Event::of_system("keys.rotate", Some(format!("key/{}", key.kid))))?;
    Ok(key)
}

/// The newest key that everybody has had time to learn of; where there is none, the one that is longest known.
fn choose<'a>(own: &'a [SigningKey], rows: &BTreeMap<String, Row>, now: DateTime<Utc>) -> Option<&'a SigningKey> {
    let signs = |key: &&SigningKey| {
        let retired = rows.get(&key.kid).and_then(|row| row.retired_at);
        retired.is_none_or(|at| at.and_utc() + RIPENS > now)
    };
    let usable = || own.iter().filter(signs);
    let ripe = usable().filter(|key| key.since + RIPENS <= now).max_by_key(|key| key.since);
    let lives = |key: &SigningKey| rows.get(&key.kid).is_some_and(|row| row.retired_at.is_none());
    ripe.or_else(|| usable().min_by_key(|key| (key.since, lives(key))))
}

/// A private key that signs no more is of use only to a thief.
fn remove_retired(directory: &Path, own: &[SigningKey], rows: &BTreeMap<String, Row>, now: DateTime<Utc>) {
    let is_over = |key: &&SigningKey| {
        let retired = rows.get(&key.kid).and_then(|row| row.retired_at);
        retired.is_some_and(|at| at.and_utc() + RIPENS <= now)
    };
    for key in own.iter().filter(is_over) {
        if let Err(error) = fs::remove_file(directory.join(key.file())) {
            log::warn!("the private key {} is retired but cannot be removed: {error}", key.kid);
        }
    }
}
