//! A change as others read it: the JSON of the feed, of webhooks and of mirrors, and the leaf that the transparency log
//! commits to.
//!
//! An absent member is left out (`reason`, `document`, `successor`, `source`), never null: the leaf is hashed, so there is one way to
//! write it. `body` and `salt` are null where they were erased, and left out where only references were asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::model::{Change, Document, Office, Origin, Seq};
use crate::values::code_lists::{Action, PublicationChannel};

/// 变更: one line of the log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Change)]
pub struct ChangeDocument {
    /// 变更序号: its place in the log, from 1 and without gaps.
    #[schema(example = 346, minimum = 1)]
    pub seq: Seq,
    /// 发布批次: the last `seq` of what became public together.
    #[schema(example = 346, minimum = 1)]
    pub publication: Seq,
    /// 记录类别
    #[schema(example = "item")]
    pub kind: String,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: String,
    /// 修订号: the revision that it made, from 1; of an erasure, the one that it erased.
    #[schema(example = 2, minimum = 1)]
    pub revision: i64,
    /// 调整类型
    pub action: Action,
    /// 发布时间
    #[schema(example = "2017-06-01T01:00:00Z")]
    pub published_at: DateTime<Utc>,
    /// 发布机关
    pub by: Office,
    /// 公开渠道
    pub channels: Vec<PublicationChannel>,
    /// 调整原因
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "压缩承诺时限")]
    pub reason: Option<String>,
    /// 调整依据文件
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub document: Option<Document>,
    /// 承接事项或新编码: what took its place, or its new key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub successor: Option<String>,
    /// 内容摘要: hex SHA-256 of the salt followed by the canonical JSON of the body (RFC 8785).
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub body_digest: String,
    /// 来源: the address of the register from which a gathered log has the line; only in such a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub source: Option<String>,
    /// 来源变更序号: the place of the line in the log of its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub source_seq: Option<Seq>,
    /// 受影响的记录: others that show something new since this change, because they show this record.
    pub affects: Vec<RecordName>,
    /// 记录内容: null when it was erased, as in the change that erases; left out of references.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<Map<String, Value>>)]
    pub body: Option<Option<Box<RawValue>>>,
    /// 盐值: 32 bytes in hex; null and left out together with the body.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[0-9a-f]{64}$")]
    pub salt: Option<Option<String>>,
}

/// 记录: kind and key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordName {
    /// 记录类别
    #[schema(example = "item")]
    pub kind: String,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: String,
}

/// Why a document is no line of the log.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// It is JSON of something else.
    #[error("change {0}: {1}")]
    Json(Seq, serde_json::Error),
    /// It has a source without a place there, or the other way round.
    #[error("change {0} names half of its source")]
    Source(Seq),
    /// It has no body and salt, not even null.
    #[error("change {0} is a reference, without its body")]
    Reference(Seq),
}

/// The members that the transparency log commits to, in the order of docs/API.md §3; canonical JSON sorts them.
#[derive(Serialize)]
struct Leaf<'a> {
    seq: Seq,
    publication: Seq,
    kind: &'a str,
    key: &'a str,
    revision: i64,
    action: Action,
    published_at: DateTime<Utc>,
    by: &'a Office,
    channels: &'a [PublicationChannel],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a Document>,
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<&'a str>,
    body_digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_seq: Option<Seq>,
}

/// The leaf of a change in the transparency log: canonical JSON (RFC 8785) of everything but `affects`, `body` and `salt`.
/// An erasure leaves it as it was.
pub fn leaf(change: &Change) -> Result<Vec<u8>, serde_json::Error> {
    let Change { seq, publication, revision, action, published_at, .. } = *change;
    serde_json_canonicalizer::to_vec(&Leaf {
        seq,
        publication,
        kind: &change.kind,
        key: &change.key,
        revision,
        action,
        published_at,
        by: &change.by,
        channels: &change.channels,
        reason: change.reason.as_deref(),
        document: change.document.as_ref(),
        successor: change.successor.as_deref(),
        body_digest: &change.body_digest,
        source: change.origin.as_ref().map(|origin| origin.source.as_str()),
        source_seq: change.origin.as_ref().map(|origin| origin.seq),
    })
}

