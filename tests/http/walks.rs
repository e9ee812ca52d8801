//! Walking lists page by page.

use std::collections::BTreeSet;

use qingdan::{app::KINDS, values::code_lists::Action};
use serde_json::json;

use crate::app::{codes_of, on_a_demo_of_its_own, on_the_demo, patched, step};

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
            let mut seen = 0;
            let mark = if path.contains('?') { '&' } else { '?' };
            let mut page = app.json(&format!("{path}{mark}limit=1")).await;
            let total = page["total"].as_u64().expect("a total").min(30);
            loop {
                seen += page["items"].as_array().expect("rows").len() as u64;
                let Some(next) = page["next"].as_str().filter(|_| seen < 30) else { break };
                page = app.json(&format!("{path}{mark}limit=1&cursor={next}")).await;
            }
            assert_eq!(seen, total, "{path}");
        }
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

#[actix_web::test]
async fn a_walk_shows_the_register_as_of_its_first_page_during_a_thousand_publications() {
    on_a_demo_of_its_own(async |app| {
        let all = app.json("/v1/items?limit=200").await;
        let first = app.json("/v1/items?limit=10").await;
        let (seq, mut codes, mut rows) = (first["seq"].clone(), codes_of(&first), rows(&first));
        let mut next = first["next"].as_str().expect("more").to_owned();
        let cancelled = "/v1/items/12350121488101808K5352018002000";
        let mut published = 0;

        while published < 1000 {
            for _ in 0..60 {
                let (kind, path, key) = match published % 20 {
                    0 => ("place", "places", "yangli-hall"),
                    _ => ("intermediary", "intermediaries", "91350100MA3450011C"),
                };
                let phone = json!({ "phones": [{ "kind": "phone", "value": format!("0591-2600{published:04}") }] });
                let body = patched(&app, &format!("/v1/{path}/{key}"), &phone).await;
                app.publish(vec![step(kind, Action::Amend, key, Some(body))]).await.expect("it is valid");
                published += 1;
            }
            if published == 600 {
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
    })
    .await;
}

fn rows(page: &serde_json::Value) -> Vec<serde_json::Value> {
    page["items"].as_array().expect("rows").clone()
}
