//! Publication as staff will use it: all of a batch or nothing, every mistake named, the log gapless.

use qingdan::{problem::Code, register::changes, values::code_lists::Action};
use serde_json::json;

use crate::helpers::app::{
    TestApp, codes_of_findings, on_a_demo_of_its_own, on_both_databases, organisation, patched, place, step,
};

const OFFICE: &str = "11350121003619116B";

#[actix_web::test]
async fn a_batch_becomes_public_whole_or_not_at_all() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")));
        let wrong = step("place", Action::Create, "hall", Some(place("hall", "12350121488101808K")));
        let refused = app.publish(vec![office.clone(), wrong]).await.expect_err("its organisation is unknown");
        assert_eq!(codes_of_findings(&refused), [("/records/1/body/organisation".to_owned(), "organisation-unknown")]);
        assert_eq!(app.json("/v1").await["seq"], 0);

        let right = step("place", Action::Create, "hall", Some(place("hall", OFFICE)));
        let changes = app.publish(vec![right, office]).await.expect("each other's reference is in the batch");
        assert_eq!(changes.iter().map(|change| (change.seq, change.publication)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
        assert_eq!(app.json("/v1/places/hall").await["meta"]["publication"], 2);
    })
    .await;
}

#[actix_web::test]
async fn every_mistake_of_a_batch_is_named_at_once() {
    on_a_demo_of_its_own(async |app| {
        let path = "/v1/items/11350121003619116B5000511001000";
        let key = "11350121003619116B5000511001000";
        let patch = json!({
            "category": "public_service", "name": "", "visits": 12, "colour": "red",
            "organisation": "113501210036191168", "fees": ["nothing"],
        });
        let wrong = patched(&app, path, &patch).await;
        let problem = app.publish(vec![step("item", Action::Amend, key, Some(wrong))]).await.expect_err("it is wrong");
        let expected = [
            ("/records/0/body/category", "catalogue-category-mismatch"),
            ("/records/0/body/charge", "fee-flag-mismatch"),
            ("/records/0/body/colour", "unknown-field"),
            ("/records/0/body/fees/0", "reference-unknown"),
            ("/records/0/body/list", "list-category-mismatch"),
            ("/records/0/body/name", "required"),
            ("/records/0/body/organisation", "uscc-check-digit"),
            ("/records/0/body/visits", "out-of-range"),
        ];
        assert_eq!(codes_of_findings(&problem), expected.map(|(pointer, code)| (pointer.to_owned(), code)));

        let patch = json!({ "category": "public_service", "fees": ["nothing"], "exercise_level": "county" });
        let wrong = patched(&app, path, &patch).await;
        let problem = app.publish(vec![step("item", Action::Amend, key, Some(wrong))]).await.expect_err("it is wrong");
        let codes: Vec<_> = codes_of_findings(&problem).into_iter().map(|(_, code)| code).collect();
        for code in [
            "reference-unknown",
            "implementation-code-composition",
            "catalogue-category-mismatch",
            "list-category-mismatch",
        ] {
            assert!(codes.contains(&code), "{code} in {codes:?}");
        }
        assert_eq!(app.json("/v1").await["seq"], 383, "nothing was published");
    })
    .await;
}

#[actix_web::test]
async fn the_state_of_a_record_decides_what_can_be_done_to_it() {
    on_a_demo_of_its_own(async |app| {
        let act = async |action, key: &str| app.publish(vec![step("item", action, key, None)]).await;
        let (live, gone) = ("12350121488101808K5352018002000", "11350121003619116B5000423001000");
        assert_eq!(act(Action::Reinstate, live).await.expect_err("it is in force").code, Code::StateConflict);
        act(Action::Suspend, live).await.expect("it is in force");
        assert_eq!(app.json(&format!("/v1/items/{live}")).await["meta"]["status"], "suspended");
        assert_eq!(app.json("/v1/items").await["total"], 187, "suspended ones stay in the list");
        act(Action::Reinstate, live).await.expect("it is suspended");
        act(Action::Cancel, live).await.expect("nothing needs it");
        assert_eq!(app.json("/v1/items").await["total"], 186);
        for action in [Action::Amend, Action::Suspend, Action::Cancel, Action::Merge] {
            assert_eq!(act(action, gone).await.expect_err("it is cancelled").code, Code::StateConflict);
        }
        let body = patched(&app, "/v1/places/yangli-hall", &json!({})).await;
        let again = app.publish(vec![step("place", Action::Create, "yangli-hall", Some(body))]).await;
        assert_eq!(
            codes_of_findings(&again.expect_err("it exists")),
            [("/records/0/body/code".to_owned(), "code-duplicate")]
        );
    })
    .await;
}

#[actix_web::test]
async fn what_is_in_use_cannot_be_cancelled() {
    on_a_demo_of_its_own(async |app| {
        for (kind, key) in [
            ("place", "yangli-hall"),
            ("organisation", "12350121488101808K"),
            ("fee", "fee-rural-water"),
            ("legal_instrument", "lex-shjz"),
        ] {
            let problem = app.publish(vec![step(kind, Action::Cancel, key, None)]).await.expect_err("it is in use");
            assert_eq!(
                codes_of_findings(&problem),
                [("/records/0/key".to_owned(), "still-referenced")],
                "{kind} {key}"
            );
        }
    })
    .await;
}

