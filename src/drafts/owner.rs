//! Whose a draft is: what its record belongs to now, and what it would belong to.

use serde_json::Value;

use super::store;
use crate::{
    catalog::{Entry, Snapshot},
    db::{Conn, DbError},
    identity::{Belongs, Caller, Permission, permissions},
    kinds::{Kind, Owner, Slot},
    values::{self, division},
};

/// What a published record belongs to.
pub fn of_record(register: &Snapshot, kind: &Kind, entry: &Entry) -> Belongs {
    let division = entry.division.as_deref().map(str::to_owned);
    match kind.owner {
        Owner::Organisation => {
            let mut references = entry.indexed.references.iter();
            let organisation = references.find(|reference| reference.slot == Slot::Organisation);
            Belongs { organisation: organisation.map(|reference| reference.key.clone()), division }
        }
        Owner::Itself => Belongs { organisation: Some(entry.key.to_string()), division },
        Owner::Division => Belongs { organisation: None, division },
        Owner::Register => of_the_whole(register),
    }
}

/// What belongs to the whole register belongs to the division in which all its organisations lie.
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

/// What a record whose text was erased belonged to, by the last draft of it: the register does not know any more.
pub fn of_erased(conn: &mut Conn, kind: &Kind, entry: &Entry) -> Result<Belongs, DbError> {
    for key in entry.keys() {
        if let Some(belongs) = store::last_belongs(conn, kind.name, key)? {
            return Ok(belongs);
        }
    }
    // Nobody's but theirs who answer for everything.
    Ok(Belongs { organisation: None, division: Some(String::new()) })
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
        Owner::Register => Some(of_the_whole(register)),
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
