//! Tokens of another issuer: accepted when configured, for what its roles are worth here.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use qingdan::{
    base::{config::IdentitySettings, merge_patch},
    staff::identity::{Authority, Permission},
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::helpers::app::{Setup, TestApp, identity_settings, new_databases, new_sqlite_database, until};

const ISSUER: &str = "https://id.example.gov.cn/realms/county";

/// A key of the issuer.
struct Key {
    kid: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
}

impl Key {
    fn rsa(kid: &'static str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        // RSAPrivateKey (PKCS #1) is what stands inside the PKCS #8 document.
        let pkcs8 = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&pair).expect("DER");
        Self { kid, algorithm: Algorithm::RS256, private: EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]) }
    }

    fn ec(kid: &'static str) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).expect("a key");
        Self { kid, algorithm: Algorithm::ES256, private: EncodingKey::from_ec_der(pkcs8.as_ref()) }
    }

    fn ed(kid: &'static str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).expect("a key");
        Self { kid, algorithm: Algorithm::EdDSA, private: EncodingKey::from_ed_der(pkcs8.as_ref()) }
    }

    fn public(&self) -> Value {
        let mut jwk = Jwk::from_encoding_key(&self.private, self.algorithm).expect("a JWK");
        jwk.common.key_id = Some(self.kid.into());
        serde_json::to_value(jwk).expect("JSON")
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_as(self.kid, claims)
    }

    fn sign_as(&self, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.into()), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.private).expect("a token")
    }
}

fn jwks(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() }).to_string()
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": ["account", "qingdan-api"], "sub": "f:7:li", "exp": Utc::now().timestamp() + 300,
        "preferred_username": "li", "realm_access": { "roles": ["offline", "township editors"] },
    })
}

fn with(members: Value) -> Value {
    let mut claims = claims();
    merge_patch::merge(&mut claims, &members);
    claims
}

fn accepting(jwks: &str) -> IdentitySettings {
    IdentitySettings {
        oidc_issuer: Some(ISSUER.into()),
        oidc_audience: Some("qingdan-api".into()),
        oidc_jwks: Some(jwks.into()),
        oidc_roles: Some("township editors=editor@11350121003619116B; boss=admin@350121".into()),
        oidc_roles_claim: "/realm_access/roles".into(),
        ..identity_settings()
    }
}

async fn with_issuer(keys: &[&Key], test: impl AsyncFn(TestApp)) {
    for database in new_databases() {
        let folder = TempDir::new().expect("a folder").keep();
        let file = folder.join("jwks.json");
        fs::write(&file, jwks(keys)).expect("a file");
        let settings = accepting(&file.display().to_string());
        test(TestApp::start_with(
            database,
            Setup { identity: Some((folder.join("keys"), settings)), ..Setup::default() },
        ))
        .await;
    }
}

#[actix_web::test]
async fn callers_of_a_configured_issuer_may_do_what_their_roles_are_worth() {
    let keys = [Key::rsa("r"), Key::ec("e"), Key::ed("d")];
    with_issuer(&keys.each_ref(), async |app| {
        for key in &keys {
            let me = app.call(Method::GET, "/v1/me", &key.sign(&claims()), None).await;

            me.expect_status(200);
            let me = me.json();
            assert_eq!(me["username"], format!("{ISSUER}#f:7:li"));
            assert_eq!((&me["display_name"], &me["organisation"]), (&json!("li"), &json!("11350121003619116B")));
            assert_eq!(me["grants"], json!([{ "role": "editor", "organisation": "11350121003619116B" }]));
        }
        let boss = json!({ "realm_access": { "roles": ["boss", "township editors"] } });
        for (may, as_said) in [
            (4, json!({ "auth_time": 1_764_500_000 })),
            (3, json!({})),
            (3, json!({ "auth_time": 1_764_500_000, "preferred_username": "service-account-robot" })),
            (3, json!({ "auth_time": 1_764_500_000, "azp": "f:7:li" })),
            (3, json!({ "auth_time": 1_764_500_000, "idtyp": "app" })),
        ] {
            let mut claims = with(boss.clone());
            merge_patch::merge(&mut claims, &as_said);
            let me = app.call(Method::GET, "/v1/me", &keys[0].sign(&claims), None).await.json();
            assert_eq!(me["permissions"].as_array().map(Vec::len), Some(may), "programs do not administer: {as_said}");
        }
        let nobody = keys[0].sign(&with(json!({ "realm_access": { "roles": ["offline"] } })));
        let me = app.call(Method::GET, "/v1/me", &nobody, None).await;
        assert_eq!(me.json()["permissions"], json!([]));
        app.call(Method::GET, "/v1/users", &nobody, None).await.expect_problem(403, "forbidden");
        app.call(Method::DELETE, "/v1/sessions/current", &nobody, None).await.expect_problem(409, "state-conflict");
        assert_eq!(app.status_of(&app.token("editor").await).await, 200, "our own go on to hold");
    })
    .await;
}

