//! What waits for who asks: how much of what, and where it is listed.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    order::Order,
    select::{DraftSelection, DraftsPage, SelectedDrafts, select},
    tasks::Task,
};
use crate::{
    problem::Problem,
    register::{
        catalog::instant,
        changes::Seq,
        db::{Conn, DbError},
    },
    staff::{identity::Caller, requests::Request},
};

/// 我的待办
#[derive(Serialize, ToSchema)]
pub struct MyTasks {
    /// 待办总数
    #[schema(example = 12)]
    total: i64,
    /// 各类待办: all of them, also those of which nothing waits.
    tasks: Vec<WaitingDrafts>,
    /// 变更序号: of the register.
    seq: Seq,
}

/// 一类待办: drafts with which the same is to be done next.
#[derive(Serialize, ToSchema)]
pub struct WaitingDrafts {
    /// 办理事项
    #[schema(pattern = "^(correct|submit|review|publish)$", example = "review")]
    task: &'static str,
    /// 办理事项名称
    #[schema(example = "待审查")]
    label: &'static str,
    /// 数量
    #[schema(example = 7)]
    count: i64,
    /// 等候最久的草稿的最近修改时间: of the one that was made first; absent when nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// 清单地址: the list of these drafts.
    #[schema(example = "/v1/drafts?waiting=review")]
    url: String,
}

/// `GET /v1/me/tasks`
pub async fn my_tasks(request: Request) -> Result<HttpResponse, Problem> {
    request.no_parameters()?;
    let tasks = request
        .fetch(|conn, context| {
            let told: Result<Vec<_>, DbError> =
                Task::ALL.iter().map(|task| waiting(conn, &context.caller, *task)).collect();
            Ok(told?)
        })
        .await?;
    let total = tasks.iter().map(|task| task.count).sum();
    request.answer(&MyTasks { total, tasks, seq: request.catalog.peek().seq() }, None)
}

/// Counts the drafts that wait for one thing to be done. What waits for somebody they may see: the list that is named holds as many.
fn waiting(conn: &mut Conn, caller: &Caller, task: Task) -> Result<WaitingDrafts, DbError> {
    let selection = DraftSelection { waiting: vec![task], ..DraftSelection::default() };
    let first = DraftsPage { order: Order::Oldest, after: None, limit: 1 };
    let SelectedDrafts { drafts, total, .. } = select(conn, &selection, caller, first)?;
    Ok(WaitingDrafts {
        task: task.value(),
        label: task.label(),
        count: total,
        since: drafts.first().map(|draft| instant(draft.updated_at)),
        url: format!("/v1/drafts?waiting={}", task.value()),
    })
}
