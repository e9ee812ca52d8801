//! Lists: filters, facets, order, sparse rows, many at once.

use std::collections::BTreeSet;

use qingdan::model::{KINDS, kinds::Facet};

use serde_json::Value;

use crate::helpers::app::{codes_of, on_the_demo};

#[actix_web::test]
async fn the_demonstration_register_lists_187_items() {
    on_the_demo(async |app| {
        let page = app.json("/v1/items").await;
        assert_eq!(page["total"], 187);
        assert_eq!(page["items"].as_array().map(Vec::len), Some(20));
        assert_eq!(app.json("/v1/items?status=cancelled").await["total"], 4);
        assert_eq!(app.json("/v1/items?status=merged").await["total"], 2);
        assert_eq!(app.json("/v1/items?status=cancelled&status=merged&status=in_force").await["total"], 193);
    })
    .await;
}

#[actix_web::test]
async fn every_filter_of_every_kind_selects_what_its_example_says() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let all: BTreeSet<_> = app.walk(&format!("/v1/{}?limit=200", kind.path)).await.into_iter().collect();
            for filter in kind.filters {
                let value = percent_encoding::utf8_percent_encode(filter.example, percent_encoding::NON_ALPHANUMERIC);
                let path = format!("/v1/{}?{}={value}&limit=200", kind.path, filter.name);
                let some: BTreeSet<_> = app.walk(&path).await.into_iter().collect();
                assert!(!some.is_empty(), "{path} selects nothing");
                assert!(some.is_subset(&all), "{path}");
                // If it selects everything, all records of the demonstration really have the value.
                let facet = filter.facet != Facet::None;
                let counts =
                    app.json(&format!("/v1/{}?facets={}", kind.path, if facet { filter.name } else { "status" })).await;
                let shared = |count: &Value| count["count"] == counts["total"];
                let by_all = counts["facets"][filter.name].as_array().is_some_and(|counts| counts.iter().any(shared));
                let below = filter.name == "division";
                assert!(some.len() < all.len() || by_all || below, "{path} selects everything");
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn a_filter_given_twice_means_either_and_two_filters_mean_both() {
    on_the_demo(async |app| {
        let total =
            async |query: &str| app.json(&format!("/v1/items?{query}")).await["total"].as_u64().expect("a number");
        let benefit = total("category=administrative_benefit").await;
        let reward = total("category=administrative_reward").await;
        assert_eq!(total("category=administrative_benefit&category=administrative_reward").await, benefit + reward);
        assert_eq!(total("category=administrative_benefit&list=service").await, 0);
        assert_eq!(total("list=power").await + total("list=service").await, 187);
        assert_eq!(total("list=responsibility").await, total("list=power").await);
        assert_eq!(total("delegated=true").await + total("delegated=false").await, 187);
        assert_eq!(total("division=350121202").await, 187);
        assert_eq!(total("division=350000").await, 187);
        assert_eq!(total("division=350122").await, 0);
    })
    .await;
}

#[actix_web::test]
async fn the_responsibility_list_shows_duties_and_accountability() {
    on_the_demo(async |app| {
        let page = app.json("/v1/items?list=responsibility&limit=5").await;
        for row in page["items"].as_array().expect("rows") {
            assert!(row["responsibilities"].as_array().is_some_and(|list| !list.is_empty()), "{row}");
            assert!(row["accountability"].as_array().is_some_and(|list| !list.is_empty()), "{row}");
        }
        assert!(app.json("/v1/items?list=power&limit=1").await["items"][0].get("responsibilities").is_none());
    })
    .await;
}

#[actix_web::test]
async fn facets_of_single_valued_fields_sum_to_the_total() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let single: Vec<_> =
                kind.filters.iter().filter(|filter| filter.facet == Facet::Single).map(|filter| filter.name).collect();
            let names = single.iter().copied().chain(["status"]).collect::<Vec<_>>().join(",");
            for query in ["", "&q=0591", "&changed_since=2018-01-01"] {
                let page = app.json(&format!("/v1/{}?facets={names}{query}", kind.path)).await;
                for name in names.split(',') {
                    let counts = page["facets"][name].as_array().expect("counts");
                    let sum: u64 = counts.iter().map(|count| count["count"].as_u64().expect("a count")).sum();
                    assert_eq!(page["total"], sum, "{} {name} {query}", kind.path);
                    assert!(counts.iter().all(|count| count["label"].as_str().is_some_and(|label| !label.is_empty())));
                }
            }
        }
        let page = app.json("/v1/items?facets=category&facets=organisation,division").await;
        assert_eq!(page["facets"]["division"][0]["label"], "洋里乡");
        assert_eq!(page["facets"]["organisation"].as_array().map(|counts| counts.len() > 3), Some(true));
    })
    .await;
}

#[actix_web::test]
async fn a_joint_organisation_finds_the_items_it_handles_with_others() {
    on_the_demo(async |app| {
        let page = app.json("/v1/items?organisation=11350121003611456N").await;
        assert_eq!(page["total"], 2);
        assert!(codes_of(&page).iter().all(|code| code.starts_with("11350121003619116B")));
    })
    .await;
}

