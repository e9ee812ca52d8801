//! Answers that are made for one request and kept nowhere: compressed like those that are, and with the tag that they have.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    http::header::{self, HeaderValue},
    web::Bytes,
};

use super::{
    body::{LONG, LONGER},
    negotiation::{JSON, wanted_encoding},
    written::WORTH_COMPRESSING,
};
use crate::{
    base::blocking::{self, Length},
    register::catalog::Encoding,
};

const BY_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");
/// How long an answer waits for being made shorter. What it tells of was done already, so it is sent as it is after that.
const PATIENCE: Duration = Duration::from_secs(1);

/// The answer in the encoding that the client likes best, where it is JSON and worth it. Its tag names what it tells of and not its bytes,
/// and stays: no cache keeps the answer, and nobody asks for a part of it. A proxy leaves alone what is compressed already.
pub async fn unkept(request: &HttpRequest, mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().append(header::VARY, BY_ENCODING);
    let wanted = if is_compressible(&answer) { wanted_encoding(request) } else { Encoding::Identity };
    if wanted == Encoding::Identity {
        return answer;
    }
    let (mut answer, body) = answer.into_parts();
    let plain = match body.try_into_bytes() {
        Ok(plain) => plain,
        Err(body) => return answer.set_body(body),
    };
    let Some(encoded) = encoded(wanted, &plain).await else { return answer.set_body(plain.boxed()) };
    answer.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(wanted.token()));
    answer.set_body(encoded.boxed())
}

fn is_compressible(answer: &HttpResponse) -> bool {
    let is_json = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == JSON.as_bytes());
    let length = match answer.body().size() {
        BodySize::Sized(length) => usize::try_from(length).unwrap_or(usize::MAX),
        BodySize::None | BodySize::Stream => 0,
    };
    is_json && length >= WORTH_COMPRESSING && !answer.headers().contains_key(header::CONTENT_ENCODING)
}

/// The bytes in this encoding; `None` where that fails, or there is no place for the work in time.
async fn encoded(wanted: Encoding, plain: &Bytes) -> Option<Bytes> {
    if plain.len() <= LONG {
        return wanted.encode(plain);
    }
    let length = if plain.len() > LONGER { Length::Long } else { Length::Short };
    let bytes = plain.clone();
    let work = blocking::run_as(length, move || wanted.encode(&bytes));
    tokio::time::timeout(PATIENCE, work).await.ok()?.ok()?
}

#[cfg(test)]
mod tests {
    use actix_web::{body::to_bytes, test::TestRequest};

    use super::*;

    #[actix_web::test]
    async fn json_is_compressed_as_asked_for_and_keeps_its_tag() {
        for length in [WORTH_COMPRESSING, LONG + 1, LONGER + 1] {
            let plain = Bytes::from("低".repeat(length));
            for encoding in Encoding::ALL {
                let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, encoding.token()));
                let answer =
                    HttpResponse::Ok().insert_header((header::ETAG, "\"7\"")).content_type(JSON).body(plain.clone());
                let answer = unkept(&request.to_http_request(), answer).await;
                assert_eq!(answer.headers().get(header::ETAG), Some(&HeaderValue::from_static("\"7\"")));
                assert_eq!(answer.headers().get(header::VARY), Some(&BY_ENCODING));
                let told = answer.headers().get(header::CONTENT_ENCODING).map(|told| told.as_bytes().to_vec());
                let bytes = to_bytes(answer.into_body()).await.expect("it is at hand");
                // Where the machine is busy a long one may go as it is.
                match told {
                    Some(told) => {
                        assert_eq!(told, encoding.token().as_bytes());
                        assert_eq!(Some(bytes), encoding.encode(&plain));
                    }
                    None => assert!(encoding == Encoding::Identity || length > LONG),
                }
            }
        }
    }

    #[actix_web::test]
    async fn what_is_short_or_no_json_or_has_no_body_stays_as_it_is() {
        let request = TestRequest::default().insert_header((header::ACCEPT_ENCODING, "gzip")).to_http_request();
        let long = || "a".repeat(2 * WORTH_COMPRESSING);
        let answers = [
            HttpResponse::Ok().content_type(JSON).body("{}"),
            HttpResponse::Ok().content_type("image/png").body(long()),
            HttpResponse::Ok().content_type(JSON).insert_header((header::CONTENT_ENCODING, "br")).body(long()),
            HttpResponse::NoContent().finish(),
        ];
        for answer in answers {
            let (size, encoding) = (answer.body().size(), answer.headers().get(header::CONTENT_ENCODING).cloned());
            let answer = unkept(&request, answer).await;
            assert_eq!(answer.body().size(), size);
            assert_eq!(answer.headers().get(header::CONTENT_ENCODING).cloned(), encoding);
        }
    }
}
