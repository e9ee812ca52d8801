//! Permissions at the endpoints of the staff part: every endpoint × every role, and every scope.

use std::collections::BTreeMap;

use qingdan::{
    app::server,
    staff::{
        identity::{Caller, Grant, permissions},
        requests::{Endpoint, Need, Verb},
    },
    values::code_lists::{Action, Role},
    web::contract::Schemas,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        self, Answer, Engine, Setup, TestApp, not_busy, on_a_demo_of_its_own, on_each_database, organisation, patched,
        place, send,
    },
    people::{STATION, TOWNSHIP, approved, approved_by, caller, decision, id_of, people, tag_of},
};

const ITEM: &str = "11350121003619116B5000511001000";
const UNKNOWN: &str = "019aaf3e-8a10-7c31-9d0a-5f1f7e1c2b3d";

/// Callers that an endpoint admits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Admits {
    /// Every caller, with a token or without.
    Anybody,
    /// Every caller who is signed in.
    Accounts,
    /// These roles and no others.
    Roles(&'static [Role]),
}

const ADMIN: Admits = Admits::Roles(&[Role::Admin]);
const WRITERS: Admits = Admits::Roles(&[Role::Editor, Role::Integration]);
const READERS: Admits =
    Admits::Roles(&[Role::Editor, Role::Integration, Role::Reviewer, Role::Publisher, Role::Auditor]);

/// The specification (docs/API.md §14). An endpoint that is not here fails the test: write down who may use it.
const SPECIFIED: &[(&str, Admits)] = &[
    ("audit.list", Admits::Roles(&[Role::Auditor])),
    ("client.change", ADMIN),
    ("client.create", ADMIN),
    ("client.list", ADMIN),
    ("client.read", ADMIN),
    ("client.secret", ADMIN),
    ("discard.create", WRITERS),
    ("draft.amend", WRITERS),
    ("draft.approve", Admits::Roles(&[Role::Reviewer])),
    ("draft.check", READERS),
    ("draft.comment", READERS),
    ("draft.compare", READERS),
    ("draft.create", WRITERS),
    ("draft.discard", WRITERS),
    ("draft.list", READERS),
    ("draft.preview", READERS),
    ("draft.publish", Admits::Roles(&[Role::Publisher])),
    ("draft.read", READERS),
    ("draft.replace", WRITERS),
    ("draft.return", Admits::Roles(&[Role::Reviewer, Role::Publisher])),
    ("draft.submit", WRITERS),
    ("draft.unschedule", Admits::Roles(&[Role::Publisher])),
    ("draft.withdraw", WRITERS),
    ("chart.preview", WRITERS),
    ("draft.preview_chart", READERS),
    ("draft.preview_guide", READERS),
    ("file.store", WRITERS),
    ("import.apply", WRITERS),
    ("import.check", WRITERS),
    ("import.discard", WRITERS),
    ("import.list", WRITERS),
    ("import.read", WRITERS),
    ("import.report", WRITERS),
    ("import.template", WRITERS),
    ("me.audit", Admits::Accounts),
    ("me.password", Admits::Accounts),
    ("me.read", Admits::Accounts),
    ("me.tasks", Admits::Accounts),
    ("publication.create", Admits::Roles(&[Role::Publisher])),
    ("quality.read", READERS),
    ("return.create", Admits::Roles(&[Role::Reviewer, Role::Publisher])),
    ("review.create", Admits::Roles(&[Role::Reviewer])),
    ("session.create", Admits::Anybody),
    ("session.end", Admits::Accounts),
    ("session.refresh", Admits::Anybody),
    ("submission.create", WRITERS),
    ("token.create", Admits::Anybody),
    ("transfer.create", WRITERS),
    ("user.change", ADMIN),
    ("user.confirm", ADMIN),
    ("user.create", ADMIN),
    ("user.list", ADMIN),
    ("user.password", ADMIN),
    ("user.read", ADMIN),
    ("webhook.change", ADMIN),
    ("webhook.create", ADMIN),
    ("webhook.delete", ADMIN),
    ("webhook.deliveries", ADMIN),
    ("webhook.disable", ADMIN),
    ("webhook.enable", ADMIN),
    ("webhook.list", ADMIN),
    ("webhook.read", ADMIN),
    ("webhook.replay", ADMIN),
    ("webhook.rotate", ADMIN),
    ("webhook.test", ADMIN),
    ("withdrawal.create", WRITERS),
];