impl ChangeDocument {
    /// A change whole, and the others that it altered.
    pub fn new(change: Change, affects: Vec<RecordName>) -> Result<Self, WireError> {
        let seq = change.seq;
        let body = change.body.clone().map(RawValue::from_string).transpose();
        let body = body.map_err(|error| WireError::Json(seq, error))?;
        let salt = change.salt.clone();
        Ok(Self { body: Some(body), salt: Some(salt), ..Self::reference(change, affects) })
    }

    /// This document without its body and salt.
    pub fn reference(change: Change, affects: Vec<RecordName>) -> Self {
        let (source, source_seq) = change.origin.map(|origin| (origin.source, origin.seq)).unzip();
        Self {
            seq: change.seq,
            publication: change.publication,
            kind: change.kind,
            key: change.key,
            revision: change.revision,
            action: change.action,
            published_at: change.published_at,
            by: change.by,
            channels: change.channels,
            reason: change.reason,
            document: change.document,
            successor: change.successor,
            body_digest: change.body_digest,
            source,
            source_seq,
            affects,
            body: None,
            salt: None,
        }
    }

    /// The line of the log. The text of the body stays as it was sent, and nothing is checked against its digest.
    pub fn into_change(self) -> Result<Change, WireError> {
        let (Some(body), Some(salt)) = (self.body, self.salt) else { return Err(WireError::Reference(self.seq)) };
        let origin = match (self.source, self.source_seq) {
            (Some(source), Some(seq)) => Some(Origin { source, seq }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(WireError::Source(self.seq)),
        };
        Ok(Change {
            seq: self.seq,
            publication: self.publication,
            kind: self.kind,
            key: self.key,
            revision: self.revision,
            action: self.action,
            published_at: self.published_at,
            by: self.by,
            channels: self.channels,
            reason: self.reason,
            document: self.document,
            successor: self.successor,
            body_digest: self.body_digest,
            body: body.map(|body| Box::<str>::from(body).into_string()),
            salt,
            origin,
        })
    }
}

/// Null is something that was said; a missing member is not.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::{collection, option, prelude::*, sample::select};
    use serde_json::{Value, json};

    use super::*;
    use crate::{register::changes::body_digest, values::hex};

    const BODY: &str = r#"{"name":"低保","code":"A","limits":{"b":1,"a":"12.50"}}"#;

    fn change() -> Change {
        Change {
            seq: 12,
            publication: 13,
            kind: "item".into(),
            key: "A".into(),
            revision: 2,
            action: Action::Amend,
            published_at: DateTime::from_timestamp_millis(1_480_000_000_120).expect("a time"),
            by: Office { code: "11350121003619116B".into(), name: "洋里乡".into() },
            channels: vec![PublicationChannel::Website],
            reason: None,
            document: None,
            successor: None,
            body_digest: body_digest(&[7; 32], BODY).expect("it is JSON"),
            body: Some(BODY.into()),
            salt: Some(hex(&[7; 32])),
            origin: None,
        }
    }

    fn written(change: &Change) -> String {
        let affects = vec![RecordName { kind: "fee".into(), key: "f".into() }];
        let document = ChangeDocument::new(change.clone(), affects).expect("its body is JSON");
        serde_json::to_string(&document).expect("it can be written")
    }

    fn read(text: &str) -> Change {
        serde_json::from_str::<ChangeDocument>(text).expect("a change").into_change().expect("whole")
    }

    #[test]
    fn a_leaf_is_canonical_and_leaves_out_what_is_absent() {
        let digest = change().body_digest;
        let expected = format!(
            r#"{{"action":"amend","body_digest":"{digest}","by":{{"code":"11350121003619116B","name":"洋里乡"}},"channels":["website"],"key":"A","kind":"item","publication":13,"published_at":"2016-11-24T15:06:40.120Z","revision":2,"seq":12}}"#
        );
        assert_eq!(String::from_utf8(leaf(&change()).expect("it can be written")).expect("UTF-8"), expected);
    }

