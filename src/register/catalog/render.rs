//! How a record is written: its body, then `meta`, `embedded` and `links` (docs/API.md §3).
//!
//! Written from the stored text without parsing it again, so that the body that was hashed is the body that is shown.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};

use super::entry::{Entry, Revision};
use crate::{
    model::kinds::Kind,
    register::changes::{Document, Office, Seq},
    values::code_lists::{Action, PublicationChannel, Status},
};

/// 记录状态和发布信息: what the register knows of a record beside its body.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Meta<'a> {
    /// 记录类别
    #[schema(example = "item")]
    pub kind: &'a str,
    /// 编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub key: &'a str,
    /// 记录状态
    pub status: Status,
    /// 修订号: from 1.
    #[schema(example = 2)]
    pub revision: i64,
    /// 变更序号: of this revision in the log.
    #[schema(example = 346)]
    pub seq: Seq,
    /// 发布批次: the last `seq` of what became public together.
    #[schema(example = 346)]
    pub publication: Seq,
    /// 展示序号: the last change that altered what is shown here, embedded records included.
    #[schema(example = 346)]
    pub shown_seq: Seq,
    /// 发布时间
    #[schema(example = "2017-06-01T01:00:00Z")]
    pub published_at: String,
    /// 发布机关
    pub by: &'a Office,
    /// 公开渠道
    pub channels: &'a [PublicationChannel],
    /// 调整类型
    pub action: Action,
    /// 调整原因
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "压缩承诺时限")]
    pub reason: Option<&'a str>,
    /// 调整依据文件
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<&'a Document>,
    /// 承接事项: what took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<&'a str>,
    /// 恢复前的承接事项: what had taken its place until this revision brought it back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_successor: Option<&'a str>,
}

/// An instant as the API writes it: RFC 3339, UTC, `Z`.
pub fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The registration data of one revision of `entry`.
pub fn meta<'a>(kind: &'a Kind, entry: &'a Entry, revision: &'a Revision) -> Meta<'a> {
    let change = &revision.change;
    Meta {
        kind: kind.name,
        key: &entry.key,
        status: entry.status,
        revision: change.revision,
        seq: change.seq,
        publication: change.publication,
        shown_seq: entry.shown.seq,
        published_at: instant(change.published_at),
        by: &change.by,
        channels: &change.channels,
        action: change.action,
        reason: change.reason.as_deref(),
        document: change.document.as_ref(),
        successor: entry.successor.as_deref(),
        former_successor: entry.former_successor(change),
    }
}

/// The links of a record.
pub fn links(kind: &Kind, entry: &Entry) -> Map<String, Value> {
    let own = format!("/v1/{}/{}", kind.path, entry.key);
    let mut links = Map::new();
    let mut link = |name: &str, path: String| links.insert(name.into(), path.into());
    link("revisions", format!("{own}/revisions"));
    if let Some(number) = entry.current().map(|revision| revision.change.revision).filter(|number| *number > 1) {
        link("compare", format!("{own}/compare?from={}&to={number}", number - 1));
    }
    if let Some(successor) = &entry.successor {
        link("successor", format!("/v1/{}/{successor}", kind.path));
    }
    if entry.indexed.has_chart {
        link("chart", format!("{own}/chart"));
        link("chart_svg", format!("{own}/chart.svg"));
    }
    let revision = entry.current().map_or(0, |revision| revision.change.revision).to_string();
    for (name, path) in kind.links {
        link(name, path.replace("{key}", &entry.key).replace("{revision}", &revision));
    }
    // Of the revision that is shown, whichever that is.
    let proof = entry.current().map(|current| format!("{own}/revisions/{}/proof", current.change.revision));
    link("proof", proof.unwrap_or_else(|| format!("{own}/proof")));
    link("schema", format!("/v1/schemas/{}.json", kind.name));
    link("self", own);
    links
}

/// The answer: the members of `body` and the three reserved ones.
pub fn record(body: &str, meta: &Meta<'_>, embedded: &str, links: &Map<String, Value>) -> serde_json::Result<String> {
    let (meta, links) = (serde_json::to_string(meta)?, serde_json::to_string(links)?);
    let tail = format!(r#""meta":{meta},"embedded":{embedded},"links":{links}}}"#);
    Ok(with_members(body, &tail))
}

/// The text of a JSON object with more members at its end; `tail` closes it.
pub fn with_members(object: &str, tail: &str) -> String {
    let open = object.strip_suffix('}').unwrap_or(object);
    let comma = if open.ends_with('{') { "" } else { "," };
    format!("{open}{comma}{tail}")
}

/// The part of a record that others show: some of its fields, and its status.
pub fn short(kind: &Kind, body: &Map<String, Value>, status: Status) -> Map<String, Value> {
    let mut short: Map<_, _> =
        kind.short.iter().filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone()))).collect();
    short.insert("status".into(), status.value().into());
    short
}

/// A row of a list: a summary of the record. `organisation` is code and name, when it is known.
pub fn row(kind: &Kind, entry: &Entry, body: &Map<String, Value>, organisation: Option<&Value>) -> Map<String, Value> {
    let mut row = Map::new();
    for name in kind.row {
        let value = match (*name, organisation) {
            ("organisation", Some(short)) => code_and_name(short),
            _ => body.get(*name).cloned().unwrap_or_default(),
        };
        row.insert((*name).into(), value);
    }
    row.insert("status".into(), entry.status.value().into());
    if let Some(revision) = entry.current() {
        row.insert("revision".into(), revision.change.revision.into());
        row.insert("published_at".into(), instant(revision.change.published_at).into());
    }
    row
}

fn code_and_name(short: &Value) -> Value {
    let member = |name: &str| (name.to_owned(), short.get(name).cloned().unwrap_or_default());
    Value::Object([member("code"), member("name")].into_iter().collect())
}
