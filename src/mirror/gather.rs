//! Whole publications, from the pages of a source, which may end inside one.

use std::time::Duration;

use super::{
    pace::Pace,
    source::{Source, SourcePage, SourceTrouble},
};
use crate::register::changes::Seq;

/// Bytes at most that are held of lines whose publication has not come whole. The largest is the first of a register that was loaded by
/// `qingdan import --publish`: 60 MB of 10,000 items.
const MOST: usize = 256 << 20;
/// How often a page inside a publication is asked for, about a minute in all, before what came of it is given up.
const ATTEMPTS: usize = 8;

/// Asks for the publications after line `since`, as [`Source::page`] does, and for the last one to its end. Nothing is stored of
/// what is gathered: it is given up with whoever waits for it.
pub async fn page(source: &Source, since: Seq, taken: Seq, wait: Duration) -> Result<SourcePage, SourceTrouble> {
    let mut page = source.page(since, taken, wait).await?;
    while let Some(last) = page.lines.last().filter(|last| last.seq < last.publication) {
        let from = last.seq;
        let more = rest(source, from, taken.max(from)).await?;
        if more.lines.first().is_none_or(|line| line.seq != from + 1) {
            // It does not go on. Whoever checks the lines says so: their publication has no end.
            break;
        }
        page.lines.extend(more.lines);
        (page.head, page.bytes) = (more.head, page.bytes + more.bytes);
        if page.bytes > MOST {
            return Err(SourceTrouble::Unreachable(format!(
                "the publication of its line {from} is larger than {MOST} bytes"
            )));
        }
    }
    Ok(page)
}

/// Asks again where it fails, and later each time: a source may have had enough of us for a moment.
async fn rest(source: &Source, from: Seq, taken: Seq) -> Result<SourcePage, SourceTrouble> {
    let mut pace = Pace::default();
    for _ in 1..ATTEMPTS {
        match source.page(from, taken, Duration::ZERO).await {
            Err(trouble @ SourceTrouble::Unreachable(_)) => pace.after(&trouble).await,
            answer => return answer,
        }
    }
    source.page(from, taken, Duration::ZERO).await
}
