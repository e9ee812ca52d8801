//! `If-Match`: the version of a resource that a client saw.

use actix_web::http::header::{self, HeaderMap};

use crate::problem::{Code, FieldError, Problem, Wrong};

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
        // Tags of other representations, weak ones too, match nothing here (strong comparison).
        let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        let well_formed = |tag: &str| {
            let tag = tag.strip_prefix("W/").unwrap_or(tag);
            tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"')
        };
        let versions = tags.clone().filter_map(version).collect();
        match tags.all(well_formed) {
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
