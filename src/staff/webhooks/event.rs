//! The steps of drafts of which a system of the office may be told.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::staff::audit::{AuditEntry, Outcome};

/// The beginning of a draft's name in the trail.
const DRAFT: &str = "draft/";

/// 草稿事件: a step of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum DraftEvent {
    /// 提交审查
    #[serde(rename = "drafts.submitted")]
    Submitted,
    /// 退回修改
    #[serde(rename = "drafts.returned")]
    Returned,
    /// 两项审查通过
    #[serde(rename = "drafts.approved")]
    Approved,
    /// 定时公布
    #[serde(rename = "drafts.scheduled")]
    Scheduled,
}

impl DraftEvent {
    /// As in JSON.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Submitted => "drafts.submitted",
            Self::Returned => "drafts.returned",
            Self::Approved => "drafts.approved",
            Self::Scheduled => "drafts.scheduled",
        }
    }

    /// The step of a draft that a line of the trail tells of, and the draft.
    pub fn of(line: &AuditEntry) -> Option<(Self, &str)> {
        let draft = line.event.subject.as_deref()?.strip_prefix(DRAFT)?;
        if line.event.outcome != Outcome::Done {
            return None;
        }
        let state = line.event.detail.as_ref().and_then(|detail| detail.get("state")?.as_str());
        let event = match (line.event.action.as_str(), state) {
            ("draft.submit", _) => Self::Submitted,
            ("draft.return", _) => Self::Returned,
            ("draft.approve", Some("approved")) => Self::Approved,
            ("draft.publish", Some("scheduled")) => Self::Scheduled,
            _ => return None,
        };
        Some((event, draft))
    }
}
