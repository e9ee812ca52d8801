//! Charts, guides and online handling that items have at the end of a year and did not have a year before.

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::items::Item,
    problem::Problem,
    register::{
        catalog::{Entry, Revision},
        changes::Seq,
    },
    values::code_lists::{OnlineDepth, Status},
    web::one::status_then,
};

/// 本年度新增: items in force or suspended at the end of the year that were neither at the end of the year before, or were
/// without it. Where the text of then was erased since, nobody can tell, and the item is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct NewlyFigures {
    /// 新增流程图
    #[schema(example = 3)]
    pub chart: u64,
    /// 新增办事指南: every item has one from the day on which it is published.
    #[schema(example = 3)]
    pub guide: u64,
    /// 新增网上办理: `online.depth` is `accept` 互联网受理 or deeper.
    #[schema(example = 2)]
    pub online: u64,
}

/// The help that an item offers.
#[derive(Clone, Copy, Default)]
struct Offer {
    chart: bool,
    guide: bool,
    online: bool,
}

impl Offer {
    fn of(item: &Item) -> Self {
        Self { chart: item.chart.is_some(), guide: true, online: item.online.depth >= OnlineDepth::Accept }
    }
}

impl NewlyFigures {
    /// Takes an item in force or suspended, of which the year began after change `before`.
    pub fn count(&mut self, entry: &Entry, item: &Item, before: Seq) -> Result<(), Problem> {
        let is_as_it_was = entry.current().is_none_or(|revision| revision.change.seq <= before);
        let Some(then) = (!is_as_it_was).then(|| offered(entry, before)).transpose()?.flatten() else { return Ok(()) };
        let now = Offer::of(item);
        self.chart += u64::from(now.chart && !then.chart);
        self.guide += u64::from(now.guide && !then.guide);
        self.online += u64::from(now.online && !then.online);
        Ok(())
    }
}

/// Reads the help that a record offered after change `seq`; `None` where its text of then was erased.
fn offered(entry: &Entry, seq: Seq) -> Result<Option<Offer>, Problem> {
    let revision = entry.revisions.iter().rfind(|revision| revision.change.seq <= seq);
    let was_listed = |revision: &Revision| match status_then(entry, revision.change.revision) {
        Status::InForce | Status::Suspended => true,
        Status::Cancelled | Status::Merged | Status::Erased => false,
    };
    let Some(revision) = revision.filter(|revision| was_listed(revision)) else { return Ok(Some(Offer::default())) };
    let Some(body) = revision.text()? else { return Ok(None) };
    Ok(Some(Offer::of(&serde_json::from_str(&body)?)))
}
