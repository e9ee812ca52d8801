//! The figures of a year, against a small counting of their own, and clean-up rounds.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::{TestApp, on_the_demo};

/// Every line of the log.
async fn log(app: &TestApp) -> Vec<Value> {
    let (mut lines, mut since) = (Vec::new(), json!(0));
    loop {
        let page = app.json(&format!("/v1/changes?since={since}&limit=200")).await;
        let more = page["changes"].as_array().or(page["items"].as_array()).expect("a list").clone();
        let Some(last) = more.last() else { return lines };
        since = last["seq"].clone();
        lines.extend(more);
    }
}

/// The year in China of an instant in RFC 3339.
fn year_in_china(at: &str) -> i64 {
    let at: chrono::DateTime<chrono::Utc> = at.parse().expect("an instant");
    (at + chrono::TimeDelta::hours(8)).format("%Y").to_string().parse().expect("a year")
}

fn counted(figures: &Value, by: &str) -> BTreeMap<String, u64> {
    let rows = figures[by].as_array().expect("a list").iter();
    rows.map(|row| (row["value"].as_str().expect("text").to_owned(), row["count"].as_u64().expect("a count"))).collect()
}

#[actix_web::test]
async fn the_figures_of_a_year_are_those_that_anybody_counts_in_the_log() {
    on_the_demo(async |app| {
        let log = log(app).await;
        for year in [2015, 2016, 2017, 2018, 2020, 2025] {
            let summary = app.json(&format!("/v1/summary?year={year}")).await;
            let disclosure = &summary["disclosure"];
            let of = |line: &&Value| year_in_china(line["published_at"].as_str().expect("an instant"));
            let until: Vec<_> = log.iter().filter(|line| of(line) <= year).collect();
            let within: Vec<_> = until.iter().copied().filter(|line| of(line) == year).collect();
            for (figures, lines) in [(&disclosure["in_year"], within), (&disclosure["ever"], until.clone())] {
                let those = |actions: &[&str]| {
                    lines.iter().filter(|line| actions.contains(&line["action"].as_str().expect("text"))).count()
                };
                assert_eq!(figures["published"], lines.len() - those(&["erase"]), "{year}");
                assert_eq!(figures["created"], those(&["create"]), "{year}");
                assert_eq!(
                    figures["adjusted"],
                    those(&["amend", "delegate", "renumber", "suspend", "reinstate"]),
                    "{year}"
                );
                assert_eq!(figures["cancelled"], those(&["cancel", "merge"]), "{year}");
                assert_eq!(
                    figures["publications"],
                    lines.iter().filter(|line| line["seq"] == line["publication"]).count()
                );
                let (mut kinds, mut lists, mut channels) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
                for line in lines.iter().filter(|line| line["action"] != "erase") {
                    *kinds.entry(line["kind"].as_str().expect("text").to_owned()).or_insert(0) += 1;
                    for channel in line["channels"].as_array().expect("a list") {
                        *channels.entry(channel.as_str().expect("text").to_owned()).or_insert(0) += 1;
                    }
                    if let Some(list) = line["body"]["list"].as_str() {
                        *lists.entry(list.to_owned()).or_insert(0) += 1;
                        if list == "power" {
                            *lists.entry("responsibility".to_owned()).or_insert(0) += 1;
                        }
                    }
                }
                assert_eq!((counted(figures, "kind"), counted(figures, "list")), (kinds, lists), "{year}");
                assert_eq!(counted(figures, "channel"), channels, "{year}");
            }
            // What is in force at the end of the year is what the list of that day holds.
            for list in ["power", "service"] {
                let then = app.json(&format!("/v1/items?list={list}&as_of={year}-12-31&limit=1")).await;
                let count = counted(&summary["items"], "list").get(list).copied().unwrap_or(0);
                assert_eq!(then["total"], count, "{year} {list}");
            }
            assert_eq!(disclosure["until"], until.last().map_or(json!(0), |line| line["seq"].clone()), "{year}");
            assert_eq!(summary, app.json(&format!("/v1/summary?year={year}&as_of={}", log.len())).await);
        }
        for wrong in ["1900", "2999", "last"] {
            app.get(&format!("/v1/summary?year={wrong}")).await.expect_problem(400, "invalid-query");
        }
        assert!(app.json("/v1/summary").await.get("disclosure").is_none());
    })
    .await;
}

#[actix_web::test]
async fn a_clean_up_round_counts_its_results_and_leads_to_what_became_of_each_item() {
    on_the_demo(async |app| {
        for code in app.walk("/v1/clean-ups").await {
            let results = app.json(&format!("/v1/clean-ups/{code}/results")).await;
            let round = app.json(&format!("/v1/clean-ups/{code}")).await;
            assert_eq!(results["document_number"], round["document_number"]);
            let entries = round["entries"].as_array().expect("a list");
            for counted in results["counts"].as_array().expect("a list") {
                let these = entries.iter().filter(|entry| entry["action"] == counted["action"]).count();
                assert_eq!(counted["count"], these, "{code} {counted}");
            }
            for action in ["retained", "cancelled", "delegated", "merged", "adjusted"] {
                let counts = results["counts"].as_array().expect("a list");
                assert!(counts.iter().any(|counted| counted["action"] == action), "{action}");
            }
            let items = results["items"].as_array().expect("a list");
            assert_eq!(items.len(), entries.len());
            for item in items {
                for named in [&item["item"], &item["successor"], &item["to_organisation"]]
                    .into_iter()
                    .filter(|named| !named.is_null())
                {
                    let record = app.json(named["link"].as_str().expect("a link")).await;
                    assert_eq!((&record["meta"]["status"], &record["name"]), (&named["status"], &named["name"]));
                    assert_eq!(record["meta"]["successor"], named["successor"]);
                }
                match item["action"].as_str() {
                    Some("cancelled") => assert_eq!(item["item"]["status"], "cancelled"),
                    Some("merged") => {
                        assert_eq!(item["item"]["status"], "merged");
                        assert_eq!(item["item"]["successor"], item["successor"]["current_code"]);
                    }
                    _ => assert_eq!(item["item"]["status"], "in_force"),
                }
            }
            let page = app.get(&format!("/clean-ups/{code}")).await;
            page.expect_status(200);
            for address in page.text().split("href=\"/v1/items/").skip(1).filter_map(|rest| rest.split('"').next()) {
                app.get(&format!("/v1/items/{address}")).await.expect_status(200);
            }
        }
    })
    .await;
}
