//! Exports: complete, in order, as filtered, as of then; cut ones are noticed; and what comes out goes in again unchanged.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use calamine::{Data, Reader, Xlsx};
use qingdan::{
    base::config::DatabaseUrl,
    model::{KINDS, instruments, kinds::Kind},
    public::exports::{Asking, Piece, format, write_workbook},
    register::{
        publication::Step,
        tables::{ABOUT, Book, END, Layout, Row, joined, unguarded},
    },
    values::code_lists::Action,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::helpers::{
    app::{
        self, Setup, TestApp, codes_of, decoded, new_sqlite_demo, on_a_demo_of_its_own, on_both_databases, on_the_demo,
        organisation, patched, place, step,
    },
    effort::times,
};

const TOWNSHIP: &str = "11350121003619116B";

fn file(kind: &Kind, ending: &str) -> String {
    format!("/v1/exports/{}.{ending}", kind.path)
}

/// The body of an exported record in its normal form.
fn body(kind: &Kind, record: &Value) -> Value {
    let mut body = record.clone();
    body.as_object_mut().expect("an object").remove("meta").expect("meta");
    normal(kind, &body)
}

fn normal(kind: &Kind, body: &Value) -> Value {
    let text = (kind.read)(body).unwrap_or_else(|wrong| panic!("{} {body}: {wrong:?}", kind.name));
    serde_json::from_str(&text).expect("JSON")
}

async fn exported(app: &TestApp, kind: &Kind, query: &str) -> Vec<Value> {
    let document = app.json(&format!("{}{query}", file(kind, "json"))).await;
    document["items"].as_array().expect("records").clone()
}

fn rows(csv: &str) -> Vec<Row> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    reader.records().map(|row| row.expect("RFC 4180").iter().map(str::to_owned).collect()).collect()
}

/// The rows of each sheet of a workbook.
fn sheets(workbook: &[u8]) -> BTreeMap<String, Vec<Row>> {
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(workbook.to_vec())).expect("a workbook");
    let text = |cell: &Data| match cell {
        Data::Float(figure) => format!("{figure}"),
        Data::Int(figure) => format!("{figure}"),
        other => other.to_string(),
    };
    let sheets = workbook.worksheets().into_iter();
    sheets.map(|(name, range)| (name, range.rows().map(|row| row.iter().map(text).collect()).collect())).collect()
}

/// The bodies in a workbook, by code.
fn bodies(kind: &'static Kind, sheets: &BTreeMap<String, Vec<Row>>) -> BTreeMap<String, Value> {
    let book = Book::of(kind, Layout::Workbook);
    let mut records: BTreeMap<String, Vec<Vec<Row>>> = BTreeMap::new();
    for (number, sheet) in book.sheets.iter().enumerate() {
        let mut joined_rows = Vec::new();
        for row in sheets[&sheet.name].iter().skip(1) {
            let mut row = row.clone();
            row.resize(sheet.columns.len(), String::new());
            joined(&mut joined_rows, row);
        }
        for row in joined_rows {
            let of_record = records.entry(row[0].clone()).or_insert_with(|| vec![Vec::new(); book.sheets.len()]);
            of_record[number].push(row);
        }
    }
    let read = |rows: &Vec<Vec<Row>>| {
        let (body, misread) = book.read(rows);
        assert_eq!(misread, [], "{body}");
        normal(kind, &body)
    };
    records.iter().map(|(code, rows)| (code.clone(), read(rows))).collect()
}

