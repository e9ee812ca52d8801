//! The interactive documentation: every file of it is in the binary.

use std::sync::{Arc, LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    web::Bytes,
};
use utoipa_swagger_ui::{Config, serve};

use crate::{
    problem::{Code, Problem},
    register::catalog::Catalog,
    web::{
        answer::{Version, Written},
        rendered,
        routes::{ReadError, part},
    },
};

/// The page runs its own script and styles, draws its own pictures, and asks only this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::new(["/openapi.json"]).use_base_layout();
    Arc::new(config.try_it_out_enabled(true).doc_expansion("list").deep_linking(true).default_models_expand_depth(0))
});

/// `GET /docs`
pub async fn moved(_: &HttpRequest, _: &Catalog) -> Result<HttpResponse, ReadError> {
    Err(ReadError::Moved("/docs/".into()))
}

/// `GET /docs/…`
pub async fn get(request: &HttpRequest, catalog: &Catalog) -> Result<HttpResponse, Problem> {
    let snapshot = catalog.snapshot();
    let path = part(request, "file")?;
    let version = Version::software();
    if let Some(unchanged) = version.known(request, &snapshot) {
        return Ok(unchanged);
    }
    let written = async { file(&path).map(|(media_type, bytes)| Written::text(&snapshot, media_type, bytes)) };
    let file = rendered::kept(request, "docs", &path, version, written).await?;
    let mut answer = file.answer(request, &snapshot);
    answer.headers_mut().insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    Ok(answer)
}

fn file(path: &str) -> Result<(&'static str, Bytes), Problem> {
    let found = serve(path, CONFIG.clone()).map_err(|error| {
        log::error!("documentation: {error}");
        Problem::from(Code::Internal)
    })?;
    let file = found.ok_or(Code::NotFound)?;
    let bytes = match path {
        "" | "index.html" => Bytes::from(adapted(&String::from_utf8_lossy(&file.bytes))),
        _ => Bytes::from(file.bytes.into_owned()),
    };
    Ok((media_type(path), bytes))
}

/// The page as it comes, for phones and with our name.
fn adapted(page: &str) -> String {
    let viewport = r#"<head><meta name="viewport" content="width=device-width, initial-scale=1">"#;
    page.replacen("<head>", viewport, 1)
        .replace("<title>Swagger UI</title>", "<title>清单 qingdan · 接口文档 API</title>")
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("png") => "image/png",
        Some("json" | "map") => "application/json",
        _ => "text/html; charset=utf-8",
    }
}