impl Admits {
    fn role(self, role: Role) -> bool {
        match self {
            Self::Anybody | Self::Accounts => true,
            Self::Roles(roles) => roles.contains(&role),
        }
    }
}

fn method(endpoint: &Endpoint) -> Method {
    match endpoint.verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    }
}

/// The address with `id` for every parameter.
fn path(endpoint: &Endpoint, id: &str) -> String {
    let parts: Vec<_> = endpoint.path.split('/').map(|part| if part.starts_with('{') { id } else { part }).collect();
    parts.join("/")
}

async fn ask(app: &TestApp, endpoint: &Endpoint, token: Option<&str>) -> Answer {
    not_busy(async || {
        let request = app.request(method(endpoint), &path(endpoint, UNKNOWN));
        send(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await
    })
    .await
}

/// Somebody with one role everywhere, whose token is its value; and somebody without any.
fn everybody() -> Vec<(String, Caller)> {
    let with = |name: &str, roles: &[Role]| {
        let on = |role: &Role| Grant { role: *role, organisation: None, division: None };
        caller(name, None, roles.iter().map(on).collect())
    };
    let mut everybody: Vec<_> = Role::ALL.iter().map(|role| with(role.value(), &[*role])).collect();
    everybody.push(with("powerless", &[]));
    everybody
}

#[test]
fn the_specification_the_endpoints_and_the_table_of_permissions_agree() {
    let specified: BTreeMap<_, _> = SPECIFIED.iter().copied().collect();
    assert_eq!(specified.len(), SPECIFIED.len(), "each endpoint once");
    let endpoints = server::endpoints();
    for endpoint in &endpoints {
        let Some(admits) = specified.get(endpoint.terms.action) else {
            panic!("who may use {}?", endpoint.terms.action)
        };
        match endpoint.terms.need {
            Need::Nobody => assert!(*admits == Admits::Anybody, "{}", endpoint.terms.action),
            Need::Session | Need::Account => assert!(*admits == Admits::Accounts, "{}", endpoint.terms.action),
            Need::OneOf(needed) => {
                for role in Role::ALL {
                    let may = permissions(*role).iter().any(|permission| needed.contains(permission));
                    assert_eq!(may, admits.role(*role), "{} by {role:?}", endpoint.terms.action);
                }
            }
        }
    }
    for action in specified.keys() {
        assert!(endpoints.iter().any(|endpoint| endpoint.terms.action == *action), "{action} is no more");
    }
}

on_each_database!(every_endpoint_admits_whom_the_specification_admits);

async fn every_endpoint_admits_whom_the_specification_admits(engine: Engine) {
    let specified: BTreeMap<_, _> = SPECIFIED.iter().copied().collect();
    let setup = Setup { callers: everybody(), ..Setup::default() };
    let app = TestApp::start_with(engine.new_database(), setup);
    for endpoint in &server::endpoints() {
        let (action, admits) = (endpoint.terms.action, specified[endpoint.terms.action]);
        for token in [None, Some("nonsense"), Some("")] {
            let answer = ask(&app, endpoint, token).await;
            match admits {
                Admits::Anybody => assert_ne!(answer.status, 401, "{action}"),
                Admits::Accounts | Admits::Roles(_) => {
                    answer.expect_problem(401, "unauthenticated");
                }
            }
        }
        for role in Role::ALL {
            let answer = ask(&app, endpoint, Some(role.value())).await;
            match admits.role(*role) {
                true => {
                    let refused = [401, 403].contains(&answer.status.as_u16());
                    assert!(!refused && !answer.status.is_server_error(), "{action} by {role:?}: {answer:?}");
                }
                false => {
                    answer.expect_problem(403, "forbidden");
                }
            }
        }
        let answer = ask(&app, endpoint, Some("powerless")).await;
        match admits {
            Admits::Anybody | Admits::Accounts => assert_ne!(answer.status, 403, "{action}"),
            Admits::Roles(_) => {
                answer.expect_problem(403, "forbidden");
            }
        }
    }
}

const MARKER: &str = "不外传的名称";

async fn amendment(app: &TestApp) -> Value {
    let body = patched(app, &format!("/v1/items/{ITEM}"), &json!({ "name": MARKER })).await;
    json!({ "kind": "item", "action": "amend", "key": ITEM, "reason": MARKER, "document": decision(), "body": body })
}

/// The body that each step of a draft is sent.
fn sent(action: &str) -> Option<Value> {
    match action {
        "draft.approve" => Some(json!({ "kind": "legality" })),
        "draft.return" | "draft.comment" => Some(json!({ "comment": "退回" })),
        "draft.replace" | "draft.amend" => Some(json!({ "reason": "改" })),
        "draft.submit" | "draft.withdraw" | "draft.publish" | "draft.unschedule" => Some(json!({})),
        _ => None,
    }
}

/// Tries every endpoint of one draft as outsiders: for them it is not there.
async fn nobody_else_touches(app: &TestApp, draft: &Value, outsiders: &[&str]) {
    let seen = app.as_("auditor").get(&format!("/v1/drafts/{}", id_of(draft))).await.json();
    for endpoint in server::endpoints().iter().filter(|endpoint| endpoint.path.starts_with("/v1/drafts/{id}")) {
        let Need::OneOf(needed) = endpoint.terms.need else { panic!("{} is for everybody", endpoint.terms.action) };
        let own = path(endpoint, id_of(draft));
        for outsider in outsiders {
            let (_, caller) = people().into_iter().find(|(name, _)| name == outsider).expect("somebody");
            let expected = if needed.iter().any(|permission| caller.ever_may(*permission)) { 404 } else { 403 };
            let tag = tag_of(draft);
            for tag in ["*", &tag, "\"99\""] {
                let body = sent(endpoint.terms.action);
                let answer = app.as_(outsider).send(method(endpoint), &own, &[("If-Match", tag)], body.as_ref()).await;
                assert_eq!(answer.status, expected, "{} by {outsider}: {}", endpoint.terms.action, answer.text());
                for told in [MARKER, TOWNSHIP, ITEM, "\"editor\""] {
                    assert!(
                        !answer.text().contains(told),
                        "{} tells {outsider}: {}",
                        endpoint.terms.action,
                        answer.text()
                    );
                }
            }
        }
    }
    for outsider in outsiders {
        let filters = [
            "",
            "?state=draft",
            "?author=editor",
            &format!("?key={ITEM}"),
            &format!("?organisation={TOWNSHIP}"),
            "?q=11350121",
            "?waiting=review",
            "?waiting=publish",
        ];
        for filter in filters {
            let page = app.as_(outsider).get(&format!("/v1/drafts{filter}")).await;
            assert_eq!(
                (page.json()["total"].as_u64(), page.json()["items"].as_array().map(Vec::len)),
                (Some(0), Some(0))
            );
            assert!(!page.text().contains(MARKER));
        }
    }
    let after = app.as_("auditor").get(&format!("/v1/drafts/{}", id_of(draft))).await.json();
    assert_eq!(after, seen, "nothing was done to it");
}

#[actix_web::test]
async fn nobody_of_another_township_reads_lists_or_touches_a_draft_in_any_state() {
    const OUTSIDERS: &[&str] = &["neighbour", "neighbour-reviewer", "neighbour-publisher"];
    on_a_demo_of_its_own(async |app| {
        let draft = app.as_("editor").drafts(amendment(&app).await).await;
        nobody_else_touches(&app, &draft, OUTSIDERS).await;
        let draft = app.as_("editor").takes(&draft, "submit", json!({})).await;
        nobody_else_touches(&app, &draft, OUTSIDERS).await;
        let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
        let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "legality" })).await;
        nobody_else_touches(&app, &draft, OUTSIDERS).await;
        let at = (chrono::Utc::now() + chrono::Duration::days(2)).to_rfc3339();
        let draft = app.as_("publisher").takes(&draft, "publish", json!({ "effective_at": at })).await;
        nobody_else_touches(&app, &draft, OUTSIDERS).await;
    })
    .await;
}

