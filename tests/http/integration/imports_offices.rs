//! Files as offices write them: what they do not clearly say is never read as “remove it”.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use qingdan::values::code_lists::Stage;
use reqwest::Method;
use rust_xlsxwriter::{Format, Workbook};
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, TestApp, insist, on_a_demo_of_its_own},
    people::decision,
};

const ITEM: &str = "11350121003619116B5000105001000";
const NAME: &str = "适龄儿童、少年延缓入学或者休学批准";
const EDITOR: &str = "county-editor";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn rows(import: &Value) -> &[Value] {
    import["rows"].as_array().expect("rows")
}

async fn sent(app: &TestApp, query: &str, media_type: &str, bytes: Vec<u8>) -> Answer {
    let request = app.request(Method::POST, &format!("/v1/imports?kind=item{query}")).bearer_auth(EDITOR);
    insist(request.header("content-type", media_type).header("accept-language", "zh").body(bytes)).await
}

/// The report on a table of text.
async fn csv(app: &TestApp, lines: &[&[&str]]) -> Value {
    let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
    let lines: Vec<String> = lines.iter().map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
    let answer = sent(app, "", "text/csv", lines.join("\r\n").into_bytes()).await;
    answer.expect_status(201);
    answer.json()
}

/// The report on a workbook with these rows, in which these regions are merged: first row, first column, last row, last column.
async fn workbook(app: &TestApp, lines: &[Vec<String>], merged: &[(u32, u16, u32, u16)]) -> Value {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(lines) {
        for (column, cell) in (0..).zip(line).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write(row, column, cell.as_str()).expect("written");
        }
    }
    for (top, left, bottom, right) in merged {
        let cell = &lines[*top as usize][usize::from(*left)];
        sheet.merge_range(*top, *left, *bottom, *right, cell, &Format::new()).expect("merged");
    }
    let bytes = book.save_to_buffer().expect("a workbook");
    let media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let answer = sent(app, "", media_type, bytes).await;
    answer.expect_status(201);
    answer.json()
}

