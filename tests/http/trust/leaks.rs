//! Nothing of a draft is public before it is published, and nothing of what was erased is anywhere afterwards.

use std::{collections::BTreeMap, fs};

use chrono::{Duration, NaiveDate, Utc};
use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
use qingdan::{
    app::server,
    base::config::DatabaseUrl,
    model,
    problem::Code,
    register::db::{Conn, DbError},
    staff::{drafts::publish_what_is_due, identity::Grant},
    values::{
        code_lists::{Action, Role},
        local_time,
    },
    web::contract::Schemas,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        Answer, Setup, TestApp, client, is_scrubbed, new_postgres_demo, new_sqlite_demo, not_busy, on_a_demo_with,
        patched, place, send, step,
    },
    people::{STATION, TOWNSHIP, caller, decision, id_of, people, tag_of},
};

/// In no word of the demonstration register.
const MARKER: &str = "zqxjkv";

/// A demonstration register and people who answer for the whole province.
async fn on_a_demo(test: impl AsyncFn(TestApp)) {
    on_a_demo_with(with_the_province, test).await;
}

fn with_the_province() -> Setup {
    let mut callers = people();
    for (name, role) in
        [("author", Role::Editor), ("first", Role::Reviewer), ("second", Role::Reviewer), ("releaser", Role::Publisher)]
    {
        let grants = vec![Grant { role, organisation: None, division: Some("35".into()) }];
        callers.push(caller(name, None, grants));
    }
    let elsewhere =
        vec![Grant { role: Role::Auditor, organisation: Some("11350121MB0000001M".into()), division: None }];
    callers.push(caller("stranger", Some(TOWNSHIP.into()), elsewhere));
    Setup { callers, ..Setup::default() }
}

/// Every address that the public reads, with those of `records` (their path and key) and lists that ask for the marker.
fn public_paths(records: &[(String, String)]) -> Vec<String> {
    let operations = server::operations(&mut Schemas::default());
    let open = operations.into_iter().filter(|operation| operation.verb == "get" && operation.needs.is_none());
    let mut paths: Vec<_> = open.map(|operation| operation.example).collect();
    for kind in model::KINDS {
        let list = format!("/v1/{}", kind.path);
        paths.push(format!("{list}?limit=200"));
        paths.push(format!("{list}?q={MARKER}&highlight=true"));
        paths.push(format!("{list}/{MARKER}"));
        paths.push(format!("{list}?changed_since=383"));
        for status in ["suspended", "cancelled", "merged"] {
            paths.push(format!("{list}?status={status}&limit=200"));
        }
    }
    for (kind, key) in records {
        let own = format!("/v1/{kind}/{key}");
        let more = ["", "/revisions", "/revisions/1", "/revisions/2", "/revisions/3", "/revisions/4", "/revisions/5"];
        paths.extend(more.iter().map(|more| format!("{own}{more}")));
        paths.extend((1..5).map(|from| format!("{own}/compare?from={from}&to={}", from + 1)));
        if kind == "items" {
            paths.extend([format!("{own}/chart"), format!("{own}/chart.svg")]);
        }
    }
    paths.extend(["/", "/docs", "/problems", "/openapi.json", "/nowhere", "/v1/items?colour=red"].map(str::to_owned));
    paths.push("/.well-known/security.txt".into());
    paths.extend([Code::NotFound, Code::Gone].map(|code| format!("/problems/{}", code.spec().code)));
    paths.sort();
    paths.dedup();
    paths
}

/// The answers that the public gets: status, entity tag and bytes of every address.
async fn public(app: &TestApp, paths: &[String], token: Option<&str>) -> BTreeMap<String, (u16, String, String)> {
    let mut answers = BTreeMap::new();
    for path in paths {
        // Pages and their tags name the address by which they were asked for.
        let answer = not_busy(async || {
            let request = client().get(format!("{}{path}", app.base)).header("host", "register.example");
            send(match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            })
            .await
        })
        .await;
        let headers = format!("{:?}", answer.headers);
        assert!(!headers.contains(MARKER), "{path}: {headers}");
        let etag = answer.header("etag").to_owned();
        // Examples name the server that was asked.
        let host = app.base.trim_start_matches("http://");
        let text = String::from_utf8_lossy(&answer.bytes).replace(path.as_str(), "").replace(host, "");
        answers.insert(path.clone(), (answer.status.as_u16(), etag, text));
    }
    answers
}

