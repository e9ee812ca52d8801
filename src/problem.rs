//! Every refusal of the API, as RFC 9457 `application/problem+json`.
//!
//! A use case returns a [`Problem`]; the edge writes the document, because only there the reader's language and the
//! request's path are known. [`Code::spec`] is the only table of status, code and titles, [`Wrong`] the only place where
//! a mistake in a field becomes a sentence.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::preference::weighted;

/// What went wrong, as one stable word that clients may match on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Something of ours failed.
    Internal,
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
    /// Somebody else changed it.
    Stale,
    /// `If-Match` is required.
    PreconditionMissing,
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
    pub const ALL: [Self; 16] = [
        Self::BodyTooLarge,
        Self::Gone,
        Self::Internal,
        Self::InvalidBody,
        Self::InvalidCursor,
        Self::InvalidHeader,
        Self::InvalidPath,
        Self::InvalidQuery,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::NotFound,
        Self::PreconditionMissing,
        Self::Stale,
        Self::StateConflict,
        Self::Unavailable,
        Self::UriTooLong,
    ];

    /// The row of this code.
    pub const fn spec(self) -> Spec {
        use StatusCode as S;
        match self {
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
            Self::Stale => row(
                S::PRECONDITION_FAILED,
                "stale",
                ["内容已被他人修改", "Changed by somebody else"],
                ["请重新读取后再提交。", "Read it again, then repeat."],
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
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// Chinese.
    pub chinese: String,
    /// English.
    pub english: String,
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

/// How a field can be wrong (DOMAIN.md §8). A new kind of mistake is a new variant with its code and two sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Absent or empty.
    Required,
    /// No such field.
    UnknownField,
    /// Not of this JSON type.
    WrongType(String),
    /// More characters than this.
    TooLong(u64),
    /// Fewer elements than this.
    TooFew(u64),
    /// More elements than this.
    TooMany(u64),
    /// Not one of these values.
    NotInCodeList(String),
    /// Not of this form.
    BadFormat(String),
    /// Not between these figures.
    OutOfRange(String),
    /// A parameter without a value.
    Empty,
    /// No such parameter.
    UnknownParameter,
    /// A parameter that stands once was given several times.
    GivenTwice,
    /// Not percent-encoded UTF-8.
    PercentEncoding,
    /// Not a longitude and a latitude.
    Point,
    /// Not an instant with its offset.
    Instant,
    /// Neither a change nor an instant.
    ChangeOrInstant,
    /// No change has this number yet.
    NotYet(i64),
    /// Makes sense only together with another parameter.
    OnlyWith(&'static str),
    /// Not a cursor at all.
    NotACursor,
    /// Nested deeper than this.
    TooDeep(usize),
    /// A control character inside.
    ControlCharacter,
    /// The same value twice.
    Duplicate(String),
    /// The first must come before the second.
    DateOrder(String, String),
    /// Not a decimal of at most so many places.
    BadMoney,
    /// The check character should be another.
    UsccCheckDigit(char),
    /// Not a code of GB/T 2260 or GB/T 10114.
    DivisionUnknown,
    /// The implementation code should be composed thus.
    ImplementationCode(String),
    /// The handling code should begin thus and end with 01–99.
    HandlingCode(String),
    /// Digits 3–4 of the catalogue code say this category.
    CatalogueCategory(String),
    /// The list and the category contradict each other.
    ListCategory,
    /// The main item is not the one of the catalogue code.
    MainItem,
    /// The key exists already.
    CodeDuplicate,
    /// No such organisation.
    OrganisationUnknown(String),
    /// No such record.
    ReferenceUnknown {
        /// Kind of what was looked for.
        kind: &'static str,
        /// Its key.
        key: String,
    },
    /// Others in force still use it.
    StillReferenced(String),
    /// A cursor that another list gave out.
    OtherWalk,
    /// An instrument takes effect before it is issued, or is repealed before it takes effect.
    InstrumentDateOrder,
    /// A merged item without successor, or a delegated one without the organisation that takes it over.
    CleanUpSuccessor,
    /// A chart that breaks DOMAIN.md §6; the code, Chinese and English.
    Chart(&'static str, &'static str, &'static str),
}

/// The language of titles and details: Chinese unless the client asks for English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// zh-CN
    #[default]
    Chinese,
    /// en
    English,
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
    /// 错误代码: a stable word; `/problems` lists them.
    #[schema(example = "out-of-range")]
    pub code: &'static str,
    /// 说明
    #[schema(example = "应为 1 至 200")]
    pub detail: String,
}

impl Problem {
    /// The body was understood but these fields were not acceptable.
    pub fn invalid_body(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Code::InvalidBody.into() }
    }

    /// These query parameters were not acceptable.
    pub fn invalid_query(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Code::InvalidQuery.into() }
    }

    /// A cursor that cannot be used.
    pub fn invalid_cursor(wrong: Wrong) -> Self {
        Self { errors: vec![FieldError::parameter("cursor", wrong)], ..Code::InvalidCursor.into() }
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
        }
    }

    /// The whole answer.
    pub fn answer(&self, language: Language, instance: &str) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.spec().status);
        answer.insert_header((header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        answer.insert_header((header::CONTENT_LANGUAGE, language.tag()));
        answer.insert_header((header::VARY, "Accept-Language"));
        answer.insert_header((header::CACHE_CONTROL, "no-store"));
        if self.code == Code::Unavailable {
            answer.insert_header((header::RETRY_AFTER, "1"));
        }
        match serde_json::to_vec(&self.document(language, instance)) {
            Ok(body) => answer.body(body),
            Err(_) => answer.finish(),
        }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self { code, detail: None, errors: Vec::new() }
    }
}

