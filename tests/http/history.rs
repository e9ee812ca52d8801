//! Revisions, comparisons, clean-up rounds.

use crate::app::on_the_demo;

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
