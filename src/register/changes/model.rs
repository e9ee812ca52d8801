//! A change, and a proposal of one.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::values::code_lists::{Action, PublicationChannel};
use crate::values::hex;

/// The position of a change in the log, from 1: also the ETag, the cursor of the feed and the reference of auditors.
pub type Seq = i64;

/// 32 random bytes that are hashed with a body, so that an erased body cannot be guessed from its digest.
pub type Salt = [u8; 32];

/// The key that a register authenticates cursors with: kept beside the log, so that replicas have the same. Anybody who knows
/// it can make a cursor of any earlier state, which `as_of` gives to everybody.
pub type CursorKey = [u8; 32];

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its place in the log.
    pub seq: Seq,
    /// The last `seq` of what became public together with it.
    pub publication: Seq,
    /// Kind of the record.
    pub kind: String,
    /// Key of the record.
    pub key: String,
    /// Which revision of the record it made, from 1.
    pub revision: i64,
    /// The action.
    pub action: Action,
    /// When it became public.
    pub published_at: DateTime<Utc>,
    /// Which office published it.
    pub by: Office,
    /// The channels in which it was published.
    pub channels: Vec<PublicationChannel>,
    /// Why.
    pub reason: Option<String>,
    /// On what decision.
    pub document: Option<Document>,
    /// The key of the record that took its place (merge, cancel), or its new key (renumber).
    pub successor: Option<String>,
    /// Hex SHA-256 of salt and canonical body.
    pub body_digest: String,
    /// JSON of the record; `None` when erased.
    pub body: Option<String>,
    /// Hex; `None` when erased.
    pub salt: Option<String>,
    /// The line of another register's log that it repeats, in a log that is gathered from others; else `None`.
    pub origin: Option<Origin>,
}

/// The register and the line from which a line of a gathered log came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address of the register, without a slash at its end.
    pub source: String,
    /// The place of the line in the log there.
    pub seq: Seq,
}

/// A change that is about to be appended.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Kind of the record.
    pub kind: &'static str,
    /// Key of the record.
    pub key: String,
    /// Its next revision.
    pub revision: i64,
    /// The action.
    pub action: Action,
    /// Which office publishes.
    pub by: Office,
    /// The channels in which it is published.
    pub channels: Vec<PublicationChannel>,
    /// Why.
    pub reason: Option<String>,
    /// On what decision.
    pub document: Option<Document>,
    /// The key of the record that takes its place, or its new key.
    pub successor: Option<String>,
    /// The record, or what is taken away.
    pub content: ChangeContent,
}

/// The content that a change brings to the log.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeContent {
    /// JSON of the record.
    Body(String),
    /// Nothing: it takes the body and salt of an earlier change away, whose digest it repeats.
    Erasure {
        /// The earlier change.
        of: Seq,
        /// Its digest.
        digest: String,
    },
}

impl Proposal {
    /// The change that it is at this place in the log; digest and salt come with [`append`](super::append).
    pub fn into_change(self, seq: Seq, publication: Seq, published_at: DateTime<Utc>) -> Change {
        let Self { kind, key, revision, action, by, channels, reason, document, successor, content } = self;
        let (body, body_digest) = match content {
            ChangeContent::Body(body) => (Some(body), String::new()),
            ChangeContent::Erasure { digest, .. } => (None, digest),
        };
        Change {
            seq,
            publication,
            kind: kind.into(),
            key,
            revision,
            action,
            published_at,
            by,
            channels,
            reason,
            document,
            successor,
            body_digest,
            body,
            salt: None,
            origin: None,
        }
    }
}

/// 发布机关: the office that published a change; people are named only in the audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// 统一社会信用代码
    #[schema(example = "11350121003619116B")]
    pub code: String,
    /// 机构名称: as it was called then.
    #[schema(example = "闽侯县洋里乡人民政府")]
    pub name: String,
}

/// 调整依据文件: the decision on which a change was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AdjustmentDocument)]
pub struct Document {
    /// 文件名称
    #[schema(max_length = 200)]
    pub title: String,
    /// 文号
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60, example = "国办函〔2020〕109号")]
    pub number: Option<String>,
    /// 成文日期: the date that the document bears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2020-11-24")]
    pub date: Option<NaiveDate>,
    /// 发文机关
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub issuer: Option<String>,
    /// 网址
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri-reference")]
    pub url: Option<String>,
}

/// The digest by which the log commits to a body: hex SHA-256 of the salt followed by the body's canonical JSON
/// (RFC 8785).
pub fn body_digest(salt: &Salt, body: &str) -> Result<String, serde_json::Error> {
    digest_of(salt, &serde_json::from_str(body)?)
}

/// The digest of a body that was parsed before.
pub(super) fn digest_of(salt: &Salt, body: &Value) -> Result<String, serde_json::Error> {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(serde_json_canonicalizer::to_vec(body)?);
    Ok(hex(&hash.finalize()))
}

/// Takes the publications that have come whole out of `pending`, which are lines or what was made of them.
pub fn take_whole<T>(pending: &mut Vec<T>, line: impl Fn(&T) -> &Change) -> Vec<T> {
    let is_end = |one: &T| line(one).seq == line(one).publication;
    let whole = pending.iter().rposition(is_end).map_or(0, |last| last + 1);
    let rest = pending.split_off(whole);
    std::mem::replace(pending, rest)
}

/// A new salt from the operating system.
pub fn random_salt() -> Result<Salt, getrandom::Error> {
    let mut salt = Salt::default();
    getrandom::fill(&mut salt)?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_does_not_depend_on_the_order_of_members_but_on_the_salt() {
        let digest = |salt: u8, body| body_digest(&[salt; 32], body).expect("it is JSON");
        assert_eq!(digest(1, r#"{"a":1,"b":"事"}"#), digest(1, r#"{ "b": "事", "a": 1 }"#));
        assert_ne!(digest(1, "{}"), digest(2, "{}"));
        assert_eq!(digest(0, "{}").len(), 64);
    }
}