fn line(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

async fn apply(app: &TestApp, import: &Value, query: &str) -> Answer {
    let words = json!({ "reason": "年度清单核对", "document": decision() });
    apply_with(app, import, query, words).await
}

async fn apply_with(app: &TestApp, import: &Value, query: &str, words: Value) -> Answer {
    app.as_(EDITOR).post(&format!("/v1/imports/{}/apply{query}", text(&import["id"])), words).await
}

/// The duties of the item, as offices write them.
async fn duties(app: &TestApp) -> Vec<String> {
    let item = app.json(&format!("/v1/items/{ITEM}")).await;
    let duties = item["responsibilities"].as_array().expect("duties").clone();
    let written = |duty: &Value| {
        let stage = Stage::ALL.iter().find(|stage| duty["stage"] == stage.value()).expect("a stage");
        format!("{}责任：{}", stage.label().trim_end_matches("责任"), text(&duty["text"]))
    };
    duties.iter().map(written).collect()
}

fn rules(import: &Value) -> Vec<&str> {
    let problems = rows(import).iter().flat_map(|row| row["problems"].as_array().expect("problems"));
    problems.map(|problem| text(&problem["rule"])).collect()
}

fn notices(import: &Value) -> Vec<&str> {
    let notices = rows(import).iter().flat_map(|row| row["notices"].as_array().expect("notices"));
    notices.map(|notice| text(&notice["code"])).collect()
}

#[actix_web::test]
async fn an_item_over_several_rows_is_one_item() {
    on_a_demo_of_its_own(async |app| {
        let duties = duties(&app).await;
        assert!(duties.len() > 2, "there is something to lose");
        let last = u32::try_from(duties.len()).expect("few");
        for (what, number, code, name, is_merged) in [
            ("merged", "", "", "", true),
            ("left empty", "", "", "", false),
            ("code repeated", "", ITEM, "", false),
            ("code and name repeated", "", ITEM, NAME, false),
            ("everything repeated", "1", ITEM, NAME, false),
        ] {
            let mut lines = vec![line(&["序号", "事项编码", "事项名称", "责任事项"])];
            lines.push(line(&["1", ITEM, NAME, &duties[0]]));
            lines.extend(duties[1..].iter().map(|duty| line(&[number, code, name, duty])));
            let merged: Vec<_> = (0..3).map(|column| (1, column, last, column)).filter(|_| is_merged).collect();
            let import = workbook(&app, &lines, &merged).await;
            assert_eq!(import["counts"]["unchanged"], duties.len(), "{what}: {import}");
            assert_eq!(import["counts"]["removed"], 0, "{what}");
            assert!(notices(&import).contains(&"row-continued"), "{what}");

            let Some(third) = lines.get_mut(3) else { continue };
            third[3].push_str("（改）");
            let import = workbook(&app, &lines, &merged).await;
            let changes: Vec<_> =
                rows(&import).iter().flat_map(|row| row["changes"].as_array().expect("changes")).collect();
            assert_eq!(changes.len(), 1, "{what}: {import}");
            assert!(text(&changes[0]["pointer"]).starts_with("/responsibilities/2"), "{what}: {import}");
            assert_eq!(import["counts"]["removed"], 0, "{what}");
        }
    })
    .await;
}

#[actix_web::test]
async fn rows_that_contradict_or_name_another_item_are_told() {
    on_a_demo_of_its_own(async |app| {
        let head = line(&["序号", "事项编码", "事项名称", "承诺时限"]);
        let first = line(&["1", ITEM, NAME, "4个工作日"]);
        for (further, rule) in [
            (["", "", "", "3个工作日"], "rows-contradict"),
            (["", "", NAME, "3个工作日"], "rows-contradict"),
            (["2", "", "", "3个工作日"], "code-missing"),
            (["", "", "另一事项", "3个工作日"], "code-missing"),
            (["1", ITEM, NAME, "3个工作日"], "row-duplicate"),
        ] {
            let import = workbook(&app, &[head.clone(), first.clone(), line(&further)], &[]).await;
            assert_eq!(rules(&import), [rule], "{further:?}: {import}");
        }
    })
    .await;
}

#[actix_web::test]
async fn what_leaves_the_register_is_counted_and_asked_for() {
    on_a_demo_of_its_own(async |app| {
        let duties = duties(&app).await;
        let fewer = duties[..duties.len() - 1].join("\n");
        let import = csv(&app, &[&["事项编码", "责任事项"], &[ITEM, &fewer]]).await;
        assert_eq!((&import["counts"]["changed"], &import["counts"]["removed"]), (&json!(1), &json!(1)), "{import}");
        let removed = &rows(&import)[0]["removed"][0];
        assert_eq!(
            (&removed["field"], &removed["values"], &removed["cell"]),
            (&json!("responsibilities"), &json!(1), &json!("B2"))
        );

        let before = app.as_(EDITOR).json("/v1/drafts").await["total"].clone();
        let refused = apply(&app, &import, "").await;
        let problem = refused.expect_problem(409, "removals-not-allowed");
        assert!(text(&problem["detail"]).contains("removals=allow"), "{problem}");
        assert_eq!(
            (&problem["conflict"]["removed"], &problem["conflict"]["rows"][0]["key"]),
            (&json!(1), &json!(ITEM))
        );
        apply(&app, &import, "?removals=yes").await.expect_problem(400, "invalid-query");
        assert_eq!(app.as_(EDITOR).json("/v1/drafts").await["total"], before, "nothing was made");
        apply(&app, &import, "?removals=allow").await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn a_change_that_removes_nothing_is_applied_without_a_word_on_removals() {
    on_a_demo_of_its_own(async |app| {
        let import = csv(&app, &[&["事项编码", "承诺时限"], &[ITEM, "4个工作日"]]).await;
        assert_eq!((&import["counts"]["removed"], &rows(&import)[0]["removed"]), (&json!(0), &json!([])));
        apply(&app, &import, "").await.expect_status(201);
    })
    .await;
}

#[actix_web::test]
async fn numbered_lists_on_one_line_are_taken_apart() {
    on_a_demo_of_its_own(async |app| {
        let duties = duties(&app).await;
        let words = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
        let marks: [fn(usize, &str) -> String; 6] = [
            |n, _| format!("{n}."),
            |n, _| format!("{n}、"),
            |n, _| format!("（{n}）"),
            |_, word| format!("（{word}）"),
            |_, word| format!("{word}、"),
            |n, _| char::from_u32(0x245f + u32::try_from(n).expect("small")).expect("a figure").to_string(),
        ];
        for mark in marks {
            let parts: Vec<_> =
                duties.iter().enumerate().map(|(at, duty)| format!("{}{duty}", mark(at + 1, words[at]))).collect();
            let import = csv(&app, &[&["事项编码", "责任事项"], &[ITEM, &parts.join(" ")]]).await;
            assert_eq!(import["counts"]["unchanged"], 1, "{parts:?}: {import}");
            assert!(notices(&import).contains(&"list-split"), "{import}");
        }
        let broken = "1.不予受理的；3.超期的";
        let import = csv(&app, &[&["事项编码", "追责情形"], &[ITEM, broken]]).await;
        assert!(notices(&import).contains(&"list-whole"), "{import}");
    })
    .await;
}

#[actix_web::test]
async fn headers_over_several_rows_are_read() {
    on_a_demo_of_its_own(async |app| {
        let organisation = "闽侯县洋里乡人民政府";
        let two = [
            line(&["序号", "事项编码", "事项名称", "时限", "", "实施主体", "", "咨询电话"]),
            line(&["", "", "", "法定", "承诺", "名称", "代码", ""]),
        ];
        let three = [
            line(&["序号", "事项编码", "事项名称", "办理要求", "", "实施主体", "", "咨询电话"]),
            line(&["", "", "", "时限", "", "", "", ""]),
            line(&["", "", "", "法定", "承诺（工作日）", "名称", "代码", ""]),
        ];
        let row =
            line(&["1", ITEM, NAME, "20个工作日", "4个工作日", organisation, "11350121003619116B", "0591-26000101"]);
        for header in [two.to_vec(), three.to_vec()] {
            let number = header.len() + 1;
            let import = workbook(&app, &[header, vec![row.clone()]].concat(), &[]).await;
            assert_eq!(rules(&import), [""; 0], "{import}");
            let own = rows(&import).iter().find(|own| own["row"] == number).expect("the row");
            let changes = own["changes"].as_array().expect("changes");
            assert_eq!(changes.len(), 1, "{import}");
            assert_eq!((&changes[0]["field"], &changes[0]["to"]["value"]), (&json!("promised_limit"), &json!(4)));
        }
    })
    .await;
}

#[actix_web::test]
async fn headers_are_read_as_offices_write_them() {
    on_a_demo_of_its_own(async |app| {
        for (code, name, limit, value) in [
            ("*事项编码", "*事项名称", "承诺时限", "4个工作日"),
            ("事项编码（必填）", "事项名称：", "承诺时限（工作日）", "4"),
            ("事项\n编码", "权责事项名称", "承诺时限(单位:工作日)", "４"),
            ("＊事 项 编 码", "权力事项名称*", "【必填】承诺时限", "4个工作日"),
            ("权力事项编码", "行政职权名称", "承诺办结时限：", "4个工作日"),
        ] {
            let import = csv(&app, &[&[code, name, limit], &[ITEM, NAME, value]]).await;
            assert_eq!(rows(&import).len(), 1, "{limit}: {import}");
            assert_eq!(rows(&import)[0]["changes"][0]["to"]["value"], 4, "{limit}: {import}");
        }
        let import = csv(&app, &[&["事项编码", "事项的名称", "承诺时限"], &[ITEM, NAME, "4个工作日"]]).await;
        let problem = &rows(&import)[0]["problems"][0];
        assert_eq!((text(&problem["rule"]), text(&problem["cell"])), ("header-unknown", "B1"));
        assert!(text(&problem["message"]).contains("事项名称"), "the nearest are told: {problem}");

        let unknown = sent(&app, "", "text/csv", "甲编号,办事期限\r\n1,2\r\n".into()).await;
        let errors = unknown.expect_problem(422, "invalid-body")["errors"].clone();
        assert!(text(&errors[0]["detail"]).contains("办事期限"), "what was seen is told: {errors}");
    })
    .await;
}

#[actix_web::test]
async fn headers_are_mapped_by_hand() {
    on_a_demo_of_its_own(async |app| {
        let file = format!("甲编号,办事期限,杂项\r\n{ITEM},4个工作日,x\r\n");
        let mapping = json!({ "甲编号": "code", "办事期限": "promised_limit", "杂项": "" }).to_string();
        let query = format!("&columns={}", encoded(&mapping));
        let import = sent(&app, &query, "text/csv", file.clone().into_bytes()).await;
        import.expect_status(201);
        let import = import.json();
        assert_eq!(rows(&import).len(), 1, "{import}");
        assert_eq!(rows(&import)[0]["changes"][0]["to"]["value"], 4);
        for (mapping, pointer) in
            [("[]", "/columns"), (r#"{"甲编号":"cod"}"#, "/columns/甲编号"), (r#"{"甲编号":1}"#, "/columns/甲编号")]
        {
            let refused =
                sent(&app, &format!("&columns={}", encoded(mapping)), "text/csv", file.clone().into_bytes()).await;
            let errors = refused.expect_problem(422, "invalid-body")["errors"].clone();
            assert_eq!(errors[0]["pointer"], pointer);
        }
    })
    .await;
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[actix_web::test]
async fn words_in_cells_are_read_where_they_are_plain_and_told_where_they_are_not() {
    on_a_demo_of_its_own(async |app| {
        for (header, value) in [
            ("承诺时限", "4个工作日内"),
            ("承诺时限", "四个工作日"),
            ("承诺时限", "4个工作日（不含公示时间）"),
            ("承诺时限", "即来即办"),
            ("收费", "0元"),
            ("收费", "不收费。"),
            ("收费", "无收费"),
            ("收费", "免征"),
            ("收费", "否（免费）"),
            ("公布日期", "二〇一六年十二月二十日"),
            ("公布日期", "2016-12-20 08:30:00"),
            ("咨询电话", "（0591）26000101"),
            ("咨询电话", "059126000101"),
            ("咨询电话", "0591—26000101"),
            ("咨询电话", "+86-591-26000101"),
        ] {
            let import = csv(&app, &[&["事项编码", header], &[ITEM, value]]).await;
            assert_eq!(rules(&import), [""; 0], "{header} {value}: {import}");
            assert!(!notices(&import).is_empty(), "{header} {value}: {import}");
            assert_eq!(import["counts"]["removed"], 0, "{header} {value}: {import}");
        }
        for (header, value, rule) in [
            ("收费", "免费（工本费5元）", "cell-money"),
            ("收费", "见附件", "cell-elsewhere"),
            ("承诺时限", "同上", "cell-elsewhere"),
            ("责任事项", "详见附表", "cell-elsewhere"),
            ("服务对象", "同上", "cell-elsewhere"),
            ("公布日期", "待定", "cell-date"),
            ("公布日期", "同上", "cell-elsewhere"),
            ("承诺时限", "4个工作日（特殊情况10个工作日）", "bad-format"),
        ] {
            let import = csv(&app, &[&["事项编码", header], &[ITEM, value]]).await;
            assert_eq!(rules(&import), [rule], "{header} {value}: {import}");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_import_that_changes_records_says_why_and_on_what_decision() {
    on_a_demo_of_its_own(async |app| {
        let import = csv(&app, &[&["事项编码", "承诺时限"], &[ITEM, "4个工作日"]]).await;
        let document = json!({ "title": "关于年度清单核对的通知", "number": "侯政〔2026〕8号", "date": "2026-11-20" });
        for (words, pointers) in [
            (json!({}), &["/reason", "/document"][..]),
            (json!({ "reason": "年度清单核对" }), &["/document"][..]),
            (json!({ "document": document }), &["/reason"][..]),
            (json!({ "reason": "核对", "document": {} }), &["/document/title"][..]),
            (json!({ "reason": "核对", "document": { "title": "通知", "date": "上周" } }), &["/document/date"][..]),
            (json!({ "reason": "经办人身份证 11010519491231002X", "document": document }), &["/reason"][..]),
        ] {
            let problem = apply_with(&app, &import, "", words).await.expect_problem(422, "invalid-body");
            let told: Vec<_> = problem["errors"].as_array().expect("errors").iter().collect();
            assert_eq!(told.iter().map(|error| text(&error["pointer"])).collect::<Vec<_>>(), pointers, "{problem}");
            assert!(told.iter().all(|error| error["label"].is_string()), "{problem}");
        }
        let problem = apply_with(&app, &import, "", json!({})).await.expect_problem(422, "invalid-body");
        let details: Vec<_> = problem["errors"].as_array().expect("errors").iter().collect();
        assert!(text(&details[0]["detail"]).contains("例如 年度清单核对"), "{problem}");
        assert!(text(&details[1]["detail"]).contains("\"number\": \"侯政〔2026〕8号\""), "{problem}");
        assert_eq!((&details[0]["label"], &details[1]["label"]), (&json!("调整原因"), &json!("调整依据文件")));

        let made = apply_with(&app, &import, "", json!({ "reason": "年度清单核对", "document": document })).await;
        made.expect_status(201);
        let draft = text(&made.json()["records"][0]["draft"]).to_owned();
        let draft = app.as_(EDITOR).json(&format!("/v1/drafts/{draft}")).await;
        assert_eq!((&draft["reason"], &draft["document"]), (&json!("年度清单核对"), &document));
    })
    .await;
}

#[actix_web::test]
async fn a_row_that_is_wrong_names_its_field_and_shows_how_to_write_it() {
    on_a_demo_of_its_own(async |app| {
        let lines: [&[&str]; 4] = [
            &["事项编码", "承诺时限", "核验日期"],
            &[ITEM, "很快", ""],
            &["113501210036191", "", ""],
            &["11350121003619116B5000511001000", "", "去年"],
        ];
        let import = csv(&app, &lines).await;
        let told: Vec<_> = rows(&import)
            .iter()
            .flat_map(|row| row["problems"].as_array().expect("problems"))
            .map(|problem| (text(&problem["cell"]), text(&problem["label"]), text(&problem["message"])))
            .collect();
        for (cell, label, example) in [
            ("B2", "承诺办结时限", "20个工作日"),
            ("A3", "事项编码", "例如 11350121003619116B5000511001000"),
            ("C4", "核验日期", ""),
        ] {
            let found = told.iter().find(|(at, ..)| *at == cell).unwrap_or_else(|| panic!("{cell}: {told:?}"));
            assert!(found.1 == label && found.2.contains(example), "{found:?}");
            assert!(!found.2.contains("× ["), "{found:?}");
        }
        let path = format!("/v1/imports/{}/report.xlsx", text(&import["id"]));
        let report = app.as_(EDITOR).get(&path).await;
        report.expect_status(200);
        let cells = cells_of(&report.bytes);
        assert!(cells.iter().any(|cell| cell.contains("B2 承诺办结时限 ")), "{cells:?}");
    })
    .await;
}

/// The texts of all cells of a workbook.
fn cells_of(bytes: &[u8]) -> Vec<String> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let sheets = book.worksheets().into_iter();
    sheets.flat_map(|(_, range)| range.cells().map(|(.., cell)| cell.to_string()).collect::<Vec<_>>()).collect()
}

#[actix_web::test]
async fn what_a_draft_still_needs_is_told_in_words() {
    on_a_demo_of_its_own(async |app| {
        let import = csv(&app, &[&["事项编码", "承诺时限"], &[ITEM, "1个工作日"]]).await;
        let row = &rows(&import)[0];
        assert_eq!((&row["outcome"], &row["missing_for_submission"]), (&json!("changed"), &json!(true)), "{row}");
        let error = &row["draft_errors"][0];
        assert_eq!(error["rule"], row["draft_problems"][0]);
        assert!(error["label"].is_string() && text(&error["cell"]).starts_with('/'), "{row}");
        assert!(!text(&error["message"]).is_empty() && !text(&error["remedy"]).is_empty(), "{row}");

        let path = format!("/v1/imports/{}/report.xlsx", text(&import["id"]));
        let cells = cells_of(&app.as_(EDITOR).get(&path).await.bytes);
        let told = cells.iter().find(|cell| cell.contains("草稿提交前还须改正")).expect("it is told");
        assert!(told.contains(text(&error["message"])) && !told.contains(['{', '}']), "{told}");
        assert!(told.contains("→ 1个工作日"), "values in words: {told}");
    })
    .await;
}

#[actix_web::test]
async fn an_import_of_which_every_row_is_refused_is_not_applied() {
    on_a_demo_of_its_own(async |app| {
        let refused = csv(&app, &[&["事项编码", "承诺时限"], &[ITEM, "很快"]]).await;
        let problem = apply(&app, &refused, "").await.expect_problem(409, "state-conflict");
        assert!(text(&problem["detail"]).contains("1 行被退回"), "{problem}");
        let seen = app.as_(EDITOR).json(&format!("/v1/imports/{}", text(&refused["id"]))).await;
        assert_eq!(seen["state"], "checked");
    })
    .await;
}

#[actix_web::test]
async fn an_older_workbook_is_read_as_one_of_today() {
    const OLD: &[u8] = include_bytes!("../../data/office.xls");
    on_a_demo_of_its_own(async |app| {
        for media_type in ["application/vnd.ms-excel", "application/octet-stream"] {
            let answer = sent(&app, "&name=a.xls", media_type, OLD.to_vec()).await;
            answer.expect_status(201);
            let import = answer.json();
            let changed: Vec<_> = rows(&import).iter().filter(|row| row["outcome"] == "changed").collect();
            assert_eq!(changed.len(), 2, "{import}");
            let limit = |change: &Value| change["pointer"] == "/promised_limit" && change["to"]["value"] == 4;
            assert!(changed[0]["changes"].as_array().expect("changes").iter().any(limit), "{import}");
            assert!(notices(&import).contains(&"hidden-row") && notices(&import).contains(&"hidden-sheet"), "{import}");
            assert_eq!(import["counts"]["removed"], 0);
            let path = format!("/v1/imports/{}/report.xlsx", text(&import["id"]));
            let cells = cells_of(&app.as_(EDITOR).get(&path).await.bytes);
            assert!(cells.iter().any(|cell| cell.contains("4个工作日")), "{cells:?}");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_import_that_changes_nothing_says_so_and_stays_as_it_is() {
    on_a_demo_of_its_own(async |app| {
        let same = csv(&app, &[&["事项编码", "承诺时限"], &[ITEM, "5个工作日"]]).await;
        assert_eq!(same["counts"]["unchanged"], 1, "{same}");
        let problem = apply(&app, &same, "").await.expect_problem(409, "state-conflict");
        assert!(text(&problem["detail"]).contains("没有可做的修改"), "{problem}");
        let seen = app.as_(EDITOR).json(&format!("/v1/imports/{}", text(&same["id"]))).await;
        assert_eq!(seen["state"], "checked");
    })
    .await;
}

#[actix_web::test]
async fn what_happened_to_a_whole_column_is_told_once_in_the_workbook() {
    on_a_demo_of_its_own(async |app| {
        let charge = [&["事项编码", "收费"][..], &[ITEM, "免费"], &["11350121003619116B5000511001000", "免费"]];
        let import = csv(&app, &charge).await;
        let empty = rows(&import).iter().flat_map(|row| row["notices"].as_array().expect("notices"));
        assert_eq!(empty.filter(|notice| notice["code"] == "empty-word").count(), 2, "{import}");

        let path = format!("/v1/imports/{}/report.xlsx", text(&import["id"]));
        let cells = cells_of(&app.as_(EDITOR).get(&path).await.bytes);
        assert!(cells.iter().any(|cell| cell == "读取时的处理（按列）"), "{cells:?}");
        assert_eq!(cells.iter().filter(|cell| *cell == "empty-word").count(), 1, "{cells:?}");
    })
    .await;
}
