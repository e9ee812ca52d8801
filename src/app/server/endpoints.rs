//! Every endpoint: its route, its row in the table of the staff part, and the OpenAPI document that promises all of them.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, ServiceConfig},
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
        rendered,
        routes::{no_parameters, reads},
    },
};

/// Adds every route, the hot ones first; a mirror refuses all of the staff part.
pub fn routes(config: &mut ServiceConfig, endpoints: &[Endpoint], is_mirror: bool) {
    reading::http::configure_records(config, &KINDS);
    items::http::configure(config);
    clean_up_results::configure(config);
    feed::http::configure(config);
    proofs::http::configure(config, &KINDS);
    reading::http::configure_register(config);
    summary::http::configure(config);
    files::http::configure(config, drafts::may_read_file);
    health::configure(config);
    security_txt::configure(config);
    pages::configure(config);
    exports::configure(config, &KINDS);
    config.service(reads("/openapi.json", openapi_json));
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
    let mut operations = reading::describe::records(&KINDS, schemas);
    operations.extend(items::http::describe(schemas));
    operations.extend(previews::charts::describe(schemas));
    operations.push(clean_up_results::describe(schemas));
    operations.push(summary::http::describe(schemas));
    operations.extend(pages::sheets::describe());
    operations.push(previews::guides::describe());
    operations.extend(pages::describe(schemas));
    operations.extend(items::fee_quote::describe(schemas));
    operations.extend(reading::describe::register(schemas));
    operations.extend(feed::describe::describe(schemas));
    operations.extend(proofs::describe::describe(&KINDS, schemas));
    operations.extend(exports::describe::describe(&KINDS, schemas));
    operations.extend(files::http::describe(schemas));
    operations.extend(quality::describe(schemas));
    operations.extend(drafts::describe::describe(schemas));
    operations.extend(imports::describe::describe(schemas));
    operations.extend(accounts::describe(schemas));
    operations.extend(health::describe(schemas));
    operations.extend(audit_endpoints::describe(schemas));
    operations.extend(webhooks::describe::describe(schemas));
    operations
}

/// The OpenAPI document, with these answers of the demonstration register as examples.
pub fn openapi(examples: &Value) -> Value {
    let mut schemas = Schemas::default();
    let operations = operations(&mut schemas);
    let more = [
        feed::describe::TAG,
        proofs::describe::TAG,
        ("sessions", "登录与令牌 · Signing in and tokens"),
        drafts::describe::TAG,
        exports::describe::TAG,
        files::http::TAG,
        imports::describe::TAG,
        quality::TAG,
        audit_endpoints::TAG,
        webhooks::describe::TAG,
        ("accounts", "账号与客户端 · Accounts and clients"),
        ("operations", "运行 · Operations"),
    ];
    let tags: Vec<_> = reading::describe::TAGS.into_iter().chain(more).collect();
    contract::document(&operations, schemas, &tags, examples)
}

/// The answers that are committed as examples; a test holds them to what the demonstration register answers.
pub fn examples() -> Value {
    serde_json::from_str(include_str!("../../../openapi/examples.json")).unwrap_or_default()
}

async fn openapi_json(request: HttpRequest, catalog: Data<Catalog>) -> Result<HttpResponse, Problem> {
    no_parameters(&request)?;
    answer::must_accept_json(&request)?;
    let snapshot = catalog.snapshot();
    let written = async {
        let document = blocking::run(|| serde_json::to_vec_pretty(&openapi(&examples()))).await??;
        Ok(Written::text(&snapshot, answer::JSON, document))
    };
    let document = rendered::kept(&request, "openapi", "", Version::software(), written).await?;
    Ok(document.answer(&request, &snapshot))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Code::NotFound.into())
}
