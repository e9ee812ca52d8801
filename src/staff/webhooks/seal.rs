//! How the secrets of webhooks are kept: sealed (AES-256-GCM) by a key that is a file beside the other private keys, so that who reads the
//! database or a backup of it forges no message.

use std::{fmt, io, path::Path, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::secret::Secret;
use crate::{
    base::secret_files,
    problem::{Code, Problem},
    register::db::DbError,
    values::sha256,
};

/// The file of the key, and the one by which processes with the same directory take turns.
const FILE: (&str, &str) = ("webhooks.key", "webhooks.lock");
/// How a sealed secret begins; the number of the key and Base64 of nonce, text and tag follow.
const SEALED: &str = "sealed:";

/// An error of the key or of its use.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The directory or a file.
    #[error("QINGDAN_KEYS_DIR: {0}: {1}")]
    File(String, io::Error),
    /// A file that holds none.
    #[error("QINGDAN_KEYS_DIR: {0} holds no key of webhooks: 32 bytes in Base64")]
    NoKey(String),
    /// The operating system gave none.
    #[error("no key could be made")]
    Generate,
    /// A secret that is not to be sealed.
    #[error("a secret could not be sealed")]
    Seal,
    /// The database.
    #[error("DATABASE_URL: {0}")]
    Database(#[from] DbError),
}

impl From<SealError> for Problem {
    fn from(error: SealError) -> Self {
        log::error!("webhooks: {error}");
        Code::Internal.into()
    }
}

/// Seals secrets, where there is a directory of keys: a register in memory keeps them as they are.
#[derive(Clone, Default)]
pub struct Seal(Option<Arc<Key>>);

struct Key {
    id: String,
    key: RandomizedNonceKey,
}

/// A secret as it stands in the database. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret(pub String);

impl Seal {
    /// With the key of this directory, which is made where there is none.
    pub fn open(directory: &Path) -> Result<Self, SealError> {
        let path = directory.join(FILE.0);
        let failed = |error| SealError::File(path.display().to_string(), error);
        secret_files::create_directory(directory).map_err(failed)?;
        let _turn = secret_files::lock(&directory.join(FILE.1)).map_err(failed)?;
        let text = match secret_files::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes).map_err(|_| SealError::Generate)?;
                let text = STANDARD.encode(bytes);
                secret_files::replace(&path, &format!("{text}\n")).map_err(failed)?;
                text
            }
            read => read.map_err(failed)?,
        };
        let bytes = STANDARD.decode(text.trim()).ok();
        let key = bytes.and_then(|bytes| Key::of(&bytes));
        Ok(Self(Some(Arc::new(key.ok_or_else(|| SealError::NoKey(path.display().to_string()))?))))
    }

    /// A secret of this webhook as it is kept. It opens for no other webhook.
    pub fn close(&self, webhook: &str, secret: &Secret) -> Result<SealedSecret, SealError> {
        let Some(key) = &self.0 else { return Ok(SealedSecret(secret.text())) };
        let mut text = secret.text().into_bytes();
        let sealed = key.key.seal_in_place_append_tag(Aad::from(webhook.as_bytes()), &mut text);
        let nonce = sealed.map_err(|_| SealError::Seal)?;
        let sealed = [nonce.as_ref().as_slice(), &text].concat();
        Ok(SealedSecret(format!("{SEALED}{}:{}", key.id, STANDARD.encode(sealed))))
    }

    /// The secret of this webhook; `None` where it was sealed by another key, or altered.
    pub fn secret(&self, webhook: &str, kept: &SealedSecret) -> Option<Secret> {
        let Some(rest) = kept.0.strip_prefix(SEALED) else { return Secret::parse(&kept.0).ok() };
        let key = self.0.as_ref()?;
        let sealed = rest.strip_prefix(key.id.as_str())?.strip_prefix(':')?;
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let (nonce, mut text) = (Nonce::try_assume_unique_for_key(nonce).ok()?, text.to_vec());
        let text = key.key.open_in_place(nonce, Aad::from(webhook.as_bytes()), &mut text).ok()?;
        Secret::parse(std::str::from_utf8(text).ok()?).ok()
    }

    /// Returns the sealed form of a secret that is not kept as it should be; `None` where it is.
    pub fn closed(&self, webhook: &str, kept: &SealedSecret) -> Result<Option<SealedSecret>, SealError> {
        match (kept.0.starts_with(SEALED), self.0.as_ref().and_then(|_| self.secret(webhook, kept))) {
            (false, Some(secret)) => self.close(webhook, &secret).map(Some),
            _ => Ok(None),
        }
    }
}

impl Key {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self { id: sha256(bytes)[..8].to_owned(), key: RandomizedNonceKey::new(&AES_256_GCM, bytes).ok()? })
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept(…)")
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_secret_opens_by_its_key_for_its_webhook_and_unaltered() {
        let (here, elsewhere) = (tempdir().expect("a directory"), tempdir().expect("a directory"));
        let seal = Seal::open(here.path()).expect("a key");
        let secret = Secret::random().expect("random bytes");
        let kept = seal.close("a", &secret).expect("sealed");

        assert!(kept.0.starts_with(SEALED) && !kept.0.contains(&secret.text()[6..]));
        assert_ne!(seal.close("a", &secret).expect("sealed"), kept, "each time another");
        let again = Seal::open(here.path()).expect("the same key");
        assert_eq!(again.secret("a", &kept), Some(secret.clone()));
        assert_eq!(again.secret("b", &kept), None);
        assert_eq!(Seal::open(elsewhere.path()).expect("a key").secret("a", &kept), None);
        assert_eq!(Seal::default().secret("a", &kept), None);
        let altered = SealedSecret(format!("{}A{}", &kept.0[..30], &kept.0[31..]));
        assert!(altered == kept || again.secret("a", &altered).is_none());
        for broken in ["sealed:", "sealed::", "sealed:00000000:AAAA", ""] {
            assert_eq!(again.secret("a", &SealedSecret(broken.into())), None, "{broken}");
        }
    }

    #[test]
    fn what_is_kept_as_it_is_is_sealed_once() {
        let directory = tempdir().expect("a directory");
        let (seal, none) = (Seal::open(directory.path()).expect("a key"), Seal::default());
        let secret = Secret::random().expect("random bytes");
        let plain = none.close("a", &secret).expect("kept");
        assert_eq!((&plain.0, none.closed("a", &plain).expect("kept")), (&secret.text(), None));
        let closed = seal.closed("a", &plain).expect("sealed").expect("it was not");
        assert_eq!(seal.secret("a", &closed), Some(secret));
        assert_eq!(seal.closed("a", &closed).expect("kept"), None);
        std::fs::write(directory.path().join(FILE.0), "nonsense").expect("written");
        assert!(matches!(Seal::open(directory.path()), Err(SealError::NoKey(_))));
    }
}
