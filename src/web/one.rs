//! Use case: anyone reads one record, one of its revisions, or how two of them differ.

use std::{borrow::Cow, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::query::Parameters;
use crate::{
    model::kinds::Kind,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Revision, Shelf, instant, meta, record},
        changes::{Document, Office, Seq},
        compare::{Difference, Room, compare_within},
    },
    values::{
        code_lists::{Action, PublicationChannel, Status},
        fold,
    },
};

/// The record that a key leads to.
pub enum FoundRecord<'a> {
    /// The record.
    Record(&'a Arc<Entry>),
    /// It has another key now.
    Moved(&'a Arc<Entry>),
}

/// Finds a record; a key that was renumbered, or written in another case or width, leads to the one it has now.
pub fn find_record<'a>(shelf: &'a Shelf, key: &str) -> Result<FoundRecord<'a>, Problem> {
    if let Some(entry) = shelf.get(key) {
        return Ok(if &*entry.key == key { FoundRecord::Record(entry) } else { FoundRecord::Moved(entry) });
    }
    let folded = fold(key);
    let variants = [folded.to_ascii_uppercase(), folded.to_ascii_lowercase()];
    let entry = variants.iter().find_map(|key| shelf.get(key));
    entry.map(FoundRecord::Moved).ok_or_else(|| not_found(shelf.kind, key))
}

/// There is no record with this key.
pub fn not_found(kind: &Kind, key: &str) -> Problem {
    let shown: String = key.chars().take(80).collect();
    Problem::with_detail(
        Code::NotFound,
        format!("没有编码为 {shown} 的{}。", kind.chinese),
        format!("There is no record {shown} among the {}.", kind.english),
    )
    .naming(FieldError::parameter("key", Wrong::ReferenceUnknown { kind: kind.name, key: shown }))
}

/// Reads the body of a record's newest revision; 410 where it was erased.
pub fn body<T: DeserializeOwned>(entry: &Entry) -> Result<T, Problem> {
    Ok(serde_json::from_str(&entry.body()?.ok_or(Code::Gone)?)?)
}

/// 410 for a record whose newest text was erased, with its tombstone; its other revisions can still be read.
pub fn must_not_be_erased(entry: &Entry) -> Result<(), Problem> {
    match entry.status {
        Status::Erased => Err(erased(entry, entry.current().map_or(0, |revision| revision.change.revision))),
        Status::InForce | Status::Suspended | Status::Cancelled | Status::Merged => Ok(()),
    }
}

/// The tombstone of a revision: who decided, when and why.
fn erased(entry: &Entry, number: i64) -> Problem {
    let Some(change) = entry.tombstone(number) else { return Code::Gone.into() };
    let (by, at) = (&change.by.name, instant(change.published_at));
    let reason = change.reason.as_deref().unwrap_or("-");
    Problem::with_detail(
        Code::Gone,
        format!("第 {number} 次修订已于 {at} 由{by}决定删除，原因：{reason}"),
        format!("Revision {number} was erased at {at} by {by}: {reason}"),
    )
    .because_of(json!({
        "revision": number,
        "erased_at": at,
        "by": change.by,
        "reason": change.reason,
        "document": change.document,
        "seq": change.seq,
    }))
}

/// 修订记录: who published a revision, when and why.
#[derive(Serialize, ToSchema)]
pub struct RevisionRow<'a> {
    /// 修订号
    #[schema(example = 2)]
    pub revision: i64,
    /// 变更序号
    #[schema(example = 346)]
    pub seq: Seq,
    /// 发布批次
    #[schema(example = 346)]
    pub publication: Seq,
    /// 调整类型
    pub action: Action,
    /// 发布时间
    #[schema(example = "2017-06-01T01:00:00Z")]
    pub published_at: String,
    /// 发布机关
    pub by: &'a Office,
    /// 公开渠道
    pub channels: &'a [PublicationChannel],
    /// 调整原因
    #[schema(example = "压缩承诺时限")]
    pub reason: Option<&'a str>,
    /// 调整依据文件
    pub document: Option<&'a Document>,
    /// 承接事项
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<&'a str>,
    /// 恢复前的承接事项: what had taken its place until this revision brought it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_successor: Option<&'a str>,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    pub links: Map<String, Value>,
}

/// The row of a revision among those of its record.
pub fn revision_row<'a>(kind: &Kind, entry: &'a Entry, revision: &'a Revision) -> RevisionRow<'a> {
    let own = format!("/v1/{}/{}", kind.path, entry.key);
    let change = &revision.change;
    let number = change.revision;
    let mut links = Map::new();
    if number > 1 {
        links.insert("compare".into(), format!("{own}/compare?from={}&to={number}", number - 1).into());
    }
    links.insert("self".into(), format!("{own}/revisions/{number}").into());
    RevisionRow {
        revision: number,
        seq: change.seq,
        publication: change.publication,
        action: change.action,
        published_at: instant(change.published_at),
        by: &change.by,
        channels: &change.channels,
        reason: change.reason.as_deref(),
        document: change.document.as_ref(),
        successor: change.successor.as_deref(),
        former_successor: entry.former_successor(change),
        links,
    }
}

