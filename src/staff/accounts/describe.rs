//! The endpoints of accounts as OpenAPI describes them.

use serde_json::{Value, json};

use super::{
    oauth, people,
    shapes::{
        Client, ClientChange, Me, NewClient, NewUser, PasswordChange, PasswordSetting, Refresh, SignIn, TokenError,
        TokenRequest, Tokens, User, UserChange,
    },
    sign_in,
};
use crate::{
    fields::Shape,
    problem::Code,
    staff::requests::{Endpoint, Promise},
    web::contract::{Operation, Schemas, any_object, path_parameter, query_parameter, schema},
};

/// The group of signing in, and of one's own account.
const SESSIONS: &str = "sessions";
/// The group of people's accounts and service clients.
const ACCOUNTS: &str = "accounts";

/// Every operation.
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
    let of = |tag, promises: &'static [Promise], endpoints: &'static [Endpoint]| {
        promises.iter().filter_map(move |promise| promise.operation(tag, endpoints))
    };
    of(SESSIONS, SIGNING_IN, sign_in::ENDPOINTS)
        .chain(client_token())
        .chain(of(SESSIONS, OWN_ACCOUNT, sign_in::ENDPOINTS))
        .chain([public_keys()])
        .chain(of(ACCOUNTS, ADMINISTRATION, people::ENDPOINTS))
        .collect()
}