#[actix_web::test]
async fn a_grant_reaches_its_organisation_or_all_below_its_division_and_nothing_beside() {
    on_a_demo_of_its_own(async |app| {
        let township = app.as_("editor").drafts(amendment(&app).await).await;
        let own = format!("/v1/drafts/{}", id_of(&township));
        for insider in
            ["editor-2", "integration", "county-editor", "reviewer-1", "county-reviewer-1", "publisher", "auditor"]
        {
            app.as_(insider).get(&own).await.expect_status(200);
        }
        // Beside it, and below it.
        nobody_else_touches(&app, &township, &["station-editor", "village-editor", "neighbour"]).await;

        let held = app.json(&format!("/v1/items?organisation={STATION}&limit=1")).await;
        let key = held["items"][0]["code"].clone();
        let amend = json!({ "kind": "item", "action": "amend", "key": key });
        app.as_("editor").post("/v1/drafts", amend.clone()).await.expect_problem(403, "forbidden");
        let station = app.as_("station-editor").drafts(amend).await;
        let own = format!("/v1/drafts/{}", id_of(&station));
        app.as_("editor").get(&own).await.expect_problem(404, "not-found");
        for insider in ["integration", "county-editor", "reviewer-1", "publisher"] {
            app.as_(insider).get(&own).await.expect_status(200);
        }
        let total = async |who: &str| app.as_(who).get("/v1/drafts").await.json()["total"].as_u64();
        assert_eq!((total("editor").await, total("station-editor").await), (Some(1), Some(1)));
        assert_eq!((total("county-editor").await, total("village-editor").await), (Some(2), Some(0)));
    })
    .await;
}

