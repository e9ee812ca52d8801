//! Every refusal of the API, as RFC 9457 `application/problem+json`.
//!
//! A use case returns a [`Problem`]; the edge writes the document, because only there the reader's language and the
//! request's path are known. [`Code::spec`] is the only table of status, code and titles, [`Wrong`] the only place where
//! a mistake in a field becomes a sentence.

mod language;
mod rules;
mod wrong;

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use language::Language;
pub use rules::{Rule, RuleSpec, Severity};
pub use wrong::Wrong;

/// What went wrong, as one stable word that clients may match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Something of ours failed.
    Internal,
    /// No token, or one that does not hold.
    Unauthenticated,
    /// A name and a password that do not go together, or a client and its secret.
    BadCredentials,
    /// The caller lacks the permission.
    Forbidden,
    /// A password that somebody else set.
    PasswordChangeRequired,
    /// Four eyes: the author, or one person twice.
    FourEyes,
    /// A quotation that needs to be told more.
    FeeParameterMissing,
    /// More of something than the quota of an office.
    QuotaFull,
    /// A key of idempotency that came with another request before.
    IdempotencyMismatch,
    /// JSON or a form that cannot be parsed.
    UnreadableBody,
    /// A body of another media type.
    UnsupportedMediaType,
    /// More requests than the limit.
    TooManyRequests,
    /// A body that arrived too slowly.
    TooSlow,
    /// Headers larger than the limit.
    HeadersTooLarge,
    /// A body that breaks rules.
    InvalidBody,
    /// A cursor that this list did not give out.
    InvalidCursor,
    /// A header that cannot be read.
    InvalidHeader,
    /// A path that cannot be read.
    InvalidPath,
    /// A query that cannot be read.
    InvalidQuery,
    /// A mirror, which only repeats what is published elsewhere.
    MirrorReadOnly,
    /// Nothing there.
    NotFound,
    /// The resource does not know the method.
    MethodNotAllowed,
    /// No representation that the client takes.
    NotAcceptable,
    /// Erased after publication.
    Gone,
    /// The record's state forbids the step.
    StateConflict,
    /// A reader who has seen more of the log than there is.
    AheadOfLog,
    /// Somebody else changed it.
    Stale,
    /// `If-Match` is required.
    PreconditionMissing,
    /// A range that begins past the end.
    RangeNotSatisfiable,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// The request line or a header is too long.
    UriTooLong,
    /// The database cannot be reached, or the replica is behind.
    Unavailable,
}

/// One row of the table of problems.
pub struct Spec {
    /// HTTP status.
    pub status: StatusCode,
    /// The stable word; the last part of `type`.
    pub code: &'static str,
    /// Chinese title.
    pub chinese: &'static str,
    /// English title.
    pub english: &'static str,
    /// What a client can do, in Chinese.
    pub remedy_chinese: &'static str,
    /// What a client can do, in English.
    pub remedy_english: &'static str,
}

impl Code {
    /// Every code, in the order of the page `/problems`.
    pub const ALL: [Self; 32] = [
        Self::AheadOfLog,
        Self::BadCredentials,
        Self::BodyTooLarge,
        Self::FeeParameterMissing,
        Self::Forbidden,
        Self::FourEyes,
        Self::Gone,
        Self::HeadersTooLarge,
        Self::IdempotencyMismatch,
        Self::Internal,
        Self::InvalidBody,
        Self::InvalidCursor,
        Self::InvalidHeader,
        Self::InvalidPath,
        Self::InvalidQuery,
        Self::MethodNotAllowed,
        Self::MirrorReadOnly,
        Self::NotAcceptable,
        Self::NotFound,
        Self::PasswordChangeRequired,
        Self::PreconditionMissing,
        Self::RangeNotSatisfiable,
        Self::Stale,
        Self::QuotaFull,
        Self::StateConflict,
        Self::TooManyRequests,
        Self::TooSlow,
        Self::Unauthenticated,
        Self::Unavailable,
        Self::UnreadableBody,
        Self::UnsupportedMediaType,
        Self::UriTooLong,
    ];

