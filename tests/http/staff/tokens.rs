//! Access tokens: what attackers do to them, and what others can check of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
use qingdan::{base::merge_patch, staff::identity};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::helpers::app::{Setup, TestApp, identity_settings, new_databases, on_both_databases};

/// A server with keys in a directory, on each database.
async fn with_keys(test: impl AsyncFn(TestApp, PathBuf)) {
    for database in new_databases() {
        let keys = TempDir::new().expect("a folder").keep().join("keys");
        test(
            TestApp::start_with(
                database,
                Setup { identity: Some((keys.clone(), identity_settings())), ..Setup::default() },
            ),
            keys,
        )
        .await;
    }
}

/// The files of the private keys that tokens are signed with.
fn token_keys(keys: &Path) -> impl Iterator<Item = PathBuf> {
    let files = fs::read_dir(keys).expect("the directory").map(|file| file.expect("a file").path());
    files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("token-")))
}

/// The key that the server signs with, as somebody who stole it would read it.
fn stolen(keys: &Path) -> Ed25519KeyPair {
    let file = token_keys(keys).next().expect("a key");
    let text = fs::read_to_string(file).expect("a file");
    let inner: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    Ed25519KeyPair::from_pkcs8(&STANDARD.decode(inner).expect("base64")).expect("a key")
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

fn unsigned(header: &Value, claims: &Value) -> String {
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encoded(header), encoded(claims))
}

fn signed(header: &Value, claims: &Value, key: &Ed25519KeyPair) -> String {
    let text = unsigned(header, claims);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn hmac_signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let text = unsigned(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()));
    format!("{text}.{signature}")
}

/// Merges other members into an object; `null` takes one away.
fn with(value: &Value, members: Value) -> Value {
    let mut value = value.clone();
    merge_patch::merge(&mut value, &members);
    value
}

