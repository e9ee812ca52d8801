//! The register as it was: every public read at `as_of` is what a register answers in which only the changes up to then were
//! ever published.
//!
//! **Later erasures.** The other register is given the lines up to then as they stand now: what was erased since has no body in
//! it, and nothing says who erased it, for that was said later.
//!
//! **What has to differ**, and is masked: on pages the notice that this is an earlier moment, and `as_of` in the addresses that
//! keep a reader there; in lists the cursor, which holds a hash of the query; of problems and redirections the address and
//! `Registry-Seq`, which say what was asked and how far the register is now; of workbooks all but that they are there, for
//! their first sheet says what was asked, and the rest of them is in the other formats. Entity tag and time of caching are
//! compared by tests of their own. Nothing else is masked.

use std::collections::BTreeSet;

use qingdan::{
    app::server,
    model::KINDS,
    register::{
        changes::{self, Change, Seq},
        db::DbError,
    },
    values::code_lists::{Action, Status},
    web::contract::{Operation, Schemas},
};
use serde_json::{Value, json};

use crate::helpers::{
    app::{Answer, Engine, TestApp, on_a_demo_of_its_own, on_each_database, on_the_demo, step},
    comparison::without,
    effort::times,
};

/// Operations that are not pictures of the register, and why.
const NO_PICTURES: [(&str, &str); 12] = [
    ("/v1", "says what the service is now, with its keys"),
    ("/v1/code-lists", "changes with the software"),
    ("/v1/code-lists/{name}", "changes with the software"),
    ("/v1/divisions", "changes with the software"),
    ("/v1/divisions/{code}", "changes with the software"),
    ("/v1/schemas/{file}", "changes with the software"),
    ("/v1/changes", "is the history itself, read from any seq"),
    ("/v1/changes/stream", "is the history itself, read from any seq"),
    ("/v1/changes.atom", "is the history itself, read from any seq"),
    ("/v1/files/{sha256}", "is named by its hash"),
    ("/.well-known/jwks.json", "is about this process"),
    ("/.well-known/security.txt", "is about this process"),
];

/// Numbers that follow from a seed, so that a history can be had again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        usize::try_from((self.0 >> 33) % u64::try_from(bound.max(1)).expect("small")).expect("small")
    }
}

/// Publishes so many random changes of records of all kinds; answers the seqs after each.
async fn live(app: &TestApp, dice: &mut Dice, count: usize) -> Vec<Seq> {
    let mut ends = Vec::new();
    for turn in 0..count * 20 {
        if ends.len() == count {
            break;
        }
        let snapshot = app.register.catalog.snapshot();
        let kind = KINDS[dice.below(KINDS.len())];
        let entries: Vec<_> = snapshot.shelf(kind.name).expect("a shelf").entries().cloned().collect();
        let entry = &entries[dice.below(entries.len())];
        let body = || -> Option<Value> { serde_json::from_str(&entry.body().expect("readable")?).ok() };
        let step = match (dice.below(12), entry.status) {
            (0..6, Status::InForce | Status::Suspended) => {
                let Some(mut body) = body() else { continue };
                let field =
                    ["name", "title", "summary"].into_iter().find(|name| body[*name].is_string()).expect("a name");
                body[field] = json!(format!("{}{turn}", body[field].as_str().expect("text")));
                step(kind.name, Action::Amend, &entry.key, Some(body))
            }
            (6, Status::InForce) => step(kind.name, Action::Suspend, &entry.key, None),
            (6 | 7, Status::Suspended | Status::Cancelled | Status::Merged) => {
                step(kind.name, Action::Reinstate, &entry.key, None)
            }
            (7, Status::InForce) => step(kind.name, Action::Cancel, &entry.key, None),
            (8, Status::InForce) => {
                let other = &entries[dice.below(entries.len())];
                let merged = step(kind.name, Action::Merge, &entry.key, None);
                qingdan::register::publication::Step { successor: Some(other.key.to_string()), ..merged }
            }
            (9, Status::InForce) if kind.name == "place" || kind.name == "fee" => {
                let Some(mut body) = body() else { continue };
                body["code"] = json!(format!("renumbered-{turn}"));
                step(kind.name, Action::Renumber, &entry.key, Some(body))
            }
            (10 | 11, _) => {
                let revision = 1 + dice.below(entry.revisions.len());
                let erased = step(kind.name, Action::Erase, &entry.key, None);
                qingdan::register::publication::Step {
                    revision: Some(i64::try_from(revision).expect("small")),
                    ..erased
                }
            }
            _ => continue,
        };
        // Whatever the rules refuse is not part of the history.
        if let Ok(changes) = app.publish(vec![step]).await {
            ends.extend(changes.last().map(|change| change.seq));
        }
    }
    assert_eq!(ends.len(), count, "so much can be published");
    ends
}

