//! The bodies of requests about many drafts: which drafts, and what is said to all of them.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::bulk_choice::Choice;
use crate::{fields::Shape, register::changes::Document, values::code_lists::Review};

/// A request about many drafts.
pub trait OfMany {
    /// The drafts that it is about.
    fn choice(&self) -> Choice;
    /// Whether nothing is done when one of them is refused.
    fn is_atomic(&self) -> bool;
}

/// A request about many drafts: its schema, and the members that each such request has.
macro_rules! about_many {
    ($(#[$about:meta])* $request:ident as $schema:ident, $shape:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        #[schema(as = $schema)]
        pub struct $request {
            /// 草稿: their ids, or else `import`.
            #[serde(default)]
            #[schema(min_items = 1, max_items = 500)]
            pub drafts: Option<Vec<String>>,
            /// 草稿版本: those that you saw, in the order of `drafts`; a draft that was changed since is refused (412).
            #[serde(default)]
            #[schema(min_items = 1, max_items = 500)]
            pub versions: Option<Vec<i64>>,
            /// 导入标识: all of its drafts that are open and that you may see.
            #[serde(default)]
            #[schema(max_length = 64, example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
            pub import: Option<String>,
            /// 全部或者全不: nothing is done when one of them is refused.
            #[serde(default)]
            pub atomic: bool,
            $($own)*
        }

        #[doc = concat!("The schema of [`", stringify!($request), "`].")]
        pub static $shape: LazyLock<Shape> = LazyLock::new(Shape::of::<$request>);

        impl OfMany for $request {
            fn choice(&self) -> Choice {
                let (drafts, versions) = (self.drafts.clone(), self.versions.clone());
                Choice { drafts, versions, import: self.import.clone() }
            }

            fn is_atomic(&self) -> bool {
                self.atomic
            }
        }
    };
}

about_many! {
    /// 批量提交: many drafts are handed in for review.
    Submitting as SubmissionRequest, SUBMITTING {
        /// 意见: to each of them.
        #[serde(default)]
        #[schema(max_length = 2000)]
        pub comment: Option<String>,
        /// 调整原因: written into those that have none.
        #[serde(default)]
        #[schema(max_length = 500, example = "年度清单核对")]
        pub reason: Option<String>,
        /// 调整依据文件: written into those that have none.
        #[serde(default)]
        #[schema(value_type = Option<Document>)]
        pub document: Option<Value>,
    }
}

about_many! {
    /// 批量审查: many drafts pass one of their two reviews. `versions` is required with `drafts`: an approval is of one text.
    Reviewing as ReviewRequest, REVIEWING {
        /// 审查类别
        pub kind: Review,
        /// 意见: to each of them.
        #[serde(default)]
        #[schema(max_length = 2000)]
        pub comment: Option<String>,
    }
}

about_many! {
    /// 批量退回: many drafts are sent back to be mended.
    Returning as ReturnRequest, RETURNING {
        /// 意见: what is to be mended in each of them.
        #[schema(max_length = 2000, example = "办理时限与依据不符，请核对")]
        pub comment: String,
    }
}

about_many! {
    /// 批量撤回: many drafts are taken back.
    Withdrawing as WithdrawalRequest, WITHDRAWING {
        /// 意见: to each of them.
        #[serde(default)]
        #[schema(max_length = 2000)]
        pub comment: Option<String>,
    }
}

about_many! {
    /// 批量作废: many drafts are given up.
    Discarding as DiscardRequest, DISCARDING {}
}

/// 批量公布: drafts that become public together, all of them or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublicationRequest)]
pub struct PublishingMany {
    /// 草稿: ids of approved drafts, in the order in which they stand in the log; or else `import`.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 1000)]
    pub drafts: Option<Vec<String>>,
    /// 导入标识: all of its drafts that are open and that you may see; each must be approved.
    #[serde(default)]
    #[schema(max_length = 64, example = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d")]
    pub import: Option<String>,
    /// 公布时间: ahead, within a year; at once when absent or past.
    #[serde(default)]
    #[schema(max_length = 40, example = "2026-12-01T00:00:00+08:00")]
    pub effective_at: Option<String>,
}

/// The schema of [`PublishingMany`].
pub static PUBLISHING_MANY: LazyLock<Shape> = LazyLock::new(Shape::of::<PublishingMany>);

impl OfMany for PublishingMany {
    fn choice(&self) -> Choice {
        Choice { drafts: self.drafts.clone(), versions: None, import: self.import.clone() }
    }

    fn is_atomic(&self) -> bool {
        true
    }
}
