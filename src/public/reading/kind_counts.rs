//! How many records of each kind there are.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{model::kinds::Kind, register::catalog::Snapshot};

/// 记录数量
#[derive(Serialize, ToSchema)]
pub struct KindCount {
    /// 记录类别
    #[schema(example = "item")]
    pub kind: &'static str,
    /// 中文名称
    #[schema(example = "事项")]
    pub label: &'static str,
    /// 有效和暂停的数量
    #[schema(example = 187)]
    pub listed: u64,
    /// 历年累计
    #[schema(example = 193)]
    pub ever: u64,
    /// 链接
    #[schema(example = "/v1/items")]
    pub link: String,
}

/// How many records of each kind there are.
pub fn kind_counts(snapshot: &Snapshot) -> Vec<KindCount> {
    let count = |kind: &'static Kind| {
        let shelf = snapshot.shelf(kind.name)?;
        Some(KindCount {
            kind: kind.name,
            label: kind.chinese,
            listed: shelf.listed().len(),
            ever: shelf.entries().len() as u64,
            link: format!("/v1/{}", kind.path),
        })
    };
    snapshot.kinds().filter_map(count).collect()
}
