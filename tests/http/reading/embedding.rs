//! Embeddings: data of other records that a record shows are part of it.

use std::collections::BTreeSet;

use qingdan::values::code_lists::Action;
use serde_json::json;

use crate::helpers::app::{TestApp, on_a_demo_of_its_own, patched, step};

/// Cancelled and merged ones go on showing where they were handled.
const ALL: &str = "&status=in_force&status=suspended&status=cancelled&status=merged";

#[actix_web::test]
async fn a_new_phone_number_of_a_place_moves_exactly_the_items_that_show_it() {
    on_a_demo_of_its_own(async |app| {
        let showing: BTreeSet<_> =
            app.walk(&format!("/v1/items?place=yangli-hall&limit=200{ALL}")).await.into_iter().collect();
        let before = tags(&app).await;
        let seq = app.json("/v1").await["seq"].as_i64().expect("a seq");

        let phone = json!({ "phones": [{ "kind": "phone", "value": "0591-26009999" }] });
        let body = patched(&app, "/v1/places/yangli-hall", &phone).await;
        app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await.expect("it is valid");

        let moved: BTreeSet<_> = moved(&before, &tags(&app).await);
        assert_eq!(moved, showing);
        let changed: BTreeSet<_> =
            app.walk(&format!("/v1/items?changed_since={seq}&limit=200")).await.into_iter().collect();
        assert_eq!(changed, showing);
        let code = showing.first().expect("one");
        let item = app.json(&format!("/v1/items/{code}")).await;
        assert_eq!(item["embedded"]["places"][0]["phones"][0]["value"], "0591-26009999");
        assert_eq!((&item["meta"]["shown_seq"], &item["meta"]["revision"]), (&json!(seq + 1), &json!(1)));
    })
    .await;
}

#[actix_web::test]
async fn what_others_do_not_show_moves_nothing() {
    on_a_demo_of_its_own(async |app| {
        let before = tags(&app).await;
        let body = patched(&app, "/v1/organisations/11350121003619116B", &json!({ "duties": "为群众办事。" })).await;
        let key = "11350121003619116B";
        app.publish(vec![step("organisation", Action::Amend, key, Some(body))]).await.expect("it is valid");

        assert_eq!(moved(&before, &tags(&app).await), BTreeSet::new());
        assert_eq!(app.json(&format!("/v1/organisations/{key}")).await["duties"], "为群众办事。");
    })
    .await;
}

#[actix_web::test]
async fn an_item_that_stops_charging_a_fee_leaves_the_fee_list_entry() {
    on_a_demo_of_its_own(async |app| {
        let fee = app.json("/v1/fees/fee-rural-water").await;
        let (shown, seq) =
            (fee["embedded"]["items"].as_array().expect("items").clone(), fee["meta"]["shown_seq"].clone());
        let code = shown[0]["code"].as_str().expect("a code");
        let path = format!("/v1/items/{code}");
        let others: Vec<_> = app.json(&path).await["fees"]
            .as_array()
            .expect("fees")
            .iter()
            .filter(|key| *key != "fee-rural-water")
            .cloned()
            .collect();
        let charge = if others.is_empty() { "free" } else { "charged" };
        let body = patched(&app, &path, &json!({ "fees": others, "charge": charge })).await;
        app.publish(vec![step("item", Action::Amend, code, Some(body))]).await.expect("it is valid");

        let fee = app.json("/v1/fees/fee-rural-water").await;
        assert_eq!(fee["embedded"]["items"].as_array().map_or(0, Vec::len), shown.len() - 1);
        assert!(fee["meta"]["shown_seq"].as_i64() > seq.as_i64());
        assert_eq!(fee["meta"]["revision"], 1);
    })
    .await;
}

#[actix_web::test]
async fn a_renamed_organisation_is_shown_and_found_by_its_new_name_at_once() {
    on_a_demo_of_its_own(async |app| {
        let key = "12350121488102018E";
        let body =
            patched(&app, &format!("/v1/organisations/{key}"), &json!({ "name": "洋里乡乡村振兴服务中心" })).await;
        app.publish(vec![step("organisation", Action::Amend, key, Some(body))]).await.expect("it is valid");

        let row = &app.json(&format!("/v1/items?organisation={key}&limit=1")).await["items"][0];
        assert_eq!(row["organisation"]["name"], "洋里乡乡村振兴服务中心");
        let found = app.json("/v1/items?q=%E4%B9%A1%E6%9D%91%E6%8C%AF%E5%85%B4").await["total"].clone();
        assert_eq!(found, app.json(&format!("/v1/items?organisation={key}")).await["total"]);
    })
    .await;
}

/// The tag of every item.
async fn tags(app: &TestApp) -> Vec<(String, String)> {
    let mut tags = Vec::new();
    for code in app.walk(&format!("/v1/items?limit=200{ALL}")).await {
        let tag = app.get(&format!("/v1/items/{code}")).await.header("etag").to_owned();
        tags.push((code, tag));
    }
    tags
}

fn moved(before: &[(String, String)], after: &[(String, String)]) -> BTreeSet<String> {
    before.iter().zip(after).filter(|(old, new)| old != new).map(|(_, new)| new.0.clone()).collect()
}
