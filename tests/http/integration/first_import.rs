//! The page 第一次导入, step by step: an empty register, the workbook of an office, and its items are public. And older files.

use std::collections::BTreeSet;

use qingdan::{
    staff::identity::{Caller, Grant},
    values::code_lists::{Action, Role},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{Setup, TestApp, insist, on_a_demo_of_its_own, on_both_databases, on_both_with, step},
    people::{TOWNSHIP, caller},
};

const OFFICE: &[u8] = include_bytes!("../../data/office-2016.xlsx");
const EXPECTED: &str = include_str!("../../data/office-2016.expected.json");
const REGISTER: &str = include_str!("../../../demo/items.json");
const PAGE: &str = include_str!("../../../docs/第一次导入.md");
/// The sign-ins of four people, which the page counts, too.
const SIGN_INS: usize = 4;
/// An item whose row has no name: its duties on another sheet have it.
const NAMED_ELSEWHERE: &str = "11350121003619116B5000723001000";
/// Charged by the sheet, of which the page names no fee.
const WITHOUT_FEE: &str = "12350121488101808K5352012003000";

/// Four people of the whole register.
fn setup() -> Setup {
    let person = |name: &str, role: Role| -> (String, Caller) {
        caller(name, None, vec![Grant { role, organisation: None, division: None }])
    };
    let callers = vec![
        person("first-editor", Role::Editor),
        person("first-reviewer", Role::Reviewer),
        person("second-reviewer", Role::Reviewer),
        person("first-publisher", Role::Publisher),
    ];
    Setup { callers, ..Setup::default() }
}

/// The requests of the page, counted.
struct Clerk<'a> {
    app: &'a TestApp,
    requests: usize,
}

impl Clerk<'_> {
    async fn sends(&mut self, name: &str, file: &[u8], defaults: &str) -> Value {
        self.requests += 1;
        sent(self.app, "first-editor", name, file, defaults).await
    }

    async fn posts(&mut self, who: &str, path: &str, body: Value) -> Value {
        self.requests += 1;
        let answer = self.app.as_(who).post(path, body).await;
        assert!(answer.status.is_success(), "{path} by {who}: {}", answer.text());
        answer.json()
    }

    async fn applies(&mut self, import: &Value) -> Vec<Value> {
        let path = format!("/v1/imports/{}/apply", text(&import["id"]));
        let applied = self.posts("first-editor", &path, json!({ "reason": "首次公布" })).await;
        applied["records"].as_array().expect("records").clone()
    }

    /// Submits, approves twice and publishes: four requests. Returns what was said of those that were not submitted.
    async fn publishes(&mut self, drafts: Vec<Value>, atomic: bool) -> Vec<Value> {
        let submitted =
            self.posts("first-editor", "/v1/submissions", json!({ "drafts": drafts, "atomic": atomic })).await;
        let (mut read, left) = as_read(&submitted);
        for (who, kind) in [("first-reviewer", "legality"), ("second-reviewer", "confidentiality")] {
            read["kind"] = kind.into();
            let reviewed = self.posts(who, "/v1/reviews", read.clone()).await;
            assert_eq!(reviewed["refused"], 0, "{reviewed}");
            read = as_read(&reviewed).0;
        }
        self.posts("first-publisher", "/v1/publications", json!({ "drafts": read["drafts"] })).await;
        left
    }
}

/// Ids and versions of the drafts of which something was done, and the other results.
fn as_read(told: &Value) -> (Value, Vec<Value>) {
    let rows = told["results"].as_array().expect("results").iter();
    let (done, left): (Vec<&Value>, Vec<&Value>) = rows.partition(|row| row.get("problem").is_none());
    let of = |name: &str| done.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    (json!({ "drafts": of("id"), "versions": of("version") }), left.into_iter().cloned().collect())
}

