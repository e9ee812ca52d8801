//! Several people, or several servers, at the same moment: exactly one succeeds, and the others are told why they did not.

use std::time::Instant;

use chrono::{Duration, Utc};
use qingdan::{
    problem::Code,
    staff::{drafts::publish_what_is_due, identity::Grant},
    values::code_lists::Role,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, LONG, Setup, TestApp, at_two_workers, insist, new_databases, new_postgres_database, place, send},
    logs::{caught_up_seq, is_whole},
    people::{TOWNSHIP, approved, id_of, tag_of},
    publications::{amending, place_key, small_town},
};

const ROUNDS: usize = 6;

async fn submitted(app: &TestApp, number: usize, name: &str) -> Value {
    let new = amending(app, number, name).await;
    let draft = app.as_("editor").drafts(new).await;
    app.as_("editor").takes(&draft, "submit", json!({})).await
}

/// A step of a draft, ready to be sent.
fn asks(app: &TestApp, who: &str, draft: &Value, tag: &str, step: &str, body: Value) -> RequestBuilder {
    let path = format!("/v1/drafts/{}/{step}", id_of(draft));
    app.request(Method::POST, &path).bearer_auth(who).header("If-Match", tag).json(&body)
}

/// Sends all of them at the same moment.
async fn at_once(requests: Vec<RequestBuilder>) -> Vec<Answer> {
    let sent: Vec<_> = requests.into_iter().map(|request| actix_web::rt::spawn(insist(request))).collect();
    let mut answers = Vec::with_capacity(sent.len());
    for answer in sent {
        answers.push(answer.await.expect("it was sent"));
    }
    answers
}

/// Exactly one was done; every other one was refused with one of these, and says why.
#[track_caller]
fn one_of(answers: &[Answer], refusals: &[(u16, &str)]) -> usize {
    let told: Vec<_> = answers.iter().map(|answer| (answer.status.as_u16(), answer.text())).collect();
    let done: Vec<_> = (0..answers.len()).filter(|at| answers[*at].status.is_success()).collect();
    assert_eq!(done.len(), 1, "{told:?}");
    for answer in answers.iter().filter(|answer| !answer.status.is_success()) {
        let problem = answer.json();
        let refusal = (answer.status.as_u16(), problem["code"].as_str().expect("a code"));
        assert!(refusals.contains(&refusal), "{told:?}");
        assert!(problem["detail"].is_string(), "{problem}");
    }
    done[0]
}

async fn state(app: &TestApp, draft: &Value) -> Value {
    app.as_("auditor").get(&format!("/v1/drafts/{}", id_of(draft))).await.json()
}

#[actix_web::test]
async fn the_quota_of_drafts_holds_whatever_comes_at_once_at_however_many_servers() {
    const QUOTA: u32 = 3;
    for database in new_databases() {
        let start = || {
            let mut setup = Setup::with_workers(2);
            setup.settings.limits.draft_quota = QUOTA.into();
            TestApp::start_with(database.clone(), setup)
        };
        let apps = [start(), start()];
        let new = json!({ "kind": "place", "action": "create" });
        let requests = (0..16).map(|number| {
            let app = &apps[number % apps.len()];
            app.request(Method::POST, "/v1/drafts").bearer_auth("editor").json(&new)
        });

        let answers = at_once(requests.collect()).await;

        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
        assert_eq!(made.len(), QUOTA as usize, "{answers:?}");
        for answer in refused {
            answer.expect_problem(409, "quota-full");
        }
        assert_eq!(apps[0].as_("auditor").json("/v1/drafts").await["total"], QUOTA);
    }
}

const STALE: (u16, &str) = (412, "stale");
const CONFLICT: (u16, &str) = (409, "state-conflict");
const FOUR_EYES: (u16, &str) = (403, "four-eyes");

