//! Pages for people.

mod layout;
mod docs;
mod problems;
mod start;
mod check;
mod address;
mod wording;
mod tariff;
mod qr;
mod guide;
mod poster;
mod sheets;

use actix_web::web::ServiceConfig;

use crate::{
    contract::{Operation, Schemas},
    reading::http::reads,
};

pub use address::PublicAddress;
pub use sheets::ENDPOINTS;

/// Adds the pages.
pub fn configure(config: &mut ServiceConfig) {
    config.service(reads("/", |request, catalog| async move { start::get(&request, &catalog).await }));
    config.service(reads("/v1/items/{key}/check", |request, catalog| async move { check::get(&request, &catalog) }));
    config.service(reads("/v1/items/{key}/guide", |request, catalog| async move { sheets::guide(&request, &catalog) }));
    config
        .service(reads("/v1/items/{key}/poster", |request, catalog| async move { sheets::poster(&request, &catalog) }));
    config.service(reads("/v1/items/{key}/qr.svg", |request, catalog| async move { sheets::code(&request, &catalog) }));
    config.service(reads("/docs", |_, _| async { Ok(docs::moved()) }));
    config.service(reads("/docs/{file:.*}", |request, catalog| async move { docs::get(&request, &catalog) }));
    config.service(reads("/problems", |request, catalog| async move { problems::list(&request, &catalog) }));
    config.service(reads("/problems/{code}", |request, catalog| async move { problems::one(&request, &catalog) }));
}

/// What the endpoints below `/v1` that have pages promise.
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    let mut operations = sheets::describe();
    operations.extend(check::describe(schemas));
    operations
}
