//! Releasing locked drafts: what a publication does, made by a person or by the clock.

use serde_json::Value;

use super::{
    attached,
    check::not_stored,
    erase,
    model::{Draft, DraftContent, below, forget_texts},
    open::{kind_of, public_name, save_version},
    review::{must_be_approved, must_still},
};
use crate::{
    model::kinds::Owner,
    problem::Problem,
    register::{
        catalog::Snapshot,
        changes::{Change, Office, random_salt},
        db::Conn,
        files,
        publication::{self, Step},
    },
    staff::{
        identity::{Belongs, Permission},
        requests::RequestContext,
    },
    values::{
        code_lists::{Action, DraftState, Status},
        division,
    },
};

/// The steps of a batch, each in the name of the publisher's office, else of the record's own.
pub fn steps(
    register: &Snapshot,
    drafts: &[Draft],
    office: impl Fn(&Draft) -> Option<String>,
) -> Result<Vec<Step>, Problem> {
    let mut steps = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut by = office_of(register, draft, office(draft).as_deref())?;
        if drafts.iter().any(|other| erases_office(register, other, &by)) {
            // Its name may be what has to go, and the log keeps what it is told.
            by.name.clone_from(&by.code);
        }
        steps.push(draft.step(&by));
    }
    Ok(steps)
}

/// Whether a draft erases a text of the office itself.
fn erases_office(register: &Snapshot, draft: &Draft, office: &Office) -> bool {
    let is_organisation = register.kinds().any(|kind| kind.name == draft.kind && kind.owner == Owner::Itself);
    is_organisation && draft.action == Action::Erase && draft.key.as_ref() == Some(&office.code)
}

/// The office in whose name something is published.
fn office_of(register: &Snapshot, draft: &Draft, publisher: Option<&str>) -> Result<Office, Problem> {
    let organisations = register.kinds().find(|kind| kind.owner == Owner::Itself).map_or("", |kind| kind.name);
    let named = |code: &str| {
        let entry = register.get(organisations, code).filter(|entry| entry.status != Status::Erased)?;
        Some(Office { code: code.to_owned(), name: entry.indexed.title.clone() })
    };
    let own = draft.belongs.organisation.as_deref();
    if let Some(office) = publisher.and_then(named).or_else(|| own.and_then(named)) {
        return Ok(office);
    }
    // An organisation that is being published now speaks for itself.
    let kind = kind_of(register, &draft.kind)?;
    let body = draft.content.body.as_ref();
    if let (Owner::Itself, Some(code), Some(name)) =
        (kind.owner, own, body.and_then(|body| body.get("name")).and_then(Value::as_str))
    {
        return Ok(Office { code: code.to_owned(), name: name.to_owned() });
    }
    let code = publisher.or(own).or(draft.belongs.division.as_deref()).unwrap_or_default().to_owned();
    let name = division::named(&code).map_or_else(|| code.clone(), |named| named.name.to_owned());
    Ok(Office { code, name })
}

/// Publishes locked drafts, and does to them what publication does.
pub fn release(
    conn: &mut Conn,
    context: &RequestContext,
    drafts: &mut [Draft],
    steps: &[Step],
) -> Result<Vec<Change>, Problem> {
    for draft in drafts.iter() {
        must_be_approved(draft)?;
        for approval in &draft.approvals {
            must_still(conn, &approval.by.id, Some(Permission::ItemsReview), std::slice::from_ref(&draft.belongs))?;
        }
    }
    let register = publication::current(conn, &context.register)?;
    files_must_be_stored(conn, &register, drafts)?;
    let changes = publication::publish(conn, &context.register, steps, context.now, random_salt)?;
    let publication = changes.last().map(|change| change.publication);
    if drafts.iter().any(|draft| draft.action == Action::Erase) {
        // Read once for all: after an erasure the whole register is folded again.
        let after = publication::current(conn, &context.register)?;
        for draft in drafts.iter_mut().filter(|draft| draft.action == Action::Erase) {
            erase::forget(conn, &register, &after, draft)?;
            // A comment on an erasure may quote what had to go, and the record may have been called by it.
            forget_texts(&mut draft.comments);
            draft.name = public_name(&after, draft);
        }
    }
    for draft in drafts {
        draft.state = DraftState::Published;
        draft.publication = publication;
        let text = std::mem::take(&mut draft.content);
        // The body is in the log now. Here it would only be one more copy to find when it has to be erased.
        draft.content = DraftContent { body: None, ..text.clone() };
        save_version(conn, context, draft, "publish", false)?;
        draft.content = text;
    }
    Ok(changes)
}

/// Locks the files that become public, so that none of them is swept meanwhile, and those that an erasure takes away: a publication
/// that names one of them comes before it, or finds it gone.
fn files_must_be_stored(conn: &mut Conn, register: &Snapshot, drafts: &[Draft]) -> Result<(), Problem> {
    let bodies = drafts.iter().filter_map(|draft| draft.content.body.as_ref());
    let mut named: Vec<_> = bodies.flat_map(|body| files::named_in(&body.to_string())).collect();
    for draft in drafts.iter().filter(|draft| draft.action == Action::Erase) {
        named.extend(erase::files_of(register, draft)?);
    }
    files::missing(conn, &named)?;
    let mut mistakes = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let Some(body) = &draft.content.body else { continue };
        let found = not_stored(body, &attached::absent(conn, register, draft)?);
        mistakes.extend(below(&format!("/records/{index}"), found));
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid_body(mistakes)),
    }
}

/// The owner that all drafts of a batch have; none where they have several.
pub fn common(drafts: &[Draft]) -> Belongs {
    match drafts.split_first() {
        Some((first, rest)) if rest.iter().all(|draft| draft.belongs == first.belongs) => first.belongs.clone(),
        _ => Belongs::default(),
    }
}