    /// The row of this code.
    pub const fn spec(self) -> Spec {
        use StatusCode as S;
        match self {
            Self::AheadOfLog => row(
                S::CONFLICT,
                "ahead-of-log",
                ["读取位置超出日志末尾", "The reader is ahead of the log"],
                [
                    "所持序号在本登记簿中尚不存在：登记簿可能由较早的备份恢复，或者已被改写。请停止同步，与登记机关核对后再从头镜像。",
                    "This register never gave out that seq: it was restored from an older copy, or rewritten. Stop following, ask its \
                     operator, and mirror it anew only then.",
                ],
            ),
            Self::BadCredentials => row(
                S::UNAUTHORIZED,
                "bad-credentials",
                ["用户名或密码不正确", "The name and the secret do not go together"],
                [
                    "请核对后再试；多次失败后须等待一段时间。忘记密码请联系账号管理员。",
                    "Check both and try again; after several failures you have to wait. An administrator can set a new password.",
                ],
            ),
            Self::Forbidden => row(
                S::FORBIDDEN,
                "forbidden",
                ["没有相应权限", "Not permitted"],
                [
                    "该操作需要 detail 所述的权限；请联系账号管理员。",
                    "`detail` names the permission that is needed; ask an administrator.",
                ],
            ),
            Self::PasswordChangeRequired => row(
                S::FORBIDDEN,
                "password-change-required",
                ["密码由他人设置，须先修改", "The password was set by somebody else and has to be changed first"],
                [
                    "请用 PUT /v1/me/password 把它改为只有本人知道的密码；此前不能办理其他事项。",
                    "Change it with PUT /v1/me/password to one that nobody else knows; until then nothing else is permitted.",
                ],
            ),
            Self::MirrorReadOnly => row(
                S::FORBIDDEN,
                "mirror-read-only",
                ["本站是镜像，只供查阅", "This is a mirror: it can only be read"],
                [
                    "请到 detail 所述的来源办理；Link 头给出同一操作在那里的地址。",
                    "`detail` names the register where this is done; the header `Link` gives its address there.",
                ],
            ),
            Self::FeeParameterMissing => row(
                S::UNPROCESSABLE_ENTITY,
                "fee-parameter-missing",
                ["计算收费还缺少情况", "The fee depends on more than was told"],
                [
                    "missing 逐项列出了还需给出的参数及其可取的值；缺少的情况不作推定。",
                    "`missing` names every parameter that is still needed and the values it takes; nothing is guessed.",
                ],
            ),
            Self::FourEyes => row(
                S::FORBIDDEN,
                "four-eyes",
                ["须由另一人办理", "Another person has to do this"],
                [
                    "起草人、提交人不得审查或者公布自己的草稿，两项审查须由两人分别作出；授权须由另一管理员确认。",
                    "Who wrote or submitted a draft neither approves nor publishes it, and nobody gives both approvals. Another \
                     administrator than the one who gave a grant confirms it.",
                ],
            ),
            Self::HeadersTooLarge => row(
                S::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers-too-large",
                ["请求头过大", "The headers are too large"],
                ["请缩短请求头。", "Send shorter headers."],
            ),
            Self::IdempotencyMismatch => row(
                S::UNPROCESSABLE_ENTITY,
                "idempotency-mismatch",
                ["幂等键已用于另一请求", "The idempotency key came with another request"],
                [
                    "重试时请原样重发同一请求；新的请求请使用新的 Idempotency-Key。",
                    "Repeat the same request unchanged, or send a new one with a new Idempotency-Key.",
                ],
            ),
            Self::TooManyRequests => row(
                S::TOO_MANY_REQUESTS,
                "too-many-requests",
                ["请求过于频繁", "Too many requests"],
                ["请按 Retry-After 稍后重试。", "Try again after Retry-After."],
            ),
            Self::TooSlow => row(
                S::REQUEST_TIMEOUT,
                "too-slow",
                ["请求未在时限内完成", "The request took too long"],
                ["请检查网络后重试。", "Check the network and try again."],
            ),
            Self::Unauthenticated => row(
                S::UNAUTHORIZED,
                "unauthenticated",
                ["需要有效的访问令牌", "A valid access token is needed"],
                [
                    "请在 Authorization: Bearer 中携带有效令牌；令牌由 POST /v1/sessions 或 POST /v1/oauth/token 签发。",
                    "Send a valid token as Authorization: Bearer; POST /v1/sessions and POST /v1/oauth/token give them.",
                ],
            ),
            Self::UnreadableBody => row(
                S::BAD_REQUEST,
                "unreadable-body",
                ["请求内容无法解析", "The body cannot be parsed"],
                ["detail 指出了出错的位置。", "`detail` tells where."],
            ),
            Self::UnsupportedMediaType => row(
                S::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                ["不支持该内容类型", "Unsupported media type"],
                ["detail 列出了可接受的 Content-Type。", "`detail` lists the Content-Types that are taken."],
            ),
            Self::BodyTooLarge => row(
                S::PAYLOAD_TOO_LARGE,
                "body-too-large",
                ["请求内容过大", "The body is too large"],
                ["请缩小或者分批提交。", "Send less, or in parts."],
            ),
            Self::Gone => row(
                S::GONE,
                "gone",
                ["内容已被依法删除", "Erased"],
                [
                    "该版本不应公开，已删除；其存证仍然有效。",
                    "This revision should never have been public; its tombstone and proofs remain.",
                ],
            ),
            Self::Internal => row(
                S::INTERNAL_SERVER_ERROR,
                "internal",
                ["服务器内部错误", "Internal error"],
                ["请稍后再试，并向管理员提供 X-Request-Id。", "Try again later; give the operator the X-Request-Id."],
            ),
            Self::InvalidBody => row(
                S::UNPROCESSABLE_ENTITY,
                "invalid-body",
                ["提交内容不符合要求", "The body breaks rules"],
                ["errors 逐项列出了需要改正的字段。", "`errors` names every field to mend."],
            ),
            Self::InvalidCursor => row(
                S::BAD_REQUEST,
                "invalid-cursor",
                ["游标无效", "The cursor is not of this list"],
                [
                    "游标须原样取自上一页的 next，且其余查询参数不变。",
                    "Take the cursor unchanged from `next` of the page before, with the same other parameters.",
                ],
            ),
            Self::InvalidHeader => row(
                S::BAD_REQUEST,
                "invalid-header",
                ["请求头无法识别", "A header cannot be read"],
                ["errors 指出了请求头的名称。", "`errors` names the header."],
            ),
            Self::InvalidPath => row(
                S::BAD_REQUEST,
                "invalid-path",
                ["路径无法识别", "The path cannot be read"],
                [
                    "路径须为 UTF-8 并正确进行百分号编码，修订号须为正整数。",
                    "Paths are UTF-8, percent-encoded; revision numbers are positive integers.",
                ],
            ),
            Self::InvalidQuery => row(
                S::BAD_REQUEST,
                "invalid-query",
                ["查询参数不符合要求", "The query cannot be read"],
                [
                    "errors 逐项列出了有问题的参数；未知参数不会被忽略。",
                    "`errors` names every parameter at fault; an unknown one is never ignored.",
                ],
            ),
            Self::MethodNotAllowed => row(
                S::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                ["不支持该请求方法", "Method not allowed"],
                ["Allow 响应头列出了可用的方法。", "The Allow header lists the methods."],
            ),
            Self::NotAcceptable => row(
                S::NOT_ACCEPTABLE,
                "not-acceptable",
                ["没有所要求的格式", "No such representation"],
                ["detail 列出了可提供的格式。", "`detail` lists what is offered."],
            ),
            Self::NotFound => row(
                S::NOT_FOUND,
                "not-found",
                ["未找到", "Not found"],
                ["请核对路径和编码。", "Check the path and the code."],
            ),
            Self::PreconditionMissing => row(
                S::PRECONDITION_REQUIRED,
                "precondition-missing",
                ["缺少 If-Match", "If-Match is required"],
                ["请带上最近一次读取到的 ETag。", "Send the ETag of your last read."],
            ),
            Self::RangeNotSatisfiable => row(
                S::RANGE_NOT_SATISFIABLE,
                "range-not-satisfiable",
                ["没有所要求的字节范围", "No such range of bytes"],
                ["Content-Range 给出了文件的大小。", "`Content-Range` tells the size of the file."],
            ),
            Self::Stale => row(
                S::PRECONDITION_FAILED,
                "stale",
                ["内容已被他人修改", "Changed by somebody else"],
                ["请重新读取后再提交。", "Read it again, then repeat."],
            ),
            Self::QuotaFull => row(
                S::CONFLICT,
                "quota-full",
                ["配额已满", "The quota is full"],
                ["detail 说明了哪项配额已满、如何腾出。", "`detail` tells which quota is full and how to make room."],
            ),
            Self::StateConflict => row(
                S::CONFLICT,
                "state-conflict",
                ["记录的状态不允许此操作", "The record's state forbids this"],
                ["detail 说明了当前状态。", "`detail` tells the present state."],
            ),
            Self::Unavailable => row(
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                ["暂时无法服务", "Temporarily unavailable"],
                ["请按 Retry-After 稍后重试。", "Try again after Retry-After."],
            ),
            Self::UriTooLong => row(
                S::URI_TOO_LONG,
                "uri-too-long",
                ["请求地址过长", "The address is too long"],
                ["请缩短查询条件或者分批查询。", "Shorten the query or split it."],
            ),
        }
    }