#[actix_web::test]
async fn every_format_holds_every_record_in_order_and_says_how_many() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let seq = app.json("/v1").await["seq"].clone();
            let total = app.json(&format!("/v1/{}?limit=1", kind.path)).await["total"].clone();
            let answer = app.get(&file(kind, "json")).await;
            answer.expect_status(200);
            let document = answer.json();
            assert_eq!((&document["count"], &document["seq"]), (&total, &seq), "{}", kind.path);
            assert_eq!(answer.header("registry-seq"), seq.to_string());
            assert_eq!(
                answer.header("content-disposition"),
                format!("attachment; filename=\"{}-{seq}.json\"", kind.path)
            );
            let records = document["items"].as_array().expect("records");
            assert_eq!(json!(records.len()), total);
            let codes = codes_of(&document);
            assert!(codes.is_sorted(), "{codes:?}");

            let lines = app.get(&file(kind, "ndjson")).await;
            let lines: Vec<Value> =
                lines.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            let (end, of_lines) = lines.split_last().expect("an end");
            assert_eq!(*end, json!({ "end": true, "count": total, "seq": seq }));
            assert_eq!(of_lines, records);

            let table = app.get(&file(kind, "csv")).await;
            let table = rows(table.text());
            let (end, of_table) = table.split_last().expect("an end");
            assert_eq!(end[..3], [END.to_owned(), total.to_string(), seq.to_string()]);
            assert_eq!(json!(of_table.len() - 1), total);
            assert!(table.iter().all(|row| row.len() == table[0].len()));

            let workbook = app.get(&file(kind, "xlsx")).await;
            workbook.expect_status(200);
            let sheets = sheets(&workbook.bytes);
            let about = sheets[ABOUT].last().expect("an end");
            assert_eq!(*about, [END.to_owned(), total.to_string(), seq.to_string()]);
        }
    })
    .await;
}

