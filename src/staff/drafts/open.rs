//! The beginning and end of every step of a draft: it is locked, loaded, permitted and of the version that the client saw; then it is
//! written and recorded.

use serde_json::{Value, json};

use super::{
    model::{Comment, Draft, Person},
    store,
    versions::{self, DraftVersion},
};
use crate::{
    model::kinds::Kind,
    problem::{Code, Problem},
    register::{
        catalog::{Entry, Snapshot, instant},
        compare::{Difference, Room, compare_within},
        db::Conn,
        publication::unknown_kind,
    },
    staff::{
        identity::{Caller, Permission},
        requests::{ActionResult, Preconditions, RequestContext},
    },
    values::code_lists::{Action, DraftState, Status},
};

/// A draft for reading. 404 for who must not know of it.
pub fn load_visible(conn: &mut Conn, context: &RequestContext, id: &str) -> Result<Draft, Problem> {
    let draft = store::load(conn, id)?.ok_or(Code::NotFound)?;
    context.must_see(&draft.belongs)?;
    Ok(draft)
}

/// A draft for a step that needs `permission`: 404, 403, or 412 with the version that it has by now.
pub fn open_for_step(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    permission: Permission,
) -> Result<Draft, Problem> {
    let draft = store::lock(conn, id)?.ok_or(Code::NotFound)?;
    context.must_see(&draft.belongs)?;
    context.require(permission, &draft.belongs)?;
    match seen.hold(draft.version) {
        true => Ok(draft),
        // `since` adds the changes of others when this transaction has ended.
        false => Err(stale(&draft, None, Vec::new(), true)),
    }
}

/// Refuses a step that the draft's state does not allow.
pub fn must_be(draft: &Draft, allowed: &[DraftState]) -> Result<(), Problem> {
    if allowed.contains(&draft.state) {
        return Ok(());
    }
    let [chinese, english] = way_out(draft.state, allowed);
    let (state, values) = (draft.state, allowed.iter().map(|state| state.value()).collect::<Vec<_>>().join(", "));
    let labels = allowed.iter().map(|state| state.label()).collect::<Vec<_>>().join("、");
    Err(Problem::with_detail(
        Code::StateConflict,
        format!("草稿的状态为“{}”，该步骤要求：{labels}。{chinese}", state.label()),
        format!("The draft is {}; this step needs: {values}. {english}", state.value()),
    )
    .because_of(json!({ "state": state, "version": draft.version, "updated_at": instant(draft.updated_at) })))
}

/// What leads from the state of a draft to one of those that a step needs, in Chinese and English.
fn way_out(state: DraftState, allowed: &[DraftState]) -> [&'static str; 2] {
    let needs = |state: DraftState| allowed.contains(&state);
    match state {
        DraftState::Published => {
            ["要再修改，请就该记录另行起草。", "Make another draft of the record to change it again."]
        }
        DraftState::Discarded => ["请重新起草。", "Make another draft."],
        DraftState::Scheduled => ["请先取消定时（unschedule）。", "Unschedule it first (`unschedule`)."],
        _ if needs(DraftState::Scheduled) => ["它没有定时公布。", "It is not scheduled."],
        DraftState::Draft | DraftState::Returned => [
            "须先由起草人或者本机构的编辑提交审查（submit）。",
            "Its author or another editor of the office has to submit it first (`submit`).",
        ],
        _ if needs(DraftState::Draft) => [
            "要修改，请先由起草人撤回（withdraw），或者由审查人退回（return）。",
            "To change it, have its author withdraw it (`withdraw`) or a reviewer send it back (`return`) first.",
        ],
        DraftState::Approved => {
            ["两项审查都已通过，可以公布（publish）。", "It has both approvals and can be published (`publish`)."]
        }
        DraftState::Submitted | DraftState::HalfApproved => [
            "还须通过审查（approve）：保密审查和合法性审核各一次，由两人分别作出。",
            "It still needs approvals (`approve`): confidentiality and legality, by two people.",
        ],
    }
}

/// 409 for a draft that was published or given up: it keeps no text.
pub fn must_be_open(draft: &Draft) -> Result<(), Problem> {
    match draft.is_open() {
        true => Ok(()),
        false => Err(Problem::with_detail(
            Code::StateConflict,
            format!("草稿{}，不再保存文本；请查看已公布的记录。", draft.state.label()),
            format!("The draft is {} and keeps no text; look at the published record.", draft.state.value()),
        )),
    }
}

/// Saves a draft after a step, as its next version; `text` says whether the step changed what is proposed.
pub fn save_version(
    conn: &mut Conn,
    context: &RequestContext,
    draft: &mut Draft,
    step: &str,
    text: bool,
) -> Result<(), Problem> {
    draft.version += 1;
    draft.updated_at = context.now;
    if !draft.is_open() {
        versions::forget(conn, &draft.id)?;
        // It may quote texts of the record.
        draft.alert = None;
    }
    store::update(conn, draft)?;
    record_step(conn, context, draft, step, text)
}

