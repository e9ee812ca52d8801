//! The endpoints that answer with pages, and some below `/v1` that are about pages.

use super::{
    atom, booklet, changes, check, clean_ups, developers,
    directory::{self, Directory},
    docs, fee_quote, fees, history, instruments, intermediaries, lists, organisations, owner, places, problems, search,
    sheets, start, verify,
};
use crate::{
    public::items::{self, FeeQuote, PrintedCheck},
    web::{
        contract::{Operation, Schemas},
        endpoint::{Endpoint, EndpointOf, operations},
    },
};

/// Pages that are printed of an item.
pub const SHEETS: &[Endpoint] = &[
    Endpoint::get("/v1/items/{key}/guide", &sheets::guide).promises(&[sheets::describe_guide]),
    Endpoint::get("/v1/items/{key}/poster", &sheets::poster).promises(&[sheets::describe_poster]),
    Endpoint::get("/v1/items/{key}/qr.svg", &sheets::code).promises(&[sheets::describe_code]),
];

/// The tables of the site.
pub static DIRECTORIES: &[Directory] = &[
    organisations::DIRECTORY,
    places::DIRECTORY,
    instruments::DIRECTORY,
    intermediaries::DIRECTORY,
    clean_ups::DIRECTORY,
    fees::DIRECTORY,
];

/// The pages of each of [`DIRECTORIES`]: the table, and that of each record.
pub const OF_DIRECTORIES: &[EndpointOf<Directory>] =
    &[EndpointOf::get("/*", &directory::get), EndpointOf::get("/*/{key}", &directory::get_record)];

/// All other pages.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("/", &start::get),
    Endpoint::get("/developers", &developers::get),
    Endpoint::get("/v1/items/{key}/check", &check::get).promises(&[check::describe]),
    Endpoint::get("/v1/changes.atom", &atom::get).promises(&[atom::describe]),
    Endpoint::get("/v1/items/{key}/fee-quote", &fee_quote::get).promises(&[items::describe::fee_quote]),
    Endpoint::get("/logo.svg", &owner::get_logo),
    Endpoint::get("/verify", &verify::get),
    Endpoint::get("/lists/{list}", &lists::get),
    Endpoint::get("/search", &search::get),
    Endpoint::get("/items/{key}", &sheets::moved),
    Endpoint::get(history::HISTORY, &history::get),
    Endpoint::get(history::COMPARE, &history::compare),
    Endpoint::get("/changes", &changes::get),
    Endpoint::get("/organisations/{key}/booklet", &booklet::get),
    Endpoint::get("/docs", &docs::moved),
    Endpoint::get("/docs/{file:.*}", &docs::get),
    Endpoint::get("/problems", &problems::list),
    Endpoint::get("/problems/{code}", &problems::one),
];

/// Describes the endpoints below `/v1`, but for [`SHEETS`], for OpenAPI.
pub fn describe_all(schemas: &mut Schemas) -> Vec<Operation> {
    schemas.add::<PrintedCheck>();
    schemas.add::<FeeQuote>();
    operations(ENDPOINTS).collect()
}
