//! The owner of a draft: the office that its record belongs to now, and the one that it would belong to.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{model::Draft, store};
use crate::{
    model::kinds::{Kind, Owner, Slot},
    problem::{Code, FieldError, Problem},
    register::{
        catalog::{Entry, Snapshot, instant},
        db::{Conn, DbError},
        publication,
    },
    staff::{
        identity::{Belongs, Caller, Permission, permissions},
        requests::RequestContext,
    },
    values::{
        self,
        code_lists::{Action, Status},
        division,
    },
};

/// The owner of a published record.
pub fn of_record(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    entry: &Entry,
) -> Result<Belongs, Problem> {
    if entry.status == Status::Erased {
        return of_erased(conn, context, register, kind, entry);
    }
    let division = entry.division.as_deref().map(str::to_owned);
    Ok(match kind.owner {
        Owner::Organisation => {
            let mut references = entry.indexed.references.iter();
            let organisation = references.find(|reference| reference.slot == Slot::Organisation);
            Belongs { organisation: organisation.map(|reference| reference.key.clone()), division }
        }
        Owner::Itself => Belongs { organisation: Some(entry.key.to_string()), division },
        Owner::Division => Belongs { organisation: None, division },
        Owner::Register => of_the_whole(register),
    })
}

/// The owner of what is the whole register's: the division in which all its organisations lie.
fn of_the_whole(register: &Snapshot) -> Belongs {
    let organisations = register.kinds().filter(|kind| kind.owner == Owner::Itself);
    let entries = organisations.filter_map(|kind| register.shelf(kind.name)).flat_map(|shelf| shelf.entries());
    let divisions = entries.filter_map(|entry| entry.division.as_deref()).map(division::significant);
    let common = divisions.map(str::to_owned).reduce(|one, other| shared(&one, &other).to_owned());
    Belongs { organisation: None, division: common }
}

/// The division in which both lie: the longest beginning that is one.
fn shared<'a>(one: &'a str, other: &str) -> &'a str {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let whole = [12, 9, 6, 4, 2].into_iter().find(|length| *length <= same).unwrap_or(0);
    one.get(..whole).unwrap_or_default()
}

/// The owner of a record whose present text was erased: as it was when that was decided, else as an earlier text says.
fn of_erased(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    entry: &Entry,
) -> Result<Belongs, Problem> {
    if kind.owner == Owner::Register {
        return Ok(of_the_whole(register));
    }
    for key in entry.keys() {
        if let Some(belongs) = store::erased_of(conn, kind.name, key)? {
            return Ok(belongs);
        }
    }
    for revision in entry.revisions.iter().rev() {
        if let Some(text) = revision.text()?
            && let Some(belongs) = of_body(conn, context, register, kind, &serde_json::from_str(&text)?)?
        {
            return Ok(belongs);
        }
    }
    // Nobody's but who answers for the whole register: without an owner it would be everybody's.
    let organisation = if kind.owner == Owner::Itself { entry.key.to_string() } else { String::new() };
    Ok(Belongs { organisation: Some(organisation), division: None })
}

/// The owners that a draft touches, for permissions: the present owner of its record, then the one that it would have.
pub fn reach(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    draft: &Draft,
) -> Result<Vec<Belongs>, Problem> {
    let mut reach = Vec::new();
    let public = draft.key.as_deref().filter(|_| draft.action != Action::Create);
    if let Some(entry) = public.and_then(|key| register.get(kind.name, key)) {
        reach.push(of_record(conn, context, register, kind, entry)?);
    }
    if let Some(body) = &draft.content.body {
        reach.extend(of_body(conn, context, register, kind, body)?);
    }
    Ok(reach)
}

/// The owner that a record with this body would have; `None` while the body does not say, or names what is not known yet: half a code
/// is no mistake in a draft that is saved while somebody types.
pub fn of_body(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    body: &Value,
) -> Result<Option<Belongs>, DbError> {
    let text = |name: &str| {
        let value = body.get(name).and_then(Value::as_str).map(|text| values::fold(text).to_ascii_uppercase());
        value.filter(|value| !value.is_empty())
    };
    let division = text("division").and_then(|code| values::Division::parse(&code).ok()).map(String::from);
    Ok(match kind.owner {
        Owner::Organisation => match text("organisation") {
            Some(code) => known_division(conn, context, register, &code)?
                .map(|division| Belongs { organisation: Some(code), division }),
            None => None,
        },
        Owner::Itself => text("code")
            .zip(division)
            .map(|(code, division)| Belongs { organisation: Some(code), division: Some(division) }),
        Owner::Division => division.map(|division| Belongs { organisation: None, division: Some(division) }),
        Owner::Register => Some(of_the_whole(register)),
    })
}

/// Finds the office for which somebody may not propose this body for a record, as it is and as it would become; `None` where they may.
pub fn outside(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    kind: &Kind,
    entry: Option<&Entry>,
    body: &Value,
) -> Result<Option<Belongs>, Problem> {
    let mut reach = Vec::new();
    if let Some(entry) = entry {
        reach.push(of_record(conn, context, register, kind, entry)?);
    }
    reach.extend(of_body(conn, context, register, kind, body)?);
    if reach.is_empty() {
        reach.push(home(&context.caller));
    }
    Ok(reach.into_iter().find(|belongs| !context.caller.may(Permission::ItemsEdit, belongs)))
}

