//! Imports: names where the register has codes, codes of which a spreadsheet dropped digits, and the columns that lists of offices have
//! beside those of the template.

use qingdan::values::code_lists::Action;
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::app::{TestApp, insist, on_a_demo_of_its_own, step};

const ITEM: &str = "11350121003619116B5000105001000";
const NAME: &str = "适龄儿童、少年延缓入学或者休学批准";
const OFFICE: &str = "11350121003619116B";

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

/// The report on a file of records of this kind.
async fn report(app: &TestApp, kind: &str, bytes: Vec<u8>) -> Value {
    let request = app.request(Method::POST, &format!("/v1/imports?kind={kind}")).bearer_auth("county-editor");
    let answer = insist(request.header("content-type", "text/csv").header("accept-language", "zh").body(bytes)).await;
    answer.expect_status(201);
    answer.json()
}

/// The report on a table of items.
async fn csv(app: &TestApp, lines: &[&[&str]]) -> Value {
    let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
    let lines: Vec<String> = lines.iter().map(|line| line.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
    report(app, "item", lines.join("\r\n").into_bytes()).await
}

fn rows(import: &Value) -> &[Value] {
    list(&import["rows"])
}

/// Cell and rule of every problem.
fn problems(import: &Value) -> Vec<(&str, &str)> {
    let problems = rows(import).iter().flat_map(|row| list(&row["problems"]));
    problems.map(|problem| (text(&problem["cell"]), text(&problem["rule"]))).collect()
}

/// The cells with this notice.
fn noticed<'a>(import: &'a Value, code: &str) -> Vec<&'a str> {
    let notices = rows(import).iter().flat_map(|row| list(&row["notices"]));
    notices.filter(|notice| notice["code"] == code).map(|notice| text(&notice["cell"])).collect()
}

fn changes(import: &Value) -> Vec<&Value> {
    rows(import).iter().flat_map(|row| list(&row["changes"])).collect()
}

fn counts(import: &Value) -> [u64; 4] {
    ["new", "changed", "refused", "removed"].map(|name| import["counts"][name].as_u64().expect("a count"))
}

/// A cell as a spreadsheet saves it that opened a csv: leading zeros go, twelve digits and more become a power of ten.
fn through_a_spreadsheet(cell: &str) -> String {
    if cell.is_empty() || !cell.bytes().all(|byte| byte.is_ascii_digit()) {
        return cell.to_owned();
    }
    let digits = cell.trim_start_matches('0');
    if digits.len() < 12 {
        return if digits.is_empty() { "0".to_owned() } else { digits.to_owned() };
    }
    let number: f64 = digits.parse().expect("digits");
    let shown = format!("{number:.5E}");
    let (figure, power) = shown.split_once('E').expect("a power");
    format!("{}E+{power}", figure.trim_end_matches('0').trim_end_matches('.'))
}

#[actix_web::test]
async fn a_csv_that_a_spreadsheet_saved_is_unchanged() {
    on_a_demo_of_its_own(async |app| {
        for (path, kind) in [("items", "item"), ("organisations", "organisation")] {
            for query in ["", "?bom=true"] {
                let exported = app.get(&format!("/v1/exports/{path}.csv{query}")).await;
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(exported.bytes.as_slice());
                let mut writer = csv::Writer::from_writer(Vec::new());
                for record in reader.records() {
                    let record = record.expect("a row");
                    writer.write_record(record.iter().map(through_a_spreadsheet)).expect("written");
                }
                let import = report(&app, kind, writer.into_inner().expect("a table")).await;
                assert_eq!(counts(&import), [0; 4], "{path}{query}: {:?} {:?}", problems(&import), changes(&import));
                assert!(import["counts"]["unchanged"].as_u64() > Some(5), "{path}{query}");
                assert_eq!(noticed(&import, "digits-restored").is_empty(), !query.is_empty(), "{path}{query}");
            }
        }
        // Nobody can tell of which record this is left.
        let import = csv(&app, &[&["事项编码", "承诺时限"], &["1.23501E+30", "4个工作日"]]).await;
        assert_eq!(problems(&import), [("A2", "bad-format")]);
        assert!(text(&rows(&import)[0]["problems"][0]["message"]).contains("表格软件"), "{import}");
    })
    .await;
}

#[actix_web::test]
async fn an_export_for_spreadsheets_guards_codes_of_digits() {
    on_a_demo_of_its_own(async |app| {
        let code = "000105001000";
        let plain = app.get("/v1/exports/items.csv").await.text().to_owned();
        assert!(plain.contains(&format!(",{code},")) && !plain.contains(&format!("'{code}")));
        let guarded = app.get("/v1/exports/items.csv?bom=true").await.text().to_owned();
        assert!(guarded.contains(&format!(",'{code},")) && !guarded.contains(&format!(",{code},")));
    })
    .await;
}

