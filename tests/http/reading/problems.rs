//! Problem documents: how a client learns of its mistake.

use reqwest::Method;
use serde_json::Value;

use crate::helpers::app::on_the_demo;

#[actix_web::test]
async fn every_parameter_that_is_wrong_is_named_at_once_in_both_languages() {
    on_the_demo(async |app| {
        let path = "/v1/items?limit=0&page=2&category=none&delegated=maybe&division=99&near=1&sort=distance&fields=x&facets=y\
                    &changed_since=never&status=gone&identifier=1&open_at=soon";
        let answer = app.get(path).await;
        let problem = answer.expect_problem(400, "invalid-query");
        assert_eq!(problem["title"], "查询参数不符合要求");
        assert_eq!(problem["instance"], "/v1/items");
        assert_eq!(answer.header("content-language"), "zh-CN");
        insta::assert_json_snapshot!("invalid_query", problem);
        let english = app.get_with(path, &[("accept-language", "en-GB, zh;q=0.5")]).await;
        let problem = english.expect_problem(400, "invalid-query");
        assert_eq!(problem["title"], "The query cannot be read");
        insta::assert_json_snapshot!("invalid_query_in_english", problem);
    })
    .await;
}

#[actix_web::test]
async fn each_kind_of_mistake_has_its_status_and_code() {
    on_the_demo(async |app| {
        let parameter = |problem: &Value| problem["errors"][0]["parameter"].as_str().unwrap_or_default().to_owned();
        let cases = [
            ("/v1/items?cursor=nonsense", 400, "invalid-cursor", "cursor"),
            ("/v1/items?cursor=MC54Lg", 400, "invalid-cursor", "cursor"),
            ("/v1/items?highlight=true", 400, "invalid-query", "highlight"),
            ("/v1/items?open_at=2026-11-24", 400, "invalid-query", "open_at"),
            ("/v1/clean-ups?year=18", 400, "invalid-query", "year"),
            ("/openapi.json?x=1", 400, "invalid-query", "x"),
            ("/v1/items?organisation=91350100M000100Y43", 400, "invalid-query", "organisation"),
            ("/v1/items?q=", 400, "invalid-query", "q"),
            ("/v1/items?limit=1&limit=2", 400, "invalid-query", "limit"),
            ("/v1/items?q=%FF", 400, "invalid-query", "q"),
            ("/v1/legal-instruments?near=1,1", 400, "invalid-query", "near"),
            ("/v1/items/11350121003619116B5000511001000?x=1", 400, "invalid-query", "x"),
            ("/v1/items/11350121003619116B5000511001000/revisions/0", 400, "invalid-path", "n"),
            ("/v1/items/11350121003619116B5000511001000/revisions/one", 400, "invalid-path", "n"),
            ("/v1/items/11350121003619116B5000511001000/compare?from=a", 400, "invalid-query", "from"),
            ("/v1/divisions?parent=99", 400, "invalid-query", "parent"),
        ];
        for (path, status, code, name) in cases {
            let problem = app.get(path).await.expect_problem(status, code);
            assert_eq!(parameter(&problem), name, "{path}");
        }
        for path in [
            "/v1/items/nothing",
            "/v1/items/11350121003619116B5000511001000/revisions/99",
            "/v1/items/11350121003619116B5000511001000/compare?from=1&to=99",
            "/v1/items/nothing/chart",
            "/v1/nothing",
            "/v2/items",
            "/v1/items/",
            "/v1/code-lists/nothing",
            "/v1/divisions/990000",
            "/v1/schemas/nothing.json",
            "/problems/nothing",
            "/docs/nothing",
        ] {
            let answer = app.get(path).await;
            answer.expect_problem(404, "not-found");
            let english = app.get_with(path, &[("accept-language", "en")]).await.json();
            assert_ne!(english["title"], answer.json()["title"]);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_unknown_code_is_named() {
    on_the_demo(async |app| {
        let problem = app.get("/v1/items/nothing/revisions").await.expect_problem(404, "not-found");
        assert_eq!(problem["errors"][0]["parameter"], "key");
        assert_eq!(problem["errors"][0]["code"], "reference-unknown");
    })
    .await;
}

#[actix_web::test]
async fn a_cursor_is_good_only_for_the_list_that_gave_it() {
    on_the_demo(async |app| {
        let next = app.json("/v1/items?limit=5").await["next"].as_str().expect("more").to_owned();
        app.get(&format!("/v1/items?limit=5&list=power&cursor={next}")).await.expect_problem(400, "invalid-cursor");
        app.get(&format!("/v1/fees?limit=5&cursor={next}")).await.expect_problem(400, "invalid-cursor");
        app.get(&format!("/v1/items?limit=9&cursor={next}")).await.expect_status(200);
        let both = app.get("/v1/items?cursor=abc&limit=999").await.expect_problem(400, "invalid-query");
        assert_eq!(both["errors"].as_array().map(Vec::len), Some(2), "the cursor is named with the rest");
    })
    .await;
}

#[actix_web::test]
async fn malformed_paths_are_refused() {
    on_the_demo(async |app| {
        for (path, wrong) in [
            ("/v1/items/%FF", "percent-encoding"),
            ("/v1/items/%zz", "percent-encoding"),
            ("/v1/items/%", "percent-encoding"),
            ("/v1/items/a%00b", "control-character"),
        ] {
            let problem = app.get(path).await.expect_problem(400, "invalid-path");
            assert_eq!(problem["errors"][0]["parameter"], "path");
            assert_eq!(problem["errors"][0]["code"], wrong, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_wrong_method_is_told_the_right_ones() {
    on_the_demo(async |app| {
        for path in ["/v1/items", "/v1/items/11350121003619116B5000511001000", "/v1", "/health/live", "/", "/docs/"] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                let answer = app.send(method, path, &[]).await;
                answer.expect_problem(405, "method-not-allowed");
                assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn who_takes_no_json_is_told_what_there_is() {
    on_the_demo(async |app| {
        for path in ["/v1/items", "/v1/items/11350121003619116B5000511001000", "/v1", "/v1/summary"] {
            let problem = app.get_with(path, &[("accept", "text/csv")]).await.expect_problem(406, "not-acceptable");
            assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("application/json")));
            assert_eq!(problem["errors"][0]["header"], "Accept");
            app.get_with(path, &[("accept", "text/html, application/*;q=0.8")]).await.expect_status(200);
        }
    })
    .await;
}

#[actix_web::test]
async fn every_problem_code_is_explained_where_its_type_points() {
    on_the_demo(async |app| {
        let all = app.get_with("/problems", &[("accept", "application/json")]).await.json();
        let all = all.as_array().expect("a list");
        assert!(all.len() > 10);
        for problem in all {
            let page = app.get(problem["type"].as_str().expect("a path")).await;
            page.expect_status(200);
            assert!(page.header("content-type").starts_with("text/html"));
            assert!(page.text().contains(problem["title"]["zh"].as_str().expect("a title")));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_long_list_of_wrong_names_is_one_mistake() {
    on_the_demo(async |app| {
        let path = format!("/v1/items?fields={}", vec!["a"; 5000].join(","));
        let answer = app.get(&path).await;
        answer.expect_problem(400, "invalid-query");
        assert!(answer.bytes.len() < 4000, "{}", answer.bytes.len());
    })
    .await;
}

#[actix_web::test]
async fn an_address_that_is_too_long_is_refused() {
    on_the_demo(async |app| {
        let path = format!("/v1/items?q={}", "a".repeat(20_000));
        app.get(&path).await.expect_problem(414, "uri-too-long");
    })
    .await;
}