/// The records of which a draft is open that stands in the way of the caller's (`item/1135…`), each with the id of that draft where the
/// caller may see it.
pub fn drafted(conn: &mut Conn, sees: impl Fn(&Belongs) -> bool) -> Result<HashMap<String, Option<String>>, DbError> {
    let open = store::drafted(conn)?.into_iter().map(|(id, action, record, belongs)| {
        let is_seen = sees(&belongs);
        (stands_in_the_way(action == Action::Create.value(), is_seen), record, is_seen.then_some(id))
    });
    Ok(open.filter(|(is_in_the_way, ..)| *is_in_the_way).map(|(_, record, id)| (record, id)).collect())
}

/// The open draft of a record that stands in the way of the caller's.
pub fn in_the_way(
    conn: &mut Conn,
    context: &RequestContext,
    kind: &str,
    key: &str,
    own: &str,
) -> Result<Option<Draft>, DbError> {
    let mut open = store::open_of(conn, kind, key)?.into_iter().filter(|other| other.id != own);
    Ok(open.find(|other| stands_in_the_way(other.action == Action::Create, context.sees(&other.belongs))))
}

/// A record has one open draft. Of one that is new, only those count that the caller may see: of two offices that mean to bring the
/// same code neither learns of the other, until one of them has published it.
fn stands_in_the_way(is_new: bool, is_seen: bool) -> bool {
    !is_new || is_seen
}

/// The owner of somebody's proposals while those name none: the organisation of the account, else what its grants of editing reach.
pub fn home(caller: &Caller) -> Belongs {
    if let Some(organisation) = &caller.organisation {
        let mut own = caller.grants.iter().filter(|grant| permissions(grant.role).contains(&Permission::ItemsEdit));
        let here = Belongs { organisation: Some(organisation.clone()), division: None };
        if own.any(|grant| grant.organisation.as_ref() == Some(organisation)) {
            return here;
        }
    }
    let grant = caller.grants.iter().find(|grant| permissions(grant.role).contains(&Permission::ItemsEdit));
    match grant.map(|grant| (grant.organisation.clone(), grant.division.clone())) {
        // Drafts that belong nowhere are open to all who answer for a division: this is for those who answer for everything.
        Some((None, None)) => Belongs { organisation: Some(String::new()), division: None },
        Some((organisation, division)) => Belongs { organisation, division },
        None => Belongs::default(),
    }
}

/// The division of an organisation of the register, or of the open draft that would create it, if the caller may see one; `None`
/// when the organisation is not known.
fn known_division(
    conn: &mut Conn,
    context: &RequestContext,
    register: &Snapshot,
    code: &str,
) -> Result<Option<Option<String>>, DbError> {
    for kind in register.kinds().filter(|kind| matches!(kind.owner, Owner::Itself | Owner::Division)) {
        if let Some(entry) = register.get(kind.name, code) {
            return Ok(Some(entry.division.as_deref().map(str::to_owned)));
        }
        let mut drafts = store::open_of(conn, kind.name, code)?.into_iter();
        if let Some(draft) = drafts.find(|draft| context.sees(&draft.belongs)) {
            return Ok(Some(draft.belongs.division));
        }
    }
    Ok(None)
}

/// Assigns a draft to its owner. Fails when its author may not write there, or another draft of the record is open.
pub fn assign_owner(
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
    let reach = reach(conn, context, register, kind, draft)?;
    for belongs in &reach {
        context.require(Permission::ItemsEdit, belongs)?;
    }
    draft.belongs = reach.into_iter().next().unwrap_or_else(|| home(&context.caller));
    context.require(Permission::ItemsEdit, &draft.belongs)?;
    check_free(conn, context, draft)
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
    let key = draft.key.as_deref().filter(|_| draft.action == Action::Create);
    let taken = key.and_then(|key| Some(publication::code_taken(register.get(kind.name, key)?, key)));
    match taken {
        Some(taken) => {
            let mistake = FieldError::at("/body/code", taken).called((kind.shape)().term("/code"));
            Err(Problem::invalid_body(vec![mistake]))
        }
        None => Ok(()),
    }
}

/// 409 while another draft of the record is open.
fn check_free(conn: &mut Conn, context: &RequestContext, draft: &Draft) -> Result<(), Problem> {
    let (Some(record), Some(key)) = (draft.record(), &draft.key) else { return Ok(()) };
    let Some(other) = in_the_way(conn, context, &draft.kind, key, &draft.id)? else { return Ok(()) };
    let conflict = match context.sees(&other.belongs) {
        true => json!({
            "draft": other.id, "state": other.state, "author": other.author.name, "updated_at": instant(other.updated_at),
            "self": format!("/v1/drafts/{}", other.id),
        }),
        false => json!({}),
    };
    Err(Problem::with_detail(
        Code::StateConflict,
        format!("{record} 已有一份未办结的草稿，一条记录同时只能有一份。请在该草稿上修改，或者先把它公布、作废。"),
        format!(
            "{record} has an open draft already; a record has one at a time. Change that one, or have it published or discarded first."
        ),
    )
    .because_of(conflict))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_divisions_lie_in_the_longest_beginning_that_is_a_division() {
        assert_eq!(shared("350121202", "350121"), "350121");
        assert_eq!(shared("350121202", "350121203"), "350121");
        assert_eq!(shared("350121202", "3502"), "35");
        assert_eq!(shared("350121202", "44"), "");
    }
}
