//! The staff part of a mirror: every endpoint says where the work is done. No account is known here, and no token read.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderValue},
    web::{self, Data, ServiceConfig},
};

use super::endpoint::{Endpoint, StaffPart};
use crate::{
    problem::{Code, Problem},
    register::upstream::Upstream,
    web::answer::RouteName,
};

/// Mounts the paths of these endpoints, in the order of [`configure`](super::configure).
pub fn configure(config: &mut ServiceConfig, endpoints: &[Endpoint]) {
    let paths: BTreeSet<&'static str> = endpoints.iter().map(|endpoint| endpoint.path).collect();
    for path in paths.into_iter().rev() {
        let resource = web::resource(path).app_data(RouteName(path)).app_data(StaffPart);
        config.service(resource.default_service(web::to(refuse)));
    }
}

/// 403, since no credentials would help (RFC 9110 §15.5.4), with the address there as `rel="edit"` (RFC 5023). Not a
/// redirect: it would send tokens and secrets on to another server.
async fn refuse(request: HttpRequest, upstream: Data<Upstream>) -> HttpResponse {
    let addresses: Vec<_> = upstream.sources().iter().map(|source| source.address()).collect();
    let named = addresses.join(" , ");
    let problem = Problem::with_detail(
        Code::MirrorReadOnly,
        format!("本站只重复 {named} 公布的内容，请到那里登录和办理。"),
        format!("What is published at {named} is repeated here; sign in and write there."),
    );
    let mut answer = HttpResponse::from_error(problem);
    let path = request.uri().path();
    for link in addresses.iter().filter_map(|address| HeaderValue::try_from(link(address, path)).ok()) {
        answer.headers_mut().append(header::LINK, link);
    }
    answer
}

fn link(address: &str, path: &str) -> String {
    format!("<{address}{path}>; rel=\"edit\"")
}
