//! The issuer, and the caller that a token of it stands for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use jsonwebtoken::{Validation, decode};
use serde_json::Value;

use super::{
    super::{
        model::{Caller, is_for_persons},
        token::{TokenError, header, must_hold},
    },
    claims::{is_of_a_person, must_be_an_access_token},
    keys::{Key, Keys},
    roles::Roles,
};
use crate::base::config::{IdentitySettings, Unusable, given};

/// Clocks of issuers may differ by so much, in seconds.
const LEEWAY: i64 = 30;
/// Characters of a subject at most.
const LONGEST_SUBJECT: usize = 255;

/// Another issuer whose tokens are accepted.
pub struct External {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    roles: Roles,
    /// The name of the claim that only tokens of people have, where the operator tells it.
    person_claim: Option<String>,
    /// Whether the log has said that roles of somebody do not count.
    has_warned: AtomicBool,
}

impl External {
    /// Reads the settings of the issuer, if they name one; `own` is the issuer that our own tokens name.
    pub fn configured(settings: &IdentitySettings, own: &str) -> Result<Option<Self>, Unusable> {
        let unusable = |setting, reason| Unusable { setting, reason };
        let Some(issuer) = given(settings.oidc_issuer.as_deref()) else {
            return match given(settings.oidc_jwks.as_deref()).or(given(settings.oidc_audience.as_deref())) {
                None => Ok(None),
                Some(_) => Err(unusable("QINGDAN_OIDC_ISSUER", "is needed with the other QINGDAN_OIDC settings")),
            };
        };
        if issuer == own {
            return Err(unusable("QINGDAN_OIDC_ISSUER", "is what our own tokens name as their issuer"));
        }
        let needed = |setting, value: &Option<String>| {
            let value = given(value.as_deref()).map(str::to_owned);
            value.ok_or(unusable(setting, "is needed together with QINGDAN_OIDC_ISSUER"))
        };
        let roles = needed("QINGDAN_OIDC_ROLES", &settings.oidc_roles)?;
        let roles = Roles::read(&roles, &settings.oidc_roles_claim).ok_or(unusable(
            "QINGDAN_OIDC_ROLES",
            "write VALUE=ROLE@WHERE;… where WHERE is a division, an organisation or *",
        ))?;
        Ok(Some(Self {
            issuer: issuer.into(),
            audience: needed("QINGDAN_OIDC_AUDIENCE", &settings.oidc_audience)?,
            keys: Arc::new(Keys::of(&needed("QINGDAN_OIDC_JWKS", &settings.oidc_jwks)?)?),
            roles,
            person_claim: given(settings.oidc_person_claim.as_deref()).map(str::to_owned),
            has_warned: AtomicBool::new(false),
        }))
    }

    /// Whether a token says that it comes from this issuer. Nothing is proved by it: it only decides whose keys are tried.
    pub fn claims_to_issue(&self, token: &str) -> bool {
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Option<Value> = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        claims.is_some_and(|claims| claims["iss"] == self.issuer.as_str())
    }

    /// Returns the caller that a token stands for, if the issuer made it for us and it holds now, and until which second since 1970
    /// it does.
    pub async fn caller(&self, token: &str, now: DateTime<Utc>) -> Result<(Caller, i64), TokenError> {
        let header = header(token)?;
        let is_token = header.typ.as_deref().is_none_or(|kind| {
            ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known))
        });
        let kid = header.kid.filter(|_| is_token).ok_or(TokenError::Header)?;
        let keys = self.keys.with(&kid, now).await;
        let key = keys.get(&kid).ok_or(TokenError::UnknownKey)?;
        if key.algorithm != header.alg {
            return Err(TokenError::OtherAlgorithm);
        }
        let (claims, until) = self.claims(token, key, now)?;
        must_be_an_access_token(&claims)?;
        Ok((self.caller_of(&claims).ok_or(TokenError::Claim("sub"))?, until))
    }

    fn claims(&self, token: &str, key: &Key, now: DateTime<Utc>) -> Result<(Value, i64), TokenError> {
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // By our own `now`, below.
        validation.validate_exp = false;
        let claims = decode::<Value>(token, &key.key, &validation)?.claims;
        let seconds = |name: &str| claims[name].as_i64().or_else(|| claims[name].as_f64().map(|at| at as i64));
        let from = match &claims["nbf"] {
            Value::Null => 0,
            _ => seconds("nbf").ok_or(TokenError::Claim("nbf"))?,
        };
        let until = seconds("exp").ok_or(TokenError::Claim("exp"))?;
        must_hold(from, until, LEEWAY, now)?;
        Ok((claims, until.saturating_add(LEEWAY)))
    }

    /// Names a caller `issuer#subject`: no username can look like it.
    fn caller_of(&self, claims: &Value) -> Option<Caller> {
        let is_plain = |text: &&str| {
            !text.is_empty() && text.chars().count() <= LONGEST_SUBJECT && !text.chars().any(char::is_control)
        };
        let id = format!("{}#{}", self.issuer, claims["sub"].as_str().filter(is_plain)?);
        let shown = ["name", "preferred_username"].iter().find_map(|name| claims[*name].as_str().filter(is_plain));
        let mut grants = self.roles.grants(claims);
        let given = grants.len();
        if !is_of_a_person(claims, self.person_claim.as_deref()) {
            grants.retain(|grant| !is_for_persons(grant.role));
        }
        if grants.len() < given && !self.has_warned.swap(true, Ordering::Relaxed) {
            log::warn!(
                "roles of {id} to review, publish or administer do not count: nothing in the token says that a person signed in \
                 (QINGDAN_OIDC_PERSON_CLAIM); this is told once"
            );
        }
        let organisation = match grants.as_slice() {
            [only] => only.organisation.clone(),
            _ => None,
        };
        Some(Caller {
            name: id.clone(),
            display_name: shown.map_or_else(|| id.clone(), str::to_owned),
            id,
            organisation,
            grants,
            session: None,
            must_change_password: false,
        })
    }
}
