//! The secret that signs messages, by the Standard Webhooks specification (`v1`: HMAC with SHA-256).

use std::fmt;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};

use crate::{problem::Wrong, register::db::DbError};

/// How a secret begins when it is written down.
const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret that a webhook and its receiver share. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new one from the operating system.
    pub fn random() -> Result<Self, DbError> {
        let mut bytes = vec![0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads `whsec_` and Base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| STANDARD.decode(rest).ok());
        let fits = bytes.filter(|bytes| LENGTHS.contains(&bytes.len()));
        fits.map(Self).ok_or(Wrong::SecretForm)
    }

    /// As its receiver stores it.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    /// The signature of a message: `v1,…`.
    pub fn sign(&self, id: &str, at: DateTime<Utc>, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut signed = hmac::Context::with_key(&key);
        signed.update(format!("{id}.{}.", at.timestamp()).as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection, prelude::*};
    use standardwebhooks::Webhook;

    use super::*;

    /// The example of the specification.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let at = DateTime::from_timestamp(1_614_265_330, 0).expect("a time");
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_read_as_it_is_written_and_nothing_else_is_one() {
        let secret = Secret::random().expect("random bytes");
        assert_eq!(Secret::parse(&secret.text()), Ok(secret.clone()));
        assert!(!format!("{secret:?}").contains(&secret.text()[8..20]));
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for text in ["", "whsec_", "whsec_%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &short, &long] {
            assert!(Secret::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_public_library_verifies_every_signature(
            bytes in collection::vec(any::<u8>(), 24..=64), id in "[a-z0-9_]{1,40}", body in "\\PC{0,80}",
        ) {
            let secret = Secret(bytes);
            let now = Utc::now();
            let mut headers = reqwest::header::HeaderMap::new();
            headers.insert("webhook-id", id.parse().expect("a header"));
            headers.insert("webhook-timestamp", now.timestamp().to_string().parse().expect("a header"));
            headers.insert("webhook-signature", secret.sign(&id, now, body.as_bytes()).parse().expect("a header"));
            let theirs = Webhook::new(&secret.text()).expect("their secret");
            prop_assert!(theirs.verify(body.as_bytes(), &headers).is_ok());
            let other = Secret(vec![0; 24]);
            prop_assert!(Webhook::new(&other.text()).expect("a secret").verify(body.as_bytes(), &headers).is_err());
        }
    }
}
