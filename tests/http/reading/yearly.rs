//! The figures of a year, against a small counting of their own, and clean-up rounds.

use std::collections::BTreeMap;

use chrono::{Datelike, FixedOffset, Utc};
use serde_json::{Value, json};

use crate::helpers::app::{TestApp, on_the_demo};

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
            // The records in force at the end of the year are those in the list of that day.
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

/// The records of a kind as they were at the end of a year, by code.
async fn at_the_end_of(app: &TestApp, kind: &str, year: i64) -> BTreeMap<String, Value> {
    let export = app.get(&format!("/v1/exports/{kind}.ndjson?as_of={year}-12-31")).await;
    let lines = export.text().lines().map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let records = lines.filter(|record| record["end"].is_null());
    records.map(|record| (record["code"].as_str().expect("a code").to_owned(), record)).collect()
}

/// A period in 1/56 of a working day.
fn units(period: &Value) -> Option<u64> {
    let each = match period["unit"].as_str()? {
        "working_day" => 56,
        "calendar_day" => 40,
        "hour" => 7,
        "month" => 1200,
        other => panic!("{other}"),
    };
    Some(period["value"].as_u64()? * each)
}

/// Half up, with so many decimals.
fn rounded(part: u64, whole: u64, scale: u64) -> Value {
    if whole == 0 { Value::Null } else { json!(((2 * part * scale + whole) / (2 * whole)) as f64 / scale as f64) }
}

fn is_online(item: &Value) -> bool {
    let depths = ["accept", "decide", "deliver", "pay", "full_process"];
    depths.contains(&item["online"]["depth"].as_str().expect("a depth"))
}

#[actix_web::test]
async fn how_things_stood_at_the_end_of_a_year_is_counted_in_the_records_of_that_day() {
    on_the_demo(async |app| {
        let mut seen = BTreeMap::new();
        for year in [2015, 2016, 2017, 2018, 2020, 2025] {
            let disclosure = app.json(&format!("/v1/summary?year={year}")).await["disclosure"].clone();
            let items = at_the_end_of(app, "items", year).await;
            let before = at_the_end_of(app, "items", year - 1).await;

            let newly = |has: &dyn Fn(&Value) -> bool| {
                let those = items.iter().filter(|(code, item)| has(item) && !before.get(*code).is_some_and(has));
                those.count()
            };
            let expected = json!({
                "chart": newly(&|item| !item["chart"].is_null()),
                "guide": newly(&|_| true),
                "online": newly(&is_online),
            });
            assert_eq!(disclosure["newly"], expected, "{year}");

            let asked: Vec<_> = items.values().filter(|item| item["initiation"] == "application").collect();
            let whole = asked.len() as u64;
            let share = |is: &dyn Fn(&Value) -> bool| {
                let count = asked.iter().filter(|item| is(item)).count() as u64;
                json!({ "count": count, "share": rounded(count, whole, 10_000) })
            };
            let materials: u64 = asked.iter().map(|item| item["materials"].as_array().map_or(0, Vec::len) as u64).sum();
            let limits: Vec<_> = asked
                .iter()
                .filter_map(|item| units(&item["legal_limit"]).zip(units(&item["promised_limit"])))
                .collect();
            let count = limits.len() as u64;
            let (legal, promised): (u64, u64) =
                (limits.iter().map(|limit| limit.0).sum(), limits.iter().map(|limit| limit.1).sum());
            let expected = json!({
                "items": whole,
                "immediate": share(&|item| item["handling_type"] == "immediate"),
                "online_in_full": share(&|item| item["online"]["depth"] == "full_process"),
                "at_most_one_visit": share(&|item| item["visits"].as_u64().expect("visits") <= 1),
                "materials": materials,
                "mean_materials": rounded(materials, whole, 100),
                "limits": {
                    "items": count,
                    "legal_units": legal,
                    "promised_units": promised,
                    "mean_legal_days": rounded(legal, count * 56, 100),
                    "mean_promised_days": rounded(promised, count * 56, 100),
                    "compression": rounded(legal - promised, legal, 10_000),
                },
            });
            assert_eq!(disclosure["handling"], expected, "{year}");

            let services: Vec<_> = items
                .values()
                .flat_map(|item| item["intermediary_services"].as_array().cloned().unwrap_or_default())
                .collect();
            let several = |service: &&Value| {
                let providers = service["providers"].as_array().expect("a list").iter().map(|one| one.as_str());
                providers.collect::<std::collections::BTreeSet<_>>().len() >= 2
            };
            let mandatory: Vec<_> = services.iter().filter(|service| service["mandatory"] == true).collect();
            let expected = json!({
                "total": services.len(),
                "with_choice": services.iter().filter(several).count(),
                "mandatory": mandatory.len(),
                "mandatory_with_choice": mandatory.iter().copied().filter(|service| several(service)).count(),
            });
            assert_eq!(disclosure["intermediary_services"], expected, "{year}");

            let mut fees = BTreeMap::new();
            for fee in at_the_end_of(app, "fees", year).await.values() {
                *fees.entry(fee["kind"].as_str().expect("a kind").to_owned()).or_insert(0) += 1;
            }
            assert_eq!(counted(&disclosure, "fees"), fees, "{year}");
            for (name, figure) in [
                ("charts", &disclosure["newly"]["chart"]),
                ("online", &disclosure["newly"]["online"]),
                ("limits", &disclosure["handling"]["limits"]["items"]),
                ("in full", &disclosure["handling"]["online_in_full"]["count"]),
                ("services", &disclosure["intermediary_services"]["total"]),
            ] {
                *seen.entry(name).or_insert(0) += figure.as_u64().expect("a count");
            }
        }
        assert!(seen.values().all(|count| *count > 0), "{seen:?}");
    })
    .await;
}

