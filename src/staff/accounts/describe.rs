//! The endpoints of accounts as OpenAPI describes them.

use serde_json::{Value, json};

use super::{
    describe_sessions::{self, PASSWORD},
    people,
    shapes::{
        Client, ClientChange, Me, NewClient, NewUser, PasswordChange, PasswordSetting, Refresh, SignIn, TokenError,
        TokenRequest, Tokens, User, UserChange,
    },
};
use crate::{
    fields::Shape,
    problem::Code,
    staff::requests::Promise,
    web::contract::{Operation, Schemas, path_parameter, query_parameter, schema},
};

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
    let administration = ADMINISTRATION.iter().filter_map(|promise| promise.operation(ACCOUNTS, people::ENDPOINTS));
    describe_sessions::operations().chain(administration).collect()
}

/// The schema of a merge patch: the same members, none required, what is optional may be null.
fn patch_of<T: utoipa::ToSchema>(name: &str) -> Value {
    let mut schema = Shape::of::<T>().components().get(name).cloned().unwrap_or_default();
    if let Some(object) = schema.as_object_mut() {
        object.remove("required");
    }
    schema
}

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
        versioned: true,
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
        versioned: true,
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