#[actix_web::test]
async fn names_stand_for_the_only_record_that_they_can_mean() {
    on_a_demo_of_its_own(async |app| {
        for (header, name) in [
            ("实施主体", "闽侯县洋里乡人民政府"),
            ("实施主体", "洋里乡人民政府"),
            ("实施主体名称", "洋里乡人民政府"),
            ("设定依据", "《义务教育法》第十一条第二款"),
            ("设定依据", "《中华人民共和国义务教育法》（2018年修正）第十一条第二款"),
        ] {
            let import = csv(&app, &[&["事项编码", header], &[ITEM, name]]).await;
            assert_eq!((counts(&import), problems(&import)), ([0; 4], vec![]), "{header} {name}: {import}");
            let is_told = header == "实施主体";
            assert_eq!(!noticed(&import, "name-read").is_empty(), is_told, "{header} {name}: {import}");
        }
        for (header, name, rule, part) in [
            ("实施主体名称", "人民政府", "name-ambiguous", OFFICE),
            ("实施主体名称", "某某人民政府", "organisation-unknown", "某某"),
            ("实施主体", "某某局", "organisation-unknown", "某某局"),
            ("收费项目", "某某费", "reference-unknown", "某某费"),
            ("设定依据", "《某某法》第一条", "reference-unknown", "某某法"),
        ] {
            let import = csv(&app, &[&["事项编码", header], &[ITEM, name]]).await;
            assert_eq!(problems(&import), [("B2", rule)], "{header} {name}: {import}");
            let message = text(&rows(&import)[0]["problems"][0]["message"]);
            assert!(message.contains(part), "{header} {name}: {message}");
        }
        let items = app.json("/v1/exports/items.json").await;
        let fees = app.json("/v1/exports/fees.json").await;
        let charged = list(&items["items"])
            .iter()
            .find(|item| item["fees"].as_array().is_some_and(|fees| fees.len() == 1))
            .expect("a fee");
        let fee = list(&fees["items"]).iter().find(|fee| fee["code"] == charged["fees"][0]).expect("it is there");
        let import = csv(&app, &[&["事项编码", "收费项目"], &[text(&charged["code"]), text(&fee["name"])]]).await;
        assert_eq!((counts(&import), noticed(&import, "name-read")), ([0; 4], vec!["B2"]), "{import}");
    })
    .await;
}

#[actix_web::test]
async fn items_of_a_list_without_codes_are_found_by_name_and_organisation() {
    on_a_demo_of_its_own(async |app| {
        for header in
            [["序号", "事项名称", "行使主体", "承诺时限"], ["事项编码", "权力名称", "实施主体名称", "承诺期限"]]
        {
            let mut first = ["", NAME, "洋里乡人民政府", "4个工作日"];
            if header[0] == "序号" {
                first[0] = "1";
            }
            let import = csv(&app, &[&header, &first]).await;
            assert_eq!(rows(&import)[0]["key"], ITEM, "{import}");
            assert_eq!((counts(&import), noticed(&import, "found-by-name")), ([0, 1, 0, 0], vec!["B2"]), "{import}");
            assert_eq!(changes(&import)[0]["to"]["value"], 4, "{import}");

            for (name, office) in [("没有的事项", "洋里乡人民政府"), (NAME, "闽侯县民政局")] {
                let mut other = first;
                (other[1], other[2]) = (name, office);
                let import = csv(&app, &[&header, &other]).await;
                assert_eq!(problems(&import).first().map(|(_, rule)| *rule), Some("code-missing"), "{import}");
            }
        }
        // Among rows with codes one without is a slip.
        let import =
            csv(&app, &[&["序号", "事项编码", "事项名称"], &["1", ITEM, NAME], &["2", "", "最低生活保障审核"]]).await;
        assert_eq!(problems(&import), [("B3", "code-missing")], "{import}");
    })
    .await;
}

