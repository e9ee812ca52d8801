//! The records: what each kind is, its rules and its arithmetic.
//!
//! It may know [`base`](crate::base) and the libraries. It must not know where records are kept, who asks for them or in which
//! form they are sent: its functions are pure.

pub mod kinds;
pub mod persons;
pub mod checks;
pub mod organisations;
pub mod places;
pub mod instruments;
pub mod intermediaries;
pub mod fees;
pub mod clean_ups;
pub mod items;

use kinds::Kind;

/// Every kind of record, the most read first.
pub const KINDS: [&Kind; 7] = [
    &items::KIND,
    &organisations::KIND,
    &places::KIND,
    &fees::KIND,
    &instruments::KIND,
    &intermediaries::KIND,
    &clean_ups::KIND,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Language, Wrong};

    #[test]
    fn a_sentence_calls_every_kind_as_the_register_does() {
        for kind in KINDS {
            let wrong = Wrong::ReferenceUnknown { kind: kind.name, key: "x".into() };
            let told = wrong.text(Language::Chinese);
            assert!(told.ends_with(&format!("：{} x", kind.chinese)), "{told}");
            assert!(!wrong.text(Language::English).contains('_'), "{}", kind.name);
        }
    }
}
