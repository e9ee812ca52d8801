//! Use cases: somebody makes a draft, changes it, or gives it up.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    attached,
    model::{Draft, DraftContent, below, refuses_a_save},
    open::{kind_of, must_be, open_for_step, person, record_step, response, save_version},
    owner, store,
};
use crate::{
    base::merge_patch,
    fields::{Shape, member},
    model::kinds::{Kind, Owner},
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot, instant},
        changes::Document,
        db::Conn,
        publication,
    },
    staff::{
        identity::{Belongs, Permission},
        requests::{ActionResult, Preconditions, RequestContext, lock_quotas, within},
    },
    values::{
        self,
        code_lists::{Action, DraftState, PublicationChannel},
    },
};

/// 草稿内容: what is proposed. Everything but kind and action may still be missing; it is a finding until submission.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// 记录类别
    #[serde(default)]
    #[schema(max_length = 40, example = "item")]
    pub kind: Option<String>,
    /// 调整类型
    #[serde(default)]
    pub action: Option<Action>,
    /// 编码: of the record; all actions but `create`.
    #[serde(default)]
    #[schema(max_length = 64, example = "11350121003619116B5000511001000")]
    pub key: Option<String>,
    /// 记录内容: create, amend, delegate, renumber. Without it a draft begins with the body that is public.
    #[serde(default)]
    #[schema(value_type = Option<Value>)]
    pub body: Option<Value>,
    /// 承接事项: merge; cancel may.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub successor: Option<String>,
    /// 修订号: which one is erased.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000000)]
    pub revision: Option<i64>,
    /// 调整原因
    #[serde(default)]
    #[schema(max_length = 500, example = "压缩承诺时限")]
    pub reason: Option<String>,
    /// 调整依据文件
    #[serde(default)]
    #[schema(value_type = Option<Document>)]
    pub document: Option<Value>,
    /// 公开渠道: the website when none is given.
    #[serde(default)]
    #[schema(max_items = 7)]
    pub channels: Option<Vec<PublicationChannel>>,
    /// 起草依据的修订号: the revision that you saw; 409 when it is no longer the current one.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000000)]
    pub base_revision: Option<i64>,
}

/// How a draft is changed.
#[derive(Clone, Debug)]
pub enum Save {
    /// `PUT`: everything is replaced, and named.
    Replace(Value),
    /// `PATCH`: RFC 7396.
    Merge(Value),
}

/// The schema by which bodies of requests are read. `document` is read loosely: it may be incomplete.
pub static SHAPE: LazyLock<Shape> = LazyLock::new(Shape::of::<NewDraft>);

/// Makes a draft. 409 when the record's state forbids the action, or another draft of the record is open.
pub fn create(conn: &mut Conn, context: &RequestContext, new: &NewDraft) -> Result<ActionResult, Problem> {
    let draft = propose(conn, context, new)?;
    within_quota(conn, context, &draft.belongs)?;
    let mut result = response(&draft);
    result.status = actix_web::http::StatusCode::CREATED;
    result.location = Some(format!("/v1/drafts/{}", draft.id));
    Ok(result)
}

/// Whether an office has no more open drafts than it may have: for who made some. Of their versions the oldest go where they take more
/// than they may. From here to the end of the transaction others who count wait, so nothing is written after it for which others may
/// have to.
pub fn within_quota(conn: &mut Conn, context: &RequestContext, office: &Belongs) -> Result<(), Problem> {
    lock_quotas(conn)?;
    store::drop_versions_beyond(conn, office, context.quotas.versions)?;
    within(
        store::open_of_office(conn, office)?,
        context.quotas.drafts,
        ["尚未办结的草稿数", "The open drafts"],
        [
            "请先公布、放弃或退回办结一些草稿，再起草新的。",
            "Have some published, or discard some, before you make more.",
        ],
    )
}

/// Checks the quota of the office to which a step has moved a draft that belonged elsewhere.
pub fn within_quota_after(
    conn: &mut Conn,
    context: &RequestContext,
    belonged: &Belongs,
    draft: &Draft,
) -> Result<(), Problem> {
    match draft.belongs == *belonged {
        true => Ok(()),
        false => within_quota(conn, context, &draft.belongs),
    }
}

