//! Pages for people.
//!
//! It may know all that the public reads. It must not know exports, and writes nothing that the API does not say, too.

pub mod layout;
mod fee_quote;
mod view;
mod text;
mod tariff;
mod differences;
mod components;
mod listing;
mod lists;
mod search;
mod directory;
mod organisations;
mod places;
mod instruments;
mod intermediaries;
mod history;
mod clean_ups;
mod fees;
mod changes;
mod booklet;
mod refusal;
mod docs;
mod problems;
mod start;
mod verify;
mod check;
mod qr;
pub mod guide;
mod structured;
mod poster;
pub mod sheets;
mod atom;

use actix_web::web::ServiceConfig;
use chrono::Utc;

pub use refusal::refuse;

use crate::web::{
    contract::{Operation, Schemas},
    routes::reads,
};

/// Adds the pages.
pub fn configure(config: &mut ServiceConfig) {
    config.service(reads("/", |request, catalog| async move { start::get(&request, &catalog).await }));
    config.service(reads(
        "/v1/items/{key}/check",
        |request, catalog| async move { check::get(&request, &catalog).await },
    ));
    config.service(reads("/v1/items/{key}/guide", |request, catalog| async move {
        sheets::guide(&request, &catalog).await
    }));
    config.service(reads("/v1/items/{key}/poster", |request, catalog| async move {
        sheets::poster(&request, &catalog).await
    }));
    config.service(reads("/v1/items/{key}/qr.svg", |request, catalog| async move {
        sheets::code(&request, &catalog).await
    }));
    config.service(reads("/v1/items/{key}/fee-quote", |request, catalog| async move {
        fee_quote::get(&request, &catalog, Utc::now()).await
    }));
    config.service(reads("/verify", |request, catalog| async move { verify::get(&request, &catalog) }));
    config.service(reads("/lists/{list}", |request, catalog| async move { lists::get(&request, &catalog).await }));
    config.service(reads("/search", |request, catalog| async move { search::get(&request, &catalog).await }));
    config.service(reads("/organisations", |request, catalog| async move {
        organisations::DIRECTORY.get(&request, &catalog).await
    }));
    config.service(reads("/organisations/{key}", |request, catalog| async move {
        organisations::get(&request, &catalog).await
    }));
    config.service(reads("/places", |request, catalog| async move { places::DIRECTORY.get(&request, &catalog).await }));
    config.service(reads("/places/{key}", |request, catalog| async move { places::get(&request, &catalog).await }));
    config.service(reads("/legal-instruments", |request, catalog| async move {
        instruments::DIRECTORY.get(&request, &catalog).await
    }));
    config.service(reads("/legal-instruments/{key}", |request, catalog| async move {
        instruments::get(&request, &catalog).await
    }));
    config.service(reads("/intermediaries", |request, catalog| async move {
        intermediaries::DIRECTORY.get(&request, &catalog).await
    }));
    config.service(reads("/intermediaries/{key}", |request, catalog| async move {
        intermediaries::get(&request, &catalog).await
    }));
    config.service(reads("/clean-ups", |request, catalog| async move {
        clean_ups::DIRECTORY.get(&request, &catalog).await
    }));
    config
        .service(reads("/clean-ups/{key}", |request, catalog| async move { clean_ups::get(&request, &catalog).await }));
    config.service(reads("/fees", |request, catalog| async move { fees::DIRECTORY.get(&request, &catalog).await }));
    config.service(reads("/fees/{key}", |request, catalog| async move { fees::get(&request, &catalog).await }));
    config.service(reads(history::HISTORY, |request, catalog| async move { history::get(&request, &catalog).await }));
    config
        .service(reads(history::COMPARE, |request, catalog| async move { history::compare(&request, &catalog).await }));
    config.service(reads("/v1/changes.atom", |request, catalog| async move { atom::get(&request, &catalog).await }));
    config.service(reads("/changes", |request, catalog| async move { changes::get(&request, &catalog).await }));
    config.service(reads("/organisations/{key}/booklet", |request, catalog| async move {
        booklet::get(&request, &catalog).await
    }));
    config.service(reads("/docs", |_, _| async { Ok(docs::moved()) }));
    config.service(reads("/docs/{file:.*}", |request, catalog| async move { docs::get(&request, &catalog).await }));
    config.service(reads("/problems", |request, catalog| async move { problems::list(&request, &catalog) }));
    config.service(reads("/problems/{code}", |request, catalog| async move { problems::one(&request, &catalog) }));
}

/// What the endpoints below `/v1` that have pages promise, but for those of [`sheets`].
pub fn describe(schemas: &mut Schemas) -> Vec<Operation> {
    let mut operations = check::describe(schemas);
    operations.push(atom::describe());
    operations
}
