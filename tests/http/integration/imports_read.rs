//! Imports: files as offices save them, and files that are something else than they are called.

use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::app::{Answer, TestApp, insist, on_a_demo_of_its_own};

const FIRST: &str = "11350121003619116B5000105001000";
const SECOND: &str = "11350121003619116B5000511001000";
/// As openpyxl writes formulas: without their results.
const PHONE: &[u8] = include_bytes!("../../data/formula-phone.xlsx");
const REQUIRED: &[u8] = include_bytes!("../../data/formula-required.xlsx");
/// A list whose third row is hidden by a filter.
const FILTERED: &[u8] = include_bytes!("../../data/filtered.xlsx");

/// Sends a file as a form, called so and declared to be of this media type.
async fn sent(app: &TestApp, name: &str, declared: &str, bytes: &[u8]) -> Answer {
    let kind = "--limit\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nitem\r\n";
    let file = format!(
        "--limit\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}\r\n\r\n"
    );
    let body = [kind.as_bytes(), file.as_bytes(), bytes, b"\r\n--limit--\r\n"].concat();
    let request = app.request(Method::POST, "/v1/imports").bearer_auth("county-editor");
    insist(request.header("content-type", "multipart/form-data; boundary=limit").body(body)).await
}

async fn upload(app: &TestApp, name: &str, bytes: &[u8]) -> Answer {
    sent(app, name, "application/octet-stream", bytes).await
}

/// The rows of the report on a file, which must be read.
async fn rows(app: &TestApp, name: &str, bytes: &[u8]) -> Vec<Value> {
    let answer = upload(app, name, bytes).await;
    answer.expect_status(201);
    answer.json()["rows"].as_array().expect("rows").clone()
}

/// What is said of a file that is refused.
fn refused(answer: &Answer) -> String {
    let problem = answer.expect_problem(422, "invalid-body");
    assert_eq!(problem["errors"][0]["pointer"], "/file");
    assert_eq!(problem["errors"][0]["code"], "table-unreadable", "{problem}");
    problem["errors"][0]["detail"].as_str().expect("a text").to_owned()
}

/// The cells of a row that are told of with this code.
fn cells(row: &Value, list: &str, key: &str, code: &str) -> Vec<String> {
    let told = row[list].as_array().expect("a list").iter().filter(|one| one[key] == code);
    told.map(|one| one["cell"].as_str().expect("a cell").to_owned()).collect()
}