/// A register in which only the first lines were ever published, as they stand now.
async fn only_until(app: &TestApp, seq: Seq, engine: Engine) -> TestApp {
    let lines: Vec<Change> = app
        .register
        .db
        .read(move |conn| changes::since(conn, 0, seq))
        .await
        .unwrap_or_else(|error: DbError| panic!("{error}"));
    assert_eq!(lines.last().map(|line| line.seq), Some(seq));
    let other = TestApp::start(engine.new_database());
    other
        .register
        .db
        .write(move |conn| {
            changes::copy(conn, &lines).unwrap_or_else(|error| panic!("{error}"));
            Ok::<_, DbError>(())
        })
        .await
        .expect("copied");
    other.register.catalog.catch_up(&other.register.db).await;
    assert_eq!(other.register.catalog.snapshot().seq(), seq);
    other
}

/// The operations that anyone can ask about the register.
fn pictures() -> Vec<Operation> {
    let operations = server::operations(&mut Schemas::default()).into_iter();
    let public = operations.filter(|operation| operation.verb == "get" && operation.needs.is_none());
    let is_known = |path: &str| NO_PICTURES.iter().any(|(known, _)| *known == path);
    let of_process = |path: &str| path.starts_with("/health/");
    // Proofs name what they prove by its place in the log, and checkpoints are about the log as a whole.
    let of_log = |path: &str| path.starts_with("/v1/log/") || path.ends_with("/proof");
    let pictures: Vec<_> = public
        .filter(|operation| !is_known(&operation.path) && !of_process(&operation.path) && !of_log(&operation.path))
        .collect();
    for operation in &pictures {
        let takes_it = operation.parameters.iter().any(|parameter| parameter["name"] == "as_of");
        assert!(takes_it, "{} is public: it takes as_of, or NO_PICTURES says why not", operation.path);
    }
    pictures
}

/// Records to look at: those that changed last, and some others.
fn keys(app: &TestApp, kind: &str, dice: &mut Dice) -> Vec<String> {
    let snapshot = app.register.catalog.snapshot();
    let mut entries: Vec<_> = snapshot.shelf(kind).expect("a shelf").entries().cloned().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.shown.seq));
    let mut keys: BTreeSet<String> =
        entries.iter().take(4).flat_map(|entry| entry.keys().map(|key| key.to_string())).collect();
    keys.extend((0..2).map(|_| entries[dice.below(entries.len())].key.to_string()));
    keys.into_iter().collect()
}

/// The addresses to ask for: of each operation with its records, of the pages, and lists in several ways.
fn addresses(app: &TestApp, dice: &mut Dice) -> Vec<String> {
    let mut addresses = Vec::new();
    for operation in pictures() {
        let path = operation.path.replace("{n}", "1");
        let formats = operation.parameters.iter().find(|parameter| parameter["name"] == "format");
        let formats =
            formats.and_then(|format| format["schema"]["enum"].as_array().cloned()).unwrap_or(vec![json!("")]);
        for format in formats {
            let path = path.replace("{format}", format.as_str().expect("text"));
            match KINDS.iter().find(|kind| path.starts_with(&format!("/v1/{}/{{key}}", kind.path))) {
                Some(kind) => addresses.extend(keys(app, kind.name, dice).iter().map(|key| path.replace("{key}", key))),
                None => addresses.push(path),
            }
        }
    }
    for kind in KINDS {
        for key in keys(app, kind.name, dice) {
            let page = if kind.name == "item" { "/v1/items" } else { kind.path };
            addresses.push(format!("/{}/{key}", page.trim_start_matches('/')));
            addresses.extend(["history", "compare"].map(|page| format!("/{}/{key}/{page}", kind.path)));
            addresses.push(format!("/v1/{}?code={key}", kind.path));
        }
        let facets: Vec<_> =
            kind.filters.iter().filter(|filter| filter.facet != qingdan::model::kinds::Facet::None).collect();
        let facets: Vec<_> = facets.iter().map(|filter| filter.name).collect();
        addresses.push(format!("/v1/{}?limit=100&facets={}", kind.path, facets.join(",")));
        let states = "status=suspended&status=cancelled&status=merged";
        addresses.push(format!("/v1/{}?{states}", kind.path));
    }
    for key in keys(app, "organisation", dice) {
        addresses.push(format!("/organisations/{key}/booklet"));
    }
    let pages =
        ["/", "/lists/power", "/lists/service", "/lists/responsibility", "/search?q=%E8%AF%81", "/search", "/changes"];
    addresses.extend(pages.map(str::to_owned));
    addresses.extend(KINDS.iter().filter(|kind| kind.name != "item").map(|kind| format!("/{}", kind.path)));
    addresses.extend(
        ["q=%E8%AF%81&highlight=true", "changed_since=370", "sort=published_at", "near=119,26"]
            .map(|query| format!("/v1/items?{query}")),
    );
    addresses
}