    /// The code with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.spec().code == word)
    }
}

const fn row(
    status: StatusCode,
    code: &'static str,
    [chinese, english]: [&'static str; 2],
    [remedy_chinese, remedy_english]: [&'static str; 2],
) -> Spec {
    Spec { status, code, chinese, english, remedy_chinese, remedy_english }
}

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind.
    pub code: Code,
    /// What exactly, when the title does not say it all.
    pub detail: Option<Detail>,
    /// Every offending field, parameter or header.
    pub errors: Vec<FieldError>,
    /// What stands in the way: of a stale change, who changed what since.
    pub conflict: Option<Box<Value>>,
    /// Seconds after which to try again, where they are known.
    pub retry_after: Option<u64>,
    /// What has to be told before a fee can be quoted.
    pub missing: Box<[MissingParameter]>,
}

/// 缺少的参数: what a client has to tell, and what it may say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingParameter {
    /// 参数名: of the query.
    #[schema(example = "volume")]
    pub parameter: String,
    /// 中文名称
    #[schema(example = "年用水量")]
    pub label: String,
    /// 类型: `decimal`, `integer`, `boolean` or `enum`.
    #[serde(rename = "type")]
    #[schema(example = "decimal")]
    pub r#type: &'static str,
    /// 单位
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "m3")]
    pub unit: Option<String>,
    /// 可取的值: of what is chosen; `true` and `false` of a boolean.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<MissingValue>,
    /// 最小值: of a figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0")]
    pub min: Option<String>,
    /// 最大值: of a figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// 收费项目: codes of the fees that need it.
    #[schema(example = json!(["fee-rural-water"]))]
    pub fees: Vec<String>,
}

