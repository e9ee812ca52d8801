//! The claims of another issuer's token: whether it is an access token, and whether it stands for a person.

use serde_json::Value;

use super::super::token::TokenError;

/// Finds a claim by its name, or by a JSON pointer (RFC 6901) to it.
pub fn claim<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    if name.starts_with('/') { claims.pointer(name) } else { claims.get(name) }
}

/// Returns the texts in a claim, which is a text or a list of texts.
pub fn texts(claim: &Value) -> Vec<&str> {
    match claim {
        Value::String(text) => vec![text.as_str()],
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// Refuses a token that is no access token, or is bound to a key.
///
/// Issuers sign other things for the same audience with the same keys: Keycloak says in `typ` what it is, Cognito in `token_use`, only
/// an ID token has the hash of what was given out beside it (OpenID Connect Core §3.1.3.6, §3.3.2.11), and only a token of events, as of
/// a logout, has `events` (RFC 8417 §2.2). A token that is bound to a key (`cnf`, RFC 7800) is worth nothing to who cannot show that key
/// (RFC 9449 §7, RFC 8705 §3), which nobody asks for here.
pub fn must_be_an_access_token(claims: &Value) -> Result<(), TokenError> {
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

/// Whether a token tells that a person signed in, by the claim `sign` or else by a claim that only such tokens have, and nothing in it
/// says that it is a program's. A token that tells neither is a program's.
pub fn is_of_a_person(claims: &Value, sign: Option<&str>) -> bool {
    let has_sign = match sign {
        Some(name) => claim(claims, name).is_some_and(says_something),
        None => tells_of_a_person(claims),
    };
    has_sign && !is_of_a_client(claims)
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let is = |claims: &Value| is_of_a_person(claims, None);
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
}
