//! Imports: what offices send, dry runs, drafts in bulk.

use std::io::{Cursor, Read, Write};

use qingdan::{
    base::config::LimitSettings,
    values::code_lists::{Action, Status},
};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::helpers::{
    app::{
        Answer, Setup, TestApp, first_publication, insist, new_databases, new_sqlite_demo, on_a_demo_of_its_own,
        on_both_databases, on_the_register_of_2016, organisation, place, send, step,
    },
    people::{STATION, TOWNSHIP, approved_by, decision, id_of},
};

const OFFICE: &[u8] = include_bytes!("../../data/office-2016.xlsx");
const EXPECTED: &str = include_str!("../../data/office-2016.expected.json");
const REGISTER: &str = include_str!("../../../demo/items.json");

/// The expected report of the workbook of an office. The file says that J16 of the services was folded, where nothing is to fold: the cell is
/// the same as J5, of which it says nothing.
fn expected() -> Value {
    let mut expected: Value = serde_json::from_str(EXPECTED).expect("JSON");
    let rows = expected["sheets"][2]["rows"].as_array_mut().expect("rows");
    let row = rows.iter_mut().find(|row| row["row"] == 16).expect("row 16");
    let notices = row["notices"].as_array_mut().expect("notices");
    notices.retain(|notice| notice["cell"] != "J16");
    expected
}

