//! Describes these endpoints for OpenAPI.

use serde_json::{Value, json};

use super::{
    people::NEEDS,
    shapes::{
        Client, ClientChange, Me, NewClient, NewUser, PasswordChange, PasswordSetting, Refresh, SignIn, TokenError,
        TokenRequest, Tokens, User, UserChange,
    },
};
use crate::{
    problem::Code,
    web::contract::{Operation, Schemas, any_object, path_parameter, query_parameter, schema},
};

const SESSIONS: &str = "sessions";
const ACCOUNTS: &str = "accounts";

/// What every endpoint promises.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<SignIn>();
    schemas.add::<Refresh>();
    schemas.add::<Tokens>();
    schemas.add::<TokenRequest>();
    schemas.add::<TokenError>();
    schemas.add::<Me>();
    schemas.add::<PasswordChange>();
    schemas.add::<PasswordSetting>();
    schemas.add::<NewUser>();
    schemas.add::<NewClient>();
    schemas.add::<User>();
    schemas.add::<Client>();
    for (name, whole) in
        [("UserPatch", patch_of::<UserChange>("UserChange")), ("ClientPatch", patch_of::<ClientChange>("ClientChange"))]
    {
        schemas.put(name, whole);
    }
    [sessions(), people(), clients()].into_iter().flatten().collect()
}

/// The schema of a merge patch: the same members, none required, what is optional may be null.
fn patch_of<T: utoipa::ToSchema>(name: &str) -> Value {
    let mut schema = crate::fields::Shape::of::<T>().components().get(name).cloned().unwrap_or_default();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schema
}

