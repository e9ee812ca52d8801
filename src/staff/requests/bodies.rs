//! The room for the bodies of all requests. A request that finds none is told to come again: otherwise as many large bodies as somebody
//! likes would be in memory at once.

use std::sync::Arc;

use actix_web::web::{Bytes, Payload};
use futures_util::{Stream, StreamExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    base::blocking,
    problem::{Code, Problem},
};

/// Bytes of a unit of the room.
const UNIT: usize = 1 << 10;
/// Bytes of a request that are not counted: there is always room for the ordinary ones.
const FREE: usize = 128 << 10;
/// Bytes of a body from which on it is moved on threads that may block.
const MOVED_ELSEWHERE: usize = 256 << 10;
/// Bytes that an object of JSON takes in memory at most beside its members, and a member or element beside its text, until it
/// is read by its schema: measured with texts of 1 MB that are nothing else.
const OBJECT: usize = 896;
const ELEMENT: usize = 256;

/// The part of a body by which the memory for it grows, where it does not fit any more.
const GROWTH: usize = 4;

/// A body that is to come.
#[derive(Clone, Copy, Debug)]
pub struct Coming {
    /// Bytes at most.
    pub limit: usize,
    /// Bytes as the client says, where it does.
    pub said: Option<usize>,
    /// How many times its bytes are held while it is read: a form is copied out of what was sent.
    pub times: usize,
}

/// The room for what clients send.
pub struct Bodies {
    room: Arc<Semaphore>,
    whole: u32,
}

/// A request's part of the room, until it and all that it set going are done.
#[derive(Default)]
pub struct Share(Option<OwnedSemaphorePermit>);

impl Bodies {
    /// Room for so many bytes.
    pub fn new(bytes: u32) -> Self {
        let whole = bytes >> UNIT.ilog2();
        Self { room: Arc::new(Semaphore::new(usize::try_from(whole).unwrap_or(Semaphore::MAX_PERMITS))), whole }
    }

    /// The bytes that are held now.
    pub fn held(&self) -> u64 {
        let free = u32::try_from(self.room.available_permits()).unwrap_or(u32::MAX);
        u64::from(self.whole.saturating_sub(free)) << UNIT.ilog2()
    }

