//! The endpoints of signing in and of one's own account as OpenAPI describes them.

use serde_json::{Value, json};

use super::{oauth, sign_in};
use crate::{
    problem::Code,
    staff::requests::Promise,
    web::contract::{Operation, any_object, schema},
};

/// The group of signing in, and of one's own account.
const SESSIONS: &str = "sessions";
/// The operations, in the order of the document.
pub fn operations() -> impl Iterator<Item = Operation> {
    let of = |promise: &Promise| promise.operation(SESSIONS, sign_in::ENDPOINTS);
    let (signing_in, own_account) = (SIGNING_IN.iter().filter_map(of), OWN_ACCOUNT.iter().filter_map(of));
    signing_in.chain(client_token()).chain(own_account).chain([public_keys()])
}

const SIGNING_IN: &[Promise] = &[
    Promise {
        action: "session.create",
        summary: "登录 · Sign in",
        description: &[
            "For people. The access token is a JWT for ten minutes; send it as `Authorization: Bearer`. The refresh \
                 token holds once and waits up to two hours; a session lasts twelve hours at most. 401 `bad-credentials` \
                 does not say which of both was wrong. After several failures on an account from one address, or from \
                 an address on any, 429 with `Retry-After`: the wait doubles up to five minutes. An address that never failed on an \
                 account is let try, whatever others do. Every attempt on an \
                 account is in the audit trail. `Idempotency-Key` is not honoured here.",
        ],
        answer: Some(|| schema("Tokens")),
        sends: Some(("SignIn", || json!({ "username": "li", "password": "nine Dogs over the Min river" }))),
        refuses: &[Code::BadCredentials],
        succeeds: &[(201, "已登录 · Signed in")],
        ..Promise::NOTHING
    },
    Promise {
        action: "session.refresh",
        summary: "续期 · Renew a session",
        description: &[
            "Gives a new access token and the next refresh token; the one that was sent no longer holds. One that \
                 comes a second time ends the whole session, since it may have been stolen: keep only the latest, and let \
                 one request at a time renew.",
        ],
        answer: Some(|| schema("Tokens")),
        sends: Some(("Refresh", || json!({ "refresh_token": "m8c1cW2v3l0bq0m7m9E6m0m9v2tqz8Q4o2k9t8y1x0A" }))),
        refuses: &[Code::Unauthenticated],
        succeeds: &[(201, "已续期 · Renewed")],
        ..Promise::NOTHING
    },
    Promise {
        action: "session.end",
        summary: "退出 · Sign out",
        description: &["Ends the session of this token, and every token of it, at once."],
        refuses: &[Code::StateConflict],
        ..Promise::NOTHING
    },
];

const CLIENT_TOKEN: Promise = Promise {
    action: "token.create",
    summary: "客户端令牌 · Token of a service client",
    description: &[
        "RFC 6749 §4.4 (client credentials): `grant_type=client_credentials` as a form; the client's id and secret in \
            `Authorization: Basic` or as `client_id` and `client_secret` in the form. Ten minutes, no refresh token: ask \
            again. Refusals have the form of RFC 6749 §5.2, `{ \"error\", \"error_description\" }` as \
            `application/json`: 400 `invalid_request` or `unsupported_grant_type`, 401 `invalid_client`, 429 `slow_down` with \
            `Retry-After` after failures. What is refused before the form is read is a problem document as everywhere, too many \
            requests among them.\n\n\
            `curl -u client-7f3b2c91d4e8:SECRET -d grant_type=client_credentials …/v1/oauth/token`",
    ],
    answer: Some(|| schema("Tokens")),
    ..Promise::NOTHING
};

const OWN_ACCOUNT: &[Promise] = &[
    Promise {
        action: "me.read",
        summary: "本人账号 · My account",
        description: &[
            "Who this token stands for, its grants and what they permit together, and grants that wait to be confirmed. With a \
                 password that somebody else set, 403 `password-change-required` as everywhere but at `PUT /v1/me/password` and at \
                 signing out. What others did to the account is at `/v1/me/audit`.",
        ],
        answer: Some(|| schema("Me")),
        ..Promise::NOTHING
    },
    Promise {
        action: "me.password",
        summary: "修改本人密码 · Change my password",
        description: &[PASSWORD, "Ends all your other sessions."],
        sends: Some((
            "PasswordChange",
            || json!({ "old_password": "nine Dogs over the Min river", "password": "tea at seven, boat at eight" }),
        )),
        refuses: &[Code::StateConflict],
        ..Promise::NOTHING
    },
];

/// The rules of passwords.
pub const PASSWORD: &str = "12 to 128 characters of any kind, spaces and Chinese among them; nothing about capitals or digits is asked, \
                        and passwords do not expire. Refused are common passwords in any disguise, repetitions and walks on the \
                        keyboard, identity numbers, and what contains the username or the name of this service: `errors` says which. ";

/// The endpoint of OAuth, to which a form is sent and whose errors have a form of their own.
fn client_token() -> Option<Operation> {
    let operation = CLIENT_TOKEN.operation(SESSIONS, oauth::ENDPOINTS)?;
    let operation = operation.sent_like(
        "application/x-www-form-urlencoded",
        schema("TokenRequest"),
        json!({ "grant_type": "client_credentials", "client_id": "client-7f3b2c91d4e8", "client_secret": "SECRET" }),
    );
    Some(Operation { own_errors: token_errors(), ..operation })
}

/// The public keys, which anybody reads.
fn public_keys() -> Operation {
    Operation::json("get_jwks", SESSIONS, "/.well-known/jwks.json", jwks())
        .says(
            "公钥 · Public keys",
            "The keys that access tokens are signed with, as a JWK set (RFC 7517): Ed25519, `alg` EdDSA. Who checks a \
             token oneself also checks `iss`, `aud` (`qingdan`), `exp` and `typ` (`at+jwt`), and does not learn of a \
             sign-out before the token expires. Keys change about every 90 days; a new one is shown a minute before \
             it signs. A mirror has none: 404.",
        )
        .refuses(&[Code::NotFound])
        .unconditional()
        .versioned()
}

/// The errors of RFC 6749 §5.2.
fn token_errors() -> Vec<(u16, Value)> {
    let error = |status: u16, description: &str, code: &str, text: &str| {
        let body = json!({ "schema": schema("TokenError"), "example": { "error": code, "error_description": text } });
        (status, json!({ "description": description, "content": { "application/json": body } }))
    };
    vec![
        error(400, "请求不完整 · Not a request for a token", "invalid_request", "grant_type is missing."),
        error(
            401,
            "客户端或密钥不正确 · Wrong client or secret",
            "invalid_client",
            "The client and its secret do not go together.",
        ),
        error(
            429,
            "失败次数过多 · Too many failures",
            "slow_down",
            "Too many failures to sign in: try again in 8 seconds.",
        ),
    ]
}

fn jwks() -> Value {
    json!({
        "type": "object",
        "required": ["keys"],
        "properties": {
            "keys": { "type": "array", "description": "公钥", "items": any_object() },
        },
    })
}
