//! A refusal on its way to the client, and the document that tells it.

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

use super::{
    code::Code,
    field_error::{FieldDocument, FieldError},
    language::{Detail, Language},
    wrong::Wrong,
};

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The kind of problem.
    pub code: Code,
    /// A sentence about this case, where the title does not say it all.
    pub detail: Option<Detail>,
    /// Every offending field, parameter or header.
    pub errors: Vec<FieldError>,
    /// The obstacle: of a stale change, who changed what since.
    pub conflict: Option<Box<Value>>,
    /// Seconds after which to try again, where they are known.
    pub retry_after: Option<u64>,
    /// The parameters without which a fee cannot be quoted.
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

    /// Adds one mistake.
    pub fn naming(mut self, mistake: FieldError) -> Self {
        self.errors.push(mistake);
        self
    }

    /// Adds the obstacle, such as the changes since.
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

    /// Asks the client to try again after so many seconds.
    pub fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// A problem with its own sentence.
    pub fn with_detail(code: Code, chinese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { detail: Some(Detail::new(chinese, english)), ..code.into() }
    }

    /// The document that answers a request for `instance` in `language`.
    pub fn document(&self, language: Language, instance: &str) -> ProblemDocument {
        let spec = self.code.spec();
        let detail = match &self.detail {
            Some(detail) => detail.text(language),
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
        if self.code.spec().status == StatusCode::UNAUTHORIZED {
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
    /// An error of the operating system is ours to mend.
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
