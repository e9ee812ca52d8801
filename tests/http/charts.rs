//! The workflow chart of an item.

use crate::app::on_the_demo;

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";

#[actix_web::test]
async fn a_chart_is_a_graph_or_a_picture_by_accept_and_by_extension() {
    on_the_demo(async |app| {
        let graph = app.get(&format!("{DIBAO}/chart")).await;
        graph.expect_status(200);
        assert_eq!(graph.header("content-type"), "application/json");
        assert!(graph.header("vary").contains("Accept"));
        let graph = graph.json();
        assert_eq!(graph["chart"], app.json(DIBAO).await["chart"]);
        assert_eq!(graph["analysis"]["critical_path"][0], "start");
        let promised = graph["promised_limit"]["value"].as_u64().expect("a limit") * 56;
        assert!(graph["analysis"]["critical"].as_u64() <= Some(promised));

        let by_accept = app.get_with(&format!("{DIBAO}/chart"), &[("accept", "image/svg+xml")]).await;
        let by_extension =
            app.get_with(&format!("{DIBAO}/chart.svg"), &[("accept", "image/avif,image/*,*/*;q=0.8")]).await;
        assert_eq!(by_accept.bytes, by_extension.bytes);
        assert!(by_accept.header("content-type").starts_with("image/svg+xml"));
        assert_ne!(by_accept.header("etag"), "");
        app.get_with(&format!("{DIBAO}/chart"), &[("accept", "application/pdf")])
            .await
            .expect_problem(406, "not-acceptable");
    })
    .await;
}

#[actix_web::test]
async fn every_chart_of_the_register_is_drawn_with_all_its_steps() {
    on_the_demo(async |app| {
        for code in app.walk("/v1/items?limit=200").await {
            let graph = app.json(&format!("/v1/items/{code}/chart")).await;
            let picture = app.get(&format!("/v1/items/{code}/chart.svg")).await;
            picture.expect_status(200);
            let text = picture.text();
            assert!(text.starts_with("<svg") && text.contains("<title>") && text.contains("<desc>"), "{code}");
            assert!(text.contains(&code));
            assert!(!text.contains("<script") && !text.contains("href"), "{code}");
            for lane in graph["chart"]["lanes"].as_array().expect("lanes") {
                let first: String = lane["name"].as_str().expect("a name").chars().take(4).collect();
                assert!(text.contains(&first), "{code} {first}");
            }
        }
    })
    .await;
}