    /// Lets a request have room for so many bytes together; 503 when there is none. What is larger than the whole room has it alone.
    pub fn hold(&self, share: &mut Share, bytes: usize) -> Result<(), Problem> {
        let units = self.units(bytes);
        let held = share.0.as_ref().map_or(0, |permit| u32::try_from(permit.num_permits()).unwrap_or(u32::MAX));
        let lacking = units.saturating_sub(held);
        if lacking == 0 {
            return Ok(());
        }
        let more = self.room.clone().try_acquire_many_owned(lacking).map_err(|_| full())?;
        match &mut share.0 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Reads a body as it arrives. One for which there is no room is refused before any of it is read; but who only says that it is
    /// long, and sends nothing, takes none.
    pub async fn read(&self, share: &mut Share, payload: Payload, coming: Coming) -> Result<Bytes, Problem> {
        self.read_from(share, payload, coming).await
    }

    async fn read_from<E: std::fmt::Display>(
        &self,
        share: &mut Share,
        mut payload: impl Stream<Item = Result<Bytes, E>> + Unpin,
        Coming { limit, said, times }: Coming,
    ) -> Result<Bytes, Problem> {
        let needed = self.units(said.unwrap_or(0).saturating_mul(times));
        if self.room.available_permits() < usize::try_from(needed).unwrap_or(usize::MAX) {
            return Err(full());
        }
        let most = said.unwrap_or(limit).min(limit);
        let mut body: Vec<u8> = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                Problem::with_detail(
                    Code::UnreadableBody,
                    "请求内容没有完整到达。",
                    format!("The body did not arrive whole: {error}"),
                )
            })?;
            let length = body.len() + chunk.len();
            if length > limit {
                return Err(too_large(limit));
            }
            if length > body.capacity() {
                // By itself a vector would take twice as much: what is taken is what is counted.
                let capacity = length.max((length + length / GROWTH).min(most));
                self.hold(share, capacity.saturating_mul(times))?;
                body = with_room(body, capacity).await?;
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    fn units(&self, bytes: usize) -> u32 {
        let units = bytes.saturating_sub(FREE).div_ceil(UNIT);
        u32::try_from(units).unwrap_or(u32::MAX).min(self.whole)
    }
}

/// Makes room for so many bytes in all. A long body is moved for that, which takes longer than a thread that answers may work.
async fn with_room(mut body: Vec<u8>, capacity: usize) -> Result<Vec<u8>, Problem> {
    let is_long = body.len() >= MOVED_ELSEWHERE;
    let grow = move || {
        body.reserve_exact(capacity - body.len());
        body
    };
    if is_long { blocking::run_at_once(grow).await } else { Ok(grow()) }
}

/// 413 for a body of more than so many bytes.
pub fn too_large(limit: usize) -> Problem {
    Problem::with_detail(
        Code::BodyTooLarge,
        format!("请求内容不得超过 {limit} 字节。"),
        format!("A body has at most {limit} bytes here."),
    )
}

fn full() -> Problem {
    Problem::with_detail(
        Code::Unavailable,
        "正在处理的请求内容已占满内存份额，请稍后重试。",
        "The room for the bodies of requests is full; try again later.",
    )
}

/// Returns the bytes that a text of JSON takes in memory at most, with all of its values.
pub fn weight_of_json(text: &[u8]) -> usize {
    let objects = memchr::memchr_iter(b'{', text).count();
    let elements = memchr::memchr2_iter(b',', b'[', text).count();
    2 * text.len() + objects * OBJECT + elements * ELEMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_full(held: Result<(), Problem>) -> bool {
        held.is_err_and(|problem| problem.code == Code::Unavailable)
    }

    #[test]
    fn the_room_is_never_exceeded_and_free_again_when_the_last_who_has_it_is_done() {
        let bodies = Bodies::new(1 << 20);
        let (mut one, mut other, mut small) = (Share::default(), Share::default(), Share::default());
        bodies.hold(&mut one, 600 << 10).expect("there is room");
        bodies.hold(&mut one, 1000 << 10).expect("there is room for more");
        assert!(is_full(bodies.hold(&mut other, 400 << 10)));
        bodies.hold(&mut other, 200 << 10).expect("some is left");
        bodies.hold(&mut small, FREE).expect("always");

        let one = Arc::new(one);
        let work = one.clone();
        drop(one);
        assert!(is_full(bodies.hold(&mut other, 400 << 10)), "the work goes on");
        drop(work);
        bodies.hold(&mut other, 400 << 10).expect("there is room again");
    }

    fn pieces(count: usize) -> impl Stream<Item = Result<Bytes, std::fmt::Error>> + Unpin {
        futures_util::stream::iter((0..count).map(|_| Ok(Bytes::from_static(&[b'a'; 10 << 10]))))
    }

    #[actix_web::test]
    async fn a_body_takes_the_room_that_its_memory_takes_and_its_copies_with_it() {
        let (bodies, coming) = (Bodies::new(1 << 20), Coming { limit: 1 << 20, said: None, times: 2 });
        let mut share = Share::default();

        let body = bodies.read_from(&mut share, pieces(30), coming).await.expect("there is room");

        assert_eq!(body.len(), 300 << 10);
        let held = usize::try_from(bodies.held()).expect("it fits") + FREE;
        assert!((600 << 10..=750 << 10).contains(&held), "{held}");
        drop(share);
        assert_eq!(bodies.held(), 0);
        let mut other = Share::default();
        bodies.hold(&mut other, 400 << 10).expect("there is room");
        let held = bodies.held();
        let refused = bodies.read_from(&mut Share::default(), pieces(60), coming).await;
        assert!(is_full(refused.map(drop)), "1,200 kB of 1,024, of which somebody else has some");
        assert_eq!(bodies.held(), held);
    }

    #[actix_web::test]
    async fn a_body_for_which_there_is_no_room_is_refused_before_any_of_it_is_read() {
        let bodies = Bodies::new(1 << 20);
        let mut other = Share::default();
        bodies.hold(&mut other, 600 << 10).expect("there is room");
        let coming = |said| Coming { limit: 1 << 20, said: Some(said), times: 1 };
        let never = || futures_util::stream::pending::<Result<Bytes, std::fmt::Error>>();

        let refused = bodies.read_from(&mut Share::default(), never(), coming(900 << 10)).await;

        assert!(is_full(refused.map(drop)));
        let mut share = Share::default();
        let read = bodies.read_from(&mut share, pieces(30), coming(300 << 10)).await.expect("there is room");
        assert_eq!((read.len(), bodies.held()), (300 << 10, (600 - 128 + 300 - 128) << 10), "no more than is said");
    }

    #[test]
    fn what_is_larger_than_the_room_has_it_alone() {
        let bodies = Bodies::new(1 << 20);
        let (mut one, mut other) = (Share::default(), Share::default());
        bodies.hold(&mut one, 1 << 30).expect("nobody else is there");
        assert!(is_full(bodies.hold(&mut other, FREE + 1)));
        drop(one);
        bodies.hold(&mut other, 1 << 30).expect("nobody else is there");
    }

    #[test]
    fn a_text_that_unfolds_weighs_what_it_unfolds_to() {
        let ordinary = r#"{"name":"甲乙丙丁","items":[{"code":"1","title":"戊"},{"code":"2","title":"己"}]}"#;
        assert!(weight_of_json(ordinary.repeat(20).as_bytes()) < FREE, "a text as they are sent takes no room");
        let unfolds = format!("[{}]", [r#"{"":0}"#; 10_000].join(","));
        assert!(weight_of_json(unfolds.as_bytes()) > 90 * unfolds.len());
    }
}
