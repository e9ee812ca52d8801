//! The page that the QR on a printed guide opens: is this paper still in force.

use qingdan::{
    public::proofs::{ProofDocument, TextStanding},
    transparency::VerifierKey,
    values::code_lists::Action,
};
use serde_json::{Value, json};

use crate::helpers::app::{TestApp, on_a_demo_of_its_own, on_the_demo, patched, step};

const DIBAO: &str = "/v1/items/11350121003619116B5000511001000";

async fn verdict(app: &TestApp, path: &str) -> String {
    app.json(path).await["verdict"].as_str().expect("a verdict").to_owned()
}

#[actix_web::test]
async fn the_paper_of_the_current_revision_is_in_force_for_people_and_for_programs() {
    on_the_demo(async |app| {
        let item = app.json(DIBAO).await;
        let (revision, seq) = (item["meta"]["revision"].clone(), item["meta"]["shown_seq"].clone());
        let path = format!("{DIBAO}/check?revision={revision}&seq={seq}");
        let checked = app.json(&path).await;
        assert_eq!(checked["verdict"], "in_force");
        assert_eq!((&checked["differences"], &checked["others"]), (&json!([]), &json!([])));

        let page = app.get_with(&path, &[("accept", "text/html,*/*;q=0.8")]).await;
        page.expect_status(200);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(page.text().contains("现行有效") && page.text().contains(&format!("{DIBAO}/guide")));
        let english = app.get_with(&format!("{path}&lang=en"), &[("accept", "text/html")]).await;
        assert!(english.text().contains("In force") && english.text().contains(&format!("{DIBAO}/guide?lang=en")));
        let again = app.get_with(&path, &[("accept", "text/html"), ("if-none-match", page.header("etag"))]).await;
        again.expect_status(304);
    })
    .await;
}

#[actix_web::test]
async fn a_paper_leads_to_the_proof_of_its_revision_and_not_of_the_newest() {
    on_the_demo(async |app| {
        let keys = app.json("/v1").await["log"]["keys"].clone();
        let keys: Vec<VerifierKey> = keys.as_array().expect("a list").iter().map(key).collect();
        for revision in [1, 2] {
            let path = format!("{DIBAO}/check?revision={revision}");
            let proof = app.json(&path).await["links"]["proof"].as_str().expect("a link").to_owned();
            let bundle: ProofDocument = serde_json::from_value(app.json(&proof).await).expect("a bundle");
            let proven = bundle.verify(&keys).expect("it is proven");
            assert_eq!((proven.line.revision, proven.standing), (revision, TextStanding::Genuine));
            for (language, said) in [("zh", "是登记簿日志的第 "), ("en", "shows is line ")] {
                let page = app.get_with(&format!("{path}&lang={language}"), &[("accept", "text/html")]).await;
                assert!(page.text().contains(&format!("href=\"{proof}\"")), "{language}");
                assert!(page.text().contains(&format!("{said}<b>{}</b>", proven.line.seq)), "{language}");
            }
        }
    })
    .await;
}

fn key(text: &Value) -> VerifierKey {
    text.as_str().expect("text").parse().expect("a key")
}

#[actix_web::test]
async fn a_guide_names_its_line_of_the_log_and_the_address_that_its_code_opens() {
    on_the_demo(async |app| {
        let meta = app.json(DIBAO).await["meta"].clone();
        let (revision, shown) = (&meta["revision"], &meta["shown_seq"]);
        let line = app.json(&format!("{DIBAO}/check?revision={revision}")).await["paper"].clone();
        let guide = app.get(&format!("{DIBAO}/guide")).await;
        let (text, digest) = (guide.text(), line["body_digest"].as_str().expect("text"));
        assert!(text.contains(&format!("第<b>{}</b>条", line["seq"])), "the line of the revision");
        assert!(
            text.contains(&format!("{DIBAO}/check?revision={revision}&amp;seq={shown}</code>")),
            "in letters, for paper"
        );
        assert!(text.contains(&format!("href=\"{DIBAO}/revisions/{revision}/proof\"")));
        assert!(!text.contains(digest), "nobody compares 64 digits by eye");
    })
    .await;
}

#[actix_web::test]
async fn a_replaced_paper_is_told_field_by_field_what_has_changed() {
    on_a_demo_of_its_own(async |app| {
        let revision = app.json(DIBAO).await["meta"]["revision"].as_i64().expect("a number");
        let body = patched(&app, DIBAO, &json!({ "handling_office": "民政服务站", "online_payment": true })).await;
        let key = DIBAO.rsplit('/').next().expect("a key");
        app.publish(vec![step("item", Action::Amend, key, Some(body))]).await.expect("it is valid");

        let path = format!("{DIBAO}/check?revision={revision}");
        let checked = app.json(&path).await;
        assert_eq!((&checked["verdict"], &checked["current"]["revision"]), (&json!("replaced"), &json!(revision + 1)));
        let labels = checked["differences"].as_array().expect("a list").iter().map(|one| one["label"].clone());
        assert_eq!(labels.collect::<Vec<_>>(), ["承办机构", "网上支付"]);
        let page = app.get_with(&path, &[("accept", "text/html")]).await;
        assert!(page.text().contains(&format!("已被第{}版替代", revision + 1)));
        assert!(page.text().contains("<ins>服务站</ins>") && page.text().contains("<del lang=\"zh-CN\">否</del>"));
        assert_eq!(verdict(&app, &format!("{DIBAO}/check?revision={}", revision + 1)).await, "in_force");
    })
    .await;
}

