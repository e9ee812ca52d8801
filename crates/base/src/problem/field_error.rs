//! One mistake in a request: its place, how it is wrong, and the value that was given.

use std::fmt;

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    language::{Detail, Language},
    rules::{Rule, Severity},
    wrong::Wrong,
};

/// One thing that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The place of the mistake.
    pub place: Place,
    /// The mistake.
    pub wrong: Wrong,
    /// The name of its field and the value that was given. Boxed, since every `Result` carries its room.
    named: Option<Box<Named>>,
    /// The line and column in a body that is a text of lines. Boxed, since it is rare and every `Result` carries its room.
    pub position: Option<Box<SourcePosition>>,
}

/// What is known of a field beside its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Named {
    /// The Chinese term of the field, where its schema is known.
    label: Option<Box<str>>,
    /// The value that was given, of a parameter.
    value: Option<String>,
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

/// The part of a request in which a mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// RFC 6901 JSON pointer into the body.
    Pointer(String),
    /// Name of a query or path parameter.
    Parameter(String),
    /// Name of a request header.
    Header(&'static str),
}

/// One offending field, parameter or header.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldDocument {
    /// 字段位置: RFC 6901 pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// 字段名称: of the field, or of the list or part in which it stands; the same in both languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "材料名称")]
    pub label: Option<String>,
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
    /// 怎么改: what to write instead.
    #[schema(example = "填写范围内的值")]
    pub remedy: &'static str,
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
        Self::new(Place::Pointer(pointer.into()), wrong)
    }

    fn new(place: Place, wrong: Wrong) -> Self {
        Self { place, wrong, named: None, position: None }
    }

    /// Says whether it keeps a draft from being submitted.
    pub fn blocks(&self) -> bool {
        self.wrong.severity() == Severity::Error
    }

    /// A rule broken at an RFC 6901 pointer, in a case with these figures.
    pub fn broken<const N: usize>(pointer: impl Into<String>, rule: Rule, figures: [Detail; N]) -> Self {
        Self::at(pointer, Wrong::Rule(rule, figures.into()))
    }

    /// The pointer into the body; `""` for a mistake in a parameter or header.
    pub fn pointer(&self) -> &str {
        match &self.place {
            Place::Pointer(pointer) => pointer,
            Place::Parameter(_) | Place::Header(_) => "",
        }
    }

    /// The same mistake in the whole of which its body is the part at `part`; a parameter or header stays as it is.
    pub fn below(mut self, part: &str) -> Self {
        if let Place::Pointer(pointer) = &mut self.place {
            pointer.insert_str(0, part);
        }
        self
    }

    /// Adds the Chinese term of the field, unless it is told already.
    pub fn called(mut self, term: Option<&str>) -> Self {
        if self.label().is_none() && term.is_some() {
            self.named.get_or_insert_default().label = term.map(Into::into);
        }
        self
    }

    /// The Chinese term of the field, where it is known.
    pub fn label(&self) -> Option<&str> {
        self.named.as_ref()?.label.as_deref()
    }

    /// A mistake in a query or path parameter.
    pub fn parameter(name: impl Into<String>, wrong: Wrong) -> Self {
        Self::new(Place::Parameter(name.into()), wrong)
    }

    /// A mistake in a request header.
    pub fn header(name: &'static str, wrong: Wrong) -> Self {
        Self::new(Place::Header(name), wrong)
    }

    /// Adds the value that was given; a long one is cut.
    pub fn with_value(mut self, value: &str) -> Self {
        let shown: String = value.chars().take(60).collect();
        if !shown.is_empty() {
            self.named.get_or_insert_default().value = Some(shown);
        }
        self
    }

    /// Adds the line and column in a body that is a text of lines.
    pub fn at_position(mut self, position: Option<SourcePosition>) -> Self {
        self.position = position.map(Box::new);
        self
    }

    /// The JSON of the mistake, with its sentence in this language.
    pub fn document(&self, language: Language) -> FieldDocument {
        let (pointer, parameter, header) = match &self.place {
            // A mistake in a text that could not be read as a document has a line and no pointer.
            Place::Pointer(pointer) if pointer.is_empty() && self.position.is_some() => (None, None, None),
            Place::Pointer(pointer) => (Some(pointer.clone()), None, None),
            Place::Parameter(name) => (None, Some(name.clone()), None),
            Place::Header(name) => (None, None, Some(*name)),
        };
        let (code, value) = (self.wrong.code(), self.named.as_ref().and_then(|named| named.value.clone()));
        let label = self.label().map(str::to_owned);
        let (line, column) = self.position.as_deref().map(|position| (position.line, position.column)).unzip();
        FieldDocument {
            pointer,
            label,
            parameter,
            header,
            value,
            line,
            column,
            code,
            detail: self.wrong.text(language),
            remedy: self.wrong.remedy(language),
        }
    }
}
