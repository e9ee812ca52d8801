//! The clean-up rounds of a year.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::clean_ups::{CleanUp, KIND},
    problem::Problem,
    public::clean_up_results::{ResultCount, result_counts},
    register::{
        catalog::{Entry, Snapshot},
        changes::Seq,
    },
};

/// 清理情况: a clean-up round that was published in the year, as it stood at the end of it.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct RoundFigures {
    /// 清理编码
    #[schema(example = "clean-up-2018")]
    pub code: String,
    /// 名称
    #[schema(example = "2018年度行政审批事项清理结果")]
    pub title: String,
    /// 文号
    #[schema(example = "洋政〔2018〕12号")]
    pub document_number: String,
    /// 决定日期
    pub decided: NaiveDate,
    /// 清理事项数
    #[schema(example = 12)]
    pub entries: usize,
    /// 各类结果的数量: every result there is, those that do not occur with 0.
    pub counts: Vec<ResultCount>,
}

/// The rounds first published after change `before`, in the order of the log; one that was cancelled since, or whose text was erased,
/// is not told of.
pub fn rounds(register: &Snapshot, before: Seq) -> Result<Vec<RoundFigures>, Problem> {
    let mut rounds = Vec::new();
    for entry in register.shelf(KIND.name).into_iter().flat_map(|shelf| shelf.entries()) {
        let is_new = entry.is_listed() && entry.revisions.front().is_some_and(|first| first.change.seq > before);
        if let Some(body) = is_new.then(|| entry.body()).transpose()?.flatten() {
            rounds.push(round(entry, &serde_json::from_str(&body)?));
        }
    }
    Ok(rounds)
}

fn round(entry: &Entry, round: &CleanUp) -> RoundFigures {
    RoundFigures {
        code: entry.key.to_string(),
        title: round.title.clone(),
        document_number: round.document_number.clone(),
        decided: round.decided,
        entries: round.entries.len(),
        counts: result_counts(round),
    }
}
