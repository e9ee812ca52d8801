//! One record: what it says, and how it hangs together with others.

use crate::helpers::app::on_the_demo;

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";

#[actix_web::test]
async fn an_item_is_answered_whole_with_what_it_shows_of_others() {
    on_the_demo(async |app| {
        let item = app.json(DIBAO).await;
        assert_eq!(item["name"], "最低生活保障对象审核");
        assert_eq!(item["aliases"][0], "低保");
        assert_eq!(item["promised_limit"]["value"], 15, "shortened in 2017");
        assert!(item["chart"]["nodes"].as_array().is_some_and(|nodes| nodes.len() > 4));
        assert_eq!(item["meta"]["kind"], "item");
        assert_eq!(item["meta"]["status"], "in_force");
        assert_eq!(item["meta"]["revision"], 2);
        assert_eq!(item["meta"]["published_at"], "2017-06-01T01:00:00Z");
        assert_eq!(item["meta"]["reason"], "压缩承诺时限");
        assert_eq!(item["meta"]["by"]["name"], "闽侯县洋里乡人民政府");
        assert_eq!(item["embedded"]["organisation"]["name"], "闽侯县洋里乡人民政府");
        assert_eq!(item["embedded"]["places"][0]["phones"][0]["value"], "0591-26000023");
        assert!(item["embedded"]["instruments"][0]["title"].is_string());
        assert_eq!(item["links"]["self"], DIBAO);
    })
    .await;
}

#[actix_web::test]
async fn every_link_of_a_record_leads_somewhere() {
    on_the_demo(async |app| {
        let paths = [
            DIBAO,
            "/v1/organisations/11350121003619116B",
            "/v1/places/yangli-hall",
            "/v1/fees/fee-rural-water",
            "/v1/legal-instruments/lex-xzxk",
            "/v1/intermediaries/91350100MA3450011C",
            "/v1/clean-ups/clean-up-2018",
            "/v1",
        ];
        for path in paths {
            for link in strings(&app.json(path).await["links"]) {
                app.get(&link).await.expect_status(200);
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn records_and_items_are_linked_both_ways() {
    on_the_demo(async |app| {
        for (path, filter) in [
            ("/v1/organisations/12350121488101808K", "organisation=12350121488101808K"),
            ("/v1/places/yangli-hall", "place=yangli-hall"),
            ("/v1/legal-instruments/lex-tdgl", "legal_instrument=lex-tdgl"),
        ] {
            let link = app.json(path).await["links"]["items"].as_str().expect("a link").to_owned();
            assert_eq!(link, format!("/v1/items?{filter}"));
            assert!(app.json(&link).await["total"].as_u64() > Some(0), "{link}");
        }
    })
    .await;
}

#[actix_web::test]
async fn the_fee_list_shows_every_item_that_charges_a_fee() {
    on_the_demo(async |app| {
        let fees = app.json("/v1/fees?limit=200&fields=embedded").await;
        let mut charging = 0;
        for fee in fees["items"].as_array().expect("rows") {
            let code = fee["code"].as_str().expect("a code");
            let shown = fee["embedded"]["items"].as_array().map_or(0, Vec::len);
            let listed = app.json(&format!("/v1/items?fee={code}")).await["total"].clone();
            assert_eq!(listed, shown, "{code}");
            charging += shown;
        }
        assert!(charging > 5, "{charging}");
    })
    .await;
}

#[actix_web::test]
async fn a_cancelled_or_merged_item_says_what_became_of_it() {
    on_the_demo(async |app| {
        let merged = app.json("/v1/items/12350121488101808K5352081002000").await;
        assert_eq!(merged["meta"]["status"], "merged");
        assert_eq!(merged["meta"]["successor"], "12350121488101998J5352014006000");
        assert_eq!(merged["embedded"]["successor"]["name"], "职业介绍与用工信息发布");
        assert_eq!(merged["links"]["successor"], "/v1/items/12350121488101998J5352014006000");
        let cancelled = app.json("/v1/items/11350121003619116B5000423001000").await;
        assert_eq!(cancelled["meta"]["status"], "cancelled");
        assert_eq!(cancelled["meta"]["reason"], "取消社会抚养费");
    })
    .await;
}

#[actix_web::test]
async fn a_code_in_another_case_or_width_leads_to_the_record() {
    on_the_demo(async |app| {
        let answer = app.get("/v1/items/11350121003619116b5000511001000/revisions?limit=1").await;
        answer.expect_status(308);
        assert_eq!(answer.header("location"), format!("{DIBAO}/revisions?limit=1"));
        app.get("/v1/places/YANGLI-HALL").await.expect_status(308);
    })
    .await;
}

fn strings(links: &serde_json::Value) -> Vec<String> {
    match links {
        serde_json::Value::String(link) => vec![link.clone()],
        serde_json::Value::Object(links) => links.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
