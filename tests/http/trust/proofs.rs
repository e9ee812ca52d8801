//! The transparency log as others read it: who knows the public specifications alone believes it, at every size; whatever is forged
//! is not believed; and an erasure leaves every proof as it was.

use std::{fs, process::Command, time::Duration};

use actix_web::web::Bytes;
use futures_util::future::{join, join_all};
use qingdan::{
    base::config::DatabaseUrl,
    model::KINDS,
    public::proofs::{ProofDocument, TextStanding, Unproven},
    register::{
        catalog::Catalog,
        changes::{self, Change},
        db::{Conn, DbError},
        log_keys::LogKeys,
        publication::Step,
    },
    transparency::{Checkpoint, Edge, Hash, VerifierKey},
    values::code_lists::Action,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::helpers::{
    app::{
        Engine, LONG, TestApp, demos, is_scrubbed, new_databases, new_postgres_database, new_sqlite_database,
        on_both_databases, on_each_database, on_the_demo, organisation, place, step, until,
    },
    effort::times,
    logs::{Town, is_signed, log_of},
    mirrors::has_all_of,
    people::TOWNSHIP,
    random::{Numbers, random_publication},
    verifier::Verifier,
};

const ITEM: &str = "/v1/items/11350121003619116B5000511001000";
const MARKER: &str = "不该公开的名称";
/// Sizes at which tiles begin and end, and at which the tree has other shapes.
const SIZES: [usize; 16] = [1, 2, 3, 4, 7, 8, 9, 127, 255, 256, 257, 300, 511, 512, 513, 600];

/// The `number`th line of a log: mostly new places, and something of every other kind of line.
fn line(number: usize) -> Step {
    let (key, before) = (format!("place-{number}"), format!("place-{}", number.saturating_sub(1)));
    let named = |key: &str| {
        let mut body = place(key, TOWNSHIP);
        body["name"] = json!(format!("第{number}号\"\\办事点"));
        body
    };
    match number % 10 {
        _ if number == 1 => step("organisation", Action::Create, TOWNSHIP, Some(organisation(TOWNSHIP, "洋里乡政府"))),
        3 => step("place", Action::Amend, &before, Some(named(&before))),
        5 => step("place", Action::Renumber, &before, Some(named(&format!("{before}-neu")))),
        7 => Step { revision: Some(1), ..step("place", Action::Erase, &before, None) },
        9 => Step { reason: None, ..step("place", Action::Cancel, &before, None) },
        _ => step("place", Action::Create, &key, Some(place(&key, TOWNSHIP))),
    }
}

/// All ways from one of the sizes to another that is not smaller, and not larger than `most`.
fn pairs(most: usize) -> Vec<[usize; 2]> {
    let sizes: Vec<_> = SIZES.into_iter().filter(|size| *size <= most).collect();
    sizes.iter().flat_map(|old| sizes.iter().filter(move |new| old <= *new).map(|new| [*old, *new])).collect()
}

/// Usually up to a size beyond the first whole tile, which has 256 lines.
#[actix_web::test]
async fn a_verifier_made_from_the_specifications_accepts_every_size() {
    let most = times("PROVEN_SIZES", 260);
    let app = TestApp::start(new_sqlite_database());
    let mut verifier = Verifier::of(&app).await;
    assert_eq!(verifier.follows(&app).await, "ok 0 lines");
    for size in 1..=most {
        app.publish(vec![line(size)]).await.expect("it is valid");
        assert_eq!(verifier.follows(&app).await, format!("ok {size} lines"));
    }
    let mut numbers = Numbers(3);
    let mut asked = pairs(most);
    for _ in 0..most / 4 {
        let new = numbers.below(most) + 1;
        asked.push([numbers.below(new) + 1, new]);
    }
    let said = verifier.says(&json!({ "do": "prove", "at": app.base, "pairs": asked }));
    assert_eq!(said, format!("ok {} pairs", asked.len()));
    let said = verifier.says(&json!({ "do": "bundles", "at": app.base }));
    assert!(said.starts_with(&format!("ok {most} bundles, ")), "{said}");
}

#[actix_web::test]
async fn a_verifier_that_comes_now_and_then_accepts_what_was_published_in_batches() {
    let app = TestApp::start(new_postgres_database());
    let mut verifier = Verifier::of(&app).await;
    let mut size = 0;
    for end in SIZES {
        let mut steps: Vec<_> = (size + 1..=end).map(|number| format!("place-{number}")).map(new_place).collect();
        if size == 0 {
            steps = vec![line(1)];
        }
        app.publish(steps).await.expect("it is valid");
        size = end;
        assert_eq!(verifier.follows(&app).await, format!("ok {size} lines"));
        assert_eq!(verifier.follows(&app).await, format!("ok {size} lines"), "nothing new is no trouble");
    }
    let asked = pairs(size);
    let said = verifier.says(&json!({ "do": "prove", "at": app.base, "pairs": asked }));
    assert_eq!(said, format!("ok {} pairs", asked.len()));
}

fn new_place(key: String) -> Step {
    step("place", Action::Create, &key, Some(place(&key, TOWNSHIP)))
}

on_each_database!(every_line_of_the_demonstration_has_a_bundle_that_proves_it);

async fn every_line_of_the_demonstration_has_a_bundle_that_proves_it(engine: Engine) {
    let [sqlite, postgres] = demos();
    let app = if engine == Engine::Sqlite { sqlite } else { postgres };
    let mut verifier = Verifier::of(app).await;
    let size = app.register.catalog.peek().seq();
    assert_eq!(verifier.follows(app).await, format!("ok {size} lines"));
    let texts = log_of(app).await.iter().filter(|line| line.body.is_some()).count();
    let said = verifier.says(&json!({ "do": "bundles", "at": app.base }));
    assert_eq!(said, format!("ok {size} bundles, {texts} with their text, {size} lines of the feed"));
}

fn keys(service: &Value) -> Vec<VerifierKey> {
    let keys: Vec<String> = serde_json::from_value(service["log"]["keys"].clone()).expect("keys");
    keys.iter().map(|key| key.parse().expect("a key")).collect()
}

/// Another character in the place of one.
fn altered(text: &str, numbers: &mut Numbers) -> String {
    let places: Vec<_> = text.char_indices().collect();
    let (at, old) = places[numbers.below(places.len())];
    let others: Vec<char> = "0123456789abcfABCF+/= -,:{}[]\"事".chars().filter(|new| *new != old).collect();
    let new = others[numbers.below(others.len())];
    format!("{}{new}{}", &text[..at], &text[at + old.len_utf8()..])
}

#[actix_web::test]
async fn a_bundle_that_was_altered_anywhere_proves_nothing() {
    let app = &demos()[0];
    is_signed(app).await;
    let mut verifier = Verifier::of(app).await;
    let trusted = keys(&app.json("/v1").await);
    let answer = app.get(&format!("{ITEM}/proof")).await;
    let whole: ProofDocument = serde_json::from_slice(&answer.bytes).expect("a bundle");
    assert_eq!(whole.verify(&trusted).map(|proven| proven.standing), Ok(TextStanding::Genuine));
    assert!(verifier.says(&json!({ "do": "bundle", "bundle": answer.json() })).starts_with("ok line "));
    let text = app.get_with(&format!("{ITEM}/proof"), &[("accept", "text/plain")]).await.text().to_owned();
    assert!(verifier.says(&json!({ "do": "bundle", "text": text })).starts_with("ok line "));

    let salt = whole.salt.clone().expect("a salt");
    let shouted = answer.text().replace(&salt, &salt.to_uppercase());
    let bundle: ProofDocument = serde_json::from_str(&shouted).expect("a bundle");
    assert_eq!(bundle.verify(&trusted), Err(Unproven::OtherBody), "there is one way to write a salt");

    let twice = answer.text().replacen("\"body\":{", "\"body\":{\"name\":\"别的\",", 1);
    let bundle: ProofDocument = serde_json::from_str(&twice).expect("a bundle");
    assert_eq!(bundle.verify(&trusted), Err(Unproven::OtherBody), "it says two things");

    let forgeries = times("FORGERIES", 400);
    let mut numbers = Numbers(17);
    let mut read = 0;
    for round in 0..forgeries {
        // The record's text is long: most of what is altered is what proves it.
        let place = answer.text().find("\"body\"").expect("a body");
        let forged = match round % 5 {
            0 => altered(answer.text(), &mut numbers),
            _ => altered(&answer.text()[..place], &mut numbers) + &answer.text()[place..],
        };
        let Ok(bundle) = serde_json::from_str::<Value>(&forged) else { continue };
        let rust = serde_json::from_str::<ProofDocument>(&forged).map(|bundle| bundle.verify(&trusted));
        assert!(!matches!(rust, Ok(Ok(_))), "{forged}");
        if round % 5 < 2 {
            let said = verifier.says(&json!({ "do": "bundle", "bundle": bundle }));
            assert!(said.starts_with("refused "), "{said}: {forged}");
        }
        read += 1;
    }
    assert!(read * 3 > forgeries * 2, "{read} of {forgeries}");
    for _ in 0..forgeries / 15 {
        let said = verifier.says(&json!({ "do": "bundle", "text": altered(&text, &mut numbers) }));
        assert!(said.starts_with("refused "), "{said}");
    }
}

/// Everything that a server says of its log, and the files or rows that it is in.
async fn everything(app: &TestApp) -> Vec<(String, Bytes)> {
    let size = app.register.catalog.peek().seq();
    let mut paths = vec!["/v1/changes?since=0&limit=1000".to_owned(), format!("/v1/log/tile/entries/000.p/{size}")];
    paths.extend((1..=size).map(|seq| format!("/v1/changes/{seq}/proof")));
    let mut found = Vec::new();
    for path in paths {
        let answer = app.get(&path).await;
        answer.expect_status(200);
        found.push((path, answer.bytes.into()));
    }
    if let DatabaseUrl::Sqlite(path) = &app.database {
        for path in [path.clone(), format!("{path}-wal")] {
            found.push((path.clone(), std::fs::read(path).expect("a file").into()));
        }
    }
    found.push(("rows".into(), format!("{:?}", log_of(app).await).into()));
    found
}

async fn holds_marker(app: &TestApp) -> Vec<String> {
    let has = |bytes: &Bytes| bytes.windows(MARKER.len()).any(|part| part == MARKER.as_bytes());
    everything(app).await.into_iter().filter(|(_, bytes)| has(bytes)).map(|(what, _)| what).collect()
}

#[actix_web::test]
async fn proofs_from_before_an_erasure_hold_and_the_text_is_nowhere() {
    for (at_source, at_mirror) in
        [(new_sqlite_database(), new_postgres_database()), (new_postgres_database(), new_sqlite_database())]
    {
        let source = TestApp::start(at_source);
        let mut verifier = Verifier::of(&source).await;
        let trusted = keys(&source.json("/v1").await);
        let mut leak = place("leck", TOWNSHIP);
        leak["name"] = json!(MARKER);
        let leak = step("place", Action::Create, "leck", Some(leak));
        for steps in [vec![line(1)], vec![leak], vec![new_place("andere".into())]] {
            source.publish(steps).await.expect("it is valid");
        }
        assert_eq!(verifier.follows(&source).await, "ok 3 lines");
        let before = source.get("/v1/places/leck/proof").await;
        let kept: ProofDocument = serde_json::from_slice(&before.bytes).expect("a bundle");
        let mirror = TestApp::mirror(at_mirror, &[&source.base], None);
        has_all_of(&mirror, &source).await;
        assert!(holds_marker(&source).await.len() > 2 && holds_marker(&mirror).await.len() > 2, "it is found");

        let better = step("place", Action::Amend, "leck", Some(place("leck", TOWNSHIP)));
        source.publish(vec![better]).await.expect("it is valid");
        let erase = Step { revision: Some(1), ..step("place", Action::Erase, "leck", None) };
        source.publish(vec![erase]).await.expect("it is valid");
        has_all_of(&mirror, &source).await;
        for app in [&source, &mirror] {
            is_scrubbed(app).await;
        }

        assert_eq!(verifier.follows(&source).await, "ok 5 lines", "the log that was seen goes on");
        assert_eq!(verifier.follows(&mirror).await, "ok 5 lines", "and that of the mirror is the same");
        assert_eq!(
            kept.verify(&trusted).map(|proven| proven.standing),
            Ok(TextStanding::Genuine),
            "the reader's own copy"
        );
        let said = verifier.says(&json!({ "do": "bundle", "bundle": before.json() }));
        assert_eq!(said, "ok line 2 with its text");
        for server in [&source, &mirror] {
            for path in ["/v1/places/leck/revisions/1/proof", "/v1/changes/2/proof"] {
                let after = server.get(path).await;
                after.expect_status(200);
                let bundle: ProofDocument = serde_json::from_slice(&after.bytes).expect("a bundle");
                assert_eq!(bundle.verify(&trusted).map(|proven| proven.standing), Ok(TextStanding::Absent));
                assert_eq!((&bundle.leaf, bundle.index), (&kept.leaf, kept.index));
                let said = verifier.says(&json!({ "do": "bundle", "bundle": after.json() }));
                assert_eq!(said, "ok line 2 without its text");
            }
            // A mirror shows an erasure, and then overwrites what it leaves behind.
            until("the end of the text", async || holds_marker(server).await.is_empty()).await;
        }
        let said = verifier.says(&json!({ "do": "bundles", "at": source.base }));
        assert_eq!(said, "ok 5 bundles, 3 with their text, 5 lines of the feed");
        assert_eq!(log_of(&mirror).await, log_of(&source).await);
        let whole = source.register.db.read(|conn| changes::verify(conn, None)).await.expect("it is whole");
        assert_eq!(whole.erased, 1);
        assert_eq!(mirror.register.db.read(changes::edge).await.expect("a tree"), whole.edge);
    }
}

fn tree_of(lines: &[Change]) -> Hash {
    let mut edge = Edge::default();
    lines.iter().for_each(|line| edge.push(changes::leaf_hash(line).expect("a line")));
    edge.root()
}

on_each_database!(the_tree_is_the_same_in_the_head_in_the_rows_and_in_every_snapshot);

async fn the_tree_is_the_same_in_the_head_in_the_rows_and_in_every_snapshot(engine: Engine) {
    let app = TestApp::start(engine.new_database());
    app.publish(vec![line(1)]).await.expect("it is valid");
    let mut numbers = Numbers(29);
    for round in 0..90 {
        random_publication(&app, &mut numbers).await;
        let grown = app.register.catalog.snapshot();
        let head = app.register.db.read(changes::edge).await.expect("a tree");
        assert_eq!(grown.tree().root(head.size()), Some(head.root()));
        if round % 10 == 0 {
            let rebuilt = Catalog::load(&KINDS, &app.register.db).await.expect("a log").snapshot();
            assert!(rebuilt.tree() == grown.tree());
            let lines = log_of(&app).await;
            assert_eq!(tree_of(&lines), head.root());
            for line in &lines {
                assert_eq!(grown.leaf(line.seq).expect("a leaf"), changes::leaf(line).ok(), "{line:?}");
            }
        }
    }
    let lines = log_of(&app).await;
    for action in [Action::Amend, Action::Renumber, Action::Erase] {
        assert!(lines.iter().any(|line| line.action == action), "{action:?}");
    }
    assert!(lines.iter().filter(|line| line.body.is_none()).count() > 2);
}

/// A register that gave out a checkpoint of 15 lines, and then published one that it cannot sign.
struct Unsigned {
    town: Town,
    kept: String,
}

impl Unsigned {
    /// One whose readers have this patience, and which does not try again by itself while a test is between two steps.
    async fn on(database: DatabaseUrl, patience: Duration) -> Self {
        let town = Town::on(database).await;
        let kept = fs::read_to_string(town.keys.path().join("checkpoint")).expect("it was given out");
        fs::write(town.keys.path().join("checkpoint"), "nonsense").expect("written");
        let notary = &town.app.register.notary;
        notary.set_times(patience, LONG);
        town.app.publish(vec![new_place("neu-16".into())]).await.expect("it is valid");
        until("a failure to sign", async || notary.fails()).await;
        Self { town, kept }
    }

    /// From the next line on it signs again.
    async fn mend(&self) {
        fs::write(self.town.keys.path().join("checkpoint"), &self.kept).expect("written");
        self.town.app.publish(vec![new_place("neu-17".into())]).await.expect("it is valid");
    }
}

#[actix_web::test]
async fn a_proof_waits_for_the_signature_of_what_it_is_about_and_for_no_more() {
    for database in new_databases() {
        let unsigned = Unsigned::on(database, Duration::from_secs(1)).await;
        let app = &unsigned.town.app;
        let asking = |path: &'static str, least: &'static str| async move {
            (path, app.send(reqwest::Method::GET, path, &[("registry-seq-min", least)]).await)
        };
        for path in [
            "/v1/changes/15/proof",
            "/v1/places/hall-h/proof",
            "/v1/log/proof?seq=15",
            "/v1/log/proof?seq=3&size=7",
            "/v1/log/proof?from=3",
            "/v1/log/proof?from=3&to=15",
            "/v1/log/tile/0/000.p/15",
            "/v1/log/tile/entries/000.p/15",
        ] {
            let (_, answer) = asking(path, "15").await;
            answer.expect_status(200);
        }
        let late = [
            ("/v1/changes/16/proof", "0"),
            ("/v1/places/neu-16/proof", "0"),
            ("/v1/log/proof?seq=16", "0"),
            ("/v1/log/proof?from=3&to=16", "0"),
            ("/v1/log/tile/0/000.p/16", "0"),
            ("/v1/log/tile/entries/000.p/16", "0"),
            ("/v1/changes/15/proof", "16"),
            ("/v1/log/checkpoint", "16"),
        ];
        for (path, answer) in join_all(late.map(|(path, least)| asking(path, least))).await {
            let problem = answer.expect_problem(503, "unavailable");
            assert!(problem["detail"].as_str().is_some_and(|told| told.contains("16")), "{path}: {problem}");
        }
        let shown = app.get("/v1/log/checkpoint").await;
        assert_eq!(shown.text(), unsigned.kept, "the one before is better than none");
        app.get("/v1/log/tile/0/000.p/17").await.expect_problem(404, "not-found");

        let ready = app.json("/health/ready").await;
        assert_eq!(
            (&ready["signing"], &ready["signed_size"], &ready["seq"]),
            (&"failing".into(), &15.into(), &16.into())
        );
        assert!(app.figures().await.text().contains("qingdan_log_signed_size 15\n"));
        unsigned.mend().await;
        until("signed again", async || app.json("/health/ready").await["signing"] == "current").await;
        assert_eq!(app.json("/health/ready").await["signed_size"], 17);
        assert!(app.figures().await.text().contains("qingdan_log_signed_size 17\n"));
    }
}

#[actix_web::test]
async fn a_proof_that_waited_is_of_the_log_as_it_is_then() {
    for database in new_databases() {
        let unsigned = Unsigned::on(database, LONG).await;
        let app = &unsigned.town.app;
        let trusted = keys(&app.json("/v1").await);
        let bundle = async { app.get("/v1/changes/16/proof").await };
        let hashes = async { join(app.get("/v1/log/proof?seq=16"), app.get("/v1/log/proof?from=16")).await };
        let tile = async { app.get("/v1/log/tile/0/000.p/16").await };
        let mut asked = Box::pin(join(join(bundle, tile), hashes));
        assert!(timeout(Duration::from_millis(500), &mut asked).await.is_err(), "nothing has signed it yet");

        unsigned.mend().await;
        let ((bundle, tile), (inclusion, consistency)) = asked.await;
        for answer in [&bundle, &tile, &inclusion, &consistency] {
            answer.expect_status(200);
        }
        let bundle: ProofDocument = serde_json::from_slice(&bundle.bytes).expect("a bundle");
        let proven = bundle.verify(&trusted).expect("it is proven");
        assert_eq!((proven.line.seq, proven.checkpoint.size), (16, 17));
        assert_eq!((&inclusion.json()["size"], &consistency.json()["to"]), (&17.into(), &17.into()));
    }
}

#[actix_web::test]
async fn a_question_about_the_log_that_cannot_be_meant_is_refused_by_name() {
    on_the_demo(async |app| {
        for (path, status, code, name, wrong) in [
            ("/v1/changes/abc/proof", 400, "invalid-path", "seq", "wrong-type"),
            ("/v1/changes/1.5/proof", 400, "invalid-path", "seq", "wrong-type"),
            ("/v1/changes/0/proof", 400, "invalid-path", "seq", "out-of-range"),
            ("/v1/changes/-1/proof", 400, "invalid-path", "seq", "out-of-range"),
            ("/v1/changes/384/proof", 404, "not-found", "seq", "out-of-range"),
            ("/v1/log/proof", 400, "invalid-query", "seq", "required"),
            ("/v1/log/proof?seq=1&from=1", 400, "invalid-query", "from", "not-with"),
            ("/v1/log/proof?seq=0", 400, "invalid-query", "seq", "out-of-range"),
            ("/v1/log/proof?seq=abc", 400, "invalid-query", "seq", "wrong-type"),
            ("/v1/log/proof?seq=384", 400, "invalid-query", "seq", "out-of-range"),
            ("/v1/log/proof?seq=9&size=8", 400, "invalid-query", "size", "out-of-range"),
            ("/v1/log/proof?from=9&to=8", 400, "invalid-query", "to", "out-of-range"),
            ("/v1/log/proof?from=9&size=9", 400, "invalid-query", "size", "only-with"),
            ("/v1/log/proof?seq=9&to=9", 400, "invalid-query", "to", "only-with"),
            ("/v1/log/proof?seq=9&sequence=9", 400, "invalid-query", "sequence", "unknown-parameter"),
        ] {
            let problem = app.get(path).await.expect_problem(status, code);
            let named = &problem["errors"][0];
            assert_eq!((&named["parameter"], &named["code"]), (&name.into(), &wrong.into()), "{path}: {problem}");
        }
    })
    .await;
}

#[actix_web::test]
async fn a_tile_of_hashes_is_sent_as_it_is() {
    on_the_demo(async |app| {
        is_signed(app).await;
        for (path, encoding) in [("/v1/log/tile/0/000", ""), ("/v1/log/tile/entries/000", "gzip")] {
            let answer = app.get_with(path, &[("accept-encoding", "gzip")]).await;
            answer.expect_status(200);
            assert_eq!(answer.header("content-encoding"), encoding, "{path}");
        }
    })
    .await;
}

#[actix_web::test]
async fn of_a_bundle_without_its_text_the_command_does_not_say_why() {
    let app = &demos()[0];
    is_signed(app).await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    let key = app.json("/v1").await["log"]["keys"][0].as_str().expect("a key").to_owned();
    let mut bundle = app.json(&format!("{ITEM}/proof")).await;
    let told = |bundle: &Value| {
        fs::write(file.path(), bundle.to_string()).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
        let ended = command.args(["verify", "proof", "--key", &key]).arg(file.path()).output().expect("it runs");
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8_lossy(&ended.stdout).into_owned()
    };
    assert!(told(&bundle).contains("its text is the one that was published"));
    bundle["body"] = Value::Null;
    bundle["salt"] = Value::Null;
    assert!(told(&bundle).contains("it was erased, or left out"));
}

/// A log that is trusted may say anything in the name of an office.
#[test]
fn what_a_line_says_does_nothing_to_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let keys = LogKeys::create(folder.path(), "evil.example/v1/log").expect("a key");
    let office = "x\u{1b}[2K\rproven: revision 9 of item GOOD was published by \u{202e}北京市\u{9b}8m\nproven: yes";
    let leaf = json!({
        "seq": 1, "kind": "place", "key": "a", "revision": 1, "action": "create", "published_at": "2026-11-30T08:00:00Z",
        "by": { "code": TOWNSHIP, "name": office }, "body_digest": "",
    });
    let leaf = leaf.to_string();
    let checkpoint = Checkpoint { origin: keys.origin().into(), size: 1, root: Hash::of_leaf(leaf.as_bytes()) };
    let bundle = json!({
        "kind": "place", "key": "a", "revision": 1, "leaf": leaf, "index": 0, "inclusion": [],
        "checkpoint": keys.sign(&checkpoint).to_string(), "body": null, "salt": null,
    });
    let file = folder.path().join("bundle.json");
    fs::write(&file, bundle.to_string()).expect("written");

    let mut command = Command::new(env!("CARGO_BIN_EXE_qingdan"));
    let ended = command.args(["verify", "proof", "--key", &keys.public()[0].to_string()]).arg(&file).output();
    let ended = ended.expect("it runs");
    assert!(ended.status.success(), "{ended:?}");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(told.contains("x\\u001b[2K\\u000dproven: revision 9"), "{told}");
    assert!(told.contains("\\u202e北京市\\u009b8m\\u000aproven: yes at "), "{told}");
    assert_eq!(told.lines().count(), 3, "{told}");
}

/// A store as an earlier version of the software left it: lines, and no tree.
#[actix_web::test]
async fn a_log_from_before_there_were_trees_has_one_after_the_next_start() {
    on_both_databases(async |app: TestApp| {
        for number in 1..=7 {
            app.publish(vec![line(number)]).await.expect("it is valid");
        }
        let before = app.register.db.read(changes::edge).await.expect("a tree");
        let emptied = app.register.db.write(|conn: &mut Conn| {
            use diesel::{ExpressionMethods, RunQueryDsl};
            use qingdan::register::db::schema::changes_head;
            diesel::update(changes_head::table).set(changes_head::tree.eq("")).execute(conn).map_err(DbError::from)
        });
        assert_eq!(emptied.await.expect("it is written"), 1);

        let next = TestApp::start(app.database.clone());
        let kept = next.register.db.read(changes::kept_edge).await.expect("a head");
        assert_eq!(kept, Some(before));
        next.publish(vec![line(8)]).await.expect("it is valid");
        assert_eq!(Verifier::of(&next).await.follows(&next).await, "ok 8 lines");
    })
    .await;
}
