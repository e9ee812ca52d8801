//! Says who a token stands for, and makes tokens.

use std::{path::PathBuf, sync::Arc};

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
    session,
    token::{self, Claims},
};
use crate::{
    config::{IdentitySettings, Unusable},
    db::Db,
    problem::Problem,
};

/// What tokens are signed and checked with.
pub struct Authority {
    issuer: String,
    store: KeyStore,
    keys: ArcSwap<KeySet>,
    external: Option<External>,
    /// What hashes passwords.
    pub hasher: Hasher,
}

/// What keeps tokens from being made.
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
    /// The authority of a server: keys in `directory`, other issuers as configured.
    pub async fn open(
        db: &Db,
        directory: PathBuf,
        settings: &IdentitySettings,
        now: DateTime<Utc>,
    ) -> Result<Self, AuthorityError> {
        let (issuer, external) = (settings.issuer()?, External::configured(settings)?);
        Ok(Self::with(db, KeyStore::Directory(directory), issuer, external, now).await?)
    }

    /// An authority whose keys live as long as the process: for tests and benches.
    pub async fn in_memory(db: &Db, now: DateTime<Utc>) -> Result<Self, KeyError> {
        Self::with(db, KeyStore::memory(now)?, "qingdan".into(), None, now).await
    }

    async fn with(
        db: &Db,
        store: KeyStore,
        issuer: String,
        external: Option<External>,
        now: DateTime<Utc>,
    ) -> Result<Self, KeyError> {
        let keys = ArcSwap::from_pointee(load(db, &store, now).await?);
        Ok(Self { issuer, store, keys, external, hasher: Hasher::default() })
    }

    /// The same, accepting tokens of the issuer that the settings name.
    pub fn accepting(mut self, settings: &IdentitySettings) -> Result<Self, Unusable> {
        self.external = External::configured(settings)?;
        Ok(self)
    }

    /// Who this bearer token stands for, now: 401 when it does not hold, or its account or session has ended.
    pub async fn caller(&self, db: &Db, token: &str, now: DateTime<Utc>) -> Result<Caller, Problem> {
        if let Some(external) = self.external.as_ref().filter(|external| external.claims_to_issue(token)) {
            return external.caller(token, now).await;
        }
        let kid = token::key_id(token)?;
        let key = self.key(db, kid, now).await?;
        let Claims { sid, sub, .. } = token::read(token, &key, &self.issuer, now)?;
        db.read(move |conn| session::caller(conn, &sid, &sub, now)).await
    }

    /// The key with this name, of this replica or of another.
    async fn key(&self, db: &Db, kid: String, now: DateTime<Utc>) -> Result<DecodingKey, Problem> {
        if let Some(known) = self.keys.load().public.get(&kid) {
            return Ok(known.key.clone());
        }
        let found = db.read(move |conn| keys::find(conn, &kid, now)).await?;
        found.map(|found| found.key).ok_or_else(token::invalid)
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

    /// Learns of new keys, replaces an old one, and forgets sessions that have long ended.
    pub async fn keep_up(&self, db: &Db, now: DateTime<Utc>) {
        match load(db, &self.store, now).await {
            Ok(keys) => self.keys.store(Arc::new(keys)),
            Err(error) => log::warn!("keys of tokens: {error}; those known so far go on to be used"),
        }
        if let Err(error) = db.write(move |conn| session::forget_old(conn, now)).await {
            log::warn!("old sessions: {error}");
        }
    }
}

async fn load(db: &Db, store: &KeyStore, now: DateTime<Utc>) -> Result<KeySet, KeyError> {
    let store = store.clone();
    db.write(move |conn| KeySet::load(conn, &store, now)).await
}
