//! A body while it is sent: made in the turn of its client, and cut when something is erased meanwhile.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    dev::ServiceResponse,
    http::header,
    web::Bytes,
};

use super::in_progress::RequestInProgress;
use crate::{app::ops::addresses::without_secrets, base::turns::Turn, public::feed::EVENT_STREAM};

/// Wraps a body that is handed over piece by piece, so that nothing of it goes out that was erased meanwhile; and, where nobody
/// knows its length before, to notice that the client went away. Not a stream of events, which has no end of its own and sees to
/// this itself.
pub fn watched(response: ServiceResponse<BoxBody>, mut in_progress: RequestInProgress) -> ServiceResponse<BoxBody> {
    let size = response.response().body().size();
    if matches!(size, BodySize::None | BodySize::Sized(0)) {
        return response;
    }
    response.map_body(|head, body| match body.try_into_bytes() {
        Ok(whole) => whole.boxed(),
        Err(body) => {
            let body = InTurn { body, turn: in_progress.turn.clone() };
            if head.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENT_STREAM) {
                return body.boxed();
            }
            in_progress.is_over = size != BodySize::Stream;
            Watched { body, in_progress }.boxed()
        }
    })
}

/// A body that is made while it is sent: in the turn of who asked for it, like the rest of its answer.
struct InTurn {
    body: BoxBody,
    turn: Turn,
}

impl MessageBody for InTurn {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let turn = self.turn.clone();
        turn.within(|| Pin::new(&mut self.body).poll_next(context))
    }
}

/// A body that is handed over piece by piece, each when the client takes more.
struct Watched {
    body: InTurn,
    in_progress: RequestInProgress,
}

impl MessageBody for Watched {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let piece = Pin::new(&mut self.body).poll_next(context);
        if matches!(piece, Poll::Ready(Some(_))) && self.in_progress.is_outdated() {
            let path = without_secrets(&self.in_progress.line.address);
            log::warn!("an answer was cut, since something was erased while it was sent: {path}");
            return Poll::Ready(Some(Err(Erased.into())));
        }
        match &piece {
            Poll::Ready(Some(Ok(bytes))) => self.in_progress.sent += u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Poll::Ready(None) => self.in_progress.is_over = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        piece
    }
}

/// The reason for which an answer was cut.
#[derive(Debug, thiserror::Error)]
#[error("something was erased while it was sent")]
struct Erased;