#[actix_web::test]
async fn what_was_done_in_a_year_is_told_with_its_documents_and_the_rounds_with_their_results() {
    on_the_demo(async |app| {
        let log = log(app).await;
        let mut rounds_seen = 0;
        for year in [2015, 2016, 2017, 2018, 2020, 2025] {
            let disclosure = app.json(&format!("/v1/summary?year={year}")).await["disclosure"].clone();
            let within: Vec<_> = log
                .iter()
                .filter(|line| year_in_china(line["published_at"].as_str().expect("an instant")) == year)
                .collect();
            let actions = disclosure["actions"].as_array().expect("a list");
            let told: BTreeMap<_, _> =
                actions.iter().map(|told| (told["action"].as_str().expect("text").to_owned(), told)).collect();
            assert_eq!(
                told.iter()
                    .map(|(action, told)| (action.clone(), told["count"].as_u64().expect("a count")))
                    .collect::<BTreeMap<_, _>>(),
                counted(&disclosure["in_year"], "action"),
                "{year}"
            );
            for (action, told) in told {
                let those: Vec<_> = within.iter().filter(|line| line["action"] == *action).collect();
                let without = those.iter().filter(|line| line["document"].is_null()).count();
                assert_eq!(told["without_document"], without, "{year} {action}");
                let mut documents: Vec<(Value, u64)> = Vec::new();
                for document in those.iter().map(|line| &line["document"]).filter(|document| !document.is_null()) {
                    match documents.iter_mut().find(|(known, _)| known == document) {
                        Some((_, count)) => *count += 1,
                        None => documents.push((document.clone(), 1)),
                    }
                }
                let documents: Vec<_> = documents
                    .into_iter()
                    .map(|(document, count)| json!({ "document": document, "count": count }))
                    .collect();
                assert_eq!(told["documents"], json!(documents), "{year} {action}");
            }

            let mut rounds = Vec::new();
            for line in within.iter().filter(|line| line["kind"] == "clean_up" && line["action"] == "create") {
                let key = line["key"].as_str().expect("a key");
                let results = app.json(&format!("/v1/clean-ups/{key}/results?as_of={year}-12-31")).await;
                let entries = results["items"].as_array().expect("a list").len();
                rounds.push(json!({
                    "code": key, "title": results["title"], "document_number": results["document_number"],
                    "decided": results["decided"], "entries": entries, "counts": results["counts"],
                }));
            }
            rounds_seen += rounds.len();
            assert_eq!(disclosure["clean_ups"], json!(rounds), "{year}");
        }
        assert!(rounds_seen > 0);
    })
    .await;
}

#[actix_web::test]
async fn the_quality_of_a_year_is_what_the_rules_find_on_its_last_day() {
    on_the_demo(async |app| {
        // If a year ends meanwhile, the figures stay: nothing is published here.
        let year = Utc::now().with_timezone(&FixedOffset::east_opt(8 * 3600).expect("China")).year();
        let disclosure = app.json(&format!("/v1/summary?year={year}")).await["disclosure"].clone();
        let report = format!("/v1/quality?on={year}-12-31&limit=1");
        let report = app.as_("auditor").get(&report).await.json();
        let quality = &disclosure["quality"];
        for same in ["today", "score", "scored", "rules"] {
            assert_eq!(quality[same], report[same], "{same}");
        }
        assert!(quality["score"].is_f64() && !quality["rules"].as_array().expect("a list").is_empty());

        let old = app.json("/v1/summary?year=2016").await["disclosure"]["quality"].clone();
        assert_eq!(old["today"], "2016-12-31");
        let in_force = app.json("/v1/items?as_of=2016-12-31&status=in_force&limit=1").await;
        assert_eq!(old["scored"], in_force["total"]);
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
