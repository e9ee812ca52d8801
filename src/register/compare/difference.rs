//! One field that differs, and the room that an answer has for differences.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::register::spans::{MOST_WORK, Span};

/// 差异: one field that differs.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    /// 字段位置: RFC 6901 pointer, in the new body, or in the old one for what was removed.
    #[schema(example = "/promised_limit")]
    pub pointer: String,
    /// 字段名称
    #[schema(example = "承诺办结时限")]
    pub label: String,
    /// 所在位置: in which element of which list, or in what part, such as `申请材料“居民身份证”`; absent at the top.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "申请材料“居民身份证”")]
    pub within: Option<String>,
    /// 变化
    pub change: Kind,
    /// 原值
    #[schema(value_type = Option<Value>)]
    pub from: Option<Value>,
    /// 新值
    #[schema(value_type = Option<Value>)]
    pub to: Option<Value>,
    /// 文本差异: of a changed text, unless old and new have little in common. Those that are not `inserted` make up the old
    /// text, those that are not `deleted` the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub spans: Option<Vec<Span>>,
    /// 原次序和新次序: of a moved element, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<[usize; 2]>, example = json!([3, 1]))]
    pub places: Option<[usize; 2]>,
}

/// 变化: added 新增 · removed 删除 · changed 修改 · moved 移动.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DifferenceKind)]
pub enum Kind {
    /// 新增
    Added,
    /// 删除
    Removed,
    /// 修改
    Changed,
    /// 移动: an element of a list stands elsewhere among those that stayed; what else of it changed is told beside.
    Moved,
}

/// The differences that an answer has room for, and the work that their texts may take. Of several comparisons that one answer tells,
/// all share it.
#[derive(Clone, Debug)]
pub struct Room {
    pub(super) differences: usize,
    pub(super) bytes: usize,
    /// Comparisons of parts of texts.
    pub(super) work: usize,
    pub(super) more: bool,
}

/// Differences that an answer to everybody tells at most, and about how many bytes of them.
const MOST_DIFFERENCES: usize = 5000;
pub(super) const MOST_BYTES: usize = 1 << 20;

impl Room {
    /// Room for what an answer to everybody tells.
    pub const PUBLIC: Self = Self::of(MOST_DIFFERENCES, MOST_BYTES);
    /// Room without an end, for who has no use for spans: no text is compared part by part.
    pub const WITHOUT_SPANS: Self = Self { work: 0, ..Self::of(usize::MAX, usize::MAX) };

    /// Room for so many differences, and for so many bytes of them: the one that goes beyond is the last.
    pub const fn of(differences: usize, bytes: usize) -> Self {
        Self { differences, bytes, work: MOST_WORK, more: false }
    }

    /// Whether something differs that is not told.
    pub const fn more(&self) -> bool {
        self.more
    }

    /// Whether one more difference is told; where it is not, the room remembers that there are more.
    pub(super) fn has_place(&mut self) -> bool {
        self.more |= self.differences == 0 || self.bytes == 0;
        !self.more
    }

    /// Adds a difference to those that were found, if there is one and room for it.
    pub fn add(&mut self, found: &mut Vec<Difference>, difference: Option<Difference>) {
        if let Some(difference) = difference
            && self.has_place()
        {
            self.differences -= 1;
            self.bytes = self.bytes.saturating_sub(difference.bytes());
            found.push(difference);
        }
    }
}

impl Difference {
    /// The difference between two values of a field, if there is any.
    pub fn between(pointer: &str, label: &str, from: Option<Value>, to: Option<Value>) -> Option<Self> {
        let change = match (&from, &to) {
            (from, to) if from == to => return None,
            (None, _) => Kind::Added,
            (_, None) => Kind::Removed,
            _ => Kind::Changed,
        };
        let (pointer, label) = (pointer.into(), label.into());
        Some(Self { pointer, label, within: None, change, from, to, spans: None, places: None })
    }

    /// About how many bytes of an answer it takes.
    pub(super) fn bytes(&self) -> usize {
        let values: usize = self.from.iter().chain(&self.to).map(bytes_of).sum();
        let spans: usize = self.spans.iter().flatten().map(|span| AROUND_SPAN + span.text.len()).sum();
        let within = self.within.as_ref().map_or(0, String::len);
        AROUND + self.pointer.len() + self.label.len() + within + values + spans
    }
}

/// Bytes of the names and marks around what a difference tells, and around one of its spans.
const AROUND: usize = 80;
const AROUND_SPAN: usize = 32;

fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(elements) => elements.iter().map(|element| bytes_of(element) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            members.iter().map(|(name, inner)| name.len() + 4 + bytes_of(inner)).sum::<usize>() + 2
        }
    }
}