/// Records a step among the versions of a draft, for who comes with an older version.
pub fn record_step(
    conn: &mut Conn,
    context: &RequestContext,
    draft: &Draft,
    step: &str,
    text: bool,
) -> Result<(), Problem> {
    let content = text.then(|| serde_json::to_string(&draft.content.json())).transpose()?;
    let version = DraftVersion {
        draft: draft.id.clone(),
        version: draft.version,
        at: context.now.naive_utc(),
        by_name: context.caller.name.clone(),
        step: step.into(),
        office: versions::office_of(&draft.belongs),
        bytes: content.as_ref().map_or(0, |text| i64::try_from(text.len()).unwrap_or(i64::MAX)),
        content,
    };
    Ok(versions::insert(conn, version)?)
}

/// Adds what somebody said at a step.
pub fn comment(context: &RequestContext, draft: &mut Draft, step: &str, text: Option<String>) {
    draft.comments.extend(text.map(|text| Comment {
        by: context.caller.name.clone(),
        at: instant(context.now),
        step: step.into(),
        text,
    }));
}

/// The response to a step: the draft.
pub fn response(draft: &Draft) -> ActionResult {
    let mut result = ActionResult::ok(draft.subject(), draft.belongs.clone(), draft.view()).version(draft.version);
    // Not by the record: a draft may come to be about another one while its answers are kept.
    result.record = Some(draft.subject());
    result.detail = Some(json!({
        "kind": draft.kind, "action": draft.action, "key": draft.key, "state": draft.state, "version": draft.version,
    }));
    result
}

/// The name of a record that is public.
pub fn name_of(entry: &Entry) -> Option<String> {
    let name = &entry.indexed.title;
    (entry.status != Status::Erased && !name.is_empty()).then(|| name.clone())
}

/// The name that the record of a draft has in the register; a new record has none.
pub fn public_name(register: &Snapshot, draft: &Draft) -> Option<String> {
    let key = draft.key.as_deref().filter(|_| draft.action != Action::Create)?;
    name_of(register.get(&draft.kind, key)?)
}

/// Somebody, as a draft remembers them.
pub fn person(caller: &Caller) -> Person {
    Person { id: caller.id.clone(), name: caller.name.clone() }
}

/// The kind of a draft's record.
pub fn kind_of(register: &Snapshot, name: &str) -> Result<&'static Kind, Problem> {
    register.kind(name).ok_or_else(|| Problem::invalid_body(vec![unknown_kind(register)]))
}

/// 412: the present version, and as far as that is known who changed what since the one that the client saw. `more` says that there is
/// more than is told.
pub fn stale(draft: &Draft, by: Option<&str>, changes: Vec<Value>, more: bool) -> Problem {
    let version = draft.version;
    let is_comment = |change: &Value| change["step"] == "comment";
    let only_comments = !changes.is_empty() && !more && changes.iter().all(is_comment);
    let (chinese, english) = match by {
        Some(by) if only_comments => (
            format!("您看过以后，{by} 加了留言（第 {version} 版），内容没有变。请看过留言，用新的版本再办。"),
            format!(
                "{by} has commented since (version {version}); the text is the same. Read the comment and repeat with that version."
            ),
        ),
        Some(by) => (
            format!("草稿已由 {by} 修改为第 {version} 版，conflict 列出了此后的变化。"),
            format!("{by} has brought the draft to version {version}; `conflict` tells what changed since."),
        ),
        None => (
            format!("草稿已修改为第 {version} 版，请重新读取后再提交。"),
            format!("The draft is at version {version} by now. Read it again, then repeat."),
        ),
    };
    Problem::with_detail(Code::Stale, chinese, english).because_of(json!({
        "version": version, "state": draft.state, "updated_at": instant(draft.updated_at), "changes": changes,
        "more": more,
    }))
}

/// Lists the differences between two texts of a draft, as far as there is room.
pub fn differing(kind: &Kind, from: &Value, to: &Value, room: &mut Room) -> Vec<Difference> {
    let inside = |mut difference: Difference| {
        difference.pointer = format!("/body{}", difference.pointer);
        difference
    };
    let body = |text: &Value| text.get("body").filter(|body| body.is_object()).cloned().unwrap_or_else(|| json!({}));
    let of_body = compare_within((kind.shape)(), &body(from), &body(to), room);
    let mut found: Vec<_> = of_body.into_iter().map(inside).collect();
    for (name, label) in [
        ("successor", "承接事项"),
        ("revision", "修订号"),
        ("reason", "调整原因"),
        ("document", "调整依据文件"),
        ("channels", "公开渠道"),
    ] {
        let member = |text: &Value| text.get(name).filter(|value| !value.is_null()).cloned();
        room.add(&mut found, Difference::between(&format!("/{name}"), label, member(from), member(to)));
    }
    found
}