/// 可取的值
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingValue {
    /// 值
    #[schema(example = "true")]
    pub value: String,
    /// 中文名称
    #[schema(example = "是")]
    pub label: String,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Chinese.
    pub chinese: String,
    /// English.
    pub english: String,
}

impl Detail {
    /// What reads the same in both languages: a code, a figure, a date.
    pub fn same(text: impl fmt::Display) -> Self {
        Self { chinese: text.to_string(), english: text.to_string() }
    }

    /// What reads differently.
    pub fn new(chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { chinese: chinese.into(), english: english.into() }
    }
}

/// One thing that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where it is.
    pub place: Place,
    /// How it is wrong.
    pub wrong: Wrong,
    /// The value that was given, of a parameter.
    pub value: Option<String>,
    /// Where it stands in a body that is a text of lines. Boxed, since it is rare and every `Result` carries its room.
    pub position: Option<Box<SourcePosition>>,
}

/// A place in a text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(as = TextSpot)]
pub struct SourcePosition {
    /// 行号
    #[schema(example = 3)]
    pub line: usize,
    /// 列号: in characters.
    #[schema(example = 7)]
    pub column: usize,
}

/// Where a mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// RFC 6901 JSON pointer into the body.
    Pointer(String),
    /// Name of a query or path parameter.
    Parameter(String),
    /// Name of a request header.
    Header(&'static str),
}

