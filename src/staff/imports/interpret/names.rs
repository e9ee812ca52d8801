//! Names to codes: offices write the title of a law and the name of an organisation where the register has codes.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use crate::{
    model::kinds::{Kind, Owner},
    register::catalog::Snapshot,
};

/// The codes of records by their titles and names, as reading rows needs them. Made once for an import.
#[derive(Default)]
pub struct Names {
    instruments: HashMap<String, String>,
    organisations: HashMap<String, String>,
}

impl Names {
    /// Those of a register.
    pub fn of(register: &Snapshot) -> Self {
        let mut names = Self::default();
        for kind in register.kinds() {
            let entries = register.shelf(kind.name).into_iter().flat_map(|shelf| shelf.entries());
            // Those in force last: of two with one title they are meant.
            let (listed, out): (Vec<_>, Vec<_>) = entries.partition(|entry| entry.is_listed());
            for entry in out.into_iter().chain(listed) {
                names.add(kind, &entry.indexed.title, &entry.key);
            }
        }
        names
    }

    /// Adds one.
    pub fn add(&mut self, kind: &Kind, title: &str, code: &str) {
        if kind.owner == Owner::Itself {
            self.organisations.insert(bare(title), code.to_owned());
        } else if kind.name == "legal_instrument" {
            self.instruments.insert(bare(title), code.to_owned());
        }
    }

    /// The legal instrument with this title.
    pub fn instrument(&self, title: &str) -> Option<&str> {
        self.instruments.get(&bare(title)).map(String::as_str)
    }

    /// The organisation with this name.
    pub fn organisation(&self, name: &str) -> Option<&str> {
        self.organisations.get(&bare(name)).map(String::as_str)
    }
}

/// A title as titles are compared: without spaces, of one width.
fn bare(title: &str) -> String {
    title.nfkc().filter(|c| !c.is_whitespace()).collect()
}
