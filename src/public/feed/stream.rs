//! The feed as server-sent events (WHATWG HTML §9.2): each event is a page, and its id the `next` to go on from.
//!
//! The body is only asked for more when the socket takes more, and a page is only written then. So a slow reader holds one
//! page, which it shares with all others, and is sent away when it takes too long over a piece of it; it comes back with
//! the id of the last event that it has whole.

use std::{sync::Arc, time::Duration};

use actix_web::web::{Bytes, Data};
use futures_util::{Stream, stream};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::{
    page::{FeedPage, FeedRequest},
    shared::Feed,
};
use crate::{
    problem::Problem,
    register::{
        catalog::{Catalog, Snapshot},
        changes::Seq,
    },
    web::limits::{Meter, Seat, Work},
};

/// How often something is sent when nothing is published, so that neither proxies nor readers take the line for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a reader may take over a piece.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that are handed to the socket at a time.
const PIECE: usize = 16 << 10;
/// Opens a stream: readers see at once that it stands, and wait a little before they come back.
const OPENING: &[u8] = b": qingdan\nretry: 3000\n\n";
const STILL_THERE: &[u8] = b":\n\n";

/// Why a stream was cut.
#[derive(Debug, thiserror::Error)]
pub enum Cut {
    /// The reader is too slow.
    #[error("a reader of the stream took longer than {} s over {PIECE} bytes", PATIENCE.as_secs())]
    Slow,
    /// Something was erased, perhaps from what is on its way.
    #[error("a reader of the stream was sent away in the middle of an event: something was erased meanwhile")]
    Erased,
    /// The page could not be written; it is in the log.
    #[error("{0}")]
    Failed(Problem),
}

/// A reader that stays.
pub struct Reader {
    catalog: Data<Catalog>,
    feed: Data<Feed>,
    asked: FeedRequest,
    /// The `since` of its next page.
    since: Seq,
    /// Pieces that are still to be sent, the last one first.
    pieces: Vec<Bytes>,
    /// How many erasures they come after.
    erasures: i64,
    /// When it took the last piece.
    took: Instant,
    moved: watch::Receiver<Seq>,
    stopping: watch::Receiver<bool>,
    _seat: Option<Seat>,
    /// The budget that pays for the pages with which it catches up.
    meter: Option<Meter>,
    /// Whether the next page costs nothing: the first one, for which its request has paid, and news to who had everything.
    is_paid: bool,
}

impl Reader {
    /// A reader who goes on from `since`.
    pub fn new(catalog: Data<Catalog>, feed: Data<Feed>, asked: FeedRequest, since: Seq, seat: Option<Seat>) -> Self {
        let (moved, stopping) = (catalog.listen(), feed.stopping.listen());
        let (pieces, erasures) = (vec![Bytes::from_static(OPENING)], catalog.erasures());
        Self {
            catalog,
            feed,
            asked,
            since,
            pieces,
            erasures,
            took: Instant::now(),
            moved,
            stopping,
            _seat: seat,
            meter: None,
            is_paid: true,
        }
    }

    /// Lets its pages cost what they cost, one by one.
    pub fn paying(self, meter: Option<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// The body of the answer.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Cut>> {
        stream::unfold(Some(self), |reader| async {
            let mut reader = reader?;
            match reader.next().await {
                Ok(Some(piece)) => Some((Ok(piece), Some(reader))),
                Ok(None) => None,
                Err(cut) => {
                    log::info!("{cut}");
                    Some((Err(cut), None))
                }
            }
        })
    }

    /// The next piece; `None` when the process ends.
    async fn next(&mut self) -> Result<Option<Bytes>, Cut> {
        match self.pieces.pop() {
            Some(piece) => self.go_on(piece).map(Some),
            None => self.next_event().await,
        }
    }

    /// Goes on with an event, unless the reader took too long over the last piece, or something was erased: who comes back gets the
    /// event without it.
    fn go_on(&mut self, piece: Bytes) -> Result<Bytes, Cut> {
        let waited = self.took.elapsed();
        self.took = Instant::now();
        match self.catalog.erasures() == self.erasures {
            false => Err(Cut::Erased),
            true if waited > PATIENCE => Err(Cut::Slow),
            true => Ok(piece),
        }
    }