#[actix_web::test]
async fn only_a_token_that_we_signed_for_ourselves_with_our_algorithm_holds() {
    with_keys(async |app, keys| {
        let token = app.token("editor").await;
        let (key, header, claims) = (stolen(&keys), part(&token, 0), part(&token, 1));
        let other = Ed25519KeyPair::generate().expect("a key");
        let public = key.public_key().as_ref();
        let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(other.public_key()) });
        let body = &token[..token.rfind('.').expect("a signature")];
        let evil = with(&claims, json!({ "sub": "another" }));
        let spliced = format!("{}.{}", unsigned(&header, &evil), token.rsplit('.').next().expect("a signature"));

        assert_eq!(app.status_of(&token).await, 200);
        assert_eq!(app.status_of(&signed(&header, &claims, &key)).await, 200, "the forger knows how");
        for (attack, forged) in [
            ("no signature", format!("{body}.")),
            ("alg none", format!("{}.", unsigned(&with(&header, json!({ "alg": "none" })), &claims))),
            ("alg NONE", format!("{}.", unsigned(&with(&header, json!({ "alg": "NoNe" })), &claims))),
            ("HS256 with the public key", hmac_signed(&with(&header, json!({ "alg": "HS256" })), &claims, public)),
            (
                "HS256 with the public key as text",
                hmac_signed(
                    &with(&header, json!({ "alg": "HS256" })),
                    &claims,
                    URL_SAFE_NO_PAD.encode(public).as_bytes(),
                ),
            ),
            ("EdDSA that is an HMAC", hmac_signed(&header, &claims, public)),
            ("another key", signed(&header, &claims, &other)),
            ("without kid", signed(&with(&header, json!({ "kid": null })), &claims, &key)),
            ("unknown kid", signed(&with(&header, json!({ "kid": "A".repeat(43) })), &claims, &other)),
            ("kid that is a path", signed(&with(&header, json!({ "kid": "../../dev/null" })), &claims, &other)),
            ("kid that is SQL", signed(&with(&header, json!({ "kid": "' OR '1'='1" })), &claims, &other)),
            ("its own jwk", signed(&with(&header, json!({ "jwk": jwk })), &claims, &other)),
            ("its own jwk, and ours", signed(&with(&header, json!({ "jwk": jwk })), &claims, &key)),
            ("jku", signed(&with(&header, json!({ "jku": "http://127.0.0.1:1/keys" })), &claims, &key)),
            ("x5u", signed(&with(&header, json!({ "x5u": "http://127.0.0.1:1/key" })), &claims, &key)),
            ("crit", signed(&with(&header, json!({ "crit": ["exp"] })), &claims, &key)),
            ("another type", signed(&with(&header, json!({ "typ": "JWT" })), &claims, &key)),
            ("without type", signed(&with(&header, json!({ "typ": null })), &claims, &key)),
            ("payload of another", spliced),
            ("truncated", token[..token.len() - 2].to_owned()),
            ("one part", token.split('.').next().expect("a part").to_owned()),
            ("four parts", format!("{token}.x")),
            ("very long", format!("{token}{}", "A".repeat(9000))),
            ("nothing", ".".into()),
        ] {
            assert_eq!(app.status_of(&forged).await, 401, "{attack}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_token_holds_for_its_time_its_audience_and_its_session_alone() {
    with_keys(async |app, keys| {
        let token = app.token("editor").await;
        let other = app.token("reviewer").await;
        let (key, header, claims) = (stolen(&keys), part(&token, 0), part(&token, 1));
        let at = Utc::now();
        let now = at.timestamp();
        let forged = |members: Value| signed(&header, &with(&claims, members), &key);

        for (wrong, members) in [
            ("expired", json!({ "exp": now - 6 })),
            ("without end", json!({ "exp": null })),
            ("end that is text", json!({ "exp": "never" })),
            ("not yet valid", json!({ "nbf": now + 3600 })),
            ("another audience", json!({ "aud": "elsewhere" })),
            ("without audience", json!({ "aud": null })),
            ("another issuer", json!({ "iss": "https://elsewhere.example" })),
            ("without issuer", json!({ "iss": null })),
            ("another account", json!({ "sub": part(&other, 1)["sub"] })),
            ("another session", json!({ "sid": part(&other, 1)["sid"] })),
            ("no session", json!({ "sid": "00000000" })),
            ("a session that is a number", json!({ "sid": 7 })),
        ] {
            assert_eq!(app.status_of(&forged(members)).await, 401, "{wrong}");
        }
        // Clocks differ a little. Asked of what checks tokens, at a time that is given: a request may take too long on its way.
        let holds =
            async |members: Value| app.register.authority.caller(&app.register.db, &forged(members), at).await.is_ok();
        assert!(holds(json!({ "exp": now - 2, "nbf": now + 2 })).await);
        assert!(holds(json!({ "exp": now - 4, "nbf": now + 5 })).await);
        assert!(!holds(json!({ "exp": now - 5 })).await && !holds(json!({ "nbf": now + 6 })).await);
        assert_eq!(app.status_of(&forged(json!({ "nbf": now + 2 }))).await, 200);
        let expired = app.call(Method::GET, "/v1/me", &forged(json!({ "exp": now - 60 })), None).await;
        assert_eq!(expired.expect_problem(401, "unauthenticated")["detail"], "访问令牌已过期，请刷新或者重新登录。");
    })
    .await;
}

#[actix_web::test]
async fn anybody_can_check_a_token_with_the_public_keys() {
    on_both_databases(async |app| {
        let token = app.token("editor").await;

        let answer = app.get("/.well-known/jwks.json").await;

        answer.expect_status(200);
        assert!(answer.header("cache-control").starts_with("public, max-age="));
        let keys: JwkSet = serde_json::from_value(answer.json()).expect("a JWK set");
        let header = part(&token, 0);
        assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("at+jwt")));
        let jwk = keys.find(header["kid"].as_str().expect("a kid")).expect("the key that signed");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&["qingdan"]);
        validation.set_audience(&["qingdan"]);
        let key = DecodingKey::from_jwk(jwk).expect("a key");
        let claims = decode::<Value>(&token, &key, &validation).expect("it holds").claims;
        for name in ["sub", "sid", "jti", "iat", "nbf", "exp"] {
            assert!(!claims[name].is_null(), "{name}");
        }
        assert_eq!(jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).expect("one"), header["kid"]);
        assert!(!answer.text().contains("\"d\""), "no private part");
        let unchanged = app.get_with("/.well-known/jwks.json", &[("if-none-match", answer.header("etag"))]).await;
        unchanged.expect_status(304);
    })
    .await;
}

