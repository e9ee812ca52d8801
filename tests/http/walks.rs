//! Walking lists page by page.

use std::collections::BTreeSet;

use qingdan::{app::KINDS, values::code_lists::Action};
use serde_json::json;

use crate::{
    app::{Engine, TestApp, codes_of, on_a_demo_of_its_own, on_each_database, on_the_demo, patched, step},
    effort::times,
};

/// After so many pages of ten of the 187 items there is one more.
const PAGES: usize = 17;

#[actix_web::test]
async fn every_list_yields_each_record_once() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let codes = app.walk(&format!("/v1/{}?limit=7", kind.path)).await;
            assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "{}", kind.path);
        }
        for query in [
            "q=%E6%9D%91",
            "q=xiang",
            "sort=published_at",
            "status=cancelled",
            "list=responsibility",
            "q=0591&sort=code",
        ] {
            let codes = app.walk(&format!("/v1/items?limit=3&{query}")).await;
            let whole = app.json(&format!("/v1/items?limit=200&{query}")).await;
            assert_eq!(codes, codes_of(&whole), "{query}");
        }
        for path in
            ["/v1/divisions?below=3501", "/v1/code-lists", "/v1/items/11350121003619116B5000511001000/revisions"]
        {
            let mut walked = Vec::new();
            let mut all = Vec::new();
            for (limit, rows) in [(7, &mut walked), (200, &mut all)] {
                let mark = if path.contains('?') { '&' } else { '?' };
                let mut page = app.json(&format!("{path}{mark}limit={limit}")).await;
                rows.extend(self::rows(&page));
                while let Some(next) = page["next"].as_str() {
                    page = app.json(&format!("{path}{mark}limit={limit}&cursor={next}")).await;
                    rows.extend(self::rows(&page));
                }
                assert_eq!(page["total"], rows.len(), "{path}");
            }
            assert_eq!(walked, all, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_cursor_is_good_however_the_other_parameters_are_written() {
    on_the_demo(async |app| {
        let first = app.json("/v1/items?near=119.03,26.25&facets=list,category&q=%e6%9d%91%20%e5%86%9c&limit=2").await;
        let next = first["next"].as_str().expect("more");
        let path =
            format!("/v1/items?limit=3&cursor={next}&q=%E6%9D%91+%E5%86%9C&facets=list%2Ccategory&near=119.03%2C26.25");
        assert_eq!(app.json(&path).await["total"], first["total"]);
    })
    .await;
}

#[actix_web::test]
async fn the_revisions_of_a_record_are_walked_as_they_were() {
    on_a_demo_of_its_own(async |app| {
        let path = "/v1/items/11350121003619116B5000511001000/revisions?limit=1";
        let first = app.json(path).await;
        let next = first["next"].as_str().expect("more");
        let key = "11350121003619116B5000511001000";
        app.publish(vec![step("item", Action::Suspend, key, None)]).await.expect("it is in force");
        let second = app.json(&format!("{path}&cursor={next}")).await;
        assert_eq!((&second["seq"], &second["total"], &second["next"]), (&first["seq"], &first["total"], &json!(null)));
    })
    .await;
}

#[actix_web::test]
async fn a_link_header_leads_to_the_next_page() {
    on_the_demo(async |app| {
        let first = app.get("/v1/items?limit=100&list=power&list=service").await;
        let link = first.header("link").to_owned();
        let next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).expect("a link");
        let second = app.get(next).await;
        assert_eq!(codes_of(&first.json()).len() + codes_of(&second.json()).len(), 187);
        assert_eq!(second.header("link"), "", "it is the last");
    })
    .await;
}

on_each_database!(a_walk_shows_the_register_as_of_its_first_page_whatever_is_published_meanwhile);

/// Many more publications than states of the register that are kept.
async fn a_walk_shows_the_register_as_of_its_first_page_whatever_is_published_meanwhile(engine: Engine) {
    let app = TestApp::start(engine.new_demo());
    let for_each_page = times("PUBLICATIONS_DURING_A_WALK", 12);
    let all = app.json("/v1/items?limit=200").await;
    let first = app.json("/v1/items?limit=10").await;
    let (seq, mut codes, mut rows) = (first["seq"].clone(), codes_of(&first), rows(&first));
    let mut next = first["next"].as_str().expect("more").to_owned();
    let cancelled = "/v1/items/12350121488101808K5352018002000";
    let mut published = 0;

    for turn in 0..PAGES {
        for _ in 0..for_each_page {
            let (kind, path, key) = match published % 20 {
                0 => ("place", "places", "yangli-hall"),
                _ => ("intermediary", "intermediaries", "91350100MA3450011C"),
            };
            let phone = json!({ "phones": [{ "kind": "phone", "value": format!("0591-26{published:06}") }] });
            let body = patched(&app, &format!("/v1/{path}/{key}"), &phone).await;
            app.publish(vec![step(kind, Action::Amend, key, Some(body))]).await.expect("it is valid");
            published += 1;
        }
        if turn == PAGES / 2 {
            let key = cancelled.rsplit('/').next().expect("a key");
            app.publish(vec![step("item", Action::Cancel, key, None)]).await.expect("nothing needs it");
        }
        let page = app.json(&format!("/v1/items?limit=10&cursor={next}")).await;
        assert_eq!(page["seq"], seq);
        codes.extend(codes_of(&page));
        rows.extend(self::rows(&page));
        next = page["next"].as_str().expect("more").to_owned();
    }
    loop {
        let page = app.json(&format!("/v1/items?limit=10&cursor={next}")).await;
        codes.extend(codes_of(&page));
        rows.extend(self::rows(&page));
        let Some(more) = page["next"].as_str() else { break };
        next = more.to_owned();
    }

    assert_eq!(codes, codes_of(&all), "neither dropped nor doubled");
    assert_eq!(rows, self::rows(&all), "each as it was");
    assert_eq!(app.json("/v1/items").await["total"], 186);
}

fn rows(page: &serde_json::Value) -> Vec<serde_json::Value> {
    page["items"].as_array().expect("rows").clone()
}