async fn sent(app: &TestApp, who: &str, name: &str, file: &[u8], defaults: &str) -> Value {
    let head = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let more =
        format!("\r\n--limit\r\nContent-Disposition: form-data; name=\"defaults\"\r\n\r\n{defaults}\r\n--limit--\r\n");
    let body = [head.as_bytes(), file, more.as_bytes()].concat();
    let request = app.request(Method::POST, "/v1/imports").bearer_auth(who);
    let answer = insist(request.header("content-type", "multipart/form-data; boundary=limit").body(body)).await;
    answer.expect_status(201);
    answer.json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The defaults that the page shows.
fn defaults() -> &'static str {
    let (_, rest) = PAGE.split_once("```json\n").expect("a block");
    rest.split_once("\n```").expect("its end").0
}

/// The keys of the items of which the workbook has a row that is not refused.
fn expected() -> BTreeSet<String> {
    let expected: Value = serde_json::from_str(EXPECTED).expect("JSON");
    let sheets = expected["sheets"].as_array().expect("sheets").iter();
    let rows =
        sheets.filter(|sheet| sheet["name"] != "责任清单").flat_map(|sheet| sheet["rows"].as_array().expect("rows"));
    let good = rows.filter(|row| ["unchanged", "changed", "new"].contains(&text(&row["outcome"])));
    good.map(|row| text(&row["key"]).to_owned()).collect()
}

/// The place and the fees that the page means, and laws that only fees name.
fn places_and_fees(has: &BTreeSet<String>) -> Vec<u8> {
    let mut register: Value = serde_json::from_str(REGISTER).expect("JSON");
    let used: Value = serde_json::from_str(defaults()).expect("JSON");
    let used: Vec<&Value> =
        used.as_array().expect("a list").iter().flat_map(|one| one["body"]["fees"].as_array()).flatten().collect();
    let fees = register["fees"].as_array_mut().expect("fees");
    fees.retain(|fee| used.contains(&&fee["code"]));
    for fee in fees.iter_mut().filter(|fee| !has.contains(text(&fee["organisation"]))) {
        fee["organisation"] = TOWNSHIP.into();
    }
    let cited: BTreeSet<_> = fees
        .iter()
        .flat_map(|fee| fee["legal_bases"].as_array().cloned().unwrap_or_default())
        .map(|basis| text(&basis["instrument"]).to_owned())
        .filter(|law| !has.contains(law))
        .collect();
    let fees = fees.clone();
    let only = |list: &str, is_it: &dyn Fn(&str) -> bool| {
        let records = register[list].as_array().expect("records").iter();
        records.filter(|record| is_it(text(&record["code"]))).cloned().collect::<Vec<_>>()
    };
    let laws = only("legal_instruments", &|code| cited.contains(code));
    let places = only("places", &|code| code == "yangli-hall");
    serde_json::to_vec(&json!({ "legal_instruments": laws, "places": places, "fees": fees })).expect("it is written")
}

