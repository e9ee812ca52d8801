//! Access tokens of another issuer (OpenID Connect), when one is configured: who comes with one needs no account here.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    model::{Caller, Grant, is_for_persons},
    token::{TokenError, header, must_hold},
};
use crate::{
    config::{IdentitySettings, Unusable, given},
    values::{Uscc, code_lists::Role, division},
};

/// Clocks of issuers may differ by so much, in seconds.
const LEEWAY: i64 = 30;
/// An unknown key makes us ask for the keys, but not more often than this.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Keys that are older are asked for again, so that one which the issuer withdrew does not hold for ever.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Bytes of a set of keys at most.
const LARGEST: usize = 1 << 20;
/// Characters of a subject at most.
const LONGEST_SUBJECT: usize = 255;

/// Another issuer whose tokens are accepted.
pub struct External {
    issuer: String,
    audience: String,
    source: Source,
    roles: Vec<Mapping>,
    claim: String,
    keys: ArcSwap<BTreeMap<String, Key>>,
    asked: Mutex<Option<DateTime<Utc>>>,
}

/// Where its keys are.
enum Source {
    File(PathBuf),
    Web(Client, Url),
}

/// One of its keys, for the one algorithm that its type allows.
struct Key {
    algorithm: Algorithm,
    key: DecodingKey,
}

/// What stands in the claim, and what it is worth here.
#[derive(Debug, PartialEq)]
struct Mapping {
    value: String,
    grant: Grant,
}

