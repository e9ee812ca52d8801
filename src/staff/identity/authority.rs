//! Says who a token stands for, and makes tokens.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use super::{
    account::Account,
    external::External,
    keys::{self, KeyError, KeySet, KeyStore},
    model::Caller,
    password::Hasher,
    proof::Proof,
    session,
    token::{self, Claims, TokenError},
};
use crate::{
    base::config::{IdentitySettings, Unusable},
    problem::Problem,
    register::db::Db,
};

/// The issuer that our tokens name, unless the service knows its address.
const DEFAULT_ISSUER: &str = "qingdan";

/// Signs and checks tokens.
pub struct Authority {
    issuer: String,
    store: KeyStore,
    keys: ArcSwap<KeySet>,
    external: Option<External>,
    fixed: OnceLock<Vec<(String, Caller)>>,
    /// Hashes passwords.
    pub hasher: Hasher,
}

/// An error that keeps the authority from starting.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A setting.
    #[error(transparent)]
    Setting(#[from] Unusable),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

impl Authority {
    /// The authority of a server: keys in `directory`, or as long as the process without one; other issuers as configured.
    pub async fn open(
        db: &Db,
        directory: Option<PathBuf>,
        public_url: Option<&str>,
        settings: &IdentitySettings,
        now: DateTime<Utc>,
    ) -> Result<Self, AuthorityError> {
        let issuer = public_url.unwrap_or(DEFAULT_ISSUER).to_owned();
        let external = External::configured(settings, &issuer)?;
        let store = match directory {
            Some(directory) => KeyStore::Directory(directory),
            None => KeyStore::memory(now)?,
        };
        Ok(Self::with(db, store, issuer, external, now).await?)
    }

    /// An authority whose keys live as long as the process: for tests and benches.
    pub async fn in_memory(db: &Db, now: DateTime<Utc>) -> Result<Self, KeyError> {
        Self::with(db, KeyStore::memory(now)?, DEFAULT_ISSUER.into(), None, now).await
    }

    async fn with(
        db: &Db,
        store: KeyStore,
        issuer: String,
        external: Option<External>,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        let keys = ArcSwap::from_pointee(load(db, &store, now).await?);
        Ok(Self { issuer, store, keys, external, fixed: OnceLock::new(), hasher: Hasher::default() })
    }

    /// Accepts tokens of the issuer that the settings name.
    pub fn accepting(mut self, settings: &IdentitySettings) -> Result<Self, Unusable> {
        self.external = External::configured(settings, &self.issuer)?;
        Ok(self)
    }

    /// Knows these tokens beside those that it makes; for tests.
    #[doc(hidden)]
    pub fn knows(&self, fixed: Vec<(String, Caller)>) {
        let _ = self.fixed.set(fixed);
    }

    /// Returns the caller that this bearer token stands for now, and its proof: 401 when it does not hold, or its account or session
    /// has ended.
    pub async fn caller(&self, db: &Db, token: &str, now: DateTime<Utc>) -> Result<(Caller, Proof), Problem> {
        let mut fixed = self.fixed.get().into_iter().flatten();
        if let Some((_, caller)) = fixed.find(|(known, _)| known == token) {
            return Ok((caller.clone(), Proof::Fixed));
        }
        if let Some(external) = self.external.as_ref().filter(|external| external.claims_to_issue(token)) {
            let (caller, until) = external.caller(token, now).await?;
            return Ok((caller, Proof::Token(until)));
        }
        let kid = token::key_id(token)?;
        let key = self.key(db, kid.clone(), now).await?;
        let Claims { sid: session, sub: account, .. } = token::read(token, &key, &self.issuer, now)?;
        db.read(move |conn| {
            let caller = session::caller(conn, &session, &account, now)?;
            Ok::<_, Problem>((caller, Proof::Session { session, account, key: kid }))
        })
        .await
    }

    /// The key with this name, of this replica or of another.
    async fn key(&self, db: &Db, kid: String, now: DateTime<Utc>) -> Result<DecodingKey, Problem> {
        if let Some(known) = self.keys.load().public.get(&kid) {
            return Ok(known.key.clone());
        }
        let found = db.read(move |conn| keys::find(conn, &kid, now)).await?;
        Ok(found.map(|found| found.key).ok_or(TokenError::UnknownKey)?)
    }

    /// An access token for a session.
    pub fn issue(
        &self,
        account: &Account,
        session: &str,
        lasts: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<String, Problem> {
        let claims = Claims::new(&self.issuer, &account.id, session, lasts, now);
        token::sign(&claims, &self.keys.load().signing)
    }

    /// The public keys, as far as they are known here.
    pub fn jwks(&self) -> Value {
        self.keys.load().jwks()
    }

    /// Learns of the keys of other replicas, and replaces its own when it is too old.
    pub async fn keep_up(&self, db: &Db, now: DateTime<Utc>) -> Result<(), KeyError> {
        self.keys.store(Arc::new(load(db, &self.store, now).await?));
        Ok(())
    }
}

async fn load(db: &Db, store: &KeyStore, now: DateTime<Utc>) -> Result<KeySet, KeyError> {
    let store = store.clone();
    db.write(move |conn| KeySet::load(conn, &store, now)).await
}
