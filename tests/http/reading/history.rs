//! Revisions, comparisons, clean-up rounds.

use qingdan::values::code_lists::Action;
use serde_json::json;

use crate::helpers::app::{on_a_demo_of_its_own, on_both_databases, on_the_demo, organisation, patched, place, step};

const A: &str = "11350121003619116B";
const B: &str = "11350121003610146D";
const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";

#[actix_web::test]
async fn every_revision_says_who_when_and_why() {
    on_the_demo(async |app| {
        let page = app.json(&format!("{DIBAO}/revisions")).await;
        assert_eq!(page["total"], 2);
        let [first, second] = page["items"].as_array().expect("rows").as_slice() else { panic!("two revisions") };
        assert_eq!((&first["action"], &first["revision"]), (&"create".into(), &1.into()));
        assert_eq!(first["published_at"], "2016-12-20T01:00:00Z");
        assert_eq!(first["reason"], "首次公布（示例数据，非官方发布 · illustrative data, not official）");
        assert_eq!((&second["action"], &second["revision"]), (&"amend".into(), &2.into()));
        assert_eq!(second["reason"], "压缩承诺时限");
        assert!(second["document"]["title"].as_str().is_some_and(|title| title.contains("调整权责清单")));
        assert_eq!(second["by"]["code"], "11350121003619116B");
    })
    .await;
}

#[actix_web::test]
async fn an_old_revision_is_answered_as_it_was() {
    on_the_demo(async |app| {
        let first = app.json(&format!("{DIBAO}/revisions/1")).await;
        assert_eq!(first["promised_limit"]["value"], 20);
        assert_eq!(first["meta"]["revision"], 1);
        let second = app.json(&format!("{DIBAO}/revisions/2")).await;
        assert_eq!(second["promised_limit"]["value"], 15);
        let suspended = app.json("/v1/items/12350121488102253E5352022001000/revisions/2").await;
        assert_eq!(
            (&suspended["meta"]["action"], &suspended["meta"]["status"]),
            (&"suspend".into(), &"suspended".into())
        );
    })
    .await;
}

#[actix_web::test]
async fn a_comparison_names_what_differs_in_chinese() {
    on_the_demo(async |app| {
        let comparison = app.json(&format!("{DIBAO}/compare?from=1&to=2")).await;
        assert_eq!((&comparison["from"]["revision"], &comparison["to"]["revision"]), (&1.into(), &2.into()));
        let differences = comparison["differences"].as_array().expect("differences");
        let limit = differences.iter().find(|one| one["pointer"] == "/promised_limit").expect("the promised limit");
        assert_eq!(limit["label"], "承诺办结时限");
        assert_eq!((&limit["from"]["value"], &limit["to"]["value"]), (&20.into(), &15.into()));
        assert!(differences.iter().all(|one| one["label"].as_str().is_some_and(|label| !label.is_empty())));
        assert_eq!(app.json(&format!("{DIBAO}/compare")).await, comparison, "the last two, unless told otherwise");
        let merged = app.json("/v1/items/12350121488101808K5352081002000/compare").await;
        let merged = merged["differences"].as_array().expect("differences").clone();
        let pointers: Vec<_> = merged.iter().map(|one| &one["pointer"]).collect();
        assert_eq!(pointers, ["/meta/status", "/meta/successor"]);
        let same = app.json(&format!("{DIBAO}/compare?from=2&to=2")).await;
        assert_eq!(same["differences"], serde_json::json!([]));
    })
    .await;
}