#[actix_web::test]
async fn nothing_new_may_rest_on_what_is_cancelled() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")));
        app.publish(vec![office]).await.expect("it is valid");
        app.publish(vec![step("organisation", Action::Cancel, OFFICE, None)]).await.expect("nothing needs it");
        let hall = app.publish(vec![step("place", Action::Create, "hall", Some(place("hall", OFFICE)))]).await;
        let refused = codes_of_findings(&hall.expect_err("its office is gone"));
        assert_eq!(refused, [("/records/0/body/organisation".to_owned(), "organisation-unknown")]);
    })
    .await;
}

#[actix_web::test]
async fn a_publication_of_more_changes_than_are_read_at_a_time_is_seen_whole() {
    on_both_databases(async |app: TestApp| {
        let mut steps = vec![step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")))];
        steps.extend((1..=1100).map(|n| {
            let code = format!("place-{n}");
            step("place", Action::Create, &code, Some(place(&code, OFFICE)))
        }));
        app.publish(steps).await.expect("it is valid");
        assert_eq!(app.json("/v1/places").await["total"], 1100);
        let replica = TestApp::start(app.database.clone());
        assert_eq!(replica.json("/v1/places").await["total"], 1100);
        assert_eq!(replica.json("/v1/places/place-7").await["meta"]["publication"], 1101);
    })
    .await;
}

#[actix_web::test]
async fn a_renumbered_record_is_found_under_both_keys() {
    on_a_demo_of_its_own(async |app| {
        let body = patched(&app, "/v1/places/yangli-hall", &json!({ "code": "yangli-centre" })).await;
        app.publish(vec![step("place", Action::Renumber, "yangli-hall", Some(body))]).await.expect("it is valid");

        let moved = app.get("/v1/places/yangli-hall").await;
        moved.expect_status(308);
        assert_eq!(moved.header("location"), "/v1/places/yangli-centre");
        let record = app.json("/v1/places/yangli-centre").await;
        assert_eq!((&record["meta"]["key"], &record["meta"]["revision"]), (&"yangli-centre".into(), &2.into()));
        assert!(record["meta"].get("successor").is_none(), "it did not replace itself");
        let old_code = patched(&app, "/v1/places/yangli-centre", &json!({ "code": "yangli-hall" })).await;
        let refused = app.publish(vec![step("place", Action::Amend, "yangli-hall", Some(old_code))]).await;
        assert_eq!(codes_of_findings(&refused.expect_err("its code is another now"))[0].0, "/records/0/body/code");
        assert_eq!(app.json("/v1/places/yangli-centre/revisions").await["total"], 2, "the history goes on");
        let item = app.json("/v1/items/11350121003619116B5000511001000").await;
        assert_eq!(item["embedded"]["places"][0]["code"], "yangli-centre");
        assert_eq!(app.json("/v1/places").await["total"], 6);
    })
    .await;
}

#[actix_web::test]
async fn concurrent_publications_leave_no_gap_and_are_public_when_answered() {
    on_both_databases(async |app: TestApp| {
        let office = step("organisation", Action::Create, OFFICE, Some(organisation(OFFICE, "洋里乡政府")));
        app.publish(vec![office]).await.expect("it is valid");
        let app = std::rc::Rc::new(app);
        // No more at once than the database has connections, so that none is lacking for reading what was written.
        let publishing: Vec<_> = (0..5)
            .map(|publisher| {
                let app = app.clone();
                actix_web::rt::spawn(async move {
                    for n in (1..=20).skip(publisher).step_by(5) {
                        let code = format!("place-{n}");
                        let body = place(&code, OFFICE);
                        app.publish(vec![step("place", Action::Create, &code, Some(body))]).await.expect("it is valid");
                        app.get(&format!("/v1/places/{code}")).await.expect_status(200);
                    }
                })
            })
            .collect();
        for publications in publishing {
            publications.await.expect("they were published");
        }
        let log = app.register.db.read(|conn| changes::since(conn, 0, 100)).await.expect("the log can be read");
        assert_eq!(log.iter().map(|change| change.seq).collect::<Vec<_>>(), (1..=21).collect::<Vec<_>>());
        assert!(log.is_sorted_by_key(|change| change.published_at));
        assert!(log.iter().all(|change| change.salt.as_ref().is_some_and(|salt| salt.len() == 64)));
        let salts: std::collections::BTreeSet<_> = log.iter().map(|change| &change.salt).collect();
        assert_eq!(salts.len(), log.len(), "each body has a salt of its own");
    })
    .await;
}

#[actix_web::test]
async fn the_log_refuses_to_be_rewritten() {
    use diesel::RunQueryDsl;
    use qingdan::register::db::DbError;
    on_a_demo_of_its_own(async |app| {
        for sql in [
            "DELETE FROM changes WHERE seq = 383",
            "UPDATE changes SET reason = 'other' WHERE seq = 1",
            "UPDATE changes SET body = '{}' WHERE seq = 1",
        ] {
            let tried =
                app.register.db.write(move |conn| diesel::sql_query(sql).execute(conn).map_err(DbError::from)).await;
            assert!(tried.is_err_and(|error| error.to_string().contains("append-only")), "{sql}");
        }
    })
    .await;
}
