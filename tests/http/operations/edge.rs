//! All answers: request ids, CORS, versions, waiting for a change; health and metrics.

use qingdan::web::contract::API_VERSION;
use reqwest::Method;

use crate::helpers::app::on_the_demo;

#[actix_web::test]
async fn every_answer_carries_id_version_and_seq() {
    on_the_demo(async |app| {
        for path in ["/v1/items", "/v1/items/nothing", "/nothing", "/health/live", "/"] {
            let answer = app.get(path).await;
            assert_eq!(answer.header("api-version"), API_VERSION, "{path}");
            assert_eq!(answer.header("registry-seq"), "383", "{path}");
            assert_eq!(answer.header("x-request-id").len(), 16);
            assert_ne!(answer.header("x-request-id"), app.get(path).await.header("x-request-id"));
        }
        assert!(API_VERSION.starts_with("1."), "its major is that of the paths");
        assert_eq!(app.get("/").await.header("x-content-type-options"), "nosniff");
        assert_eq!(app.get_with("/v1", &[("x-request-id", "mine-1")]).await.header("x-request-id"), "mine-1");
        assert_ne!(app.get_with("/v1", &[("x-request-id", "a b\"")]).await.header("x-request-id"), "a b\"");
    })
    .await;
}

#[actix_web::test]
async fn any_origin_may_read() {
    on_the_demo(async |app| {
        let answer = app.get_with("/v1/items", &[("origin", "https://app.example")]).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        for name in ["ETag", "Link", "Registry-Seq", "X-Request-Id", "API-Version"] {
            assert!(answer.header("access-control-expose-headers").contains(name), "{name}");
        }
        let preflight = app
            .send(
                Method::OPTIONS,
                "/v1/items",
                &[
                    ("origin", "https://app.example"),
                    ("access-control-request-method", "GET"),
                    ("access-control-request-headers", "if-none-match"),
                ],
            )
            .await;
        preflight.expect_status(204);
        assert_eq!(preflight.header("access-control-allow-headers"), "if-none-match");
        assert!(preflight.header("access-control-allow-methods").contains("GET"));
    })
    .await;
}

#[actix_web::test]
async fn a_reader_can_wait_for_a_change() {
    on_the_demo(async |app| {
        app.get_with("/v1/items", &[("registry-seq-min", "383")]).await.expect_status(200);
        let problem =
            app.get_with("/v1/items", &[("registry-seq-min", "x")]).await.expect_problem(400, "invalid-header");
        assert_eq!(problem["errors"][0]["header"], "Registry-Seq-Min");
        let behind = app.send(Method::GET, "/v1/items", &[("registry-seq-min", "384")]).await;
        behind.expect_problem(503, "unavailable");
        assert_eq!(behind.header("retry-after"), "1");
    })
    .await;
}

#[actix_web::test]
async fn health_and_metrics_tell_where_the_replica_is() {
    on_the_demo(async |app| {
        assert_eq!(app.json("/health/live").await["status"], "alive");
        let ready = app.json("/health/ready").await;
        assert_eq!((&ready["status"], &ready["seq"], &ready["behind"]), (&"ready".into(), &383.into(), &0.into()));
        app.get("/v1/items/11350121003619116B5000511001000").await.expect_status(200);
        let metrics = app.figures().await;
        metrics.expect_status(200);
        let route = "qingdan_http_requests_total{route=\"/v1/items/{key}\",status=\"2xx\"}";
        assert!(metrics.text().contains(route), "{}", metrics.text());
        assert!(metrics.text().contains("qingdan_registry_seq 383"));
    })
    .await;
}
