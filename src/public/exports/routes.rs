//! The endpoints of exports, and what describes the register to harvesters.

use actix_web::web::ServiceConfig;

use super::{
    catalogue,
    http::{self, STANDARDS, path},
    sitemap,
};
use crate::{
    model::{items, kinds::Kind},
    web::routes::reads,
};

/// Adds them.
pub fn configure(config: &mut ServiceConfig, kinds: &[&'static Kind]) {
    for (path, name, format) in STANDARDS.iter().copied() {
        config.service(reads(path, move |request, catalog| async move {
            http::answer_with(&items::KIND, &request, &catalog, (name, format.name), Some(format)).await
        }));
    }
    for kind in kinds.iter().copied() {
        config.service(reads(
            path(kind),
            move |request, catalog| async move { http::get(kind, &request, &catalog).await },
        ));
    }
    config.service(reads(
        "/v1/catalog.jsonld",
        |request, catalog| async move { catalogue::get(&request, &catalog).await },
    ));
    config.service(reads("/sitemap.xml", |request, catalog| async move { sitemap::whole(&request, &catalog).await }));
    config.service(reads("/sitemaps/{file}", |request, catalog| async move { sitemap::one(&request, &catalog).await }));
    config.service(reads("/robots.txt", |request, catalog| async move { sitemap::robots(&request, &catalog) }));
}
