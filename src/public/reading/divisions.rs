//! Use case: anyone looks up administrative divisions, by code, by what lies below, or by name.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    problem::Wrong,
    values::division::{Named, all, is_prefix, named, parent, significant},
    web::query::Parameters,
};

/// 行政区划
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = DivisionRecord)]
pub struct DivisionRow {
    /// 行政区划代码
    #[schema(example = "350121202")]
    pub code: String,
    /// 名称
    #[schema(example = "洋里乡")]
    pub name: String,
    /// 级别: province, city, county or township.
    #[schema(example = "township")]
    pub level: &'static str,
    /// 上级区划代码
    #[schema(example = "350121")]
    pub parent: Option<String>,
    /// 链接
    pub links: DivisionLinks,
}

/// 链接
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DivisionLinks {
    /// 事项
    #[schema(example = "/v1/items?division=350121202")]
    pub items: String,
    /// 机构
    #[schema(example = "/v1/organisations?division=350121202")]
    pub organisations: String,
    /// 下级区划
    #[schema(example = "/v1/divisions?parent=350121202")]
    pub below: String,
    /// 自身
    #[serde(rename = "self")]
    #[schema(example = "/v1/divisions/350121202")]
    pub own: String,
}

/// Which divisions are asked for.
pub struct DivisionRequest {
    below: Option<String>,
    parent: Option<String>,
    level: Option<String>,
    q: Option<String>,
}

const LEVELS: [&str; 4] = ["province", "city", "county", "township"];

impl DivisionRequest {
    /// Takes its parameters.
    pub fn from_query(parameters: &mut Parameters) -> Self {
        let prefix = |text: &str| match is_prefix(text) {
            true => Ok(text.to_owned()),
            false => Err(Wrong::DivisionUnknown),
        };
        let level = |text: &str| match LEVELS.contains(&text) {
            true => Ok(text.to_owned()),
            false => Err(Wrong::NotInCodeList(LEVELS.join(", "))),
        };
        Self {
            below: parameters.parsed("below", prefix),
            parent: parameters.parsed("parent", prefix),
            level: parameters.parsed("level", level),
            q: parameters.one("q"),
        }
    }

    /// The divisions that are asked for, by code.
    pub fn rows(&self) -> Vec<Named> {
        let fits = |row: &&Named| {
            self.below.as_deref().is_none_or(|above| row.code.starts_with(significant(above)))
                && self
                    .parent
                    .as_deref()
                    .is_none_or(|above| parent(row.code).is_some_and(|code| significant(&code) == significant(above)))
                && self.level.as_deref().is_none_or(|asked| level(row.code) == asked)
                && self.q.as_deref().is_none_or(|words| row.name.contains(words) || row.code.starts_with(words))
        };
        all().iter().filter(fits).copied().collect()
    }
}

/// The division with this code as it is answered.
pub fn division(code: &str) -> Option<DivisionRow> {
    named(code).map(row)
}

/// A division as it is answered.
pub fn row(named: Named) -> DivisionRow {
    let code = named.code;
    DivisionRow {
        code: code.into(),
        name: named.name.into(),
        level: level(code),
        parent: parent(code),
        links: DivisionLinks {
            items: format!("/v1/items?division={code}"),
            organisations: format!("/v1/organisations?division={code}"),
            below: format!("/v1/divisions?parent={code}"),
            own: format!("/v1/divisions/{code}"),
        },
    }
}

fn level(code: &str) -> &'static str {
    match (code.len(), significant(code).len()) {
        (6, 2) => "province",
        (6, 4) => "city",
        (6, _) => "county",
        _ => "township",
    }
}