#[actix_web::test]
async fn a_token_of_one_replica_holds_on_every_other() {
    on_both_databases(async |app| {
        let replica = TestApp::start(app.database.clone());

        let (here, there) = (app.token("editor").await, replica.token("editor").await);

        assert_ne!(part(&here, 0)["kid"], part(&there, 0)["kid"]);
        assert_eq!((app.status_of(&there).await, replica.status_of(&here).await), (200, 200));
        app.call(Method::DELETE, "/v1/sessions/current", &here, None).await.expect_status(204);
        assert_eq!(replica.status_of(&here).await, 401);
    })
    .await;
}

#[actix_web::test]
async fn private_keys_are_files_for_the_process_alone_and_survive_it() {
    with_keys(async |app, keys| {
        let token = app.token("editor").await;

        let again = TestApp::start_with(
            app.database.clone(),
            Setup { identity: Some((keys.clone(), identity_settings())), ..Setup::default() },
        );

        assert_eq!(part(&again.token("editor").await, 0)["kid"], part(&token, 0)["kid"]);
        assert_eq!(again.status_of(&token).await, 200);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &PathBuf| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
            assert_eq!(mode(&keys), 0o700);
            let files: Vec<_> =
                fs::read_dir(&keys).expect("it is there").map(|file| file.expect("a file").path()).collect();
            assert!(files.len() > 1 && files.iter().all(|file| mode(file) == 0o600), "{files:?}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_new_key_is_shown_before_it_signs_and_old_tokens_go_on_to_hold() {
    with_keys(async |app, keys| {
        let (db, authority) = (&app.register.db, &app.register.authority);
        let old = app.token("editor").await;
        let kid = |token: &str| part(token, 0)["kid"].clone();
        let now = Utc::now();
        let directory = keys.clone();
        let new = db.write(move |conn| identity::rotate(conn, &directory, false, now)).await.expect("a new key");

        authority.keep_up(db, now).await.expect("the keys");
        assert_eq!(kid(&app.token("editor").await), kid(&old), "others have to learn of the new one first");
        assert!(app.get("/.well-known/jwks.json").await.text().contains(&new));
        authority.keep_up(db, now + TimeDelta::seconds(61)).await.expect("the keys");
        assert_eq!(kid(&app.token("editor").await), json!(new));
        assert_eq!(app.status_of(&old).await, 200);
        assert_eq!(token_keys(&keys).count(), 1, "the retired private key is gone");
        authority.keep_up(db, now + TimeDelta::hours(14)).await.expect("the keys");
        assert_eq!(app.get("/.well-known/jwks.json").await.json()["keys"].as_array().map(Vec::len), Some(1));

        authority.keep_up(db, now + TimeDelta::days(91)).await.expect("the keys");
        authority.keep_up(db, now + TimeDelta::days(92)).await.expect("the keys");
        assert!(!app.get("/.well-known/jwks.json").await.text().contains(&new), "replaced by itself");
    })
    .await;
}

#[actix_web::test]
async fn revoking_the_keys_ends_every_token() {
    with_keys(async |app, keys| {
        let (db, authority) = (&app.register.db, &app.register.authority);
        let old = app.token("editor").await;
        let now = Utc::now();

        db.write(move |conn| identity::rotate(conn, &keys, true, now)).await.expect("a new key");
        authority.keep_up(db, now).await.expect("the keys");

        assert_eq!(app.status_of(&old).await, 401);
        assert_eq!(app.status_of(&app.token("editor").await).await, 200);
        let trail = app.trail().await;
        let told: Vec<_> = trail.iter().filter(|line| line.starts_with("system keys.")).collect();
        let ended = part(&old, 0)["kid"].as_str().expect("a key").to_owned();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with(&format!("system keys.rotate key/{ended} done")), "{told:?}");
        assert!(told[1].starts_with("system keys.revoke - done") && told[1].contains(&ended), "{told:?}");
        assert!(told[2].starts_with("system keys.rotate key/") && !told[2].contains(&ended), "{told:?}");
    })
    .await;
}