/// Makes a draft, of whatever number: for who makes many and asks for the quota at the end.
fn propose(conn: &mut Conn, context: &RequestContext, new: &NewDraft) -> Result<Draft, Problem> {
    let register = publication::current(conn, &context.register)?;
    propose_on(conn, context, &register, new)
}

/// The same on a register that this transaction has brought up to date.
pub fn propose_on(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    new: &NewDraft,
) -> Result<Draft, Problem> {
    let mut missing = Vec::new();
    for (name, absent) in [("/kind", new.kind.is_none()), ("/action", new.action.is_none())] {
        if absent {
            missing.push(FieldError::at(name, Wrong::Required));
        }
    }
    let (Some(name), Some(action)) = (&new.kind, new.action) else { return Err(Problem::invalid_body(missing)) };
    let kind = kind_of(register, name)?;
    let entry = match action {
        Action::Create => None,
        _ => Some(record(register, kind, new.key.as_deref(), action)?),
    };
    if let (Some(entry), Some(base)) = (entry, new.base_revision) {
        publication::still_current(kind, entry, base)?;
    }
    let mut draft = blank(context, kind, action, entry);
    take_over_text(&mut draft, kind, new)?;
    if draft.content.body.is_none()
        && let Some(entry) = entry.filter(|_| has_body(action))
    {
        draft.content.body = entry.body()?.map(|body| serde_json::from_str(&body)).transpose()?;
    }
    assign_owner(conn, context, register, kind, &mut draft)?;
    attached::hold(conn, context, register, &draft)?;
    store::insert(conn, &draft)?;
    record_step(conn, context, &draft, "create", true)?;
    Ok(draft)
}

/// Changes a draft; one that was returned is a draft again.
pub fn save(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
    save: &Save,
) -> Result<ActionResult, Problem> {
    let mut draft = open_for_step(conn, context, id, seen, Permission::ItemsEdit)?;
    must_be(&draft, &[DraftState::Draft, DraftState::Returned])?;
    let register = publication::current(conn, &context.register)?;
    let kind = kind_of(&register, &draft.kind)?;
    let wanted = match save {
        Save::Replace(text) => {
            names_what_it_replaces(&draft.content.json(), text)?;
            text.clone()
        }
        Save::Merge(patch) => {
            let mut text = draft.content.json();
            merge_patch::merge(&mut text, patch);
            text
        }
    };
    let new: NewDraft = SHAPE.read(&wanted).map_err(Problem::invalid_body)?;
    check_immutable(&draft, &new)?;
    draft.content = DraftContent::default();
    take_over_text(&mut draft, kind, &new)?;
    if let (Some(base), Some(key)) = (new.base_revision, &draft.key)
        && let Some(entry) = register.get(kind.name, key)
    {
        publication::still_current(kind, entry, base)?;
        draft.base_revision = Some(base);
    }
    draft.state = DraftState::Draft;
    draft.writers.insert(context.caller.id.clone());
    let belonged = draft.belongs.clone();
    assign_owner(conn, context, &register, kind, &mut draft)?;
    attached::hold(conn, context, &register, &draft)?;
    save_version(conn, context, &mut draft, "save", true)?;
    // First: who dropped versions before taking that lock could wait for one who has it and drops them, too.
    within_quota_after(conn, context, &belonged, &draft)?;
    store::drop_versions_beyond(conn, &draft.belongs, context.quotas.versions)?;
    Ok(response(&draft))
}

/// A replacement names every member that the draft has a value of, if only as `null`: what it passes over may have been forgotten
/// by a client that does not know it.
fn names_what_it_replaces(present: &Value, text: &Value) -> Result<(), Problem> {
    let has = |value: &Value| !value.is_null() && value.as_array().is_none_or(|values| !values.is_empty());
    let present = present.as_object().into_iter().flatten().filter(|(_, value)| has(value));
    let passed_over = present.filter(|(name, _)| text.is_object() && text.get(name).is_none());
    let mistakes: Vec<_> = passed_over.map(|(name, _)| FieldError::at(member("", name), Wrong::Required)).collect();
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes)),
    }
}

