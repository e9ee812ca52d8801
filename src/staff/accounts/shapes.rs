//! The documents about accounts that are sent and answered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    register::catalog::instant,
    staff::identity::{Account, AccountKind, Caller, Grant, PendingGrant, permissions_of},
};

/// 登录: what a person signs in with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// 用户名
    #[schema(max_length = 64, example = "li")]
    pub username: String,
    /// 密码
    #[schema(format = "password", max_length = 128)]
    pub password: String,
}

/// 刷新: what the next tokens are asked for with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// 刷新令牌: the last one that was given out; each holds once.
    #[schema(max_length = 128)]
    pub refresh_token: String,
}

/// 令牌: what signing in gives.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// 访问令牌: to be sent as `Authorization: Bearer`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSIsImtpZCI6Ii4uLiJ9.…")]
    pub access_token: String,
    /// 令牌类型
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// 有效秒数: of the access token.
    #[schema(example = 600)]
    pub expires_in: i64,
    /// 刷新令牌: holds once, for the next tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// 刷新令牌有效秒数
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7200)]
    pub refresh_expires_in: Option<i64>,
    /// 权限范围: the permissions, separated by spaces; of service clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "items:read items:edit quality:read")]
    pub scope: Option<String>,
}

/// 令牌请求: the form of RFC 6749 §4.4.
#[derive(ToSchema)]
pub struct TokenRequest {
    /// 授权类型: `client_credentials`.
    #[schema(example = "client_credentials")]
    pub grant_type: String,
    /// 客户端标识: unless it stands in `Authorization: Basic`.
    pub client_id: Option<String>,
    /// 客户端密钥: unless it stands in `Authorization: Basic`.
    #[schema(format = "password")]
    pub client_secret: Option<String>,
    /// 权限范围: read over; a token always carries all that the client may do.
    pub scope: Option<String>,
}

/// 令牌请求错误 (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
pub struct TokenError {
    /// 错误代码: `invalid_request`, `invalid_client`, `unsupported_grant_type` or, with 429, `slow_down`.
    #[schema(example = "invalid_client")]
    pub error: &'static str,
    /// 说明
    #[schema(example = "The client and its secret do not go together.")]
    pub error_description: String,
}

/// 本人账号: who asks, and what they may do.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// 账号标识
    #[schema(example = "01932f0c5b8e7c3f9d1f1f6f0c5b8e7c")]
    pub id: String,
    /// 用户名: or the id of a service client, or `issuer#subject` of another issuer.
    #[schema(example = "li")]
    pub username: String,
    /// 显示名称
    #[schema(example = "李某")]
    pub display_name: String,
    /// 所属机构
    #[schema(example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 授权
    pub grants: Vec<Grant>,
    /// 待确认的授权: they permit nothing until another administrator confirms them.
    pub pending_grants: Vec<PendingGrant>,
    /// 权限: of all grants together.
    #[schema(example = json!(["items:read", "items:edit", "quality:read"]))]
    pub permissions: Vec<&'static str>,
}

/// 修改密码
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// 现有密码
    #[schema(format = "password", max_length = 128)]
    pub old_password: String,
    /// 新密码: 12 to 128 characters of any kind, not a common one.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    pub password: String,
}

/// 设置密码
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordSetting {
    /// 新密码: 12 to 128 characters of any kind, not a common one.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    pub password: String,
}

/// 新用户
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// 用户名: Latin letters without case, digits, Han characters and `._-@`; never changed.
    #[schema(format = "username", min_length = 2, max_length = 64, example = "li")]
    pub username: String,
    /// 显示名称
    #[schema(max_length = 60, example = "李某")]
    pub display_name: String,
    /// 初始密码: 12 to 128 characters of any kind, not a common one; it permits its owner nothing but to change it.
    #[schema(format = "password", min_length = 12, max_length = 128)]
    pub password: String,
    /// 所属机构: unified social credit code; what the account writes belongs there unless it says otherwise.
    #[schema(format = "uscc", example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 授权
    #[serde(default)]
    #[schema(max_items = 50)]
    pub grants: Vec<Grant>,
}

/// 新客户端
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// 名称
    #[schema(max_length = 60, example = "省政务服务平台")]
    pub name: String,
    /// 授权
    #[serde(default)]
    #[schema(max_items = 50)]
    pub grants: Vec<Grant>,
}

