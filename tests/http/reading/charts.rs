//! The workflow chart of an item.

use chrono::Utc;
use qingdan::{register::publication::Step, values::code_lists::Action};
use reqwest::Method;
use serde_json::json;

use crate::helpers::{
    app::{demos, figure, on_a_demo_of_its_own, on_the_demo, patched, step},
    charts::read,
    effort::times,
};

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

/// Width and height of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20))
}

#[actix_web::test]
async fn a_chart_in_pixels_is_as_large_as_asked_for() {
    on_the_demo(async |app| {
        let path = format!("{DIBAO}/chart.png");
        let plain = app.get(&format!("{path}?scale=1")).await;
        plain.expect_status(200);
        let (width, height) = size(&plain.bytes);
        let svg = app.get(&format!("{DIBAO}/chart.svg")).await;
        assert!(svg.text().contains(&format!("viewBox=\"0 0 {width} {height}\"")), "it is the same picture");
        for (query, by) in [("", 2.0), ("?scale=2", 2.0), ("?scale=0.5", 0.5), ("?scale=1.25", 1.25)] {
            let scaled = app.get(&format!("{path}{query}")).await;
            scaled.expect_status(200);
            assert_eq!(scaled.header("content-type"), "image/png");
            let (wide, high) = size(&scaled.bytes);
            assert!((f64::from(wide) - f64::from(width) * by).abs() <= 1.0, "{query} {wide} × {high}");
            assert!((f64::from(high) - f64::from(height) * by).abs() <= 1.0, "{query} {wide} × {high}");
        }

        let by_accept = app.get_with(&format!("{DIBAO}/chart?scale=1"), &[("accept", "image/png")]).await;
        assert_eq!(by_accept.bytes, plain.bytes);
        assert!(by_accept.header("vary").contains("Accept"));
        let links = app.json(&format!("{DIBAO}/chart")).await["links"].clone();
        assert_eq!(links["png"], path);
    })
    .await;
}

