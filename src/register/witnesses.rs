//! Asking witnesses to cosign the checkpoint that is given out (C2SP tlog-witness). A witness that does not answer keeps nothing
//! waiting; what it signs is only taken when it holds.

use std::{
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, StatusCode, redirect::Policy};

use crate::{
    register::{
        catalog::Catalog,
        notary::{Notary, SignedCheckpoint},
    },
    transparency::{NoteSignature, VerifierKey, add_checkpoint, cosignature_in, cosigned_by},
};

/// How long a witness may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of an answer at most.
const LARGEST: usize = 64 << 10;
/// How long after a failure it is asked again, and after how many failures that grows no further.
const AGAIN: (Duration, u32) = (Duration::from_secs(2), 7);
/// The answer of a witness who knows another size than was said.
const SIZE: &str = "text/x.tlog.size";

/// A witness: its public key, and the address below which it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessAt {
    key: VerifierKey,
    address: String,
}

impl FromStr for WitnessAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, address) = text.split_once('@').ok_or("write KEY@ADDRESS")?;
        let key = VerifierKey::of_witness(key)?;
        let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://")).unwrap_or_default();
        match !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Self { key, address: address.trim_end_matches('/').into() }),
            false => Err("the address of a witness begins with https:// (or http://)"),
        }
    }
}

/// The witnesses of a register.
#[derive(Clone, Default)]
pub struct Witnesses(pub Vec<Arc<Witness>>);

/// Asks one witness.
pub struct Witness {
    at: WitnessAt,
    client: Client,
    /// The size that it cosigned last, as far as is known.
    cosigned: AtomicI64,
    failures: Mutex<(u32, Option<Instant>)>,
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
enum Refused {
    /// It knows another size than was said.
    #[error("it has cosigned {0} lines")]
    Stale(u64),
    /// It was told from where it knows the log, and that is another log.
    #[error("it holds another root at this size, of {0} lines: it was shown another log than this one")]
    Forked(u64),
    /// It refuses.
    #[error("it answers {0}")]
    Status(StatusCode),
    /// Its answer is none.
    #[error("its cosignature does not hold")]
    Forged,
    /// It is not there. The address is not told: there may be secrets in it.
    #[error("{0}")]
    Unreachable(reqwest::Error),
    /// It has cosigned more lines than there are.
    #[error("it has cosigned {0} lines, more than the log has: the log was forked, or this copy is behind")]
    Ahead(u64),
}

fn unreachable(error: reqwest::Error) -> Refused {
    Refused::Unreachable(error.without_url())
}

impl Witness {
    /// A witness that was asked nothing yet.
    pub fn new(at: WitnessAt) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(concat!("qingdan/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { at, client, cosigned: AtomicI64::new(0), failures: Mutex::default() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.at.key.name
    }

    /// The size that it cosigned last, as far as is known here.
    pub fn cosigned(&self) -> i64 {
        self.cosigned.load(Ordering::Relaxed)
    }

    /// Asks it to cosign the newest checkpoint, unless it has, or failed a moment ago.
    pub async fn attend(&self, catalog: &Catalog, notary: &Notary) {
        let Some(signed) = notary.current().filter(|signed| !self.has_cosigned(signed)) else { return };
        if self.is_paused() {
            return;
        }
        match self.ask(catalog, &signed).await {
            Ok(cosignature) => {
                self.cosigned.store(i64::try_from(signed.checkpoint.size).unwrap_or(i64::MAX), Ordering::Relaxed);
                self.note(None);
                notary.add(&signed.note.text, cosignature);
            }
            Err(refused) => {
                log::warn!("the witness {} does not cosign {} lines: {refused}", self.name(), signed.checkpoint.size);
                self.note(Some(Instant::now()));
            }
        }
    }

    fn has_cosigned(&self, signed: &Arc<SignedCheckpoint>) -> bool {
        cosigned_by(&signed.note, std::slice::from_ref(&self.at.key)) > 0
    }

    async fn ask(&self, catalog: &Catalog, signed: &SignedCheckpoint) -> Result<NoteSignature, Refused> {
        let known = u64::try_from(self.cosigned()).unwrap_or_default();
        match self.ask_from(known, catalog, signed).await {
            // It says from where: once is enough, unless others ask at the same time.
            Err(Refused::Stale(size)) => self.ask_from(size, catalog, signed).await,
            answer => answer,
        }
    }

    async fn ask_from(&self, old: u64, catalog: &Catalog, signed: &SignedCheckpoint) -> Result<NoteSignature, Refused> {
        let size = signed.checkpoint.size;
        let proof = catalog.snapshot().tree().consistency(old, size).ok_or(Refused::Ahead(old))?;
        let question = add_checkpoint(old, &proof, &signed.log_note());
        let sent = self.client.post(format!("{}/add-checkpoint", self.at.address)).body(question).send().await;
        let mut answer = sent.map_err(unreachable)?;
        let (status, header) = (answer.status(), answer.headers().get("content-type").cloned());
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unreachable)? {
            if text.len() + part.len() > LARGEST {
                return Err(Refused::Forged);
            }
            text.extend_from_slice(&part);
        }
        let text = String::from_utf8_lossy(&text);
        let tells_size = header.is_some_and(|kind| kind.as_bytes().starts_with(SIZE.as_bytes()));
        let told = text.trim().parse().ok().filter(|_| tells_size);
        match status {
            StatusCode::OK => cosignature_in(&text, &signed.note.text, &self.at.key).ok_or(Refused::Forged),
            StatusCode::CONFLICT => Err(conflict(old, size, told)),
            status => Err(Refused::Status(status)),
        }
    }