/// The members of a user that can be changed; a merge patch is applied to them.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// 显示名称
    #[schema(max_length = 60, example = "李某")]
    pub display_name: String,
    /// 所属机构: unified social credit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uscc", example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 授权: all of them, those too that wait to be confirmed; a list is replaced, never merged.
    #[schema(max_items = 50)]
    pub grants: Vec<Grant>,
    /// 是否停用: true ends every session at once.
    pub disabled: bool,
}

/// The members of a client that can be changed; a merge patch is applied to them.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientChange {
    /// 名称
    #[schema(max_length = 60, example = "省政务服务平台")]
    pub name: String,
    /// 授权: all of them; a list is replaced, never merged.
    #[schema(max_items = 50)]
    pub grants: Vec<Grant>,
    /// 是否停用: true ends every token at once.
    pub disabled: bool,
}

/// 用户
#[derive(Serialize, ToSchema)]
pub struct User {
    /// 账号标识
    #[schema(example = "01932f0c5b8e7c3f9d1f1f6f0c5b8e7c")]
    pub id: String,
    /// 用户名
    #[schema(example = "li")]
    pub username: String,
    /// 显示名称
    #[schema(example = "李某")]
    pub display_name: String,
    /// 所属机构
    #[schema(example = "11350121003619116B")]
    pub organisation: Option<String>,
    /// 授权
    pub grants: Vec<Grant>,
    /// 待确认的授权: they permit nothing until another administrator confirms them.
    pub pending_grants: Vec<PendingGrant>,
    /// 是否须修改密码: whether the password was set by somebody else, and permits nothing but to change it.
    pub must_change_password: bool,
    /// 是否停用
    pub disabled: bool,
    /// 创建时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub created_at: String,
    /// 修改时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub updated_at: String,
    /// 最近登录时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub last_sign_in_at: Option<String>,
}

/// 服务客户端: a system with an account.
#[derive(Serialize, ToSchema)]
pub struct Client {
    /// 客户端标识
    #[schema(example = "client-7f3b2c91d4e8")]
    pub client_id: String,
    /// 客户端密钥: shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// 名称
    #[schema(example = "省政务服务平台")]
    pub name: String,
    /// 授权
    pub grants: Vec<Grant>,
    /// 是否停用
    pub disabled: bool,
    /// 创建时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub created_at: String,
    /// 修改时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub updated_at: String,
    /// 最近取得令牌的时间
    #[schema(example = "2026-11-24T01:00:00Z")]
    pub last_sign_in_at: Option<String>,
}

impl Me {
    /// Describes the caller, with the grants that wait for another administrator.
    pub fn of(caller: Caller, pending_grants: Vec<PendingGrant>) -> Self {
        let permissions = permissions_of(&caller.grants).into_iter().map(|permission| permission.value()).collect();
        let Caller { id, name, display_name, organisation, grants, session: _, must_change_password: _ } = caller;
        Self { id, username: name, display_name, organisation, grants, pending_grants, permissions }
    }
}

impl From<Account> for User {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            username: account.name,
            display_name: account.display_name,
            organisation: account.organisation,
            must_change_password: account.password_by.is_some(),
            grants: account.grants,
            pending_grants: account.pending,
            disabled: account.disabled_at.is_some(),
            created_at: instant(account.created_at),
            updated_at: instant(account.updated_at),
            last_sign_in_at: account.last_sign_in_at.map(instant),
        }
    }
}

impl From<Account> for Client {
    fn from(account: Account) -> Self {
        Self {
            client_id: account.name,
            client_secret: None,
            name: account.display_name,
            grants: account.grants,
            disabled: account.disabled_at.is_some(),
            created_at: instant(account.created_at),
            updated_at: instant(account.updated_at),
            last_sign_in_at: account.last_sign_in_at.map(instant),
        }
    }
}

/// An account as it is shown.
pub fn shown(account: Account) -> Result<serde_json::Value, serde_json::Error> {
    match account.kind {
        AccountKind::Person => serde_json::to_value(User::from(account)),
        AccountKind::Client => serde_json::to_value(Client::from(account)),
    }
}
