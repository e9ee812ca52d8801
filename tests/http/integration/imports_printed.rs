//! What we export, an office edits and sends back: the lists as offices print them read back as they were, and an edit there is taken.

use calamine::Data;
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{TestApp, on_both_databases},
    people::decision,
    workbooks::{AT_ONCE, CHARGED, POWER, Sheets, WATER, a_few_items, report_on, told},
};

const EDITOR: &str = "county-editor";
const PRINTED: [&str; 3] = ["权力清单", "责任清单", "公共服务事项清单"];

async fn report(app: &TestApp, sheets: &Sheets) -> Value {
    report_on(app, EDITOR, sheets.written()).await
}

fn counts(import: &Value) -> [u64; 4] {
    ["new", "changed", "refused", "removed"].map(|name| import["counts"][name].as_u64().expect("a count"))
}

fn each<'a>(import: &'a Value, list: &str) -> Vec<(&'a Value, &'a Value)> {
    let rows = import["rows"].as_array().expect("rows").iter();
    let list_of = |row: &'a Value| row[list].as_array().expect("a list").iter().map(move |one| (row, one));
    rows.flat_map(list_of).collect()
}

fn changes(import: &Value) -> Vec<&Value> {
    each(import, "changes").into_iter().map(|(_, change)| change).collect()
}

/// The cells of rows that have a notice of this code.
fn noticed(import: &Value, code: &str) -> Vec<String> {
    let cells = each(import, "notices").into_iter().filter(|(_, notice)| notice["code"] == code);
    cells.map(|(row, notice)| format!("{}!{}", row["sheet"], notice["cell"]).replace('"', "")).collect()
}

#[actix_web::test]
async fn an_export_that_nobody_edited_changes_nothing_sheet_by_sheet() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        let whole = report(&app, &exported).await;
        assert_eq!(counts(&whole), [0; 4], "{:?}", told(&whole));
        for name in PRINTED {
            let rows = exported.alone(name).0[0].1.len() - 3;
            let alone = report(&app, &exported.alone(name)).await;
            assert_eq!(counts(&alone), [0; 4], "{name}: {:?}", told(&alone));
            assert_eq!(alone["counts"]["unchanged"], rows, "{name}");
        }
    })
    .await;
}

/// An edit of a printed sheet, and what comes of it.
struct Edit {
    sheet: &'static str,
    code: &'static str,
    header: &'static str,
    edit: fn(&str) -> String,
    /// The fields that change.
    fields: &'static [&'static str],
    /// The values that go.
    removed: u64,
    /// A part of the body as it would be: its pointer, its value.
    after: (&'static str, Value),
}

fn edit(
    sheet: &'static str,
    code: &'static str,
    header: &'static str,
    edit: fn(&str) -> String,
    fields: &'static [&'static str],
    after: (&'static str, Value),
) -> Edit {
    Edit { sheet, code, header, edit, fields, removed: 0, after }
}

fn edits() -> Vec<Edit> {
    vec![
        edit(
            "权力清单",
            POWER,
            "事项名称",
            |old| format!("{old}（试行）"),
            &["name"],
            ("/name", json!("适龄儿童、少年延缓入学或者休学批准（试行）")),
        ),
        edit(
            "权力清单",
            POWER,
            "服务对象",
            |old| format!("{old}、企业法人"),
            &["audience"],
            ("/audience", json!(["person", "enterprise"])),
        ),
        edit(
            "权力清单",
            POWER,
            "法定时限",
            |_| "15个工作日".into(),
            &["legal_limit"],
            ("/legal_limit/value", json!(15)),
        ),
        edit(
            "权力清单",
            POWER,
            "承诺时限",
            |_| "6个工作日".into(),
            &["promised_limit"],
            ("/promised_limit/value", json!(6)),
        ),
        edit(
            "权力清单",
            POWER,
            "咨询电话",
            |old| old.replace("26000101", "26000999"),
            &["consultation"],
            ("/consultation/0/value", json!("0591-26000999")),
        ),
        edit(
            "权力清单",
            POWER,
            "咨询电话",
            |old| old.replace("1号窗口", "9号窗口"),
            &["consultation"],
            ("/consultation/1", json!({ "kind": "window", "value": "洋里乡便民服务中心9号窗口" })),
        ),
        edit(
            "权力清单",
            POWER,
            "咨询电话",
            |old| format!("{old}、0591-26000999"),
            &["consultation"],
            ("/consultation/2/kind", json!("phone")),
        ),
        edit(
            "权力清单",
            CHARGED,
            "设定依据",
            |old| format!("{old}；《中华人民共和国城乡规划法》第四十一条"),
            &["legal_bases"],
            ("/legal_bases/1/purpose", json!("exercise")),
        ),
        edit(
            "责任清单",
            POWER,
            "责任事项",
            |old| old.replace("\n3.决定责任：", "（改）\n3.决定责任："),
            &["responsibilities"],
            ("/responsibilities/2/stage", json!("decision")),
        ),
        edit(
            "责任清单",
            POWER,
            "追责情形",
            |old| format!("{old}\n5.其他违反规定的。"),
            &["accountability"],
            ("/accountability/4/text", json!("其他违反规定的。")),
        ),
        edit(
            "责任清单",
            POWER,
            "监督电话",
            |old| old.replace("12345、", "12388、"),
            &["supervision"],
            ("/supervision/0/value", json!("12388")),
        ),
        Edit {
            removed: 1,
            ..edit(
                "公共服务事项清单",
                WATER,
                "收费",
                |_| "农村集中供水水费".into(),
                &["fees"],
                ("/fees", json!(["fee-rural-water"])),
            )
        },
        edit(
            "公共服务事项清单",
            AT_ONCE,
            "承诺时限",
            |_| "3个工作日".into(),
            &["handling_type", "promised_limit"],
            ("/handling_type", json!("promised")),
        ),
    ]
}