#[actix_web::test]
async fn a_formula_without_its_result_refuses_its_row_and_takes_nothing_away() {
    on_a_demo_of_its_own(async |app| {
        // This program writes 0 for what it does not work out.
        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet();
        page.write(0, 0, "事项编码").and_then(|page| page.write(0, 1, "承诺时限")).expect("written");
        page.write(1, 0, FIRST).and_then(|page| page.write_formula(1, 1, "=A1&\"个工作日\"")).expect("written");
        let zero = book.save_to_buffer().expect("a workbook");
        for (name, bytes, cell) in [("phone", PHONE, "C2"), ("required", REQUIRED, "C2"), ("zero", &zero[..], "B2")] {
            let rows = rows(&app, "a.xlsx", bytes).await;
            assert_eq!(rows.len(), 1, "{name}");
            assert_eq!(
                (&rows[0]["outcome"], &rows[0]["changes"]),
                (&json!("refused"), &json!([])),
                "{name} {}",
                rows[0]
            );
            assert_eq!(cells(&rows[0], "problems", "rule", "formula-without-result"), [cell], "{name} {}", rows[0]);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_quote_that_is_not_closed_swallows_no_row() {
    on_a_demo_of_its_own(async |app| {
        let csv = format!("事项编码,时限说明\n{FIRST},\"公示期间不计\n{SECOND},自受理之日起\n");
        for text in [csv.clone(), csv.replace("之日起", "之日起\""), csv.replace(',', "\t"), csv.replace('\n', "\r\n")]
        {
            for bytes in [text.as_bytes(), &encoding_rs::GB18030.encode(&text).0[..]] {
                let told = refused(&upload(&app, "a.csv", bytes).await);
                assert!(told.contains("第 2 行"), "{told}");
            }
        }
        let closed = format!("事项编码,时限说明\n{FIRST},\"公示期间\n不计\"\n");
        assert_eq!(rows(&app, "a.csv", closed.as_bytes()).await[0]["outcome"], "changed");
    })
    .await;
}

#[actix_web::test]
async fn text_is_read_as_spreadsheets_save_it() {
    on_a_demo_of_its_own(async |app| {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let table = format!("事项编码\t承诺时限\r\n{FIRST}\t4个工作日\r\n");
        let guarded = format!("事项编码,承诺时限\n\"=\"\"{FIRST}\"\"\",4个工作日\n");
        let said = format!("sep=;\r\n事项编码;承诺时限\r\n{FIRST};4个工作日\r\n\u{1a}");
        for bytes in [wide(&format!("\u{feff}{table}")), wide(&table), guarded.into_bytes(), said.into_bytes()] {
            let rows = rows(&app, "a.txt", &bytes).await;
            assert_eq!((&rows[0]["outcome"], &rows[0]["row"]), (&json!("changed"), &json!(2)), "{}", rows[0]);
            assert_eq!(rows[0]["changes"][0]["to"], json!({ "value": 4, "unit": "working_day" }));
        }
        let lost =
            format!("事项编码,基本编码,承诺时限\n{FIRST},1.23501E+17,4个工作日\n1.1350121003619E+30,,4个工作日\n");
        let rows = rows(&app, "a.csv", lost.as_bytes()).await;
        let told: Vec<_> = rows.iter().flat_map(|row| cells(row, "problems", "rule", "bad-format")).collect();
        assert_eq!(told, ["B2", "A3"], "{rows:?}");
    })
    .await;
}

#[actix_web::test]
async fn a_file_that_is_something_else_is_told_what_it_is() {
    on_a_demo_of_its_own(async |app| {
        let page = "<html><meta charset=gbk><table><tr><td>事项编码</td></tr></table></html>";
        let damaged =
            [format!("\u{feff}事项编码,承诺时限\n{FIRST},4个工作日\n{FIRST},").as_bytes(), b"\xe8\xaf\n"].concat();
        let old: Vec<u8> = "Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let old = [&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], &[0; 512], &old[..]].concat();
        for (name, bytes, expected) in [
            ("a.xls", page.as_bytes().to_vec(), "网页（HTML）"),
            ("a.xls", encoding_rs::GB18030.encode(page).0.into_owned(), "网页（HTML）"),
            ("a.et", old, "旧格式文件（xls、et）"),
            ("a.csv", damaged, "第 3 行有损坏的字符"),
            ("a.csv", b"%PDF-1.7\n".to_vec(), "PDF"),
            ("a.xlsx", b"Rar!\x1a\x07".to_vec(), "压缩包"),
        ] {
            let told = refused(&upload(&app, name, &bytes).await);
            assert!(told.contains(expected), "{expected}: {told}");
        }
        // By its content, whatever it is called and declared to be.
        for declared in ["application/vnd.ms-excel", "application/wps-office.xlsx", "application/zip", "text/csv"] {
            sent(&app, "a.csv", declared, FILTERED).await.expect_status(201);
        }
    })
    .await;
}

#[actix_web::test]
async fn what_is_hidden_is_told() {
    on_a_demo_of_its_own(async |app| {
        let found = rows(&app, "a.xlsx", FILTERED).await;
        let hidden: Vec<_> =
            found.iter().map(|row| (&row["row"], cells(row, "notices", "code", "hidden-row"))).collect();
        assert_eq!(hidden, [(&json!(2), vec![]), (&json!(3), vec!["A3".to_owned()])]);

        let mut book = rust_xlsxwriter::Workbook::new();
        let page = book.add_worksheet();
        page.write(0, 0, "事项编码").and_then(|page| page.write(0, 1, "承诺时限")).expect("written");
        page.write(1, 0, FIRST).and_then(|page| page.write(1, 1, "4个工作日")).expect("written");
        page.set_column_hidden(1).expect("hidden");
        let page = book.add_worksheet();
        page.set_name("旧表").and_then(|page| page.write(0, 0, "事项编码")).expect("written");
        page.set_hidden(true);
        let found = rows(&app, "a.xlsx", &book.save_to_buffer().expect("a workbook")).await;
        let told = |code: &str| found.iter().flat_map(|row| cells(row, "notices", "code", code)).collect::<Vec<_>>();
        assert_eq!(told("hidden-column"), ["B2"], "{found:?}");
        assert_eq!(told("hidden-sheet"), ["A1"], "{found:?}");
        let passed = found.iter().find(|row| row["sheet"] == "旧表").expect("it is told");
        assert_eq!(passed["outcome"], "ignored");
    })
    .await;
}

#[actix_web::test]
async fn a_byte_order_mark_before_json_is_passed_over() {
    on_a_demo_of_its_own(async |app| {
        let export = app.as_("county-editor").json(&format!("/v1/items/{FIRST}")).await;
        let line = format!("\u{feff}{export}\r\n\u{feff}{export}\r\n");
        let found = upload(&app, "a.ndjson", line.as_bytes()).await;
        found.expect_status(201);
        let mut statuses = Vec::new();
        for mark in ["", "\u{feff}"] {
            let request = app.request(Method::POST, "/v1/drafts").bearer_auth("county-editor");
            let body = format!("{mark}{}", json!({ "kind": "item" }));
            statuses.push(insist(request.header("content-type", "application/json").body(body)).await.status);
        }
        assert!(statuses[0] == statuses[1] && statuses[0] != 400, "{statuses:?}");
    })
    .await;
}
