//! The place of a walk: pinned to the `seq` at which it began, so that publications in between neither drop nor double a
//! row. Opaque to clients, valid for ever, and only for the same parameters. Authenticated, so that nobody walks where no walk began.

use aws_lc_rs::{constant_time, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::query::Parameters;
use crate::{
    problem::Wrong,
    register::changes::{CursorKey, Seq},
};

/// Bytes of the code that authenticates a cursor.
const TAG: usize = 15;

/// A place in a walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The register that is walked: the last change that is part of it.
    pub seq: Seq,
    /// Key of the last row that was shown.
    pub after: String,
}

/// A walk through pages, told from others by the path and every parameter but `cursor` and `limit`; and the key of its cursors.
#[derive(Clone, Debug)]
pub struct Walk {
    name: String,
    key: hmac::Key,
}

impl Walk {
    /// The walk that a request belongs to, however its address is written.
    pub fn of(key: &CursorKey, path: &str, query: &str) -> Self {
        let parameters = Parameters::read(query);
        let mut hash = Sha256::new();
        hash.update(path);
        for (name, value) in parameters.pairs().filter(|(name, _)| !matches!(*name, "cursor" | "limit")) {
            hash.update(format!("\n{}:{name}={value}", name.len()));
        }
        Self { name: URL_SAFE_NO_PAD.encode(&hash.finalize()[..9]), key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    fn tag(&self, place: &str) -> String {
        let signed = hmac::sign(&self.key, format!("{}.{place}", self.name).as_bytes());
        URL_SAFE_NO_PAD.encode(signed.as_ref().get(..TAG).unwrap_or_default())
    }
}

impl Cursor {
    /// The text that clients see.
    pub fn write(&self, walk: &Walk) -> String {
        let place = format!("{}.{}", self.seq, self.after);
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{place}", walk.name, walk.tag(&place)))
    }

    /// The state that a cursor says it goes on in, before anybody knows whether it was given out.
    pub fn state_of(text: &str) -> Option<Seq> {
        let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        plain.split('.').nth(2)?.parse().ok()
    }

    /// Reads a cursor that `walk` gave out.
    pub fn read(text: &str, walk: &Walk) -> Result<Self, Wrong> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Wrong::NotACursor)?;
        let plain = String::from_utf8(bytes).map_err(|_| Wrong::NotACursor)?;
        let (name, rest) = plain.split_once('.').ok_or(Wrong::NotACursor)?;
        let (tag, place) = rest.split_once('.').ok_or(Wrong::NotACursor)?;
        let (seq, after) = place.split_once('.').ok_or(Wrong::NotACursor)?;
        let seq = seq.parse().ok().filter(|seq| *seq >= 0).ok_or(Wrong::NotACursor)?;
        if name != walk.name {
            return Err(Wrong::OtherWalk);
        }
        let is_given_out = constant_time::verify_slices_are_equal(tag.as_bytes(), walk.tag(place).as_bytes()).is_ok();
        is_given_out.then(|| Self { seq, after: after.to_owned() }).ok_or(Wrong::NotACursor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: CursorKey = [7; 32];

    #[test]
    fn a_cursor_belongs_to_its_walk_whatever_the_order_of_parameters_and_the_limit() {
        let of = |query| Walk::of(&KEY, "/v1/items", query);
        let walk = of("list=power&q=a&limit=5");
        assert_eq!(walk.name, of("q=a&cursor=x&list=power").name);
        assert_eq!(of("near=1,2&q=a+b").name, of("q=a%20b&near=1%2c2").name);
        let cursor = Cursor { seq: 412, after: "11350121003619116B5000511001000".into() };
        assert_eq!(Cursor::read(&cursor.write(&walk), &walk).expect("its own"), cursor);
        assert_eq!(Cursor::read(&cursor.write(&walk), &of("list=service&q=a")), Err(Wrong::OtherWalk));
    }

    #[test]
    fn a_cursor_that_was_not_given_out_is_none() {
        let walk = Walk::of(&KEY, "/v1/items", "");
        let given_out = URL_SAFE_NO_PAD.decode(Cursor { seq: 412, after: "a".into() }.write(&walk)).expect("Base64");
        let given_out = String::from_utf8(given_out).expect("text");
        for forged in [
            given_out.replace(".412.", ".411."),
            given_out.replace(".412.", ".0412."),
            given_out.replace(".412.a", ".412.b"),
            given_out.replace(".412.a", ".412.a.a"),
            format!("{}..412.a", walk.name),
            format!("412.{}.a", walk.name),
        ] {
            assert!(Cursor::read(&URL_SAFE_NO_PAD.encode(&forged), &walk).is_err(), "{forged}");
        }
        let elsewhere = Walk::of(&[1; 32], "/v1/items", "");
        assert_eq!(Cursor::read(&URL_SAFE_NO_PAD.encode(given_out), &elsewhere), Err(Wrong::NotACursor));
    }

    proptest! {
        #[test]
        fn any_cursor_is_read_back_and_no_text_panics(seq in 0i64.., after in ".{0,40}", text in ".{0,40}") {
            let walk = Walk::of(&KEY, "/v1/items", "");
            let cursor = Cursor { seq, after };
            prop_assert_eq!(Cursor::state_of(&cursor.write(&walk)), Some(seq));
            prop_assert_eq!(Cursor::read(&cursor.write(&walk), &walk).expect("its own"), cursor);
            prop_assert!(Cursor::read(&text, &walk).is_err());
        }
    }
}