    #[test]
    fn a_body_keeps_the_order_of_its_members() {
        assert!(written(&change()).contains(&format!(r#""body":{BODY},"salt":"#)));
        assert_eq!(read(&written(&change())), change());
    }

    #[test]
    fn an_erasure_takes_body_and_salt_and_leaves_the_leaf() {
        let erased = Change { body: None, salt: None, ..change() };
        assert!(written(&erased).ends_with(r#""body":null,"salt":null}"#));
        assert_eq!(read(&written(&erased)), erased);
        assert_eq!(leaf(&erased).expect("a leaf"), leaf(&change()).expect("a leaf"));
    }

    #[test]
    fn a_reference_is_not_taken_for_something_erased_and_nothing_unknown_is_passed_over() {
        let reference = ChangeDocument::reference(change(), Vec::new());
        let mut value = serde_json::to_value(&reference).expect("it can be written");
        assert!(value.get("body").is_none() && value.get("salt").is_none());
        let again: ChangeDocument = serde_json::from_value(value.clone()).expect("a reference");
        assert!(matches!(again.into_change(), Err(WireError::Reference(12))));
        value["more"] = json!(1);
        assert!(serde_json::from_value::<ChangeDocument>(value).is_err());
    }

    #[test]
    fn a_document_without_a_date_is_written_as_before_there_were_any() {
        let mut change = change();
        let document = Document {
            title: "通知".into(),
            number: Some("侯政〔2016〕1号".into()),
            date: None,
            issuer: None,
            url: None,
        };
        change.document = Some(document.clone());
        let undated = String::from_utf8(leaf(&change).expect("a leaf")).expect("text");
        assert!(undated.contains(r#""document":{"number":"侯政〔2016〕1号","title":"通知"}"#), "{undated}");
        change.document = Some(Document { date: chrono::NaiveDate::from_ymd_opt(2016, 12, 20), ..document });
        let dated = String::from_utf8(leaf(&change).expect("a leaf")).expect("text");
        assert!(dated.contains(r#""document":{"date":"2016-12-20","number":"#), "{dated}");
        assert_eq!(read(&written(&change)), change);
    }

    prop_compose! {
        fn changes()(
            (seq, more, revision) in (1i64..1 << 40, 0i64..100, 1i64..1000),
            millis in 0i64..4_000_000_000_000,
            (kind, key, name) in ("[a-z_]{1,12}", "[A-Za-z0-9-]{1,30}", "\\PC{0,20}"),
            action in select(vec![Action::Create, Action::Cancel, Action::Merge, Action::Renumber, Action::Erase]),
            reason in option::of("\\PC{0,40}"),
            title in option::of("\\PC{1,20}"),
            date in option::of((0i32..400_000).prop_map(|day| chrono::NaiveDate::default() + chrono::TimeDelta::days(day.into()))),
            successor in option::of("[A-Z0-9]{1,9}"),
            members in option::of(collection::vec(("\\PC{0,6}", any::<i32>()), 0..6)),
            salt in any::<[u8; 32]>(),
            origin in option::of((1i64..1000).prop_map(|seq| Origin { source: "https://b.example".into(), seq })),
        ) -> Change {
            let body = members.map(|members| {
                let members = members.into_iter().map(|(name, value)| (name, json!(value)));
                Value::Object(members.collect()).to_string()
            });
            Change {
                seq,
                publication: seq + more,
                kind,
                key: key.clone(),
                revision,
                action,
                published_at: DateTime::from_timestamp_millis(millis).expect("a time"),
                by: Office { code: key, name },
                channels: Vec::new(),
                reason,
                document: title.map(|title| Document { title, number: None, date, issuer: None, url: None }),
                successor,
                body_digest: body_digest(&salt, body.as_deref().unwrap_or("{}")).expect("it is JSON"),
                salt: body.is_some().then(|| hex(&salt)),
                body,
                origin,
            }
        }
    }

    proptest! {
        #[test]
        fn any_change_is_read_back_as_it_was(change in changes()) {
            prop_assert_eq!(read(&written(&change)), change);
        }

        #[test]
        fn a_leaf_is_the_document_without_what_it_does_not_commit_to(change in changes()) {
            let mut document: Value = serde_json::from_str(&written(&change)).expect("JSON");
            let members = document.as_object_mut().expect("an object");
            let outside: BTreeSet<_> = ["affects", "body", "salt"].into();
            members.retain(|name, _| !outside.contains(name.as_str()));
            let canonical = serde_json_canonicalizer::to_vec(&document).expect("it can be written");
            prop_assert_eq!(leaf(&change).expect("a leaf"), canonical);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            prop_assert!(serde_json::from_str::<ChangeDocument>(&text).is_err());
        }
    }
}