#[actix_web::test]
async fn what_was_exported_reads_back_as_it_was() {
    on_the_demo(async |app| {
        for kind in KINDS {
            let records = exported(app, kind, "?status=in_force&status=suspended&status=cancelled&status=merged").await;
            let expected: BTreeMap<String, Value> = records
                .iter()
                .map(|record| (record["code"].as_str().expect("a code").to_owned(), body(kind, record)))
                .collect();
            let shown = app.json(&format!("/v1/{}/{}", kind.path, kind.example)).await;
            let record = records.iter().find(|record| record["code"] == kind.example).expect("the example");
            for (name, value) in body(kind, record).as_object().expect("an object") {
                assert_eq!(shown[name], *value, "{name}");
            }
            assert_eq!(record["meta"]["shown_seq"], shown["meta"]["shown_seq"]);
            assert_eq!(record["meta"]["body_digest"].as_str().map(str::len), Some(64));

            let all = "status=in_force&status=suspended&status=cancelled&status=merged";
            let table = app.get(&format!("{}?{all}&bom=true", file(kind, "csv"))).await;
            let text = table.text().strip_prefix('\u{feff}').expect("a byte order mark");
            let mut table = rows(text);
            table.pop();
            let book = Book::of(kind, Layout::Table);
            assert_eq!(table.remove(0), book.records().columns.iter().map(|c| c.header.clone()).collect::<Vec<_>>());
            assert_eq!(table.len(), expected.len());
            for row in table {
                let row: Row = row.iter().map(|cell| unguarded(cell).to_owned()).collect();
                let (read, misread) = book.read(&[vec![row]]);
                assert_eq!(misread, []);
                let code = read["code"].as_str().expect("a code");
                assert_eq!(normal(kind, &read), expected[code], "{code}");
            }

            let workbook = app.get(&format!("{}?{all}", file(kind, "xlsx"))).await;
            assert_eq!(bodies(kind, &sheets(&workbook.bytes)), expected);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_workbook_of_items_holds_the_lists_as_offices_print_them() {
    on_the_demo(async |app| {
        let workbook = app.get("/v1/exports/items.xlsx").await;
        let sheets = sheets(&workbook.bytes);
        for (name, filter) in [("权力清单", "power"), ("责任清单", "responsibility"), ("公共服务事项清单", "service")]
        {
            let total = app.json(&format!("/v1/items?list={filter}&limit=1")).await["total"].clone();
            let rows = &sheets[name];
            assert_eq!(rows[2][..3], ["序号", "事项编码", "事项名称"].map(str::to_owned), "{name}");
            assert_eq!(json!(rows.len() - 3), total, "{name}");
            assert_eq!(rows[3][0], "1");
        }
        let dibao = sheets["权力清单"].iter().find(|row| row[1] == "11350121003619116B5000511001000").expect("低保");
        assert!(dibao[4].starts_with('《') && dibao[9] == "15个工作日" && dibao[10] == "免费", "{dibao:?}");
        let duties = sheets["责任清单"].iter().find(|row| row[1] == dibao[1]).expect("低保");
        assert!(duties[3].starts_with("1.受理责任："), "{duties:?}");
    })
    .await;
}

#[actix_web::test]
async fn exports_take_the_filters_of_lists_and_nothing_else() {
    on_the_demo(async |app| {
        for query in
            ["list=service&charge=charged", "q=%E4%BD%8E%E4%BF%9D", "status=cancelled", "changed_since=2019-01-01"]
        {
            let listed = app.json(&format!("/v1/items?limit=1&{query}")).await["total"].clone();
            let document = app.json(&format!("/v1/exports/items.json?{query}")).await;
            assert_eq!(document["count"], listed, "{query}");
        }
        for parameter in ["limit=1", "sort=code", "fields=code", "bom=true", "facets=status"] {
            app.get(&format!("/v1/exports/items.json?{parameter}")).await.expect_problem(400, "invalid-query");
        }
        app.get("/v1/exports/items.pdf").await.expect_problem(404, "not-found");
        app.get("/v1/exports/nothing.json").await.expect_problem(404, "not-found");
        app.get_with("/v1/exports/items.csv", &[("accept", "image/png")]).await.expect_problem(406, "not-acceptable");
    })
    .await;
}

#[actix_web::test]
async fn the_register_as_of_then_is_what_was_answered_then() {
    on_both_databases(async |app| {
        let first = step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡人民政府")));
        let hall = step("place", Action::Create, "hall", Some(place("hall", TOWNSHIP)));
        app.publish_at(vec![first, hall], "2020-01-01T01:00:00Z".parse().expect("a time")).await.expect("published");
        let own = format!("/v1/organisations/{TOWNSHIP}");
        let paths = [
            "/v1/exports/organisations.json".to_owned(),
            "/v1/exports/places.ndjson".to_owned(),
            "/v1/exports/organisations.csv".to_owned(),
            "/v1/organisations".to_owned(),
            "/v1/places?q=%E6%B4%8B&facets=status".to_owned(),
            own.clone(),
            format!("{own}/revisions"),
            "/v1/summary".to_owned(),
        ];
        let mut before = Vec::new();
        for path in &paths {
            before.push(app.get(path).await);
        }
        let renamed = patched(&app, &own, &json!({ "name": "洋里镇人民政府" })).await;
        let amend = step("organisation", Action::Amend, TOWNSHIP, Some(renamed));
        let close = step("place", Action::Cancel, "hall", None);
        app.publish_at(vec![amend, close], "2021-01-01T01:00:00Z".parse().expect("a time")).await.expect("published");

        for (path, before) in paths.iter().zip(before) {
            // A change in the middle of a publication stands for the whole of it.
            for then in ["1", "2", "2020-12-31", "2020-01-01T01:00:00Z"] {
                let mark = if path.contains('?') { '&' } else { '?' };
                let answer = app.get(&format!("{path}{mark}as_of={then}")).await;
                answer.expect_status(200);
                assert_eq!(answer.text(), before.text(), "{path} {then}");
                assert_eq!(answer.header("registry-seq"), "2", "{path} {then}");
            }
            let now = app.get(path).await;
            assert!(now.text() != before.text(), "{path}");
        }
        assert_eq!(app.get(&format!("{own}?as_of=2")).await.header("cache-control"), "public, max-age=60");
        assert_eq!(app.json("/v1/organisations?as_of=0").await["total"], 0);
        app.get(&format!("{own}?as_of=0")).await.expect_problem(404, "not-found");
        for wrong in ["5", "-1", "then", ""] {
            app.get(&format!("/v1/organisations?as_of={wrong}")).await.expect_problem(400, "invalid-query");
        }
    })
    .await;
}

#[actix_web::test]
async fn exports_are_conditional_and_come_in_every_encoding() {
    on_the_demo(async |app| {
        let path = "/v1/exports/items.ndjson";
        let plain = app.get(path).await;
        for encoding in ["gzip", "br", "zstd"] {
            let answer = app.get_with(path, &[("accept-encoding", encoding)]).await;
            assert_eq!(answer.header("content-encoding"), encoding);
            assert!(answer.bytes.len() * 3 < plain.bytes.len(), "{encoding}");
            assert!(decoded(&answer) == plain.bytes, "{encoding}");
            assert_ne!(answer.header("etag"), plain.header("etag"));
            let known = app.get_with(path, &[("if-none-match", answer.header("etag"))]).await;
            known.expect_status(304);
        }
        for ending in ["json", "csv", "xlsx", "jsonld"] {
            let path = format!("/v1/exports/items.{ending}");
            let head = app.send(Method::HEAD, &path, &[]).await;
            head.expect_status(200);
            assert!(head.bytes.is_empty());
            assert!(!head.header("content-type").is_empty() && !head.header("content-disposition").is_empty());
            let known = app.get_with(&path, &[("if-none-match", head.header("etag"))]).await;
            known.expect_status(304);
        }
    })
    .await;
}

#[actix_web::test]
async fn a_cut_file_is_noticed() {
    on_the_demo(async |app| {
        for ending in ["json", "ndjson", "csv"] {
            let whole = app.get(&format!("/v1/exports/places.{ending}")).await;
            let text = whole.text();
            let is_whole = |text: &str| match ending {
                "json" => serde_json::from_str::<Value>(text).is_ok_and(|document| document["count"].is_u64()),
                "ndjson" => {
                    text.lines().last().is_some_and(|line| line.starts_with("{\"end\":true,") && line.ends_with('}'))
                }
                _ => text.lines().last().is_some_and(|line| line.starts_with("#end,") && line.split(',').count() > 3),
            };
            assert!(is_whole(text));
            for part in 1..10 {
                let cut: String = text.chars().take(text.chars().count() * part / 10).collect();
                assert!(!is_whole(&cut), "{ending} {part}");
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn no_cell_is_taken_for_a_formula_and_each_is_read_back() {
    on_both_databases(async |app| {
        let mut record = organisation(TOWNSHIP, "=HYPERLINK(\"https://a.example\")");
        record["short_name"] = "@SUM(1)".into();
        record["address"] = "-1, \"a\"\r\nb".into();
        record["duties"] = "'quoted".into();
        let create = step("organisation", Action::Create, TOWNSHIP, Some(record));
        app.publish(vec![create]).await.expect("published");
        let kind = KINDS.into_iter().find(|kind| kind.name == "organisation").expect("a kind");
        let expected = body(kind, &exported(&app, kind, "").await[0]);
        let table = app.get("/v1/exports/organisations.csv").await;
        let row = rows(table.text()).swap_remove(1);
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        let row: Row = row.iter().map(|cell| unguarded(cell).to_owned()).collect();
        assert_eq!(normal(kind, &Book::of(kind, Layout::Table).read(&[vec![row]]).0), expected);
        let workbook = app.get("/v1/exports/organisations.xlsx").await;
        assert_eq!(bodies(kind, &sheets(&workbook.bytes))[TOWNSHIP], expected);
    })
    .await;
}

#[actix_web::test]
async fn a_workbook_is_written_as_long_as_somebody_waits_for_it() {
    on_the_demo(async |app| {
        let asking = Asking { kind: &instruments::KIND, query: "", base: &app.base, takes_bom: false };
        let (picture, filters) = asking.read(&app.register.catalog).await.expect("filters");
        let extract = asking.extract(&picture, filters).expect("an extract");
        let file = tempfile::NamedTempFile::new().expect("a file");
        // At the third record, and when all of them are written and the file is put together.
        for patience in [2, extract.count()] {
            let asked = AtomicUsize::new(0);
            let waits = || asked.fetch_add(1, Ordering::Relaxed) < patience;
            write_workbook(&extract, file.path(), &waits).expect_err("nobody waits");
            let asked = asked.into_inner();
            assert!(asked <= patience + 3, "it went on: {asked} of {patience}");
        }
        write_workbook(&extract, file.path(), &|| true).expect("somebody waits");
    })
    .await;
}

#[actix_web::test]
async fn a_large_register_is_written_in_small_pieces() {
    on_both_databases(async |app| {
        let instrument = |number: usize| {
            let code = format!("lex-{number:05}");
            let body = json!({
                "code": code, "title": format!("示例文件{}", "甲".repeat(180)), "issuer": "示例", "level": "law",
                "effective": "2020-01-01",
            });
            step("legal_instrument", Action::Create, &code, Some(body))
        };
        let records = times("EXPORTED_RECORDS", 1500);
        app.publish((0..records).map(instrument).collect()).await.expect("published");
        let asking = Asking { kind: &instruments::KIND, query: "", base: &app.base, takes_bom: false };
        let (picture, filters) = asking.read(&app.register.catalog).await.expect("filters");
        let whole = asking.extract(&picture, filters).expect("an extract");
        let lines = format(&instruments::KIND, "ndjson").expect("a format");
        let mut piece = Piece::new(whole, lines, qingdan::register::catalog::Encoding::Identity).expect("a piece");
        let (mut pieces, mut length) = (0, 0);
        while let Some(bytes) = piece.write().expect("written") {
            assert!(bytes.len() < 80 << 10, "{}", bytes.len());
            (pieces, length) = (pieces + 1, length + bytes.len());
        }
        assert!(pieces > records / 100, "{pieces}");
        let answer = app.get("/v1/exports/legal-instruments.ndjson").await;
        assert_eq!((answer.bytes.len(), answer.text().lines().count()), (length, records + 1));
    })
    .await;
}

#[actix_web::test]
async fn the_command_writes_what_the_server_answers() {
    let database = new_sqlite_demo();
    let DatabaseUrl::Sqlite(path) = &database else { panic!("it is a file") };
    let run = |arguments: &[&str]| {
        let command = Command::new(env!("CARGO_BIN_EXE_qingdan"))
            .args(arguments)
            .env("DATABASE_URL", format!("sqlite:{path}"))
            .output()
            .expect("it runs");
        (command.status.success(), command.stdout, String::from_utf8_lossy(&command.stderr).into_owned())
    };
    let app = TestApp::start(database.clone());
    let (done, written, error) = run(&["export", "items.ndjson", "--as-of", "2016-12-31", "--filter", "list=power"]);
    assert!(done, "{error}");
    let served = app.get("/v1/exports/items.ndjson?as_of=2016-12-31&list=power").await;
    assert!(written == served.bytes);
    let (done, written, error) = run(&["export", "fees.xlsx"]);
    assert!(done && sheets(&written).contains_key(ABOUT), "{error}");
    let (done, _, error) = run(&["export", "fees.pdf"]);
    assert!(!done && error.contains("items.xlsx"), "{error}");
}

#[actix_web::test]
async fn search_engines_find_every_page() {
    on_the_demo(async |app| {
        let robots = app.get("/robots.txt").await;
        assert!(robots.text().contains(&format!("Sitemap: {}/sitemap.xml", app.base)), "{}", robots.text());
        let map = app.get("/sitemap.xml").await;
        let addresses: Vec<_> =
            map.text().split("<loc>").skip(1).filter_map(|rest| rest.split("</loc>").next()).collect();
        let total = app.json("/v1/items?limit=1").await["total"].as_u64().expect("a number");
        assert_eq!(addresses.iter().filter(|address| address.ends_with("/guide")).count() as u64, total);
        for address in addresses.iter().step_by(29) {
            let path = address.strip_prefix(&app.base).expect("an address of the register");
            app.get_with(path, &[("accept", "text/html")]).await.expect_status(200);
        }
        app.get("/sitemaps/1.xml").await.expect_status(404);
        assert_eq!(app.get("/sitemaps/0.xml").await.text(), map.text());
    })
    .await;
}

/// By the real shapes and schemas, where this project's surroundings have them.
#[actix_web::test]
async fn exports_keep_to_the_published_standards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let standards = root.join("../shared/data/standards");
    let standards = std::env::var("STANDARDS").map(Into::into).unwrap_or(standards);
    if !standards.is_dir() {
        eprintln!("not validated: there are no standards in {}", standards.display());
        return;
    }
    let [app, _] = app::demos();
    let folder = tempfile::tempdir().expect("a folder");
    let all = "status=in_force&status=suspended&status=cancelled&status=merged";
    for (name, path) in [
        ("items.jsonld", format!("/v1/exports/items.jsonld?{all}")),
        ("hsds.json", format!("/v1/exports/hsds.json?{all}")),
        ("catalog.jsonld", "/v1/catalog.jsonld".into()),
    ] {
        let answer = app.get_with(&path, &[("host", "register.example")]).await;
        answer.expect_status(200);
        fs::write(folder.path().join(name), &answer.bytes).expect("a file");
    }
    let checked = Command::new(root.join("tests/standards/validate"))
        .args([folder.path(), &standards])
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}\n{}", String::from_utf8_lossy(&checked.stderr));
}

#[actix_web::test]
async fn the_national_elements_are_written_with_national_codes() {
    on_the_demo(async |app| {
        let document = app.json("/v1/exports/gbt39554.json?code=11350121003619116B5000511001000").await;
        assert_eq!(document["count"], 1);
        let item = &document["items"][0];
        for (name, value) in [
            ("task_code", json!("11350121003619116B5000511001000")),
            ("catalog_code", json!("000511001000")),
            ("task_type", json!("05")),
            ("use_level", json!("5")),
            ("is_fee", json!("0")),
            ("promise_day", json!(15)),
            ("promise_type", json!("1")),
            ("dept_name", json!("闽侯县洋里乡人民政府")),
        ] {
            assert_eq!(item[name], value, "{name}");
        }
        assert!(item["by_law"][0]["law_name"].as_str().is_some_and(|title| !title.is_empty()));
    })
    .await;
}

#[actix_web::test]
async fn the_licence_of_the_data_is_told_where_there_is_one() {
    let plain = TestApp::start(new_sqlite_demo());
    assert!(plain.json("/v1").await.get("data_licence").is_none());
    assert!(plain.json("/v1/catalog.jsonld").await.get("dct:license").is_none());

    let licence = "https://creativecommons.org/publicdomain/zero/1.0/";
    let mut setup = Setup::default();
    setup.settings.edge.data_licence = Some(licence.into());
    let licensed = TestApp::start_with(new_sqlite_demo(), setup);
    assert_eq!(licensed.json("/v1").await["data_licence"], licence);
    let catalogue = licensed.json("/v1/catalog.jsonld").await;
    assert_eq!(catalogue["dct:license"]["@id"], licence);
    let datasets = catalogue["dcat:dataset"].as_array().expect("datasets");
    assert!(!datasets.is_empty() && datasets.iter().all(|dataset| dataset["dct:license"]["@id"] == licence));
}

#[actix_web::test]
async fn an_erased_place_is_left_out_of_what_items_say_of_it() {
    on_a_demo_of_its_own(async |app| {
        let erase = Step { revision: Some(1), ..step("place", Action::Erase, "yangli-hall", None) };
        app.publish(vec![erase]).await.expect("it is valid");
        for file in ["hsds.json", "gbt39554.json"] {
            let export = app.get(&format!("/v1/exports/{file}")).await;
            export.expect_status(200);
            let text = export.text();
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{file} is cut: …{}", &text[text.len() - 80..]);
        }
    })
    .await;
}
