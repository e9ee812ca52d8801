//! Access tokens of another issuer (OpenID Connect), when one is configured: who comes with one needs no account here.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use reqwest::{Client, Url, redirect::Policy};
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use super::{
    model::{Caller, Grant, is_for_persons},
    token::{TokenError, header, must_hold},
};
use crate::{
    base::config::{IdentitySettings, Unusable, given},
    values::{Uscc, code_lists::Role, division},
};

/// Clocks of issuers may differ by so much, in seconds.
const LEEWAY: i64 = 30;
/// An unknown key makes us ask for the keys, but not more often than this.
const ASK_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Keys that are older are asked for again, so that one which the issuer withdrew does not hold for ever.
const FRESH: TimeDelta = TimeDelta::hours(1);
/// Keys that nobody asked for since then are not used before they were asked for again.
const OLDEST: TimeDelta = TimeDelta::hours(2);
/// Bytes of a set of keys at most.
const LARGEST: usize = 1 << 20;
/// Characters of a subject at most.
const LONGEST_SUBJECT: usize = 255;

/// Another issuer whose tokens are accepted.
pub struct External {
    issuer: String,
    audience: String,
    keys: Arc<Keys>,
    roles: Vec<Mapping>,
    claim: String,
    /// The claim that only tokens of people have, where the operator names one.
    person_claim: Option<String>,
    /// Whether the log has said that roles of somebody do not count.
    has_warned: AtomicBool,
}

/// Its keys, as far as they are known, and when they were last asked for.
struct Keys {
    source: Source,
    known: ArcSwap<BTreeMap<String, Key>>,
    asked: Mutex<Option<DateTime<Utc>>>,
    /// Held while they are asked for; who finds the key at hand never waits for it.
    asking: Turn<()>,
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
            keys: Arc::new(Keys::of(Source::of(&needed("QINGDAN_OIDC_JWKS", &settings.oidc_jwks)?)?)),
            roles,
            claim: settings.oidc_roles_claim.clone(),
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

    /// Who a token stands for, if the issuer made it for us and it holds now, and until which second since 1970 it does.
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