#[actix_web::test]
async fn who_may_not_is_told_whose_it_is_and_the_way_out() {
    on_a_demo_of_its_own(async |app| {
        let told = async |who: &str, language: &str, draft: &Value| {
            let headers = [("Accept-Language", language)];
            let answer = app.as_(who).send(Method::POST, "/v1/drafts", &headers, Some(draft)).await;
            answer.expect_problem(403, "forbidden")["detail"].as_str().expect("a sentence").to_owned()
        };
        let name =
            app.json(&format!("/v1/organisations/{TOWNSHIP}")).await["name"].as_str().expect("a name").to_owned();
        let item = json!({ "kind": "item", "action": "amend", "key": ITEM });
        for (who, own) in [("neighbour", "350121203"), ("station-editor", STATION), ("village-editor", "350121202201")]
        {
            let chinese = told(who, "zh", &item).await;
            assert!(chinese.starts_with(&format!("该事项属于{name}（{TOWNSHIP}），不在您的权限范围")), "{chinese}");
            assert!(chinese.contains(own) && chinese.contains("账号管理员"), "{chinese}");
            assert!(!chinese.contains("items:edit") && !chinese.contains("需要权限"), "{chinese}");
            let english = told(who, "en", &item).await;
            assert!(
                english.contains(&format!("{name} ({TOWNSHIP})")) && english.contains("outside of your scope"),
                "{english}"
            );
        }
        // Of a code that the register does not have, nothing is told but the code.
        let other = "11350121MB0000001M";
        let new = json!({ "kind": "organisation", "action": "create", "body": organisation(other, "无人知道") });
        let chinese = told("neighbour", "zh", &new).await;
        assert!(chinese.contains(other) && !chinese.contains("无人知道"), "{chinese}");
        // Who has the right nowhere learns which roles have it.
        for (who, language, part) in [("auditor", "zh", "编辑、系统对接"), ("admin", "en", "editor, integration")]
        {
            let told = told(who, language, &item).await;
            assert!(told.contains(part) && told.contains("items:edit"), "{told}");
        }
        let admin = app.as_("editor").get("/v1/users").await.expect_problem(403, "forbidden");
        assert!(admin["detail"].as_str().is_some_and(|detail| detail.contains("管理账号")), "{admin}");
    })
    .await;
}

