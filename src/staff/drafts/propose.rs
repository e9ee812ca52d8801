//! Use cases: somebody makes a draft, changes it, or gives it up.

use actix_web::http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::{
    attached,
    content::{NewDraft, changes_of_what_is_fixed, has_body, needs_body, not_to_be_saved, take_over_text},
    model::{Draft, DraftContent},
    open::{kind_of, must_be, name_of, open_for_step, person, public_name, record_step, response, save_version},
    owner::assign_owner,
    sent::{Save, called, entry_of, filled, is_said, mistakes_of},
    store, versions,
};
use crate::{
    model::kinds::Kind,
    problem::{Detail, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Snapshot},
        db::Conn,
        publication,
    },
    staff::{
        identity::{Belongs, Permission},
        requests::{ActionResult, Preconditions, RequestContext, lock_quotas, within},
    },
    values::code_lists::{Action, DraftState},
};

/// Makes a draft. 409 when the record's state forbids the action, or another draft of the record is open.
pub fn create(conn: &mut Conn, context: &RequestContext, new: &NewDraft) -> Result<ActionResult, Problem> {
    let register = publication::current(conn, &context.register)?;
    let (filled, copied) = filled(&register, new)?.unzip();
    must_name_everything(&register, new)?;
    let draft = propose_on(conn, context, &register, filled.as_ref().unwrap_or(new), None)?;
    within_quota(conn, context, &draft.belongs)?;
    let mut result = response(&draft);
    if let (Some(copied), Some(Value::Object(told))) = (copied, &mut result.body) {
        told.insert("copied".into(), copied.json());
    }
    result.status = StatusCode::CREATED;
    result.location = Some(format!("/v1/drafts/{}", draft.id));
    Ok(result)
}

/// Refuses a text that is to take the place of a published one and does not name all that it has: that may have been forgotten.
fn must_name_everything(register: &Snapshot, new: &NewDraft) -> Result<(), Problem> {
    let takes_its_place = new.from.is_none() && new.action.is_some_and(has_body) && new.action != Some(Action::Create);
    let kind = new.kind.as_deref().and_then(|name| register.kind(name)).filter(|_| takes_its_place);
    let (Some(kind), Some(key)) = (kind, &new.key) else { return Ok(()) };
    let public = register.get(kind.name, key).map(|entry| entry.body()).transpose()?.flatten();
    let public: Option<Value> = public.map(|body| serde_json::from_str(&body)).transpose()?;
    match left_out(kind, public.as_ref(), new) {
        Some(mistake) => Err(Problem::invalid_body(vec![called(mistake)])),
        None => Ok(()),
    }
}

/// Finds the members of a present text that a new one does not name.
fn left_out(kind: &Kind, present: Option<&Value>, new: &NewDraft) -> Option<FieldError> {
    let (Value::Object(present), Value::Object(sent)) = (present?, new.body.as_ref()?) else { return None };
    let names: Vec<_> = present.iter().filter(|(name, value)| is_said(value) && !sent.contains_key(*name)).collect();
    let names: Vec<_> = names.into_iter().map(|(name, _)| name.as_str()).collect();
    let term = |name: &&str| (kind.shape)().term(&format!("/{name}")).unwrap_or(name).to_owned();
    let terms = names.iter().map(term).collect::<Vec<_>>().join("、");
    (!names.is_empty()).then(|| FieldError::at("/body", Wrong::LeftOut(Detail::new(terms, names.join(", ")))))
}

/// Whether an office has no more open drafts than it may have: for who made some. Of their versions the oldest go where they take more
/// than they may. From here to the end of the transaction others who count wait, so nothing is written after it for which others may
/// have to.
pub fn within_quota(conn: &mut Conn, context: &RequestContext, office: &Belongs) -> Result<(), Problem> {
    lock_quotas(conn)?;
    versions::drop_beyond(conn, office, context.quotas.versions)?;
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

/// Makes a draft on a register that this transaction has brought up to date, without asking for the quota: who makes many asks at the end.
/// `import` is the one that makes it.
pub fn propose_on(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    new: &NewDraft,
    import: Option<&str>,
) -> Result<Draft, Problem> {
    let mistakes = mistakes_of(register, new);
    let (Some(name), Some(action), true) = (&new.kind, new.action, mistakes.is_empty()) else {
        return Err(Problem::invalid_body(mistakes));
    };
    let kind = kind_of(register, name)?;
    let entry = match action {
        Action::Create => None,
        _ => Some(record(register, kind, new.key.as_deref(), action)?),
    };
    if let (Some(entry), Some(base)) = (entry, new.base_revision) {
        publication::still_current(kind, entry, base)?;
    }
    let mut draft = Draft { import: import.map(str::to_owned), ..blank(context, kind, action, entry) };
    take_over_text(register, &mut draft, kind, new);
    if draft.content.body.is_none()
        && let Some(entry) = entry.filter(|_| needs_body(action))
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
    let sent = save.on(&draft, begun_by_a_patch(&register, kind, &draft)?)?;
    let mut found = changes_of_what_is_fixed(&draft, &sent.new);
    if let Save::Replace(_) = save {
        found.extend(left_out(kind, draft.content.body.as_ref(), &sent.new));
    }
    found.extend(not_to_be_saved(Some(draft.action), Some(kind), &sent.new));
    let new = sent.unless_wrong(found)?;
    take_over_text(&register, &mut draft, kind, &new);
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
    versions::drop_beyond(conn, &draft.belongs, context.quotas.versions)?;
    Ok(response(&draft))
}

/// The body into which a patch of a draft goes that has none: the public one of a record that is brought back as it stands.
fn begun_by_a_patch(register: &Snapshot, kind: &Kind, draft: &Draft) -> Result<Option<Value>, Problem> {
    let key = draft.key.as_deref().filter(|_| draft.action == Action::Reinstate && draft.content.body.is_none());
    let entry = key.and_then(|key| register.get(kind.name, key));
    let public = entry.map(|entry| entry.body()).transpose()?.flatten();
    Ok(public.map(|body| serde_json::from_str(&body)).transpose()?)
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
    // What it proposed to call the record is of its text.
    draft.name = public_name(&publication::current(conn, &context.register)?, &draft);
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
        name: entry.and_then(name_of),
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
        import: None,
        scheduled_by: None,
        alert: None,
        publication: None,
        created_at: context.now,
        updated_at: context.now,
    }
}

/// The record that a draft is about, in a state that allows the action.
fn record<'a>(
    register: &'a Snapshot,
    kind: &'static Kind,
    key: Option<&str>,
    action: Action,
) -> Result<&'a Entry, Problem> {
    let entry = entry_of(register, kind, key).map_err(|mistake| Problem::invalid_body(vec![mistake]))?;
    publication::allows(entry, action)?;
    Ok(entry)
}