    /// Whoever they are there, here they are `issuer#subject`: no username can look like it.
    fn caller_of(&self, claims: &Value) -> Option<Caller> {
        let is_plain = |text: &&str| {
            !text.is_empty() && text.chars().count() <= LONGEST_SUBJECT && !text.chars().any(char::is_control)
        };
        let id = format!("{}#{}", self.issuer, claims["sub"].as_str().filter(is_plain)?);
        let shown = ["name", "preferred_username"].iter().find_map(|name| claims[*name].as_str().filter(is_plain));
        let mut grants = self.grants(claims);
        let given = grants.len();
        if !self.is_of_a_person(claims) {
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

    /// Whether a token tells that a person signed in, by the claim that the operator names or else by a sign that only such tokens have,
    /// and nothing in it says that it is a program's. What is unknown is a program.
    fn is_of_a_person(&self, claims: &Value) -> bool {
        let has_sign = match &self.person_claim {
            Some(name) => claim(claims, name).is_some_and(says_something),
            None => tells_of_a_person(claims),
        };
        has_sign && !is_of_a_client(claims)
    }

    fn grants(&self, claims: &Value) -> Vec<Grant> {
        let claim = claim(claims, &self.claim);
        let values: Vec<&str> = match claim {
            // Only `scope` is a list in one string (RFC 8693 §4.2); elsewhere a space is part of a name.
            Some(Value::String(text)) if self.claim.trim_start_matches('/') == "scope" => text.split(' ').collect(),
            Some(claim) => texts(claim),
            None => Vec::new(),
        };
        let meant = self.roles.iter().filter(|mapping| values.contains(&mapping.value.as_str()));
        meant.map(|mapping| mapping.grant.clone()).collect()
    }
}

impl Keys {
    fn of(source: Source) -> Self {
        Self { source, known: ArcSwap::default(), asked: Mutex::default(), asking: Turn::default() }
    }

    /// The keys, asked for again when they are old or `kid` is not among them, at most once a minute. While they are, whoever comes
    /// with a known key goes on: an issuer that is slow, and a stranger who names a key that there is not, make nobody else wait.
    async fn with(self: &Arc<Self>, kid: &str, now: DateTime<Utc>) -> Arc<BTreeMap<String, Key>> {
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

    /// Asks for them. Where no usable one comes, as from a page that says that the issuer is being mended, those known so far stay.
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

/// A claim by its name, or by a JSON pointer (RFC 6901) to it.
fn claim<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    if name.starts_with('/') { claims.pointer(name) } else { claims.get(name) }
}

/// Issuers sign other things for the same audience with the same keys: Keycloak says in `typ` what it is, Cognito in `token_use`, only
/// an ID token has the hash of what was given out beside it (OpenID Connect Core §3.1.3.6, §3.3.2.11), and only a token of events, as of
/// a logout, has `events` (RFC 8417 §2.2). A token that is bound to a key (`cnf`, RFC 7800) is worth nothing to who cannot show that key
/// (RFC 9449 §7, RFC 8705 §3), which nobody asks for here.
fn must_be_an_access_token(claims: &Value) -> Result<(), TokenError> {
    let is = |name: &str, known: &[&str]| match &claims[name] {
        Value::Null => true,
        Value::String(text) => known.iter().any(|known| text.eq_ignore_ascii_case(known)),
        _ => false,
    };
    if !is("typ", &["Bearer", "JWT", "at+jwt"]) {
        return Err(TokenError::NoAccessToken("its typ is of another"));
    }
    if !is("token_use", &["access"]) {
        return Err(TokenError::NoAccessToken("its token_use is another"));
    }
    if !claims["events"].is_null() {
        return Err(TokenError::NoAccessToken("it tells of events, as one of a logout does"));
    }
    if !claims["cnf"].is_null() {
        return Err(TokenError::Bound);
    }
    match claims["at_hash"].is_null() && claims["c_hash"].is_null() {
        true => Ok(()),
        false => Err(TokenError::NoAccessToken("it has the hash of what was given out beside it")),
    }
}

/// The texts in a claim that is one of them, or a list.
fn texts(claim: &Value) -> Vec<&str> {
    match claim {
        Value::String(text) => vec![text.as_str()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// Whether a claim is there and does not deny what it is the name of.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Whether a token says that a person signed in. Access tokens have `auth_time` and `amr` only where a resource owner took part in the
/// grant (RFC 9068 §2.2.1, OpenID Connect Core §2): so those of Keycloak, Okta and authentik. Entra ID says it by `idtyp`, WSO2 by `aut`.
/// Not taken for a sign are `acr`, `sid` and `preferred_username`, which Keycloak and authentik give programs, too, and `auth_time` as
/// text, as AD FS writes it, whatever the grant.
fn tells_of_a_person(claims: &Value) -> bool {
    let is = |name: &str, value: &str| claims[name].as_str() == Some(value);
    let methods = claims["amr"].as_array().is_some_and(|methods| methods.iter().any(Value::is_string));
    claims["auth_time"].as_f64().is_some_and(|at| at > 0.0)
        || methods
        || is("idtyp", "user")
        || is("aut", "APPLICATION_USER")
}

/// Whether a token says that it stands for a program and not for a person: the subject is the client (RFC 9068 §2.2 and §5), by whatever
/// name the issuer calls that (`cid` of Okta, `appid` of Entra ID and AD FS), or its own object (`oid` of Entra ID); Keycloak's
/// `service-account-…`, Auth0's `…@clients`, and what `idtyp`, `gty`, `grant_type` and `aut` say. A list of one is what stands in it.
fn is_of_a_client(claims: &Value) -> bool {
    let says = |name: &str, known: &dyn Fn(&str) -> bool| texts(&claims[name]).into_iter().any(known);
    let subject = claims["sub"].as_str().unwrap_or_default();
    let is_credentials = |text: &str| text.replace('-', "_").eq_ignore_ascii_case("client_credentials");
    let is_subject = |text: &str| text == subject;
    ["client_id", "azp", "cid", "appid"].iter().any(|name| says(name, &is_subject))
        // A person's object is the subject at some, who then has scopes.
        || claims["scp"].is_null() && says("oid", &is_subject)
        || subject.ends_with("@clients")
        || ["sub", "preferred_username"].iter().any(|name| says(name, &|text| text.starts_with("service-account-")))
        || says("idtyp", &|text| !text.eq_ignore_ascii_case("user"))
        || ["gty", "grant_type"].iter().any(|name| says(name, &is_credentials))
        || says("aut", &|text| text.eq_ignore_ascii_case("APPLICATION"))
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
                keys: Arc::new(Keys::of(Source::File(PathBuf::new()))),
                roles: mappings("editor=editor@*; chief editor=admin@*").expect("two"),
                claim: claim.into(),
                person_claim: None,
                has_warned: AtomicBool::default(),
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
            serde_json::json!({ "events": { "http://schemas.openid.net/event/backchannel-logout": {} } }),
            serde_json::json!({ "cnf": { "jkt": "x" } }),
            serde_json::json!({ "typ": "DPoP", "cnf": { "jkt": "x" } }),
        ];
        assert!(others.into_iter().all(|claims| !is(claims)));
    }

    /// The tokens of usual issuers, as they document them.
    #[test]
    fn a_token_is_a_persons_when_it_says_so_and_a_programs_otherwise() {
        let is = |claims: &Value| tells_of_a_person(claims) && !is_of_a_client(claims);
        for person in [
            serde_json::json!({ "sub": "u", "auth_time": 1_764_500_000, "azp": "portal" }),
            serde_json::json!({ "sub": "u", "amr": ["pwd", "otp"], "client_id": "portal" }),
            serde_json::json!({ "sub": "u", "uid": "00u1", "cid": "0oa1", "auth_time": 1_764_500_000 }),
            serde_json::json!({ "sub": "u", "oid": "o", "azp": "a", "scp": "access", "idtyp": "user" }),
            serde_json::json!({ "sub": "u", "oid": "o", "appid": "a", "scp": "access", "amr": ["pwd"] }),
            serde_json::json!({ "sub": "o", "oid": "o", "azp": "a", "scp": "access", "auth_time": 1_764_500_000 }),
            serde_json::json!({ "sub": "u", "aut": "APPLICATION_USER" }),
        ] {
            assert!(is(&person), "{person}");
        }
        for program in [
            serde_json::json!({ "sub": "unknown" }),
            serde_json::json!({ "sub": "u", "preferred_username": "li", "sid": "s", "acr": "1", "azp": "c" }),
            serde_json::json!({ "sub": "svc", "client_id": "svc", "auth_time": 1_764_500_000 }),
            serde_json::json!({ "sub": "svc", "client_id": ["svc"], "amr": ["pwd"] }),
            serde_json::json!({ "sub": "0oa1", "cid": "0oa1", "scp": ["x"], "auth_time": 1_764_500_000 }),
            serde_json::json!({ "sub": "o", "oid": "o", "appid": "a", "appidacr": "1" }),
            serde_json::json!({ "sub": "o", "oid": "o", "azp": "a", "azpacr": "1", "amr": ["x"] }),
            serde_json::json!({ "sub": "abc@clients", "azp": "abc", "amr": ["x"] }),
            serde_json::json!({ "sub": "u", "gty": ["client-credentials"], "amr": ["x"] }),
            serde_json::json!({ "sub": "u", "grant_type": "client_credentials", "amr": ["x"] }),
            serde_json::json!({ "sub": "u", "aut": "APPLICATION", "amr": ["x"] }),
            serde_json::json!({ "sub": "u", "idtyp": "app", "amr": ["x"] }),
            serde_json::json!({ "sub": "u", "preferred_username": "service-account-c", "auth_time": 1_764_500_000 }),
            serde_json::json!({ "sub": "svc", "apptype": "Confidential", "auth_time": "2026-11-30T00:00:00Z" }),
            serde_json::json!({ "sub": "u", "auth_time": 0, "amr": [] }),
        ] {
            assert!(!is(&program), "{program}");
        }
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