#[actix_web::test]
async fn of_two_approvals_of_one_kind_or_by_one_person_one_is_given() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 1).await;
        let (legality, confidentiality) = (json!({ "kind": "legality" }), json!({ "kind": "confidentiality" }));
        let mut draft = submitted(&app, 0, "甲").await;
        for round in 0..ROUNDS * 2 {
            let seen = tag_of(&draft);
            let (tag, late) = if round % 2 == 0 { (seen.as_str(), STALE) } else { ("*", CONFLICT) };
            let race = |one: (&str, &Value), other: (&str, &Value)| {
                vec![
                    asks(&app, one.0, &draft, tag, "approve", one.1.clone()),
                    asks(&app, other.0, &draft, tag, "approve", other.1.clone()),
                ]
            };
            let requests = match round / 2 % 3 {
                0 => race(("reviewer-1", &legality), ("reviewer-2", &legality)),
                1 => race(("reviewer-1", &legality), ("reviewer-1", &confidentiality)),
                _ => race(("reviewer-1", &legality), ("reviewer-2", &confidentiality)),
            };
            let answers = at_once(requests).await;
            let after = state(&app, &draft).await;
            if round / 2 % 3 == 2 && tag == "*" {
                assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
                assert_eq!(
                    (&after["state"], after["approvals"].as_array().map(Vec::len)),
                    (&json!("approved"), Some(2))
                );
            } else {
                let late = if round / 2 % 3 == 1 && tag == "*" { FOUR_EYES } else { late };
                one_of(&answers, &[late]);
                assert_eq!(
                    (&after["state"], after["approvals"].as_array().map(Vec::len)),
                    (&json!("half_approved"), Some(1))
                );
            }
            let back = app.as_("reviewer-1").takes(&after, "return", json!({ "comment": "再来" })).await;
            draft = app.as_("editor").takes(&back, "submit", json!({})).await;
        }
        is_whole(&app).await;
    })
    .await;
}

/// An approved draft of a round.
async fn approved_in(app: &TestApp, round: usize) -> Value {
    approved(app, amending(app, 0, &format!("第{round}次")).await).await
}

