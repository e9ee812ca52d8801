//! The edge: one middleware through which every request passes. It gives the request its id, finds the client behind it,
//! holds it to its limits, refuses what cannot be read, waits for the asked state of the register, writes problems in the
//! reader's language, adds the headers that all answers share, counts and logs.
//!
//! It may know what all requests share: limits, the catalog, the feed's seats. It must not know any endpoint's parameters
//! or answers.

mod ids;
mod access_log;
mod in_progress;
mod admission;
mod completion;
mod sent_body;

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Method, StatusCode, header},
    middleware::Next,
    web::Data,
};

use self::{
    admission::{admit, before},
    completion::{completed, settle, share_headers},
    in_progress::RequestInProgress,
    sent_body::watched,
};
use crate::{public::pages, staff::requests::RequestOrigin};

pub use in_progress::Edge;

/// Handles a request from its first header to the last byte of its answer.
pub async fn edge(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(edge) = request.app_data::<Data<Edge>>().cloned() else {
        log::error!("the server was started without its edge");
        return Ok(request.into_response(HttpResponse::InternalServerError()));
    };
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let mut in_progress = RequestInProgress::of(&request, &edge);
    note_origin(&request, &in_progress);
    let mut admission = admit(&request, &edge, &mut in_progress);
    let response = match before(&request, &edge, admission.as_ref(), in_progress.line.client).await {
        Ok(()) => {
            // It may have waited for another state of the register.
            in_progress.erasures = edge.catalog.erasures();
            in_progress.turn.clone().scope(next.call(request)).await?.map_into_boxed_body()
        }
        Err(problem) => {
            let answer = pages::refuse(request.request(), &problem);
            request.into_response(answer)
        }
    };
    let mut response = completed(response, &mut in_progress).await;
    if let Some(admission) = &mut admission {
        settle(admission, &mut response);
    }
    if response.status() == StatusCode::TOO_MANY_REQUESTS && in_progress.line.client == peer {
        // Not a proxy's connection, over which others ask, too.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    share_headers(&mut response, &in_progress, &edge);
    in_progress.finish(&response);
    Ok(watched(response, in_progress))
}

/// Notes for the staff part who sends a request that it may have to write into the trail.
fn note_origin(request: &ServiceRequest, in_progress: &RequestInProgress) {
    let with_token = request.headers().contains_key(header::AUTHORIZATION);
    if with_token || !matches!(*request.method(), Method::GET | Method::HEAD) {
        let id = in_progress.line.id.to_str().unwrap_or_default().to_owned();
        request.extensions_mut().insert(RequestOrigin { id, address: in_progress.line.client });
    }
}