    /// Waits for something new and begins its event, or shows that the line stands.
    async fn next_event(&mut self) -> Result<Option<Bytes>, Cut> {
        let heartbeat = Instant::now() + HEARTBEAT;
        while !*self.stopping.borrow_and_update() {
            self.erasures = self.catalog.erasures();
            let (snapshot, since) = (self.catalog.snapshot(), self.since);
            if snapshot.seq() <= since {
                tokio::select! {
                    _ = self.moved.wait_for(|seq| *seq > since) => {}
                    _ = self.stopping.changed() => {}
                    () = sleep_until(heartbeat) => return Ok(Some(Bytes::from_static(STILL_THERE))),
                }
                continue;
            }
            if let Some(wait) = self.must_wait() {
                let until = heartbeat.min(Instant::now() + wait);
                tokio::select! {
                    _ = self.stopping.changed() => {}
                    () = sleep_until(until) => {}
                }
                if Instant::now() >= heartbeat {
                    return Ok(Some(Bytes::from_static(STILL_THERE)));
                }
                continue;
            }
            if let Some(piece) = self.begin_event(&snapshot).await? {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// Writes the next event and returns its first piece; `None` where something was erased meanwhile: nothing of it is on its way yet,
    /// and there is another without what was erased.
    async fn begin_event(&mut self, snapshot: &Arc<Snapshot>) -> Result<Option<Bytes>, Cut> {
        let since = self.since;
        let event = self.event(snapshot).await;
        if self.catalog.erasures() != self.erasures {
            self.since = since;
            return Ok(None);
        }
        self.pieces = event.map_err(Cut::Failed)?;
        self.is_paid = self.since == snapshot.seq();
        self.took = Instant::now();
        Ok(self.pieces.pop())
    }

    /// How long it is until the next page can be paid for; it is paid for where that is not to be waited for.
    fn must_wait(&mut self) -> Option<Duration> {
        if let (false, Some(meter)) = (self.is_paid, &self.meter)
            && let Err(wait) = meter.draw(Work::Feed, Instant::now().into_std())
        {
            return Some(wait);
        }
        self.is_paid = true;
        None
    }

    /// The event of the next page, in pieces, last first. Where filters left everything out it has an id and no data: it
    /// moves the reader on and is dispatched to nobody. What ends a publication that the reader has a part of has data.
    async fn event(&mut self, snapshot: &Arc<Snapshot>) -> Result<Vec<Bytes>, Problem> {
        let FeedPage { written, next, is_empty } =
            self.feed.page(&self.catalog, snapshot, &self.asked, self.since).await?;
        self.since = next;
        let mut pieces = Vec::new();
        if is_empty {
            pieces.push(Bytes::from(format!("id: {next}\n\n")));
        } else {
            let json = in_one_line(written.plain().clone());
            pieces.push(Bytes::from_static(b"\n\n"));
            let starts: Vec<_> = (0..json.len()).step_by(PIECE).collect();
            pieces.extend(starts.into_iter().rev().map(|at| json.slice(at..json.len().min(at + PIECE))));
            pieces.push(Bytes::from(format!("id: {next}\nevent: changes\ndata: ")));
        }
        Ok(pieces)
    }
}

/// Line ends in JSON stand between its parts only, where a space is as good; in an event they would end the data.
fn in_one_line(json: Bytes) -> Bytes {
    match memchr::memchr2(b'\n', b'\r', &json) {
        None => json,
        Some(_) => json.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;
    use crate::base::config::LimitSettings;

    fn reader() -> (Reader, Data<Feed>) {
        let feed = Data::new(Feed::new(&LimitSettings::default()));
        let asked = FeedRequest { limit: 100, with_bodies: true, interest: Default::default() };
        (Reader::new(Data::new(Catalog::new(&[])), feed.clone(), asked, 0, None), feed)
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_hears_every_fifteen_seconds_that_the_line_stands() {
        let mut stream = Box::pin(reader().0.into_stream());
        assert_eq!(stream.next().await.expect("it stands").expect("a piece"), OPENING);
        for _ in 0..3 {
            let began = Instant::now();
            assert_eq!(stream.next().await.expect("it stands").expect("a piece"), STILL_THERE);
            assert_eq!(began.elapsed().as_secs(), HEARTBEAT.as_secs());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_takes_too_long_over_a_piece_is_cut() {
        let mut stream = Box::pin(reader().0.into_stream());
        tokio::time::advance(PATIENCE + Duration::from_secs(1)).await;
        assert!(matches!(stream.next().await, Some(Err(Cut::Slow))));
        assert!(stream.next().await.is_none(), "and that is all");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_written_before_an_erasure_is_not_sent_after_it() {
        let mut reader = reader().0;
        reader.erasures -= 1;
        let mut stream = Box::pin(reader.into_stream());
        assert!(matches!(stream.next().await, Some(Err(Cut::Erased))));
        assert!(stream.next().await.is_none(), "and that is all");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_process_ends_the_stream() {
        let (reader, feed) = reader();
        let mut stream = Box::pin(reader.into_stream());
        let _ = stream.next().await;
        feed.stopping.begin();
        assert!(stream.next().await.is_none());
    }

    #[test]
    fn data_stays_in_one_line() {
        assert_eq!(in_one_line(Bytes::from_static(b"{\r\n\"a\":1}")), &b"{  \"a\":1}"[..]);
        assert_eq!(in_one_line(Bytes::from_static(b"{}")), &b"{}"[..]);
    }
}