fn sessions() -> Vec<Operation> {
    vec![
        Operation::staff("session_create", SESSIONS, "post", "/v1/sessions", schema("Tokens"))
            .open()
            .sent(schema("SignIn"), json!({ "username": "li", "password": "nine Dogs over the Min river" }))
            .succeeds(&[(201, "已登录 · Signed in")])
            .refuses(&[Code::BadCredentials])
            .says(
                "登录 · Sign in",
                "For people. The access token is a JWT for ten minutes; send it as `Authorization: Bearer`. The refresh \
                 token holds once and waits up to two hours; a session lasts twelve hours at most. 401 `bad-credentials` \
                 does not say which of both was wrong. After several failures on an account from one address, or from \
                 an address on any, 429 with `Retry-After`: the wait doubles up to five minutes. An address that never failed on an \
                 account is let try, whatever others do. Every attempt on an \
                 account is in the audit trail. `Idempotency-Key` is not honoured here.",
            ),
        Operation::staff("session_refresh", SESSIONS, "post", "/v1/sessions/refresh", schema("Tokens"))
            .open()
            .sent(schema("Refresh"), json!({ "refresh_token": "m8c1cW2v3l0bq0m7m9E6m0m9v2tqz8Q4o2k9t8y1x0A" }))
            .succeeds(&[(201, "已续期 · Renewed")])
            .refuses(&[Code::Unauthenticated])
            .says(
                "续期 · Renew a session",
                "Gives a new access token and the next refresh token; the one that was sent no longer holds. One that \
                 comes a second time ends the whole session, since it may have been stolen: keep only the latest, and let \
                 one request at a time renew.",
            ),
        Operation::staff("session_end", SESSIONS, "delete", "/v1/sessions/current", json!({}))
            .silent()
            .refuses(&[Code::StateConflict])
            .says("退出 · Sign out", "Ends the session of this token, and every token of it, at once."),
        Operation {
            own_errors: token_errors(),
            ..Operation::staff("token_create", SESSIONS, "post", "/v1/oauth/token", schema("Tokens"))
        }
        .open()
        .sent_as("application/x-www-form-urlencoded", schema("TokenRequest"))
        .says(
            "客户端令牌 · Token of a service client",
            "RFC 6749 §4.4 (client credentials): `grant_type=client_credentials` as a form; the client's id and secret in \
             `Authorization: Basic` or as `client_id` and `client_secret` in the form. Ten minutes, no refresh token: ask \
             again. Refusals have the form of RFC 6749 §5.2, `{ \"error\", \"error_description\" }` as \
             `application/json`, not problem documents: 400 `invalid_request` or `unsupported_grant_type`, 401 \
             `invalid_client`, 429 `slow_down` with `Retry-After`.\n\n\
             `curl -u client-7f3b2c91d4e8:SECRET -d grant_type=client_credentials …/v1/oauth/token`",
        )
,
        Operation::staff("me_read", SESSIONS, "get", "/v1/me", schema("Me"))
            .says(
                "本人账号 · My account",
                "Who this token stands for, its grants and what they permit together, and grants that wait to be confirmed. With a \
                 password that somebody else set, 403 `password-change-required` as everywhere but at `PUT /v1/me/password` and at \
                 signing out. What others did to the account is at `/v1/me/audit`.",
            ),
        Operation::staff("me_password", SESSIONS, "put", "/v1/me/password", json!({}))
            .silent()
            .sent(
                schema("PasswordChange"),
                json!({ "old_password": "nine Dogs over the Min river", "password": "tea at seven, boat at eight" }),
            )
            .refuses(&[Code::StateConflict])
            .says("修改本人密码 · Change my password", password_text("Ends all your other sessions.")),
        Operation::json("get_jwks", SESSIONS, "/.well-known/jwks.json", jwks())
            .says(
                "公钥 · Public keys",
                "The keys that access tokens are signed with, as a JWK set (RFC 7517): Ed25519, `alg` EdDSA. Who checks a \
                 token oneself also checks `iss`, `aud` (`qingdan`), `exp` and `typ` (`at+jwt`), and does not learn of a \
                 sign-out before the token expires. Keys change about every 90 days; a new one is shown a minute before \
                 it signs.",
            )
            .unconditional(),
    ]
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

fn password_text(rest: &str) -> String {
    format!(
        "12 to 128 characters of any kind, spaces and Chinese among them; nothing about capitals or digits is asked, and \
         passwords do not expire. Refused are common passwords in any disguise, repetitions and walks on the keyboard, \
         identity numbers, and what contains the username or the name of this service: `errors` says which. {rest}"
    )
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

fn page(row: &str) -> Value {
    json!({
        "type": "object",
        "description": "一页: one page of a list.",
        "required": ["items", "next", "total", "seq"],
        "properties": {
            "items": { "type": "array", "items": schema(row), "description": "账号" },
            "next": { "type": ["string", "null"], "description": "下一页游标: null on the last page." },
            "total": { "type": "integer", "format": "int64", "minimum": 0, "description": "总数: of all pages." },
            "seq": { "type": "integer", "format": "int64", "minimum": 0, "description": "变更序号" },
        },
    })
}

fn paging() -> [Value; 2] {
    [
        query_parameter(
            "limit",
            "每页条数 · Rows of a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }),
            "50",
        ),
        query_parameter("cursor", "游标 · `next` of the page before.", json!({ "type": "string" }), "…"),
    ]
}

fn admin() -> impl Iterator<Item = &'static str> {
    NEEDS.iter().map(|permission| permission.value())
}

const SCOPE: &str = "An administrator of a division or an organisation sees, makes and changes only what lies inside, and grants \
                     nothing beyond it: an account with anything outside is not found.";

const SECOND: &str = "Once there has been a second administrator, new grants to review, to publish and to administer wait in \
                      `pending_grants` until another administrator than the one who gave them confirms them (`POST …/confirm`).";

fn people() -> Vec<Operation> {
    let username = || path_parameter("username", "用户名 · The username.", "li");
    let grants = json!([{ "role": "editor", "organisation": "11350121003619116B" }]);
    vec![
        Operation::staff("user_list", ACCOUNTS, "get", "/v1/users", page("User"))
            .needing(admin())
            .takes(paging())
            .says("用户列表 · Users", format!("In the order in which they were made. {SCOPE}")),
        Operation::staff("user_create", ACCOUNTS, "post", "/v1/users", schema("User"))
            .needing(admin())
            .sent(
                schema("NewUser"),
                json!({
                    "username": "li", "display_name": "李某", "password": "nine Dogs over the Min river",
                    "organisation": "11350121003619116B", "grants": grants,
                }),
            )
            .succeeds(&[(201, "已创建 · Made; `Location` says where it is")])
            .refuses(&[Code::IdempotencyMismatch])
            .says(
                "新建用户 · Make a user",
                format!(
                    "A grant is a role on an `organisation`, or on a `division` (a code of GB/T 2260 or GB/T 10114, or its \
                     first digits) and all below it, or on everything. {SECOND}\n\n{SCOPE}\n\nThe password: {}",
                    password_text("It permits its owner nothing but to change it, at `PUT /v1/me/password`.")
                ),
            ),
        Operation::staff("user_read", ACCOUNTS, "get", "/v1/users/{username}", schema("User"))
            .needing(admin())
            .takes([username()])
            .refuses(&[Code::NotFound])
            .says("用户 · A user", "Its `ETag` is what `If-Match` of a change asks for. Never shows a password."),
        Operation::staff("user_change", ACCOUNTS, "patch", "/v1/users/{username}", schema("User"))
            .needing(admin())
            .takes([username()])
            .sent(schema("UserPatch"), json!({ "disabled": true }))
            .refuses(&[Code::NotFound, Code::PreconditionMissing, Code::Stale, Code::StateConflict])
            .says(
                "修改或停用用户 · Change or disable a user",
                format!(
                    "A merge patch (RFC 7396): what is absent stays, `null` takes away, `grants` is replaced whole. \
                     `disabled: true` ends every session and token at once; accounts are never deleted. Nobody changes \
                     their own grants, and the last administrator of everything can be neither disabled nor demoted \
                     (409). {SECOND}\n\n{SCOPE}"
                ),
            ),
        Operation::staff("user_confirm", ACCOUNTS, "post", "/v1/users/{username}/confirm", schema("User"))
            .needing(admin())
            .takes([username()])
            .refuses(&[
                Code::NotFound,
                Code::PreconditionMissing,
                Code::Stale,
                Code::StateConflict,
                Code::FourEyes,
                Code::IdempotencyMismatch,
            ])
            .says(
                "确认授权 · Confirm grants",
                "Confirms the `pending_grants` that other administrators gave; 403 `four-eyes` where they are all of the caller, or \
                 for the caller; 409 while somebody else has set the account's password and its owner has not changed it. Who does \
                 not agree takes them out of `grants` by `PATCH`.",
            ),
        Operation::staff("user_password", ACCOUNTS, "put", "/v1/users/{username}/password", json!({}))
            .needing(admin())
            .silent()
            .takes([username()])
            .sent(schema("PasswordSetting"), json!({ "password": "tea at seven, boat at eight" }))
            .refuses(&[Code::NotFound])
            .says(
                "重设用户密码 · Set a user's password",
                password_text(
                    "Ends all sessions of the user, whom the password permits nothing but to change it. Where there has been a second \
                     administrator, grants of review and publication wait to be confirmed again, and administrators' passwords are \
                     not set here. Not for your own account: see `/v1/me/password`.",
                ),
            ),
    ]
}

fn clients() -> Vec<Operation> {
    let id = || path_parameter("id", "客户端标识 · The client's id.", "client-7f3b2c91d4e8");
    vec![
        Operation::staff("client_list", ACCOUNTS, "get", "/v1/clients", page("Client"))
            .needing(admin())
            .takes(paging())
            .says("客户端列表 · Service clients", format!("In the order in which they were made. {SCOPE}")),
        Operation::staff("client_create", ACCOUNTS, "post", "/v1/clients", schema("Client"))
            .needing(admin())
            .sent(
                schema("NewClient"),
                json!({ "name": "省政务服务平台", "grants": [{ "role": "integration", "division": "350121202" }] }),
            )
            .succeeds(&[(201, "已创建 · Made; the secret is shown this once")])
            .refuses(&[Code::IdempotencyMismatch])
            .says(
                "新建客户端 · Make a service client",
                format!(
                    "For a system that asks by itself. `client_secret` is shown in this answer only: only its hash is kept, \
                     and an answer repeated by `Idempotency-Key` leaves it out. A client drafts and submits; to review, to publish and to \
                     administer is for people (422 `persons-only`). {SCOPE}"
                ),
            ),
        Operation::staff("client_read", ACCOUNTS, "get", "/v1/clients/{id}", schema("Client"))
            .needing(admin())
            .takes([id()])
            .refuses(&[Code::NotFound])
            .says("客户端 · A service client", "Its `ETag` is what `If-Match` of a change asks for."),
        Operation::staff("client_change", ACCOUNTS, "patch", "/v1/clients/{id}", schema("Client"))
            .needing(admin())
            .takes([id()])
            .sent(schema("ClientPatch"), json!({ "disabled": true }))
            .refuses(&[Code::NotFound, Code::PreconditionMissing, Code::Stale, Code::StateConflict])
            .says(
                "修改或停用客户端 · Change or disable a service client",
                "A merge patch (RFC 7396). `disabled: true` ends every token at once.",
            ),
        Operation::staff("client_secret", ACCOUNTS, "post", "/v1/clients/{id}/secret", schema("Client"))
            .needing(admin())
            .takes([id()])
            .refuses(&[Code::NotFound, Code::IdempotencyMismatch])
            .says(
                "更换客户端密钥 · Renew a client's secret",
                "Answers the client with a new `client_secret`, this once. The old one and every token end at once.",
            ),
    ]
}