#[actix_web::test]
async fn nobody_drafts_for_a_record_or_an_organisation_that_is_not_theirs() {
    on_a_demo_of_its_own(async |app| {
        let refused = async |who: &str, draft: Value| {
            app.as_(who).post("/v1/drafts", draft).await.expect_problem(403, "forbidden");
        };
        for action in ["amend", "suspend", "cancel", "merge", "delegate", "renumber", "erase"] {
            refused("neighbour", json!({ "kind": "item", "action": action, "key": ITEM })).await;
            refused("station-editor", json!({ "kind": "item", "action": action, "key": ITEM })).await;
        }
        refused("neighbour", json!({ "kind": "organisation", "action": "amend", "key": TOWNSHIP })).await;
        refused("editor", json!({ "kind": "place", "action": "amend", "key": "yangli-hall" })).await;
        // As it is written anywhere: small, wide, with spaces around it.
        for code in [TOWNSHIP.to_owned(), TOWNSHIP.to_lowercase(), format!(" {TOWNSHIP} "), TOWNSHIP.replace('1', "１")]
        {
            let create = |body: Value| json!({ "kind": "item", "action": "create", "body": body });
            refused("neighbour", create(json!({ "organisation": code }))).await;
            refused("station-editor", create(json!({ "organisation": code }))).await;
            let mine = json!({ "kind": "place", "action": "create", "body": place("near", &code) });
            refused("neighbour", mine).await;
        }
        let new =
            json!({ "kind": "organisation", "action": "create", "body": organisation("11350121MB0000001M", "甲") });
        refused("neighbour", new).await;

        // A draft of one's own cannot be given away either, by any way of saving, and another's cannot be taken.
        let draft = app.as_("editor").drafts(amendment(&app).await).await;
        let moved = json!({ "body": { "organisation": STATION } });
        app.as_("editor").patch(&draft, moved.clone()).await.expect_problem(403, "forbidden");
        let own = format!("/v1/drafts/{}", id_of(&draft));
        let whole = patched(&app, &format!("/v1/items/{ITEM}"), &moved["body"]).await;
        let whole = json!({ "body": whole, "reason": draft["reason"], "document": draft["document"] });
        let put = app.as_("editor").send(Method::PUT, &own, &[("If-Match", "*")], Some(&whole)).await;
        put.expect_problem(403, "forbidden");
        let kept = app.as_("editor").get(&own).await.json();
        assert_eq!((&kept["version"], &kept["body"]["organisation"]), (&json!(1), &json!(TOWNSHIP)));
        app.as_("county-editor").patch(&draft, moved.clone()).await.expect_status(200);
        let blank = app.as_("neighbour").drafts(json!({ "kind": "item", "action": "create", "body": {} })).await;
        let taken = json!({ "body": { "organisation": TOWNSHIP } });
        app.as_("neighbour").patch(&blank, taken).await.expect_problem(403, "forbidden");
    })
    .await;
}

