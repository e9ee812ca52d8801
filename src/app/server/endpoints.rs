//! Every endpoint: its route, its row in the table of the staff part, and the OpenAPI document that promises all of them.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, ServiceConfig},
};
use serde_json::Value;

use crate::{
    app::{
        ops::{health, security_txt},
        previews::{self, guides},
    },
    base::blocking,
    model::KINDS,
    problem::{Code, Problem},
    public::{clean_up_results, exports, feed, items, pages, proofs, reading, summary},
    register::catalog::Catalog,
    staff::{
        accounts, audit_endpoints, drafts, files, imports, quality,
        requests::{self, Endpoint},
        webhooks,
    },
    web::{
        answer::{self, Version, Written},
        contract::{self, Operation, Schemas},
        endpoint::{self, Endpoint as PublicEndpoint, configure_each},
        rendered,
        routes::no_parameters,
    },
};

/// Adds every route, the hot ones first; a mirror refuses all of the staff part.
pub fn routes(config: &mut ServiceConfig, endpoints: &[Endpoint], is_mirror: bool) {
    configure_each(config, KINDS, reading::OF_KINDS);
    endpoint::configure(config, items::CHART);
    configure_each(config, items::chart_format::files(), items::FILES);
    for endpoints in [items::COMPARISON, clean_up_results::ENDPOINTS, feed::ENDPOINTS, proofs::ENDPOINTS] {
        endpoint::configure(config, endpoints);
    }
    configure_each(config, KINDS, proofs::OF_KINDS);
    for endpoints in [reading::OF_REGISTER, summary::ENDPOINTS, health::ENDPOINTS, security_txt::ENDPOINTS] {
        endpoint::configure(config, endpoints);
    }
    endpoint::configure(config, pages::SHEETS);
    configure_each(config, pages::DIRECTORIES, pages::OF_DIRECTORIES);
    endpoint::configure(config, pages::ENDPOINTS);
    configure_each(config, exports::STANDARDS, exports::OF_STANDARDS);
    configure_each(config, KINDS, exports::OF_KINDS);
    endpoint::configure(config, exports::ENDPOINTS);
    endpoint::configure(config, &[PublicEndpoint::get("/openapi.json", &get_openapi)]);
    files::http::configure(config, drafts::may_read_file);
    config.default_service(web::to(not_found));
    if is_mirror {
        return requests::configure_mirror_refusal(config, endpoints);
    }
    accounts::configure(config);
    requests::configure(config, endpoints);
}

/// Every endpoint of the staff part.
pub fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = accounts::endpoints();
    for more in [
        drafts::http::ENDPOINTS,
        drafts::bulk_endpoints::ENDPOINTS,
        previews::charts::ENDPOINTS,
        files::http::ENDPOINTS,
        imports::http::ENDPOINTS,
        quality::ENDPOINTS,
        audit_endpoints::ENDPOINTS,
        webhooks::http::ENDPOINTS,
        guides::ENDPOINTS,
    ] {
        endpoints.extend(more);
    }
    endpoints
}

/// Describes every endpoint: parameters, answers, problems.
pub fn operations(schemas: &mut Schemas) -> Vec<Operation> {
    let mut operations = reading::describe_of_kinds(&KINDS, schemas);
    operations.extend(items::describe_all(schemas));
    operations.extend(previews::charts::describe(schemas));
    operations.extend(clean_up_results::describe(schemas));
    operations.extend(summary::describe(schemas));
    operations.extend(endpoint::operations(pages::SHEETS));
    operations.push(previews::guides::describe());
    operations.extend(pages::describe_all(schemas));
    operations.extend(reading::describe_of_register(schemas));
    operations.extend(feed::describe_all(schemas));
    operations.extend(proofs::describe_all(&KINDS, schemas));
    operations.extend(exports::describe_all(&KINDS, schemas));
    operations.extend(files::http::describe(schemas));
    operations.extend(quality::describe(schemas));
    operations.extend(drafts::describe::describe(schemas));
    operations.extend(imports::describe::describe(schemas));
    operations.extend(accounts::describe(schemas));
    operations.extend(health::describe(schemas));
    operations.extend(security_txt::describe_all());
    operations.extend(audit_endpoints::describe(schemas));
    operations.extend(webhooks::describe::describe(schemas));
    operations
}

/// The OpenAPI document, with these answers of the demonstration register as examples.
pub fn openapi(examples: &Value) -> Value {
    let mut schemas = Schemas::default();
    let operations = operations(&mut schemas);
    let more = [
        feed::TAG,
        proofs::TAG,
        ("sessions", "登录与令牌 · Signing in and tokens"),
        drafts::describe::TAG,
        exports::TAG,
        files::http::TAG,
        imports::describe::TAG,
        quality::TAG,
        audit_endpoints::TAG,
        webhooks::describe::TAG,
        ("accounts", "账号与客户端 · Accounts and clients"),
        ("operations", "运行 · Operations"),
    ];
    let tags: Vec<_> = reading::TAGS.into_iter().chain(more).collect();
    contract::document(&operations, schemas, &tags, examples)
}

/// The answers that are committed as examples; a test holds them to what the demonstration register answers.
pub fn examples() -> Value {
    serde_json::from_str(include_str!("../../../openapi/examples.json")).unwrap_or_default()
}

async fn get_openapi(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    no_parameters(request)?;
    answer::must_accept_json(request)?;
    let snapshot = catalog.snapshot();
    let written = async {
        let document = blocking::run(|| serde_json::to_vec_pretty(&openapi(&examples()))).await??;
        Ok(Written::text(&snapshot, answer::JSON, document))
    };
    let document = rendered::kept(request, "openapi", "", Version::software(), written).await?;
    Ok(document.answer(request, &snapshot))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Code::NotFound.into())
}
