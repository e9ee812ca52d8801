//! Conditional requests, HEAD, compression.

use std::io::Read;

use qingdan::values::code_lists::Action;
use reqwest::Method;
use serde_json::json;

use crate::helpers::app::{on_a_demo_of_its_own, on_the_demo, patched, step};

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";

#[actix_web::test]
async fn a_client_that_has_the_current_version_gets_304() {
    on_the_demo(async |app| {
        for path in [DIBAO, "/v1/items?q=%E4%BD%8E%E4%BF%9D", "/v1", "/v1/summary", "/"] {
            let first = app.get(path).await;
            let (etag, modified) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
            assert!(etag.starts_with('"') && etag.ends_with('"'), "strong: {etag}");
            let again = app.get_with(path, &[("if-none-match", &etag)]).await;
            again.expect_status(304);
            assert!(again.bytes.is_empty());
            assert_eq!(again.header("etag"), etag);
            assert_eq!(again.header("registry-seq"), first.header("registry-seq"));
            app.get_with(path, &[("if-none-match", &format!("\"x\", W/{etag}"))]).await.expect_status(304);
            app.get_with(path, &[("if-none-match", "\"other\"")]).await.expect_status(200);
            if path == "/v1" {
                assert_eq!(modified, "", "it names the keys of the log");
                continue;
            }
            app.get_with(path, &[("if-modified-since", &modified)]).await.expect_status(304);
            app.get_with(path, &[("if-modified-since", "Thu, 01 Jan 2015 00:00:00 GMT")]).await.expect_status(200);
        }
    })
    .await;
}

#[actix_web::test]
async fn what_changes_only_with_the_software_keeps_its_tag_when_something_is_published() {
    on_a_demo_of_its_own(async |app| {
        let paths =
            ["/v1/code-lists/category", "/v1/divisions/350121202", "/v1/schemas/item.json", "/openapi.json", "/docs/"];
        let mut tags = Vec::new();
        for path in paths {
            tags.push(app.get(path).await.header("etag").to_owned());
        }
        let key = DIBAO.rsplit('/').next().expect("a key");
        app.publish(vec![step("item", Action::Suspend, key, None)]).await.expect("it is in force");
        for (path, tag) in paths.into_iter().zip(tags) {
            app.get_with(path, &[("if-none-match", &tag)]).await.expect_status(304);
        }
    })
    .await;
}

#[actix_web::test]
async fn representations_of_one_address_have_tags_of_their_own() {
    on_the_demo(async |app| {
        for (path, types) in [
            (format!("{DIBAO}/chart"), ["application/json", "image/svg+xml"]),
            ("/problems".to_owned(), ["text/html", "application/json"]),
        ] {
            let one = app.get_with(&path, &[("accept", types[0])]).await;
            let other = app.get_with(&path, &[("accept", types[1])]).await;
            assert_ne!(one.header("etag"), other.header("etag"), "{path}");
            assert!(one.header("vary").ends_with(", Accept"), "{path}");
            app.get_with(&path, &[("accept", types[1]), ("if-none-match", one.header("etag"))])
                .await
                .expect_status(200);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_entity_tag_moves_only_when_what_is_shown_does() {
    on_a_demo_of_its_own(async |app| {
        let before = app.get(DIBAO).await;
        let other = app.get("/v1/items/11350121003619116B5000105001000").await;
        let body = patched(&app, DIBAO, &json!({ "summary": "困难家庭申请最低生活保障。" })).await;
        let key = DIBAO.rsplit('/').next().expect("a key");
        app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect("it is valid");

        app.get_with(DIBAO, &[("if-none-match", before.header("etag"))]).await.expect_status(200);
        let same =
            app.get_with("/v1/items/11350121003619116B5000105001000", &[("if-none-match", other.header("etag"))]).await;
        same.expect_status(304);
        assert_eq!(same.header("registry-seq"), "384");
    })
    .await;
}

#[actix_web::test]
async fn head_says_what_get_would() {
    on_the_demo(async |app| {
        for path in [DIBAO, "/v1/items", "/", "/openapi.json", "/docs/", "/health/ready", "/v1/items/nothing"] {
            let (get, head) = (app.get(path).await, app.send(Method::HEAD, path, &[]).await);
            assert_eq!(head.status, get.status, "{path}");
            assert!(head.bytes.is_empty());
            for name in ["etag", "content-type", "content-length", "registry-seq", "cache-control", "vary"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn answers_are_compressed_as_asked_each_with_its_own_tag() {
    on_the_demo(async |app| {
        for path in [DIBAO, "/v1/items?limit=50", "/"] {
            let plain = app.get(path).await;
            let mut tags = vec![plain.header("etag").to_owned()];
            for encoding in ["gzip", "br", "zstd"] {
                let packed = app.get_with(path, &[("accept-encoding", encoding)]).await;
                assert_eq!(packed.header("content-encoding"), encoding, "{path}");
                assert!(packed.header("vary").contains("Accept-Encoding"));
                assert!(packed.bytes.len() < plain.bytes.len() * 3 / 4);
                assert_eq!(unpacked(encoding, &packed.bytes), plain.bytes, "{path} {encoding}");
                tags.push(packed.header("etag").to_owned());
                app.get_with(path, &[("accept-encoding", encoding), ("if-none-match", packed.header("etag"))])
                    .await
                    .expect_status(304);
            }
            tags.sort();
            tags.dedup();
            assert_eq!(tags.len(), 4, "{tags:?}");
        }
    })
    .await;
}

fn unpacked(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        "gzip" => {
            flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).expect("gzip");
        }
        "br" => brotli::BrotliDecompress(&mut &bytes[..], &mut plain).expect("brotli"),
        _ => plain = zstd::bulk::decompress(bytes, 8 << 20).expect("zstd"),
    }
    plain
}