/// The schema of a merge patch: the same members, none required, what is optional may be null.
fn patch_of<T: utoipa::ToSchema>(name: &str) -> Value {
    let mut schema = Shape::of::<T>().components().get(name).cloned().unwrap_or_default();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schema
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
            `application/json`, not problem documents: 400 `invalid_request` or `unsupported_grant_type`, 401 \
            `invalid_client`, 429 `slow_down` with `Retry-After`.\n\n\
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

const PASSWORD: &str = "12 to 128 characters of any kind, spaces and Chinese among them; nothing about capitals or digits is asked, \
                        and passwords do not expire. Refused are common passwords in any disguise, repetitions and walks on the \
                        keyboard, identity numbers, and what contains the username or the name of this service: `errors` says which. ";

const SCOPE: &str = "An administrator of a division or an organisation sees, makes and changes only what lies inside, and grants \
                     nothing beyond it: an account with anything outside is not found.";

const SECOND: &str = "Once there has been a second administrator, new grants to review, to publish and to administer wait in \
                      `pending_grants` until another administrator than the one who gave them confirms them (`POST …/confirm`).";

const CHANGING: &[Code] = &[Code::NotFound, Code::PreconditionMissing, Code::Stale, Code::StateConflict];

const ADMINISTRATION: &[Promise] = &[
    Promise {
        action: "user.list",
        summary: "用户列表 · Users",
        description: &["In the order in which they were made. ", SCOPE],
        answer: Some(|| page("User")),
        parameters: paging,
        ..Promise::NOTHING
    },
    Promise {
        action: "user.create",
        summary: "新建用户 · Make a user",
        description: &[
            "A grant is a role on an `organisation`, or on a `division` (a code of GB/T 2260 or GB/T 10114, or its \
             first digits) and all below it, or on everything. ",
            SECOND,
            "\n\n",
            SCOPE,
            "\n\nThe password: ",
            PASSWORD,
            "It permits its owner nothing but to change it, at `PUT /v1/me/password`.",
        ],
        answer: Some(|| schema("User")),
        sends: Some(("NewUser", || {
            json!({
                "username": "li", "display_name": "李某", "password": "nine Dogs over the Min river",
                "organisation": "11350121003619116B",
                "grants": [{ "role": "editor", "organisation": "11350121003619116B" }],
            })
        })),
        succeeds: &[(201, "已创建 · Made; `Location` says where it is")],
        ..Promise::NOTHING
    },
    Promise {
        action: "user.read",
        summary: "用户 · A user",
        description: &["Its `ETag` is what `If-Match` of a change asks for. Never shows a password."],
        answer: Some(|| schema("User")),
        parameters: username,
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "user.change",
        summary: "修改或停用用户 · Change or disable a user",
        description: &[
            "A merge patch (RFC 7396): what is absent stays, `null` takes away, `grants` is replaced whole. \
             `disabled: true` ends every session and token at once; accounts are never deleted. Nobody changes \
             their own grants, and the last administrator of everything can be neither disabled nor demoted (409). ",
            SECOND,
            "\n\n",
            SCOPE,
        ],
        answer: Some(|| schema("User")),
        parameters: username,
        sends: Some(("UserPatch", || json!({ "disabled": true }))),
        refuses: CHANGING,
        ..Promise::NOTHING
    },
    Promise {
        action: "user.confirm",
        summary: "确认授权 · Confirm grants",
        description: &[
            "Confirms the `pending_grants` that other administrators gave; 403 `four-eyes` where they are all of the caller, or \
                 for the caller; 409 while somebody else has set the account's password and its owner has not changed it. Who does \
                 not agree takes them out of `grants` by `PATCH`.",
        ],
        answer: Some(|| schema("User")),
        parameters: username,
        refuses: &[Code::NotFound, Code::PreconditionMissing, Code::Stale, Code::StateConflict, Code::FourEyes],
        ..Promise::NOTHING
    },
    Promise {
        action: "user.password",
        summary: "重设用户密码 · Set a user's password",
        description: &[
            PASSWORD,
            "Ends all sessions of the user, whom the password permits nothing but to change it. Where there has been a second \
             administrator, grants of review and publication wait to be confirmed again, and administrators' passwords are \
             not set here. Not for your own account: see `/v1/me/password`.",
        ],
        parameters: username,
        sends: Some(("PasswordSetting", || json!({ "password": "tea at seven, boat at eight" }))),
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "client.list",
        summary: "客户端列表 · Service clients",
        description: &["In the order in which they were made. ", SCOPE],
        answer: Some(|| page("Client")),
        parameters: paging,
        ..Promise::NOTHING
    },
    Promise {
        action: "client.create",
        summary: "新建客户端 · Make a service client",
        description: &[
            "For a system that asks by itself. `client_secret` is shown in this answer only: only its hash is kept, \
             and an answer repeated by `Idempotency-Key` leaves it out. A client drafts and submits; to review, to publish and to \
             administer is for people (422 `persons-only`). ",
            SCOPE,
        ],
        answer: Some(|| schema("Client")),
        sends: Some((
            "NewClient",
            || json!({ "name": "省政务服务平台", "grants": [{ "role": "integration", "division": "350121202" }] }),
        )),
        succeeds: &[(201, "已创建 · Made; the secret is shown this once")],
        ..Promise::NOTHING
    },
    Promise {
        action: "client.read",
        summary: "客户端 · A service client",
        description: &["Its `ETag` is what `If-Match` of a change asks for."],
        answer: Some(|| schema("Client")),
        parameters: client_id,
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
    Promise {
        action: "client.change",
        summary: "修改或停用客户端 · Change or disable a service client",
        description: &["A merge patch (RFC 7396). `disabled: true` ends every token at once."],
        answer: Some(|| schema("Client")),
        parameters: client_id,
        sends: Some(("ClientPatch", || json!({ "disabled": true }))),
        refuses: CHANGING,
        ..Promise::NOTHING
    },
    Promise {
        action: "client.secret",
        summary: "更换客户端密钥 · Renew a client's secret",
        description: &[
            "Answers the client with a new `client_secret`, this once. The old one and every token end at once.",
        ],
        answer: Some(|| schema("Client")),
        parameters: client_id,
        refuses: &[Code::NotFound],
        ..Promise::NOTHING
    },
];

fn username() -> Vec<Value> {
    vec![path_parameter("username", "用户名 · The username.", "li")]
}

fn client_id() -> Vec<Value> {
    vec![path_parameter("id", "客户端标识 · The client's id.", "client-7f3b2c91d4e8")]
}

fn paging() -> Vec<Value> {
    vec![
        query_parameter(
            "limit",
            "每页条数 · Rows of a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": 200, "default": 20 }),
            "50",
        ),
        query_parameter("cursor", "游标 · `next` of the page before.", json!({ "type": "string" }), "…"),
    ]
}

/// The endpoint of OAuth, to which a form is sent and whose errors have a form of their own.
fn client_token() -> Option<Operation> {
    let operation = CLIENT_TOKEN.operation(SESSIONS, oauth::ENDPOINTS)?;
    let operation = operation.sent_as("application/x-www-form-urlencoded", schema("TokenRequest"));
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
             it signs.",
        )
        .unconditional()
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