/// The day on which what is public is shown: answers that are compared are of one day.
fn today() -> NaiveDate {
    local_time(Utc::now()).date()
}

/// Paths that repeat what was asked, or tell how the process fares.
fn may_differ(path: &str) -> bool {
    path.starts_with("/health") || path.contains(MARKER) || ["/nowhere", "/.well-known/jwks.json"].contains(&path)
}

fn no_marker(answers: &BTreeMap<String, (u16, String, String)>, when: &str) {
    for (path, (_, etag, text)) in answers {
        if path.contains(MARKER) {
            // The query may be said back; nothing is found for it.
            assert!(text.contains("\"total\":0") || text.contains("not-found"), "{path} {when}: {text}");
            continue;
        }
        assert!(!etag.contains(MARKER) && !text.contains(MARKER), "{path} {when}: {text}");
    }
}

/// Puts the marker into every text of a body.
fn marked(body: &Value) -> Value {
    match body {
        Value::String(text) => json!(format!("{text}{MARKER}")),
        Value::Array(elements) => elements.iter().map(marked).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), marked(value))).collect(),
        other => other.clone(),
    }
}

/// Puts back what may not carry the marker: whatever stands at `pointer`.
fn restore(body: &mut Value, original: &Value, pointer: &str) {
    if let (Some(place), Some(value)) = (body.pointer_mut(pointer), original.pointer(pointer)) {
        *place = value.clone();
    }
}

const PROTECTED: [&str; 4] = ["/code", "/organisation", "/division", "/catalogue_code"];

/// One draft of every kind with the marker in every text that takes one, and of every other action with the marker in
/// reason, document and comment.
async fn drafts_of_every_kind(app: &TestApp) -> (Vec<Value>, Vec<(String, String)>) {
    let author = app.as_("author");
    let (mut drafts, mut records) = (Vec::new(), Vec::new());
    let document = json!({ "title": MARKER, "number": MARKER, "issuer": MARKER });
    for kind in model::KINDS {
        let list = app.json(&format!("/v1/{}?limit=1&sort=code", kind.path)).await;
        let key = list["items"][0]["code"].as_str().expect("one").to_owned();
        let original = patched(app, &format!("/v1/{}/{key}", kind.path), &json!({})).await;
        let mut body = marked(&original);
        for pointer in PROTECTED {
            restore(&mut body, &original, pointer);
        }
        let new = json!({
            "kind": kind.name, "action": "amend", "key": key, "reason": MARKER, "document": document, "body": body,
        });
        let mut draft = author.drafts(new).await;
        // Whatever may not carry it, as the check says, is put back, until the draft can be submitted.
        for round in 0.. {
            let path = format!("/v1/drafts/{}/check", id_of(&draft));
            let check = author.get(&path).await.json();
            if check["submittable"] == true {
                break;
            }
            assert!(round < 12, "{} of {}: {}", check["findings"], kind.name, body);
            for finding in check["findings"].as_array().expect("findings") {
                let pointer = finding["pointer"].as_str().unwrap_or_default();
                if let Some(inside) = pointer.strip_prefix("/body") {
                    restore(&mut body, &original, inside);
                    // Parts that contradict each other are put back whole.
                    if round > 4 {
                        restore(&mut body, &original, inside.rsplit_once('/').map_or("", |(above, _)| above));
                    }
                }
            }
            let saved = author.patch(&draft, json!({ "body": body })).await;
            saved.expect_status(200);
            draft = saved.json();
        }
        assert!(draft["body"].to_string().contains(MARKER), "{}", kind.name);
        records.push((kind.path.to_owned(), key));
        drafts.push(draft);
        let named = json!({ "kind": kind.name, "action": "create", "body": { "name": MARKER }, "reason": MARKER });
        let title = json!({ "kind": kind.name, "action": "create", "body": { "title": MARKER }, "reason": MARKER });
        let blank = author.post("/v1/drafts", named).await;
        if blank.status != 201 {
            author.drafts(title).await;
        }
    }
    let items = app.json("/v1/items?limit=20&sort=code&status=in_force").await;
    let keys: Vec<_> = items["items"].as_array().expect("items")[1..].iter().map(|row| row["code"].clone()).collect();
    for (action, key) in ["suspend", "cancel", "merge", "delegate", "erase"].into_iter().zip(&keys) {
        let mut new = json!({ "kind": "item", "action": action, "key": key, "reason": MARKER, "document": document });
        if action == "merge" {
            new["successor"] = keys[10].clone();
        }
        if action == "erase" {
            new["revision"] = json!(1);
        }
        drafts.push(author.drafts(new).await);
        records.push(("items".into(), key.as_str().expect("a key").to_owned()));
    }
    let place = patched(app, "/v1/places/yangli-hall", &json!({ "code": format!("new-{MARKER}") })).await;
    let renumber = json!({
        "kind": "place", "action": "renumber", "key": "yangli-hall", "reason": MARKER, "document": document, "body": place,
    });
    if app.as_("author").get("/v1/drafts?key=yangli-hall").await.json()["total"] == 0 {
        drafts.push(author.drafts(renumber).await);
    }
    (drafts, records)
}

