//! One page of the log: the lines after a seq that a reader wants to hear of, as many as fit, and whether a publication ends
//! with them.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use crate::{
    register::{
        catalog::Snapshot,
        changes::{ChangeDocument, Seq},
        db::DbError,
    },
    web::{
        answer::{JSON, Written},
        interest::Interest,
    },
};

/// Changes of a page at most, unless asked otherwise.
pub const DEFAULT_LIMIT: usize = 100;
/// Changes of a page at most, whatever is asked.
pub const MOST: usize = 1000;
/// Bytes of the changes of a page at most; one that is longer comes alone.
pub const MOST_BYTES: usize = 512 << 10;
/// Lines of the log that are looked at for a page, so that a reader of little costs no more than one of everything.
const LOOKED_AT: usize = 20_000;

/// 变更页: what follows in the log, oldest first. A publication that does not fit goes on in the next page.
#[derive(Serialize, ToSchema)]
pub struct ChangePage {
    /// 变更
    #[schema(value_type = Vec<ChangeDocument>)]
    pub items: Vec<Box<RawValue>>,
    /// 续读位置: `since` of the next page; it also passes what filters left out.
    #[schema(example = 346, minimum = 0)]
    pub next: Seq,
    /// 批次到此为止: whether `next` is the end of a publication. Otherwise it goes on in the next page: gather its changes, and
    /// apply them together.
    #[schema(example = true)]
    pub ends_publication: bool,
    /// 日志末尾序号: the last change that is public here; more is there at once while `next` is less.
    #[schema(example = 378, minimum = 0)]
    pub seq: Seq,
}

/// A request for changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FeedRequest {
    /// Changes of a page at most.
    pub limit: usize,
    /// Whether with bodies and salts, or only references.
    pub with_bodies: bool,
    /// The changes that it is about.
    pub interest: Interest,
}

/// A page that is written.
#[derive(Clone)]
pub struct FeedPage {
    /// [`ChangePage`].
    pub written: Written,
    /// The `since` of the next page.
    pub next: Seq,
    /// Whether there is no reason to send it: nothing of interest is in it, and no publication that the reader has a part of.
    pub is_empty: bool,
}

impl FeedPage {
    /// The page of what follows line `since`.
    pub fn write(snapshot: &Snapshot, asked: &FeedRequest, since: Seq) -> Result<Self, DbError> {
        let page = ChangePage::read(snapshot, asked, since, MOST_BYTES)?;
        let is_empty = page.items.is_empty() && snapshot.is_publication(since);
        let written = Written::text(snapshot, JSON, serde_json::to_vec(&page)?);
        Ok(Self { written, next: page.next, is_empty })
    }

    /// Bytes that it may come to hold.
    pub fn weight(&self) -> u64 {
        self.written.weight()
    }
}

impl ChangePage {
    /// The page of what follows line `since`, whose changes take no more bytes than `room`, but for one that is longer.
    pub fn read(snapshot: &Snapshot, asked: &FeedRequest, since: Seq, room: usize) -> Result<Self, DbError> {
        let (mut items, mut bytes, mut next) = (Vec::new(), 0, since);
        for seq in (since + 1..=snapshot.seq()).take(LOOKED_AT) {
            if asked.interest.includes(snapshot, seq)? {
                if items.len() == asked.limit {
                    break;
                }
                if let Some(document) = snapshot.document(seq, asked.with_bodies)? {
                    let line = to_raw_value(&document)?;
                    bytes += line.get().len() + 1;
                    if bytes > room && !items.is_empty() {
                        break;
                    }
                    items.push(line);
                }
            }
            next = seq;
        }
        Ok(Self { items, next, ends_publication: snapshot.is_publication(next), seq: snapshot.seq() })
    }
}
