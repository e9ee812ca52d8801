//! Blank forms, samples and annexes.

use std::{
    fs,
    io::{Cursor, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
};

use chrono::{TimeDelta, Utc};
use diesel::{Connection, PgConnection, connection::SimpleConnection};
use qingdan::{
    app::server::Register,
    base::config::{DatabaseUrl, LimitSettings, ServerSettings},
    problem::Code,
    register::{
        db::DbError,
        files::{self, hash_of},
        publication::Step,
    },
    staff::identity::{Caller, Grant},
    values::code_lists::{Action, Role},
};
use reqwest::{Method, header};
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::helpers::{
    app::{
        Answer, LONG, Setup, TestApp, insist, new_databases, new_postgres_database, on_both_databases, organisation,
        send, step, until,
    },
    people,
};

const OFFICE: &str = "11350121003619116B";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
const LIMIT: u32 = 300_000;

fn caller(name: &str, role: Role) -> (String, Caller) {
    let grants = vec![Grant { role, organisation: None, division: Some("350121".into()) }];
    people::caller(name, Some(OFFICE.into()), grants)
}

/// Erases the first revision of the office.
async fn erase_the_office(app: &TestApp) {
    let erase = Step { revision: Some(1), ..step("organisation", Action::Erase, OFFICE, None) };
    app.publish(vec![erase]).await.expect("it can be erased");
}

/// A server that knows an editor, a reviewer and an administrator, with copies in a folder of its own.
fn start(database: DatabaseUrl, folder: &Path) -> TestApp {
    let default = Setup::default();
    let elsewhere = vec![Grant { role: Role::Editor, organisation: None, division: Some("350121203".into()) }];
    let stranger = Caller { grants: elsewhere, organisation: None, ..caller("stranger", Role::Editor).1 };
    let setup = Setup {
        settings: ServerSettings {
            limits: LimitSettings { file_limit: LIMIT, ..default.settings.limits },
            ..default.settings
        },
        callers: vec![
            caller("editor", Role::Editor),
            caller("reviewer", Role::Reviewer),
            caller("admin", Role::Admin),
            ("stranger".into(), stranger),
        ],
        files: Some(folder.to_owned()),
        ..default
    };
    TestApp::start_with(database, setup)
}

async fn on_both(test: impl AsyncFn(TestApp, &Path)) {
    for database in new_databases() {
        let folder = TempDir::new().expect("a folder");
        test(start(database, folder.path()), folder.path()).await;
    }
}

/// Sends bytes as they are.
async fn post_raw(app: &TestApp, content_type: &str, query: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let request = app.request(Method::POST, &format!("/v1/files{query}")).bearer_auth("editor");
    send(request.header("content-type", content_type).body(bytes.into())).await
}

/// Sends a form with these parts: headers and content.
async fn post_form(app: &TestApp, parts: &[(&str, &[u8])]) -> Answer {
    let mut body = Vec::new();
    for (headers, content) in parts {
        body.extend([format!("--limit\r\n{headers}\r\n\r\n").as_bytes(), content, b"\r\n"].concat());
    }
    body.extend(b"--limit--\r\n");
    post_raw(app, "multipart/form-data; boundary=limit", "", body).await
}

/// Stores bytes that are of no declared type; their address.
async fn stored(app: &TestApp, bytes: &[u8]) -> String {
    let answer = post_raw(app, "application/octet-stream", "?name=a", bytes).await;
    answer.expect_status(201);
    answer.json()["url"].as_str().expect("an address").to_owned()
}

async fn get_as(app: &TestApp, token: &str, path: &str) -> Answer {
    send(app.request(Method::GET, path).bearer_auth(token)).await
}

/// An organisation whose body names these addresses.
fn naming(addresses: &[&str]) -> Value {
    let mut body = organisation(OFFICE, "洋里乡政府");
    body["address"] = addresses.join(" ").into();
    body
}

async fn publish(app: &TestApp, action: Action, body: Value) {
    app.publish(vec![step("organisation", action, OFFICE, Some(body))]).await.expect("it is valid");
}

#[actix_web::test]
async fn a_file_is_stored_once_and_known_by_its_hash() {
    on_both(async |app, _| {
        let headers =
            "Content-Disposition: form-data; name=\"file\"; filename=\"申请表.pdf\"\r\nContent-Type: application/pdf";
        let first = post_form(&app, &[(headers, PDF)]).await;
        first.expect_status(201);
        let hash = hash_of(PDF);
        let file = first.json();
        assert_eq!(file["sha256"], hash);
        assert_eq!(file["size"], PDF.len());
        assert_eq!(file["media_type"], "application/pdf");
        assert_eq!(file["name"], "申请表.pdf");
        assert_eq!(file["url"], format!("/v1/files/{hash}"));
        assert_eq!(first.header("location"), format!("/v1/files/{hash}"));

        let again = post_raw(&app, "application/pdf", "?name=other.pdf", PDF).await;
        again.expect_status(201);
        let mut renamed = file.clone();
        renamed["name"] = "other.pdf".into();
        assert_eq!(again.json(), renamed, "who sends it again is told nothing of who sent it first");
        let read = get_as(&app, "editor", &format!("/v1/files/{hash}")).await;
        read.expect_status(200);
        assert_eq!(read.bytes, PDF);
    })
    .await;
}

#[actix_web::test]
async fn before_it_is_public_a_file_is_read_by_who_sent_it_and_who_sees_a_draft_that_names_it() {
    on_both(async |app, _| {
        let url = stored(&app, PDF).await;
        let drafted = async |who: &str, code: &str, division: &str, url: &str| {
            let mut body = organisation(code, "机构");
            (body["address"], body["division"]) = (url.into(), division.into());
            let draft = json!({ "kind": "organisation", "action": "create", "body": body });
            let made = send(app.request(Method::POST, "/v1/drafts").bearer_auth(who).json(&draft)).await;
            made.expect_status(201);
            made.header("location").to_owned()
        };
        let unknown = format!("/v1/files/{}", "f".repeat(64));
        let missing = async |draft: &str, url: &str| {
            let check = get_as(&app, "stranger", &format!("{draft}/check")).await;
            check.expect_status(200);
            check.text().contains("file-unknown") && check.text().contains(url.rsplit('/').next().expect("a hash"))
        };
        get_as(&app, "editor", &url).await.expect_status(200);
        for who in ["reviewer", "stranger"] {
            get_as(&app, who, &url).await.expect_problem(404, "not-found");
        }

        // A caller who only knows its hash gets no further by naming it.
        let theirs = drafted("stranger", "11350121MB0000001M", "350121203", &format!("{url} {unknown}")).await;
        get_as(&app, "stranger", &url).await.expect_problem(404, "not-found");
        assert!(missing(&theirs, &url).await && missing(&theirs, &unknown).await, "as if it were not stored");
        get_as(&app, "reviewer", &url).await.expect_problem(404, "not-found");

        drafted("editor", OFFICE, "350121202", &url).await;
        get_as(&app, "reviewer", &url).await.expect_status(200);
        get_as(&app, "stranger", &url).await.expect_problem(404, "not-found");

        let request = app.request(Method::POST, "/v1/files?name=a.csv").bearer_auth("stranger");
        send(request.header("content-type", "application/pdf").body(PDF)).await.expect_status(201);
        get_as(&app, "stranger", &url).await.expect_status(200);
        assert!(!missing(&theirs, &url).await);
    })
    .await;
}

#[actix_web::test]
async fn a_large_file_comes_back_as_it_was_and_a_larger_one_is_refused() {
    on_both(async |app, _| {
        let large: Vec<u8> = (0..LIMIT).map(|at| b"0123456789\n"[at as usize % 11]).collect();
        let url = stored(&app, &large).await;
        assert!(get_as(&app, "editor", &url).await.bytes == large);
        for more in [1, 100_000] {
            let mut larger = large.clone();
            larger.resize(large.len() + more, b'x');
            let answer = post_raw(&app, "text/plain", "", larger).await;
            answer.expect_problem(413, "body-too-large");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_file_sent_many_times_at_once_is_stored_once() {
    on_both(async |app, _| {
        let request = || app.request(Method::POST, "/v1/files").header("content-type", "application/pdf").body(PDF);
        let sent = (0..8).map(|_| insist(request().bearer_auth("editor")));
        let answers = futures_util::future::join_all(sent).await;
        assert!(answers.iter().all(|answer| answer.status.as_u16() == 201 && answer.json() == answers[0].json()));
        let read = get_as(&app, "editor", answers[0].header("location")).await;
        assert_eq!(read.bytes, PDF);
    })
    .await;
}

#[actix_web::test]
async fn a_file_is_public_once_a_published_revision_names_it_and_stays_so_in_history() {
    on_both(async |app, _| {
        let url = stored(&app, PDF).await;

        app.get(&url).await.expect_problem(404, "not-found");
        get_as(&app, "nobody", &url).await.expect_problem(401, "unauthenticated");
        let unknown = format!("/v1/files/{}", "0".repeat(64));
        for path in [&url, &unknown] {
            // Who may read no drafts is told no more than anybody else.
            get_as(&app, "admin", path).await.expect_problem(404, "not-found");
        }
        let early = get_as(&app, "editor", &url).await;
        early.expect_status(200);
        assert_eq!(early.header("cache-control"), "private, no-store");

        publish(&app, Action::Create, naming(&[&url])).await;
        app.get(&url).await.expect_status(200);
        publish(&app, Action::Amend, naming(&["洋里乡"])).await;
        let public = app.get(&url).await;
        public.expect_status(200);
        assert_eq!(public.bytes, PDF);
        assert_eq!(public.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(get_as(&app, "nobody", &url).await.bytes, PDF, "a token makes no difference any more");
    })
    .await;
}

#[actix_web::test]
async fn an_erased_revision_takes_its_file_out_of_the_public_and_off_the_disk() {
    on_both(async |app, folder| {
        let (kept, erased) = (stored(&app, PDF).await, stored(&app, b"secret").await);
        publish(&app, Action::Create, naming(&[&kept, &erased])).await;
        publish(&app, Action::Amend, naming(&[&kept])).await;
        app.get(&kept).await.expect_status(200);
        app.get(&erased).await.expect_status(200);
        let copy = |url: &str| folder.join(url.rsplit('/').next().expect("a hash"));
        // It is answered with what was read of the database, and its copy is written meanwhile.
        until("a copy of each", async || copy(&kept).exists() && copy(&erased).exists()).await;

        erase_the_office(&app).await;

        app.get(&erased).await.expect_problem(404, "not-found");
        app.get(&kept).await.expect_status(200);
        until("the end of the copy", async || !copy(&erased).exists()).await;
        assert!(copy(&kept).exists());
    })
    .await;
}

/// A connection to the server over which little is on its way at a time.
fn narrow(app: &TestApp) -> TcpStream {
    let address = app.base.strip_prefix("http://").expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(16 << 10).expect("it can be set");
    socket.connect(&address.into()).expect("it listens");
    socket.into()
}

#[actix_web::test]
async fn an_answer_that_is_on_its_way_is_cut_when_something_is_erased() {
    for database in new_databases() {
        let app =
            TestApp::start_with(database, Setup { callers: vec![caller("editor", Role::Editor)], ..Setup::default() });
        // More than what lies between a server and a client that does not read.
        let long = "不应公开\n".repeat(700_000);
        let url = stored(&app, long.as_bytes()).await;
        publish(&app, Action::Create, naming(&[&url])).await;
        publish(&app, Action::Amend, naming(&["洋里乡"])).await;
        let mut line = narrow(&app);
        line.set_read_timeout(Some(LONG)).expect("a time");
        let request = format!("GET {url} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        line.write_all(request.as_bytes()).expect("it reads");
        let mut answer = vec![0; 100];
        line.read_exact(&mut answer).expect("it begins");
        assert!(answer.starts_with(b"HTTP/1.1 200"));

        erase_the_office(&app).await;

        // How the end comes depends on what was on its way.
        let _ = line.read_to_end(&mut answer);
        assert!(answer.len() < long.len(), "{} of {} bytes", answer.len(), long.len());
        app.get(&url).await.expect_problem(404, "not-found");
    }
}

#[actix_web::test]
async fn what_is_no_safe_file_is_refused_by_its_content() {
    on_both(async |app, _| {
        let cases: [(&str, &str, &[u8], &str); 12] = [
            ("application/pdf", "a.pdf", b"<!DOCTYPE html><script>alert(1)</script>", "file-type"),
            ("text/plain", "a.txt", b"  <svg onload=alert(1)>", "file-type"),
            ("image/png", "a.png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "file-type"),
            ("application/octet-stream", "a.pdf", b"MZ\x90\0\x03", "file-type"),
            ("application/octet-stream", "a.zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "file-type"),
            ("text/csv", "a.csv", b"\xd0\xd5\xc3\xfb,\xb5\xd8\xd6\xb7", "file-type"),
            ("application/pdf", "a.pdf", b"plain text", "file-type-mismatch"),
            ("image/png", "a.png", PDF, "file-type-mismatch"),
            ("text/plain", "a.txt", PDF, "file-type-mismatch"),
            ("application/pdf", "a.pdf", b"", "file-empty"),
            ("image/png", "a.png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR", "file-damaged"),
            ("application/octet-stream", "a.docx", b"PK\x03\x04 and nothing else", "file-damaged"),
        ];
        for (declared, name, bytes, code) in cases {
            let raw = post_raw(&app, declared, &format!("?name={name}"), bytes).await;
            let headers = format!(
                "Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {declared}"
            );
            let form = post_form(&app, &[(&headers, bytes)]).await;
            for answer in [raw, form] {
                let problem = answer.expect_problem(422, "invalid-body");
                assert_eq!(problem["errors"][0]["code"], code, "{name} {problem}");
                assert_eq!(problem["errors"][0]["pointer"], "/file");
            }
        }
        let html = post_raw(&app, "text/html", "", "<p>").await.expect_problem(415, "unsupported-media-type");
        assert!(html["detail"].as_str().expect("text").contains("application/pdf"));
    })
    .await;
}

/// An archive of empty entries with these names, each of which says that it unpacks to so many bytes.
fn archive(names: &[&str], unpacked: u32) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let count = u16::try_from(names.len()).expect("few").to_le_bytes();
    for name in names {
        let at = u32::try_from(bytes.len()).expect("short").to_le_bytes();
        let length = u16::try_from(name.len()).expect("short").to_le_bytes();
        let common =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0; 4], &unpacked.to_le_bytes(), &length, &[0; 2]]
                .concat();
        bytes.extend([b"PK\x03\x04", &common[..], name.as_bytes()].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 10], &at, name.as_bytes()].concat());
    }
    let (length, at) = (u32::try_from(directory.len()).expect("short"), u32::try_from(bytes.len()).expect("short"));
    let end = [b"PK\x05\x06\0\0\0\0", &count[..], &count, &length.to_le_bytes(), &at.to_le_bytes(), &[0; 2]].concat();
    [bytes, directory, end].concat()
}

#[actix_web::test]
async fn documents_are_taken_unless_they_run_something_or_unpack_without_end() {
    on_both(async |app, _| {
        const WORD: [&str; 2] = ["[Content_Types].xml", "word/document.xml"];
        let named = |more: &str| archive(&[WORD[0], WORD[1], more], 0);
        let docx = post_raw(&app, "application/octet-stream", "?name=a", archive(&WORD, 0)).await;
        docx.expect_status(201);
        assert_eq!(docx.json()["name"], "a.docx");
        let as_sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        let jpeg_and_archive = [b"\xff\xd8\xff\xe0", &archive(&WORD, 0)[..]].concat();
        for (declared, bytes, code) in [
            ("application/octet-stream", named("word/vbaProject.bin"), "file-active"),
            ("application/octet-stream", named("word/media/setup.exe"), "file-active"),
            ("application/octet-stream", named("../../etc/passwd"), "file-ambiguous"),
            ("application/octet-stream", named("xl/workbook.xml"), "file-ambiguous"),
            ("application/octet-stream", archive(&WORD, 0x3fff_ffff), "file-unpacks"),
            ("application/octet-stream", archive(&WORD, u32::MAX), "file-damaged"),
            ("application/octet-stream", archive(&["a.txt"], 1), "file-type"),
            ("image/jpeg", jpeg_and_archive, "file-ambiguous"),
            (
                "application/pdf",
                b"%PDF-1.7\n<< /OpenAction << /S /J#61vaScript /JS (app.alert(1)) >> >>\n".into(),
                "file-active",
            ),
            ("application/pdf", b"%PDF-1.7\n<< /S /Launch /F (calc.exe) >>\n".into(), "file-active"),
            ("application/pdf", b"%PDF-1.7\n<< /Names << /EmbeddedFiles 3 0 R >> >>\n".into(), "file-active"),
            (
                "application/pdf",
                b"%PDF-1.7\n4 0 obj << /N 1 /First 4 /Filter /ASCIIHexDecode >> stream\n39203020>\nendstream endobj\n"
                    .into(),
                "file-opaque",
            ),
            (as_sheet, archive(&WORD, 0), "file-type-mismatch"),
        ] {
            let problem = post_raw(&app, declared, "", bytes).await.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["code"], code, "{problem}");
        }
    })
    .await;
}

const CONTENT_TYPES: &str = "\
<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" \
ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"bin\" \
ContentType=\"application/vnd.openxmlformats-officedocument.oleObject\"/><Override PartName=\"/word/document.xml\" \
ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";

/// A text with one relationship, a link of its kind when it leads out, and perhaps one more part.
fn docx(types: &str, relationship: &str, target: &str, more: Option<&str>) -> Vec<u8> {
    let mode = if target.contains(':') { " TargetMode=\"External\"" } else { "" };
    let relationships = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{relationship}\" Id=\"rId1\" \
         Target=\"{target}\"{mode}/>\
         </Relationships>"
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", types),
        ("word/document.xml", "<w:document/>"),
        ("word/_rels/document.xml.rels", relationships.as_str()),
    ];
    for (name, content) in parts.into_iter().chain(more.map(|name| (name, "MZ"))) {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
        archive.write_all(content.as_bytes()).expect("room");
    }
    archive.finish().expect("whole").into_inner()
}

#[actix_web::test]
async fn a_document_holds_and_leads_to_what_is_listed_and_nothing_else() {
    on_both(async |app, _| {
        let send = async |bytes: Vec<u8>| post_raw(&app, "application/octet-stream", "?name=a.docx", bytes).await;
        for plain in [
            docx(CONTENT_TYPES, "styles", "styles.xml", Some("word/styles.xml")),
            docx(CONTENT_TYPES, "hyperlink", "https://www.fuzhou.gov.cn/", None),
            // As Kylin and WPS send it: of no part it is said what it is.
            docx("<Types/>", "styles", "styles.xml", Some("word/styles.xml")),
        ] {
            send(plain).await.expect_status(201);
        }
        let macros = CONTENT_TYPES.replace("openxmlformats-officedocument.oleObject", "ms-office.vbaProject");
        for active in [
            docx(CONTENT_TYPES, "oleObject", "embeddings/oleObject1.bin", Some("word/embeddings/oleObject1.bin")),
            docx(CONTENT_TYPES, "package", "embeddings/sheet.xlsm", Some("word/embeddings/sheet.xlsm")),
            docx(&macros, "styles", "data.bin", Some("word/data.bin")),
            docx(CONTENT_TYPES, "attachedTemplate", "http://evil.example/t.dotm", None),
            docx(CONTENT_TYPES, "hyperlink", "file://evil.example/a", None),
        ] {
            let problem = send(active).await.expect_problem(422, "invalid-body");
            assert_eq!(problem["errors"][0]["code"], "file-active", "{problem}");
            assert!(problem["errors"][0]["detail"].as_str().is_some_and(|text| text.contains("PDF")), "{problem}");
        }
        let template = CONTENT_TYPES.replace("document.main+xml", "template.main+xml");
        let problem = send(docx(&template, "styles", "styles.xml", None)).await.expect_problem(422, "invalid-body");
        assert_eq!(problem["errors"][0]["code"], "file-type", "{problem}");
    })
    .await;
}

#[actix_web::test]
async fn a_form_has_one_file_and_nothing_else() {
    on_both(async |app, _| {
        let file = ("Content-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"", PDF);
        let other = ("Content-Disposition: form-data; name=\"a/b\"", &b"x"[..]);
        for (parts, code, pointer) in [
            (vec![], "required", "/file"),
            (vec![other], "unknown-field", "/a~1b"),
            (vec![file, other], "unknown-field", "/a~1b"),
            (vec![file, file], "given-twice", "/file"),
            (vec![other; 20], "unknown-field", "/a~1b"),
        ] {
            let problem = post_form(&app, &parts).await.expect_problem(422, "invalid-body");
            assert_eq!(
                (&problem["errors"][0]["code"], &problem["errors"][0]["pointer"]),
                (&code.into(), &pointer.into())
            );
        }
        let cut = post_raw(&app, "multipart/form-data; boundary=limit", "", "--limit\r\nContent-Dis").await;
        cut.expect_problem(400, "unreadable-body");
        post_raw(&app, "multipart/form-data", "", "x").await.expect_problem(400, "unreadable-body");
        let unknown = post_raw(&app, "application/pdf", "?nme=a", PDF).await.expect_problem(400, "invalid-query");
        assert_eq!(unknown["errors"][0]["parameter"], "nme");
    })
    .await;
}

#[actix_web::test]
async fn a_name_is_only_a_name_whatever_it_says() {
    on_both(async |app, _| {
        let cases = [
            ("..%2F..%2Fetc%2Fpasswd", "passwd.txt"),
            ("C%3A%5Cforms%5C%E8%A1%A8.txt", "表.txt"),
            ("setup.exe", "setup.exe.txt"),
            ("a%22%3B%20filename%3D%22b.html", "a_; filename=_b.html.txt"),
            ("%2E%2E", "附件.txt"),
        ];
        for (number, (given, kept)) in cases.into_iter().enumerate() {
            let content = format!("text {number}");
            let answer = post_raw(&app, "text/plain", &format!("?name={given}"), content.clone()).await;
            answer.expect_status(201);
            assert_eq!(answer.json()["name"], kept);
            let read = get_as(&app, "editor", answer.header("location")).await;
            assert_eq!(read.header("content-disposition"), "attachment", "no word of it is sent to others");
        }
        for wrong in ["a%0D%0ASet-Cookie:%20b=c.txt", "a%E2%80%AEtxt.exe"] {
            let problem = post_raw(&app, "text/plain", &format!("?name={wrong}"), "b").await;
            let problem = problem.expect_problem(422, "invalid-body");
            assert_eq!(
                (&problem["errors"][0]["code"], &problem["errors"][0]["pointer"]),
                (&"control-character".into(), &"/name".into())
            );
        }
    })
    .await;
}

#[actix_web::test]
async fn only_editors_store_files() {
    on_both(async |app, _| {
        let request = || app.request(Method::POST, "/v1/files").header("content-type", "application/pdf").body(PDF);
        send(request()).await.expect_problem(401, "unauthenticated");
        send(request().bearer_auth("reviewer")).await.expect_problem(403, "forbidden");
        let refused = app.send(Method::DELETE, "/v1/files", &[]).await;
        refused.expect_problem(405, "method-not-allowed");
        assert_eq!(refused.header("allow"), "POST, OPTIONS");
        let once = || request().bearer_auth("editor").header("idempotency-key", "one");
        send(once()).await.expect_status(201);
        let again = send(once()).await;
        again.expect_status(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
    })
    .await;
}

#[actix_web::test]
async fn a_public_file_is_an_attachment_that_caches_keep_and_readers_take_in_parts() {
    on_both(async |app, _| {
        let content = "0123456789";
        let url = stored(&app, content.as_bytes()).await;
        publish(&app, Action::Create, naming(&[&url])).await;

        let whole = app.get(&url).await;
        let tag = format!("\"{}\"", hash_of(content.as_bytes()));
        for (name, value) in [
            ("content-type", "text/plain; charset=utf-8"),
            ("content-disposition", "attachment"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("accept-ranges", "bytes"),
            ("etag", &tag),
            ("content-length", "10"),
        ] {
            assert_eq!(whole.header(name), value, "{name}");
        }
        let head = app.send(Method::HEAD, &url, &[("range", "bytes=0-1")]).await;
        head.expect_status(200);
        assert_eq!((head.header("content-length"), head.bytes.len()), ("10", 0));
        let known = app.get_with(&url, &[("if-none-match", &tag), ("range", "bytes=0-1")]).await;
        known.expect_status(304);
        assert_eq!((known.header("etag"), known.bytes.len()), (tag.as_str(), 0));

        for (range, part, said) in [
            ("bytes=0-3", "0123", "bytes 0-3/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-2", "89", "bytes 8-9/10"),
            ("bytes=8-1000", "89", "bytes 8-9/10"),
        ] {
            for headers in [&[("range", range)][..], &[("range", range), ("if-range", &tag)]] {
                let answer = app.get_with(&url, headers).await;
                answer.expect_status(206);
                assert_eq!((answer.text(), answer.header("content-range")), (part, said));
                assert_eq!(answer.header("etag"), tag);
            }
        }
        for headers in [
            [("range", "bytes=0-3"), ("if-range", "\"another\"")],
            [("range", "bytes=0-1,4-5"), ("accept", "*/*")],
            [("range", "lines=0-1"), ("accept", "*/*")],
        ] {
            let answer = app.get_with(&url, &headers).await;
            answer.expect_status(200);
            assert_eq!(answer.text(), content);
        }
        let beyond = app.get_with(&url, &[("range", "bytes=10-")]).await;
        beyond.expect_problem(416, "range-not-satisfiable");
        assert_eq!(beyond.header("content-range"), "bytes */10");
        let from_elsewhere = app.get_with(&url, &[("origin", "https://app.example")]).await;
        assert_eq!(from_elsewhere.header("access-control-allow-origin"), "*");
        app.send(Method::DELETE, &url, &[]).await.expect_problem(405, "method-not-allowed");
        app.get(&format!("{url}?a=b")).await.expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn an_address_that_is_no_hash_leads_nowhere() {
    on_both(async |app, _| {
        let upper = "A".repeat(64);
        for wrong in ["x", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", &upper, &"a".repeat(64)] {
            app.get(&format!("/v1/files/{wrong}")).await.expect_problem(404, "not-found");
            get_as(&app, "editor", &format!("/v1/files/{wrong}")).await.expect_problem(404, "not-found");
        }
    })
    .await;
}

#[actix_web::test]
async fn every_server_gets_its_copy_and_a_damaged_one_is_never_sent() {
    on_both(async |app, _| {
        let url = stored(&app, PDF).await;
        publish(&app, Action::Create, naming(&[&url])).await;
        let (folder, hash) = (TempDir::new().expect("a folder"), hash_of(PDF));
        let copy = folder.path().join(&hash);
        let mut damaged = b"{\"media_type\":\"application/pdf\",\"name\":\"a.pdf\"}\n".to_vec();
        damaged.extend(b"%PDF-1.7 something else");
        fs::write(&copy, &damaged).expect("it can be written");
        let left_over = folder.path().join("b".repeat(64));
        fs::write(&left_over, "x").expect("it can be written");

        let replica = start(app.database.clone(), folder.path());

        let read = replica.get(&url).await;
        read.expect_status(200);
        assert_eq!(read.bytes, PDF);
        until("the end of what was left over", async || !left_over.exists()).await;
        until("a good copy", async || fs::read(&copy).is_ok_and(|bytes| bytes.ends_with(PDF))).await;
    })
    .await;
}

#[actix_web::test]
async fn without_the_database_what_has_a_copy_is_still_served() {
    let (folder, database) = (TempDir::new().expect("a folder"), new_postgres_database());
    let app = start(database.clone(), folder.path());
    let (first, second) = (stored(&app, PDF).await, stored(&app, b"second").await);
    publish(&app, Action::Create, naming(&[&first, &second])).await;
    let hash = |url: &str| url.rsplit('/').next().expect("a hash").to_owned();
    until("a copy of each", async || [&first, &second].iter().all(|url| folder.path().join(hash(url)).exists())).await;
    // A server that has one of both, and does not follow.
    let own = TempDir::new().expect("a folder");
    fs::copy(folder.path().join(hash(&first)), own.path().join(hash(&first))).expect("it is copied");
    let register = Register::open(&database).await.expect("it opens").keeping_files_in(own.path()).expect("a folder");

    drop_database(&database);

    let read = app.get(&first).await;
    read.expect_status(200);
    assert_eq!(read.bytes, PDF);
    let get = async |url: &str| register.files.get(&register.db, &register.catalog, &hash(url)).await;
    assert!(get(&first).await.is_ok_and(|file| file.is_some_and(|file| file.bytes == PDF)));
    let refused = get(&second).await.expect_err("it is nowhere else");
    assert_eq!(refused.code, Code::Unavailable);
}

fn drop_database(database: &DatabaseUrl) {
    let DatabaseUrl::Postgres(url) = database else { panic!("only PostgreSQL can go away") };
    let name = url.rsplit('/').next().expect("a name");
    let mut conn = PgConnection::establish("postgres:///postgres").expect("the server can be reached");
    conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).expect("it can be dropped");
}

#[actix_web::test]
async fn what_nothing_names_is_swept_after_a_day() {
    on_both(async |app, _| {
        let (public, drafted, unused) =
            (stored(&app, PDF).await, stored(&app, b"drafted").await, stored(&app, b"x").await);
        publish(&app, Action::Create, naming(&[&public])).await;
        let swept = async |hours: i64| {
            let (snapshot, drafted) = (app.register.catalog.snapshot(), drafted.clone());
            let now = Utc::now() + TimeDelta::hours(hours);
            let is_drafted = move |_: &mut _, hash: &str| Ok::<_, DbError>(drafted.ends_with(hash));
            let sweep = app.register.db.write(move |conn| files::sweep(conn, &snapshot, now, is_drafted)).await;
            sweep.expect("it is swept")
        };

        assert!(swept(23).await.is_empty());
        assert_eq!(swept(25).await, [unused.rsplit('/').next().expect("a hash")]);
        get_as(&app, "editor", &unused).await.expect_problem(404, "not-found");
        for kept in [&public, &drafted] {
            get_as(&app, "editor", kept).await.expect_status(200);
        }
    })
    .await;
}

#[actix_web::test]
async fn the_chore_that_sweeps_keeps_what_a_draft_names() {
    on_both(async |app, _| {
        let (drafted, unused) = (stored(&app, PDF).await, stored(&app, b"x").await);
        let draft = json!({ "kind": "organisation", "action": "create", "body": naming(&[&drafted]) });
        send(app.request(Method::POST, "/v1/drafts").bearer_auth("editor").json(&draft)).await.expect_status(201);

        assert!(app.chores.run("forget files that nothing names", Utc::now() + TimeDelta::hours(25)).await);

        get_as(&app, "editor", &drafted).await.expect_status(200);
        get_as(&app, "editor", &unused).await.expect_problem(404, "not-found");
    })
    .await;
}

#[actix_web::test]
async fn nothing_is_swept_by_a_server_that_is_behind_the_log() {
    on_both(async |app, _| {
        let url = stored(&app, PDF).await;
        let behind = app.register.catalog.snapshot();
        publish(&app, Action::Create, naming(&[&url])).await;

        let later = Utc::now() + TimeDelta::days(2);
        let sweep = app.register.db.write(move |conn| files::sweep(conn, &behind, later, |_, _| Ok(false))).await;
        assert!(sweep.expect("it ends").is_empty());
        app.get(&url).await.expect_status(200);
    })
    .await;
}

#[actix_web::test]
async fn what_names_a_file_that_is_not_stored_can_be_told_before_publication() {
    on_both(async |app, _| {
        let url = stored(&app, PDF).await;
        let unknown = "f".repeat(64);
        let body = naming(&[&url, &format!("/v1/files/{unknown}"), "https://else.example/v1/files/"]).to_string();
        let named = files::named_in(&body);
        assert_eq!(named.len(), 2);

        let missing = app.register.db.write(move |conn| files::missing(conn, &named)).await;
        assert_eq!(missing.expect("it is told"), [unknown]);
        let hash = hash_of(PDF);
        app.register.db.write(move |conn| files::forget(conn, &hash)).await.expect("it is forgotten");
        let hash = hash_of(PDF);
        let absent = app.register.db.read(move |conn| files::absent(conn, &[hash])).await;
        assert_eq!(absent.expect("it is told"), [hash_of(PDF)]);
    })
    .await;
}

#[actix_web::test]
async fn copies_in_memory_serve_the_same() {
    on_both_databases(async |app: TestApp| {
        let file = files::FileContent::new(files::MediaType::Pdf, PDF.to_vec().into());
        let url = file.called("a.pdf".into()).url;
        let stored = app.register.db.write(move |conn| files::store(conn, &file, None, Utc::now())).await;
        stored.map_err(|error: DbError| error.to_string()).expect("it is stored");
        publish(&app, Action::Create, naming(&[&url])).await;
        let read = app.get(&url).await;
        read.expect_status(200);
        assert_eq!(read.bytes, PDF);
        assert_eq!(read.headers.get(header::CONTENT_TYPE).expect("a type"), "application/pdf");
    })
    .await;
}