#[actix_web::test]
async fn a_scale_that_is_none_is_refused_by_its_name_and_other_pictures_have_none() {
    on_the_demo(async |app| {
        for scale in ["0", "0.25", "1.1", "4.25", "-1", "NaN", "1e9", "two", ""] {
            let refused = app.get(&format!("{DIBAO}/chart.png?scale={scale}")).await;
            let problem = refused.expect_problem(400, "invalid-query");
            assert_eq!(problem["errors"][0]["parameter"], "scale", "{scale}");
        }
        for path in ["chart.svg?scale=1", "chart?scale=1", "chart.png?width=100"] {
            app.get(&format!("{DIBAO}/{path}")).await.expect_problem(400, "invalid-query");
        }
        app.get_with(&format!("{DIBAO}/chart?scale=9"), &[("accept", "image/png")])
            .await
            .expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn a_chart_for_a_telephone_is_one_column_as_wide_as_the_screen() {
    on_the_demo(async |app| {
        let wide = app.get(&format!("{DIBAO}/chart.svg")).await;
        let narrow = app.get(&format!("{DIBAO}/chart.svg?layout=narrow")).await;
        narrow.expect_status(200);
        assert!(narrow.text().contains("width=\"328\"") && !wide.text().contains("width=\"328\""));
        assert_ne!(narrow.header("etag"), wide.header("etag"));
        assert_eq!(app.get(&format!("{DIBAO}/chart.svg?layout=wide")).await.bytes, wide.bytes);
        let graph = app.json(&format!("{DIBAO}/chart")).await;
        for edge in graph["chart"]["edges"].as_array().expect("edges").iter().filter(|edge| edge["rework"].is_object())
        {
            let name = graph["chart"]["nodes"].as_array().into_iter().flatten().find(|node| node["id"] == edge["to"]);
            let name = name.and_then(|node| node["name"].as_str()).expect("a name");
            assert!(narrow.text().contains(&format!("退回“{name}")), "{name}");
        }
        for refused in ["chart.svg?layout=tall", "chart.png?layout=narrow", "chart.mmd?layout=narrow"] {
            app.get(&format!("{DIBAO}/{refused}")).await.expect_problem(400, "invalid-query");
        }
        let guide = app.get(&format!("{DIBAO}/guide")).await;
        assert!(guide.text().contains("class=\"chart wide\"") && guide.text().contains("class=\"chart narrow\""));
    })
    .await;
}

#[actix_web::test]
async fn every_scale_has_a_tag_of_its_own_and_is_answered_304() {
    on_the_demo(async |app| {
        let mut tags = std::collections::BTreeSet::new();
        for path in ["chart", "chart.svg", "chart.png", "chart.png?scale=0.5", "chart.png?scale=1"] {
            let path = format!("{DIBAO}/{path}");
            let first = app.get(&path).await;
            let tag = first.header("etag").to_owned();
            let again = app.get_with(&path, &[("if-none-match", &tag)]).await;
            again.expect_status(304);
            assert!(again.bytes.is_empty());
            assert_eq!(app.get(&path).await.bytes, first.bytes);
            assert!(tags.insert(tag), "{path}");
        }
        let compressed = [("accept-encoding", "gzip, br, zstd")];
        let png = app.get_with(&format!("{DIBAO}/chart.png"), &compressed).await;
        assert_eq!(png.header("content-encoding"), "", "it is compressed already");
        let svg = app.get_with(&format!("{DIBAO}/chart.svg"), &compressed).await;
        assert_eq!(svg.header("content-encoding"), "zstd");
    })
    .await;
}

#[actix_web::test]
async fn what_was_drawn_once_is_not_drawn_again_and_an_erasure_empties_all_that_is_kept() {
    on_a_demo_of_its_own(async |app| {
        let paths = ["chart", "chart.svg", "chart.png?scale=0.5", "chart.bpmn", "guide", "poster"];
        for round in 0..3 {
            for path in paths {
                app.get(&format!("{DIBAO}/{path}")).await.expect_status(200);
            }
            let count = u64::try_from(paths.len()).expect("few");
            assert_eq!(figure(&app, "qingdan_renderings_total").await, count, "round {round}");
            assert_eq!(figure(&app, "qingdan_rendered").await, count);
        }
        assert!(figure(&app, "qingdan_rendered_bytes").await > 10_000);

        let erase = Step { revision: Some(1), ..step("item", Action::Erase, key_of(DIBAO), None) };
        app.publish(vec![erase]).await.expect("it can be erased");
        assert!(app.chores.run("forget drawings and pages of what was erased", Utc::now()).await);
        assert_eq!(figure(&app, "qingdan_rendered").await, 0);
        assert_eq!(figure(&app, "qingdan_rendered_bytes").await, 0);
        app.get(&format!("{DIBAO}/chart.svg")).await.expect_status(200);
        assert_eq!(figure(&app, "qingdan_rendered").await, 1, "what is not erased is kept anew");
    })
    .await;
}

#[actix_web::test]
async fn the_tag_of_a_picture_depends_on_the_fonts_only_where_they_draw_it() {
    on_a_demo_of_its_own(async |app| {
        let tagged = async |path: &str| {
            let answer = app.get(&format!("{DIBAO}/{path}")).await;
            answer.expect_status(200);
            (answer.header("etag").to_owned(), answer.header("last-modified").to_owned())
        };
        let (tag, last_modified) = tagged("chart.png").await;
        assert!(tag.ends_with("-png\"") && !last_modified.is_empty(), "{tag} depends on nothing but the register");
        let rare = patched(&app, DIBAO, &json!({ "chart": { "title": "龘流程图" } })).await;
        app.publish(vec![step("item", Action::Amend, key_of(DIBAO), Some(rare))]).await.expect("it is right");
        let (tag, last_modified) = tagged("chart.png").await;
        assert_eq!(last_modified, "", "it may differ although nothing was published");
        assert_ne!(tagged("chart.svg").await.1, "");
        assert!(tag.contains("-png-"), "{tag}");
        let again = app.get_with(&format!("{DIBAO}/chart.png"), &[("if-none-match", &tag)]).await;
        again.expect_status(304);
    })
    .await;
}

fn key_of(path: &'static str) -> &'static str {
    path.rsplit('/').next().expect("a key")
}

#[actix_web::test]
async fn a_chart_that_is_kept_is_never_older_than_the_register() {
    on_a_demo_of_its_own(async |app| {
        let key = DIBAO.rsplit('/').next().expect("a key");
        let pictures = async || {
            let svg = app.get(&format!("{DIBAO}/chart.svg")).await;
            let png = app.get(&format!("{DIBAO}/chart.png?scale=0.5")).await;
            (svg.status.as_u16(), svg.text().to_owned(), png.status.as_u16(), png.bytes)
        };
        let before = pictures().await;
        assert_eq!(pictures().await, before);

        let titled = patched(&app, DIBAO, &json!({ "chart": { "title": "不应公开的图名" } })).await;
        app.publish(vec![step("item", Action::Amend, key, Some(titled))]).await.expect("it is right");
        let amended = pictures().await;
        assert!(amended.1.contains("不应公开的图名"));
        assert_ne!(amended.3, before.3);

        let revision = app.json(DIBAO).await["meta"]["revision"].as_i64();
        let erase = Step { revision, ..step("item", Action::Erase, key, None) };
        app.publish(vec![erase]).await.expect("it can be erased");
        let erased = pictures().await;
        assert_eq!((erased.0, erased.2), (410, 410));
        assert!(!erased.1.contains("不应公开的图名"));
    })
    .await;
}

#[actix_web::test]
async fn a_chart_shows_the_present_name_of_its_organisation() {
    on_a_demo_of_its_own(async |app| {
        let item = app.json(DIBAO).await;
        let key = item["organisation"].as_str().expect("an organisation").to_owned();
        app.get(&format!("{DIBAO}/chart.svg")).await.expect_status(200);
        let renamed = patched(&app, &format!("/v1/organisations/{key}"), &json!({ "name": "改名后的机关" })).await;
        app.publish(vec![step("organisation", Action::Amend, &key, Some(renamed))]).await.expect("it is right");
        assert!(app.get(&format!("{DIBAO}/chart.svg")).await.text().contains("改名后的机关"));
    })
    .await;
}

#[actix_web::test]
async fn a_chart_is_given_out_in_the_notations_of_others_by_accept_and_by_extension() {
    on_the_demo(async |app| {
        let notations = [
            ("mmd", "text/vnd.mermaid", "flowchart TD"),
            ("bpmn", "application/bpmn+xml", "<bpmndi:BPMNDiagram"),
            ("bpmn", "application/xml", "<bpmndi:BPMNDiagram"),
            ("bpmn", "text/xml", "<bpmndi:BPMNDiagram"),
        ];
        for (extension, media_type, says) in notations {
            let by_accept = app.get_with(&format!("{DIBAO}/chart"), &[("accept", media_type)]).await;
            let by_extension = app.get(&format!("{DIBAO}/chart.{extension}")).await;
            by_accept.expect_status(200);
            assert_eq!(by_accept.bytes, by_extension.bytes, "{media_type}");
            assert!(by_accept.header("content-type").starts_with(media_type));
            assert!(by_accept.text().contains(says), "{media_type}");
            let tag = by_accept.header("etag").to_owned();
            let again =
                app.get_with(&format!("{DIBAO}/chart"), &[("accept", media_type), ("if-none-match", &tag)]).await;
            again.expect_status(304);
        }
        let links = &app.json(&format!("{DIBAO}/chart")).await["links"];
        assert_eq!(
            (&links["mmd"], &links["bpmn"]),
            (&format!("{DIBAO}/chart.mmd").into(), &format!("{DIBAO}/chart.bpmn").into())
        );
    })
    .await;
}

#[actix_web::test]
async fn what_is_exported_is_read_as_the_same_graph_in_every_notation() {
    // Every other chart on each database; all on both where there is time.
    let takes = times("CHARTS_OF_THE_DEMONSTRATION", 1);
    for (turn, app) in demos().iter().enumerate() {
        let editor = app.token("editor").await;
        let codes = app.walk("/v1/items?limit=200").await.into_iter().enumerate();
        for (_, code) in codes.filter(|(at, _)| (at + turn) % 2 < takes) {
            let own = format!("/v1/items/{code}/chart");
            let graph = app.json(&own).await;
            for (extension, media_type) in [("mmd", "text/vnd.mermaid"), ("bpmn", "application/bpmn+xml")] {
                let text = app.get(&format!("{own}.{extension}")).await;
                let answer = read(app, &editor, media_type, "*/*", text.bytes).await;
                answer.expect_status(200);
                let told = answer.json();
                assert_eq!(told["chart"], graph["chart"], "{code} {extension}");
                assert_eq!(told["analysis"], graph["analysis"], "{code} {extension}");
                assert_eq!(told["findings"], json!([]), "{code} {extension}");
            }
        }
    }
}

#[actix_web::test]
async fn a_chart_that_is_not_stored_is_drawn_in_the_notation_that_is_asked_for_and_leaves_nothing() {
    on_a_demo_of_its_own(async |app| {
        let editor = app.token("editor").await;
        let drafts = app.call(Method::GET, "/v1/drafts", &editor, None).await.json();
        let seq = app.get(DIBAO).await.header("registry-seq").to_owned();
        let chart = app.json(&format!("{DIBAO}/chart")).await["chart"].to_string();
        let answers = [
            ("image/svg+xml", "<svg"),
            ("image/png", "\u{89}PNG"),
            ("text/vnd.mermaid", "---\ntitle: "),
            ("application/bpmn+xml", "<?xml"),
            ("application/json", "{\"chart\":"),
        ];
        for (accept, begins) in answers {
            let answer = read(&app, &editor, "application/json", accept, chart.clone()).await;
            answer.expect_status(200);
            assert!(answer.header("content-type").starts_with(accept), "{accept}");
            assert_eq!(answer.header("cache-control"), "no-store");
            let bytes: Vec<u8> = begins.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
            assert!(answer.bytes.starts_with(&bytes), "{accept}");
        }
        assert_eq!(app.call(Method::GET, "/v1/drafts", &editor, None).await.json(), drafts);
        assert!(!seq.is_empty() && app.get(DIBAO).await.header("registry-seq") == seq);
    })
    .await;
}

#[actix_web::test]
async fn a_mistake_in_a_drawing_is_told_with_its_line_and_nothing_else_is_lost() {
    on_the_demo(async |app| {
        let editor = app.token("editor").await;
        let mermaid = "flowchart TD\n  a([申请]) --> b[受理]\n  b <--> c\n  b --> [审核]\n";
        let problem = read(app, &editor, "text/plain", "*/*", mermaid).await.expect_problem(422, "invalid-body");
        let told: Vec<_> = problem["errors"].as_array().expect("errors").iter().collect();
        let spots: Vec<_> = told.iter().map(|error| [error["line"].clone(), error["column"].clone()]).collect();
        assert_eq!(json!(spots), json!([[3, 5], [4, 9]]), "{problem}");
        assert!(told.iter().all(|error| error["code"] == "bad-notation" && error.get("pointer").is_none()));

        let bpmn = "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\">\n<process id=\"p\">\n\
            <startEvent id=\"a\"/>\n<inclusiveGateway id=\"g\" name=\"分流\"/>\n</process>\n</definitions>";
        let problem = read(app, &editor, "application/xml", "*/*", bpmn).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["line"], 4, "{problem}");

        // A chart that can be read is drawn, and the mistakes for which a draft of it would be refused stand beside it.
        let mermaid = "flowchart TD\n  a([申请]) --> b{齐全？}\n  b --> c([办结])\n  b --> d([退回])\n";
        let told = read(app, &editor, "text/vnd.mermaid", "*/*", mermaid).await;
        told.expect_status(200);
        let finding = &told.json()["findings"][0];
        assert!(
            finding["line"].is_u64() && finding["pointer"].as_str().is_some_and(|at| at.starts_with("/chart/")),
            "{finding}"
        );
        read(app, &editor, "text/vnd.mermaid", "image/svg+xml", mermaid).await.expect_status(200);

        let told = read(app, &editor, "application/json", "*/*", "{\"lanes\": [], \"nodes\": 3}").await;
        let problem = told.expect_problem(422, "invalid-body");
        assert!(problem["errors"].to_string().contains("/nodes"), "{problem}");
    })
    .await;
}

#[actix_web::test]
async fn a_drawing_that_cannot_be_taken_is_refused_with_what_can() {
    on_the_demo(async |app| {
        let editor = app.token("editor").await;
        let refused = read(app, &editor, "application/pdf", "*/*", "%PDF").await;
        let problem = refused.expect_problem(415, "unsupported-media-type");
        assert!(problem["detail"].to_string().contains("text/vnd.mermaid"), "{problem}");
        read(app, &editor, "text/plain", "application/pdf", "x").await.expect_problem(406, "not-acceptable");
        read(app, &editor, "text/plain", "*/*", vec![b'x'; 2 << 20]).await.expect_problem(413, "body-too-large");
        read(app, &editor, "text/plain", "*/*", vec![b'\n', 0xff]).await.expect_problem(400, "unreadable-body");
        let reviewer = app.token("reviewer").await;
        read(app, &reviewer, "text/plain", "*/*", "flowchart TD").await.expect_problem(403, "forbidden");
        let bomb = format!("<!DOCTYPE x [<!ENTITY a \"{}\">]><x>&a;</x>", "x".repeat(1000));
        read(app, &editor, "text/xml", "*/*", bomb).await.expect_problem(422, "invalid-body");
    })
    .await;
}

/// Each of these took seconds of a thread that answers requests, or hundreds of megabytes; now no more is read than a chart may have.
#[actix_web::test]
async fn a_drawing_far_beyond_a_chart_is_refused_before_it_is_read_whole() {
    on_the_demo(async |app| {
        let editor = app.token("editor").await;
        let chain: Vec<_> = (0..90_000).map(|number| format!("n{number}")).collect();
        let group = chain[..40].join(" & ");
        let bpmn = |process: String| {
            format!("<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\"><process id=\"p\">{process}</process></definitions>")
        };
        let tasks: String = chain[..20_000].iter().map(|id| format!("<task id=\"{}{id}\" name=\"x\"/>", "x".repeat(8))).collect();
        let lanes = format!("<laneSet>{}</laneSet><task id=\"t\" name=\"x\"/>", "<lane name=\"x\"/>".repeat(40_000));
        let (mermaid, xml, json) = ("text/vnd.mermaid", "application/bpmn+xml", "application/json");
        for (media_type, drawing) in [
            (mermaid, format!("flowchart TD\n{}", chain.join("-->"))),
            (mermaid, format!("flowchart TD\n{}", "subgraph a\n".repeat(90_000))),
            (mermaid, format!("flowchart TD\n{group} -->|\"{}\"| {group}", "条".repeat(300_000))),
            (mermaid, format!("flowchart TD\n{}a", "a[/x/];".repeat(120_000))),
            (xml, bpmn(tasks)),
            (xml, bpmn(lanes)),
            (xml, bpmn(format!("<task {}/>", chain.iter().map(|name| format!("{name}=\"\" ")).collect::<String>()))),
            (json, format!("{{\"nodes\": [{}0]}}", "{},".repeat(300_000))),
            (json, format!("{{{}\"nodes\": []}}", chain.iter().map(|name| format!("\"{name}\":0,")).collect::<String>())),
        ] {
            let answer = read(app, &editor, media_type, "*/*", drawing).await;
            let problem = answer.expect_problem(422, "invalid-body");
            let told = problem["errors"].as_array().expect("errors").len();
            assert!(told <= 1000 && answer.bytes.len() < 400_000, "{told}, {} bytes", answer.bytes.len());
        }
        let deep = format!("{}1{}", "{\"lanes\":".repeat(100_000), "}".repeat(100_000));
        read(app, &editor, json, "*/*", deep).await.expect_problem(400, "unreadable-body");
    })
    .await;
}

/// A drawing is held to the limits of the schema, and told where it exceeds them: its notation has none.
#[actix_web::test]
async fn a_drawing_has_no_more_of_anything_than_a_chart_may_have() {
    on_the_demo(async |app| {
        let editor = app.token("editor").await;
        let documents = (0..30).map(|number| format!("\"文书{number}\"")).collect::<Vec<_>>().join(",");
        let mermaid = format!("flowchart TD\n a([申请]) --> b([办结])\n %% qingdan: {{\"node\": \"b\", \"documents_out\": [{documents}]}}\n");
        let problem = read(app, &editor, "text/plain", "*/*", mermaid).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["code"], "too-many", "{problem}");
        assert_eq!(problem["errors"][0]["line"], 2, "{problem}");
        let note = format!("flowchart TD\n a([申请]) --> b([办结])\n %% qingdan: {{\"node\": \"b\", \"note\": \"{}\"}}\n", "长".repeat(2001));
        let problem = read(app, &editor, "text/plain", "*/*", note).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["code"], "too-long", "{problem}");

        let mut chart = app.json(&format!("{DIBAO}/chart")).await["chart"].clone();
        chart["nodes"][1]["documents_out"] = json!((0..12).map(|number| format!("{number}{}", "文书".repeat(900))).collect::<Vec<_>>());
        let told = read(app, &editor, "application/json", "image/png", chart.to_string()).await;
        let problem = told.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["code"], "too-long", "each is short enough, and together they are not: {problem}");
    })
    .await;
}