/// Sends a file as a form.
async fn upload_with(
    app: &TestApp,
    who: &str,
    name: &str,
    bytes: &[u8],
    kind: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut body = Vec::new();
    if !kind.is_empty() {
        body.extend(format!("--limit\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n{kind}\r\n").into_bytes());
    }
    let file = format!("--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend([file.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat());
    let request = app.request(Method::POST, "/v1/imports").bearer_auth(who);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    insist(request.header("content-type", "multipart/form-data; boundary=limit").body(body)).await
}

async fn upload(app: &TestApp, who: &str, name: &str, bytes: &[u8], kind: &str) -> Answer {
    upload_with(app, who, name, bytes, kind, &[]).await
}

/// The report on a file, which must be read.
async fn checked(app: &TestApp, who: &str, name: &str, bytes: &[u8], kind: &str) -> Value {
    let answer = upload(app, who, name, bytes, kind).await;
    answer.expect_status(201);
    answer.json()
}

async fn applied(app: &TestApp, who: &str, import: &Value, body: Value) -> Answer {
    app.as_(who).post(&format!("/v1/imports/{}/apply", import["id"].as_str().expect("an id")), body).await
}

/// Why, and on what decision, an import changes records.
fn words() -> Value {
    json!({ "reason": "年度清单核对", "document": decision() })
}

fn rows(import: &Value) -> &[Value] {
    import["rows"].as_array().expect("rows")
}

/// Rows that came to something else than nothing, as short lines.
fn told(import: &Value) -> Vec<String> {
    let line = |row: &Value| {
        let problems = row["problems"].as_array().expect("problems").iter();
        let problems: Vec<_> =
            problems.map(|problem| format!("{} {}", text(&problem["cell"]), text(&problem["rule"]))).collect();
        format!("{}{} {} {}", text(&row["sheet"]), row["row"], text(&row["outcome"]), problems.join(", "))
            .trim()
            .to_owned()
    };
    rows(import).iter().filter(|row| row["outcome"] != "unchanged").map(line).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Problems or notices as sorted pairs of cell and code.
fn pairs(list: &Value, code: &str) -> Vec<(String, String)> {
    let list = list.as_array().into_iter().flatten();
    let mut pairs: Vec<_> = list.map(|one| (text(&one["cell"]).to_owned(), text(&one[code]).to_owned())).collect();
    pairs.sort();
    pairs
}

/// The changes of a row, in the form of the expected file.
fn changes(row: &Value, expected: &Value) -> Value {
    let mut changes = Map::new();
    for change in row["changes"].as_array().expect("changes") {
        let field = text(&change["field"]);
        let mut one = json!({ "from": change["from"], "to": change["to"] });
        if expected[field].get("pointer").is_some() {
            one["pointer"] = change["pointer"].clone();
        }
        changes.insert(field.to_owned(), one);
    }
    Value::Object(changes)
}

#[actix_web::test]
async fn the_workbook_of_an_office_is_read_row_by_row_as_expected() {
    on_the_register_of_2016(async |app| {
        let expected = expected();

        let import = checked(&app, "county-editor", "office-2016.xlsx", OFFICE, "").await;

        let mut differences = Vec::new();
        let mut met = 0;
        for sheet in expected["sheets"].as_array().expect("sheets") {
            for row in sheet["rows"].as_array().expect("rows") {
                let place = format!("{} {}", text(&sheet["name"]), row["row"]);
                let found =
                    rows(&import).iter().find(|found| found["sheet"] == sheet["name"] && found["row"] == row["row"]);
                let Some(found) = found else {
                    differences.push(format!("{place} is missing"));
                    continue;
                };
                met += 1;
                let codes = |value: &Value| value.as_array().cloned().unwrap_or_default();
                for (what, same) in [
                    ("outcome", found["outcome"] == row["outcome"]),
                    ("key", found["key"] == row["key"]),
                    ("problems", pairs(&found["problems"], "rule") == pairs(&row["problems"], "code")),
                    ("notices", pairs(&found["notices"], "code") == pairs(&row["notices"], "code")),
                    ("changes", changes(found, &row["changes"]) == row["changes"]),
                    ("draft_problems", codes(&found["draft_problems"]) == codes(&row["draft_problems"])),
                    (
                        "missing_for_submission",
                        row.get("missing_for_submission")
                            .is_none_or(|missing| *missing == found["missing_for_submission"]),
                    ),
                    (
                        "first_row",
                        row["problems"][0].get("first_row").is_none_or(|f| *f == found["problems"][0]["first_row"]),
                    ),
                ] {
                    if !same {
                        differences.push(format!("{place} {what}: {found}\n    expected {row}"));
                    }
                }
            }
        }
        assert!(differences.is_empty(), "{} differ:\n{}", differences.len(), differences.join("\n"));
        assert_eq!(rows(&import).len(), met, "no other row is told of");
        let mut totals = expected["totals"].clone();
        totals["removed"] = 0.into();
        totals["incomplete"] = rows(&import).iter().filter(|row| row["missing_for_submission"] == true).count().into();
        assert_eq!(import["counts"], totals);
    })
    .await;
}

#[actix_web::test]
async fn the_workbook_of_an_office_is_applied_mended_approved_and_published_as_one() {
    on_the_register_of_2016(async |app| {
        let import = checked(&app, "county-editor", "office-2016.xlsx", OFFICE, "").await;

        let answer =
            applied(&app, "county-editor", &import, json!({ "reason": "2016年度核对", "document": decision() })).await;
        answer.expect_status(201);
        let made = answer.json();
        assert_eq!(made["state"], "applied");
        assert_eq!(made["drafts"], 14);
        let made = made["records"].as_array().expect("records").clone();

        let editor = app.as_("county-editor");
        let mut approved = Vec::new();
        for record in &made {
            let mut draft = editor.json(&format!("/v1/drafts/{}", text(&record["draft"]))).await;
            if let Some(patch) =
                mending(&app, &draft, &editor.json(&format!("/v1/drafts/{}/check", id_of(&draft))).await).await
            {
                let mended = editor.patch(&draft, json!({ "body": patch })).await;
                mended.expect_status(200);
                draft = mended.json();
            }
            let draft = editor.takes(&draft, "submit", json!({})).await;
            let draft = app.as_("reviewer-1").takes(&draft, "approve", json!({ "kind": "confidentiality" })).await;
            let draft = app.as_("reviewer-2").takes(&draft, "approve", json!({ "kind": "legality" })).await;
            approved.push(id_of(&draft).to_owned());
        }
        let before = app.json("/v1").await["seq"].as_i64().expect("a seq");
        let published = app.as_("publisher").post("/v1/publications", json!({ "drafts": approved })).await;
        published.expect_status(201);

        let after = app.json("/v1").await["seq"].as_i64().expect("a seq");
        assert_eq!(after - before, 14, "one change for each");
        let changes = app.json("/v1/items/11350121003619116B5000264004000").await;
        assert_eq!(changes["consultation"][0], json!({ "kind": "phone", "value": "0591-26000999" }));
        assert_eq!(changes["consultation"].as_array().map(Vec::len), Some(2), "the window stays");
        let new = app.json("/v1/items/12350121488101808K5352010901000").await;
        assert_eq!(new["name"], "村级邮政快递代收点查询");
        let again = checked(&app, "county-editor", "office-2016.xlsx", OFFICE, "").await;
        let changed: Vec<_> = told(&again).into_iter().filter(|row| row.contains("changed")).collect();
        assert_eq!(changed, ["责任清单30 changed"], "it has the old name of a power that the first sheet has renamed");
        assert_eq!(again["counts"]["new"], 0);
        assert_eq!(again["counts"]["refused"], 25, "what is wrong with the workbook is still wrong");
    })
    .await;
}

/// The fields that a draft needs beside what the office wrote; nothing when it can be submitted.
async fn mending(app: &TestApp, draft: &Value, check: &Value) -> Option<Value> {
    if check["submittable"] == true {
        return None;
    }
    let body = &draft["body"];
    if draft["action"] == "amend" {
        return Some(json!({ "chart": quick(&body["chart"]) }));
    }
    // Another item of the same sort has what a sheet does not say.
    let (category, organisation) = (text(&body["category"]), text(&body["organisation"]));
    let like = format!("/v1/items?category={category}&organisation={organisation}&handling=promised&charge=free");
    let like = text(&app.json(&like).await["items"][0]["code"]).to_owned();
    let mut whole = app.json(&format!("/v1/items/{like}")).await;
    whole["chart"] = quick(&whole["chart"]);
    whole["limit_note"] = "没有法定时限".into();
    let whole = whole.as_object_mut().expect("an object");
    for name in
        ["meta", "embedded", "links", "main_item", "handling_code", "summary", "aliases", "identifiers", "legal_limit"]
    {
        whole.remove(name);
    }
    for (name, value) in body.as_object().expect("a body") {
        whole.insert(name.clone(), value.clone());
    }
    Some(Value::Object(whole.clone()))
}

/// A chart whose steps take no longer than an hour each.
fn quick(chart: &Value) -> Value {
    let mut chart = chart.clone();
    for node in chart["nodes"].as_array_mut().expect("nodes") {
        if node.get("duration").is_some() && node["clock"] == "running" {
            node["duration"] = json!({ "value": 1, "unit": "hour" });
        }
    }
    chart
}

#[actix_web::test]
async fn only_who_edits_a_record_changes_it_by_import() {
    on_the_register_of_2016(async |app| {
        let import = checked(&app, "editor", "office-2016.xlsx", OFFICE, "").await;
        let outside: Vec<_> =
            rows(&import).iter().filter(|row| row["problems"][0]["rule"] == "outside-scope").collect();
        assert_eq!(outside.len(), 6, "the changes of the service list are those of other organisations");
        assert!(outside.iter().all(|row| row["sheet"] == "公共服务事项清单"));
        let answer = applied(&app, "editor", &import, words()).await;
        answer.expect_status(201);
        assert_eq!(answer.json()["drafts"], 8);

        for nobody in ["reviewer-1", "auditor", "admin"] {
            upload(&app, nobody, "a.xlsx", OFFICE, "").await.expect_problem(403, "forbidden");
        }
        upload(&app, "nobody", "a.xlsx", OFFICE, "").await.expect_problem(401, "unauthenticated");
        let own = format!("/v1/imports/{}", text(&import["id"]));
        app.as_("editor").get(&own).await.expect_status(200);
        app.as_("editor-2").get(&own).await.expect_problem(404, "not-found");
        applied(&app, "editor-2", &import, words()).await.expect_problem(404, "not-found");
        app.as_("editor-2").send(Method::DELETE, &own, &[], None).await.expect_problem(404, "not-found");
    })
    .await;
}

#[actix_web::test]
async fn a_dry_run_says_nothing_of_drafts_that_its_reader_may_not_see() {
    on_a_demo_of_its_own(async |app| {
        let record = serde_json::to_vec(&json!([place("secret-office", TOWNSHIP)])).expect("it is written");
        let rows_of = async |who: &str| rows(&checked(&app, who, "a.json", &record, "place").await).to_vec();
        let before = rows_of("editor").await;
        let theirs = json!({ "kind": "place", "action": "create", "body": place("secret-office", STATION) });
        app.as_("station-editor").drafts(theirs).await;

        assert_eq!(rows_of("editor").await, before);
        assert_eq!(rows_of("county-editor").await[0]["problems"][0]["rule"], "draft-open");
    })
    .await;
}

#[actix_web::test]
async fn a_record_that_was_revised_since_the_dry_run_is_named_as_a_conflict_of_state() {
    on_the_register_of_2016(async |app| {
        let import = checked(&app, "county-editor", "a.xlsx", OFFICE, "").await;
        let key = "12350121488102018E5352021011000";
        app.publish(vec![step("item", Action::Suspend, key, None)]).await.expect("published");

        let refused = applied(&app, "county-editor", &import, words()).await;

        let conflict = refused.expect_problem(409, "state-conflict")["conflict"].clone();
        assert_eq!(
            (&conflict["records"][0]["key"], &conflict["records"][0]["problem"]),
            (&json!(key), &json!("state-conflict"))
        );
        assert_eq!(conflict["records"].as_array().map(Vec::len), Some(1));
    })
    .await;
}

#[actix_web::test]
async fn all_drafts_are_made_or_none_and_only_once() {
    on_the_register_of_2016(async |app| {
        let import = checked(&app, "county-editor", "a.xlsx", OFFICE, "").await;
        let other = checked(&app, "county-editor", "a.xlsx", OFFICE, "").await;
        // Somebody begins to work on the record of the last proposal meanwhile.
        let key = "12350121488102018E5352021011000";
        app.as_("county-editor").drafts(json!({ "kind": "item", "action": "amend", "key": key })).await;

        let refused = applied(&app, "county-editor", &import, words()).await;
        let conflict = refused.expect_problem(409, "state-conflict");
        assert_eq!(conflict["conflict"]["records"][0]["key"], key);
        assert_eq!(app.as_("county-editor").json("/v1/drafts").await["total"], 1, "nothing was made");

        let drafted = checked(&app, "county-editor", "a.xlsx", OFFICE, "").await;
        let row = rows(&drafted).iter().find(|row| row["key"] == key).expect("a row");
        assert_eq!(row["problems"][0]["rule"], "draft-open");
        let open = app.as_("county-editor").json("/v1/drafts").await;
        assert!(text(&row["problems"][0]["message"]).contains(text(&open["items"][0]["id"])), "which one: {row}");
        let path = format!("/v1/imports/{}/apply", text(&drafted["id"]));
        let headers = [("Idempotency-Key", "apply-once")];
        let first = app.as_("county-editor").send(Method::POST, &path, &headers, Some(&words())).await;
        first.expect_status(201);
        let again = app.as_("county-editor").send(Method::POST, &path, &headers, Some(&words())).await;
        assert_eq!((again.status, again.json()), (first.status, first.json()));
        assert_eq!(app.as_("county-editor").json("/v1/drafts").await["total"], 14);
        app.as_("county-editor").post(&path, json!({})).await.expect_problem(409, "state-conflict");
        applied(&app, "county-editor", &other, words()).await.expect_problem(409, "state-conflict");
    })
    .await;
}

#[actix_web::test]
async fn an_upload_that_is_repeated_is_one_import() {
    on_a_demo_of_its_own(async |app| {
        let headers = [("Idempotency-Key", "a file")];
        let first = upload_with(&app, "county-editor", "a.xlsx", OFFICE, "", &headers).await;
        first.expect_status(201);
        let again = upload_with(&app, "county-editor", "a.xlsx", OFFICE, "", &headers).await;
        assert_eq!(again.json()["id"], first.json()["id"]);
        let list = app.as_("county-editor").json("/v1/imports").await;
        assert_eq!(list["total"], 1);
        assert_eq!(list["limits"]["rows"], 50_000);
        assert!(list["items"][0].get("rows").is_none());
        let path = format!("/v1/imports/{}", text(&first.json()["id"]));
        let refused = app.as_("county-editor").json(&format!("{path}?outcome=refused")).await;
        assert!(rows(&refused).iter().all(|row| row["outcome"] == "refused") && !rows(&refused).is_empty());
        app.as_("county-editor").get(&format!("{path}?outcome=bad")).await.expect_problem(400, "invalid-query");
        let english = app.as_("county-editor").send(Method::GET, &path, &[("accept-language", "en")], None).await;
        assert!(english.text().contains("is missing: the row has no code"));
        app.as_("county-editor").send(Method::DELETE, &path, &[], None).await.expect_status(204);
        app.as_("county-editor").get(&path).await.expect_problem(404, "not-found");
    })
    .await;
}

#[actix_web::test]
async fn the_report_is_the_workbook_with_remarks() {
    on_a_demo_of_its_own(async |app| {
        let import = checked(&app, "county-editor", "a.xlsx", OFFICE, "").await;

        let answer = app.as_("county-editor").get(&format!("/v1/imports/{}/report.xlsx", text(&import["id"]))).await;

        answer.expect_status(200);
        assert!(answer.header("content-disposition").starts_with("attachment"));
        let parts = unzipped(&answer.bytes);
        assert!(parts.contains("行政审批") && parts.contains("洋里乡权力清单"), "what was sent");
        assert!(parts.contains("[not-in-code-list]"), "what is wrong with it");
        assert!(parts.contains("FFC7CE") && parts.contains("导入结果"));
        assert!(parts.contains("导入结果汇总") && parts.contains("退回的原因"), "the first sheet sums up");
        assert!(parts.contains("<autoFilter") && parts.contains("state=\"frozen\""), "headers stay, and filter");
        let again = checked(&app, "county-editor", "report.xlsx", &answer.bytes, "").await;
        assert_eq!(again["counts"]["changed"], import["counts"]["changed"], "it can be mended and sent again");
    })
    .await;
}

/// Every part of an archive as one text.
fn unzipped(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut all = String::new();
    for at in 0..archive.len() {
        let mut content = Vec::new();
        archive.by_index(at).expect("a part").read_to_end(&mut content).expect("whole");
        all.push_str(&String::from_utf8_lossy(&content));
    }
    all
}

/// An archive of these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("room");
    }
    archive.finish().expect("whole").into_inner()
}