#[actix_web::test]
async fn an_empty_register_publishes_the_workbook_of_an_office_by_the_page_alone() {
    on_both_with(setup, async |app| {
        let mut clerk = Clerk { app: &app, requests: SIGN_INS };
        let import = clerk.sends("office-2016.xlsx", OFFICE, defaults()).await;
        let made = clerk.applies(&import).await;
        let keys = |is_item: bool| -> BTreeSet<String> {
            let of = made.iter().filter(|record| (record["kind"] == "item") == is_item);
            of.map(|record| text(&record["key"]).to_owned()).collect()
        };
        let ids = |is_item: bool| -> Vec<Value> {
            let of = made.iter().filter(|record| (record["kind"] == "item") == is_item);
            of.map(|record| record["draft"].clone()).collect()
        };
        let mut wanted = expected();
        wanted.extend([WITHOUT_FEE, NAMED_ELSEWHERE].map(str::to_owned));
        let found = keys(true);
        assert_eq!(found.difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "made of refused rows");
        assert_eq!(wanted.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "not made");
        let first_item = made.iter().position(|record| record["kind"] == "item").expect("items");
        assert!(made[first_item..].iter().all(|record| record["kind"] == "item"), "what items name comes first");

        let check = app.as_("first-editor").json(&format!("/v1/drafts/{}/check", text(&ids(false)[0]))).await;
        assert_eq!(check["submittable"], true, "{check}");

        assert_eq!(clerk.publishes(ids(false), true).await, Vec::<Value>::new());
        let more = clerk.sends("场所和收费.json", &places_and_fees(&keys(false)), "").await;
        let more = clerk.applies(&more).await.iter().map(|record| record["draft"].clone()).collect();
        assert_eq!(clerk.publishes(more, true).await, Vec::<Value>::new());
        let left = clerk.publishes(ids(true), false).await;

        let allowed = ["/body/responsibilities", "/body/accountability", "/body/supervision", "/body/charge"];
        for one in &left {
            for error in one["problem"]["errors"].as_array().expect("errors") {
                assert!(allowed.contains(&text(&error["pointer"])), "{one}");
            }
        }
        assert!(left.len() <= 8, "{} were left", left.len());
        println!(
            "{} requests, {} items published, {} left as drafts",
            clerk.requests,
            wanted.len() - left.len(),
            left.len()
        );
        assert_eq!(app.json("/v1/items").await["total"], wanted.len() - left.len());
        assert!(clerk.requests < 30, "{}", clerk.requests);
        assert_eq!(clerk.requests, 20, "as the page says");

        let township = app.json(&format!("/v1/organisations/{TOWNSHIP}")).await;
        assert_eq!((&township["division"], &township["level"]), (&json!("350121202"), &json!("township")));
        assert_eq!(app.json("/v1/legal-instruments/lex-ywjy").await["effective"], "2006-09-01");
    })
    .await;
}

#[actix_web::test]
async fn what_items_name_becomes_incomplete_drafts_only_before_the_first_item() {
    let table = format!(
        "事项编码,事项名称,事项类型,设定依据,实施主体名称,咨询电话\n{TOWNSHIP}5000105001000,甲,行政许可,《某某村规民约》第一条,闽侯县洋里乡人民政府,0591-26000101\n"
    );
    on_both_with(setup, async |app| {
        let answer = csv(&app, "first-editor", &table).await;
        let told: Vec<_> = answer["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| {
                (
                    text(&row["kind"]).to_owned(),
                    text(&row["outcome"]).to_owned(),
                    text(&row["notices"][0]["code"]).to_owned(),
                )
            })
            .collect();
        assert!(told.contains(&("organisation".into(), "new".into(), "named".into())), "{told:?}");
        assert!(told.contains(&("legal_instrument".into(), "new".into(), "named".into())), "{told:?}");
        let made = app.as_("first-editor").post(&format!("/v1/imports/{}/apply", text(&answer["id"])), json!({})).await;
        made.expect_status(201);
        for record in
            made.json()["records"].as_array().expect("records").iter().filter(|record| record["kind"] != "item")
        {
            let check = app.as_("first-editor").json(&format!("/v1/drafts/{}/check", text(&record["draft"]))).await;
            assert_eq!(check["submittable"], true, "{check}");
            assert!(check.to_string().contains("record-incomplete"), "{check}");
        }
        // Once more: what is on its way is not made twice.
        let again = csv(&app, "first-editor", &table.replace("105001000", "164001000")).await;
        assert_eq!(again["rows"].as_array().expect("rows").len(), 1, "{again}");
        assert_eq!(again["rows"][0]["outcome"], "new", "{again}");
    })
    .await;
    on_a_demo_of_its_own(async |app| {
        let answer = csv(&app, "register-editor", &table).await;
        assert_eq!(answer["rows"].as_array().expect("rows").len(), 1);
        assert_eq!(answer["rows"][0]["problems"][0]["rule"], "reference-unknown", "a slip makes no law");
    })
    .await;
}