/// One revision as it was published: its body and `meta`; what it embeds is told by the record itself.
pub fn revision(kind: &Kind, entry: &Entry, number: i64) -> Result<String, Problem> {
    let revision = numbered(entry, number)?;
    let body = revision.text()?.ok_or_else(|| erased(entry, number))?;
    let own = format!("/v1/{}/{}", kind.path, entry.key);
    let mut links = Map::new();
    links.insert("record".into(), json!(own));
    if number > 1 {
        links.insert("compare".into(), json!(format!("{own}/compare?from={}&to={number}", number - 1)));
    }
    links.insert("self".into(), json!(format!("{own}/revisions/{number}")));
    let mut meta = meta(kind, entry, revision);
    meta.status = status_then(entry, number);
    meta.successor = revision.change.successor.as_deref();
    meta.shown_seq = revision.change.seq;
    Ok(record(&body, &meta, "{}", &links)?)
}

/// The status that the record had after this revision.
pub fn status_then(entry: &Entry, number: i64) -> Status {
    let until = entry.revisions.iter().take_while(|revision| revision.change.revision <= number);
    until.fold(Status::InForce, |before, revision| revision.status_after(before))
}

/// The title of a record of this kind after change `seq`; `None` where it was not there yet, or its text of then was erased.
pub fn title_then<'a>(kind: &Kind, entry: &'a Entry, seq: Seq) -> Option<Cow<'a, str>> {
    let then = entry.revisions.iter().rfind(|revision| revision.change.seq <= seq)?;
    let is_current = entry.current().is_some_and(|current| current.change.seq == then.change.seq);
    let title: Cow<'_, str> = match is_current {
        true => entry.indexed.title.as_str().into(),
        false => (kind.index)(&then.text().ok()??).ok()?.title.into(),
    };
    Some(title).filter(|title| !title.is_empty())
}

fn numbered(entry: &Entry, number: i64) -> Result<&Arc<Revision>, Problem> {
    entry.revision(number).ok_or_else(|| {
        let last = entry.revisions.len();
        Problem::with_detail(
            Code::NotFound,
            format!("没有第 {number} 次修订，共 {last} 次。"),
            format!("There is no revision {number}; there are {last}."),
        )
    })
}

/// 修订比较: how two revisions of a record differ.
#[derive(Serialize, ToSchema)]
pub struct Comparison<'a> {
    /// 编码
    pub key: &'a str,
    /// 原修订
    pub from: RevisionRow<'a>,
    /// 新修订
    pub to: RevisionRow<'a>,
    /// 差异: field by field, the first 5,000, or 1 MB of them.
    pub differences: Vec<Difference>,
    /// 是否还有未列出的差异
    pub more: bool,
}

/// Two revisions that are asked for by number.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoRevisions {
    from: Option<i64>,
    to: Option<i64>,
}

impl TwoRevisions {
    /// Takes `from` and `to`.
    pub fn from_query(parameters: &mut Parameters) -> Self {
        let number = |text: &str| {
            let number = text.parse().ok().filter(|number: &i64| *number > 0);
            number.ok_or_else(|| Wrong::OutOfRange("≥ 1".into()))
        };
        Self { from: parameters.parsed("from", number), to: parameters.parsed("to", number) }
    }

    /// Their numbers: unless said otherwise the last one and the one before.
    pub fn of(self, entry: &Entry) -> (i64, i64) {
        let last = entry.current().map_or(1, |revision| revision.change.revision);
        let to = self.to.unwrap_or(last);
        (self.from.unwrap_or((to - 1).max(1)), to)
    }
}

/// The body of a revision; 410 when it was erased.
pub fn revision_body(entry: &Entry, number: i64) -> Result<Value, Problem> {
    let text = numbered(entry, number)?.text()?.ok_or_else(|| erased(entry, number))?;
    Ok(serde_json::from_str(&text)?)
}

/// How the revisions `from` and `to` of a record differ, as far as an answer has room for it.
pub fn comparison<'a>(kind: &Kind, entry: &'a Entry, from: i64, to: i64) -> Result<Comparison<'a>, Problem> {
    let bodies = [revision_body(entry, from)?, revision_body(entry, to)?];
    let mut room = Room::PUBLIC;
    let status = |number| Value::from(status_then(entry, number).value());
    let successor =
        |number| entry.revision(number).and_then(|revision| revision.change.successor.clone()).map(Value::from);
    // The status of the record has room before all else, and is told last.
    let mut of_meta = Vec::new();
    for difference in [
        Difference::between("/meta/status", "记录状态", Some(status(from)), Some(status(to))),
        Difference::between("/meta/successor", "承接事项", successor(from), successor(to)),
    ] {
        room.add(&mut of_meta, difference);
    }
    let mut differences = compare_within((kind.shape)(), &bodies[0], &bodies[1], &mut room);
    differences.extend(of_meta);
    let more = room.more();
    let row = |number: i64| entry.revision(number).map(|revision| revision_row(kind, entry, revision));
    match (row(from), row(to)) {
        (Some(from), Some(to)) => Ok(Comparison { key: &entry.key, from, to, differences, more }),
        _ => Err(Code::NotFound.into()),
    }
}