#[actix_web::test]
async fn a_token_of_the_issuer_must_be_for_us_in_time_and_signed_by_its_key() {
    let (rsa, ed, other) = (Key::rsa("r"), Key::ed("d"), Key::ed("d"));
    with_issuer(&[&rsa, &ed], async |app| {
        let now = Utc::now().timestamp();
        let public = rsa.public()["n"].as_str().expect("a modulus").to_owned();
        let hmac = Key { kid: "r", algorithm: Algorithm::HS256, private: EncodingKey::from_secret(public.as_bytes()) };
        let rs512 = Key { kid: "r", algorithm: Algorithm::RS512, private: rsa.private.clone() };

        for (wrong, token) in [
            ("another issuer", ed.sign(&with(json!({ "iss": "https://id.example.gov.cn/realms/other" })))),
            ("our issuer", ed.sign(&with(json!({ "iss": "qingdan" })))),
            ("another audience", ed.sign(&with(json!({ "aud": "account" })))),
            ("without audience", ed.sign(&with(json!({ "aud": null })))),
            ("without subject", ed.sign(&with(json!({ "sub": null })))),
            ("an empty subject", ed.sign(&with(json!({ "sub": "" })))),
            ("expired", ed.sign(&with(json!({ "exp": now - 31 })))),
            ("without end", ed.sign(&with(json!({ "exp": null })))),
            ("not yet valid", ed.sign(&with(json!({ "nbf": now + 600 })))),
            ("an nbf that is text", ed.sign(&with(json!({ "nbf": "soon" })))),
            ("another key with the same kid", other.sign(&claims())),
            ("an ID token", ed.sign(&with(json!({ "typ": "ID" })))),
            ("a refresh token", ed.sign(&with(json!({ "typ": "Refresh" })))),
            ("an ID token that does not say so", ed.sign(&with(json!({ "at_hash": "MTIzNDU2Nzg5MGFiY2RlZg" })))),
            ("a token of a logout", ed.sign(&with(json!({ "events": { "logout": {} } })))),
            ("a token that is bound to a key", ed.sign(&with(json!({ "cnf": { "jkt": "x" } })))),
            ("unknown kid", ed.sign_as("x", &claims())),
            ("the kid of a key of another type", ed.sign_as("r", &claims())),
            ("HMAC with the public key", hmac.sign(&claims())),
            ("another algorithm of the family", rs512.sign(&claims())),
        ] {
            app.call(Method::GET, "/v1/me", &token, None).await.expect_problem(401, "unauthenticated");
            assert_eq!(app.status_of(&token).await, 401, "{wrong}");
        }
        assert_eq!(app.status_of(&ed.sign(&with(json!({ "typ": "Bearer" })))).await, 200);
        // A name with a space in it is not two names.
        let named = with(json!({ "realm_access": { "roles": "no boss township" } }));
        let me = app.call(Method::GET, "/v1/me", &ed.sign(&named), None).await;
        assert_eq!(me.json()["grants"], json!([]));
        assert_eq!(app.status_of(&ed.sign(&claims())).await, 200);
    })
    .await;
}

/// An issuer that tells its keys as `answer` says each time it is asked, and hangs where that says nothing; where they are, and what
/// stops it.
fn issuer(answer: impl Fn() -> Option<String> + Clone + Send + 'static) -> (String, ServerHandle) {
    let issuer = HttpServer::new(move || {
        let answer = answer.clone();
        let tell = move || {
            let keys = answer();
            async move {
                match keys {
                    Some(keys) => HttpResponse::Ok().content_type("application/json").body(keys),
                    None => std::future::pending().await,
                }
            }
        };
        App::new().route("/keys", web::get().to(tell))
    });
    let issuer = issuer.workers(1).bind("127.0.0.1:0").expect("a port");
    let keys = format!("http://{}/keys", issuer.addrs()[0]);
    let issuer = issuer.run();
    let handle = issuer.handle();
    actix_web::rt::spawn(issuer);
    (keys, handle)
}

