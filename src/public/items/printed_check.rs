//! Checks a printed guide or chart: whether it is still in force, and if not, what has changed since.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::embedded_records::{embedded_records, last_change_shown};
use crate::{
    model::kinds::Kind,
    problem::{Code, FieldError, Problem, Wrong},
    register::{
        catalog::{Entry, Revision, Snapshot, instant},
        changes::Seq,
        compare::{Difference, Room, compare_within, differ},
        db::DbError,
    },
    values::code_lists::Status,
    web::one::status_then,
};

/// 核对结论: what is to be said of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaperVerdict)]
pub enum Verdict {
    /// 现行有效: it says what the register says.
    InForce,
    /// 内容已有变化: the item's revision is the same, but what it shows of others has changed.
    Outdated,
    /// 已被替代: a later revision is in force.
    Replaced,
    /// 事项已暂停
    Suspended,
    /// 事项已取消
    Cancelled,
    /// 事项已合并
    Merged,
    /// 内容已删除
    Erased,
}

/// 纸质件核对: what became of what a paper shows.
#[derive(Serialize, ToSchema)]
#[schema(as = PaperCheck)]
pub struct PrintedCheck {
    /// 事项编码
    #[schema(example = "11350121003619116B5000511001000")]
    pub code: String,
    /// 事项名称: empty when it was erased.
    #[schema(example = "最低生活保障对象审核")]
    pub name: String,
    /// 核对结论
    pub verdict: Verdict,
    /// 纸质件所载版本
    pub paper: PrintedRevision,
    /// 现行版本
    pub current: PrintedRevision,
    /// 承接事项: where a cancelled or merged item is carried on.
    pub successor: Option<String>,
    /// 事项的变化: from the paper's revision to the current one. Empty when one of both was erased.
    pub differences: Vec<Difference>,
    /// 相关记录的变化: places, fees, organisations and others that a guide of the item shows and that were revised since, among
    /// them the fees behind its intermediaries.
    pub others: Vec<RevisedOther>,
    /// 是否还有未列出的差异: 5,000 are told, or 1 MB of them.
    pub more: bool,
    /// 链接
    #[schema(value_type = Map<String, String>)]
    pub links: Map<String, Value>,
}

/// 版本
#[derive(Serialize, ToSchema)]
#[schema(as = PaperRevision)]
pub struct PrintedRevision {
    /// 修订号
    #[schema(example = 2)]
    pub revision: i64,
    /// 变更序号: of a paper the one at which it was made; of the current text the last that altered what it shows.
    #[schema(example = 346)]
    pub seq: Seq,
    /// 发布时间
    #[schema(example = "2017-06-01T01:00:00Z")]
    pub published_at: String,
    /// 内容摘要: salted SHA-256 of the body, as the log commits to it.
    pub body_digest: String,
}

/// 变化的相关记录
#[derive(Serialize, ToSchema)]
pub struct RevisedOther {
    /// 记录类型
    #[schema(example = "place")]
    pub kind: &'static str,
    /// 编码
    #[schema(example = "yangli-hall")]
    pub key: String,
    /// 名称
    pub name: String,
    /// 修订号
    #[schema(example = 2)]
    pub revision: i64,
    /// 发布时间
    pub published_at: String,
    /// 差异: of what the item shows of it.
    pub differences: Vec<Difference>,
}

/// Compares with the register the paper that shows `revision` of an item of `kind` as it was at `seq`, or as it was first published
/// when the paper does not say. 404 for a revision that there never was, 400 for a `seq` at which another was current.
pub fn check_printed(
    kind: &Kind,
    snapshot: &Snapshot,
    entry: &Entry,
    revision: i64,
    seq: Option<Seq>,
) -> Result<PrintedCheck, Problem> {
    let paper = entry.revision(revision).ok_or_else(|| unknown(entry, revision))?;
    let current = entry.current().ok_or(Code::NotFound)?;
    let next = entry.revision(revision + 1).map_or(snapshot.seq() + 1, |next| next.change.seq);
    let seen = seq.unwrap_or(paper.change.seq);
    if !(paper.change.seq..next).contains(&seen) {
        let range = Wrong::OutOfRange(format!("{}–{}", paper.change.seq, next - 1));
        let mistake = FieldError::parameter("seq", range).with_value(&seen.to_string());
        return Err(Problem::with_errors(Code::InvalidQuery, vec![mistake]));
    }
    let mut room = Room::PUBLIC;
    let differences = between(kind, paper, current, &mut room)?;
    let others = others(snapshot, entry, seen, &mut room)?;
    let of = |revision: &Revision, seq| PrintedRevision {
        revision: revision.change.revision,
        seq,
        published_at: instant(revision.change.published_at),
        body_digest: revision.change.body_digest.clone(),
    };
    Ok(PrintedCheck {
        code: entry.key.to_string(),
        name: entry.indexed.title.clone(),
        verdict: verdict(entry, revision, !others.is_empty()),
        paper: of(paper, seen),
        current: of(current, last_change_shown(snapshot, entry)),
        successor: entry.successor.clone(),
        differences,
        others,
        more: room.more(),
        links: links(entry, revision),
    })
}

