//! Where a walk stands: pinned to the `seq` at which it began, so that publications in between neither drop nor double a
//! row. Opaque to clients, valid for ever, and only for the same parameters.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::query::Parameters;
use crate::{changes::Seq, problem::Wrong};

/// A place in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The register that is walked: the last change that is part of it.
    pub seq: Seq,
    /// Key of the last row that was shown.
    pub after: String,
}

/// What tells one walk from another: the path and every parameter but `cursor` and `limit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk(String);

impl Walk {
    /// The walk that a request belongs to, however its address is written.
    pub fn of(path: &str, query: &str) -> Self {
        let parameters = Parameters::read(query);
        let mut hash = Sha256::new();
        hash.update(path);
        for (name, value) in parameters.pairs().filter(|(name, _)| !matches!(*name, "cursor" | "limit")) {
            hash.update(format!("\n{}:{name}={value}", name.len()));
        }
        Self(URL_SAFE_NO_PAD.encode(&hash.finalize()[..9]))
    }
}

impl Cursor {
    /// As clients see it.
    pub fn write(&self, walk: &Walk) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", self.seq, walk.0, self.after))
    }

    /// Reads a cursor that `walk` gave out.
    pub fn read(text: &str, walk: &Walk) -> Result<Self, Wrong> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::NotACursor)?;
        let plain = String::from_utf8(bytes).map_err(|_| Wrong::NotACursor)?;
        let mut parts = plain.splitn(3, '.');
        let (seq, hash, after) = (parts.next(), parts.next(), parts.next());
        let seq = seq.and_then(|seq| seq.parse().ok()).filter(|seq| *seq >= 0).ok_or(Wrong::NotACursor)?;
        let after = after.ok_or(Wrong::NotACursor)?.to_owned();
        match hash == Some(walk.0.as_str()) {
            true => Ok(Self { seq, after }),
            false => Err(Wrong::OtherWalk),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_walk_whatever_the_order_of_parameters_and_the_limit() {
        let walk = Walk::of("/v1/items", "list=power&q=a&limit=5");
        assert_eq!(walk, Walk::of("/v1/items", "q=a&cursor=x&list=power"));
        assert_eq!(Walk::of("/v1/items", "near=1,2&q=a+b"), Walk::of("/v1/items", "q=a%20b&near=1%2c2"));
        let cursor = Cursor { seq: 412, after: "11350121003619116B5000511001000".into() };
        assert_eq!(Cursor::read(&cursor.write(&walk), &walk).expect("its own"), cursor);
        let other = Walk::of("/v1/items", "list=service&q=a");
        assert!(Cursor::read(&cursor.write(&walk), &other).is_err());
    }

    proptest! {
        #[test]
        fn any_cursor_is_read_back_and_no_text_panics(seq in 0i64.., after in ".{0,40}", text in ".{0,40}") {
            let walk = Walk::of("/v1/items", "");
            let cursor = Cursor { seq, after };
            prop_assert_eq!(Cursor::read(&cursor.write(&walk), &walk).expect("its own"), cursor);
            prop_assert!(Cursor::read(&text, &walk).is_err());
        }
    }
}