#[actix_web::test]
async fn nothing_of_a_draft_is_public_whatever_is_done_to_it_short_of_publishing() {
    let demos: [fn() -> DatabaseUrl; 2] = [new_sqlite_demo, new_postgres_demo];
    for demo in demos {
        while !is_compared_whatever_is_done(TestApp::start_with(demo(), with_the_province())).await {}
    }
}

/// Does everything to drafts, and compares what is public with what was before. Says whether the day was the same all the time:
/// otherwise not all was compared.
async fn is_compared_whatever_is_done(app: TestApp) -> bool {
    let records: Vec<_> = {
        let mut records = Vec::new();
        for kind in model::KINDS {
            let list = app.json(&format!("/v1/{}?limit=2&sort=code", kind.path)).await;
            let keys = list["items"].as_array().expect("rows").iter();
            records.extend(keys.map(|row| (kind.path.to_owned(), row["code"].as_str().expect("a code").to_owned())));
        }
        records
    };
    let paths = public_paths(&records);
    let day = today();
    let before = public(&app, &paths, None).await;
    let outsiders = ["/v1/drafts?limit=200", "/v1/quality", "/v1/audit"].map(str::to_owned);
    let same = async |when: &str| {
        let now = public(&app, &paths, None).await;
        no_marker(&now, when);
        no_marker(&public(&app, &outsiders, Some("stranger")).await, when);
        let client = [("if-none-match", before["/v1/items?limit=200"].1.as_str())];
        let known = app.get_with("/v1/items?limit=200", &client).await;
        if today() == day {
            for (path, answer) in now.iter().filter(|(path, _)| !may_differ(path)) {
                assert_eq!(answer, &before[path], "{path} {when}");
            }
            known.expect_status(304);
        }
    };

    let (mut drafts, _) = drafts_of_every_kind(&app).await;
    same("after they were made and changed").await;
    for draft in &drafts {
        for view in ["", "/check", "/compare", "/preview/record"] {
            app.as_("author").get(&format!("/v1/drafts/{}{view}", id_of(draft))).await.expect_status(200);
        }
    }
    let all = async |drafts: &mut Vec<Value>, who: &str, step: &str, body: Value| {
        for draft in drafts.iter_mut() {
            *draft = app.as_(who).takes(draft, step, body.clone()).await;
        }
    };
    all(&mut drafts, "author", "submit", json!({ "comment": MARKER })).await;
    same("after they were looked at and submitted").await;
    all(&mut drafts, "first", "approve", json!({ "kind": "legality", "comment": MARKER })).await;
    all(&mut drafts, "second", "approve", json!({ "kind": "confidentiality", "comment": MARKER })).await;
    same("after they were approved").await;
    let at = (Utc::now() + Duration::days(2)).to_rfc3339();
    all(&mut drafts, "releaser", "publish", json!({ "effective_at": at })).await;
    same("after they were scheduled").await;
    all(&mut drafts, "releaser", "unschedule", json!({})).await;
    all(&mut drafts, "releaser", "return", json!({ "comment": MARKER })).await;
    for draft in &drafts {
        let path = format!("/v1/drafts/{}", id_of(draft));
        app.as_("author").send(Method::DELETE, &path, &[("If-Match", "*")], None).await.expect_status(204);
    }
    same("after they were returned and discarded").await;
    today() == day
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Every row of every table, as text.
async fn dump(app: &TestApp) -> Vec<String> {
    let lines = app.register.db.read(|conn| {
        let query = |conn: &mut Conn, text: String| -> Result<Vec<String>, DbError> {
            let lines: Vec<Line> = match conn {
                Conn::Sqlite(conn) => sql_query(text).load(conn)?,
                Conn::Postgres(conn) => sql_query(text).load(conn)?,
            };
            Ok(lines.into_iter().map(|line| line.line).collect())
        };
        let on_sqlite = matches!(conn, Conn::Sqlite(_));
        let tables = match on_sqlite {
            true => "SELECT name AS line FROM sqlite_master WHERE type = 'table'",
            false => "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
        };
        let mut lines = Vec::new();
        for table in query(conn, tables.into())? {
            let row = match on_sqlite {
                true => {
                    let columns = query(conn, format!("SELECT name AS line FROM pragma_table_info('{table}')"))?;
                    let columns = columns.iter().map(|name| format!("COALESCE(CAST({name} AS TEXT), '')"));
                    columns.collect::<Vec<_>>().join(" || ' ' || ")
                }
                false => format!("{table}::text"),
            };
            let rows = query(conn, format!("SELECT {row} AS line FROM {table}"))?;
            assert!(!rows.is_empty() || table != "changes", "the log is read");
            lines.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
        }
        Ok::<_, DbError>(lines)
    });
    lines.await.expect("every table is read")
}

fn files_of(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let DatabaseUrl::Sqlite(path) = &app.database else { return Vec::new() };
    let names = ["", "-wal", "-shm", "-journal"].map(|suffix| format!("{path}{suffix}"));
    names.into_iter().filter_map(|name| fs::read(&name).ok().map(|bytes| (name, bytes))).collect()
}

/// A client that sends every POST with a key, and asks all of them again afterwards.
struct Keyed<'a> {
    app: &'a TestApp,
    sent: Vec<(String, String, Option<String>, Value)>,
}

