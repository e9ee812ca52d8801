//! Whose a draft is: what its record belongs to now, and what it would belong to.

use serde_json::Value;

use super::store;
use crate::{
    catalog::{Entry, Snapshot},
    db::{Conn, DbError},
    identity::{Belongs, Caller, Permission, permissions},
    kinds::{Kind, Owner, Slot},
    problem::Problem,
    values::{self, code_lists::Status},
};

/// What a published record belongs to.
pub fn of_record(conn: &mut Conn, register: &Snapshot, kind: &Kind, entry: &Entry) -> Result<Belongs, Problem> {
    if entry.status == Status::Erased {
        return of_erased(conn, register, kind, entry);
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
        Owner::Register => Belongs::default(),
    })
}

/// The same where the present text was erased: what it belonged to when that was decided, else what an earlier text says.
fn of_erased(conn: &mut Conn, register: &Snapshot, kind: &Kind, entry: &Entry) -> Result<Belongs, Problem> {
    if kind.owner == Owner::Register {
        return Ok(Belongs::default());
    }
    for key in entry.keys() {
        if let Some(belongs) = store::erased_of(conn, kind.name, key)? {
            return Ok(belongs);
        }
    }
    for revision in entry.revisions.iter().rev() {
        if let Some(text) = revision.text()?
            && let Some(belongs) = of_body(conn, register, kind, &serde_json::from_str(&text)?)?
        {
            return Ok(belongs);
        }
    }
    // Nobody's but who answers for the whole register: without an owner it would be everybody's.
    let organisation = if kind.owner == Owner::Itself { entry.key.to_string() } else { String::new() };
    Ok(Belongs { organisation: Some(organisation), division: None })
}

/// What a record with this body would belong to; `None` while the body does not say.
pub fn of_body(conn: &mut Conn, register: &Snapshot, kind: &Kind, body: &Value) -> Result<Option<Belongs>, DbError> {
    let text = |name: &str| {
        let value = body.get(name).and_then(Value::as_str).map(|text| values::fold(text).to_ascii_uppercase());
        value.filter(|value| !value.is_empty())
    };
    Ok(match kind.owner {
        Owner::Organisation => match text("organisation") {
            Some(code) => {
                let division = division_of(conn, register, &code)?;
                Some(Belongs { organisation: Some(code), division })
            }
            None => None,
        },
        Owner::Itself => text("code").map(|code| Belongs { organisation: Some(code), division: text("division") }),
        Owner::Division => text("division").map(|division| Belongs { organisation: None, division: Some(division) }),
        Owner::Register => Some(Belongs::default()),
    })
}

/// Where somebody's proposals belong while they do not say: to the organisation of the account, else to what its grants
/// of editing reach.
pub fn home(caller: &Caller) -> Belongs {
    if let Some(organisation) = &caller.organisation {
        let mut own = caller.grants.iter().filter(|grant| permissions(grant.role).contains(&Permission::ItemsEdit));
        let here = Belongs { organisation: Some(organisation.clone()), division: None };
        if own.any(|grant| grant.organisation.as_ref() == Some(organisation)) {
            return here;
        }
    }
    let grant = caller.grants.iter().find(|grant| permissions(grant.role).contains(&Permission::ItemsEdit));
    grant.map_or(Belongs::default(), |grant| Belongs {
        organisation: grant.organisation.clone(),
        division: grant.division.clone(),
    })
}

/// The division of an organisation: of the register, or of the open draft that would create it.
pub fn division_of(conn: &mut Conn, register: &Snapshot, code: &str) -> Result<Option<String>, DbError> {
    for kind in register.kinds().filter(|kind| matches!(kind.owner, Owner::Itself | Owner::Division)) {
        if let Some(entry) = register.get(kind.name, code) {
            return Ok(entry.division.as_deref().map(str::to_owned));
        }
        if let Some(draft) = store::open_of(conn, &format!("{}/{code}", kind.name))? {
            return Ok(draft.belongs.division);
        }
    }
    Ok(None)
}