#[actix_web::test]
async fn a_new_phone_of_the_hall_outdates_the_paper_although_the_item_is_the_same() {
    on_a_demo_of_its_own(async |app| {
        let before = app.json(DIBAO).await;
        let (revision, seq) = (before["meta"]["revision"].clone(), before["meta"]["shown_seq"].clone());
        let phone = json!({ "phones": [{ "kind": "phone", "value": "0591-26009999" }] });
        let body = patched(&app, "/v1/places/yangli-hall", &phone).await;
        app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(body))]).await.expect("it is valid");

        let path = format!("{DIBAO}/check?revision={revision}&seq={seq}");
        let checked = app.json(&path).await;
        assert_eq!(checked["verdict"], "outdated");
        let hall = &checked["others"][0];
        assert_eq!((&hall["kind"], &hall["key"]), (&json!("place"), &json!("yangli-hall")));
        let page = app.get_with(&path, &[("accept", "text/html")]).await;
        assert!(page.text().contains("0591-26009999") && page.text().contains("部分内容已有变化"));
        let now = app.json(DIBAO).await["meta"]["shown_seq"].clone();
        assert_eq!(verdict(&app, &format!("{DIBAO}/check?revision={revision}&seq={now}")).await, "in_force");
    })
    .await;
}

#[actix_web::test]
async fn a_new_price_behind_an_intermediary_outdates_the_paper() {
    const SURVEY: &str = "/v1/fees/fee-homestead-survey";
    on_a_demo_of_its_own(async |app| {
        let named = app.json("/v1/items?intermediary=91350100MA3450011C&charge=free").await;
        let own = format!("/v1/items/{}", named["items"][0]["code"].as_str().expect("an item that asks for a survey"));
        let item = app.json(&own).await;
        assert!(!item["fees"].to_string().contains("fee-homestead-survey"), "only its intermediary charges it");
        assert!(app.get(&format!("{own}/guide")).await.text().contains("120平方米：80元"), "the guide shows the price");
        // The address in the QR on the guide, at the time of print.
        let printed = app.json(&format!("{own}/check?revision={}", item["meta"]["revision"])).await;
        let path = |seq: &Value| format!("{own}/check?revision={}&seq={seq}", item["meta"]["revision"]);
        let before = path(&printed["current"]["seq"]);
        assert_eq!(verdict(&app, &before).await, "in_force");

        let mut rules = app.json(SURVEY).await["rules"].clone();
        rules[0]["tiers"][0]["amount"] = "90.00".into();
        let body = patched(&app, SURVEY, &json!({ "rules": rules })).await;
        app.publish(vec![step("fee", Action::Amend, "fee-homestead-survey", Some(body))]).await.expect("it is valid");

        let checked = app.json(&before).await;
        assert_eq!(checked["verdict"], "outdated");
        let fees: Vec<_> = checked["others"].as_array().expect("a list").iter().map(|other| &other["key"]).collect();
        assert_eq!(fees, ["fee-homestead-survey"]);
        let price = &checked["others"][0]["differences"][0];
        assert_eq!((&price["from"], &price["to"]), (&json!("80.00"), &json!("90.00")), "{price}");
        let page = app.get_with(&before, &[("accept", "text/html")]).await;
        assert!(
            page.text().contains("<del lang=\"zh-CN\">80.00</del>")
                && page.text().contains("<ins lang=\"zh-CN\">90.00</ins>")
        );
        assert_eq!(verdict(&app, &path(&checked["current"]["seq"])).await, "in_force", "a new print is in force");
    })
    .await;
}

#[actix_web::test]
async fn suspension_and_cancellation_are_told_plainly() {
    on_a_demo_of_its_own(async |app| {
        let key = DIBAO.rsplit('/').next().expect("a key");
        let path = format!("{DIBAO}/check?revision=1");
        for (action, verdict_then, said) in
            [(Action::Suspend, "suspended", "暂停办理"), (Action::Cancel, "cancelled", "事项已取消")]
        {
            app.publish(vec![step("item", action, key, None)]).await.expect("it is valid");
            assert_eq!(verdict(&app, &path).await, verdict_then);
            assert!(app.get_with(&path, &[("accept", "text/html")]).await.text().contains(said));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_paper_that_is_not_from_here_is_refused_to_people_and_to_programs() {
    on_the_demo(async |app| {
        let path = format!("{DIBAO}/check?revision=77");
        app.get(&path).await.expect_problem(404, "not-found");
        let page = app.get_with(&path, &[("accept", "text/html")]).await;
        page.expect_status(404);
        assert!(page.header("content-security-policy").contains("style-src"), "its style would be refused by browsers");
        assert!(page.text().contains("无法核实") && page.header("content-type").starts_with("text/html"));
        for query in [
            "",
            "?revision=0",
            "?revision=x",
            "?revision=1&seq=999999",
            "?revision=1&nonsense=1",
            "?revision=1&lang=fr",
        ] {
            let answer = app.get(&format!("{DIBAO}/check{query}")).await;
            answer.expect_problem(400, "invalid-query");
        }
        app.get("/v1/items/nothing/check?revision=1").await.expect_problem(404, "not-found");
    })
    .await;
}