impl Keyed<'_> {
    async fn one(&self, number: usize) -> Answer {
        let (who, path, tag, body) = &self.sent[number];
        let request = self.app.request(Method::POST, path).header(header::AUTHORIZATION, format!("Bearer {who}"));
        let request = request.header("Idempotency-Key", format!("key-{number}")).json(body);
        send(match tag {
            Some(tag) => request.header("If-Match", tag),
            None => request,
        })
        .await
    }

    async fn post(&mut self, who: &str, path: &str, tag: Option<String>, body: Value) -> Value {
        self.sent.push((who.into(), path.into(), tag, body));
        let answer = self.one(self.sent.len() - 1).await;
        assert!(answer.status.is_success(), "{path} by {who}: {}", answer.text());
        answer.json()
    }

    async fn step(&mut self, who: &str, draft: &Value, step: &str, body: Value) -> Value {
        let path = format!("/v1/drafts/{}/{step}", id_of(draft));
        self.post(who, &path, Some(tag_of(draft)), body).await
    }

    /// Submitted and approved by people who quote the record in what they say of it.
    async fn approved(&mut self, draft: Value) -> Value {
        let said = |text: &str| json!(format!("{text}“{MARKER}”"));
        let draft = self.step("author", &draft, "submit", json!({ "comment": said("请审查") })).await;
        let legal = json!({ "kind": "legality", "comment": said("已核对") });
        let draft = self.step("first", &draft, "approve", legal).await;
        let open = json!({ "kind": "confidentiality", "comment": said("可以公开") });
        self.step("second", &draft, "approve", open).await
    }

    async fn published(&mut self, new: Value) -> Value {
        let draft = self.post("author", "/v1/drafts", None, new).await;
        let draft = self.approved(draft).await;
        self.step("releaser", &draft, "publish", json!({})).await
    }
}