fn with(address: &str, parameter: &str) -> String {
    let mark = if address.contains('?') { '&' } else { '?' };
    format!("{address}{mark}{parameter}")
}

/// The text of an answer, without what has to differ.
fn said(answer: &Answer, as_of: Seq) -> (u16, String, String, Vec<u8>) {
    let media_type = answer.header("content-type").to_owned();
    if media_type.contains("spreadsheetml") {
        // Its first sheet says what was asked; what else is in it is in the other formats.
        return (answer.status.as_u16(), media_type, answer.header("registry-seq").into(), Vec::new());
    }
    let mut text = match std::str::from_utf8(&answer.bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            return (answer.status.as_u16(), media_type, answer.header("registry-seq").into(), answer.bytes.clone());
        }
    };
    if media_type.starts_with("text/html") {
        if let Some((before, after)) = text.split_once("<p class=\"notice warn then\"") {
            let (_, after) = after.split_once("</p>").expect("it ends");
            text = format!("{before}{after}");
        }
        text = text.replace(&format!("<input type=\"hidden\" name=\"as_of\" value=\"{as_of}\">"), "");
        for (found, instead) in [("?as_of=@&amp;", "?"), ("&amp;as_of=@", ""), ("?as_of=@", "")] {
            text = text.replace(&found.replace('@', &as_of.to_string()), instead);
        }
        text = without(&text, "cursor=", "\"");
    }
    if media_type.starts_with("application/json") {
        text = without(&text, "\"next\":\"", "\"");
    }
    if answer.status.as_u16() >= 400 {
        text = without(&text, "\"instance\":\"", "\"");
    }
    // A redirection or a problem says how far the register is now, for whoever asks again.
    let seq = if answer.status.as_u16() >= 300 { "" } else { answer.header("registry-seq") };
    let location = answer.header("location").replace(&format!("?as_of={as_of}"), "");
    (answer.status.as_u16(), media_type, format!("{seq} {location}"), text.into_bytes())
}

async fn as_of_equals_only_until(app: &TestApp, other: &TestApp, cut: Seq, dice: &mut Dice, seed: u64) -> usize {
    let addresses = addresses(other, dice);
    let mut others = Vec::new();
    for address in &addresses {
        for accept in ["*/*", "text/html"] {
            if accept == "text/html" && !(address.ends_with("/check") || address.ends_with("/fee-quote")) {
                continue;
            }
            let address = if address.ends_with("/check") { with(address, "revision=1") } else { address.clone() };
            let headers = [("host", "register.example"), ("accept", accept)];
            let then = app.get_with(&with(&address, &format!("as_of={cut}")), &headers).await;
            let plain = other.get_with(&address, &headers).await;
            let (then, plain) = (said(&then, cut), said(&plain, cut));
            if then != plain {
                let text = |said: &(u16, String, String, Vec<u8>)| String::from_utf8_lossy(&said.3).into_owned();
                let (a, b) = (text(&then), text(&plain));
                let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
                let near = |text: &str| {
                    String::from_utf8_lossy(
                        &text.as_bytes()[at.saturating_sub(200).min(text.len())..(at + 200).min(text.len())],
                    )
                    .into_owned()
                };
                others.push(format!(
                    "{address} at {cut}\n{:?}\n{:?}\n… {}\n… {}",
                    (then.0, &then.1, &then.2),
                    (plain.0, &plain.1, &plain.2),
                    near(&a),
                    near(&b)
                ));
            }
        }
    }
    let some: Vec<_> = others.iter().take(12).map(String::as_str).collect();
    assert!(
        others.is_empty(),
        "seed {seed}: {} other answers than those of a register that ends there:\n{}",
        others.len(),
        some.join("\n\n")
    );
    addresses.len()
}

