//! Use case: somebody says something of a draft without taking a step.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{
    model::Draft,
    open::{comment, must_be_open, open_for_step, response, save_version},
};
use crate::{
    problem::{Code, Problem},
    register::db::Conn,
    staff::{
        identity::Permission,
        requests::{ActionResult, Preconditions, RequestContext},
    },
};

/// Comments on one draft at most: everybody who may read it may add some.
const MOST: usize = 500;

/// 意见: what somebody says of a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewComment)]
pub struct Saying {
    /// 意见
    #[schema(max_length = 2000, example = "请问办理时限是按工作日计算吗？")]
    pub comment: String,
}

/// Adds a comment, as anybody may who may read the draft. Its state, its text and its approvals stay; that it has another version tells
/// who is about to take a step.
pub fn say(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    text: String,
) -> Result<ActionResult, Problem> {
    let mut draft = open_for_step(conn, context, id, seen, Permission::ItemsRead)?;
    must_be_open(&draft)?;
    has_room(&draft)?;
    comment(context, &mut draft, "comment", Some(text));
    save_version(conn, context, &mut draft, "comment", false)?;
    let made = json!({
        "id": draft.id, "state": draft.state, "version": draft.version, "comment": draft.comments.last(),
    });
    Ok(ActionResult { body: Some(made), ..response(&draft) })
}

fn has_room(draft: &Draft) -> Result<(), Problem> {
    match draft.comments.len() < MOST {
        true => Ok(()),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            format!("该草稿已有 {MOST} 条意见，不能再添加；请在退回、提交等步骤中说明。"),
            format!("The draft has {MOST} comments and takes no more; say it with a step (`return`, `submit` …)."),
        )),
    }
}
