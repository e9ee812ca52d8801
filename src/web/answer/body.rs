//! Bodies of answers: sent in pieces, and compressed when they are first asked for.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody, SizedStream},
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::Bytes,
};
use futures_util::{Stream, future::ready, stream::unfold};

use super::head::Head;
use crate::{
    base::blocking::{self, Length},
    problem::Problem,
    register::catalog::{Encoding, Twins},
};

/// Bodies longer than this are compressed where work may take its time, and handed to the connection in pieces.
pub const LONG: usize = 64 << 10;
/// Bodies longer than this take long to compress.
pub const LONGER: usize = 256 << 10;
/// Bytes that are handed to the connection at a time. It copies them: they are all that a slow reader has of its own.
pub const PIECE: usize = 16 << 10;

/// An answer that is sent as it is unless [`compressed`] makes it the wanted one first.
struct Uncompressed {
    twins: Arc<Twins>,
    wanted: Encoding,
    tag: HeaderValue,
}

/// An answer in the encoding that is wanted, or as it is where that fails. One that is long, and that nobody asked for in this
/// encoding lately, is left to [`compressed`].
pub fn encoded<'a>(
    (media_type, twins): (&'static str, &Arc<Twins>),
    wanted: Encoding,
    tag: impl Fn(Encoding) -> HeaderValue,
    head: impl FnOnce(HeaderValue) -> Head<'a>,
) -> HttpResponse {
    let (encoding, bytes) = match twins.at_hand(wanted) {
        Some(bytes) => (wanted, bytes),
        None if twins.plain().len() > LONG => (Encoding::Identity, twins.plain().clone()),
        None => twins.bytes(wanted),
    };
    let is_left = encoding != wanted && bytes.len() > LONG;
    let mut answer = head(tag(encoding)).respond(StatusCode::OK, Some((media_type, encoding)), body(bytes));
    if is_left {
        answer.extensions_mut().insert(Uncompressed { twins: twins.clone(), wanted, tag: tag(wanted) });
    }
    answer
}

/// Whether an answer was left to [`compressed`].
pub fn is_uncompressed(answer: &HttpResponse) -> bool {
    answer.extensions().contains::<Uncompressed>()
}

/// Compresses an answer that was left to be, where work may take its time, for all who ask for the same. It is not promised to the
/// client before: an answer whose head has been sent could only be cut.
///
/// Errors: 503 when there is no place for it in time.
pub async fn compressed(mut answer: HttpResponse) -> Result<HttpResponse, Problem> {
    let left = answer.extensions_mut().remove::<Uncompressed>();
    let Some(Uncompressed { twins, wanted, tag }) = left else { return Ok(answer) };
    let length = if twins.plain().len() > LONGER { Length::Long } else { Length::Short };
    let (encoding, bytes) = blocking::run_as(length, move || twins.bytes(wanted)).await?;
    if encoding != wanted {
        return Ok(answer);
    }
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(wanted.token()));
    headers.insert(header::ETAG, tag);
    Ok(answer.set_body(body(bytes)))
}

/// A body of bytes that are shared: the connection copies no more of a long one than it can send.
pub fn body(bytes: Bytes) -> BoxBody {
    match bytes.len() > LONG {
        true => SizedStream::new(bytes.len() as u64, Box::pin(pieces(bytes))).boxed(),
        false => bytes.boxed(),
    }
}

/// Streams the bytes piece by piece.
fn pieces(bytes: Bytes) -> impl Stream<Item = Result<Bytes, Problem>> {
    unfold(bytes, |mut rest| {
        let piece = rest.split_to(rest.len().min(PIECE));
        ready((!piece.is_empty()).then_some((Ok(piece), rest)))
    })
}