impl From<serde_json::Error> for Problem {
    /// A stored document that cannot be read back is ours to mend.
    fn from(error: serde_json::Error) -> Self {
        log::error!("stored document: {error}");
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
        Self { place: Place::Pointer(pointer.into()), wrong, value: None }
    }

    /// A mistake in a query or path parameter.
    pub fn parameter(name: impl Into<String>, wrong: Wrong) -> Self {
        Self { place: Place::Parameter(name.into()), wrong, value: None }
    }

    /// A mistake in a request header.
    pub fn header(name: &'static str, wrong: Wrong) -> Self {
        Self { place: Place::Header(name), wrong, value: None }
    }

    /// The same with the value that was given; a long one is cut.
    pub fn with_value(mut self, value: &str) -> Self {
        let shown: String = value.chars().take(60).collect();
        self.value = (!shown.is_empty()).then_some(shown);
        self
    }

    fn document(&self, language: Language) -> FieldDocument {
        let (pointer, parameter, header) = match &self.place {
            Place::Pointer(pointer) => (Some(pointer.clone()), None, None),
            Place::Parameter(name) => (None, Some(name.clone()), None),
            Place::Header(name) => (None, None, Some(*name)),
        };
        let (code, value) = (self.wrong.code(), self.value.clone());
        FieldDocument { pointer, parameter, header, value, code, detail: self.wrong.text(language) }
    }
}