impl External {
    /// The issuer that the settings name, if any; `own` is what our own tokens name.
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
        let roles = mappings(&roles).ok_or(unusable(
            "QINGDAN_OIDC_ROLES",
            "write VALUE=ROLE@WHERE;… where WHERE is a division, an organisation or *",
        ))?;
        Ok(Some(Self {
            issuer: issuer.into(),
            audience: needed("QINGDAN_OIDC_AUDIENCE", &settings.oidc_audience)?,
            source: Source::of(&needed("QINGDAN_OIDC_JWKS", &settings.oidc_jwks)?)?,
            roles,
            claim: settings.oidc_roles_claim.clone(),
            keys: ArcSwap::default(),
            asked: Mutex::new(None),
        }))
    }

    /// Whether a token says that it comes from this issuer. Nothing is proved by it: it only decides whose keys are tried.
    pub fn claims_to_issue(&self, token: &str) -> bool {
        let payload = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Option<Value> = payload.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        claims.is_some_and(|claims| claims["iss"] == self.issuer.as_str())
    }

    /// Who a token stands for, if the issuer made it for us and it holds now.
    pub async fn caller(&self, token: &str, now: DateTime<Utc>) -> Result<Caller, TokenError> {
        let header = header(token)?;
        let is_token = header.typ.as_deref().is_none_or(|kind| {
            ["jwt", "at+jwt", "application/at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known))
        });
        let kid = header.kid.filter(|_| is_token).ok_or(TokenError::Header)?;
        let keys = self.keys(&kid, now).await;
        let key = keys.get(&kid).ok_or(TokenError::UnknownKey)?;
        if key.algorithm != header.alg {
            return Err(TokenError::OtherAlgorithm);
        }
        let claims = self.claims(token, key, now)?;
        must_be_an_access_token(&claims)?;
        self.caller_of(&claims).ok_or(TokenError::Claim("sub"))
    }

    fn claims(&self, token: &str, key: &Key, now: DateTime<Utc>) -> Result<Value, TokenError> {
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
        must_hold(from, seconds("exp").ok_or(TokenError::Claim("exp"))?, LEEWAY, now)?;
        Ok(claims)
    }

    /// Whoever they are there, here they are `issuer#subject`: no username can look like it.
    fn caller_of(&self, claims: &Value) -> Option<Caller> {
        let is_plain = |text: &&str| {
            !text.is_empty() && text.chars().count() <= LONGEST_SUBJECT && !text.chars().any(char::is_control)
        };
        let id = format!("{}#{}", self.issuer, claims["sub"].as_str().filter(is_plain)?);
        let shown = ["name", "preferred_username"].iter().find_map(|name| claims[*name].as_str().filter(is_plain));
        let mut grants = self.grants(claims);
        if is_of_a_client(claims) {
            grants.retain(|grant| !is_for_persons(grant.role));
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

    fn grants(&self, claims: &Value) -> Vec<Grant> {
        let claim = match self.claim.starts_with('/') {
            true => claims.pointer(&self.claim),
            false => claims.get(&self.claim),
        };
        let values: Vec<&str> = match claim {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            // Only `scope` is a list in one string (RFC 8693 §4.2); elsewhere a space is part of a name.
            Some(Value::String(text)) if self.claim.trim_start_matches('/') == "scope" => text.split(' ').collect(),
            Some(Value::String(text)) => vec![text.as_str()],
            _ => Vec::new(),
        };
        let meant = self.roles.iter().filter(|mapping| values.contains(&mapping.value.as_str()));
        meant.map(|mapping| mapping.grant.clone()).collect()
    }

    /// The keys, asked for again when they are old or `kid` is not among them, at most once a minute.
    async fn keys(&self, kid: &str, now: DateTime<Utc>) -> Arc<BTreeMap<String, Key>> {
        let is_due = |asked: Option<DateTime<Utc>>, known: bool| {
            asked.is_none_or(|at| at + ASK_AGAIN <= now && (!known || at + FRESH <= now))
        };
        let mut asked = self.asked.lock().await;
        let keys = self.keys.load_full();
        if !is_due(*asked, keys.contains_key(kid)) {
            return keys;
        }
        *asked = Some(now);
        match self.source.read().await {
            Ok(text) => self.keys.store(Arc::new(keys_of(&text))),
            Err(error) => log::warn!("QINGDAN_OIDC_JWKS: {error}; the keys known so far go on to be used"),
        }
        self.keys.load_full()
    }
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

/// The keys of a JWK set that can be used; the others are passed over, as RFC 7517 §5 asks.
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

/// Issuers sign other things for the same audience with the same keys: Keycloak says in `typ` what it is, Cognito in `token_use`, and only
/// an ID token has the hash of what was given out beside it (OpenID Connect Core §3.1.3.6, §3.3.2.11).
fn must_be_an_access_token(claims: &Value) -> Result<(), TokenError> {
    let is = |name: &str, known: &[&str]| match &claims[name] {
        Value::Null => true,
        Value::String(text) => known.iter().any(|known| text.eq_ignore_ascii_case(known)),
        _ => false,
    };
    if !is("typ", &["Bearer", "DPoP", "JWT", "at+jwt"]) {
        return Err(TokenError::NoAccessToken("its typ is of another"));
    }
    if !is("token_use", &["access"]) {
        return Err(TokenError::NoAccessToken("its token_use is another"));
    }
    match claims["at_hash"].is_null() && claims["c_hash"].is_null() {
        true => Ok(()),
        false => Err(TokenError::NoAccessToken("it has the hash of what was given out beside it")),
    }
}

/// Whether a token stands for a program and not for a person, as issuers say it: RFC 9068 §2.2 and §5 (the subject is the client), Keycloak
/// (`service-account-…`), Entra ID (`idtyp`) and Auth0 (`gty`).
fn is_of_a_client(claims: &Value) -> bool {
    let is = |name: &str, value: &Value| !value.is_null() && claims[name] == *value;
    let is_service_account = |name: &str| name.starts_with("service-account-");
    ["client_id", "azp"].iter().any(|name| is(name, &claims["sub"]))
        || claims["preferred_username"].as_str().is_some_and(is_service_account)
        || is("idtyp", &"app".into())
        || is("gty", &"client-credentials".into())
}

/// `VALUE=ROLE@WHERE;…`; the value may contain anything but `;`.
fn mappings(text: &str) -> Option<Vec<Mapping>> {
    let entries = text.split([';', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    let mappings: Option<Vec<_>> = entries.map(mapping).collect();
    mappings.filter(|mappings| !mappings.is_empty())
}

fn mapping(entry: &str) -> Option<Mapping> {
    let (value, rest) = entry.rsplit_once('=')?;
    let (role, place) = rest.split_once('@')?;
    let role = Role::ALL.iter().copied().find(|known| known.code().value == role.trim())?;
    let (organisation, division) = match place.trim() {
        "*" => (None, None),
        code if division::is_prefix(code) => (None, Some(code.to_owned())),
        code => (Some(String::from(Uscc::parse(code).ok()?)), None),
    };
    let value = value.trim().to_owned();
    (!value.is_empty()).then_some(Mapping { value, grant: Grant { role, organisation, division } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_claim_is_worth_a_role_somewhere() {
        let read =
            mappings("staff=editor@11350121003619116B; cn=审查,ou=办=reviewer@350121 ;\n root=admin@*").expect("three");
        let shown: Vec<_> = read
            .iter()
            .map(|m| (m.value.as_str(), m.grant.role, m.grant.organisation.as_deref(), m.grant.division.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("staff", Role::Editor, Some("11350121003619116B"), None),
                ("cn=审查,ou=办", Role::Reviewer, None, Some("350121")),
                ("root", Role::Admin, None, None),
            ]
        );
        for wrong in ["", ";", "staff", "staff=editor", "staff=king@*", "=editor@*", "staff=editor@99", "staff=editor@"]
        {
            assert_eq!(mappings(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_claim_that_is_one_string_is_one_value_unless_it_is_scope() {
        let worth = |claim: &str, value: Value| {
            let external = External {
                issuer: String::new(),
                audience: String::new(),
                source: Source::File(PathBuf::new()),
                roles: mappings("editor=editor@*; chief editor=admin@*").expect("two"),
                claim: claim.into(),
                keys: ArcSwap::default(),
                asked: Mutex::default(),
            };
            let claims = serde_json::json!({ "groups": value, "scope": value });
            external.grants(&claims).iter().map(|grant| grant.role).collect::<Vec<_>>()
        };
        for claim in ["groups", "/groups"] {
            assert_eq!(worth(claim, "chief editor".into()), [Role::Admin]);
            assert_eq!(worth(claim, "no editor".into()), []);
            assert_eq!(worth(claim, serde_json::json!(["editor", "no editor"])), [Role::Editor]);
        }
        for claim in ["scope", "/scope"] {
            assert_eq!(worth(claim, "openid editor".into()), [Role::Editor]);
        }
    }

    #[test]
    fn only_an_access_token_is_one() {
        let is = |claims: Value| must_be_an_access_token(&claims).is_ok();
        for known in [
            serde_json::json!({}),
            serde_json::json!({ "typ": "Bearer" }),
            serde_json::json!({ "token_use": "access" }),
        ] {
            assert!(is(known.clone()), "{known}");
        }
        for other in ["ID", "Refresh", "Offline", "Logout", ""] {
            assert!(!is(serde_json::json!({ "typ": other })), "{other}");
        }
        let others = [
            serde_json::json!({ "typ": ["Bearer"] }),
            serde_json::json!({ "token_use": "id" }),
            serde_json::json!({ "at_hash": "x" }),
            serde_json::json!({ "c_hash": "x" }),
        ];
        assert!(others.into_iter().all(|claims| !is(claims)));
    }

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
