//! Compares answers of two registers: the addresses, and texts without what has to differ.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use qingdan::{app::server, model::KINDS};

use crate::helpers::app::TestApp;

/// The address of everything public that a demonstration register has.
pub async fn public_paths(app: &TestApp) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut schemas = qingdan::web::contract::Schemas::default();
    let operations = server::operations(&mut schemas);
    paths.extend(
        operations.into_iter().map(|operation| operation.example).filter(|path| !path.starts_with("/.well-known")),
    );
    for kind in KINDS {
        for code in app
            .walk(&format!(
                "/v1/{}?limit=200&status=in_force&status=cancelled&status=merged&status=suspended",
                kind.path
            ))
            .await
        {
            paths.push(format!("/v1/{}/{code}", kind.path));
            paths.push(format!("/v1/{}/{code}/revisions", kind.path));
            paths.push(format!("/v1/{}/{code}/compare", kind.path));
        }
        let facets: Vec<_> = kind
            .filters
            .iter()
            .filter(|filter| filter.facet != qingdan::model::kinds::Facet::None)
            .map(|filter| filter.name)
            .collect();
        paths.push(format!("/v1/{}?limit=200&facets={}", kind.path, facets.join(",")));
    }
    for query in [
        "q=%E4%BF%9D&highlight=true",
        "q=dibao",
        "q=db",
        "sort=published_at",
        "near=119,26",
        "list=responsibility",
        "changed_since=2019-01-01",
    ] {
        paths.push(format!("/v1/items?limit=200&{query}"));
    }
    paths
}

/// A text without what stands between two marks.
pub fn without(text: &str, begin: &str, end: &str) -> String {
    let mut parts = text.split(begin);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| format!("{all}{begin}{}", part.find(end).map_or("", |at| &part[at..])))
}

/// A text without SHA-256 digests and without ids made of them, which are zeros instead: those of bodies are salted, and
/// the salt is each log's own.
pub fn without_digests(text: &str) -> String {
    let is_digest = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digests = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(is_digest);
    let ids = text.split("urn:uuid:").skip(1).filter_map(|rest| rest.get(..36));
    let lines = text.replace("\\n", "\n");
    let in_base64 = |word: &&str| word.len() >= 44 && !word.starts_with("/v1/") && STANDARD.decode(word).is_ok();
    let hashes = lines.split(['"', '\n', ' ']).filter(in_base64);
    let keys = text.split("unnamed.invalid/v1/log+").skip(1).filter_map(|rest| rest.get(..53));
    digests
        .chain(ids)
        .chain(hashes)
        .chain(keys)
        .fold(text.to_owned(), |text, digest| text.replace(digest, &"0".repeat(digest.len())))
}