const TYPES: &[u8] = br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
const ROOT: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &[u8] = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELS: &[u8] = br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook with these cells: address and text; and perhaps more parts.
fn workbook(cells: &[(&str, &str)], more: &[(&str, &[u8])]) -> Vec<u8> {
    workbook_that_merges(cells, &[], more)
}

/// A workbook with these cells and files, in which these regions are merged.
fn workbook_that_merges(cells: &[(&str, &str)], regions: &[&str], more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for (address, text) in cells {
        let row = address.trim_start_matches(|c: char| c.is_ascii_alphabetic()).to_owned();
        let cell = format!("<c r=\"{address}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
        match rows.iter_mut().find(|(number, _)| *number == row) {
            Some((_, cells)) => cells.push_str(&cell),
            None => rows.push((row, cell)),
        }
    }
    let rows: String = rows.iter().map(|(number, cells)| format!("<row r=\"{number}\">{cells}</row>")).collect();
    let regions: String = regions.iter().map(|region| format!("<mergeCell ref=\"{region}\"/>")).collect();
    let merged = if regions.is_empty() { regions } else { format!("<mergeCells>{regions}</mergeCells>") };
    let sheet = format!(
        "<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData>{merged}</worksheet>"
    );
    let mut parts = vec![
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(more);
    zipped(&parts)
}

/// The rule that a refused file breaks, and where.
fn refusal(answer: &Answer) -> String {
    let problem = answer.expect_problem(422, "invalid-body");
    format!("{} {}", text(&problem["errors"][0]["pointer"]), text(&problem["errors"][0]["code"]))
}

#[actix_web::test]
async fn what_is_no_table_or_too_much_of_one_is_refused_and_told_why() {
    on_a_demo_of_its_own(async |app| {
        let bomb = vec![b' '; 40 << 20];
        let strings = [("xl/sharedStrings.xml", &bomb[..])];
        let promised: [(&str, &[u8]); 1] = [(
            "xl/sharedStrings.xml",
            b"<?xml version=\"1.0\"?><sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" uniqueCount=\"10000000000000000\"/>",
        )];
        let head = [("A1", "事项编码"), ("B1", "事项名称")];
        let far = [head.as_slice(), &[("XFD1048576", "x")]].concat();
        let links: &[(&str, &[u8])] = &[("xl/externalLinks/externalLink1.xml", b"<externalLink/>")];
        let wide = format!("code,{}\n", "a,".repeat(1_000_000));
        // The reader of workbooks would keep all of these before a cell is asked for: each some kilobytes in the file.
        let in_strings = |inner: String| {
            format!("<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">{inner}</sst>").into_bytes()
        };
        let swollen = |part: &str, content: &[u8]| workbook(&head, &[(part, content)]);
        let strings_of = |inner: String| swollen("xl/sharedStrings.xml", &in_strings(inner));
        let wide_letters: Vec<u8> = in_strings("<si/>".repeat(10)).iter().flat_map(|byte| [*byte, 0]).collect();
        let runs = format!("<si>{}</si>", "<r><t>abcdefgh</t></r>".repeat(100_000));
        for (name, bytes, expected) in [
            ("a bomb", workbook(&head, &strings), "/file file-unpacks"),
            ("room for more strings than there are", workbook(&head, &promised), "/file file-damaged"),
            ("more strings than there are cells", strings_of("<si/>".repeat(600_000)), "/file table-too-large"),
            ("a string longer than a cell", strings_of(format!("<si><t>{}</t></si>", "x".repeat(2 << 20))), "/file table-too-large"),
            ("a string of many pieces", strings_of(runs), "/file table-too-large"),
            ("strings in wide letters", swollen("xl/sharedStrings.xml", &wide_letters), "/file file-damaged"),
            ("styles", swollen("xl/styles.xml", "<xf/>".repeat(30_000).as_bytes()), "/file table-too-large"),
            ("a name of a font", swollen("xl/styles.xml", format!("<name val=\"{}\"/>", "x".repeat(2000)).as_bytes()), "/file table-too-large"),
            ("names", swollen("xl/names.xml", "<definedName name=\"a\"/>".repeat(30_000).as_bytes()), "/file table-too-large"),
            ("sheets", swollen("xl/more.xml", "<x:sheet name=\"a\"/>".repeat(2_000).as_bytes()), "/file table-too-large"),
            ("merged regions", swollen("xl/merged.xml", "<mergeCell/>".repeat(150_000).as_bytes()), "/file table-too-large"),
            ("a cell at the end of the world", workbook(&far, &[]), "/file table-too-large"),
            ("links to other files", workbook(&head, links), "/file table-unreadable"),
            ("a wrong sheet", workbook(&[("A1", "姓名"), ("B1", "工资")], &[]), "/file table-unreadable"),
            ("half a workbook", OFFICE[..OFFICE.len() / 2].to_vec(), "/file file-damaged"),
            ("no workbook in an archive", zipped(&[("a.txt", b"a")]), "/file table-unreadable"),
            ("macros", workbook(&head, &[("xl/vbaProject.bin", b"x")]), "/file file-active"),
            ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....".to_vec(), "/file table-unreadable"),
            ("a picture", b"\x89PNG\r\n\x1a\n\0\0".to_vec(), "/file table-unreadable"),
            ("nothing", b" \n".to_vec(), "/file file-empty"),
            ("a million columns", wide.into_bytes(), "/file table-too-large"),
            ("half of JSON", b"{\"items\":[{\"code\":".to_vec(), "/file table-unreadable"),
            ("a cut export", b"{\"items\":[],\"count\":3,\"seq\":1}".to_vec(), "/file table-unreadable"),
            (
                "lines that end early",
                b"{\"code\":\"a\"}\n{\"end\":true,\"count\":2}".to_vec(),
                "/file table-unreadable",
            ),
            ("JSON that is no record", b"[1,2]".to_vec(), "/file table-unreadable"),
            ("more records than rows", format!("[{}{{}}]", "{\"code\":\"a\"},".repeat(50_000)).into_bytes(), "/file table-too-large"),
            ("one endless record", format!("[{{\"code\":[{}0]}}]", "0,".repeat(2 << 20)).into_bytes(), "/file table-too-large"),
            ("quotes that do not end", format!("编码,\"{}", "a\n".repeat(3 << 19)).into_bytes(), "/file table-unreadable"),
        ] {
            let answer = upload(&app, "county-editor", name, &bytes, "item").await;
            assert_eq!(refusal(&answer), expected, "{name}");
        }
        let answer = upload(&app, "county-editor", "a.csv", "事项编码,事项名称\n".as_bytes(), "").await;
        assert_eq!(refusal(&answer), "/kind required", "of a csv");
        let answer = upload(&app, "county-editor", "a.csv", "事项编码,事项名称\n".as_bytes(), "bad").await;
        assert_eq!(refusal(&answer), "/kind not-in-code-list");
        assert_eq!(app.as_("county-editor").json("/v1/imports").await["total"], 0, "nothing is left");
    })
    .await;
}

/// A report of many rows is read in several answers, each of which says where the next one is.
#[actix_web::test]
async fn a_long_report_is_shown_piece_by_piece() {
    on_a_demo_of_its_own(async |app| {
        let rows: String = (0..10_500).map(|number| format!("合计{number},\n")).collect();
        let first =
            checked(&app, "county-editor", "a.csv", format!("事项编码,事项名称\n{rows}").as_bytes(), "item").await;
        assert_eq!((rows_of(&first), &first["counts"]["ignored"]), ((2, 10_001), &json!(10_500)));
        let next = app.as_("county-editor").json(text(&first["links"]["next"])).await;
        assert_eq!((rows_of(&next), next["links"].get("next")), ((10_002, 10_501), None));
        let by_outcome = format!("{}?outcome=ignored&after=10400", text(&first["links"]["self"]));
        assert_eq!(rows_of(&app.as_("county-editor").json(&by_outcome).await), (10_402, 10_501));
    })
    .await;
}

/// The numbers of the first and of the last row.
fn rows_of(import: &Value) -> (u64, u64) {
    let number = |row: Option<&Value>| row.and_then(|row| row["row"].as_u64()).expect("a row");
    (number(rows(import).first()), number(rows(import).last()))
}

#[actix_web::test]
async fn an_office_that_has_filled_a_quota_is_told_which_one_and_makes_room() {
    for database in new_databases() {
        let default = Setup::default();
        let limits =
            LimitSettings { draft_quota: 1, import_quota: 4_000, file_quota: 30, ..default.settings.limits.clone() };
        let settings = qingdan::base::config::ServerSettings { limits, ..default.settings.clone() };
        let app = TestApp::start_with(database, Setup { settings, ..default });
        let full = |answer: &Answer, what: &str| {
            let detail = answer.expect_problem(409, "quota-full")["detail"].clone();
            assert!(text(&detail).contains(what), "{detail}");
        };
        let file = |content: &'static str| {
            let request = app.request(Method::POST, "/v1/files?name=a.txt").bearer_auth("county-editor");
            send(request.header("content-type", "text/plain").body(content))
        };
        file("twenty bytes of text").await.expect_status(201);
        full(&file("and twenty of others").await, "附件");
        file("twenty bytes of text").await.expect_status(201);
        file("ten bytes.").await.expect_status(201);

        let draft = json!({ "kind": "item", "action": "create", "body": { "name": "低保" } });
        let made = app.as_("county-editor").post("/v1/drafts", draft.clone()).await;
        made.expect_status(201);
        full(&app.as_("county-editor").post("/v1/drafts", draft.clone()).await, "草稿");
        let discarded = app.request(Method::DELETE, made.header("location")).bearer_auth("county-editor");
        send(discarded.header("if-match", "*")).await.expect_status(204);
        app.as_("county-editor").post("/v1/drafts", draft).await.expect_status(201);

        let csv = "事项编码,事项名称\nx,y\n".as_bytes();
        let mut kept = Vec::new();
        let refused = loop {
            let answer = upload(&app, "county-editor", "a.csv", csv, "item").await;
            if answer.status != 201 {
                break answer;
            }
            kept.push(answer.header("location").to_owned());
            assert!(kept.len() < 40, "the quota never fills");
        };
        full(&refused, "导入");
        assert_eq!(app.as_("county-editor").json("/v1/imports").await["total"], kept.len(), "nothing of it is left");
        send(app.request(Method::DELETE, &kept[0]).bearer_auth("county-editor")).await.expect_status(204);
        upload(&app, "county-editor", "a.csv", csv, "item").await.expect_status(201);
    }
}

#[actix_web::test]
async fn a_file_beyond_the_limit_is_told_the_limit() {
    for database in new_databases() {
        let default = Setup::default();
        let limits = LimitSettings { import_limit: 20_000, ..default.settings.limits.clone() };
        let settings = qingdan::base::config::ServerSettings { limits, ..default.settings.clone() };
        let app = TestApp::start_with(database, Setup { settings, ..default });
        let answer = upload(&app, "county-editor", "a.xlsx", OFFICE, "").await;
        assert!(text(&answer.expect_problem(413, "body-too-large")["detail"]).contains("20000"));
        assert_eq!(app.as_("county-editor").json("/v1/imports").await["limits"]["bytes"], 20_000);
    }
}

#[actix_web::test]
async fn tables_of_text_are_read_in_the_encodings_of_offices() {
    on_a_demo_of_its_own(async |app| {
        let code = "11350121003619116B5000511001000";
        let name = text(&app.json(&format!("/v1/items/{code}")).await["name"]).to_owned();
        let csv = format!("序号;事项编码;事项名称;承诺时限\r\n1;{code};{name};１４个工作日\r\n");
        let gb = encoding_rs::GB18030.encode(&csv).0.into_owned();
        for bytes in
            [csv.clone().into_bytes(), format!("\u{feff}{csv}").into_bytes(), gb, csv.replace(';', "\t").into_bytes()]
        {
            let import = checked(&app, "county-editor", "a.csv", &bytes, "item").await;
            let row = &rows(&import)[0];
            assert_eq!(row["outcome"], "changed", "{row}");
            assert_eq!(row["row"], 2);
            assert_eq!(row["changes"][0]["to"], json!({ "value": 14, "unit": "working_day" }));
            assert_eq!(row["changes"][0]["cell"], "D2");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_header_that_nobody_knows_is_told_and_its_column_left_out() {
    on_a_demo_of_its_own(async |app| {
        let code = "11350121003619116B5000511001000";
        let cells = [
            ("A1", "事项编码"),
            ("B1", "事项名称"),
            ("C1", "联系人"),
            ("D1", "备用"),
            ("A2", code),
            ("B2", "最低生活保障审核"),
            ("C2", "张三"),
        ];
        let import = checked(&app, "county-editor", "a.xlsx", &workbook(&cells, &[]), "").await;
        assert_eq!(told(&import), ["a1 refused C1 header-unknown", "a2 changed"], "an empty column says nothing");
    })
    .await;
}

#[actix_web::test]
async fn records_of_every_kind_are_brought_by_one_file_and_may_name_each_other() {
    on_both_databases(async |app| {
        let import = checked(&app, "powerful", "register.json", REGISTER.as_bytes(), "").await;

        let records = first_publication().len();
        assert_eq!(
            import["counts"]["new"],
            records,
            "{:?}",
            told(&import).iter().filter(|row| row.contains("refused")).collect::<Vec<_>>()
        );
        let incomplete: Vec<_> = rows(&import).iter().filter(|row| row["missing_for_submission"] == true).collect();
        assert_eq!(incomplete, [] as [&Value; 0]);
        let answer = applied(&app, "powerful", &import, words()).await;
        answer.expect_status(201);
        assert_eq!(answer.json()["drafts"], records);

        app.publish(first_publication()).await.expect("it is valid");
        let again = checked(&app, "powerful", "register.json", REGISTER.as_bytes(), "").await;
        assert_eq!(again["counts"]["unchanged"], records, "{:?}", told(&again));
    })
    .await;
}

#[actix_web::test]
async fn a_record_in_json_is_the_whole_body() {
    on_both_databases(async |app| {
        let body = organisation(TOWNSHIP, "洋里乡政府");
        app.publish(vec![step("organisation", Action::Create, TOWNSHIP, Some(body.clone()))]).await.expect("valid");
        let mut renamed = body.clone();
        renamed["name"] = "洋里乡人民政府".into();
        let mut poorer = body.clone();
        poorer.as_object_mut().expect("an object").remove("name");
        let mut odd = body.clone();
        odd["colour"] = "red".into();
        for (record, expected) in [
            (&body, vec![]),
            (&renamed, vec!["organisations1 changed".to_owned()]),
            (&poorer, vec!["organisations1 refused /name required".to_owned()]),
            (&odd, vec!["organisations1 refused /colour unknown-field".to_owned()]),
            (&json!({ "name": "甲" }), vec!["organisations1 refused /code code-missing".to_owned()]),
        ] {
            let lines = format!("{record}\n{{\"end\":true,\"count\":1}}\n");
            let import = checked(&app, "county-editor", "a.ndjson", lines.as_bytes(), "organisation").await;
            assert_eq!(told(&import), expected);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_template_has_everything_that_a_kind_needs() {
    on_a_demo_of_its_own(async |app| {
        for kind in ["item", "fee", "organisation", "place", "intermediary", "legal_instrument", "clean_up"] {
            let answer = app.as_("county-editor").get(&format!("/v1/imports/template.xlsx?kind={kind}")).await;
            answer.expect_status(200);
            let parts = unzipped(&answer.bytes);
            assert!(parts.contains("示例") && parts.contains("填写说明"), "{kind}");
            // Nothing of a place is chosen from a list.
            assert!(parts.contains("dataValidation") || kind == "place", "{kind}");
            let import = checked(&app, "county-editor", "template.xlsx", &answer.bytes, kind).await;
            let told = told(&import);
            assert!(told.iter().all(|line| line.contains(" ignored")), "{kind}: the example is no row: {told:?}");
        }
        app.as_("county-editor").get("/v1/imports/template.xlsx?kind=bad").await.expect_problem(400, "invalid-query");
        for (query, code) in [
            ("kind=item&organisation=nobody", "organisation-unknown"),
            ("kind=legal_instrument&organisation=x", "only-with"),
        ] {
            let answer = app.as_("county-editor").get(&format!("/v1/imports/template.xlsx?{query}")).await;
            let problem = answer.expect_problem(400, "invalid-query");
            assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_template_of_an_organisation_has_its_records_and_is_read_back_as_unchanged() {
    on_a_demo_of_its_own(async |app| {
        for (kind, office) in [
            ("item", "11350121003619116B"),
            ("fee", "12350121488101808K"),
            ("place", "12350121488101808K"),
            ("organisation", "11350121003619116B"),
        ] {
            let path = format!("/v1/imports/template.xlsx?kind={kind}&organisation={office}");
            let answer = app.as_("county-editor").get(&path).await;
            answer.expect_status(200);
            let parts = unzipped(&answer.bytes);
            if kind == "item" {
                for chosen in
                    ["11350121003619116B｜闽侯县洋里乡人民政府", "yangli-hall｜", "lex-xzxk｜", "fee-columbarium｜"]
                {
                    assert!(parts.contains(chosen), "{chosen} is to choose");
                }
                assert!(parts.contains("outlineLevel"), "columns are folded");
            }

            let import = checked(&app, "county-editor", "template.xlsx", &answer.bytes, kind).await;

            let counts = &import["counts"];
            let rest = ["new", "changed", "refused", "removed"].map(|count| counts[count].as_u64());
            assert_eq!(rest, [Some(0); 4], "{kind}: {:?}", told(&import));
            assert!(counts["unchanged"].as_u64() > Some(0), "{kind}: {counts}");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_erasure_reaches_imports() {
    on_both_databases(async |app| {
        let mut body = organisation(TOWNSHIP, "洋里乡政府");
        body["duties"] = "MARKER-7713 秘密".into();
        app.publish(vec![step("organisation", Action::Create, TOWNSHIP, Some(body.clone()))]).await.expect("valid");
        body["name"] = "洋里乡人民政府".into();
        body["duties"] = "公开".into();
        let import = checked(&app, "county-editor", "a.json", json!([body]).to_string().as_bytes(), "organisation").await;
        let path = format!("/v1/imports/{}", text(&import["id"]));
        assert!(app.as_("county-editor").get(&path).await.text().contains("MARKER-7713"));
        app.publish(vec![step("organisation", Action::Amend, TOWNSHIP, Some(body))]).await.expect("valid");

        let draft = json!({
            "kind": "organisation", "action": "erase", "key": TOWNSHIP, "revision": 1, "reason": "误公开", "document": decision(),
        });
        let draft = approved_by(&app, draft, ["county-editor", "county-reviewer-1", "county-reviewer-2"]).await;
        app.as_("county-publisher").takes(&draft, "publish", json!({})).await;

        let left = app.as_("county-editor").get(&path).await;
        left.expect_status(200);
        assert!(!left.text().contains("MARKER-7713"));
        app.as_("county-editor").get(&format!("{path}/report.xlsx")).await.expect_problem(410, "gone");
        applied(&app, "county-editor", &import, words()).await.expect_problem(409, "state-conflict");
    })
    .await;
}

/// Exports are imported again: every kind, in every format that both sides know.
#[actix_web::test]
async fn what_was_exported_imports_as_unchanged() {
    on_a_demo_of_its_own(async |app| {
        for kind in qingdan::model::KINDS {
            for ending in ["xlsx", "csv", "json", "ndjson"] {
                let exported = app.get(&format!("/v1/exports/{}.{ending}", kind.path)).await;
                exported.expect_status(200);
                let total = app.json(&format!("/v1/{}?limit=1", kind.path)).await["total"].clone();
                let name = format!("{}.{ending}", kind.path);
                let import = checked(&app, "powerful", &name, &exported.bytes, kind.name).await;
                let told = told(&import);
                assert!(told.iter().all(|line| line.contains(" ignored")), "{name}: {told:?}");
                assert_eq!(import["counts"]["removed"], 0, "{name}");
                // Lists have rows of their own in a workbook.
                let unchanged = import["counts"]["unchanged"].as_u64();
                assert!(unchanged >= total.as_u64() && total != 0, "{name}: {unchanged:?} of {total}");
                assert!(ending == "xlsx" || unchanged == total.as_u64(), "{name}: {unchanged:?} of {total}");
            }
        }
    })
    .await;
}

/// A list with elements up to `length`, each further one like `one` with a number of its own.
fn longer(list: &Value, one: &Value, field: &str, length: usize) -> Value {
    let elements = list.as_array().expect("a list");
    let further = (elements.len()..length).map(|number| {
        let mut element = one.clone();
        element["seq"] = json!(number + 1);
        element[field] = json!(format!("{}（{number}）", text(&one[field])));
        element
    });
    elements.iter().cloned().chain(further).collect()
}

/// A register of which all sheets together have more rows than one may have.
#[actix_web::test]
async fn a_workbook_with_more_rows_than_one_sheet_may_have_imports_as_unchanged() {
    // Lists that have rows, those with few columns first.
    const LISTS: [(&str, &str, usize); 5] = [
        ("faqs", "answer", 50),
        ("accountability", "text", 50),
        ("responsibilities", "text", 50),
        ("legal_bases", "text", 50),
        ("materials", "name", 65),
    ];
    let app = TestApp::start(new_sqlite_demo());
    let snapshot = app.register.catalog.snapshot();
    let entries = snapshot.shelf("item").expect("items").entries().filter(|entry| entry.status == Status::InForce);
    let mut bodies: Vec<Value> = entries
        .map(|entry| serde_json::from_str(&entry.body().expect("read").expect("not erased")).expect("JSON"))
        .collect();
    for (list, field, length) in LISTS {
        let one = bodies.iter().find_map(|body| body[list].get(0)).expect("an element").clone();
        for body in &mut bodies {
            body[list] = longer(&body[list], &one, field, length);
        }
    }
    let steps = bodies.into_iter().map(|body| {
        let code = text(&body["code"]).to_owned();
        step("item", Action::Amend, &code, Some(body))
    });
    app.publish(steps.collect()).await.expect("published");
    let exported = app.get("/v1/exports/items.xlsx").await;
    exported.expect_status(200);

    let import = checked(&app, "powerful", "items.xlsx", &exported.bytes, "item").await;

    let told = told(&import);
    assert!(told.iter().all(|line| line.contains(" ignored")), "{told:?}");
    let most = app.as_("powerful").json("/v1/imports").await["limits"].clone();
    let unchanged = import["counts"]["unchanged"].as_u64();
    assert!(unchanged > most["rows"].as_u64() && unchanged < most["rows_together"].as_u64(), "{unchanged:?} {most}");
}

/// A workbook with sheets of so many rows of a code and a name.
fn workbook_of(rows: &[u32]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    for (number, rows) in rows.iter().enumerate() {
        let sheet = workbook.add_worksheet_with_constant_memory().expect("a sheet");
        sheet.set_name(format!("{number}")).expect("a name");
        sheet.write(0, 0, "事项编码").and_then(|sheet| sheet.write(0, 1, "事项名称")).expect("written");
        for row in 1..*rows {
            sheet.write(row, 1, "x").expect("written");
        }
    }
    workbook.save_to_buffer().expect("written")
}

#[actix_web::test]
async fn rows_are_counted_by_sheet_and_together() {
    on_a_demo_of_its_own(async |app| {
        for (sheets, told) in
            [(&[50_001][..], "工作表“0”超过 50000 行"), (&[50_000, 50_000, 50_000, 1], "各工作表合计超过 150000 行")]
        {
            let answer = upload(&app, "county-editor", "a.xlsx", &workbook_of(sheets), "item").await;
            assert_eq!(refusal(&answer), "/file table-too-large");
            assert_eq!(answer.json()["errors"][0]["detail"], told);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_report_is_drawn_whatever_its_file_merges() {
    on_a_demo_of_its_own(async |app| {
        let cells = [("A1", "事项编码"), ("B1", "事项名称"), ("A2", "11350121003619116B5000511001000")];
        let regions = ["A1:SF1048576", "A1:B2", "B2:C3", "D2:C1", "A2:A2"];
        let sent =
            upload(&app, "county-editor", "merged.xlsx", &workbook_that_merges(&cells, &regions, &[]), "item").await;
        sent.expect_status(201);
        let report = app.as_("county-editor").get(text(&sent.json()["links"]["report"])).await;
        report.expect_status(200);
        assert!(report.bytes.len() < 100_000, "{}", report.bytes.len());
    })
    .await;
}

#[actix_web::test]
async fn one_item_as_json_is_one_record_although_it_has_lists_of_its_own() {
    on_a_demo_of_its_own(async |app| {
        let item = app.get("/v1/items/11350121003619116B5000511001000").await;
        let mut bare = item.json();
        for reserved in ["meta", "embedded", "links"] {
            bare.as_object_mut().expect("an object").remove(reserved);
        }
        for (name, bytes) in [("whole.json", item.bytes.clone()), ("bare.json", bare.to_string().into_bytes())] {
            let sent = upload(&app, "county-editor", name, &bytes, "item").await;
            sent.expect_status(201);
            assert_eq!(sent.json()["counts"]["unchanged"], 1, "{name}: {}", sent.text());
        }
    })
    .await;
}