#[actix_web::test]
async fn many_are_got_at_once_and_the_missing_are_named() {
    on_the_demo(async |app| {
        let mut codes = app.walk("/v1/items?limit=200").await;
        codes.truncate(150);
        let query: Vec<_> = codes.iter().map(|code| format!("code={code}")).collect();
        let page = app.json(&format!("/v1/items?{}&code=nothing", query.join("&"))).await;
        assert_eq!(codes_of(&page), codes);
        assert_eq!(page["missing"], serde_json::json!(["nothing"]));
        let none = app.json(&format!("/v1/items?code={}&list=service&code=x&code=x", codes[0])).await;
        assert_eq!(none["missing"], serde_json::json!([codes[0], "x"]), "those that are not in the result, once");
        let folded = app.json("/v1/items?code=11350121003619116b5000511001000").await;
        assert_eq!((&folded["total"], &folded["missing"]), (&1.into(), &serde_json::json!([])));
        let cancelled = app.json("/v1/items?code=11350121003619116B5000423001000").await;
        assert_eq!(cancelled["items"][0]["status"], "cancelled", "who asks by code is told what became of it");
        let many = vec!["code=a"; 201].join("&");
        app.get(&format!("/v1/items?{many}")).await.expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn rows_can_be_sparse() {
    on_the_demo(async |app| {
        let row = &app.json("/v1/items?limit=1&fields=name,legal_bases&fields=meta,name").await["items"][0];
        let names: Vec<_> = row.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(names, ["code", "name", "legal_bases", "meta"]);
        assert!(row["meta"]["shown_seq"].is_number());
    })
    .await;
}

#[actix_web::test]
async fn lists_are_sorted_by_code_or_by_publication() {
    on_the_demo(async |app| {
        let codes = app.walk("/v1/items?limit=50").await;
        assert!(codes.is_sorted());
        let rows = app.json("/v1/items?sort=published_at&limit=200").await;
        let times: Vec<_> =
            rows["items"].as_array().expect("rows").iter().map(|row| row["published_at"].as_str()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older));
        assert_eq!(times[0], Some("2025-10-01T01:00:00Z"));
        let walked = app.walk("/v1/items?sort=published_at&limit=7").await;
        assert_eq!(walked, codes_of(&rows));
    })
    .await;
}

#[actix_web::test]
async fn what_changed_since_a_change_or_a_time_is_found() {
    on_the_demo(async |app| {
        let total = async |since: &str| app.json(&format!("/v1/items?changed_since={since}")).await["total"].as_u64();
        assert_eq!(total("0").await, Some(193), "cancelled and merged ones changed, too");
        assert_eq!(total("0&status=in_force").await, Some(187));
        assert_eq!(total("383").await, Some(0));
        assert_eq!(total("2025-10-01").await, total("2025-10-01T09:00:00%2B08:00").await);
        let late = app.json("/v1/items?changed_since=2025-07-01&limit=50").await;
        let created = late["items"].as_array().expect("rows").iter().filter(|row| row["revision"] == 1).count();
        assert_eq!(created, 6, "six were created in 2025");
        assert_eq!(total("2999-01-01").await, Some(0));
        let cancelled = app.json("/v1/items?changed_since=2023-01-01&status=cancelled").await;
        assert_eq!(codes_of(&cancelled), ["12350121488102253E5352022004000"]);
        let swallowed = app.get("/v1/items?changed_since=20170101").await.expect_problem(400, "invalid-query");
        assert_eq!(swallowed["errors"][0]["value"], "20170101", "a date is no seq");
    })
    .await;
}

#[actix_web::test]
async fn places_are_found_near_a_point_and_open_at_an_instant() {
    on_the_demo(async |app| {
        let near = app.json("/v1/places?near=119.0312,26.2561&limit=200").await;
        let rows = near["items"].as_array().expect("rows");
        let metres: Vec<_> = rows.iter().map(|row| row["distance_m"].as_i64().expect("metres")).collect();
        assert!(metres.is_sorted() && metres[0] < 100, "{metres:?}");
        let items = app.json("/v1/items?near=119.0312,26.2561&limit=200&fields=name").await;
        assert_eq!(items["total"], app.json("/v1/items?initiation=application").await["total"]);
        let metres: Vec<_> =
            items["items"].as_array().expect("rows").iter().map(|row| row["distance_m"].as_i64()).collect();
        assert!(metres.is_sorted());
        assert_eq!(app.walk("/v1/items?near=119.0312,26.2561&limit=9").await.len(), metres.len());

        let open = async |instant: &str| app.json(&format!("/v1/places?open_at={instant}")).await["total"].as_u64();
        assert_eq!(open("2026-11-22T03:00:00%2B08:00").await, Some(0), "in the night");
        assert!(open("2026-11-23T09:00:00%2B08:00").await > Some(0), "on a Monday morning");
        let hall = "/v1/places?code=yangli-hall&open_at=2017-01-30T09:00:00%2B08:00";
        assert_eq!(app.json(hall).await["total"], 0, "closed for the spring festival");
        let items = app.json("/v1/items?open_at=2026-11-23T09:00:00%2B08:00").await["total"].as_u64();
        assert!(items > Some(100), "{items:?}");
    })
    .await;
}

#[actix_web::test]
async fn an_identifier_of_another_system_finds_its_item() {
    on_the_demo(async |app| {
        let page = app.json("/v1/items?identifier=county:%E4%BE%AF%E6%B4%8B%E6%B8%85010001").await;
        assert_eq!(codes_of(&page), ["11350121003619116B5000105001000"]);
    })
    .await;
}