/// The body that an import would propose for a record: its present one with the fields that the drafts of the import have.
async fn proposed(app: &TestApp, import: &Value, code: &str) -> Value {
    let path = format!("/v1/imports/{}/apply?removals=allow", import["id"].as_str().expect("an id"));
    let applied = app.as_(EDITOR).post(&path, json!({ "reason": "核对", "document": decision() })).await;
    applied.expect_status(201);
    let applied = applied.json();
    let record =
        applied["records"].as_array().expect("records").iter().find(|one| one["key"] == code).expect("a draft");
    let path = format!("/v1/drafts/{}", record["draft"].as_str().expect("an id"));
    let draft = app.as_(EDITOR).json(&path).await;
    app.as_(EDITOR).send(Method::DELETE, &path, &[("If-Match", "*")], None).await.expect_status(204);
    draft["body"].clone()
}

#[actix_web::test]
async fn an_edit_of_a_printed_sheet_is_taken() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        for Edit { sheet, code, header, edit, fields, removed, after } in edits() {
            let mut edited = exported.clone();
            edited.edit(sheet, code, header, edit);
            for sent in [edited.alone(sheet), edited.clone()] {
                let import = report(&app, &sent).await;
                let what = format!("{sheet} {header} of {} sheets: {:?}", sent.0.len(), told(&import));
                assert_eq!(counts(&import), [0, 1, 0, removed], "{what}");
                let mut found: Vec<_> =
                    changes(&import).iter().map(|one| one["field"].as_str().expect("a field")).collect();
                found.sort_unstable();
                found.dedup();
                assert_eq!(found, fields, "{what}");
                let body = proposed(&app, &import, code).await;
                assert_eq!(body.pointer(after.0), Some(&after.1), "{what}");
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn what_a_printed_sheet_does_not_show_stays() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        // A way to reach the office that is taken out of the cell, and the name of another organisation beside a code.
        let shortened: fn(&str) -> String = |old| old.split('、').next().unwrap_or_default().to_owned();
        let renamed: fn(&str) -> String = |_| "闽侯县洋里乡经济发展办公室".into();
        for (header, edit, code, cell) in
            [("咨询电话", shortened, "kept", "M"), ("名称", renamed, "name-not-read", "F")]
        {
            let mut edited = exported.clone();
            edited.edit("权力清单", POWER, header, edit);
            for sent in [edited.alone("权力清单"), edited.clone()] {
                let import = report(&app, &sent).await;
                assert_eq!(counts(&import), [0; 4], "{header}: {:?}", told(&import));
                let cells = noticed(&import, code);
                assert!(cells.len() == 1 && cells[0].starts_with(&format!("权力清单!{cell}")), "{header}: {cells:?}");
            }
        }
    })
    .await;
}

/// A copy of the export of which a printed sheet and a sheet of data say the promised time so.
fn promised(exported: &Sheets, printed: Option<&str>, data: Option<&str>) -> Sheets {
    let mut edited = exported.clone();
    for (sheet, header, limit) in [("权力清单", "承诺时限", printed), ("事项", "承诺办结时限", data)] {
        if let Some(limit) = limit {
            edited.edit(sheet, POWER, header, |_| limit.to_owned());
        }
    }
    edited
}

#[actix_web::test]
async fn the_sheet_that_differs_from_the_register_is_the_edit() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        for (printed, data, value) in
            [(Some("6个工作日"), None, 6), (None, Some("6个工作日"), 6), (Some("6个工作日"), Some("6个工作日"), 6)]
        {
            let import = report(&app, &promised(&exported, printed, data)).await;
            assert_eq!(counts(&import), [0, 1, 0, 0], "{printed:?} {data:?}: {:?}", told(&import));
            assert_eq!(changes(&import)[0]["to"]["value"], value, "{printed:?} {data:?}");
        }

        let import = report(&app, &promised(&exported, Some("6个工作日"), Some("7个工作日"))).await;
        assert_eq!(counts(&import), [0, 0, 2, 0], "neither is taken: {:?}", told(&import));
        let problems = each(&import, "problems");
        assert_eq!(problems.len(), 2);
        for (row, problem) in problems {
            assert_eq!(problem["rule"], "sheets-contradict");
            let message = problem["message"].as_str().expect("a text");
            let other = if row["sheet"] == "事项" { "权力清单!J" } else { "事项!" };
            assert!(
                message.contains(other) && message.contains("6个工作日") && message.contains("7个工作日"),
                "{message}"
            );
        }
    })
    .await;
}