fn about(action: &str, key: &str) -> Value {
    json!({ "kind": "place", "action": action, "key": key, "reason": "测试", "document": decision() })
}

const SECRET: &str = "secret-place";
const ITEM: &str = "11350121003619116B5000511001000";

#[actix_web::test]
async fn what_was_erased_is_in_no_table_no_file_and_no_answer() {
    on_a_demo(async |app| {
        let replica = TestApp::start_with(app.database.clone(), with_the_province());
        let mut keyed = Keyed { app: &app, sent: Vec::new() };

        // A new place, whose draft had no code at first and then another one; others show it.
        let mut body = place(SECRET, TOWNSHIP);
        body["name"] = json!(format!("甲{MARKER}"));
        body["address"] = json!(format!("乙{MARKER}"));
        let mut early = body.clone();
        early.as_object_mut().expect("an object").remove("code");
        let draft = keyed
            .post("author", "/v1/drafts", None, json!({ "kind": "place", "action": "create", "body": early }))
            .await;
        let saved = app.as_("author").patch(&draft, json!({ "body": { "code": "another-place" } })).await;
        let draft = keyed.step("author", &saved.json(), "submit", json!({})).await;
        let draft = keyed.step("first", &draft, "return", json!({ "comment": format!("“{MARKER}”的编码有误") })).await;
        let saved = app.as_("author").patch(&draft, json!({ "body": { "code": SECRET } })).await;
        let draft = keyed.approved(saved.json()).await;
        let published = keyed.post("releaser", "/v1/publications", None, json!({ "drafts": [id_of(&draft)] })).await;
        assert_eq!(published["records"][0]["key"], SECRET);
        let item = app.json(&format!("/v1/items/{ITEM}")).await;
        let mut places = item["places"].as_array().expect("places").clone();
        let mut shown = places[0].clone();
        shown["place"] = json!(SECRET);
        places.push(shown);
        let shows = patched(&app, &format!("/v1/items/{ITEM}"), &json!({ "places": places })).await;
        app.publish(vec![step("item", Action::Amend, ITEM, Some(shows))]).await.expect("it is valid");
        assert!(app.get(&format!("/v1/items/{ITEM}")).await.text().contains(MARKER), "it is shown by others");
        // Carried on by a suspension and by what ended it.
        keyed.published(about("suspend", SECRET)).await;
        keyed.published(about("reinstate", SECRET)).await;
        // Somebody else proposes a text with it and gives it up; a scheduled text meets it, and its alert tells of it.
        let mut again = about("amend", SECRET);
        again["body"] = body.clone();
        again["reason"] = json!(format!("改称“{MARKER}”"));
        again["document"]["title"] = json!(format!("关于“{MARKER}”更名的通知"));
        let given_up = keyed.post("author", "/v1/drafts", None, again.clone()).await;
        let given_up = keyed.approved(given_up).await;
        let at = Utc::now() + Duration::days(2);
        keyed.step("releaser", &given_up, "publish", json!({ "effective_at": at.to_rfc3339() })).await;
        let mut clean = body.clone();
        clean["name"] = json!("丙");
        clean["address"] = json!("丁");
        app.publish(vec![step("place", Action::Amend, SECRET, Some(clean.clone()))]).await.expect("it is valid");
        publish_what_is_due(&app.register.db, &app.register.catalog, at).await.expect("it runs");
        let alerted = app.as_("releaser").get(&format!("/v1/drafts/{}", id_of(&given_up))).await.json();
        assert!(alerted["alert"].to_string().contains(MARKER), "the alert tells what differs: {alerted}");
        let returned =
            keyed.step("releaser", &alerted, "return", json!({ "comment": format!("不再需要“{MARKER}”") })).await;
        let own = format!("/v1/drafts/{}", id_of(&returned));
        app.as_("author").send(Method::DELETE, &own, &[("If-Match", "*")], None).await.expect_status(204);

        // Walks that began when it was public, on both servers.
        let records = [("places".to_owned(), SECRET.to_owned()), ("items".to_owned(), ITEM.to_owned())];
        let mut paths = public_paths(&records);
        let seq = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let first = app.json("/v1/places?limit=1").await;
        let old = app.json("/v1/places?limit=1&q=%E7%94%B2").await;
        let pinned = format!("/v1/places?limit=1&cursor={}", first["next"].as_str().expect("more"));
        drop(old);
        app.get(&pinned).await.expect_status(200);
        let reached =
            async |path: &str, seq: i64| replica.get_with(path, &[("registry-seq-min", &seq.to_string())]).await;
        reached("/v1/places", seq).await.expect_status(200);
        replica.get(&pinned).await.expect_status(200);
        assert!(app.get(&format!("/v1/places/{SECRET}/revisions/1")).await.text().contains(MARKER));
        assert!(dump(&app).await.iter().any(|line| line.contains(MARKER)), "the dump sees it");

        let mut erase = about("erase", SECRET);
        erase["revision"] = json!(1);
        keyed.published(erase).await;
        is_scrubbed(&app).await;

        let left: Vec<_> = dump(&app).await.into_iter().filter(|line| line.contains(MARKER)).collect();
        assert!(left.is_empty(), "{left:#?}");
        for (name, bytes) in files_of(&app) {
            let found = bytes.windows(MARKER.len()).position(|window| window == MARKER.as_bytes());
            assert!(
                found.is_none(),
                "{name} at {found:?}: {:?}",
                found.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..at + 50]))
            );
        }
        let own = format!("/v1/places/{SECRET}");
        for number in [1, 2, 3] {
            let gone = app.get(&format!("{own}/revisions/{number}")).await;
            gone.expect_status(410);
            assert_eq!(gone.json()["revision"].as_i64().unwrap_or(number), number, "{}", gone.text());
        }
        app.get(&format!("{own}/revisions/4")).await.expect_status(200);
        assert_eq!(app.json(&own).await["name"], "丙", "later revisions go on");
        let seq = app.json("/v1").await["seq"].as_i64().expect("a seq");
        reached(&own, seq).await.expect_status(200);

        // Walks that began earlier go on without it, and so does whoever asks again with an old key.
        let mut cursors = vec![pinned];
        for (server, name) in [(&app, "this server"), (&replica, "the other server")] {
            let mut path = cursors[0].clone();
            for _ in 0..40 {
                let page = server.get(&path).await;
                assert!(!page.text().contains(MARKER), "{path} at {name}");
                cursors.push(path);
                let Some(next) = page.json()["next"].as_str().map(str::to_owned) else { break };
                path = format!("/v1/places?limit=1&cursor={next}");
            }
        }
        paths.extend(cursors);
        for number in 0..keyed.sent.len() {
            let answer = keyed.one(number).await;
            assert_eq!(answer.header("idempotent-replayed"), "true", "{:?}", keyed.sent[number]);
            assert!(!answer.text().contains(MARKER), "{:?}: {}", keyed.sent[number], answer.text());
        }
        let staff = ["/v1/drafts?limit=200", "/v1/audit?limit=200", "/v1/quality"].map(str::to_owned);
        for who in ["auditor", "author", "releaser"] {
            no_marker(&public(&app, &staff, Some(who)).await, who);
        }
        let list = app.as_("auditor").get("/v1/drafts?limit=200").await.json();
        for draft in list["items"].as_array().expect("rows") {
            let one = app.as_("auditor").get(&format!("/v1/drafts/{}", id_of(draft))).await;
            assert!(!one.text().contains(MARKER), "{}", one.text());
            let one = one.json();
            let comments = one["comments"].as_array().expect("comments");
            assert!(comments.len() > 2, "who said something stays: {one}");
            for comment in comments {
                assert!(comment["text"] == "" && comment["by"] != "" && comment["step"] != "", "{comment}");
            }
        }

        // Other servers, and one that starts now, answer the same.
        let restarted = TestApp::start_with(app.database.clone(), with_the_province());
        let (here, at_replica, at_restarted) = loop {
            let day = today();
            let here = public(&app, &paths, None).await;
            let others = (public(&replica, &paths, None).await, public(&restarted, &paths, None).await);
            if today() == day {
                break (here, others.0, others.1);
            }
        };
        no_marker(&here, "after the erasure");
        for (there, name) in [(at_replica, "a replica"), (at_restarted, "a restarted server")] {
            for (path, answer) in there.iter().filter(|(path, _)| !may_differ(path)) {
                assert_eq!(answer, &here[path], "{path} at {name}");
            }
        }

        // The record as it stands now can be amended as ever.
        clean["name"] = json!("戊");
        let mut amend = about("amend", SECRET);
        amend["body"] = clean;
        keyed.published(amend).await;
        assert_eq!(app.json(&own).await["name"], "戊");
    })
    .await;
}

