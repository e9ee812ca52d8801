//! `If-Match`: the version of a resource that a client saw.
//!
//! RFC 9110 has tags compared strongly there, so that nothing is changed by who saw other bytes. Our tags name a version of a text, however
//! it is coded: a version has one text, and every change makes another one. A proxy that compresses says of its bytes that they are not
//! ours, and makes the tag weak or adds the coding; what the client read of them is that version all the same. So that form names it,
//! too, and nobody's change is overwritten: a tag of an earlier version is refused in any form.

use actix_web::http::header::{self, HeaderMap};

use crate::{
    problem::{Code, FieldError, Problem, Wrong},
    web::answer::as_sent,
};

/// The entity tags of `If-Match` (RFC 9110 §13.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preconditions {
    /// `*`: whatever is there.
    Any,
    /// One of these versions.
    Versions(Vec<i64>),
}

impl Preconditions {
    /// Reads the version that the client saw: 428 when it does not say.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut lines = headers.get_all(header::IF_MATCH).peekable();
        if lines.peek().is_none() {
            return Err(Code::PreconditionMissing.into());
        }
        let text: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        let mut tags = text.iter().flat_map(|line| line.split(',')).map(str::trim);
        if tags.clone().any(|tag| tag == "*") {
            return Ok(Self::Any);
        }
        // Other tags are of something else, and match nothing.
        let versions = tags.clone().filter_map(|tag| as_sent(tag)?.parse().ok()).collect();
        match tags.all(|tag| as_sent(tag).is_some()) {
            true => Ok(Self::Versions(versions)),
            false => {
                let mistake = FieldError::header("If-Match", Wrong::BadFormat("\"7\"".into()));
                Err(Problem::from(Code::InvalidHeader).naming(mistake))
            }
        }
    }

    /// Whether `version` is what the client saw.
    pub fn hold(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::Versions(versions) => versions.contains(&version),
        }
    }

    /// The latest version that the client saw, to tell what changed since.
    pub fn seen(&self) -> Option<i64> {
        match self {
            Self::Any => None,
            Self::Versions(versions) => versions.iter().max().copied(),
        }
    }
}