    fn is_paused(&self) -> bool {
        let (failures, last) = *self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = AGAIN.0 * 2u32.pow(failures.min(AGAIN.1).saturating_sub(1));
        last.is_some_and(|last| last.elapsed() < pause)
    }

    fn note(&self, failed: Option<Instant>) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        *failures = (failed.map_or(0, |_| failures.0.saturating_add(1)), failed);
    }
}

/// Explains a 409 of a witness to who said that it cosigned `old` lines last and asks for `size` (C2SP tlog-witness): it did not, and
/// tells how many it knows; or it did, and then the tree is another at the same size.
fn conflict(old: u64, size: u64, told: Option<u64>) -> Refused {
    match told {
        Some(told) if told != old => Refused::Stale(told),
        Some(_) => Refused::Forked(old),
        None if old == size => Refused::Forked(old),
        None => Refused::Status(StatusCode::CONFLICT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transparency::{SigningKey, Signs};

    #[test]
    fn a_witness_is_a_key_for_cosignatures_and_an_address() {
        let pkcs8 = SigningKey::generate("w.example").expect("a key").pkcs8().to_vec();
        let key = SigningKey::of_pkcs8(&pkcs8, "w.example", Signs::Cosignatures).expect("a key").public().to_string();
        let read: WitnessAt = format!("{key}@https://w.example/log/").parse().expect("a witness");
        assert_eq!((read.key.to_string(), read.address.as_str()), (key.clone(), "https://w.example/log"));
        let of_logs = SigningKey::of_pkcs8(&pkcs8, "w.example", Signs::Notes).expect("a key").public().to_string();
        for wrong in [
            key.clone(),
            format!("{key}@"),
            format!("{key}@w.example"),
            format!("{of_logs}@https://w.example"),
            "a@b".into(),
        ] {
            assert!(wrong.parse::<WitnessAt>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_witness_that_knows_the_size_that_was_said_holds_another_root() {
        assert!(matches!(conflict(0, 383, Some(380)), Refused::Stale(380)), "it is asked again from there");
        assert!(matches!(conflict(380, 383, Some(381)), Refused::Stale(381)), "somebody else asked meanwhile");
        for (old, size, told) in [(383, 383, Some(383)), (383, 383, None), (380, 383, Some(380)), (0, 383, Some(0))] {
            let refused = conflict(old, size, told);
            assert!(refused.to_string().contains("it holds another root at this size"), "{refused}");
        }
        assert!(matches!(conflict(380, 383, None), Refused::Status(StatusCode::CONFLICT)));
    }
}