#[actix_web::test]
async fn a_body_that_says_nothing_changes_nothing() {
    on_a_demo_of_its_own(async |app| {
        let draft = app.as_("powerful").drafts(amendment(&app).await).await;
        let user =
            json!({ "username": "wang", "display_name": "王", "password": "Ein langes Kennwort 9", "grants": [] });
        app.as_("admin").post("/v1/users", user).await.expect_status(201);
        let own = format!("/v1/drafts/{}", id_of(&draft));
        let mut things = vec![("powerful", own.clone()), ("admin", "/v1/users/wang".to_owned())];
        for (list, new) in
            [("clients", json!({ "name": "系统" })), ("webhooks", json!({ "url": "https://receiver.example/hook" }))]
        {
            let made = app.as_("admin").post(&format!("/v1/{list}"), new).await;
            made.expect_status(201);
            things.push(("admin", made.header("location").to_owned()));
        }
        let versions = async || {
            let mut tags = Vec::new();
            for (who, path) in &things {
                tags.push(app.as_(who).get(path).await.header("etag").to_owned());
            }
            tags
        };
        let before = versions().await;

        let operations = server::operations(&mut Schemas::default());
        let mut asked = 0;
        for operation in operations.iter().filter(|one| one.sends.iter().any(|(kind, ..)| *kind == "application/json"))
        {
            let list = operation.path.split('/').take(3).collect::<Vec<_>>().join("/");
            let thing = things.iter().find(|(_, path)| path.starts_with(&list)).unwrap_or(&things[0]);
            let id = thing.1.rsplit('/').next().expect("an id");
            let path: Vec<_> = operation.path.split('/').map(|p| if p.starts_with('{') { id } else { p }).collect();
            let who = if operation.needs.as_ref().is_some_and(|needs| needs.contains(&"admin")) {
                "admin"
            } else {
                "powerful"
            };
            // A step may have nothing more to say.
            let bodies = if operation.verb == "post" { &["null"][..] } else { &["", "{}", "null", "[]"] };
            for body in bodies {
                let request = app.request(operation.verb.to_uppercase().parse().expect("a method"), &path.join("/"));
                let request = request.bearer_auth(who).header("if-match", "*");
                let answer = send(request.header("content-type", "application/json").body(*body)).await;
                let told = answer.json();
                let expected =
                    if matches!(*body, "" | "{}") { ("unreadable-body", 400) } else { ("invalid-body", 422) };
                let given = (told["code"].as_str().unwrap_or_default(), answer.status.as_u16());
                assert_eq!(given, expected, "{} with {body:?}: {told}", operation.id);
                asked += 1;
            }
        }
        assert!(asked > 30, "{asked}");
        assert_eq!(versions().await, before);

        let passed_over =
            app.as_("powerful").send(Method::PUT, &own, &[("if-match", "*")], Some(&json!({ "reason": "改" }))).await;
        let problem = passed_over.expect_problem(422, "invalid-body");
        let pointers: Vec<_> = problem["errors"].as_array().expect("errors").iter().map(|e| &e["pointer"]).collect();
        assert_eq!(pointers, ["/body", "/document"], "what is to go is named as null");
        let named = json!({ "body": null, "reason": "改", "document": null });
        app.as_("powerful").send(Method::PUT, &own, &[("if-match", "*")], Some(&named)).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn a_record_whose_text_was_erased_still_belongs_to_whom_it_belonged() {
    on_a_demo_of_its_own(async |app| {
        let own = patched(&app, "/v1/places/yangli-hall", &json!({})).await;
        let erase = json!({
            "kind": "place", "action": "erase", "key": "yangli-hall", "revision": 1, "reason": "测试", "document": decision(),
        });
        let draft = approved_by(&app, erase, ["station-editor", "reviewer-1", "reviewer-2"]).await;
        app.as_("publisher").takes(&draft, "publish", json!({})).await;
        // Another one in another way, of which nobody knows any more whose it was.
        let mut lost = app::step("place", Action::Create, "lost", Some(place("lost", TOWNSHIP)));
        app.publish(vec![lost.clone()]).await.expect("it is valid");
        (lost.action, lost.body, lost.revision) = (Action::Erase, None, Some(1));
        app.publish(vec![lost]).await.expect("it is there");
        app.get("/v1/places/yangli-hall").await.expect_status(410);
        let taken = json!({ "organisation": "11350121003619999X", "division": "350121203" });
        for body in [json!({}), taken, own.clone()] {
            for outsider in ["neighbour", "village-editor", "editor"] {
                let amend = json!({ "kind": "place", "action": "amend", "key": "yangli-hall", "body": body });
                app.as_(outsider).post("/v1/drafts", amend).await.expect_problem(403, "forbidden");
                let erase = json!({ "kind": "place", "action": "erase", "key": "yangli-hall", "revision": 1 });
                app.as_(outsider).post("/v1/drafts", erase).await.expect_problem(403, "forbidden");
            }
        }
        for outsider in ["neighbour", "village-editor", "county-editor", "station-editor"] {
            let amend = json!({ "kind": "place", "action": "amend", "key": "lost", "body": {} });
            app.as_(outsider).post("/v1/drafts", amend).await.expect_problem(403, "forbidden");
        }
        let amend = json!({ "kind": "place", "action": "amend", "key": "yangli-hall", "body": own });
        let draft = app.as_("station-editor").drafts(amend).await;
        assert_eq!(draft["organisation"], STATION);
        nobody_else_touches(&app, &draft, &["neighbour", "village-editor"]).await;
    })
    .await;
}

#[actix_web::test]
async fn batches_and_transfers_stop_at_the_border() {
    on_a_demo_of_its_own(async |app| {
        let suspend =
            json!({ "kind": "item", "action": "suspend", "key": ITEM, "reason": MARKER, "document": decision() });
        let draft = approved(&app, suspend).await;
        let seq = app.json("/v1").await["seq"].clone();
        let at = (chrono::Utc::now() + chrono::Duration::days(2)).to_rfc3339();
        for asked in [
            json!({ "drafts": [id_of(&draft)] }),
            json!({ "drafts": [UNKNOWN, id_of(&draft)] }),
            json!({ "drafts": [id_of(&draft)], "effective_at": at }),
        ] {
            let answer = app.as_("neighbour-publisher").post("/v1/publications", asked).await;
            let problem = answer.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["code"], "reference-unknown", "{problem}");
            for told in [MARKER, ITEM, TOWNSHIP] {
                assert!(!answer.text().contains(told), "{}", answer.text());
            }
        }
        for (who, from, to) in [
            ("neighbour", TOWNSHIP, STATION),
            ("neighbour", STATION, TOWNSHIP),
            ("editor", TOWNSHIP, STATION),
            ("editor", STATION, TOWNSHIP),
            ("station-editor", STATION, TOWNSHIP),
            ("village-editor", STATION, TOWNSHIP),
        ] {
            for dry_run in [true, false] {
                let asked = json!({ "from": from, "to": to, "dry_run": dry_run, "reason": "测试" });
                let answer = app.as_(who).post("/v1/transfers", asked).await;
                answer.expect_problem(403, "forbidden");
            }
        }
        assert_eq!(app.json("/v1").await["seq"], seq);
        assert_eq!(app.as_("county-editor").get("/v1/drafts").await.json()["total"], 1, "the one that there was");
        let after = app.as_("publisher").get(&format!("/v1/drafts/{}", id_of(&draft))).await.json();
        assert_eq!(after, app.as_("editor").get(&format!("/v1/drafts/{}", id_of(&draft))).await.json());
        assert_eq!(after["state"], "approved");
        let both = json!({ "drafts": [id_of(&draft)] });
        app.as_("publisher").post("/v1/publications", both).await.expect_status(201);
    })
    .await;
}
