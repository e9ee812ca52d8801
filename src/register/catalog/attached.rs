//! The stored files that published bodies name.

use std::sync::Arc;

use imbl::HashMap;
use memchr::memmem;

use crate::values::is_sha256;

/// The beginning of the address of a stored file; its hash follows.
pub const FILES: &str = "/v1/files/";
/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// The hashes of the stored files that a body names, in its order. Whatever its kind: an address is found anywhere in the
/// text. One of another server (`https://…/v1/files/…`) names no file of this register.
pub fn files_named_in(body: &str) -> impl Iterator<Item = &str> {
    memmem::find_iter(body.as_bytes(), FILES).filter_map(|at| {
        let begins = body[..at].chars().next_back().is_none_or(|before| !belongs_to_address(before));
        let (hash, rest) = body[at + FILES.len()..].split_at_checked(DIGITS)?;
        let ends = rest.bytes().next().is_none_or(|after| !after.is_ascii_alphanumeric());
        (begins && ends && is_sha256(hash)).then_some(hash)
    })
}

fn belongs_to_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/@%]".contains(c)
}

/// How many published revisions name each file; those that were erased name none.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Attached(HashMap<Arc<str>, u32>);

impl Attached {
    pub(super) fn contains(&self, hash: &str) -> bool {
        self.0.contains_key(hash)
    }

    pub(super) fn hashes(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.keys()
    }

    pub(super) fn add(&mut self, body: &str) {
        for hash in files_named_in(body) {
            *self.0.entry(hash.into()).or_default() += 1;
        }
    }

    pub(super) fn remove(&mut self, body: &str) {
        for hash in files_named_in(body) {
            match self.0.get_mut(hash) {
                Some(count) if *count > 1 => *count -= 1,
                _ => {
                    self.0.remove(hash);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(body: &str) -> Vec<&str> {
        files_named_in(body).collect()
    }

    #[test]
    fn an_address_is_found_wherever_it_stands() {
        let (a, b) = ("a".repeat(64), "0123456789abcdef".repeat(4));
        assert_eq!(named(&format!(r#"{{"url":"/v1/files/{a}","note":"见/v1/files/{b}。"}}"#)), [&a, &b]);
        assert_eq!(named(&format!("/v1/files/{a}")), [&a]);
    }

    #[test]
    fn what_is_no_address_of_a_file_here_is_not_found() {
        let a = "a".repeat(64);
        for body in [
            format!("/v1/files/{}", &a[1..]),
            format!("/v1/files/{a}0"),
            format!("/v1/files/{}", a.to_uppercase()),
            format!("https://else.example/v1/files/{a}"),
            format!("/api/v1/files/{a}").replace("/api", "x"),
            format!("/v1/files/{}低", &a[..62]),
        ] {
            assert!(named(&body).is_empty(), "{body}");
        }
    }

    #[test]
    fn a_file_is_public_until_the_last_revision_that_names_it_is_gone() {
        let (a, mut attached) = ("a".repeat(64), Attached::default());
        let (once, twice) = (format!("\"/v1/files/{a}\""), format!("\"/v1/files/{a}\",\"/v1/files/{a}\""));
        attached.add(&once);
        attached.add(&twice);
        attached.remove(&twice);
        assert!(attached.contains(&a));
        attached.remove(&once);
        assert!(attached == Attached::default());
    }
}