/// The tag that the requests of a round send: of the version that they saw, or of any. And the refusal of those that come late.
fn tag_in(draft: &Value, round: usize) -> (String, (u16, &'static str)) {
    if round.is_multiple_of(2) { (tag_of(draft), STALE) } else { ("*".to_owned(), CONFLICT) }
}

#[actix_web::test]
async fn of_two_publishers_one_publishes_also_at_another_server() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 1).await;
        let replica = TestApp::start(app.database.clone());
        for round in 0..ROUNDS {
            let (draft, before) = (approved_in(&app, round).await, caught_up_seq(&app).await);
            let (tag, late) = tag_in(&draft, round);
            let tag = tag.as_str();
            let answers = at_once(vec![
                asks(&app, "publisher", &draft, tag, "publish", json!({})),
                asks(&replica, "publisher-2", &draft, tag, "publish", json!({})),
                asks(&replica, "publisher", &draft, tag, "publish", json!({})),
                app.request(Method::POST, "/v1/publications")
                    .bearer_auth("publisher-2")
                    .json(&json!({ "drafts": [id_of(&draft)] })),
            ])
            .await;
            one_of(&answers, &[late, CONFLICT]);
            assert_eq!(caught_up_seq(&app).await, before + 1);
            assert_eq!(app.json("/v1/places/place-0").await["name"], format!("第{round}次"));
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn a_publication_and_a_withdrawal_exclude_each_other() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 1).await;
        for round in 0..ROUNDS {
            let (draft, before) = (approved_in(&app, round).await, caught_up_seq(&app).await);
            let (tag, late) = tag_in(&draft, round);
            let tag = tag.as_str();
            let answers = at_once(vec![
                asks(&app, "publisher", &draft, tag, "publish", json!({})),
                asks(&app, "editor", &draft, tag, "withdraw", json!({})),
            ])
            .await;
            let published = one_of(&answers, &[late]) == 0;
            assert_eq!(caught_up_seq(&app).await, before + i64::from(published));
            let after = state(&app, &draft).await;
            assert_eq!(after["state"], if published { "published" } else { "draft" });
            if !published {
                assert_eq!(after["approvals"], json!([]));
                let path = format!("/v1/drafts/{}", id_of(&draft));
                app.as_("editor").send(Method::DELETE, &path, &[("If-Match", "*")], None).await.expect_status(204);
            }
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn of_two_submissions_or_an_edit_and_a_submission_the_text_that_is_reviewed_is_the_one_submitted() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 1).await;
        let mut draft = app.as_("editor").drafts(amending(&app, 0, "甲").await).await;
        for round in 0..ROUNDS {
            let seen = tag_of(&draft);
            let (tag, late) = if round % 2 == 0 { (seen.as_str(), STALE) } else { ("*", CONFLICT) };
            let both = ["editor", "editor-2"].map(|who| asks(&app, who, &draft, tag, "submit", json!({})));
            let answers = at_once(both.into()).await;
            let winner = one_of(&answers, &[late]);
            let after = state(&app, &draft).await;
            assert_eq!(after["submitter"], ["editor", "editor-2"][winner]);
            draft = app.as_("editor").takes(&after, "withdraw", json!({})).await;

            let seen = tag_of(&draft);
            let tag = if round % 2 == 0 { seen.as_str() } else { "*" };
            let path = format!("/v1/drafts/{}", id_of(&draft));
            let reason = format!("第{round}次");
            let edit = app.request(Method::PATCH, &path).bearer_auth("editor-2").header("If-Match", tag);
            let answers = at_once(vec![
                edit.json(&json!({ "reason": reason })),
                asks(&app, "editor", &draft, tag, "submit", json!({})),
            ])
            .await;
            let after = state(&app, &draft).await;
            let (edited, submitted) = (answers[0].status == 200, answers[1].status == 200);
            assert_eq!(after["reason"] == reason.as_str(), edited);
            assert_eq!(after["state"], if submitted { "submitted" } else { "draft" });
            match tag {
                // First the edit, then the submission of it; or the submission, after which nothing can be edited.
                "*" => assert!(submitted && (edited || answers[0].status == 409), "{answers:?}"),
                _ => {
                    one_of(&answers, &[STALE]);
                }
            }
            draft = match submitted {
                true => app.as_("editor").takes(&after, "withdraw", json!({})).await,
                false => after,
            };
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn batches_that_share_drafts_in_opposite_orders_do_not_wait_for_each_other_for_ever() {
    at_two_workers(async |app: TestApp| {
        const DRAFTS: usize = 4;
        small_town(&app, DRAFTS).await;
        let replica = TestApp::start(app.database.clone());
        for round in 0..4 {
            let mut ids = Vec::new();
            for number in 0..DRAFTS {
                let new = amending(&app, number, &format!("第{round}次")).await;
                ids.push(id_of(&approved(&app, new).await).to_owned());
            }
            let before = caught_up_seq(&app).await;
            let batch = |app: &TestApp, who: &str, ids: Vec<&String>| {
                app.request(Method::POST, "/v1/publications").bearer_auth(who).json(&json!({ "drafts": ids }))
            };
            let answers = at_once(vec![
                batch(&app, "publisher", ids.iter().collect()),
                batch(&replica, "publisher-2", ids.iter().rev().collect()),
                batch(&app, "county-publisher", vec![&ids[2], &ids[0], &ids[3], &ids[1]]),
            ])
            .await;
            one_of(&answers, &[CONFLICT]);
            assert_eq!(caught_up_seq(&app).await, before + DRAFTS as i64);
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn of_two_drafts_of_one_record_one_is_made() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 1).await;
        let replica = TestApp::start(app.database.clone());
        for round in 0..ROUNDS {
            let new = match round % 2 {
                0 => amending(&app, 0, "甲").await,
                _ => json!({ "kind": "place", "action": "create", "body": place("another", TOWNSHIP) }),
            };
            let post = |app: &TestApp, who: &str| app.request(Method::POST, "/v1/drafts").bearer_auth(who).json(&new);
            let answers =
                at_once(vec![post(&app, "editor"), post(&replica, "editor-2"), post(&app, "county-editor")]).await;
            let winner = one_of(&answers, &[CONFLICT]);
            assert_eq!(app.as_("auditor").get("/v1/drafts?state=draft").await.json()["total"], 1);
            let path = format!("/v1/drafts/{}", id_of(&answers[winner].json()));
            app.as_("editor").send(Method::DELETE, &path, &[("If-Match", "*")], None).await.expect_status(204);
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn however_many_look_what_is_due_is_published_once_or_was_taken_back() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 2).await;
        let replica = TestApp::start(app.database.clone());
        let look = async |server: &TestApp, now| {
            let until = Instant::now() + LONG;
            loop {
                match publish_what_is_due(&server.register.db, &server.register.catalog, now).await {
                    Ok(published) => return published,
                    // The database is busy: the batch stays scheduled, and the next look finds it.
                    Err(problem) => {
                        assert!(problem.code == Code::Unavailable && Instant::now() < until, "{problem}");
                    }
                }
            }
        };
        for round in 0..ROUNDS {
            let mut ids = Vec::new();
            let mut drafts = Vec::new();
            for number in 0..2 {
                let draft = approved(&app, amending(&app, number, &format!("第{round}次")).await).await;
                ids.push(id_of(&draft).to_owned());
                drafts.push(draft);
            }
            let at = Utc::now() + Duration::days(2);
            let asked = json!({ "drafts": ids, "effective_at": at.to_rfc3339() });
            app.as_("publisher").post("/v1/publications", asked.clone()).await.expect_status(202);
            let before = caught_up_seq(&app).await;
            if round % 2 == 0 {
                let (one, two, three, four) =
                    tokio::join!(look(&app, at), look(&replica, at), look(&app, at), look(&replica, at));
                assert_eq!(one + two + three + four, 1);
                assert_eq!(caught_up_seq(&app).await, before + 2);
                continue;
            }
            // The batch is taken back by either of its drafts, from both ends, while the clock strikes.
            let takes_back =
                |server: &TestApp, who: &str, at: usize| asks(server, who, &drafts[at], "*", "unschedule", json!({}));
            let back = vec![
                takes_back(&app, "publisher", 0),
                takes_back(&replica, "publisher-2", 1),
                takes_back(&app, "publisher-2", 1),
                takes_back(&replica, "publisher", 0),
            ];
            let (published, again, answers) = tokio::join!(look(&app, at), look(&replica, at), at_once(back));
            let taken_back = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(published + again + taken_back, 1, "{answers:?}");
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                answer.expect_problem(409, "state-conflict");
            }
            assert_eq!(caught_up_seq(&app).await, before + 2 * (published + again) as i64);
            if taken_back == 1 {
                app.as_("publisher").post("/v1/publications", json!({ "drafts": ids })).await.expect_status(201);
            }
        }
        is_whole(&app).await;
    })
    .await;
}