/// Gives a draft up. It keeps no text.
pub fn discard(
    conn: &mut Conn,
    context: &RequestContext,
    id: &str,
    seen: &Preconditions,
) -> Result<ActionResult, Problem> {
    let mut draft = open_for_step(conn, context, id, seen, Permission::ItemsEdit)?;
    must_be(&draft, &[DraftState::Draft, DraftState::Returned])?;
    draft.state = DraftState::Discarded;
    draft.content = DraftContent::default();
    draft.approvals.clear();
    save_version(conn, context, &mut draft, "discard", false)?;
    Ok(ActionResult {
        detail: response(&draft).detail,
        ..ActionResult::nothing(draft.subject(), draft.belongs.clone())
    })
}

fn blank(context: &RequestContext, kind: &Kind, action: Action, entry: Option<&Entry>) -> Draft {
    Draft {
        id: Uuid::now_v7().to_string(),
        kind: kind.name.into(),
        action,
        key: entry.map(|entry| entry.key.to_string()),
        state: DraftState::Draft,
        version: 1,
        base_revision: entry.and_then(|entry| entry.current()).map(|revision| revision.change.revision),
        content: DraftContent::default(),
        belongs: Belongs::default(),
        author: person(&context.caller),
        submitter: None,
        writers: [context.caller.id.clone()].into(),
        approvals: Vec::new(),
        comments: Vec::new(),
        effective_at: None,
        batch: None,
        scheduled_by: None,
        alert: None,
        publication: None,
        created_at: context.now,
        updated_at: context.now,
    }
}

/// Whether an action brings a new body.
pub fn has_body(action: Action) -> bool {
    match action {
        Action::Create | Action::Amend | Action::Delegate | Action::Renumber => true,
        Action::Suspend | Action::Reinstate | Action::Cancel | Action::Merge | Action::Erase => false,
    }
}

/// The record that a draft is about, in a state that allows the action.
fn record<'a>(
    register: &'a Snapshot,
    kind: &'static Kind,
    key: Option<&str>,
    action: Action,
) -> Result<&'a Entry, Problem> {
    let wrong = |wrong: Wrong| Problem::invalid_body(vec![FieldError::at("/key", wrong)]);
    let key = key.ok_or_else(|| wrong(Wrong::Required))?;
    let unknown = || wrong(Wrong::ReferenceUnknown { kind: kind.name, key: key.to_owned() });
    let entry = register.get(kind.name, key).ok_or_else(unknown)?;
    publication::allows(entry, action)?;
    Ok(entry)
}

/// Takes the text of a request over; what cannot be saved is refused at once, all of it.
fn take_over_text(draft: &mut Draft, kind: &Kind, new: &NewDraft) -> Result<(), Problem> {
    let mut mistakes = Vec::new();
    if let Some(body) = &new.body {
        let found = match has_body(draft.action) {
            true => (kind.read)(body).err().unwrap_or_default(),
            false => vec![FieldError::at("", Wrong::UnknownField)],
        };
        mistakes.extend(below("/body", found).into_iter().filter(refuses_a_save));
    }
    if let Some(document) = &new.document {
        let found = Shape::of::<Document>().read::<Document>(document).err().unwrap_or_default();
        mistakes.extend(below("/document", found).into_iter().filter(refuses_a_save));
    }
    let takes_successor = matches!(draft.action, Action::Merge | Action::Cancel);
    for (name, given, taken) in [
        ("/successor", new.successor.is_some(), takes_successor),
        ("/revision", new.revision.is_some(), draft.action == Action::Erase),
    ] {
        if given && !taken {
            mistakes.push(FieldError::at(name, Wrong::UnknownField));
        }
    }
    if draft.action == Action::Create {
        mistakes.extend(key_of_a_new_record(new));
    }
    if !mistakes.is_empty() {
        return Err(Problem::invalid_body(mistakes));
    }
    draft.content = DraftContent {
        body: new.body.clone(),
        successor: new.successor.clone(),
        revision: new.revision,
        reason: new.reason.clone(),
        document: new.document.clone(),
        channels: new.channels.clone().unwrap_or_default(),
    };
    Ok(())
}