#[actix_web::test]
async fn comparisons_of_long_texts_are_bounded_and_say_that_there_is_more() {
    on_a_demo_of_its_own(async |app| {
        let key = "11350121003619116B5000511001000";
        assert_eq!(app.json(&format!("{DIBAO}/compare")).await["more"], false);
        assert_eq!(app.json(&format!("{DIBAO}/check?revision=1")).await["more"], false);
        for characters in ["甲乙丙丁", "戊己庚辛"] {
            let clause = |seq: usize| json!({ "seq": seq, "text": format!("{seq}{}", characters.repeat(490)) });
            let clauses: Vec<_> = (1..=100).map(clause).collect();
            let body = patched(&app, DIBAO, &json!({ "conditions": clauses })).await;
            app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect("published");
        }

        for path in [format!("{DIBAO}/compare?from=3&to=4"), format!("{DIBAO}/check?revision=3")] {
            let answer = app.get(&path).await;
            answer.expect_status(200);
            let told = answer.json();
            assert!(
                told["more"] == true && told["differences"].as_array().is_some_and(|told| told.len() > 100),
                "{path}"
            );
            assert!(answer.text().len() < 1_200_000, "{path}: {}", answer.text().len());
        }
        for path in [format!("/items/{key}/compare?from=3&to=4"), format!("{DIBAO}/check?revision=3")] {
            let page = app.get_with(&path, &[("accept", "text/html")]).await;
            page.expect_status(200);
            assert!(page.text().contains("以上只列出一部分") && page.text().len() < 1_500_000, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_delegation_is_logged_as_what_it_is() {
    on_the_demo(async |app| {
        let item = app.json("/v1/items/11350121003619116B5001015001000").await;
        assert_eq!(item["meta"]["action"], "delegate");
        assert_eq!(item["name"], "农村村民住宅用地审批");
    })
    .await;
}

#[actix_web::test]
async fn a_clean_up_round_leads_to_its_items_and_their_successors() {
    on_the_demo(async |app| {
        let rounds = app.json("/v1/clean-ups?action=merged").await;
        assert_eq!(rounds["items"][0]["code"], "clean-up-2018");
        let round = app.json("/v1/clean-ups/clean-up-2018").await;
        assert_eq!(round["entries"][0]["action"], "merged");
        let statuses: Vec<_> =
            round["embedded"]["items"].as_array().expect("items").iter().map(|item| &item["status"]).collect();
        assert!(statuses.contains(&&"merged".into()) && statuses.contains(&&"cancelled".into()));
        let of_item = app.json("/v1/clean-ups?item=11350121003619116B5000423001000").await;
        assert_eq!(of_item["items"][0]["code"], "clean-up-2021");
    })
    .await;
}

#[actix_web::test]
async fn a_comparison_tells_inserted_from_deleted_text_and_says_where_it_stands() {
    on_the_demo(async |app| {
        let own = "/v1/items/11350121003619116B5000511001000";
        let comparison = app.json(&format!("{own}/compare?from=1&to=2")).await;
        let differences = comparison["differences"].as_array().expect("a list");
        let answer = differences.iter().find(|one| one["pointer"] == "/faqs/0/answer").expect("the answer changed");
        assert!(answer["within"].as_str().is_some_and(|within| within.starts_with("常见问题“")), "{answer}");
        let text = |without: &str| -> String {
            let spans = answer["spans"].as_array().expect("spans").iter().filter(|span| span["change"] != without);
            spans.map(|span| span["text"].as_str().expect("text")).collect()
        };
        assert_eq!(json!([text("inserted"), text("deleted")]), json!([answer["from"], answer["to"]]));

        let page = app.get("/items/11350121003619116B5000511001000/compare?from=1&to=2").await;
        page.expect_status(200);
        assert!(page.text().contains("自受理之日起<del>20</del><ins>15</ins>个工作日"));
        assert!(page.text().contains("≠修改") && page.text().contains("压缩承诺时限"));
        assert!(!page.text().contains("<script"));
    })
    .await;
}

#[actix_web::test]
async fn the_difference_of_two_charts_is_drawn() {
    on_the_demo(async |app| {
        let own = "/v1/items/11350121003619116B5000511001000";
        let drawn = app.get(&format!("{own}/compare.svg?from=1&to=2")).await;
        drawn.expect_status(200);
        assert_eq!(drawn.header("content-type"), "image/svg+xml; charset=utf-8");
        assert!(drawn.text().contains("修改环节“入户调查”：时限由8个工作日改为6个工作日"));
        assert_eq!(app.get(&format!("{own}/compare.svg")).await.text(), drawn.text());
        app.get(&format!("{own}/compare.svg?from=0")).await.expect_problem(400, "invalid-query");
        app.get(&format!("{own}/compare.svg?to=9")).await.expect_problem(404, "not-found");
        app.get_with(&format!("{own}/compare.svg"), &[("accept", "text/html")])
            .await
            .expect_problem(406, "not-acceptable");
    })
    .await;
}

#[actix_web::test]
async fn every_record_has_a_page_of_its_revisions_that_leads_to_comparisons_and_back_in_time() {
    on_the_demo(async |app| {
        for (kind, key) in [
            ("items", "11350121003619116B5000511001000"),
            ("fees", "fee-medical-premium"),
            ("organisations", "11350121003610496K"),
        ] {
            let page = app.get(&format!("/{kind}/{key}/history")).await;
            page.expect_status(200);
            for link in page.text().split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let link = link.replace("&amp;", "&");
                if link.contains(key) {
                    app.get(&link).await.expect_status(200);
                }
            }
            assert!(page.text().contains("/compare?from=1&amp;to=2") && page.text().contains("?as_of="));
        }
        app.get("/items/nothing/history").await.expect_status(404);
        app.get("/nothing/nothing/history").await.expect_status(404);
    })
    .await;
}

#[actix_web::test]
async fn a_comparison_calls_other_records_what_they_were_called_at_each_revision() {
    on_both_databases(async |app| {
        let create = |kind, key, body| step(kind, Action::Create, key, Some(body));
        let called = async |code, name| {
            let renamed = patched(&app, &format!("/v1/organisations/{code}"), &json!({ "name": name })).await;
            app.publish(vec![step("organisation", Action::Amend, code, Some(renamed))]).await.expect("published");
        };
        // The place comes first: what it names is part of the same publication.
        let hall = create("place", "hall", place("hall", A));
        let offices =
            [(A, "甲乡一"), (B, "乙乡一")].map(|(code, name)| create("organisation", code, organisation(code, name)));
        app.publish([hall].into_iter().chain(offices).collect()).await.expect("published");
        called(A, "甲乡二").await;
        called(B, "乙乡二").await;
        let moved = patched(&app, "/v1/places/hall", &json!({ "organisation": B })).await;
        app.publish(vec![step("place", Action::Amend, "hall", Some(moved))]).await.expect("published");
        called(A, "甲乡三").await;
        called(B, "乙乡三").await;

        let page = app.get("/places/hall/compare?from=1&to=2").await;

        page.expect_status(200);
        assert!(page.text().contains("<del lang=\"zh-CN\">甲乡一</del>"), "{}", page.text());
        assert!(page.text().contains("<ins lang=\"zh-CN\">乙乡二</ins>"), "{}", page.text());
        let back = app.get("/places/hall/compare?from=2&to=1").await;
        assert!(back.text().contains("<del lang=\"zh-CN\">乙乡二</del>") && back.text().contains("甲乡一"));
    })
    .await;
}

#[actix_web::test]
async fn a_name_that_was_erased_is_told_on_no_comparison() {
    on_both_databases(async |app| {
        let create = |kind, key, body| step(kind, Action::Create, key, Some(body));
        let offices =
            [(A, "甲乡"), (B, "乙乡")].map(|(code, name)| create("organisation", code, organisation(code, name)));
        let hall = create("place", "hall", place("hall", A));
        app.publish(offices.into_iter().chain([hall]).collect()).await.expect("published");
        let moved = patched(&app, "/v1/places/hall", &json!({ "organisation": B })).await;
        let renamed = patched(&app, &format!("/v1/organisations/{A}"), &json!({ "name": "丙乡" })).await;
        let steps =
            [step("place", Action::Amend, "hall", Some(moved)), step("organisation", Action::Amend, A, Some(renamed))];
        app.publish(steps.into()).await.expect("published");
        let erase = step("organisation", Action::Erase, A, None);
        app.publish(vec![qingdan::register::publication::Step { revision: Some(1), ..erase }]).await.expect("erased");

        let page = app.get("/places/hall/compare?from=1&to=2").await;

        assert!(page.text().contains(&format!("<del lang=\"zh-CN\">{A}</del>")), "{}", page.text());
        assert!(page.text().contains("<ins lang=\"zh-CN\">乙乡</ins>") && !page.text().contains("甲乡"));
    })
    .await;
}
