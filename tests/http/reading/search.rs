//! Search through the interface: the golden set, highlights, and what was just published.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use qingdan::values::code_lists::Action;
use serde_json::{Value, json};

use crate::helpers::app::{codes_of, on_a_demo_of_its_own, on_the_demo, patched, step};

fn search(q: &str) -> String {
    format!("/v1/items?q={}", utf8_percent_encode(q, NON_ALPHANUMERIC))
}

#[actix_web::test]
async fn the_golden_set_finds_what_people_look_for_first() {
    let golden: Vec<Value> = serde_json::from_str(include_str!("search_golden.json")).expect("a list");
    assert!(golden.len() >= 60);
    on_the_demo(async |app| {
        let mut wrong = Vec::new();
        for case in &golden {
            let q = case["q"].as_str().expect("a query");
            let first = codes_of(&app.json(&format!("{}&limit=1", search(q))).await);
            let acceptable: Vec<_> =
                case["first"].as_array().expect("codes").iter().filter_map(Value::as_str).collect();
            let fits = first.first().map_or(acceptable.is_empty(), |first| acceptable.contains(&first.as_str()));
            if !fits {
                wrong.push(format!("{q}: {first:?}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    })
    .await;
}

#[actix_web::test]
async fn every_form_of_a_query_finds_the_same_item_first() {
    on_the_demo(async |app| {
        let dibao = "11350121003619116B5000511001000";
        for q in ["低保", "dibao", "db", "ＤＩＢＡＯ", dibao, "最低 保障", "低保  审核"] {
            assert_eq!(codes_of(&app.json(&search(q)).await)[0], dibao, "{q}");
        }
        assert!(app.json(&search("保")).await["total"].as_u64() > Some(20));
    })
    .await;
}

#[actix_web::test]
async fn characters_are_never_found_by_sound() {
    on_the_demo(async |app| {
        let found = app.json(&format!("{}&limit=200&fields=name&highlight=true", search("布"))).await;
        for row in found["items"].as_array().expect("rows") {
            assert!(row["highlight"].to_string().contains('布'), "{row}");
        }
        assert_eq!(app.json(&search("龘")).await["total"], 0);
    })
    .await;
}

#[actix_web::test]
async fn highlights_show_where_the_text_was_found() {
    on_the_demo(async |app| {
        let row = &app.json(&format!("{}&highlight=true&limit=1", search("低保"))).await["items"][0];
        let segments = row["highlight"]["aliases"].as_array().expect("found in an alias");
        assert!(segments.contains(&json!({ "text": "低保", "match": true })), "{segments:?}");
        let name = &app.json(&format!("{}&highlight=true&limit=1", search("宅基地"))).await["items"][0];
        assert!(name["highlight"].as_object().is_some_and(|shown| !shown.is_empty()), "{name}");
    })
    .await;
}

#[actix_web::test]
async fn highlights_are_of_what_was_searched_names_by_sound_and_other_texts_as_written() {
    on_the_demo(async |app| {
        let row = async |q: &str, more: &str| {
            app.json(&format!("{}&highlight=true&limit=1{more}", search(q))).await["items"][0].clone()
        };
        let shown = |row: &Value| -> Vec<String> {
            row["highlight"].as_object().expect("highlights").keys().cloned().collect()
        };
        let by_name = row("zuidishenghuo", "").await;
        assert_eq!(by_name["highlight"]["name"][0], json!({ "text": "最低生活", "match": true }));
        assert_eq!(shown(&by_name), ["name"], "the summary has it, too, but is not searched by sound");
        assert_eq!(shown(&row("最低生活", "").await), ["name", "summary"]);

        let condition = "人均收入低于当地最低生活保障标准";
        let in_body = row(condition, "").await;
        assert_eq!(shown(&in_body), ["body"]);
        let segments = in_body["highlight"]["body"].as_array().expect("segments");
        assert!(segments.contains(&json!({ "text": condition, "match": true })), "{segments:?}");
        assert!(segments[0]["text"] == "…" && segments.last().is_some_and(|last| last["text"] == "…"));

        // Whatever else a row has, it is the same highlight, and the fields are those of the record.
        let code = in_body["code"].as_str().expect("a code");
        let whole = app.json(&format!("/v1/items/{code}")).await;
        let chosen = row(condition, "&fields=name,conditions,places").await;
        assert_eq!(chosen["highlight"], in_body["highlight"]);
        assert_eq!((&chosen["conditions"], &chosen["name"]), (&whole["conditions"], &whole["name"]));
        assert_eq!(chosen.as_object().map(|row| row.len()), Some(5), "code, three fields, highlight");
    })
    .await;
}

#[actix_web::test]
async fn what_is_published_is_found_at_once_and_what_is_replaced_no_more() {
    on_a_demo_of_its_own(async |app| {
        let key = "11350121003619116B5000511001000";
        let body = patched(&app, &format!("/v1/items/{key}"), &json!({ "aliases": ["兜底保障金"] })).await;
        app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect("it is valid");

        assert_eq!(codes_of(&app.json(&search("兜底")).await), [key]);
        assert_eq!(codes_of(&app.json(&search("doudi")).await)[0], key);
        let first = codes_of(&app.json(&search("低保金")).await);
        assert!(!first.contains(&key.to_owned()), "{first:?}");
    })
    .await;
}

#[actix_web::test]
async fn all_kinds_of_records_can_be_searched() {
    on_the_demo(async |app| {
        for (path, q, code) in [
            ("organisations", "洋里乡政府", "11350121003619116B"),
            ("organisations", "ylxzf", "11350121003619116B"),
            ("places", "便民服务中心", "yangli-hall"),
            ("legal-instruments", "行政许可法", "lex-xzxk"),
            ("legal-instruments", "主席令第七号", "lex-xzxk"),
            ("fees", "shuifei", "fee-rural-water"),
            ("intermediaries", "测绘", "91350100MA3450011C"),
            ("clean-ups", "2018", "clean-up-2018"),
        ] {
            let path = search(q).replace("/v1/items", &format!("/v1/{path}"));
            assert_eq!(codes_of(&app.json(&path).await).first().map(String::as_str), Some(code), "{path}");
        }
    })
    .await;
}
