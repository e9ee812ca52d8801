//! The two databases give the same answers, byte for byte.

use qingdan::{app::server, model::KINDS};

use crate::app::{TestApp, demos, without_digests};

#[actix_web::test]
async fn sqlite_and_postgresql_answer_the_same_bytes() {
    let [sqlite, postgres] = demos();
    let paths = public_paths(sqlite).await;
    assert!(paths.len() > 900, "{}", paths.len());
    for path in paths {
        // Pages name the address by which they were asked for.
        let host = [("host", "register.example")];
        let (one, other) = (sqlite.read(&path, &host).await, postgres.read(&path, &host).await);
        assert_eq!(one.status, other.status, "{path}");
        let same = match one.header("content-type") {
            "image/png" => one.bytes == other.bytes,
            // Hashes of salted digests.
            "application/octet-stream" => one.bytes.len() == other.bytes.len(),
            _ => without_digests(one.text()) == without_digests(other.text()),
        };
        assert!(same, "{path}:\n{}\n{}", one.text(), other.text());
        let is_of_the_log = path.contains("/log/") || path.ends_with("/proof");
        assert!(is_of_the_log || one.header("etag") == other.header("etag"), "{path}");
    }
}

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