#[actix_web::test]
async fn keys_from_an_address_are_asked_for_again_when_an_unknown_one_comes_but_not_each_time() {
    let (old, new) = (Key::ed("old"), Key::ed("new"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let sets = [jwks(&[&old]), jwks(&[&old, &new])];
    let (keys, issuer) = issuer(move || Some(sets[counter.fetch_add(1, Ordering::SeqCst).min(1)].clone()));
    let app = TestApp::start(new_sqlite_database());
    let db = &app.register.db;
    let authority = Authority::in_memory(db, Utc::now()).await.expect("keys");
    let authority = authority.accepting(&accepting(&keys)).expect("settings");
    let now = Utc::now();
    let later = now + chrono::TimeDelta::seconds(61);

    authority.caller(db, &old.sign(&claims()), now).await.expect("it holds");
    for _ in 0..3 {
        authority.caller(db, &new.sign(&claims()), now).await.expect_err("unknown, and asked for just now");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    authority.caller(db, &new.sign(&claims()), later).await.expect("asked for again");
    authority.caller(db, &old.sign(&claims()), later).await.expect("it holds");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    issuer.stop(false).await;
}

#[actix_web::test]
async fn an_issuer_that_is_being_mended_takes_no_key_away_and_one_that_hangs_holds_up_nobody_whose_key_is_known() {
    let (old, new) = (Key::ed("old"), Key::ed("new"));
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let answers = [jwks(&[&old]), "<html>maintenance</html>".into(), jwks(&[&new])];
    let (keys, issuer) = issuer(move || answers.get(counter.fetch_add(1, Ordering::SeqCst)).cloned());
    let app = TestApp::start(new_sqlite_database());
    let db = &app.register.db;
    let authority = Authority::in_memory(db, Utc::now()).await.expect("keys");
    let authority = authority.accepting(&accepting(&keys)).expect("settings");
    let authority = Arc::new(authority);
    let now = Utc::now();
    let claims = with(json!({ "exp": now.timestamp() + 86_400 }));
    let holds = async |token: &str, at| authority.caller(db, token, at).await.is_ok();
    let stranger = old.sign_as("nobody", &claims);
    let (old, new) = (old.sign(&claims), new.sign(&claims));

    assert!(holds(&old, now).await);
    let later = now + chrono::TimeDelta::seconds(61);
    assert!(!holds(&new, later).await && asked.load(Ordering::SeqCst) == 2);
    assert!(holds(&old, later).await, "a page that has no key takes none away");

    let later = later + chrono::TimeDelta::minutes(61);
    assert!(holds(&old, later).await, "the keys are asked for beside");
    until("the withdrawal of the old key", async || !holds(&old, later).await).await;
    assert!(holds(&new, later).await);

    let later = later + chrono::TimeDelta::seconds(61);
    let (asking, by) = (authority.clone(), db.clone());
    let stranger = actix_web::rt::spawn(async move { asking.caller(&by, &stranger, later).await.is_ok() });
    until("the question", async || asked.load(Ordering::SeqCst) == 4).await;
    assert!(holds(&new, later).await && !stranger.is_finished(), "only who names an unknown key waits");
    stranger.abort();
    issuer.stop(false).await;
}

#[actix_web::test]
async fn an_operator_names_the_claim_that_only_people_have() {
    let app = TestApp::start(new_sqlite_database());
    let (folder, key) = (TempDir::new().expect("a folder"), Key::ed("d"));
    let file = folder.path().join("jwks.json");
    fs::write(&file, jwks(&[&key])).expect("a file");
    let settings = IdentitySettings {
        oidc_person_claim: Some("https://example.gov.cn/person".into()),
        ..accepting(&file.display().to_string())
    };
    let (db, now) = (&app.register.db, Utc::now());
    let authority = Authority::in_memory(db, now).await.expect("keys").accepting(&settings).expect("settings");
    for (is_admin, said) in [
        (true, json!({ "https://example.gov.cn/person": true })),
        (false, json!({ "https://example.gov.cn/person": false })),
        (false, json!({ "https://example.gov.cn/person": true, "azp": "f:7:li" })),
        (false, json!({ "auth_time": 1_764_500_000 })),
    ] {
        let mut claims = with(json!({ "realm_access": { "roles": ["boss"] } }));
        merge_patch::merge(&mut claims, &said);

        let (caller, _) = authority.caller(db, &key.sign(&claims), now).await.expect("it holds");

        assert_eq!(caller.ever_may(Permission::Admin), is_admin, "{said}");
    }
}

#[actix_web::test]
async fn settings_of_an_issuer_that_cannot_work_are_refused_by_name() {
    let app = TestApp::start(new_sqlite_database());
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("jwks.json");
    fs::write(&file, jwks(&[&Key::ed("d")])).expect("a file");
    let good = || accepting(&file.display().to_string());
    for (setting, settings) in [
        ("QINGDAN_OIDC_ISSUER", IdentitySettings { oidc_issuer: None, ..good() }),
        ("QINGDAN_OIDC_ISSUER", IdentitySettings { oidc_issuer: Some("qingdan".into()), ..good() }),
        ("QINGDAN_OIDC_AUDIENCE", IdentitySettings { oidc_audience: Some(" ".into()), ..good() }),
        ("QINGDAN_OIDC_JWKS", IdentitySettings { oidc_jwks: None, ..good() }),
        ("QINGDAN_OIDC_JWKS", IdentitySettings { oidc_jwks: Some("/nowhere.json".into()), ..good() }),
        ("QINGDAN_OIDC_JWKS", IdentitySettings { oidc_jwks: Some("http://id.example/keys".into()), ..good() }),
        ("QINGDAN_OIDC_ROLES", IdentitySettings { oidc_roles: Some("boss=king@*".into()), ..good() }),
    ] {
        let authority = Authority::in_memory(&app.register.db, Utc::now()).await.expect("keys");
        let refused = authority.accepting(&settings).map(|_| ()).expect_err("it cannot work");
        assert_eq!(refused.setting, setting);
    }
}
