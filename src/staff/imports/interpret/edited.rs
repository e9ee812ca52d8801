//! Lists in one cell of which somebody edited a part: what was not touched stays as the register has it, with all that such a cell
//! does not show.

use serde_json::{Value, json};

/// The part of a cell that says something else than is printed.
#[derive(Debug, PartialEq, Eq)]
pub struct Edited<'a> {
    /// Elements before it that stand as they are.
    before: usize,
    /// Elements behind it.
    after: usize,
    /// Its text.
    pub text: &'a str,
}

impl<'a> Edited<'a> {
    /// The whole of a cell.
    pub fn whole(text: &'a str) -> Self {
        Self { before: 0, after: 0, text }
    }

    /// Compares a cell with the parts of which it is printed, and the sign between them.
    pub fn of(text: &'a str, parts: &[String], between: &str) -> Self {
        let mut rest = text.trim();
        let (mut before, mut after) = (0, 0);
        while let Some(next) = parts.get(before).and_then(|part| follows(rest.strip_prefix(part.as_str())?, between)) {
            rest = next;
            before += 1;
        }
        let left = |after: usize| parts.len().checked_sub(after + 1).filter(|at| *at >= before);
        while let Some(next) = left(after).and_then(|at| precedes(rest.strip_suffix(parts[at].as_str())?, between)) {
            rest = next;
            after += 1;
        }
        Self { before, after, text: rest }
    }

    /// Splits the elements of the register: those before the part, those in its place, those behind it.
    pub fn split<'b, T>(&self, elements: &'b [T]) -> (&'b [T], &'b [T], &'b [T]) {
        let (before, rest) = elements.split_at(self.before.min(elements.len()));
        let (within, after) = rest.split_at(rest.len().saturating_sub(self.after));
        (before, within, after)
    }
}

fn follows<'a>(rest: &'a str, between: &str) -> Option<&'a str> {
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(between) }
}

fn precedes<'a>(rest: &'a str, between: &str) -> Option<&'a str> {
    if rest.is_empty() { Some(rest) } else { rest.strip_suffix(between) }
}

/// Numbers elements anew that are numbered.
pub fn renumbered(mut elements: Vec<Value>) -> Vec<Value> {
    for (element, seq) in elements.iter_mut().zip(1_u32..) {
        if let Some(number) = element.get_mut("seq") {
            *number = seq.into();
        }
    }
    elements
}

/// What a cell makes of ways to reach an office.
#[derive(Debug, Default, PartialEq)]
pub struct Contacts {
    /// All of them.
    pub all: Vec<Value>,
    /// Those that are not as they were.
    pub from: Vec<Value>,
    /// What they are now, and what is new.
    pub to: Vec<Value>,
    /// Whether the cell lacks some that stay all the same.
    pub is_shorter: bool,
}

/// Sets values, as they are written and as telephone numbers, beside the ways to reach an office that the register has. What it
/// has stays; another number takes the place of a number, another text that of a window or an address if there is one alone.
pub fn contacts(old: &[Value], stated: &[(String, String)]) -> Contacts {
    let is_phone = |at: &usize| old[*at]["kind"] == "phone";
    let mut made = Contacts { all: old.to_vec(), ..Contacts::default() };
    let mut free: Vec<usize> = (0..old.len()).collect();
    let (mut new, mut further, mut names_others) = (Vec::new(), Vec::new(), false);
    for (raw, number) in stated {
        let is_it = |at: &usize| [raw, number].iter().any(|own| old[*at]["value"] == own.as_str());
        match free.iter().position(is_it) {
            Some(place) => names_others |= !is_phone(&free.remove(place)),
            None => new.push((raw, number)),
        }
    }
    made.is_shorter = new.is_empty() && free.iter().any(|at| names_others || is_phone(at));
    for (raw, number) in new {
        let is_number = number.starts_with(|c: char| c.is_ascii_digit());
        let fitting = free.iter().filter(|at| is_phone(at) == is_number).count();
        let place = free.iter().position(|at| is_phone(at) == is_number).filter(|_| is_number || fitting == 1);
        match place.map(|place| free.remove(place)) {
            Some(at) => {
                made.from.push(old[at].clone());
                made.all[at]["value"] = if is_number { number.as_str() } else { raw.as_str() }.into();
                made.to.push(made.all[at].clone());
            }
            None => {
                let contact = json!({ "kind": "phone", "value": number });
                further.push(contact.clone());
                made.to.push(contact);
            }
        }
    }
    // A further number stands beside those that it came with.
    let after = made.all.iter().take_while(|contact| contact["kind"] == "phone").count();
    made.all.splice(after..after, further);
    made
}