#[actix_web::test]
async fn what_is_not_read_of_a_file_is_told() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        let whole = report(&app, &exported).await;
        let columns = noticed(&whole, "of-register");
        assert!(
            columns.len() == 1 && columns[0].starts_with("事项!"),
            "columns of the register, together: {columns:?}"
        );
        assert_eq!(noticed(&whole, "not-read").len(), 1, "the sheet that says what the workbook is");
        let notices = each(&whole, "notices");
        assert_eq!(notices.len(), 2, "nothing is said of cells that stand as we wrote them: {notices:?}");
        let listed = notices.iter().find(|(_, notice)| notice["code"] == "of-register").expect("a notice").1;
        assert!(listed["message"].as_str().expect("a text").contains("登记信息·修订号、"), "{listed}");

        let path = format!("/v1/imports/{}/report.xlsx", whole["id"].as_str().expect("an id"));
        let remarks = app.as_(EDITOR).get(&path).await;
        let again = report_on(&app, EDITOR, remarks.bytes.to_vec()).await;
        assert_eq!(counts(&again), [0; 4], "the workbook with remarks can be sent back: {:?}", told(&again));

        let mut edited = exported.alone("权力清单");
        let rows = edited.rows("权力清单");
        rows.insert(3, vec![Data::String("一、行政许可".into())]);
        rows[4].push(Data::String("请核对".into()));
        let import = report(&app, &edited).await;
        assert_eq!(counts(&import), [0; 4], "{:?}", told(&import));
        assert_eq!(noticed(&import, "row-not-read"), ["权力清单!A4"]);
        assert_eq!(noticed(&import, "no-header"), ["权力清单!N3"]);
    })
    .await;
}

#[actix_web::test]
async fn an_edit_that_breaks_a_rule_of_another_sheet_is_told_with_the_place_of_both() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        let mut edited = exported.clone();
        edited.edit("权力清单", POWER, "承诺时限", |_| "1个工作日".into());

        let import = report(&app, &edited).await;
        assert_eq!(counts(&import), [0, 1, 0, 0], "no row of the chart is refused: {:?}", told(&import));
        assert_eq!(import["counts"]["incomplete"], 1, "{}", import["counts"]);
        let errors = each(&import, "draft_errors");
        let [(row, error)] = errors.as_slice() else { panic!("one: {errors:?}") };
        assert_eq!((&row["sheet"], &row["missing_for_submission"]), (&json!("权力清单"), &json!(true)));
        assert!(row["changes"][0]["cell"].as_str().expect("a cell").starts_with('J'), "{row}");
        assert_eq!((&error["rule"], &error["cell"]), (&json!("chart-over-promise"), &json!("/chart/nodes")));
        assert!(error["message"].as_str().expect("a text").contains("1个工作日"), "{error}");
        let place = error["in_file"].as_str().expect("where the chart stands");
        assert!(place.starts_with("流程图·节点!A"), "{place}");

        let alone = report(&app, &edited.alone("权力清单")).await;
        let errors = each(&alone, "draft_errors");
        assert!(errors.len() == 1 && errors[0].1["in_file"].is_null(), "the file has no chart: {errors:?}");
    })
    .await;
}

#[actix_web::test]
async fn the_day_of_publication_on_a_list_that_we_printed_is_the_registers_own() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let exported = Sheets::exported(&app).await;
        let mut edited = exported.clone();
        edited.edit("权力清单", POWER, "公布日期", |_| "2001-02-03".into());
        for sent in [edited.alone("权力清单"), edited.clone()] {
            let import = report(&app, &sent).await;
            assert_eq!(counts(&import), [0; 4], "{:?}", told(&import));
            let of_row =
                |(row, notice): &(&Value, &Value)| row["sheet"] == "权力清单" && notice["code"] == "of-register";
            let notices: Vec<_> = each(&import, "notices").into_iter().filter(of_row).collect();
            let [(_, notice)] = notices.as_slice() else { panic!("one: {notices:?}") };
            let message = notice["message"].as_str().expect("a text");
            assert!(notice["cell"].as_str().expect("a cell").starts_with('L'), "{notice}");
            assert!(message.contains("登记簿为 2") && message.contains("表中为 2001-02-03"), "{message}");
        }
    })
    .await;
}

#[actix_web::test]
async fn an_edit_of_one_node_of_a_chart_is_told_of_that_node() {
    on_both_databases(async |app| {
        a_few_items(&app).await;
        let mut edited = Sheets::exported(&app).await;
        edited.edit("流程图·节点", POWER, "名称", |old| format!("{old}（改）"));
        let import = report(&app, &edited).await;
        assert_eq!(counts(&import), [0, 1, 0, 0], "{:?}", told(&import));
        let changes = changes(&import);
        let [change] = changes.as_slice() else { panic!("one: {changes:?}") };
        assert_eq!(change["pointer"], "/chart/nodes/0/name", "{change}");
        assert_eq!(change["to"], format!("{}（改）", change["from"].as_str().expect("a name")), "{change}");
    })
    .await;
}