on_each_database!(as_of_is_the_answer_of_a_register_in_which_only_the_changes_until_then_were_published);

async fn as_of_is_the_answer_of_a_register_in_which_only_the_changes_until_then_were_published(engine: Engine) {
    let histories = u64::try_from(times("HISTORIES_AS_OF", 1)).expect("small");
    for history in 0..histories {
        let seed = 1 + 2 * history + u64::from(engine == Engine::Postgres);
        let mut dice = Dice(seed);
        let app = TestApp::start(engine.new_demo());
        let ends = live(&app, &mut dice, 24).await;
        let cut = ends[dice.below(ends.len())];
        let other = only_until(&app, cut, engine).await;
        let asked = as_of_equals_only_until(&app, &other, cut, &mut dice, seed).await;
        assert!(asked > 300, "{asked}");
    }
}

/// How long an answer about an earlier moment may be used, and by whom: what names the host of the request, only by who asked.
fn caching_then(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or(path);
    match ["/guide", "/poster", "/qr.svg", "/catalog.jsonld"].iter().any(|end| path.ends_with(end)) {
        true => "private, no-cache",
        false => "public, max-age=60",
    }
}

#[actix_web::test]
async fn an_old_page_says_so_and_leads_to_that_of_today() {
    on_the_demo(async |app| {
        for path in
            ["/lists/power", "/places", "/places/yangli-hall", "/v1/items/11350121003619116B5000511001000/guide", "/"]
        {
            let page = app.get_with(&format!("{path}?as_of=2017-01-01"), &[]).await;
            page.expect_status(200);
            assert!(page.text().contains("历史版本") && page.text().contains("2017-01-01"), "{path}");
            assert!(page.text().contains(&format!("href=\"{path}\">查看现行内容")), "{path}");
            assert_eq!(page.header("cache-control"), caching_then(path), "{path}");
            assert_ne!(page.header("registry-seq"), app.get(path).await.header("registry-seq"), "{path}");
            assert!(!app.get(path).await.text().contains("历史版本"));
            let again =
                app.get_with(&format!("{path}?as_of=2017-01-01"), &[("if-none-match", page.header("etag"))]).await;
            again.expect_status(304);
            assert_eq!(again.header("cache-control"), caching_then(path), "{path}");
        }
        app.get("/lists/power?as_of=never").await.expect_status(400);
        for to_come in ["2999-01-01", "2999-01-01T00:00:00Z", "999999"] {
            app.get(&format!("/v1/items?as_of={to_come}")).await.expect_status(400);
        }
        app.get("/v1/items/11350121003619116B5000511001000/chart.svg?as_of=never")
            .await
            .expect_problem(400, "invalid-query");
    })
    .await;
}

#[actix_web::test]
async fn an_old_picture_has_another_tag_after_an_erasure() {
    let item = "/v1/items/11350121003619116B5000511001000";
    let paths = [
        format!("{item}?as_of=350"),
        format!("{item}/guide?as_of=350"),
        format!("{item}/poster?as_of=350"),
        format!("{item}/qr.svg?as_of=350"),
        format!("{item}/chart.svg?as_of=350"),
        format!("{item}/chart.bpmn?as_of=350"),
        format!("{item}/compare.svg?as_of=350"),
        format!("{item}/check?revision=1&as_of=350"),
        format!("{item}/fee-quote?as_of=350"),
        format!("{item}/revisions/1?as_of=350"),
        "/lists/power?as_of=350".to_owned(),
        "/organisations?as_of=350".to_owned(),
        "/items/11350121003619116B5000511001000/history?as_of=350".to_owned(),
        "/v1/catalog.jsonld?as_of=350".to_owned(),
        "/v1/summary?year=2016".to_owned(),
    ];
    on_a_demo_of_its_own(async |app| {
        let mut before = Vec::new();
        for path in &paths {
            let answer = app.get_with(path, &[]).await;
            answer.expect_status(200);
            assert_eq!(answer.header("cache-control"), caching_then(path), "{path}");
            before.push(answer.header("etag").to_owned());
        }
        let erase = step("organisation", Action::Erase, "11350121003610496K", None);
        app.publish(vec![qingdan::register::publication::Step { revision: Some(1), ..erase }])
            .await
            .expect("it is valid");

        for (path, before) in paths.iter().zip(before) {
            let after = app.get_with(path, &[]).await;
            after.expect_status(200);
            assert_ne!(after.header("etag"), before, "{path}");
        }
    })
    .await;
}