/// An error answer (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// 问题类型: address of the page that explains the code.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-query")]
    pub r#type: String,
    /// 标题
    #[schema(example = "查询参数不符合要求")]
    pub title: &'static str,
    /// HTTP 状态码
    #[schema(example = 400)]
    pub status: u16,
    /// 问题代码: a stable word to match on.
    #[schema(example = "invalid-query")]
    pub code: &'static str,
    /// 说明
    #[schema(example = "errors 逐项列出了有问题的参数；未知参数不会被忽略。")]
    pub detail: String,
    /// 请求路径
    #[schema(example = "/v1/items")]
    pub instance: String,
    /// 出错字段: all offending fields, never only the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldDocument>,
    /// 冲突说明: of a stale change, the present version and who changed what since.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Map<String, Value>>)]
    pub conflict: Option<Value>,
    /// 缺少的参数: of `fee-parameter-missing`, what has to be told before the fee can be quoted.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(value_type = Vec<MissingParameter>, required = false)]
    pub missing: Box<[MissingParameter]>,
}

/// One offending field, parameter or header.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldDocument {
    /// 字段位置: RFC 6901 pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// 参数名: the query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "limit")]
    pub parameter: Option<String>,
    /// 请求头名
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<&'static str>,
    /// 给出的值: of a parameter, cut when long.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0")]
    pub value: Option<String>,
    /// 行号: of a body that is a text of lines, such as Mermaid or XML; counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// 列号: in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// 错误代码: a stable word; `/problems` lists them.
    #[schema(example = "out-of-range")]
    pub code: &'static str,
    /// 说明
    #[schema(example = "应为 1 至 200")]
    pub detail: String,
}

impl Problem {
    /// A problem that names these mistakes.
    pub fn with_errors(code: Code, errors: Vec<FieldError>) -> Self {
        Self { errors, ..code.into() }
    }

    /// The body was understood but these fields were not acceptable.
    pub fn invalid_body(errors: Vec<FieldError>) -> Self {
        Self::with_errors(Code::InvalidBody, errors)
    }

    /// A cursor that cannot be used.
    pub fn invalid_cursor(wrong: Wrong) -> Self {
        Self::from(Code::InvalidCursor).naming(FieldError::parameter("cursor", wrong))
    }

    /// The same, naming one mistake.
    pub fn naming(mut self, mistake: FieldError) -> Self {
        self.errors.push(mistake);
        self
    }

    /// The same, telling what stands in the way.
    pub fn because_of(mut self, conflict: Value) -> Self {
        self.conflict = Some(Box::new(conflict));
        self
    }

    /// A fee that cannot be quoted before these are told.
    pub fn fee_parameters_missing(missing: Vec<MissingParameter>) -> Self {
        let required = |asked: &MissingParameter| FieldError::parameter(&asked.parameter, Wrong::Required);
        let errors = missing.iter().map(required).collect();
        Self { missing: missing.into(), ..Self::with_errors(Code::FeeParameterMissing, errors) }
    }

    /// The same, to be tried again after so many seconds.
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A problem with its own sentence.
    pub fn with_detail(code: Code, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { detail: Some(Detail { chinese: chinese.into(), english: english.into() }), ..code.into() }
    }

    /// The document that answers a request for `instance` in `language`.
    pub fn document(&self, language: Language, instance: &str) -> ProblemDocument {
        let spec = self.code.spec();
        let detail = match &self.detail {
            Some(detail) => language.choose(detail.chinese.as_str(), detail.english.as_str()),
            None => language.choose(spec.remedy_chinese, spec.remedy_english),
        };
        ProblemDocument {
            r#type: format!("/problems/{}", spec.code),
            title: language.choose(spec.chinese, spec.english),
            status: spec.status.as_u16(),
            code: spec.code,
            detail: detail.to_owned(),
            instance: instance.into(),
            errors: self.errors.iter().map(|error| error.document(language)).collect(),
            conflict: self.conflict.as_deref().cloned(),
            missing: self.missing.clone(),
        }
    }