#[actix_web::test]
async fn a_new_code_beside_a_registered_name_is_told() {
    const HEADER: [&str; 4] = ["事项编码", "事项名称", "实施主体名称", "承诺时限"];
    const TOWNSHIP: &str = "闽侯县洋里乡人民政府";
    on_a_demo_of_its_own(async |app| {
        for (code, name, office, cells) in [
            ("11350121003619116B5000105999000", NAME, TOWNSHIP, vec!["A2"]),
            ("11350121003619116B5000105999000", "没有过的名称", TOWNSHIP, vec![]),
            ("12350121488101998J5000105999000", NAME, "", vec![]),
        ] {
            let import = csv(&app, &[&HEADER, &[code, name, office, "5个工作日"]]).await;
            assert_eq!(counts(&import), [1, 0, 0, 0], "{import}");
            assert_eq!(noticed(&import, "name-known"), cells, "{code} {name}: {import}");
            let message = list(&rows(&import)[0]["notices"]).iter().find(|notice| notice["code"] == "name-known");
            let names_it = message.map(|notice| text(&notice["message"]).contains(&format!("{ITEM} {NAME}")));
            assert_eq!(names_it.unwrap_or_default(), !cells.is_empty(), "which one: {import}");
        }
    })
    .await;
}

#[actix_web::test]
async fn what_could_be_a_new_code_is_not_taken_for_another_record() {
    on_a_demo_of_its_own(async |app| {
        let law = |code: &str, title: &str| {
            format!("文件编码,文件名称,效力级别\r\n{code},{title},规范性文件\r\n").into_bytes()
        };
        let new = report(&app, "legal_instrument", law("0012", "甲办法")).await;
        assert_eq!(counts(&new)[0], 1, "{new}");
        let place = json!({ "code": "0012", "title": "甲办法", "level": "normative_document", "issuer": "某机关", "effective": "2016-01-01" });
        app.publish(vec![step("legal_instrument", Action::Create, "0012", Some(place))]).await.expect("published");
        for (title, expected) in [("乙通知", Some("name-ambiguous")), ("甲办法", None)] {
            let import = report(&app, "legal_instrument", law("12", title)).await;
            assert_eq!(problems(&import).first().map(|(_, rule)| *rule), expected, "{title}: {import}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_row_about_a_cancelled_item_says_so_and_the_way_out() {
    on_a_demo_of_its_own(async |app| {
        app.publish(vec![step("item", Action::Cancel, ITEM, None)]).await.expect("cancelled");
        let named = async |limit: &str| {
            let header: [&str; 4] = ["序号", "事项名称", "实施主体名称", "承诺时限"];
            csv(&app, &[&header, &["1", NAME, "闽侯县洋里乡人民政府", limit]]).await
        };

        let same = named("5个工作日").await;
        assert_eq!(counts(&same), [0; 4], "{same}");
        assert_eq!(noticed(&same, "not-in-force"), ["B2"], "{same}");
        let notices = list(&rows(&same)[0]["notices"]);
        let message =
            notices.iter().find(|notice| notice["code"] == "not-in-force").map(|notice| text(&notice["message"]));
        assert!(
            message.is_some_and(|message| message.contains("action=reinstate") && message.contains(ITEM)),
            "{same}"
        );

        let changed = named("4个工作日").await;
        assert_eq!(problems(&changed), [("B2", "record-state")], "{changed}");
        let problem = &rows(&changed)[0]["problems"][0];
        assert!(
            text(&problem["message"]).contains(ITEM) && text(&problem["remedy"]).contains("reinstate"),
            "{problem}"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_cell_with_whole_bases_is_taken_apart_or_refused_with_the_place() {
    on_a_demo_of_its_own(async |app| {
        let item = app.json(&format!("/v1/items/{ITEM}")).await;
        let own = text(&item["legal_bases"][0]["text"]);
        let new = "采伐林地上的林木应当申请采伐许可证，并按照采伐许可证的规定进行采伐。";
        for written in [
            format!("1.《中华人民共和国义务教育法》第十一条第二款：{own}\n2.《森林法》（2019年修订）第五十六条：{new}"),
            format!("1.《义务教育法》第十一条第二款：{own}2.《中华人民共和国森林法》第五十六条：{new}"),
            format!("【法律】《义务教育法》第十一条第二款规定：“{own}”\n【法律】《森林法》第五十六条规定：“{new}”"),
            format!("《义务教育法》第十一条第二款\n{own}\n《森林法》第五十六条\n{new}"),
        ] {
            let import = csv(&app, &[&["事项编码", "设定依据"], &[ITEM, &written]]).await;
            assert_eq!((counts(&import), problems(&import)), ([0, 1, 0, 0], vec![]), "{written}: {import}");
            let changes = changes(&import);
            assert_eq!(changes.len(), 1, "{written}: {import}");
            let to = &changes[0]["to"];
            assert_eq!((&to["instrument"], &to["article"]["number"]), (&json!("lex-slf"), &json!(56)), "{import}");
            assert_eq!((text(&to["text"]), text(&to["text_kind"])), (new, "quotation"), "{import}");
        }
        for (written, place) in [
            ("《义务教育法》有关规定", "有关规定"),
            ("《义务教育法》第十一条第二款；《森林法", "《森林法"),
            ("国家有关法律法规", "国家有关法律法规"),
        ] {
            let import = csv(&app, &[&["事项编码", "设定依据"], &[ITEM, written]]).await;
            assert_eq!(problems(&import), [("B2", "basis-unclear")], "{written}: {import}");
            assert!(text(&rows(&import)[0]["problems"][0]["message"]).contains(place), "{written}: {import}");
        }
    })
    .await;
}

#[actix_web::test]
async fn columns_of_office_lists_go_into_their_fields_or_are_told() {
    on_a_demo_of_its_own(async |app| {
        let header = ["事项编码", "责任事项依据", "追责对象范围", "实施层级及权限", "备注"];
        let row = [ITEM, "《中华人民共和国义务教育法》第十一条", "直接责任人员", "乡镇级", "与教育局核对"];
        let import = csv(&app, &[&header, &row]).await;
        assert_eq!(problems(&import), [("C1", "header-unknown"), ("E1", "header-unknown")], "{import}");
        for (problem, near) in list(&rows(&import)[0]["problems"]).iter().zip(["追责情形", "时限说明"]) {
            assert!(text(&problem["message"]).contains(near), "{problem}");
        }
        let item = app.json(&format!("/v1/items/{ITEM}")).await;
        let changed = changes(&import);
        assert_eq!(changed.len(), list(&item["responsibilities"]).len(), "{import}");
        assert!(changed.iter().all(|change| text(&change["pointer"]).starts_with("/responsibilities/")), "{import}");
        assert_eq!(import["counts"]["removed"], 0);

        let cases = list(&item["accountability"]).len();
        let many = |count: usize| (1..=count).map(|at| format!("{at}.《行政许可法》第{at}条")).collect::<Vec<_>>();
        for (count, rule) in [(cases, None), (cases + 1, Some("basis-unclear"))] {
            let cell = many(count).join("\n");
            let import = csv(&app, &[&["事项编码", "追责情形依据"], &[ITEM, &cell]]).await;
            assert_eq!(problems(&import).first().map(|(_, rule)| *rule), rule, "{import}");
        }
        let import = csv(&app, &[&["事项编码", "实施层级及权限"], &[ITEM, "县级：审批；乡级：初审"]]).await;
        assert_eq!(changes(&import)[0]["pointer"], "/exercise_content", "{import}");

        let items = app.json("/v1/exports/items.json").await;
        let sub = list(&items["items"]).iter().find(|item| item["main_item"].is_object()).expect("a sub-item");
        let (code, main) = (text(&sub["code"]), text(&sub["main_item"]["name"]));
        let header = ["事项编码", "事项名称", "子项"];
        let import = csv(&app, &[&header, &[code, main, text(&sub["name"])]]).await;
        assert_eq!((counts(&import), problems(&import)), ([0; 4], vec![]), "{import}");
        let import = csv(&app, &[&header, &[code, "某某主项", text(&sub["name"])]]).await;
        assert_eq!(changes(&import)[0]["field"], "main_item", "{import}");
        let import = csv(&app, &[&header, &[code, main, "甲\n乙"]]).await;
        assert_eq!(problems(&import), [("C2", "sub-item-unclear")], "{import}");
    })
    .await;
}

#[actix_web::test]
async fn what_is_passed_over_is_told() {
    on_a_demo_of_its_own(async |app| {
        let import = csv(
            &app,
            &[&["序号", "事项编码", "承诺时限"], &["1", ITEM, "4个工作日"], &["2", "", ""], &["3、", "", ""]],
        )
        .await;
        assert_eq!(noticed(&import, "row-not-read"), ["A3", "A4"], "{import}");
        assert_eq!(import["counts"]["ignored"], 2);

        let bases = "《义务教育法》第十一条第二款";
        let import = csv(&app, &[&["事项编码", "设定依据", "法律依据"], &[ITEM, bases, bases]]).await;
        assert_eq!(problems(&import), [("C1", "header-unknown")], "{import}");
        assert!(text(&rows(&import)[0]["problems"][0]["message"]).contains("B1"), "{import}");

        let import = csv(&app, &[&["事项编码", "事项的名称", "承诺时限"], &[ITEM, NAME, "4个工作日"]]).await;
        let message = text(&rows(&import)[0]["problems"][0]["message"]);
        assert_eq!(message.matches('、').count(), 2, "three are told: {message}");
    })
    .await;
}