/// Puts bases that a cell states, with their places in the register, into its list: those that set nothing and are not stated stay
/// where they are.
pub fn bases(old: &[Value], stated: Vec<(Option<usize>, Value)>) -> Vec<Value> {
    let used: Vec<usize> = stated.iter().filter_map(|(at, _)| *at).collect();
    let mut stated = stated.into_iter().map(|(_, basis)| basis);
    let mut bases = Vec::with_capacity(old.len());
    for (at, basis) in old.iter().enumerate() {
        match basis["purpose"] != "setting" && !used.contains(&at) {
            true => bases.push(basis.clone()),
            false => bases.extend(stated.next()),
        }
    }
    bases.extend(stated);
    renumbered(bases)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_was_not_touched_stands_before_and_behind() {
        let parts = texts(&["1.甲", "2.乙\n乙", "3.丙"]);
        for (text, before, after, rest) in [
            ("1.甲\n2.乙\n乙\n3.丙", 3, 0, ""),
            ("1.甲\n2.改\n3.丙", 1, 1, "2.改"),
            ("1.甲改\n2.乙\n乙\n3.丙", 0, 2, "1.甲改"),
            ("1.甲\n3.丙", 1, 1, ""),
            ("1.甲\n2.乙\n乙\n3.丙\n4.丁", 3, 0, "4.丁"),
            ("零\n1.甲\n2.乙\n乙\n3.丙", 0, 3, "零"),
            ("", 0, 0, ""),
        ] {
            assert_eq!(Edited::of(text, &parts, "\n"), Edited { before, after, text: rest }, "{text}");
        }
    }

    fn contact(kind: &str, value: &str) -> Value {
        json!({ "kind": kind, "value": value })
    }

    #[test]
    fn a_number_takes_the_place_of_a_number() {
        let old = [contact("phone", "1"), contact("window", "一号窗口"), contact("phone", "2")];
        for (stated, values, is_shorter) in [
            (vec!["1", "一号窗口", "2"], vec!["1", "一号窗口", "2"], false),
            (vec!["3", "一号窗口", "2"], vec!["3", "一号窗口", "2"], false),
            (vec!["1", "二号窗口", "2"], vec!["1", "二号窗口", "2"], false),
            (vec!["2"], vec!["1", "一号窗口", "2"], true),
            (vec!["3"], vec!["3", "一号窗口", "2"], false),
            (vec!["1", "2", "3"], vec!["1", "3", "一号窗口", "2"], false),
            (vec!["1", "2"], vec!["1", "一号窗口", "2"], false),
        ] {
            let pairs: Vec<_> = stated.iter().map(|one| ((*one).to_owned(), (*one).to_owned())).collect();
            let made = contacts(&old, &pairs);
            let all: Vec<_> = made.all.iter().map(|one| one["value"].as_str().unwrap_or_default()).collect();
            assert_eq!((all, made.is_shorter), (values, is_shorter), "{stated:?}");
        }
        let unclear = contacts(&[], &[("窗口".into(), "窗口".into())]);
        assert_eq!(unclear.all, [contact("phone", "窗口")], "the rules of the kind refuse it");
    }

    #[test]
    fn bases_of_other_purposes_stay_where_they_are() {
        let basis =
            |seq: u32, purpose: &str| json!({ "seq": seq, "instrument": format!("x{seq}"), "purpose": purpose });
        let old = [basis(1, "setting"), basis(2, "exercise"), basis(3, "setting")];
        let stated = |places: &[usize]| places.iter().map(|at| (Some(*at), old[*at].clone())).collect::<Vec<_>>();
        assert_eq!(bases(&old, stated(&[0, 2])), old);
        let turned: Vec<_> = bases(&old, stated(&[2, 0])).iter().map(|one| one["instrument"].clone()).collect();
        assert_eq!(turned, ["x3", "x2", "x1"]);
        let fewer: Vec<_> = bases(&old, stated(&[2])).iter().map(|one| one["instrument"].clone()).collect();
        assert_eq!(fewer, ["x3", "x2"]);
    }

    proptest! {
        #[test]
        fn no_part_is_counted_twice(text in "[甲乙、1]{0,12}", parts in proptest::collection::vec("[甲乙1]{1,3}", 0..4)) {
            let edited = Edited::of(&text, &parts, "、");
            prop_assert!(edited.before + edited.after <= parts.len());
            let (before, within, after) = edited.split(&parts);
            prop_assert_eq!(before.len() + within.len() + after.len(), parts.len());
            let whole = Edited::of(&parts.join("、"), &parts, "、").text.to_owned();
            prop_assert_eq!(whole, "");
        }
    }
}
