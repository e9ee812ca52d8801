//! The endpoints of records and of the register as a whole.

use super::{describe, describe_register, http, reference, schemas, service};
use crate::{
    model::kinds::Kind,
    web::{
        contract::{Operation, Schemas},
        endpoint::{Endpoint, EndpointOf, operations, operations_of_each},
    },
};

/// The tags of these operations, with what they hold.
pub const TAGS: [(&str, &str); 8] = [
    ("items", "事项：权力清单、责任清单、公共服务事项清单 · Items of the three lists"),
    ("organisations", "机构 · Organisations"),
    ("places", "办事场所 · Places"),
    ("fees", "收费目录清单 · The fee list"),
    ("legal-instruments", "法律法规文件 · Legal instruments"),
    ("intermediaries", "中介机构 · Intermediaries"),
    ("clean-ups", "清理结果 · Clean-up rounds"),
    ("register", "登记簿：概况、代码表、行政区划、模式 · The register as a whole"),
];

/// The endpoints of each kind of record. They are mounted before all others: most requests are for one record. The list, which stands
/// before it, has no parameters in its path: passing it over is one comparison of texts.
pub const OF_KINDS: &[EndpointOf<Kind>] = &[
    EndpointOf::get("/v1/*", &http::get_list).promises(&[describe::list]),
    EndpointOf::get("/v1/*/{key}", &http::get_record).promises(&[describe::record]),
    EndpointOf::get("/v1/*/{key}/revisions", &http::get_revisions).promises(&[describe::revisions]),
    EndpointOf::get("/v1/*/{key}/revisions/{n}", &http::get_revision).promises(&[describe::revision]),
    EndpointOf::get("/v1/*/{key}/compare", &http::get_comparison).promises(&[describe::comparison]),
];

/// The endpoints of the register as a whole.
pub const OF_REGISTER: &[Endpoint] = &[
    Endpoint::get("/v1", &service::get_service).promises(&[describe_register::service]),
    Endpoint::get("/v1/code-lists", &reference::get_code_lists).promises(&[describe_register::code_lists]),
    Endpoint::get("/v1/code-lists/{name}", &reference::get_code_list).promises(&[describe_register::code_list]),
    Endpoint::get("/v1/divisions", &reference::get_divisions).promises(&[describe_register::divisions]),
    Endpoint::get("/v1/divisions/{code}", &reference::get_division).promises(&[describe_register::division]),
    Endpoint::get("/v1/schemas/{file}", &reference::get_schema).promises(&[describe_register::json_schema]),
];

/// Describes the endpoints of each kind for OpenAPI.
pub fn describe_of_kinds(kinds: &[&'static Kind], schemas: &mut Schemas) -> Vec<Operation> {
    schemas::add_of_records(kinds, schemas);
    operations_of_each(kinds.iter().copied(), OF_KINDS).collect()
}

/// Describes the endpoints of the register for OpenAPI.
pub fn describe_of_register(schemas: &mut Schemas) -> Vec<Operation> {
    schemas::add_of_register(schemas);
    operations(OF_REGISTER).collect()
}
