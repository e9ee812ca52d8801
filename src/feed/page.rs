//! One page of the log: whole publications after a seq, with what a reader wants to hear of.

use actix_web::web::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    catalog::Snapshot,
    changes::{ChangeDocument, Seq},
    db::DbError,
    reading::Interest,
};

/// Changes of a page, unless asked otherwise.
pub const DEFAULT_LIMIT: usize = 100;
/// Changes of a page at most, but for the rest of the publication that it ends with.
pub const MOST: usize = 1000;
/// Bytes after which a page ends with the publication that it is in.
const MOST_BYTES: usize = 1 << 20;
/// Lines of the log that are looked at for a page, so that a reader of little costs no more than one of everything.
const LOOKED_AT: Seq = 20_000;

/// 变更页: whole publications, oldest first.
#[derive(Serialize, ToSchema)]
pub struct ChangePage {
    /// 变更
    pub items: Vec<ChangeDocument>,
    /// 续读位置: `since` of the next page, always the end of a publication; it also passes what filters left out.
    #[schema(example = 346, minimum = 0)]
    pub next: Seq,
    /// 日志末尾序号: the last change that is public here; more is there at once while `next` is less.
    #[schema(example = 378, minimum = 0)]
    pub seq: Seq,
}

/// What is asked of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// How many changes are enough.
    pub limit: usize,
    /// Whether with bodies and salts, or only references.
    pub with_bodies: bool,
    /// What it is about.
    pub interest: Interest,
}

/// A page that is written.
#[derive(Clone)]
pub struct Page {
    /// [`ChangePage`].
    pub json: Bytes,
    /// Where to go on.
    pub next: Seq,
    /// Whether nothing of interest is in it.
    pub is_empty: bool,
}

impl Page {
    /// The page of what follows `since`, which must be the end of a publication.
    pub fn write(snapshot: &Snapshot, asked: &Asked, since: Seq) -> Result<Self, DbError> {
        let page = ChangePage::read(snapshot, asked, since)?;
        let json = Bytes::from(serde_json::to_vec(&page)?);
        Ok(Self { json, next: page.next, is_empty: page.items.is_empty() })
    }
}

impl ChangePage {
    fn read(snapshot: &Snapshot, asked: &Asked, since: Seq) -> Result<Self, DbError> {
        let (mut items, mut bytes, mut next) = (Vec::new(), 0, since);
        while next < snapshot.seq() && items.len() < asked.limit && bytes < MOST_BYTES && next - since < LOOKED_AT {
            let lost = || DbError::Damaged(format!("no publication ends after {next}"));
            let end = snapshot.publication_of(next + 1).ok_or_else(lost)?;
            for seq in next + 1..=end {
                if !asked.interest.includes(snapshot, seq)? {
                    continue;
                }
                if let Some(document) = snapshot.document(seq, asked.with_bodies)? {
                    bytes += weight(&document);
                    items.push(document);
                }
            }
            next = end;
        }
        Ok(Self { items, next, seq: snapshot.seq() })
    }
}

/// About how many bytes a change takes.
fn weight(document: &ChangeDocument) -> usize {
    let body = document.body.as_ref().and_then(|body| body.as_ref()).map_or(0, |body| body.get().len());
    500 + body + 64 * document.affects.len()
}