    /// The whole answer.
    pub fn answer(&self, language: Language, instance: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.spec().status);
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        answer.insert_header((header::VARY, "Accept-Language"));
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.retry_after.or((self.code == Code::Unavailable).then_some(1)) {
            answer.insert_header((header::RETRY_AFTER, seconds));
        }
        if self.code == Code::Unauthenticated {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"qingdan\""));
        }
        match serde_json::to_vec(&self.document(language, instance)) {
            Ok(body) => answer.body(body),
            Err(_) => answer.finish(),
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new(), conflict: None, retry_after: None, missing: Box::default() }
    }
}

impl From<serde_json::Error> for Problem {
    /// A stored document that cannot be read back is ours to mend.
    fn from(error: serde_json::Error) -> Self {
        log::error!("stored document: {error}");
        Code::Internal.into()
    }
}

impl From<std::io::Error> for Problem {
    /// What the operating system refuses is ours to mend.
    fn from(error: std::io::Error) -> Self {
        log::error!("input or output: {error}");
        Code::Internal.into()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code.spec().code)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {}", detail.english)?;
        }
        for error in &self.errors {
            write!(f, "; {} {}", error.place, error.wrong.text(Language::English))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.spec().status
    }

    fn error_response(&self) -> HttpResponse {
        self.answer(Language::Chinese, "")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pointer(name) | Self::Parameter(name) => f.write_str(name),
            Self::Header(name) => f.write_str(name),
        }
    }
}

impl FieldError {
    /// A mistake at an RFC 6901 pointer.
    pub fn at(pointer: impl Into<String>, wrong: Wrong) -> Self {
        Self { place: Place::Pointer(pointer.into()), wrong, value: None, position: None }
    }

    /// Whether it stands in the way of a submission.
    pub fn blocks(&self) -> bool {
        self.wrong.severity() == Severity::Error
    }

    /// A rule broken at an RFC 6901 pointer, in a case with these figures.
    pub fn broken<const N: usize>(pointer: impl Into<String>, rule: Rule, figures: [Detail; N]) -> Self {
        Self::at(pointer, Wrong::Rule(rule, figures.into()))
    }

    /// Where it is in the body; `""` for what is not in a body.
    pub fn pointer(&self) -> &str {
        match &self.place {
            Place::Pointer(pointer) => pointer,
            Place::Parameter(_) | Place::Header(_) => "",
        }
    }

    /// A mistake in a query or path parameter.
    pub fn parameter(name: impl Into<String>, wrong: Wrong) -> Self {
        Self { place: Place::Parameter(name.into()), wrong, value: None, position: None }
    }

    /// A mistake in a request header.
    pub fn header(name: &'static str, wrong: Wrong) -> Self {
        Self { place: Place::Header(name), wrong, value: None, position: None }
    }

    /// The same with the value that was given; a long one is cut.
    pub fn with_value(mut self, value: &str) -> Self {
        let shown: String = value.chars().take(60).collect();
        self.value = (!shown.is_empty()).then_some(shown);
        self
    }

    /// The same with where it stands in a body that is a text of lines.
    pub fn at_position(mut self, position: Option<SourcePosition>) -> Self {
        self.position = position.map(Box::new);
        self
    }

    /// As it is told.
    pub fn document(&self, language: Language) -> FieldDocument {
        let (pointer, parameter, header) = match &self.place {
            // What a text says wrongly before it is a document has a line and no pointer.
            Place::Pointer(pointer) if pointer.is_empty() && self.position.is_some() => (None, None, None),
            Place::Pointer(pointer) => (Some(pointer.clone()), None, None),
            Place::Parameter(name) => (None, Some(name.clone()), None),
            Place::Header(name) => (None, None, Some(*name)),
        };
        let (code, value) = (self.wrong.code(), self.value.clone());
        let (line, column) = self.position.as_deref().map(|position| (position.line, position.column)).unzip();
        FieldDocument { pointer, parameter, header, value, line, column, code, detail: self.wrong.text(language) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_table_once() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.spec().code).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| Code::of(code.spec().code) == Some(*code)));
    }
}
