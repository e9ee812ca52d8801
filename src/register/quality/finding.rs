//! The findings of the rules on one body.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    model::kinds::{Body, Kind},
    problem::{FieldError, Language, Severity},
    register::catalog::Snapshot,
};

/// 质量发现: a rule that a record breaks, in the language asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = QualityFinding)]
pub struct Finding {
    /// 规则代码: a stable word; `/problems` lists them.
    #[schema(example = "material-vague")]
    pub rule: &'static str,
    /// 严重程度
    pub severity: Severity,
    /// 字段位置: RFC 6901 pointer into the body.
    #[schema(example = "/materials/2/name")]
    pub pointer: String,
    /// 字段名称: of the field, or of the list or part in which it stands; the same in both languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "材料名称")]
    pub label: Option<String>,
    /// 说明
    #[schema(example = "材料名称含有兜底表述“其他材料”")]
    pub message: String,
    /// 补救
    #[schema(example = "逐项列明")]
    pub remedy: &'static str,
}

impl Finding {
    /// The finding for a mistake, in `language`.
    pub fn of(error: &FieldError, language: Language) -> Self {
        Self {
            rule: error.wrong.code(),
            severity: error.wrong.severity(),
            pointer: error.pointer().to_owned(),
            label: error.label().map(str::to_owned),
            message: error.wrong.text(language),
            remedy: error.wrong.remedy(language),
        }
    }
}

/// Finds everything that is wrong with `body` on the day `today` in the register around it, complete or not: the worst first,
/// then by pointer.
pub fn findings(kind: &Kind, body: &Value, register: &Snapshot, today: NaiveDate) -> Vec<FieldError> {
    in_order((kind.check)(Body::Any(body), register, today))
}

/// Sorts mistakes: the worst first, then by pointer and code, each once.
pub fn in_order(mut found: Vec<FieldError>) -> Vec<FieldError> {
    found.sort_by(|a, b| {
        let key = |error: &FieldError| (error.wrong.severity(), error.wrong.code());
        let (a_key, b_key) = (key(a), key(b));
        a_key.0.cmp(&b_key.0).then_with(|| by_place(a.pointer()).cmp(&by_place(b.pointer()))).then(a_key.1.cmp(b_key.1))
    });
    found.dedup();
    found
}

/// A key for sorting pointers, by which places in lists are ordered as numbers.
fn by_place(pointer: &str) -> Vec<(usize, &str)> {
    pointer.split('/').map(|step| (step.parse().unwrap_or_default(), step)).collect()
}