async fn csv(app: &TestApp, who: &str, table: &str) -> Value {
    let request = app.request(Method::POST, "/v1/imports?kind=item&name=a.csv").bearer_auth(who);
    let answer = insist(request.header("content-type", "text/csv").body(table.to_owned())).await;
    answer.expect_status(201);
    answer.json()
}

#[actix_web::test]
async fn defaults_that_cannot_be_used_are_named() {
    on_both_databases(async |app| {
        for (defaults, pointer) in [
            ("x", "/defaults"),
            (r#"[{"kind":"item","body":{"visit":1}}]"#, "/defaults/0/body/visit"),
            (r#"[{"kind":"items","body":{}}]"#, "/defaults/0/kind"),
        ] {
            let body = format!(
                "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.json\"\r\n\r\n[]\r\n--limit\r\nContent-Disposition: form-data; \
                 name=\"defaults\"\r\n\r\n{defaults}\r\n--limit--\r\n"
            );
            let request = app.request(Method::POST, "/v1/imports").bearer_auth("register-editor");
            let answer = insist(request.header("content-type", "multipart/form-data; boundary=limit").body(body)).await;
            assert_eq!(answer.expect_problem(422, "invalid-body")["errors"][0]["pointer"], pointer);
        }
    })
    .await;
}

#[actix_web::test]
async fn an_older_file_undoes_nothing() {
    const ITEM: &str = "11350121003619116B5000511001000";
    on_a_demo_of_its_own(async |app| {
        let before = app.json(&format!("/v1/items/{ITEM}")).await;
        let (seq, revision) = (app.json("/v1").await["seq"].clone(), before["meta"]["revision"].as_i64().expect("one"));
        let office = text(&before["organisation"]);
        let filled = format!("/v1/imports/template.xlsx?kind=item&organisation={office}");
        let template = app.as_("county-editor").get(&filled).await;
        let mut body = before.clone();
        for added in ["meta", "embedded", "links"] {
            body.as_object_mut().expect("an object").remove(added);
        }
        body["handling_office"] = "新的科室".into();
        app.publish(vec![step("item", Action::Amend, ITEM, Some(body))]).await.expect("published");

        // As it was exported, and with a change of the office's own.
        let unchanged = serde_json::to_vec(&json!([before])).expect("it is written");
        let answer = sent(&app, "county-editor", "a.json", &unchanged, "").await;
        let row = &answer["rows"][0];
        assert_eq!((&row["outcome"], &row["changes"]), (&json!("unchanged"), &json!([])), "{row}");
        assert_eq!(row["outdated"]["base_revision"], revision);
        assert_eq!(row["outdated"]["revision"], revision + 1);
        assert_eq!(row["outdated"]["fields"], json!([{ "pointer": "/handling_office", "label": "承办机构" }]));
        assert_eq!(row["notices"][0]["code"], "outdated");

        let mut edited = before.clone();
        edited["name"] = "改过的名称".into();
        let edited = serde_json::to_vec(&json!([edited])).expect("it is written");
        let answer = sent(&app, "county-editor", "a.json", &edited, "").await;
        let changes: Vec<_> =
            answer["rows"][0]["changes"].as_array().expect("changes").iter().map(|one| text(&one["field"])).collect();
        assert_eq!(changes, ["name"]);

        let answer = sent(&app, "county-editor", "template.xlsx", &template.bytes, "").await;
        assert_eq!(answer["counts"]["changed"], 0, "{answer}");
        let rows = answer["rows"].as_array().expect("rows");
        let told = rows.iter().filter(|row| row["outdated"]["revision"] == revision + 1).count();
        assert!(told > 0, "{answer}");

        // A table says of which state it is in its last row.
        let old = text(&before["handling_office"]);
        for (end, outcome) in [(format!("#end,1,{seq}\n"), "unchanged"), (String::new(), "changed")] {
            let table = format!("编码,承办机构\n{ITEM},{old}\n{end}");
            let answer = csv(&app, "county-editor", &table).await;
            assert_eq!(answer["rows"][0]["outcome"], outcome, "{answer}");
        }
    })
    .await;
}