fn verdict(entry: &Entry, revision: i64, others_changed: bool) -> Verdict {
    let is_current = entry.current().is_some_and(|current| current.change.revision == revision);
    match entry.status {
        Status::Suspended => Verdict::Suspended,
        Status::Cancelled => Verdict::Cancelled,
        Status::Merged => Verdict::Merged,
        Status::Erased => Verdict::Erased,
        Status::InForce if !is_current => Verdict::Replaced,
        Status::InForce if others_changed => Verdict::Outdated,
        Status::InForce => Verdict::InForce,
    }
}

fn between(kind: &Kind, from: &Revision, to: &Revision, room: &mut Room) -> Result<Vec<Difference>, DbError> {
    Ok(match (body(from)?, body(to)?) {
        (Some(from), Some(to)) => compare_within((kind.shape)(), &from, &to, room),
        _ => Vec::new(),
    })
}

fn body(revision: &Revision) -> Result<Option<Value>, DbError> {
    let text = revision.text()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

/// Lists the other records that a guide of the item shows and that were revised after `seq`, each once.
fn others(snapshot: &Snapshot, entry: &Entry, seq: Seq, room: &mut Room) -> Result<Vec<RevisedOther>, DbError> {
    let shown = embedded_records(snapshot, &entry.indexed.references).into_iter();
    shown.filter_map(|(kind, other)| revised(kind, other, seq, room).transpose()).collect()
}

/// How what others show of a record differs from what they showed at `seq`, as far as there is room; that it does is told always.
fn revised(kind: &'static Kind, entry: &Entry, seq: Seq, room: &mut Room) -> Result<Option<RevisedOther>, DbError> {
    let then = entry.revisions.iter().rfind(|revision| revision.change.seq <= seq);
    let (Some(then), Some(now)) = (then, entry.current()) else { return Ok(None) };
    if then.change.revision == now.change.revision {
        return Ok(None);
    }
    let (Some(from), Some(to)) = (body(then)?, body(now)?) else { return Ok(None) };
    let (shape, from, to) = ((kind.shape)(), shown(kind, from), shown(kind, to));
    let status = |revision: &Revision| Value::from(status_then(entry, revision.change.revision).value());
    let of_status = Difference::between("/meta/status", "记录状态", Some(status(then)), Some(status(now)));
    if of_status.is_none() && !differ(shape, &from, &to) {
        return Ok(None);
    }
    let mut differences = compare_within(shape, &from, &to, room);
    room.add(&mut differences, of_status);
    Ok(Some(RevisedOther {
        kind: kind.name,
        key: entry.key.to_string(),
        name: entry.indexed.title.clone(),
        revision: now.change.revision,
        published_at: instant(now.change.published_at),
        differences,
    }))
}

/// Reduces a body to the members that other records show of it.
fn shown(kind: &Kind, mut body: Value) -> Value {
    if let Value::Object(members) = &mut body {
        members.retain(|name, _| kind.short.contains(&name.as_str()));
    }
    body
}

fn unknown(entry: &Entry, revision: i64) -> Problem {
    let last = entry.revisions.len();
    Problem::with_detail(
        Code::NotFound,
        format!("本登记簿从未公布过该事项的第 {revision} 版（共 {last} 版），这张纸不是由本登记簿出具的。"),
        format!(
            "This register never published revision {revision} of the item (there are {last}): the paper is not from here."
        ),
    )
}

fn links(entry: &Entry, revision: i64) -> Map<String, Value> {
    let own = format!("/v1/items/{}", entry.key);
    let links = [
        ("item", own.clone()),
        ("guide", format!("{own}/guide")),
        ("revision", format!("{own}/revisions/{revision}")),
        ("proof", format!("{own}/revisions/{revision}/proof")),
        ("history", format!("{own}/revisions")),
    ];
    links.into_iter().map(|(name, path)| (name.to_owned(), json!(path))).collect()
}