#[actix_web::test]
async fn what_is_due_is_published_in_the_order_of_the_times_that_were_set() {
    at_two_workers(async |app: TestApp| {
        small_town(&app, 2).await;
        let at = Utc::now() + Duration::days(2);
        for (number, later) in [(0, 2), (1, 1)] {
            let draft = approved(&app, amending(&app, number, "改").await).await;
            let at = (at + Duration::hours(later)).to_rfc3339();
            app.as_("publisher").takes(&draft, "publish", json!({ "effective_at": at })).await;
        }
        let now = at + Duration::days(1);
        assert_eq!(publish_what_is_due(&app.register.db, &app.register.catalog, now).await.expect("it runs"), 2);
        let seq = async |number| app.json(&format!("/v1/places/{}", place_key(number))).await["meta"]["seq"].as_i64();
        assert!(seq(1).await < seq(0).await, "what was to be first is first");
    })
    .await;
}

#[actix_web::test]
async fn a_request_that_comes_twice_at_once_to_two_servers_has_one_effect_and_one_answer() {
    let database = new_postgres_database();
    let servers = [TestApp::start(database.clone()), TestApp::start(database)];
    small_town(&servers[0], 2).await;
    // Of an account it is asked at the end, too, whether it still may: named test tokens always hold.
    let grants = [Grant { role: Role::Editor, organisation: None, division: None }];
    let editor = servers[0].token_of("wang", None, &grants).await;
    for round in 0..ROUNDS {
        let app = &servers[0];
        servers[1].register.catalog.catch_up(&servers[1].register.db).await;
        let key = |request: RequestBuilder, step: &str| request.header("Idempotency-Key", format!("{step}-{round}"));
        let four = |request: &dyn Fn(&TestApp) -> RequestBuilder, step: &str| {
            (0..4).map(|number| key(request(&servers[number % 2]), step)).collect::<Vec<_>>()
        };
        let same = |answers: Vec<Answer>, status: u16| {
            for answer in &answers {
                answer.expect_status(status);
                assert_eq!(answer.bytes, answers[0].bytes);
                assert_eq!(answer.header("location"), answers[0].header("location"));
                assert_eq!(answer.header("etag"), answers[0].header("etag"));
            }
            let replayed = answers.iter().filter(|answer| answer.header("idempotent-replayed") == "true").count();
            assert_eq!(replayed, answers.len() - 1);
            answers[0].json()
        };
        let new = amending(app, 0, &format!("第{round}次")).await;
        let create = |server: &TestApp| server.request(Method::POST, "/v1/drafts").bearer_auth(&editor).json(&new);
        let draft = same(at_once(four(&create, "create")).await, 201);
        assert_eq!(app.as_("auditor").get("/v1/drafts?state=draft").await.json()["total"], 1);
        let submit = |server: &TestApp| asks(server, &editor, &draft, "\"1\"", "submit", json!({}));
        let draft = same(at_once(four(&submit, "submit")).await, 200);
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let before = caught_up_seq(app).await;
        let publish = |server: &TestApp| asks(server, "publisher", &draft, &tag_of(&draft), "publish", json!({}));
        let published = same(at_once(four(&publish, "publish")).await, 201);
        assert_eq!((published["seq"].as_i64(), caught_up_seq(app).await), (Some(before + 1), before + 1));
        // Another request with the same key is a mistake of the client, whichever server it asks.
        let other = asks(&servers[1], "publisher", &draft, "*", "publish", json!({}));
        send(key(other, "publish")).await.expect_problem(422, "idempotency-mismatch");
    }
    is_whole(&servers[0]).await;
}