impl Wrong {
    /// The stable code of DOMAIN.md §8.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::UnknownField => "unknown-field",
            Self::WrongType(_) => "wrong-type",
            Self::TooLong(_) => "too-long",
            Self::TooFew(_) => "too-few",
            Self::TooMany(_) => "too-many",
            Self::NotInCodeList(_) => "not-in-code-list",
            Self::BadFormat(_) => "bad-format",
            Self::OutOfRange(_) => "out-of-range",
            Self::Empty => "empty",
            Self::UnknownParameter => "unknown-parameter",
            Self::GivenTwice => "given-twice",
            Self::PercentEncoding => "percent-encoding",
            Self::Point | Self::Instant | Self::ChangeOrInstant | Self::NotACursor => "bad-format",
            Self::NotYet(_) => "out-of-range",
            Self::OnlyWith(_) => "only-with",
            Self::TooDeep(_) => "too-deep",
            Self::ControlCharacter => "control-character",
            Self::Duplicate(_) => "duplicate",
            Self::DateOrder(..) => "date-order",
            Self::BadMoney => "bad-money",
            Self::UsccCheckDigit(_) => "uscc-check-digit",
            Self::DivisionUnknown => "division-unknown",
            Self::ImplementationCode(_) => "implementation-code-composition",
            Self::HandlingCode(_) => "handling-code-composition",
            Self::CatalogueCategory(_) => "catalogue-category-mismatch",
            Self::ListCategory => "list-category-mismatch",
            Self::MainItem => "main-item-mismatch",
            Self::CodeDuplicate => "code-duplicate",
            Self::OrganisationUnknown(_) => "organisation-unknown",
            Self::ReferenceUnknown { .. } => "reference-unknown",
            Self::StillReferenced(_) => "still-referenced",
            Self::OtherWalk => "other-walk",
            Self::InstrumentDateOrder => "instrument-date-order",
            Self::CleanUpSuccessor => "clean-up-successor",
            Self::Chart(code, ..) => code,
        }
    }

    /// One of each, for the page that explains their codes.
    pub fn samples() -> Vec<Self> {
        let text = || "…".to_owned();
        vec![
            Self::Required,
            Self::Empty,
            Self::UnknownField,
            Self::UnknownParameter,
            Self::WrongType("integer".into()),
            Self::TooLong(200),
            Self::TooFew(1),
            Self::TooMany(200),
            Self::TooDeep(24),
            Self::NotInCodeList(text()),
            Self::BadFormat("YYYY-MM-DD".into()),
            Self::OutOfRange("1–200".into()),
            Self::ControlCharacter,
            Self::PercentEncoding,
            Self::Duplicate(text()),
            Self::GivenTwice,
            Self::OnlyWith("q"),
            Self::OtherWalk,
            Self::DateOrder("/valid_from".into(), "/valid_until".into()),
            Self::BadMoney,
            Self::UsccCheckDigit('B'),
            Self::DivisionUnknown,
            Self::ImplementationCode(text()),
            Self::HandlingCode(text()),
            Self::CatalogueCategory(text()),
            Self::ListCategory,
            Self::MainItem,
            Self::CodeDuplicate,
            Self::OrganisationUnknown(text()),
            Self::ReferenceUnknown { kind: "place", key: text() },
            Self::StillReferenced(text()),
            Self::InstrumentDateOrder,
            Self::CleanUpSuccessor,
        ]
    }

    /// The sentence, in `language`.
    pub fn text(&self, language: Language) -> String {
        let say = |chinese: String, english: String| match language {
            Language::Chinese => chinese,
            Language::English => english,
        };
        match self {
            Self::Required => say("必填".into(), "is required".into()),
            Self::UnknownField => say("没有这个字段或参数".into(), "is not known here".into()),
            Self::WrongType(kind) => say(format!("类型应为 {kind}"), format!("must be of type {kind}")),
            Self::TooLong(most) => {
                say(format!("不得超过 {most} 个字符"), format!("must have at most {most} characters"))
            }
            Self::TooFew(least) => say(format!("至少 {least} 项"), format!("must have at least {least} entries")),
            Self::TooMany(most) => say(format!("至多 {most} 项"), format!("must have at most {most} entries")),
            Self::NotInCodeList(values) => say(format!("应为其中之一：{values}"), format!("must be one of {values}")),
            Self::BadFormat(form) => say(format!("格式应为 {form}"), format!("must look like {form}")),
            Self::OutOfRange(range) => say(format!("应为 {range}"), format!("must be {range}")),
            Self::Empty => {
                say("不能为空；不需要时请去掉该参数".into(), "must not be empty; leave the parameter out".into())
            }
            Self::UnknownParameter => say("没有这个参数".into(), "is no parameter of this address".into()),
            Self::GivenTwice => say("只能给出一次".into(), "may be given only once".into()),
            Self::PercentEncoding => say(
                "须为 UTF-8 的百分号编码，如 %E4%BD%8E".into(),
                "must be percent-encoded UTF-8, such as %E4%BD%8E".into(),
            ),
            Self::Point => say(
                "应为“经度,纬度”，经度 −180 至 180，纬度 −90 至 90，如 119.0312,26.2561".into(),
                "must be longitude,latitude (−180 to 180, −90 to 90), such as 119.0312,26.2561".into(),
            ),
            Self::Instant => say(
                "应为带时区的时刻，如 2026-11-23T09:00:00+08:00".into(),
                "must be an instant with its offset, such as 2026-11-23T09:00:00+08:00".into(),
            ),
            Self::ChangeOrInstant => say(
                "应为变更序号（如 340）、日期（如 2017-01-01，北京时间零时）或带时区的时刻".into(),
                "must be a seq such as 340, a date such as 2017-01-01 (its beginning in China), or an instant".into(),
            ),
            Self::NotYet(current) => say(
                format!("序号大于当前的 {current}；日期请写作 2017-01-01"),
                format!("is greater than the current seq {current}; write dates as 2017-01-01"),
            ),
            Self::OnlyWith(other) => {
                say(format!("只能与 {other} 一起使用"), format!("can only be used together with {other}"))
            }
            Self::NotACursor => {
                say("须原样取自上一页的 next".into(), "must be `next` of the page before, unchanged".into())
            }
            Self::TooDeep(most) => {
                say(format!("嵌套不得超过 {most} 层"), format!("must not be nested deeper than {most}"))
            }
            Self::ControlCharacter => say("含有控制字符".into(), "contains a control character".into()),
            Self::Duplicate(value) => say(format!("重复：{value}"), format!("is given twice: {value}")),
            Self::DateOrder(first, second) => {
                say(format!("{first} 应早于 {second}"), format!("{first} must come before {second}"))
            }
            Self::BadMoney => {
                say("金额应为十进制文本，如 \"12.50\"".into(), "must be a decimal string such as \"12.50\"".into())
            }
            Self::UsccCheckDigit(right) => say(
                format!("统一社会信用代码校验位不符，应为 {right}"),
                format!("has a wrong check character; {right} fits"),
            ),
            Self::DivisionUnknown => {
                say("行政区划代码不存在".into(), "is not a code of GB/T 2260 or GB/T 10114".into())
            }
            Self::ImplementationCode(right) => say(
                format!("应为实施主体代码、行使层级和基本编码之组合：{right}"),
                format!("must be composed of organisation, level and catalogue code: {right}"),
            ),
            Self::HandlingCode(right) => {
                say(format!("应以 {right} 开头，后接 01–99"), format!("must be {right} followed by 01–99"))
            }
            Self::CatalogueCategory(category) => say(
                format!("基本编码第3–4位表示的类型为 {category}"),
                format!("digits 3–4 of the catalogue code say {category}"),
            ),
            Self::ListCategory => say(
                "公共服务只列入公共服务清单，其他类型列入权力清单".into(),
                "public services belong to the service list, all other categories to the power list".into(),
            ),
            Self::MainItem => say(
                "主项编码前9位应相同并以000结尾".into(),
                "the main item shares the first nine digits and ends in 000".into(),
            ),
            Self::CodeDuplicate => say("该编码已存在".into(), "exists already".into()),
            Self::OrganisationUnknown(code) => {
                say(format!("机构 {code} 未登记"), format!("organisation {code} is not in the register"))
            }
            Self::ReferenceUnknown { kind, key } => {
                say(format!("引用的记录不存在：{kind} {key}"), format!("there is no {kind} {key}"))
            }
            Self::StillReferenced(by) => say(format!("仍被以下记录引用：{by}"), format!("is still used by {by}")),
            Self::InstrumentDateOrder => {
                say("公布日期不晚于施行日期，废止日期应晚于施行日期".into(), "issued ≤ effective < repealed".into())
            }
            Self::CleanUpSuccessor => say(
                "合并须填承接事项，下放须填承接机构".into(),
                "a merger names the successor, a delegation the organisation".into(),
            ),
            Self::OtherWalk => say("游标属于另一组查询参数".into(), "belongs to a list with other parameters".into()),
            Self::Chart(_, chinese, english) => say((*chinese).into(), (*english).into()),
        }
    }
}

impl Language {
    /// The language that an `Accept-Language` header prefers (RFC 9110 §12.5.4); Chinese when it names neither.
    pub fn of(accept_language: Option<&str>) -> Self {
        let Some(header) = accept_language else { return Self::Chinese };
        let mut best = (0.0_f32, Self::Chinese);
        for (tag, quality) in weighted(header) {
            let language = match tag.split('-').next() {
                Some("en") => Self::English,
                Some("zh") => Self::Chinese,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The one of two texts that is in this language.
    pub fn choose<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_liked_of_our_languages_is_chosen() {
        assert_eq!(Language::of(None), Language::Chinese);
        assert_eq!(Language::of(Some("fr, en;q=0.5")), Language::English);
        assert_eq!(Language::of(Some("en;q=0.3, zh-TW;q=0.8")), Language::Chinese);
        assert_eq!(Language::of(Some("en-GB")), Language::English);
    }

    #[test]
    fn every_code_is_in_the_table_once() {
        let mut words: Vec<_> = Code::ALL.iter().map(|code| code.spec().code).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| Code::of(code.spec().code) == Some(*code)));
    }
}