/// The key of a new record is the code in its body; another one would be passed over.
fn key_of_a_new_record(new: &NewDraft) -> Option<FieldError> {
    let key = new.key.as_deref()?;
    let code = new.body.as_ref().and_then(|body| body.get("code")).and_then(Value::as_str).map(str::trim);
    match code {
        Some(code) if code == key => None,
        Some(code) => Some(FieldError::at("/key", Wrong::Fixed(code.to_owned()))),
        None => Some(FieldError::at("/key", Wrong::UnknownField)),
    }
}

/// Refuses to change what is fixed once a draft is made; repeating it is allowed.
fn check_immutable(draft: &Draft, new: &NewDraft) -> Result<(), Problem> {
    let mut mistakes = Vec::new();
    let mut fixed = |name: &str, given: Option<&str>, own: &str| {
        if given.is_some_and(|given| given != own) {
            mistakes.push(FieldError::at(name, Wrong::Fixed(own.to_owned())));
        }
    };
    fixed("/kind", new.kind.as_deref(), &draft.kind);
    fixed("/action", new.action.map(|action| action.value()), draft.action.value());
    if draft.action != Action::Create {
        fixed("/key", new.key.as_deref(), draft.key.as_deref().unwrap_or_default());
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes)),
    }
}

/// A code in its normal form, where it has one: two drafts of one record must meet, however it is written.
fn normal_key(kind: &Kind, code: &str) -> String {
    let normal = |format| values::normalise(Some(format), code);
    let found = match kind.owner {
        Owner::Itself | Owner::Division => normal("uscc"),
        Owner::Organisation | Owner::Register => normal("item-code").or_else(|_| normal("key")),
    };
    found.unwrap_or_else(|_| code.trim().to_owned())
}

/// A new record has a key that no other one has: the draft would only stand in the way of the other's.
fn must_be_new(register: &Snapshot, kind: &Kind, draft: &Draft) -> Result<(), Problem> {
    let taken = draft.key.as_deref().is_some_and(|key| register.get(kind.name, key).is_some());
    match taken && draft.action == Action::Create {
        true => Err(Problem::invalid_body(vec![FieldError::at("/body/code", Wrong::CodeDuplicate)])),
        false => Ok(()),
    }
}

/// Assigns a draft to its owner. Fails when its author may not write there, or another draft of the record is open.
fn assign_owner(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    draft: &mut Draft,
) -> Result<(), Problem> {
    if draft.action == Action::Create {
        let code = draft.content.body.as_ref().and_then(|body| body.get("code")).and_then(Value::as_str);
        draft.key = code.map(|code| normal_key(kind, code)).filter(|code| !code.is_empty() && code.len() <= 64);
        must_be_new(register, kind, draft)?;
    }
    let reach = owner::reach(conn, context, register, kind, draft)?;
    for belongs in &reach {
        context.caller.require(Permission::ItemsEdit, belongs)?;
    }
    draft.belongs = reach.into_iter().next().unwrap_or_else(|| owner::home(&context.caller));
    context.caller.require(Permission::ItemsEdit, &draft.belongs)?;
    check_free(conn, context, draft)
}

/// 409 while another draft of the record is open.
fn check_free(conn: &mut Conn, context: &RequestContext, draft: &Draft) -> Result<(), Problem> {
    let (Some(record), Some(key)) = (draft.record(), &draft.key) else { return Ok(()) };
    let Some(other) = owner::in_the_way(conn, context, &draft.kind, key, &draft.id)? else { return Ok(()) };
    let conflict = match context.sees(&other.belongs) {
        true => json!({
            "draft": other.id, "state": other.state, "author": other.author.name, "updated_at": instant(other.updated_at),
            "self": format!("/v1/drafts/{}", other.id),
        }),
        false => json!({}),
    };
    Err(Problem::with_detail(
        Code::StateConflict,
        format!("{record} 已有一份未办结的草稿，一条记录同时只能有一份。"),
        format!("{record} has an open draft already; a record has one at a time."),
    )
    .because_of(conflict))
}