#[actix_web::test]
async fn a_record_whose_present_text_was_erased_shows_nothing_and_can_be_amended_anew() {
    on_a_demo(async |app| {
        let mut keyed = Keyed { app: &app, sent: Vec::new() };
        // An organisation that items show.
        let path = format!("/v1/organisations/{STATION}");
        let body = patched(&app, &path, &json!({ "name": format!("站{MARKER}"), "duties": MARKER })).await;
        let new = json!({
            "kind": "organisation", "action": "amend", "key": STATION, "reason": "测试", "document": decision(), "body": body,
        });
        keyed.published(new).await;
        let items = app.get(&format!("/v1/items?organisation={STATION}")).await;
        assert!(items.text().contains(MARKER), "it is embedded");
        let revision = app.json(&path).await["meta"]["revision"].clone();
        let erase = json!({
            "kind": "organisation", "action": "erase", "key": STATION, "reason": "测试", "document": decision(),
            "revision": revision,
        });
        let erased = keyed.published(erase).await;
        assert_eq!(erased["records"][0]["action"], "erase");

        app.get(&path).await.expect_status(410);
        let left: Vec<_> = dump(&app).await.into_iter().filter(|line| line.contains(MARKER)).collect();
        assert!(left.is_empty(), "{left:#?}");
        let held = app.json(&format!("/v1/items?organisation={STATION}&limit=1")).await;
        let item = held["items"][0]["code"].as_str().expect("an item").to_owned();
        let paths = public_paths(&[("organisations".into(), STATION.into()), ("items".into(), item)]);
        no_marker(&public(&app, &paths, None).await, "after the erasure");
        for number in 0..keyed.sent.len() {
            assert!(!keyed.one(number).await.text().contains(MARKER), "{:?}", keyed.sent[number]);
        }

        let body = patched(&app, &format!("{path}/revisions/1"), &json!({ "name": "新的名称" })).await;
        let anew = json!({
            "kind": "organisation", "action": "amend", "key": STATION, "reason": "测试", "document": decision(), "body": body,
        });
        keyed.published(anew).await;
        assert_eq!(app.json(&path).await["name"], "新的名称");
    })
    .await;
}
