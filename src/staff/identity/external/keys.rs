//! The keys of another issuer: where they are, and when they are asked for.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use crate::base::config::Unusable;

/// An unknown key makes us ask for the keys, but not more often than this.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Keys that are older are asked for again, so that one which the issuer withdrew does not hold for ever.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Keys that nobody asked for since then are not used before they were asked for again.
const OLDEST: TimeDelta = TimeDelta::hours(2);
/// Bytes of a set of keys at most.
const LARGEST: usize = 1 << 20;

/// The keys of an issuer, as far as they are known, and when they were last asked for.
pub struct Keys {
    source: Source,
    known: ArcSwap<BTreeMap<String, Key>>,
    asked: Mutex<Option<DateTime<Utc>>>,
    /// Held while they are asked for; a caller with a known key never waits for it.
    asking: Turn<()>,
}

/// The file or the address that has the keys.
enum Source {
    File(PathBuf),
    Web(Client, Url),
}

/// A key, for the one algorithm that its type allows.
pub struct Key {
    /// That algorithm.
    pub algorithm: Algorithm,
    /// The public key.
    pub key: DecodingKey,
}

impl Keys {
    /// The keys in a file or at an address, which are not asked for yet.
    pub fn of(place: &str) -> Result<Self, Unusable> {
        let source = Source::of(place)?;
        Ok(Self { source, known: ArcSwap::default(), asked: Mutex::default(), asking: Turn::default() })
    }

    /// Returns the keys, asked for again when they are old or `kid` is not among them, at most once a minute. Callers with a known
    /// key go on meanwhile: an issuer that is slow, and a stranger who names a key that there is not, make nobody else wait.
    pub async fn with(self: &Arc<Self>, kid: &str, now: DateTime<Utc>) -> Arc<BTreeMap<String, Key>> {
        let known = self.known.load_full();
        if !known.contains_key(kid) || self.is_older_than(OLDEST, now) {
            let _asking = self.asking.lock().await;
            // Somebody else may have asked meanwhile.
            let is_known = self.known.load().contains_key(kid);
            if self.is_older_than(if is_known { OLDEST } else { ASK_AGAIN }, now) {
                self.ask(now).await;
            }
            return self.known.load_full();
        }
        if self.is_older_than(FRESH, now) {
            let keys = self.clone();
            tokio::spawn(async move {
                let _asking = keys.asking.lock().await;
                if keys.is_older_than(FRESH, now) {
                    keys.ask(now).await;
                }
            });
        }
        known
    }

    fn is_older_than(&self, age: TimeDelta, now: DateTime<Utc>) -> bool {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).is_none_or(|at| at + age <= now)
    }

    /// Asks for the keys. Where no usable one comes, as from a page that says that the issuer is being mended, those known so far stay.
    async fn ask(&self, now: DateTime<Utc>) {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        let found = self.source.read().await.map(|text| keys_of(&text));
        match found {
            Ok(keys) if !keys.is_empty() => self.known.store(Arc::new(keys)),
            Ok(_) => warn("no key for RS256, ES256 or EdDSA with a kid was found"),
            Err(error) => warn(&error),
        }
    }
}

fn warn(trouble: &str) {
    log::warn!("QINGDAN_OIDC_JWKS: {trouble}; the keys known so far go on to be used");
}

impl Source {
    fn of(text: &str) -> Result<Self, Unusable> {
        let unusable = |reason| Unusable { setting: "QINGDAN_OIDC_JWKS", reason };
        if !text.contains("://") {
            return match std::fs::read_to_string(text).map(|text| keys_of(&text)) {
                Ok(keys) if !keys.is_empty() => Ok(Self::File(text.into())),
                Ok(_) => Err(unusable("the file holds no key for RS256, ES256 or EdDSA with a kid")),
                Err(_) => Err(unusable("the file cannot be read")),
            };
        }
        let url: Url = text.parse().map_err(|_| unusable("is neither a file nor an address"))?;
        let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local) {
            return Err(unusable("must begin with https:// (http:// only on this machine)"));
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(Duration::from_secs(5))
            .build();
        client.map(|client| Self::Web(client, url)).map_err(|_| unusable("no client for it can be made"))
    }

    async fn read(&self) -> Result<String, String> {
        match self {
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
            Self::Web(client, url) => fetch(client, url.clone()).await,
        }
    }
}

async fn fetch(client: &Client, url: Url) -> Result<String, String> {
    let tell = |error: reqwest::Error| error.without_url().to_string();
    let mut answer = client.get(url).send().await.map_err(tell)?;
    if !answer.status().is_success() {
        return Err(format!("answered {}", answer.status()));
    }
    let mut text = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(tell)? {
        text.extend_from_slice(&part);
        if text.len() > LARGEST {
            return Err(format!("is larger than {LARGEST} bytes"));
        }
    }
    String::from_utf8(text).map_err(|error| error.to_string())
}

/// Reads the keys of a JWK set that can be used; the others are passed over, as RFC 7517 §5 asks.
fn keys_of(text: &str) -> BTreeMap<String, Key> {
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    let keys = set["keys"].as_array().into_iter().flatten();
    keys.filter_map(|key| named_key(&serde_json::from_value(key.clone()).ok()?)).collect()
}

fn named_key(jwk: &Jwk) -> Option<(String, Key)> {
    let signs = matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature));
    // The type of the key alone says how it is used: a public key never becomes the secret of an HMAC.
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let as_declared = jwk.common.key_algorithm.is_none_or(|declared| declared.to_string() == format!("{algorithm:?}"));
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| signs && as_declared)?;
    Some((jwk.common.key_id.clone()?, Key { algorithm, key }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_secret_or_a_key_for_encryption_is_no_key() {
        let set = r#"{"keys":[
            {"kty":"oct","kid":"a","k":"c2VjcmV0"},
            {"kty":"OKP","crv":"Ed25519","kid":"b","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","kid":"c","alg":"HS256","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"of the future","kid":"d"},
            {"kty":"OKP","crv":"Ed25519","kid":"e","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        ]}"#;
        assert_eq!(keys_of(set).keys().collect::<Vec<_>>(), ["e"]);
        assert!(keys_of("nonsense").is_empty());
    }
}
